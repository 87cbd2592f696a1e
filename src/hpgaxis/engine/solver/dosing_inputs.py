"""Input channels of each lane over time: sums of exponentials between doses, and the daily clock."""

from __future__ import annotations

from ..codegen.emitter import LANES
from .abi import CLOCK, CLOSE, DECAY, SPREAD
from .numba_calls import bare, call


@bare
def fill_inputs(address, times, lanes, drugs, u, none):
    """Input channels of each lane at `times`."""
    pairs, modes = drugs.used[0], drugs.used[1]
    call(address[DECAY], drugs.amount, drugs.rate, times, lanes.since, drugs.value, drugs.speed, modes)
    u[:] = 0.0
    call(address[SPREAD], drugs.weight, drugs.value, drugs.mode, drugs.channel, u, none, pairs)
    if lanes.clock_at[0] >= 0:
        call(address[CLOCK], lanes.clock[0], times, lanes.clock[1], u[lanes.clock_at[0]], none, none, 0)


@bare
def fill_speeds(address, lanes, drugs, speed, none):
    """Change of the input channels per day, at the times of which the modes' values were just worked out."""
    speed[:] = 0.0
    call(address[SPREAD], drugs.weight, drugs.speed, drugs.mode, drugs.channel, speed, none, drugs.used[0])
    if lanes.clock_at[0] >= 0:  # the sine is the cosine a quarter of a day later
        call(address[CLOCK], lanes.clock[3], lanes.t, lanes.clock[2], speed[lanes.clock_at[0]], none, none, 0)


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
    drugs.used[0], drugs.used[1] = pairs, used
