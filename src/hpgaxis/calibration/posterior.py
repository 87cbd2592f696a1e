"""Posterior of the calibrated numbers: draws, and weights that say how much each counts.

Near the most probable numbers the errors of the figures are taken as linear in the numbers' logarithms, and the
posterior of that is sampled (emcee, Foreman-Mackey 2013). Draws from the chains are then run through the model itself
and weighted by how much more or less probable it makes them: Pareto-smoothed importance sampling (Vehtari 2024), whose
Pareto k says whether the weights can be relied on.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, extra_packages
from ..files import write_whole
from ..people.baseline import effective_sample_size
from ..physiology.posterior import FILE, Quality
from ..processes import processes
from . import calibrate
from .calibrate import FAILED, LARGEST_ERROR, Calibration, Evaluator

Array = NDArray[np.float64]
WALKERS_PER_NUMBER = 4
STEPS, BURN_IN = 6000, 2000
LEAST_DRAWS = 25
"""Below this the tail holds fewer than the 5 draws from which its shape is estimated."""


@dataclass(frozen=True)
class Posterior:
    """Weighted draws.

    points (draws, numbers): logarithms of the numbers; log_weights (draws,): before smoothing, up to a constant;
    acceptance and autocorrelation_steps: of the chains.
    """

    names: list[str]
    points: Array
    log_weights: Array
    acceptance: float
    autocorrelation_steps: float

    @cached_property
    def _smoothed(self) -> tuple[Array, float]:
        return pareto_smoothed(self.log_weights)

    @property
    def weights(self) -> Array:
        """Smoothed weights (draws,), which sum to 1."""
        return self._smoothed[0]

    @property
    def quality(self) -> Quality:
        """Effective sample size and Pareto k."""
        return Quality(len(self.points), effective_sample_size(self.weights), self._smoothed[1])


def pareto_smoothed(log_weights: Array) -> tuple[Array, float]:
    """Weights (draws,) that sum to 1, their largest smoothed by a generalised Pareto distribution; and its shape k."""
    from arviz_stats.base.array import array_stats

    smoothed, k = array_stats.psislw(-log_weights)  # it takes the negative, as of a likelihood
    return np.exp(smoothed), float(k)


def linear_log_posterior(found: Calibration) -> Callable[[Array], Array]:
    """Log posterior (up to a constant) of points (..., numbers) near the most probable one."""

    def log_posterior(points: Array) -> Array:
        errors = found.errors + (points - found.point) @ found.slopes.T
        bounded = np.clip(errors, -LARGEST_ERROR, LARGEST_ERROR)
        distance = (points - found.problem.prior) / found.problem.spread
        return -calibrate.cost(bounded, found.weight, distance) / 2

    return log_posterior


def check_packages() -> None:
    """Raise MissingPackageError where a package that the posterior needs is missing."""
    for package in ("arviz_stats", "emcee"):
        with extra_packages(f"calibration needs {package}", "calibration"):
            import_module(package)


def chains(found: Calibration, seed: int, on_step: Callable[[int, int], None] = lambda done, of: None) -> Any:
    """A sampler that has run on the linear posterior."""
    import emcee

    numbers = len(found.point)
    walkers = WALKERS_PER_NUMBER * numbers
    pull = found.weight / (1 + (found.errors * found.weight) ** 2) ** 0.25
    matrix = np.vstack([found.slopes * pull[:, None], np.diag(1 / found.problem.spread)])
    covariance = np.linalg.inv(matrix.T @ matrix)
    source = np.random.Generator(np.random.Philox(seed))
    start = source.multivariate_normal(found.point, covariance, walkers)
    moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.2)]
    sampler = emcee.EnsembleSampler(walkers, numbers, linear_log_posterior(found), vectorize=True, moves=moves)
    sampler.random_state = np.random.RandomState(seed).get_state()
    for done, _ in enumerate(sampler.sample(start, iterations=STEPS), 1):
        on_step(done, STEPS)
    return sampler


def draw(
    found: Calibration,
    *,
    draws: int = 200,
    seed: int = 1,
    workers: int = 2,
    checkpoint: Path | None = None,
    callback: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Posterior:
    """`draws` weighted sets of numbers; callback(what, done, all) is called along the way."""
    if draws < LEAST_DRAWS:
        raise InputError(f"draws = {draws}: expected at least {LEAST_DRAWS}")
    sampler = chains(found, seed, lambda done, of: callback("sampling", done, of))
    flat = sampler.get_chain(discard=BURN_IN, flat=True)
    chosen = np.random.Generator(np.random.Philox(key=[seed, 1])).choice(len(flat), draws, replace=False)
    points = np.asarray(flat[chosen], dtype=float)
    done = 0

    def another() -> None:
        nonlocal done
        done += 1
        callback("running the model", done, draws)

    with processes(workers) as spread:
        rows = Evaluator(found.problem, spread, checkpoint)(list(points), another)
    errors = np.array([[row.get(key, FAILED)[0] for key in found.keys] for row in rows])
    distance = (points - found.problem.prior) / found.problem.spread
    truly = -calibrate.cost(errors, found.weight, distance) / 2
    log_weights = truly - linear_log_posterior(found)(points)
    lag = float(np.max(sampler.get_autocorr_time(tol=0)))
    return Posterior(found.problem.names, points, log_weights, float(sampler.acceptance_fraction.mean()), lag)


def write(found: Posterior, seed: int, folder: Path) -> None:
    """Write the draws, with what made them, into a folder laid out as the package is."""
    package, quality = Path(str(resources.files("hpgaxis"))), found.quality
    head = {
        "data": calibrate.data_digest(),
        "commit": _commit(package),
        "seed": seed,
        "draws": quality.draws,
        "effective sample size": f"{quality.effective_sample_size:.1f}",
        "Pareto k": f"{quality.pareto_k:.2f}",
        "acceptance": f"{found.acceptance:.2f}",
        "autocorrelation": f"{found.autocorrelation_steps:.0f} of {STEPS} steps",
    }
    lines = [
        "# Draws of the calibrated numbers from their posterior, written by `hpg calibrate`. Weights are relative",
        *(f"# {name}: {value}" for name, value in head.items()),
        ",".join(["weight", "log_weight", *found.names]),
    ]
    raw = found.log_weights - found.log_weights.max()
    for weight, log_weight, point in zip(found.weights * quality.draws, raw, found.points, strict=True):
        lines.append(",".join(f"{value:.5g}" for value in (weight, log_weight, *np.exp(point))))
    write_whole(folder / "physiology" / FILE, lambda p: p.write_text("\n".join(lines) + "\n", encoding="utf-8"))


def _commit(folder: Path) -> str:
    """The commit of a working copy, with a + where it was changed; "none" outside one."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return said.stdout.strip()
