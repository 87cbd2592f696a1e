"""Learns unknowns from readings with an ensemble: the iterated smoother of Emerick and Reynolds (2013).

Every member is a possible man. In each round all are simulated, the covariance of unknowns and readings over the
ensemble says which way each member moves towards the readings, and a share of the readings' information is taken up, so
that after the last round all of it has been. No gradient is needed, and the ensemble that remains is the posterior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ROUNDS = 4
"""In how many parts the readings are taken up: of 47 men with five years of testosterone, 3, 4 and 5 foresee alike."""
INFORMED, MOST_DIRECTIONS = 0.1, 6
"""Directions of the unknowns along which readings tell at least so much of what the first tells, and how many."""
FURTHEST = 3.0
"""Spreads beyond which no unknown goes, as when men are drawn."""


@dataclass(frozen=True)
class Readings:
    """What was read, on the even scale: values and standard errors (readings,), and which are limits.

    below, above (readings,): the value is a limit, and the level lies beyond it.
    """

    values: Array
    errors: Array
    below: NDArray[np.bool_]
    above: NDArray[np.bool_]

    def __getitem__(self, places: Sequence[int]) -> Readings:
        """Some of them."""
        chosen = list(places)
        return Readings(self.values[chosen], self.errors[chosen], self.below[chosen], self.above[chosen])

    def at_limits(self, expected: Array) -> Array:
        """What is expected (readings, members), set to the limit where it lies beyond one."""
        limit = self.values[:, None]
        at_limit = np.where(self.below[:, None], np.maximum(expected, limit), expected)
        return np.where(self.above[:, None], np.minimum(at_limit, limit), at_limit)


@dataclass(frozen=True)
class Smoothed:
    """An ensemble after its readings.

    unknowns : (unknowns, members).
    moved : by how many of their standard deviations the means of the unknowns moved in the last round, at most.
    failed : members without a simulation, over all rounds.
    """

    unknowns: Array
    moved: float
    failed: int


def smooth(
    start: Array,
    expect: Callable[[Array], Array],
    readings: Readings,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Smoothed:
    """Move an ensemble so that it is what remains possible after the readings.

    Parameters
    ----------
    start : unknowns (unknowns, members), standard normal before the readings.
    expect : unknowns -> expected readings (readings, members) on the even scale; NaN for a member that has none.
    readings : what was read.
    rounds : in how many parts the readings are taken up.
    seed : of the errors that are drawn for each member.
    """
    from iterative_ensemble_smoother import ESMDA

    z: Array = np.array(start)
    failed, moved = 0, 0.0
    if not len(readings.values):
        return Smoothed(z, 0.0, 0)
    rng = np.random.default_rng(seed)
    smoother = ESMDA(readings.errors**2, readings.values, alpha=rounds, seed=seed)
    for _ in range(rounds):
        expected, lost = of_all(z, expect, rng)
        failed += lost
        before = z
        smoother.prepare_assimilation(Y=readings.at_limits(expected), truncation=1.0)
        z = np.asarray(np.clip(smoother.assimilate_batch(X=z), -FURTHEST, FURTHEST), dtype=float)
        moved = float(np.max(np.abs(z.mean(axis=1) - before.mean(axis=1)) / z.std(axis=1)))
    return Smoothed(z, moved, failed)


def effective_size(z: Array, expected: Array, readings: Readings, start: Array) -> float:
    """How many members count, were the ensemble corrected by importance weights (Kish).

    The members are taken as draws of a normal distribution in the directions of which the readings tell, and of their
    distribution before the readings in all others; each is weighted by how much more probable it is than that says.

    z : the unknowns (unknowns, members); expected : of the readings (readings, members); start : the unknowns before
        the readings.
    """
    members = z.shape[1]
    if not len(readings.values):
        return float(members)
    away = (readings.at_limits(expected) - readings.values[:, None]) / readings.errors[:, None]
    told = (away - away.mean(axis=1, keepdims=True)) @ (z - z.mean(axis=1, keepdims=True)).T / members
    _, size, directions = np.linalg.svd(told, full_matrices=False)
    informed = directions[size > INFORMED * size[0]][:MOST_DIRECTIONS] if size[0] > 0 else directions[:0]
    along = informed @ z
    if not len(along):
        return float(members)
    centred = along - along.mean(axis=1, keepdims=True)
    covariance = np.atleast_2d(np.cov(along))
    proposal = -0.5 * (centred * np.linalg.solve(covariance, centred)).sum(axis=0)
    before = informed @ start
    middle = along - before.mean(axis=1, keepdims=True)
    prior = -0.5 * (middle * np.linalg.solve(np.atleast_2d(np.cov(before)), middle)).sum(axis=0)
    logs = prior - 0.5 * (away**2).sum(axis=0) - proposal
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def of_all(z: Array, expect: Callable[[Array], Array], rng: np.random.Generator) -> tuple[Array, int]:
    """The expected readings of all members; those that have none are moved, in place, to near one that has."""
    expected, lost = expect(z), 0
    for _ in range(10):
        bad = np.flatnonzero(~np.isfinite(expected).all(axis=0))
        if not len(bad):
            return expected, lost
        good = np.setdiff1d(np.arange(z.shape[1]), bad)
        if not len(good):
            break
        lost += len(bad)
        others = rng.choice(good, len(bad))
        z[:, bad] = z[:, others] + 0.1 * rng.standard_normal((len(z), len(bad)))
        again = expect(z)
        expected[:, bad] = again[:, bad]
    raise ValueError("no member of the ensemble can be simulated")
