"""The states of one subject over time, from the same kernel as a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpgaxis.engine.batch import REASONS, Problem, PulseTrain, SaveAt, Tolerance, empty_solution, integrate
from hpgaxis.engine.codegen.compile import Kernel
from hpgaxis.engine.forcing import Forcing

Array = NDArray[np.float64]


class IntegrationError(RuntimeError):
    """The solver could not go on from `day`, where the state `state_name` changed fastest."""

    def __init__(self, day: float, state_name: str, reason: str):
        self.day, self.state_name = day, state_name
        super().__init__(f"the solver stopped at day {day:.4g}, where {state_name} changes fastest: {reason}")


def integrate_one(
    kernel: Kernel,
    start: Array,
    parameters: Array,
    forcing: Forcing,
    times: Array,
    *,
    scale: Array,
    names: tuple[str, ...],
    tolerance: Tolerance | None = None,
    nonnegative: NDArray[np.bool_] | None = None,
    pulses: PulseTrain | None = None,
    carry: Array | None = None,
) -> tuple[Array, Array]:
    """Return the states (len(times), n) at `times` (days, ascending, from that of `start`) and the solution's `carry`.

    scale (n,): sizes of the states, for the absolute tolerance. nonnegative: default all. Raises IntegrationError with
    the day and the state when the tolerance cannot be met.
    """
    tolerance, save_at = tolerance or Tolerance(), SaveAt(times)
    problem = Problem(
        start=start[None, :],
        parameters=parameters[None, :],
        absolute=tolerance.absolute * scale[None, :],
        begin=times[:1],
        end=times[-1:],
        forcings=(forcing,),
        forcing_of=np.zeros(1, dtype=np.int64),
        nonnegative=np.ones(len(start), dtype=bool) if nonnegative is None else nonnegative,
        pulses=pulses,
    )
    solution = empty_solution(1, len(start), save_at)
    if carry is not None:
        solution.carry[:] = carry
    integrate(kernel, problem, save_at, tolerance.relative, solution=solution, threads=1)
    if solution.status[0]:
        state, reason = names[solution.failed_state[0]], REASONS[int(solution.status[0])]
        raise IntegrationError(solution.failed_at[0], state, reason)
    return solution.states[0], solution.carry
