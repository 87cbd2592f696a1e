"""Responders to a treatment: baseline measurements that predict them, probabilities of a response, and simple rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, extra_packages
from ..measurements.registry import LABS, axis_unit, label
from .endpoints import interval_of_share
from .separation import Separation, separation
from .store import Study

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
RATIOS = {"T:LH": ("testosterone", "lh"), "T:E2": ("testosterone", "estradiol")}
"""Ratios in clinical use: ng/dL over IU/L, and ng/dL over pg/mL."""
PICTURED = ("T:E2", "T:LH", "fsh", "bmi", "testis_volume")
DEPTH, SMALLEST_LEAF, FOLDS, GROUPS = 3, 0.05, 5, 5
"""Depth of the tree; share of men in its smallest leaf; folds of cross-validation; groups of men for calibration."""


@dataclass(frozen=True)
class Group:
    """A fifth of the men by a measurement or a probability: its median, and their mean outcome with 95 % interval."""

    middle: float
    mean: float
    low: float
    high: float
    men: int


@dataclass(frozen=True)
class Selection:
    """Responders to `arm`, or men who do better with `arm` than with `other`.

    response_rate: share of responders; benefit: mean of the end point (with `other`, of its difference). separations:
    the best first; tree: a decision rule of at most three splits, one sentence a line; calibration: predicted
    probability and observed share of responders, out of sample (with its Brier score); pictures: measurement -> fifths
    of the men.
    """

    arm: str
    other: str | None
    end_point: str
    men: int
    response_rate: float
    benefit: float
    separations: list[Separation]
    tree: str
    calibration: list[Group]
    brier: float
    pictures: dict[str, list[Group]]


def measurements(study: Study, arm: str) -> pd.DataFrame:
    """Baseline of each man: labs as measured at randomisation, their ratios, age and BMI."""
    first = study.query("select * from visits where day = 0 and period = 1")
    first = first.loc[first["arm"] == arm].set_index(["replicate", "man"])
    men = study.query("select replicate, man, age, bmi from men").set_index(["replicate", "man"])
    table = first[list(study.design.measures)].join(men)
    for name, (above, below) in RATIOS.items():
        table[name] = table[above] / np.maximum(table[below], 1e-3)
    return table


def select(
    study: Study, arm: str, end_point: str, *, other: str | None = None, at_least: float | None = None, seed: int = 0
) -> Selection:
    """Find the responders to `arm` in a trial that was run.

    other: count as responders the men who do better with `arm` than with this arm (every man received both). at_least:
    smallest response, for an end point that is not binary; with `other`, smallest difference (default: any). Raises
    InputError for an arm or end point that the trial lacks, and for too few responders.
    """
    with extra_packages("selection needs scikit-learn", "trial"):
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
    design = study.design
    points = {point.name: point for point in design.end_points}
    for given, there, what in (
        (arm, design.arms, "arm"),
        (other, design.arms, "arm"),
        (end_point, points, "end point"),
    ):
        if given is not None and given not in there:
            raise InputError(f"no {what} {given!r} in {design.name!r}; there are {', '.join(there)}")
    if other is not None and not design.every_arm:
        raise InputError("comparing two arms needs men who received both; run the trial with --counterfactual")
    if other is None and at_least is None and not points[end_point].binary:
        raise InputError(f"{end_point!r} is not binary; give the smallest value that counts as a response (at_least)")
    table = study.query("select replicate, man, arm, end_point, value from outcomes where value is not null")
    table = table.loc[table["end_point"] == end_point].set_index(["replicate", "man"])
    value = table.loc[table["arm"] == arm, "value"]
    if other is not None:
        value = (value - table.loc[table["arm"] == other, "value"]).dropna()
    joined = (
        measurements(study, arm).join(value.rename("value"), how="inner").replace([np.inf, -np.inf], np.nan).dropna()
    )
    value = joined.pop("value").to_numpy()
    responded = value > 0 if at_least is None else value >= at_least
    separations = separation({name: joined[name].to_numpy() for name in joined}, responded, seed=seed)
    logged = np.log(np.maximum(joined.to_numpy(), 1e-3))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    chance: Array = np.asarray(cross_val_predict(model, logged, responded, cv=folds, method="predict_proba"))[:, 1]
    gained = value if other is not None else responded.astype(float)
    leaf = max(5, int(SMALLEST_LEAF * len(value)))
    kind: Any = DecisionTreeRegressor if other is not None else DecisionTreeClassifier
    tree = kind(max_depth=DEPTH, min_samples_leaf=leaf, random_state=seed)
    tree.fit(joined.to_numpy(), value if other is not None else responded)
    return Selection(
        arm,
        other,
        end_point,
        len(value),
        float(responded.mean()),
        float(value.mean()),
        separations,
        "\n".join(decision_rule(tree.tree_, list(joined), joined.to_numpy(), _counts(responded, value, other))),
        _groups(chance, responded.astype(float)),
        float(np.mean((chance - responded) ** 2)),
        {name: _groups(joined[name].to_numpy(), gained) for name in PICTURED},
    )


def _counts(answered: NDArray[np.bool_], value: Array, other: str | None) -> Callable[[NDArray[np.bool_]], str]:
    """The function that says how many of the chosen men respond, or what they gain over `other`."""

    def count(chosen: NDArray[np.bool_]) -> str:
        men = int(chosen.sum())
        if other is not None:
            return f"{men} men gain {value[chosen].mean():.3g} over {other} on average"
        responders = int(answered[chosen].sum())
        return f"{responders} of {men} men respond ({100 * responders / men:.0f} %)"

    return count


def decision_rule(tree: Any, names: list[str], levels: Array, count: Callable[[NDArray[np.bool_]], str]) -> list[str]:
    """One sentence a leaf of a decision tree: 'If FSH is at most 7.1 IU/L: 5 of 8 men respond (62 %)'.

    Parameters
    ----------
    tree : scikit-learn's `tree_` of a fitted tree.
    names : names of the measurements.
    levels : levels (men, measurements) of the men whom the sentences count.
    count : the words about the chosen men (men,) of a leaf.
    """
    sentences = []

    def descend(node: int, bounds: dict[int, tuple[float, float]], men: NDArray[np.bool_]) -> None:
        if tree.children_left[node] < 0:
            conditions = [_condition(names[place], *ends) for place, ends in bounds.items()]
            start = f"If {' and '.join(conditions)}" if conditions else "In all men"
            sentences.append(f"{start}: {count(men)}")
            return
        place, limit = int(tree.feature[node]), float(tree.threshold[node])
        low, high = bounds.get(place, (-np.inf, np.inf))
        below = levels[:, place].astype(np.float32) <= limit  # scikit-learn compares in single precision
        descend(tree.children_left[node], {**bounds, place: (low, min(high, limit))}, men & below)
        descend(tree.children_right[node], {**bounds, place: (max(low, limit), high)}, men & ~below)

    descend(0, {}, np.ones(len(levels), dtype=bool))
    return sentences


def _condition(name: str, low: float, high: float) -> str:
    """'FSH is at most 7.1 IU/L', 'T:LH is above 60 and at most 90'."""
    what, unit = {"age": ("age", " years"), "bmi": ("BMI", " kg/m²")}.get(name, (name, ""))
    if name in LABS:
        what, unit = label(name), f" {axis_unit(name, LABS[name].display_unit)}"
        what = what if what[1:2].isupper() else what[0].lower() + what[1:]
    parts = [f"{word} {limit:.3g}{unit}" for word, limit in (("above", low), ("at most", high)) if np.isfinite(limit)]
    return f"{what} is {' and '.join(parts)}"


def _groups(levels: Array, values: Array) -> list[Group]:
    """Men in fifths by level, with the mean of their values."""
    groups = []
    for part in np.array_split(np.argsort(levels, kind="stable"), GROUPS):
        low, high = _interval_of_mean(values[part])
        groups.append(Group(float(np.median(levels[part])), float(values[part].mean()), low, high, len(part)))
    return groups


def _interval_of_mean(values: Array) -> tuple[float, float]:
    """95 % interval of the mean; of a share of men (0 and 1) that of Wilson (1927), which stays within 0 to 1."""
    if np.isin(values, (0.0, 1.0)).all():
        return interval_of_share(int(values.sum()), len(values))
    mean, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    return mean - 1.96 * error, mean + 1.96 * error
