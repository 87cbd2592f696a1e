"""Reads laboratory values: name, number and unit; refuses impossible values."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InputError
from ..files import shown
from ..units import convert, number, split_quantity
from .registry import LABS


class LabError(InputError):
    """A laboratory value that is impossible, in a wrong unit, or that contradicts another."""


_ALIASES = {alias: name for name, lab in LABS.items() for alias in lab.aliases}


def canonical(name: str) -> str:
    """The measurement's name. Raises LabError listing the names."""
    if not isinstance(name, str):
        raise LabError(f"laboratory value {shown(name)}: the name is no text; there are {', '.join(LABS)}")
    key = name.strip().lower().replace("-", "_")
    key = _ALIASES.get(key.replace("_", " "), key.replace(" ", "_"))
    if key not in LABS:
        raise LabError(f"unknown laboratory value {shown(name)}; there are {', '.join(LABS)}")
    return key


def _number_and_unit(value: object) -> tuple[float, str]:
    """A laboratory value's number and unit ("" where it has none). Raises InputError."""
    return split_quantity(value) if isinstance(value, str) else (number(value), "")


def read(name: str, value: object) -> tuple[str, float]:
    """(canonical name, value in model units) of one laboratory value such as '265 ng/dL' or a number in the unit shown.

    Raises LabError for an unknown name, a wrong unit or an impossible value.
    """
    key = canonical(name)
    lab = LABS[key]
    (low, high), (lowest, highest) = lab.reference.limits, lab.possible
    try:
        given, unit = _number_and_unit(value)
        level = convert(given, unit, lab.display_unit, key) if unit and unit != lab.display_unit else given
        model = level if lab.unit == lab.display_unit else level / lab.display_factor
    except InputError as error:
        raise LabError(f"{key} = {shown(value)}: {error}; write it like '{low:g} {lab.display_unit}'") from None
    if not lowest <= level <= highest:
        raise LabError(
            f"{key} = {shown(value)} is {level:.4g} {lab.display_unit}: impossible in a man "
            f"({lowest:g} to {highest:g}; usual {low:g}-{high:g} {lab.display_unit})"
        )
    return key, model


def read_all(labs: Mapping[str, object]) -> dict[str, float]:
    """All values in model units, each checked alone. Raises LabError."""
    if not isinstance(labs, Mapping):
        raise LabError(f"labs = {shown(labs)}: expected names with values, like testosterone: 265 ng/dL")
    values: dict[str, float] = {}
    for name, value in labs.items():
        key, level = read(name, value)
        if key in values:
            raise LabError(f"{key} is given twice")
        values[key] = level
    return values
