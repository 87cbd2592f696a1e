"""What is not known of a man before his data: independent standard normal numbers, and the men that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.course import Course
from ..engine.random import WIDEST
from ..model import Model
from ..people.match import MatchedMan, match, sertoli_maturation
from ..people.patient import Patient, phenotypes
from ..people.population import LIMITS, mixtures
from ..people.trait_distributions import correlation_matrix, distribution, trait_distributions
from ..pharmacology.between_men import TAKEN, names_of, self_taken
from ..physiology.parameters import SAFETY, catalogue
from ..physiology.posterior import resample_parameter_sets
from ..physiology.states import CONDITIONS, TRAITS
from .reading import possible_background

Array = NDArray[np.float64]
GENERAL = "general_population"
"""Group of a man whose diagnosis is not known: the distributions of his traits, age and body mass."""
ADHERENCE = "adherence"
USUALLY_TAKEN = 1.645
"""Standard normal number whose probability, 95 %, is the share of doses that half of men exceed; one in twenty takes
less than half. Assumed. Settled by: counts of tablets in men on the drugs of this package."""
LEAST_TAKEN = 0.01
MEMBERS_OF_A_SET = 8
"""Members of an ensemble that share one sample of the typical man's parameters: the lanes of the kernel."""


@dataclass(frozen=True)
class Unknowns:
    """The unknowns of one man, each a standard normal number before his data.

    They are his traits (log-normal between men, correlated), what differs in safety, his age and body mass where they
    are not given, the kinetics of his drugs, the share of doses that he takes where he takes them himself, and what his
    assays read where there is nothing. The typical man's parameters differ between members of an ensemble too, and
    are not learned from one man.

    Attributes
    ----------
    course : the man.
    model : the model; what it has in place of shipped numbers is held.
    members : size of the ensemble.
    seed : of what is drawn and not learned.
    """

    course: Course
    model: Model
    members: int
    seed: int

    @property
    def diagnosis(self) -> str:
        """His diagnosis; eugonadal where it is not known."""
        return self.course.diagnosis or "eugonadal"

    @cached_property
    def _group(self) -> dict[str, Any]:
        return mixtures()[GENERAL] if self.course.diagnosis is None else {}

    @cached_property
    def typical(self) -> MatchedMan:
        """The typical man of his diagnosis."""
        return match(Patient(diagnosis=self.diagnosis), model=self.model)

    @cached_property
    def traits(self) -> tuple[str, ...]:
        """The traits that are learned."""
        fixed = set(phenotypes()[self.diagnosis].get("fixed", ()))
        return tuple(name for name in TRAITS if name not in fixed)

    @cached_property
    def covariates(self) -> tuple[str, ...]:
        """Age and body mass index, where they are not given."""
        return tuple(name for name in ("age", "bmi") if getattr(self.course, name) is None)

    @cached_property
    def kinetics(self) -> tuple[str, ...]:
        """What varies between men in the kinetics of his drugs."""
        series = [one for stretch in self.course.stretches for one in stretch.protocol.series]
        return tuple(dict.fromkeys(n for one in series for n in names_of(one.definition, one.route, one.absorption)))

    @cached_property
    def assays(self) -> tuple[str, ...]:
        """Measurements whose assay may read something where there is nothing."""
        return tuple(dict.fromkeys(one.variable for one in self.course.observations if possible_background(one)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the unknowns, in their order."""
        assays = (f"{name}, background of the assay" for name in self.assays)
        taken = (ADHERENCE,) if self.takes else ()
        return (*self.traits, *SAFETY, *self.covariates, *self.kinetics, *assays, *taken)

    def of(self, z: Array, *names: str) -> Array:
        """Rows of the unknowns with these names (names, members)."""
        return z[[self.names.index(name) for name in names]]

    def backgrounds(self, z: Array, variable: str, background: float) -> Array | float:
        """What an assay adds to each level (members,), in the unit of `background`."""
        if variable not in self.assays:
            return 0.0
        return background / 2 * self.of(z, f"{variable}, background of the assay")[0]

    @cached_property
    def takes(self) -> bool:
        """Whether he takes doses himself, so that he may leave some out."""
        return any(self_taken(one) for stretch in self.course.stretches for one in stretch.protocol.series)

    def taken(self, z: Array) -> Array:
        """Share of the doses that each member takes (members,), of those that he takes himself, in whole per cent.

        Members with the same share have the same inputs, which are worked out once.
        """
        from scipy.special import ndtr

        shares = ndtr(USUALLY_TAKEN - self.of(z, ADHERENCE)[0]) if self.takes else np.ones(z.shape[1])
        return np.maximum(np.round(shares, 2), LEAST_TAKEN)

    @cached_property
    def sets(self) -> list[dict[str, float]]:
        """Samples of the typical man's parameters."""
        return resample_parameter_sets(-(-self.members // MEMBERS_OF_A_SET))

    @cached_property
    def models(self) -> list[Model]:
        """The model of each sample."""
        return [self.model.with_posterior_sample(values) for values in self.sets]

    @cached_property
    def distributions(self) -> dict[str, Sequence[float]]:
        """Trait -> median (relative to the diagnosis's own) and standard deviation of the logarithm."""
        group = trait_distributions().get(GENERAL, {}) if self.course.diagnosis is None else {}
        return distribution(self.diagnosis, group)

    @cached_property
    def _together(self) -> Array:
        return np.asarray(np.linalg.cholesky(correlation_matrix(self.traits)), dtype=float)

    @cached_property
    def conditions(self) -> dict[str, Array]:
        """Conditions that a share of men of his diagnosis have, by member; they are not learned."""
        rng = np.random.default_rng(self.seed)
        shares = phenotypes()[self.diagnosis].get("condition_shares", {})
        return {name: (rng.random(self.members) < share).astype(float) for name, share in shares.items()}

    def trait_values(self, z: Array) -> dict[str, Array]:
        """The traits (members,) of unknowns z (unknowns, members)."""
        away = self._together @ np.clip(z[: len(self.traits)], -WIDEST, WIDEST)
        values = {}
        for name, distance in zip(self.traits, away, strict=True):
            median, spread = self.distributions[name]
            values[name] = self.typical.traits[name] * median * np.exp(spread * distance)
        return values

    def covariate_values(self, z: Array) -> dict[str, Array]:
        """Age (years) and body mass index (kg/m2) of each member (members,)."""
        values = dict[str, Array]()
        for name in ("age", "bmi"):
            known = getattr(self.course, name)
            if known is None:
                centre = self._group.get(name) or (getattr(self.typical.patient, name), 0.0)
                away = self.of(z, name)[0]
                known = np.clip(centre[0] + centre[1] * away, *LIMITS[name])
            values[name] = np.broadcast_to(np.asarray(known, dtype=float), (z.shape[1],))
        return values

    def men(self, z: Array) -> tuple[list[MatchedMan], NDArray[np.bool_]]:
        """The men of unknowns z (unknowns, members), and whether each has a steady state (members,)."""
        count = z.shape[1]
        traits = {name: np.full(count, float(self.typical.traits[name])) for name in (*TRAITS, *CONDITIONS)}
        traits |= self.trait_values(z) | self.conditions
        own = self.covariate_values(z)
        kind = self.model.parameter_type
        table = np.empty((count, len(kind._fields)))
        for number, model in enumerate(self.models):
            rows = slice(number * MEMBERS_OF_A_SET, (number + 1) * MEMBERS_OF_A_SET)
            size = len(table[rows])
            p = model.parameters({n: v[rows] for n, v in traits.items()}, age=own["age"][rows], bmi=own["bmi"][rows])
            table[rows] = np.array([np.broadcast_to(value, size) for value in p], dtype=float).T
        for name, away in zip(SAFETY, np.clip(self.of(z, *SAFETY), -WIDEST, WIDEST), strict=True):
            table[:, kind._fields.index(name)] *= np.exp(catalogue()[name].spread * away)
        states, moving = self.model.untreated_many(
            table, sertoli_maturation(self.typical.patient.onset_age), self.typical.state
        )  # fmt: skip
        kinetics, taken = np.clip(self.of(z, *self.kinetics), -WIDEST, WIDEST).T.tolist(), self.taken(z).tolist()
        onset = self.typical.patient.onset_age
        men = [
            MatchedMan(
                replace(
                    self.typical.patient, age=float(own["age"][row]), bmi=float(own["bmi"][row]),
                    onset_age=None if onset is None else min(onset, float(own["age"][row])),
                ),
                kind(*table[row].tolist()), states[row],
                {name: float(values[row]) for name, values in traits.items()},
                model=self.models[row // MEMBERS_OF_A_SET],
                kinetics=(
                    *zip(self.kinetics, kinetics[row], strict=True), *(((TAKEN, taken[row]),) if self.takes else ())
                ),
            )
            for row in range(count)
        ]  # fmt: skip
        return men, moving < 0


def normal_draws(count: int, members: int, seed: int) -> Array:
    """Standard normal numbers (count, members), spread evenly (Latin hypercube) so that a small ensemble fills each."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(count, rng=np.random.default_rng(seed)).random(members)
    return np.clip(ndtri(shares), -WIDEST, WIDEST).T
