"""What a laboratory reports at a visit: the man's value, with or without the variation from visit to visit."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np

from .registry import MEASUREMENTS


def log_spread(name: str) -> float:
    """Standard deviation of the logarithm of one man's samples from visit to visit; 0 for what is not known to vary."""
    variation = MEASUREMENTS[name].variation if name in MEASUREMENTS else None
    return sqrt(log(1 + variation.cv**2)) if variation else 0.0


def varied(name: str, normal: Any) -> Any:
    """What a true value is multiplied by in a sample, from standard normal numbers: log-normal, of mean 1."""
    spread = log_spread(name)
    return np.exp(spread * normal - spread**2 / 2)


def measured(name: str, value: float, seed: int | None, visit: int) -> float:
    """What is read at the visit of this number (from 0): `value` itself without a seed, else log-normal about it.

    The same seed, visit and measurement always read the same, whatever else is measured.
    """
    if seed is None:
        return value
    draw = np.random.Generator(
        np.random.Philox(key=[seed, 1000 * visit + list(MEASUREMENTS).index(name)])
    ).standard_normal()
    return value * float(varied(name, draw))
