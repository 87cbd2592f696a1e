"""Units as laboratories and prescribers write them, read by one table of spellings and converted by pint.

A unit is one or more spellings of `SPELLINGS` joined by `/` (or ` per `), the first of which may be a count such as
`10*6`. Nothing else is read: a number inside a unit, a comma or an operator is an error, never arithmetic. The
international unit is a dimension of its own, which no mass and no enzyme unit converts to; `U`, `units` and `mU` mean
international units, as on laboratory reports and prescriptions for hormones.
"""

from __future__ import annotations

import difflib
import math
import re
from functools import cache, lru_cache
from numbers import Real
from typing import Any, Protocol, TypeGuard

from .errors import InputError

DAYS_PER_MONTH = 30.4375


def days_in_months(months: float) -> float:
    """Length of so many months as a whole number of days (1: 30, 3: 91, 6: 183, 12: 365).

    Raises InputError for less than a day.
    """
    days = months * DAYS_PER_MONTH
    if not days >= 1:
        raise InputError(f"{months:g} months are {days:.3g} days; expected at least a day")
    return float(round(days))


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
    "hydroxyprogesterone": 330.46,
    "cortisol": 362.46,
    "free_thyroxine": 776.87,
    "ldl": 386.65,  # cholesterol
    "hdl": 386.65,  # cholesterol
    "hemoglobin": 16114.5,  # one of its four chains with its heme, which mmol/L on a report counts
    "amh": 140000.0,  # the glycosylated dimer: 1 ng/mL = 7.14 pmol/L, as laboratories convert it
    "shbg": 95000.0,  # the glycosylated dimer, which binds one steroid: 1 mg/L = 10.5 nmol/L (source not checked)
}
"""Molar masses (g/mol; small molecules from IUPAC atomic weights) of what laboratories report by mass or by amount."""
ACTIVITY = {"prolactin": 21.2}
"""Activities (mIU per microgram) of substances that laboratories report by mass or in international units (standard
WHO 84/500)."""

_DEFINITIONS = """
femto- = 1e-15 = f-
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = u-
milli- = 1e-3 = m-
centi- = 1e-2 = c-
deci- = 1e-1 = d-
kilo- = 1e3 = k-
meter = [length] = m
gram = [mass] = g
mole = [substance] = mol
liter = decimeter ** 3 = L
second = [time] = s
minute = 60 * second = min
hour = 60 * minute = h
day = 24 * hour
week = 7 * day
year = 365.25 * day
month = year / 12
international_unit = [international_unit] = IU
cell = [count]
thousand = 1e3 * cell
million = 1e6 * cell
billion = 1e9 * cell
percent = 0.01
procedure = [procedure]
"""
_PREFIXED = {"g": "kmunpf", "mol": "munpf", "L": "dcmunpf", "m": "cm", "IU": "kmu"}
"""Usual spelling of a unit -> the prefixes that it takes."""
_FOR_PINT = {
    "%": "percent", "1": "1", "10*3": "thousand", "10*6": "million", "10*9": "billion",
    "cm2": "cm ** 2", "m2": "m ** 2",
}  # fmt: skip
"""Usual spelling -> spelling of pint."""
_PLAIN = (
    *_FOR_PINT, "procedure", "day", "h", "min", "s", "week", "month", "year", "nmol/L", "pmol/L", "umol/L",
)  # fmt: skip
_POWERS = {
    exponent: [f"{times}{ten}" for times in ("", "x") for ten in (f"10^{exponent}", f"10*{exponent}", f"10{raised}")]
    + [f"1e{exponent}", f"1E{exponent}"]
    for exponent, raised in (("3", "³"), ("6", "⁶"), ("9", "⁹"))
}
_OF_GRAMS = {"": "", "milli": "m", "micro": "u", "nano": "n", "pico": "p"}
_OTHER_SPELLINGS = {
    "percent": "%", "pct": "%", "procedures": "procedure",
    "d": "day", "days": "day", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "mins": "min", "minute": "min",
    "minutes": "min", "sec": "s", "second": "s", "seconds": "s", "w": "week", "wk": "week", "weeks": "week",
    "mo": "month", "months": "month", "y": "year", "yr": "year", "years": "year",
    "cc": "mL", "cm3": "mL", "nM": "nmol/L", "pM": "pmol/L", "uM": "umol/L", "µM": "umol/L",
    "mcg": "ug", "mcmol": "umol", "gm": "g",
    **{f"{word}gram{s}": f"{sign}g" for word, sign in _OF_GRAMS.items() for s in ("", "s")},
    "million": "10*6", "millions": "10*6", "mill": "10*6", "mio": "10*6", "Mio": "10*6", "M": "10*6",
    **{spelling: f"10*{exponent}" for exponent, spellings in _POWERS.items() for spelling in spellings},
}  # fmt: skip
_IN_CAPITALS = (
    "g", "mg", "ug", "ng", "pg", "mol", "mmol", "nmol", "pmol", "umol", "dL", "mL", "mIU", "uIU", "mcg", "day",
)  # fmt: skip
LONGEST = 80
"""Characters of a unit, and of a quantity that a message shows."""
_INTERNATIONAL = ("IU", "iu", "U", "u", "UI", "[IU]", "[iU]", "unit", "units", "Unit", "Units", "UNIT", "UNITS")


def _spellings() -> dict[str, str]:
    """Every accepted spelling -> the usual one."""
    spellings = {name: name for name in _PLAIN} | _OTHER_SPELLINGS
    for base, prefixes in _PREFIXED.items():
        for prefix in ("", *prefixes):
            usual = prefix + base
            bases = _INTERNATIONAL[:7] if base == "IU" and prefix else _INTERNATIONAL if base == "IU" else (base,)
            for spelling in bases:
                for sign in ("u", "µ", "μ", "mc") if prefix == "u" else (prefix,):
                    spellings.setdefault(sign + spelling, usual)
            if base == "L":
                spellings.setdefault(prefix + "l", usual)
    for usual in _IN_CAPITALS:
        spellings.setdefault(usual.upper(), _OTHER_SPELLINGS.get(usual, usual))
    for usual in ("cm", "m"):
        for exponent in ("2", "^2", "**2", "²"):
            spellings[f"{usual}{exponent}"] = f"{usual}2"
    spellings.pop("MIU")  # a million units on a prescription, a thousandth of one on a report
    return spellings


SPELLINGS = _spellings()
"""Every accepted spelling -> the usual one, which results and files show."""


@cache
def _registry() -> Any:
    """A pint registry that holds the units above and no others."""
    import pint

    units = pint.UnitRegistry(None)  # pyright: ignore[reportArgumentType]
    units.load_definitions(_DEFINITIONS.strip().splitlines())
    return units


def _parts(unit: str) -> list[list[str]]:
    """The usual spellings of a unit, split at `/`; one list for each side of ` per `."""
    if len(unit) > LONGEST:
        raise UnitError(f"unit {unit[:LONGEST]!r}... is too long to be one")
    plain = re.sub(r"\s*/\s*", "/", unit.strip().replace("×", "x"))
    plain = re.sub(r"(?<![^\s/])x\s+(?=10)", "x", plain)
    sides = [[_usual(part, unit) for part in side.split("/")] for side in re.split(r"\s+per\s+", plain)]
    if len(sides) > 2:
        raise UnitError(f"unit {unit!r} says 'per' more than once")
    return sides


def _usual(spelling: str, unit: str) -> str:
    """The usual spelling of one part of `unit`. Raises UnitError."""
    key = spelling.strip()
    usual = SPELLINGS.get(key)
    if usual is None and re.fullmatch(r"[A-Z]+(/[A-Z]+)+", unit.strip()) and key == "MIU":
        usual = "mIU"  # MIU/ML and MIU/L are how reports in capitals print mIU
    if usual is None:
        raise UnitError(f"unit {unit!r} is not known{_why(key, unit)}")
    return usual


def _why(part: str, unit: str) -> str:
    """The fault in a part of a unit, for the end of a message."""
    if re.fullmatch(r"10[eE]\d+", part):
        return f": {part} can mean 10 or 1 times 10^{part[3:]}; write 10*{part[3:]}, like '10*6/mL'"
    if part == "MIU":
        return ": MIU can mean a million units or a thousandth of one; write mIU or IU"
    if "," in unit:
        return ": write a decimal point and no thousands separator, like '2500.5 IU'"
    if re.match(r"[-–—~]|to\b", unit.strip()):
        return ": a range cannot be used; give one value"
    if re.search(r"\d", part):
        return f": a unit holds no number, and {part!r} does"
    if not unit.strip():
        return ": the unit is missing"
    if not part:
        return ": something is missing beside '/'"
    near = difflib.get_close_matches(part, SPELLINGS, n=1, cutoff=0.6)
    return f" ({part!r}; did you mean {SPELLINGS[near[0]]!r}?)" if near else f" ({part!r})"


@lru_cache(maxsize=4096)
def normalised(unit: str) -> str:
    """The usual spelling of a unit.

    Parameters
    ----------
    unit : str
        As written on a report or a prescription.

    Returns
    -------
    str
        The spelling that results and files show; two spellings of one unit give the same.

    Raises
    ------
    UnitError
        For an unknown unit.

    Examples
    --------
    >>> normalised("mcg/kg"), normalised("U"), normalised("NG/DL"), normalised("million/ml")
    ('ug/kg', 'IU', 'ng/dL', '10*6/mL')
    """
    return " per ".join("/".join(side) for side in _parts(unit))


@lru_cache(maxsize=4096)
def _of(unit: str) -> Any:
    """One `unit` as a pint quantity. Raises UnitError."""
    sides = [
        1.0 * _registry().parse_expression("/".join(_FOR_PINT.get(part, part) for part in side))
        for side in _parts(unit)
    ]
    return sides[0] if len(sides) == 1 else sides[0] / sides[1]


@lru_cache(maxsize=4096)
def factor(unit: str, target: str, molar_mass: float | None = None, activity: float | None = None) -> float:
    """The factor that converts a value from `unit` to `target`.

    Parameters
    ----------
    unit, target : str
        Units as they are written.
    molar_mass : float, optional
        g/mol; turns mass into amount of substance and back.
    activity : float, optional
        mIU per microgram; turns mass into international units and back.

    Raises
    ------
    UnitError
        For an unknown unit or one of another kind.

    Examples
    --------
    >>> factor("ng/mL", "ng/dL")
    100.0
    """
    units = _registry()
    quantity, goal = units.Quantity(_of(unit)), units.Quantity(_of(target))
    bridges = []
    if molar_mass is not None:
        bridges.append(units.Quantity(molar_mass, "g/mol"))
    if activity is not None:
        bridges.append(units.Quantity(activity, "mIU/ug"))
    candidates = [quantity, *(c for bridge in bridges for c in (quantity / bridge, quantity * bridge))]
    for candidate in candidates:
        if candidate.dimensionality == goal.dimensionality:
            return float((candidate / goal).to_base_units().magnitude)
    raise UnitError(f"unit {unit!r} does not measure the same kind of thing as {target!r}")


def convert(value: float, unit: str, target: str, quantity: str | None = None) -> float:
    """`value` in `unit` expressed in `target`; `quantity` names the substance where its molar mass is needed."""
    name = quantity or ""
    return value * factor(unit, target, MOLAR_MASS.get(name), ACTIVITY.get(name))


_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(.*)", re.DOTALL | re.ASCII)


def number(value: object) -> float:
    """A finite number as a float; True, False and text are refused.

    Raises
    ------
    InputError
        "expected a number", or "expected a number that is finite, and not so large".

    Examples
    --------
    >>> number(3)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError("expected a number")
    try:
        result = float(value)
    except OverflowError:  # an integer above the largest float
        result = math.inf
    if not math.isfinite(result):
        raise InputError("expected a number that is finite, and not so large")
    return result


def finite(value: object) -> bool:
    """Whether a value is a finite number, as `number` asks for."""
    try:
        number(value)
    except InputError:
        return False
    return True


class Quantity(Protocol):
    """A pint.Quantity, of any registry."""

    @property
    def magnitude(self) -> Any:
        """The number."""
        ...

    @property
    def units(self) -> Any:
        """The unit."""
        ...


def is_quantity(value: object) -> TypeGuard[Quantity]:
    """Whether a value is a pint.Quantity, of any registry."""
    return hasattr(value, "magnitude") and hasattr(value, "units")


def split_quantity(text: Any) -> tuple[float, str]:
    """The number and the unit of a quantity; the unit may be empty.

    Parameters
    ----------
    text : str or pint.Quantity
        A number with a decimal point and a unit, such as `265 ng/dL`; a quantity of any registry whose units are known
        here.

    Raises
    ------
    UnitError
        When there is no number first, or more than one: a decimal or thousands comma, a range, a factor in the unit.

    Examples
    --------
    >>> split_quantity("265 ng/dL")
    (265.0, 'ng/dL')
    """
    if is_quantity(text):
        unit = "/".join("year" if part == "a" else part for part in f"{text.units:~C}".split("/"))
        normalised(unit)
        return number(text.magnitude), unit
    if len(text) > 2 * LONGEST:
        raise UnitError(f"{text[:LONGEST]!r}... is too long to be a number and a unit, like '265 ng/dL'")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise UnitError(f"{text!r} is not a number followed by a unit, like '265 ng/dL'")
    digits, rest = match[1], match[2]
    if rest.startswith((",", "'", "’")):
        raise UnitError(f"{text!r}: write a decimal point and no thousands separator, like '2500.5 IU'")
    if re.match(r"\s*(?:[-–—~]|to\b|\.\.)", rest):
        raise UnitError(f"{text!r} is a range; give one value")
    if re.match(r"\.|\s+\d+(?![\d*^eE]*[\^*eE⁰¹²³⁴⁵⁶⁷⁸⁹])", rest):
        raise UnitError(f"{text!r} holds two numbers; give one, like '265 ng/dL'")
    value = float(digits)
    if not math.isfinite(value):
        raise UnitError(f"{text!r}: the number is too large")
    unit = rest.strip()
    if unit:
        normalised(unit)
    return value, unit
