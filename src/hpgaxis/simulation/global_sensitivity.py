"""Which traits make men answer differently: global sensitivity by Sobol's and Morris's methods (SALib)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import check_seed
from ..errors import InputError, extra_packages
from ..model import Model
from ..people.match import MatchedMan, matched, sertoli_maturation
from ..people.patient import Patient
from ..people.trait_distributions import distribution
from ..pharmacology.protocol import Protocol, ProtocolLike
from ..physiology.states import TRAITS
from .run import duration, simulate_many

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
METHODS = ("sobol", "morris")
SAMPLES = {"sobol": 128, "morris": 20}
"""Base samples of Sobol's method (a power of 2), and trajectories of Morris's."""
EDGE = 0.02
"""Share of men beyond each end of the range of a trait that is tried."""
SAME = 1e-6
"""Standard deviation below which a measurement counts as the same in all men."""
MOST_FAILED = 0.05
"""Share of samples that may have no steady state; they count as the mean of the others."""


@dataclass(frozen=True, repr=False)
class GlobalSensitivity:
    """How much each trait moves a measurement between men, as `global_sensitivity` returns it.

    Attributes
    ----------
    method : "sobol" or "morris".
    measure, outcome, day : what was measured: "level" or "change" (logarithm of the ratio to before) on a day.
    names : the traits.
    indices : index -> value of each trait. Sobol: `first` (its own share of the variance) and `total` (with its
        interactions); Morris: `mu_star` (mean size of an effect) and `sigma` (their spread).
    intervals : the same -> half the 95 % interval.
    samples : number of men who were simulated; failed : how many have no steady state.

    Examples
    --------
    >>> found = global_sensitivity(None, "anastrozole 1 mg daily", traits=["aromatase", "motility"], samples=8, days=30,
    ...                            measure="estradiol")
    >>> found.table().index[0]
    'aromatase'
    """

    method: str
    measure: str
    outcome: str
    day: float
    names: tuple[str, ...]
    indices: dict[str, Array]
    intervals: dict[str, Array]
    samples: int
    failed: int

    @property
    def strongest(self) -> str:
        """The index by which traits are ranked."""
        return "total" if self.method == "sobol" else "mu_star"

    def __repr__(self) -> str:
        first = self.table().index[:3]
        return (
            f"GlobalSensitivity ({self.method}): {self.outcome} of {self.measure} on day {self.day:g} in "
            f"{self.samples} men; most moved by {', '.join(name.replace('_', ' ') for name in first)}"
        )

    def table(self) -> pd.DataFrame:
        """Indices of each trait with half their 95 % intervals, the strongest first."""
        from .tables import Table

        columns = {}
        for name, values in self.indices.items():
            columns[name] = values
            if name in self.intervals:
                columns[f"{name} ±"] = self.intervals[name]
        frame = Table(columns, index=list(self.names))
        return frame.sort_values(self.strongest, ascending=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "method": self.method, "measure": self.measure, "outcome": self.outcome, "day": self.day,
            "samples": self.samples, "failed": self.failed, "indices": self.table().to_dict("index"),
        }  # fmt: skip

    def plot(self) -> Any:
        """A matplotlib figure: a tornado of the traits, the strongest at the top."""
        from .figures import tornado

        return tornado(self)


def global_sensitivity(  # noqa: PLR0913
    man: Patient | MatchedMan | None = None,
    protocol: ProtocolLike = "no treatment",
    *,
    measure: str = "testosterone",
    outcome: str = "change",
    traits: Sequence[str] | None = None,
    method: str = "sobol",
    samples: int | None = None,
    days: float | None = None,
    months: float | None = None,
    seed: int = 1,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> GlobalSensitivity:
    """Vary traits as they vary between men of a diagnosis, and share out what a measurement varies among them.

    Traits are varied independently of each other, about those of the man; correlations between them are left out, as
    Sobol's indices need.

    Parameters
    ----------
    man : about whom traits are varied; None for the typical man.
    protocol : a sentence, a Protocol, or dose series.
    measure : the measurement.
    outcome : "change", the logarithm of the ratio of its level on the last day to that before, or "level".
    traits : that are varied; default all.
    method : "sobol" (Saltelli 2010) or "morris" (Campolongo 2007).
    samples : base samples of Sobol's method, a power of 2 (128), or trajectories of Morris's (20).
    days, months : length; default 6 months.
    seed : of the samples.
    model : default the man's, or the shipped one.
    callback : of `simulate_many`.

    Raises
    ------
    InputError
        An unknown trait, measurement or method, or traits of which too many have no steady state.
    MissingPackageError
        SALib is not installed.

    Examples
    --------
    >>> found = global_sensitivity(None, "clomiphene 25 mg daily", traits=["aromatase", "motility"], samples=8, days=30)
    >>> found.samples
    32
    """
    with extra_packages("global sensitivity needs SALib", "sensitivity"):
        import SALib  # noqa: F401

    check_seed(seed)
    if method not in METHODS or outcome not in ("change", "level"):
        raise InputError(
            f"method = {method!r}, outcome = {outcome!r}: expected {' or '.join(METHODS)}; change or level"
        )
    number = SAMPLES[method] if samples is None else samples
    if not isinstance(number, int) or number < 2 or (method == "sobol" and number & (number - 1)):
        raise InputError(f"samples = {number!r}: expected 2 or more, and a power of 2 for Sobol's method")
    middle = matched(man, model)
    middle.model.check_variables([measure])
    names = tuple(TRAITS) if traits is None else tuple(dict.fromkeys(traits))
    unknown = [name for name in names if name not in TRAITS]
    if unknown or len(names) < 2:
        raise InputError(f"traits = {list(names)}: expected two or more of {', '.join(TRAITS)}")
    length = duration(days, months)
    plan = Protocol.of(protocol, middle.model.drugs)
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[EDGE, 1 - EDGE]] * len(names)}
    shares = _sampled(problem, method, number, seed)
    men, settled = _men(middle, names, shares)
    first = min([0.0, *(one.start_day for one in plan.series)])
    result = simulate_many(
        [one for one, there in zip(men, settled, strict=True) if there], plan, days=length,
        t_eval=sorted({first, length}), variables=[measure], seed=seed if plan.adherence < 1 else None,
        callback=callback,
    )  # fmt: skip
    values = np.full(len(men), np.nan)
    levels = result[measure]
    with np.errstate(divide="ignore", invalid="ignore"):
        values[settled] = np.log(levels[:, -1] / levels[:, 0]) if outcome == "change" else levels[:, -1]
    without = ~np.isfinite(values)
    if without.mean() > MOST_FAILED:
        raise InputError(
            f"{100 * without.mean():.0f} % of the samples have no steady state, or no {outcome} of {measure}: "
            "vary fewer traits"
        )
    if np.nanstd(values) < SAME:
        raise InputError(f"the {outcome} of {measure} is the same in all men: none of these traits moves it")
    values[without] = np.nanmean(np.where(without, np.nan, values))
    indices, intervals = _analysed(problem, method, shares, values, seed)
    return GlobalSensitivity(method, measure, outcome, length, names, indices, intervals, len(men), int(without.sum()))


def _sampled(problem: dict[str, Any], method: str, number: int, seed: int) -> Array:
    """Samples (men, traits) as shares of men below each."""
    from SALib.sample import morris, sobol

    if method == "sobol":
        return sobol.sample(problem, number, calc_second_order=False, seed=seed)
    return morris.sample(problem, number, seed=seed)


def _analysed(
    problem: dict[str, Any], method: str, shares: Array, values: Array, seed: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Indices of each trait, and half their 95 % intervals."""
    from SALib.analyze import morris, sobol

    if method == "sobol":
        found = sobol.analyze(problem, values, calc_second_order=False, seed=seed)
        return (
            {"first": np.asarray(found["S1"]), "total": np.asarray(found["ST"])},
            {"first": np.asarray(found["S1_conf"]), "total": np.asarray(found["ST_conf"])},
        )
    found = morris.analyze(problem, shares, values, seed=seed)
    effects = {"mu_star": np.asarray(found["mu_star"]), "sigma": np.asarray(found["sigma"])}
    return effects, {"mu_star": np.asarray(found["mu_star_conf"])}


def _men(middle: MatchedMan, names: Sequence[str], shares: Array) -> tuple[list[MatchedMan], NDArray[np.bool_]]:
    """Men about another, with traits at these shares of what men have, and whether each has a steady state."""
    from scipy.special import ndtri

    model, count, patient = middle.model, len(shares), middle.patient
    spreads = np.array([distribution(patient.diagnosis)[name][1] for name in names])
    factors = np.exp(spreads * ndtri(shares))
    traits = {name: np.full(count, value) for name, value in middle.traits.items()}
    traits |= {name: traits[name] * factors[:, place] for place, name in enumerate(names)}
    p = model.parameters(traits, age=np.full(count, patient.age), bmi=np.full(count, patient.bmi))
    table = np.array([np.broadcast_to(value, count) for value in p], dtype=float).T
    states, moving = model.untreated_many(table, sertoli_maturation(patient.onset_age), middle.state)
    kind = model.parameter_type
    men = [
        MatchedMan(
            patient, kind(*table[row].tolist()), states[row],
            {name: float(values[row]) for name, values in traits.items()}, model=model,
        )
        for row in range(count)
    ]  # fmt: skip
    return men, moving < 0
