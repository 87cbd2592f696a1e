"""Dense output: the state at output times inside a step, by the interpolation of `rodas5p`."""

from __future__ import annotations

from ..codegen.emitter import LANES
from .abi import ADVANCE, CLOSE, COMBINE, DENSE_WEIGHTS, MEASURE
from .dosing_inputs import fill_inputs
from .numba_calls import call, part
from .recording import save_output
from .rodas5p import STAGES


@part
def save_inside_steps(address, lanes, modes, save, solution, space):
    """Save what is asked for at the output times before the end of the accepted steps, one of each lane at a time."""
    state, weights, unused, n = space.stage_state, space.dense_weights, space.unused, space.y.shape[0]
    while True:
        any_due = False
        for lane in range(LANES):
            lanes.output_due[lane], lanes.output_time[lane] = False, lanes.t[lane]
            if lanes.accepted[lane] and lanes.output[lane] < len(save.times):
                time = save.times[lanes.output[lane]]
                if time < lanes.t[lane] + lanes.step[lane] - CLOSE:
                    lanes.output_due[lane], lanes.output_time[lane], any_due = True, time, True
        if not any_due:
            return
        for lane in range(LANES):
            lanes.fraction[lane] = max((lanes.output_time[lane] - lanes.t[lane]) / lanes.step[lane], 0.0)
        call(address[DENSE_WEIGHTS], lanes.fraction, weights, unused, unused, unused, unused, 0)
        call(address[COMBINE + STAGES], space.states, space.k[n:], weights, space.right_side, unused, unused, 0)
        interpolated = space.stage_rates
        call(address[COMBINE + 2], space.right_side, space.states, weights[STAGES:], interpolated, unused, unused, 0)
        call(address[ADVANCE], state, interpolated, space.one, space.tolerance, unused, unused, 0)
        if len(save.measures) > 0:
            fill_inputs(address, lanes.output_time, lanes, modes, space.inputs, unused)
            call(address[MEASURE], state, space.constants, space.inputs, space.measurements, unused, unused, 0)
        for lane in range(LANES):
            if lanes.output_due[lane]:
                save_output(lane, lanes.output_time[lane], state, space.measurements, lanes, save, solution)
