"""Event tables as NONMEM, mrgsolve and rxode2 have them: one row is a series of doses, an observation or a rule.

Every column is honoured or refused by name; docs/how-to/event-tables.md lists them. ID tells subjects apart, and each
has a protocol of his own. Three columns are not NONMEM's: UNIT (of AMT), OPEN (1: until the end of the simulation) and
RULE (on rows with EVID 2: a rule at visits, or the adherence, as a sentence). ORDER keeps the order of a protocol's
series where it is not that of their times.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from math import ceil, inf, isfinite
from typing import Any

from ..units import factor
from . import drug as drugs
from .doses import EARLIEST_DAY, LATEST_DAY, DoseSeries, ProtocolError
from .drug import DrugError
from .protocol import Protocol, read_rules

COLUMNS = ("ID", "TIME", "EVID", "CMT", "AMT", "UNIT", "II", "ADDL", "OPEN", "RATE", "DUR", "RULE")
"""The columns that are written."""
ACCEPTED = (*COLUMNS, "SS", "DRUG", "ROUTE", "DV", "MDV", "ORDER")
NOT_USED = ("DV", "MDV")
OF_A_DOSE = ("AMT", "RATE", "DUR", "II", "ADDL", "OPEN", "SS", "ORDER")
"""What must be 0 or missing on a row that is no dose."""
TIME_UNITS = {"hours": (1, 24), "days": (1, 1), "weeks": (7, 1)}
"""A time in this unit is in days after a multiplication and a division by these."""
MISSING = {"", ".", "NA"}
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
ADHERENCE = re.compile(r"(\S+)\s*% adherence")
MOST_ADDITIONAL = 1_000_000
STEADY_DAYS = 6 * 365.25
"""After so long under the same doses the axis is steady (all but bone density within 1 %)."""


@dataclass(frozen=True)
class EventTable:
    """What an event table says.

    Attributes
    ----------
    protocols : dict
        The protocol of each subject by his ID, in the order of the table; a table without ID has the subject 1.
    notes : tuple of str
        How the table was read and what of it is not used, to be shown to the user.
    where : str
        What the table is called in errors.
    """

    protocols: dict[int | str, Protocol]
    notes: tuple[str, ...] = ()
    where: str = "event table"

    def protocol(self, subject: int | str | None = None) -> Protocol:
        """The protocol of one subject; without `subject` the table must have only one.

        Raises ProtocolError, which names the IDs, where there are several or where there is no such subject.
        """
        if subject is None and len(self.protocols) == 1:
            return next(iter(self.protocols.values()))
        listed = _listed(self.protocols)
        if subject is None:
            raise ProtocolError(
                f"{self.where}: {len(self.protocols)} subjects (ID {listed}) where one protocol is needed; "
                "choose one of them (`--subject ID` on the command line)"
            )
        for key, protocol in self.protocols.items():
            if str(key) == str(subject).strip():
                return protocol
        raise ProtocolError(f"{self.where}: no subject {subject!r}; ID is {listed}")


def to_events(protocols: Protocol | Mapping[Any, Protocol]) -> list[dict[str, Any]]:
    """Rows of the event table, by subject and TIME; times in days.

    Parameters
    ----------
    protocols : Protocol or mapping of ID to Protocol
        A single protocol is that of subject 1.

    Returns
    -------
    list of dict
        `from_events` reads them into the same protocols (the names of protocols apart, which tables do not hold).
    """
    given = {1: protocols} if isinstance(protocols, Protocol) else protocols
    if len({str(subject) for subject in given}) < len(given):
        raise ProtocolError(f"two subjects have the same ID when it is written: {_listed(given)}")
    rows = []
    for subject, protocol in given.items():
        doses = [{**_blank(subject), **_dose_row(item)} for item in protocol.series]
        if any(second["TIME"] < first["TIME"] for first, second in pairwise(doses)):
            doses = [{**row, "ORDER": index + 1} for index, row in enumerate(doses)]
        said = protocol.rule_sentences()
        if protocol.adherence < 1:
            said.append(protocol.adherence_sentence())
        if not doses and not said:
            said = [""]
        others = [{**_blank(subject), "EVID": 2, "RULE": text} for text in said]
        rows += sorted([*doses, *others], key=lambda row: row["TIME"])
    return rows


def _blank(subject: int | str) -> dict[str, Any]:
    texts = ("CMT", "UNIT", "RULE")
    return {name: "" if name in texts else 0 for name in COLUMNS} | {"ID": subject}


def _dose_row(item: DoseSeries) -> dict[str, Any]:
    """RATE is what other programs read; DUR beside it keeps the duration exactly."""
    return {
        "TIME": item.start_day,
        "EVID": 1,
        "CMT": f"{item.drug}:{item.route}",
        "AMT": item.amount,
        "UNIT": item.unit,
        "II": 0 if item.doses == 1 else item.interval_days,
        "ADDL": 0 if item.doses is None else item.doses - 1,
        "OPEN": 1 if item.doses is None else 0,
        "RATE": 0 if item.over_days is None else item.amount / item.over_days,
        "DUR": 0 if item.over_days is None else item.over_days,
    }


def write_csv(protocols: Protocol | Mapping[Any, Protocol]) -> str:
    """The event table as CSV text; see `to_events`."""
    rows = to_events(protocols)
    columns = [*COLUMNS, *(["ORDER"] if any("ORDER" in row for row in rows) else [])]
    buffer = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(buffer, columns, restval=0, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: repr(value) if isinstance(value, float) else value for key, value in row.items()} for row in rows
    )
    return buffer.getvalue()


def read_csv(text: str, where: str = "event table", time_unit: str = "days") -> EventTable:
    """The protocols of a CSV event table, one a subject.

    Parameters
    ----------
    text : str
        Comma-separated; the first line names the columns, in capitals or not. An empty cell, `.` and `NA` are missing.
    where : str
        What the table is called in errors, such as its file's name.
    time_unit : str
        Unit of TIME, II and DUR, and of the time in RATE: "hours", "days" or "weeks".

    Raises
    ------
    ProtocolError
        For every column and value that is not understood, with the row (the first below the names is 1) and the column.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        lines = list(csv.reader(io.StringIO(plain, newline=""), strict=True))
    except csv.Error as error:
        raise ProtocolError(f"{where}: not a table of comma-separated values: {error}") from None
    if not lines:
        raise ProtocolError(f"{where}: the table is empty; the first line names the columns, like TIME,EVID,CMT,AMT")
    if len(lines[0]) == 1 and re.search(r"[;\t]", lines[0][0]):
        raise ProtocolError(f"{where}: the columns are not separated by commas: {_short(lines[0][0])}")
    return _read(lines[0], lines[1:], where, time_unit)


def from_events(table: Any, where: str = "event table", time_unit: str = "days") -> EventTable:
    """The protocols of a data frame of pandas, or of a list of dictionaries, one a subject; see `read_csv`.

    A missing value is an empty text, `.`, `NA`, None, or what pandas has for it.
    """
    if hasattr(table, "reset_index") and hasattr(table, "columns"):
        frame = table.reset_index() if any(name is not None for name in table.index.names) else table
        values = frame.astype(object).where(frame.notna(), None)
        return _read(list(frame.columns), [list(row) for row in values.itertuples(index=False)], where, time_unit)
    if not isinstance(table, Iterable):
        raise ProtocolError(f"{where}: expected a data frame or a list of dictionaries, not {type(table).__name__}")
    rows = list(table)
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ProtocolError(f"{where}: row {index + 1} is {_short(row)}; expected a dictionary of columns")
    columns = list(dict.fromkeys(name for row in rows for name in row)) or list(COLUMNS)
    return _read(columns, [[row.get(name) for name in columns] for row in rows], where, time_unit)


def _listed(items: Iterable[object], most: int = 12) -> str:
    texts = [str(item) for item in items]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _text(value: object) -> str:
    """A cell as text, empty for None."""
    try:
        return "" if value is None else str(value).strip()
    except ValueError:  # of an integer with thousands of digits
        return "a number of thousands of digits"


def _short(value: object) -> str:
    text = _text(value)
    return repr(text if len(text) <= 40 else text[:40] + "...")


def _names(given: Sequence[object], where: str) -> list[str]:
    """The columns' names in capitals. Raises ProtocolError for one that is unknown, doubled or missing."""
    names = [str(name).strip().upper() for name in given]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ProtocolError(f"{where}: the column {name} is there twice")
        if not name:
            raise ProtocolError(f"{where}: column {index + 1} has no name")
        if name not in ACCEPTED:
            near = difflib.get_close_matches(name, ACCEPTED, n=3, cutoff=0.6)
            hint = f"did you mean {', '.join(near)}? Columns are" if near else "leave it out; columns are"
            raise ProtocolError(f"{where}: unknown column {_short(given[index])}; {hint} {', '.join(ACCEPTED)}")
    if "CMT" in names and {"DRUG", "ROUTE"} & set(names):
        raise ProtocolError(
            f"{where}: the columns CMT (drug:route) and DRUG, ROUTE say the same; leave out one or other"
        )
    for name in ("TIME", "AMT", "DRUG" if "DRUG" in names or "ROUTE" in names else "CMT"):
        if name not in names:
            raise ProtocolError(f"{where}: the column {name} is missing; columns are {', '.join(ACCEPTED)}")
    return names


@dataclass(frozen=True)
class _Row:
    """The cells of a row by column, as texts; a missing one is empty."""

    place: str
    number: int
    cells: dict[str, str]

    def wrong(self, column: str, message: str) -> ProtocolError:
        return ProtocolError(f"{self.place}, {column}: {message}")

    def value(self, column: str) -> float:
        """The number in a cell, 0 for a missing one."""
        text = self.cells.get(column, "")
        if not text:
            return 0.0
        value = float(text) if NUMBER.fullmatch(text) else inf
        if not isfinite(value):
            raise self.wrong(column, f"{_short(text)} is not a number")
        return value

    def whole(self, column: str) -> int:
        value = self.value(column)
        if value != int(value):
            raise self.wrong(column, f"{self.cells[column]} is not a whole number")
        return int(value)

    def no_dose(self, what: str) -> None:
        """Refuse what only a dose has."""
        for column in OF_A_DOSE:
            if self.value(column):
                raise self.wrong(column, f"{self.cells[column]} on a row that is {what}; a dose is a row with EVID 1")


def _read(columns: Sequence[object], records: Sequence[Sequence[object]], where: str, time_unit: str) -> EventTable:
    if time_unit not in TIME_UNITS:
        raise ProtocolError(f"time_unit = {time_unit!r}: expected {', '.join(TIME_UNITS)}")
    names = _names(columns, where)
    rows = []
    for index, record in enumerate(records):
        texts = [_text(value) for value in record]
        if not any(texts):
            continue
        place = f"{where}: row {index + 1}"
        if len(texts) != len(names):
            raise ProtocolError(f"{place} has {len(texts)} cells and the table {len(names)} columns")
        cells = {name: "" if text in MISSING else text for name, text in zip(names, texts, strict=True)}
        rows.append(_Row(place, index + 1, cells))
    if "ID" not in names:
        subjects: dict[int | str, list[_Row]] = {1: rows}
    else:
        subjects = _by_subject(rows, where)
    reader = _Reader(where, time_unit, "EVID" in names)
    protocols = {subject: reader.protocol(subject, own) for subject, own in subjects.items()}
    unused = [name for name in NOT_USED if name in names]
    return EventTable(protocols, reader.notes(rows, protocols, unused), where)


def _by_subject(rows: list[_Row], where: str) -> dict[int | str, list[_Row]]:
    """The rows of each subject. Raises ProtocolError for an ID that is missing, spelled in two ways or torn apart."""
    if not rows:
        raise ProtocolError(f"{where}: there is no row, and so no subject")
    subjects: dict[int | str, list[_Row]] = {}
    spelled: dict[Decimal | str, str] = {}
    last = None
    for row in rows:
        text = row.cells["ID"]
        if not text:
            raise row.wrong("ID", "it is missing")
        same = Decimal(text) if NUMBER.fullmatch(text) else text
        if spelled.setdefault(same, text) != text:
            raise row.wrong(
                "ID", f"{_short(text)} and {_short(spelled[same])} are the same number; write it in one way"
            )
        found = re.fullmatch(r"(0|-?[1-9]\d*)(\.0)?", text, re.ASCII)
        subject = int(found[1]) if found and len(text) < 300 else text
        if subject in subjects and subject != last:
            raise row.wrong("ID", f"the rows of subject {subject} are not together; sort the table by ID, then TIME")
        subjects.setdefault(subject, []).append(row)
        last = subject
    return subjects


class _Reader:
    """Reads the rows of one subject after another, and gathers what the user should know."""

    def __init__(self, where: str, time_unit: str, has_evid: bool):
        self.where, self.time_unit, self.has_evid = where, time_unit, has_evid
        self.observations = 0
        self.without_rule: list[int] = []
        self.usual_units: dict[str, str] = {}
        self.before: list[str] = []

    def days(self, value: float) -> float:
        multiply, divide = TIME_UNITS[self.time_unit]
        return value * multiply / divide

    def protocol(self, subject: int | str, rows: list[_Row]) -> Protocol:
        """The protocol of one subject."""
        series: list[tuple[int, DoseSeries]] = []
        rules, adherence, last = [], None, -inf
        for row in rows:
            time, kind = self.time(row, last), self.kind(row)
            last = row.value("TIME")
            if kind == 1:
                series.append((row.whole("ORDER"), self.series(row, time, first=not series)))
                continue
            text = row.cells.get("RULE", "")
            if kind == 0:
                row.no_dose("an observation (EVID 0)")
                self.observations += 1
                if text:
                    raise row.wrong("RULE", "rules are read on rows with EVID 2 only")
                continue
            row.no_dose("no dose (EVID 2)")
            if not text:
                self.without_rule.append(row.number)
                continue
            if time:
                raise row.wrong("TIME", f"{row.cells['TIME']} with a rule, which says itself from when; give 0")
            share = ADHERENCE.fullmatch(text)
            if share is None:
                rules += read_rules([text], f"{row.place}, RULE")
            elif adherence is not None:
                raise row.wrong("RULE", f"the adherence is given twice, {text} after {100 * adherence:g} %")
            elif not NUMBER.fullmatch(share[1]) or not 0 < float(share[1]) <= 100:
                raise row.wrong("RULE", f"{_short(text)}: expected above 0 and at most 100 % adherence")
            else:
                adherence = float(share[1]) / 100
        orders = [order for order, _ in series]
        if any(orders) and sorted(orders) != list(range(1, len(orders) + 1)):
            raise ProtocolError(f"{rows[0].place}, ORDER: the doses of a subject are numbered from 1, each once")
        given = tuple(item for _, item in sorted(series, key=lambda pair: pair[0]))
        try:
            return Protocol(given, rules=tuple(rules), adherence=1.0 if adherence is None else adherence)
        except ProtocolError as error:
            raise ProtocolError(f"{self.where}: ID {subject}: {error}") from None

    def time(self, row: _Row, last: float) -> float:
        """TIME in days."""
        if not row.cells["TIME"]:
            raise row.wrong("TIME", "it is missing")
        time = row.value("TIME")
        if time < last:
            raise row.wrong("TIME", f"{time:g} after {last:g}; sort the rows of each subject by TIME")
        if not EARLIEST_DAY <= self.days(time) <= LATEST_DAY:
            raise row.wrong(
                "TIME", f"{time:g} {self.time_unit}: expected from 40 years before to 100 years after day 0"
            )
        return self.days(time)

    def kind(self, row: _Row) -> int:
        """0 observation, 1 dose, 2 another event; where there is no column EVID, what has a dose is one."""
        if not self.has_evid:
            return int(any(row.value(column) for column in OF_A_DOSE))
        kind = row.whole("EVID")
        if kind in (3, 4):
            raise row.wrong(
                "EVID", f"{kind} (reset): a man is not reset; give what follows an ID of its own, with TIME from 0"
            )
        if kind not in (0, 1, 2):
            raise row.wrong("EVID", f"{kind} is not an observation (0), a dose (1) or a rule (2)")
        return kind

    def series(self, row: _Row, start: float, first: bool) -> DoseSeries:
        """The series of a dose's row."""
        if row.cells.get("RULE"):
            raise row.wrong("RULE", "rules are read on rows with EVID 2 only")
        drug, route = self.drug(row)
        if not row.value("AMT") > 0:
            raise row.wrong("AMT", f"the dose is {row.value('AMT'):g}; it must be above 0")
        interval, doses = self.repeats(row)
        over = self.duration(row)
        try:
            unit = row.cells.get("UNIT") or self.usual_units.setdefault(
                drugs.find(drug).name, drugs.find(drug).dose_unit
            )
            every = 1.0 if doses == 1 else interval or 1.0
            found = DoseSeries(drug, row.value("AMT"), unit, route, start, every, doses, over)
        except (ProtocolError, DrugError) as error:
            raise ProtocolError(f"{row.place}: {error}") from None
        steady = row.whole("SS")
        if not steady:
            return found
        if steady != 1:
            raise row.wrong("SS", f"{steady}: only 0 and 1 are known; or begin the doses at a negative TIME")
        if not first:
            raise row.wrong(
                "SS", "1 clears the doses before it, as in NONMEM, and is known on a subject's first dose only; "
                "begin these doses at a negative TIME",
            )  # fmt: skip
        return self.steady(row, found, interval)

    def length(self, row: _Row, column: str) -> float:
        """An interval or a duration in days, 0 for none."""
        value = self.days(row.value(column))
        if not 0 <= value <= LATEST_DAY:
            raise row.wrong(column, f"{row.cells[column]} {self.time_unit}: expected from 0 to 100 years")
        return value

    def drug(self, row: _Row) -> tuple[str, str | None]:
        """The drug and its route: from CMT, or from DRUG and ROUTE."""
        if "DRUG" in row.cells:
            if not row.cells["DRUG"]:
                raise row.wrong("DRUG", "it is missing on a dose")
            return row.cells["DRUG"], row.cells.get("ROUTE") or None
        text = row.cells["CMT"]
        name, colon, route = text.partition(":")
        if not colon or not name.strip() or not route.strip():
            number = ", and no compartment's number" if NUMBER.fullmatch(text) else ""
            raise row.wrong(
                "CMT", f"{_short(text)}: expected drug:route, like hcg:sc{number}; or columns DRUG and ROUTE"
            )
        return name, route

    def repeats(self, row: _Row) -> tuple[float, int | None]:
        """The interval in days (0: none) and the number of doses, None without end."""
        interval, additional, unended = self.length(row, "II"), row.whole("ADDL"), row.whole("OPEN")
        if unended not in (0, 1):
            raise row.wrong("OPEN", f"{unended}: expected 1 (until the end of the simulation) or 0")
        if additional < 0:
            raise row.wrong(
                "ADDL",
                f"{additional}: the doses after the first, 0 or more; until the simulation ends is OPEN 1, ADDL 0",
            )
        if additional > MOST_ADDITIONAL:
            raise row.wrong(
                "ADDL", f"{additional:.4g} is above {MOST_ADDITIONAL}; until the simulation ends is OPEN 1, ADDL 0"
            )
        if unended and additional:
            raise row.wrong("OPEN", f"1 (without end) beside ADDL {additional}; give one of them")
        repeated = unended or additional or row.value("SS")
        if repeated and not interval > 0:
            raise row.wrong("II", "the interval is 0 or missing where doses are repeated; it must be above 0")
        if interval and not repeated:
            raise row.wrong(
                "II",
                f"{row.cells['II']} for a dose given once; give ADDL (doses after the first), OPEN 1 (no end) or II 0",
            )
        return interval, None if unended else additional + 1

    def duration(self, row: _Row) -> float | None:
        """Over how many days each dose is given, None for at once; DUR counts where RATE says the same."""
        rate, duration = row.value("RATE"), self.length(row, "DUR")
        if rate == -2:
            if not duration:
                raise row.wrong("RATE", "-2 (a duration to be estimated) needs the duration in DUR")
        elif rate < 0:
            raise row.wrong("RATE", f"{rate:g}: nothing is estimated here; give AMT per {self.time_unit[:-1]}, or DUR")
        elif rate:
            longer = self.days(row.value("AMT") / rate)
            if not 0 < longer <= LATEST_DAY:
                raise row.wrong("RATE", f"AMT / RATE is {longer:g} days: expected above 0 and at most 100 years")
            if duration and not abs(longer - duration) <= 1e-6 * duration:
                raise row.wrong("RATE", f"AMT / RATE is {longer:g} days and DUR {duration:g}; give one of them")
            duration = duration or longer
        return duration or None

    def steady(self, row: _Row, found: DoseSeries, interval: float) -> DoseSeries:
        """The series with doses before it for so long that drug and axis are steady."""
        route = found.definition.routes[found.route or ""]
        if route.lasting:
            raise row.wrong("SS", f"1: {found.drug} lasts for good and has no steady state")
        span = max(10 * _slowest(found), STEADY_DAYS, 5 * interval)
        if span > MOST_ADDITIONAL * interval:
            raise row.wrong("II", f"{row.cells['II']} {self.time_unit} is too short for SS 1")
        count = ceil(span / interval)
        start = found.start_day - count * interval
        if start < EARLIEST_DAY:
            raise row.wrong(
                "SS", f"1: {found.drug} would have to begin on day {start:g}; at most 40 years before day 0"
            )
        doses = None if found.doses is None else found.doses + count
        self.before.append(f"row {row.number} ({count} doses of {found.drug} before it, from day {start:g})")
        return replace(found, start_day=start, interval_days=interval, doses=doses)

    def notes(self, rows: list[_Row], protocols: Mapping[int | str, Protocol], unused: list[str]) -> tuple[str, ...]:
        """What the user should know of how the table was read."""
        times = [row.value("TIME") for row in rows]
        notes = [f"TIME read in {self.time_unit}" + (f" ({min(times):g} to {max(times):g})" if times else "")]
        if self.usual_units:
            named = ", ".join(f"{unit} ({drug})" for drug, unit in self.usual_units.items())
            notes.append(f"AMT without UNIT read in {named}")
        if self.before:
            notes.append(f"SS 1: {_listed(self.before)}")
        if self.observations:
            notes.append(f"{self.observations} observation row{'s' * (self.observations > 1)} not used")
        if unused:
            notes.append(f"{', '.join(unused)} not used")
        if self.without_rule:
            notes.append(f"EVID 2 without RULE does nothing: row {_listed(self.without_rule)}")
        without = [key for key, protocol in protocols.items() if protocol == Protocol()]
        if without:
            notes.append(f"no doses: ID {_listed(without)}")
        return tuple(notes)


def _slowest(series: DoseSeries) -> float:
    """The longest half-life or release (days) of a drug given by this route."""
    drug = series.definition
    values = [value for analyte in drug.analytes.values() for value in (analyte.half_life, analyte.formation_half_life)]
    for pathway in drug.routes[series.route or ""].pathways:
        values += [*pathway.half_lives, pathway.duration]
    return max((value.value * factor(value.unit, "day") for value in values if value is not None), default=0.0)
