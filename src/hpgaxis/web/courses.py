"""Protocols in one man over time, as the page draws them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ..clinical.risks import warnings
from ..errors import InputError
from ..files import plain
from ..individual.simulated import RELATIVE_TOLERANCE, evenly
from ..model import Model
from ..people.match import MatchedMan, match
from ..people.patient import Patient
from ..people.remarks import lab_lines, reading, remarks
from ..pharmacology.protocol import Protocol
from ..simulation.results import Result
from ..simulation.run import simulate
from .requests import CoursesAsked, ProtocolAsked, PulsesAsked
from .work import Step

DIGITS = 5
STEPS = 183
"""Output times of a course, at most one a day."""
STEPS_OF_DEPOTS = 732
"""The same where levels swing between doses that are more than a day apart."""
PULSES_DAYS, PULSES_STEP = 1.0, 1 / 288
PULSES_SHOWN = ("lh", "fsh", "testosterone")
MOST_DOSES = 2000
"""Of one series that the timeline marks."""


def numbers(values: Any) -> list[Any]:
    """An array as nested lists of numbers with five significant digits; None for what is not finite."""
    array = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(array))))
        rounded = np.where(np.isfinite(scale), np.round(array * scale) / scale, array)
    return rounded.tolist() if np.isfinite(rounded).all() else plain(rounded)


def matched_man(patient: Patient) -> dict[str, Any]:
    """A man's traits and untreated levels, each lab beside what he has, and remarks."""
    man = match(patient)
    levels = untreated(man)
    return {
        "words": patient.in_words(), "age": patient.age, "bmi": patient.bmi, "traits": man.traits, "levels": levels,
        "standard_errors": man.standard_errors, "lines": [*lab_lines(man), *reading(man)], "remarks": remarks(man),
        "fits": {
            name: {"given": one.given, "reached": one.reached, "away": one.away, "contradicts": one.contradicts}
            for name, one in man.fits.items()
        },
    }  # fmt: skip


def untreated(man: MatchedMan) -> dict[str, float]:
    """Levels of an untreated man, in the units shown."""
    model = man.model
    found = model.measure(model.state_type(*man.state), man.parameters)
    return {name: float(value) * model.measurements[name].display_factor for name, value in found.items()}


def courses(asked: CoursesAsked, step: Step) -> dict[str, Any]:
    """Each protocol over time: levels, limits of safety that are passed, visits, doses."""
    model = Model.default()
    model.check_variables(asked.variables)
    plans = [Protocol.of(sentence, model.drugs) for sentence in asked.protocols]
    man = match(asked.man.patient())
    done = []
    for number, plan in enumerate(plans):
        step(number, len(plans))
        done.append(_course(simulated(man, plan, asked.days), plan, asked.variables, asked.days))
    units = {name: model.measurements[name].display_unit for name in asked.variables}
    return {"units": units, "protocols": done}


def simulated(man: MatchedMan, plan: Protocol, days: float) -> Result:
    """One man under one protocol, at times that a chart can show."""
    first = min([0.0, *(one.start_day for one in plan.series)])
    longest = max([0.0, *(one.interval_days for one in plan.series if one.doses != 1)])
    length = max(1.0, round((days - first) / (STEPS if longest <= 1 else STEPS_OF_DEPOTS)))
    times = np.unique([first, 0.0, *np.arange(0.0, days, length), days])
    seed = 1 if plan.adherence < 1 else None
    return simulate(man, evenly(plan), days=days, t_eval=times.tolist(), rtol=RELATIVE_TOLERANCE, seed=seed)


def _course(result: Result, plan: Protocol, names: Iterable[str], days: float) -> dict[str, Any]:
    return {
        "label": plan.label(),
        "time": numbers(result.time),
        "values": {name: numbers(result[name]) for name in names},
        "warnings": warnings(result),
        "visits": [
            {"day": visit.day, "read": visit.read, "actions": list(visit.actions)} for visit in result.visits
        ],
        "timeline": timeline(plan, days),
    }  # fmt: skip


def timeline(plan: Protocol, days: float) -> dict[str, Any]:
    """The series and rules of a protocol as bars and marks of a timeline."""
    bars = []
    for one in plan.series:
        last = days if one.doses is None else one.start_day + (one.doses - 1) * one.interval_days
        bars.append({
            "drug": one.drug, "dose": f"{one.amount:g} {one.unit}", "route": one.route, "begin": one.start_day,
            "end": last + one.interval_days, "every": one.interval_days, "doses": one.doses, "open": one.doses is None,
            "sentence": Protocol((one,)).to_sentence(),
        })  # fmt: skip
    rules = [
        {"days": list(rule.visit_days(days))[:MOST_DOSES], "sentence": sentence}
        for rule, sentence in zip(plan.rules, plan.rule_sentences(), strict=True)
    ]
    return {"bars": bars, "rules": rules, "adherence": plan.adherence, "sentence": plan.to_sentence()}


def read_protocol(asked: ProtocolAsked) -> dict[str, Any]:
    """A sentence as it was understood, with one of its series moved where that is asked for."""
    plan = Protocol.of(asked.sentence, Model.default().drugs)
    if asked.move is None:
        return timeline(plan, asked.days)
    series, wanted = list(plan.series), asked.move
    if wanted.series >= len(series):
        raise InputError(f"there is no series {wanted.series}; the protocol has {len(series)}")
    own = series[wanted.series]
    count = None if wanted.end is None else max(round((wanted.end - wanted.begin) / own.interval_days), 1)
    count = 1 if own.doses == 1 else count
    series[wanted.series] = replace(own, start_day=wanted.begin, doses=count)
    return timeline(Protocol(tuple(series), rules=plan.rules, adherence=plan.adherence), asked.days)


def pulses(asked: PulsesAsked, step: Step) -> dict[str, Any]:
    """A day with explicit pulses of GnRH."""
    step(0, 0)
    plan, end = Protocol.of(asked.protocol, Model.default().drugs), asked.day + PULSES_DAYS
    seed = asked.seed if asked.seed is not None or plan.adherence == 1 else 1
    times = np.arange(asked.day, end + PULSES_STEP / 2, PULSES_STEP)
    man = match(asked.man.patient())
    result = simulate(man, plan, days=end, t_eval=times.tolist(), pulsatile=True, seed=seed)
    return {
        "hours": numbers(24 * (result.time - asked.day)),
        "values": {name: numbers(result[name]) for name in PULSES_SHOWN},
        "units": {name: result.units[name] for name in PULSES_SHOWN},
    }
