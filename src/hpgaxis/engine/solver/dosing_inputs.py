"""Input channels of each lane over time: sums of exponential modes between doses, and the daily cosine."""

from __future__ import annotations

from ..codegen.emitter import LANES
from .abi import ADD_MODES, CLOCK, CLOSE, DECAY
from .numba_calls import bare, call, part


@bare
def fill_inputs(address, times, lanes, modes, u, unused):
    """Fill the input channels u of each lane at `times`."""
    pairs, used = modes.counts[0], modes.counts[1]
    call(address[DECAY], modes.amount, modes.rate, times, lanes.segment_begin, modes.value, modes.derivative, used)
    u[:] = 0.0
    call(address[ADD_MODES], modes.weight, modes.value, modes.mode, modes.channel, u, unused, pairs)
    channel = lanes.clock_channel[0]
    if channel >= 0:
        call(address[CLOCK], lanes.clock[0], times, lanes.clock[1], u[channel], unused, unused, 0)


@part
def fill_input_rates(address, lanes, modes, rates, unused):
    """Fill the change of the input channels per day at each lane's time, for which `fill_inputs` was called last."""
    channel = lanes.clock_channel[0]
    rates[:] = 0.0
    call(address[ADD_MODES], modes.weight, modes.derivative, modes.mode, modes.channel, rates, unused, modes.counts[0])
    if channel >= 0:  # the sine is the cosine a quarter of a day later
        call(address[CLOCK], lanes.clock[3], lanes.t, lanes.clock[2], rates[channel], unused, unused, 0)


@bare
def take_doses(lane, table, lanes, dosing, modes):
    """Set the modes of a lane to their amounts after the last dose up to its time."""
    while lanes.event[lane] < dosing.first_event[table + 1]:
        row = lanes.event[lane]
        if not dosing.times[row] <= lanes.t[lane] + CLOSE:
            return
        lanes.segment_begin[lane] = dosing.times[row]
        for mode in range(dosing.decay.shape[1]):
            modes.amount[mode, lane] = dosing.amounts[row, mode]
        lanes.event[lane] += 1


@part
def collect_weights(lanes, dosing, modes):
    """List the pairs of mode and channel that have a weight in any lane, ordered by mode and channel."""
    pairs, used = 0, 0
    for mode in range(dosing.weights.shape[1]):
        for channel in range(dosing.weights.shape[2]):
            any_weight = False
            for lane in range(LANES):
                weight = 0.0
                if lanes.subject[lane] >= 0:
                    weight = dosing.weights[dosing.table_of[lanes.subject[lane]], mode, channel]
                modes.weight[pairs, lane] = weight
                any_weight = any_weight or weight != 0.0
            if any_weight:
                modes.mode[pairs], modes.channel[pairs] = mode, channel
                pairs += 1
                used = mode + 1
    modes.counts[0], modes.counts[1] = pairs, used
