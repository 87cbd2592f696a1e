"""What is wanted of a treatment, in sentences: goals, and bounds that are to hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import shown
from ..measurements.labs import canonical
from ..measurements.registry import LABS, axis_unit, within_a_sentence
from ..simulation.ensemble import Ensemble
from ..units import convert, split_quantity

Array = NDArray[np.float64]
AIMS = {"as high as possible": "high", "as low as possible": "low", "high": "high", "low": "low"}
USUAL_SHARE = 0.8
"""Probability with which a bound is to hold where none is said."""
SETTLED_DAYS = 28.0
"""Days from which bounds are to hold: earlier swings do not count."""
LEAST = 0.5
"""Added to a measurement before its logarithm, as a share of the lower end of the reference range, so that the step
from no sperm to some is worth as much as that from few to normal."""


@dataclass(frozen=True)
class Goal:
    """A measurement that is to be high, low or near a level on a day.

    aim : "high", "low" or "near"; level : in the unit shown, for "near".
    """

    name: str
    aim: str
    level: float = float("nan")
    day: float | None = None

    def __str__(self) -> str:
        words = (
            f"near {self.level:g} {axis_unit(self.name, LABS[self.name].display_unit)}" if self.aim == "near" else ""
        )
        when = "at the end" if self.day is None else f"on day {self.day:g}"
        return f"{within_a_sentence(self.name)} {words or f'as {self.aim} as possible'} {when}"

    def utility(self, ensemble: Ensemble) -> Array:
        """How well each man reaches it (men,): higher is better; differences are those of logarithms."""
        day = float(ensemble.time[-1]) if self.day is None else self.day
        begin = max(day - SETTLED_DAYS, float(ensemble.time[0]))
        values = np.asarray(ensemble.mean(self.name, begin, day))
        offset = LEAST * max(LABS[self.name].reference.low, 1e-9)
        if self.aim == "near":
            return -np.abs(np.log((values + 1e-9) / self.level))
        return (1 if self.aim == "high" else -1) * np.log(np.maximum(values, 0) + offset)


@dataclass(frozen=True)
class Bound:
    """A measurement that is to stay between two levels (unit shown) from SETTLED_DAYS on, with a probability."""

    name: str
    low: float = -inf
    high: float = inf
    share: float = USUAL_SHARE

    def __str__(self) -> str:
        unit = axis_unit(self.name, LABS[self.name].display_unit)
        span = (
            f"{self.low:g} to {self.high:g}" if isfinite(self.low) and isfinite(self.high)
            else f"below {self.high:g}" if isfinite(self.high) else f"above {self.low:g}"
        )  # fmt: skip
        return f"{within_a_sentence(self.name)} {span} {unit} with {100 * self.share:g} % probability"

    def kept(self, ensemble: Ensemble) -> Array:
        """1 for each man who stays within it, else 0 (men,)."""
        after = ensemble.time >= min(SETTLED_DAYS, float(ensemble.time[-1]) / 2)
        values = ensemble[self.name][:, after]
        return np.asarray(((values >= self.low) & (values <= self.high)).all(axis=1), dtype=float)


_DAY = re.compile(r"(?:at|on|in|by)\s+(?P<unit>month|week|day)\s+(?P<count>\d+(?:\.\d+)?)")
_SHARE = re.compile(r"with\s+(?P<share>\d+(?:\.\d+)?)\s*%(?:\s+probability)?")
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375}


def read_goal(sentence: str) -> Goal:
    """A goal such as 'total motile count at month 6 as high as possible' or 'testosterone near 550 ng/dL at month 3'.

    Raises
    ------
    InputError
        A sentence that is not understood, with what would be.
    """
    expected = "expected like 'total_motile_count as high as possible at month 6' or 'testosterone near 550 ng/dL'"
    if not isinstance(sentence, str):
        raise InputError(f"goal {shown(sentence)}: {expected}")
    text, day = " ".join(sentence.split()), None
    if found := _DAY.search(text):
        day = round(float(found["count"]) * _DAYS[found["unit"]])
        text = " ".join((text[: found.start()] + text[found.end() :]).split())
    for words, aim in AIMS.items():
        if text.lower().endswith(words):
            return Goal(_name(text[: -len(words)], sentence), aim, day=day)
    name, near, level = text.partition(" near ")
    if near:
        key = _name(name, sentence)
        return Goal(key, "near", _level(key, level, sentence), day)
    raise InputError(f"goal {sentence!r}: {expected}")


def read_bound(sentence: str) -> Bound:
    """A bound such as 'estradiol 15-40 pg/mL' or 'hematocrit below 52 % with 95 % probability'.

    Raises
    ------
    InputError
        A sentence that is not understood, with what would be.
    """
    expected = "expected like 'estradiol 15-40 pg/mL' or 'hematocrit below 52 % with 95 % probability'"
    if not isinstance(sentence, str):
        raise InputError(f"bound {shown(sentence)}: {expected}")
    text, share = " ".join(sentence.split()), USUAL_SHARE
    if found := _SHARE.search(text):
        share = float(found["share"]) / 100
        text = text[: found.start()].strip()
        if not 0 < share <= 1:
            raise InputError(f"bound {sentence!r}: the probability is above 0 and at most 100 %")
    side = re.search(r"\s(below|above|<|>|at most|at least)\s*(.+)$", text)
    if side:
        key = _name(text[: side.start()], sentence)
        level = _level(key, side[2], sentence)
        return (
            Bound(key, high=level, share=share)
            if side[1] in ("below", "<", "at most")
            else Bound(key, level, inf, share)
        )
    span = re.search(r"\s(?:between\s+)?(?P<low>[\d.]+)\s*(?:-|–|to|and)\s*(?P<high>[\d.]+)\s*(?P<unit>.*)$", text)
    if not span:
        raise InputError(f"bound {sentence!r}: {expected}")
    key = _name(text[: span.start()], sentence)
    low, high = (_level(key, f"{span[side]} {span['unit']}", sentence) for side in ("low", "high"))
    if not low < high:
        raise InputError(f"bound {sentence!r}: {low:g} is not below {high:g}")
    return Bound(key, low, high, share)


def _name(words: str, sentence: str) -> str:
    try:
        return canonical(words.strip().removeprefix("the "))
    except InputError as error:
        raise InputError(f"{sentence!r}: {error}") from None


def _level(key: str, words: str, sentence: str) -> float:
    """A level in the unit shown."""
    unit = LABS[key].display_unit
    try:
        value, given = split_quantity(words.strip())
        return float(convert(value, given, unit, key)) if given and given != unit else value
    except InputError as error:
        raise InputError(f"{sentence!r}: {error}") from None
