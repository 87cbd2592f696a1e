"""Clauses of a protocol's sentence as series of doses, and back: courses, tapers, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import ceil

from .doses import DoseSeries


@dataclass
class Clause:
    """What one clause has said so far."""

    drug: str
    amount: float | None = None
    unit: str = ""
    route: str | None = None
    interval: float | None = None
    days: list[float] = field(default_factory=list)
    start: float | None = None
    end: float | None = None
    length: float | None = None
    doses: int | None = None
    over: float | None = None
    on_off: tuple[float, float] | None = None
    taper: tuple[float, float] | None = None


def expand(clause: Clause, begin: float, fail: Callable[[str], Exception]) -> tuple[list[DoseSeries], float | None]:
    """The series of a clause that starts at `begin` unless it says when, and the day it ends (None: never)."""
    start = begin if clause.start is None else clause.start
    end = clause.end if clause.end is not None else (start + clause.length if clause.length is not None else None)
    if end is not None and end <= start:
        raise fail(f"an end after the start (day {start:g}), not day {end:g}")
    assert clause.amount is not None
    base = DoseSeries(
        clause.drug, clause.amount, clause.unit, clause.route, start, clause.interval or 1.0, clause.doses, clause.over
    )
    if clause.days:
        days = sorted(start + day if clause.start is None else day for day in clause.days)
        return [replace(base, start_day=day, doses=1) for day in days], days[-1]
    if clause.taper is not None:
        return _taper(base, clause.taper)
    if clause.doses is not None:
        return [base], start + base.interval_days * clause.doses
    if clause.on_off is not None:
        if end is None:
            raise fail("'for' or 'until' with a course of days on and off")
        return _courses(base, clause.on_off, end), end
    return [replace(base, doses=_count(start, end, base.interval_days))], end


def _count(start: float, end: float | None, interval: float) -> int | None:
    return None if end is None else max(1, ceil((end - start) / interval - 1e-9))


def _courses(base: DoseSeries, on_off: tuple[float, float], end: float) -> list[DoseSeries]:
    on, off = on_off
    courses, day = [], base.start_day
    while day < end - 1e-9:
        courses.append(replace(base, start_day=day, doses=_count(day, min(day + on, end), base.interval_days)))
        day += on + off
    return courses


def _taper(base: DoseSeries, taper: tuple[float, float]) -> tuple[list[DoseSeries], float]:
    """Steps of a week (or of one interval where that is longer) from the first dose to the last."""
    last, length = taper
    step = max(7.0, base.interval_days)
    count = max(2, round(length / step))
    series = []
    for index in range(count):
        amount = base.amount + (last - base.amount) * index / (count - 1)
        start = base.start_day + index * length / count
        if amount > 0:
            doses = _count(0.0, length / count, base.interval_days)
            series.append(replace(base, amount=round(amount, 6), start_day=start, doses=doses))
    return series, base.start_day + length


def write(series: Iterable[DoseSeries]) -> str:
    """The sentence that `parse` reads into the same series (rules: `rule_grammar.sentence`)."""
    clauses = []
    for item in series:
        text = f"{item.drug} {item.amount!r} {item.unit} {item.route}"
        if item.doses == 1:
            text += " once"
        else:
            text += f" every {item.interval_days!r} days"
        if item.start_day:
            text += f" from day {item.start_day!r}"
        if item.over_days is not None:
            text += f" over {item.over_days!r} days"
        if item.doses is not None and item.doses != 1:
            text += f" for {item.doses} doses"
        clauses.append(text)
    return " and ".join(clauses) or "no treatment"
