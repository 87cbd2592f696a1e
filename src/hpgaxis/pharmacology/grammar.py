"""The clauses of a sentence: 'hCG 1500 IU sc three times a week', 'rFSH 150 IU sc every other day from month 4'.

A clause is a drug and a dose, followed by phrases in any order: a route, how often, from when, for how long. A kind of
phrase occurs once in a clause, and phrases that contradict one another are refused. `sentence` joins clauses, rules
and adherence; `clauses.write` writes the sentence of a series; docs/how-to/sentence-grammar.md has the grammar.
"""

from __future__ import annotations

import re

from ..units import UnitError, factor
from . import words
from .clauses import Clause
from .dose_units import dose_unit
from .doses import SHORTEST_INTERVAL_DAYS
from .drug import ROUTES, Drug, DrugError
from .library import MOST_WORDS, DrugLibrary
from .span import Span
from .tokens import Tokens

SCHEDULED = {"how often", "once", "on which days", "on which weekdays"}
"""Kinds of phrases one of which every clause needs."""


class Parser(Tokens):
    """Reads clauses, with the drugs of a library (the shipped one if it is left out)."""

    def __init__(self, sentence: str, drugs: DrugLibrary | None = None):
        super().__init__(sentence)
        self.drugs = DrugLibrary.shipped() if drugs is None else drugs

    def drug(self) -> Drug:
        """The drug that comes next."""
        for length in range(min(MOST_WORDS, len(self.words) - self.at), 0, -1):
            phrase = " ".join(self.words[self.at : self.at + length]).lower().replace(" %", "%")
            if phrase in self.drugs.spellings:
                self.at += length
                return self.drugs[phrase]
        word = self.peek()
        expected = "a drug"
        if word is not None:
            try:
                self.drugs.find(word)
            except DrugError as error:
                expected = f"a drug: {error}"
        raise self.fail(expected)

    def dose(self, expected: str, clause: Clause | None = None) -> tuple[float, str]:
        """'25 mg', '0.1 ug/kg'; in a clause also '25 mg per day', which says how often as well."""
        begin = self.at
        amount = self.number(expected)
        usual = f", like {clause.drug.dose_unit}" if clause is not None and clause.drug else ""
        if self.peek() is None:
            raise self.fail(f"the dose's unit{usual or ', like mg, ug or IU'}")
        first, *others = self.words[self.at].rstrip(".").split("/")
        others = [part.lower() for part in others]
        try:
            unit = dose_unit(first)
        except UnitError as error:
            raise self.fail(f"the dose's unit after the number{usual}: {error}") from None
        self.at += 1
        while self.peek() in words.PER and self.peek() != "every" and self.peek(1) in words.DOSE_DIVISORS:
            others.append(self.peek(1) or "")
            self.at += 2
        if others[:1] == ["kg"]:
            unit, others = f"{unit}/kg", others[1:]
            try:
                dose_unit(unit)
            except UnitError as error:
                raise self.fail(f"the dose's unit{usual}: {error}", begin + 1) from None
        for part in others:
            if clause is None or len(others) > 1 or part == "kg" or part not in words.DOSE_DIVISORS:
                raise self.fail(f"the dose's unit{usual}, not {self.words[begin + 1]!r}", begin + 1)
            if part in words.UNITS_OF_TIME:
                self._note(clause, "how often", begin)
                clause.interval, clause.per_time = self.span(1.0, part, begin), True
        return amount, unit

    def _note(self, clause: Clause, kind: str, begin: int) -> None:
        """Note a kind of phrase, in the words from `begin` to here. Raises GrammarError where it does not fit."""
        if kind in clause.phrases:
            raise self.fail(f"one phrase that says {kind}, and {clause.phrases[kind]!r} says it already", begin)
        for other, phrase in clause.phrases.items():
            if kind in words.EXCLUDES.get(other, ()) or other in words.EXCLUDES.get(kind, ()):
                raise self.fail(f"no phrase that says {kind} beside {phrase!r}", begin)
        clause.phrases[kind] = " ".join(self.words[begin : self.at])

    def _interval(self, interval: Span, at: int) -> Span:
        if not interval.days > 0:
            raise self.fail("a time above 0", at)
        if interval.days < SHORTEST_INTERVAL_DAYS * (1 - 1e-9):
            raise self.fail("a time of a minute at least", at)
        return interval

    def _interval_words(self) -> Span | None:
        """How often, if that comes next."""
        begin = self.at
        if self.peek() == "once" and self.peek(1) in (*words.ADVERBS, "every", "each"):
            self.at += 1
        word = self.peek() or ""
        if word in words.AMBIGUOUS:
            raise self.fail(words.AMBIGUOUS[word])
        if word.replace(".", "") in words.LATIN:
            self.at += 1
            return Span(words.LATIN[word.replace(".", "")])
        if word in words.ADVERBS:
            self.at += 1
            return words.ADVERBS[word]
        if compact := words.COMPACT_INTERVAL.fullmatch(word):
            self.at += 1
            return self._interval(self.span(float(compact[1] or 1), compact[2], begin), begin)
        if word == "q" and self.is_number(1):
            self.at += 1
            return self._interval(self.duration("how often"), begin + 1)
        if word in ("every", "each"):
            self.at += 1
            if self.accept_one(*words.PARTS_OF_DAY[1:]):
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
            self.accept_one(*words.TIMES)
            adverb = self.peek()
            if adverb in ("daily", "weekly", "monthly"):
                self.at += 1
                per = words.ADVERBS[adverb]
            else:
                if not self.accept_one(*words.PER):
                    raise self.fail("'a day', 'a week' or 'a month'")
                per = self.duration("how often") if self.is_number() else self.one_unit()
            return self._interval(Span(per.days / times, None if per.months is None else per.months / times), begin)
        return None

    def _times_follow(self) -> bool:
        after = self.peek(1)
        if self.peek() in ("once", "twice", "thrice"):
            return after in (*words.PER, "daily", "weekly", "monthly")
        return after in (*words.TIMES, "/")

    def _weekdays(self) -> tuple[int, ...]:
        """'Mon/Wed/Fri', 'MWF', 'on Mondays and Thursdays', 'every Monday', if that comes next; else ()."""
        begin = self.at
        self.accept_one("on", "every", "each")
        weekdays = list(self._weekday_word())
        if not weekdays:
            self.at = begin
            return ()
        while self.peek() in (",", "and", "&", "/"):
            self.at += 1
            more = self._weekday_word()
            if not more:
                self.at -= 1
                break
            weekdays += more
        if len(set(weekdays)) < len(weekdays):
            raise self.fail("each weekday once", begin)
        return tuple(weekdays)

    def _weekday_word(self) -> tuple[int, ...]:
        word = self.peek() or ""
        parts = words.WEEKDAY_LETTERS.get(word) or tuple(words.WEEKDAYS.get(part) for part in re.split("[/-]", word))
        if any(part is None for part in parts):
            return ()
        if "-" in word and word not in words.WEEKDAY_LETTERS:
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
            self._note(clause, "days on and off", begin)
        elif formulation := self._formulation(clause.drug):
            clause.formulation = formulation
            self._note(clause, "which formulation", begin)
        elif clause.amount is None and self.is_number() and not self._times_follow() and not self._once():
            clause.amount, clause.unit = self.dose("a dose", clause)
            self._fits(clause, begin)
        elif route := self._route(clause.drug):
            clause.route = route
            self._note(clause, "by which route", begin)
        elif self.accept("by", "pump") or self.accept("with", "pump") or self.accept("pump"):
            self._note(clause, "by which device", begin)
        elif weekdays := self._weekdays():
            clause.weekdays = weekdays
            self._note(clause, "on which weekdays", begin)
        elif interval := self._interval_words():
            clause.interval = interval
            self._note(clause, "how often", begin)
        elif self._once():
            self.at += 1
            clause.once = True
            self._note(clause, "once", begin)
        elif self.accept_one("continuous", "continuously"):
            if clause.interval is None or not clause.per_time:
                self._note(clause, "how often", begin)
                clause.interval = Span(1.0)
            clause.over = clause.interval.days
            self._note(clause, "over how long", begin)
        elif self._hour():
            self._note(clause, "at what hour", begin)
        else:
            return self._when(clause, begin, word)
        return True

    def _route(self, drug: Drug | None) -> str | None:
        """A route, if one comes next: one of the drug's own names, or one of the usual words."""
        word = (self.peek() or "").replace(".", "")
        if word in ("iv", "sc", "subcutaneous", "intravenous") and self.peek(1) == "infusion":
            self.at += 2
            return f"{ROUTES[word]} infusion"
        for name in sorted(drug.routes if drug else (), key=len, reverse=True):
            if self.accept(*name.split()):
                return name
        if word in ROUTES:
            self.at += 1
            return ROUTES[word]
        return "oral" if self.accept("by", "mouth") else None

    def _formulation(self, drug: Drug | None) -> str | None:
        """The name of one of the drug's formulations, if it comes next: 'in tea-seed oil', '3-month depot'."""
        begin = self.at
        self.accept_one("in", "as")
        names = [formulation.name for formulation in drug.formulations] if drug else []
        for name in sorted(names, key=len, reverse=True):
            if self.accept(*words.TOKEN.findall(words.spaced(name))):
                return name
        self.at = begin
        return None

    def _when(self, clause: Clause, begin: int, word: str) -> bool:
        """Read a phrase that says from when, until when, for how long or on which days, if one comes next."""
        if word in words.START:
            self.at += 1
            self.accept_one("at", "on", "in")
            clause.start = self.moment()
            self._note(clause, "from when", begin)
        elif word == "after":
            self.at += 1
            clause.start = self.duration("after how long")
            self._note(clause, "from when", begin)
        elif word in words.END:
            self.at += 1
            clause.end = self.moment()
            self._note(clause, "until when", begin)
        elif word == "for" or (word in words.TIMES[1:] and self.is_number(1)):
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
            self._note(clause, "until when", begin)
        elif word == "over":
            self.at += 1
            clause.over = self._interval(self.duration("over how long"), begin + 1).days
            self._note(clause, "over how long", begin)
        elif word in ("on", "at") and self.peek(1) in words.UNITS_OF_TIME:
            self.at += 1
            clause.days = self.moments("a day")
            if clause.once and len(clause.days) > 1:
                raise self.fail("one day with 'once'", begin)
            self._note(clause, "on which days", begin)
        elif word in words.TAPER:
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
            self._note(clause, "how it tapers", begin)
        else:
            return False
        return True

    def _is_on_off(self) -> bool:
        return (
            self.is_number()
            and self.peek(1) in words.UNITS_OF_TIME
            and self.peek(2) == "on"
            and (self.is_number(3) or (self.peek(3) in ("and", ",") and self.is_number(4)))
        )

    def _once(self) -> bool:
        return self.peek() == "once" and self.peek(1) not in (*words.PER, *words.ADVERBS)

    def _hour(self) -> bool:
        return (
            self.accept("at", words.PARTS_OF_DAY[0])
            or self.accept("at", "night")
            or self.accept("in", "the", "morning")
            or self.accept("in", "the", "evening")
        )

    def _fits(self, clause: Clause, at: int) -> None:
        """Check that the unit is one of the drug."""
        if clause.drug is None:
            return
        try:
            factor(clause.unit.removesuffix("/kg"), clause.drug.dose_unit)
        except UnitError as error:
            raise self.fail(f"a unit of the drug: {error}; use {clause.drug.dose_unit}", at + 1) from None

    def _complete(self, clause: Clause, drug: Drug) -> None:
        """Add the defaults: the usual dose, 'once' for a lasting intervention, 'daily' at an hour."""
        if clause.amount is None and drug.default_dose is not None:
            clause.amount, clause.unit = drug.default_dose, drug.dose_unit
        if clause.amount is None:
            raise self.fail(f"a dose of {drug.name}, like '1 {drug.dose_unit}'")
        if drug.routes[drug.default_route].lasting and not SCHEDULED & clause.phrases.keys():
            clause.once = True
            self._note(clause, "once", self.at)
        hour = clause.phrases.get("at what hour")
        if hour is not None:
            if clause.interval is None:
                clause.interval = Span(1.0)
                clause.phrases["how often"] = hour
            elif clause.interval.days != 1.0:
                raise self.fail(f"one dose a day with {hour!r}, not {clause.phrases['how often']!r}")

    def clause(self) -> Clause:
        """Read one clause to its end."""
        self.accept_one(*words.GIVE)
        clause = Clause()
        begin = self.at
        if self.is_number():
            clause.amount, clause.unit = self.dose("a drug or a dose", clause)
            self.accept("of")
        clause.drug = self.drug()
        if clause.amount is not None:
            self._fits(clause, begin)
        self.accept("of")
        while self.phrase(clause):
            pass
        self._complete(clause, clause.drug)
        if self.peek() is not None and self.peek() not in (*words.TOGETHER, *words.AFTER, *words.CONDITION):
            raise self.fail(
                "a route, how often ('daily', 'every 3 days', 'three times a week'), 'from', 'for', 'until', "
                "'and' or 'then'"
            )
        if not SCHEDULED & clause.phrases.keys():
            raise self.fail("how often: 'daily', 'every other day', 'three times a week', 'every 90 min', 'once'")
        return clause
