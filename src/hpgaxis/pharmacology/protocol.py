"""Protocols: who gets what, when. A protocol is a list of regular series of doses, rules at visits, and adherence.

The forms are a sentence (`sentence`), YAML, Python and an event table (`events`); each converts to the
others without loss, because they all name the same series and rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..files import read_yaml, shown
from ..units import finite, split_quantity
from . import rule_grammar
from .clauses import write
from .doses import DoseSeries, ProtocolError, check_amounts
from .drug import DrugError
from .grammar import Parser
from .rules import Rule
from .sentence import parse

LEAST_ADHERENCE = 1e-6
LONGEST_DOSE = 100
"""Characters of a dose with its unit."""


@dataclass(frozen=True)
class Protocol:
    """Series of doses given together, and rules that change them at visits; an empty one is no treatment.

    Parameters
    ----------
    series : tuple of DoseSeries
    name : str, optional
        What tables and figures call it; the sentence where there is none.
    rules : tuple of Rule, optional
    adherence : float, optional
        Share of the doses that are taken, above 0 and at most 1; which ones are missed is drawn, seeded, in `simulate`.

    Raises
    ------
    ProtocolError
        When a part is of another kind, or the series of one drug together are more than was ever given.
    """

    series: tuple[DoseSeries, ...] = ()
    name: str = ""
    rules: tuple[Rule, ...] = ()
    adherence: float = 1.0

    def __post_init__(self) -> None:
        for field, kind in (("series", DoseSeries), ("rules", Rule)):
            parts = getattr(self, field)
            if not isinstance(parts, list | tuple) or not all(isinstance(part, kind) for part in parts):
                raise ProtocolError(f"{field}: {shown(parts)}; expected a tuple of {kind.__name__}")
            object.__setattr__(self, field, tuple(parts))
        if not isinstance(self.name, str):
            raise ProtocolError(f"name: {shown(self.name)}; expected text")
        adherence = self.adherence
        if not finite(adherence) or not LEAST_ADHERENCE <= adherence <= 1:
            raise ProtocolError(
                f"adherence = {shown(adherence)}: the share of doses taken, from {LEAST_ADHERENCE} to 1, like 0.8"
            )
        object.__setattr__(self, "adherence", round(float(adherence), 6))
        check_amounts(self.series)

    @classmethod
    def of(cls, given: Any) -> Protocol:
        """A protocol from a Protocol, a sentence, a DoseSeries, a list of those or of YAML entries.

        Parameters
        ----------
        given : Protocol, str, DoseSeries, dict, or an iterable of DoseSeries and dicts
            An empty sentence or list is no treatment, as for a patient without a history. The command line refuses an
            empty sentence, which there comes from a shell variable that was never set.

        Raises
        ------
        ProtocolError, DrugError
            With the word or the field that is wrong.

        Examples
        --------
        >>> Protocol.of("anastrozole 1 mg daily for 2 weeks").series[0].doses
        14
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
        if self.name:
            data["name"] = _Quoted(self.name)
        return yaml.dump(data, Dumper=_dumper(), sort_keys=False, width=100, allow_unicode=True)

    @classmethod
    def from_yaml(cls, text: str, where: str = "protocol") -> Protocol:
        """Read `to_yaml`'s form, a bare list of doses, or a sentence.

        Parameters
        ----------
        text : str
            The YAML.
        where : str, optional
            Name of the file, for messages.

        Raises
        ------
        ProtocolError
            With the file, and the line, the entry or the field that is wrong.
        """
        data = read_yaml(text, where, ProtocolError)
        try:
            return cls._from_data(data, where)
        except (DrugError, ProtocolError) as error:
            raise ProtocolError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None

    @classmethod
    def _from_data(cls, data: Any, where: str) -> Protocol:
        if isinstance(data, str) and data.strip():
            return cls.of(data)
        name, rules, adherence = "", (), 1.0
        if isinstance(data, dict):
            if not isinstance(data.get("doses"), list):
                raise ProtocolError(f"{where}: expected a list `doses`, a bare list, or a sentence")
            unknown = set(data) - {"name", "doses", "rules", "adherence"}
            if unknown:
                raise ProtocolError(
                    f"{where}: unknown field {', '.join(sorted(unknown))}; there are adherence, doses, name, rules"
                )
            rules = read_rules([] if data.get("rules") is None else data["rules"], where)
            name = "" if data.get("name") is None else data["name"]
            adherence, data = data.get("adherence", 1.0), data["doses"]
        if not isinstance(data, list):
            raise ProtocolError(f"{where}: expected a list of doses or a sentence, found {shown(data)}")
        return cls(tuple(_entry(item, index, where) for index, item in enumerate(data)), name, rules, adherence)


class _Quoted(str):
    """Text that YAML writes in quotes, so that no reader takes it for a number."""


def _dumper() -> Any:
    """A YAML writer that quotes names."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):
        pass

    Dumper.add_representer(
        _Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
    )
    return Dumper


def read_rules(sentences: Any, where: str) -> tuple[Rule, ...]:
    """Rules from their sentences. Raises ProtocolError with the entry."""
    if not isinstance(sentences, list):
        raise ProtocolError(f"{where}: rules are a list of sentences, like 'stop when hematocrit > 54 %'")
    rules = []
    for index, text in enumerate(sentences):
        place = f"{where}: rule {index + 1}"
        if not isinstance(text, str):
            raise ProtocolError(f"{place} is {shown(text)}; expected a sentence, like 'stop when hematocrit > 54 %'")
        parser = Parser(text)
        try:
            rules.append(rule_grammar.parse(parser, []))
            if parser.peek() is not None:
                raise parser.fail("the end of the rule")
        except InputError as error:
            raise ProtocolError(f"{place}: {error}") from None
    return tuple(rules)


FIELDS = ("drug", "dose", "route", "start_day", "every_days", "doses", "over_days")


def _entry(item: Any, index: int, where: str = "protocol") -> DoseSeries:
    """One series from YAML's or Python's dictionary."""
    if isinstance(item, DoseSeries):
        return item
    place = f"{where}: entry {index + 1}"
    if not isinstance(item, dict):
        raise ProtocolError(f"{place} is {shown(item)}; expected fields {', '.join(sorted(FIELDS))}")
    unknown = [shown(name) if not isinstance(name, str) else name for name in item if name not in FIELDS]
    if unknown:
        raise ProtocolError(
            f"{place}: unknown field {', '.join(sorted(unknown))}; there are {', '.join(sorted(FIELDS))}"
        )
    for name in ("drug", "dose"):
        if not isinstance(item.get(name), str):
            missing = "is missing" if name not in item else f"is {shown(item[name])}; expected text, like '25 mg'"
            raise ProtocolError(f"{place}: the field {name!r} {missing}")
    if len(item["dose"]) > LONGEST_DOSE:
        raise ProtocolError(f"{place}: the field 'dose' is {shown(item['dose'])}; expected text, like '25 mg'")
    for name in ("start_day", "every_days"):
        if name in item and item[name] is None:
            raise ProtocolError(f"{place}: the field {name!r} is empty; give a number, or leave it out")
    if "every_days" not in item and item.get("doses") != 1:
        raise ProtocolError(f"{place}: the field 'every_days' is missing (or give `doses: 1`)")
    try:
        amount, unit = split_quantity(item["dose"])
        return DoseSeries(
            drug=item["drug"],
            amount=amount,
            unit=unit,
            route=item.get("route"),
            start_day=item.get("start_day", 0.0),
            interval_days=item.get("every_days", 1.0),
            doses=item.get("doses"),
            over_days=item.get("over_days"),
        )
    except InputError as error:
        raise ProtocolError(f"{place}: {error}") from None
