"""Levels and readings of possible men at the times at which one man was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..datasets.course import Course, Observation
from ..people.match import MatchedMan
from ..pharmacology.doses import DoseSeries
from ..pharmacology.protocol import Protocol
from ..simulation.run import simulate_many
from .reading import Reading, possible_background, reading_of
from .smoother import Readings
from .unknowns import Unknowns

Array = NDArray[np.float64]
RELATIVE_TOLERANCE = 1e-3
"""Of a step: testosterone within 0.03 % of that at 1e-4."""


def evenly(protocol: Protocol) -> Protocol:
    """The protocol with doses that are a day or less apart given evenly, as the model's daily means take them.

    The solver need not stop at every tablet: a man's years take a quarter of the time.
    """
    return replace(protocol, series=tuple(_evenly(one) for one in protocol.series))


def _evenly(series: DoseSeries) -> DoseSeries:
    repeated = series.doses is None or series.doses > 1
    lasting = series.definition.routes[series.route or ""].lasting
    if not repeated or lasting or series.interval_days > 1 or series.over_days is not None:
        return series
    return replace(series, over_days=series.interval_days)


def levels(course: Course, men: Sequence[MatchedMan], observations: Sequence[Observation]) -> Array:
    """Levels (observations, men) in the units shown, means over 24 hours; NaN for a man who cannot be simulated."""
    values = np.full((len(observations), len(men)), np.nan)
    for number, stretch in enumerate(course.stretches):
        places = [place for place, one in enumerate(observations) if one.stretch == number]
        if not places:
            continue
        days = [observations[place].time - stretch.origin for place in places]
        times = sorted(set(days))
        result = simulate_many(
            men, evenly(stretch.protocol), days=max(times[-1], 1.0), t_eval=times,
            variables=list({observations[place].variable for place in places}), ageing=True,
            rtol=RELATIVE_TOLERANCE, own_models=True,
        )  # fmt: skip
        for place, day in zip(places, days, strict=True):
            values[place] = result[observations[place].variable][:, times.index(day)]
    return values


def readings_of(course: Course, unknowns: Unknowns) -> list[Reading]:
    """How each measurement of a course reads the man's level."""
    age = unknowns.typical.patient.age if course.age is None else course.age
    begins = [stretch.origin + stretch.protocol_begins for stretch in course.stretches]
    return [reading_of(one, age, treated=one.time > begins[one.stretch]) for one in course.observations]


def expected_readings(
    unknowns: Unknowns, observations: Sequence[Observation], readings: Sequence[Reading]
) -> Callable[[Array], Array]:
    """Function from unknowns (unknowns, members) to expected readings (observations, members) on the even scale."""

    def expected(z: Array) -> Array:
        men, settled = unknowns.men(z)
        found = levels(unknowns.course, men, observations)
        values = np.array([
            reading.expected(level, unknowns.backgrounds(z, one.variable, possible_background(one)))
            for one, reading, level in zip(observations, readings, found, strict=True)
        ]).reshape(len(observations), z.shape[1])  # fmt: skip
        values[:, ~settled] = np.nan
        return values

    return expected


def as_read(observations: Sequence[Observation], readings: Sequence[Reading]) -> Readings:
    """What was read, on the even scale."""
    values = [float(one.even(seen.shown)) for one, seen in zip(readings, observations, strict=True)]
    return Readings(
        np.array(values), np.array([one.spread for one in readings]),
        np.array([seen.censored == "below" for seen in observations], dtype=bool),
        np.array([seen.censored == "above" for seen in observations], dtype=bool),
    )  # fmt: skip
