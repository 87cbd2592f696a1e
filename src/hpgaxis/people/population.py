"""Virtual men: traits drawn about a diagnosis, each man from a random stream of his own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.random import stream
from ..physiology.parameters import catalogue, parameter_type, parameters
from ..physiology.states import CONDITIONS, TRAITS
from .patient import MatchedMan, Patient, match, phenotypes, sertoli_maturation

Array = NDArray[np.float64]
WIDEST = 3.0
"""Standard deviations beyond which a trait is not drawn."""


def _read(name: str) -> dict[str, Any]:
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath(name).read_text(encoding="utf-8"))


@cache
def mixtures() -> dict[str, dict[str, Any]]:
    """Groups of men: the share of each diagnosis, and age and body mass index where they are the group's own."""
    return _read("mixtures.yaml")


@cache
def trait_distributions() -> dict[str, dict[str, list[float]]]:
    """Group of men -> trait -> median (relative to the diagnosis's own) and standard deviation of the logarithm."""
    return _read("trait_distributions.yaml")


def population(
    count: int,
    *,
    seed: int = 0,
    diagnosis: str | Mapping[str, float] = "eugonadal",
    age: float | tuple[float, float] | None = None,
    bmi: float | tuple[float, float] | None = None,
    first: int = 0,
    numbers: dict[str, float] | None = None,
    traits: Mapping[str, Sequence[float]] | None = None,
) -> list[MatchedMan]:
    """`count` untreated men: traits log-normal about a diagnosis's centre, with the spreads in parameters.toml.

    diagnosis: one, a group of mixtures.yaml (such as infertile_clinic or young_healthy), or shares by diagnosis. age
    (years) and bmi (kg/m2): a number, or mean and standard deviation; default the group's or diagnosis's own. first:
    number of the first man; man k of a seed is the same whatever the count, so that any of them can be drawn again
    alone. numbers: the typical man's, in place of the catalogue's. traits: trait -> median (relative to the diagnosis's
    own) and standard deviation of the logarithm, in place of the group's. A man whose traits have no steady state is
    drawn again. Raises ValueError for impossible input.
    """
    if count < 1 or seed < 0 or first < 0:
        raise ValueError(f"count = {count}, seed = {seed}, first = {first}: at least 1, 0 and 0")
    streams = [stream(seed, first + man) for man in range(count)]
    men: list[MatchedMan | None] = [None] * count
    kinds = _kinds(diagnosis, streams)
    named = diagnosis if isinstance(diagnosis, str) else ""
    entry = mixtures().get(named, {})
    group = _Group(
        entry.get("age") if age is None else age,
        entry.get("bmi") if bmi is None else bmi,
        float(entry.get("age_bmi_correlation", 0.0)),
        trait_distributions().get(named, {}) if traits is None else traits,
    )
    for kind in dict.fromkeys(kinds):
        own = [man for man in range(count) if kinds[man] == kind]
        names = [f"man {first + man}" for man in own]
        drawn = _of_one_kind(kind, [streams[man] for man in own], names, group, numbers)
        for man, one in zip(own, drawn, strict=True):
            men[man] = one
    return [man for man in men if man is not None]


@dataclass(frozen=True)
class _Group:
    """What men of a group have in common, whatever their diagnoses."""

    age: float | Sequence[float] | None
    bmi: float | Sequence[float] | None
    age_bmi_correlation: float
    traits: Mapping[str, Sequence[float]]


def check_diagnosis(diagnosis: str | Mapping[str, float]) -> None:
    """Raises ValueError for what is neither a diagnosis, a group of mixtures.yaml, nor shares by diagnosis."""
    if isinstance(diagnosis, str):
        there = [*mixtures(), *phenotypes()]
        if diagnosis not in there:
            raise ValueError(f"unknown diagnosis or group {diagnosis!r}; there are {', '.join(there)}")
        return
    unknown = sorted(set(diagnosis) - set(phenotypes()))
    if unknown:
        raise ValueError(f"unknown diagnosis {', '.join(unknown)}; there are {', '.join(phenotypes())}")
    if not diagnosis or min(diagnosis.values()) < 0 or sum(diagnosis.values()) <= 0:
        raise ValueError(f"shares of diagnoses {dict(diagnosis)}: 0 or more, and not all 0")


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
    numbers: dict[str, float] | None,
) -> list[MatchedMan]:
    """Men of one diagnosis, each from his stream."""
    count, typical = len(streams), _typical(diagnosis, None if numbers is None else tuple(numbers.items()))
    free = [name for name in TRAITS if name not in set(phenotypes()[diagnosis].get("fixed", ()))]
    medians, spreads = np.array([group.traits.get(name, (1.0, catalogue()[name].spread)) for name in free]).T
    age = typical.patient.age if group.age is None else group.age
    bmi = typical.patient.bmi if group.bmi is None else group.bmi
    ages, older = _drawn("age", age, 18, 90, streams)
    bmis, _ = _drawn("bmi", bmi, 15, 60, streams, group.age_bmi_correlation, older)
    centres = {n: typical.traits[n] * median for n, median in zip(free, medians, strict=True)}
    table, states = np.zeros((count, len(parameter_type()._fields))), np.zeros((count, len(model.STATES)))
    own_numbers = {name: value for name, value in (numbers or {}).items() if name in catalogue()}
    left = np.arange(count)
    while len(left):
        normal = np.array([_normal(streams[man], len(free)) for man in left])
        traits = {name: np.full(len(left), value) for name, value in typical.traits.items()}
        traits.update({n: centres[n] * np.exp(s * z) for n, s, z in zip(free, spreads, normal.T, strict=True)})
        p = parameters(traits, age=ages[left], bmi=bmis[left], changed=own_numbers)  # pyright: ignore
        table[left] = np.array([np.broadcast_to(value, len(left)) for value in p], dtype=float).T
        states[left], moving = model.untreated_many(table[left], sertoli_maturation(typical.patient.onset_age))
        left = left[moving >= 0]
    men = []
    for man in range(count):
        p = parameter_type()(*table[man].tolist())
        patient = Patient(name=names[man], age=ages[man], bmi=bmis[man], diagnosis=diagnosis)
        own = {name: float(getattr(p, name)) for name in (*TRAITS, *CONDITIONS)}
        men.append(MatchedMan(patient, p, states[man], own, {}))
    return men


@lru_cache(maxsize=256)
def _typical(diagnosis: str, numbers: tuple[tuple[str, float], ...] | None) -> MatchedMan:
    """The typical man of a diagnosis, who is the same for every part of a study."""
    return match(Patient(diagnosis=diagnosis), None if numbers is None else dict(numbers))


def _normal(source: np.random.Generator, count: int) -> Array:
    """Standard normal numbers within WIDEST of 0."""
    drawn = source.standard_normal(count)
    while (wide := np.abs(drawn) > WIDEST).any():
        drawn[wide] = source.standard_normal(int(wide.sum()))
    return drawn


def _drawn(
    name: str,
    given: float | Sequence[float],
    low: float,
    high: float,
    streams: list[np.random.Generator],
    correlation: float = 0.0,
    other: Array | float = 0.0,
) -> tuple[Array, Array]:
    """Each man's value, and how many standard deviations it is from the mean; correlated with another's."""
    mean, spread = (given, 0.0) if isinstance(given, int | float) else given
    if not low <= mean <= high or spread < 0:
        raise ValueError(f"{name} = {given}: expected {low:g} to {high:g}, and a spread of at least 0")
    if spread == 0:
        return np.full(len(streams), float(mean)), np.zeros(len(streams))
    own = np.array([_normal(source, 1)[0] for source in streams])
    away = correlation * other + np.sqrt(1 - correlation**2) * own
    return np.clip(mean + spread * away, low, high), away
