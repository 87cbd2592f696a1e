"""Calibration of the typical man and of the drugs' potencies on the trials that `evidence/split.yaml` names.

What is fitted is marked `calibrated` in parameters.toml and in the drugs' files; where it starts and how far it may go
is its prior (`prior`, and its log-normal `spread`). Every arm is a cohort with the arm's baseline.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..errors import InputError
from ..evidence.trials import Arm, Trial, packaged_trials, split
from ..pharmacology.drug import constant_key
from ..pharmacology.library import DrugLibrary
from ..physiology.parameters import catalogue
from ..processes import Spread, processes
from ..simulation.results import write_whole
from ..validation import validate

Array = NDArray[np.float64]
Errors = dict[str, tuple[float, float]]
"""Key of a figure -> log fold error, sampling error."""
NOT_REPRODUCIBLE = ("smit-2021-haarlem-aas", "flanagan-2015-aas-gnrh-hcg-test")
"""Self-chosen drugs, or a bound printed in place of a value."""
LEVELS_OF_ONE_ASSAY = {"lh", "fsh"}
"""Levels without a baseline that depend on the assay: only their changes are fitted."""
ASSAY_TAIL = {("pavlou-1986-4f-antagonist", "lh")}
"""Immunoreactive LH that outlasts its bioactivity (notes of the trial)."""
MEASURES = {
    "testosterone", "lh", "fsh", "estradiol", "intratesticular_testosterone", "shbg", "inhibin_b",
    "sperm_concentration", "sperm_total", "total_motile_count", "bioavailable_testosterone", "free_testosterone",
    "testosterone_cavg", "fraction_azoospermic", "fraction_below_1m", "days_to_azoospermia", "days_to_below_10m",
    "days_to_below_5m", "days_to_below_3m", "days_to_below_1m", "days_to_recovery", "days_to_first_sperm",
    "testis_volume", "dht",
}  # fmt: skip
SIGMA = 0.35
"""SD of a log fold error (trial, assay and model together) against which priors weigh."""
ALIKE = 0.5
"""Correlation of the errors of one trial in one measure: ten figures of a trial do not tell ten times as much."""
LARGEST_ERROR = 1.6
"""Log fold errors beyond this (fivefold) count as this: they tell of a failure, not of its size."""
STARTS, STEPS_OF_A_START = 6, 5
"""Points drawn from the prior from which a better minimum is looked for, and how far each is followed."""
WORTH_ANOTHER = 0.005
"""An iteration that lowers the cost by less than this share is the last."""
FAILED = (LARGEST_ERROR, 0.0)
"""Of a figure that cannot be predicted."""
MEN = 32
"""Of an arm, while fitting."""
STEP = 0.05
"""Of the logarithm of a number, for slopes."""


@dataclass(frozen=True)
class Problem:
    """What is fitted to what: names, logarithms of priors and their spreads; the arms that calibrate."""

    names: list[str]
    prior: Array
    spread: Array
    pairs: list[tuple[Trial, Arm]]

    def values(self, point: Array) -> dict[str, float]:
        """Numbers by name from their logarithms."""
        return {name: float(np.exp(value)) for name, value in zip(self.names, point, strict=True)}


@dataclass(frozen=True)
class Calibration:
    """The most probable numbers, and what is known around them.

    point: logarithms of the numbers; errors: log fold error of each figure there, by key "trial | arm | index |
    measure"; weight: 1 over the error expected of it; slopes (figures, numbers): change of the errors with the
    logarithms; cost before and after.
    """

    problem: Problem
    point: Array
    keys: list[str]
    weight: Array
    errors: Array
    slopes: Array
    cost_before: float
    cost_after: float

    @property
    def numbers(self) -> dict[str, float]:
        """Fitted numbers by name, to four digits."""
        return {name: float(f"{value:.4g}") for name, value in self.problem.values(self.point).items()}


def calibration_trials() -> list[Trial]:
    """The trials that calibrate."""
    return [t for t in packaged_trials() if t.id in split()["calibration"] and t.id not in NOT_REPRODUCIBLE]


def fitted() -> dict[str, tuple[float, float]]:
    """Every calibrated number: name -> (prior, spread of its logarithm). The fit starts at the prior."""
    found = {name: (entry.prior, entry.spread) for name, entry in catalogue().items() if entry.prior is not None}
    for drug in DrugLibrary.shipped().values():
        for effect in drug.effects:
            if effect.constant is not None and effect.constant.prior is not None:
                found[constant_key(drug, effect)] = (effect.constant.prior, effect.constant.spread)
    return found


def problem() -> Problem:
    """What is fitted, and to which arms."""
    numbers = fitted()
    return Problem(
        list(numbers),
        np.log([prior for prior, _ in numbers.values()]),
        np.array([spread for _, spread in numbers.values()]),
        [(trial, arm) for trial in calibration_trials() for arm in trial.arms if arm.outcomes],
    )


def _errors(task: tuple[Trial, Arm, dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Log fold errors of one arm's figures, within LARGEST_ERROR of 0, and their sampling errors."""
    trial, arm, values = task
    kept = {}
    for row in validate.validate_arm(trial, arm, values, MEN).outcomes:
        by_level = row["compared"] == "absolute" and row["measure"] in LEVELS_OF_ONE_ASSAY
        if row["measure"] in MEASURES and not by_level and (trial.id, row["measure"]) not in ASSAY_TAIL:
            error = log(row["fold_error"])
            key = f"{trial.id} | {arm.name} | {row['index']} | {row['measure']}"
            kept[key] = (max(-LARGEST_ERROR, min(LARGEST_ERROR, error)), row["sampling"])
    return kept


def read_checkpoint(path: Path) -> dict[str, Errors]:
    """What a run worked out, by key. Raises InputError for a file that no calibration wrote."""
    known: dict[str, Errors] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        lines = [""]
    for line in lines:
        try:
            entry = json.loads(line)
            known[entry["key"]] = entry["errors"]
        except (ValueError, KeyError, TypeError):  # a line that was cut off when the run was
            continue
    if lines and not known:
        raise InputError(f"{path} is not the checkpoint of a calibration; name another file, or one that is not there")
    return known


def check_checkpoint(path: Path) -> None:
    """Raise InputError, or OSError naming the path, where what is worked out could not be kept there."""
    if path.exists():
        read_checkpoint(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8"):
        pass


class Evaluator:
    """Log fold errors at points, on all cores; what was worked out is kept in `checkpoint` and not worked out again."""

    def __init__(self, problem: Problem, spread: Spread, checkpoint: Path | None = None):
        self.problem, self.spread, self.checkpoint = problem, spread, checkpoint
        self.known: dict[str, Errors] = {}
        self.version = data_digest()
        if checkpoint is not None and checkpoint.exists():
            self.known = read_checkpoint(checkpoint)

    def __call__(self, points: list[Array], on_point: Callable[[], None] = lambda: None) -> list[Errors]:
        """Errors by key, for each point."""
        found = []
        for point in points:
            values = self.problem.values(point)
            key = hashlib.sha256(f"{self.version} {sorted(values.items())!r}".encode()).hexdigest()[:24]
            if key not in self.known:
                tasks = [(trial, arm, values) for trial, arm in self.problem.pairs]
                errors: Errors = {}
                for rows in self.spread(_errors, tasks):
                    errors.update(rows)
                self.known[key] = errors
                if self.checkpoint is not None:
                    self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
                    with self.checkpoint.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"key": key, "errors": errors}) + "\n")
            found.append(self.known[key])
            on_point()
        return found


def data_digest() -> str:
    """Digest of what a fit follows from: the package's text, data and trials; of fitted numbers the priors alone."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("hpgaxis")))
    own = root / "pharmacology" / "drugs"
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.yaml")]):
        if path.parent != own:
            digest.update(path.read_bytes())
    for entry in catalogue().values():
        digest.update(repr(replace(entry, value=entry.value if entry.prior is None else entry.prior)).encode())
    for drug in DrugLibrary.shipped().values():
        text = drug.model_dump_json()
        for effect in drug.effects:
            if effect.constant is not None and effect.constant.prior is not None:
                text = text.replace(effect.constant.model_dump_json(), str(effect.constant.prior))
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def weights(keys: list[str], sampling: Array) -> Array:
    """1 over the error expected of each figure: SIGMA, its sampling error, and how many say the same."""
    group = [(key.split(" | ")[0], key.split(" | ")[-1]) for key in keys]
    count = Counter(group)
    alike = np.array([1 + ALIKE * (count[one] - 1) for one in group])
    return 1 / np.sqrt((SIGMA**2 + sampling**2) * alike)


def cost(errors: Array, weight: Array, distance: Array) -> Array:
    """Twice the negative log posterior: large errors count less than their squares; distance from priors in spreads.

    errors (..., figures), distance (..., numbers).
    """
    robust = 2 * (np.sqrt(1 + (errors * weight) ** 2) - 1)
    return robust.sum(axis=-1) + (distance**2).sum(axis=-1)


def calibrate(
    *,
    iterations: int = 2,
    workers: int = 2,
    checkpoint: Path | None = None,
    on_progress: Callable[[str], None] | None = None,
    on_point: Callable[[int], None] | None = None,
) -> Calibration:
    """The most probable numbers (deterministic): Gauss-Newton steps from the priors, then from elsewhere in them.

    checkpoint: a file in which what was worked out is kept, so that an interrupted run goes on. on_progress(text) is
    called with what was reached, on_point(sets) after each set of numbers with how many were tried.
    """
    tried_so_far = 0

    def another() -> None:
        nonlocal tried_so_far
        tried_so_far += 1
        if on_point:
            on_point(tried_so_far)

    say = on_progress or (lambda text: None)
    model.kernel()
    what = problem()
    with processes(workers) as spread:
        evaluate = Evaluator(what, spread, checkpoint)
        first = evaluate([what.prior], another)[0]
        keys = sorted(first)
        weight = weights(keys, np.array([first[key][1] for key in keys]))

        def vectors(points: list[Array]) -> list[Array]:
            return [np.array([row.get(key, FAILED)[0] for key in keys]) for row in evaluate(points, another)]

        def judged(errors: Array, at: Array) -> float:
            return float(cost(errors, weight, (at - what.prior) / what.spread))

        def slopes_at(point: Array, errors: Array) -> Array:
            shifted = vectors([point + STEP * unit for unit in np.eye(len(point))])
            return np.array([(vector - errors) / STEP for vector in shifted]).T

        point, errors = what.prior.copy(), np.array([first[key][0] for key in keys])
        before = now = judged(errors, point)
        say(f"{len(keys)} figures of {len(what.pairs)} arms, {len(what.names)} numbers; cost {now:.1f}")
        slopes = np.zeros((len(keys), len(point)))
        for iteration in range(iterations + 1):
            slopes = slopes_at(point, errors)
            if iteration == iterations:
                break
            steps = [_step(errors, slopes, weight, point, what, damping) for damping in (0.03, 0.3, 3.0)]
            tried = vectors([point + step for step in steps])
            costs = [judged(vector, point + step) for vector, step in zip(tried, steps, strict=True)]
            best = int(np.argmin(costs))
            gained = now - costs[best]
            say(f"iteration {iteration + 1}: cost {min(now, costs[best]):.1f}")
            if gained < WORTH_ANOTHER * now:
                break
            point, errors, now = point + steps[best], tried[best], costs[best]
        costs = []
        for start in _starts(what):
            at, there, reached = _follow(start, slopes, weight, what, vectors, judged)
            costs.append(reached)
            if reached < (1 - WORTH_ANOTHER) * now:
                point, errors, now = at, there, reached
                slopes = slopes_at(point, errors)
        say(f"from {STARTS} points of the prior: cost {min(costs):.1f} to {max(costs):.1f}; the least {now:.1f}")
    return Calibration(what, point, keys, weight, errors, slopes, before, now)


def _starts(what: Problem) -> Array:
    """Points spread over the prior (starts, numbers)."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(len(what.names), rng=20260102).random(STARTS)
    return what.prior + what.spread * ndtri(shares)


def _follow(
    start: Array,
    slopes: Array,
    weight: Array,
    what: Problem,
    vectors: Callable[[list[Array]], list[Array]],
    judged: Callable[[Array, Array], float],
) -> tuple[Array, Array, float]:
    """Down from a start, slopes mended on the way by what each step showed (Broyden 1965): point, errors, cost."""
    point, errors = start, vectors([start])[0]
    now, damping = judged(errors, point), 0.1
    for _ in range(STEPS_OF_A_START):
        step = _step(errors, slopes, weight, point, what, damping)
        tried = vectors([point + step])[0]
        slopes = slopes + np.outer(tried - errors - slopes @ step, step) / (step @ step)
        if (reached := judged(tried, point + step)) < now:
            point, errors, now = point + step, tried, reached
        else:
            damping *= 10
    return point, errors, now


def _step(errors: Array, slopes: Array, weight: Array, point: Array, what: Problem, damping: float) -> Array:
    """A damped Gauss-Newton step on the robust cost: errors weigh less the larger they are."""
    pull = weight / (1 + (errors * weight) ** 2) ** 0.25
    matrix = np.vstack([slopes * pull[:, None], np.diag(1 / what.spread)])
    target = np.concatenate([errors * pull, (point - what.prior) / what.spread])
    normal = matrix.T @ matrix
    step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -matrix.T @ target)
    return np.clip(np.asarray(step, dtype=float), -0.5, 0.5)


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
