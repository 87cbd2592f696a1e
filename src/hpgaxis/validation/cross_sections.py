"""Untreated men of a survey beside virtual men of the same ages and body mass indices: medians and correlations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import stream
from ..evidence.individuals import CrossSection
from ..measurements.registry import LABS
from ..model import Model
from ..people.match import MatchedMan
from ..people.population import LIMITS, population
from ..people.sampling import rhythm
from .populations import rank_correlation, samples

Array = NDArray[np.float64]
BMI_CLASSES = tuple(pairwise((18.0, 25.0, 30.0, 35.0, 40.0, inf)))
AGE_CLASSES = tuple(pairwise((18.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)))
"""Classes of body mass index (kg/m2) and of age (years), from the first number up to, not including, the second."""
YOUNGER = 60.0
"""Age (years) below which men are compared by body mass index."""
TRIMMED = 0.005
"""Share of men at either end of each lab whom correlations leave out: some of the measured men take hormones."""
FEWEST = 20
"""Men of a class or a correlation that is compared."""
EACH = 4
"""Virtual men for each measured man."""
AT_ONCE = 500
"""Measured men whose virtual men are drawn between two calls of the callback."""
SESSIONS = ((0.5, 8.5, 12.5), (0.5, 13.5, 20.5))
"""Share of men, first and last hour of the sessions of the survey in which blood is drawn.

Half the men are assigned to the morning, half to the afternoon or evening (NHANES overviews of the examination,
2011-2012 and 2017-2018); the hours are assumed. The survey's variables of session and of hours of fasting would settle
them.
"""
HOURS = 8
"""Stream of the hours at which blood is drawn."""


@dataclass(frozen=True)
class CrossSectionComparison:
    """A survey's men beside virtual men of the same ages and body mass indices.

    Attributes
    ----------
    name : of the survey's file.
    men : number of measured men; `virtual` : of virtual men.
    medians : one dict each: `by` (bmi or age), `low` and `high` limit of the class (`high` None for none), `measure`,
        `unit`, `men`, and the medians `observed` and `predicted`.
    correlations : Spearman rank correlations of what varies, one dict each: `between` (two names), `men`, `observed`
        and `predicted`.
    redrawn : virtual men whose traits had no steady state at first.
    unused : columns of the file that are not read.
    """

    name: str
    men: int
    virtual: int
    medians: list[dict[str, Any]]
    correlations: list[dict[str, Any]]
    redrawn: int = 0
    unused: tuple[str, ...] = ()


def virtual_men(
    survey: CrossSection, *, seed: int, model: Model | None, callback: Callable[[int], object] | None = None
) -> tuple[dict[str, Array], int]:
    """One sample of each of EACH virtual men for each measured man, and how many men were drawn more than once.

    The virtual men are those of the general population (the diagnosis eugonadal) at the ages and body mass indices of
    the measured men, in whose order they stand; mass spectrometry reads their labs at an hour of the survey's sessions.

    Parameters
    ----------
    survey : the measured men.
    seed : of the study.
    model : default the shipped one.
    callback : is called with the number of measured men done since its last call.
    """
    ages, bmis = (np.repeat(np.clip(survey.values[which], *LIMITS[which]), EACH) for which in ("age", "bmi"))
    men, redrawn = list[MatchedMan](), 0
    for first in range(0, len(ages), EACH * AT_ONCE):
        some = slice(first, first + EACH * AT_ONCE)
        drawn = population(len(ages[some]), seed=seed, first=first, age=ages[some], bmi=bmis[some], model=model)
        men += drawn
        redrawn += drawn.redrawn
        if callback:
            callback(len(drawn) // EACH)
    found = samples(men, seed)
    read_in_sessions(found, survey.labs, ages, seed)
    return found, redrawn


def read_in_sessions(men: dict[str, Array], names: Iterable[str], ages: Array, seed: int) -> None:
    """Give mean levels of men of these ages (lab -> (men,)) the level of an hour of the survey's sessions."""
    source = stream(seed, HOURS)
    session = np.searchsorted(np.cumsum([share for share, *_ in SESSIONS]), source.random(len(ages)), side="right")
    begins, ends = np.array([hours for _, *hours in SESSIONS]).T
    hours = source.uniform(begins[session], ends[session])
    for name in names:
        if name in men and LABS[name].rhythm is not None:
            men[name] = men[name] * [rhythm(name, hour, age) for hour, age in zip(hours, ages, strict=True)]


def compare_cross_section(
    survey: CrossSection,
    *,
    seed: int = 1,
    model: Model | None = None,
    callback: Callable[[int], object] | None = None,
) -> CrossSectionComparison:
    """Compare a survey's medians by body mass index and age, and its rank correlations, with those of virtual men.

    Every measured man counts alike; the parameters are those of `virtual_men`.
    """
    virtual, redrawn = virtual_men(survey, seed=seed, model=model, callback=callback)
    labs = [name for name in survey.labs if name in virtual]
    groups = survey.values, virtual | {which: np.repeat(survey.values[which], EACH) for which in ("age", "bmi")}
    medians = []
    for by, classes in (("bmi", BMI_CLASSES), ("age", AGE_CLASSES)):
        for name in labs:
            for low, high in classes:
                observed, predicted = (_of_class(men, name, by, low, high) for men in groups)
                if len(observed) >= FEWEST:
                    medians.append(
                        {
                            "by": by, "low": low, "high": None if high == inf else high, "measure": name,
                            "unit": LABS[name].display_unit, "men": len(observed),
                            "observed": float(np.median(observed)), "predicted": float(np.median(predicted)),
                        }
                    )  # fmt: skip
    correlations = []
    for between in combinations((*labs, "bmi", "age"), 2):
        observed, predicted = (_pairs(men, labs, between) for men in groups)
        enough = observed.shape[1] >= FEWEST and all(np.ptp(pair, axis=1).all() for pair in (observed, predicted))
        if between != ("bmi", "age") and enough:
            correlations.append(
                {
                    "between": list(between), "men": observed.shape[1],
                    "observed": rank_correlation(*observed), "predicted": rank_correlation(*predicted),
                }
            )  # fmt: skip
    unused = (*survey.unused, *(name for name in survey.labs if name not in labs))
    return CrossSectionComparison(survey.name, len(survey), len(virtual["age"]), medians, correlations, redrawn, unused)


def _of_class(men: Mapping[str, Array], name: str, by: str, low: float, high: float) -> Array:
    """A lab of the men of a class of age, or of body mass index below YOUNGER years, who have it."""
    here = (men[by] >= low) & (men[by] < high) & ~np.isnan(men[name])
    return men[name][here & (men["age"] < YOUNGER) if by == "bmi" else here]


def _pairs(men: Mapping[str, Array], labs: Sequence[str], between: tuple[str, str]) -> Array:
    """Two columns (2, men) of the men who have both, without the men at the ends of any lab."""
    ends = {name: np.nanquantile(men[name], [TRIMMED, 1 - TRIMMED]) for name in labs}
    beyond = np.any([(men[name] < low) | (men[name] > high) for name, (low, high) in ends.items()], axis=0)
    both = np.array([men[name] for name in between])
    return both[:, ~beyond & ~np.isnan(both).any(axis=0)]


def class_text(row: dict[str, Any]) -> str:
    """'BMI 18 to 25', 'BMI 40 and more', '30 to 40 years'."""
    limits = f"{row['low']:g} and more" if row["high"] is None else f"{row['low']:g} to {row['high']:g}"
    return f"BMI {limits}" if row["by"] == "bmi" else f"{limits} years"
