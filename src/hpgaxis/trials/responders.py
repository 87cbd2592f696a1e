"""Responders to a treatment: baseline measurements that predict them, probabilities of a response, and simple rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, extra_packages
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
    """A fifth of the men by a measurement or a probability: its median, their mean outcome and its 95 % interval."""

    middle: float
    mean: float
    low: float
    high: float
    men: int


@dataclass(frozen=True)
class Selection:
    """Responders to `arm`, or men who do better with `arm` than with `other`.

    answered: share of responders; benefit: mean of the end point (with `other`, of its difference). separations: the
    best first; tree: rules of at most three questions, as text; calibration: predicted probability against the share
    of responders, out of sample (with its Brier score); pictures: measurement -> its fifths.
    """

    arm: str
    other: str | None
    end_point: str
    men: int
    answered: float
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
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, export_text
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
        raise InputError("who does better with one arm than with another needs men who had both: run --counterfactual")
    if other is None and at_least is None and not points[end_point].binary:
        raise InputError(f"{end_point!r} is a number: say from which value on a man has answered (at_least)")
    table = study.query("select replicate, man, arm, end_point, value from outcomes where value is not null")
    table = table.loc[table["end_point"] == end_point].set_index(["replicate", "man"])
    value = table.loc[table["arm"] == arm, "value"]
    if other is not None:
        value = (value - table.loc[table["arm"] == other, "value"]).dropna()
    joined = (
        measurements(study, arm).join(value.rename("value"), how="inner").replace([np.inf, -np.inf], np.nan).dropna()
    )
    value = joined.pop("value").to_numpy()
    answered = value > 0 if at_least is None else value >= at_least
    separations = separation({name: joined[name].to_numpy() for name in joined}, answered, seed=seed)
    logged = np.log(np.maximum(joined.to_numpy(), 1e-3))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    chance: Array = np.asarray(cross_val_predict(model, logged, answered, cv=folds, method="predict_proba"))[:, 1]
    gained = value if other is not None else answered.astype(float)
    leaf = max(5, int(SMALLEST_LEAF * len(value)))
    kind: Any = DecisionTreeRegressor if other is not None else DecisionTreeClassifier
    tree = kind(max_depth=DEPTH, min_samples_leaf=leaf, random_state=seed)
    tree.fit(joined.to_numpy(), value if other is not None else answered)
    extra = {} if other is not None else {"show_weights": True}
    return Selection(
        arm,
        other,
        end_point,
        len(value),
        float(answered.mean()),
        float(value.mean()),
        separations,
        export_text(tree, feature_names=list(joined.columns), decimals=2, **extra),
        _groups(chance, answered.astype(float)),
        float(np.mean((chance - answered) ** 2)),
        {name: _groups(joined[name].to_numpy(), gained) for name in PICTURED},
    )


def _groups(levels: Array, values: Array) -> list[Group]:
    """Men in fifths by level, with the mean of their values."""
    groups = []
    for part in np.array_split(np.argsort(levels, kind="stable"), GROUPS):
        mean, error = float(values[part].mean()), float(values[part].std(ddof=1) / np.sqrt(len(part)))
        groups.append(Group(float(np.median(levels[part])), mean, mean - 1.96 * error, mean + 1.96 * error, len(part)))
    return groups
