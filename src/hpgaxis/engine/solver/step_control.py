"""Step-size control of each lane: the next step, its acceptance, and the limits at which a subject has failed."""

from __future__ import annotations

import numpy as np

from ..codegen.emitter import LANES
from .abi import CLOSE, DONE, DOSE, IMPULSE, NOT_FINITE, TOO_MANY_STEPS, UNDERFLOW
from .numba_calls import part
from .recording import finish

DEEPEST = 100.0
"""A step may leave a state this many absolute tolerances below 0, where it becomes 0; deeper steps are rejected."""
SAFETY, SMALLEST_FACTOR, LARGEST_FACTOR = 0.9, 0.2, 6.0
"""Safety factor, and the bounds of the ratio of one step size to the one before."""
SHORTEST_STEP = 1e-11
"""As a fraction of the time; in days where the time is below 1 day."""
MOST_STEPS, MOST_STEPS_PER_DAY = 100_000, 50_000.0


@part
def choose_steps(lanes, subjects, dosing):
    """Set each lane's step to the size that its error allows, cut so that a step ends at the next event."""
    for lane in range(LANES):
        subject = lanes.subject[lane]
        if subject < 0:
            lanes.step[lane] = 1e-3
            continue
        stop = subjects.end[subject]
        if lanes.event[lane] < dosing.first_event[dosing.table_of[subject] + 1]:
            stop = min(stop, dosing.times[lanes.event[lane]])
        if abs(lanes.next_pulse[lane] - stop) < CLOSE:
            lanes.next_pulse[lane] = stop
        stop = min(stop, lanes.next_pulse[lane])
        lanes.stop[lane] = stop
        left, step = stop - lanes.t[lane], min(lanes.h[lane], subjects.longest_step)
        if step >= 0.999 * left:
            step = left
        elif step > 0.5 * left:  # two steps of one size are cheaper than a long and a short one
            step = 0.5 * left
        lanes.step[lane] = step


@part
def accept_or_reject(lanes, errors):
    """Accept each lane's step or not, and set the step size to try next, from the rows of `error` (codegen/loops)."""
    for lane in range(LANES):
        lanes.accepted[lane] = False
        if lanes.subject[lane] < 0:
            continue
        lanes.steps[lane] += 1
        error, growth, depth, step = errors[0, lane], errors[1, lane], errors[2, lane], lanes.step[lane]
        if not (error <= 1.0 and depth <= DEEPEST):  # also rejects NaN
            factor = SMALLEST_FACTOR
            if error > 1.0:
                factor = max(SMALLEST_FACTOR, SAFETY * growth)
            elif error <= 1.0:
                factor = 0.5
            lanes.h[lane], lanes.rejected[lane] = step * factor, True
            continue
        lanes.accepted[lane] = True
        factor = min(LARGEST_FACTOR, SAFETY * growth)
        if lanes.last_event[lane] == DOSE:
            lanes.h_after_dose[lane] = step * factor
        elif lanes.last_event[lane] == IMPULSE:
            lanes.h_after_pulse[lane] = step * factor
        if lanes.rejected[lane]:
            factor = min(factor, 1.0)
        lanes.rejected[lane] = False
        lanes.last_event[lane] = 0
        if factor < 1.0 or step * factor > lanes.h[lane]:  # a step cut at an event does not shorten the next one
            lanes.h[lane] = step * factor


@part
def stop_failures(lanes, subjects, save, solution, space):
    """End the subjects whose step became too small or who took too many steps; return their number."""
    failures = 0
    for lane in range(LANES):
        subject = lanes.subject[lane]
        if subject < 0:
            continue
        status = DONE
        if lanes.rejected[lane] and lanes.h[lane] < SHORTEST_STEP * max(1.0, abs(lanes.t[lane])):
            status = NOT_FINITE if np.isnan(space.error[0, lane]) else UNDERFLOW
        elif lanes.steps[lane] > MOST_STEPS + MOST_STEPS_PER_DAY * (subjects.end[subject] - subjects.begin[subject]):
            status = TOO_MANY_STEPS
        if status != DONE:
            finish(lane, status, lanes, subjects, save, solution, space)
            failures += 1
    return failures
