"""One man's future with its uncertainty: what the trials leave open, what his labs leave open, how labs vary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import check_seed, stream, subject_seed
from ..measurements.labs import LabError
from ..measurements.variation import log_spread, varied
from ..people.patient import MatchedMan, Patient, match
from ..pharmacology.doses import DoseSeries
from ..pharmacology.overrides import split
from ..pharmacology.protocol import Protocol
from ..physiology.posterior import resample_parameter_sets
from .ensemble import MAIN, simulate_many
from .readings import Readings, read, three_days, together
from .results import bands_table, save_courses

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
DRAWS = 100


@dataclass(frozen=True)
class Prediction:
    """Possible courses of one man: time (days), values: measurement -> (draws, times) in units[measurement].

    men: who he may be in each draw. left_out: draws in which no man fits his labs, or the solver stopped. readings: of
    each draw on the first, the middle and the last day, where output times were not chosen; series: each draw's doses
    as they were given. as_measured: the values are those of samples, and a reading is one sample.
    """

    time: Array
    values: dict[str, Array]
    units: dict[str, str]
    men: tuple[MatchedMan, ...]
    protocol: Protocol
    left_out: int
    series: tuple[tuple[DoseSeries, ...], ...]
    readings: Readings | None = None
    as_measured: bool = False

    def quantiles(self, name: str, levels: Iterable[float] = (0.025, 0.5, 0.975)) -> Array:
        """Quantiles (levels, times) over the draws."""
        if name not in self.values:
            raise KeyError(f"no {name!r} was kept; there are {', '.join(self.values)}")
        return np.quantile(self.values[name], list(levels), axis=0)

    def probability(self, name: str, *, above: float, day: float) -> float:
        """Probability that a measurement is above a level (unit shown) on a day."""
        now = [np.interp(day, self.time, course) for course in self.values[name]]
        return float(np.mean(np.array(now) > above))

    def table(self, days: Iterable[float] | None = None) -> pd.DataFrame:
        """Median and 95 % interval as texts, measurements (rows) on days (columns), by default first, middle and last.

        A value is the mean over the last dosing interval, as in `Ensemble.table`; with `as_measured` it is that of one
        sample.
        """
        readings = self.readings
        if days is not None or readings is None:
            chosen = three_days(float(self.time[0]), float(self.time[-1])) if days is None else list(days)
            readings = read(self.time, self.values, None if self.as_measured else self.series, chosen)
        return bands_table(readings, self.units, (0.025, 0.5, 0.975))

    def about_day_0(self) -> str:
        """What the interval on the first day means, in a sentence; "" for a man without labs."""
        if not self.men[0].patient.labs:
            return ""
        return (
            "Day 0 is before treatment. A lab varies from day to day, so the man's own level lies in an interval about "
            "the lab that was given."
        )

    def to_dataframe(self) -> pd.DataFrame:
        """`day`, and the median and 95 % interval of each measurement."""
        import pandas as pd

        columns = {"day": self.time}
        for name in self.values:
            for label, course in zip(("low", "median", "high"), self.quantiles(name), strict=True):
                columns[f"{name} {label} [{self.units[name]}]"] = course
        return pd.DataFrame(columns)

    def save(self, path: str | Path) -> Path:
        """Write the table of `to_dataframe`; .csv, .parquet or .json by the ending."""
        return save_courses(Path(path), self.to_dataframe, lambda: self.to_dataframe().to_dict("list"))

    def plot(self, names: Iterable[str] | None = None) -> Any:
        """A matplotlib figure: median and 95 % interval over time."""
        from ..plot.figures import bands_over_time

        chosen = list(names) if names else list(self.values)
        return bands_over_time(self.time, {name: (self.quantiles(name), self.units[name]) for name in chosen})


def predict(
    man: Patient | None = None,
    protocol: Any = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    step_days: float | None = None,
    measures: Sequence[str] = MAIN,
    as_measured: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Prediction:
    """What a protocol may do to a man: each draw takes other numbers that the trials allow, and another such man.

    Such a man: his labs vary from visit to visit, so his own levels lie about those given; traits that they do not
    tell of lie anywhere between men. He is drawn by `match(source=)`: each lab is moved by its error and the prior's
    middle by its spread, and the fit that follows weighs them by the same errors and spreads (randomise, then optimise:
    Bardsley 2014). The error of a lab is counted once: were moved labs then fitted closely, the men would spread as
    widely as single samples do, and his diagnosis would count for nothing. On day 0 the draws hold his own levels, not
    the labs' readings. as_measured: the courses vary from sample to sample as laboratories report them.
    Takes about 50 ms a draw. Raises ValueError for bad input, LabError when no draw fits his labs.
    """
    check_seed(seed)
    patient = man or Patient()
    given = Protocol.of(protocol)
    courses: dict[str, list[Array]] = {}
    men, left_out, found = list[MatchedMan](), 0, None
    readings, series = list[Readings](), list[tuple[DoseSeries, ...]]()
    for number, numbers in enumerate(resample_parameter_sets(draws)):
        source = stream(seed, number)
        of_man, of_drugs = split(numbers, "posterior")
        try:
            drawn = match(patient, of_man, source)
        except LabError:
            left_out += 1
            continue
        one = simulate_many(
            drawn, given, days=days, months=months, step_days=step_days, measures=measures,
            seed=subject_seed(seed, number), constants=of_drugs, threads=1,
        )  # fmt: skip
        if one.failures:
            left_out += 1
            continue
        found = one
        men.append(drawn)
        for name, values in one.values.items():
            course = values[0]
            if as_measured and log_spread(name):
                course = course * varied(name, source.standard_normal(len(course)))
            courses.setdefault(name, []).append(course)
        if one.readings is not None:
            readings.append(_sampled(one.readings, source) if as_measured else one.readings)
        series += one.series
        if on_progress:
            on_progress(number + 1, draws)
    if found is None:
        raise LabError("no man fits these labs together under any of the draws; check the values and their units")
    return Prediction(
        found.time, {name: np.array(c) for name, c in courses.items()}, found.units, tuple(men), given, left_out,
        tuple(series), together(readings) if readings else None, as_measured,
    )  # fmt: skip


def _sampled(readings: Readings, source: np.random.Generator) -> Readings:
    """Readings as one sample on each day would give them."""
    values = {
        name: found * varied(name, source.standard_normal(len(readings.days))) if log_spread(name) else found
        for name, found in readings.values.items()
    }
    return Readings(readings.days, values, readings.windows)
