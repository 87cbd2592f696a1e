"""Weight or select virtual men until their labs have the means and spreads of a trial's baseline table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import stream
from ..errors import InputError
from ..measurements.registry import LABS, MEASUREMENTS
from ..measurements.variation import measured
from ..model import Model
from .match import MatchedMan

Array = NDArray[np.float64]
RIDGE = 0.01
"""Ridge penalty of entropy balancing; keeps the effective sample size up."""
FEWEST = 20
"""Smallest effective sample size of the men drawn from whom others are selected."""
MEAN_WITHIN, VARIANCE_WITHIN = 0.25, 2.0
"""A baseline is reached where a mean is off by less than this standardised difference, and a variance by less than this
ratio: beyond, two groups are too unlike to be compared (Rubin 2001)."""
NOTED = 0.1
"""Standardised difference of means, or relative error of a standard deviation, that is reported (Austin 2009)."""


class BaselineError(InputError):
    """A baseline table that no weights of the men drawn reach."""


@dataclass(frozen=True)
class Reached:
    """One lab of a baseline table beside the virtual men's, in the unit shown; spreads are standard deviations.

    spread: None where the table gives none.
    """

    name: str
    mean: float
    spread: float | None
    reached_mean: float
    reached_spread: float

    @property
    def difference(self) -> float:
        """Standardised difference of the means: over the root of the mean variance."""
        wanted = self.reached_spread if self.spread is None else self.spread
        scale = float(np.sqrt((wanted**2 + self.reached_spread**2) / 2))
        away = self.reached_mean - self.mean
        return away / scale if scale > 0 else float(np.copysign(np.inf, away)) if away else 0.0

    @property
    def usable(self) -> bool:
        """Whether mean and spread come near enough for these men to stand for the table's."""
        ratio = 1.0 if self.spread is None else (self.reached_spread / self.spread) ** 2
        return abs(self.difference) <= MEAN_WITHIN and 1 / VARIANCE_WITHIN <= ratio <= VARIANCE_WITHIN

    @property
    def exact(self) -> bool:
        """Whether they come so near that no difference is reported."""
        off = 0.0 if self.spread is None else abs(self.reached_spread / self.spread - 1)
        return abs(self.difference) <= NOTED and off <= NOTED

    def __str__(self) -> str:
        def text(mean: float, spread: float | None) -> str:
            return f"{mean:.4g}" if spread is None else f"{mean:.4g} (SD {spread:.3g})"

        unit = {"age": "years", "bmi": "kg/m2"}.get(self.name) or LABS[self.name].display_unit
        reached = text(self.reached_mean, self.reached_spread)
        return f"{self.name}: mean {text(self.mean, self.spread)} {unit} wanted, {reached} reached"


def reached(
    labs: Mapping[str, Array], weights: Array, baseline: Mapping[str, tuple[float, float | None]]
) -> list[Reached]:
    """Return the mean and spread of weighted men (weights: (men,), of any sum) beside a baseline table."""
    shares, labs_reached = weights / weights.sum(), []
    for name, (mean, spread) in baseline.items():
        reached_mean = float(shares @ labs[name])
        labs_reached.append(
            Reached(name, mean, spread, reached_mean, float(np.sqrt(shares @ (labs[name] - reached_mean) ** 2)))
        )
    return labs_reached


def effective_sample_size(weights: Array) -> float:
    """Effective sample size of these weights (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def check_baseline(
    labs: Mapping[str, Array],
    weights: Array,
    baseline: Mapping[str, tuple[float, float | None]],
    *,
    converged: bool = True,
    fewest: float = FEWEST,
) -> None:
    """Raise BaselineError where weighted men do not reach a baseline table, or the effective sample size is too small.

    Parameters
    ----------
    labs : lab -> values of the men (men,), in the unit shown.
    weights : of the men (men,).
    baseline : lab -> mean and standard deviation (None where it is not given), in the unit shown.
    converged : whether the search for the weights came to an end.
    fewest : smallest effective sample size.
    """
    count = effective_sample_size(weights)
    labs_reached = reached(labs, weights, baseline)
    missed = [lab for lab in labs_reached if not lab.usable]
    if not missed and count >= fewest and converged:
        return
    faults = list[str]()
    for lab in missed or labs_reached:
        furthest = furthest_mean(labs[lab.name], lab.mean)
        beyond = abs(furthest - lab.mean) > MEAN_WITHIN * float(np.std(labs[lab.name]))
        faults.append(f"{lab}" + (f"; a mean of {furthest:.4g} is reachable" if beyond else ""))
        if not lab.usable and abs(lab.difference) <= MEAN_WITHIN:
            faults[-1] += "; null in place of the standard deviation leaves it open"
    if not converged:
        faults.append("the search for weights did not come to an end")
    raise BaselineError(
        f"the baseline cannot be reached: {'; '.join(faults)} (effective sample size {count:.0f} of {len(weights)} men "
        f"drawn; {fewest:g} or more are needed); men of another diagnosis or mixture, or wider criteria, may have it"
    )


def furthest_mean(values: Array, wanted: float) -> float:
    """The mean nearest to the wanted one that weighted men can have while FEWEST of them count."""
    from scipy.optimize import brentq
    from scipy.special import softmax

    spread, mean = float(np.std(values)), float(np.mean(values))
    if spread == 0 or wanted == mean or len(values) <= FEWEST:
        return mean
    towards = np.sign(wanted - mean) * (values - mean) / spread

    def left(tilt: float) -> float:
        return effective_sample_size(softmax(tilt * towards)) - FEWEST

    most = 200.0 if left(200.0) >= 0 else float(brentq(left, 0.0, 200.0))  # pyright: ignore[reportArgumentType]
    mean_reached = float(softmax(most * towards) @ values)
    return wanted if (mean_reached - wanted) * (mean - wanted) <= 0 else mean_reached


def check_possible(name: str, mean: float, spread: float | None) -> None:
    """Raise BaselineError for a mean or standard deviation that no men can have of a lab, with the unit it is read in.

    Values between two limits have at most (mean - lowest) (highest - mean) as variance.
    """
    lab = LABS[name]
    if not lab.possible[0] <= mean <= lab.possible[1]:
        raise BaselineError(
            f"a mean of {mean:.4g} {lab.display_unit} is impossible in men ({lab.possible_text}; "
            f"usual {lab.reference.low:g} to {lab.reference.high:g}); check the unit"
        )
    most = float(np.sqrt((mean - lab.possible[0]) * (lab.possible[1] - mean)))
    if spread is not None and not 0 < spread <= most:
        raise BaselineError(
            f"a standard deviation of {spread:.4g} {lab.display_unit} is impossible with a mean of "
            f"{mean:.4g} {lab.display_unit} (above 0 and at most {most:.4g}; null leaves it open); check the unit"
        )


def untreated_labs(men: Sequence[MatchedMan]) -> dict[str, Array]:
    """Every lab of untreated men, in the units shown: lab -> (men,)."""
    table = np.array([man.parameters for man in men], dtype=float)
    return labs_of(men[0].model, table, np.array([man.state for man in men]))


def labs_of(model: Model, table: Array, states: Array) -> dict[str, Array]:
    """The same from parameters (men, parameters) and steady states (men, n)."""
    values = model.measure(states.T, model.parameter_type(*table.T))
    labs: dict[str, Array] = {}
    for name in LABS:
        course: Any = values.get(name)
        if course is not None:
            labs[name] = np.broadcast_to(np.array(course, dtype=float), len(table)) * MEASUREMENTS[name].display_factor
    return labs


@dataclass(frozen=True)
class Tilt:
    """Weights of men by their labs: entropy balancing (Hainmueller 2012)."""

    baseline: Mapping[str, tuple[float, float | None]]
    scales: dict[str, float]
    tilt: Array
    converged: bool = True

    def features(self, labs: Mapping[str, Array]) -> Array:
        """Moments whose weighted mean is 0 (men, features)."""
        columns = list[Array]()
        for name, (mean, spread) in self.baseline.items():
            away, scale = labs[name] - mean, self.scales[name]
            columns.append(away / scale)
            if spread:
                columns.append((away**2 - spread**2) / scale**2)
        count = len(next(iter(labs.values())))
        return np.clip(np.array(columns, dtype=float).T, -5, 5) if columns else np.zeros((count, 0))

    def log_weights(self, labs: Mapping[str, Array]) -> Array:
        """Logarithms of the weights of men with these labs, up to a constant."""
        return self.features(labs) @ self.tilt


def tilted(labs: Mapping[str, Array], baseline: Mapping[str, tuple[float, float | None]]) -> Tilt:
    """The most even weights with which men of these labs have the means and spreads of the baseline, with a ridge."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    scales = {name: max(float(np.std(labs[name])), 0.05 * mean) for name, (mean, _) in baseline.items()}
    matrix = Tilt(baseline, scales, np.zeros(0)).features(labs)
    if matrix.shape[1] == 0:
        return Tilt(baseline, scales, np.zeros(0))

    def dual(tilt: Array) -> tuple[float, Array]:
        logits = matrix @ tilt
        total: Any = logsumexp(logits)
        return float(total) + RIDGE / 2 * float(tilt @ tilt), matrix.T @ np.exp(logits - total) + RIDGE * tilt

    solution = minimize(dual, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B")
    return Tilt(baseline, scales, np.asarray(solution.x, dtype=float), bool(solution.success))


def baseline_weights(labs: Mapping[str, Array], baseline: Mapping[str, tuple[float, float | None]]) -> Array:
    """Weights, as even as can be, with which untreated men have the means and spreads reported.

    labs: lab -> (men,), baseline: lab -> mean and standard deviation (None where it is not given), in the unit shown.
    """
    from scipy.special import softmax

    return softmax(tilted(labs, baseline).log_weights(labs))


def included(
    men: Sequence[MatchedMan],
    inclusion: Mapping[str, tuple[float | None, float | None]],
    seeds: Sequence[int] | None = None,
) -> NDArray[np.bool_]:
    """Return whether each man meets the criteria (men,).

    inclusion: lab, age or bmi -> lowest and highest (None for none), in the unit shown.
    seeds: of each man; with them, labs are read as at a screening visit, with the variation of samples and assays.
    Raises InputError for a criterion on what is not measured.
    """
    labs = untreated_labs(men)
    kept = np.ones(len(men), dtype=bool)
    for name, (low, high) in inclusion.items():
        if name in ("age", "bmi"):
            values = np.array([getattr(man.patient, name) for man in men], dtype=float)
        elif name in labs:
            values = labs[name]
            if seeds is not None:
                values = np.array([measured(name, v, s, 0) for v, s in zip(values.tolist(), seeds, strict=True)])
        else:
            raise InputError(f"no measurement {name!r} to include men by; there are age, bmi, {', '.join(labs)}")
        kept &= (values >= (-np.inf if low is None else low)) & (values <= (np.inf if high is None else high))
    return kept


def conditioned(
    men: Sequence[MatchedMan],
    count: int,
    *,
    baseline: Mapping[str, tuple[float, float | None]] | None = None,
    inclusion: Mapping[str, tuple[float | None, float | None]] | None = None,
    seed: int = 0,
) -> list[MatchedMan]:
    """`count` men chosen from `men` who meet the criteria and together have the baseline.

    The same man may stand more than once. Raises BaselineError where the men drawn cannot have the baseline, and
    InputError where none meets the criteria.
    """
    from scipy.special import softmax

    kept = [man for man, inside in zip(men, included(men, inclusion or {}), strict=True) if inside]
    if not kept:
        raise InputError(f"none of {len(men)} men meets the inclusion criteria; draw more, or from another diagnosis")
    labs = untreated_labs(kept)
    for name, (mean, spread) in (baseline or {}).items():
        try:
            check_possible(name, mean, spread)
        except BaselineError as error:
            raise BaselineError(f"baseline: {name}: {error}") from None
    tilt = tilted(labs, baseline or {})
    weights = softmax(tilt.log_weights(labs))
    check_baseline(labs, weights, baseline or {}, converged=tilt.converged, fewest=min(FEWEST, count))
    places = (np.arange(count) + stream(seed, 0).random()) / count
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), places), len(kept) - 1)
    return [kept[place] for place in stream(seed, 1).permutation(chosen)]
