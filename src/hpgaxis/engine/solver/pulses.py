"""Pulses that are added to a state at intervals that follow from the states."""

from __future__ import annotations

import numpy as np

from ..codegen.emitter import LANES
from .abi import OUT_OF_DRAWS, PULSE
from .dosing_inputs import fill_inputs
from .numba_calls import call, part
from .recording import finish


@part
def add_pulses(address, lanes, modes, pulses, subjects, save, solution, space):
    """Add the pulses that are due, and set time and size of the next ones; return how many subjects ran out of draws.

    The interval follows from the frequency expected at its middle, extrapolated from the last interval, so that a
    frequency that changes between pulses gives as many pulses as its integral.
    """
    any_due, failures = False, 0
    for lane in range(LANES):
        if lanes.pulse_due[lane]:
            any_due = True
            if lanes.pulse_frequency[lane] > 0.0:  # the first call only finds out when the first pulse comes
                space.y[pulses.state, lane] += lanes.pulse_size[lane]
    if not any_due:
        return failures
    fill_inputs(address, lanes.t, lanes, modes, space.inputs, space.unused)
    call(address[PULSE], space.y, space.constants, space.inputs, space.pulse, space.unused, space.unused, 0)
    for lane in range(LANES):
        if not lanes.pulse_due[lane]:
            continue
        lanes.pulse_due[lane] = False
        varied = pulses.draws.shape[0] > 0
        if varied and lanes.draw[lane] >= pulses.draws.shape[1]:
            finish(lane, OUT_OF_DRAWS, lanes, subjects, save, solution, space)
            failures += 1
            continue
        now, before = space.pulse[0, lane], lanes.pulse_frequency[lane]
        expected = now * np.sqrt(now / before) if before > 0.0 else now
        factor = pulses.draws[lanes.subject[lane], lanes.draw[lane]] if varied else 1.0
        lanes.next_pulse[lane] = lanes.t[lane] + factor / expected
        lanes.pulse_size[lane], lanes.pulse_frequency[lane] = space.pulse[1, lane], now
        lanes.draw[lane] += 1
    return failures
