"""What the trials leave open: sets of numbers as probable as the trials and the priors make them.

Near the most probable numbers the errors of the figures are taken as linear in the numbers' logarithms, and the
posterior of that is sampled (emcee, Foreman-Mackey 2013). Sets drawn from the chains are then run through the model
itself, and weighted by how much more or less probable it finds them (importance sampling, weights truncated after
Ionides 2008).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MissingPackageError
from ..physiology.posterior import FILE
from ..processes import processes
from ..simulation.results import write_whole
from . import calibrate
from .calibrate import FAILED, LARGEST_ERROR, Calibration, Evaluator

Array = NDArray[np.float64]
WALKERS_PER_NUMBER = 4
STEPS, BURN_IN = 6000, 2000
LEAST = 0.3
"""Share of the draws that must count."""


@dataclass(frozen=True)
class Posterior:
    """points (draws, numbers): logarithms; weights (draws,) that sum to 1; what the chains' acceptance and lag were."""

    names: list[str]
    points: Array
    weights: Array
    acceptance: float
    autocorrelation_steps: float

    @property
    def effective_draws(self) -> float:
        """How many equally weighted draws tell as much."""
        return float(1 / (self.weights**2).sum())


def linear_log_posterior(found: Calibration) -> Callable[[Array], Array]:
    """Log posterior (up to a constant) of points (..., numbers) near the most probable one."""

    def log_posterior(points: Array) -> Array:
        errors = found.errors + (points - found.point) @ found.slopes.T
        bounded = np.clip(errors, -LARGEST_ERROR, LARGEST_ERROR)
        distance = (points - found.problem.prior) / found.problem.spread
        return -calibrate.cost(bounded, found.weight, distance) / 2

    return log_posterior


def sampler_package() -> Any:
    """The package emcee. Raises MissingPackageError that says what to install."""
    try:
        import emcee
    except ImportError:
        raise MissingPackageError("calibration needs emcee: pip install 'hpgaxis[calibration]'") from None
    return emcee


def chains(found: Calibration, seed: int, on_step: Callable[[int, int], None] = lambda done, of: None) -> Any:
    """A sampler that has run on the linear posterior."""
    emcee = sampler_package()
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
    on_progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Posterior:
    """`draws` weighted sets of numbers; on_progress(what, done, all) is called along the way."""
    sampler = chains(found, seed, lambda done, of: on_progress("sampling", done, of))
    flat = sampler.get_chain(discard=BURN_IN, flat=True)
    chosen = np.random.Generator(np.random.Philox(key=[seed, 1])).choice(len(flat), draws, replace=False)
    points = np.asarray(flat[chosen], dtype=float)
    done = 0

    def another() -> None:
        nonlocal done
        done += 1
        on_progress("running the model", done, draws)

    with processes(workers) as spread:
        rows = Evaluator(found.problem, spread, checkpoint)(list(points), another)
    errors = np.array([[row.get(key, FAILED)[0] for key in found.keys] for row in rows])
    distance = (points - found.problem.prior) / found.problem.spread
    truly = -calibrate.cost(errors, found.weight, distance) / 2
    ratio = truly - linear_log_posterior(found)(points)
    weights = np.exp(ratio - ratio.max())
    weights = truncated(weights / weights.sum())
    lag = float(np.max(sampler.get_autocorr_time(tol=0)))
    return Posterior(found.problem.names, points, weights, float(sampler.acceptance_fraction.mean()), lag)


def truncated(weights: Array) -> Array:
    """Weights, summing to 1, cut at the highest level at which LEAST of the draws tell as much as equal ones.

    Cutting trades variance for a bias towards the linear posterior (Ionides 2008).
    """

    def cut(level: float) -> Array:
        lower = np.minimum(weights, level)
        return lower / lower.sum()

    low, high = float(weights[weights > 0].min()), float(weights.max())
    if 1 / (weights**2).sum() >= LEAST * len(weights):
        return weights
    for _ in range(60):
        level = (low + high) / 2
        enough = 1 / (cut(level) ** 2).sum() >= LEAST * len(weights)
        low, high = (level, high) if enough else (low, level)
    return cut(low)


def write(found: Posterior, seed: int) -> Path:
    """Put the sets into the package, with what made them."""
    path = Path(str(resources.files("hpgaxis.physiology").joinpath(FILE)))
    head = [
        "# Sets of the calibrated numbers, drawn from their posterior by `hpg calibrate`; weights are relative.",
        f"# data and code: {calibrate.data_digest()}; commit: {_commit(path.parent)}; seed: {seed}; "
        f"{len(found.points)} draws that tell as much as {found.effective_draws:.0f} of equal weight; "
        f"acceptance {found.acceptance:.2f}, autocorrelation {found.autocorrelation_steps:.0f} of {STEPS} steps",
        ",".join(["weight", *found.names]),
    ]
    rows = [
        ",".join(f"{value:.5g}" for value in (weight * len(found.points), *np.exp(point)))
        for weight, point in zip(found.weights, found.points, strict=True)
    ]
    write_whole(path, lambda p: p.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8"))
    return path


def _commit(folder: Path) -> str:
    """The commit of a working copy, with a + where it was changed; "none" outside one."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return said.stdout.strip()
