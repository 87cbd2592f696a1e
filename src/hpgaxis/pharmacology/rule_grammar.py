"""Rules as sentences: 'if estradiol > 50 pg/mL at week 6 add anastrozole 0.5 mg twice a week'.

A rule has a condition ('if' or 'when', a measurement, a comparison, a value), visits ('at week 6', 'at weeks 6 and
12', 'every 4 weeks until month 6'; every 4 weeks where they are left out) and an action ('raise clomiphene to 50 mg',
'lower .. by ..', 'double', 'halve', 'add ..', 'stop', 'switch to ..'), which may also come first. 'plus' joins the
doses of one action; 'and' begins the next part of the protocol.
"""

from __future__ import annotations

from typing import Any

from ..measurements.labs import LabError, canonical
from ..measurements.registry import LABS
from .clauses import expand, write
from .doses import DoseSeries
from .drug import Drug
from .grammar import Parser
from .rules import COMPARISONS, Rule
from .span import BEGINNING
from .words import CONDITION, ENDS, UNITS_OF_TIME, VERBS, VISITS

WORDS_FOR = {
    ("is", "below"): "<", ("below",): "<", ("under",): "<", ("is", "above"): ">", ("above",): ">", ("over",): ">",
    ("at", "least"): ">=", ("at", "most"): "<=", ("≥",): ">=", ("≤",): "<=",
    **{(symbol,): symbol for symbol in COMPARISONS},
}  # fmt: skip


def starts(parser: Parser) -> bool:
    """Whether a rule comes next, and not a dose."""
    word = parser.peek()
    if word in CONDITION:
        return True
    return word in VERBS and any(later.lower() in CONDITION for later in parser.words[parser.at + 1 :])


def parse(parser: Parser, running: list[DoseSeries]) -> Rule:
    """Read one rule; `running` are the series before it, for 'double' without a drug."""
    fields: dict[str, Any] = {}
    kinds: set[str] = set()
    parser.accept("then")
    if parser.peek() in VERBS:
        _action(parser, fields, running)
        if parser.peek() not in CONDITION:
            raise parser.fail("'if' or 'when' and a condition, like 'when hematocrit > 54 %'")
    while True:
        word = parser.peek()
        if word in CONDITION and "measure" not in fields:
            parser.at += 1
            _condition(parser, fields)
        elif word in VISITS and "measure" in fields:
            _visits(parser, fields, kinds)
        elif "action" not in fields and (word in VERBS or parser.peek(1) in VERBS):
            if word not in VERBS:
                if word not in (",", "then", ";"):
                    raise parser.fail("an action: raise, lower, double, halve, add, stop or switch")
                parser.at += 1
            _action(parser, fields, running)
        else:
            break
    if "action" not in fields:
        raise parser.fail("'at' and a visit, or an action: raise, lower, double, halve, add, stop or switch")
    return Rule(**fields)


def _condition(parser: Parser, fields: dict[str, Any]) -> None:
    for length in range(min(4, len(parser.words) - parser.at), 0, -1):
        phrase = " ".join(parser.words[parser.at : parser.at + length])
        try:
            fields["measure"] = canonical(phrase)
        except LabError:
            continue
        parser.at += length
        break
    else:
        raise parser.fail(f"a measurement: {', '.join(LABS)}")
    parser.accept("is")
    for words, symbol in WORDS_FOR.items():
        if parser.accept(*words):
            fields["comparison"] = symbol
            break
    else:
        raise parser.fail("a comparison: <, <=, >, >=, below or above")
    fields["value"] = parser.number("the value")
    word = parser.peek()
    fields["unit"] = ""
    if word is not None and word not in (*VISITS, "then", ",", ";", "and", *VERBS):
        fields["unit"] = parser.words[parser.at].rstrip(".")
        parser.at += 1
        if parser.accept("per"):
            fields["unit"] += f" per {parser.words[parser.at] if parser.peek() is not None else ''}"
            parser.at += 1


def _visits(parser: Parser, fields: dict[str, Any], kinds: set[str]) -> None:
    """Read the visits; `kinds` holds the words of earlier phrases on visits."""
    begin, word = parser.at, parser.peek() or ""
    kind = "at" if word == "on" else word
    parser.at += 1
    if kind in kinds or (kinds and "at" in (kind, *kinds)):
        raise parser.fail(f"visits that are said once, and {min(kinds)!r} says them already", begin)
    kinds.add(kind)
    if word == "every":
        if parser.accept("visit"):
            return
        interval = parser.duration("how often") if parser.is_number() else parser.one_unit()
        fields["every_days"] = interval.days
        if "from" not in kinds:
            fields["from_day"] = interval.days
    elif word == "from":
        fields["from_day"] = parser.moment().days
    elif word == "until":
        fields["until_day"] = parser.moment().days
    elif parser.peek() in UNITS_OF_TIME:
        fields["visits"] = tuple(day.days for day in parser.moments("a number after the unit of time, like 'week 6'"))
    else:
        fields["visits"] = (parser.moment().days,)


def _action(parser: Parser, fields: dict[str, Any], running: list[DoseSeries]) -> None:
    verb = VERBS[parser.peek() or ""]
    parser.at += 1
    if verb in ("add", "switch"):
        fields["action"] = verb
        if verb == "switch":
            parser.accept("from")
            if not parser.accept("to"):
                _set_drug(fields, parser.drug())
                if not parser.accept("to"):
                    raise parser.fail("'to' and what he is switched to")
        series = expand(parser.clause(), BEGINNING, parser.fail)[0]
        while parser.accept("plus"):
            series += expand(parser.clause(), BEGINNING, parser.fail)[0]
        fields["series"] = tuple(series)
        return
    if verb == "stop":
        fields["action"] = "stop"
        if not parser.accept_one("everything", "treatment") and parser.peek() not in ENDS:
            _set_drug(fields, parser.drug())
        return
    if parser.peek() in (*ENDS, "to", "by", "it", "the"):
        parser.accept("it")
        if parser.accept("the"):
            parser.accept("dose")
        if len({item.drug for item in running}) != 1:
            raise parser.fail(f"the drug to {verb}")
        _set_drug(fields, running[0].definition)
    else:
        _set_drug(fields, parser.drug())
    if verb in ("double", "halve"):
        fields["action"] = verb
        return
    for word in ("to", "by"):
        if parser.accept(word):
            fields["action"] = f"{verb} {word}"
            fields["amount"], fields["amount_unit"] = parser.dose("the new dose")
            return
    raise parser.fail("'to' or 'by' and a dose")


def _set_drug(fields: dict[str, Any], drug: Drug) -> None:
    fields["drug"], fields["user_drug"] = drug.name, drug


def sentence(rule: Rule) -> str:
    """The sentence that `parse` reads into the same rule."""
    text = f"if {rule.measure} {rule.comparison} {rule.value!r} {rule.unit}"
    if rule.visits:
        text += f" at day {' and '.join(repr(day) for day in rule.visits)}"
    else:
        text += f" every {rule.every_days!r} days from day {rule.from_day!r}"
        text += f" until day {rule.until_day!r}" if rule.until_day is not None else ""
    if rule.action in ("add", "switch"):
        of = f" {rule.drug}" if rule.drug else ""
        head = "add" if rule.action == "add" else f"switch{of} to"
        return f"{text} {head} {' plus '.join(write([item]) for item in rule.series)}"
    if rule.action == "stop":
        return f"{text} stop {rule.drug or 'everything'}"
    verb, *rest = rule.action.split()
    amount = f" {rest[0]} {rule.amount!r} {rule.amount_unit}" if rest else ""
    return f"{text} {verb} {rule.drug}{amount}"
