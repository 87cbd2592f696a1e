"""The arrays of the compiled integrator as named tuples: the problem, what to save, the solution, a thread's workspace.

A row holds LANES numbers, one for each lane. Times are in days.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..codegen.emitter import LANES
from . import rodas5p
from .abi import NEVER

Array = NDArray[np.float64]
Number = Annotated[float, "float64", 0]
Count = Annotated[int, "int64", 0]
Flag = Annotated[bool, "bool", 0]
Row = Annotated[Array, "float64", 1]
Table = Annotated[Array, "float64", 2]
Block = Annotated[Array, "float64", 3]
Integers = Annotated[NDArray[np.int64], "int64", 1]
Flags = Annotated[NDArray[np.bool_], "bool", 1]
"""Types of fields for the compiler: the dtype and the number of dimensions; all arrays are C-contiguous."""


class Subjects(NamedTuple):
    """The initial value problems, one row for each subject; the last three fields hold for all of them."""

    start: Table  # (subjects, states)
    parameters: Table  # (subjects, parameters)
    absolute: Table  # (subjects, states), absolute tolerance
    begin: Row
    end: Row
    clock: Table  # (subjects, 3): amplitude, phase and input channel of the daily cosine
    nonnegative: Row  # (states,): 1 for a state that cannot be below 0, else 0
    relative: Number  # relative tolerance
    longest_step: Number


class DosingTables(NamedTuple):
    """The distinct dosing tables one below another: event times, and the amount of each mode after each event.

    Mode m of table i decays at decay[i, m] per day and adds weights[i, m, c] times its amount to input channel c.
    """

    table_of: Integers  # (subjects,): the table of each subject
    first_event: Integers  # (tables + 1,): the row of each table's first event
    times: Row  # (events,)
    amounts: Table  # (events, modes)
    decay: Table  # (tables, modes)
    weights: Block  # (tables, modes, channels)


class Pulses(NamedTuple):
    """Pulses that are added to one state at intervals that follow from the states."""

    present: Flag
    state: Count  # the index of the state
    draws: Table  # (subjects, draws): factors of the expected intervals; (0, 0) for regular pulses


class SaveTables(NamedTuple):
    """`SaveAt` as arrays: the output times, the measurements to save, and one entry of the other fields a statistic."""

    times: Row
    measures: Integers
    kind: Integers
    measure: Integers  # index into `measures`
    begin: Row
    end: Row
    level: Row


class Solution(NamedTuple):
    """The solution, one row for each subject. A later call of `integrate` continues it.

    states and values have no columns where `SaveAt` does not ask for them. The status is -1 before the integration,
    then one of the statuses in `abi`; a failure has the day and the state that changed fastest. A mean in `statistics`
    is an integral over time, to be divided by its weight. carry: the step to try, time and size of the next pulse, the
    last pulse frequency, and the number of draws used.
    """

    states: Block  # (subjects, times, states)
    values: Block  # (subjects, times, measures)
    statistics: Table  # (subjects, statistics)
    weight: Table  # (subjects, statistics)
    last_time: Row  # the last output time
    last_values: Table  # (subjects, measures) at the last output time
    final: Table  # (subjects, states): the last state
    status: Integers
    failed_at: Row
    failed_state: Integers
    steps: Integers  # steps tried
    carry: Table  # (subjects, 5)


class Lanes(NamedTuple):
    """The progress of each lane."""

    subject: Integers  # the subject's row, or IDLE or NEVER
    t: Row
    h: Row  # the step size to try next
    step: Row  # the step size of this step
    stop: Row  # the time of the next event
    segment_begin: Row  # the time at which the modes have the amounts in `InputModes`
    event: Integers  # the next row of the dosing tables
    output: Integers  # the index of the next output time
    draw: Integers  # the next draw
    next_pulse: Row
    pulse_size: Row
    pulse_frequency: Row  # at the last pulse, per day
    pulse_due: Flags
    last_event: Integers  # what the lane has just reached: 0, DOSE or IMPULSE
    h_after_dose: Row
    h_after_pulse: Row
    rejected: Flags  # the last step was rejected
    accepted: Flags  # this step is accepted
    accept_mask: Row  # the same as 1 or 0
    output_due: Flags  # an output time lies inside this step
    at_end: Flags  # the subject has reached its end
    output_time: Row
    fraction: Row  # of the step at which the output time lies
    steps: Integers
    clock: Table  # amplitude and phase of the daily cosine, phase and amplitude of its derivative
    clock_channel: Integers  # (1,): the input channel of the daily cosine, or -1
    last_time: Row
    last_values: Table  # (measures + 1, LANES)
    weight: Table  # (statistics + 1, LANES)


class InputModes(NamedTuple):
    """The modes of the dosing inputs in each lane, and the pairs of mode and channel with a weight in any lane."""

    amount: Table
    rate: Table
    value: Table
    derivative: Table  # per day
    mode: Integers
    channel: Integers
    weight: Table
    counts: Integers  # (2,): pairs, and modes in use


class Workspace(NamedTuple):
    """Rows that the functions of the equations read and fill; `rosenbrock_step` uses the names of `rodas5p`."""

    unused: Table  # stands for an argument that a function does not have
    parameters: Table
    constants: Table
    inputs: Table
    input_rates: Table
    measurements: Table
    pulse: Table  # frequency per day, and size
    linearisation: Table  # the factors of the matrix, f and df/dt at the beginning of the step, the stages
    f0: Table  # its part from f on
    k: Table  # its part from df/dt on: row n i begins stage i
    states: Table  # the state, and the new one
    y: Table
    new: Table
    stage_state: Table
    right_side: Table
    stage_rates: Table
    tolerance: Table  # absolute tolerance of each state, then its reciprocal or 0, then the relative tolerance
    error: Table  # the error over the tolerance, the factor of the step size, the depth below 0
    shift: Table  # 1 / (gamma h)
    stage_weights: Block  # of stage i: h gamma_i, then c_ij / h
    stage_times: Table
    a: Block
    one: Table
    dense_weights: Table


class Work(NamedTuple):
    """All arguments of `integrate_lanes`.

    address: of the functions of the equations, in the order of `abi`; queue: the subjects to integrate; taken (1,): how
    many of them the threads have taken; stop (1,): not 0 asks all threads to stop before their next step.
    """

    address: Integers
    queue: Integers
    taken: Integers
    stop: Integers
    subjects: Subjects
    dosing: DosingTables
    pulses: Pulses
    save: SaveTables
    solution: Solution
    lanes: Lanes
    modes: InputModes
    workspace: Workspace


def rows_of(count: int) -> Array:
    """Zeros (count, LANES), aligned to 64 bytes as vector registers need."""
    raw = np.zeros(count * LANES + 8)
    skip = (-(raw.ctypes.data // 8)) % 8
    return raw[skip : skip + count * LANES].reshape((count, LANES))


def empty_lanes(measures: int, statistics: int) -> Lanes:
    """Lanes without subjects."""
    real, integer, flag = rows_of(14), np.zeros((6, LANES), np.int64), np.zeros((5, LANES), np.bool_)
    integer[0] = NEVER
    return Lanes(
        subject=integer[0], t=real[0], h=real[1], step=real[2], stop=real[3], segment_begin=real[4], event=integer[1],
        output=integer[2], draw=integer[3], next_pulse=real[5], pulse_size=real[6], pulse_frequency=real[7],
        pulse_due=flag[0], last_event=integer[4], h_after_dose=real[8], h_after_pulse=real[9], rejected=flag[1],
        accepted=flag[2], accept_mask=real[10], output_due=flag[3], at_end=flag[4], output_time=real[11],
        fraction=real[12], steps=integer[5], clock=rows_of(4), clock_channel=np.full(1, -1), last_time=real[13],
        last_values=np.zeros((measures + 1, LANES)), weight=np.zeros((statistics + 1, LANES)),
    )  # fmt: skip


def input_modes(modes: int, channels: int) -> InputModes:
    """Modes of lanes without doses."""
    pairs = modes * channels + 1
    return InputModes(
        rows_of(modes + 1), rows_of(modes + 1), rows_of(modes + 1), rows_of(modes + 1),
        np.zeros(pairs, np.int64), np.zeros(pairs, np.int64), rows_of(pairs), np.zeros(2, np.int64),
    )  # fmt: skip


def workspace(states: int, sizes: tuple[int, int, int, int, int]) -> Workspace:
    """The workspace of one thread; sizes: parameters, constants, inputs, entries of the factors, measurements."""
    parameters, constants, inputs, entries, measurements = sizes
    n, stages = states, rodas5p.STAGES

    def in_all_lanes(values: Array) -> Array:
        rows = rows_of(len(values))
        rows[:] = values[:, None]
        return rows

    linearisation, both = rows_of(entries + (2 + stages) * n), rows_of(2 * n)
    return Workspace(
        unused=rows_of(1),
        parameters=rows_of(parameters),
        constants=rows_of(constants + 1),
        inputs=rows_of(inputs),
        input_rates=rows_of(inputs),
        measurements=rows_of(measurements + 1),
        pulse=rows_of(2),
        linearisation=linearisation,
        f0=linearisation[entries:],
        k=linearisation[entries + n :],
        states=both,
        y=both[:n],
        new=both[n:],
        stage_state=rows_of(n),
        right_side=rows_of(n),
        stage_rates=rows_of(n),
        tolerance=rows_of(2 * n + 1),
        error=rows_of(3),
        shift=rows_of(1),
        stage_weights=rows_of(stages * (stages + 1)).reshape((stages, stages + 1, LANES)),
        stage_times=rows_of(stages),
        a=in_all_lanes(rodas5p.a.flatten()).reshape((stages, stages, LANES)),
        one=in_all_lanes(np.ones(1)),
        dense_weights=rows_of(stages + 2),
    )
