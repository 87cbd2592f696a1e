"""Protocols: series of doses, rules at visits, and adherence.

A protocol is written as a sentence (`sentence`), in YAML, in Python or as an event table (`events`); the forms
hold the same series and rules, and each converts to the others without loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..files import read_yaml, shown
from ..units import finite, is_quantity, split_quantity
from . import rule_grammar
from .clauses import write
from .doses import DoseSeries, ProtocolError, by_drug, check_amounts, tuple_of
from .drug import DrugError
from .grammar import Parser
from .library import DrugLibrary
from .rules import Rule
from .sentence import parse

LEAST_ADHERENCE = 1e-6
LONGEST_DOSE = 100
"""Characters of a dose with its unit."""


@dataclass(frozen=True)
class Protocol:
    """A dosing regimen: series of doses, rules that change them at visits, adherence. Without series: no treatment.

    Protocols are joined by `+`: the doses and rules of both, from the same day 0.

    Parameters
    ----------
    series : tuple of DoseSeries
    name : str, optional
        Label in tables and figures; the sentence where there is none.
    rules : tuple of Rule, optional
    adherence : float, optional
        Probability that a dose is taken, above 0 and at most 1; the missed doses are drawn with the seed of `simulate`.

    Raises
    ------
    ProtocolError
        For a part of another kind, or series of one drug that are implausible together.

    Examples
    --------
    >>> protocol = Protocol.of("anastrozole 1 mg daily for 2 weeks") + Protocol.of("hCG 1500 IU twice a week")
    >>> print(protocol.to_sentence())
    anastrozole 1 mg oral every day for 14 doses and hcg 1500 IU sc every 3.5 days
    """

    series: tuple[DoseSeries, ...] = ()
    name: str = ""
    rules: tuple[Rule, ...] = ()
    adherence: float = 1.0

    def __post_init__(self) -> None:
        for field, kind in (("series", DoseSeries), ("rules", Rule)):
            object.__setattr__(self, field, tuple_of(kind, getattr(self, field), field))
        if not isinstance(self.name, str):
            raise ProtocolError(f"name: {shown(self.name)}; expected text")
        adherence = self.adherence
        if not finite(adherence) or not LEAST_ADHERENCE <= adherence <= 1:
            raise ProtocolError(
                f"adherence = {shown(adherence)}: the share of doses taken, from {LEAST_ADHERENCE} to 1, like 0.8"
            )
        object.__setattr__(self, "adherence", round(float(adherence), 6))
        check_amounts(self.series)
        by_drug([*self.series, *(item for rule in self.rules for item in rule.series)])

    def __add__(self, other: object) -> Protocol:
        if not isinstance(other, Protocol):
            return NotImplemented
        if self.adherence != other.adherence and self.series and other.series:
            raise ProtocolError(
                f"the adherence is {self.adherence:g} in one protocol and {other.adherence:g} in the other; "
                "expected the same"
            )
        adherence = min(self.adherence, other.adherence)
        return Protocol(self.series + other.series, rules=self.rules + other.rules, adherence=adherence)

    @classmethod
    def of(cls, given: ProtocolLike, drugs: DrugLibrary | None = None) -> Protocol:
        """A protocol from a Protocol, a sentence, a DoseSeries, a list of those or of YAML entries.

        Parameters
        ----------
        given : Protocol, str, DoseSeries, dict, or an iterable of DoseSeries and dicts
            An empty sentence or list is no treatment, as for a patient without a history. (The command line refuses an
            empty sentence: there it comes from a shell variable that is not set.)
        drugs : DrugLibrary, optional
            The drugs by name; the shipped library if it is left out.

        Raises
        ------
        ProtocolError, DrugError
            With the word or the field that is wrong.

        Examples
        --------
        >>> Protocol.of([{"drug": "clomiphene", "dose": "25 mg", "every_days": 2}]).series[0].interval_days
        2.0
        """
        if isinstance(given, Protocol):
            return given
        if isinstance(given, str):
            return cls.from_sentence(given, drugs)
        items = [given] if isinstance(given, DoseSeries | Mapping) else given
        if not isinstance(items, Iterable) or hasattr(given, "columns"):
            raise ProtocolError(
                f"a protocol is a sentence, a list of dose series or a Protocol, not {type(given).__name__}; "
                "`read_events` reads event tables"
            )
        return cls(tuple(_entry(item, f"protocol: entry {index + 1}", drugs) for index, item in enumerate(items)))

    @classmethod
    def from_sentence(cls, text: str, drugs: DrugLibrary | None = None) -> Protocol:
        """The protocol that a sentence describes, with the sentence as its name.

        Parameters
        ----------
        text : str
            A sentence of the grammar in docs/how-to/sentence-grammar.md.
        drugs : DrugLibrary, optional
            The drugs by name; the shipped library if it is left out.

        Raises
        ------
        ProtocolError
            With the word that does not fit, and what is expected there.

        Examples
        --------
        >>> Protocol.from_sentence("anastrozole 1 mg daily for 2 weeks").series[0].doses
        14
        """
        series, rules, adherence = parse(text, drugs)
        return cls(series, text.strip(), rules, adherence)

    def label(self) -> str:
        """The name, or the protocol as a sentence where it has none."""
        return self.name or self.to_sentence()

    def to_sentence(self) -> str:
        """The sentence that `from_sentence` reads into the same protocol (with the same drugs)."""
        parts = [write(self.series), *self.rule_sentences()]
        if self.adherence < 1:
            parts.append(self.adherence_sentence())
        return "; ".join(parts)

    def adherence_sentence(self) -> str:
        """'80.0 % adherence'."""
        return f"{round(100 * self.adherence, 4)!r} % adherence"

    def rule_sentences(self) -> list[str]:
        """Each rule as a sentence."""
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
            if item.other_formulation is not None:
                entry["formulation"] = item.other_formulation
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
    def from_yaml(cls, text: str, where: str = "protocol", drugs: DrugLibrary | None = None) -> Protocol:
        """A protocol from the form of `to_yaml`, a bare list of doses, or a sentence.

        Parameters
        ----------
        text : str
            The YAML.
        where : str, optional
            Name of the file, for messages.
        drugs : DrugLibrary, optional
            The drugs by name; the shipped library if it is left out.

        Raises
        ------
        ProtocolError
            With the file, and the line, the entry or the field that is wrong.
        """
        data = read_yaml(text, where, ProtocolError)
        try:
            return cls._from_data(data, where, drugs)
        except (DrugError, ProtocolError) as error:
            raise ProtocolError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None

    @classmethod
    def _from_data(cls, data: Any, where: str, drugs: DrugLibrary | None) -> Protocol:
        if isinstance(data, str) and data.strip():
            return cls.of(data, drugs)
        name, rules, adherence = "", (), 1.0
        if isinstance(data, dict):
            if not isinstance(data.get("doses"), list):
                raise ProtocolError(f"{where}: expected a list `doses`, a bare list, or a sentence")
            unknown = set(data) - {"name", "doses", "rules", "adherence"}
            if unknown:
                raise ProtocolError(
                    f"{where}: unknown field {', '.join(sorted(unknown))}; there are adherence, doses, name, rules"
                )
            rules = read_rules([] if data.get("rules") is None else data["rules"], where, drugs)
            name = "" if data.get("name") is None else data["name"]
            adherence, data = data.get("adherence", 1.0), data["doses"]
        if not isinstance(data, list):
            raise ProtocolError(f"{where}: expected a list of doses or a sentence, not {shown(data)}")
        series = tuple(_entry(item, f"{where}: entry {index + 1}", drugs) for index, item in enumerate(data))
        return cls(series, name, rules, adherence)


ProtocolLike = Protocol | str | DoseSeries | Mapping[str, Any] | Iterable[DoseSeries | Mapping[str, Any]]
"""Forms that `Protocol.of` reads: a protocol, a sentence, series, and fields as in YAML."""


class _Quoted(str):
    """Text that is written in quotes, so that YAML readers take it for text."""


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


def read_rules(sentences: object, where: str, drugs: DrugLibrary | None = None) -> tuple[Rule, ...]:
    """Rules from their sentences. Raises ProtocolError with the entry."""
    if not isinstance(sentences, list):
        raise ProtocolError(f"{where}: rules are a list of sentences, like 'stop when hematocrit > 54 %'")
    rules = []
    for index, text in enumerate(sentences):
        place = f"{where}: rule {index + 1}"
        if not isinstance(text, str):
            raise ProtocolError(f"{place} is {shown(text)}; expected a sentence, like 'stop when hematocrit > 54 %'")
        parser = Parser(text, drugs)
        try:
            rules.append(rule_grammar.parse(parser, []))
            if parser.peek() is not None:
                raise parser.fail("the end of the rule")
        except InputError as error:
            raise ProtocolError(f"{place}: {error}") from None
    return tuple(rules)


FIELDS = ("drug", "dose", "route", "start_day", "every_days", "doses", "over_days", "formulation")


def _entry(item: Any, place: str, drugs: DrugLibrary | None) -> DoseSeries:
    """One series from a dictionary of YAML or Python."""
    if isinstance(item, DoseSeries):
        return item
    if not isinstance(item, dict):
        raise ProtocolError(f"{place} is {shown(item)}; expected fields {', '.join(sorted(FIELDS))}")
    unknown = [shown(name) if not isinstance(name, str) else name for name in item if name not in FIELDS]
    if unknown:
        raise ProtocolError(
            f"{place}: unknown field {', '.join(sorted(unknown))}; there are {', '.join(sorted(FIELDS))}"
        )
    for name, example in (("drug", "anastrozole"), ("dose", "25 mg")):
        value = item.get(name)
        if not isinstance(value, str) and not (name == "dose" and is_quantity(value)):
            missing = "is missing" if name not in item else f"is {shown(value)}; expected text, like '{example}'"
            raise ProtocolError(f"{place}: the field {name!r} {missing}")
    if isinstance(item["dose"], str) and len(item["dose"]) > LONGEST_DOSE:
        raise ProtocolError(f"{place}: the field 'dose' is {shown(item['dose'])}; expected text, like '25 mg'")
    for name in ("start_day", "every_days"):
        if name in item and item[name] is None:
            raise ProtocolError(f"{place}: the field {name!r} is empty; give a number, or leave it out")
    if "every_days" not in item and item.get("doses") != 1:
        raise ProtocolError(f"{place}: the field 'every_days' is missing (or give `doses: 1`)")
    try:
        drug = (DrugLibrary.shipped() if drugs is None else drugs).find(item["drug"])
        amount, unit = split_quantity(item["dose"])
        start, every = item.get("start_day", 0.0), item.get("every_days", 1.0)
        return DoseSeries(
            drug.name, amount, unit, item.get("route"), start, every, item.get("doses"), item.get("over_days"), drug,
            item.get("formulation"),
        )  # fmt: skip
    except InputError as error:
        raise ProtocolError(f"{place}: {error}") from None
