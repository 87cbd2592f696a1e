"""One step of RODAS5P in all lanes, with the names of `rodas5p`: the stages, the new state and its error."""

from __future__ import annotations

from . import rodas5p
from .abi import COMBINE, ERROR, LINEARISE, RATES, SOLVE, STAGE_WEIGHTS
from .dosing_inputs import fill_input_rates, fill_inputs
from .numba_calls import call, part

STAGES, ALPHA, GAMMA_I, EXTENDS_PREVIOUS = rodas5p.STAGES, rodas5p.alpha, rodas5p.gamma_i, rodas5p.extends_previous


@part
def rosenbrock_step(address, lanes, modes, space):
    """Fill the stages k, the new state and the error of one step of each lane's size."""
    constants, u, unused = space.constants, space.inputs, space.unused
    y, new, f0, k, n = space.y, space.new, space.f0, space.k, space.y.shape[0]
    call(address[STAGE_WEIGHTS], lanes.step, lanes.t, space.shift, space.stage_weights, space.stage_times, unused, 0)
    fill_inputs(address, lanes.t, lanes, modes, u, unused)
    fill_input_rates(address, lanes, modes, space.input_rates, unused)
    call(address[LINEARISE], y, constants, u, space.input_rates, space.shift, space.linearisation, 0)
    argument, other = space.stage_state, new
    for stage in range(STAGES):
        f, terms, weights, count = f0, k, space.stage_weights[stage], stage + 1
        if stage > 0:
            if EXTENDS_PREVIOUS[stage]:
                call(address[COMBINE + 1], argument, k[n * stage :], space.one, other, unused, unused, 0)
                argument, other = other, argument
            else:
                call(address[COMBINE + stage], y, k[n:], space.a[stage], argument, unused, unused, 0)
            if ALPHA[stage] != ALPHA[stage - 1]:
                fill_inputs(address, space.stage_times[stage], lanes, modes, u, unused)
            f = space.stage_rates
            call(address[RATES], argument, constants, u, f, unused, unused, 0)
        if GAMMA_I[stage] == 0.0:  # without the term of df/dt
            terms, weights, count = k[n:], weights[1:], stage
        call(address[COMBINE + count], f, terms, weights, space.right_side, unused, unused, 0)
        k_i = k[n * (stage + 1) : n * (stage + 2)]
        call(address[SOLVE], space.linearisation, space.right_side, k_i, unused, unused, unused, 0)
    k_last = k[n * STAGES :]
    call(address[COMBINE + 1], argument, k_last, space.one, other, unused, unused, 0)
    call(address[ERROR], y, new, k_last, space.tolerance, space.error, unused, 0)
