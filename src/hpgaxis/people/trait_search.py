"""The most probable traits of a man given his labs: least squares about a prior, each lab weighed by its own error.

Counts, motility and volume of semen are matched by his germ cells, his sperm's motility and his ejaculate's volume, at
the hormones that all other labs give: semen says nothing about hormones ("cut" of a model in modules; Plummer 2015).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.steady import SteadyStateError
from ..measurements.registry import MEASUREMENTS, detection_limit
from ..model import Model
from .trait_distributions import correlation_matrix

Array = NDArray[np.float64]
STEP = 1e-5
"""Step of finite differences, in spreads of a trait."""
FURTHEST, FURTHEST_OF_SEMEN, FURTHEST_NEED = 4.5, 60.0, 2.0
"""Bounds of a trait in spreads; wider for traits fitted to semen, as healthy men's spread excludes azoospermia, but for
the need of germ cells: few sperm may be a matter of hormones, none are not."""
ROUNDS = 5
"""Alternations between hormones and semen, where both depend on testis volume."""
SETTLED = 1e-3
"""Change of the traits, in spreads, that ends the rounds."""
FAR_BELOW = 10.0
"""Factor below its limit of detection at which an undetected count is fitted."""
COUNTS = ("sperm_concentration", "sperm_total", "total_motile_count")
MOVING = ("motility", "progressive_motility")
SEMEN = (*COUNTS, *MOVING, "semen_volume")


def floor(name: str) -> float:
    """Level (model unit) below which values are taken for it: semen's limits of detection, of hCG the reference limit.

    0 where there is none.
    """
    if name == "hcg":
        return MEASUREMENTS[name].reference.high
    return detection_limit(name) or 0.0 if name in (*COUNTS, *MOVING, "morphology") else 0.0


def semen_steps(labs: Collection[str]) -> list[tuple[set[str], list[str]]]:
    """Return the steps in which labs of semen are matched: (traits, labs) of counts, and of motility.

    The volume is fitted to its own lab, or to a concentration with a total count; the motile count informs motility
    where another count is given, and germ cells where none is.
    """
    counts = [name for name in COUNTS[:2] if name in labs]
    motile = [name for name in COUNTS[2:] if name in labs]
    alone = motile if not counts else []
    held = {"germ_cells", "germ_cell_need"} if counts or alone else set[str]()
    held |= {"semen_volume"} if "semen_volume" in labs or len(counts) == 2 else set()
    steps = [
        (held, [*counts, *alone, *(name for name in labs if name == "semen_volume")]),
        ({"motility"}, [*(name for name in MOVING if name in labs), *(motile if counts else [])]),
    ]
    return [(traits, own) for traits, own in (steps[::-1] if alone else steps) if own]


@dataclass(frozen=True)
class Search:
    """The fit of one man's traits to his labs: the prior, the free traits and the goals.

    model: its equations and numbers; centre: traits and conditions of the prior's middle; free: traits
    that are sought; goals: lab -> value (model units); errors: lab -> standard deviation of its logarithm; semen: labs
    that affect semen only; one_sided: labs at the limit of detection, below which the model may lie; spreads (free,):
    standard deviations of the logarithms of the free traits between men; drawn (free,): where the prior lies, in its
    spreads; first: a steady state from which others are sought (None: the typical man's).
    """

    age: float
    bmi: float
    maturation: float
    model: Model
    centre: dict[str, float]
    free: tuple[str, ...]
    goals: dict[str, float]
    errors: dict[str, float]
    semen: tuple[str, ...]
    one_sided: frozenset[str]
    spreads: Array
    drawn: Array
    first: Array | None

    @cached_property
    def middle(self) -> Any:
        """The parameters at the prior's centre."""
        return self.model.parameters(self.centre, age=self.age, bmi=self.bmi)

    @cached_property
    def independent(self) -> Array:
        """What turns distances of the traits into independent standard normal numbers (free, free).

        Each row takes the traits before it as given: those of semen follow those of hormones, and never the reverse.
        """
        return np.asarray(np.linalg.inv(np.linalg.cholesky(correlation_matrix(self.free))), dtype=float)

    def man(self, x: Array) -> Any:
        """His parameters at distances x (free,) or (free, men) from the centre, in spreads."""
        moved = {n: self.centre[n] * np.exp(s * v) for n, s, v in zip(self.free, self.spreads, x, strict=True)}
        return self.middle._replace(**moved)

    def state(self, x: Array) -> Array:
        """His untreated steady state."""
        return self.model.untreated(self.man(x), maturation=self.maturation, guess=self.first)

    def misfit(self, p: Any, state: Array, x: Array, moving: Sequence[int], labs: Sequence[str]) -> Array:
        """Standardised residuals of the labs, then of the moving traits given the prior: (rows,) or (rows, men)."""
        values = self.model.measure(state, p)
        goals = np.array([self.goals[name] for name in labs])
        errors = np.array([self.errors[name] for name in labs])
        predicted = np.array([np.maximum(values[name], floor(name) / FAR_BELOW) for name in labs])
        away = np.log(predicted.T / goals) / errors
        below = np.array([name in self.one_sided for name in labs])
        away = np.where(below & (away < 0), 0.0, away).T
        return np.concatenate([away, self.independent[moving] @ (x.T - self.drawn).T])

    def around(self, x: Array, moving: Sequence[int], labs: Sequence[str]) -> tuple[Array, Array]:
        """The misfit (rows,) and its derivatives (rows, moving), from men side by side who each differ in one trait."""
        beside = x[:, None] + np.column_stack([np.zeros(len(x)), STEP * np.eye(len(x))[:, moving]])
        p = self.man(beside)
        table = np.tile(np.array(self.middle, dtype=float), (len(moving) + 1, 1))
        for name in self.free:
            table[:, p._fields.index(name)] = getattr(p, name)
        states, unsettled = self.model.untreated_many(table, self.maturation, self.state(x))
        if (unsettled >= 0).any():
            raise SteadyStateError("a man close to the best fit has no steady state")
        misfits = self.misfit(p, states.T, beside, moving, labs)
        return misfits[:, 0], (misfits[:, 1:] - misfits[:, :1]) / STEP

    def fitted(self, x: Array, moving: Sequence[int], labs: Sequence[str], furthest: float) -> Array:
        """x with the moving traits where they and the labs together are most probable."""
        from scipy.optimize import least_squares  # takes a while to import

        def at(part: Array) -> Array:
            whole = x.copy()
            whole[moving] = part
            return whole

        start = np.where(np.abs(x[moving]) < STEP, 0.0, x[moving])  # a start of 1e-11 would be the search's first step
        bound = np.full(len(moving), furthest)
        for place, trait in enumerate(moving):
            if self.free[trait] == "germ_cell_need":
                bound[place] = FURTHEST_NEED + abs(self.drawn[trait])
        known = dict[bytes, tuple[Array, Array]]()

        def around(part: Array) -> tuple[Array, Array]:
            key = part.tobytes()
            if key not in known:
                known[key] = self.around(at(part), moving, labs)
            return known[key]

        return at(
            least_squares(
                lambda part: around(part)[0],
                start,
                jac=lambda part: around(part)[1],  # pyright: ignore[reportArgumentType]
                bounds=(-bound, bound),
                xtol=1e-8,
                ftol=1e-8,
                max_nfev=60,
            ).x
        )

    def parts(self, without: str = "") -> tuple[list[str], list[tuple[list[int], list[str]]], list[int]]:
        """(labs but those of semen, steps of semen as traits and labs, traits of no step); without: a lab left out."""
        hormones = [name for name in self.goals if name not in self.semen and name != without]
        steps = [
            ([place for place, name in enumerate(self.free) if name in traits], labs)
            for traits, labs in semen_steps([name for name in self.semen if name != without])
        ]
        steps = [(traits, labs) for traits, labs in steps if traits]
        used = {place for traits, _ in steps for place in traits}
        return hormones, steps, [place for place in range(len(self.free)) if place not in used]

    def most_probable(self, without: str = "") -> Array:
        """Distances (free,) of his traits from the centre, in spreads; without: a lab that is left out."""
        hormones, steps, upstream = self.parts(without)
        x, shared = self.drawn, [name for name in hormones if name == "testis_volume"]
        if hormones:
            x = self.fitted(x, range(len(self.free)), hormones, FURTHEST)
        for _ in range(ROUNDS if steps else 0):
            for traits, labs in steps:
                x = self.fitted(x, traits, [*labs, *shared], FURTHEST_OF_SEMEN)
            if not shared:
                break
            before, x = x, self.fitted(x, upstream, hormones, FURTHEST)
            if np.abs(x - before).max() < SETTLED:
                break
        return x

    def standard_errors(self, x: Array) -> Array:
        """Standard errors (free,) of the logarithms of his traits (Laplace): what labs leave of the prior's spreads.

        Those of what semen tells of hold the uncertainty of the hormones as well.
        """
        hormones, steps, known = self.parts()
        labs = [*hormones, *(name for _, own in steps for name in own)]
        if not labs:
            return self.spreads
        slopes = dict(zip(labs, self.around(x, range(len(x)), labs)[1], strict=False))
        covariance = np.zeros((len(x), len(x)))
        for traits, own in [(known, hormones), *steps]:
            rows = np.array([slopes[name] for name in own]).reshape(len(own), len(x))
            here, before = rows[:, traits], [place for place in known if place not in traits]
            prior = self.independent[np.ix_(traits, [*traits, *before])]
            among, others = prior[:, : len(traits)], prior[:, len(traits) :]
            alone = np.linalg.inv(here.T @ here + among.T @ among)
            passed = -alone @ (here.T @ rows[:, before] + among.T @ others)
            covariance[np.ix_(traits, traits)] = alone + passed @ covariance[np.ix_(before, before)] @ passed.T
            covariance[np.ix_(traits, before)] = passed @ covariance[np.ix_(before, before)]
            covariance[np.ix_(before, traits)] = covariance[np.ix_(traits, before)].T
            known = [*known, *(place for place in traits if place not in known)]
        return self.spreads * np.sqrt(np.diag(covariance))
