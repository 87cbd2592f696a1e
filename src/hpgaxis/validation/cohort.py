"""Cohort of an arm: men drawn about the man with its average baseline, weighted to have the reported baseline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..people.baseline import baseline_weights, labs_of, reached
from ..people.match import MatchedMan, sertoli_maturation
from ..people.patient import phenotypes
from ..people.population import of_safety
from ..people.trait_distributions import correlation_matrix, distribution, trait_distributions
from ..pharmacology.protocol import Protocol
from ..physiology.parameters import SAFETY
from ..physiology.states import TRAITS
from ..simulation.run import simulate_many
from ..simulation.time_courses import TimeCourses
from .outcome import NotComparable

Array = NDArray[np.float64]
MOST_ERROR = 1.5
"""Largest sampling error of a logarithm; beyond it, an average of few men says nothing."""


@dataclass(frozen=True)
class Average(TimeCourses):
    """Time courses of an average of a cohort, read like a patient's result."""

    time: Array
    values: dict[str, Array]
    protocol: Protocol


@dataclass(frozen=True)
class LeftOut:
    """How a cohort differs from what was requested.

    Attributes
    ----------
    drawn : men drawn.
    no_steady_state : men left out because their traits have none.
    not_simulated : men left out because their integration failed.
    baseline : labs whose reported baseline the weighted men do not have, as sentences.
    """

    drawn: int = 0
    no_steady_state: int = 0
    not_simulated: int = 0
    baseline: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether no man and no baseline is missing."""
        return not (self.no_steady_state or self.not_simulated or self.baseline)


@dataclass(frozen=True)
class Cohort:
    """Men (weights, summing to 1) over time (days): measurement -> (men, times) in display units."""

    time: Array
    values: dict[str, Array]
    weights: Array
    protocol: Protocol
    left_out: LeftOut = LeftOut()

    def average(self, stat: str | None = None) -> Average:
        """The weighted mean of the men, or their median for stat="median"."""
        courses = {}
        for name, values in self.values.items():
            courses[name] = self._median(values) if stat == "median" else self.weights @ values
        return Average(self.time, courses, self.protocol)

    def _median(self, values: Array) -> Array:
        order = np.argsort(values, axis=0)
        reached = np.cumsum(self.weights[order], axis=0)
        place = np.argmax(reached >= 0.5, axis=0)
        return np.take_along_axis(values, np.take_along_axis(order, place[None, :], axis=0), axis=0)[0]

    def on(self, name: str, day: float) -> Array:
        """The men's values (men,) on a day, interpolated between output times."""
        return np.array([np.interp(day, self.time, course) for course in self.values[name]])

    def over_the_day(self, name: str, day: float) -> Array:
        """The men's means (men,) of the day that ends on `day` under daily or more frequent doses; else `on`."""
        if day < 1 or not self.protocol.series or max(one.interval_days for one in self.protocol.series) > 1:
            return self.on(name, day)
        return Average(self.time, self.values, self.protocol).mean(name, day - 1, day)

    def share_below(self, name: str, day: float, threshold: float) -> float:
        """Share of the men (0..1) whose measurement is below a threshold on a day."""
        return float(self.weights @ (self.on(name, day) < threshold))

    def those_below(self, name: str, day: float, threshold: float) -> Cohort:
        """The men whose measurement is below a threshold on a day. Raises NotComparable when there are none."""
        kept = self.on(name, day) < threshold
        if not kept.any():
            raise NotComparable(f"no man has {name} below {threshold:g} on day {day:g}")
        weights = self.weights[kept]
        values = {measure: courses[kept] for measure, courses in self.values.items()}
        return Cohort(self.time, values, weights / weights.sum(), self.protocol)

    def first_day(self, name: str, threshold: float, *, above: bool, after: float) -> float:
        """Median over the men of the first day from `after` at or past a threshold; infinite if half never are."""
        values = self.values[name]
        hit = (values >= threshold if above else values <= threshold) & (self.time >= after)
        days = np.where(hit.any(axis=1), self.time[np.argmax(hit, axis=1)], np.inf)
        return float(self._median(days[:, None])[0])

    def sampling_error(self, name: str, day: float, count: int, *, change: bool) -> float:
        """Standard deviation of the logarithm of the average of `count` men, or of its change from the first day."""
        values, now = self.values[name], self.on(name, day)
        part = now / max(float(self.weights @ now), 1e-12)
        if change:
            part = part - values[:, 0] / max(float(self.weights @ values[:, 0]), 1e-12)
        spread = sqrt(max(float(self.weights @ (part - self.weights @ part) ** 2), 0.0))
        return min(spread / sqrt(count), MOST_ERROR)


def simulate_arm(
    centre: MatchedMan,
    protocol: Protocol,
    baseline: dict[str, tuple[float, float | None]],
    *,
    count: int,
    times: Array,
    variables: tuple[str, ...],
    changes_at_start: dict[str, float] | None = None,
    east_asian: bool = False,
) -> Cohort:
    """Draw men about a matched man, weight them to have a baseline, and simulate their treatment.

    The quasi-random numbers are the same every time, so that noise does not hide the effect of a changed parameter. A
    man without a steady state, or whose integration fails, is left out and counted in `left_out`.

    Parameters
    ----------
    centre : the man in the middle; the cohort uses his model.
    protocol : the treatment.
    baseline : lab -> (mean, standard deviation or None) in display units.
    count : number of men drawn.
    times : output days.
    variables : measurements that are kept.
    changes_at_start : traits that change when the simulation begins, such as CASTRATION.
    east_asian : the men have the traits of men of East Asian descent (trait_distributions.yaml).

    Raises
    ------
    InputError
        No man is left.
    """
    fixed = {*phenotypes()[centre.patient.diagnosis].get("fixed", ()), *centre.patient.traits}
    free = [name for name in TRAITS if name not in fixed]
    shares = phenotypes()[centre.patient.diagnosis].get("condition_shares", {})
    normal = _normal(count, len(free) + len(SAFETY) + len(shares))
    together = normal[:, : len(free)] @ np.linalg.cholesky(correlation_matrix(free)).T
    group = trait_distributions()["east_asian_men"] if east_asian else {}
    distributions = distribution(centre.patient.diagnosis, group)
    columns = {
        name: centre.traits[name] * distributions[name][0] * np.exp(distributions[name][1] * z)
        for name, z in zip(free, together.T, strict=True)
    }
    columns.update(of_safety(centre.parameters, normal[:, len(free) : len(free) + len(SAFETY)]))
    for (name, share), z in zip(shares.items(), normal[:, len(free) + len(SAFETY) :].T, strict=True):
        columns[name] = (z > NormalDist().inv_cdf(1 - share)).astype(float)
    model = centre.model
    names = model.parameter_type._fields
    table = np.tile(np.array(centre.parameters, dtype=float), (count, 1))
    for name, values in columns.items():
        table[:, names.index(name)] = values
    states, moving = model.untreated_many(table, sertoli_maturation(centre.patient.onset_age), centre.state)
    kept = moving < 0
    if not kept.any():
        raise InputError(f"none of {count} men drawn has a steady state")
    table, states, normal = table[kept], states[kept], normal[kept]
    labs = labs_of(model, table, states)
    weights = baseline_weights(labs, baseline)
    men = [
        MatchedMan(centre.patient, model.parameter_type(*row), state, centre.traits, model=model)
        for row, state in zip(table.tolist(), states, strict=True)
    ]
    result = simulate_many(
        men, protocol, days=float(times[-1]), t_eval=times.tolist(), variables=variables,
        changes_at_start=changes_at_start, workers=1,
    )  # fmt: skip
    simulated = ~np.isnan(next(iter(result.values.values()))[:, -1])
    if not simulated.any():
        raise InputError(f"none of {len(men)} men could be simulated; the first: {result.failures[0].reason}")
    missed = tuple(str(lab) for lab in reached(labs, weights, baseline) if not lab.usable)
    left_out = LeftOut(count, int((~kept).sum()), int((~simulated).sum()), missed)
    values = {name: courses[simulated] for name, courses in result.values.items()}
    return Cohort(result.time, values, weights[simulated] / weights[simulated].sum(), protocol, left_out)


@cache
def _normal(count: int, dimensions: int) -> Array:
    """Quasi-random standard normal numbers (count, dimensions)."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(dimensions, scramble=True, rng=20260101).random(count)
    return np.clip(ndtri(points), -3, 3)
