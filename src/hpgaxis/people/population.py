"""Virtual populations: traits drawn about those of a diagnosis, from one random stream a man."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from html import escape
from math import isfinite
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ..engine.random import LARGEST_SEED, WIDEST, as_seed, check_seed, stream, subject_seed
from ..engine.steady import SteadyStateError
from ..errors import InputError
from ..memory import check_memory
from ..model import Model, with_overrides
from ..physiology.parameters import SAFETY, catalogue
from ..physiology.states import CONDITIONS, TRAITS
from .baseline import labs_of
from .match import MatchedMan, match, sertoli_maturation
from .patient import Patient, phenotypes
from .trait_distributions import Pairs, correlation_matrix, data_file, distribution, trait_distributions

Array = NDArray[np.float64]
LIMITS = {"age": (18.0, 90.0), "bmi": (15.0, 60.0)}
"""Lowest and highest age (years) and body mass index (kg/m2) of men who are drawn."""
MOST_DRAWS = 100
"""How often the traits of one man are drawn, and how many draws may fail for each man found."""
BYTES_OF_A_MAN = 10_000
"""In memory: his parameters, traits and steady state."""


@dataclass(frozen=True, eq=False, repr=False)
class Population(Sequence[MatchedMan]):
    """A sequence of virtual men, as `population` draws them.

    Attributes
    ----------
    men : the men, in the order of their numbers.
    redraws : how often each man's traits were drawn again because they had no steady state, or not the labs that define
        his diagnosis (men,).

    Examples
    --------
    >>> men = population(3, seed=1)
    >>> len(men), len(men[:2]), men[0].patient.name, men.redrawn
    (3, 2, 'man 0', 0)
    """

    men: tuple[MatchedMan, ...]
    redraws: NDArray[np.int64]

    def __repr__(self) -> str:
        counts = Counter(man.patient.diagnosis.replace("_", " ") for man in self.men)
        lines = [f"Population: {len(self)} men; " + ", ".join(f"{count} {name}" for name, count in counts.items())]
        if self.men:
            ages, bmis = ([getattr(man.patient, name) for man in self.men] for name in ("age", "bmi"))
            lines.append(f"age {min(ages):.0f} to {max(ages):.0f} years, BMI {min(bmis):.3g} to {max(bmis):.3g} kg/m²")
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{'<br>'.join(map(escape, repr(self).splitlines()))}</p>"

    @property
    def redrawn(self) -> int:
        """Number of men whose traits were drawn more than once."""
        return int((self.redraws > 0).sum())

    def __len__(self) -> int:
        return len(self.men)

    @overload
    def __getitem__(self, index: int) -> MatchedMan: ...
    @overload
    def __getitem__(self, index: slice) -> Population: ...
    def __getitem__(self, index: int | slice) -> MatchedMan | Population:
        return Population(self.men[index], self.redraws[index]) if isinstance(index, slice) else self.men[index]


@cache
def mixtures() -> dict[str, dict[str, Any]]:
    """Groups of men: the share of each diagnosis, and age and body mass index where they are the group's own."""
    return data_file("mixtures.yaml")


def population(  # noqa: PLR0913
    count: int,
    *,
    seed: int | np.random.Generator = 0,
    diagnosis: str | Mapping[str, float] = "general_population",
    age: float | tuple[float, float] | Array | None = None,
    bmi: float | tuple[float, float] | Array | None = None,
    first: int = 0,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    traits: Mapping[str, Sequence[float]] | None = None,
    correlations: Pairs | None = None,
) -> Population:
    """Draw untreated men: traits log-normal about a diagnosis's centre, with the spreads in parameters.toml.

    Men differ in the kinetics of drugs too, as far as the drugs' data say (`kinetics_seed`).

    All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    count : how many men.
    seed : of the study, or a NumPy Generator from which it is drawn. Man k of a seed is the same whatever the count, so
        that any man can be drawn again alone.
    diagnosis : one diagnosis, a group of mixtures.yaml (infertile_clinic, young_healthy, ...), or shares by diagnosis.
    age, bmi : in years and kg/m2, a number, mean and standard deviation, or an array with each man's own (count,);
        default the group's or diagnosis's own. Men are 18 to 90 years old and have 15 to 60 kg/m2: what is drawn beyond
        is set to the limit.
    first : number of the first man.
    parameters : parameters of the typical man in place of the model's, by name.
    model : the model; default the shipped one.
    traits : trait -> median (relative to the diagnosis's own) and standard deviation of the logarithm, in place of the
        group's.
    correlations : two traits -> correlation of their logarithms, in place of trait_correlations.yaml.

    Returns
    -------
    Population
        The men. A man whose traits have no steady state, or not the labs that define his diagnosis, is drawn again;
        `redraws` says how often.

    Raises
    ------
    InputError
        Impossible input, more men than the memory holds, or too few traits with a steady state.

    Examples
    --------
    >>> men = population(2, seed=1, diagnosis="infertile_clinic")
    >>> bool(men[1].patient.age == population(1, seed=1, diagnosis="infertile_clinic", first=1)[0].patient.age)
    True
    """
    number = as_seed(seed)
    check_seed(number)
    if count < 1:
        raise InputError(f"count = {count}: expected at least 1 man")
    check_memory(BYTES_OF_A_MAN * count, f"{count} men")
    if not 0 <= first <= LARGEST_SEED - count:
        raise InputError(f"first = {first}: expected a number from 0 to {LARGEST_SEED - count}")
    unknown = sorted(set(traits or {}) - set(TRAITS))
    if unknown:
        raise InputError(f"traits: no trait {', '.join(unknown)}; there are {', '.join(TRAITS)}")
    used = with_overrides(model, parameters)
    streams = [stream(number, first + man) for man in range(count)]
    men: list[MatchedMan | None] = [None] * count
    redraws = np.zeros(count, dtype=np.int64)
    kinds = _kinds(diagnosis, streams)
    named = diagnosis if isinstance(diagnosis, str) else ""
    entry = mixtures().get(named, {})
    group = _Group(
        entry.get("age") if age is None else _each_own("age", age, count),
        entry.get("bmi") if bmi is None else _each_own("bmi", bmi, count),
        float(entry.get("age_bmi_correlation", 0.0)),
        trait_distributions().get(named, {}) if traits is None else traits,
        correlations,
    )
    for kind in dict.fromkeys(kinds):
        members = [man for man in range(count) if kinds[man] == kind]
        names = [f"man {first + man}" for man in members]
        drawn, redraws[members] = _of_one_kind(kind, [streams[man] for man in members], names, group.of(members), used)
        for man, matched_man in zip(members, drawn, strict=True):
            men[man] = replace(matched_man, kinetics_seed=subject_seed(number, first + man))
    return Population(tuple(man for man in men if man is not None), redraws)


@dataclass(frozen=True)
class _Group:
    """Age, body mass index and traits of a group of men, whatever their diagnoses."""

    age: float | Sequence[float] | Array | None
    bmi: float | Sequence[float] | Array | None
    age_bmi_correlation: float
    traits: Mapping[str, Sequence[float]]
    correlations: Pairs | None

    def of(self, members: Sequence[int]) -> _Group:
        """The same for some of the men, where each man has an age or a body mass index of his own."""
        age, bmi = (own[members] if isinstance(own, np.ndarray) else own for own in (self.age, self.bmi))
        return replace(self, age=age, bmi=bmi)


def check_diagnosis(diagnosis: str | Mapping[str, float]) -> None:
    """Raise InputError unless this is a diagnosis, a group of mixtures.yaml, or shares by diagnosis."""
    if isinstance(diagnosis, str):
        there = [*mixtures(), *phenotypes()]
        if diagnosis not in there:
            raise InputError(f"unknown diagnosis or group {diagnosis!r}; there are {', '.join(there)}")
        return
    unknown = sorted(set(diagnosis) - set(phenotypes()))
    if unknown:
        raise InputError(f"unknown diagnosis {', '.join(unknown)}; there are {', '.join(phenotypes())}")
    total = sum(diagnosis.values())
    if not diagnosis or not isfinite(total) or min(diagnosis.values()) < 0 or total <= 0:
        raise InputError(f"shares of diagnoses {dict(diagnosis)}: expected finite numbers, 0 or more, and not all 0")


def _kinds(diagnosis: str | Mapping[str, float], streams: list[np.random.Generator]) -> list[str]:
    """The diagnosis of each man."""
    check_diagnosis(diagnosis)
    if isinstance(diagnosis, str) and diagnosis not in mixtures():
        return [diagnosis] * len(streams)
    shares: Mapping[str, float] = mixtures()[diagnosis]["shares"] if isinstance(diagnosis, str) else diagnosis
    reached = np.cumsum(list(shares.values())) / sum(shares.values())
    return [list(shares)[int(np.searchsorted(reached, source.random(), side="right"))] for source in streams]


def _of_one_kind(
    diagnosis: str,
    streams: list[np.random.Generator],
    names: list[str],
    group: _Group,
    model: Model,
) -> tuple[list[MatchedMan], NDArray[np.int64]]:
    """Men of one diagnosis, each from his stream, and how often each was drawn again.

    Raises InputError where some man has no steady state after MOST_DRAWS draws of his traits.
    """
    count, typical = len(streams), _typical(diagnosis, model)
    free = [name for name in TRAITS if name not in set(phenotypes()[diagnosis].get("fixed", ()))]
    distributed = distribution(diagnosis, group.traits)
    medians, spreads = np.array([distributed[name] for name in free]).T
    together = np.linalg.cholesky(correlation_matrix(free, group.correlations))
    age = typical.patient.age if group.age is None else group.age
    bmi = typical.patient.bmi if group.bmi is None else group.bmi
    ages, older = _drawn("age", age, streams)
    bmis, _ = _drawn("bmi", bmi, streams, group.age_bmi_correlation, older)
    centres = {n: typical.traits[n] * median for n, median in zip(free, medians, strict=True)}
    kind = model.parameter_type
    table, states = np.zeros((count, len(kind._fields))), np.zeros((count, len(model.states)))
    left, redraws = np.arange(count), np.zeros(count, dtype=np.int64)
    while len(left):
        normal = np.array([_normal(streams[man], len(free) + len(SAFETY)) for man in left])
        independent, of_levels = normal[:, : len(free)], normal[:, len(free) :]
        # a matrix product would depend, in its last digits, on how many men there are
        drawn = (independent[:, None, :] * together).sum(axis=-1)
        traits = {name: np.full(len(left), value) for name, value in typical.traits.items()}
        traits.update({n: centres[n] * np.exp(s * z) for n, s, z in zip(free, spreads, drawn.T, strict=True)})
        for name, share in phenotypes()[diagnosis].get("condition_shares", {}).items():
            traits[name] = np.array([float(streams[man].random() < share) for man in left])
        p = model.parameters(traits, age=ages[left], bmi=bmis[left])
        p = p._replace(**of_safety(p, of_levels))
        columns = np.empty((len(p), len(left)))
        for column, value in zip(columns, p, strict=True):
            column[:] = value
        table[left] = columns.T
        drawn_now = left
        left = _settle(model, table, states, left, sertoli_maturation(typical.patient.onset_age), typical.state)
        left = np.union1d(left, _without_diagnosis(diagnosis, model, table, states, np.setdiff1d(drawn_now, left)))
        redraws[left] += 1
        failed = int(redraws.sum())
        if len(left) and (failed >= MOST_DRAWS * (count - len(left) + 1) or redraws.max() >= MOST_DRAWS):
            raise InputError(
                f"{len(left)} of {count} men of the diagnosis {diagnosis} have no steady state, or not what defines "
                f"it: {failed} draws of traits failed, {count - len(left)} did not; choose another diagnosis, "
                "age, bmi or traits"
            )
    men = []
    for man in range(count):
        p = kind(*table[man].tolist())
        patient = Patient(name=names[man], age=ages[man], bmi=bmis[man], diagnosis=diagnosis)
        traits = {name: float(getattr(p, name)) for name in (*TRAITS, *CONDITIONS)}
        men.append(MatchedMan(patient, p, states[man], traits, model=model))
    return men, redraws


def _without_diagnosis(
    diagnosis: str, model: Model, table: Array, states: Array, men: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of these men, those whose labs are not those that define their diagnosis (`criteria` of phenotypes.yaml)."""
    criteria = phenotypes()[diagnosis].get("criteria", {})
    if not criteria or not len(men):
        return men[:0]
    labs = labs_of(model, table[men], states[men])
    outside = np.zeros(len(men), dtype=bool)
    for name, (low, high) in criteria.items():
        outside |= (labs[name] < low) | (labs[name] > high)
    return men[outside]


def of_safety(p: Any, normal: Array) -> dict[str, Array]:
    """Men's parameters of SAFETY, from those of p and standard normal numbers (men, parameters)."""
    return {
        name: getattr(p, name) * np.exp(catalogue()[name].spread * z) for name, z in zip(SAFETY, normal.T, strict=True)
    }


def _settle(
    model: Model, table: Array, states: Array, men: NDArray[np.int64], maturation: float, typical: Array
) -> NDArray[np.int64]:
    """Fill the steady states of these men and return the men who have none.

    Searches begin at the reference state, then at `typical`, the state of the typical man of the diagnosis; for men
    whom both miss, parameters are moved from the typical man's to theirs in steps.
    """
    for guess in (None, typical):
        states[men], moving = model.untreated_many(table[men], maturation, guess)
        men = men[moving >= 0]
        if not len(men):
            return men
    without = list[int]()
    for man in men.tolist():
        try:
            states[man] = model.untreated(model.parameter_type(*table[man]), maturation=maturation, guess=typical)
        except SteadyStateError:
            without.append(man)
    return np.array(without, dtype=np.int64)


@lru_cache(maxsize=256)
def _typical(diagnosis: str, model: Model) -> MatchedMan:
    """The typical man of a diagnosis, who is the same for every part of a study."""
    return match(Patient(diagnosis=diagnosis), model=model)


def _normal(source: np.random.Generator, count: int) -> Array:
    """Standard normal numbers within WIDEST of 0."""
    drawn = source.standard_normal(count)
    while (wide := np.abs(drawn) > WIDEST).any():
        drawn[wide] = source.standard_normal(int(wide.sum()))
    return drawn


def check_distribution(name: str, mean: float, spread: float) -> None:
    """Raise InputError for a mean and standard deviation that no ages or body mass indices can have.

    name: age or bmi. Numbers between two limits have at most half their distance as standard deviation.
    """
    low, high = LIMITS[name]
    if not low <= mean <= high or not 0 <= spread <= (high - low) / 2:
        raise InputError(
            f"{name} = {mean:g} (standard deviation {spread:g}): expected a mean from {low:g} to {high:g} "
            f"{'years' if name == 'age' else 'kg/m2'} and a standard deviation from 0 to {(high - low) / 2:g}"
        )


def _each_own(name: str, given: float | tuple[float, float] | Array, count: int) -> float | tuple[float, float] | Array:
    """What was given, where it is no array or has one possible value for each man. Raises InputError."""
    if not isinstance(given, np.ndarray):
        return given
    low, high = LIMITS[name]
    if given.shape != (count,):
        raise InputError(f"{name}: an array of shape {given.shape} for {count} men; expected one number for each man")
    if wrong := [value for value in given.tolist() if not low <= value <= high]:
        raise InputError(
            f"{name} = {wrong[0]:g}: expected {low:g} to {high:g} {'years' if name == 'age' else 'kg/m2'} for each man"
        )
    return given.astype(float)


def _drawn(
    name: str,
    given: float | Sequence[float] | Array,
    streams: list[np.random.Generator],
    correlation: float = 0.0,
    other: Array | float = 0.0,
) -> tuple[Array, Array]:
    """Each man's value, and how many standard deviations it is from the mean; correlated with another's."""
    if isinstance(given, np.ndarray):
        return given, np.zeros(len(streams))
    mean, spread = (given, 0.0) if isinstance(given, int | float) else given
    check_distribution(name, mean, spread)
    low, high = LIMITS[name]
    if spread == 0:
        return np.full(len(streams), float(mean)), np.zeros(len(streams))
    independent = np.array([_normal(source, 1)[0] for source in streams])
    away = correlation * other + np.sqrt(1 - correlation**2) * independent
    return np.clip(mean + spread * away, low, high), away
