"""Whole sentences: doses, rules at visits, adherence."""

from __future__ import annotations

from . import rule_grammar
from .clauses import expand
from .doses import DoseSeries
from .grammar import AFTER, CONDITION, NOTHING, TOGETHER, Parser
from .rules import Rule


def parse(sentence: str) -> tuple[tuple[DoseSeries, ...], tuple[Rule, ...], float]:
    """The series, the rules and the adherence that a sentence names.

    Raises GrammarError with the word and what was expected there.
    """
    if sentence.strip().lower().rstrip(".") in NOTHING:
        return (), (), 1.0
    parser = Parser(sentence)
    series: list[DoseSeries] = []
    rules: list[Rule] = []
    adherence = 1.0
    begin, ends = 0.0, list[float | None]()
    while True:
        if parser.peek() in ("nothing", "stop") and parser.peek(1) is None:
            parser.at += 1
            break
        if parser.accept("no", "treatment"):
            ends.append(begin)
        elif parser.peek(2) == "adherence" and parser.is_number():
            adherence = _adherence(parser)
        elif rule_grammar.starts(parser):
            rules.append(rule_grammar.parse(parser, series))
        else:
            clause = parser.clause()
            found, end = expand(clause, begin, parser.fail)
            series += found
            ends.append(end)
        joint = parser.peek()
        if joint is None:
            break
        if joint not in TOGETHER | AFTER | CONDITION:
            raise parser.fail("'and', ',' or 'then', or the end")
        followed = False
        while parser.peek() in TOGETHER | AFTER:
            followed = followed or parser.peek() in AFTER
            parser.at += 1
        if followed:
            open_ended = parser.peek() in ("nothing", "stop") or parser.start_follows()
            if any(e is None for e in ends) and not open_ended:
                parser.at -= 1
                raise parser.fail("'for' or 'until' before 'then': what comes before it never ends")
            begin = max((e for e in ends if e is not None), default=begin)
            ends = []
    return tuple(series), tuple(rules), adherence


def _adherence(parser: Parser) -> float:
    """'80 % adherence' as 0.8."""
    percent = parser.number("a percentage")
    if parser.peek() not in ("%", "percent") or not 0 < percent <= 100:
        raise parser.fail("an adherence above 0 and at most 100 %, like '80 % adherence'")
    parser.at += 2
    return percent / 100
