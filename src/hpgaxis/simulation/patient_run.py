"""Integrate a batch of patients through pre-treatment history, dosing and visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..engine.batch import Problem, PulseTrain, SaveAt, empty_solution, integrate
from ..engine.forcing import Forcing
from ..engine.random import stream
from ..engine.solver.arrays import Solution
from ..errors import InputError
from ..files import shown
from ..measurements.variation import measured
from ..model import CHANNELS, Model
from ..people.match import MatchedMan
from ..pharmacology.between_men import Kinetics, varies
from ..pharmacology.doses import DoseSeries
from ..pharmacology.dosing import Treatment, prepare
from ..pharmacology.protocol import Protocol
from ..physiology.states import Inputs
from ..units import finite
from .results import Visit

Array = NDArray[np.float64]
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE, LARGEST_TOLERANCE = 1e-4, 1e-8, 0.1
BURN_IN_DAYS = 4.0
JUST_BEFORE = 1e-6
"""Days before a visit's doses at which its samples are taken."""
MOST_PULSES_PER_DAY = 60.0
"""Three times the fastest known pulse generator; the integration of a man with more fails."""


@dataclass(frozen=True)
class RunSettings:
    """Settings of all patients of a batch.

    Attributes
    ----------
    length : of the simulation (days).
    pulsatile, ageing, assay_variation : as in `simulate`.
    changes_at_start : traits from the first day on.
    rtol : relative error of a step.
    atol : absolute error of a step, as a share of the typical man's level of each state.
    model : equations and numbers.
    """

    length: float
    pulsatile: bool = False
    ageing: bool = False
    assay_variation: bool = False
    changes_at_start: dict[str, float] = field(default_factory=dict)
    rtol: float = RELATIVE_TOLERANCE
    atol: float = ABSOLUTE_TOLERANCE
    model: Model = field(default_factory=Model.default)

    def __post_init__(self) -> None:
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if not finite(value) or not 0 < value <= LARGEST_TOLERANCE:
                raise InputError(f"{name} = {shown(value)}: expected above 0 and at most {LARGEST_TOLERANCE:g}")


@dataclass(frozen=True)
class SharedInputs:
    """Inputs prepared so far, which patients with the same doses share; `with_clock` by treatment and daily rhythm."""

    treatments: dict[tuple[object, ...], Treatment] = field(default_factory=dict)
    with_clock: dict[tuple[int, float, float], Forcing] = field(default_factory=dict)


@dataclass
class PatientRun:
    """The progress of one patient in a simulation: doses, state and past visits.

    Rules at visits change his doses, and `treatment` with them.

    Attributes
    ----------
    man : the patient.
    protocol : his protocol.
    settings : of the batch.
    seed : of his random numbers; None: no random numbers.
    shared : inputs of the batch.
    start : his state (states,) on day 0, from which he goes on; None: he begins untreated.
    """

    man: MatchedMan
    protocol: Protocol
    settings: RunSettings
    seed: int | None = None
    shared: SharedInputs = field(default_factory=SharedInputs)
    start: Array | None = None
    visits: list[Visit] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.protocol.adherence < 1 and self.seed is None:
            raise InputError(
                f"an adherence of {self.protocol.adherence:.4g} draws which doses are missed: give a seed as well "
                "(`seed=`, --seed on the command line)"
            )
        settings = self.settings
        p = self.man.with_parameters(pulsatile=settings.pulsatile, ageing=settings.ageing)
        self.parameters = p._replace(**settings.changes_at_start)
        begins_untreated = self.start is None
        self.past: tuple[DoseSeries, ...] = self.man.patient.past(settings.model.drugs) if begins_untreated else ()
        self.series: tuple[DoseSeries, ...] = self.protocol.series
        self.state = self.man.state if self.start is None else self.start
        earliest = min([0.0, *(series.start_day for series in self.series)])
        self.begin = earliest if begins_untreated else 0.0
        rules = self.protocol.rules
        days = {day for rule in rules for day in rule.visit_days(settings.length) if day >= self.begin}
        self.stops = [*sorted(days), settings.length]
        self.treatment = self._prepared()

    def _prepared(self) -> Treatment:
        """Dosing inputs of the patient, shared with patients under the same doses."""
        series, weight = (*self.past, *self.series), self.man.patient.weight_kg
        pulses, adherence = self.parameters.pulse_frequency_reference, self.protocol.adherence
        key = (series, weight if any("/kg" in s.unit for s in series) else None, pulses, adherence)
        if adherence < 1:
            key = (*key, self.seed)
        own_kinetics = self.man.kinetics_seed if any(varies(s.definition) for s in series) else None
        constants, kinetics = self.man.model.constants, self.man.kinetics
        if own_kinetics is not None or kinetics:
            key = (*key, "kinetics", own_kinetics, kinetics)
        drugs = {s.drug for s in series}
        key = (*key, "constants", tuple(one for one in constants if one[0].partition(".")[0] in drugs))
        treatments = self.shared.treatments
        if key not in treatments:
            treatments[key] = prepare(
                Protocol(series, adherence=adherence),
                self.settings.length,
                weight_kg=weight,
                pulses_per_day=pulses,
                pulsatile=self.settings.pulsatile,
                constants=dict(constants),
                seed=self.seed or 0,
                kinetics=Kinetics(own_kinetics, dict(kinetics)),
            )
        return treatments[key]

    def inputs(self, pulsatile: bool) -> Forcing:
        """His dosing inputs, with the daily clock where pulses are explicit."""
        if not pulsatile:
            return self.treatment.forcing
        p = self.parameters
        key = (id(self.treatment), p.circadian_amplitude, p.circadian_peak)
        with_clock = self.shared.with_clock
        if key not in with_clock:
            clock = CHANNELS.index("clock")
            with_clock[key] = self.treatment.forcing.with_clock(p.circadian_amplitude, p.circadian_peak, clock)
        return with_clock[key]

    def visit(self) -> None:
        """Read the labs at the next visit, before that day's doses, and apply the rules."""
        day, number = self.stops.pop(0), len(self.visits)
        model, inputs = self.settings.model, Inputs(*self.treatment.forcing.at(np.array([day - JUST_BEFORE]))[0])
        values = model.measure(self.state, self.parameters, inputs)
        seed = self.seed if self.settings.assay_variation else None
        read, actions = {}, []
        for rule in self.protocol.rules:
            if day not in rule.visit_days(self.settings.length):
                continue
            name = rule.measure
            read[name] = measured(name, float(values[name]) * model.measurements[name].display_factor, seed, number)
            if rule.holds(read[name]):
                self.series, action = rule.apply(self.series, day)
                actions += [action] if action else []
        self.visits.append(Visit(day, read, tuple(actions)))
        self.treatment = self._prepared()

    @cached_property
    def draws(self) -> Array:
        """Factors of each of his pulse intervals."""
        assert self.seed is not None
        count = int(np.ceil(MOST_PULSES_PER_DAY * (self.settings.length - self.begin + BURN_IN_DAYS)))
        shape = 1 / self.parameters.pulse_interval_spread**2
        return stream(self.seed).gamma(shape, 1 / shape, count)


@dataclass
class _Batch:
    """Runs that are integrated together, with their common settings and arrays."""

    runs: Sequence[PatientRun]
    workers: int | None

    def __post_init__(self) -> None:
        settings = self.runs[0].settings
        self.model, self.rtol = settings.model, settings.rtol
        self.parameters = np.array([run.parameters for run in self.runs], dtype=float)
        scale = self.model.precision(type(self.runs[0].parameters)(*self.parameters.T), settings.pulsatile).T
        self.absolute = settings.atol * scale
        self.pulses = _pulse_train(self.model, self.runs) if settings.pulsatile else None

    def advance(
        self,
        rows: list[int],
        begin: list[float],
        end: list[float],
        into: Solution,
        save_at: SaveAt,
        *,
        parameters: Array | None = None,
        pulsatile: bool = False,
    ) -> None:
        """Integrate the patients of these rows from begin to end (days); their states move with them.

        parameters: default those of the patients; pulsatile: with explicit pulses.
        """
        count = len(self.runs)
        forcings = [self.runs[row].inputs(pulsatile) for row in rows]
        unique = list({id(forcing): forcing for forcing in forcings}.values())
        place = {id(forcing): index for index, forcing in enumerate(unique)}
        forcing_of = np.zeros(count, dtype=np.int64)
        forcing_of[rows] = [place[id(forcing)] for forcing in forcings]
        spans = np.zeros((2, count))
        spans[0, rows], spans[1, rows] = begin, end
        problem = Problem(
            start=np.array([run.state for run in self.runs]),
            parameters=self.parameters if parameters is None else parameters,
            absolute=self.absolute,
            begin=spans[0],
            end=spans[1],
            forcings=unique,
            forcing_of=forcing_of,
            nonnegative=np.ones(len(self.model.states), dtype=bool),
            pulses=self.pulses if pulsatile else None,
        )
        integrate(self.model.kernel, problem, save_at, self.rtol, solution=into, subjects=rows, threads=self.workers)
        for row in rows:
            self.runs[row].state = into.final[row]


def integrate_patients(runs: Sequence[PatientRun], save_at: SaveAt, *, workers: int | None = None) -> Solution:
    """Integrate patients with the same settings through history, burn-in of pulses, and visits.

    A patient whose integration fails keeps his last state; the others continue. workers: threads, default all cores.
    """
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise InputError(f"workers = {shown(workers)}: expected 1 or more, or None for all cores")
    batch, pulsatile = _Batch(runs, workers), runs[0].settings.pulsatile
    count, states, silent = len(runs), len(batch.model.states), SaveAt(np.zeros(0), states=False)
    solution = empty_solution(count, states, save_at)
    past = [row for row in range(count) if runs[row].past]
    if past:
        before = batch.parameters.copy()
        for row in past:
            before[row] = runs[row].man.with_parameters(pulsatile=False)
        history = empty_solution(count, states, silent)
        starts = [min(runs[row].past[0].start_day, runs[row].begin - 1) for row in past]
        batch.advance(past, starts, [runs[row].begin for row in past], history, silent, parameters=before)
        _note_failures(solution, history)
    if pulsatile:
        moving = [row for row in range(count) if solution.status[row] <= 0]
        burn_in = empty_solution(count, states, silent)
        begins = [runs[row].begin for row in moving]
        batch.advance(moving, [b - BURN_IN_DAYS for b in begins], begins, burn_in, silent, pulsatile=True)
        _note_failures(solution, burn_in)
        solution.carry[:] = burn_in.carry
    _between_visits(batch, solution, save_at, pulsatile)
    return solution


def _between_visits(batch: _Batch, solution: Solution, save_at: SaveAt, pulsatile: bool) -> None:
    """Integrate every patient to each of his visits in turn, and to the end."""
    runs, where = batch.runs, [run.begin for run in batch.runs]
    while moving := [row for row, run in enumerate(runs) if run.stops and solution.status[row] <= 0]:
        ends = [runs[row].stops[0] for row in moving]
        going = [(row, end) for row, end in zip(moving, ends, strict=True) if end > where[row]]
        if going:
            rows, until = [row for row, _ in going], [end for _, end in going]
            batch.advance(rows, [where[row] for row in rows], until, solution, save_at, pulsatile=pulsatile)
        for row, end in zip(moving, ends, strict=True):
            where[row] = end
            if len(runs[row].stops) == 1:
                runs[row].stops.clear()
            elif solution.status[row] <= 0:
                runs[row].visit()


def _pulse_train(model: Model, runs: Sequence[PatientRun]) -> PulseTrain:
    """Every patient's pulse intervals relative to the expected ones: regular for patients without a seed."""
    gnrh = model.states.index("gnrh")
    if all(run.seed is None for run in runs):
        return PulseTrain(gnrh, np.zeros((0, 0)))
    drawn = [run.draws for run in runs]
    draws = np.zeros((len(drawn), max(len(d) for d in drawn)))
    for row, factors in zip(draws, drawn, strict=True):
        row[: len(factors)] = factors
    return PulseTrain(gnrh, draws)


def _note_failures(solution: Solution, earlier: Solution) -> None:
    """Mark patients who failed before the first day as failed."""
    for row in np.flatnonzero(earlier.status > 0):
        solution.status[row], solution.failed_at[row] = earlier.status[row], earlier.failed_at[row]
        solution.failed_state[row] = earlier.failed_state[row]
