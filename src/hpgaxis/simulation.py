"""One man under one protocol: labs and doses in, hormones, intratesticular testosterone and sperm over time out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import model
from .engine.batch import PulseTrain, Tolerance
from .engine.single import IntegrationError, integrate_one
from .people.labs import shown_factor
from .people.patient import MatchedMan, Patient, matched
from .people.visits import measured
from .pharmacology.dosing import Treatment, prepare
from .pharmacology.protocol import DoseSeries, Protocol
from .physiology.measurements import observables
from .physiology.states import Inputs, State
from .result import Result, Visit
from .units import DAYS_PER_MONTH

Array = NDArray[np.float64]
BURN_IN_DAYS = 4.0
MOST_PULSES_PER_DAY = 60.0
"""Three times the fastest pulse generator that is known of; a man who needs more is reported."""
JUST_BEFORE = 1e-6
"""Days before a visit's doses at which its samples are taken."""
CASTRATION = {"leydig_output": 1e-4, "sertoli_number": 1e-4}
"""Traits of a man from the moment both testes are gone."""


class SimulationError(RuntimeError):
    """A simulation that could not be finished: which man, which protocol, which day, which state."""


def simulate(
    man: Patient | MatchedMan | None = None,
    protocol: Any = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    pulsatile: bool = False,
    seed: int | None = None,
    step_days: float | None = None,
    ageing: bool = False,
    assay_variation: bool = False,
    tolerance: Tolerance | None = None,
    afterwards: dict[str, float] | None = None,
    constants: dict[str, float] | None = None,
) -> Result:
    """Simulate one man under one protocol from his untreated steady state, or from where his history has brought him.

    man: a Patient (matched to his labs first), a MatchedMan, or None for the typical man. protocol: a sentence, a
    Protocol, or dose series. days or months: how long (default 6 months). pulsatile: every GnRH pulse explicit and
    the daily rhythm on. seed: of what is drawn (pulse intervals, missed doses, variation of labs at visits); without
    it pulses come at regular intervals. assay_variation: labs at visits vary as they do from visit to visit (needs a
    seed). step_days: distance of the output times (default 0.25, or 10 minutes when pulsatile). ageing: he grows
    older meanwhile. afterwards: traits that change when the simulation begins, such as CASTRATION. constants: drug
    constants in place of those in the drugs' files (calibration).
    Raises ProtocolError, DrugError, LabError for bad input and SimulationError when the solver cannot go on.
    """
    if assay_variation and seed is None:
        raise ValueError("assay_variation draws random numbers: give a seed as well")
    if seed is not None and seed < 0:
        raise ValueError(f"seed = {seed}: a whole number from 0")
    if days is not None and months is not None:
        raise ValueError("give days or months, not both")
    length = float(days) if days is not None else float(6 if months is None else months) * DAYS_PER_MONTH
    if not 0 < length <= 36525:
        raise ValueError(f"the simulation lasts {length:g} days; expected above 0 and at most 100 years")
    step = step_days or (1 / 144 if pulsatile else 0.25)
    if not 0 < step <= length:
        raise ValueError(f"step_days = {step:g}: expected above 0 and at most the length of {length:g} days")
    given = Protocol.of(protocol)
    earliest = min([0.0, *(series.start_day for series in given.series)])
    times = np.append(np.arange(earliest, length, step), length)
    who = matched(man)
    course = _Course(
        who,
        who.with_parameters(pulsatile=pulsatile, ageing=ageing)._replace(**(afterwards or {})),
        given,
        length,
        pulsatile,
        None if seed is None else np.random.Generator(np.random.Philox(seed)),
        0 if seed is None else seed,
        tolerance,
        constants,
    )
    try:
        states, treatment, visits = course.run(times, seed if assay_variation else None)
    except IntegrationError as error:
        raise SimulationError(f"{who.patient.name or 'man'}, {given.label()!r}: {error}") from None
    return _result(who, course.p, given, treatment, times, states, visits)


@dataclass
class _Course:
    """One man's way through his history, his treatment and his visits."""

    who: MatchedMan
    p: Any
    protocol: Protocol
    length: float
    pulsatile: bool
    pulse_generator: np.random.Generator | None
    seed: int
    tolerance: Tolerance | None
    constants: dict[str, float] | None
    carry: Array | None = None
    draws: Array | None = None

    def run(self, times: Array, visit_seed: int | None) -> tuple[Array, Treatment, list[Visit]]:
        """States at `times`, the treatment as it was given, and what happened at the visits."""
        past, series = self.who.patient.past(), self.protocol.series
        treatment = self._prepared((*past, *series))
        state = self.who.state
        if past:
            start = min(past[0].start_day, times[0] - 1)
            before = self.who.with_parameters(pulsatile=False)
            state = self._integrate(before, treatment, np.array([start, times[0]]), state, False)[-1]
        rules = self.protocol.rules
        days = sorted({day for rule in rules for day in rule.visit_days(self.length) if day >= times[0]})
        if self.pulsatile:
            lead = np.array([times[0] - BURN_IN_DAYS, times[0]])
            state = self._integrate(self.p, treatment, lead, state, True)[-1]
        visits, pieces, begin = list[Visit](), [state[None, :]], float(times[0])
        for number, end in enumerate([*days, float(times[-1])]):
            if end > begin:
                inside = times[(times > begin) & (times <= end)]
                grid = np.unique(np.concatenate([[begin], inside, [end]]))
                states = self._integrate(self.p, treatment, grid, state, self.pulsatile)
                pieces.append(states[np.isin(grid, inside)])
                state, begin = states[-1], end
            if number < len(days):
                visit, series = self._visit(number, end, state, treatment, series, visit_seed)
                visits.append(visit)
                treatment = self._prepared((*past, *series))
        return np.concatenate(pieces), treatment, visits

    def _prepared(self, series: tuple[DoseSeries, ...]) -> Treatment:
        return prepare(
            Protocol(series, adherence=self.protocol.adherence),
            self.length,
            weight_kg=self.who.patient.weight_kg,
            pulses_per_day=self.p.pulse_frequency_reference,
            pulsatile=self.pulsatile,
            constants=self.constants,
            seed=self.seed,
        )

    def _visit(
        self,
        number: int,
        day: float,
        state: Array,
        treatment: Treatment,
        series: tuple[DoseSeries, ...],
        visit_seed: int | None,
    ) -> tuple[Visit, tuple[DoseSeries, ...]]:
        """What is read on `day` before that day's doses, and the doses as the rules change them."""
        inputs = Inputs(*treatment.forcing.at(np.array([day - JUST_BEFORE]))[0])
        values = observables(State(*state), self.p, inputs)
        read, actions = {}, []
        for rule in self.protocol.rules:
            if day not in rule.visit_days(self.length):
                continue
            name = rule.measure
            read[name] = measured(name, float(values[name]) * shown_factor(name), visit_seed, number)
            if rule.holds(read[name]):
                series, said = rule.apply(series, day)
                actions += [said] if said else []
        return Visit(day, read, tuple(actions)), series

    def _integrate(self, p: Any, treatment: Treatment, times: Array, state: Array, pulsatile: bool) -> Array:
        """States at `times`; the pulse train goes on where the last call left it."""
        inputs = treatment.forcing
        if pulsatile:
            inputs = inputs.with_clock(p.circadian_amplitude, p.circadian_peak, model.CHANNELS.index("clock"))
        states, carry = integrate_one(
            model.kernel(),
            state,
            np.array(p, dtype=float),
            inputs,
            times,
            scale=model.reference_state(p),
            names=model.STATES,
            tolerance=self.tolerance,
            pulses=self._train(p) if pulsatile else None,
            carry=self.carry if pulsatile else None,
        )
        if pulsatile:
            self.carry = carry
        return states

    def _train(self, p: Any) -> PulseTrain:
        """His pulse intervals relative to the expected ones, drawn once: regular without a generator."""
        if self.draws is None:
            count = int(np.ceil(MOST_PULSES_PER_DAY * (self.length + BURN_IN_DAYS + 1)))
            self.draws = np.ones((1, count))
            if self.pulse_generator is not None:
                shape = 1 / p.pulse_interval_spread**2
                self.draws = self.pulse_generator.gamma(shape, 1 / shape, (1, count))
        return PulseTrain(model.STATES.index("gnrh"), self.draws)


def _result(
    who: MatchedMan,
    p: Any,
    protocol: Protocol,
    treatment: Treatment,
    times: Array,
    states: Array,
    visits: list[Visit],
) -> Result:
    inputs = Inputs(*treatment.forcing.at(times).T)
    values = observables(State(*states.T), p, inputs)
    full = {name: np.broadcast_to(np.asarray(value, dtype=float), times.shape) for name, value in values.items()}
    return Result.from_model(
        times=times,
        observables=full,
        states=states,
        protocol=protocol,
        man=who,
        treatment=treatment,
        visits=tuple(visits),
    )
