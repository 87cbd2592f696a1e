"""Data sets as pharmacometricians keep them: one row a dose or a measurement, many men in one table.

The columns are those of NONMEM with four of names and units (DRUG, ROUTE, UNIT, DVUNIT) and HOLD; `docs/how-to/fit.md`
lists them. A row that is not understood is left out and named, so that one slip does not cost a whole data set.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from typing import Any

from ..errors import InputError
from ..files import shown
from ..measurements.registry import LABS, axis_unit
from ..people.patient import phenotypes
from ..pharmacology.doses import DoseSeries
from ..pharmacology.event_rows import MISSING, NUMBER, TIME_UNITS, Row, SubjectReader, listed, short, text
from ..pharmacology.library import DrugLibrary
from ..pharmacology.protocol import Protocol
from .course import Course, DataSet, DataSetError, Observation, RowRead, Stretch
from .drug_names import known_name
from .observing import observation, without_comparator

COLUMNS = (
    "ID", "TIME", "DATE", "EVID", "AMT", "UNIT", "DRUG", "ROUTE", "CMT", "ADDL", "II", "SS", "RATE", "DUR", "OPEN",
    "DVID", "DV", "DVUNIT", "CENS", "MDV", "HOLD", "HOUR", "ASSAY", "AGE", "BMI", "DIAGNOSIS",
)  # fmt: skip
"""Columns that are read; any other is named and not used."""
COVARIATES = {"AGE": (16.0, 95.0), "BMI": (13.0, 80.0)}
"""Columns of what a man is, with the lowest and highest number."""
KINDS = {0: "measurement", 1: "dose", 2: "other event", 3: "reset", 4: "reset and dose"}
"""EVID -> what a row is, as in NONMEM."""
ROUTES = {
    "intramuscular": "im", "subcutaneous": "sc", "by mouth": "oral", "po": "oral", "per os": "oral",
    "intravenous": "iv", "intranasal": "nasal", "topical": "transdermal", "depot": "", "injection": "",
}  # fmt: skip
"""Other names of routes; "" is the drug's usual one."""
Names = Mapping[Any, str]


@dataclass(frozen=True)
class _Reader:
    """How a table is read: the unit of TIME, names for numbers of CMT and DVID, and the drugs."""

    where: str
    time_unit: str
    compartments: dict[str, str]
    measurements: dict[str, str]
    doses: SubjectReader
    without_unit: set[str] = field(default_factory=set)

    def days(self, value: float) -> float:
        return self.doses.days(value)


def read_table(
    columns: Sequence[object],
    records: Sequence[Sequence[object]],
    *,
    where: str = "data set",
    time_unit: str = "days",
    cmt: Names | None = None,
    dvid: Names | None = None,
    drugs: DrugLibrary | None = None,
) -> DataSet:
    """A data set from the names of its columns and its rows.

    Parameters
    ----------
    columns : their names, in capitals or not.
    records : the cells of each row.
    where : name of the table in messages.
    time_unit : of TIME, II, DUR and RATE where TIME is no date: "hours", "days" or "weeks".
    cmt : number of a compartment -> "drug:route".
    dvid : number in DVID (or in CMT of a measurement) -> name of the measurement.
    drugs : library of drugs; default the shipped one.

    Raises
    ------
    DataSetError
        No table of this kind: no TIME, no row, or a column that is there twice.
    """
    if time_unit not in TIME_UNITS:
        raise DataSetError(f"time_unit = {shown(time_unit)}: expected {', '.join(TIME_UNITS)}")
    names = [text(name).upper() for name in columns]
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise DataSetError(f"{where}: the column {short(doubled[0])} is there twice")
    if "TIME" not in names and "DATE" not in names:
        raise DataSetError(f"{where}: the column TIME is missing; columns are {', '.join(COLUMNS)}")
    if "DV" not in names:
        raise DataSetError(f"{where}: the column DV (what was measured) is missing; columns are {', '.join(COLUMNS)}")
    rows, cut = [], list[RowRead]()
    for number, record in enumerate(records, 1):
        cells = [text(cell) for cell in record]
        if len(cells) != len(names):
            cut.append(RowRead(number, "", "", "", f"{len(cells)} cells where the table has {len(names)} columns"))
        elif any(cell not in MISSING for cell in cells):
            known = {name: "" if cell in MISSING else cell for name, cell in zip(names, cells, strict=True)}
            rows.append(Row(f"{where}: row {number}", number, known))
    if not rows:
        raise DataSetError(f"{where}: there is no row that can be read")
    library = DrugLibrary.shipped() if drugs is None else drugs
    reader = _Reader(
        where, time_unit, _named(cmt, "cmt"), _named(dvid, "dvid"),
        SubjectReader(where, time_unit, True, library),
    )  # fmt: skip
    subjects: dict[str, list[Row]] = {}
    for row in rows:
        identity = row.cells.get("ID", "") or ("1" if "ID" not in names else "")
        if not identity:
            cut.append(RowRead(row.number, "", row.cells.get("TIME", ""), "", "ID is missing"))
            continue
        subjects.setdefault(_identity(identity), []).append(row)
    courses, read = dict[str, Course](), list(cut)
    for name, own in subjects.items():
        course, understood = _Subject(reader, name).course(own)
        read += understood
        if course is not None:
            courses[name] = course
    notes = _notes(reader, names)
    return DataSet(courses, tuple(sorted(read, key=lambda one: one.number)), notes, where)


def _identity(cell: str) -> str:
    """An ID as text; 1, 1.0 and 01 are one man."""
    number = float(cell) if NUMBER.fullmatch(cell) else float("nan")
    return str(int(number)) if isfinite(number) and number == int(number) and abs(number) < 1e15 else cell


def _named(names: Names | None, which: str) -> dict[str, str]:
    if not isinstance(names, Mapping | None):
        raise DataSetError(f"{which} = {shown(names)}: expected numbers with names, like {{1: ...}}")
    return {_identity(str(number)): str(name) for number, name in (names or {}).items()}


def _notes(reader: _Reader, names: list[str]) -> tuple[str, ...]:
    notes = [f"TIME, where it is a number, is read in {reader.time_unit}"]
    if reader.doses.usual_units:
        units = ", ".join(f"{unit} ({drug})" for drug, unit in reader.doses.usual_units.items())
        notes.append(f"AMT without UNIT is read in {units}")
    if reader.without_unit:
        notes.append(f"DV without DVUNIT is read in {listed(sorted(reader.without_unit))}")
    unused = [name for name in names if name not in COLUMNS]
    if unused:
        notes.append(f"columns not used: {listed(unused)}")
    return tuple(notes)


@dataclass
class _Subject:
    """Reads the rows of one man, in their order, into a course."""

    reader: _Reader
    name: str
    first: datetime | None = None
    origin: float | None = None
    stretches: list[tuple[float, list[DoseSeries]]] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    covariates: dict[str, Any] = field(default_factory=dict)
    numeric: bool | None = None

    def course(self, rows: list[Row]) -> tuple[Course | None, list[RowRead]]:
        """His course, None where no row has a time; and what was understood of each row."""
        read, timed = list[RowRead](), list[tuple[int, float, float | None, Row]]()
        chunk = 0
        for row in rows:
            try:
                kind = self.kind(row)
                time, hour = self.time(row)
            except InputError as error:
                read.append(self.not_read(row, error))
                continue
            chunk += kind >= 3
            timed.append((chunk, time, hour, row))
        if not timed:
            return None, read
        ordered = sorted(timed, key=lambda one: (one[0], one[1]))
        self.begin(ordered[0][1])
        for _, time, hour, row in ordered:
            if time < self.stretches[-1][0]:  # a reset may set the clock back
                self.begin(time)
            try:
                what, ignored = self.one(row, time, hour)
                read.append(RowRead(row.number, self.name, _told(row), what, "; ".join(ignored)))
            except InputError as error:
                read.append(self.not_read(row, error))
        stretches, observations = self.kept()
        return Course(self.name, stretches, observations, **self.covariates), read

    def kept(self) -> tuple[tuple[Stretch, ...], tuple[Observation, ...]]:
        """The stretches with doses or measurements, and the measurements, in order."""
        seen = {one.stretch for one in self.observations}
        used = [place for place, (_, doses) in enumerate(self.stretches) if doses or place in seen] or [0]
        stretches = tuple(
            Stretch(self.stretches[place][0], Protocol(tuple(self.stretches[place][1]))) for place in used
        )
        moved = [replace(one, stretch=used.index(one.stretch)) for one in self.observations]
        return stretches, tuple(sorted(moved, key=lambda one: (one.stretch, one.time)))

    def not_read(self, row: Row, error: InputError) -> RowRead:
        fault = str(error).splitlines()[0].removeprefix(f"{row.place}").lstrip(",: ")
        return RowRead(row.number, self.name, _told(row), "", fault)

    def begin(self, time: float, doses: Sequence[DoseSeries] = ()) -> None:
        """Begin a stretch untreated, with these doses of the last stretch."""
        self.stretches.append((time, [*doses]))

    # ---- One row

    def kind(self, row: Row) -> int:
        """EVID; without the column, a row with a dose is one. Raises InputError for a number that is none of KINDS."""
        if not row.cells.get("EVID"):
            return int(bool(row.cells.get("AMT")) and row.value("AMT") != 0)
        kind = row.whole("EVID")
        if kind not in KINDS:
            raise row.wrong("EVID", f"{kind}: expected " + ", ".join(f"{n} ({name})" for n, name in KINDS.items()))
        return kind

    def time(self, row: Row) -> tuple[float, float | None]:
        """The day, and the hour where a clock is given. Dates count from the man's first one."""
        cell, date = row.cells.get("TIME", ""), row.cells.get("DATE", "")
        if date:
            clock = _clock(cell) if cell else None
            if cell and clock is None:
                raise row.wrong("TIME", f"{short(cell)}: expected hours and minutes like 08:30 beside DATE")
            moment = _date(date)
            if moment is None:
                raise row.wrong("DATE", f"{short(date)}: expected a date like 2026-03-01")
            return self.since(row, "DATE", moment, clock)
        if not cell:
            raise row.wrong("TIME", "it is missing")
        if NUMBER.fullmatch(cell):
            if self.numeric is False:
                raise row.wrong("TIME", f"{cell}: a number, where this man's other rows have dates")
            self.numeric = True
            value = self.reader.days(row.value("TIME"))
            if not abs(value) <= 36525:
                raise row.wrong("TIME", f"{cell} {self.reader.time_unit}: expected at most 100 years")
            return value, None
        moment = _date(cell)
        if moment is None:
            raise row.wrong(
                "TIME", f"{short(cell)}: expected a number of {self.reader.time_unit}, or a date like 2026-03-01"
            )
        with_clock = bool(re.search(r"\d[T ]\d", cell))
        return self.since(row, "TIME", moment, moment.hour + moment.minute / 60 if with_clock else None)

    def since(self, row: Row, column: str, moment: datetime, hour: float | None) -> tuple[float, float | None]:
        """Days since midnight of the man's first date, and the hour."""
        if self.numeric:
            raise row.wrong(column, f"{short(row.cells[column])}: a date, where this man's other rows have numbers")
        self.numeric = False
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        self.first = midnight if self.first is None else self.first
        days = (midnight - self.first).days + (0.0 if hour is None else hour / 24)
        if not abs(days) <= 36525:
            raise row.wrong(column, f"{short(row.cells[column])}: more than 100 years from his first date")
        return days, hour

    def one(self, row: Row, time: float, hour: float | None) -> tuple[str, list[str]]:
        """Read one row: what it is in words, and what of it is ignored."""
        ignored = self.covariates_of(row)
        kind = self.kind(row)
        if kind >= 3:
            self.begin(time)
        if kind in (1, 4):
            what = self.dose(row, time)
            if row.cells.get("DV"):
                ignored.append("DV on the row of a dose")
            return ("untreated again, " if kind == 4 else "") + what, ignored
        if row.cells.get("AMT") and row.value("AMT"):
            ignored.append(f"AMT on a row that is a {KINDS[kind]}")
        if kind == 3:
            return "untreated again", ignored
        if kind == 2:
            return "", [*ignored, "EVID 2: an event that is neither a dose nor a measurement"]
        return self.measurement(row, time, hour), ignored

    def covariates_of(self, row: Row) -> list[str]:
        """Keep what the row says of the man, where no earlier row does; what of it is ignored."""
        ignored = []
        for column, (low, high) in COVARIATES.items():
            cell = row.cells.get(column, "")
            if not cell:
                continue
            value = float(cell) if NUMBER.fullmatch(cell) else float("nan")
            known = self.covariates.get(column.lower())
            if not low <= value <= high:
                ignored.append(f"{column} {short(cell)}: expected a number from {low:g} to {high:g}")
            elif known is None:
                self.covariates[column.lower()] = value
            elif value != known and column != "AGE":
                ignored.append(f"{column} {cell}: {known:g} is used, the first one")
        cell = row.cells.get("DIAGNOSIS", "")
        name = re.sub(r"[\s-]+", "_", cell.lower())
        if cell and name not in phenotypes():
            ignored.append(f"DIAGNOSIS {short(cell)} is unknown; `hpg diagnoses` lists them")
        elif cell and self.covariates.setdefault("diagnosis", name) != name:
            ignored.append(f"DIAGNOSIS {short(cell)}: {self.covariates['diagnosis']} is used, the first one")
        return ignored

    def dose(self, row: Row, time: float) -> str:
        """Add the doses of a row. Raises InputError for one that cannot be given."""
        cells = dict(row.cells)
        compartment = cells.pop("CMT", "")
        if not cells.get("DRUG"):
            named = self.reader.compartments.get(_identity(compartment), compartment)
            drug, colon, route = named.partition(":")
            if not drug or (not colon and NUMBER.fullmatch(drug)):
                raise row.wrong(
                    "DRUG",
                    "it is missing on a dose" + (f", and CMT {compartment} has no name (cmt=, --cmt)" if drug else ""),
                )
            cells["DRUG"], cells["ROUTE"] = drug, route or cells.get("ROUTE", "")
        cells["DRUG"] = known_name([cells["DRUG"]], self.reader.doses.drugs) or cells["DRUG"]
        route = cells.get("ROUTE", "").lower()
        cells["ROUTE"] = ROUTES.get(route, route)
        cells["UNIT"] = cells.get("UNIT", "").removesuffix(" depot")  # as in the files of single men
        repeated = any(row.value(column) for column in ("ADDL", "SS", "OPEN"))
        if not repeated:
            cells["II"] = ""  # NONMEM does not look at it either
        steady = row.whole("SS")
        if steady not in (0, 1, 2):
            raise row.wrong("SS", f"{steady}: expected 0, 1 (steady state) or 2 (added to what is there)")
        own = self.stretches[-1]
        if steady and own[1]:
            cells["SS"] = "1"
            begins = time
            earlier = [_moved(series, own[0] - time) for series in own[1]] if steady == 2 else []
        else:
            begins, earlier = own[0], own[1]
            cells["SS"] = "1" if steady else ""
        changed = replace(row, cells=cells)
        series = self.reader.doses.series(changed, time - begins, first=True)
        if begins != own[0]:
            self.begin(begins, earlier)
        self.stretches[-1][1].append(series)
        return _dose_words(series, steady)

    def measurement(self, row: Row, time: float, hour: float | None) -> str:
        """Add the measurement of a row. Raises InputError for one that cannot be used."""
        if row.whole("MDV") == 1:
            raise row.wrong("MDV", "1: DV is missing")
        bare, said = without_comparator(row.cells.get("DV", ""))
        if not bare:
            raise row.wrong("DV", "it is missing")
        if not NUMBER.fullmatch(bare):
            raise row.wrong("DV", f"{short(bare)} is not a number")
        name = row.cells.get("DVID", "") or row.cells.get("CMT", "")
        name = self.reader.measurements.get(_identity(name), name)
        if not name or NUMBER.fullmatch(name):
            raise row.wrong("DVID", f"{name} has no name (dvid=, --dvid)" if name else "it is missing")
        sign = row.whole("CENS")
        if sign not in (-1, 0, 1):
            raise row.wrong("CENS", f"{sign}: expected 1 (below DV), -1 (above DV) or 0")
        held = row.whole("HOLD")
        if held not in (0, 1):
            raise row.wrong("HOLD", f"{held}: expected 1 (predict it, do not use it) or 0")
        if row.cells.get("HOUR"):
            hour = row.value("HOUR")
            if not 0 <= hour < 24:
                raise row.wrong("HOUR", f"{hour:g}: expected an hour of the day, from 0 to below 24")
        try:
            one = observation(
                name, float(bare), row.cells.get("DVUNIT", ""), time=time, stretch=len(self.stretches) - 1, hour=hour,
                assay=row.cells.get("ASSAY", ""), censored={1: "below", -1: "above", 0: said}[sign], held=bool(held),
                row=row.number,
            )  # fmt: skip
        except InputError as error:
            raise row.wrong("DV", str(error)) from None
        if not row.cells.get("DVUNIT"):
            self.reader.without_unit.add(f"{axis_unit(one.variable, one.unit)} ({one.variable})")
        self.observations.append(one)
        return observation_words(one)


def _moved(series: DoseSeries, days: float) -> DoseSeries:
    return replace(series, start_day=series.start_day + days)


def _told(row: Row) -> str:
    return " ".join(part for part in (row.cells.get("DATE", ""), row.cells.get("TIME", "")) if part)[:25]


def _date(cell: str) -> datetime | None:
    """A date, with or without a clock, in the form of ISO 8601; None where it is none."""
    if not re.match(r"\d{4}-\d{2}(-\d{2})?", cell):
        return None
    try:
        return datetime.fromisoformat(cell + "-01" if len(cell) == 7 else cell)
    except ValueError:
        return None


def _clock(cell: str) -> float | None:
    """Hour of the day from '08:30' or a number of hours; None where it is none."""
    said = re.fullmatch(r"(\d{1,2}):(\d{2})(:\d{2})?", cell)
    hour = int(said[1]) + int(said[2]) / 60 if said else float(cell) if NUMBER.fullmatch(cell) else -1.0
    return hour if 0 <= hour < 24 else None


def _dose_words(series: DoseSeries, steady: int) -> str:
    words = f"{series.amount:g} {series.unit} {series.drug} {series.route}"
    if series.formulation:
        words += f" ({series.formulation})"
    if steady:
        words += f" every {series.interval_days:.4g} days, at steady state"
    elif series.doses is None:
        words += f" every {series.interval_days:.4g} days without end"
    elif series.doses > 1:
        words += f", {series.doses} doses every {series.interval_days:.4g} days"
    if series.over_days:
        words += f", each over {series.over_days:.4g} days"
    return words


def observation_words(one: Observation) -> str:
    """A measurement in words: 'testosterone 265 ng/dL, held'."""
    sign = {"below": "below ", "above": "above "}.get(one.censored, "")
    words = f"{one.variable} {sign}{one.value:.4g} {axis_unit(one.variable, one.unit)}"
    usual = LABS[one.variable].display_unit
    if one.unit != usual:
        words += f" ({one.shown:.4g} {axis_unit(one.variable, usual)})"
    return words + (", held" if one.held else "")
