"""Rules as sentences: 'if estradiol > 50 pg/mL at week 6 add anastrozole 0.5 mg twice a week'.

A rule has a condition ('if' or 'when', a measurement, a comparison, a value), visits ('at week 6', 'at weeks 6 and
12', 'every 4 weeks until month 6'; every 4 weeks where it does not say) and an action ('raise clomiphene to 50 mg',
'lower .. by ..', 'double', 'halve', 'add ..', 'stop', 'switch to ..'), which may also come first. What is added
together is joined by 'plus'; 'and' goes on with the protocol.
"""

from __future__ import annotations

from typing import Any

from ..measurements.labs import LabError, canonical
from ..measurements.registry import LABS
from .clauses import BEGINNING, expand, write
from .doses import DoseSeries
from .grammar import UNITS_OF_TIME, Parser
from .rules import COMPARISONS, Rule

VERBS = {
    "raise": "raise", "increase": "raise", "lower": "lower", "reduce": "lower", "decrease": "lower",
    "double": "double", "halve": "halve", "add": "add", "stop": "stop", "switch": "switch",
}  # fmt: skip
ENDS = (None, "if", "when", ",", ";", "and", "then", "at", "on", "every", "from", "until")
"""What follows an action that names no drug."""
VISITS = ("at", "on", "every", "from", "until")
WORDS_FOR = {
    ("is", "below"): "<", ("below",): "<", ("under",): "<", ("is", "above"): ">", ("above",): ">", ("over",): ">",
    ("at", "least"): ">=", ("at", "most"): "<=", ("≥",): ">=", ("≤",): "<=",
    **{(symbol,): symbol for symbol in COMPARISONS},
}  # fmt: skip


def starts(parser: Parser) -> bool:
    """Whether a rule comes next, and not a dose."""
    word = parser.peek()
    if word in ("if", "when"):
        return True
    return word in VERBS and any(later.lower() in ("if", "when") for later in parser.words[parser.at + 1 :])


def parse(parser: Parser, running: list[DoseSeries]) -> Rule:
    """Read one rule; `running` is what has been given so far, for 'double' without a drug."""
    said: dict[str, Any] = {}
    kinds: set[str] = set()
    parser.accept("then")
    if parser.peek() in VERBS:
        _action(parser, said, running)
        if parser.peek() not in ("if", "when"):
            raise parser.fail("'if' or 'when' and a condition, like 'when hematocrit > 54 %'")
    while True:
        word = parser.peek()
        if word in ("if", "when") and "measure" not in said:
            parser.at += 1
            _condition(parser, said)
        elif word in VISITS and "measure" in said:
            _visits(parser, said, kinds)
        elif "action" not in said and (word in VERBS or parser.peek(1) in VERBS):
            if word not in VERBS:
                if word not in (",", "then", ";"):
                    raise parser.fail("an action: raise, lower, double, halve, add, stop or switch")
                parser.at += 1
            _action(parser, said, running)
        else:
            break
    if "action" not in said:
        raise parser.fail("'at' and a visit, or an action: raise, lower, double, halve, add, stop or switch")
    return Rule(**said)


def _condition(parser: Parser, said: dict[str, Any]) -> None:
    for length in range(min(4, len(parser.words) - parser.at), 0, -1):
        phrase = " ".join(parser.words[parser.at : parser.at + length])
        try:
            said["measure"] = canonical(phrase)
        except LabError:
            continue
        parser.at += length
        break
    else:
        raise parser.fail(f"a measurement: {', '.join(LABS)}")
    parser.accept("is")
    for words, symbol in WORDS_FOR.items():
        if parser.accept(*words):
            said["comparison"] = symbol
            break
    else:
        raise parser.fail("a comparison: <, <=, >, >=, below or above")
    said["value"] = parser.number("the value")
    word = parser.peek()
    said["unit"] = ""
    if word is not None and word not in (*VISITS, "then", ",", ";", "and", *VERBS):
        said["unit"] = parser.words[parser.at].rstrip(".")
        parser.at += 1
        if parser.accept("per"):
            said["unit"] += f" per {parser.words[parser.at] if parser.peek() is not None else ''}"
            parser.at += 1


def _visits(parser: Parser, said: dict[str, Any], kinds: set[str]) -> None:
    """Read when its visits are; kinds: the words that have said so already."""
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
        said["every_days"] = interval.days
        if "from" not in kinds:
            said["from_day"] = interval.days
    elif word == "from":
        said["from_day"] = parser.moment().days
    elif word == "until":
        said["until_day"] = parser.moment().days
    elif parser.peek() in UNITS_OF_TIME:
        said["visits"] = tuple(day.days for day in parser.moments("a number after the unit of time, like 'week 6'"))
    else:
        said["visits"] = (parser.moment().days,)


def _action(parser: Parser, said: dict[str, Any], running: list[DoseSeries]) -> None:
    verb = VERBS[parser.peek() or ""]
    parser.at += 1
    if verb in ("add", "switch"):
        said["action"] = verb
        if verb == "switch":
            parser.accept("from")
            if not parser.accept("to"):
                said["drug"] = parser.drug()
                if not parser.accept("to"):
                    raise parser.fail("'to' and what he is switched to")
        series = expand(parser.clause(), BEGINNING, parser.fail)[0]
        while parser.accept("plus"):
            series += expand(parser.clause(), BEGINNING, parser.fail)[0]
        said["series"] = tuple(series)
        return
    if verb == "stop":
        said["action"] = "stop"
        all_of_it = parser.accept_one("everything", "treatment")
        said["drug"] = "" if all_of_it or parser.peek() in ENDS else parser.drug()
        return
    only = {item.drug for item in running}
    if parser.peek() in (*ENDS, "to", "by", "it", "the"):
        parser.accept("it")
        if parser.accept("the"):
            parser.accept("dose")
        if len(only) != 1:
            raise parser.fail(f"the drug to {verb}")
        said["drug"] = only.pop()
    else:
        said["drug"] = parser.drug()
    if verb in ("double", "halve"):
        said["action"] = verb
        return
    for word in ("to", "by"):
        if parser.accept(word):
            said["action"] = f"{verb} {word}"
            said["amount"], said["amount_unit"] = parser.dose("the new dose")
            return
    raise parser.fail("'to' or 'by' and a dose")


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
