"""Integrates one man's equations with SUNDIALS CVODE (variable-order BDF) on the compiled rates and Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .forcing import CLOSE, Forcing

Array = NDArray[np.float64]
SLACK = 100.0
"""Interpolation may go this many absolute tolerances below 0; beyond is a failure."""
Renewal = Callable[[float, Array], tuple[float, Array]]


class IntegrationError(RuntimeError):
    """The solver could not go on; `day` says when, `state_name` which state changed fastest there."""

    def __init__(self, day: float, state_name: str, reason: str):
        self.day, self.state_name = day, state_name
        super().__init__(f"the solver stopped at day {day:.4g}, where {state_name} changes fastest: {reason}")


@dataclass(frozen=True)
class Tolerance:
    """Relative error per step, and the absolute error as a share of each state's scale."""

    relative: float = 1e-5
    absolute: float = 1e-9


def integrate(
    equations: ModuleType,
    start: Array,
    parameters: Array,
    forcing: Forcing,
    times: Array,
    *,
    scale: Array,
    names: tuple[str, ...],
    tolerance: Tolerance | None = None,
    renewal: Renewal | None = None,
    max_step_days: float = 5.0,
    nonnegative: bool = True,
) -> Array:
    """States (len(times), n) at `times` (days, ascending; the first is where `start` holds).

    renewal(t, y) gives the time of the next impulse and what it adds to the states; without it nothing is added.
    nonnegative: amounts that cannot be below 0; steps that would take them there are refused, and what interpolation
    leaves below 0 within the absolute tolerance is 0.
    Raises IntegrationError with the day and the state when the tolerance cannot be met.
    """
    from sksundae.cvode import CVODE

    tolerance = tolerance or Tolerance()
    channels = np.zeros(forcing.weights.shape[1])
    data = (parameters, forcing.knots, forcing.amounts, forcing.decay, forcing.weights, forcing.clock, channels)
    rates_at, jacobian_at = equations.rates_at, equations.jacobian_at

    def rhs(t: float, y: Array, yp: Array) -> None:
        rates_at(t, y, *data, yp)

    def jac(t: float, y: Array, yp: Array, out: Array) -> None:
        jacobian_at(t, y, *data, out)

    constraints: dict[str, Any] = {}
    if nonnegative:
        constraints = {"constraints_idx": np.arange(len(start)), "constraints_type": np.ones(len(start), dtype=int)}
    solver = CVODE(
        rhs,
        jacfn=jac,
        rtol=tolerance.relative,
        atol=tolerance.absolute * scale,
        max_step=max_step_days,
        max_num_steps=100_000,
        linsolver="dense",
        **constraints,
    )
    first, last = float(times[0]), float(times[-1])
    breaks = forcing.restarts[(forcing.restarts > first + CLOSE) & (forcing.restarts < last - CLOSE)]
    nearest = np.minimum(np.searchsorted(times, breaks - CLOSE), len(times) - 1)
    breaks = np.where(np.abs(times[nearest] - breaks) < CLOSE, times[nearest], breaks)
    states = np.empty((len(times), len(start)))
    states[0] = start
    y, now, filled = np.array(start, dtype=float), first, 1
    next_pulse, impulse = renewal(now, y) if renewal else (np.inf, np.zeros_like(y))
    position = 0
    while now < last:
        planned = breaks[position] if position < len(breaks) else last
        if abs(next_pulse - planned) < CLOSE:
            next_pulse = planned
        target = min(planned, next_pulse, last)
        end = int(np.searchsorted(times, target, side="right"))
        grid = times[filled:end]
        if len(grid) == 0 or grid[-1] < target:
            grid = np.append(grid, target)
        if target > now:
            # two times would ask the solver for its own steps: a third one between asks for these times
            between = [0.5 * (now + grid[0])] if len(grid) == 1 else []
            solution = solver.solve(np.concatenate([[now], between, grid]), y)
            if not solution.success or not np.all(np.isfinite(solution.y)):
                raise _failure(rates_at, data, solution, now, y, scale, names)
            reached = solution.y[1 + len(between) :]
            if nonnegative:
                if np.any(reached < -SLACK * tolerance.absolute * scale):
                    raise _failure(rates_at, data, solution, now, y, scale, names)
                reached = np.maximum(reached, 0.0)
            states[filled:end] = reached[: end - filled]
            y = np.array(reached[-1])
        filled, now = end, target
        if now == planned:
            position += 1
        if now == next_pulse and renewal:
            y = y + impulse
            next_pulse, impulse = renewal(now, y)
    return states


def _failure(rates_at, data, solution, now, y, scale, names) -> IntegrationError:
    out = np.zeros_like(y)
    day, state = now, np.ascontiguousarray(y)
    if len(solution.t) and np.all(np.isfinite(solution.y[-1])):
        day, state = float(solution.t[-1]), np.ascontiguousarray(solution.y[-1])
    rates_at(day, state, *data, out)
    speed = np.abs(np.nan_to_num(out, nan=np.inf)) / np.maximum(np.abs(state), scale)
    return IntegrationError(day, names[int(np.argmax(speed))], str(solution.message))
