"""The rows of one subject in an event table, read into a protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite

from .doses import EARLIEST_DAY, LATEST_DAY, DoseSeries, ProtocolError
from .drug import DrugError
from .library import DrugLibrary
from .protocol import Protocol, read_rules

COLUMNS = ("ID", "TIME", "EVID", "CMT", "AMT", "UNIT", "II", "ADDL", "OPEN", "RATE", "DUR", "RULE")
"""Columns of written tables."""
ACCEPTED = (*COLUMNS, "SS", "DRUG", "ROUTE", "DV", "MDV", "ORDER")
NOT_USED = ("DV", "MDV")
OF_A_DOSE = ("AMT", "RATE", "DUR", "II", "ADDL", "OPEN", "SS", "ORDER")
"""Columns that are 0 or missing on a row that is no dose."""
TIME_UNITS = {"hours": (1, 24), "days": (1, 1), "weeks": (7, 1)}
"""Unit of time -> the factor and the divisor that convert it to days."""
MISSING = {"", ".", "NA"}
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
ADHERENCE = re.compile(r"(\S+)\s*% adherence")
MOST_ADDITIONAL = 1_000_000
STEADY_DAYS = 6 * 365.25
"""Time under constant dosing after which the axis is steady (all but bone density within 1 %)."""


def listed(items: Iterable[object], most: int = 12) -> str:
    texts = [str(item) for item in items]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def text(value: object) -> str:
    """A cell as text, empty for None."""
    try:
        return "" if value is None else str(value).strip()
    except ValueError:  # of an integer with thousands of digits
        return "a number of thousands of digits"


def short(value: object) -> str:
    whole = text(value)
    return repr(whole if len(whole) <= 40 else whole[:40] + "...")


@dataclass(frozen=True)
class Row:
    """A row of an event table: its cells by column, as text; a missing one is empty."""

    place: str
    number: int
    cells: dict[str, str]

    def wrong(self, column: str, message: str) -> ProtocolError:
        return ProtocolError(f"{self.place}, {column}: {message}")

    def value(self, column: str) -> float:
        """The number in a cell, 0 for a missing one."""
        cell = self.cells.get(column, "")
        if not cell:
            return 0.0
        value = float(cell) if NUMBER.fullmatch(cell) else inf
        if not isfinite(value):
            raise self.wrong(column, f"{short(cell)} is not a number")
        return value

    def whole(self, column: str) -> int:
        value = self.value(column)
        if value != int(value):
            raise self.wrong(column, f"{self.cells[column]} is not a whole number")
        return int(value)

    def no_dose(self, kind: str) -> None:
        """Refuse a value in a column of doses."""
        for column in OF_A_DOSE:
            if self.value(column):
                raise self.wrong(column, f"{self.cells[column]} on a row that is {kind}; a dose is a row with EVID 1")


class SubjectReader:
    """Reads the rows of each subject into a protocol, and collects notes for the user."""

    def __init__(self, where: str, time_unit: str, has_evid: bool, drugs: DrugLibrary | None):
        self.where, self.time_unit, self.has_evid = where, time_unit, has_evid
        self.drugs = DrugLibrary.shipped() if drugs is None else drugs
        self.observations = 0
        self.without_rule: list[int] = []
        self.usual_units: dict[str, str] = {}
        self.before: list[str] = []

    def days(self, value: float) -> float:
        multiply, divide = TIME_UNITS[self.time_unit]
        return value * multiply / divide

    def protocol(self, subject: int | str, rows: list[Row]) -> Protocol:
        """The protocol of one subject."""
        series: list[tuple[int, DoseSeries]] = []
        rules, adherence, last = [], None, -inf
        for row in rows:
            time, kind = self.time(row, last), self.kind(row)
            last = row.value("TIME")
            if kind == 1:
                series.append((row.whole("ORDER"), self.series(row, time, first=not series)))
                continue
            rule = row.cells.get("RULE", "")
            if kind == 0:
                row.no_dose("an observation (EVID 0)")
                self.observations += 1
                if rule:
                    raise row.wrong("RULE", "rules are read on rows with EVID 2 only")
                continue
            row.no_dose("no dose (EVID 2)")
            if not rule:
                self.without_rule.append(row.number)
                continue
            if time:
                raise row.wrong("TIME", f"{row.cells['TIME']} with a rule, which says itself from when; give 0")
            share = ADHERENCE.fullmatch(rule)
            if share is None:
                rules += read_rules([rule], f"{row.place}, RULE", self.drugs)
            elif adherence is not None:
                raise row.wrong("RULE", f"the adherence is given twice, {rule} after {100 * adherence:g} %")
            elif not NUMBER.fullmatch(share[1]) or not 0 < float(share[1]) <= 100:
                raise row.wrong("RULE", f"{short(rule)}: expected above 0 and at most 100 % adherence")
            else:
                adherence = float(share[1]) / 100
        orders = [order for order, _ in series]
        if any(orders) and sorted(orders) != list(range(1, len(orders) + 1)):
            raise ProtocolError(f"{rows[0].place}, ORDER: the doses of a subject are numbered from 1, each once")
        ordered = tuple(item for _, item in sorted(series, key=lambda pair: pair[0]))
        try:
            return Protocol(ordered, rules=tuple(rules), adherence=1.0 if adherence is None else adherence)
        except ProtocolError as error:
            raise ProtocolError(f"{self.where}: ID {subject}: {error}") from None

    def time(self, row: Row, last: float) -> float:
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

    def kind(self, row: Row) -> int:
        """0 observation, 1 dose, 2 another event; without a column EVID, a row with a value of a dose is one."""
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

    def series(self, row: Row, start: float, first: bool) -> DoseSeries:
        """The series of a dose's row."""
        if row.cells.get("RULE"):
            raise row.wrong("RULE", "rules are read on rows with EVID 2 only")
        name, route = self.drug(row)
        if not row.value("AMT") > 0:
            raise row.wrong("AMT", f"the dose is {row.value('AMT'):g}; it must be above 0")
        interval, doses = self.repeats(row)
        over = self.duration(row)
        try:
            drug = self.drugs.find(name)
            unit = row.cells.get("UNIT") or self.usual_units.setdefault(drug.name, drug.dose_unit)
            every = 1.0 if doses == 1 else interval or 1.0
            series = DoseSeries(drug.name, row.value("AMT"), unit, route, start, every, doses, over, drug)
        except (ProtocolError, DrugError) as error:
            raise ProtocolError(f"{row.place}: {error}") from None
        steady = row.whole("SS")
        if not steady:
            return series
        if steady != 1:
            raise row.wrong("SS", f"{steady}: only 0 and 1 are known; or begin the doses at a negative TIME")
        if not first:
            raise row.wrong(
                "SS", "1 clears the doses before it, as in NONMEM, and is known on a subject's first dose only; "
                "begin these doses at a negative TIME",
            )  # fmt: skip
        return self.steady(row, series, interval)

    def length(self, row: Row, column: str) -> float:
        """An interval or a duration in days, 0 for none."""
        value = self.days(row.value(column))
        if not 0 <= value <= LATEST_DAY:
            raise row.wrong(column, f"{row.cells[column]} {self.time_unit}: expected from 0 to 100 years")
        return value

    def drug(self, row: Row) -> tuple[str, str | None]:
        """The drug and its route: from CMT, or from DRUG and ROUTE."""
        if "DRUG" in row.cells:
            if not row.cells["DRUG"]:
                raise row.wrong("DRUG", "it is missing on a dose")
            return row.cells["DRUG"], row.cells.get("ROUTE") or None
        compartment = row.cells["CMT"]
        name, colon, route = compartment.partition(":")
        if not colon or not name.strip() or not route.strip():
            number = ", and no compartment's number" if NUMBER.fullmatch(compartment) else ""
            raise row.wrong(
                "CMT", f"{short(compartment)}: expected drug:route, like hcg:sc{number}; or columns DRUG and ROUTE"
            )
        return name, route

    def repeats(self, row: Row) -> tuple[float, int | None]:
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

    def duration(self, row: Row) -> float | None:
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

    def steady(self, row: Row, series: DoseSeries, interval: float) -> DoseSeries:
        """The series with the doses before it that bring drug and axis to steady state."""
        if series.definition.routes[series.route or ""].lasting:
            raise row.wrong("SS", f"1: {series.drug} lasts for good and has no steady state")
        span = max(10 * series.slowest_days, STEADY_DAYS, 5 * interval)
        if span > MOST_ADDITIONAL * interval:
            raise row.wrong("II", f"{row.cells['II']} {self.time_unit} is too short for SS 1")
        count = ceil(span / interval)
        start = series.start_day - count * interval
        if start < EARLIEST_DAY:
            raise row.wrong(
                "SS", f"1: {series.drug} would have to begin on day {start:g}; at most 40 years before day 0"
            )
        doses = None if series.doses is None else series.doses + count
        self.before.append(f"row {row.number} ({count} doses of {series.drug} before it, from day {start:g})")
        return replace(series, start_day=start, interval_days=interval, doses=doses, formulation=None)

    def notes(self, rows: list[Row], protocols: Mapping[int | str, Protocol], unused: list[str]) -> tuple[str, ...]:
        """Notes on the units and defaults of the table, and on its unused parts."""
        times = [row.value("TIME") for row in rows]
        notes = [f"TIME read in {self.time_unit}" + (f" ({min(times):g} to {max(times):g})" if times else "")]
        if self.usual_units:
            named = ", ".join(f"{unit} ({drug})" for drug, unit in self.usual_units.items())
            notes.append(f"AMT without UNIT read in {named}")
        if self.before:
            notes.append(f"SS 1: {listed(self.before)}")
        if self.observations:
            notes.append(f"{self.observations} observation row{'s' * (self.observations > 1)} not used")
        if unused:
            notes.append(f"{', '.join(unused)} not used")
        if self.without_rule:
            notes.append(f"EVID 2 without RULE does nothing: row {listed(self.without_rule)}")
        untreated = [subject for subject, protocol in protocols.items() if not (protocol.series or protocol.rules)]
        if untreated:
            notes.append(f"no doses: ID {listed(untreated)}")
        return tuple(notes)
