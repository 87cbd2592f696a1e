"""Integrates many men at once: arrays in, arrays out, blocks of lanes over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Found, Given, Men, Pulses, Wanted, drugs, lanes, space
from .codegen import LANES
from .forcing import Forcing
from .kernel import Kernel

Array = NDArray[np.float64]
REASONS = {
    1: "the step became too small for the tolerance",
    2: "a value is not a finite number",
    3: "too many steps; the tolerance asks for more than these equations give",
    4: "more pulses came than were drawn",
}
KINDS = ("mean", "minimum", "maximum", "first_above", "first_below", "last")
"""Statistics, at their numbers in `march`."""
MEN_PER_TASK = 64


@dataclass(frozen=True)
class Tolerance:
    """Relative error per step, and the absolute error as a share of each state's scale."""

    relative: float = 1e-4
    absolute: float = 1e-8


@dataclass(frozen=True)
class Statistic:
    """One number of a measurement between two days: its mean, extremes, last value, or when it first passes `level`.

    kind: one of KINDS. Values are those at the output times; between two of them a level is passed on a straight line.
    """

    measure: str
    kind: str = "mean"
    begin_day: float = -np.inf
    end_day: float = np.inf
    level: float = np.nan

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind = {self.kind!r}: one of {', '.join(KINDS)}")
        if self.kind.startswith("first") and not np.isfinite(self.level):
            raise ValueError(f"{self.kind} of {self.measure}: give the level")
        if not self.end_day > self.begin_day:
            raise ValueError(f"{self.measure}: from day {self.begin_day:g} to day {self.end_day:g} is no time")


@dataclass(frozen=True)
class PulseTrain:
    """Impulses on one state; draws (men, many): what each interval is multiplied by."""

    state: int
    draws: Array


@dataclass(frozen=True)
class Output:
    """What is kept: states and values of `measures` (their places among the measurements) at `times`; statistics."""

    times: Array
    states: bool = True
    measures: tuple[int, ...] = ()
    values: bool = False
    statistics: tuple[Statistic, ...] = ()
    measured_by: tuple[int, ...] = ()


@dataclass(frozen=True)
class Batch:
    """By man: states (times, n), values (times, measures), statistics, the last state (n), and how it went.

    status: 0 done, else a key of REASONS, with the day and the state that changed fastest. carry: what continues him
    from here. steps: those tried.
    """

    states: Array
    values: Array
    statistics: Array
    final: Array
    status: NDArray[np.int64]
    failed_at: Array
    failed_state: NDArray[np.int64]
    steps: NDArray[np.int64]
    carry: Array


CARRIED = ("step", "next_pulse", "impulse", "frequency", "draws")
"""Columns of `carry`: the step to try, and where he is in his pulse train."""


def fresh_start(men: int) -> Array:
    """The carry of men who begin."""
    carry = np.zeros((men, len(CARRIED)))
    carry[:, 0], carry[:, 1] = 0.01, np.inf
    return carry


@dataclass(frozen=True)
class Problem:
    """What is integrated: start, parameters and absolute tolerance (men, ...), begin and end (men), inputs by man.

    forcings: the distinct inputs; forcing_of: which of them is whose. nonnegative: states that cannot be below 0.
    """

    start: Array
    parameters: Array
    absolute: Array
    begin: Array
    end: Array
    forcings: Sequence[Forcing]
    forcing_of: NDArray[np.int64]
    nonnegative: NDArray[np.bool_]
    pulses: PulseTrain | None = None
    carry: Array | None = None
    longest_step: float = 5.0
    measure_output: str = "measurements"
    names: tuple[str, ...] = field(default=())


def integrate(
    kernel: Kernel,
    problem: Problem,
    output: Output,
    relative: float = Tolerance.relative,
    *,
    threads: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Batch:
    """Carry every man from his begin to his end.

    A man who fails has NaN from there on and his status; the others are not touched. threads: default all cores.
    on_progress is called with how many men are done.
    """
    from .march import march

    men, given, pulses = _tables(problem, relative)
    count, size = problem.start.shape
    measures = np.array(output.measures, dtype=np.int64)
    grid = np.ascontiguousarray(output.times, dtype=float)
    statistics = output.statistics
    wanted = Wanted(
        grid,
        measures,
        np.array([KINDS.index(s.kind) for s in statistics], dtype=np.int64),
        np.array(output.measured_by, dtype=np.int64),
        np.array([s.begin_day for s in statistics], dtype=float),
        np.array([s.end_day for s in statistics], dtype=float),
        np.array([s.level for s in statistics], dtype=float),
    )
    found = Found(
        np.full((count, len(grid), size) if output.states else (count, 0, 0), np.nan),
        np.full((count, len(grid), len(measures)) if output.values else (count, 0, 0), np.nan),
        np.full((count, len(statistics)), np.nan),
        np.full((count, size), np.nan),
        np.full(count, -1),
        np.full(count, np.nan),
        np.full(count, -1),
        np.zeros(count, dtype=np.int64),
        fresh_start(count) if problem.carry is None else problem.carry.copy(),
    )
    address, sizes = kernel.addresses(problem.measure_output), kernel.sizes(problem.measure_output)
    modes, channels = given.weights.shape[1:]

    def run(queue: NDArray[np.int64]) -> int:
        seats = lanes(len(measures), len(statistics))
        march(
            address, kernel.layout.entries, queue, men, given, pulses, wanted, found,
            seats, drugs(modes, channels), space(size, sizes),
        )  # fmt: skip
        return len(queue)

    workers = max(1, threads or len(os.sched_getaffinity(0)))
    share = int(np.ceil(count / workers / LANES)) * LANES
    tasks = [np.arange(first, min(first + max(1, min(share, MEN_PER_TASK)), count)) for first in range(0, count, max(1, min(share, MEN_PER_TASK)))]  # fmt: skip  # noqa: E501
    if workers == 1 or len(tasks) == 1:
        done = 0
        for task in tasks:
            done += run(task)
            if on_progress:
                on_progress(done)
    else:
        with ThreadPoolExecutor(workers) as pool:
            done = 0
            for future in as_completed([pool.submit(run, task) for task in tasks]):
                done += future.result()
                if on_progress:
                    on_progress(done)
    return Batch(*found)


def _tables(problem: Problem, relative: float) -> tuple[Any, Any, Any]:
    forcings = problem.forcings
    modes = max(1, *(len(f.decay) for f in forcings))
    channels = forcings[0].weights.shape[1]
    first = np.concatenate([[0], np.cumsum([len(f.knots) for f in forcings])]).astype(np.int64)
    amounts = np.zeros((max(1, first[-1]), modes))
    decay, weights = np.zeros((len(forcings), modes)), np.zeros((len(forcings), modes, channels))
    clock = np.zeros((len(forcings), 3))
    for index, forcing in enumerate(forcings):
        own = len(forcing.decay)
        amounts[first[index] : first[index + 1], :own] = forcing.amounts
        decay[index, :own], weights[index, :own], clock[index] = forcing.decay, forcing.weights, forcing.clock
    knots = np.concatenate([f.knots for f in forcings] or [np.zeros(0)])
    of_man = np.ascontiguousarray(problem.forcing_of, dtype=np.int64)

    def table(values: Any) -> Array:
        return np.ascontiguousarray(values, dtype=float)

    count = len(problem.start)
    men = Men(
        table(problem.start),
        table(problem.parameters),
        table(problem.absolute),
        table(np.broadcast_to(problem.begin, count)),
        table(np.broadcast_to(problem.end, count)),
        table(clock[of_man]),
        problem.nonnegative.astype(float),
        relative,
        problem.longest_step,
    )
    given = Given(of_man, first, table(knots), amounts, decay, weights)
    train = problem.pulses
    pulses = Pulses(train is not None, train.state if train else 0, table(train.draws) if train else np.zeros((1, 1)))
    return men, given, pulses
