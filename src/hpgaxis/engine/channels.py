"""Input channels of each lane over time: sums of exponentials between doses, and the daily clock."""

from __future__ import annotations

import numpy as np

from .calling import bare, call
from .codegen import LANES
from .places import CLOSE, DECAY


@bare
def fill_inputs(address, times, lanes, drugs, u, none):
    """Input channels of each lane at `times`."""
    for lane in range(LANES):
        drugs.elapsed[0, lane] = times[lane] - lanes.since[lane]
    call(address[DECAY], drugs.amount, drugs.rate, drugs.elapsed, drugs.value, none, none, drugs.count[1])
    u[:] = 0.0
    for pair in range(drugs.count[0]):
        channel, mode = drugs.channel[pair], drugs.mode[pair]
        for lane in range(LANES):
            u[channel, lane] += drugs.weight[pair, lane] * drugs.value[mode, lane]
    for lane in range(LANES):
        if lanes.clock[lane, 0] != 0.0:
            phase = 2.0 * np.pi * (times[lane] - lanes.clock[lane, 1])
            u[int(lanes.clock[lane, 2]), lane] += lanes.clock[lane, 0] * np.cos(phase)


@bare
def fill_speeds(lanes, drugs, speed):
    """Change of the input channels per day, at the times of which the modes' values were just worked out."""
    speed[:] = 0.0
    for pair in range(drugs.count[0]):
        channel, mode = drugs.channel[pair], drugs.mode[pair]
        for lane in range(LANES):
            speed[channel, lane] -= drugs.weight[pair, lane] * drugs.value[mode, lane] * drugs.rate[mode, lane]
    for lane in range(LANES):
        if lanes.clock[lane, 0] != 0.0:
            phase = 2.0 * np.pi * (lanes.t[lane] - lanes.clock[lane, 1])
            speed[int(lanes.clock[lane, 2]), lane] -= 2.0 * np.pi * lanes.clock[lane, 0] * np.sin(phase)


@bare
def advance_knots(lane, table, lanes, given, drugs):
    """Take in the doses up to the lane's time."""
    modes = given.decay.shape[1]
    while lanes.knot[lane] < given.first_knot[table + 1] and given.knots[lanes.knot[lane]] <= lanes.t[lane] + CLOSE:
        row = lanes.knot[lane]
        lanes.since[lane] = given.knots[row]
        for mode in range(modes):
            drugs.amount[mode, lane] = given.amounts[row, mode]
        lanes.knot[lane] += 1


@bare
def gather_pairs(lanes, given, drugs):
    """The pairs of mode and channel that carry weight in any lane, in the order of modes and channels."""
    _, modes, channels = given.weights.shape
    pairs, used = 0, 0
    for mode in range(modes):
        for channel in range(channels):
            carries = False
            for lane in range(LANES):
                heavy = 0.0
                if lanes.man[lane] >= 0:
                    heavy = given.weights[given.of_man[lanes.man[lane]], mode, channel]
                drugs.weight[pairs, lane] = heavy
                carries = carries or heavy != 0.0
            if carries:
                drugs.mode[pairs], drugs.channel[pairs] = mode, channel
                pairs += 1
                used = mode + 1
    drugs.count[0], drugs.count[1] = pairs, used
