"""What a published figure means: its measure, its unit, its interval, as something a simulation can be held against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import sqrt

from ..errors import HpgaxisError
from ..evidence.trials import Arm, Outcome, Spread
from ..measurements.registry import LABS
from ..units import UnitError, convert


class NotComparable(HpgaxisError):
    """This figure has no counterpart in the model, or its meaning is not certain; the text says which."""


MEASURES = {
    "testosterone_cavg": "testosterone",
    "testosterone_ctrough": "testosterone",
    "testosterone_peak": "testosterone",
    "testosterone_nadir": "testosterone",
    "lh_change": "lh",
    "fsh_change": "fsh",
    "estradiol_change": "estradiol",
    "sperm_suppression": "sperm_concentration",
    "sperm_change": "sperm_concentration",
    "lh_bioactive": "lh",
    "17ohp": "hydroxyprogesterone",
}
"""Measures that are another measure, taken differently (peak, trough, average) or named by their change."""

SIGN = {"sign only"}
RELATIVE = {
    "% of baseline": lambda v: v / 100,
    "% change": lambda v: 1 + v / 100,
    "% change from baseline": lambda v: 1 + v / 100,
    "% increase": lambda v: 1 + v / 100,
    "% (increase as stated)": lambda v: 1 + v / 100,
    "fold of baseline": lambda v: v,
    "fold": lambda v: v,
    "% of pre-challenge": lambda v: v / 100,
}
"""Units that are a fold of baseline, as functions of the value."""
AGAINST_PLACEBO = {
    "% of placebo": lambda v: v / 100,
    "fold of placebo": lambda v: v,
    "% of control": lambda v: v / 100,
}
"""Units that are a fold of an untreated arm."""


AGAINST_CONTROL = re.compile(r".+ difference vs (?:placebo|control)")
"""Units of differences from an untreated arm."""


@dataclass(frozen=True)
class Meaning:
    """A figure made comparable.

    kind: 'fold' (of baseline or of the untreated man), 'level' (in the model's shown unit) or 'difference' (in the
    shown unit); value is in those terms. to_printed: shown unit -> the paper's.
    """

    measure: str
    kind: str
    value: float
    to_printed: float = 1.0


def interval(outcome: Outcome) -> tuple[float, float] | None:
    """95 % interval of the mean (or what stands for it) in the printed unit; None where the paper gives none."""
    spread, n, value, error = outcome.spread or Spread(), outcome.n, outcome.value, None
    if spread.ci95 is not None:
        return spread.ci95
    if spread.se is not None:
        error = spread.se
    elif spread.sd is not None and n:
        error = spread.sd / sqrt(n)
    elif spread.iqr is not None and n:
        low, high = spread.iqr
        error = 1.25 * (high - low) / 1.349 / sqrt(n)  # standard error of a median
    return None if error is None else (value - 1.96 * error, value + 1.96 * error)


def base_measure(name: str) -> str:
    """The model's measurement behind a measure's name. Raises NotComparable when there is none."""
    measure = MEASURES.get(name, name)
    if measure not in LABS:
        raise NotComparable(f"the model has no counterpart of {name}")
    return measure


def shown_value(measure: str, value: float, unit: str) -> float:
    """A printed level in the unit that results show. Raises NotComparable for a unit whose meaning is not certain."""
    shown = LABS[measure].display_unit
    if unit == shown:
        return value
    try:
        return convert(value, unit, shown, measure)
    except UnitError:
        raise NotComparable(f"{measure} in {unit!r} cannot be turned into {shown}") from None


def meaning(outcome: Outcome) -> Meaning:
    """What the figure says. Raises NotComparable with the reason."""
    measure = base_measure(outcome.measure)
    unit = outcome.unit.strip()
    turn = RELATIVE.get(unit) or AGAINST_PLACEBO.get(unit)
    if turn is not None:
        return Meaning(measure, "fold", turn(outcome.value))
    if unit == "%" and outcome.measure.endswith("_change"):
        return Meaning(measure, "fold", 1 + outcome.value / 100)
    change = re.fullmatch(r"(.+?) (change from baseline|change|difference vs (?:placebo|control))", unit)
    scale = shown_value(measure, 1.0, change[1] if change else unit)
    differs = change or (outcome.stat or "").startswith("difference")
    return Meaning(measure, "difference" if differs else "level", outcome.value * scale, 1 / scale)


def against_control(outcome: Outcome) -> bool:
    """Whether a figure is held against the untreated arm, and not against baseline."""
    unit, stat = outcome.unit.strip(), outcome.stat or ""
    return unit in AGAINST_PLACEBO or bool(AGAINST_CONTROL.fullmatch(unit)) or stat.startswith("difference")


def treated_before_baseline(arm: Arm) -> bool:
    """Whether the arm is treated before day 0, so that its figures of day 0 are not a baseline."""
    return any((line.start_day or 0) < 0 for line in arm.protocol)


def baselines(arm: Arm) -> dict[str, float]:
    """Levels at day 0 in display units; empty for an arm that is treated before day 0."""
    return {name: meaning(outcome).value for name, outcome in baseline_figures(arm).items()}


def bound(outcome: Outcome) -> str:
    """ "upper" or "lower" where the figure is a bound as its statistic or note says, else ""."""
    said = f"{outcome.note} {outcome.stat}"
    return next((side for side in ("upper", "lower") if f"{side} bound" in said), "")


def baseline_figures(arm: Arm) -> dict[str, Outcome]:
    """The figures that give a level at day 0, by measurement; empty for an arm that is treated before day 0.

    A bound is no level.
    """
    if treated_before_baseline(arm):
        return {}
    figures: dict[str, Outcome] = {}
    for outcome in arm.outcomes:
        if outcome.day != 0 or bound(outcome):
            continue
        try:
            figure = meaning(outcome)
        except NotComparable:
            continue
        low, high = LABS[figure.measure].possible
        if figure.kind == "level" and outcome.measure in LABS and low <= figure.value <= high:
            figures.setdefault(figure.measure, outcome)
    return figures
