"""Whole sentences: doses, rules at visits, adherence."""

from __future__ import annotations

from . import rule_grammar
from .clauses import expand
from .doses import DoseSeries
from .grammar import Parser
from .library import DrugLibrary
from .rules import Rule
from .span import BEGINNING, Span
from .words import AFTER, CONDITION, NOTHING, TOGETHER


def parse(sentence: str, drugs: DrugLibrary | None = None) -> tuple[tuple[DoseSeries, ...], tuple[Rule, ...], float]:
    """The series, the rules and the adherence of a sentence; an empty one has none.

    Raises GrammarError with the word that does not fit and what is expected there.
    """
    parser = Parser(sentence, drugs)
    if not parser.words:
        return (), (), 1.0
    return _Sentence(parser).read()


class _Sentence:
    """A sentence as far as it is read: stages joined by 'then', and parts that go together within a stage."""

    def __init__(self, parser: Parser):
        self.parser = parser
        self.series: list[DoseSeries] = []
        self.rules: list[Rule] = []
        self.adherence: float | None = None

    def read(self) -> tuple[tuple[DoseSeries, ...], tuple[Rule, ...], float]:
        parser, begin = self.parser, BEGINNING
        while True:
            ends = self._stage(begin)
            if parser.peek() is None:
                return tuple(self.series), tuple(self.rules), 1.0 if self.adherence is None else self.adherence
            known = [end for end in ends if end is not None]
            if not known or len(known) < len(ends):
                raise parser.fail("'for' or 'until' before 'then': what comes before it never ends")
            begin = max(known, key=lambda end: end.days)
            parser.at += 1
            if parser.peek() == "stop" and parser.peek(1) is None:
                parser.at += 1
            elif parser.peek() is None:
                raise parser.fail("what comes after 'then'")

    def _stage(self, begin: Span) -> list[Span | None]:
        """Read one stage, up to 'then' or the end; the end of each of its doses (None: never)."""
        parser, ends, treated, untreated = self.parser, list[Span | None](), False, False
        while parser.peek() is not None:
            at = parser.at
            if any(parser.accept(*words) for words in NOTHING):
                untreated = True
                ends.append(self._nothing(begin))
            elif parser.peek(2) == "adherence" and parser.is_number():
                if self.adherence is not None:
                    raise parser.fail("one adherence")
                self.adherence = _adherence(parser)
            elif rule_grammar.starts(parser):
                self.rules.append(rule_grammar.parse(parser, self.series))
            else:
                treated = True
                clause = parser.clause()
                series, end = expand(clause, begin, parser.fail)
                self.series += series
                ends.append(end)
            if treated and untreated:
                raise parser.fail("doses or no treatment, and 'then' between them", at)
            joint = parser.peek()
            if joint is None or joint in AFTER:
                break
            if joint not in (*TOGETHER, *CONDITION):
                raise parser.fail("'and', ',' or 'then', or the end")
            while parser.peek() in TOGETHER:
                parser.at += 1
            if parser.peek() in AFTER:
                break
            if parser.peek() is None:
                raise parser.fail(f"what comes after {joint!r}")
        return ends

    def _nothing(self, begin: Span) -> Span | None:
        """The end of a time without treatment: 'no treatment for 3 months'."""
        parser = self.parser
        at = parser.at
        if parser.accept("for"):
            end = begin.later(parser.duration("for how long"))
        elif parser.accept("until"):
            end = parser.moment()
        else:
            return None
        if end.days <= begin.days:
            raise parser.fail(f"an end after day {begin.days:g}", at)
        return end


def _adherence(parser: Parser) -> float:
    """'80 % adherence' as 0.8."""
    percent = parser.number("a percentage")
    if parser.peek() not in ("%", "percent") or not 0 < percent <= 100:
        raise parser.fail("an adherence above 0 and at most 100 %, like '80 % adherence'")
    parser.at += 2
    return percent / 100
