"""Men who look like a trial's: weighted or chosen until their labs have the means and spreads of its baseline table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import stream
from ..physiology.measurements import observables
from ..physiology.parameters import parameter_type
from ..physiology.states import Inputs, State
from .labs import LABS, shown_factor
from .patient import MatchedMan
from .visits import measured

Array = NDArray[np.float64]
RIDGE = 0.01
"""What a weight costs against a missed moment: men are never weighted so unevenly that few of them count."""
FEWEST = 20
"""Men that must count, of all drawn, before others may be chosen from them."""


def untreated_labs(men: Sequence[MatchedMan]) -> dict[str, Array]:
    """Every lab of untreated men, in the units shown: lab -> (men,)."""
    table = np.array([man.parameters for man in men], dtype=float)
    return _labs(table, np.array([man.state for man in men]))


def _labs(table: Array, states: Array) -> dict[str, Array]:
    values = observables(State(*states.T), parameter_type()(*table.T), Inputs())
    found: dict[str, Array] = {}
    for name in LABS:
        course: Any = values.get(name)
        if course is not None:
            found[name] = np.broadcast_to(np.array(course, dtype=float), len(table)) * shown_factor(name)
    return found


@dataclass(frozen=True)
class Tilt:
    """How much more often men of some labs are wanted than they are drawn; entropy balancing (Hainmueller 2012)."""

    baseline: Mapping[str, tuple[float, float | None]]
    scales: dict[str, float]
    tilt: Array

    def features(self, labs: Mapping[str, Array]) -> Array:
        """What is to be 0 on average (men, features)."""
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
    from scipy.special import logsumexp, softmax

    scales = {name: max(float(np.std(labs[name])), 0.05 * mean) for name, (mean, _) in baseline.items()}
    matrix = Tilt(baseline, scales, np.zeros(0)).features(labs)
    if matrix.shape[1] == 0:
        return Tilt(baseline, scales, np.zeros(0))

    def dual(tilt: Array) -> tuple[float, Array]:
        logits = matrix @ tilt
        total: Any = logsumexp(logits)
        return float(total) + RIDGE / 2 * float(tilt @ tilt), matrix.T @ softmax(logits) + RIDGE * tilt

    found = minimize(dual, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B").x
    return Tilt(baseline, scales, np.asarray(found, dtype=float))


def baseline_weights(table: Array, states: Array, baseline: Mapping[str, tuple[float, float | None]]) -> Array:
    """Weights, as even as can be, with which untreated men have the means and spreads reported.

    table (men, parameters), states (men, states); baseline: lab -> mean and standard deviation (None where it is not
    said), in the unit shown.
    """
    from scipy.special import softmax

    labs = _labs(table, states)
    return softmax(tilted(labs, baseline).log_weights(labs))


def included(
    men: Sequence[MatchedMan],
    inclusion: Mapping[str, tuple[float | None, float | None]],
    seeds: Sequence[int] | None = None,
) -> NDArray[np.bool_]:
    """Who meets the criteria: lab, age or bmi -> lowest and highest (None for none), in the unit shown.

    seeds: of each man; with them, labs are read as at a screening visit, with the variation of samples and assays.
    Raises ValueError for a criterion on what is not measured.
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
            raise ValueError(f"no measurement {name!r} to include men by; there are age, bmi, {', '.join(labs)}")
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

    The same man may stand more than once. Raises ValueError where too few of the men drawn come near the baseline.
    """
    kept = [man for man, inside in zip(men, included(men, inclusion or {}), strict=True) if inside]
    if not kept:
        raise ValueError(f"none of {len(men)} men meets the inclusion criteria; draw more, or from another diagnosis")
    table = np.array([man.parameters for man in kept], dtype=float)
    weights = baseline_weights(table, np.array([man.state for man in kept]), baseline or {})
    telling = float(1 / (weights**2).sum())
    if telling < min(FEWEST, count):
        raise ValueError(
            f"only {telling:.0f} of {len(men)} men come near this baseline; draw more, or from another diagnosis"
        )
    places = (np.arange(count) + stream(seed, 0).random()) / count
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), places), len(kept) - 1)
    return [kept[place] for place in stream(seed, 1).permutation(chosen)]
