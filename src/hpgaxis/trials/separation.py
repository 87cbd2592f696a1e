"""Baseline measurements that separate responders from non-responders: how well each does, and at which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Array = NDArray[np.float64]
WHO_CATEGORIES = (0.05, 5.0, 15.0)
"""Lower limits of sperm concentration (10^6/mL) of severe oligozoospermia, oligozoospermia and normozoospermia."""
RESAMPLED = 500
LEAST = 5
"""Smallest number of responders, and of non-responders."""


@dataclass(frozen=True)
class Separation:
    """How a measurement separates responders from non-responders.

    area: under the receiver operating characteristic, the probability that a responder has a higher level than a
    non-responder (0.5: no information), with its 95 % interval. threshold: the best level by Youden's index, with its
    interval; sensitivity and specificity there; higher: whether responders lie above it.
    """

    name: str
    area: float
    area_low: float
    area_high: float
    threshold: float
    threshold_low: float
    threshold_high: float
    sensitivity: float
    specificity: float
    higher: bool


def category(sperm_concentration: Array) -> NDArray[np.int64]:
    """Number of the category (0 azoospermia to 3 normozoospermia) of concentrations in 10^6/mL."""
    return np.digitize(sperm_concentration, WHO_CATEGORIES)


def upgraded(before: Array, after: Array) -> NDArray[np.bool_]:
    """Whether each sperm concentration (10^6/mL) rose into a better category (the end point of Naelitz 2023)."""
    return category(after) > category(before)


def area_under_curve(levels: Array, responded: NDArray[np.bool_]) -> float:
    """Area under the receiver operating characteristic (Mann and Whitney 1947); ties count half."""
    from scipy.stats import mannwhitneyu

    test: Any = mannwhitneyu(levels[responded], levels[~responded])
    return float(test.statistic) / (int(responded.sum()) * int((~responded).sum()))


def _split(levels: Array, responded: NDArray[np.bool_], higher: bool) -> tuple[float, float, float]:
    """The level with the greatest sensitivity + specificity - 1 (Youden 1950), and both."""
    order = np.argsort(levels)
    ranked, hits = levels[order], responded[order]
    below_hits, below_misses = np.cumsum(hits), np.cumsum(~hits)
    sensitivity = 1 - below_hits / hits.sum() if higher else below_hits / hits.sum()
    specificity = below_misses / (~hits).sum() if higher else 1 - below_misses / (~hits).sum()
    best = int(np.argmax((sensitivity + specificity)[:-1]))
    return float((ranked[best] + ranked[best + 1]) / 2), float(sensitivity[best]), float(specificity[best])


def _interval(values: list[float]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def separation(measurements: Mapping[str, Array], responded: NDArray[np.bool_], *, seed: int = 0) -> list[Separation]:
    """Separation of responders (responded (men,)) by each measurement (name -> (men,), any unit), the best first.

    Intervals: bootstrap over men, with the seed. Raises InputError for fewer than 5 responders or non-responders.
    """
    responded = np.asarray(responded, dtype=bool)
    if min(int(responded.sum()), int((~responded).sum())) < LEAST:
        raise InputError(
            f"{responded.sum()} of {len(responded)} men responded; expected {LEAST} responders and {LEAST} others"
        )
    source = np.random.Generator(np.random.Philox(key=[seed, 0]))
    yes, no = np.flatnonzero(responded), np.flatnonzero(~responded)
    drawn = [np.concatenate([source.choice(yes, len(yes)), source.choice(no, len(no))]) for _ in range(RESAMPLED)]
    separations = []
    for name, given in measurements.items():
        levels = np.asarray(given, dtype=float)
        if levels.shape != responded.shape or not np.isfinite(levels).all():
            raise InputError(f"{name}: {levels.shape} finite levels expected, one for each of {len(responded)} men")
        area = area_under_curve(levels, responded)
        higher = area >= 0.5
        areas = _interval([area_under_curve(levels[men], responded[men]) for men in drawn])
        splits = _interval([_split(levels[men], responded[men], higher)[0] for men in drawn])
        threshold, sensitivity, specificity = _split(levels, responded, higher)
        separations.append(
            Separation(
                name,
                area,
                areas[0],
                areas[1],
                threshold,
                splits[0],
                splits[1],
                sensitivity,
                specificity,
                higher,
            )
        )
    return sorted(separations, key=lambda row: -abs(row.area - 0.5))
