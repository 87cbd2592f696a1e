"""Steady states of many subjects by damped Newton iteration in the logarithms of the states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import HpgaxisError
from .codegen.compile import Kernel
from .codegen.emitter import LANES
from .solver.arrays import rows_of

Array = NDArray[np.float64]
SHIFT = 1e-10
"""Per day, added to the diagonal of -J: far slower than any state."""

FURTHEST = 1.0
"""Longest step of the logarithm of a state. Each state is limited alone: one that a step would empty does not hold up
the others."""


class SteadyStateError(HpgaxisError, RuntimeError):
    """Newton's iteration did not converge; the message names the state with the largest step."""


def steady_states(
    kernel: Kernel,
    guess: Array,
    parameters: Array,
    inputs: Array,
    *,
    held: tuple[int, ...] = (),
    tolerance: float = 1e-8,
    iterations: int = 200,
) -> tuple[Array, NDArray[np.int64]]:
    """Return states (subjects, n) at which all rates vanish but those of the `held` states, which keep their values.

    guess: positive states (subjects, n); parameters: (subjects, parameters); inputs: (inputs,). The second array
    returned has, for each subject, -1 or the state that did not converge.
    """
    y, worst = np.array(guess, dtype=float), np.full(len(guess), -1)
    table = np.asarray(parameters, dtype=float)
    for group in kernel.lane_groups(table):
        for block in np.split(group, range(LANES, len(group), LANES)):
            in_lanes = block[np.minimum(np.arange(LANES), len(block) - 1)]  # padding repeats the last subject
            state, moves = _rest(kernel, y[in_lanes].T, table[in_lanes].T, inputs, held, tolerance, iterations)
            y[block], worst[block] = state.T[: len(block)], moves[: len(block)]
    return y, worst


def _rest(
    kernel: Kernel, guess: Array, parameters: Array, inputs: Array, held: tuple[int, ...], tolerance: float, most: int
) -> tuple[Array, NDArray[np.int64]]:
    """Steady states (n, LANES) of one block of lanes, and -1 or the state with the largest step."""
    layout, n = kernel.layout, kernel.layout.states
    p, constants = rows_of(layout.parameters), rows_of(layout.constants + 1)
    state, u, speed, shift = rows_of(n), rows_of(layout.inputs), rows_of(layout.inputs), rows_of(1)
    work, step = rows_of(layout.entries + 2 * n), rows_of(n)
    p[:], state[:], u[:], shift[:] = parameters, guess, np.asarray(inputs)[:, None], SHIFT
    kernel.call("hoist", p, constants)
    linearise = kernel.bound("linearise", state, constants, u, speed, shift, work)
    solve = kernel.bound("solve", work, work[layout.entries :], step)
    responses, respond = responses_of(kernel, work, n, held)
    size, arrived, absent = step, np.zeros(LANES, dtype=bool), np.where(state == 0, 1.0, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(most):
            linearise()
            solve()
            respond()
            hold(step, responses, held)
            step /= state + absent
            size = np.abs(step)
            length = size.max(axis=0)
            moving = np.isfinite(length) & ~arrived
            if not moving.any():
                break
            state *= np.exp(np.where(moving, np.clip(step, -FURTHEST, FURTHEST), 0.0))
            arrived |= moving & (length < tolerance)
            if arrived.all():
                break
    return state, np.where(arrived, -1, np.argmax(np.where(np.isnan(size), np.inf, size), axis=0))


def responses_of(kernel: Kernel, work: Array, n: int, held: tuple[int, ...]) -> tuple[list[Array], Callable[[], None]]:
    """Return the responses (n, LANES) of a Newton step to the rates of the held states, and what works them out."""
    units, responses = [rows_of(n) for _ in held], [rows_of(n) for _ in held]
    solves = [kernel.bound("solve", work, *arrays) for arrays in zip(units, responses, strict=True)]

    def respond() -> None:
        for unit, index, solve in zip(units, held, solves, strict=True):  # units must outlive what is bound to them
            unit[index] = 1.0
            solve()

    return responses, respond


def hold(step: Array, responses: list[Array], held: tuple[int, ...]) -> None:
    """Change a Newton step so that the held states do not move, at the cost of their rates.

    responses: of the step to the rate of each held state; changed as well.
    """
    for number, (index, response) in enumerate(zip(held, responses, strict=True)):
        for earlier, other in zip(held[:number], responses, strict=False):
            response -= other * (response[earlier] / other[earlier])
        step -= response * (step[index] / response[index])
    for index in held:
        step[index] = 0.0


def steady_state(
    kernel: Kernel,
    guess: Array,
    parameters: Array,
    inputs: Array,
    *,
    held: tuple[int, ...] = (),
    names: tuple[str, ...] = (),
) -> Array:
    """Return the steady state (n,) of one subject. Raises SteadyStateError when the iteration does not converge."""
    y, worst = steady_states(kernel, guess[None, :], parameters[None, :], inputs, held=held)
    if worst[0] >= 0:
        name = names[worst[0]] if names else str(worst[0])
        raise SteadyStateError(f"no steady state found: {name} = {y[0, worst[0]]:.3g} does not come to rest")
    return y[0]
