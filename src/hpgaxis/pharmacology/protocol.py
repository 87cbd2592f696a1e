"""Protocols: who gets what, when. A protocol is a list of regular series of doses, rules at visits, and adherence.

The forms are a sentence (`grammar`, `rule_grammar`), YAML, Python and an event table (`events`); each converts to the
others without loss, because they all name the same series and rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..units import UnitError, factor, split_quantity
from . import drug as drugs
from .drug import Drug, DrugError

if TYPE_CHECKING:
    from .rules import Rule


class ProtocolError(ValueError):
    """A protocol that cannot be understood or given; the message says where and what would be right."""


@dataclass(frozen=True)
class DoseSeries:
    """The same dose at regular intervals.

    amount in `unit` (of the drug's kind, or per kg body weight); start_day and interval_days in days; doses None means
    until the end of the simulation; over_days: each dose is infused over this time, None for at once.
    Raises DrugError or ProtocolError when something does not exist or is impossible.
    """

    drug: str
    amount: float
    unit: str
    route: str | None = None
    start_day: float = 0.0
    interval_days: float = 1.0
    doses: int | None = None
    over_days: float | None = None

    def __post_init__(self) -> None:
        found = drugs.find(self.drug)
        route = drugs.find_route(found, self.route)
        object.__setattr__(self, "drug", found.name)
        object.__setattr__(self, "route", route)
        for name in ("amount", "start_day", "interval_days"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not self.amount > 0:
            raise ProtocolError(f"{found.name}: the dose is {self.amount:g} {self.unit}; it must be above 0")
        amount = self.amount_in(found.dose_unit, weight_kg=75.0)
        if amount > found.largest_dose:
            raise ProtocolError(
                f"{found.name}: {amount:g} {found.dose_unit} at once is beyond anything given "
                f"(above {found.largest_dose:g}); is the unit right?"
            )
        if self.doses is not None and (self.doses != int(self.doses) or self.doses < 1):
            raise ProtocolError(f"{found.name}: {self.doses} doses; give a whole number of at least 1")
        if self.doses != 1 and not self.interval_days > 0:
            raise ProtocolError(f"{found.name}: the interval is {self.interval_days:g} days; it must be above 0")
        if self.doses == 1:
            object.__setattr__(self, "interval_days", 1.0)
        if self.over_days is not None and not self.over_days > 0:
            raise ProtocolError(f"{found.name}: given over {self.over_days:g} days; that must be above 0")

    @property
    def definition(self) -> Drug:
        """The drug's data."""
        return drugs.find(self.drug)

    def amount_in(self, unit: str, weight_kg: float) -> float:
        """The dose in `unit`, with doses per kilogram multiplied by the weight. Raises DrugError on a wrong unit."""
        given, weight = self.unit.strip(), 1.0
        if given.lower().endswith("/kg"):
            given, weight = given[:-3], weight_kg
        try:
            return self.amount * factor(given, unit) * weight
        except UnitError as error:
            raise DrugError(f"{self.drug}: dose {self.amount:g} {self.unit}: {error}; use {unit}") from None

    def times(self, until_day: float) -> list[float]:
        """Days of the doses before `until_day`."""
        count = self.doses
        if count is None:
            count = max(0, int((until_day - self.start_day) / self.interval_days) + 1)
        days = [self.start_day + index * self.interval_days for index in range(count)]
        return [day for day in days if day < until_day]


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
            from .grammar import parse

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
        from .clauses import write

        parts = [write(self.series), *self.rule_sentences()]
        if self.adherence < 1:
            parts.append(self.adherence_sentence())
        return "; ".join(parts)

    def adherence_sentence(self) -> str:
        """'80.0 % adherence'."""
        return f"{round(100 * self.adherence, 4)!r} % adherence"

    def rule_sentences(self) -> list[str]:
        """Each rule as the sentence that is read into it."""
        from .rule_grammar import sentence

        return [sentence(rule) for rule in self.rules]

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
    from .grammar import Parser
    from .rule_grammar import parse

    if not isinstance(sentences, list):
        raise ProtocolError(f"{where}: rules are a list of sentences, like 'stop when hematocrit > 54 %'")
    rules = []
    for index, text in enumerate(sentences):
        parser = Parser(str(text))
        try:
            rules.append(parse(parser, []))
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
