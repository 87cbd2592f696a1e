"""Visual predictive checks: percentiles of a data set beside those of the same trial in virtual men (Holford 2005)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.read import read_data_set
from ..engine.random import check_seed
from ..errors import InputError
from ..measurements.registry import LABS, detection_limit
from ..model import Model
from .virtual_men import drawn_readings

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
PERCENTILES = (5.0, 50.0, 95.0)
INTERVAL = (2.5, 97.5)
"""Percentiles of the simulated percentiles between the repeated trials."""
REPLICATES = 50
MOST_BINS, FEWEST = 10, 5
"""Bins of time, and the fewest observations of one."""


@dataclass(frozen=True)
class Panel:
    """One measurement of a visual predictive check.

    Attributes
    ----------
    variable : the measurement.
    time, observed : of each value (values,), in days and in the unit shown (prediction-corrected where that was asked).
    edges : of the bins (bins + 1,).
    middle : median time of each bin (bins,).
    percentiles : of what was observed (percentiles, bins).
    low, centre, high : of the simulated percentiles, between the repeated trials (percentiles, bins).
    """

    variable: str
    time: Array
    observed: Array
    edges: Array
    middle: Array
    percentiles: Array
    low: Array
    centre: Array
    high: Array


@dataclass(frozen=True, repr=False)
class VisualCheck:
    """A visual predictive check, as `visual_check` returns it.

    Attributes
    ----------
    panels : measurement -> its percentiles over time.
    subjects : number of men.
    replicates : number of times that the trial was repeated in virtual men.
    corrected : whether values are prediction-corrected (Bergstrand 2011).
    left_out : measurement -> why it has no panel.

    Examples
    --------
    >>> rows = [{"ID": k, "TIME": 0, "DVID": "lh", "DV": 3 + k / 2, "AGE": 30, "BMI": 24} for k in range(6)]
    >>> found = visual_check(rows, replicates=8)
    >>> list(found.panels), found.subjects
    (['lh'], 6)
    """

    panels: dict[str, Panel]
    subjects: int
    replicates: int
    corrected: bool
    left_out: Mapping[str, str]

    def __repr__(self) -> str:
        inside = [self.inside(name) for name in self.panels]
        words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in zip(self.panels, inside, strict=True))
        return (
            f"VisualCheck: {self.subjects} men, {self.replicates} repeated trials\n"
            f"  observed percentiles inside the simulated 95 % intervals: {words}"
        )

    def inside(self, name: str) -> float:
        """Share of the observed percentiles that lie in the 95 % intervals of the simulated ones."""
        one = self.panels[name]
        return float(np.mean((one.low <= one.percentiles) & (one.percentiles <= one.high)))

    def to_dataframe(self) -> pd.DataFrame:
        """One row a measurement, bin and percentile: observed, and low, centre and high of the simulated."""
        import pandas as pd

        rows = []
        for name, one in self.panels.items():
            for row, percentile in enumerate(PERCENTILES):
                for place, day in enumerate(one.middle.tolist()):
                    rows.append({
                        "variable": name, "unit": LABS[name].display_unit, "time": day, "percentile": percentile,
                        "observed": one.percentiles[row, place], "low": one.low[row, place],
                        "simulated": one.centre[row, place], "high": one.high[row, place],
                    })  # fmt: skip
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "subjects": self.subjects, "replicates": self.replicates, "corrected": self.corrected,
            "left_out": dict(self.left_out), "percentiles": self.to_dataframe().to_dict(orient="records"),
        }  # fmt: skip

    def plot(self) -> Any:
        """A matplotlib figure: one panel a measurement."""
        from .figures import visual_check_figure

        return visual_check_figure(self)


def visual_check(
    data: Any,
    *,
    replicates: int = REPLICATES,
    corrected: bool = False,
    seed: int = 1,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
    **options: Any,
) -> VisualCheck:
    """Repeat a trial in virtual men, and set their percentiles over time beside those that were observed.

    Each man of the data set is replaced, in each repeated trial, by a man drawn from those of his diagnosis, age and
    body mass, with his doses, and read at his times with the errors of his assays. Nothing is fitted. A value below
    detection counts as the limit, in both.

    Parameters
    ----------
    data : as for `read_data_set`; held measurements count as the others.
    replicates : repeated trials.
    corrected : divide each value by its prediction and multiply it by the median prediction of its bin, so that doses
        and covariates that differ within a bin do not widen it (Bergstrand 2011).
    seed : of the draws.
    model : default the shipped one.
    callback : is called with the number of men done and the number of all.
    **options : of `read_data_set`.

    Raises
    ------
    InputError
        Data that cannot be read, or no measurement with enough values.

    Examples
    --------
    >>> rows = [{"ID": k, "TIME": 0, "DVID": "fsh", "DV": 4, "AGE": 30, "BMI": 24} for k in range(5)]
    >>> visual_check(rows, replicates=4, corrected=True).corrected
    True
    """
    check_seed(seed)
    if not isinstance(replicates, int) or isinstance(replicates, bool) or replicates < 2:
        raise InputError(f"replicates = {replicates!r}: expected a whole number of at least 2")
    used = Model.default() if model is None else model
    read = read_data_set(data, drugs=used.drugs, **options)
    parts: dict[str, list[tuple[float, float, Array, Array]]] = {}
    for number, course in enumerate(read.values(), 1):
        if course.observations:
            _, expected, reported = drawn_readings(course, used, replicates, seed + number)
            for place, one in enumerate(course.observations):
                row = (one.time, one.shown, expected[place], reported[place])
                parts.setdefault(one.variable, []).append(row)
        if callback:
            callback(number, len(read))
    panels, left_out = {}, {}
    for name, rows in parts.items():
        if len(rows) < FEWEST:
            left_out[name] = f"{len(rows)} values; a panel needs {FEWEST}"
        else:
            panels[name] = _panel(name, rows, corrected=corrected)
    if not panels:
        raise InputError(f"{read.where}: no measurement has {FEWEST} values")
    return VisualCheck(panels, len(read), replicates, corrected, left_out)


def _panel(name: str, rows: Sequence[tuple[float, float, Array, Array]], *, corrected: bool) -> Panel:
    """Percentiles by bin of time, observed and simulated."""
    time = np.array([row[0] for row in rows])
    least = detection_limit(name) or 0.0
    observed = np.maximum(np.array([row[1] for row in rows]), least)
    simulated = np.maximum(np.array([row[3] for row in rows]), least)
    edges = _edges(time)
    places = np.clip(np.searchsorted(edges, time, side="right") - 1, 0, len(edges) - 2)
    if corrected:
        predicted = np.maximum(np.nanmedian(np.array([row[2] for row in rows]), axis=1), max(least, 1e-9))
        middle = np.array([np.median(predicted[places == place]) for place in range(len(edges) - 1)])
        factor = middle[places] / predicted
        observed, simulated = observed * factor, simulated * factor[:, None]
    bins = [places == place for place in range(len(edges) - 1)]
    found = np.array([np.percentile(observed[own], PERCENTILES) for own in bins]).T
    repeated = np.array([np.nanpercentile(simulated[own], PERCENTILES, axis=0) for own in bins])
    low, centre, high = np.nanpercentile(repeated, (INTERVAL[0], 50.0, INTERVAL[1]), axis=2)
    days = np.array([np.median(time[own]) for own in bins])
    return Panel(name, time, observed, edges, days, found, low.T, centre.T, high.T)


def _edges(time: Array) -> Array:
    """Edges of the bins: between the planned times where they are few, else at even shares of the values."""
    planned = np.unique(time)
    if len(planned) > MOST_BINS:
        count = int(np.clip(len(time) // (2 * FEWEST), 1, MOST_BINS))
        planned = np.unique(np.quantile(time, np.linspace(0, 1, count + 1)))
        return planned if len(planned) > 1 else np.array([planned[0], planned[0] + 1.0])
    return np.concatenate([[planned[0] - 1.0], (planned[1:] + planned[:-1]) / 2, [planned[-1] + 1.0]])
