"""The sets of numbers that the trials leave open, as shipped: drawn from the posterior of the calibrated numbers."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np

from ..errors import InputError

FILE = "posterior.csv"


@cache
def parameter_sets() -> tuple[tuple[dict[str, float], ...], tuple[float, ...]]:
    """Sets (name of a parameter or a drug's constant -> value), and their weights, which sum to 1."""
    lines = resources.files("hpgaxis.physiology").joinpath(FILE).read_text(encoding="utf-8").splitlines()
    head, *rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    table = np.array(rows, dtype=float)
    weights = table[:, 0] / table[:, 0].sum()
    sets = tuple(dict(zip(head[1:], map(float, row[1:]), strict=True)) for row in table)
    return sets, tuple(map(float, weights))


def resample_parameter_sets(count: int) -> list[dict[str, float]]:
    """`count` sets that stand for all alike, each as often as its weight says (systematic resampling)."""
    if count < 1:
        raise InputError(f"{count} sets of numbers: at least 1")
    sets, weights = parameter_sets()
    places = np.searchsorted(np.cumsum(weights), (np.arange(count) + 0.5) / count)
    return [sets[min(place, len(sets) - 1)] for place in places]
