"""The registry of measurements, read from registry.toml: units, label, ranges, variation, rhythm, detection limit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from math import cos, inf, pi
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import InputError
from ..units import MOLAR_MASS

MASS_BY_AMOUNT = {("nmol/L", "ng/dL"): 10, ("pmol/L", "pg/mL"): 1000}
"""(model unit, display unit) -> divisor of the molar mass (g/mol) in the conversion factor."""


@dataclass(frozen=True)
class Range:
    """Reference range of men, in the display unit."""

    low: float
    high: float
    source: str

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest usual value."""
        return self.low, self.high


NO_RANGE = Range(-inf, inf, "")
"""Range of a measurement that is no laboratory value."""


@dataclass(frozen=True)
class Variation:
    """Coefficient of variation of one man's samples from visit to visit, within man and assay together."""

    cv: float
    source: str
    verified: bool


@dataclass(frozen=True)
class DetectionLimit:
    """Level (display unit) below which a laboratory reports that it found nothing."""

    value: float
    source: str
    verified: bool


@dataclass(frozen=True)
class Rhythm:
    """Daily rhythm of the level in blood: a cosine about the mean of 24 hours.

    peak: its hour; amplitudes: relative to the mean, at `ages` (years), linear between them and constant beyond.
    """

    peak: float
    ages: tuple[float, ...]
    amplitudes: tuple[float, ...]
    source: str
    verified: bool

    def amplitude(self, age: float) -> float:
        """Amplitude at an age (years), relative to the mean of 24 hours."""
        return float(np.interp(age, self.ages, self.amplitudes))

    def at(self, hour: float, age: float) -> float:
        """Level at an hour of the day (0 to 24) over the mean of 24 hours, at an age (years)."""
        return 1 + self.amplitude(age) * cos(2 * pi * (hour - self.peak) / 24)


@dataclass(frozen=True)
class Immunoassay:
    """What immunoassays read (display unit) where mass spectrometry finds nothing, added to every level."""

    background: float
    source: str
    verified: bool


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Parameters
    ----------
    name : in Python, files and sentences.
    label : in tables and figures.
    unit : unit of the model.
    display_unit : unit of laboratory reports and results; default that of the model.
    scale : reference of a score.
    loinc : code of the laboratory test.
    possible : lowest and highest value in a man (display unit).
    reference : reference range of men; a measurement with one can be given as a laboratory value.
    variation : from visit to visit in one man.
    detection_limit : limit of detection.
    rhythm : over the day.
    immunoassay : how immunoassays read it.
    aliases : other accepted names.

    Examples
    --------
    >>> MEASUREMENTS["estradiol"].display_unit
    'pg/mL'
    """

    name: str
    label: str
    unit: str
    display_unit: str = ""
    scale: str = ""
    loinc: str = ""
    possible: tuple[float, float] = (-inf, inf)
    reference: Range = NO_RANGE
    variation: Variation | None = None
    detection_limit: DetectionLimit | None = None
    rhythm: Rhythm | None = None
    immunoassay: Immunoassay | None = None
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.display_unit:
            object.__setattr__(self, "display_unit", self.unit)
        units = self.unit, self.display_unit
        if self.unit != self.display_unit and (self.name not in MOLAR_MASS or units not in MASS_BY_AMOUNT):
            raise InputError(f"{self.name}: no factor is known from {self.unit} to {self.display_unit}; use one unit")

    @property
    def display_factor(self) -> float:
        """Model unit -> display unit, without unit machinery (it is on the path of every result)."""
        if self.unit == self.display_unit:
            return 1.0
        return MOLAR_MASS[self.name] / MASS_BY_AMOUNT[self.unit, self.display_unit]

    @property
    def possible_text(self) -> str:
        """Lowest and highest value in a man, such as '1 to 6000 ng/dL'."""
        return f"{self.possible[0]:g} to {self.possible[1]:g} {self.display_unit}"


def _measurement(name: str, fields: dict[str, Any]) -> Measurement:
    kinds = {
        "reference": Range, "variation": Variation, "detection_limit": DetectionLimit, "rhythm": Rhythm,
        "immunoassay": Immunoassay,
    }  # fmt: skip
    read = {key: kinds[key](**value) if key in kinds else value for key, value in fields.items()}
    for key in ("possible", "aliases"):
        if key in read:
            read[key] = tuple(read[key])
    return Measurement(name, **read)


_FILE = resources.files("hpgaxis.measurements").joinpath("registry.toml")
MEASUREMENTS: Mapping[str, Measurement] = MappingProxyType(
    {name: _measurement(name, fields) for name, fields in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()}
)
"""Every measurement of the model by name."""
LABS: Mapping[str, Measurement] = MappingProxyType(
    {n: m for n, m in MEASUREMENTS.items() if m.reference is not NO_RANGE}
)
"""Measurements that can be given as laboratory values."""


def label(name: str) -> str:
    """Label of a measurement or a drug."""
    return MEASUREMENTS[name].label if name in MEASUREMENTS else name.replace("_", " ").capitalize()


def within_a_sentence(measure: str) -> str:
    """A measurement's label as inside a sentence: 'testosterone', 'LH'."""
    name = label(measure)
    return name if name[1:2].isupper() else name[0].lower() + name[1:]


def detection_limit(name: str) -> float | None:
    """Limit of detection (display unit) of a measurement; None without one."""
    limit = MEASUREMENTS[name].detection_limit if name in MEASUREMENTS else None
    return limit.value if limit else None


def axis_unit(name: str, unit: str) -> str:
    """The unit as tables and figures spell it (10⁶/mL, µg/L, g/cm²); for a score, its reference."""
    return (MEASUREMENTS[name].scale if name in MEASUREMENTS else "") or unit.replace("10*6", "10⁶").replace(
        "cm2", "cm²"
    ).replace("ug", "µg").replace("m2", "m²")
