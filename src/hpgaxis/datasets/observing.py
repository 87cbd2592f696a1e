"""A measurement of a data set, checked like a lab of a patient."""

from __future__ import annotations

from ..measurements.labs import LabError, canonical, read_sample
from ..measurements.registry import LABS
from ..units import convert
from .course import Observation

COMPARATORS = {"<": "below", "<=": "below", "≤": "below", ">": "above", ">=": "above", "≥": "above"}
"""What stands before a value that is a limit."""


def without_comparator(text: str) -> tuple[str, str]:
    """A value's text without '<' or '>' before it, and "below", "above" or "" for what that says."""
    bare = text.strip()
    for sign in sorted(COMPARATORS, key=len, reverse=True):
        if bare.startswith(sign):
            return bare.removeprefix(sign).strip(), COMPARATORS[sign]
    return bare, ""


def observation(  # noqa: PLR0913
    name: str,
    value: float,
    unit: str = "",
    *,
    time: float = 0.0,
    stretch: int = 0,
    hour: float | None = None,
    assay: str = "",
    censored: str = "",
    held: bool = False,
    row: int = 0,
) -> Observation:
    """A measurement; without a unit in the one that results show.

    A value at or below the limit of detection is censored there, as laboratories report it. What a direct immunoassay
    says of free hormone is refused.

    Raises
    ------
    LabError
        An unknown name or assay, a unit that does not fit, or a value that no man has.
    """
    key = canonical(name)
    entry = LABS[key]
    used = unit or entry.display_unit
    minutes = 0 if hour is None else min(round(60 * hour), 24 * 60 - 1)
    words = "" if hour is None else f" at {minutes // 60}:{minutes % 60:02d}"
    by = f" by {assay}" if assay else ""
    limit = entry.detection_limit.value if entry.detection_limit else None
    shown = convert(value, used, entry.display_unit, key) if _convertible(used, entry.display_unit, key) else value
    if limit is not None and 0 <= shown <= limit and censored != "above":
        value, censored = (
            limit * value / shown if shown else float(convert(limit, entry.display_unit, used, key)),
            "below",
        )
    sample = read_sample(key, f"{value:.12g} {used}{words}{by}")
    if censored == "above" and limit is not None and 0 <= shown <= limit:
        raise LabError(f"{key}: above {value:g} {used} says nothing; it is below the limit of detection")
    return Observation(time, stretch, key, value, used, sample.hour, sample.assay, censored, held, row)


def _convertible(unit: str, target: str, key: str) -> bool:
    """Whether a unit fits the measurement; `read_sample` says in full what is wrong where it does not."""
    from ..errors import InputError

    try:
        convert(1.0, unit, target, key)
    except InputError:
        return False
    return True
