"""Words into clauses of doses: 'hCG 1500 IU sc three times a week and rFSH 150 IU sc every other day from month 4'.

A clause is a drug, a dose, and in any order a route, how often, from when, for how long. Clauses are joined by 'and',
',', ';', '+' or 'with' (together) or 'then' (after what came before). `clauses.write` gives the sentence that
parses into the same series; `sentence` joins clauses, rules at visits and adherence.
"""

from __future__ import annotations

import re

from ..units import DAYS_PER_MONTH
from . import drug as drugs
from .clauses import Clause
from .doses import ProtocolError

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "thrice": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
UNITS_OF_TIME = {
    "min": 1 / 1440, "mins": 1 / 1440, "minute": 1 / 1440, "minutes": 1 / 1440,
    "h": 1 / 24, "hr": 1 / 24, "hour": 1 / 24, "hours": 1 / 24,
    "d": 1.0, "day": 1.0, "days": 1.0, "w": 7.0, "wk": 7.0, "week": 7.0, "weeks": 7.0,
    "month": DAYS_PER_MONTH, "months": DAYS_PER_MONTH, "mo": DAYS_PER_MONTH,
    "year": 365.25, "years": 365.25, "y": 365.25,
}  # fmt: skip
LATIN = {"qd": 1.0, "od": 1.0, "bid": 0.5, "tid": 1 / 3, "qid": 0.25, "qod": 2.0, "eod": 2.0}
SIMPLE = {"daily": 1.0, "nightly": 1.0, "weekly": 7.0, "monthly": DAYS_PER_MONTH, "hourly": 1 / 24}
TOGETHER, AFTER = {"and", ",", ";", "+", "with", "plus", "&"}, {"then"}
NOTHING = {"", "no treatment", "nothing", "none", "placebo", "observation", "untreated"}
ROUTES = {"oral", "sc", "im", "iv", "nasal", "transdermal", "po", "orally", "subcutaneous", "subcutaneously",
          "subcut", "subq", "intramuscular", "intramuscularly", "intravenous", "intravenously", "intranasal",
          "topical", "td", "lifestyle", "surgery"}  # fmt: skip
DOSE_UNIT = re.compile(
    r"^(mg|g|ug|mcg|µg|μg|ng|iu|u|miu|units?|%|percent|h|hours?|procedures?)(/kg)?(/d|/day|/pulse)?$", re.IGNORECASE
)
DOSE_SPELLINGS = {
    "u": "IU", "iu": "IU", "unit": "IU", "units": "IU", "mcg": "ug", "µg": "ug", "μg": "ug",
    "percent": "%", "hour": "h", "hours": "h", "procedures": "procedure",
}  # fmt: skip
CONDITION = {"if", "when"}
TOKEN = re.compile(r"[;,+&]|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|[^\s;,+&\d][^\s;,&]*|[-]\d+\.?\d*")


class GrammarError(ProtocolError):
    """A sentence that cannot be understood: which word, and what was expected there."""

    def __init__(self, sentence: str, position: int, word: str | None, expected: str):
        self.word, self.expected = word, expected
        where = f"at the word {word!r} (word {position + 1})" if word is not None else "at the end"
        super().__init__(f"cannot understand {sentence!r} {where}: expected {expected}")


class Parser:
    """Reads one sentence word by word."""

    def __init__(self, sentence: str):
        self.sentence = sentence
        spaced = re.sub(r"\s*(<=|>=|<|>|≤|≥)\s*", r" \1 ", sentence.replace("–", "-"))
        self.words = [w for w in TOKEN.findall(spaced) if w]
        self.at = 0

    def peek(self, ahead: int = 0) -> str | None:
        """The word `ahead` of here in lower case, None past the end."""
        index = self.at + ahead
        return self.words[index].lower().rstrip(".") if index < len(self.words) else None

    def fail(self, expected: str) -> GrammarError:
        word = self.words[self.at] if self.at < len(self.words) else None
        return GrammarError(self.sentence, self.at, word, expected)

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next."""
        if all(self.peek(i) == word for i, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def accept_one(self, *words: str) -> bool:
        """Step over any one of these words if it comes next."""
        return any(self.accept(word) for word in words)

    def number(self, expected: str) -> float:
        word = self.peek()
        if word is not None:
            if word in NUMBERS:
                self.at += 1
                return float(NUMBERS[word])
            try:
                value = float(word)
            except ValueError:
                raise self.fail(expected) from None
            if value < 0:
                raise self.fail(f"{expected}, and not a negative one")
            self.at += 1
            return value
        raise self.fail(expected)

    def is_number(self, ahead: int = 0) -> bool:
        word = self.peek(ahead)
        return word is not None and (word in NUMBERS or re.fullmatch(r"\d+\.?\d*(e[-+]?\d+)?|\.\d+", word) is not None)

    def duration(self, expected: str) -> float:
        """'3 months' in days."""
        value = self.number(f"{expected}: a number")
        return value * self.time_unit()

    def time_unit(self) -> float:
        word = self.peek()
        if word not in UNITS_OF_TIME:
            raise self.fail("a unit of time: minutes, hours, days, weeks, months or years")
        self.at += 1
        return UNITS_OF_TIME[word]

    def moment(self) -> float:
        """'month 4', 'day 30' or '4 months', in days."""
        if self.peek() in UNITS_OF_TIME:
            unit = self.time_unit()
            return unit * self.number("a number after the unit of time, like 'month 4'")
        return self.duration("when: 'day 30', 'month 4'")

    def drug(self) -> str:
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

    def dose_unit(self) -> str:
        """The unit of a dose, in its usual spelling."""
        match = DOSE_UNIT.match(self.peek() or "")
        if match is None:
            raise self.fail("the dose's unit, like mg, ug or IU")
        self.at += 1
        unit = match[1].lower()
        return DOSE_SPELLINGS.get(unit, unit) + (match[2] or "").lower()

    def frequency(self, clause: Clause) -> bool:
        """Read how often, if that comes next."""
        word = self.peek()
        if word is None:
            return False
        interval: float | None = None
        if word == "once" and self.peek(1) in (None, *TOGETHER, *AFTER, "at", "on", "from"):
            self.at += 1
            clause.doses = 1
            return True
        if word == "once" and self.peek(1) in SIMPLE:
            self.at += 1
            word = self.peek() or ""
        compact = re.fullmatch(r"q(\d+\.?\d*)?(h|d|w|wk)", word)
        if word in LATIN or word in SIMPLE:
            self.at += 1
            interval = {**LATIN, **SIMPLE}[word]
        elif compact:
            self.at += 1
            interval = float(compact[1] or 1) * UNITS_OF_TIME[compact[2]]
        elif word == "q" and self.is_number(1):
            self.at += 1
            interval = self.duration("how often")
        elif word in ("every", "each"):
            self.at += 1
            if self.accept("other"):
                interval = 2 * self.time_unit()
            elif self.is_number():
                interval = self.duration("how often")
            else:
                interval = self.time_unit()
            if not interval > 0:
                self.at -= 2
                raise self.fail("an interval above 0")
        elif word in ("continuous", "continuously"):
            self.at += 1
            interval = 1.0
            clause.over = 1.0
        elif self.is_number() and self._times_follow():
            times = self.number("how many times")
            self.accept_one("times", "x", "×")
            if self.accept("daily"):
                per = 1.0
            elif self.accept("weekly"):
                per = 7.0
            elif self.accept("monthly"):
                per = DAYS_PER_MONTH
            else:
                if not self.accept_one("a", "per", "each", "/"):
                    raise self.fail("'a day', 'a week' or 'a month'")
                per = self.time_unit()
            if not times > 0:
                raise self.fail("a number of times above 0")
            interval = per / times
        if interval is None:
            return False
        clause.interval = interval
        return True

    def _times_follow(self) -> bool:
        after = self.peek(1)
        if self.peek() in ("once", "twice", "thrice"):
            return after in ("a", "per", "each", "daily", "weekly", "monthly", "/")
        return after == "times" or (after in ("x", "×"))

    def phrase(self, clause: Clause) -> bool:
        """Read one phrase of a clause, if one comes next."""
        word = self.peek()
        if word is None:
            return False
        if clause.amount is None and self.is_number() and not self._times_follow():
            if self.peek(1) is not None and not DOSE_UNIT.match(self.peek(1) or ""):
                self.at += 1
                raise self.fail(f"the dose's unit after the number, like {drugs.find(clause.drug).dose_unit}")
            clause.amount = self.number("a dose")
            if self.peek() is None:
                raise self.fail(f"the dose's unit, like {drugs.find(clause.drug).dose_unit}")
            per_day = (self.peek() or "").endswith(("/d", "/day"))
            clause.unit = self.dose_unit()
            if per_day:
                clause.interval = clause.interval or 1.0
            self.accept("per", "pulse")
            return True
        if word in ("iv", "sc", "subcutaneous", "intravenous") and self.peek(1) == "infusion":
            clause.route = f"{drugs.ROUTE_NAMES.get(word, word)} infusion"
            self.at += 2
            return True
        if word in ROUTES:
            clause.route = word
            self.at += 1
            return True
        if word in ("by", "with") and self.peek(1) in ("pump", "mouth"):
            self.at += 2
            return True
        if word == "pump":
            self.at += 1
            return True
        if self.frequency(clause):
            return True
        if word in ("from", "starting", "start", "beginning"):
            self.at += 1
            self.accept_one("at", "on", "in")
            clause.start = self.moment()
            return True
        if word == "after":
            self.at += 1
            clause.start = self.duration("after how long")
            return True
        if word == "until" or word == "to":
            self.at += 1
            clause.end = self.moment()
            return True
        if word == "for":
            self.at += 1
            if self.is_number() and self.peek(1) in ("doses", "dose"):
                value = self.number("how many doses")
                self.at += 1
                if value != int(value) or value < 1:
                    raise self.fail("a whole number of doses, at least 1")
                clause.doses = int(value)
            else:
                clause.length = self.duration("for how long")
            return True
        if word == "over":
            self.at += 1
            clause.over = self.duration("over how long")
            return True
        if word in ("on", "at") and self.peek(1) in ("day", "days"):
            self.at += 2
            clause.days.append(self.number("a day"))
            while self.peek() in (",", "and") and self.is_number(1) and not DOSE_UNIT.match(self.peek(2) or ""):
                self.at += 1
                clause.days.append(self.number("a day"))
            return True
        if word in ("tapering", "taper", "tapered"):
            self.at += 1
            if not self.accept("to"):
                raise self.fail("'to' and the last dose: 'tapering to 12.5 mg over 8 weeks'")
            last = self.number("the last dose")
            if not DOSE_UNIT.match(self.peek() or ""):
                raise self.fail("the last dose's unit")
            self.at += 1
            if not self.accept("over"):
                raise self.fail("'over' and how long: 'over 8 weeks'")
            clause.taper = (last, self.duration("over how long"))
            return True
        if self.is_number() and self.peek(1) in UNITS_OF_TIME and self.peek(2) == "on":
            on = self.duration("days on")
            self.accept("on")
            self.accept_one("and", ",")
            off = self.duration("days off")
            if not self.accept("off"):
                raise self.fail("'off'")
            clause.on_off = (on, off)
            return True
        return False

    def _complete(self, clause: Clause) -> None:
        """What goes without saying: the usual dose of surgery or a diet, and that it is done once."""
        drug = drugs.find(clause.drug)
        if clause.amount is None and drug.default_dose is not None:
            clause.amount, clause.unit = drug.default_dose, drug.dose_unit
        if drug.routes[drug.default_route].lasting and clause.interval is None and not clause.days:
            clause.doses = clause.doses or 1

    def start_follows(self) -> bool:
        """Whether what is left says from when."""
        return any(word.lower() in ("from", "starting", "after") for word in self.words[self.at :])

    def clause(self) -> Clause:
        result = Clause(self.drug())
        self.accept("of")
        while self.phrase(result):
            pass
        self._complete(result)
        if result.amount is None:
            raise self.fail(f"a dose of {result.drug}, like '1 {drugs.find(result.drug).dose_unit}'")
        if self.peek() is not None and self.peek() not in TOGETHER | AFTER | CONDITION:
            raise self.fail(
                "a route, how often ('daily', 'every 3 days', 'three times a week'), 'from', 'for', 'until', "
                "'and' or 'then'"
            )
        if result.interval is None and result.doses is None and not result.days:
            raise self.fail("how often: 'daily', 'every other day', 'three times a week', 'every 90 min', 'once'")
        return result
