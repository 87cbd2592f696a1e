"""Least-squares calibration of the typical man and of the drugs' potencies on trials of healthy men.

What is fitted is marked `calibrated` in parameters.toml and in the drugs' files; where it starts and how far it may go
is its prior (`prior`, and its log-normal `spread`). The trials of healthy men calibrate; all others only validate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import resources
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..evidence.trial import Arm, Trial, packaged_trials
from ..pharmacology.dosing import constant_key
from ..pharmacology.drug import library
from ..physiology.parameters import catalogue
from ..result import write_whole
from . import validate

Array = NDArray[np.float64]
HEALTHY = ("eugonadal", "elderly_low_t")
SAME_MEN = ("lapauw-2009-letrozole", "leder-2005-anastrozole-bone", "roth-2013-insl3-itt")
"""Trials that report men of another trial again: they do not count twice."""
NOT_REPRODUCIBLE = ("smit-2021-haarlem-aas", "flanagan-2015-aas-gnrh-hcg-test")
"""Self-chosen drugs, or a bound printed in place of a value."""
LEVELS_OF_ONE_ASSAY = {"lh", "fsh"}
"""Levels without a baseline that depend on the assay: only their changes are fitted."""
ASSAY_TAIL = {("pavlou-1986-4f-antagonist", "lh")}
"""Immunoreactive LH that outlasts its bioactivity (notes of the trial)."""
MEASURES = {
    "testosterone", "lh", "fsh", "estradiol", "intratesticular_testosterone", "shbg", "inhibin_b",
    "sperm_concentration", "bioavailable_testosterone", "testosterone_cavg", "fraction_azoospermic",
    "days_to_azoospermia", "days_to_below_10m", "days_to_below_5m", "days_to_below_3m", "days_to_below_1m",
    "days_to_recovery", "testis_volume", "dht",
}  # fmt: skip
SIGMA = 0.35
"""SD of a log fold error (trial, assay and model together) against which priors weigh."""
LARGEST_ERROR = 1.6
"""Log fold errors beyond this (fivefold) count as this: they tell of a failure, not of its size."""
WORTH_ANOTHER = 0.005
"""An iteration that lowers the cost by less than this share is the last."""


@dataclass(frozen=True)
class Calibration:
    """Fitted values by name, the cost before and after, and how many figures were fitted."""

    values: dict[str, float]
    start: dict[str, float]
    cost_before: float
    cost_after: float
    figures: int


def calibration_trials() -> list[Trial]:
    """Trials of healthy men whose figures were read in their source, each group of men once."""
    return [
        trial
        for trial in packaged_trials()
        if trial.population.diagnosis in HEALTHY and trial.verified and trial.id not in SAME_MEN + NOT_REPRODUCIBLE
    ]


def fitted() -> dict[str, tuple[float, float]]:
    """Every calibrated number: name -> (prior, spread of its logarithm). The fit starts at the prior."""
    found = {name: (entry.prior, entry.spread) for name, entry in catalogue().items() if entry.prior is not None}
    for drug in library().values():
        for effect in drug.effects:
            if effect.constant is not None and effect.constant.prior is not None:
                found[constant_key(drug, effect)] = (effect.constant.prior, effect.constant.spread)
    return found


def _errors(task: tuple[Trial, Arm, dict[str, float]]) -> list[tuple[int, float]]:
    trial, arm, values = task
    report = validate.validate_arm(trial, arm, values)
    kept = []
    for row in report.outcomes:
        by_level = row["compared"] == "absolute" and row["measure"] in LEVELS_OF_ONE_ASSAY
        if row["measure"] in MEASURES and not by_level and (trial.id, row["measure"]) not in ASSAY_TAIL:
            error = log(row["fold_error"])
            index = next(
                i
                for i, o in enumerate(arm.outcomes)
                if o.measure == row["measure"] and o.value == row["observed"] and o.unit == row["unit"]
            )
            kept.append((index, max(-LARGEST_ERROR, min(LARGEST_ERROR, error))))
    return kept


def calibrate(
    *,
    iterations: int = 6,
    workers: int = 2,
    on_progress: Callable[[str], None] | None = None,
) -> Calibration:
    """Fit all calibrated numbers by Gauss-Newton with priors (deterministic; no random numbers are drawn)."""
    say = on_progress or (lambda text: None)
    model.kernel()
    prior = fitted()
    names = list(prior)
    start = np.array([log(prior[name][0]) for name in names])
    spread = np.array([prior[name][1] for name in names])
    pairs = [(trial, arm) for trial in calibration_trials() for arm in trial.arms if arm.outcomes]
    keys: list[tuple[int, int]] = []

    with ProcessPoolExecutor(workers) as pool:

        def residuals(points: list[Any]) -> list[Array]:
            """Residual vectors at several points at once: figures, then priors."""
            tasks = [
                (trial, arm, {name: float(np.exp(value)) for name, value in zip(names, point, strict=True)})
                for point in points
                for trial, arm in pairs
            ]
            found = list(pool.map(_errors, tasks, chunksize=8))
            vectors = []
            for number, point in enumerate(points):
                block = found[number * len(pairs) : (number + 1) * len(pairs)]
                values = {(arm, index): error for arm, rows in enumerate(block) for index, error in rows}
                if not keys:
                    keys.extend(sorted(values))
                data = np.array([values.get(key, LARGEST_ERROR) for key in keys])
                robust = np.sign(data) * np.sqrt(2 * (np.sqrt(1 + (data / SIGMA) ** 2) - 1))
                vectors.append(np.concatenate([robust, (point - start) / spread]))
            return vectors

        point = start.copy()
        current = residuals([point])[0]
        cost_before = cost = float(current @ current)
        say(f"{len(keys)} figures of {len(pairs)} arms, {len(names)} numbers; cost {cost:.1f}")
        step = 0.05
        for iteration in range(iterations):
            shifted = residuals([point + step * np.eye(len(names))[i] for i in range(len(names))])
            jacobian = np.array([(vector - current) / step for vector in shifted]).T
            gradient, normal = jacobian.T @ current, jacobian.T @ jacobian
            steps = [
                np.clip(np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -gradient), -0.5, 0.5)
                for damping in (0.03, 0.3, 3.0)
            ]
            tried = residuals([point + change for change in steps])
            costs = [float(vector @ vector) for vector in tried]
            best = int(np.argmin(costs))
            gained = cost - costs[best]
            say(f"iteration {iteration + 1}: cost {min(cost, costs[best]):.1f}")
            if gained > 0:
                point, current, cost = point + steps[best], tried[best], costs[best]
            if gained < WORTH_ANOTHER * cost:
                break
    return Calibration(
        {name: float(f"{np.exp(value):.4g}") for name, value in zip(names, point, strict=True)},
        {name: prior[name][0] for name in names},
        cost_before,
        cost,
        len(keys),
    )


def write(values: dict[str, float]) -> list[Path]:
    """Put calibrated values into parameters.toml and the drugs' files of an editable installation."""
    import yaml

    changed = []
    path = Path(str(resources.files("hpgaxis.physiology").joinpath("parameters.toml")))
    text = path.read_text(encoding="utf-8")
    for name, value in values.items():
        if "." not in name:
            text = re.sub(rf"(?m)(^\[{name}\]\nvalue = ).*$", rf"\g<1>{value!r}", text)
    write_whole(path, lambda p: p.write_text(text, encoding="utf-8"))
    changed.append(path)
    folder = Path(str(resources.files("hpgaxis.pharmacology").joinpath("drugs")))
    for drug_name in sorted({name.split(".")[0] for name in values if "." in name}):
        file = folder / f"{drug_name}.yaml"
        data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        for effect in data["effects"]:
            key = f"{drug_name}.{effect['mechanism']}.{effect['analyte']}"
            if key in values:
                effect["constant"]["value"] = values[key]
        dumped = yaml.safe_dump(data, sort_keys=False, width=118, allow_unicode=True)
        write_whole(file, lambda p, dumped=dumped: p.write_text(dumped, encoding="utf-8"))
        changed.append(file)
    return changed
