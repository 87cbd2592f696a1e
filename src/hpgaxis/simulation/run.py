"""One man under one protocol: labs and doses in, hormones, intratesticular testosterone and sperm over time out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.batch import REASONS, SaveAt, Tolerance
from ..engine.random import check_seed
from ..engine.solver.arrays import Solution
from ..errors import HpgaxisError, InputError
from ..files import shown
from ..people.patient import MatchedMan, Patient, matched
from ..pharmacology.doses import LATEST_DAY
from ..pharmacology.overrides import constants_only, traits_only
from ..pharmacology.protocol import Protocol
from ..physiology.observables import observables
from ..physiology.states import Inputs, State
from ..units import days_in_months, finite
from .patient_run import PatientRun, RunSettings, integrate_patients
from .results import Result

Array = NDArray[np.float64]
CASTRATION = {"leydig_output": 1e-4, "sertoli_number": 1e-4}
"""Traits of a man from the moment both testes are gone."""


class SimulationError(HpgaxisError, RuntimeError):
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
    changes_at_start: dict[str, float] | None = None,
    constants: dict[str, float] | None = None,
) -> Result:
    """Simulate one man under one protocol from his untreated steady state, or from where his history has brought him.

    man: a Patient (matched to his labs first), a MatchedMan, or None for the typical man. protocol: a sentence, a
    Protocol, or dose series. days or months: how long (default 6 months; months are a whole number of days: 1 is 30,
    3 are 91, 6 are 183, 12 are 365). pulsatile: every GnRH pulse explicit and the daily rhythm on. seed: of what is
    drawn (pulse intervals, missed doses, variation of labs at visits); without it pulses come at regular intervals.
    assay_variation: labs at visits vary as they do from visit to visit (needs a seed). step_days: distance of the
    output times (default 0.25, or 10 minutes when pulsatile). ageing: he grows older meanwhile. changes_at_start:
    traits that change when the simulation begins, such as CASTRATION. constants: drugs' constants
    (drug.mechanism.analyte) in place of those in the drugs' files; parameters of the man belong to `match`.
    Raises ProtocolError, DrugError, LabError, OverrideError for bad input and SimulationError when the solver cannot
    go on.
    """
    if assay_variation and seed is None:
        raise InputError("assay_variation draws random numbers: give a seed as well")
    if seed is not None:
        check_seed(seed)
    changes, constants = traits_only(changes_at_start, "changes_at_start="), constants_only(constants, "constants=")
    length, step = duration(days, months, step_days, usual_step=1 / 144 if pulsatile else 0.25)
    given = Protocol.of(protocol)
    earliest = min([0.0, *(series.start_day for series in given.series)])
    times = np.append(np.arange(earliest, length, step), length)
    who = matched(man)
    course = PatientRun(
        who,
        who.with_parameters(pulsatile=pulsatile, ageing=ageing)._replace(**changes),
        given,
        RunSettings(length, pulsatile, assay_variation, tolerance or Tolerance(), constants),
        seed,
    )
    found = integrate_patients([course], SaveAt(times), threads=1)
    if found.status[0]:
        raise SimulationError(f"{who.patient.name or 'man'}, {given.label()!r}: {failure(found, 0)}")
    return _result(who, course, given, times, found.states[0])


def duration(
    days: float | None, months: float | None, step_days: float | None, *, usual_step: float = 1.0
) -> tuple[float, float]:
    """Length and distance of output times in days, of which the usual one is at most the length.

    Months are a whole number of days. Raises InputError for what cannot be.
    """
    if days is not None and months is not None:
        raise InputError("give days or months, not both")
    if days is None:
        months = 6.0 if months is None else months
        if not finite(months) or not 0 < months <= 1200:
            said = f"the simulation lasts {shown(months)} months"
            raise InputError(f"{said}; expected above 0 and at most 1200 (100 years)")
        days = days_in_months(months)
    if not finite(days) or not 0 < days <= LATEST_DAY:
        raise InputError(f"the simulation lasts {shown(days)} days; expected above 0 and at most 100 years")
    length = float(days)
    step = min(usual_step, length) if step_days is None else step_days
    if not finite(step) or not 0 < step <= length:
        raise InputError(f"step_days = {shown(step)}: expected above 0 and at most the length of {length:g} days")
    return length, float(step)


def failure(found: Solution, man: int) -> str:
    """Why a man's simulation stopped, when, and where."""
    state = model.STATES[found.failed_state[man]]
    reason = REASONS[int(found.status[man])]
    return f"the solver stopped at day {found.failed_at[man]:.4g}, where {state} changes fastest: {reason}"


def _result(who: MatchedMan, course: PatientRun, protocol: Protocol, times: Array, states: Array) -> Result:
    inputs = Inputs(*course.treatment.forcing.at(times).T)
    values = observables(State(*states.T), course.p, inputs)
    full = {name: np.broadcast_to(np.asarray(value, dtype=float), times.shape) for name, value in values.items()}
    return Result.from_model(
        times=times,
        observables=full,
        states=states,
        protocol=protocol,
        man=who,
        treatment=course.treatment,
        visits=tuple(course.visits),
        series=course.series,
    )
