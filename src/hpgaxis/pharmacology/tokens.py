"""Reads the words of a sentence: numbers, times and moments."""

from __future__ import annotations

import math
from functools import lru_cache

from ..units import UnitError, days_in_months
from .dose_units import dose_unit
from .doses import LATEST_DAY, ProtocolError
from .span import Span
from .words import DAYS, MONTHS, NUMBER, NUMBERS, TOKEN, UNITS_OF_TIME, spaced

LONGEST_SENTENCE = 500_000
"""Characters of a sentence."""


class GrammarError(ProtocolError):
    """A sentence with a word that does not fit; the message has the word and the expected input.

    begin, end : of the word among the characters of the sentence; both at its end where a word is missing.
    """

    def __init__(self, sentence: str, position: int, word: str | None, expected: str):
        self.word, self.expected = word, expected
        self.begin, self.end = _place(sentence, position) if word is not None else (len(sentence), len(sentence))
        where = f"at the word {_cut(word)!r} (word {position + 1})" if word is not None else "at the end"
        super().__init__(f"cannot understand {_cut(sentence)!r} {where}: expected {expected}")


def _place(sentence: str, position: int) -> tuple[int, int]:
    """Begin and end, among the characters of a sentence, of a word of it; `spaced` only adds spaces."""
    begin = end = 0
    for match in list(TOKEN.finditer(spaced(sentence)))[: position + 1]:
        begin = sentence.find(match[0], end)
        if begin < 0:
            return 0, len(sentence)
        end = begin + len(match[0])
    return begin, end


def _cut(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}..."


@lru_cache(maxsize=4096)
def _is_dose_unit(word: str) -> bool:
    try:
        dose_unit(word)
    except UnitError:
        return False
    return True


class Tokens:
    """The words of a sentence and the place reached in it; methods read the words that come next."""

    def __init__(self, sentence: str):
        if len(sentence) > LONGEST_SENTENCE:
            raise ProtocolError(f"a sentence of {len(sentence):,} characters; expected at most {LONGEST_SENTENCE:,}")
        self.sentence = sentence
        text = spaced(sentence)
        matches = list(TOKEN.finditer(text))
        self.words = [match[0] for match in matches]
        self.joined = [match.end() < len(text) and not text[match.end()].isspace() for match in matches]
        self.at = 0

    def peek(self, ahead: int = 0) -> str | None:
        """The word `ahead` of here in lower case, None past the end."""
        index = self.at + ahead
        return self.words[index].lower().rstrip(".") if index < len(self.words) else None

    def fail(self, expected: str, at: int | None = None) -> GrammarError:
        """An error on the next word, or on the word `at`."""
        place = self.at if at is None else at
        word = self.words[place] if place < len(self.words) else None
        return GrammarError(self.sentence, place, word, expected)

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next."""
        if all(self.peek(i) == word for i, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def accept_one(self, *words: str) -> bool:
        """Step over any one of these words if it comes next."""
        return any(self.accept(word) for word in words)

    def is_number(self, ahead: int = 0) -> bool:
        """Whether a number comes next, in digits or as a word."""
        word = self.peek(ahead)
        return word is not None and (word in NUMBERS or NUMBER.fullmatch(word) is not None)

    def number(self, expected: str, negative: bool = False) -> float:
        """A number from 0, or any where `negative`."""
        word = self.peek()
        if word is None:
            raise self.fail(expected)
        if word in NUMBERS:
            self.at += 1
            return float(NUMBERS[word])
        if NUMBER.fullmatch(word.removeprefix("-")) is None:
            raise self.fail(expected)
        if word.startswith("-") and not negative:
            raise self.fail(f"{expected}, and not a negative one")
        value = float(word)
        if not math.isfinite(value):
            raise self.fail(f"{expected}, and not so large a one")
        if self._thousands():
            raise self.fail(f"{expected}, with a decimal point and no comma: 1500 or 1.5")
        self.at += 1
        return value

    def _thousands(self) -> bool:
        """Whether a comma and digits follow without a space, and then the unit of a dose."""
        ahead = 0
        while self._joined(ahead) and self.peek(ahead + 1) == "," and self._joined(ahead + 1):
            if not self.is_number(ahead + 2):
                return False
            ahead += 2
        return ahead > 0 and self._is_dose_unit(ahead + 1)

    def _joined(self, ahead: int) -> bool:
        """Whether the next word follows the word `ahead` of here without a space."""
        return self.at + ahead < len(self.words) - 1 and self.joined[self.at + ahead]

    def time_unit(self) -> str:
        """A unit of time, as the table of units has it."""
        word = self.peek()
        if word not in UNITS_OF_TIME:
            raise self.fail("a unit of time: minutes, hours, days, weeks, months or years")
        self.at += 1
        return word

    def span(self, number: float, unit: str, at: int) -> Span:
        """A number of units of time; a month is a whole number of days, and a year twelve months."""
        if unit in DAYS:
            length = Span(number * DAYS[unit])
        else:
            months = number * MONTHS[unit]
            if 0 < months < 0.1:
                raise self.fail("a tenth of a month at least, or a time in days", at)
            length = Span(math.copysign(days_in_months(abs(months)), months) if months else 0.0, months)
        if abs(length.days) > LATEST_DAY:
            raise self.fail("a time of at most 100 years", at)
        return length

    def one_unit(self) -> Span:
        """'month' as one month."""
        at = self.at
        return self.span(1.0, self.time_unit(), at)

    def duration(self, expected: str) -> Span:
        """'3 months'."""
        at = self.at
        value = self.number(f"{expected}: a number")
        return self.span(value, self.time_unit(), at)

    def moment(self) -> Span:
        """'month 4', 'day 30' or '4 months'."""
        if self.peek() in UNITS_OF_TIME:
            unit, at = self.time_unit(), self.at
            return self.span(self.number("a number after the unit of time, like 'month 4'", negative=True), unit, at)
        return self.duration("when: 'day 30', 'month 4'")

    def moments(self, expected: str) -> list[Span]:
        """'day 3', 'weeks 4, 8 and 12'."""
        unit, at = self.time_unit(), self.at
        moments = [self.span(self.number(expected), unit, at)]
        while self.peek() in (",", "and") and self.is_number(1) and not self._is_dose_unit(2):
            self.at += 1
            at = self.at
            moments.append(self.span(self.number(expected), unit, at))
            if moments[-1] in moments[:-1]:
                raise self.fail("each time once", at)
        return moments

    def _is_dose_unit(self, ahead: int) -> bool:
        index = self.at + ahead
        return index < len(self.words) and _is_dose_unit(self.words[index].split("/")[0].rstrip("."))
