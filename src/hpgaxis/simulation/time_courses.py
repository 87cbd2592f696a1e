"""Base of all results over time: values by name, averages, quantiles, tables, files and figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, extra_packages
from ..files import check_ending, write_whole
from ..pharmacology.event_writing import to_events
from ..pharmacology.protocol import Protocol
from ..units import convert
from .table_text import day_text, row_text

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from ..people.match import MatchedMan
    from ..pharmacology.doses import DoseSeries

Array = NDArray[np.float64]
DOSE_COLUMNS = ["ID", "TIME", "EVID", "CMT", "AMT", "UNIT", "II", "ADDL", "OPEN", "RATE", "DUR"]
TABLES = (".csv", ".parquet", ".json")
FIGURES = (".png", ".svg", ".pdf")
INTERVAL = (0.025, 0.5, 0.975)
"""Quantiles of a 95 % interval and its middle."""
MAIN = (
    "testosterone", "free_testosterone", "estradiol", "lh", "fsh", "shbg", "inhibin_b", "intratesticular_testosterone",
    "sperm_concentration", "total_motile_count", "semen_volume", "motility", "testis_volume",
)  # fmt: skip
IN_SHORT = ("testosterone", "estradiol", "lh", "fsh", "sperm_concentration")
"""What one line each is shown of where a result is printed."""


class TimeCourses:
    """Values over time: of one patient (times,), or in rows of many patients or posterior samples (rows, times).

    Attributes
    ----------
    time : days (times,).
    values : name -> array in `units[name]`.
    units : name -> unit.

    Examples
    --------
    >>> result = hpg.simulate(None, days=2)
    >>> isinstance(result, TimeCourses), result.get("testosterone", "nmol/L").ndim
    (True, 1)
    """

    time: Array
    values: dict[str, Array]
    units: dict[str, str]

    def __repr__(self) -> str:
        first, last = (day_text(float(day)) for day in (self.time[0], self.time[-1]))
        lines = [f"{type(self).__name__}: {self.title()}", f"{self.subject()}, day {first} to {last}"]
        return "\n  ".join(lines + self._main_levels())

    def _repr_html_(self) -> str:
        from .tables import notebook_text

        return notebook_text(repr(self), self.table() if self.values else None)

    def table(self, names: Iterable[str] | None = None, days: Iterable[float] | None = None) -> pd.DataFrame:
        """A table for people. Each kind of result has its own."""
        raise NotImplementedError

    def subject(self) -> str:
        """Whose courses these are."""
        return ""

    def _main_levels(self) -> list[str]:
        """The most important measurements on the first and the last day, one a line."""
        names = [name for name in IN_SHORT if name in self.values] or list(self.values)[: len(IN_SHORT)]
        if not names:
            return []
        table = self.table(names)
        rows = [row_text(name, self.units[name]) for name in names]
        return [f"{row}: {table.loc[row].iloc[0]} → {table.loc[row].iloc[-1]}" for row in rows]

    def __getitem__(self, name: str) -> Array:
        """The array of a name, in `units[name]`."""
        if name not in self.values:
            raise KeyError(f"no {name!r} in this result; there are {', '.join(self.values) or 'statistics only'}")
        return self.values[name]

    def get(self, name: str, unit: str) -> Array:
        """The array of a name in any unit that fits. Raises UnitError when it does not."""
        return self[name] * convert(1.0, self.units[name], unit, name)

    def check_day(self, day: float) -> None:
        """Raise InputError for a day outside the simulation."""
        if not self.time[0] <= day <= self.time[-1]:
            raise InputError(f"day {day:g} is outside the simulation ({self.time[0]:g} to {self.time[-1]:g})")

    def at(self, name: str, day: float) -> Any:
        """Level at one moment, interpolated between output times: a number, or an array (rows,) of many.

        Raises InputError outside the simulation.
        """
        self.check_day(day)
        return self._by_row(name, lambda course: np.interp(day, self.time, course))

    def mean(self, name: str, start: float, end: float) -> Any:
        """Time average from start to end (days): a number, or an array (rows,) of many."""
        grid = np.unique(np.concatenate([[start, end], self.time[(self.time > start) & (self.time < end)]]))
        return self._by_row(name, lambda course: np.trapezoid(np.interp(grid, self.time, course), grid) / (end - start))

    def _by_row(self, name: str, read: Callable[[Array], Any]) -> Any:
        values = self[name]
        return float(read(values)) if values.ndim == 1 else np.array([read(row) for row in values])

    def quantiles(self, name: str, levels: Iterable[float] = INTERVAL) -> Array:
        """Quantiles (levels, times) over the rows that could be simulated; of one patient, his course at each level."""
        return np.nanquantile(np.atleast_2d(self[name]), list(levels), axis=0)

    def title(self) -> str:
        """What is simulated, as the title of a figure."""
        return ""

    def band(self) -> str:
        """What the band of a figure holds, in words."""
        return "95 % interval"

    def by_interval(self, name: str) -> Array:
        """Time (days), mean, trough and peak (4, intervals) of one patient's dosing intervals, by default each moment.

        The first column is the first moment.
        """
        return np.array([self.time, self[name], self[name], self[name]])

    def _rows(self) -> tuple[dict[str, Array], int]:
        """Values by name (rows, times), and how many rows there are. Raises InputError without time courses."""
        if not self.values:
            raise InputError("no time courses were kept (save=False)")
        rows = {name: np.atleast_2d(values) for name, values in self.values.items()}
        return rows, len(next(iter(rows.values())))

    def labels(self) -> dict[str, list[str]]:
        """Labels of the rows, by column."""
        return {}

    def to_dataframe(self, *, long: bool = False) -> pd.DataFrame:
        """Every value over time as a table with the columns ID (from 1, by row) and TIME (days).

        Parameters
        ----------
        long : one row a value, with the columns `variable`, `value` and `unit`; else one column `name [unit]` each.
        """
        import pandas as pd

        rows, count = self._rows()
        times = len(self.time)
        columns: dict[str, object] = {
            "ID": np.repeat(np.arange(1, count + 1), times),
            "TIME": np.tile(self.time, count),
        }
        columns.update({name: np.repeat(texts, times) for name, texts in self.labels().items()})
        if not long:
            columns.update({f"{name} [{self.units[name]}]": values.ravel() for name, values in rows.items()})
            return pd.DataFrame(columns)
        parts = [
            pd.DataFrame({**columns, "variable": name, "value": values.ravel(), "unit": self.units[name]})
            for name, values in rows.items()
        ]
        return pd.concat(parts, ignore_index=True)

    def doses(self) -> list[tuple[DoseSeries, ...]]:
        """The doses of each row, with those of his history. Each kind of result has its own."""
        raise NotImplementedError

    def to_data_set(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Doses (EVID 1) and measurements (EVID 0) as rows of a data set, which `read_data_set` and `fit` read.

        TIME is in days. Of a dose: CMT (drug:route), AMT, UNIT, II, ADDL, OPEN (1: without end), RATE and DUR; doses
        that were missed at random stand there too. Of a measurement: DVID (its name), DV and DVUNIT.

        Parameters
        ----------
        names : measurements; the main ones for None.

        Raises
        ------
        ProtocolError
            A formulation that an event table cannot hold.

        Examples
        --------
        >>> rows = hpg.simulate(None, "anastrozole 1 mg daily", days=1, step_days=1).to_data_set(["lh"])
        >>> rows[["TIME", "EVID", "CMT", "DVID"]].fillna("").values.tolist()
        [[0.0, 0, '', 'lh'], [0.0, 1, 'anastrozole:oral', ''], [1.0, 0, '', 'lh']]
        """
        import pandas as pd

        rows, count = self._rows()
        chosen = list(names) if names is not None else [name for name in MAIN if name in rows]
        times = {"TIME": np.tile(self.time, count), "EVID": 0, "ID": np.repeat(np.arange(1, count + 1), len(self.time))}
        measured = [
            pd.DataFrame({**times, "DVID": name, "DV": np.atleast_2d(self[name]).ravel(), "DVUNIT": self.units[name]})
            for name in chosen
        ]
        given = to_events({number: Protocol(series) for number, series in enumerate(self.doses(), 1)})
        doses = pd.DataFrame([row for row in given if row["EVID"] == 1], columns=DOSE_COLUMNS)
        table = pd.concat([*measured, doses] if len(doses) else measured, ignore_index=True)
        table = table.reindex(columns=[*DOSE_COLUMNS, "DVID", "DV", "DVUNIT"])
        return table.sort_values(["ID", "TIME", "EVID"], kind="stable", ignore_index=True)

    def to_xarray(self) -> xr.Dataset:
        """Every value over time as an xarray Dataset with the dimensions ID (from 1) and TIME (days).

        Raises MissingPackageError without xarray.
        """
        with extra_packages("to_xarray needs xarray", "xarray"):
            import xarray as xr

        rows, count = self._rows()
        variables = {name: (("ID", "TIME"), values, {"units": self.units[name]}) for name, values in rows.items()}
        coordinates = {"ID": np.arange(1, count + 1), "TIME": ("TIME", self.time, {"units": "day"})}
        coordinates |= {name: ("ID", texts) for name, texts in self.labels().items()}
        return xr.Dataset(variables, coordinates)

    def to_dict(self) -> dict[str, Any]:
        """The time courses as plain data: units, time (days) and values (a list, or one of each row)."""
        return {
            "units": {"time": "day", **self.units},
            "time": self.time.tolist(),
            "values": {name: _without_nan(values.tolist()) for name, values in self.values.items()},
        }

    def save(self, path: str | Path) -> Path:
        """Write the time courses; .csv, .parquet or .json by the ending. Raises InputError for another ending."""
        return save_table(Path(path), self.to_dataframe, self.to_dict)

    def plot(self, names: Iterable[str] | None = None) -> Figure:
        """A matplotlib figure: a panel for each measurement, with the median and the 95 % interval of many rows."""
        from .figures import bands_over_time

        rows, _ = self._rows()
        chosen = list(names) if names else [name for name in MAIN if name in rows] or list(rows)
        bands = {name: (self.quantiles(name), self.units[name]) for name in chosen}
        return bands_over_time(self.time, bands, title=self.title(), band=self.band())


def with_history(men: Iterable[MatchedMan], series: Iterable[tuple[DoseSeries, ...]]) -> list[tuple[DoseSeries, ...]]:
    """The doses of each man, with those of his history before them."""
    return [(*man.patient.past(man.model.drugs), *own) for man, own in zip(men, series, strict=True)]


def _without_nan(values: list[Any]) -> list[Any]:
    """Nested lists with None in place of NaN, as JSON needs."""
    return [_without_nan(v) if isinstance(v, list) else None if v != v else v for v in values]


def save_table(path: Path, frame: Callable[[], pd.DataFrame], data: Callable[[], object]) -> Path:
    """Write a table as .csv or .parquet (from `frame`) or .json (from `data`), whole or not at all."""
    kind = check_ending(path, TABLES)
    if kind == ".csv":
        write_whole(path, lambda p: frame().to_csv(p, index=False))
    elif kind == ".parquet":
        with extra_packages("Parquet files need pyarrow", "parquet"):
            import_module("pyarrow")
        write_whole(path, lambda p: frame().to_parquet(p, index=False))
    else:
        write_whole(path, lambda p: p.write_text(json.dumps(data(), allow_nan=False), encoding="utf-8"))
    return path
