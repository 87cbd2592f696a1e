"""Right-hand side and Jacobian of one man as compiled functions, for solvers that call back: our code, one lane."""

from dataclasses import replace

import numpy as np
from numba import njit

from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.solver.arrays import rows_of
from hpgaxis.engine.solver.numba_calls import call
from hpgaxis.engine.trace import derivatives
from hpgaxis.interchange.equations import MEASURED
from hpgaxis.model import CHANNELS, Model
from hpgaxis.physiology import axis
from hpgaxis.physiology.observables import observables
from hpgaxis.physiology.states import Inputs, State

from ..cases import Case


def functions(case: Case):
    """rates(t, y, out), jacobian(t, y, out) and the places of the Jacobian's entries, compiled."""
    system = Model.default().system()
    entries, _ = derivatives.linearised(system)
    wider = replace(system, outputs={**system.outputs, "jacobian": tuple(entries.values())})
    machine = kernel.compiled("bench", lambda: wider, lambda: None)
    rows, columns = (np.array([place[axis] for place in entries]) for axis in (0, 1))
    p, constants = rows_of(machine.layout.parameters), rows_of(machine.layout.constants + 1)
    p[:] = np.array(case.parameters(), dtype=float)[:, None]
    machine.call("hoist", p, constants)
    n, none = len(Model.default().states), rows_of(1)
    y, u, f, slopes = rows_of(n), rows_of(len(CHANNELS)), rows_of(n), rows_of(len(entries))
    at_rates, at_jacobian = machine.address["rates"], machine.address["jacobian"]
    forcing = case.forcing()
    data = (forcing.knots, forcing.amounts, forcing.decay, forcing.weights, forcing.clock)

    @njit(error_model="numpy")
    def prepare(t, state, y, u, knots, amounts, decay, weights, clock):
        y[:, 0] = state
        u[:, 0] = 0.0
        segment = np.searchsorted(knots, t, side="right") - 1
        if segment >= 0:
            for mode in range(len(decay)):
                value = amounts[segment, mode] * np.exp(-decay[mode] * (t - knots[segment]))
                for channel in range(weights.shape[1]):
                    u[channel, 0] += weights[mode, channel] * value
        if clock[0] != 0.0:
            u[int(clock[2]), 0] += clock[0] * np.cos(2 * np.pi * (t - clock[1]))

    @njit(error_model="numpy")
    def rates_into(t, state, out, y, constants, u, f, none, knots, amounts, decay, weights, clock):
        prepare(t, state, y, u, knots, amounts, decay, weights, clock)
        call(at_rates, y, constants, u, f, none, none, 0)
        for row in range(len(out)):
            out[row] = f[row, 0]

    @njit(error_model="numpy")
    def jacobian_into(
        t, state, out, y, constants, u, slopes, none, knots, amounts, decay, weights, clock, rows, columns
    ):  # fmt: skip
        prepare(t, state, y, u, knots, amounts, decay, weights, clock)
        call(at_jacobian, y, constants, u, slopes, none, none, 0)
        out[:, :] = 0.0
        for entry in range(len(rows)):
            out[rows[entry], columns[entry]] = slopes[entry, 0]

    def rates(t, state, out):
        rates_into(t, state, out, y, constants, u, f, none, *data)

    def jacobian(t, state, out):
        jacobian_into(t, state, out, y, constants, u, slopes, none, *data, rows, columns)

    rates.machine = machine  # the code lives as long as it
    return rates, jacobian


def measurements(case: Case, days: np.ndarray, states: np.ndarray) -> np.ndarray:
    """What is measured at daily states (days, n)."""
    values = observables(State(*states.T), case.parameters(), Inputs(*case.forcing().at(days).T))
    return np.array([np.broadcast_to(values[name], len(days)) for name in MEASURED]).T


def _renewal(case: Case):
    """The next pulse after one at t: (its time, its size), as the kernel has it."""
    p, forcing, last = case.parameters(), case.forcing(), []

    def next_pulse(t, state):
        inputs = Inputs(*forcing.at(np.array([t]))[0])
        frequency, size = axis.pulse(State(*state), p, inputs)
        expected = frequency * (frequency / last[0]) ** 0.5 if last else frequency
        last[:] = [frequency]
        return t + 1 / expected, size

    return next_pulse


def through(case: Case, days: int, piece) -> np.ndarray:
    """Daily measurements of a solver that begins anew at each dose and pulse.

    piece(times, state) gives the states at `times`, the first of which is where `state` holds.
    """
    knots = case.forcing().knots
    stops = [*knots[(knots > 1e-9) & (knots < days - 1e-9)].tolist(), float(days)]
    grid, state = np.arange(days + 1.0), np.array(case.man.state)
    kept, gnrh = {0.0: state}, Model.default().states.index("gnrh")
    renew = _renewal(case) if case.pulsatile else None
    pulse, size = renew(0.0, state) if renew else (np.inf, 0.0)
    now = 0.0
    while now < days:
        end = min(stops[0], pulse)
        times = np.concatenate([[now], grid[(grid > now) & (grid < end)], [end]])
        path = piece(times, state)
        kept.update(zip(times.tolist(), path, strict=True))
        state, now = np.array(path[-1]), end
        if now == stops[0]:
            stops.pop(0)
        if renew and now == pulse:
            state[gnrh] += size
            pulse, size = renew(now, state)
    return measurements(case, grid, np.array([kept[t] for t in grid.tolist()]))
