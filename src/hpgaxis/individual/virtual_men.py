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


def drawn_readings(course: Course, model: Model, count: int, seed: int) -> tuple[Array, Array, Array]:
    """Men drawn from what is believed before the data, and what laboratories report of them.

    Parameters
    ----------
    course : with the doses, and the labs that are drawn.
    model : the model.
    count : men who are drawn.
    seed : of the draws.

    Returns
    -------
    tuple of arrays
        Unknowns (unknowns, men); what each lab leads one to expect (labs, men), and what is reported (labs, men), in
        the units shown. NaN for a man who cannot be simulated.
    """
    unknowns = Unknowns(course, model, count, seed)
    rng = np.random.default_rng([seed, 7])
    z = np.clip(rng.standard_normal((len(unknowns.names), count)), -WIDEST, WIDEST)
    readings = readings_of(course, unknowns)
    even = expected_readings(unknowns, course.observations, readings)(z)
    noisy = even + np.array([one.spread for one in readings])[:, None] * rng.standard_normal(even.shape)
    expected, reported = (
        np.array([one.reported(row) for one, row in zip(readings, values, strict=True)]).reshape(even.shape)
        for values in (even, noisy)
    )
    return z, expected, reported


def virtual_courses(course: Course, model: Model, count: int, seed: int) -> list[tuple[Array, Course]]:
    """Men drawn from what is believed before the data, each with what laboratories report of him.

    Parameters are those of `drawn_readings`; a man who cannot be simulated is left out.

    Returns
    -------
    list of (unknowns (unknowns,), Course)
    """
    z, _, reported = drawn_readings(course, model, count, seed)
    men = []
    for number in np.flatnonzero(np.isfinite(reported).all(axis=0)).tolist():
        drawn = [
            observation(one.variable, value, time=one.time, held=one.held)
            for one, value in zip(course.observations, reported[:, number].tolist(), strict=True)
        ]
        men.append((z[:, number], replace(course, observations=tuple(drawn))))
    return men
