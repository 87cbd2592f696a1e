"""Integrates a batch of subjects: arrays in, arrays out, blocks of lanes over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .codegen.compile import Kernel
from .codegen.emitter import LANES
from .forcing import Forcing
from .solver.abi import NOT_FINITE, OUT_OF_DRAWS, TOO_MANY_STEPS, UNDERFLOW
from .solver.arrays import (
    DosingTables,
    Pulses,
    SaveTables,
    Solution,
    Subjects,
    Work,
    empty_lanes,
    input_modes,
    workspace,
)

Array = NDArray[np.float64]
REASONS = {
    UNDERFLOW: "the step became too small for the tolerance",
    NOT_FINITE: "a value is not a finite number",
    TOO_MANY_STEPS: "too many steps; the tolerance asks for more than these equations give",
    OUT_OF_DRAWS: "more pulses came than were drawn",
}
KINDS = ("mean", "minimum", "maximum", "first_above", "first_below", "last")
"""Kinds of statistics, in the order of `abi`."""
FIRST_STEP = 0.01
"""Days: the first step size that is tried."""
MEASUREMENTS = "measurements"
"""The output of a system that `SaveAt.measures` refers to."""


@dataclass(frozen=True)
class Tolerance:
    """Largest error of a step: `relative` times the state plus `absolute` times the state's typical size."""

    relative: float = 1e-4
    absolute: float = 1e-8


@dataclass(frozen=True)
class Statistic:
    """A summary of one measurement between two days, from its values at the output times.

    Parameters
    ----------
    measure : str
        Name of the measurement.
    kind : str
        "mean" over time, "minimum", "maximum", "last", or "first_above" and "first_below": the day on which the
        measurement first passes `level`, by linear interpolation between output times.
    begin_day, end_day : float
        The window in days; default the whole simulation.
    level : float
        For "first_above" and "first_below", in the unit shown.

    Raises
    ------
    ValueError
        For an unknown kind, a missing level, or an empty window.

    Examples
    --------
    >>> Statistic("testosterone", "mean", begin_day=60, end_day=90).kind
    'mean'
    """

    measure: str
    kind: str = "mean"
    begin_day: float = -np.inf
    end_day: float = np.inf
    level: float = np.nan

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind = {self.kind!r}: expected one of {', '.join(KINDS)}")
        if self.kind.startswith("first") and not np.isfinite(self.level):
            raise ValueError(f"{self.kind} of {self.measure}: level is missing; expected a finite number")
        if not self.end_day > self.begin_day:
            window = f"end_day ({self.end_day:g}) must be later than begin_day ({self.begin_day:g})"
            raise ValueError(f"{self.kind} of {self.measure}: {window}")


@dataclass(frozen=True)
class PulseTrain:
    """Pulses on one state, at intervals that follow from the output "pulse" of the system.

    draws: factors of the expected intervals (subjects, draws); shape (0, 0) for regular pulses.
    """

    state: int
    draws: Array


@dataclass(frozen=True)
class SaveAt:
    """What a solution contains.

    times: output times in days, ascending. states: whether to save all states at them. measures: indices of the
    measurements that are needed; values: whether to save these at the output times. statistics: one number each;
    measured_by: the position in `measures` of each statistic's measurement.
    """

    times: Array
    states: bool = True
    measures: tuple[int, ...] = ()
    values: bool = False
    statistics: tuple[Statistic, ...] = ()
    measured_by: tuple[int, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Initial value problems of a batch of subjects.

    start, absolute tolerance: (subjects, states); parameters: (subjects, parameters); begin, end: (subjects,) in days.
    forcings: the distinct dosing inputs; forcing_of (subjects,): the index of each subject's. nonnegative (states,):
    states that cannot be below 0. longest_step: in days.
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


def empty_solution(subjects: int, states: int, save_at: SaveAt) -> Solution:
    """Return a solution without numbers, which `integrate` fills."""
    times, measures, statistics = len(save_at.times), len(save_at.measures), len(save_at.statistics)
    carry = np.zeros((subjects, 5))
    carry[:, 0], carry[:, 1] = FIRST_STEP, np.inf
    return Solution(
        states=_filled_with_nan((subjects, times, states) if save_at.states else (subjects, 0, 0)),
        values=_filled_with_nan((subjects, times, measures) if save_at.values else (subjects, 0, 0)),
        statistics=np.full((subjects, statistics), np.nan),
        weight=np.zeros((subjects, statistics)),
        last_time=np.full(subjects, -np.inf),
        last_values=np.zeros((subjects, measures)),
        final=np.full((subjects, states), np.nan),
        status=np.full(subjects, -1),
        failed_at=np.full(subjects, np.nan),
        failed_state=np.full(subjects, -1),
        steps=np.zeros(subjects, dtype=np.int64),
        carry=carry,
    )


def _filled_with_nan(shape: tuple[int, ...]) -> Array:
    """An array of NaN, filled in pieces so that Ctrl-C can interrupt the filling of gigabytes."""
    values = np.empty(shape)
    flat, piece = values.reshape(-1), 4_000_000
    for first in range(0, values.size, piece):
        flat[first : first + piece] = np.nan
    return values


def integrate(
    kernel: Kernel,
    problem: Problem,
    save_at: SaveAt,
    relative: float = Tolerance.relative,
    *,
    solution: Solution | None = None,
    subjects: Sequence[int] | NDArray[np.int64] | None = None,
    threads: int | None = None,
) -> Solution:
    """Integrate every subject from begin to end and return the solution.

    Parameters
    ----------
    kernel : Kernel
        Machine code of the equations.
    problem : Problem
        Initial value problems of all subjects.
    save_at : SaveAt
        What the solution contains.
    relative : float
        Relative tolerance.
    solution : Solution, optional
        The solution of an earlier call, which this call continues and changes.
    subjects : sequence of int, optional
        Rows of the subjects to integrate; default all.
    threads : int, optional
        Number of threads, which take subjects from one queue; default all cores. Even a single one is not the caller's
        thread: Ctrl-C stops the threads at their next step and is raised here.

    Returns
    -------
    Solution
        A subject that fails has its status and NaN from its last output on; the others are not affected.
    """
    states = problem.start.shape[1]
    solution = solution or empty_solution(len(problem.start), states, save_at)
    rows = np.arange(len(problem.start)) if subjects is None else np.asarray(subjects, dtype=np.int64)
    problems, dosing = _subjects(problem, relative), _dosing_tables(problem)
    pulses, save = _pulses(problem), _save(save_at)
    address, sizes = kernel.addresses(MEASUREMENTS), kernel.sizes(MEASUREMENTS)
    modes, channels = dosing.weights.shape[1:]
    stop = np.zeros(1, dtype=np.int64)

    def run(queue: NDArray[np.int64], taken: NDArray[np.int64]) -> None:
        lanes = empty_lanes(len(save_at.measures), len(save_at.statistics))
        kernel.integrate_lanes(Work(
            address, queue, taken, stop, problems, dosing, pulses, save, solution,
            lanes, input_modes(modes, channels), workspace(states, sizes),
        ))  # fmt: skip

    workers = max(1, threads or cores())
    queues = [rows[group] for group in kernel.lane_groups(problems.parameters[rows])] if len(rows) else []
    tasks = []
    for queue in queues:
        taken = np.zeros(1, dtype=np.int64)
        tasks += [(queue, taken)] * min(workers, -(-len(queue) // LANES))
    _run_all(run, tasks, workers, stop)
    return solution


def cores() -> int:
    """Return the number of processors that this process may use."""
    if counted := getattr(os, "process_cpu_count", None):  # from Python 3.13
        return counted() or 1
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_all(
    run: Callable[..., None], tasks: Sequence[tuple[object, ...]], workers: int, stop: NDArray[np.int64]
) -> None:
    """Run all tasks in threads. An interrupt, or an error in one of them, sets `stop`, which ends the others.

    The wait has a timeout because on Windows a wait without one cannot be interrupted.
    """
    with ThreadPoolExecutor(workers) as pool:
        try:
            running = {pool.submit(run, *task) for task in tasks}
            while running:
                done, running = wait(running, timeout=0.2, return_when=FIRST_EXCEPTION)
                for task in done:
                    task.result()
        except BaseException:
            stop[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def statistics_of(solution: Solution, save_at: SaveAt) -> Array:
    """Return the statistics (subjects, statistics); NaN if a level was never passed or the subject failed."""
    values = solution.statistics.copy()
    for index, statistic in enumerate(save_at.statistics):
        if statistic.kind == "mean":
            with np.errstate(invalid="ignore", divide="ignore"):
                values[:, index] /= solution.weight[:, index]
    values[solution.status != 0] = np.nan
    return values


def _save(save_at: SaveAt) -> SaveTables:
    statistics = save_at.statistics
    return SaveTables(
        times=_contiguous(save_at.times),
        measures=np.array(save_at.measures, dtype=np.int64),
        kind=np.array([KINDS.index(s.kind) for s in statistics], dtype=np.int64),
        measure=np.array(save_at.measured_by, dtype=np.int64),
        begin=np.array([s.begin_day for s in statistics], dtype=float),
        end=np.array([s.end_day for s in statistics], dtype=float),
        level=np.array([s.level for s in statistics], dtype=float),
    )


def _subjects(problem: Problem, relative: float) -> Subjects:
    count = len(problem.start)
    clock = np.array([forcing.clock for forcing in problem.forcings])
    return Subjects(
        start=_contiguous(problem.start),
        parameters=_contiguous(problem.parameters),
        absolute=_contiguous(problem.absolute),
        begin=_contiguous(np.broadcast_to(problem.begin, count)),
        end=_contiguous(np.broadcast_to(problem.end, count)),
        clock=_contiguous(clock[problem.forcing_of]),
        nonnegative=problem.nonnegative.astype(float),
        relative=relative,
        longest_step=problem.longest_step,
    )


def _dosing_tables(problem: Problem) -> DosingTables:
    forcings = problem.forcings
    modes, channels = max(1, *(len(f.decay) for f in forcings)), forcings[0].weights.shape[1]
    first = np.concatenate([[0], np.cumsum([len(f.knots) for f in forcings])]).astype(np.int64)
    amounts = np.zeros((max(1, first[-1]), modes))
    decay, weights = np.zeros((len(forcings), modes)), np.zeros((len(forcings), modes, channels))
    for index, forcing in enumerate(forcings):
        used = len(forcing.decay)
        amounts[first[index] : first[index + 1], :used] = forcing.amounts
        decay[index, :used], weights[index, :used] = forcing.decay, forcing.weights
    times = _contiguous(np.concatenate([f.knots for f in forcings]))
    return DosingTables(np.ascontiguousarray(problem.forcing_of, dtype=np.int64), first, times, amounts, decay, weights)


def _pulses(problem: Problem) -> Pulses:
    train = problem.pulses
    if train is None:
        return Pulses(False, 0, np.zeros((1, 1)))
    return Pulses(True, train.state, _contiguous(train.draws))


def _contiguous(values: ArrayLike) -> Array:
    return np.ascontiguousarray(values, dtype=float)
