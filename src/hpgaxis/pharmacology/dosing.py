"""The axis's inputs over time under a protocol: doses, kinetics and mechanisms, as exact sums of exponentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engine import forcing
from ..physiology.states import Inputs
from ..units import factor
from . import kinetics
from .adherence import taken
from .between_men import Kinetics, of_man, route_of_man
from .doses import DoseSeries
from .drug import Analyte, Drug, Effect, Pathway, Route, Value, constant_key
from .mechanisms import MECHANISMS
from .protocol import Protocol

Array = NDArray[np.float64]
CHANNELS = Inputs._fields
SHORT_PULSE_INTERVAL_DAYS = 0.2
"""GnRH pulses closer than this are averaged in the daily mean, as the pulse generator itself is."""


@dataclass(frozen=True)
class Treatment:
    """A protocol as inputs of the axis over time, and the concentrations of its drugs."""

    forcing: forcing.Forcing
    analytes: tuple[str, ...]
    analyte_units: tuple[str, ...]
    analyte_weights: Array

    def concentrations(self, times: Array) -> dict[str, tuple[str, Array]]:
        """Analyte -> (unit, concentration at `times` in days); releases are left out."""
        if not self.analytes:
            return {}
        source = self.forcing
        probe = forcing.Forcing(source.knots, source.amounts, source.decay, self.analyte_weights, np.zeros(3))
        values = probe.at(times)
        return {
            name: (unit, np.maximum(values[:, index], 0.0))
            for index, (name, unit) in enumerate(zip(self.analytes, self.analyte_units, strict=True))
        }


def _days(value: Value) -> float:
    return value.value * factor(value.unit, "day")


def _response(analyte: Analyte, pathway: Pathway, dose_unit: str) -> kinetics.Response:
    """Impulse response per dose unit absorbed: concentration, or release in nmol per day; [] for an instant release."""
    steps = [_days(value) for value in pathway.half_lives]
    if analyte.formation_half_life is not None:
        steps.append(_days(analyte.formation_half_life))
    if analyte.clearance is None or analyte.half_life is None:
        return kinetics.absorption_then_release(steps) if steps else []
    half_life = _days(analyte.half_life)
    clearance = analyte.clearance.value * factor(analyte.clearance.unit, "L/day")
    scale = factor(f"{dose_unit}/L", analyte.concentration_unit)
    if analyte.distribution_half_life is None or analyte.distribution_share is None:
        return kinetics.concentration(steps, clearance * half_life / kinetics.LN2 / scale, half_life)
    fast, share = _days(analyte.distribution_half_life), analyte.distribution_share.value
    volume = clearance * (share * fast + (1 - share) * half_life) / kinetics.LN2
    return kinetics.concentration(steps, volume / scale, half_life, (fast, share))


def _weight(how: str, effect: Effect, analyte: Analyte, other_constant: float | None) -> float:
    if how == "release":
        return 1.0
    assert effect.constant is not None, f"{effect.mechanism} needs a constant"
    value = effect.constant.value if other_constant is None else other_constant
    if how == "constant":
        return value
    constant = value * factor(effect.constant.unit, analyte.concentration_unit)
    return effect.efficacy / constant if how == "efficacy/constant" else 1.0 / constant


class _Modes:
    """Collects modes (exponentials), their weights on channels and analytes, and the events that fill them."""

    def __init__(self) -> None:
        self.decay: list[float] = []
        self.weights: list[Array] = []
        self.labels: list[str | None] = []
        self.index: dict[tuple[object, ...], int] = {}
        self.events: list[tuple[float, int, float]] = []
        self.units: dict[str, str] = {}


@dataclass(frozen=True)
class _Input:
    """One analyte through one pathway: its impulse response, and where its concentration or release acts."""

    modes: _Modes
    key: tuple[object, ...]
    response: kinetics.Response
    weights: Array
    label: str | None

    def mode(self, pole: int | str, decay: float) -> int:
        """Index of the mode of a pole of the response."""
        modes, key = self.modes, (*self.key, pole)
        if key not in modes.index:
            modes.index[key] = len(modes.decay)
            modes.decay.append(decay)
            modes.weights.append(self.weights)
            modes.labels.append(self.label)
        return modes.index[key]

    def impulses(self, amount: float, times: list[float]) -> None:
        """Give an amount at once at each of these times."""
        for pole, (amplitude, rate) in enumerate(self.response):
            mode, added = self.mode(pole, rate), amount * amplitude
            self.modes.events.extend([(time, mode, added) for time in times])

    def constant_rate(self, rate_per_day: float, start: float, end: float | None) -> None:
        """Give at a constant rate from start to end (None: for ever): a step response, and its opposite at the end."""
        steady = sum(amplitude / rate for amplitude, rate in self.response) if self.response else 1.0
        level = self.mode("constant", 0.0)
        for time, sign in ((start, 1.0), (end, -1.0)):
            if time is None:
                continue
            self.modes.events.append((time, level, sign * rate_per_day * steady))
            for pole, (amplitude, rate) in enumerate(self.response):
                self.modes.events.append((time, self.mode(pole, rate), -sign * rate_per_day * amplitude / rate))


def _release_amount(effects: list[Effect], drug: Drug, analyte: Analyte, amount: float, pulses: float) -> float:
    """Amount that one dose releases: nmol of a hormone, saturable GnRH stimulation, or a mechanism's own amount."""
    for effect in effects:
        mechanism = MECHANISMS[effect.mechanism]
        if mechanism.amount_unit:
            return mechanism.amount(amount * factor(drug.dose_unit, mechanism.amount_unit))
        if effect.saturable_maximum is not None and effect.saturable_half_dose is not None:
            half = effect.saturable_half_dose.value * factor(effect.saturable_half_dose.unit, drug.dose_unit)
            return effect.saturable_maximum.value * amount / (half + amount) / pulses
    if analyte.molar_mass is None:
        raise ValueError(f"{drug.name}: a release needs the analyte's molar_mass")
    return amount * factor(drug.dose_unit, "nmol", analyte.molar_mass.value)


@dataclass(frozen=True)
class _Subject:
    """The properties of a subject, of his adherence and of the simulation that dosing depends on."""

    until: float
    weight_kg: float
    pulses_per_day: float
    pulsatile: bool
    constants: Mapping[str, float]
    adherence: float
    seed: int
    kinetics: Kinetics


def _add_series(modes: _Modes, series: DoseSeries, subject: _Subject) -> None:
    """Add the inputs of one series of doses."""
    drug, route = series.definition, series.absorption
    if subject.kinetics.differ:
        drug = of_man(drug, subject.kinetics)
        route = route_of_man(route, f"{drug.name} {series.route}", subject.kinetics)
    amount = series.amount_in(drug.dose_unit, subject.weight_kg) * subject.kinetics.taken(series)
    times = taken(series, series.times(subject.until), subject.adherence, subject.seed)
    for name, analyte in drug.analytes.items():
        effects = [effect for effect in drug.effects if effect.analyte == name]
        is_release = analyte.clearance is None
        if (route.only and name not in route.only) or (not effects and is_release):
            continue
        given = amount * (route.bioavailability.value if route.bioavailability else 1.0)
        given *= analyte.share_of_dose.value if analyte.share_of_dose else 1.0
        if is_release:
            given = _release_amount(effects, drug, analyte, given, subject.pulses_per_day)
        else:
            modes.units[name] = analyte.concentration_unit
        averaged = (
            any(effect.mechanism == "gnrh_pulse" for effect in effects)
            and series.interval_days < SHORT_PULSE_INTERVAL_DAYS
            and series.doses != 1
            and not subject.pulsatile
        )
        weights = _weights(drug, effects, analyte, subject.constants)
        for number, pathway in enumerate(route.pathways):
            response = _response(analyte, pathway, drug.dose_unit)
            duration = _duration(series, route, pathway, is_release and not response)
            key = (drug.name, series.route, series.formulation, name, number)
            pathway_input = _Input(modes, key, response, weights, None if is_release else name)
            share = given * pathway.share
            if averaged and times:
                end = min(times[-1] + series.interval_days, subject.until)
                pathway_input.constant_rate(share / series.interval_days, times[0], end)
                continue
            if route.lasting:
                for time in times:
                    pathway_input.constant_rate(share, time, None)
            elif duration is None:
                pathway_input.impulses(share, times)
            elif duration == series.interval_days and subject.adherence == 1 and times:  # each begins as one ends
                pathway_input.constant_rate(share / duration, times[0], times[-1] + duration)
            else:
                for time in times:
                    pathway_input.constant_rate(share / duration, time, time + duration)


def _weights(drug: Drug, effects: list[Effect], analyte: Analyte, constants: Mapping[str, float]) -> Array:
    """Weights of an analyte on the input channels."""
    weights = np.zeros(len(CHANNELS))
    for effect in effects:
        other_constant = constants.get(constant_key(drug, effect))
        for channel, how in MECHANISMS[effect.mechanism].channels.items():
            weights[CHANNELS.index(channel)] += _weight(how, effect, analyte, other_constant)
    return weights


def _duration(series: DoseSeries, route: Route, pathway: Pathway, instant: bool) -> float | None:
    if series.over_days is not None:
        return series.over_days
    if route.duration_is_interval:
        return series.interval_days
    if pathway.duration is not None:
        return _days(pathway.duration)
    return 1 / 24 if instant else None


def prepare(
    protocol: Protocol,
    until_day: float,
    *,
    weight_kg: float,
    pulses_per_day: float,
    pulsatile: bool,
    constants: dict[str, float] | None = None,
    seed: int = 0,
    kinetics: Kinetics | None = None,
) -> Treatment:
    """The inputs of the axis over time under a protocol.

    Parameters
    ----------
    protocol : Protocol
    until_day : float
        Doses before this day are given.
    weight_kg : float
        The subject's body weight, for doses per kg.
    pulses_per_day : float
        Normal frequency of GnRH pulses, the unit of pulses that are given.
    pulsatile : bool
        Whether pulses of GnRH are given one by one, or as their daily mean.
    constants : dict, optional
        `constant_key` -> value in place of the drug file's.
    seed : int
        Of the missed doses.
    kinetics : Kinetics, optional
        The subject's own clearance, bioavailability and absorption; None for the median man's.

    Raises
    ------
    DrugError
        For a dose in a unit that does not fit.
    """
    modes = _Modes()
    subject = _Subject(
        until_day, weight_kg, pulses_per_day, pulsatile, constants or {}, protocol.adherence, seed,
        kinetics or Kinetics(),
    )  # fmt: skip
    for series in protocol.series:
        _add_series(modes, series, subject)
    if not modes.decay:
        return Treatment(forcing.none(len(CHANNELS)), (), (), np.zeros((0, 0)))
    inputs = forcing.build(modes.events, modes.decay, np.array(modes.weights))
    analytes = tuple(modes.units)
    belongs = np.array([[float(analyte == label) for analyte in analytes] for label in modes.labels])
    return Treatment(inputs, analytes, tuple(modes.units.values()), belongs.reshape(len(modes.decay), len(analytes)))
