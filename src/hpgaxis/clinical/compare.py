"""Several protocols in one man: one table, one figure, one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.random import as_seed
from ..errors import InputError
from ..model import Model
from ..people.match import MatchedMan, matched
from ..people.patient import Patient
from ..pharmacology.protocol import Protocol
from ..simulation.results import Result
from ..simulation.run import simulate
from ..simulation.table_text import row_text
from ..simulation.time_courses import IN_SHORT, MAIN, save_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Comparison:
    """Several protocols in the same man, as `compare` returns them.

    Attributes
    ----------
    man : the man.
    results : label of the protocol -> `Result`.

    Examples
    --------
    >>> comparison = compare(None, ["no treatment", "anastrozole 1 mg daily"], days=2)
    >>> len(comparison.results), comparison.man.patient.age
    (2, 30.0)
    """

    man: MatchedMan
    results: dict[str, Result]

    def __repr__(self) -> str:
        first = next(iter(self.results.values()))
        names = [name for name in IN_SHORT if name in first.values]
        table = self.table(names)
        lines = [f"Comparison: {self.man.patient.in_words()}, day {first.time[0]:g} to {first.time[-1]:g}"]
        for label in table.columns:
            levels = ", ".join(f"{name} {text}" for name, text in zip(names, table[label].iloc[1:], strict=True))
            lines.append(f"{label}: {levels}")
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        from ..simulation.tables import notebook_text

        return notebook_text(repr(self).splitlines()[0], self.table())

    def table(self, names: Iterable[str] | None = None, day: float | None = None) -> pd.DataFrame:
        """Measurements (rows) as texts: untreated baseline, then each protocol on `day` (default the last).

        A value is the mean over the protocol's last dosing interval, with trough and peak where they are apart from it,
        as in `Result.table`; `readings` has the numbers.
        """
        from ..simulation.tables import Table

        first = next(iter(self.results.values()))
        chosen = list(names or MAIN)
        columns = {"baseline": first.column(chosen, float(first.time[0]))}
        for label, result in self.results.items():
            columns[label] = result.column(chosen, float(result.time[-1]) if day is None else day)
        index = ["mean over", *(row_text(name, first.units[name]) for name in chosen)]
        return Table(columns, index=index)

    def readings(self, names: Iterable[str] | None = None, days: Iterable[float] | None = None) -> pd.DataFrame:
        """`Result.readings` of every protocol, with a column `protocol`."""
        chosen = None if days is None else list(days)
        return self._of_all(lambda result: result.readings(names, chosen))

    def metrics(self) -> pd.DataFrame:
        """`Result.metrics` of every protocol, one above the other."""
        import pandas as pd

        return pd.concat({label: result.metrics() for label, result in self.results.items()}, names=["protocol"])

    def plot(self, names: Iterable[str] | None = None) -> Any:
        """A matplotlib figure: one panel a measurement, one line a protocol."""
        from ..simulation.figures import time_courses

        return time_courses(self.results, list(names or ()))

    def to_dataframe(self, *, long: bool = False) -> pd.DataFrame:
        """All time courses, with the columns `protocol`, ID (1: the same man) and TIME (days); long: a value a row.

        Concentrations of drugs that a protocol lacks are missing.
        """
        return self._of_all(lambda result: result.to_dataframe(long=long))

    def to_xarray(self) -> dict[str, Any]:
        """The Dataset of every protocol; output times differ where a protocol begins before day 0."""
        return {label: result.to_xarray() for label, result in self.results.items()}

    def _of_all(self, frame: Callable[[Result], pd.DataFrame]) -> pd.DataFrame:
        """A table of every result, one below the other, with the column `protocol` first."""
        import pandas as pd

        joined = pd.concat([frame(r).assign(protocol=name) for name, r in self.results.items()], ignore_index=True)
        joined.insert(0, "protocol", joined.pop("protocol"))
        return joined

    def save(self, path: str | Path) -> Path:
        """Write all time courses; .csv, .parquet or .json by the ending. Raises InputError for another ending."""
        return save_table(Path(path), self.to_dataframe, lambda: [result.to_dict() for result in self.results.values()])


def compare(  # noqa: PLR0913
    man: Patient | MatchedMan | None,
    protocols: Sequence[Any],
    *,
    days: float | None = None,
    months: float | None = None,
    pulsatile: bool = False,
    seed: int | np.random.Generator | None = None,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> Comparison:
    """Simulate each protocol in the same man.

    All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    man, days, months, pulsatile, parameters, model : as for `simulate`.
    seed : of the random numbers, which are the same for each protocol.
    protocols : sentences, Protocols or dose series.
    callback : is called with the number of protocols done and the number of all.

    Raises
    ------
    InputError
        Two protocols have the same label, or there is none. Also what `simulate` raises.

    Examples
    --------
    >>> comparison = compare(None, ["anastrozole 1 mg daily", "clomiphene 25 mg daily"], months=1)
    >>> list(comparison.results)
    ['anastrozole 1 mg daily', 'clomiphene 25 mg daily']
    """
    matched_man = matched(man, model, parameters)
    given = [Protocol.of(protocol, matched_man.model.drugs) for protocol in protocols]
    if not given:
        raise InputError("no protocol to compare; give at least one, such as 'anastrozole 1 mg daily'")
    labels = [protocol.label() for protocol in given]
    if len(set(labels)) < len(labels):
        raise InputError(f"the protocol {next(x for x in labels if labels.count(x) > 1)!r} is given twice")
    number = as_seed(seed)
    results: dict[str, Result] = {}
    for done, protocol in enumerate(given, 1):
        results[protocol.label()] = simulate(
            matched_man, protocol, days=days, months=months, pulsatile=pulsatile, seed=number
        )
        if callback:
            callback(done, len(given))
    return Comparison(matched_man, results)
