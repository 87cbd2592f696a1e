"""The comparison with all trials, as shipped: `hpg validate --draws 16 --scores FILE` writes its scores and figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from typing import Any, TypedDict

from .results import Directions, Forecast, Validation

FILE = "validation.json"
DIGITS = 4
"""Significant digits that are shipped; further ones differ between processors."""


PartScores = dict[str, dict[str, dict[str, float]]]
"""Part of the evidence -> measurement, "all" among them -> n, aafe, bias and coverage, those that exist."""


class ShippedScores(TypedDict):
    """Scores of a comparison; `raw`: those without `arm.Adjustments`; `figures`: all compared ones.

    `validation` has the fields of the `Validation` itself, every figure with its prediction and interval among them.
    """

    draws: int
    trials: int
    figures: int
    directions: Directions
    parts: PartScores
    against_other_trials: dict[str, Forecast]
    raw: PartScores
    validation: dict[str, Any]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _parts(validation: Validation) -> PartScores:
    return {
        part: {
            measure: {
                name: value
                for name in ("n", "aafe", "bias", "coverage")
                if (value := score[name]) is not None and (score["n"] or name == "n")
            }
            for measure, score in measures.items()
        }
        for part, measures in validation.parts().items()
    }


def scores(validation: Validation, raw: Validation, draws: int) -> ShippedScores:
    """The scores of a comparison with intervals from `draws` posterior samples, and of the same with `raw=True`."""
    return _rounded(
        {
            "draws": draws,
            "trials": validation.trials,
            "figures": len(validation.outcomes),
            "directions": validation.directions_summary(),
            "parts": _parts(validation),
            "against_other_trials": validation.against_other_trials(),
            "raw": _parts(raw),
            "validation": asdict(validation),
        }
    )


def shipped_scores() -> ShippedScores:
    """The scores that the package ships: of this version, on all trials of the package."""
    return json.loads(resources.files("hpgaxis.validation").joinpath(FILE).read_text(encoding="utf-8"))


def shipped_validation() -> Validation:
    """The comparison that the package ships: every figure, its prediction and its interval, to four digits."""
    return Validation(**shipped_scores()["validation"])
