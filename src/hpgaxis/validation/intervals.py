"""95 % prediction intervals of a trial's published figures: parameter, sampling and between-trial variance.

The between-trial variance is what the first two do not explain (assays, men, conduct, and what the model lacks). It is
estimated from the trials that calibrate, for each family of measurements, and taken as the same for a new trial. The
interval of a trial that calibrates omits its own figures from the estimate, but its parameters were fitted to them.
"""

from __future__ import annotations

from collections import defaultdict
from math import exp, log, sqrt
from typing import Any

import numpy as np

from ..evidence.trials import split

Key = tuple[str, str, int]
HORMONES = {
    "testosterone", "free_testosterone", "bioavailable_testosterone", "testosterone_cavg", "testosterone_peak", "dht",
    "lh", "fsh", "estradiol", "shbg", "inhibin_b", "intratesticular_testosterone", "t_e2_ratio", "t_lh_ratio",
    "prolactin", "cortisol", "lh_change", "fsh_change", "estradiol_change",
}  # fmt: skip
FEWEST = 8
"""Number of figures from which a family has its own spread between trials; smaller families share that of all."""
NORMAL = 1.959964
LARGEST = log(1000.0)
ABOUT = (
    "The spread between trials in the intervals is estimated from the errors of the trials that calibrate, for each of "
    "these without itself; the parameters were fitted to all of them."
)
"""Description of the intervals for reports and documentation."""


def part(trial: str) -> str:
    """calibration, validation or repeat."""
    lists = split()
    return "calibration" if trial in lists["calibration"] else "repeat" if trial in lists["repeats"] else "validation"


def family(measure: str) -> str:
    """The family of measurements whose errors have the same size."""
    if measure in HORMONES:
        return "hormones"
    if measure.startswith("fraction_"):
        return "shares of men"
    if measure.startswith("days_to_"):
        return "times"
    if "sperm" in measure or "motil" in measure:
        return "semen"
    if measure in ("hematocrit", "hemoglobin"):  # hardly vary: in "other" they would have the spread of others
        return "red blood"
    return "other"


def _error(row: dict[str, Any]) -> float:
    return max(-LARGEST, min(LARGEST, log(row["fold_error"])))


def parameter_spread(runs: list[list[dict[str, Any]]]) -> dict[Key, float]:
    """Standard deviation of the logarithm of each prediction over runs with other parameters."""
    errors = defaultdict(list)
    for rows in runs:
        for row in rows:
            errors[key(row)].append(_error(row))
    return {figure: float(np.std(values, ddof=1)) for figure, values in errors.items() if len(values) > 1}


def key(row: dict[str, Any]) -> Key:
    """Trial, arm and index of a figure."""
    return row["trial"], row["arm"], row["index"]


def between_trials(rows: list[dict[str, Any]], without: str = "") -> dict[str, float]:
    """SD of the logarithm between trials, by family: the part of the errors that other spreads do not explain.

    It is estimated from the median of the errors' sizes, so that a few failures do not widen every interval, and
    without one trial, whose own errors must not widen its interval. Empty where no trial that calibrates is left.
    """

    def estimate(chosen: list[dict[str, Any]]) -> float:
        size = np.median([abs(_error(row)) for row in chosen]) / 0.6745
        other = np.median([row["parameter_spread"] ** 2 + row["sampling"] ** 2 for row in chosen])
        return sqrt(max(float(size**2 - other), 0.0))

    fitted = [row for row in rows if row["part"] == "calibration" and row["trial"] != without]
    if not fitted:
        return {}
    groups = defaultdict(list)
    for row in fitted:
        groups[family(row["measure"])].append(row)
    everything = estimate(fitted)
    return {
        name: estimate(groups[name]) if len(groups[name]) >= FEWEST else everything
        for name in {family(row["measure"]) for row in rows}
    }


def with_intervals(
    rows: list[dict[str, Any]], runs: list[list[dict[str, Any]]], differences: dict[str, float] | None = None
) -> list[dict[str, Any]]:
    """The rows with `part`, spreads and the interval in the printed unit; `inside`: whether the figure lies in it.

    Parameters
    ----------
    rows : compared figures.
    runs : the same figures with other parameters. Without any, or without a trial that calibrates, there is no
        interval.
    differences : spread between trials by family; default estimated from `rows`, for a trial that calibrates from the
        others if there are any.
    """
    if not runs:
        return [{**row, "part": part(row["trial"])} for row in rows]
    spreads = parameter_spread(runs)
    widened = [{**row, "part": part(row["trial"]), "parameter_spread": spreads.get(key(row), 0.0)} for row in rows]
    between = between_trials(widened) if differences is None else differences
    if not between:
        return [{**row, "part": part(row["trial"])} for row in rows]
    calibrating = {row["trial"] for row in widened if row["part"] == "calibration" and differences is None}
    others = {trial: between_trials(widened, without=trial) or between for trial in calibrating}
    for row in widened:
        row["between_trials"] = others.get(row["trial"], between)[family(row["measure"])]
        total = sqrt(row["parameter_spread"] ** 2 + row["sampling"] ** 2 + row["between_trials"] ** 2)
        row["inside"] = abs(_error(row)) <= NORMAL * total
        row["predicted_low"], row["predicted_high"] = (_printed(row, exp(side * NORMAL * total)) for side in (-1, 1))
    return widened


def _printed(row: dict[str, Any], factor: float) -> float:
    """The prediction times a factor, in the printed unit (which is linear in the fold)."""
    if row["measure"].startswith("fraction_"):
        return max(0.0, min(100.0, (row["predicted"] + 1) * factor - 1))
    away = row["predicted_fold"] - row["observed_fold"]
    slope = (row["predicted"] - row["observed"]) / away if abs(away) > 1e-9 * row["observed_fold"] else None
    if slope is None:
        return row["predicted"] * factor
    return row["predicted"] + slope * row["predicted_fold"] * (factor - 1)
