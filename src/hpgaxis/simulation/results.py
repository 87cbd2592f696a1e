"""The result of one patient under one protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..measurements.registry import LABS
from .readings import CLOSE, Reading, average, consecutive_windows, dosing_interval, table_days, window
from .table_text import day_text, interval_text, level_text, readings_text, row_text
from .time_courses import MAIN, TimeCourses, with_history

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ..people.match import MatchedMan
    from ..pharmacology.doses import DoseSeries
    from ..pharmacology.dosing import Treatment
    from ..pharmacology.protocol import Protocol

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Visit:
    """A visit at which rules read labs.

    Attributes
    ----------
    day : day of the visit.
    read : measurement -> level, in the display unit.
    actions : the changes of dose, in words.

    Examples
    --------
    >>> rule = "clomiphene 25 mg daily; if testosterone < 900 ng/dL at week 1 double"
    >>> visit = hpg.simulate(None, rule, days=8).visits[0]
    >>> visit.day, list(visit.read)
    (7.0, ['testosterone'])
    """

    day: float
    read: dict[str, float]
    actions: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Result(TimeCourses):
    """One patient under one protocol over time, as `simulate` returns him.

    Attributes
    ----------
    time : days (times,).
    values : measurement or drug -> (times,) in `units[name]`.
    units : measurement or drug -> display unit.
    drugs : names of the drugs whose concentrations are in `values`.
    states : states of the model (times, states) in the model's units.
    protocol : the protocol.
    man : the patient.
    treatment : the inputs of the solver, from which drug concentrations follow at any time.
    visits : visits at which rules read labs.
    series : the doses as they were given, with the changes that rules made.
    parameters : of the equations in this run, by name; None where it was not kept (a forecast).

    Examples
    --------
    >>> result = hpg.simulate(None, "anastrozole 1 mg daily", days=2, step_days=1)
    >>> result.time.tolist(), result["estradiol"].shape, result.units["estradiol"]
    ([0.0, 1.0, 2.0], (3,), 'pg/mL')
    """

    time: Array
    values: dict[str, Array]
    units: dict[str, str]
    drugs: tuple[str, ...]
    states: Array
    protocol: Protocol
    man: MatchedMan
    treatment: Treatment
    visits: tuple[Visit, ...] = ()
    series: tuple[DoseSeries, ...] = ()
    parameters: Any = None

    def metrics(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """One row a measurement or drug: baseline, last, Cmax, Tmax, AUC, trough, average, time in range, time to peak.

        Cmax, average and AUC (unit x day) are over the whole simulation; trough is the lowest value in the last dosing
        interval; last is the level at the last moment; time in range is the share of time (%) inside the reference
        range; time to peak effect is the day of the largest departure from baseline; time to 90 % of it is when it
        first came that far. Drugs are taken every 15 minutes, measurements at the output times.
        """
        import pandas as pd

        rows = []
        fine = np.append(np.arange(self.time[0], self.time[-1], 1 / 96), self.time[-1])
        levels = self.treatment.concentrations(fine)
        begin, end = dosing_interval(self.series, float(self.time[-1]), float(self.time[0]))
        for name in names or (*MAIN, *self.drugs):
            time, values = (fine, levels[name.split(" ")[0]][1]) if name in self.drugs else (self.time, self[name])
            peak = int(np.argmax(values))
            change = np.abs(values - values[0])
            largest = int(np.argmax(change))
            moved = change[largest] > 1e-6 * max(abs(values[0]), 1e-12)
            lab = LABS.get(name)
            share = np.nan
            if lab is not None:
                inside = ((values >= lab.reference.low) & (values <= lab.reference.high)).astype(float)
                share = 100 * float(np.trapezoid(inside, time) / (time[-1] - time[0]))
            rows.append(
                {
                    "measure": name,
                    "unit": self.units[name],
                    "baseline": values[0],
                    "last": values[-1],
                    "cmax": values[peak],
                    "tmax_days": time[peak],
                    "auc_unit_days": float(np.trapezoid(values, time)),
                    "trough": float(values[(time >= begin - CLOSE) & (time <= end + CLOSE)].min()),
                    "average": float(np.trapezoid(values, time) / (time[-1] - time[0])),
                    "time_in_range_percent": share,
                    "time_to_peak_effect_days": time[largest] if moved else np.nan,
                    "time_to_90_percent_days": time[int(np.argmax(change >= 0.9 * change[largest]))]
                    if moved
                    else np.nan,
                }
            )
        return pd.DataFrame(rows).set_index("measure")

    def reading(self, name: str, day: float) -> Reading:
        """A measurement on a day as a trial gives it: mean, trough and peak of the last dosing interval.

        `simulation.readings.dosing_interval` says which interval that is. Where the output times are too far apart to
        average over it, the reading is the level at that moment. Raises InputError outside the simulation.
        """
        self.at(name, day)
        begin, end = window(self.series, day, self.time)
        mean, trough, peak = average(self.time, self[name][None, :], begin, end)[:, 0]
        return Reading(float(mean), float(trough), float(peak), begin, end)

    @cached_property
    def _windows(self) -> list[tuple[float, float]]:
        return consecutive_windows(self.series, self.time)

    def by_interval(self, name: str) -> Array:
        """Time (days), mean, trough and peak (4, intervals) of consecutive dosing intervals; the time is their middle.

        The first column is the first moment, and the last mean stands at the last moment as well.
        """
        if not self._windows:
            return super().by_interval(name)
        course = self[name][None, :]
        values = np.array([average(self.time, course, begin, end)[:, 0] for begin, end in self._windows]).T
        middles = np.mean(self._windows, axis=1)
        first, last = np.repeat(self[name][0], 3), values[:, -1]
        return np.vstack(
            [
                np.concatenate([[self.time[0]], middles, [self.time[-1]]]),
                np.column_stack([first, values, last]),
            ]
        )

    def readings(self, names: Iterable[str] | None = None, days: Iterable[float] | None = None) -> pd.DataFrame:
        """One row a measurement and day: unit, mean, trough and peak, and the days from `begin` to `end` they are of.

        days: by default the first, 30, 91, 183 and 365 as far as there are, and the last.
        """
        import pandas as pd

        chosen = list(days) if days is not None else table_days(float(self.time[0]), float(self.time[-1]))
        rows = [
            {"measure": name, "unit": self.units[name], "day": day, **asdict(self.reading(name, day))}
            for name in names or MAIN
            for day in chosen
        ]
        return pd.DataFrame(rows)

    def table(self, names: Iterable[str] | None = None, days: Iterable[float] | None = None) -> pd.DataFrame:
        """Measurements (rows) on days (columns) as texts; `readings` has the numbers.

        '1090 (751 to 1360)' is the mean over the last dosing interval, with trough and peak where they are apart from
        it; the first row says which days that interval is. Levels below an assay's limit are given as '< 0.1'.
        """
        from .tables import Table

        chosen = list(days) if days is not None else table_days(float(self.time[0]), float(self.time[-1]))
        columns = {f"day {day_text(day)}": self.column(list(names or MAIN), day) for day in chosen}
        index = ["mean over", *(row_text(name, self.units[name]) for name in names or MAIN)]
        return Table(columns, index=index)

    def column(self, names: list[str], day: float) -> list[str]:
        """The column of a table for people: the interval that it averages, then the measurements."""
        readings = {name: self.reading(name, day) for name in names}
        sperm = self.reading("sperm_concentration", day)
        return [interval_text(sperm.begin, sperm.end), *readings_text(readings, sperm.mean).values()]

    def visit_table(self) -> pd.DataFrame:
        """One row a visit: what was read (as texts; `visits` has the numbers), what was changed."""
        from .tables import Table

        rows = {
            f"day {day_text(visit.day)}": {
                **{row_text(name, self.units[name]): level_text(name, value) for name, value in visit.read.items()},
                "changed": ", ".join(visit.actions) or "–",
            }
            for visit in self.visits
        }
        return Table.from_dict(rows, orient="index").fillna("–")

    def title(self) -> str:
        """The protocol."""
        return self.protocol.label()

    def subject(self) -> str:
        """The patient, in words."""
        return self.man.patient.in_words()

    def doses(self) -> list[tuple[DoseSeries, ...]]:
        """His doses, with those of his history."""
        return with_history([self.man], [self.series])

    def labels(self) -> dict[str, list[str]]:
        """The protocol."""
        return {"protocol": [self.protocol.label()]}

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data: protocol, patient, units, time courses."""
        return {
            "protocol": self.protocol.label(),
            "age": self.man.patient.age,
            "bmi": self.man.patient.bmi,
            "traits": self.man.traits,
            "unmatched_labs": {name: list(pair) for name, pair in self.man.unmatched.items()},
            "visits": [{"day": v.day, "read": v.read, "actions": list(v.actions)} for v in self.visits],
            **super().to_dict(),
        }

    def plot(self, names: Iterable[str] | None = None) -> Figure:
        """A matplotlib figure of the main measurements over time."""
        from .figures import time_courses

        return time_courses({self.title(): self}, list(names or ()))
