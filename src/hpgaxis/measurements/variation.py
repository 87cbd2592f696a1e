"""What a laboratory reports at a visit: the man's value, with or without the variation from visit to visit."""

from __future__ import annotations

from functools import cache
from importlib import resources
from math import log, sqrt
from typing import Any

import numpy as np

from .labs import LABS


@cache
def variation() -> dict[str, float]:
    """Measurement -> coefficient of variation from visit to visit (within man and assay)."""
    import yaml

    text = resources.files("hpgaxis.measurements").joinpath("visit_variation.yaml").read_text(encoding="utf-8")
    return {name: float(entry["cv"]) for name, entry in yaml.safe_load(text).items()}


def log_spread(name: str) -> float:
    """The same as the standard deviation of the logarithm; 0 for what is not known to vary."""
    return sqrt(log(1 + variation().get(name, 0.0) ** 2))


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
    draw = np.random.Generator(np.random.Philox(key=[seed, 1000 * visit + list(LABS).index(name)])).standard_normal()
    return value * float(varied(name, draw))
