"""Comparison of one published figure with a cohort: as a change, a level, a share, a time or a direction."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from math import cos, isfinite, pi, sqrt
from typing import Any

import numpy as np

from ..evidence.trials import Arm, Outcome
from ..measurements.registry import LABS
from ..people.match import MatchedMan
from ..pharmacology.protocol import Protocol
from ..physiology.parameters import catalogue
from ..simulation.readings import finest_step
from ..simulation.run import simulate
from . import responder_fractions
from .arm import Adjustments
from .cohort import Array, Average, Cohort
from .outcome import SIGN, Meaning, NotComparable, base_measure, baseline_figures, bound, interval, meaning

UNCHANGED = 0.10
"""A predicted change below this share of baseline counts as no change where a paper gives only the direction."""
DERIVED: dict[str, tuple[str, Callable[[Average], Array]]] = {
    "gnrh_pulses_12h": ("pulses/12 h", lambda r: r["gnrh_pulses_per_day"] / 2),
    "lh_pulses_12h": ("pulses/12 h", lambda r: r["gnrh_pulses_per_day"] / 2),
    "motile_concentration": ("1e6/mL", lambda r: r["sperm_concentration"] * r["motility"] / 100),
    "motility_index": ("index (mL x 1e6/mL x %)", lambda r: r["sperm_total"] * r["motility"]),
}
"""Measures that are computed from the model's: unit, and the time course from a result."""
USUAL_SPREAD = 0.4
"""SD between men of the logarithm of figures without spread in the model: times to a threshold, drug levels."""
SPERM = {"sperm_concentration": 1.0, "sperm_total": 3.0, "total_motile_count": 1.5}
"""Sperm (10^6/mL, 10^6) below which figures are taken for it: what matters below are the shares of men without any."""
WITHIN_DAY = {"testosterone_peak": max, "testosterone_nadir": min}
OF_THE_HOUR = ("testosterone", "free_testosterone", "bioavailable_testosterone")
MORNING = 1 / 3
"""Hour at which trials of one day begin, as a share of the day: 8 o'clock."""
SETTLED = 3
"""Dosing intervals after which a figure is compared with the mean of one: papers seldom report the hour of samples."""
UNREACHED = 3.0
"""Fold error of the sperm baseline beyond which levels are compared, not changes."""


def step_days(length: float, protocol: Protocol) -> float:
    """Distance of output times in a simulation of `length` days: an hour, or 6 hours beyond 40 days.

    Less for short-acting drugs that are given several times a day.
    """
    return min(finest_step([protocol]), 0.25 if length > 40 else 1 / 24)


def needed(wanted: list[Outcome]) -> tuple[str, ...]:
    """Measurements from which these figures follow."""
    names = ["testosterone", "sperm_concentration"]
    for outcome in wanted:
        if outcome.measure in DERIVED:
            names += ["gnrh_pulses_per_day", "motility", "sperm_total"]
        else:
            with suppress(NotComparable):
                names.append(base_measure(outcome.measure))
    return tuple(dict.fromkeys(names))


def sampling_error(outcome: Outcome, row: dict[str, Any], men: Cohort, count: int) -> float:
    """Standard deviation of the logarithm of a figure of `count` such men, from the differences between them."""
    if outcome.measure.startswith("fraction_"):
        share = min(max(row["predicted"] / 100, 1 / (2 * count)), 1 - 1 / (2 * count))
        return 100 * sqrt(share * (1 - share) / count) / (100 * share + 1)
    try:
        name = base_measure(outcome.measure)
    except NotComparable:
        return USUAL_SPREAD / sqrt(count)
    return men.sampling_error(name, outcome.day or 0.0, count, change=row["compared"] == "change")


def compare_figure(
    diagnosis: str,
    arm: Arm,
    outcome: Outcome,
    men: Cohort,
    levels: dict[str, float],
    last_dose: float,
    adjusted: Adjustments,
) -> tuple[dict[str, Any], bool]:
    """The row of one figure, and whether only its direction is compared. Raises NotComparable."""
    name = outcome.measure
    if name.startswith("fraction_") and outcome.unit == "%":
        predicted = responder_fractions.share(outcome, men, diagnosis, last_dose)
        return _absolute(outcome, predicted, (predicted + 1) / (outcome.value + 1)), False
    if name.startswith("days_to_") and outcome.unit == "days":
        return _absolute(outcome, responder_fractions.days_to(outcome, men, diagnosis, last_dose)), False
    if outcome.day is None:
        raise NotComparable("no day is stated")
    average = men.average(outcome.stat)
    if name in DERIVED:
        return _derived(outcome, arm, average), False
    if outcome.unit in SIGN:
        return _direction(outcome, average, last_dose), True
    if outcome.unit == "yes/no":
        raise NotComparable("a yes or no of the paper, without a number")
    figure = meaning(outcome)
    swing, background = adjusted.of_sample(figure.measure, outcome)
    predicted = _taken(outcome, figure.measure, average, last_dose) * swing + background
    if figure.measure in OF_THE_HOUR and 0 < outcome.day < 1 and outcome.sample_hour is None:
        predicted *= clock(float(outcome.day))
    if figure.measure == "testis_volume" and re.search(r"combined|both testes", outcome.note or ""):
        predicted *= 2
    before = baseline_figures(arm).get(figure.measure, outcome)
    swing, background = adjusted.of_sample(figure.measure, before)
    start = float(average[figure.measure][0]) / adjusted.returned.get(figure.measure, 1.0) * swing + background
    if start <= 0:
        raise NotComparable(f"the model's baseline of {figure.measure} is 0")
    return _by_change(outcome, figure, predicted, start, levels.get(figure.measure), adjusted.lenient), False


def clock(day: float) -> float:
    """Testosterone at the hour of `day`, relative to the morning (Bremner 1983): samples of one day are hours apart."""
    numbers = catalogue()
    amplitude, peak = numbers["circadian_amplitude"].value, numbers["circadian_peak"].value
    now, morning = (1 + amplitude * cos(2 * pi * (MORNING + x - peak)) for x in (day, 0.0))
    return now / morning


def _taken(outcome: Outcome, measure: str, result: Average, last_dose: float) -> float:
    """The predicted value as the paper measured it: an average, a peak or nadir of the day, or a single sample."""
    day = float(outcome.day or 0.0)
    if outcome.measure in WITHIN_DAY:
        inside = (result.time >= day - 1) & (result.time <= day)
        return float(WITHIN_DAY[outcome.measure](result[measure][inside]))
    intervals = [s.interval_days for s in result.protocol.series if s.doses != 1]
    if outcome.measure.endswith("_cavg") and intervals and day >= intervals[0]:
        return result.mean(measure, day - max(intervals), day)
    if intervals and min(intervals) <= 1 and day >= 1:
        return result.mean(measure, day - 1, day)
    if intervals and day >= SETTLED * max(intervals) and day <= last_dose + max(intervals):
        return result.mean(measure, day - max(intervals), day)
    return result.at(measure, day)


def _row(
    outcome: Outcome,
    predicted: float,
    observed_fold: float,
    predicted_fold: float,
    compared: str,
    fold_error: float | None = None,
) -> dict[str, Any]:
    """One compared figure: predicted in the printed unit; the fold error is that of the folds unless given.

    Raises NotComparable where a fold is not above 0.
    """
    folds = (observed_fold, predicted_fold) if fold_error is None else (fold_error,)
    if not all(isfinite(fold) and fold > 0 for fold in folds) or not isfinite(predicted):
        values = f"{outcome.value:g} observed and {predicted:g} predicted ({outcome.unit})"
        raise NotComparable(f"{values}: a fold of 0, or of less, has no logarithm")
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
    """The row of a figure that is computed from measurements: a change where the arm reports it at day 0."""
    unit, formula = DERIVED[outcome.measure]
    if outcome.unit != unit or outcome.value <= 0:
        raise NotComparable(f"{outcome.measure} = {outcome.value:g} {outcome.unit}; expected a value above 0 in {unit}")
    course = formula(result)
    predicted, start = float(np.interp(outcome.day or 0.0, result.time, course)), float(course[0])
    if start <= 0:
        raise NotComparable(f"the model's baseline of {outcome.measure} is 0")
    before = [o.value for o in arm.outcomes if (o.measure, o.day, o.unit) == (outcome.measure, 0, unit) and o.value > 0]
    if not before:
        return _absolute(outcome, predicted)
    fold = predicted / start
    return _row(outcome, fold * before[0], outcome.value / before[0], fold, "change")


def _by_change(
    outcome: Outcome, figure: Meaning, predicted: float, start: float, baseline: float | None, lenient: bool
) -> dict[str, Any]:
    """The row of a figure: folds of baseline where a baseline exists, else levels; lenient: see `Adjustments`."""
    fold = predicted / start
    floor = 1e-3 * LABS[figure.measure].reference.high
    if lenient and figure.measure in SPERM and baseline and not 1 / UNREACHED < start / baseline < UNREACHED:
        baseline = None
    if lenient and figure.measure in SPERM and baseline is None and figure.kind == "level":
        low = SPERM[figure.measure]
        return _row(outcome, predicted * figure.to_printed, max(figure.value, low), max(predicted, low), "absolute")
    if figure.kind == "fold":
        as_printed = 100 * fold if "%" in outcome.unit else fold
        if "change" in outcome.unit or "increase" in outcome.unit or outcome.measure.endswith("_change"):
            as_printed -= 100
        row = (as_printed, figure.value, fold, "change")
    elif figure.kind == "difference":
        if baseline is None and figure.measure in SPERM:
            raise NotComparable(f"a change of {figure.measure} from a baseline that is not stated")
        origin = baseline if baseline is not None else start
        if origin <= 0:
            raise NotComparable(f"a change of {figure.measure} from a baseline of 0 has no fold")
        row = ((fold - 1) * origin * figure.to_printed, (origin + figure.value) / origin, fold, "change")
    elif figure.value <= 0 and not (lenient and figure.measure in SPERM):
        raise NotComparable("an observed 0 has no fold error")
    elif baseline is not None and baseline > floor:
        row = (fold * baseline * figure.to_printed, figure.value / baseline, fold, "change")
    else:
        row = (predicted * figure.to_printed, figure.value, max(predicted, floor / 10), "absolute")
    if lenient and figure.measure in SPERM and row[3] == "change":
        low = SPERM[figure.measure] / (start if baseline is None else baseline)
        row = (row[0], max(row[1], min(low, 1.0)), max(row[2], min(low, 1.0)), row[3])
    if row[1] <= 0 or row[2] <= 0:
        raise NotComparable("a change below zero of the baseline has no fold error")
    return _row(outcome, *row)


def _direction(outcome: Outcome, result: Average, last_dose: float) -> dict[str, Any]:
    measure = base_measure(outcome.measure)
    if outcome.value not in (-1, 0, 1):
        raise NotComparable(f"{outcome.value:g} {outcome.unit}: a direction is -1, 0 or 1")
    if result[measure][0] <= 0:
        raise NotComparable(f"the model's baseline of {measure} is 0")
    change = _taken(outcome, measure, result, last_dose) / float(result[measure][0]) - 1
    predicted = 0 if abs(change) < UNCHANGED else (1 if change > 0 else -1)
    return {
        "day": outcome.day,
        "unit": outcome.unit,
        "observed": outcome.value,
        "predicted": predicted,
        "predicted_change_percent": 100 * change,
        "agrees": bool(predicted == outcome.value),
    }


def bounded(outcome: Outcome, row: dict[str, Any]) -> dict[str, Any]:
    """The row with fold error 1 where the figure is a bound and the prediction lies beyond it."""
    side = bound(outcome)
    nearest = {"upper": max, "lower": min}
    return {**row, "fold_error": nearest[side](1.0, row["fold_error"]), "bound": side} if side else row


def compare_drug_level(outcome: Outcome, man: MatchedMan, protocol: Protocol, length: float) -> dict[str, Any]:
    """The row of a drug's concentration, in the matched man."""
    result = simulate(man, protocol, days=length, step_days=step_days(length, protocol))
    drug = outcome.drug or outcome.measure.split("_")[0]
    name = next((n for n in result.drugs if n.split(" ")[0] == drug), None)
    if name is None:
        raise NotComparable(f"no concentration of {drug} in this simulation")
    as_peak = outcome.measure == "fsh_cmax" or (outcome.day is None and "Cmax" in (outcome.note or ""))
    if outcome.day is None and not as_peak:
        raise NotComparable("no day is stated")
    predicted = (
        float(result[name].max())
        if as_peak
        else result.mean(name, float(outcome.day or 0) - 1, float(outcome.day or 0))
    )
    if outcome.unit != result.units[name] or predicted <= 0:
        raise NotComparable(f"{drug} in {outcome.unit!r}; expected {result.units[name]}, and a prediction above 0")
    return _absolute(outcome, predicted)
