"""One man under one protocol: labs and doses in, hormones, intratesticular testosterone and sperm over time out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import model
from .engine.integrator import IntegrationError, Tolerance, integrate
from .people.patient import MatchedMan, Patient, matched
from .pharmacology.dosing import Treatment, prepare
from .pharmacology.protocol import Protocol
from .physiology.axis import pulse_generator
from .physiology.measurements import observables
from .physiology.states import Inputs, State
from .result import Result
from .units import DAYS_PER_MONTH

Array = NDArray[np.float64]
BURN_IN_DAYS = 4.0
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
    tolerance: Tolerance | None = None,
    afterwards: dict[str, float] | None = None,
    constants: dict[str, float] | None = None,
) -> Result:
    """Simulate one man under one protocol from his untreated steady state.

    man: a Patient (matched to his labs first), a MatchedMan, or None for the typical man. protocol: a sentence, a
    Protocol, or dose series. days or months: how long (default 6 months). pulsatile: every GnRH pulse explicit and the
    daily rhythm on; seed: irregular pulse intervals drawn from this seed, None for regular ones. step_days: distance of
    the output times (default 0.25, or 10 minutes when pulsatile). afterwards: traits that change when the simulation
    begins, such as CASTRATION. constants: drug constants in place of those in the drugs' files (calibration).
    Raises ProtocolError, DrugError, LabError for bad input and SimulationError when the solver cannot go on.
    """
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
    p = who.with_parameters(pulsatile=pulsatile)._replace(**(afterwards or {}))
    treatment = prepare(
        given,
        length,
        weight_kg=who.patient.weight_kg,
        pulses_per_day=p.pulse_frequency_reference,
        pulsatile=pulsatile,
        constants=constants,
    )
    try:
        states = _run(who, p, treatment, times, pulsatile, seed, tolerance)
    except IntegrationError as error:
        raise SimulationError(f"{who.patient.name or 'man'}, {given.label()!r}: {error}") from None
    return _result(who, p, given, treatment, times, states)


def _run(
    who: MatchedMan,
    p: Any,
    treatment: Treatment,
    times: Array,
    pulsatile: bool,
    seed: int | None,
    tolerance: Tolerance | None,
) -> Array:
    vector = np.array(p, dtype=float)
    scale = model.reference_state(p)
    common: dict[str, Any] = {"scale": scale, "names": model.STATES, "tolerance": tolerance}
    if not pulsatile:
        return integrate(model.equations(), who.state, vector, treatment.forcing, times, **common)
    clock = model.CHANNELS.index("clock")
    inputs = treatment.forcing.with_clock(p.circadian_amplitude, p.circadian_peak, clock)
    grid = np.concatenate([np.arange(times[0] - BURN_IN_DAYS, times[0], 0.5), times])
    states = integrate(
        model.equations(), who.state, vector, inputs, grid, renewal=_pulses(p, seed), max_step_days=0.1, **common
    )
    return states[len(grid) - len(times) :]


def _pulses(p: Any, seed: int | None) -> Any:
    """When the next GnRH pulse comes after one at time t, and what it adds to the GnRH signal.

    The interval follows from the frequency expected at its middle, extrapolated from the last interval, so that a
    frequency that changes between pulses gives as many pulses as its integral.
    """
    generator = None if seed is None else np.random.Generator(np.random.Philox(seed))
    shape = 1 / p.pulse_interval_spread**2
    gnrh = model.STATES.index("gnrh")

    last: list[float] = []

    def renewal(t: float, y: Array) -> tuple[float, Array]:
        frequency, mass = pulse_generator(State(*y), p)
        expected = frequency * (frequency / last[0]) ** 0.5 if last else frequency
        last[:] = [frequency]
        interval = 1 / expected
        if generator is not None:
            interval *= generator.gamma(shape, 1 / shape)
        impulse = np.zeros_like(y)
        impulse[gnrh] = p.gnrh_elimination * mass / p.pulse_frequency_reference
        return t + float(interval), impulse

    return renewal


def _result(who: MatchedMan, p: Any, protocol: Protocol, treatment: Treatment, times: Array, states: Array) -> Result:
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
    )
