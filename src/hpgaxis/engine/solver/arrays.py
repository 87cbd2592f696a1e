"""The arrays that compiled code works on, as named tuples: what is given, what is wanted, a thread's work space.

Rows of LANES numbers hold one number of each lane. Times are in days.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..codegen.emitter import LANES
from . import rodas5p as rosenbrock
from .abi import NEVER

Array = NDArray[np.float64]
Number = Annotated[float, "float64", 0]
Count = Annotated[int, "int64", 0]
Flag = Annotated[bool, "bool", 0]
Row = Annotated[Array, "float64", 1]
Table = Annotated[Array, "float64", 2]
Block = Annotated[Array, "float64", 3]
Whole = Annotated[NDArray[np.int64], "int64", 1]
Flags = Annotated[NDArray[np.bool_], "bool", 1]
"""The last of what compiled code takes: the kind of number and how many dimensions, contiguous."""


class Subjects(NamedTuple):
    """By man: start (states), parameters, absolute tolerance (states), begin, end, clock (amplitude, phase, channel).

    guard (states): 1 for what cannot be below 0, else 0.
    """

    start: Table
    parameters: Table
    absolute: Table
    begin: Row
    end: Row
    clock: Table
    guard: Row
    relative: Number
    longest_step: Number


class DosingTables(NamedTuple):
    """Inputs: of_man (which table is his), knots and amounts of all tables, first_knot, decay, weights by table."""

    of_man: Whole
    first_knot: Whole
    knots: Row
    amounts: Table
    decay: Table
    weights: Block


class Pulses(NamedTuple):
    """present; state: which state an impulse adds to; draws (men, many): what each interval is multiplied by."""

    present: Flag
    state: Count
    draws: Table


class SaveTables(NamedTuple):
    """grid: output times; measures: which measurements; statistics: kind, place in measures, window, level."""

    grid: Row
    measures: Whole
    kind: Whole
    measure: Whole
    begin: Row
    end: Row
    level: Row


class Solution(NamedTuple):
    """By man: states (grid, states) and values (grid, measures), empty when not wanted; statistics; how it ended.

    What goes on in a later call: carry (the step to try, the next pulse's time and size, the last frequency, how many
    draws are used), statistics so far with their weights, and the last output time with its values.
    """

    states: Block
    values: Block
    statistics: Table
    weight: Table
    last_time: Row
    last_values: Table
    final: Table
    status: Whole
    failed_at: Row
    failed_state: Whole
    steps: Whole
    carry: Table


class Lanes(NamedTuple):
    """What is known of each lane: man (or IDLE, NEVER), time, step to try, stop, and where he is in his tables."""

    man: Whole
    t: Row
    h: Row
    step: Row
    stop: Row
    since: Row
    knot: Whole
    place: Whole
    draw: Whole
    next_pulse: Row
    impulse: Row
    frequency: Row
    pulse_now: Flags
    fresh: Whole
    after_dose: Row
    after_impulse: Row
    refused: Flags
    good: Flags
    moment: Row
    shown: Flags
    steps: Whole
    clock: Table  # amplitude and phase, phase and amplitude of its speed
    clock_at: Whole  # one number: the channel, or -1
    share: Row
    last_time: Row
    last_values: Table
    weight: Table


class InputModes(NamedTuple):
    """Modes of each lane (rows by mode), and the pairs of mode and channel that carry weight in any lane."""

    amount: Table
    rate: Table
    value: Table
    speed: Table
    mode: Whole
    channel: Whole
    weight: Table
    used: Whole  # how many pairs, how many modes


class Workspace(NamedTuple):
    """Rows of one thread: what the machine code reads and fills."""

    none: Table
    parameters: Table
    constants: Table
    inputs: Table
    speed: Table
    measured: Table
    renewal: Table
    work: Table  # factors, rates, their change with the inputs, and then the stages
    path: Table  # the state and the new one
    trial: Table
    right: Table
    rates: Table
    tolerance: Table
    verdict: Table
    shift: Table
    shares: Block
    moments: Table
    steps_of_a: Block
    one: Table
    curve: Table


class Work(NamedTuple):
    """All that `integrate_lanes` of the men whose numbers are in `queue` needs.

    address: one a function of the equations' machine code; entries: how many numbers their factors have; taken (one
    number): how many of the queue threads have taken; stop (one number): not 0 once the integration is to end at once.
    """

    address: Whole
    entries: Count
    queue: Whole
    taken: Whole
    stop: Whole
    men: Subjects
    given: DosingTables
    pulses: Pulses
    wanted: SaveTables
    found: Solution
    lanes: Lanes
    drugs: InputModes
    space: Workspace


def rows_of(count: int) -> Array:
    """Zeros (count, LANES) that begin where a vector register likes them to."""
    raw = np.zeros(count * LANES + 8)
    skip = (-(raw.ctypes.data // 8)) % 8
    return raw[skip : skip + count * LANES].reshape((count, LANES))


def lanes(measures: int, statistics: int) -> Lanes:
    """Lanes in which nobody has been yet."""
    real, whole, yes = rows_of(13), np.zeros((6, LANES), np.int64), np.zeros((4, LANES), np.bool_)
    whole[0] = NEVER
    return Lanes(
        man=whole[0], t=real[0], h=real[1], step=real[2], stop=real[3], since=real[4], knot=whole[1], place=whole[2],
        draw=whole[3], next_pulse=real[5], impulse=real[6], frequency=real[7], pulse_now=yes[0], fresh=whole[4],
        after_dose=real[8], after_impulse=real[9], refused=yes[1], good=yes[2], moment=real[10], shown=yes[3],
        steps=whole[5], clock=rows_of(4), clock_at=np.full(1, -1), last_time=real[11], share=real[12],
        last_values=np.zeros((measures + 1, LANES)),
        weight=np.zeros((statistics + 1, LANES)),
    )  # fmt: skip


def drugs(modes: int, channels: int) -> InputModes:
    """No drug in any lane."""
    pairs = modes * channels + 1
    return InputModes(
        rows_of(modes + 1), rows_of(modes + 1), rows_of(modes + 1), rows_of(modes + 1),
        np.zeros(pairs, np.int64), np.zeros(pairs, np.int64), rows_of(pairs), np.zeros(2, np.int64),
    )  # fmt: skip


def space(states: int, sizes: tuple[int, int, int, int, int]) -> Workspace:
    """The work space of one thread; sizes: parameters, constants, inputs, entries of the factors, measurements."""
    parameters, constants, inputs, entries, measured = sizes
    n, stages = states, rosenbrock.STAGES

    def same(values: Array) -> Array:
        rows = rows_of(len(values))
        rows[:] = values[:, None]
        return rows

    return Workspace(
        none=rows_of(1),
        parameters=rows_of(parameters),
        constants=rows_of(constants + 1),
        inputs=rows_of(inputs),
        speed=rows_of(inputs),
        measured=rows_of(measured + 1),
        renewal=rows_of(2),
        work=rows_of(entries + (2 + stages) * n),
        path=rows_of(2 * n),
        trial=rows_of(n),
        right=rows_of(n),
        rates=rows_of(n),
        tolerance=rows_of(2 * n + 1),
        verdict=rows_of(3),
        shift=rows_of(1),
        shares=rows_of(stages * (stages + 1)).reshape((stages, stages + 1, LANES)),
        moments=rows_of(stages),
        steps_of_a=same(rosenbrock.a.flatten()).reshape((stages, stages, LANES)),
        one=same(np.ones(1)),
        curve=rows_of(stages + 2),
    )
