"""Units of a dose."""

from __future__ import annotations

from ..units import UnitError, normalised

UNITS = ("g", "mg", "ug", "ng", "pg", "IU", "kIU", "mIU", "%", "h", "min", "procedure")
UNITS_PER_KG = tuple(f"{unit}/kg" for unit in UNITS[:8])
"""Units per kilogram of body weight."""


def dose_unit(spelling: str) -> str:
    """The usual spelling of a dose's unit.

    Parameters
    ----------
    spelling : str
        As it is written: `mcg/kg`, `U`, `Units`, `MG`.

    Raises
    ------
    UnitError
        For what is no unit of a dose.

    Examples
    --------
    >>> dose_unit("mcg/kg"), dose_unit("Units")
    ('ug/kg', 'IU')
    """
    try:
        unit = normalised(spelling)
    except UnitError:
        unit = normalised(spelling.lower())
        if unit.startswith("mIU"):  # capitals could mean a million units
            raise
    if unit not in UNITS and unit not in UNITS_PER_KG:
        raise UnitError(f"unit {spelling!r} is not one of a dose; there are {', '.join((*UNITS, *UNITS_PER_KG))}")
    return unit
