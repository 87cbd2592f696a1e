"""Which calibrated numbers the trials determine: how much narrower the posterior is than the prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..physiology.posterior import parameter_sets
from .calibrate import fitted

DETERMINED, TOUCHED = 0.5, 0.1
"""Contraction from which the trials determine a number, and below which it stays where its prior was."""


@dataclass(frozen=True)
class Identified:
    """prior and its 95 % interval; posterior median and 95 % interval; contraction, 1 - posterior SD / prior SD."""

    name: str
    prior: float
    prior_low: float
    prior_high: float
    median: float
    low: float
    high: float
    contraction: float

    @property
    def verdict(self) -> str:
        """In words."""
        if self.contraction >= DETERMINED:
            return "determined by the trials"
        return "narrowed by the trials" if self.contraction >= TOUCHED else "stays at its prior"


def identified() -> list[Identified]:
    """Every calibrated number, the best determined first."""
    sets, weights = parameter_sets()
    share = np.array(weights)
    found = []
    for name, (prior, spread) in fitted().items():
        logs = np.log([one[name] for one in sets])
        mean = share @ logs
        deviation = float(np.sqrt(share @ (logs - mean) ** 2))
        order = np.argsort(logs)
        reached = np.cumsum(share[order])
        low, median, high = (
            float(np.exp(logs[order][min(int(np.searchsorted(reached, level)), len(logs) - 1)]))
            for level in (0.025, 0.5, 0.975)
        )
        wide = float(np.exp(1.96 * spread))
        found.append(Identified(name, prior, prior / wide, prior * wide, median, low, high, 1 - deviation / spread))
    return sorted(found, key=lambda one: -one.contraction)
