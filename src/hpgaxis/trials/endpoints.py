"""End points of a trial: the outcome of each man, and the difference between arms with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from ..people.baseline import Reached
from .design import Design
from .fields import EndPoint
from .separation import upgraded

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
CONFIDENCE = 0.95


class Effect(TypedDict):
    """Difference between an arm and the control in one end point of one replicate."""

    replicate: int
    end_point: str
    arm: str
    control: str
    men: int
    men_control: int
    mean: float
    mean_control: float
    effect: float
    low: float
    high: float
    p: float


def _reached(point: EndPoint, before: Array, after: Array) -> Array:
    """End point (men,) from the levels before and after; nan where one is missing, and for a ratio to 0."""
    if point.kind == "level":
        return after
    if point.kind == "change":
        return after - before
    if point.kind == "fold":
        return after / np.where(before > 0, before, np.nan)
    if point.kind == "upgrade":
        hit = upgraded(before, after)
    else:
        level = 0.0 if point.level is None else point.level
        hit = after > level if point.kind == "above" else after < level
    return np.where(np.isnan(after) | np.isnan(before), np.nan, hit.astype(float))


def outcomes(design: Design, visits: pd.DataFrame) -> pd.DataFrame:
    """One row for each man, arm and end point: the value as measured, and the true one without assay variation."""
    import pandas as pd

    frames = []
    first: pd.DataFrame = visits.loc[visits["day"] == 0.0]
    for point in design.end_points:
        day = design.visit_days[-1] if point.day is None else point.day
        last: pd.DataFrame = visits.loc[visits["day"] == day]
        frame: pd.DataFrame = last.loc[:, ["replicate", "man", "arm", "period"]].reset_index(drop=True)
        for suffix, name in (("", "value"), ("_true", "true")):
            before, after = (table[f"{point.measure}{suffix}"].to_numpy(dtype=float) for table in (first, last))
            frame[name] = _reached(point, before, after)
        frame.insert(4, "end_point", point.name)
        frames.append(frame)
    joined = pd.concat(frames, ignore_index=True)
    joined["end_point"] = pd.Categorical(joined["end_point"], [point.name for point in design.end_points])
    return joined


def effects(design: Design, table: pd.DataFrame, replicate: int) -> list[Effect]:
    """Compare each arm with the control, for each end point, in one replicate.

    effect: difference of means, or of shares for a binary end point, with its 95 % interval; p: of no difference.
    Paired where every man receives every arm. Too few men give nan.
    """
    rows = list[Effect]()
    of_replicate: pd.DataFrame = table.loc[table["replicate"] == replicate]
    control, *others = design.arms
    for point in design.end_points:
        of_point: pd.DataFrame = of_replicate.loc[of_replicate["end_point"] == point.name]
        by_arm: dict[str, pd.Series] = {
            arm: of_point.loc[of_point["arm"] == arm].set_index("man")["value"] for arm in design.arms
        }
        for arm in others:
            pair = [by_arm[name].dropna() for name in (arm, control)]
            if design.every_arm:
                joined = pair[0].to_frame("treated").join(pair[1].rename("control"), how="inner")
                treated, untreated = joined["treated"].to_numpy(), joined["control"].to_numpy()
                low, high, p = _paired(treated, untreated)
            else:
                treated, untreated = (values.to_numpy() for values in pair)
                low, high, p = _shares(treated, untreated) if point.binary else _means(treated, untreated)
            rows.append(
                {
                    "replicate": replicate, "end_point": point.name, "arm": arm, "control": control,
                    "men": len(treated), "men_control": len(untreated),
                    "mean": _mean(treated), "mean_control": _mean(untreated),
                    "effect": _mean(treated) - _mean(untreated),
                    "low": low, "high": high, "p": p,
                }
            )  # fmt: skip
    return rows


def baseline_reached(design: Design, men: pd.DataFrame) -> list[Reached]:
    """The requested baseline, age and body mass index beside those of the randomised men, untreated and unweighted."""
    asked: dict[str, tuple[float, float | None]] = dict(design.baseline)
    asked |= {name: pair for name in ("age", "bmi") if (pair := getattr(design, name)) is not None}
    rows = []
    for name, (mean, spread) in asked.items():
        column = name if name in ("age", "bmi") else f"untreated_{name}"
        if column in men and len(men):  # tables of an earlier version have no such column
            values = men[column].to_numpy(dtype=float)
            rows.append(Reached(name, mean, spread, float(values.mean()), float(values.std())))
    return rows


def _mean(values: Array) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _paired(treated: Array, untreated: Array) -> tuple[float, float, float]:
    """Interval and p of the mean difference of men who received both."""
    from scipy import stats

    if len(treated) < 2:
        return np.nan, np.nan, np.nan
    gained = treated - untreated
    if np.ptp(gained) == 0:
        return float(gained[0]), float(gained[0]), float(gained[0] == 0)
    return _interval_and_p(stats.ttest_rel(treated, untreated))


def _means(treated: Array, untreated: Array) -> tuple[float, float, float]:
    """Interval and p of a difference of means (Welch 1947)."""
    from scipy import stats

    if min(len(treated), len(untreated)) < 2:
        return np.nan, np.nan, np.nan
    return _interval_and_p(stats.ttest_ind(treated, untreated, equal_var=False))


def _interval_and_p(test: Any) -> tuple[float, float, float]:
    """Interval and p of a t test of SciPy."""
    interval = test.confidence_interval(CONFIDENCE)
    return float(interval.low), float(interval.high), float(test.pvalue)


def interval_of_share(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    from scipy import stats

    interval = stats.binomtest(hits, count).proportion_ci(CONFIDENCE, "wilson")
    return float(interval.low), float(interval.high)


def _shares(treated: Array, untreated: Array) -> tuple[float, float, float]:
    """Interval (Newcombe 1998, method 10) and p (Fisher 1922) of a difference of shares."""
    from scipy import stats

    if min(len(treated), len(untreated)) < 1:
        return np.nan, np.nan, np.nan
    counts = [(int(values.sum()), len(values)) for values in (treated, untreated)]
    (p1, l1, u1), (p2, l2, u2) = ((hits / men, *interval_of_share(hits, men)) for hits, men in counts)
    fisher: Any = stats.fisher_exact([[hits, men - hits] for hits, men in counts])
    low, high = np.hypot(p1 - l1, u2 - p2), np.hypot(u1 - p1, p2 - l2)
    return float(p1 - p2 - low), float(p1 - p2 + high), float(fisher.pvalue)
