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
from itertools import count
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..evidence.trials import Arm, Trial, packaged_trials, split
from ..files import write_whole
from ..model import Model
from ..pharmacology.drug import constant_key
from ..pharmacology.library import DrugLibrary
from ..physiology.parameters import catalogue
from ..processes import Spread, processes
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
"""Points drawn from the prior from which a lower minimum is sought, and the steps tried from each."""
LEAST_GAIN = 0.005
"""A step that lowers the cost by less than this share ends a search."""
FURTHEST = 4.0
"""Bound of every number, in prior spreads from its prior."""
FURTHEST_START = 3.0
"""Spreads of the prior within which the search begins."""
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


def numbers_of(arm: Arm, values: dict[str, float]) -> dict[str, float]:
    """Return the numbers that an arm depends on: the typical man's, and the constants of the drugs that it gives."""
    drugs = DrugLibrary.shipped()
    given = {drugs[line.drug].name for line in arm.protocol if line.drug in drugs}
    return {name: value for name, value in values.items() if "." not in name or name.partition(".")[0] in given}


def _errors(task: tuple[Trial, Arm, dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Log fold errors of one arm's figures, within LARGEST_ERROR of 0, and their sampling errors."""
    trial, arm, values = task
    kept = {}
    for row in validate.validate_arm(trial, arm, Model.default().with_parameters(values), MEN).outcomes:
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
        self.version = code_digest()
        if checkpoint is not None and checkpoint.exists():
            self.known = read_checkpoint(checkpoint)

    def __call__(self, points: list[Array], on_point: Callable[[], None] = lambda: None) -> list[Errors]:
        """Errors by key, for each point. Of points that differ in a drug alone, arms without it are simulated once."""
        found, of_arms = [], dict[tuple[object, ...], Errors]()
        for point in points:
            values = self.problem.values(point)
            key = hashlib.sha256(f"{self.version} {sorted(values.items())!r}".encode()).hexdigest()[:24]
            if key not in self.known:
                tasks = [(trial, arm, numbers_of(arm, values)) for trial, arm in self.problem.pairs]
                keyed = {(trial.id, arm.name, *numbers.items()): (trial, arm, numbers) for trial, arm, numbers in tasks}
                new = {one: task for one, task in keyed.items() if one not in of_arms}
                of_arms.update(zip(new, self.spread(_errors, list(new.values())), strict=True))
                errors = {figure: error for one in keyed for figure, error in of_arms[one].items()}
                self.known[key] = errors
                if self.checkpoint is not None:
                    self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
                    with self.checkpoint.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"key": key, "errors": errors}) + "\n")
            found.append(self.known[key])
            on_point()
        return found


def code_digest() -> str:
    """Digest of all that an evaluation follows from: code, data and trials; of fitted numbers the priors alone."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("hpgaxis")))
    own = root / "pharmacology" / "drugs"
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.yaml")]):
        if path.parent != own:
            digest.update(path.read_text(encoding="utf-8").encode())  # the same with any line ends
    for entry in catalogue().values():
        digest.update(repr(replace(entry, value=entry.value if entry.prior is None else entry.prior)).encode())
    for drug in DrugLibrary.shipped().values():
        text = drug.model_dump_json()
        for effect in drug.effects:
            if effect.constant is not None and effect.constant.prior is not None:
                text = text.replace(effect.constant.model_dump_json(), str(effect.constant.prior))
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def data_digest() -> str:
    """Digest of the data of a calibration: the files of the trials that calibrate, and the priors."""
    digest = hashlib.sha256(repr(sorted(fitted().items())).encode())
    folder = resources.files("hpgaxis.evidence").joinpath("trials")
    for name in sorted(trial.id for trial in calibration_trials()):
        digest.update(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8").encode())
    return digest.hexdigest()[:16]


def weights(keys: list[str], sampling: Array) -> Array:
    """1 over the error expected of each figure: SIGMA, its sampling error, and how many say the same."""
    group = [(key.split(" | ")[0], key.split(" | ")[-1]) for key in keys]
    figures = Counter(group)
    alike = np.array([1 + ALIKE * (figures[one] - 1) for one in group])
    return 1 / np.sqrt((SIGMA**2 + sampling**2) * alike)


def soft_l1(squares: Array) -> Array:
    """Robust loss of squared errors in units of their expected size: large errors count less than their squares."""
    return 2 * (np.sqrt(1 + squares) - 1)


def cost(errors: Array, weight: Array, distance: Array) -> Array:
    """Twice the negative log posterior (up to a constant): robust loss of the errors, squared distance from priors.

    errors (..., figures); weight (figures,); distance (..., numbers) in prior spreads.
    """
    return soft_l1((errors * weight) ** 2).sum(axis=-1) + (distance**2).sum(axis=-1)


class Objective:
    """Residuals and Jacobian for `scipy.optimize.least_squares`, of numbers as prior spreads from their priors.

    Residuals are the weighted errors of the figures, then the distances from the priors, which the loss leaves squared.
    """

    def __init__(self, what: Problem, evaluate: Evaluator, on_evaluation: Callable[[], None]):
        self.evaluate, self.on_evaluation = evaluate, on_evaluation
        (first,) = evaluate([what.prior], on_evaluation)
        self.keys = sorted(first)
        self.weight = weights(self.keys, np.array([first[key][1] for key in self.keys]))
        arms = {tuple(key.split(" | ")[:2]) for key in self.keys}
        kept = [(trial, arm) for trial, arm in what.pairs if (trial.id, arm.name) in arms]
        self.problem = evaluate.problem = replace(what, pairs=kept)

    def point(self, at: Array) -> Array:
        """Logarithms of the numbers."""
        return self.problem.prior + self.problem.spread * at

    def errors(self, points: list[Array]) -> Array:
        """Log fold errors (points, figures) at logarithms of the numbers."""
        rows = self.evaluate(points, self.on_evaluation)
        return np.array([[row.get(key, FAILED)[0] for key in self.keys] for row in rows])

    def slopes(self, at: Array) -> Array:
        """Change of the errors with the logarithms (figures, numbers), by forward differences."""
        point = self.point(at)
        here, *shifted = self.errors([point, *(point + STEP * unit for unit in np.eye(len(point)))])
        return (np.array(shifted) - here).T / STEP

    def residuals(self, at: Array) -> Array:
        return np.concatenate([self.errors([self.point(at)])[0] * self.weight, at])

    def jacobian(self, at: Array) -> Array:
        return np.vstack([self.slopes(at) * np.outer(self.weight, self.problem.spread), np.eye(len(at))])

    def loss(self, squares: Array) -> Array:
        """The loss and its first two derivatives (3, residuals): soft L1 of the figures, squares of the distances."""
        figures, ones = squares[: len(self.keys)], np.ones(len(self.problem.names))
        root = np.sqrt(1 + figures)
        rows = (soft_l1(figures), 1 / root, -0.5 / root**3), (squares[len(self.keys) :], ones, 0 * ones)
        return np.hstack([np.array(part) for part in rows])

    def search(self, start: Array, jacobian: Callable[[Array], Array], steps: int, **options: Any) -> Any:
        """The result of `least_squares` after at most so many steps tried."""
        from scipy.optimize import least_squares

        solve: Any = least_squares
        bounds, ends = (-FURTHEST, FURTHEST), {"ftol": LEAST_GAIN, "xtol": None, "gtol": None, "max_nfev": 1 + steps}
        return solve(
            self.residuals, start, jacobian, bounds=bounds, x_scale=FURTHEST, loss=self.loss, **ends, **options
        )


def calibrate(
    *,
    iterations: int = 4,
    workers: int = 2,
    checkpoint: Path | None = None,
    callback: Callable[[str], None] | None = None,
    on_point: Callable[[int], None] | None = None,
) -> Calibration:
    """The most probable numbers (deterministic): robust least squares from the priors, then from elsewhere in them.

    iterations: steps tried from the priors, at most. checkpoint: a file in which evaluated points are kept, so that an
    interrupted run goes on. callback(text) is called with the cost reached, on_point(sets) after each set of
    numbers with how many were evaluated.
    """
    evaluated = count(1)
    say = callback or (lambda text: None)
    _ = Model.default().kernel  # compiled once, before workers start
    what = problem()
    with processes(workers) as spread:
        evaluate = Evaluator(what, spread, checkpoint)
        objective = Objective(what, evaluate, lambda: on_point(next(evaluated)) if on_point else None)
        start = np.zeros(len(what.names))
        (errors,) = objective.errors([what.prior])
        before = float(cost(errors, objective.weight, start))
        say(
            f"{len(objective.keys)} figures of {len(objective.problem.pairs)} arms, {len(start)} numbers; "
            f"cost {before:.1f}"
        )

        def report(intermediate_result: Any) -> None:
            say(f"iteration {intermediate_result.nit}: cost {2 * intermediate_result.cost:.1f}")

        best = objective.search(start, objective.jacobian, iterations, callback=report)
        fixed = objective.jacobian(best.x)
        others = [objective.search(other, lambda at: fixed, STEPS_OF_A_START) for other in _starts(len(start))]
        costs = [2 * one.cost for one in others]
        if min(costs) < (1 - LEAST_GAIN) * 2 * best.cost:
            best = objective.search(others[int(np.argmin(costs))].x, objective.jacobian, iterations, callback=report)
        now = 2 * float(best.cost)
        say(f"from {STARTS} points of the prior: cost {min(costs):.1f} to {max(costs):.1f}; the least {now:.1f}")
        point = objective.point(best.x)
        return Calibration(
            objective.problem,
            point,
            objective.keys,
            objective.weight,
            objective.errors([point])[0],
            objective.slopes(best.x),
            before,
            now,
        )


def _starts(numbers: int) -> Array:
    """Points spread over the prior (starts, numbers), in spreads."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    return np.clip(ndtri(qmc.LatinHypercube(numbers, rng=20260102).random(STARTS)), -FURTHEST_START, FURTHEST_START)


def write(values: dict[str, float], folder: Path) -> None:
    """Write parameters.toml and the drugs' files with these values into a folder laid out as the package is."""
    import yaml

    package, drugs = Path(str(resources.files("hpgaxis"))), Path("pharmacology/drugs")
    parameters = Path("physiology/parameters.toml")
    text = (package / parameters).read_text(encoding="utf-8")
    for name, value in values.items():
        if "." not in name:
            text = re.sub(rf"(?m)(^\[{name}\]\nvalue = ).*$", rf"\g<1>{value!r}", text)
    write_whole(folder / parameters, lambda p: p.write_text(text, encoding="utf-8"))
    for drug_name in sorted({name.split(".")[0] for name in values if "." in name}):
        file = drugs / f"{drug_name}.yaml"
        data: dict[str, Any] = yaml.safe_load((package / file).read_text(encoding="utf-8"))
        for effect in data["effects"]:
            key = f"{drug_name}.{effect['mechanism']}.{effect['analyte']}"
            if key in values:
                effect["constant"]["value"] = values[key]
        dumped = yaml.safe_dump(data, sort_keys=False, width=118, allow_unicode=True)
        write_whole(folder / file, lambda p, dumped=dumped: p.write_text(dumped, encoding="utf-8"))
