"""Steady states by damped Newton iteration in the logarithms of the states."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class SteadyStateError(RuntimeError):
    """Newton's iteration did not converge; the message names the state that is furthest from rest."""


def steady_state(
    equations: ModuleType,
    guess: Array,
    parameters: Array,
    inputs: Array,
    *,
    held: tuple[int, ...] = (),
    names: tuple[str, ...] = (),
    tolerance: float = 1e-11,
    iterations: int = 200,
) -> Array:
    """States (n,) at which all rates but those of the `held` states vanish, from a positive `guess`.

    Raises SteadyStateError when the iteration does not converge.
    """
    y = np.array(guess, dtype=float)
    free = np.setdiff1d(np.arange(len(y)), held)
    rate, jacobian = np.zeros_like(y), np.zeros((len(y), len(y)))
    worst = 0
    for _ in range(iterations):
        equations.rates(y, parameters, inputs, rate)
        equations.jacobian(y, parameters, inputs, jacobian)
        system = jacobian[np.ix_(free, free)] * y[free]
        row_scale = 1.0 / np.maximum(np.abs(system).max(axis=1), 1e-300)
        step = np.linalg.solve(system * row_scale[:, None], -rate[free] * row_scale)
        worst = int(free[int(np.argmax(np.abs(step)))])
        length = float(np.abs(step).max())
        if not np.isfinite(length):
            break
        y[free] *= np.exp(step * min(1.0, 1.0 / max(length, 1e-300)))
        if length < tolerance:
            return y
    name = names[worst] if names else str(worst)
    raise SteadyStateError(f"no steady state found: {name} = {y[worst]:.3g} does not come to rest")
