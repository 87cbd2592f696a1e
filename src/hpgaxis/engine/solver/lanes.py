"""Integrates LANES subjects side by side in SIMD lanes; each lane has its own time and step size.

A lane whose subject is done takes the next one from the queue. Compiled by numba; calls the functions of the equations
by their addresses. Nothing of one lane enters another, so that a subject's numbers are equal to the bit whatever else
is in the batch. The functions that run in every step take the parts of `Work` that they use and not all of it, because
each array that is passed costs time to run and to compile.
"""

from __future__ import annotations

import numpy as np

from ..codegen.emitter import LANES
from .abi import ADVANCE, CLOSE, DONE, DOSE, HOIST, IDLE, IMPULSE, MEASURE, NEVER
from .dense_output import save_inside_steps
from .dosing_inputs import collect_weights, fill_inputs, take_doses
from .numba_calls import bare, call, part, take
from .pulses import add_pulses
from .recording import finish, save_output
from .rosenbrock_step import rosenbrock_step
from .step_control import accept_or_reject, choose_steps, stop_failures


@bare
def integrate_lanes(work):
    """Integrate the subjects in the queue from begin to end and fill the solution; see `Work`.

    When another thread writes to `stop`, this ends before the next step with an incomplete solution.
    """
    address, subjects, dosing, save, solution = work.address, work.subjects, work.dosing, work.save, work.solution
    lanes, modes, space = work.lanes, work.modes, work.workspace
    active = 0
    while True:
        active += _fill_lanes(work)
        if active == 0 or work.stop[0] != 0:
            return
        if work.pulses.present:
            active -= add_pulses(address, lanes, modes, work.pulses, subjects, save, solution, space)
        choose_steps(lanes, subjects, dosing)
        rosenbrock_step(address, lanes, modes, space)
        accept_or_reject(lanes, space.error)
        if len(save.times) > 0:
            save_inside_steps(address, lanes, modes, save, solution, space)
        active -= _advance(address, lanes, modes, subjects, dosing, save, solution, space)
        active -= stop_failures(lanes, subjects, save, solution, space)


@part
def _fill_lanes(work):
    """Load the next subjects of the queue into the free lanes; return their number."""
    lanes, queue, space, loaded = work.lanes, work.queue, work.workspace, 0
    for lane in range(LANES):
        if lanes.subject[lane] >= 0:
            continue
        position = take(work.taken) if work.taken[0] < len(queue) else len(queue)
        active = position < len(queue)
        if active or lanes.subject[lane] == NEVER:
            _load(work, lane, queue[position] if active else queue[0], active)
            loaded += active
    if loaded:
        unused = space.unused
        call(work.address[HOIST], space.parameters, space.constants, unused, unused, unused, unused, 0)
        collect_weights(lanes, work.dosing, work.modes)
    return loaded


@part
def _load(work, lane, subject, active):
    """Load a subject into a lane. active = False: the lane is padding and its result is ignored."""
    subjects, solution, pulses, save = work.subjects, work.solution, work.pulses, work.save
    lanes, space, n = work.lanes, work.workspace, work.workspace.y.shape[0]
    lanes.subject[lane] = subject if active else IDLE
    for row in range(space.parameters.shape[0]):
        space.parameters[row, lane] = subjects.parameters[subject, row]
    for row in range(n):
        space.y[row, lane] = subjects.start[subject, row]
        space.tolerance[row, lane] = subjects.absolute[subject, row]
        space.tolerance[n + row, lane] = subjects.nonnegative[row] / subjects.absolute[subject, row]
    space.tolerance[2 * n, lane] = subjects.relative
    begin, carry = subjects.begin[subject], solution.carry[subject]
    lanes.t[lane], lanes.h[lane] = begin, carry[0]
    lanes.next_pulse[lane], lanes.pulse_size[lane] = carry[1], carry[2]
    lanes.pulse_frequency[lane], lanes.draw[lane] = carry[3], int(carry[4])
    first_call = lanes.next_pulse[lane] == np.inf
    due = first_call or not lanes.next_pulse[lane] > begin + CLOSE
    lanes.pulse_due[lane] = pulses.present and active and due
    lanes.h_after_dose[lane] = lanes.h_after_pulse[lane] = np.inf
    lanes.last_event[lane], lanes.rejected[lane], lanes.steps[lane] = 0, False, 0
    lanes.last_time[lane] = solution.last_time[subject]
    for index in range(len(save.measures)):
        lanes.last_values[index, lane] = solution.last_values[subject, index]
    for statistic in range(len(save.kind)):
        lanes.weight[statistic, lane] = solution.weight[subject, statistic]
    lanes.output[lane] = np.searchsorted(save.times, begin - CLOSE)
    _load_inputs(lane, subject, lanes, subjects, work.dosing, work.modes)


@part
def _load_inputs(lane, subject, lanes, subjects, dosing, modes):
    """Set the daily cosine, its derivative and the dosing modes of a lane to those at the subject's begin."""
    clock = subjects.clock[subject]
    amplitude, phase = clock[0], clock[1]
    lanes.clock[0, lane], lanes.clock[1, lane] = amplitude, phase
    lanes.clock[2, lane], lanes.clock[3, lane] = phase + 0.25, -2.0 * np.pi * amplitude
    if amplitude != 0.0:
        lanes.clock_channel[0] = int(clock[2])
    table = dosing.table_of[subject]
    for mode in range(dosing.decay.shape[1]):
        modes.rate[mode, lane], modes.amount[mode, lane] = dosing.decay[table, mode], 0.0
    lanes.event[lane], lanes.segment_begin[lane] = dosing.first_event[table], lanes.t[lane]
    take_doses(lane, table, lanes, dosing, modes)


@part
def _advance(address, lanes, modes, subjects, dosing, save, solution, space):
    """Move the lanes whose step is accepted and finish the subjects that reach their end; return their number."""
    unused, ended = space.unused, 0
    for lane in range(LANES):
        lanes.accept_mask[lane] = 1.0 if lanes.accepted[lane] else 0.0
    call(address[ADVANCE], space.y, space.new, lanes.accept_mask, space.tolerance, unused, unused, 0)
    for lane in range(LANES):
        lanes.at_end[lane] = False
        if lanes.accepted[lane] and lanes.step[lane] == lanes.stop[lane] - lanes.t[lane]:
            lanes.t[lane] = lanes.stop[lane]
            lanes.at_end[lane] = _note_events(lane, lanes, subjects, dosing, modes)
            ended += lanes.at_end[lane]
        elif lanes.accepted[lane]:
            lanes.t[lane] += lanes.step[lane]
    if ended == 0:
        return 0
    if len(save.measures) > 0:
        fill_inputs(address, lanes.t, lanes, modes, space.inputs, unused)
        call(address[MEASURE], space.y, space.constants, space.inputs, space.measurements, unused, unused, 0)
    for lane in range(LANES):
        if lanes.at_end[lane]:
            output = lanes.output[lane]
            if output < len(save.times) and save.times[output] <= lanes.t[lane] + CLOSE:
                save_output(lane, lanes.t[lane], space.y, space.measurements, lanes, save, solution)
            finish(lane, DONE, lanes, subjects, save, solution, space)
    return ended


@part
def _note_events(lane, lanes, subjects, dosing, modes):
    """Take the doses, and mark the pulse, at the time of a lane; return whether its subject is at the end."""
    subject = lanes.subject[lane]
    table, time, event = dosing.table_of[subject], lanes.t[lane], lanes.event[lane]
    if event < dosing.first_event[table + 1] and dosing.times[event] <= time + CLOSE:
        take_doses(lane, table, lanes, dosing, modes)
        lanes.last_event[lane] = DOSE
        lanes.h[lane] = min(lanes.h[lane], lanes.h_after_dose[lane])
    if lanes.next_pulse[lane] <= time + CLOSE:
        lanes.pulse_due[lane] = True
        lanes.last_event[lane] = IMPULSE
        lanes.h[lane] = min(lanes.h[lane], lanes.h_after_pulse[lane])
    at_end = time >= subjects.end[subject]
    if at_end:
        lanes.pulse_due[lane] = False
    return at_end
