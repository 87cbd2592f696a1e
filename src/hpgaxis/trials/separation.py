"""Which measurements before treatment tell who answers it: how well each separates, and from which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Array = NDArray[np.float64]
WHO_CATEGORIES = (0.05, 5.0, 15.0)
"""Sperm concentration (10*6/mL) from which a man is not azoospermic, severely oligozoospermic, oligozoospermic."""
RESAMPLED = 500
LEAST = 5
"""Men on either side without whom nothing is told apart."""


@dataclass(frozen=True)
class Separation:
    """How a measurement separates those who answered from those who did not.

    area: that of the receiver operating characteristic: the chance that of two men, one of each kind, he who answered
    has the higher level (0.5: it tells nothing), with its 95 % interval. threshold: the level that splits them best
    (Youden), with its interval; sensitivity and specificity there; higher: whether those above it answer.
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
    """Number of the category (0 azoospermia to 3 normozoospermia) of concentrations in 10*6/mL."""
    return np.digitize(sperm_concentration, WHO_CATEGORIES)


def upgraded(before: Array, after: Array) -> NDArray[np.bool_]:
    """Whose sperm concentration (10*6/mL) rose into a better category (the end point of Naelitz 2023)."""
    return category(after) > category(before)


def area_under_curve(levels: Array, answered: NDArray[np.bool_]) -> float:
    """Area under the receiver operating characteristic; ties count half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(answered, levels))


def _curve(levels: Array, answered: NDArray[np.bool_], higher: bool) -> tuple[float, float, float, float]:
    """Area, then the threshold with the greatest sensitivity + specificity - 1 (Youden 1950), and both."""
    from sklearn.metrics import auc, roc_curve

    sign = 1 if higher else -1
    false, true, thresholds = roc_curve(answered, sign * levels, drop_intermediate=False)
    best = 1 + int(np.argmax((true - false)[1:]))  # the first threshold is infinite
    middle = (thresholds[best] + thresholds[min(best + 1, len(thresholds) - 1)]) / 2
    area = auc(false, true)
    return float(area if higher else 1 - area), sign * float(middle), float(true[best]), float(1 - false[best])


def _intervals(levels: Array, answered: NDArray[np.bool_], higher: bool, seed: int) -> Array:
    """95 % intervals of area and threshold, low then high (2, 2): percentile bootstrap over the men of either kind."""
    from scipy.stats import bootstrap

    def statistics(yes: Array, no: Array) -> tuple[float, ...]:
        return _curve(np.concatenate([yes, no]), np.arange(len(yes) + len(no)) < len(yes), higher)[:2]

    found = bootstrap(
        (levels[answered], levels[~answered]),
        statistics,
        n_resamples=RESAMPLED,
        vectorized=False,
        method="percentile",
        rng=np.random.Generator(np.random.Philox(key=[seed, 0])),
    )
    return np.array(found.confidence_interval)


def separation(measurements: Mapping[str, Array], answered: NDArray[np.bool_], *, seed: int = 0) -> list[Separation]:
    """Each measurement (name -> (men,), any unit) against who answered (men,), the best at separating first.

    Intervals: bootstrap over men, with the seed. Raises InputError where fewer than 5 men answered, or did not.
    """
    answered = np.asarray(answered, dtype=bool)
    if min(int(answered.sum()), int((~answered).sum())) < LEAST:
        raise InputError(f"{answered.sum()} of {len(answered)} men answered: at least {LEAST} must, and must not")
    found = []
    for name, given in measurements.items():
        levels = np.asarray(given, dtype=float)
        if levels.shape != answered.shape or not np.isfinite(levels).all():
            raise InputError(f"{name}: {levels.shape} finite levels expected, one for each of {len(answered)} men")
        area = area_under_curve(levels, answered)
        higher = area >= 0.5
        low, high = _intervals(levels, answered, higher, seed).tolist()
        _, threshold, sensitivity, specificity = _curve(levels, answered, higher)
        found.append(
            Separation(name, area, low[0], high[0], threshold, low[1], high[1], sensitivity, specificity, higher)
        )
    return sorted(found, key=lambda one: -abs(one.area - 0.5))
