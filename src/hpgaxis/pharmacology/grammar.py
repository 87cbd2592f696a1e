"""Words into clauses of doses: 'hCG 1500 IU sc three times a week and rFSH 150 IU sc every other day from month 4'.

A clause is a drug, a dose, and in any order a route, how often, from when, for how long; no kind of phrase stands
twice, and what does not fit together is refused. Clauses are joined by 'and', ',', ';', '+' or 'with' (together) or
'then' (after what came before). `clauses.write` gives the sentence that parses into the same series; `sentence` joins
clauses, rules at visits and adherence. docs/how-to/sentence-grammar.md has the grammar, with the words of these tables.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from ..units import UnitError, days_in_months, factor
from . import drug as drugs
from .clauses import Clause, Span
from .doses import LATEST_DAY, SHORTEST_INTERVAL_DAYS, ProtocolError, dose_unit

LONGEST_SENTENCE = 500_000
"""Characters of a sentence."""
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "thrice": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
DAYS = {
    "min": 1 / 1440, "mins": 1 / 1440, "minute": 1 / 1440, "minutes": 1 / 1440,
    "h": 1 / 24, "hr": 1 / 24, "hrs": 1 / 24, "hour": 1 / 24, "hours": 1 / 24,
    "d": 1.0, "day": 1.0, "days": 1.0, "w": 7.0, "wk": 7.0, "wks": 7.0, "week": 7.0, "weeks": 7.0,
}  # fmt: skip
MONTHS = {"month": 1, "months": 1, "mo": 1, "mos": 1, "year": 12, "years": 12, "y": 12, "yr": 12, "yrs": 12}
UNITS_OF_TIME = (*DAYS, *MONTHS)
LATIN = {
    "qd": 1.0, "od": 1.0, "qhs": 1.0, "qam": 1.0, "qpm": 1.0, "bid": 1 / 2, "tid": 1 / 3, "qid": 1 / 4, "qod": 2.0,
    "eod": 2.0, "qw": 7.0, "tiw": 7 / 3,
}  # fmt: skip
ADVERBS = {
    "hourly": Span(1 / 24), "daily": Span(1.0), "nightly": Span(1.0), "weekly": Span(7.0), "fortnightly": Span(14.0),
    "monthly": Span(30.0, 1), "yearly": Span(365.0, 12),
}  # fmt: skip
AMBIGUOUS = {
    "biweekly": "'twice a week' or 'every 2 weeks'", "bimonthly": "'twice a month' or 'every 2 months'",
    "biw": "'twice a week' or 'every 2 weeks'",
}  # fmt: skip
COMPACT_INTERVAL = re.compile(r"q(\d+\.?\d*)?(min|h|hr|d|day|days|w|wk|week|weeks|mo|month|months)", re.ASCII)
PARTS_OF_DAY = ("bedtime", "night", "morning", "evening")
WEEKDAYS = {
    word: index
    for index, words in enumerate((
        ("mon", "monday", "mondays"), ("tue", "tues", "tuesday", "tuesdays"), ("wed", "wednesday", "wednesdays"),
        ("thu", "thur", "thurs", "thursday", "thursdays"), ("fri", "friday", "fridays"),
        ("sat", "saturday", "saturdays"), ("sun", "sunday", "sundays"),
    ))
    for word in words
}  # fmt: skip
WEEKDAY_LETTERS = {"mwf": (0, 2, 4), "m/w/f": (0, 2, 4), "m-w-f": (0, 2, 4)}
TOGETHER, AFTER = ("and", ",", ";", "+", "with", "plus", "&"), ("then",)
CONDITION = ("if", "when")
NOTHING = (("no", "treatment"), ("nothing",), ("none",), ("placebo",), ("observation",), ("untreated",))
GIVE = ("take", "give", "inject", "apply", "use")
ROUTES = {
    "oral": "oral", "orally": "oral", "po": "oral", "sc": "sc", "sq": "sc", "subq": "sc", "subcut": "sc",
    "subcutaneous": "sc", "subcutaneously": "sc", "im": "im", "intramuscular": "im", "intramuscularly": "im",
    "iv": "iv", "intravenous": "iv", "intravenously": "iv", "nasal": "nasal", "intranasal": "nasal",
    "transdermal": "transdermal", "topical": "transdermal", "td": "transdermal", "lifestyle": "lifestyle",
    "surgery": "surgery",
}  # fmt: skip
START = ("from", "starting", "start", "beginning")
END = ("until", "to")
TAPER = ("tapering", "taper", "tapered")
PER = ("a", "an", "per", "each", "every", "/")
TIMES = ("times", "x", "×")
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII)
TOKEN = re.compile(
    r"(?:10[*^][369]|1e[369](?=/))[^\s;,&]*|[;,+&]"
    r"|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|[^\s;,+&\d][^\s;,&]*",
    re.ASCII,
)
BEFORE = (
    (re.compile("–|—|−"), "-"),
    (re.compile(r"(<=|>=|<|>|≤|≥)"), r" \1 "),
    (re.compile(r"(?<=\d)\s*(x|×)\s*(?=/|per\b|daily\b|weekly\b)", re.IGNORECASE), r" \1 "),
    (re.compile(r"(\b(?:times|x)|×|\d)\s*/\s*(?=(?:d|day|w|wk|week|mo|month)\b)", re.IGNORECASE), r"\1 / "),
    (re.compile(r"(?<![^\s,;])(x|×)(?=\d)(?!10[*^])", re.IGNORECASE), r"\1 "),
)
"""Signs that are put with spaces around them before a sentence is taken apart."""
EXCLUDES = {
    "once": {"how often", "until when", "how it tapers", "days on and off", "on which weekdays", "at what hour"},
    "on which days": {
        "how often", "from when", "until when", "how it tapers", "days on and off", "on which weekdays", "at what hour",
    },
    "how it tapers": {"until when", "days on and off", "on which weekdays"},
    "days on and off": {"on which weekdays"},
}  # fmt: skip
"""Kinds of phrases that do not stand beside one another."""


class GrammarError(ProtocolError):
    """A sentence that cannot be understood: which word, and what was expected there."""

    def __init__(self, sentence: str, position: int, word: str | None, expected: str):
        self.word, self.expected = word, expected
        where = f"at the word {_cut(word)!r} (word {position + 1})" if word is not None else "at the end"
        super().__init__(f"cannot understand {_cut(sentence)!r} {where}: expected {expected}")


def _cut(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}..."


@lru_cache(maxsize=4096)
def _is_dose_unit(word: str) -> bool:
    try:
        dose_unit(word)
    except UnitError:
        return False
    return True


class Parser:
    """Reads one sentence word by word."""

    def __init__(self, sentence: str):
        if len(sentence) > LONGEST_SENTENCE:
            raise ProtocolError(f"a sentence of {len(sentence):,} characters; expected at most {LONGEST_SENTENCE:,}")
        self.sentence = sentence
        for pattern, spaced in BEFORE:
            sentence = pattern.sub(spaced, sentence)
        self.words = [match[0] for match in TOKEN.finditer(sentence)]
        self.joined = [
            match.end() < len(sentence) and not sentence[match.end()].isspace() for match in TOKEN.finditer(sentence)
        ]
        self.at = 0

    def peek(self, ahead: int = 0) -> str | None:
        """The word `ahead` of here in lower case, None past the end."""
        index = self.at + ahead
        return self.words[index].lower().rstrip(".") if index < len(self.words) else None

    def fail(self, expected: str, at: int | None = None) -> GrammarError:
        """The error that says what was expected here, or at the word `at`."""
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
        """So many of a unit of time; a month is a whole number of days, and a year twelve months."""
        if unit in DAYS:
            found = Span(number * DAYS[unit])
        else:
            months = number * MONTHS[unit]
            if 0 < months < 0.1:
                raise self.fail("a tenth of a month at least, or a time in days", at)
            found = Span(math.copysign(days_in_months(abs(months)), months) if months else 0.0, months)
        if abs(found.days) > LATEST_DAY:
            raise self.fail("a time of at most 100 years", at)
        return found

    def one_unit(self) -> Span:
        """'month' as one of them."""
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
        found = [self.span(self.number(expected), unit, at)]
        while self.peek() in (",", "and") and self.is_number(1) and not self._is_dose_unit(2):
            self.at += 1
            at = self.at
            found.append(self.span(self.number(expected), unit, at))
            if found[-1] in found[:-1]:
                raise self.fail("each time once", at)
        return found

    def drug(self) -> str:
        """The name of the drug that comes next."""
        known = drugs.names()
        for length in range(min(5, len(self.words) - self.at), 0, -1):
            phrase = " ".join(self.words[self.at : self.at + length]).lower().replace(" %", "%")
            if phrase in known:
                self.at += length
                return known[phrase]
        word = self.peek()
        expected = "a drug"
        if word is not None:
            try:
                drugs.find(word)
            except drugs.DrugError as error:
                expected = f"a drug: {error}"
        raise self.fail(expected)

    def _is_dose_unit(self, ahead: int) -> bool:
        index = self.at + ahead
        return index < len(self.words) and _is_dose_unit(self.words[index].split("/")[0].rstrip("."))

    def dose(self, expected: str, clause: Clause | None = None) -> tuple[float, str]:
        """'25 mg', '0.1 ug/kg'; for a clause also '25 mg per day', which says how often as well."""
        begin = self.at
        amount = self.number(expected)
        usual = f", like {drugs.find(clause.drug).dose_unit}" if clause is not None and clause.drug else ""
        if self.peek() is None:
            raise self.fail(f"the dose's unit{usual or ', like mg, ug or IU'}")
        first, *others = self.words[self.at].rstrip(".").split("/")
        others = [part.lower() for part in others]
        try:
            unit = dose_unit(first)
        except UnitError as error:
            raise self.fail(f"the dose's unit after the number{usual}: {error}") from None
        self.at += 1
        while (
            self.peek() in PER and (self.peek(1) in (*UNITS_OF_TIME, "kg", "pulse", "dose")) and self.peek() != "every"
        ):
            others.append(self.peek(1) or "")
            self.at += 2
        if others[:1] == ["kg"]:
            unit, others = f"{unit}/kg", others[1:]
            try:
                dose_unit(unit)
            except UnitError as error:
                raise self.fail(f"the dose's unit{usual}: {error}", begin + 1) from None
        for part in others:
            if clause is None or len(others) > 1 or part not in (*UNITS_OF_TIME, "pulse", "dose"):
                raise self.fail(f"the dose's unit{usual}, not {self.words[begin + 1]!r}", begin + 1)
            if part in UNITS_OF_TIME:
                self._say(clause, "how often", begin)
                clause.interval, clause.per_time = self.span(1.0, part, begin), True
        return amount, unit

    def _say(self, clause: Clause, kind: str, begin: int) -> None:
        """Note that a clause says this in the words from `begin` to here. Raises GrammarError where it cannot."""
        words = " ".join(self.words[begin : self.at])
        if kind in clause.said:
            raise self.fail(f"one phrase that says {kind}, and {clause.said[kind]!r} says it already", begin)
        for other, said in clause.said.items():
            if kind in EXCLUDES.get(other, ()) or other in EXCLUDES.get(kind, ()):
                raise self.fail(f"no phrase that says {kind} beside {said!r}", begin)
        clause.said[kind] = words

    def _interval(self, interval: Span, at: int) -> Span:
        if not interval.days > 0:
            raise self.fail("a time above 0", at)
        if interval.days < SHORTEST_INTERVAL_DAYS * (1 - 1e-9):
            raise self.fail("a time of a minute at least", at)
        return interval

    def _interval_words(self) -> Span | None:
        """How often, if that comes next."""
        begin = self.at
        if self.peek() == "once" and self.peek(1) in (*ADVERBS, "every", "each"):
            self.at += 1
        word = self.peek() or ""
        if word in AMBIGUOUS:
            raise self.fail(AMBIGUOUS[word])
        if word.replace(".", "") in LATIN:
            self.at += 1
            return Span(LATIN[word.replace(".", "")])
        if word in ADVERBS:
            self.at += 1
            return ADVERBS[word]
        if compact := COMPACT_INTERVAL.fullmatch(word):
            self.at += 1
            return self._interval(self.span(float(compact[1] or 1), compact[2], begin), begin)
        if word == "q" and self.is_number(1):
            self.at += 1
            return self._interval(self.duration("how often"), begin + 1)
        if word in ("every", "each"):
            self.at += 1
            if self.accept_one(*PARTS_OF_DAY[1:]):
                return Span(1.0)
            at = self.at
            if self.accept("other"):
                return self._interval(self.span(2.0, self.time_unit(), at), at)
            if self.is_number():
                return self._interval(self.duration("how often"), at)
            return self.one_unit()
        if self.is_number() and self._times_follow():
            times = self.number("how many times")
            if not times > 0:
                raise self.fail("a number of times above 0", begin)
            self.accept_one(*TIMES)
            adverb = self.peek()
            if adverb in ("daily", "weekly", "monthly"):
                self.at += 1
                per = ADVERBS[adverb]
            else:
                if not self.accept_one(*PER):
                    raise self.fail("'a day', 'a week' or 'a month'")
                per = self.duration("how often") if self.is_number() else self.one_unit()
            return self._interval(Span(per.days / times, None if per.months is None else per.months / times), begin)
        return None

    def _times_follow(self) -> bool:
        after = self.peek(1)
        if self.peek() in ("once", "twice", "thrice"):
            return after in (*PER, "daily", "weekly", "monthly")
        return after in (*TIMES, "/")

    def _weekdays(self) -> tuple[int, ...]:
        """'Mon/Wed/Fri', 'MWF', 'on Mondays and Thursdays', 'every Monday', if that comes next; else ()."""
        begin = self.at
        self.accept_one("on", "every", "each")
        found = list(self._weekday_word())
        if not found:
            self.at = begin
            return ()
        while self.peek() in (",", "and", "&", "/"):
            self.at += 1
            more = self._weekday_word()
            if not more:
                self.at -= 1
                break
            found += more
        if len(set(found)) < len(found):
            raise self.fail("each weekday once", begin)
        return tuple(found)

    def _weekday_word(self) -> tuple[int, ...]:
        word = self.peek() or ""
        parts = WEEKDAY_LETTERS.get(word) or tuple(WEEKDAYS.get(part) for part in re.split("[/-]", word))
        if any(part is None for part in parts):
            return ()
        if "-" in word and word not in WEEKDAY_LETTERS:
            raise self.fail("weekdays with '/' between them: with '-' they could be a span")
        self.at += 1
        return tuple(part for part in parts if part is not None)

    def phrase(self, clause: Clause) -> bool:
        """Read one phrase of a clause, if one comes next."""
        begin, word = self.at, self.peek()
        if word is None:
            return False
        if self._is_on_off():
            on = self.duration("days on")
            self.accept("on")
            self.accept_one("and", ",")
            off = self.duration("days off")
            if not self.accept("off"):
                raise self.fail("'off'")
            if not (on.days > 0 and off.days > 0):
                raise self.fail("days on and days off above 0", begin)
            clause.on_off = (on, off)
            self._say(clause, "days on and off", begin)
        elif clause.amount is None and self.is_number() and not self._times_follow() and not self._once():
            clause.amount, clause.unit = self.dose("a dose", clause)
            self._fits(clause, begin)
        elif word in ("iv", "sc", "subcutaneous", "intravenous") and self.peek(1) == "infusion":
            clause.route = f"{ROUTES[word]} infusion"
            self.at += 2
            self._say(clause, "by which route", begin)
        elif word.replace(".", "") in ROUTES:
            clause.route = ROUTES[word.replace(".", "")]
            self.at += 1
            self._say(clause, "by which route", begin)
        elif self.accept("by", "mouth"):
            clause.route = "oral"
            self._say(clause, "by which route", begin)
        elif self.accept("by", "pump") or self.accept("with", "pump") or self.accept("pump"):
            self._say(clause, "by which device", begin)
        elif weekdays := self._weekdays():
            clause.weekdays = weekdays
            self._say(clause, "on which weekdays", begin)
        elif interval := self._interval_words():
            clause.interval = interval
            self._say(clause, "how often", begin)
        elif self._once():
            self.at += 1
            clause.once = True
            self._say(clause, "once", begin)
        elif self.accept_one("continuous", "continuously"):
            if clause.interval is None or not clause.per_time:
                self._say(clause, "how often", begin)
                clause.interval = Span(1.0)
            clause.over = clause.interval.days
            self._say(clause, "over how long", begin)
        elif self._hour():
            self._say(clause, "at what hour", begin)
        else:
            return self._when(clause, begin, word)
        return True

    def _when(self, clause: Clause, begin: int, word: str) -> bool:
        """Read a phrase that says from when, until when, for how long or on which days, if one comes next."""
        if word in START:
            self.at += 1
            self.accept_one("at", "on", "in")
            clause.start = self.moment()
            self._say(clause, "from when", begin)
        elif word == "after":
            self.at += 1
            clause.start = self.duration("after how long")
            self._say(clause, "from when", begin)
        elif word in END:
            self.at += 1
            clause.end = self.moment()
            self._say(clause, "until when", begin)
        elif word == "for" or (word in TIMES[1:] and self.is_number(1)):
            self.at += 1
            if self.is_number() and self.peek(1) in ("doses", "dose"):
                at = self.at
                value = self.number("how many doses")
                self.at += 1
                if value != int(value) or value < 1:
                    raise self.fail("a whole number of doses, at least 1", at)
                clause.doses = int(value)
            else:
                clause.length = self.duration("for how long")
            self._say(clause, "until when", begin)
        elif word == "over":
            self.at += 1
            clause.over = self._interval(self.duration("over how long"), begin + 1).days
            self._say(clause, "over how long", begin)
        elif word in ("on", "at") and self.peek(1) in UNITS_OF_TIME:
            self.at += 1
            clause.days = self.moments("a day")
            if clause.once and len(clause.days) > 1:
                raise self.fail("one day with 'once'", begin)
            self._say(clause, "on which days", begin)
        elif word in TAPER:
            self.at += 1
            if not self.accept("to"):
                raise self.fail("'to' and the last dose: 'tapering to 12.5 mg over 8 weeks'")
            last, unit = self.dose("the last dose")
            if not self.accept("over"):
                raise self.fail("'over' and how long: 'over 8 weeks'")
            length = self.duration("over how long")
            if not length.days > 0:
                raise self.fail("a time above 0", self.at - 2)
            clause.taper = (last, unit, length)
            self._say(clause, "how it tapers", begin)
        else:
            return False
        return True

    def _is_on_off(self) -> bool:
        return (
            self.is_number()
            and self.peek(1) in UNITS_OF_TIME
            and self.peek(2) == "on"
            and (self.is_number(3) or (self.peek(3) in ("and", ",") and self.is_number(4)))
        )

    def _once(self) -> bool:
        return self.peek() == "once" and self.peek(1) not in (*PER, *ADVERBS)

    def _hour(self) -> bool:
        return (
            self.accept("at", PARTS_OF_DAY[0])
            or self.accept("at", "night")
            or self.accept("in", "the", "morning")
            or self.accept("in", "the", "evening")
        )

    def _fits(self, clause: Clause, at: int) -> None:
        """Check that the unit is one of the drug."""
        usual = drugs.find(clause.drug).dose_unit if clause.drug else ""
        if not usual:
            return
        try:
            factor(clause.unit.removesuffix("/kg"), usual)
        except UnitError as error:
            raise self.fail(f"a unit of the drug: {error}; use {usual}", at + 1) from None

    def _complete(self, clause: Clause) -> None:
        """What goes without saying: the usual dose of surgery or a diet, that it is done once, and once a day."""
        drug = drugs.find(clause.drug)
        if clause.amount is None and drug.default_dose is not None:
            clause.amount, clause.unit = drug.default_dose, drug.dose_unit
        if clause.amount is None:
            raise self.fail(f"a dose of {drug.name}, like '1 {drug.dose_unit}'")
        lasting = drug.routes[drug.default_route].lasting
        if lasting and not {"how often", "once", "on which days", "on which weekdays"} & clause.said.keys():
            clause.once = True
            self._say(clause, "once", self.at)
        hour = clause.said.get("at what hour")
        if hour is not None:
            if clause.interval is None:
                clause.interval = Span(1.0)
                clause.said["how often"] = hour
            elif clause.interval.days != 1.0:
                raise self.fail(f"one dose a day with {hour!r}, not {clause.said['how often']!r}")

    def clause(self) -> Clause:
        """Read one clause to its end."""
        self.accept_one(*GIVE)
        result = Clause("")
        begin = self.at
        if self.is_number():
            result.amount, result.unit = self.dose("a drug or a dose", result)
            self.accept("of")
        result.drug = self.drug()
        if result.amount is not None:
            self._fits(result, begin)
        self.accept("of")
        while self.phrase(result):
            pass
        self._complete(result)
        if self.peek() is not None and self.peek() not in (*TOGETHER, *AFTER, *CONDITION):
            raise self.fail(
                "a route, how often ('daily', 'every 3 days', 'three times a week'), 'from', 'for', 'until', "
                "'and' or 'then'"
            )
        if not {"how often", "once", "on which days", "on which weekdays"} & result.said.keys():
            raise self.fail("how often: 'daily', 'every other day', 'three times a week', 'every 90 min', 'once'")
        return result
