"""Event tables as in NONMEM, mrgsolve and rxode2: a row is a series of doses, an observation or a rule.

Every column is used or refused by name; docs/how-to/event-tables.md lists them. ID distinguishes subjects, each with a
protocol. Four columns are not NONMEM's: UNIT (of AMT), OPEN (1: until the end of the simulation), RULE (on rows with
EVID 2: a rule at visits, or the adherence, as a sentence) and ORDER (the order of a protocol's series where it is not
that of their times).
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict, Unpack

from ..errors import InputError
from ..files import read_text
from ..units import is_quantity, split_quantity
from .doses import ProtocolError, days
from .drug import Drug
from .event_rows import (
    ACCEPTED,
    COLUMNS,
    MISSING,
    NOT_USED,
    NUMBER,
    TIME_UNITS,
    Row,
    SubjectReader,
    listed,
    short,
    text,
)
from .library import DrugLibrary
from .protocol import Protocol


@dataclass(frozen=True)
class EventTable:
    """The protocols of an event table.

    Attributes
    ----------
    protocols : dict
        The protocol of each subject by his ID, in the order of the table; a table without ID has the subject 1.
    notes : tuple of str
        How the table was read, and what of it is not used; to be shown to the user.
    where : str
        Name of the table in errors.

    Examples
    --------
    >>> import pandas as pd
    >>> table = read_events(pd.DataFrame({"ID": [1], "TIME": 0, "AMT": 1, "CMT": "anastrozole:oral"}))
    >>> list(table.protocols), table.protocol().series[0].drug
    ([1], 'anastrozole')
    """

    protocols: dict[int | str, Protocol]
    notes: tuple[str, ...] = ()
    where: str = "event table"

    def protocol(self, subject: int | str | None = None) -> Protocol:
        """The protocol of one subject; without `subject`, that of the only subject.

        Raises ProtocolError with the IDs where there are several subjects, or none of this ID.
        """
        if subject is None and len(self.protocols) == 1:
            return next(iter(self.protocols.values()))
        subjects = listed(self.protocols)
        if subject is None:
            raise ProtocolError(
                f"{self.where}: {len(self.protocols)} subjects (ID {subjects}) where one protocol is needed; "
                "choose one of them (`--subject ID` on the command line)"
            )
        for key, protocol in self.protocols.items():
            if str(key) == str(subject).strip():
                return protocol
        raise ProtocolError(f"{self.where}: no subject {subject!r}; ID is {subjects}")


class EventColumns(TypedDict, total=False):
    """Columns of `event`, in small letters; times in days or as pint.Quantity."""

    unit: str | None
    route: str
    time: Any
    ii: Any
    addl: int
    ss: int
    open: int
    rate: float
    dur: Any


TIMES = ("time", "ii", "dur")
"""Columns that take a quantity."""


def event(drug: str | Drug, amt: Any, *, drugs: DrugLibrary | None = None, **columns: Unpack[EventColumns]) -> Protocol:
    """A protocol of one dosing event, like `ev` of mrgsolve and `et` of rxode2; `+` joins events.

    Parameters
    ----------
    drug : str or Drug
        A name or alias, or a user's own drug.
    amt : float, str or pint.Quantity
        The dose; text (`25 mg`) and a quantity hold their unit.
    drugs : DrugLibrary, optional
        The drugs by name; the shipped library if it is left out.
    **columns
        The columns of an event table in small letters: `unit` (the drug's usual unit if it is left out), `route`,
        `time` of the first dose, `ii` (interval) with `addl` (doses after the first) or `open=1` (until the end of the
        simulation), `ss`, `rate` (per day), `dur`. Times are numbers of days or quantities.

    Raises
    ------
    ProtocolError
        With the column, and what is expected there.

    Examples
    --------
    >>> regimen = event("hCG", 1500, unit="IU", ii=3.5, addl=23) + event("anastrozole", "1 mg", ii=1, open=1)
    >>> [(series.drug, series.doses) for series in regimen.series]
    [('hcg', 24), ('anastrozole', None)]
    """
    if isinstance(drug, Drug):
        drugs = (DrugLibrary.shipped() if drugs is None else drugs).with_drug(drug)
        drug = drug.name
    for name in columns:
        if name in EventColumns.__annotations__:
            continue
        if name.lower() in ("drug", "amt", *EventColumns.__annotations__):
            raise ProtocolError(f"event: no column {name!r}; write it in small letters, {name.lower()}")
        near = difflib.get_close_matches(name.upper(), map(str.upper, EventColumns.__annotations__), n=3, cutoff=0.6)
        hint = f"did you mean {', '.join(near)}? There are" if near else "there are"
        known = ", ".join(EventColumns.__annotations__)
        raise ProtocolError(f"event: unknown column {name.upper()!r}; {hint} {known}")
    row: dict[str, Any] = {"DRUG": drug, "TIME": 0, "EVID": 1}
    for name, value in {"amt": amt, **columns}.items():
        try:
            if name == "amt" and (is_quantity(value) or (isinstance(value, str) and split_quantity(value)[1])):
                row["AMT"], row["UNIT"] = split_quantity(value)
                if columns.get("unit") is not None:
                    raise ProtocolError(f"{short(value)} has a unit; leave `unit` out")
            elif name in TIMES and is_quantity(value):
                row[name.upper()] = days(value)
            elif is_quantity(value):
                raise ProtocolError(f"{short(value)} is a quantity; expected a number")
            elif value is not None:
                row[name.upper()] = value
        except InputError as error:
            raise ProtocolError(f"event, {name}: {error}") from None
    return read_events([row], where="event", drugs=drugs).protocol()


def read_csv(
    text: str, where: str = "event table", time_unit: str = "days", drugs: DrugLibrary | None = None
) -> EventTable:
    """The protocols in the text of a CSV event table; see `read_events`."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        lines = list(csv.reader(io.StringIO(plain, newline=""), strict=True))
    except csv.Error as error:
        raise ProtocolError(f"{where}: not a table of comma-separated values: {error}") from None
    if not lines:
        raise ProtocolError(f"{where}: the table is empty; the first line names the columns, like TIME,EVID,CMT,AMT")
    if len(lines[0]) == 1 and re.search(r"[;\t]", lines[0][0]):
        raise ProtocolError(f"{where}: the columns are not separated by commas: {short(lines[0][0])}")
    return _read(lines[0], lines[1:], where, time_unit, drugs)


def read_events(table: Any, time_unit: str = "days", drugs: DrugLibrary | None = None, where: str = "") -> EventTable:
    """The protocols of an event table, one a subject.

    Parameters
    ----------
    table : str, Path, pandas.DataFrame, or iterable of dict
        A CSV file, a data frame, or its rows. The columns' names may be in capitals or not; an empty cell, `.`, `NA`,
        None and what pandas calls missing are missing values.
    time_unit : str
        Unit of TIME, II and DUR, and of the time in RATE: "hours", "days" or "weeks".
    drugs : DrugLibrary, optional
        The drugs by name; the shipped library if it is left out.
    where : str, optional
        Name of the table in errors.

    Raises
    ------
    ProtocolError
        For a column or value that is not understood, with its row (the first below the names is 1) and column.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"ID": [1, 2], "TIME": 0, "AMT": [1, 25], "CMT": ["anastrozole:oral", "clomiphene:oral"]})
    >>> read_events(frame).protocol(2).series[0].drug
    'clomiphene'
    """
    if isinstance(table, str | Path):
        return read_csv(read_text(Path(table), ProtocolError), where or str(table), time_unit, drugs)
    where = where or "event table"
    if hasattr(table, "reset_index") and hasattr(table, "columns"):
        frame = table.reset_index() if any(name is not None for name in table.index.names) else table
        values = frame.astype(object).where(frame.notna(), None)
        cells = [list(row) for row in values.itertuples(index=False)]
        return _read(list(frame.columns), cells, where, time_unit, drugs)
    if not isinstance(table, Iterable):
        raise ProtocolError(
            f"{where}: expected a data frame, a list of dictionaries or a file, not {type(table).__name__}"
        )
    rows = list(table)
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ProtocolError(f"{where}: row {index + 1} is {short(row)}; expected a dictionary of columns")
    columns = list(dict.fromkeys(name for row in rows for name in row)) or list(COLUMNS)
    return _read(columns, [[row.get(name) for name in columns] for row in rows], where, time_unit, drugs)


def _names(columns: Sequence[object], where: str) -> list[str]:
    """The columns' names in capitals. Raises ProtocolError for one that is unknown, doubled or missing."""
    names = [str(name).strip().upper() for name in columns]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ProtocolError(f"{where}: the column {name} is there twice")
        if not name:
            raise ProtocolError(f"{where}: column {index + 1} has no name")
        if name not in ACCEPTED:
            near = difflib.get_close_matches(name, ACCEPTED, n=3, cutoff=0.6)
            hint = f"did you mean {', '.join(near)}? Columns are" if near else "leave it out; columns are"
            raise ProtocolError(f"{where}: unknown column {short(columns[index])}; {hint} {', '.join(ACCEPTED)}")
    if "CMT" in names and {"DRUG", "ROUTE"} & set(names):
        raise ProtocolError(
            f"{where}: the columns CMT (drug:route) and DRUG, ROUTE say the same; leave out one or other"
        )
    for name in ("TIME", "AMT", "DRUG" if "DRUG" in names or "ROUTE" in names else "CMT"):
        if name not in names:
            raise ProtocolError(f"{where}: the column {name} is missing; columns are {', '.join(ACCEPTED)}")
    return names


def _read(
    columns: Sequence[object],
    records: Sequence[Sequence[object]],
    where: str,
    time_unit: str,
    drugs: DrugLibrary | None,
) -> EventTable:
    if time_unit not in TIME_UNITS:
        raise ProtocolError(f"time_unit = {time_unit!r}: expected {', '.join(TIME_UNITS)}")
    names = _names(columns, where)
    rows = []
    for index, record in enumerate(records):
        texts = [text(value) for value in record]
        if not any(texts):
            continue
        place = f"{where}: row {index + 1}"
        if len(texts) != len(names):
            raise ProtocolError(f"{place} has {len(texts)} cells and the table {len(names)} columns")
        cells = {name: "" if cell in MISSING else cell for name, cell in zip(names, texts, strict=True)}
        rows.append(Row(place, index + 1, cells))
    subjects = _by_subject(rows, where) if "ID" in names else {1: rows}
    reader = SubjectReader(where, time_unit, "EVID" in names, drugs)
    protocols = {subject: reader.protocol(subject, items) for subject, items in subjects.items()}
    unused = [name for name in NOT_USED if name in names]
    return EventTable(protocols, reader.notes(rows, protocols, unused), where)


def _by_subject(rows: list[Row], where: str) -> dict[int | str, list[Row]]:
    """The rows of each subject. Raises ProtocolError for an ID that is missing, spelled in two ways or not together."""
    if not rows:
        raise ProtocolError(f"{where}: there is no row, and so no subject")
    subjects: dict[int | str, list[Row]] = {}
    spellings: dict[Decimal | str, str] = {}
    last = None
    for row in rows:
        cell = row.cells["ID"]
        if not cell:
            raise row.wrong("ID", "it is missing")
        first = spellings.setdefault(Decimal(cell) if NUMBER.fullmatch(cell) else cell, cell)
        if first != cell:
            raise row.wrong("ID", f"{short(cell)} and {short(first)} are the same number; write it in one way")
        whole = re.fullmatch(r"(0|-?[1-9]\d*)(\.0)?", cell, re.ASCII)
        subject = int(whole[1]) if whole and len(cell) < 300 else cell
        if subject in subjects and subject != last:
            raise row.wrong("ID", f"the rows of subject {subject} are not together; sort the table by ID, then TIME")
        subjects.setdefault(subject, []).append(row)
        last = subject
    return subjects
