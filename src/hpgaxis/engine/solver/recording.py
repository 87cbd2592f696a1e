"""What is kept of each lane: values at output times, statistics, and how a man's way ended."""

from __future__ import annotations

import numpy as np

from ..codegen.emitter import LANES
from .abi import ADVANCE, BETWEEN, CLOSE, COMBINE, DONE, FIRST_ABOVE, IDLE, LAST, LEAST, MEAN, MEASURE, MOST
from .dosing_inputs import fill_inputs
from .numba_calls import bare, call
from .rodas5p import STAGES


@bare
def _accumulate(kind, level, begin, end, time, value, last_time, last_value, so_far, weight):
    """One more value of a statistic between `begin` and `end`: (so far, weight)."""
    if time < begin - CLOSE or time > end + CLOSE:
        return so_far, weight
    follows = last_time > -np.inf and last_time >= begin - CLOSE
    if kind == MEAN:
        if not follows:
            return so_far, weight
        width = time - last_time
        area = 0.5 * width * (value + last_value)
        return (area if weight == 0.0 else so_far + area), weight + width
    if kind == LAST:
        return value, 1.0
    if kind in (LEAST, MOST):
        better = value < so_far if kind == LEAST else value > so_far
        return (value, 1.0) if weight == 0.0 or better else (so_far, weight)
    reached = value >= level if kind == FIRST_ABOVE else value <= level
    if weight != 0.0 or not reached:
        return so_far, weight
    if follows and value != last_value:
        return last_time + (time - last_time) * (level - last_value) / (value - last_value), 1.0
    return time, 1.0


@bare
def record(lane, time, state, measured, lanes, wanted, found):
    """Keep what is wanted of one lane at one output time."""
    man, place = lanes.man[lane], lanes.place[lane]
    if found.states.shape[1] > 0:
        for row in range(state.shape[0]):
            found.states[man, place, row] = state[row, lane]
    if found.values.shape[1] > 0:
        for index in range(len(wanted.measures)):
            found.values[man, place, index] = measured[wanted.measures[index], lane]
    for s in range(len(wanted.kind)):
        value = measured[wanted.measures[wanted.measure[s]], lane]
        found.statistics[man, s], lanes.weight[s, lane] = _accumulate(
            wanted.kind[s], wanted.level[s], wanted.begin[s], wanted.end[s], time, value,
            lanes.last_time[lane], lanes.last_values[wanted.measure[s], lane],
            found.statistics[man, s], lanes.weight[s, lane],
        )  # fmt: skip
    for index in range(len(wanted.measures)):
        lanes.last_values[index, lane] = measured[wanted.measures[index], lane]
    lanes.last_time[lane] = time
    lanes.place[lane] += 1


@bare
def finish(lane, status, state, rate, lanes, men, wanted, found):
    """Write how a man's way ended, and free his lane."""
    man, n = lanes.man[lane], state.shape[0]
    found.status[man], found.failed_at[man] = status, lanes.t[lane]
    found.steps[man] += lanes.steps[lane]
    found.carry[man, 0] = lanes.h[lane]
    found.carry[man, 1], found.carry[man, 2] = lanes.next_pulse[lane], lanes.impulse[lane]
    found.carry[man, 3], found.carry[man, 4] = lanes.frequency[lane], lanes.draw[lane]
    fastest = 0.0
    for row in range(n):
        found.final[man, row] = state[row, lane]
        if status != DONE:
            pace = abs(rate[row, lane]) / (abs(state[row, lane]) + men.absolute[man, row])
            if not pace <= fastest:
                fastest, found.failed_state[man] = pace, row
    found.last_time[man] = lanes.last_time[lane]
    for index in range(len(wanted.measures)):
        found.last_values[man, index] = lanes.last_values[index, lane]
    for s in range(len(wanted.kind)):
        found.weight[man, s] = lanes.weight[s, lane]
    lanes.man[lane] = IDLE


@bare
def show(address, k, lanes, drugs, wanted, found, space):
    """Keep what is wanted at the output times inside the steps that were good."""
    path, trial, weights, u, none = space.path, space.trial, space.curve, space.inputs, space.none
    n, ones = trial.shape[0], space.shift
    while True:
        some = False
        for lane in range(LANES):
            lanes.shown[lane], lanes.moment[lane] = False, lanes.t[lane]
            if lanes.good[lane] and lanes.place[lane] < len(wanted.grid):
                time = wanted.grid[lanes.place[lane]]
                if time < lanes.t[lane] + lanes.step[lane] - CLOSE:
                    lanes.shown[lane], lanes.moment[lane], some = True, time, True
        if not some:
            return
        for lane in range(LANES):
            lanes.share[lane] = max((lanes.moment[lane] - lanes.t[lane]) / lanes.step[lane], 0.0)
            ones[0, lane] = 1.0
        call(address[BETWEEN], lanes.share, weights, none, none, none, none, 0)
        call(address[COMBINE + STAGES], path, k[n:], weights, space.right, none, none, 0)
        call(address[COMBINE + 2], space.right, path, weights[STAGES:], space.rates, none, none, 0)
        call(address[ADVANCE], trial, space.rates, ones, space.tolerance, none, none, 0)
        if len(wanted.measures) > 0:
            fill_inputs(address, lanes.moment, lanes, drugs, u, none)
            call(address[MEASURE], trial, space.constants, u, space.measured, none, none, 0)
        for lane in range(LANES):
            if lanes.shown[lane]:
                record(lane, lanes.moment[lane], trial, space.measured, lanes, wanted, found)
