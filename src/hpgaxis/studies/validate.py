"""Holds predictions against published trials: every arm in a man matched to its baseline, every figure it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from .. import model
from ..evidence import arm as arms
from ..evidence.outcome import SIGN, Meaning, NotComparable, base_measure, interval, meaning
from ..evidence.trial import Arm, Outcome, Trial, load_trials
from ..people.labs import LABS, LabError
from ..people.patient import MatchedMan, PatientError, match
from ..pharmacology import drug as drugs
from ..pharmacology.protocol import Protocol
from ..simulation import CASTRATION, SimulationError, simulate
from ..uncertainty import representative
from . import shares
from .cohort import SPERM, Average, Cohort, gather
from .intervals import with_intervals

UNCHANGED = 0.10
"""A predicted change below this share of baseline counts as no change where a paper gives only the direction."""
DERIVED: dict[str, tuple[str, Callable[[Average], Any]]] = {
    "gnrh_pulses_12h": ("pulses/12 h", lambda r: r["gnrh_pulses_per_day"] / 2),
    "lh_pulses_12h": ("pulses/12 h", lambda r: r["gnrh_pulses_per_day"] / 2),
    "motile_concentration": ("1e6/mL", lambda r: r["sperm_concentration"] * r["motility"] / 100),
    "motility_index": ("index (mL x 1e6/mL x %)", lambda r: r["sperm_total"] * r["motility"]),
}
"""Measures that follow from the model's: unit, and the course from a result."""
MEN = 64
"""Of an arm."""
FEW = 8
"""Men of an arm that does not say how many."""
USUAL_SPREAD = 0.4
"""SD between men of the logarithm of what has no spread in the model: times to a threshold, drug levels."""
DRUG_LEVELS = ("fsh_cmax", "drug_concentration")
WITHIN_DAY = {"testosterone_peak": max, "testosterone_nadir": min}


def geometric_mean(values: list[float]) -> float:
    """exp of the mean logarithm; 1 for no values."""
    return exp(sum(map(log, values)) / len(values)) if values else 1.0


@dataclass(frozen=True)
class Validation:
    """What came out: compared figures, directions, and everything that was not compared, with the reason."""

    outcomes: list[dict[str, Any]]
    directions: list[dict[str, Any]]
    skipped: list[dict[str, Any]]
    trials: int = 0

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
            "summary": self.summary(),
            "parts": self.parts(),
            "directions_summary": {"n": len(self.directions), "agree": sum(row["agrees"] for row in self.directions)},
        }


@dataclass
class _ArmReport:
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    directions: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)


def drug_group(arm: Arm) -> str:
    """The class of the arm's treatment, for the report: the drugs' groups, androgens and blockers of clamps last."""
    groups = []
    for line in arm.protocol:
        try:
            groups.append(drugs.find(line.drug).group)
        except drugs.DrugError:
            groups.append("other")
    for unspecific in ("androgen", "GnRH antagonist", "GnRH agonist", "steroidogenesis inhibitor"):
        if len(set(groups)) > 1 and unspecific in groups:
            groups = [g for g in groups if g != unspecific]
    return " + ".join(sorted(set(groups))) or "untreated"


def _needed(wanted: list[Outcome]) -> tuple[str, ...]:
    """Measurements from which these figures follow."""
    found = ["testosterone", "sperm_concentration"]
    for outcome in wanted:
        if outcome.measure in DERIVED:
            found += ["gnrh_pulses_per_day", "motility", "sperm_total"]
        else:
            with suppress(NotComparable):
                found.append(base_measure(outcome.measure))
    return tuple(dict.fromkeys(found))


def validate_arm(trial: Trial, arm: Arm, changed: dict[str, float] | None = None, count: int = MEN) -> _ArmReport:
    """Simulate one arm and compare each of its figures; whatever is not compared is listed with the reason."""
    report = _ArmReport()
    base = {"trial": trial.id, "arm": arm.name}

    def skip(measure: str, reason: str) -> None:
        report.skipped.append({**base, "measure": measure, "reason": reason})

    wanted = []
    starts_before = any((line.start_day or 0) < 0 for line in arm.protocol)
    for outcome in arm.outcomes:
        if outcome.day == 0 and not starts_before:
            skip(outcome.measure, "baseline: the man is matched to it, or it describes him")
        elif not (trial.verified and outcome.verified):
            skip(outcome.measure, "recalled and not read in its source (verified: no): a prior, never a pass mark")
        else:
            wanted.append(outcome)
    if not wanted:
        return report
    try:
        protocol = arms.protocol(arm)
        castration = arms.is_castration(arm)
        if not protocol.series and not castration and not _is_control(arm):
            raise NotComparable("no treatment is given in the file, and the arm is not an untreated control")
        who, levels = arms.patient(trial, arm)
        man = match(who, changed)
        days = [float(outcome.day) for outcome in wanted if outcome.day is not None]
        last_dose = float(max([0.0, *(s.times(1e6)[-1] for s in protocol.series if s.doses is not None)]))
        open_ended = any(outcome.day is None for outcome in wanted)
        length = max(1.0, last_dose if open_ended else 0.0, *days)
        if any(outcome.measure.startswith("days_to") for outcome in wanted):
            length = max(length, last_dose) + 600
        men = gather(
            man,
            protocol,
            arms.baseline_moments(trial, arm),
            count=count,
            days=length,
            step_days=0.25 if length > 40 else 1 / 24,
            measures=_needed(wanted),
            afterwards=CASTRATION if castration else None,
            constants=changed,
        )
    except (NotComparable, LabError, PatientError, SimulationError, drugs.DrugError, ValueError) as error:
        for outcome in wanted:
            skip(outcome.measure, str(error))
        return report
    if starts_before:
        levels = {}
    levels = {**arms.inferred_baselines(trial, arm), **levels}
    for outcome in wanted:
        index = next(place for place, one in enumerate(arm.outcomes) if one is outcome)
        try:
            if outcome.measure in DRUG_LEVELS:
                row, is_direction = _drug_level(outcome, man, protocol, length, changed), False
            else:
                row, is_direction = _compare(trial, arm, outcome, men, levels, last_dose)
        except NotComparable as error:
            skip(outcome.measure, str(error))
            continue
        if not is_direction:
            row = {**_bounded(outcome, row), "sampling": _sampling(outcome, row, men, outcome.n or arm.n or FEW)}
        row = {**base, "measure": outcome.measure, "index": index, **row, "group": drug_group(arm)}
        (report.directions if is_direction else report.outcomes).append(row)
    return report


def _sampling(outcome: Outcome, row: dict[str, Any], men: Cohort, count: int) -> float:
    """Standard deviation of the logarithm of what `count` such men show, from the differences between them."""
    if outcome.measure.startswith("fraction_"):
        share = min(max(row["predicted"] / 100, 1 / (2 * count)), 1 - 1 / (2 * count))
        return 100 * sqrt(share * (1 - share) / count) / (100 * share + 1)
    try:
        name = base_measure(outcome.measure)
    except NotComparable:
        return USUAL_SPREAD / sqrt(count)
    return men.sampling_error(name, outcome.day or 0.0, count, change=row["compared"] == "change")


def _is_control(arm: Arm) -> bool:
    return any(
        word in arm.name.lower()
        for word in ("placebo", "control", "no treatment", "untreated", "normal", "oil", "no drug")
    )


def _compare(
    trial: Trial, arm: Arm, outcome: Outcome, men: Cohort, levels: dict[str, float], last_dose: float
) -> tuple[dict[str, Any], bool]:
    """One row, and whether it is only a direction. Raises NotComparable."""
    name, diagnosis = outcome.measure, arms.diagnosis_of(trial, arm)
    if name.startswith("fraction_") and outcome.unit == "%":
        predicted = shares.share(outcome, men, diagnosis, last_dose)
        return _absolute(outcome, predicted, (predicted + 1) / (outcome.value + 1)), False
    if name.startswith("days_to_") and outcome.unit == "days":
        return _absolute(outcome, shares.days_to(outcome, men, diagnosis, last_dose)), False
    if outcome.day is None:
        raise NotComparable("no day is stated")
    average = men.average(outcome.stat)
    if name in DERIVED:
        return _derived(outcome, arm, average), False
    if outcome.unit in SIGN:
        return _direction(outcome, average), True
    if outcome.unit == "yes/no":
        raise NotComparable("a yes or no of the paper, without a number")
    said = meaning(outcome)
    background = arms.assay_background(trial).get(said.measure, 0.0)
    predicted = _taken(outcome, said.measure, average) + background
    returned = arms.return_to_mean(trial, arm).get(said.measure, 1.0)
    start = float(average[said.measure][0]) / returned + background
    if start <= 0:
        raise NotComparable(f"the model's baseline of {said.measure} is 0")
    return _by_change(outcome, said, predicted, start, levels.get(said.measure)), False


def _taken(outcome: Outcome, measure: str, result: Average) -> float:
    """The model's value as the paper took it: an average, a peak or nadir of the day, or the sample of the day."""
    day = float(outcome.day or 0.0)
    if outcome.measure in WITHIN_DAY:
        inside = (result.time >= day - 1) & (result.time <= day)
        return float(WITHIN_DAY[outcome.measure](result[measure][inside]))
    intervals = [s.interval_days for s in result.protocol.series if s.doses != 1]
    if outcome.measure.endswith("_cavg") and intervals and day >= intervals[0]:
        return result.mean(measure, day - max(intervals), day)
    if intervals and min(intervals) <= 1 and day >= 1:
        return result.mean(measure, day - 1, day)
    return result.at(measure, day)


def _row(
    outcome: Outcome,
    predicted: float,
    observed_fold: float,
    predicted_fold: float,
    compared: str,
    fold_error: float | None = None,
) -> dict[str, Any]:
    """One compared figure: predicted in the printed unit; the fold error is that of the folds unless given."""
    bounds = interval(outcome)
    return {
        "day": None if outcome.measure.startswith("days_to_") else outcome.day,
        "unit": outcome.unit,
        "observed": outcome.value,
        "low": bounds[0] if bounds else None,
        "high": bounds[1] if bounds else None,
        "predicted": predicted,
        "fold_error": predicted_fold / observed_fold if fold_error is None else fold_error,
        "compared": compared,
        "observed_fold": observed_fold,
        "predicted_fold": predicted_fold,
    }


def _absolute(outcome: Outcome, predicted: float, fold_error: float | None = None) -> dict[str, Any]:
    return _row(outcome, predicted, outcome.value, predicted, "absolute", fold_error)


def _derived(outcome: Outcome, arm: Arm, result: Average) -> dict[str, Any]:
    """A figure that follows from measurements, by its change where the arm gives it at day 0."""
    unit, formula = DERIVED[outcome.measure]
    if outcome.unit != unit or outcome.value <= 0:
        raise NotComparable(f"{outcome.measure} = {outcome.value:g} {outcome.unit}; known is {unit}, above 0")
    course = formula(result)
    predicted, start = float(np.interp(outcome.day or 0.0, result.time, course)), float(course[0])
    before = [o.value for o in arm.outcomes if (o.measure, o.day, o.unit) == (outcome.measure, 0, unit) and o.value > 0]
    if not before:
        return _absolute(outcome, predicted)
    fold = predicted / start
    return _row(outcome, fold * before[0], outcome.value / before[0], fold, "change")


def _by_change(
    outcome: Outcome, said: Meaning, predicted: float, start: float, baseline: float | None
) -> dict[str, Any]:
    """Compare folds of baseline where a baseline exists, else levels."""
    fold = predicted / start
    floor = 1e-3 * LABS[said.measure].reference[1]
    if said.measure == "sperm_concentration" and baseline is None and said.kind == "level":
        low = shares.AZOOSPERMIA  # a laboratory does not tell less from nothing
        return _row(outcome, predicted * said.to_printed, max(said.value, low), max(predicted, low), "absolute")
    if said.kind == "fold":
        as_printed = 100 * fold if "%" in outcome.unit else fold
        if "change" in outcome.unit or "increase" in outcome.unit or outcome.measure.endswith("_change"):
            as_printed -= 100
        found = (as_printed, said.value, fold, "change")
    elif said.kind == "difference":
        if baseline is None and said.measure in SPERM:
            raise NotComparable(f"a change of {said.measure} from a baseline that is not stated")
        origin = baseline if baseline is not None else start
        found = ((fold - 1) * origin * said.to_printed, (origin + said.value) / origin, fold, "change")
    elif said.value <= 0:
        raise NotComparable("an observed 0 has no fold error")
    elif baseline is not None and baseline > floor:
        found = (fold * baseline * said.to_printed, said.value / baseline, fold, "change")
    else:
        found = (predicted * said.to_printed, said.value, max(predicted, floor / 10), "absolute")
    if found[1] <= 0 or found[2] <= 0:
        raise NotComparable("a change below zero of the baseline has no fold error")
    return _row(outcome, *found)


def _direction(outcome: Outcome, result: Average) -> dict[str, Any]:
    measure = base_measure(outcome.measure)
    change = _taken(outcome, measure, result) / float(result[measure][0]) - 1
    predicted = 0 if abs(change) < UNCHANGED else (1 if change > 0 else -1)
    return {
        "day": outcome.day,
        "unit": outcome.unit,
        "observed": outcome.value,
        "predicted": predicted,
        "predicted_change_percent": 100 * change,
        "agrees": bool(predicted == outcome.value),
    }


def _bounded(outcome: Outcome, row: dict[str, Any]) -> dict[str, Any]:
    """Where the figure is a bound, a prediction beyond it is right: its fold error is 1."""
    note = outcome.note or ""
    if "upper bound" in note:
        return {**row, "fold_error": max(1.0, row["fold_error"]), "bound": "upper"}
    if "lower bound" in note:
        return {**row, "fold_error": min(1.0, row["fold_error"]), "bound": "lower"}
    return row


def _drug_level(
    outcome: Outcome, man: MatchedMan, protocol: Protocol, length: float, changed: dict[str, float] | None
) -> dict[str, Any]:
    """A drug's concentration, in the man in the middle."""
    result = simulate(man, protocol, days=length, step_days=0.25 if length > 40 else 1 / 24, constants=changed)
    wanted = outcome.drug or outcome.measure.split("_")[0]
    name = next((n for n in result.drugs if n.split(" ")[0] == wanted), None)
    if name is None:
        raise NotComparable(f"no concentration of {wanted} in this simulation")
    as_peak = outcome.measure == "fsh_cmax" or (outcome.day is None and "Cmax" in (outcome.note or ""))
    if outcome.day is None and not as_peak:
        raise NotComparable("no day is stated")
    predicted = (
        float(result[name].max())
        if as_peak
        else result.mean(name, float(outcome.day or 0) - 1, float(outcome.day or 0))
    )
    if outcome.unit != result.units[name] or predicted <= 0:
        raise NotComparable(f"{wanted} in {outcome.unit!r} against {result.units[name]}")
    return _absolute(outcome, predicted)


def _work(task: tuple[Trial, Arm, dict[str, float] | None, int]) -> _ArmReport:
    return validate_arm(*task)


def validate(
    trials: str | Path | None = None,
    *,
    only: Iterable[str] | None = None,
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    changed: dict[str, float] | None = None,
    draws: int = 0,
) -> Validation:
    """Compare the model with published trials.

    trials: a folder of trial files, None for the package's own. only: trial ids to use. workers: processes.
    on_progress(done, all) is called after each arm. changed: typical values to put in place of the catalogue's. draws:
    sets of parameters from the posterior with which every arm is predicted again, for intervals; 0 for none.
    Raises TrialError for files that cannot be read and ValueError for an unknown id.
    """
    loaded = load_trials(trials)
    repeated = [name for name, count in Counter(trial.id for trial in loaded).items() if count > 1]
    if repeated:
        raise ValueError(f"the trial id {repeated[0]!r} stands in more than one file")
    if only is not None:
        chosen = set(only)
        unknown = chosen - {trial.id for trial in loaded}
        if unknown:
            raise ValueError(f"no trial {', '.join(sorted(unknown))} among the {len(loaded)} trials")
        loaded = tuple(trial for trial in loaded if trial.id in chosen)
    arms_of = [(trial, arm) for trial in loaded for arm in trial.arms]
    numbers = [changed, *(representative(draws) if draws else [])]
    tasks = [(trial, arm, one, MEN if one is changed else MEN // 2) for one in numbers for trial, arm in arms_of]
    model.kernel()  # compile once, before workers start
    reports = []
    with ProcessPoolExecutor(workers) if workers > 1 else nullcontext() as pool:
        for report in pool.map(_work, tasks, chunksize=4) if pool else map(_work, tasks):
            reports.append(report)
            if on_progress:
                on_progress(len(reports), len(tasks))
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
    )


def worst(validation: Validation, count: int = 20) -> list[dict[str, Any]]:
    """The outcomes furthest from what was observed."""
    return sorted(validation.outcomes, key=lambda row: -abs(log(row["fold_error"])))[:count]
