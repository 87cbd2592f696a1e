"""Holds predictions against published trials: every arm in a man matched to its baseline, every figure it gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from math import exp, log
from pathlib import Path
from typing import Any

from ..errors import HpgaxisError, InputError
from ..evidence.trials import Arm, Outcome, Trial, load_trials
from ..evidence.trials import split as parts_of_evidence
from ..model import Model, with_overrides
from ..people.match import MatchedMan, match_means
from ..pharmacology.drug import DrugError
from ..pharmacology.library import DrugLibrary
from ..physiology.posterior import resample_parameter_sets
from ..processes import processes
from ..simulation.run import CASTRATION
from . import arm as arms
from .cohort import Cohort, simulate_arm
from .intervals import with_intervals
from .outcome import NotComparable
from .scoring import bounded, compare_drug_level, compare_figure, needed, sampling_error

MEN = 64
"""Of an arm."""
FEW = 8
"""Men of an arm that does not say how many."""
DRUG_LEVELS = ("fsh_cmax", "drug_concentration")


def geometric_mean(values: list[float]) -> float:
    """exp of the mean logarithm; 1 for no values."""
    return exp(sum(map(log, values)) / len(values)) if values else 1.0


@dataclass(frozen=True)
class Validation:
    """The comparison of the model with published trials, as `validate` returns it.

    Attributes
    ----------
    outcomes : compared figures, one dict each: trial, arm, measure, observed, predicted and fold error.
    directions : figures of which only the direction of change is compared.
    skipped : figures that are not compared, each with the reason.
    trials : number of trials used.
    left_out : arms from which virtual men were left out, or whose men do not reach the baseline: `cohort.LeftOut`.
    files : number of trial files.
    unreadable : file -> why it could not be read.

    Examples
    --------
    >>> Validation(outcomes=[], directions=[], skipped=[], trials=1, files=2).files
    2
    """

    outcomes: list[dict[str, Any]]
    directions: list[dict[str, Any]]
    skipped: list[dict[str, Any]]
    trials: int = 0
    left_out: list[dict[str, Any]] = field(default_factory=list)
    """Arms whose virtual men are not all there, or do not have the arm's baseline: see `cohort.LeftOut`."""
    files: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, dict[str, Any]]:
        """By measure: n, aafe (absolute average fold error), bias (mean fold error), within_ci (share or None)."""
        result = {}
        for measure in sorted({row["measure"] for row in self.outcomes}):
            result[measure] = self.score(row for row in self.outcomes if row["measure"] == measure)
        return result

    def parts(self) -> dict[str, dict[str, dict[str, Any]]]:
        """By part (calibration, validation) and measure, then "all": the scores of `score`."""
        found = {}
        for name in ("calibration", "validation"):
            rows = [row for row in self.outcomes if row.get("part") == name]
            by = {m: self.score(r for r in rows if r["measure"] == m) for m in sorted({r["measure"] for r in rows})}
            found[name] = {**by, "all": self.score(rows)}
        return found

    def against_other_trials(self) -> dict[str, dict[str, Any]]:
        """By measure: n, aafe, and the aafe of a forecast that needs no model, the mean of the other trials.

        The changes of one measure under one class of drugs, each forecast by the geometric mean of the same in the
        other trials of that class, where there are two or more.
        """
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        changes = [row for row in self.outcomes if row["compared"] == "change" and row["observed_fold"] > 0]
        for row in changes:
            others: dict[str, list[float]] = defaultdict(list)
            for one in changes:
                if (one["measure"], one["group"]) == (row["measure"], row["group"]) and one["trial"] != row["trial"]:
                    others[one["trial"]].append(one["observed_fold"])
            if len(others) >= 2:
                forecast = geometric_mean([geometric_mean(folds) for folds in others.values()])
                found[row["measure"]].append((row["fold_error"], forecast / row["observed_fold"]))
        return {
            measure: {
                "n": len(pairs),
                "aafe": geometric_mean([max(e, 1 / e) for e, _ in pairs]),
                "others": geometric_mean([max(e, 1 / e) for _, e in pairs]),
            }
            for measure, pairs in sorted(found.items())
        }

    def score(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """n, aafe, bias, within_ci (predictions in the paper's intervals), coverage (the reverse) of some outcomes."""
        chosen = list(rows)
        errors = [row["fold_error"] for row in chosen]
        judged = [row["low"] <= row["predicted"] <= row["high"] for row in chosen if row["low"] is not None]
        covered = [row["inside"] for row in chosen if "inside" in row]
        return {
            "n": len(chosen),
            "aafe": geometric_mean([max(e, 1 / e) for e in errors]),
            "bias": geometric_mean(errors),
            "within_ci": sum(judged) / len(judged) if judged else None,
            "coverage": sum(covered) / len(covered) if covered else None,
        }

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` writes."""
        return {
            "outcomes": self.outcomes,
            "directions": self.directions,
            "skipped": self.skipped,
            "left_out": self.left_out,
            "unreadable": self.unreadable,
            "summary": self.summary(),
            "parts": self.parts(),
            "against_other_trials": self.against_other_trials(),
            "directions_summary": {"n": len(self.directions), "agree": sum(row["agrees"] for row in self.directions)},
        }


@dataclass
class _ArmReport:
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    directions: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)


def drug_group(arm: Arm, drugs: DrugLibrary | None = None) -> str:
    """The class of the arm's treatment, for the report: the drugs' groups, androgens and blockers of clamps last."""
    groups, library = [], drugs or DrugLibrary.shipped()
    for line in arm.protocol:
        try:
            groups.append(library.find(line.drug).group)
        except DrugError:
            groups.append("other")
    for unspecific in ("androgen", "GnRH antagonist", "GnRH agonist", "steroidogenesis inhibitor"):
        if len(set(groups)) > 1 and unspecific in groups:
            groups = [g for g in groups if g != unspecific]
    return " + ".join(sorted(set(groups))) or "untreated"


@dataclass(frozen=True)
class _SimulatedArm:
    """An arm's cohort, and what its figures are compared with."""

    man: MatchedMan
    men: Cohort
    levels: dict[str, float]
    last_dose: float
    length: float


def validate_arm(trial: Trial, arm: Arm, model: Model, count: int = MEN, raw: bool = False) -> _ArmReport:
    """Simulate one arm and compare each of its figures; whatever is not compared is listed with the reason."""
    report = _ArmReport()
    base = {"trial": trial.id, "arm": arm.name}
    adjusted = arms.Adjustments() if raw else arms.adjustments(trial, arm)
    wanted = []
    for outcome in arm.outcomes:
        if reason := _why_not(trial, arm, outcome, adjusted):
            report.skipped.append({**base, "measure": outcome.measure, "reason": reason})
        else:
            wanted.append(outcome)
    if not wanted:
        return report
    try:
        simulated = _simulate(trial, arm, wanted, adjusted, count, model)
    except HpgaxisError as error:  # anything else is a bug and stops the validation
        report.skipped += [{**base, "measure": one.measure, "reason": _reason(error)} for one in wanted]
        return report
    men = simulated.men
    if not men.left_out.nothing:
        report.left_out.append({**base, **asdict(men.left_out)})
    for outcome in wanted:
        index = next(place for place, one in enumerate(arm.outcomes) if one is outcome)
        try:
            row, is_direction = _compare(trial, arm, outcome, simulated, adjusted)
        except HpgaxisError as error:
            report.skipped.append({**base, "measure": outcome.measure, "reason": _reason(error)})
            continue
        if not is_direction:
            row = bounded(outcome, row) if adjusted.lenient else row
            row = {**row, "sampling": sampling_error(outcome, row, men, outcome.n or arm.n or FEW)}
        row = {**base, "measure": outcome.measure, "index": index, **row, "group": drug_group(arm, model.drugs)}
        (report.directions if is_direction else report.outcomes).append(row)
    return report


def _starts_before(arm: Arm) -> bool:
    """Whether the arm is treated before day 0, so that its figures of day 0 are no baseline."""
    return any((line.start_day or 0) < 0 for line in arm.protocol)


def _why_not(trial: Trial, arm: Arm, outcome: Outcome, adjusted: arms.Adjustments) -> str:
    """Why a figure is not compared whatever the model says; empty where it is."""
    if outcome.day == 0 and not _starts_before(arm):
        return "baseline: the man is matched to it, or it describes him"
    if not (trial.verified and outcome.verified):
        return "recalled and not read in its source (verified: no): a prior, never a pass mark"
    if adjusted.recalled_dose:
        return f"the dose of {adjusted.recalled_dose} is recalled and not read in its source: never a pass mark"
    return ""


def _simulate(
    trial: Trial,
    arm: Arm,
    wanted: list[Outcome],
    adjusted: arms.Adjustments,
    count: int,
    model: Model,
) -> _SimulatedArm:
    """Simulate the arm's cohort as long as its figures ask for. Raises HpgaxisError where that cannot be done."""
    protocol = arms.protocol(arm, model.drugs)
    castration = arms.is_castration(arm)
    if not protocol.series and not castration and not _is_control(arm):
        raise NotComparable("no treatment is given in the file, and the arm is not an untreated control")
    patient, levels = arms.patient(trial, arm, adjusted)
    man = match_means(patient, model=model)
    days = [float(outcome.day) for outcome in wanted if outcome.day is not None]
    ends = [s.start_day + (s.doses - 1) * s.interval_days for s in protocol.series if s.doses is not None]
    last_dose = float(max([0.0, *ends]))
    open_ended = any(outcome.day is None for outcome in wanted)
    length = max(1.0, last_dose if open_ended else 0.0, *days)
    if any(outcome.measure.startswith("days_to") for outcome in wanted):
        length = max(length, last_dose) + 600
    men = simulate_arm(
        man,
        protocol,
        arms.baseline_moments(arm, adjusted),
        count=count,
        days=length,
        step_days=0.25 if length > 40 else 1 / 24,
        variables=needed(wanted),
        changes_at_start=CASTRATION if castration else None,
        east_asian=adjusted.east_asian,
    )
    levels = {**arms.inferred_baselines(trial, arm), **({} if _starts_before(arm) else levels)}
    return _SimulatedArm(man, men, levels, last_dose, length)


def _compare(
    trial: Trial,
    arm: Arm,
    outcome: Outcome,
    simulated: _SimulatedArm,
    adjusted: arms.Adjustments,
) -> tuple[dict[str, Any], bool]:
    """One figure beside the simulated arm, and whether it is only a direction. Raises NotComparable."""
    men = simulated.men
    if outcome.measure in DRUG_LEVELS:
        return compare_drug_level(outcome, simulated.man, men.protocol, simulated.length), False
    diagnosis = arms.diagnosis_of(trial, arm)
    return compare_figure(diagnosis, arm, outcome, men, simulated.levels, simulated.last_dose, adjusted)


def _reason(error: HpgaxisError) -> str:
    """Why a figure is not compared; which error, where it is not that the figure cannot be."""
    return str(error) if isinstance(error, NotComparable) else f"{type(error).__name__}: {error}"


def _is_control(arm: Arm) -> bool:
    return any(
        word in arm.name.lower()
        for word in ("placebo", "control", "no treatment", "untreated", "normal", "oil", "no drug")
    )


def _work(task: tuple[Trial, Arm, Model, int, bool]) -> _ArmReport:
    return validate_arm(*task)


def validate(
    trials: str | Path | None = None,
    *,
    only: Iterable[str] | None = None,
    workers: int = 1,
    callback: Callable[[int, int], object] | None = None,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    draws: int = 0,
    raw: bool = False,
) -> Validation:
    """Compare the model with published trials.

    A trial file that cannot be read does not stop the others: it stands in `unreadable` with its error.

    Parameters
    ----------
    trials : a folder of trial files; None for the package's own.
    only : trial ids to use.
    workers : processes.
    callback : is called with the number of arms done and the number of all.
    parameters : parameters and constants of drugs in place of the model's, by name.
    model : default the shipped one.
    draws : sets of parameters from the posterior with which every arm is predicted again, for intervals; 0 for none.
    raw : without the adjustments that were chosen after seeing the trials' results (`arm.Adjustments`).

    Raises
    ------
    TrialError
        No trial file can be read.
    OverrideError
        An unknown name in `parameters`.
    InputError
        An unknown trial id, or intervals where no trial calibrates.

    Examples
    --------
    >>> validation = validate(only=["matsumoto-1983-te-fsh"])
    >>> validation.trials
    1
    """
    used = with_overrides(model, parameters)
    loaded, unreadable = load_trials(trials)
    files = len(loaded) + len(unreadable)
    if only is not None:
        chosen = set(only)
        unknown = chosen - {trial.id for trial in loaded}
        if unknown:
            more = "; ".join(["", *unreadable.values()])
            raise InputError(f"no trial {', '.join(sorted(unknown))} among the {len(loaded)} trials{more}")
        loaded = tuple(trial for trial in loaded if trial.id in chosen)
    if draws and not any(trial.id in parts_of_evidence()["calibration"] for trial in loaded):
        raise InputError("intervals need the spread between trials that calibrate, and none of these does: no draws")
    arms_of = [(trial, arm) for trial in loaded for arm in trial.arms]
    samples = [used.with_posterior_sample(sample) for sample in (resample_parameter_sets(draws) if draws else [])]
    tasks = [
        (trial, arm, one, MEN if one is used else MEN // 2, raw) for one in (used, *samples) for trial, arm in arms_of
    ]
    _ = used.kernel  # compiled once, before workers start
    reports = []
    with processes(workers) as spread:
        for report in spread(_work, tasks):
            reports.append(report)
            if callback:
                callback(len(reports), len(tasks))
    count = len(arms_of)
    runs = [
        [row for report in reports[first : first + count] for row in report.outcomes]
        for first in range(0, len(tasks), count)
    ]
    return Validation(
        outcomes=with_intervals(runs[0], runs[1:]) if runs else [],
        directions=[row for report in reports[:count] for row in report.directions],
        skipped=[row for report in reports[:count] for row in report.skipped],
        trials=len(loaded),
        left_out=[row for report in reports[:count] for row in report.left_out],
        files=files,
        unreadable=unreadable,
    )


def worst(validation: Validation, count: int = 20) -> list[dict[str, Any]]:
    """The outcomes furthest from what was observed."""
    return sorted(validation.outcomes, key=lambda row: -abs(log(row["fold_error"])))[:count]
