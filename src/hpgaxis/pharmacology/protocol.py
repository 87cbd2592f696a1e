"""Protocols: who gets what, when. A protocol is a list of regular series of doses, rules at visits, and adherence.

The forms are a sentence (`sentence`), YAML, Python and an event table (`events`); each converts to the
others without loss, because they all name the same series and rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..units import split_quantity
from . import rule_grammar
from .clauses import write
from .doses import DoseSeries, ProtocolError
from .grammar import Parser
from .rules import Rule
from .sentence import parse


@dataclass(frozen=True)
class Protocol:
    """Series of doses given together, and rules that change them at visits; an empty one is no treatment.

    adherence: share of the doses that are taken (0..1); which ones are missed is drawn, seeded, in `simulate`.
    """

    series: tuple[DoseSeries, ...] = ()
    name: str = ""
    rules: tuple[Rule, ...] = ()
    adherence: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.adherence <= 1:
            raise ProtocolError(f"adherence = {self.adherence!r}: the share of doses taken, above 0 and at most 1")
        object.__setattr__(self, "adherence", round(float(self.adherence), 6))

    @classmethod
    def of(cls, given: Any) -> Protocol:
        """A protocol from a Protocol, a sentence, a DoseSeries, a list of those or of YAML entries.

        Raises ProtocolError or DrugError with the word or the field that is wrong.
        """
        if isinstance(given, Protocol):
            return given
        if isinstance(given, DoseSeries):
            return cls((given,))
        if isinstance(given, str):
            series, rules, adherence = parse(given)
            return cls(series, given.strip(), rules, adherence)
        if isinstance(given, dict):
            given = [given]
        if isinstance(given, Iterable):
            return cls(tuple(_entry(item, index) for index, item in enumerate(given)))
        raise ProtocolError(
            f"a protocol is a sentence, a list of dose series or a Protocol, not {type(given).__name__}"
        )

    def label(self) -> str:
        """The name to show: what the user wrote, or the sentence that says the same."""
        return self.name or self.to_sentence()

    def to_sentence(self) -> str:
        """The sentence that parses into exactly this protocol."""
        parts = [write(self.series), *self.rule_sentences()]
        if self.adherence < 1:
            parts.append(self.adherence_sentence())
        return "; ".join(parts)

    def adherence_sentence(self) -> str:
        """'80.0 % adherence'."""
        return f"{round(100 * self.adherence, 4)!r} % adherence"

    def rule_sentences(self) -> list[str]:
        """Each rule as the sentence that is read into it."""
        return [rule_grammar.sentence(rule) for rule in self.rules]

    def to_yaml(self) -> str:
        """YAML that `from_yaml` reads into the same protocol."""
        import yaml

        entries = []
        for item in self.series:
            entry: dict[str, Any] = {
                "drug": item.drug,
                "dose": f"{item.amount!r} {item.unit}",
                "route": item.route,
                "start_day": item.start_day,
            }
            if item.doses != 1:
                entry["every_days"] = item.interval_days
            if item.doses is not None:
                entry["doses"] = item.doses
            if item.over_days is not None:
                entry["over_days"] = item.over_days
            entries.append(entry)
        data: dict[str, Any] = {"name": self.name, "doses": entries}
        if self.rules:
            data["rules"] = self.rule_sentences()
        if self.adherence < 1:
            data["adherence"] = self.adherence
        return yaml.safe_dump(data, sort_keys=False, width=100)

    @classmethod
    def from_yaml(cls, text: str, where: str = "protocol") -> Protocol:
        """Read `to_yaml`'s form, a bare list of doses, or a sentence. Raises ProtocolError with the entry and field."""
        import yaml

        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ProtocolError(f"{where}: not YAML: {error}") from None
        if isinstance(data, str):
            return cls.of(data)
        name, rules, adherence = "", (), 1.0
        if isinstance(data, dict):
            if "doses" not in data or not isinstance(data["doses"], list):
                raise ProtocolError(f"{where}: expected a list `doses`, a bare list, or a sentence")
            unknown = set(data) - {"name", "doses", "rules", "adherence"}
            if unknown:
                raise ProtocolError(
                    f"{where}: unknown field {', '.join(sorted(map(str, unknown)))}; "
                    "there are adherence, doses, name, rules"
                )
            rules = read_rules(data.get("rules") or [], where)
            name, adherence, data = str(data.get("name") or ""), data.get("adherence", 1.0), data["doses"]
            if isinstance(adherence, bool) or not isinstance(adherence, int | float):
                raise ProtocolError(f"{where}: adherence = {adherence!r}: the share of doses taken, like 0.8")
        if not isinstance(data, list):
            raise ProtocolError(f"{where}: expected a list of doses or a sentence, found {type(data).__name__}")
        series = tuple(_entry(item, index, where) for index, item in enumerate(data))
        return cls(series, name, rules, float(adherence))


def read_rules(sentences: Any, where: str) -> tuple[Rule, ...]:
    """Rules from their sentences. Raises ProtocolError with the entry."""
    if not isinstance(sentences, list):
        raise ProtocolError(f"{where}: rules are a list of sentences, like 'stop when hematocrit > 54 %'")
    rules = []
    for index, text in enumerate(sentences):
        parser = Parser(str(text))
        try:
            rules.append(rule_grammar.parse(parser, []))
            if parser.peek() is not None:
                raise parser.fail("the end of the rule")
        except ValueError as error:
            raise ProtocolError(f"{where}: rule {index + 1}: {error}") from None
    return tuple(rules)


FIELDS = {"drug", "dose", "route", "start_day", "every_days", "doses", "over_days"}


def _entry(item: Any, index: int, where: str = "protocol") -> DoseSeries:
    """One series from YAML's or Python's dictionary."""
    if isinstance(item, DoseSeries):
        return item
    place = f"{where}: entry {index + 1}"
    if not isinstance(item, dict):
        raise ProtocolError(f"{place} is {item!r}; expected fields {', '.join(sorted(FIELDS))}")
    unknown = set(item) - FIELDS
    if unknown:
        raise ProtocolError(
            f"{place}: unknown field {', '.join(sorted(unknown))}; there are {', '.join(sorted(FIELDS))}"
        )
    for name in ("drug", "dose"):
        if name not in item:
            raise ProtocolError(f"{place}: the field {name!r} is missing")
    if "every_days" not in item and item.get("doses") != 1:
        raise ProtocolError(f"{place}: the field 'every_days' is missing (or give `doses: 1`)")
    try:
        amount, unit = split_quantity(str(item["dose"]))
        over, doses = item.get("over_days"), item.get("doses")
        return DoseSeries(
            drug=str(item["drug"]),
            amount=amount,
            unit=unit,
            route=item.get("route"),
            start_day=float(item.get("start_day", 0.0)),
            interval_days=float(item.get("every_days", 1.0)),
            doses=None if doses is None else int(doses),
            over_days=None if over is None else float(over),
        )
    except (ValueError, TypeError) as error:
        raise ProtocolError(f"{place}: {error}") from None
