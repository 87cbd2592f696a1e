"""What a man may have: probabilities of diagnoses from his course, and the measurement that would tell most next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..datasets.course import Course, Observation
from ..errors import InputError
from ..measurements.registry import LABS, label
from ..model import Model
from ..people.patient import phenotypes
from ..people.population import mixtures
from .contradictions import contradictory
from .reading import Reading
from .simulated import as_read, expected_readings, readings_of
from .unknowns import Unknowns, normal_draws

if TYPE_CHECKING:
    import pandas as pd

    from .fit import Fit

Array = NDArray[np.float64]
CLINIC = "infertile_clinic"
"""Group whose shares are the probabilities before his data, where none are given."""
MEMBERS = 200
"""Possible men of each diagnosis."""
CANDIDATES = (
    "testosterone", "lh", "fsh", "estradiol", "shbg", "prolactin", "inhibin_b", "amh", "testis_volume",
    "sperm_concentration", "semen_volume", "tsh", "cortisol", "hydroxyprogesterone",
)  # fmt: skip
"""Measurements that could be made next."""
TESTS = {
    "karyotype": ("klinefelter",),
    "deletions of the Y chromosome": ("azfc_deletion", "azfa_or_azfb_deletion"),
    "examination of the scrotum": ("varicocele", "cryptorchidism"),
    "testicular biopsy or vasography": ("obstructive_azoospermia",),
}
"""Tests that say by themselves whether a man has one of these diagnoses."""
GRID = 80


@dataclass(frozen=True, repr=False)
class Diagnoses:
    """Probabilities of diagnoses, and what each further measurement would tell.

    Attributes
    ----------
    probabilities : diagnosis -> probability after his data, highest first.
    prior : diagnosis -> probability before them.
    information : measurement or test -> expected information about the diagnosis (bits), highest first.

    Examples
    --------
    >>> man = hpg.fit([{"ID": 1, "TIME": 0, "DVID": "lh", "DV": 0.3}], members=16).only
    >>> found = man.diagnoses({"hypogonadotropic_hypogonadism": 1, "klinefelter": 1}, members=32)
    >>> next(iter(found.probabilities))
    'hypogonadotropic_hypogonadism'
    """

    probabilities: dict[str, float]
    prior: dict[str, float]
    information: dict[str, float]

    def __repr__(self) -> str:
        shown = ", ".join(f"{n.replace('_', ' ')} {100 * p:.0f} %" for n, p in list(self.probabilities.items())[:4])
        first = next(iter(self.information), "")
        return f"Diagnoses: {shown}\n  most would be told next by: {first.replace('_', ' ')}"

    def table(self) -> pd.DataFrame:
        """Probability (%) of each diagnosis before and after his data."""
        from ..simulation.tables import Table

        return Table.from_dict(
            {
                phenotypes()[name]["title"]: {"before (%)": 100 * self.prior[name], "after (%)": 100 * value}
                for name, value in self.probabilities.items()
            },
            orient="index",
        )

    def next_table(self) -> pd.DataFrame:
        """Expected information of each further measurement (bits; 1 bit halves what is possible)."""
        from ..simulation.tables import Table

        return Table.from_dict(
            {label(name) if name in LABS else name: {"bits": value} for name, value in self.information.items()},
            orient="index",
        )


@dataclass(frozen=True)
class _Kind:
    """Possible men of one diagnosis: expected readings, of what was measured and of what could be (rows, men)."""

    name: str
    log_likelihood: float
    weights: Array
    candidates: dict[str, tuple[Reading, Array]]


def diagnoses(
    fit: Fit,
    prior: str | Mapping[str, float] = CLINIC,
    *,
    members: int = MEMBERS,
    candidates: Sequence[str] = CANDIDATES,
    seed: int = 1,
) -> Diagnoses:
    """Probabilities of diagnoses from all labs of a man, on and off treatment.

    Men of each diagnosis are drawn and given his doses; how probable his labs are in them is the density at his labs of
    what they lead one to expect, smoothed between the men (kernel density with the readings' errors).

    Parameters
    ----------
    fit : the man; labs that contradict the others, and held ones, are left out.
    prior : shares of diagnoses before his data, or a group of mixtures.yaml; "balanced" for all diagnoses alike.
    members : men of each diagnosis.
    candidates : measurements that could be made next.
    seed : of the men.

    Raises
    ------
    InputError
        An unknown diagnosis or measurement, or a man without a lab that can be used.
    """
    shares = _shares(prior)
    unknown = [name for name in candidates if name not in LABS]
    if unknown:
        raise InputError(f"no measurement {', '.join(unknown)}; there are {', '.join(LABS)}")
    named = {id(one.observation) for one in fit.contradictions}
    used = [one for one in fit.course.observations if not one.held and id(one) not in named]
    if not used:
        raise InputError(f"ID {fit.course.name}: no measurement to tell diagnoses by")
    kinds = [_kind(fit, name, used, members, candidates, seed) for name, share in shares.items() if share > 0]
    after = posterior(np.array([one.log_likelihood for one in kinds]), np.array([shares[one.name] for one in kinds]))
    by_probability = sorted(zip(kinds, after.tolist(), strict=True), key=lambda pair: -pair[1])
    told = {name: _information(kinds, after, name) for name in candidates}
    told |= {name: _of_test([one.name for one in kinds], after, ones) for name, ones in TESTS.items()}
    ranked = dict(sorted(told.items(), key=lambda one: -one[1]))
    return Diagnoses({one.name: value for one, value in by_probability}, shares, ranked)


HEALTHY = "eugonadal"
SHARE_OF_HEALTHY = 0.5
"""Probability before his labs that a man without a diagnosis is healthy; the rest are shared as in CLINIC."""


RARE = {
    "obstructive_azoospermia": 0.02,
    "azfc_deletion": 0.01,
    "azfa_or_azfb_deletion": 0.005,
    "acquired_hypogonadotropic_hypogonadism": 0.005,
    "isolated_fsh_deficiency": 0.001,
}
"""Shares of diagnoses that CLINIC leaves out, which explain labs that the others do not. Assumed. Settled by: diagnoses
of consecutive patients of one clinic."""


def suspected(course: Course, model: Model, members: int, seed: int) -> str:
    """The diagnosis that a man's labs before treatment speak for; "" where he has one or may be healthy.

    Labs that no healthy man has are no mistakes where a diagnosis explains them; only then are diagnoses compared.
    """
    before = [stretch.origin + stretch.protocol_begins for stretch in course.stretches]
    labs = [one for one in course.observations if not one.held and one.time <= before[one.stretch]]
    if course.diagnosis is not None or not labs:
        return ""
    own = replace(course, observations=tuple(labs))
    readings, healthy = men_of(own, None, model, members, seed)
    if not contradictory(healthy, as_read(labs, readings)):
        return ""
    clinic = RARE | _shares(CLINIC)
    logs = {HEALTHY: np.log(SHARE_OF_HEALTHY) + mean_likelihood(log_densities(healthy, readings, labs))}
    for name, share in clinic.items():
        _, expected = men_of(own, name, model, members, seed)
        if expected.shape[1] > 1:
            likelihood = mean_likelihood(log_densities(expected, readings, labs))
            logs[name] = np.log((1 - SHARE_OF_HEALTHY) * share) + likelihood
    best = max(logs, key=lambda name: logs[name])
    return "" if best == HEALTHY else best


def men_of(course: Course, diagnosis: str | None, model: Model, members: int, seed: int) -> tuple[list[Reading], Array]:
    """How a man is read, and what is expected of men with a diagnosis who have not learned (labs, men)."""
    own = replace(course, diagnosis=diagnosis)
    unknowns = Unknowns(own, model, members, seed)
    readings = readings_of(own, unknowns)
    start = normal_draws(len(unknowns.names), members, seed)
    expected = expected_readings(unknowns, own.observations, readings)(start)
    return readings, expected[:, np.isfinite(expected).all(axis=0)]


def mean_likelihood(logs: Array) -> float:
    """Logarithm of the mean of densities from their logarithms."""
    return float(logs.max() + np.log(np.mean(np.exp(logs - logs.max()))))


def posterior(log_likelihoods: Array, shares: Array) -> Array:
    """Probabilities after the data (diagnoses,)."""
    logs = log_likelihoods + np.log(shares)
    after = np.exp(logs - logs.max())
    return after / after.sum()


def _shares(prior: str | Mapping[str, float]) -> dict[str, float]:
    if prior == "balanced":
        given: Mapping[str, float] = dict.fromkeys(phenotypes(), 1.0)
    elif isinstance(prior, str):
        if prior not in mixtures():
            raise InputError(f"no group {prior!r} of men; there are balanced, {', '.join(mixtures())}")
        given = mixtures()[prior]["shares"]
    else:
        given = prior
    unknown = [name for name in given if name not in phenotypes()]
    total = float(sum(given.values()))
    if unknown or not np.isfinite(total) or min(given.values(), default=-1.0) < 0 or total <= 0:
        raise InputError(f"prior {dict(given)}: expected diagnoses of `hpg diagnoses` with shares, 0 or more")
    return {name: share / total for name, share in given.items()}


def _kind(
    fit: Fit, name: str, used: Sequence[Observation], members: int, candidates: Sequence[str], seed: int
) -> _Kind:
    last = len(fit.course.stretches) - 1
    later = [Observation(fit.course.end, last, one, 1.0, LABS[one].display_unit) for one in candidates]
    course = replace(fit.course, observations=(*used, *later))
    readings, expected = men_of(course, name, fit.unknowns.model, members, seed)
    if not expected.shape[1]:
        return _Kind(name, -np.inf, np.zeros(0), {})
    count = len(used)
    logs = log_densities(expected[:count], readings[:count], used)
    weights = np.exp(logs - logs.max())
    of_candidates = {n: (readings[count + i], expected[count + i]) for i, n in enumerate(candidates)}
    return _Kind(name, mean_likelihood(logs), weights / weights.sum(), of_candidates)


def log_densities(expected: Array, readings: Sequence[Reading], observed: Sequence[Observation]) -> Array:
    """Log density (men,) of what was read about each man's expected readings (readings, men), smoothed between men.

    The kernel has the covariance between the men, narrowed so that all kernels together spread as the men do (Liu
    2001); a limit counts as the probability to lie beyond it.
    """
    from scipy.special import log_ndtr

    values = np.array([float(one.even(seen.shown)) for one, seen in zip(readings, observed, strict=True)])
    errors = np.array([one.spread for one in readings])
    exact = np.array([not seen.censored for seen in observed])
    total = np.zeros(expected.shape[1])
    for row in np.flatnonzero(~exact).tolist():
        sign = 1.0 if observed[row].censored == "below" else -1.0
        total += log_ndtr(sign * (values[row] - expected[row]) / errors[row])
    if not exact.any():
        return total
    size, men = int(exact.sum()), expected.shape[1]
    width = (4 / (size + 2)) ** (1 / (size + 4)) * men ** (-1 / (size + 4))
    own = expected[exact]
    middle = own.mean(axis=1, keepdims=True)
    centres = middle + np.sqrt(max(1 - width**2, 0.0)) * (own - middle)
    covariance = width**2 * np.atleast_2d(np.cov(own)) + np.diag(errors[exact] ** 2)
    away = np.linalg.solve(np.linalg.cholesky(covariance), values[exact][:, None] - centres)
    _, size_of = np.linalg.slogdet(covariance)
    return total - 0.5 * ((away**2).sum(axis=0) + size_of + size * np.log(2 * np.pi))


def _information(kinds: Sequence[_Kind], after: Array, name: str) -> float:
    """Mutual information (bits) of a measurement and the diagnosis."""
    known = [(p, one) for p, one in zip(after, kinds, strict=True) if len(one.weights) and p > 1e-4]
    if len(known) < 2:
        return 0.0
    reading = known[0][1].candidates[name][0]
    everything = np.concatenate([one.candidates[name][1] for _, one in known])
    low, high = everything.min() - 4 * reading.spread, everything.max() + 4 * reading.spread
    grid = np.linspace(low, high, max(GRID, int(4 * (high - low) / reading.spread)))
    densities = []
    for _, one in known:
        away = (grid[:, None] - one.candidates[name][1]) / reading.spread
        densities.append(np.exp(-0.5 * away**2) @ one.weights)
    each = np.array(densities)
    each /= each.sum(axis=1, keepdims=True)
    shares = np.array([p for p, _ in known])
    shares /= shares.sum()
    mixed = shares @ each
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(each > 0, each * np.log2(each / mixed), 0.0)
    return float(max(shares @ terms.sum(axis=1), 0.0))


def _of_test(names: Sequence[str], after: Array, found: Sequence[str]) -> float:
    """Information (bits) of a test that says whether he has one of these diagnoses."""
    share = float(sum(p for name, p in zip(names, after, strict=True) if name in found))
    return float(-sum(p * np.log2(p) for p in (share, 1 - share) if p > 0))
