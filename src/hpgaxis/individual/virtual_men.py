"""Virtual men whose labs come about as a fit believes, so that fits can be held against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..datasets.course import Course, Observation, Stretch
from ..datasets.observing import observation
from ..engine.random import WIDEST
from ..measurements.registry import LABS
from ..model import Model
from ..pharmacology.protocol import Protocol
from .simulated import expected_readings, readings_of
from .unknowns import Unknowns

Array = NDArray[np.float64]


def course_of(
    protocol: str, labs: Sequence[tuple[float, str, bool]], *, age: float, bmi: float, diagnosis: str | None = None
) -> Course:
    """The course of a man whose labs are yet to be drawn; labs: day, measurement, and whether it is held."""
    observations = tuple(Observation(day, 0, name, 1.0, LABS[name].display_unit, held=held) for day, name, held in labs)
    return Course("virtual man", (Stretch(0.0, Protocol.of(protocol)),), observations, age, bmi, diagnosis)


def virtual_courses(course: Course, model: Model, count: int, seed: int) -> list[tuple[Array, Course]]:
    """Men drawn from what is believed before the data, each with what laboratories report of him.

    Parameters
    ----------
    course : with the doses, and the labs that are drawn.
    model : the model.
    count : men who are drawn; one who cannot be simulated is left out.
    seed : of the draws.

    Returns
    -------
    list of (unknowns (unknowns,), Course)
    """
    unknowns = Unknowns(course, model, count, seed)
    rng = np.random.default_rng([seed, 7])
    z = np.clip(rng.standard_normal((len(unknowns.names), count)), -WIDEST, WIDEST)
    readings = readings_of(course, unknowns)
    even = expected_readings(unknowns, course.observations, readings)(z)
    noisy = even + np.array([one.spread for one in readings])[:, None] * rng.standard_normal(even.shape)
    men = []
    for number in np.flatnonzero(np.isfinite(even).all(axis=0)).tolist():
        values = [float(one.reported(noisy[row, number])) for row, one in enumerate(readings)]
        drawn = [
            observation(one.variable, value, time=one.time, held=one.held)
            for one, value in zip(course.observations, values, strict=True)
        ]
        men.append((z[:, number], replace(course, observations=tuple(drawn))))
    return men
