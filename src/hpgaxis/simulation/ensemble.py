"""Many men, each under his own protocol, at once: what a population does, and who could not be simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.batch import SaveAt, Statistic, Tolerance, statistics_of
from ..engine.random import check_seed, subject_seed
from ..errors import InputError
from ..measurements.registry import MEASUREMENTS
from ..memory import check_memory
from ..people.patient import MatchedMan, Patient, matched
from ..pharmacology.doses import DoseSeries
from ..pharmacology.overrides import constants_only, traits_only
from ..pharmacology.protocol import Protocol
from .patient_run import PatientRun, RunSettings, integrate_patients
from .readings import Readings, fine_times, read, three_days, together
from .results import MAIN, Visit, bands_table, save_courses
from .run import duration, failure

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
MEN_AT_ONCE, MEN_AT_ONCE_PULSATILE = 1024, 256
"""Men whose tables are in memory together: it does not grow with the population."""


@dataclass(frozen=True)
class Failure:
    """A man whose simulation could not be finished: his number in the batch, his name, and why."""

    man: int
    name: str
    reason: str


@dataclass(frozen=True)
class Ensemble:
    """Many men over time.

    time: days (times,); values: measurement -> array (men, times) in units[measurement], empty when only statistics
    were kept; statistics: one array (men,) for each asked for, in their order, in the measurement's unit, or days;
    protocols: of each man; visits: of each man; failures: who could not be simulated (his numbers are NaN); steps
    (men,): how many the solver tried; series: each man's doses as they were given, with what rules changed; readings:
    of each man on the first, the middle and the last day, where output times were chosen by `simulate_many`.
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

    def __getitem__(self, name: str) -> Array:
        """Values (men, times) of a measurement, in `units[name]`."""
        if name not in self.values:
            raise KeyError(f"no {name!r} was kept; there are {', '.join(self.values) or 'statistics only'}")
        return self.values[name]

    def quantiles(self, name: str, levels: Iterable[float] = (0.05, 0.5, 0.95)) -> Array:
        """Quantiles (levels, times) over the men who could be simulated."""
        return np.nanquantile(self[name], list(levels), axis=0)

    def table(self, days: Iterable[float] | None = None) -> pd.DataFrame:
        """Median and 90 % of men as texts, measurements (rows) on days (columns), by default first, middle and last.

        Each man's value is his mean over his last dosing interval (`readings.dosing_interval`); the lowest and highest
        level in it have rows of their own where they are apart from the mean. On days of one's own choice, and
        with output times of one's own choice, an interval with fewer than four steps between output times is read at
        one moment, as the first row then says.
        """
        return bands_table(self.readings_on(days), self.units, (0.05, 0.5, 0.95))

    def readings_on(self, days: Iterable[float] | None = None) -> Readings:
        """Each man's readings on days, by default the first, the middle and the last."""
        chosen = three_days(float(self.time[0]), float(self.time[-1])) if days is None else [float(day) for day in days]
        for day in chosen:
            if not self.time[0] <= day <= self.time[-1]:
                raise InputError(f"day {day:g} is outside the simulation ({self.time[0]:g} to {self.time[-1]:g})")
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
        return pd.DataFrame(columns, index=[man.patient.name or f"man {i}" for i, man in enumerate(self.men)])

    def to_dataframe(self) -> pd.DataFrame:
        """Every value: `man`, `protocol`, `day` and one column `name [unit]` a measurement."""
        import pandas as pd

        men, times = len(self.men), len(self.time)
        columns: dict[str, Any] = {
            "man": np.repeat([man.patient.name or f"man {i}" for i, man in enumerate(self.men)], times),
            "protocol": np.repeat([protocol.label() for protocol in self.protocols], times),
            "day": np.tile(self.time, men),
        }
        columns.update({f"{name} [{self.units[name]}]": values.ravel() for name, values in self.values.items()})
        return pd.DataFrame(columns)

    def save(self, path: str | Path) -> Path:
        """Write the time courses; .csv, .parquet or .json by the ending. Raises InputError for another ending."""
        return save_courses(Path(path), self.to_dataframe, lambda: self.to_dataframe().to_dict("list"))

    def plot(self, names: Iterable[str] | None = None) -> Any:
        """A matplotlib figure: median and 90 % of the men over time."""
        from ..plot.figures import bands_over_time

        chosen = list(names) if names else list(self.values)
        return bands_over_time(self.time, {name: (self.quantiles(name), self.units[name]) for name in chosen})


def _title(statistic: Statistic, unit: str) -> str:
    words = f"{statistic.kind.replace('_', ' ')} {statistic.measure}"
    if statistic.kind.startswith("first"):
        return f"{words} {statistic.level:g} {unit} (day)"
    return f"{words} ({unit})"


def simulate_many(
    men: Sequence[Patient | MatchedMan] | Patient | MatchedMan | None = None,
    protocols: Any = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    pulsatile: bool = False,
    seed: int | None = None,
    seeds: Sequence[int] | None = None,
    step_days: float | None = None,
    at: Sequence[float] | None = None,
    measures: Sequence[str] = MAIN,
    keep: bool = True,
    statistics: Sequence[Statistic] = (),
    ageing: bool = False,
    assay_variation: bool = False,
    tolerance: Tolerance | None = None,
    changes_at_start: dict[str, float] | None = None,
    constants: dict[str, float] | None = None,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Ensemble:
    """Simulate many men at once: one protocol for all, one each, or several protocols in one man.

    men and protocols are paired; one man (or None, the typical man) or one protocol serves for all. days or months: how
    long (default 6 months; months are a whole number of days). measures: what is kept, at output times `step_days`
    apart (default a day), or at the days `at`, in order; keep=False keeps only the statistics, so that memory does not
    grow with time. Levels of statistics are in the units shown. seed: of the study; man k of it
    draws from a stream of his own, and `simulate(man, seed=subject_seed(seed, k))` is he alone; seeds: of each man, in
    its place. changes_at_start, constants: as for `simulate`.
    threads: default all cores; the numbers do not depend on it, nor on who else is in the batch. on_progress is called
    with men done and men in all. Raises InputError for bad input; a man who fails is listed in `failures`.
    """
    changes, constants = traits_only(changes_at_start, "changes_at_start="), constants_only(constants, "constants=")
    length, step = duration(days, months, step_days)
    own_times = step_days is None and at is None and keep and not statistics
    who = list(men) if isinstance(men, Sequence) else [men]
    given = [protocols] if isinstance(protocols, str | Protocol) else list(protocols)
    count = max(len(who), len(given))
    if not who or not given or len(who) not in (1, count) or len(given) not in (1, count):
        raise InputError(f"{len(who)} men and {len(given)} protocols: give as many of one as of the other, or one")
    if threads is not None and threads < 1:
        raise InputError(f"threads = {threads}: expected at least 1, or None for all cores")
    for one in (seed, *(seeds or ())):
        if one is not None:
            check_seed(one)
    if assay_variation and seed is None and seeds is None:
        raise InputError("assay_variation draws random numbers: give a seed as well")
    if seeds is not None and len(seeds) != count:
        raise InputError(f"{len(seeds)} seeds for {count} men")
    names = list(dict.fromkeys([*(measures if keep else ()), *(s.measure for s in statistics)]))
    for name in names:
        if name not in MEASUREMENTS:
            raise InputError(f"no measurement {name!r}; there are {', '.join(MEASUREMENTS)}")
    known = {id(man): matched(man) for man in who}
    read_protocols = {id(text): Protocol.of(text) for text in given}
    people = [known[id(who[i % len(who)])] for i in range(count)]
    plans = [read_protocols[id(given[i % len(given)])] for i in range(count)]
    plan = RunSettings(length, pulsatile, assay_variation, tolerance or Tolerance(), constants)
    earliest = min([0.0, *(series.start_day for one in read_protocols.values() for series in one.series)])
    times = np.append(np.arange(earliest, length, step), length) if at is None else np.array(at, dtype=float)
    if len(times) == 0 or (np.diff(times) <= 0).any() or not earliest <= times[0] <= times[-1] <= length:
        raise InputError(f"output days {times.tolist()}: increasing, from {earliest:g} to {length:g}")
    check_memory(16.0 * count * len(times) * len(names) if keep else 0.0, f"time courses of {count} men")
    shown = three_days(float(times[0]), length) if own_times else []
    grid = times
    if own_times:
        grid = np.union1d(times, fine_times(read_protocols.values(), shown, float(times[0]), pulsatile))
    places = np.searchsorted(grid, times)
    factors = np.array([MEASUREMENTS[name].display_factor for name in names])
    levels = tuple(_in_model_units(s) for s in statistics)
    output = SaveAt(
        grid,
        states=False,
        measures=tuple(model.measures().index(name) for name in names),
        values=keep,
        statistics=levels,
        measured_by=tuple(names.index(s.measure) for s in statistics),
    )
    at_once = MEN_AT_ONCE_PULSATILE if pulsatile else MEN_AT_ONCE
    kept, asked, steps, visits, failures = [], [], [], list[tuple[Visit, ...]](), list[Failure]()
    series, readings = list[tuple[DoseSeries, ...]](), list[Readings]()
    shared: dict[Any, Any] = {}
    for first in range(0, count, at_once):
        block = range(first, min(first + at_once, count))
        courses = [
            PatientRun(
                people[man],
                people[man].with_parameters(pulsatile=pulsatile, ageing=ageing)._replace(**changes),
                plans[man],
                plan,
                seeds[man] if seeds is not None else None if seed is None else subject_seed(seed, man),
                shared,
            )
            for man in block
        ]
        found = integrate_patients(courses, output, threads=threads)
        own_series = [course.series for course in courses]
        if own_times:
            courses_of = {name: found.values[:, :, place] * factors[place] for place, name in enumerate(names)}
            readings.append(read(grid, courses_of, own_series, shown))
        series += own_series
        kept.append(found.values[:, places] if own_times else found.values)
        asked.append(statistics_of(found, output))
        steps.append(found.steps)
        visits += [tuple(course.visits) for course in courses]
        for row in np.flatnonzero(found.status):
            name = people[block[row]].patient.name or f"man {block[row]}"
            failures.append(Failure(block[row], name, failure(found, int(row))))
        if on_progress:
            on_progress(block.stop, count)
    values = np.concatenate(kept) if keep else np.zeros((count, 0, len(names)))
    results = np.concatenate(asked)
    for column, s in enumerate(statistics):
        if not s.kind.startswith("first"):
            results[:, column] *= factors[names.index(s.measure)]
    return Ensemble(
        times,
        {name: values[:, :, place] * factors[place] for place, name in enumerate(names)} if keep else {},
        {name: MEASUREMENTS[name].display_unit for name in names},
        tuple(statistics),
        results,
        tuple(people),
        tuple(plans),
        tuple(visits),
        tuple(failures),
        np.concatenate(steps),
        tuple(series),
        together(readings) if own_times else None,
    )


def _in_model_units(statistic: Statistic) -> Statistic:
    factor = MEASUREMENTS[statistic.measure].display_factor
    return Statistic(
        statistic.measure, statistic.kind, statistic.begin_day, statistic.end_day, statistic.level / factor
    )
