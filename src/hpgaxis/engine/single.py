"""One man alone, from the same kernel as a batch: states at times, or an error that says when and where it stopped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import HpgaxisError
from .batch import REASONS, Problem, PulseTrain, SaveAt, Tolerance, empty_solution, integrate
from .codegen.compile import Kernel
from .forcing import Forcing
from .solver.arrays import Solution

Array = NDArray[np.float64]


class IntegrationError(HpgaxisError, RuntimeError):
    """The solver could not go on; `day` says when, `state_name` which state changed fastest there."""

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
    """States (len(times), n) at `times` (days, ascending; the first is where `start` holds), and what continues them.

    scale (n,): sizes of the states, for the absolute tolerance. nonnegative: default all. Raises IntegrationError with
    the day and the state when the tolerance cannot be met.
    """
    tolerance = tolerance or Tolerance()
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
    found: Solution = empty_solution(1, len(start), SaveAt(times))
    if carry is not None:
        found.carry[:] = carry
    integrate(kernel, problem, SaveAt(times), tolerance.relative, found=found, threads=1)
    if found.status[0]:
        raise IntegrationError(found.failed_at[0], names[found.failed_state[0]], REASONS[int(found.status[0])])
    return found.states[0], found.carry
