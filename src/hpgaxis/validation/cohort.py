"""An arm's men: drawn about the man who has its average baseline, weighted until their baseline is the one reported."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..people.baseline import baseline_weights, labs_of, reached
from ..people.match import MatchedMan, sertoli_maturation
from ..people.patient import phenotypes
from ..pharmacology.protocol import Protocol
from ..physiology.parameters import catalogue
from ..physiology.states import TRAITS
from ..simulation.run import simulate_many
from ..simulation.time_courses import TimeCourses
from .outcome import NotComparable

Array = NDArray[np.float64]
MOST_ERROR = 1.5
"""Of a logarithm: beyond, an average of few men says nothing."""
SPERM = ("sperm_concentration", "sperm_total", "total_motile_count")


@dataclass(frozen=True)
class Average(TimeCourses):
    """Courses of an average of a cohort, read like a man's result."""

    time: Array
    values: dict[str, Array]
    protocol: Protocol


@dataclass(frozen=True)
class LeftOut:
    """What of a cohort is not as it was asked for.

    Attributes
    ----------
    drawn : men drawn.
    no_steady_state : men left out because their traits have none.
    not_simulated : men left out because the solver gave up on them.
    baseline : labs of the baseline table that the weighted men do not have, in words.
    """

    drawn: int = 0
    no_steady_state: int = 0
    not_simulated: int = 0
    baseline: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether all is as it was asked for."""
        return not (self.no_steady_state or self.not_simulated or self.baseline)


@dataclass(frozen=True)
class Cohort:
    """Men (weights, summing to 1) over time (days): measurement -> (men, times) in the unit shown."""

    time: Array
    values: dict[str, Array]
    weights: Array
    protocol: Protocol
    left_out: LeftOut = LeftOut()

    def average(self, stat: str | None = None) -> Average:
        """The mean of the men, or their median."""
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
        return np.array([np.interp(day, self.time, own) for own in self.values[name]])

    def share_below(self, name: str, day: float, threshold: float) -> float:
        """Share of the men (0..1) whose measurement is below a threshold on a day."""
        return float(self.weights @ (self.on(name, day) < threshold))

    def those_below(self, name: str, day: float, threshold: float) -> Cohort:
        """The men whose measurement is below a threshold on a day. Raises NotComparable when there are none."""
        kept = self.on(name, day) < threshold
        if not kept.any():
            raise NotComparable(f"no man has {name} below {threshold:g} on day {day:g}")
        weights = self.weights[kept]
        values = {measure: own[kept] for measure, own in self.values.items()}
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
    days: float,
    step_days: float,
    variables: tuple[str, ...],
    changes_at_start: dict[str, float] | None = None,
    east_asian: bool = False,
) -> Cohort:
    """`count` men about `centre`, treated; baseline: lab -> (mean, standard deviation or None) in the unit shown.

    The model is the one that the centre was matched with. The same quasi-random numbers every time, so that a change of
    a parameter is not drowned in noise. A man without a steady state, or who cannot be simulated, is left out and
    counted in `left_out`. Raises InputError where nobody is left.
    """
    fixed = {*phenotypes()[centre.patient.diagnosis].get("fixed", ()), *centre.patient.traits}
    free = [name for name in TRAITS if name not in fixed]
    normal = _normal(count, len(free) + 1)
    spreads = [catalogue()[name].spread for name in free]
    columns = {n: centre.traits[n] * np.exp(s * z) for n, s, z in zip(free, spreads, normal.T, strict=False)}
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
    weights = baseline_weights(model, table, states, baseline)
    men = [
        MatchedMan(centre.patient, model.parameter_type(*row), state, centre.traits, model=model)
        for row, state in zip(table.tolist(), states, strict=True)
    ]
    found = simulate_many(
        men, protocol, days=days, step_days=step_days, variables=variables, changes_at_start=changes_at_start,
        workers=1,
    )  # fmt: skip
    well = ~np.isnan(next(iter(found.values.values()))[:, -1])
    if not well.any():
        raise InputError(f"none of {len(men)} men could be simulated; the first: {found.failures[0].reason}")
    off = tuple(str(one) for one in reached(labs_of(model, table, states), weights, baseline) if not one.usable)
    left_out = LeftOut(count, int((~kept).sum()), int((~well).sum()), off)
    values = {name: course[well] for name, course in found.values.items()}
    if "sperm_concentration" in values:
        spread, shift = (getattr(centre.parameters, name) for name in ("response_spread", "response_east_asian"))
        values.update(apply_response_variability(values, spread * normal[well, -1] + shift * east_asian))
    return Cohort(found.time, values, weights[well] / weights[well].sum(), protocol, left_out)


def apply_response_variability(values: dict[str, Array], more: Array) -> dict[str, Array]:
    """Sperm of men whose tubules fail sooner or later at the same hormones: the logarithm of the loss, spread."""
    start = np.maximum(values["sperm_concentration"][:, :1], 1e-6)
    left = np.clip(values["sperm_concentration"] / start, 1e-9, 1.0)
    factor = left ** more[:, None]
    return {name: values[name] * factor for name in SPERM if name in values}


def _normal(count: int, dimensions: int) -> Array:
    """Standard normal numbers (count, dimensions), evenly spread."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(dimensions, scramble=True, rng=20260101).random(count)
    return np.clip(ndtri(points), -3, 3)
