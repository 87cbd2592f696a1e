"""Readings of a measurement on a day: mean over the last dosing interval, with trough and peak.

A level at one moment depends on how long ago the last dose was. `dosing_interval` says over which days a reading is
taken; every table, report and headline uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray

from ..pharmacology.doses import DoseSeries
from ..pharmacology.dosing import SHORT_PULSE_INTERVAL_DAYS
from ..pharmacology.protocol import Protocol
from ..units import days_in_months

Array = NDArray[np.float64]
DAY = 1.0
CLOSE = 1e-6
"""Days within which two times are the same."""
LONGEST_GAP = 183.0
"""Days: single doses of one drug further apart than this are no regular treatment."""
FEWEST_STEPS = 4
"""Steps between output times that an interval needs; with fewer the reading is the level at one moment."""
FINEST_STEP, COARSEST_STEP = 0.25, 1.0
"""Days between output times from which readings are taken: a 28th of the interval, within these; pulses need a 12th."""
STEPS_OF_A_DOSE = 24
"""Steps between output times from dose to dose of a drug that is given several times a day and gone before the next."""
MOST_SERIES = 40
"""Series of doses of which consecutive intervals are looked for."""
STANDARD_DAYS = tuple(days_in_months(months) for months in (1, 3, 6, 12))
"""Days of tables: 1, 3, 6 and 12 months."""


@dataclass(frozen=True)
class Reading:
    """A measurement on a day: its time average, lowest and highest value from day `begin` to day `end`.

    begin == end: the level at that moment.
    """

    mean: float
    trough: float
    peak: float
    begin: float
    end: float


@dataclass(frozen=True)
class _Course:
    """Doses of one drug at one interval; each is taken to last for an interval, so that the course ends at `end`."""

    first: float
    interval: float
    end: float


def _next_dose(series: DoseSeries, day: float) -> float:
    """The first dose of a series after a day; inf when there is none."""
    number = 0 if day < series.start_day - CLOSE else floor((day - series.start_day) / series.interval_days + CLOSE) + 1
    last = inf if series.doses is None else series.doses - 1
    return series.start_day + number * series.interval_days if number <= last else inf


def _last_dose(series: DoseSeries, day: float) -> float:
    """The last dose of a series before a day; -inf when there is none."""
    number = ceil((day - series.start_day) / series.interval_days - CLOSE) - 1
    if series.doses is not None:
        number = min(number, series.doses - 1)
    return series.start_day + number * series.interval_days if number >= 0 else -inf


def _by_drug(series: Iterable[DoseSeries]) -> list[list[_Course]]:
    """The courses of each drug."""
    by_drug: dict[str, list[DoseSeries]] = {}
    for item in series:
        by_drug.setdefault(item.drug, []).append(item)
    return [_courses(items) for items in by_drug.values()]


def _courses(series: Sequence[DoseSeries]) -> list[_Course]:
    """Courses of one drug. A single dose lasts until the next one, the last single dose as long as the one before."""
    courses = []
    for item in series:
        first, interval = item.start_day, item.interval_days
        if item.doses == 1:
            after = min(_next_dose(other, first) for other in series) - first
            before = first - max(_last_dose(other, first) for other in series)
            gap = after if after < inf else before
            interval = gap if gap <= LONGEST_GAP else DAY
        count = inf if item.doses is None else item.doses
        courses.append(_Course(first, interval, first + count * interval))
    return courses


def _changes(courses: Sequence[_Course]) -> list[float]:
    """Days on which one drug begins to be given or ends: the edges of its courses, joined where they meet."""
    edges: list[float] = []
    for course in sorted(courses, key=lambda c: c.first):
        if edges and course.first <= edges[-1] + CLOSE:
            edges[-1] = max(edges[-1], course.end)
        else:
            edges += [course.first, course.end]
    return edges


def dosing_interval(series: Iterable[DoseSeries], day: float, start: float = 0.0) -> tuple[float, float]:
    """First and last day of the average of a reading on `day`.

    series: the doses as given, with the changes by rules; start: first day of the simulation.

    It is the last dosing interval that ends on `day` or before. Where several drugs are being given it is the longest
    of their intervals; intervals shorter than a day are put together to a day or just more. A drug is being given from
    its first dose until one interval after its last. Single doses of a drug make intervals from one to the next
    (unless they are more than half a year apart); a dose that stands alone counts as one day. In the days off of a
    course with days on and off, in a man who gets nothing, and under a pump it is one day. The steps of a taper, and
    doses that a rule has changed, go on as one treatment: its last interval counts, whatever the dose in it.

    No interval reaches back behind the day on which a drug was begun or ended: then it is the time since that day, as
    it is while the first interval has not ended yet. On the first day it is that moment alone (begin equals end).
    """
    by_drug = _by_drug(series)
    courses = [course for of_drug in by_drug for course in of_drug]
    edges = [edge for of_drug in by_drug for edge in _changes(of_drug)]
    since = max([start, *(edge for edge in edges if edge < day - CLOSE)])
    running = [course for course in courses if course.first < day - CLOSE and day <= course.end + CLOSE]
    length, end = DAY, day
    if running:
        longest = max(course.interval for course in running)
        length = ceil(DAY / longest - CLOSE) * longest
        ends = [
            course.first + floor((day - course.first) / course.interval + CLOSE) * course.interval
            for course in running
            if course.interval >= longest - CLOSE
        ]
        end = min(max(ends), day)
    if end - length < since - CLOSE:
        return min(since, day), day
    return end - length, end


def window(series: Iterable[DoseSeries], day: float, time: Array) -> tuple[float, float]:
    """`dosing_interval`, or (day, day) where the output times (days) are too far apart to average over it."""
    begin, end = dosing_interval(series, day, float(time[0]))
    steps = np.count_nonzero((time > begin + CLOSE) & (time < end - CLOSE)) + 1
    return (begin, end) if steps >= FEWEST_STEPS else (day, day)


def consecutive_windows(series: Sequence[DoseSeries], time: Array) -> list[tuple[float, float]]:
    """Dosing intervals one after the other from the first to the last output time (days), the earliest first.

    Empty where there are too many single doses for it to be quick (missed doses make one of each).
    """
    if len(series) > MOST_SERIES:
        return []
    spans = list[tuple[float, float]]()
    day, start = float(time[-1]), float(time[0])
    while day > start + CLOSE:
        begin, end = window(series, day, time)
        if end - begin < CLOSE:
            begin, end = max(day - DAY, start), day
        spans.append((begin, end))
        day = begin
    return spans[::-1]


def average(time: Array, values: Array, begin: float, end: float) -> Array:
    """Mean, lowest and highest (3, rows) of values (rows, times) between two days; straight lines between times."""

    def at(day: float) -> Array:
        place = min(max(int(np.searchsorted(time, day)), 1), len(time) - 1)
        share = (day - time[place - 1]) / (time[place] - time[place - 1])
        return ((1 - share) * values[:, place - 1] + share * values[:, place])[:, None]

    if end <= begin:
        return np.repeat(at(end).T, 3, axis=0)
    inside = (time > begin + CLOSE) & (time < end - CLOSE)
    grid = np.concatenate([[begin], time[inside], [end]])
    levels = np.concatenate([at(begin), values[:, inside], at(end)], axis=1)
    return np.array([np.trapezoid(levels, grid, axis=1) / (end - begin), levels.min(axis=1), levels.max(axis=1)])


def table_days(first: float, last: float) -> list[float]:
    """Days of one man's table: the first, 0, 30, 91, 183, 365 and the last, none of them close to the last."""
    return [first, *(day for day in (0.0, *STANDARD_DAYS) if first + CLOSE < day < 0.85 * last), last]


def three_days(first: float, last: float) -> list[float]:
    """First, middle and last day, for tables with wide cells; the middle is a standard day where one is near."""
    middle = (first + last) / 2
    near = [day for day in STANDARD_DAYS if abs(day - middle) <= 1]
    whole = float(floor(middle))
    return [first, near[0] if near else whole if whole > first + 1 else middle, last]


def finest_step(protocols: Iterable[Protocol]) -> float:
    """Days between output times from which a day's mean follows: a quarter, or less for short-acting doses.

    Levels that rise and fall between two doses of a day would be met at the same moments after a dose again and again.
    Pulses of GnRH are closer, and averaged.
    """
    given = [
        series
        for protocol in protocols
        for series in (*protocol.series, *(added for rule in protocol.rules for added in rule.series))
        if series.doses != 1 and SHORT_PULSE_INTERVAL_DAYS <= series.interval_days < DAY
    ]
    short = (series.interval_days for series in given if series.slowest_days < series.interval_days)
    return min((FINEST_STEP, *(interval / STEPS_OF_A_DOSE for interval in short)))


def fine_times(protocols: Iterable[Protocol], days: Iterable[float], first: float, pulsatile: bool = False) -> Array:
    """Output times (days) from which readings on `days` can be taken; rules may move an interval by its length."""
    protocols = tuple(protocols)
    finest, steps = (FINEST_STEP / 12, 336) if pulsatile else (finest_step(protocols), 28)
    spans = set[tuple[float, float]]()
    for protocol in protocols:
        added = [series for rule in protocol.rules for series in rule.series]
        lengths = [max(DAY, course.interval) for of_drug in _by_drug([*protocol.series, *added]) for course in of_drug]
        for day in days:
            spans.add(dosing_interval(protocol.series, day, first))
            if protocol.rules:
                spans |= {(max(day - 2 * length, first), day) for length in [DAY, *lengths]}
    times = [np.zeros(0)]
    for begin, end in spans:
        short_acting = finest < FINEST_STEP and not pulsatile
        step = finest if short_acting else min(max((end - begin) / steps, finest), COARSEST_STEP)
        times.append(np.append(np.arange(begin, end, step), end))
    return np.unique(np.concatenate(times))


@dataclass(frozen=True)
class Readings:
    """Readings of many courses (men, or draws) on some days.

    values: measurement -> (3, rows, days): mean, trough and peak; windows (rows, days, 2): over which days each was
    taken.
    """

    days: tuple[float, ...]
    values: dict[str, Array]
    windows: Array


def read(
    time: Array, values: dict[str, Array], series: Sequence[Sequence[DoseSeries]] | None, days: Sequence[float]
) -> Readings:
    """Readings of courses on days; values: measurement -> (rows, times); series: each row's doses (None: moments)."""
    rows = len(next(iter(values.values())))
    known: dict[tuple[DoseSeries, ...], list[tuple[float, float]]] = {}
    for doses in series or ():
        if tuple(doses) not in known:
            known[tuple(doses)] = [window(doses, day, time) for day in days]
    moments = [[(day, day) for day in days]] * rows
    windows = np.array([known[tuple(doses)] for doses in series] if series is not None else moments, dtype=float)
    readings = {name: np.full((3, rows, len(days)), np.nan) for name in values}
    for place in range(len(days)):
        for begin, end in {tuple(pair) for pair in windows[:, place].tolist()}:
            chosen = np.flatnonzero((windows[:, place] == (begin, end)).all(axis=1))
            for name, courses in values.items():
                readings[name][:, chosen, place] = average(time, courses[chosen], begin, end)
    return Readings(tuple(days), readings, windows)


def together(blocks: Sequence[Readings]) -> Readings:
    """The readings of all rows from those of some at a time."""
    values = {name: np.concatenate([block.values[name] for block in blocks], axis=1) for name in blocks[0].values}
    return Readings(blocks[0].days, values, np.concatenate([block.windows for block in blocks]))
