"""The scores of the comparison with all trials, as shipped: `hpg validate --draws 16 --scores FILE` writes them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from .validate import Validation

FILE = "validation.json"
DIGITS = 4
"""Significant digits that are shipped: more would differ between processors."""


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def scores(validation: Validation, raw: Validation, draws: int) -> dict[str, Any]:
    """The scores of a comparison and of its raw form, as the JSON file holds them.

    Parameters
    ----------
    validation : the comparison, with intervals from `draws` sets of parameters.
    raw : the same with `raw=True`.

    Returns
    -------
    `draws`, `trials`, `figures` (compared), `directions`; `parts`: scores (n, aafe, bias, coverage) by part of the
    evidence and measurement, "all" among them; `raw`: those parts without the judgements of `arm.Adjustments`;
    `against_other_trials`: see `Validation.against_other_trials`.
    """

    def parts(of: Validation) -> dict[str, Any]:
        return {
            part: {
                measure: {
                    name: score[name]
                    for name in ("n", "aafe", "bias", "coverage")
                    if score[name] is not None and (score["n"] or name == "n")
                }
                for measure, score in measures.items()
            }
            for part, measures in of.parts().items()
        }

    agree = sum(row["agrees"] for row in validation.directions)
    return _rounded(
        {
            "draws": draws,
            "trials": validation.trials,
            "figures": len(validation.outcomes),
            "directions": {"n": len(validation.directions), "agree": agree},
            "parts": parts(validation),
            "against_other_trials": validation.against_other_trials(),
            "raw": parts(raw),
        }
    )


def shipped_scores() -> dict[str, Any]:
    """The scores that the package ships, of this version on all trials of the package."""
    return json.loads(resources.files("hpgaxis.validation").joinpath(FILE).read_text(encoding="utf-8"))
