"""What is saved of each lane: states, measurements and statistics at output times, and the end of a subject."""

from __future__ import annotations

import numpy as np

from .abi import CLOSE, DONE, FIRST_ABOVE, IDLE, LAST, MAXIMUM, MEAN, MINIMUM
from .numba_calls import bare, part


@part
def _accumulate(save, statistic, time, value, last_time, last_value, so_far, weight):
    """Add the value of a measurement at an output time to a statistic; return (statistic, weight)."""
    kind, begin = save.kind[statistic], save.begin[statistic]
    if time < begin - CLOSE or time > save.end[statistic] + CLOSE:
        return so_far, weight
    has_previous = last_time > -np.inf and last_time >= begin - CLOSE
    if kind == MEAN:
        if not has_previous:
            return so_far, weight
        width = time - last_time
        area = 0.5 * width * (value + last_value)
        return (area if weight == 0.0 else so_far + area), weight + width
    if kind == LAST:
        return value, 1.0
    if kind in (MINIMUM, MAXIMUM):
        better = value < so_far if kind == MINIMUM else value > so_far
        return (value, 1.0) if weight == 0.0 or better else (so_far, weight)
    level = save.level[statistic]
    reached = value >= level if kind == FIRST_ABOVE else value <= level
    if weight != 0.0 or not reached:
        return so_far, weight
    if has_previous and value != last_value:
        return last_time + (time - last_time) * (level - last_value) / (value - last_value), 1.0
    return time, 1.0


@bare
def save_output(lane, time, state, measurements, lanes, save, solution):
    """Save what is asked for of one lane at one output time, from its state and measurements."""
    subject, output = lanes.subject[lane], lanes.output[lane]
    if solution.states.shape[1] > 0:
        for row in range(state.shape[0]):
            solution.states[subject, output, row] = state[row, lane]
    if solution.values.shape[1] > 0:
        for index in range(len(save.measures)):
            solution.values[subject, output, index] = measurements[save.measures[index], lane]
    for s in range(len(save.kind)):
        value = measurements[save.measures[save.measure[s]], lane]
        last_value, so_far = lanes.last_values[save.measure[s], lane], solution.statistics[subject, s]
        solution.statistics[subject, s], lanes.weight[s, lane] = _accumulate(
            save, s, time, value, lanes.last_time[lane], last_value, so_far, lanes.weight[s, lane]
        )
    for index in range(len(save.measures)):
        lanes.last_values[index, lane] = measurements[save.measures[index], lane]
    lanes.last_time[lane] = time
    lanes.output[lane] += 1


@bare
def finish(lane, status, lanes, subjects, save, solution, space):
    """Store the final state and status of a lane's subject, and free the lane."""
    subject, y, rates = lanes.subject[lane], space.y, space.f0
    solution.status[subject], solution.failed_at[subject] = status, lanes.t[lane]
    solution.steps[subject] += lanes.steps[lane]
    carry = solution.carry[subject]
    carry[0], carry[1], carry[2] = lanes.h[lane], lanes.next_pulse[lane], lanes.pulse_size[lane]
    carry[3], carry[4] = lanes.pulse_frequency[lane], lanes.draw[lane]
    fastest = 0.0
    for row in range(y.shape[0]):
        solution.final[subject, row] = y[row, lane]
        if status != DONE:
            pace = abs(rates[row, lane]) / (abs(y[row, lane]) + subjects.absolute[subject, row])
            if not pace <= fastest:  # NaN is the fastest
                fastest, solution.failed_state[subject] = pace, row
    solution.last_time[subject] = lanes.last_time[lane]
    for index in range(len(save.measures)):
        solution.last_values[subject, index] = lanes.last_values[index, lane]
    for s in range(len(save.kind)):
        solution.weight[subject, s] = lanes.weight[s, lane]
    lanes.subject[lane] = IDLE
