"""The shipped posterior sample: weighted draws of the calibrated parameters, and their quality."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

FILE = "posterior.csv"
RELIABLE = 0.7
"""Pareto k above which importance weights are unreliable (Vehtari 2024)."""


@cache
def _file() -> tuple[dict[str, str], list[str], NDArray[np.float64]]:
    """Head (`# name: value` lines), columns and rows (draws, columns) of the file."""
    lines = resources.files("hpgaxis.physiology").joinpath(FILE).read_text(encoding="utf-8").splitlines()
    head = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# ") and ": " in line)
    columns, *rows = [line.split(",") for line in lines if not line.startswith("#")]
    return head, columns, np.array(rows, dtype=float)


@cache
def parameter_sets() -> tuple[tuple[dict[str, float], ...], tuple[float, ...]]:
    """Draws (name of a parameter or a drug's constant -> value), and their weights, which sum to 1."""
    _, columns, table = _file()
    names = columns[2:]  # after weight and log_weight
    sets = tuple(dict(zip(names, map(float, row[2:]), strict=True)) for row in table)
    return sets, tuple(map(float, table[:, 0] / table[:, 0].sum()))


def log_weights() -> NDArray[np.float64]:
    """Logarithms of the importance weights before smoothing, up to a constant (draws,); NaN where not known."""
    return _file()[2][:, 1]


def provenance() -> dict[str, str]:
    """Head of the file: data, commit, seed, effective sample size, Pareto k ..."""
    return dict(_file()[0])


@dataclass(frozen=True)
class Quality:
    """Quality of weighted draws.

    effective_sample_size: that of the weights (Kish). pareto_k: shape of the tail of the importance weights before
    smoothing; None for truncated weights, whose effective sample size is that of the truncation.
    """

    draws: int
    effective_sample_size: float
    pareto_k: float | None

    def __str__(self) -> str:
        known = f"{self.draws} weighted draws, effective sample size {self.effective_sample_size:.0f}"
        if self.pareto_k is None:
            return f"{known} (weights truncated to reach it; Pareto k not known)"
        reliable = "reliable" if self.pareto_k <= RELIABLE else "unreliable"
        return f"{known}, Pareto k {self.pareto_k:.2f} (weights {reliable}: the limit is {RELIABLE})"


def quality() -> Quality:
    """Quality of the shipped posterior sample."""
    head = provenance()
    k = head["Pareto k"]
    return Quality(int(head["draws"]), float(head["effective sample size"]), None if k == "unknown" else float(k))


def resample_parameter_sets(count: int) -> list[dict[str, float]]:
    """`count` equally weighted draws; each draw occurs in proportion to its weight (systematic resampling)."""
    if count < 1:
        raise InputError(f"count = {count}: expected at least 1 set of parameters")
    sets, weights = parameter_sets()
    places = np.searchsorted(np.cumsum(weights), (np.arange(count) + 0.5) / count)
    return [sets[min(place, len(sets) - 1)] for place in places]
