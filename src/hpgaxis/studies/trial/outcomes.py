"""End points of a trial: what each man reached, what the arms differ by, how sure a trial of this size is of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import upgraded
from .design import Design, EndPoint

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95


def _reached(point: EndPoint, before: Any, after: Any) -> Any:
    """An end point of each man from his levels before and after; nan where one is missing."""
    if point.kind == "level":
        return after
    if point.kind == "change":
        return after - before
    if point.kind == "fold":
        return after / before
    if point.kind == "upgrade":
        found = upgraded(before, after).astype(float)
    else:
        found = (after > point.level if point.kind == "above" else after < point.level).astype(float)
    return np.where(np.isnan(after) | np.isnan(before), np.nan, found)


def outcomes(design: Design, visits: pd.DataFrame) -> pd.DataFrame:
    """One row a man, arm and end point: value as measured, and the true one without variation of labs."""
    import pandas as pd

    frames = []
    first: pd.DataFrame = visits.loc[visits["day"] == 0.0]
    for point in design.end_points:
        day = design.visit_days[-1] if point.day is None else point.day
        last: pd.DataFrame = visits.loc[visits["day"] == day]
        frame: pd.DataFrame = last.loc[:, ["replicate", "man", "arm", "period"]].reset_index(drop=True)
        for suffix, name in (("", "value"), ("_true", "true")):
            before, after = (table[f"{point.measure}{suffix}"].to_numpy() for table in (first, last))
            frame[name] = _reached(point, before, after)
        frame.insert(4, "end_point", point.name)
        frames.append(frame)
    joined = pd.concat(frames, ignore_index=True)
    joined["end_point"] = pd.Categorical(joined["end_point"], [point.name for point in design.end_points])
    return joined


def effects(design: Design, table: pd.DataFrame, replicate: int) -> list[dict[str, Any]]:
    """Each arm against the first, for each end point, in one replicate, of the men seen.

    effect: difference of means (of shares for what each man reaches or not), with its 95 % interval; p: of no
    difference (Welch 1947; paired where every man has every arm; Fisher 1922 for shares of different men).
    """
    from scipy import stats

    rows = []
    own: pd.DataFrame = table.loc[table["replicate"] == replicate]
    control, *others = design.arms
    for point in design.end_points:
        of_point: pd.DataFrame = own.loc[own["end_point"] == point.name]
        by_arm: dict[Any, Any] = {a: p.set_index("man")["value"] for a, p in of_point.groupby("arm", observed=True)}
        reference = by_arm[control]
        for arm in others:
            if design.every_arm:
                pair = by_arm[arm].to_frame("treated").join(reference.rename("control"), how="inner").dropna()
                treated, untreated = pair["treated"].to_numpy(), pair["control"].to_numpy()
                said: Any = stats.ttest_rel(treated, untreated)
            else:
                treated, untreated = by_arm[arm].dropna().to_numpy(), reference.dropna().to_numpy()
                said = stats.ttest_ind(treated, untreated, equal_var=False)
            interval = said.confidence_interval(CONFIDENCE)
            p = float(said.pvalue)
            if point.binary and not design.every_arm:
                counts = [[int(x.sum()), int(len(x) - x.sum())] for x in (treated, untreated)]
                p = float(stats.fisher_exact(counts)[1])  # pyright: ignore
            rows.append(
                {
                    "replicate": replicate, "end_point": point.name, "arm": arm, "against": control,
                    "men": len(treated), "men_against": len(untreated),
                    "mean": float(np.mean(treated)), "mean_against": float(np.mean(untreated)),
                    "effect": float(np.mean(treated) - np.mean(untreated)),
                    "low": float(interval.low), "high": float(interval.high), "p": p,
                }
            )  # fmt: skip
    return rows
