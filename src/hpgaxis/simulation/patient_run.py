"""The way of many men through their histories, treatments and visits, on the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.batch import Problem, PulseTrain, SaveAt, Tolerance, empty_solution, integrate
from ..engine.random import stream
from ..engine.solver.arrays import Solution
from ..errors import InputError
from ..measurements.registry import MEASUREMENTS
from ..measurements.variation import measured
from ..people.patient import MatchedMan
from ..pharmacology.doses import DoseSeries
from ..pharmacology.dosing import Treatment, prepare
from ..pharmacology.protocol import Protocol
from ..physiology.observables import observables
from ..physiology.states import Inputs, State
from .results import Visit

Array = NDArray[np.float64]
BURN_IN_DAYS = 4.0
JUST_BEFORE = 1e-6
"""Days before a visit's doses at which its samples are taken."""
MOST_PULSES_PER_DAY = 60.0
"""Three times the fastest pulse generator that is known of; a man who needs more is reported."""


@dataclass(frozen=True)
class RunSettings:
    """What is the same for every man: how long (days), pulses or daily mean, and how what is drawn is used."""

    length: float
    pulsatile: bool = False
    assay_variation: bool = False
    tolerance: Tolerance = field(default_factory=Tolerance)
    constants: dict[str, float] | None = None


@dataclass
class PatientRun:
    """One man's way: who, his parameters p, his protocol, his seed (None: nothing is drawn), where he stands.

    The treatment and the visits grow as the visits change what he gets.
    """

    who: MatchedMan
    p: Any
    protocol: Protocol
    plan: RunSettings
    seed: int | None = None
    shared: dict[Any, Any] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.protocol.adherence < 1 and self.seed is None:
            raise InputError(
                f"an adherence of {self.protocol.adherence:.4g} draws which doses are missed: give a seed as well "
                "(`seed=`, --seed on the command line)"
            )
        self.past = self.who.patient.past()
        self.series: tuple[DoseSeries, ...] = self.protocol.series
        self.state = self.who.state
        self.begin = min([0.0, *(series.start_day for series in self.series)])
        rules = self.protocol.rules
        days = {day for rule in rules for day in rule.visit_days(self.plan.length) if day >= self.begin}
        self.stops = [*sorted(days), self.plan.length]
        self.treatment = self._prepared()

    def _prepared(self) -> Treatment:
        """His inputs; men who get the same doses share them."""
        series, weight, pulses = (
            (*self.past, *self.series),
            self.who.patient.weight_kg,
            self.p.pulse_frequency_reference,
        )
        adherence, plan = self.protocol.adherence, self.plan
        key = (series, weight if any("/kg" in s.unit for s in series) else None, pulses, adherence)
        if adherence < 1:
            key = (*key, self.seed)
        if key not in self.shared:
            self.shared[key] = prepare(
                Protocol(series, adherence=adherence),
                plan.length,
                weight_kg=weight,
                pulses_per_day=pulses,
                pulsatile=plan.pulsatile,
                constants=plan.constants,
                seed=self.seed or 0,
            )
        return self.shared[key]

    def visit(self) -> None:
        """Read his labs at his next stop, before that day's doses, and change the doses as his rules say."""
        day, number = self.stops.pop(0), len(self.visits)
        inputs = Inputs(*self.treatment.forcing.at(np.array([day - JUST_BEFORE]))[0])
        values = observables(State(*self.state), self.p, inputs)
        seed = self.seed if self.plan.assay_variation else None
        read, actions = {}, []
        for rule in self.protocol.rules:
            if day not in rule.visit_days(self.plan.length):
                continue
            name = rule.measure
            read[name] = measured(name, float(values[name]) * MEASUREMENTS[name].display_factor, seed, number)
            if rule.holds(read[name]):
                self.series, said = rule.apply(self.series, day)
                actions += [said] if said else []
        self.visits.append(Visit(day, read, tuple(actions)))
        self.treatment = self._prepared()

    @cached_property
    def draws(self) -> Array:
        """What each of his pulse intervals is multiplied by."""
        assert self.seed is not None
        count = int(np.ceil(MOST_PULSES_PER_DAY * (self.plan.length - self.begin + BURN_IN_DAYS)))
        shape = 1 / self.p.pulse_interval_spread**2
        return stream(self.seed).gamma(shape, 1 / shape, count)


def integrate_patients(
    courses: Sequence[PatientRun],
    output: SaveAt,
    *,
    threads: int | None = None,
) -> Solution:
    """Take all men through their courses; they are at the same plan. Who fails stays where he was, the others go on."""
    plan, count = courses[0].plan, len(courses)
    tolerance = plan.tolerance
    now = np.array([course.p for course in courses], dtype=float)
    scale = model.precision(type(courses[0].p)(*now.T), plan.pulsatile).T
    found = empty_solution(count, len(model.STATES), output)
    silent = SaveAt(np.zeros(0), states=False)
    train = _train(courses) if plan.pulsatile else None

    def advance(
        who: list[int],
        begin: list[float],
        end: list[float],
        parameters: Array,
        pulses: bool,
        kept: SaveAt,
        into: Solution,
    ) -> None:
        """Move some men; afterwards their states are where they have come to."""
        forcings = [_inputs(courses[man], pulses) for man in who]
        unique = list({id(f): f for f in forcings}.values())
        place = {id(f): index for index, f in enumerate(unique)}
        of_man = np.zeros(count, dtype=np.int64)
        of_man[who] = [place[id(f)] for f in forcings]
        spans = np.zeros((2, count))
        spans[0, who], spans[1, who] = begin, end
        problem = Problem(
            start=np.array([course.state for course in courses]),
            parameters=parameters,
            absolute=tolerance.absolute * scale,
            begin=spans[0],
            end=spans[1],
            forcings=unique,
            forcing_of=of_man,
            nonnegative=np.ones(len(model.STATES), dtype=bool),
            pulses=train if pulses else None,
        )
        integrate(model.kernel(), problem, kept, tolerance.relative, solution=into, subjects=who, threads=threads)
        for man in who:
            courses[man].state = into.final[man]

    everyone = list(range(count))
    past = [man for man in everyone if courses[man].past]
    if past:
        before = now.copy()
        for man in past:
            before[man] = courses[man].who.with_parameters(pulsatile=False)
        history = empty_solution(count, len(model.STATES), silent)
        starts = [min(courses[m].past[0].start_day, courses[m].begin - 1) for m in past]
        advance(past, starts, [courses[m].begin for m in past], before, False, silent, history)
        _note_failures(found, history)
    if plan.pulsatile:
        moving = [man for man in everyone if found.status[man] <= 0]
        burn_in = empty_solution(count, len(model.STATES), silent)
        begins = [courses[m].begin for m in moving]
        advance(moving, [b - BURN_IN_DAYS for b in begins], begins, now, True, silent, burn_in)
        _note_failures(found, burn_in)
        found.carry[:] = burn_in.carry
    where = [course.begin for course in courses]
    while moving := [man for man in everyone if courses[man].stops and found.status[man] <= 0]:
        ends = [courses[man].stops[0] for man in moving]
        going = [(man, end) for man, end in zip(moving, ends, strict=True) if end > where[man]]
        if going:
            men = [man for man, _ in going]
            advance(men, [where[man] for man in men], [end for _, end in going], now, plan.pulsatile, output, found)
        for man, end in zip(moving, ends, strict=True):
            where[man] = end
            if len(courses[man].stops) == 1:
                courses[man].stops.clear()
            elif found.status[man] <= 0:
                courses[man].visit()
    return found


def _inputs(course: PatientRun, pulsatile: bool) -> Any:
    """A man's inputs, with the daily clock where pulses are explicit; the same object for the same treatment."""
    if not pulsatile:
        return course.treatment.forcing
    p = course.p
    key = (id(course.treatment), p.circadian_amplitude, p.circadian_peak)
    if key not in course.shared:
        clock = model.CHANNELS.index("clock")
        course.shared[key] = course.treatment.forcing.with_clock(p.circadian_amplitude, p.circadian_peak, clock)
    return course.shared[key]


def _train(courses: Sequence[PatientRun]) -> PulseTrain:
    """Every man's pulse intervals relative to the expected ones: regular for men without a seed."""
    gnrh = model.STATES.index("gnrh")
    if all(course.seed is None for course in courses):
        return PulseTrain(gnrh, np.zeros((0, 0)))
    drawn = [course.draws for course in courses]
    draws = np.zeros((len(drawn), max(len(d) for d in drawn)))
    for row, own in zip(draws, drawn, strict=True):
        row[: len(own)] = own
    return PulseTrain(gnrh, draws)


def _note_failures(found: Solution, earlier: Solution) -> None:
    """Who failed before the first day has failed."""
    for man in np.flatnonzero(earlier.status > 0):
        found.status[man], found.failed_at[man] = earlier.status[man], earlier.failed_at[man]
        found.failed_state[man] = earlier.failed_state[man]
