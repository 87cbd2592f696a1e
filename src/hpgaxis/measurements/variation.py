"""Laboratory reports at visits, with or without assay and within-man variability."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np

from .registry import MEASUREMENTS


def spread_of_logarithm(coefficient_of_variation: float) -> float:
    """Standard deviation of the logarithm of a log-normal quantity."""
    return sqrt(log(1 + coefficient_of_variation**2))


def log_spread(name: str) -> float:
    """Standard deviation of the logarithm of one man's samples from visit to visit; 0 if its variation is not known."""
    variation = MEASUREMENTS[name].variation if name in MEASUREMENTS else None
    return spread_of_logarithm(variation.cv) if variation else 0.0


def varied(name: str, normal: Any) -> Any:
    """Log-normal factor (mean 1) of a sample, from standard normal numbers."""
    spread = log_spread(name)
    return np.exp(spread * normal - spread**2 / 2)


def measured(name: str, value: float, seed: int | None, visit: int) -> float:
    """The reading at a visit (from 0): `value` without a seed, else log-normal about it.

    It depends on the seed, visit and measurement alone.
    """
    if seed is None:
        return value
    draw = np.random.Generator(
        np.random.Philox(key=[seed, 1000 * visit + list(MEASUREMENTS).index(name)])
    ).standard_normal()
    return value * float(varied(name, draw))
