"""Reads laboratory values: name, number and unit, hour and assay; refuses impossible values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InputError
from ..files import shown
from ..units import LONGEST, convert, number, split_quantity
from .registry import LABS


class LabError(InputError):
    """A laboratory value that is impossible, in a wrong unit, or that contradicts another."""


DEFAULT_READING = (
    "Labs without an hour are read as means over 24 hours, and labs without an assay as measured by mass spectrometry."
)
_ALIASES = {alias: name for name, lab in LABS.items() for alias in lab.aliases}
_DIRECT = ("direct immunoassay", "direct analogue immunoassay", "analogue immunoassay")
_ASSAYS = {
    **dict.fromkeys(("lc-ms", "lc-ms/ms"), "LC-MS"),
    **dict.fromkeys(("gc-ms", "gc-ms/ms"), "GC-MS"),
    "mass spectrometry": "mass spectrometry",
    **dict.fromkeys(("immunoassay", *_DIRECT), "immunoassay"),
    **dict.fromkeys(("dialysis", "equilibrium dialysis"), "dialysis"),
    "calculated": "calculated",
}
"""Assays as they are written, in lower case -> as they are shown."""
_UNBOUND = ("free_testosterone", "bioavailable_testosterone", "free_estradiol")
"""Labs that are measured by dialysis or calculated."""
_ASSAYS_OF_UNBOUND = ("dialysis", "calculated")
_FREE = ("free_testosterone", "free_estradiol")
_PARTS = re.compile(
    r"(?P<quantity>.*?)(?:\s+at\b(?P<hour>.*?))?(?:\s+by\b(?P<by>.*)|\s+(?P<assay>calculated|direct\s+immunoassay))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)|\s*(?P<half>am|pm|h))", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Sample:
    """A laboratory value as it was given.

    level: in the model's unit, as the laboratory reported it; hour: of the day, 0 to 24, None where it is not said;
    assay: as in 'LC-MS' or 'immunoassay', "" where it is not said.
    """

    name: str
    level: float
    hour: float | None = None
    assay: str = ""

    @property
    def circumstances(self) -> str:
        """' at 8:00 by immunoassay': hour and assay as far as they are given, for sentences."""
        how = f"{'' if self.assay == 'calculated' else 'by '}{self.assay}" if self.assay else ""
        parts = ("" if self.hour is None else f"at {clock(self.hour)}", how)
        return "".join(f" {part}" for part in parts if part)


def clock(hour: float) -> str:
    """An hour of the day as '8:00'."""
    minutes = round(60 * hour)
    return f"{minutes // 60}:{minutes % 60:02d}"


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


def _hour(text: str) -> float:
    """The hour of the day (0 to 24) that is written as '8:00', '8 am' or '8 h'. Raises InputError."""
    said = _CLOCK.fullmatch(text.strip())
    hour, minute = (int(said["hour"]), int(said["minute"] or 0)) if said else (-1, 0)
    if said and (said["half"] or "h").lower() != "h":
        hour = hour % 12 + (12 if said["half"].lower() == "pm" else 0) if 1 <= hour <= 12 else -1
    if not (0 <= hour <= 23 and minute <= 59):
        raise InputError(
            f"the hour {shown(text.strip())} is not understood; write 'at 8:00', 'at 8 am' or 'at 8 h', from 0:00 to "
            "23:59"
        )
    return hour + minute / 60


def _assay(key: str, text: str) -> str:
    """The assay as it is shown. Raises InputError for one that is unknown, or that does not measure this lab."""
    plain = " ".join(text.lower().split())
    if key in _FREE and _ASSAYS.get(plain) == "immunoassay":
        raise InputError(
            f"a direct (analogue) immunoassay does not measure free hormone: its result follows the total; give "
            f"{key} by dialysis or calculated, or total and SHBG without it"
        )
    known = [assay for assay in dict.fromkeys(_ASSAYS.values()) if key in _UNBOUND or assay not in _ASSAYS_OF_UNBOUND]
    if key in _FREE:
        known.remove("immunoassay")
    if _ASSAYS.get(plain) not in known:
        raise InputError(f"the assay {shown(text.strip())} is not known for {key}; there are {', '.join(known)}")
    return _ASSAYS[plain]


def split_sample(key: str, value: object) -> tuple[object, float | None, str]:
    """Quantity, hour and assay of a laboratory value. Raises InputError."""
    if not isinstance(value, str) or len(value) > 4 * LONGEST or (parts := _PARTS.fullmatch(value)) is None:
        return value, None, ""
    hour = None if parts["hour"] is None else _hour(parts["hour"])
    assay = parts["assay"] if parts["by"] is None else parts["by"]
    return parts["quantity"], hour, "" if assay is None else _assay(key, assay)


def _level(key: str, value: object) -> float:
    """A level in the model's unit. Raises LabError for a wrong unit or an impossible value."""
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
    return model


def read_sample(name: str, value: object) -> Sample:
    """One laboratory value such as 265, '265 ng/dL', '265 ng/dL at 8:00' or '32 pg/mL at 8 am by immunoassay'.

    Raises LabError for an unknown name, a wrong unit, an impossible value, and for an hour or an assay that is not
    understood.
    """
    key = canonical(name)
    try:
        quantity, hour, assay = split_sample(key, value)
    except InputError as error:
        raise LabError(f"{key} = {shown(value)}: {error}") from None
    return Sample(key, _level(key, quantity), hour, assay)


def read(name: str, value: object) -> tuple[str, float]:
    """(canonical name, value in model units) of a level such as '265 ng/dL' or a number in the unit shown.

    Raises LabError for an unknown name, a wrong unit, an impossible value, an hour or an assay.
    """
    sample = read_sample(name, value)
    if sample.circumstances:
        raise LabError(
            f"{sample.name} = {shown(value)}: hour and assay belong to the labs of a man; give the level alone, as the "
            "mean over 24 hours"
        )
    return sample.name, sample.level


def read_samples(labs: Mapping[str, object]) -> dict[str, Sample]:
    """All values as they were given, each checked alone. Raises LabError."""
    if not isinstance(labs, Mapping):
        raise LabError(f"labs = {shown(labs)}: expected names with values, like testosterone: 265 ng/dL")
    samples: dict[str, Sample] = {}
    for name, value in labs.items():
        sample = read_sample(name, value)
        if sample.name in samples:
            raise LabError(f"{sample.name} is given twice")
        samples[sample.name] = sample
    return samples
