"""Marches men side by side, one a lane: each has his own time, step and error, and the next man takes a free lane.

Compiled by numba; knows the equations only as addresses of machine code. Nothing of one lane enters another, so that a
man's numbers are the same to the bit whatever else is in the batch. Times are in days.
"""

from __future__ import annotations

import numpy as np

from ..codegen.emitter import LANES
from . import rodas5p as rosenbrock
from .abi import (
    ADVANCE,
    CLOSE,
    COMBINE,
    DONE,
    DOSE,
    ERROR,
    HOIST,
    IDLE,
    IMPULSE,
    LINEARISE,
    MEASURE,
    NOT_FINITE,
    OUT_OF_DRAWS,
    PULSE,
    RATES,
    SHARES,
    SOLVE,
    TOO_MANY_STEPS,
    UNDERFLOW,
)
from .dosing_inputs import advance_knots, fill_inputs, fill_speeds, gather_pairs
from .numba_calls import bare, call, take
from .recording import finish, record, show

SLACK = 100.0
"""A step may leave a state this many absolute tolerances below 0, where it becomes 0; beyond, the step is refused."""
SAFETY, SHRINK, GROWTH = 0.9, 0.2, 6.0
SHORTEST_STEP = 1e-11
MOST_STEPS, MOST_STEPS_PER_DAY = 100_000, 50_000.0

ALPHA, D, FOLLOWS = rosenbrock.alpha, rosenbrock.d, rosenbrock.follows
STAGES = rosenbrock.STAGES


@bare
def _seat(lane, man, working, lanes, men, given, pulses, wanted, found, drugs, p, y, tolerance):
    """Put a man into a lane; `working` is False for one who only keeps its numbers finite."""
    n = y.shape[0]
    lanes.man[lane] = man if working else IDLE
    for row in range(p.shape[0]):
        p[row, lane] = men.parameters[man, row]
    for row in range(n):
        y[row, lane] = men.start[man, row]
        tolerance[row, lane] = men.absolute[man, row]
        tolerance[n + row, lane] = men.guard[row] / men.absolute[man, row]
    tolerance[2 * n, lane] = men.relative
    lanes.t[lane] = men.begin[man]
    lanes.h[lane] = found.carry[man, 0]
    lanes.clock[0, lane], lanes.clock[1, lane] = men.clock[man, 0], men.clock[man, 1]
    lanes.clock[2, lane], lanes.clock[3, lane] = men.clock[man, 1] + 0.25, -2.0 * np.pi * men.clock[man, 0]
    if men.clock[man, 0] != 0.0:
        lanes.clock_at[0] = int(men.clock[man, 2])
    lanes.next_pulse[lane], lanes.impulse[lane] = found.carry[man, 1], found.carry[man, 2]
    lanes.frequency[lane], lanes.draw[lane] = found.carry[man, 3], int(found.carry[man, 4])
    lanes.pulse_now[lane] = pulses.present and working and not lanes.next_pulse[lane] > lanes.t[lane] + CLOSE
    if pulses.present and working and lanes.next_pulse[lane] == np.inf:
        lanes.pulse_now[lane] = True
    lanes.after_dose[lane] = lanes.after_impulse[lane] = np.inf
    lanes.fresh[lane], lanes.refused[lane], lanes.steps[lane] = 0, False, 0
    lanes.last_time[lane] = found.last_time[man]
    for index in range(len(wanted.measures)):
        lanes.last_values[index, lane] = found.last_values[man, index]
    for statistic in range(len(wanted.kind)):
        lanes.weight[statistic, lane] = found.weight[man, statistic]
    lanes.place[lane] = np.searchsorted(wanted.grid, men.begin[man] - CLOSE)
    table = given.of_man[man]
    for mode in range(given.decay.shape[1]):
        drugs.rate[mode, lane], drugs.amount[mode, lane] = given.decay[table, mode], 0.0
    lanes.knot[lane], lanes.since[lane] = given.first_knot[table], men.begin[man]
    advance_knots(lane, table, lanes, given, drugs)


@bare
def _pulse(address, y, constants, u, renewal, lanes, drugs, pulses, men, wanted, found, rate, none):
    """Give the pulses that come now, and work out when the next one comes and how large it is.

    The interval follows from the frequency expected at its middle, extrapolated from the last interval, so that a
    frequency that changes between pulses gives as many pulses as its integral. Returns how many men ran out of draws.
    """
    coming, lost = False, 0
    for lane in range(LANES):
        if lanes.pulse_now[lane]:
            coming = True
            if lanes.frequency[lane] > 0.0:
                y[pulses.state, lane] += lanes.impulse[lane]
    if not coming:
        return lost
    fill_inputs(address, lanes.t, lanes, drugs, u, none)
    call(address[PULSE], y, constants, u, renewal, none, none, 0)
    for lane in range(LANES):
        if not lanes.pulse_now[lane]:
            continue
        lanes.pulse_now[lane] = False
        varied = pulses.draws.shape[0] > 0
        if varied and lanes.draw[lane] >= pulses.draws.shape[1]:
            finish(lane, OUT_OF_DRAWS, y, rate, lanes, men, wanted, found)
            lost += 1
            continue
        now, before = renewal[0, lane], lanes.frequency[lane]
        expected = now * np.sqrt(now / before) if before > 0.0 else now
        draw = pulses.draws[lanes.man[lane], lanes.draw[lane]] if varied else 1.0
        lanes.next_pulse[lane] = lanes.t[lane] + draw / expected
        lanes.impulse[lane], lanes.frequency[lane] = renewal[1, lane], now
        lanes.draw[lane] += 1
    return lost


@bare
def _choose_steps(lanes, men, given):
    """Each lane's step: what his error allows, cut so that it ends at his next event."""
    for lane in range(LANES):
        man = lanes.man[lane]
        if man < 0:
            lanes.step[lane] = 1e-3
            continue
        stop = men.end[man]
        if lanes.knot[lane] < given.first_knot[given.of_man[man] + 1]:
            stop = min(stop, given.knots[lanes.knot[lane]])
        if abs(lanes.next_pulse[lane] - stop) < CLOSE:
            lanes.next_pulse[lane] = stop
        stop = min(stop, lanes.next_pulse[lane])
        lanes.stop[lane] = stop
        left, step = stop - lanes.t[lane], min(lanes.h[lane], men.longest_step)
        if step >= 0.999 * left:
            step = left
        elif step > 0.5 * left:
            step = 0.5 * left
        lanes.step[lane] = step


@bare
def _judge(verdict, lanes):
    """Which steps are good, and the step to try next."""
    for lane in range(LANES):
        lanes.good[lane] = False
        if lanes.man[lane] < 0:
            continue
        lanes.steps[lane] += 1
        error, growth, below, step = verdict[0, lane], verdict[1, lane], verdict[2, lane], lanes.step[lane]
        if not (error <= 1.0 and below <= SLACK):  # not a number counts as refused
            factor = SHRINK
            if error > 1.0:
                factor = max(SHRINK, SAFETY * growth)
            elif error <= 1.0:
                factor = 0.5
            lanes.h[lane], lanes.refused[lane] = step * factor, True
            continue
        lanes.good[lane] = True
        factor = min(GROWTH, SAFETY * growth)
        if lanes.fresh[lane] == DOSE:
            lanes.after_dose[lane] = step * factor
        elif lanes.fresh[lane] == IMPULSE:
            lanes.after_impulse[lane] = step * factor
        if lanes.refused[lane]:
            factor = min(factor, 1.0)
        lanes.refused[lane] = False
        lanes.fresh[lane] = 0
        if factor < 1.0 or step * factor > lanes.h[lane]:  # a step cut short by an event does not shorten the next
            lanes.h[lane] = step * factor


@bare
def _accept(address, y, new, tolerance, lanes, men, given, drugs, none):
    """Move the lanes whose step was good; what happens at their new time is noted. True if a man is at his end."""
    for lane in range(LANES):
        lanes.moment[lane] = 1.0 if lanes.good[lane] else 0.0
    call(address[ADVANCE], y, new, lanes.moment, tolerance, none, none, 0)
    ended = False
    for lane in range(LANES):
        lanes.shown[lane] = False
        if not lanes.good[lane]:
            continue
        man = lanes.man[lane]
        if lanes.step[lane] != lanes.stop[lane] - lanes.t[lane]:
            lanes.t[lane] += lanes.step[lane]
            continue
        lanes.t[lane] = lanes.stop[lane]
        table = given.of_man[man]
        if lanes.knot[lane] < given.first_knot[table + 1] and given.knots[lanes.knot[lane]] <= lanes.t[lane] + CLOSE:
            advance_knots(lane, table, lanes, given, drugs)
            lanes.fresh[lane] = DOSE
            lanes.h[lane] = min(lanes.h[lane], lanes.after_dose[lane])
        if lanes.next_pulse[lane] <= lanes.t[lane] + CLOSE:
            lanes.pulse_now[lane] = True
            lanes.fresh[lane] = IMPULSE
            lanes.h[lane] = min(lanes.h[lane], lanes.after_impulse[lane])
        if lanes.t[lane] >= men.end[man]:
            lanes.shown[lane], lanes.pulse_now[lane], ended = True, False, True
    return ended


@bare
def _give_up(verdict, y, rates, lanes, men, wanted, found):
    """Let those go whose step has become too small or who took too many; returns how many."""
    gone = 0
    for lane in range(LANES):
        man = lanes.man[lane]
        if man < 0:
            continue
        status = DONE
        if lanes.refused[lane] and lanes.h[lane] < SHORTEST_STEP * max(1.0, abs(lanes.t[lane])):
            status = NOT_FINITE if np.isnan(verdict[0, lane]) else UNDERFLOW
        elif lanes.steps[lane] > MOST_STEPS + MOST_STEPS_PER_DAY * (men.end[man] - men.begin[man]):
            status = TOO_MANY_STEPS
        if status != DONE:
            finish(lane, status, y, rates, lanes, men, wanted, found)
            gone += 1
    return gone


@bare
def integrate_lanes(address, n_entries, queue, taken, stop, men, given, pulses, wanted, found, lanes, drugs, space):
    """Carry the men whose numbers are in `queue` from their begin to their end, and fill `found`.

    address (int64, one a function) and n_entries (of the factors) describe the machine code of the equations. Another
    thread ends the integration before its next step by writing to `stop`; what is found is then not whole.
    """
    n, none = men.start.shape[1], space.none
    constants, u, work, shares = space.constants, space.inputs, space.work, space.shares
    y, new = space.path[:n], space.path[n : 2 * n]
    f0, k = work[n_entries : n_entries + n], work[n_entries + n :]
    waiting, active = True, 0
    while True:
        seated = False
        for lane in range(LANES):
            if lanes.man[lane] >= 0 or (lanes.man[lane] == IDLE and not waiting):
                continue
            turn = take(taken) if waiting else len(queue)
            waiting, seated = turn < len(queue), True
            man = queue[turn] if waiting else queue[0]  # an idle lane needs numbers that make sense
            active += waiting
            _seat(lane, man, waiting, lanes, men, given, pulses, wanted, found, drugs, space.parameters, y, space.tolerance)  # fmt: skip  # noqa: E501
        if active == 0 or stop[0] != 0:
            return
        if seated:
            call(address[HOIST], space.parameters, constants, none, none, none, none, 0)
            gather_pairs(lanes, given, drugs)
        if pulses.present:
            active -= _pulse(address, y, constants, u, space.renewal, lanes, drugs, pulses, men, wanted, found, f0, none)  # fmt: skip  # noqa: E501

        _choose_steps(lanes, men, given)
        call(address[SHARES], lanes.step, lanes.t, space.shift, shares, space.moments, none, 0)
        fill_inputs(address, lanes.t, lanes, drugs, u, none)
        fill_speeds(address, lanes, drugs, space.speed, none)
        call(address[LINEARISE], y, constants, u, space.speed, space.shift, work, 0)
        trial, other = space.trial, new
        for stage in range(STAGES):
            base, sums, terms = f0, k, stage + 1
            if stage > 0:
                if FOLLOWS[stage]:
                    call(address[COMBINE + 1], trial, k[n * stage :], space.one, other, none, none, 0)
                    trial, other = other, trial
                else:
                    call(address[COMBINE + stage], y, k[n:], space.steps_of_a[stage], trial, none, none, 0)
                if ALPHA[stage] != ALPHA[stage - 1]:
                    fill_inputs(address, space.moments[stage], lanes, drugs, u, none)
                base = space.rates
                call(address[RATES], trial, constants, u, base, none, none, 0)
            weights = shares[stage]
            if D[stage] == 0.0:
                sums, weights, terms = k[n:], shares[stage, 1:], stage
            call(address[COMBINE + terms], base, sums, weights, space.right, none, none, 0)
            call(address[SOLVE], work, space.right, k[n * (stage + 1) : n * (stage + 2)], none, none, none, 0)
        last = k[n * STAGES :]
        call(address[COMBINE + 1], trial, last, space.one, other, none, none, 0)
        call(address[ERROR], y, new, last, space.tolerance, space.verdict, none, 0)
        _judge(space.verdict, lanes)
        if len(wanted.grid) > 0:
            show(address, k, lanes, drugs, wanted, found, space)
        if _accept(address, y, new, space.tolerance, lanes, men, given, drugs, none):
            if len(wanted.measures) > 0:
                fill_inputs(address, lanes.t, lanes, drugs, u, none)
                call(address[MEASURE], y, constants, u, space.measured, none, none, 0)
            for lane in range(LANES):
                if lanes.shown[lane]:
                    place = lanes.place[lane]
                    if place < len(wanted.grid) and wanted.grid[place] <= lanes.t[lane] + CLOSE:
                        record(lane, lanes.t[lane], y, space.measured, lanes, wanted, found)
                    finish(lane, DONE, y, f0, lanes, men, wanted, found)
                    active -= 1
        active -= _give_up(space.verdict, y, f0, lanes, men, wanted, found)
