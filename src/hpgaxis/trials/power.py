"""Power of a trial by its size, and effect by day: many trials sampled from one simulated pool of men."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.batch import cores
from ..errors import InputError
from ..processes import processes
from .design import Design
from .endpoints import effects, interval_of_share, outcomes
from .fields import EndPoint
from .recruit import blocks
from .run import run_block

if TYPE_CHECKING:
    import pandas as pd

POOLS, MEN_OF_A_POOL = 8, 1000
"""Most posterior samples, and men randomised in each, from whom trials are sampled."""
TRIALS_OF_A_POOL = 10
"""Trials from which another posterior sample is worth its simulation."""
TRIALS = 400
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Power:
    """table: power by size, arm and end point with its 95 % interval (Wilson 1927), and the median and 95 % of effects.

    days: difference over the standard deviation between men, by arm, end point and visit.
    """

    table: pd.DataFrame
    days: pd.DataFrame


def power(
    design: Design,
    sizes: Sequence[int],
    *,
    trials: int = TRIALS,
    callback: Callable[[int, int], None] | None = None,
) -> Power:
    """Share of trials of each size (men in all arms together) that detect a difference at p < 0.05.

    Every trial has the assay variation, adherence and drop-out of the design, and the posterior sample of its pool: one
    for every ten trials of a size, at most eight.
    Raises InputError for sizes of less than two men an arm, or more than the pool holds.
    """
    import pandas as pd

    arms = 1 if design.every_arm else len(design.arms)
    for size in sizes:
        if not 2 * arms <= size <= MEN_OF_A_POOL:
            raise InputError(f"{size} men: expected {2 * arms} to {MEN_OF_A_POOL}")
    count_of_pools = min(POOLS, -(-trials // TRIALS_OF_A_POOL))
    pooled = design.model_copy(update={"men": MEN_OF_A_POOL, "replicates": count_of_pools})
    for arm, count in zip(design.arms, pooled.allocated(MEN_OF_A_POOL).tolist(), strict=True):
        if count < 2 and not design.every_arm:
            raise InputError(f"allocation: {arm!r} gets {count} of {MEN_OF_A_POOL} men; two or more are needed")
    tables, visits = [], []
    with processes(cores()) as spread:
        for block in blocks(pooled):
            results = run_block(pooled, block, 1, spread)
            tables.append(results["outcomes"])
            visits.append(results["visits"])
            if callback:
                callback(len(tables), count_of_pools)
    pools: list[Any] = [part for _, part in pd.concat(tables, ignore_index=True).groupby("replicate", observed=True)]
    rows = list[dict[str, object]]()
    source = np.random.Generator(np.random.Philox(key=[design.seed, 99]))
    for size in sizes:
        for number in range(trials):
            pool = pools[number % count_of_pools]
            chosen = _trial(design, pool, size, source)
            rows += [{"size": size, **row} for row in effects(design, chosen, number % count_of_pools)]
    every_row: Any = pd.DataFrame(rows)
    lines = []
    for (size, point, arm), part in every_row.groupby(["size", "end_point", "arm"], sort=False):
        hits = int((part["p"] < SIGNIFICANT).sum())
        power_low, power_high = interval_of_share(hits, len(part))
        low, middle, high = np.quantile(part["effect"], (0.025, 0.5, 0.975))
        lines.append(
            {
                "men": size, "end_point": point, "arm": arm, "power": hits / len(part), "power_low": power_low,
                "power_high": power_high, "effect": middle, "effect_low": low, "effect_high": high,
            }
        )  # fmt: skip
    return Power(pd.DataFrame(lines), _by_day(design, pd.concat(visits, ignore_index=True)))


def _trial(design: Design, pool: Any, size: int, source: np.random.Generator) -> pd.DataFrame:
    """Outcomes of `size` men of a pool, in the shares of the arms."""
    if design.every_arm:
        men = source.choice(pool["man"].unique(), size, replace=False)
    else:
        shares = design.shares()
        chosen = []
        for arm, part in pool.groupby("arm", observed=True):
            available = part["man"].unique()
            wanted = max(2, round(size * shares[str(arm)]))
            chosen.append(source.choice(available, min(wanted, len(available)), replace=False))
        men = np.concatenate(chosen)
    return pool[pool["man"].isin(men)]


def _by_day(design: Design, visits: pd.DataFrame) -> pd.DataFrame:
    """Difference between the arms on each day, in standard deviations."""
    import pandas as pd

    rows = []
    control, *others = design.arms
    for point in design.end_points:
        for day in design.visit_days[1:]:
            on_day = EndPoint.model_validate({**point.model_dump(), "day": day})
            table = outcomes(design.model_copy(update={"end_points": (on_day,)}), visits)
            values = {str(arm): part["value"].dropna() for arm, part in table.groupby("arm", observed=True)}
            for arm in others:
                spread = np.sqrt((values[arm].var() + values[control].var()) / 2)
                difference = values[arm].mean() - values[control].mean()
                rows.append(
                    {"end_point": point.name, "arm": arm, "day": day, "difference": difference,
                     "standardised": difference / spread if spread > 0 else np.nan}
                )  # fmt: skip
    return pd.DataFrame(rows)
