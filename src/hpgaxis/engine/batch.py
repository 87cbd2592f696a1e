"""Integrates many men at once: arrays in, arrays out, blocks of lanes over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .codegen.compile import Kernel
from .codegen.emitter import LANES
from .forcing import Forcing
from .solver.abi import NOT_FINITE, OUT_OF_DRAWS, TOO_MANY_STEPS, UNDERFLOW
from .solver.arrays import DosingTables, Pulses, SaveTables, Solution, Subjects, Work, drugs, lanes, space

Array = NDArray[np.float64]
REASONS = {
    UNDERFLOW: "the step became too small for the tolerance",
    NOT_FINITE: "a value is not a finite number",
    TOO_MANY_STEPS: "too many steps; the tolerance asks for more than these equations give",
    OUT_OF_DRAWS: "more pulses came than were drawn",
}
KINDS = ("mean", "minimum", "maximum", "first_above", "first_below", "last")
"""Statistics, at their numbers in `integrate_lanes`."""
FIRST_STEP = 0.01
"""Days: the step that a man tries first."""
MEASUREMENTS = "measurements"
"""The output of a system that holds what is measured."""


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
    """Impulses on one state; draws (men, many): what each interval is multiplied by, (0, 0) for 1 always."""

    state: int
    draws: Array


@dataclass(frozen=True)
class SaveAt:
    """What is kept: states and values of `measures` (their places among the measurements) at `times`; statistics."""

    times: Array
    states: bool = True
    measures: tuple[int, ...] = ()
    values: bool = False
    statistics: tuple[Statistic, ...] = ()
    measured_by: tuple[int, ...] = ()


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
    longest_step: float = 5.0


def empty_solution(men: int, states: int, output: SaveAt) -> Solution:
    """The results of `men` men before they have begun; `integrate` fills them.

    By man: states (times, n), values (times, measures), statistics, the last state (n); status (-1 not begun, 0 done,
    else a key of REASONS, with the day and the state that changed fastest); steps, those tried.
    """
    times, measures, statistics = len(output.times), len(output.measures), len(output.statistics)
    carry = np.zeros((men, 5))
    carry[:, 0], carry[:, 1] = FIRST_STEP, np.inf
    return Solution(
        states=_unknown((men, times, states) if output.states else (men, 0, 0)),
        values=_unknown((men, times, measures) if output.values else (men, 0, 0)),
        statistics=np.full((men, statistics), np.nan),
        weight=np.zeros((men, statistics)),
        last_time=np.full(men, -np.inf),
        last_values=np.zeros((men, measures)),
        final=np.full((men, states), np.nan),
        status=np.full(men, -1),
        failed_at=np.full(men, np.nan),
        failed_state=np.full(men, -1),
        steps=np.zeros(men, dtype=np.int64),
        carry=carry,
    )


def _unknown(shape: tuple[int, ...]) -> Array:
    """NaN throughout; gigabytes of it are filled in pieces, between which an interrupt is heard."""
    values = np.empty(shape)
    flat, piece = values.reshape(-1), 4_000_000
    for first in range(0, values.size, piece):
        flat[first : first + piece] = np.nan
    return values


def integrate(
    kernel: Kernel,
    problem: Problem,
    output: SaveAt,
    relative: float = Tolerance.relative,
    *,
    found: Solution | None = None,
    who: Sequence[int] | NDArray[np.int64] | None = None,
    threads: int | None = None,
) -> Solution:
    """Carry every man from his begin to his end.

    found: results of an earlier call, which go on here. who: the men who move (default all). A man who fails has NaN
    from there on and his status; the others are not touched. threads: default all cores, which take men from one queue.
    The men are carried by threads of their own even where that is one: an interrupt (Ctrl-C) stops these at their next
    step and is raised here.
    """
    size = problem.start.shape[1]
    found = found or empty_solution(len(problem.start), size, output)
    men, given, pulses = _tables(problem, relative)
    wanted = _wanted(output)
    queue = np.arange(len(problem.start)) if who is None else np.asarray(who, dtype=np.int64)
    address, sizes = kernel.addresses(MEASUREMENTS), kernel.sizes(MEASUREMENTS)
    modes, channels = given.weights.shape[1:]

    stop = np.zeros(1, dtype=np.int64)

    def run(group: NDArray[np.int64], taken: NDArray[np.int64]) -> None:
        seats = lanes(len(output.measures), len(output.statistics))
        kernel.integrate_lanes(Work(
            address, kernel.layout.entries, group, taken, stop, men, given, pulses, wanted, found,
            seats, drugs(modes, channels), space(size, sizes),
        ))  # fmt: skip

    workers = max(1, threads or cores())
    groups = [queue[rows] for rows in kernel.lane_groups(men.parameters[queue])] if len(queue) else []
    tasks = []
    for group in groups:
        taken = np.zeros(1, dtype=np.int64)
        tasks += [(group, taken)] * min(workers, -(-len(group) // LANES))
    _run_all(run, tasks, workers, stop)
    return found


def cores() -> int:
    """How many processors this process may use, as far as the system says."""
    if counted := getattr(os, "process_cpu_count", None):  # from Python 3.13
        return counted() or 1
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_all(run: Callable[..., None], tasks: Sequence[tuple[Any, ...]], workers: int, stop: NDArray[np.int64]) -> None:
    """Run all tasks in threads; an interrupt, or an error in one of them, makes `stop` 1, at which the others end.

    This thread waits in short turns, because on Windows a longer wait hears no interrupt.
    """
    with ThreadPoolExecutor(workers) as pool:
        try:
            running = {pool.submit(run, *task) for task in tasks}
            while running:
                done, running = wait(running, timeout=0.2, return_when=FIRST_EXCEPTION)
                for one in done:
                    one.result()
        except BaseException:
            stop[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def statistics_of(found: Solution, output: SaveAt) -> Array:
    """Statistics (men, statistics) in the order asked for; NaN where a level was never passed or the man failed."""
    values = found.statistics.copy()
    for index, statistic in enumerate(output.statistics):
        if statistic.kind == "mean":
            with np.errstate(invalid="ignore", divide="ignore"):
                values[:, index] /= found.weight[:, index]
    values[found.status != 0] = np.nan
    return values


def _wanted(output: SaveAt) -> SaveTables:
    statistics = output.statistics
    return SaveTables(
        np.ascontiguousarray(output.times, dtype=float),
        np.array(output.measures, dtype=np.int64),
        np.array([KINDS.index(s.kind) for s in statistics], dtype=np.int64),
        np.array(output.measured_by, dtype=np.int64),
        np.array([s.begin_day for s in statistics], dtype=float),
        np.array([s.end_day for s in statistics], dtype=float),
        np.array([s.level for s in statistics], dtype=float),
    )


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
    men = Subjects(
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
    given = DosingTables(of_man, first, table(knots), amounts, decay, weights)
    train = problem.pulses
    pulses = Pulses(train is not None, train.state if train else 0, table(train.draws if train else np.zeros((1, 1))))
    return men, given, pulses
