"""Comparison of the model with published trials: a cohort with the baseline of each arm, and each figure of the arm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
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
from ..simulation.run import CASTRATION, output_times
from . import arm as arms
from .cohort import Cohort, simulate_arm
from .intervals import with_intervals
from .outcome import NotComparable, treated_before_baseline
from .results import Validation
from .scoring import bounded, compare_drug_level, compare_figure, needed, sampling_error, step_days

MEN = 64
"""Virtual men of an arm; with a posterior sample, half as many."""
FEW = 8
"""Number of men that is taken for an arm that does not report it."""
DRUG_LEVELS = ("fsh_cmax", "drug_concentration")
CHOSEN_BY_RESPONSE = re.compile(r"(became|stayed) (azoo|oligozoo)spermic")
"""Names of groups whose men were chosen by what is compared."""


@dataclass
class ArmReport:
    """The rows of one arm; their fields are those of `Validation`."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)
    directions: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)


def drug_group(arm: Arm, drugs: DrugLibrary | None = None) -> str:
    """The class of the arm's treatment, such as "SERM"; androgens and blockers given with other drugs do not count."""
    groups, library = [], drugs or DrugLibrary.shipped()
    for line in arm.protocol:
        try:
            groups.append(library.find(line.drug).group)
        except DrugError:
            groups.append("other")
    for unspecific in ("androgen", "GnRH antagonist", "GnRH agonist", "steroidogenesis inhibitor"):
        if len(set(groups)) > 1 and unspecific in groups:
            groups = [group for group in groups if group != unspecific]
    return " + ".join(sorted(set(groups))) or "untreated"


@dataclass(frozen=True)
class _SimulatedArm:
    """An arm's matched man and cohort, its reported baselines, the day of the last dose, and the days simulated."""

    man: MatchedMan
    men: Cohort
    levels: dict[str, float]
    last_dose: float
    length: float


def validate_arm(trial: Trial, arm: Arm, model: Model, count: int = MEN, raw: bool = False) -> ArmReport:
    """Simulate one arm and compare each of its figures; a figure that is not compared is listed with the reason."""
    report = ArmReport()
    base = {"trial": trial.id, "arm": arm.name}
    adjusted = arms.described(trial, arm) if raw else arms.adjustments(trial, arm)
    wanted: dict[int, Outcome] = {}
    for index, outcome in enumerate(arm.outcomes):
        if reason := _why_not(trial, arm, outcome, adjusted):
            report.skipped.append({**base, "measure": outcome.measure, "reason": reason})
        else:
            wanted[index] = outcome
    if not wanted:
        return report
    try:
        simulated = _simulate(trial, arm, list(wanted.values()), adjusted, count, model)
    except HpgaxisError as error:  # anything else is a bug and stops the validation
        report.skipped += [
            {**base, "measure": outcome.measure, "reason": _reason(error)} for outcome in wanted.values()
        ]
        return report
    men, group = simulated.men, drug_group(arm, model.drugs)
    if not men.left_out.nothing:
        report.left_out.append({**base, **asdict(men.left_out)})
    for index, outcome in wanted.items():
        try:
            row, is_direction = _compare(trial, arm, outcome, simulated, adjusted)
        except HpgaxisError as error:
            report.skipped.append({**base, "measure": outcome.measure, "reason": _reason(error)})
            continue
        if not is_direction:
            row = bounded(outcome, row) if adjusted.lenient else row
            row = {**row, "sampling": sampling_error(outcome, row, men, outcome.n or arm.n or FEW)}
        row = {**base, "measure": outcome.measure, "index": index, **row, "group": group}
        (report.directions if is_direction else report.outcomes).append(row)
    return report


def _why_not(trial: Trial, arm: Arm, outcome: Outcome, adjusted: arms.Adjustments) -> str:
    """The reason why a figure is not compared, whatever the model predicts; empty where it is compared."""
    if outcome.day == 0 and not treated_before_baseline(arm):
        return "baseline: the man is matched to it, or it describes him"
    if CHOSEN_BY_RESPONSE.match(arm.name) and outcome.day is not None:
        return "the men of this group were chosen by how they responded"
    if not (trial.verified and outcome.verified):
        return "unverified (verified: no): its source was not read, so it is never scored"
    if adjusted.unverified_dose:
        return f"the dose of {adjusted.unverified_dose} was not read in the source, so the arm is never scored"
    return ""


def _simulate(
    trial: Trial, arm: Arm, wanted: list[Outcome], adjusted: arms.Adjustments, count: int, model: Model
) -> _SimulatedArm:
    """Simulate the arm's cohort until the last of the figures. Raises HpgaxisError where that is impossible."""
    protocol = arms.protocol(arm, model.drugs)
    castration = arms.is_castration(arm)
    if not protocol.series and not castration and not is_control(arm):
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
        times=output_times([protocol], length, step_days(length, protocol), None, 1.0),
        variables=needed(wanted),
        changes_at_start=CASTRATION if castration else None,
        east_asian=adjusted.east_asian,
    )
    levels = {**arms.inferred_baselines(trial, arm), **({} if treated_before_baseline(arm) else levels)}
    return _SimulatedArm(man, men, levels, last_dose, length)


def _compare(
    trial: Trial, arm: Arm, outcome: Outcome, simulated: _SimulatedArm, adjusted: arms.Adjustments
) -> tuple[dict[str, Any], bool]:
    """The row of one figure, and whether only its direction is compared. Raises NotComparable."""
    men = simulated.men
    if outcome.measure in DRUG_LEVELS:
        return compare_drug_level(outcome, simulated.man, men.protocol, simulated.length), False
    diagnosis = arms.diagnosis_of(trial, arm)
    return compare_figure(diagnosis, arm, outcome, men, simulated.levels, simulated.last_dose, adjusted)


def _reason(error: HpgaxisError) -> str:
    """The reason why a figure is not compared, with the kind of any error other than NotComparable."""
    return str(error) if isinstance(error, NotComparable) else f"{type(error).__name__}: {error}"


def is_control(arm: Arm) -> bool:
    """Whether an arm without drugs is called an untreated control."""
    words = ("placebo", "control", "no treatment", "untreated", "normal", "oil", "no drug")
    return any(word in arm.name.lower() for word in words)


def _work(task: tuple[Trial, Arm, Model, int, bool]) -> ArmReport:
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

    A trial file that cannot be read does not stop the others: `unreadable` lists it with its error.

    Parameters
    ----------
    trials : a folder of trial files; None for the package's own.
    only : trial ids to use.
    workers : number of processes.
    callback : is called with the number of arms done and the number of all.
    parameters : parameters and constants of drugs in place of the model's, by name.
    model : default the shipped one.
    draws : number of posterior samples with which every arm is predicted again, for intervals; 0 for none.
    raw : omit the adjustments that were chosen after seeing the trials' results (`arm.Adjustments`).

    Returns
    -------
    Validation
        The compared figures and their scores.

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
        (trial, arm, version, MEN if version is used else MEN // 2, raw)
        for version in (used, *samples)
        for trial, arm in arms_of
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
