"""Clauses of a protocol's sentence as series of doses, and back: courses, tapers, weekdays, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil, floor, log10

from ..units import UnitError, convert
from .doses import DoseSeries
from .drug import Drug
from .span import DAY, Span

MOST_COURSES = 2000
"""Courses of days on and off, and steps of a taper: more are refused."""
CLOSE = 1e-9


@dataclass
class Clause:
    """One clause as far as it is read; `phrases` holds the words of each kind of phrase."""

    drug: Drug | None = None
    amount: float | None = None
    unit: str = ""
    route: str | None = None
    formulation: str | None = None
    interval: Span | None = None
    per_time: bool = False
    once: bool = False
    days: list[Span] = field(default_factory=list)
    weekdays: tuple[int, ...] = ()
    start: Span | None = None
    end: Span | None = None
    length: Span | None = None
    doses: int | None = None
    over: float | None = None
    on_off: tuple[Span, Span] | None = None
    taper: tuple[float, str, Span] | None = None
    phrases: dict[str, str] = field(default_factory=dict)


Fail = Callable[[str], Exception]


def expand(clause: Clause, begin: Span, fail: Fail) -> tuple[list[DoseSeries], Span | None]:
    """The series of a clause that starts at `begin` unless it says when, and the moment it ends (None: never)."""
    start = begin if clause.start is None else clause.start
    if begin.days > 0 and start.days < begin.days:
        raise fail(f"a start on day {begin.days:g}, where what stands before 'then' ends, or later")
    end = start.later(clause.length) if clause.length is not None else clause.end
    if end is not None and end.days <= start.days:
        raise fail(f"an end after the start (day {start.days:g}), not day {end.days:g}")
    if clause.days:
        days = sorted(start.days + day.days for day in clause.days)
        return [_series(clause, day, 1) for day in days], Span(days[-1])
    if clause.once:
        return [_series(clause, start.days, 1)], start.later(Span(max(1.0, clause.over or 0.0)))
    length = clause.length if end is None or clause.length is not None else end.since(start)
    interval = clause.interval or DAY
    if clause.weekdays:
        return _weekly(clause, start, end, fail)
    if clause.taper is not None:
        return _taper(clause, start, interval, clause.taper, fail), start.later(clause.taper[2])
    if clause.on_off is not None:
        if length is None:
            raise fail("'for' or 'until' and a time with a course of days on and off")
        return _courses(clause, start, interval, clause.on_off, length, fail), end
    doses = clause.doses
    if doses is not None:
        end = start.later(Span(interval.days * doses))
    elif length is not None:
        doses = _count(interval, length)
    return [_series(clause, start.days, doses, interval.days)], end


def _series(
    clause: Clause, day: float, doses: int | None, every: float = 1.0, amount: float | None = None
) -> DoseSeries:
    drug, amount = clause.drug, clause.amount if amount is None else amount
    assert drug is not None and amount is not None
    formulation = clause.formulation
    return DoseSeries(drug.name, amount, clause.unit, clause.route, day, every, doses, clause.over, drug, formulation)


def _count(interval: Span, length: Span) -> int:
    """Doses at each interval from the start of `length`, one at the least."""
    return max(1, ceil(interval.intervals_in(length) - CLOSE))


def _weekly(clause: Clause, start: Span, end: Span | None, fail: Fail) -> tuple[list[DoseSeries], Span | None]:
    """One series for each weekday from the clause's start on; day 0 is a Monday."""
    several = len(clause.weekdays)
    weeks = 1.0
    if clause.interval is not None:
        weeks = clause.interval.days / 7 * (several if several > 1 else 1)
        if abs(weeks - round(weeks)) > CLOSE or round(weeks) < 1 or (several > 1 and round(weeks) != 1):
            how_often, weekdays = clause.phrases["how often"], clause.phrases["on which weekdays"]
            raise fail(f"as many weekdays as doses a week: {weekdays!r} does not fit {how_often!r}")
    every = 7.0 * round(weeks)
    monday = 7 * (start.days // 7)
    first = [monday + weekday for weekday in clause.weekdays]
    first = sorted(day if day >= start.days else day + 7 for day in first)
    series = []
    for place, day in enumerate(first):
        doses = None
        if clause.doses is not None:
            doses = (clause.doses - place + several - 1) // several
        elif end is not None:
            doses = max(0, ceil((end.days - day) / every - CLOSE))
        if doses != 0:
            series.append(_series(clause, day, doses, every))
    if not series:
        raise fail("a course that holds one of its weekdays (day 0 is a Monday)")
    if clause.doses is not None:
        end = Span(start.days + every * -(-clause.doses // several))
    return series, end


def _courses(
    clause: Clause, start: Span, interval: Span, on_off: tuple[Span, Span], length: Span, fail: Fail
) -> list[DoseSeries]:
    on, off = on_off
    cycle = on.later(off)
    count = ceil(cycle.intervals_in(length) - CLOSE)
    if count > MOST_COURSES:
        raise fail(f"longer courses: at most {MOST_COURSES:,} courses fit in one protocol, not {count:,}")
    courses = []
    for index in range(count):
        left = Span(length.days - index * cycle.days)
        if left.days > CLOSE:
            doses = _count(interval, on if on.days <= left.days else left)
            courses.append(_series(clause, start.days + index * cycle.days, doses, interval.days))
    return courses


def _taper(clause: Clause, start: Span, interval: Span, taper: tuple[float, str, Span], fail: Fail) -> list[DoseSeries]:
    """Steps of a week (or of one interval where that is longer) from the first dose to the last, at one interval."""
    last, unit, length = taper
    assert clause.amount is not None
    if unit != clause.unit:
        try:
            last = convert(last, unit, clause.unit)
        except UnitError:
            raise fail(f"a last dose in the unit of the first ({clause.unit}), not {unit}") from None
    count = max(2, round(length.days / max(7.0, interval.days)))
    if count > MOST_COURSES:
        raise fail(f"a shorter taper: at most {MOST_COURSES:,} steps fit in one protocol, not {count:,}")
    doses = interval.intervals_in(length)
    first = [ceil(index * doses / count - CLOSE) for index in range(count + 1)]
    if first[-1] == first[-2]:
        raise fail(f"a taper that is long enough to reach its last dose with {interval.days:g} days between doses")
    series = []
    for index in range(count):
        amount = clause.amount + (last - clause.amount) * index / (count - 1)
        given = first[index + 1] - first[index]
        if amount > 0 and given:
            day = start.days + first[index] * interval.days
            series.append(_series(clause, day, given, interval.days, _rounded(amount)))
    return series


def _rounded(amount: float) -> float:
    """An amount with six decimals, or six digits where it is small."""
    return round(amount, max(6, 5 - floor(log10(amount))))


def _plain(value: float) -> str:
    """A number that is read as the same number: '1500', not '1500.0'."""
    return repr(value).removesuffix(".0")


def _how_often(interval_days: float) -> str:
    """'every 2 days', or '3 times a week' where an interval in days has no end of digits."""
    for days, name in ((7.0, "week"), (1.0, "day")):
        count = round(days / interval_days)
        if 1 < count <= 12 and days / count == interval_days and len(repr(interval_days)) > 6:
            return f"{count} times a {name}"
    return "every day" if interval_days == 1 else f"every {_plain(interval_days)} days"


def write(series: Iterable[DoseSeries]) -> str:
    """The sentence that `parse` reads into the same series (rules: `rule_grammar.sentence`)."""
    clauses = []
    for item in series:
        text = f"{item.drug} {_plain(item.amount)} {item.unit} {item.route}"
        if item.other_formulation is not None:
            text += f" {item.other_formulation}"
        if item.doses == 1:
            text += " once"
        else:
            text += f" {_how_often(item.interval_days)}"
        if item.start_day:
            text += f" from day {_plain(item.start_day)}"
        if item.over_days is not None:
            text += f" over {_plain(item.over_days)} days"
        if item.doses is not None and item.doses != 1:
            text += f" for {item.doses} doses"
        clauses.append(text)
    return " and ".join(clauses) or "no treatment"
