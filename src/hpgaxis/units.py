"""Units: what users write (UCUM and everyday spellings) into what the model computes with.

Built on pint, with the international unit (IU) as a base unit and molar masses for mass <-> amount of substance.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from .errors import InputError

DAYS_PER_MONTH = 30.4375


def days_in_months(months: float) -> float:
    """Length of so many months as a whole number of days (1: 30, 3: 91, 6: 183, 12: 365), at least one."""
    return float(max(1, round(months * DAYS_PER_MONTH)))


class UnitError(InputError):
    """A unit that is unknown or does not fit the quantity; the message says which would."""


MOLAR_MASS = {
    "testosterone": 288.42,
    "free_testosterone": 288.42,
    "bioavailable_testosterone": 288.42,
    "intratesticular_testosterone": 288.42,
    "dht": 290.44,
    "estradiol": 272.38,
    "free_estradiol": 272.38,
}
"""g/mol, of the steroids that laboratories report by mass or by amount of substance."""


@cache
def registry() -> Any:
    """The pint registry (made on first use: importing pint takes a while)."""
    import pint

    from .engine.cache import cache_folder

    units = pint.UnitRegistry(cache_folder=cache_folder() / f"units-{pint.__version__}")
    units.define("international_unit = [activity] = IU")
    units.define("percent_unit = 0.01 = pct")
    units.define("procedure = [procedure]")
    return units


def plain(unit: str) -> str:
    """The spelling that pint reads: UCUM brackets, 10*6, mcg, percent and the like put plainly."""
    text = unit.strip().replace("µ", "u").replace("μ", "u").replace(" ", "")
    text = re.sub(r"\[(i)?IU\]|\[iU\]", "IU", text)
    text = re.sub(r"^(10\*6|10\^6|1e6|million|M)(?=/|$)", "1e6", text)
    text = re.sub(r"\bmcg\b", "ug", text)
    text = re.sub(r"\bU/", "IU/", text)
    text = re.sub(r"(^|/)(mIU|IU|miu|iu|MIU)\b", lambda m: m[1] + ("mIU" if m[2].lower() == "miu" else "IU"), text)
    text = re.sub(r"dl\b", "dL", text)
    text = re.sub(r"(?<=[munpd])l\b|(?<=/)l\b", "L", text)
    text = re.sub(r"\b([mcd]?m)([23])\b", r"\1^\2", text)
    if text in {"%", "percent"}:
        return "pct"
    return text.replace("1e6", "1000000") if text.startswith("1e6") else text


@lru_cache(maxsize=4096)
def factor(unit: str, target: str, molar_mass: float | None = None) -> float:
    """Multiply a value in `unit` by this to have it in `target`. molar_mass in g/mol bridges mass and mole.

    Raises UnitError for an unknown unit or one of another kind.
    """
    import pint

    units = registry()
    try:
        quantity = 1.0 * units.parse_expression(plain(unit))
        goal = 1.0 * units.parse_expression(plain(target))
    except (pint.errors.PintError, AttributeError, ValueError, TypeError, SyntaxError) as error:
        raise UnitError(f"unit {unit!r} is not known ({error}); write it like {target!r}") from None
    quantity, goal = units.Quantity(quantity), units.Quantity(goal)
    if quantity.dimensionality == goal.dimensionality:
        return float((quantity / goal).to_base_units().magnitude)
    if molar_mass is not None:
        bridge = units.Quantity(molar_mass, "g/mol")
        for candidate in (quantity / bridge, quantity * bridge):
            if candidate.dimensionality == goal.dimensionality:
                return float((candidate / goal).to_base_units().magnitude)
    raise UnitError(f"unit {unit!r} does not measure the same kind of thing as {target!r}")


def convert(value: float, unit: str, target: str, quantity: str | None = None) -> float:
    """`value` in `unit` expressed in `target`; `quantity` names the substance where its molar mass is needed."""
    return value * factor(unit, target, MOLAR_MASS.get(quantity or ""))


QUANTITY_PATTERN = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")


def split_quantity(text: str) -> tuple[float, str]:
    """'265 ng/dL' -> (265.0, 'ng/dL'); the unit may be empty. Raises UnitError when there is no number first."""
    match = QUANTITY_PATTERN.match(text)
    if match is None:
        raise UnitError(f"{text!r} is not a number followed by a unit, like '265 ng/dL'")
    return float(match[1]), match[2]
