"""Several protocols in one man: one table, one figure, one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..people.patient import MatchedMan, Patient, matched
from ..pharmacology.protocol import Protocol
from ..simulation.results import MAIN, Result, save_courses
from ..simulation.run import simulate
from ..simulation.table_text import row_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """Results by protocol label, all in the same man."""

    man: MatchedMan
    results: dict[str, Result]

    def table(self, names: Iterable[str] | None = None, day: float | None = None) -> pd.DataFrame:
        """Measurements (rows) as texts: untreated baseline, then each protocol on `day` (default the last).

        A value is the mean over the protocol's last dosing interval, with trough and peak where they are apart from it,
        as in `Result.table`; `readings` has the numbers.
        """
        import pandas as pd

        first = next(iter(self.results.values()))
        chosen = list(names or MAIN)
        columns = {"baseline": first.column(chosen, float(first.time[0]))}
        for label, result in self.results.items():
            columns[label] = result.column(chosen, float(result.time[-1]) if day is None else day)
        index = ["mean over", *(row_text(name, first.units[name]) for name in chosen)]
        return pd.DataFrame(columns, index=index)

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
        from ..plot.figures import time_courses

        return time_courses(self.results, list(names) if names else None)

    def to_dataframe(self) -> pd.DataFrame:
        """All time courses, with a column `protocol`. Concentrations of drugs that a protocol lacks are missing."""
        return self._of_all(lambda result: result.to_dataframe())

    def _of_all(self, frame: Callable[[Result], pd.DataFrame]) -> pd.DataFrame:
        """A table of every result, one below the other, with the column `protocol` first."""
        import pandas as pd

        frames = [frame(result).assign(protocol=label) for label, result in self.results.items()]
        joined = pd.concat(frames, ignore_index=True)
        first = joined.pop("protocol")
        joined.insert(0, "protocol", first)
        return joined

    def save(self, path: str | Path) -> Path:
        """Write all time courses; .csv, .parquet or .json by the ending. Raises InputError for another ending."""
        return save_courses(
            Path(path), self.to_dataframe, lambda: [result.to_dict() for result in self.results.values()]
        )

    def report(self, path: str | Path) -> Path:
        """Write one self-contained HTML page."""
        from ..report.pages import comparison_page

        return comparison_page(self, Path(path))


def compare(
    man: Patient | MatchedMan | None,
    protocols: Sequence[Any],
    *,
    months: float = 6,
    pulsatile: bool = False,
    seed: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Simulate each protocol in the same man.

    protocols: sentences, Protocols or dose series; on_progress(done, all) is called after each.
    Raises what `simulate` raises, and InputError when two protocols have the same label or there is none.
    """
    given = [Protocol.of(protocol) for protocol in protocols]
    if not given:
        raise InputError("no protocol to compare; give at least one, such as 'anastrozole 1 mg daily'")
    labels = [protocol.label() for protocol in given]
    if len(set(labels)) < len(labels):
        raise InputError(f"the protocol {next(x for x in labels if labels.count(x) > 1)!r} is given twice")
    who = matched(man)
    results: dict[str, Result] = {}
    for index, protocol in enumerate(given):
        results[protocol.label()] = simulate(who, protocol, months=months, pulsatile=pulsatile, seed=seed)
        if on_progress:
            on_progress(index + 1, len(given))
    return Comparison(who, results)
