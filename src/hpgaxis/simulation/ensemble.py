"""The results of many patients, each under a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..engine.batch import Statistic
from ..people.match import MatchedMan
from ..pharmacology.doses import DoseSeries
from ..pharmacology.protocol import Protocol
from .readings import Readings, read, three_days
from .results import Visit
from .table_text import AZOOSPERMIA, SWING, day_text, interval_text, level_text, row_text
from .time_courses import INTERVAL, TimeCourses, with_history

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def bands_table(readings: Readings, units: Mapping[str, str], names: Iterable[str] | None = None) -> pd.DataFrame:
    """Median and 95 % interval of courses as texts, measurements (rows) on days (columns).

    Quantiles are those of the courses' own readings. A measurement has rows for trough and peak as well
    where they are apart from the mean. The first row says over which days the readings are means.
    """
    from .tables import Table

    def cell(name: str, kind: int, place: int) -> tuple[str, str]:
        """The middle as a text, and the text with its interval."""
        values = readings.values[name][kind, :, place]
        low, middle, high = (level_text(name, value) for value in np.nanquantile(values, INTERVAL))
        within = f"{middle} ({'0' if low == AZOOSPERMIA else low} to {high})"
        return middle, middle if low == middle == high else within

    def over(place: int) -> str:
        windows = {(float(begin), float(end)) for begin, end in readings.windows[:, place]}
        return interval_text(*windows.pop()) if len(windows) == 1 else "each one's last dosing interval"

    count = range(len(readings.days))
    spans = [bool((windows[:, 1] > windows[:, 0]).any()) for windows in np.moveaxis(readings.windows, 1, 0)]
    rows = {"mean over": [over(place) for place in count]}
    for name in names or readings.values:
        mean, trough, peak = readings.values[name]
        means, lows, highs = ([cell(name, kind, place) for place in count] for kind in range(3))
        rows[row_text(name, units[name])] = [text for _, text in means]
        with np.errstate(invalid="ignore"):
            apart = np.nanmedian(peak - trough, axis=0) > SWING * np.abs(np.nanmedian(mean, axis=0))
        if any(apart[place] and lows[place][0] != highs[place][0] for place in count):
            for word, cells in (("trough", lows), ("peak", highs)):
                rows[f"{name}, {word}"] = [cells[place][1] if spans[place] else "–" for place in count]
    return Table.from_dict(rows, orient="index", columns=[f"day {day_text(day)}" for day in readings.days])


@dataclass(frozen=True)
class Failure:
    """A patient whose simulation stopped.

    Attributes
    ----------
    man : his number in the batch, from 0.
    name : his name.
    reason : what stopped the solver, and on which day.

    Examples
    --------
    >>> Failure(3, "man 3", "step size too small on day 12").man
    3
    """

    man: int
    name: str
    reason: str


@dataclass(frozen=True, repr=False)
class Ensemble(TimeCourses):
    """Many patients over time, as `simulate_many` returns them.

    Attributes
    ----------
    time : days (times,).
    values : measurement -> (men, times) in `units[measurement]`; empty where only statistics were kept.
    units : measurement -> unit.
    asked : the statistics that were asked for.
    statistics : (men, statistics), each in its measurement's unit, or days.
    men : the patients.
    protocols : the protocol of each patient.
    visits : the visits of each patient at which rules read labs.
    failures : patients whose simulation stopped; their numbers are NaN.
    steps : how many steps the solver tried for each patient (men,).
    series : each patient's doses as they were given, with the changes that rules made.
    readings : of each patient on the first, the middle and the last day, where `simulate_many` chose the output times.
    final : the states (men, states) on the last day, from which `simulate_many(states=)` goes on.

    Examples
    --------
    >>> ensemble = hpg.simulate_many(hpg.population(2, seed=1), days=2, variables=["lh"])
    >>> ensemble["lh"].shape, ensemble.units["lh"], ensemble.failures
    ((2, 3), 'IU/L', ())
    """

    time: Array
    values: dict[str, Array]
    units: dict[str, str]
    asked: tuple[Statistic, ...]
    statistics: Array
    men: tuple[MatchedMan, ...]
    protocols: tuple[Protocol, ...]
    visits: tuple[tuple[Visit, ...], ...]
    failures: tuple[Failure, ...]
    steps: NDArray[np.int64]
    series: tuple[tuple[DoseSeries, ...], ...]
    readings: Readings | None = None
    final: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def table(self, names: Iterable[str] | None = None, days: Iterable[float] | None = None) -> pd.DataFrame:
        """Median and 95 % interval of men as texts, measurements (rows) on days (columns).

        names: default all that were kept; days: default first, middle and last.

        Each man's value is his mean over his last dosing interval (`readings.dosing_interval`); the lowest and highest
        level in it have rows of their own where they are apart from the mean. On days of one's own choice, and
        with output times of one's own choice, an interval with fewer than four steps between output times is read at
        one moment, as the first row then says.
        """
        return bands_table(self.readings_on(days), self.units, names)

    def readings_on(self, days: Iterable[float] | None = None) -> Readings:
        """Each man's readings on days, by default the first, the middle and the last."""
        chosen = three_days(float(self.time[0]), float(self.time[-1])) if days is None else [float(day) for day in days]
        for day in chosen:
            self.check_day(day)
        kept = self.readings
        if kept is not None and set(chosen) <= set(kept.days):
            places = [kept.days.index(day) for day in chosen]
            values = {name: found[:, :, places] for name, found in kept.values.items()}
            return Readings(tuple(chosen), values, kept.windows[:, places])
        return read(self.time, self.values, self.series, chosen)

    def statistics_table(self) -> pd.DataFrame:
        """One row a man, one column a statistic."""
        import pandas as pd

        columns = {_title(s, self.units[s.measure]): self.statistics[:, i] for i, s in enumerate(self.asked)}
        return pd.DataFrame(columns, index=self.labels()["patient"])

    def title(self) -> str:
        """The protocol, or how many there are."""
        names = dict.fromkeys(protocol.label() for protocol in self.protocols)
        return next(iter(names)) if len(names) == 1 else f"{len(names)} protocols"

    def band(self) -> str:
        """What the band of a figure holds, in words."""
        return f"95 % of the {len(self.men)} men"

    def subject(self) -> str:
        """How many patients there are."""
        failed = f", of whom {len(self.failures)} could not be simulated" if self.failures else ""
        return f"{len(self.men)} men{failed}; median (95 % interval of men)"

    def doses(self) -> list[tuple[DoseSeries, ...]]:
        """The doses of each patient, with those of his history."""
        return with_history(self.men, self.series)

    def labels(self) -> dict[str, list[str]]:
        """Each patient's name and protocol."""
        return {
            "patient": [name_of(man, row) for row, man in enumerate(self.men)],
            "protocol": [protocol.label() for protocol in self.protocols],
        }


def name_of(man: MatchedMan, row: int) -> str:
    """The patient's name, or "man" and his ID (row + 1)."""
    return man.patient.name or f"man {row + 1}"


def _title(statistic: Statistic, unit: str) -> str:
    words = f"{statistic.kind.replace('_', ' ')} {statistic.measure}"
    if statistic.kind.startswith("first"):
        return f"{words} {statistic.level:g} {unit} (day)"
    return f"{words} ({unit})"
