"""What a simulation gives back: named arrays with units, summaries, tables, files and plots."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, MissingPackageError
from ..files import check_ending, write_whole
from ..measurements.registry import LABS, MEASUREMENTS
from ..units import convert
from .readings import CLOSE, Reading, Readings, average, dosing_interval, table_days, window
from .table_text import AZOOSPERMIA, SWING, day_text, interval_text, level_text, readings_text, row_text

if TYPE_CHECKING:
    import pandas as pd

    from ..people.patient import MatchedMan
    from ..pharmacology.doses import DoseSeries
    from ..pharmacology.dosing import Treatment
    from ..pharmacology.protocol import Protocol

Array = NDArray[np.float64]
TABLES = (".csv", ".parquet", ".json")
FIGURES = (".png", ".svg", ".pdf")
MAIN = (
    "testosterone", "free_testosterone", "estradiol", "lh", "fsh", "shbg", "inhibin_b", "intratesticular_testosterone",
    "sperm_concentration", "total_motile_count", "semen_volume", "motility", "testis_volume",
)  # fmt: skip


def save_courses(path: Path, frame: Callable[[], pd.DataFrame], data: Callable[[], Any]) -> Path:
    """Write time courses as .csv or .parquet (from `frame`) or .json (from `data`), whole or not at all."""
    kind = check_ending(path, TABLES)
    if kind == ".csv":
        write_whole(path, lambda p: frame().to_csv(p, index=False))
    elif kind == ".parquet":
        if find_spec("pyarrow") is None:
            raise MissingPackageError("Parquet files need pyarrow: pip install 'hpgaxis[parquet]'")
        write_whole(path, lambda p: frame().to_parquet(p, index=False))
    else:
        write_whole(path, lambda p: p.write_text(json.dumps(data(), allow_nan=False), encoding="utf-8"))
    return path


@dataclass(frozen=True)
class Visit:
    """A visit at which rules looked at labs: day, what was read (units shown), what was changed in words."""

    day: float
    read: dict[str, float]
    actions: tuple[str, ...]


def bands_table(readings: Readings, units: dict[str, str], levels: Iterable[float]) -> pd.DataFrame:
    """Middle and interval of courses as texts, measurements (rows) on days (columns).

    levels: the quantiles (three) over the courses' own readings. A measurement has rows for trough and peak as well
    where they are apart from the mean. The first row says over which days the readings are means.
    """
    import pandas as pd

    def cell(name: str, kind: int, place: int) -> tuple[str, str]:
        """The middle as a text, and the text with its interval."""
        values = readings.values[name][kind, :, place]
        low, middle, high = (level_text(name, value) for value in np.nanquantile(values, list(levels)))
        within = f"{middle} ({'0' if low == AZOOSPERMIA else low} to {high})"
        return middle, middle if low == middle == high else within

    def over(place: int) -> str:
        windows = {(float(begin), float(end)) for begin, end in readings.windows[:, place]}
        return interval_text(*windows.pop()) if len(windows) == 1 else "each one's last dosing interval"

    count = range(len(readings.days))
    spans = [bool((windows[:, 1] > windows[:, 0]).any()) for windows in np.moveaxis(readings.windows, 1, 0)]
    rows = {"mean over": [over(place) for place in count]}
    for name, (mean, trough, peak) in readings.values.items():
        means, lows, highs = ([cell(name, kind, place) for place in count] for kind in range(3))
        rows[row_text(name, units[name])] = [text for _, text in means]
        with np.errstate(invalid="ignore"):
            apart: Any = np.nanmedian(peak - trough, axis=0) > SWING * np.abs(np.nanmedian(mean, axis=0))
        if any(apart[place] and lows[place][0] != highs[place][0] for place in count):
            for word, cells in (("trough", lows), ("peak", highs)):
                rows[f"{name}, {word}"] = [cells[place][1] if spans[place] else "–" for place in count]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[f"day {day_text(day)}" for day in readings.days])


class OverTime:
    """What is read by name over `time` (days): a man's result, or the average of men."""

    time: Array

    def __getitem__(self, name: str) -> Array:
        raise NotImplementedError

    def at(self, name: str, day: float) -> float:
        """Level at one moment, interpolated between output times. Raises InputError outside the simulation."""
        if not self.time[0] <= day <= self.time[-1]:
            raise InputError(f"day {day:g} is outside the simulation ({self.time[0]:g} to {self.time[-1]:g})")
        return float(np.interp(day, self.time, self[name]))

    def mean(self, name: str, start: float, end: float) -> float:
        """Time average from start to end (days)."""
        grid = np.unique(np.concatenate([[start, end], self.time[(self.time > start) & (self.time < end)]]))
        return float(np.trapezoid(np.interp(grid, self.time, self[name]), grid) / (end - start))


@dataclass(frozen=True)
class Result(OverTime):
    """One man under one protocol over time.

    time: days (n,); values: name -> array (n,) in units[name] (the units that laboratories show); drugs: concentrations
    of the drugs given, likewise; states: model states (n, states) in model units;
    treatment: the inputs, from which concentrations follow at any time; visits: those at which rules looked at labs;
    series: the doses as they were given, with what rules changed.
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

    @classmethod
    def from_model(
        cls,
        times: Array,
        observables: dict[str, Array],
        states: Array,
        protocol: Protocol,
        man: MatchedMan,
        treatment: Treatment,
        visits: tuple[Visit, ...],
        series: tuple[DoseSeries, ...],
    ) -> Result:
        """From model units to the units shown."""
        values, units = {}, {}
        for name, array in observables.items():
            values[name] = array * MEASUREMENTS[name].display_factor if name in LABS else np.array(array)
            units[name] = MEASUREMENTS[name].display_unit
        kept = []
        for name, (unit, array) in treatment.concentrations(times).items():
            key = name if name not in values else f"{name} (drug)"
            values[key], units[key] = array, unit
            kept.append(key)
        return cls(times, values, units, tuple(kept), states, protocol, man, treatment, visits, series)

    def __getitem__(self, name: str) -> Array:
        """The array of a name, in `units[name]`."""
        if name not in self.values:
            raise KeyError(f"no {name!r} in this result; there are {', '.join(self.values)}")
        return self.values[name]

    def get(self, name: str, unit: str) -> Array:
        """The array of a name in any unit that fits. Raises UnitError when it does not."""
        return self[name] * convert(1.0, self.units[name], unit, name)

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
        import pandas as pd

        chosen = list(days) if days is not None else table_days(float(self.time[0]), float(self.time[-1]))
        columns = {f"day {day_text(day)}": self.column(list(names or MAIN), day) for day in chosen}
        index = ["mean over", *(row_text(name, self.units[name]) for name in names or MAIN)]
        return pd.DataFrame(columns, index=index)

    def column(self, names: list[str], day: float) -> list[str]:
        """The column of a table for people: the interval that it averages, then the measurements."""
        found = {name: self.reading(name, day) for name in names}
        sperm = self.reading("sperm_concentration", day)
        return [interval_text(sperm.begin, sperm.end), *readings_text(found, sperm.mean).values()]

    def visit_table(self) -> pd.DataFrame:
        """One row a visit: what was read (as texts; `visits` has the numbers), what was changed."""
        import pandas as pd

        rows = {
            f"day {day_text(visit.day)}": {
                **{f"{name} ({self.units[name]})": level_text(name, value) for name, value in visit.read.items()},
                "changed": ", ".join(visit.actions) or "–",
            }
            for visit in self.visits
        }
        return pd.DataFrame.from_dict(rows, orient="index").fillna("–")

    def to_dataframe(self) -> pd.DataFrame:
        """Every value over time: `day` and one column `name [unit]` a measurement."""
        import pandas as pd

        columns = {f"{name} [{self.units[name]}]": values for name, values in self.values.items()}
        return pd.DataFrame({"day": self.time, **columns})

    def save(self, path: str | Path) -> Path:
        """Write the time courses; .csv, .parquet or .json by the ending. Raises InputError for another ending."""
        return save_courses(Path(path), self.to_dataframe, self.to_dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: protocol, man, units, time courses."""
        return {
            "protocol": self.protocol.label(),
            "age": self.man.patient.age,
            "bmi": self.man.patient.bmi,
            "traits": self.man.traits,
            "unmatched_labs": {name: list(pair) for name, pair in self.man.unmatched.items()},
            "visits": [{"day": v.day, "read": v.read, "actions": list(v.actions)} for v in self.visits],
            "units": {"time": "day", **self.units},
            "time": self.time.tolist(),
            "values": {name: values.tolist() for name, values in self.values.items()},
        }

    def plot(self, names: Iterable[str] | None = None) -> Any:
        """A matplotlib figure of the main measurements over time."""
        from ..plot.figures import time_courses

        return time_courses({self.protocol.label(): self}, list(names) if names else None)
