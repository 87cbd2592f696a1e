"""Results of a comparison with published trials: the compared figures, and their scores by measurement and part."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, log
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("calibration", "validation")
"""Parts of the evidence that are scored; trials that repeat another count in neither."""
AAFE_GOALS = {"sperm_concentration": (1.4, 1.6), "all": ()}
USUAL_AAFE_GOALS = (1.2, 1.3)
"""Goals for the absolute average fold error of a measurement, by part."""
COVERAGE_GOALS = ((80, 97), (75, 97))
"""Goals for the coverage of the prediction intervals (%), by part."""


class Score(TypedDict):
    """Number of figures, absolute average and mean fold error, share inside the printed and the predicted intervals."""

    n: int
    aafe: float
    bias: float
    within_ci: float | None
    coverage: float | None


class Forecast(TypedDict):
    """Number of changes; absolute average fold error of the model, and of the mean of the other trials."""

    n: int
    aafe: float
    others: float


class Directions(TypedDict):
    """Number of figures that are compared by direction only, and of those whose direction agrees."""

    n: int
    agree: int


def aafe_goals(measure: str) -> tuple[float, ...]:
    """Goals for the absolute average fold error of a measurement, by part; empty for none."""
    return AAFE_GOALS.get(measure, USUAL_AAFE_GOALS)


def goals_text() -> str:
    """All goals, as a sentence."""
    hormones, sperm = USUAL_AAFE_GOALS, AAFE_GOALS["sperm_concentration"]
    fitted, other = (f"{low} to {high} %" for low, high in COVERAGE_GOALS)
    return (
        f"Goals: AAFE {hormones[0]:.2f} for hormones and {sperm[0]:.2f} for sperm in trials that calibrate, "
        f"{hormones[1]:.2f} and {sperm[1]:.2f} in the others; coverage {fitted} and {other}."
    )


def count_text(figures: int, trials: int, parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """How many figures are compared, by part of the evidence, as a sentence."""
    calibration, validation = (int(parts[part]["all"]["n"]) for part in PARTS)
    text = f"{figures} figures of {trials} trials are compared: {calibration} of trials that calibrate"
    repeats = figures - calibration - validation
    if not repeats:
        return f"{text} and {validation} of the others."
    return (
        f"{text}, {validation} of the others, and {repeats} of trials that report the men of another trial again, "
        "which count in neither part."
    )


def geometric_mean(values: list[float]) -> float:
    """exp of the mean logarithm; 1 for no values."""
    return exp(sum(map(log, values)) / len(values)) if values else 1.0


def average_fold_error(errors: Iterable[float]) -> float:
    """Absolute average fold error: the geometric mean of each error or its reciprocal, whichever is above 1."""
    return geometric_mean([max(error, 1 / error) for error in errors])


def _score_text(score: Score | None) -> str:
    return f"{score['aafe']:.2f} ({score['n']})" if score and score["n"] else "–"


@dataclass(frozen=True, repr=False)
class Validation:
    """The comparison of the model with published trials, as `validate` returns it.

    Attributes
    ----------
    outcomes : compared figures, one dict each: trial, arm, measure, observed, predicted and fold error.
    directions : figures of which only the direction of change is compared.
    skipped : figures that are not compared, each with the reason.
    trials : number of trials used.
    left_out : arms that lack some of their virtual men, or whose men miss the baseline: `cohort.LeftOut`.
    files : number of trial files.
    unreadable : file -> why it could not be read.

    Examples
    --------
    >>> Validation(outcomes=[], directions=[], skipped=[], trials=1, files=2).files
    2
    """

    outcomes: list[dict[str, Any]]
    directions: list[dict[str, Any]]
    skipped: list[dict[str, str]]
    trials: int = 0
    left_out: list[dict[str, Any]] = field(default_factory=list)
    files: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        trials = f"{self.trials} trial{'' if self.trials == 1 else 's'}"
        lines = [f"Validation: {len(self.outcomes)} figures of {trials} compared"]
        for part, scores in self.parts().items():
            if n := scores["all"]["n"]:
                lines.append(f"{part}: absolute average fold error {scores['all']['aafe']:.2f} (n {n})")
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        from ..simulation.tables import notebook_text

        return notebook_text(repr(self), self.table())

    def table(self) -> pd.DataFrame:
        """Absolute average fold errors by measurement as texts, with the number of figures; a column for each part."""
        from ..simulation.tables import Table

        scores = self.parts()
        counted = Counter(row["measure"] for row in self.outcomes)
        names = [name for name, _ in counted.most_common()]
        columns = {
            part: [_score_text(by_measure.get(name)) for name in (*names, "all")] for part, by_measure in scores.items()
        }
        return Table(columns, index=[*names, "all"])

    def summary(self) -> dict[str, Score]:
        """Scores by measurement, of all parts together."""
        return self._by_measure(self.outcomes)

    def parts(self) -> dict[str, dict[str, Score]]:
        """Scores by part (calibration, validation) and measurement, then "all"."""
        scores = {}
        for part in PARTS:
            rows = [row for row in self.outcomes if row.get("part") == part]
            scores[part] = {**self._by_measure(rows), "all": self.score(rows)}
        return scores

    def _by_measure(self, rows: list[dict[str, Any]]) -> dict[str, Score]:
        measures = sorted({row["measure"] for row in rows})
        return {measure: self.score(row for row in rows if row["measure"] == measure) for measure in measures}

    def against_other_trials(self) -> dict[str, Forecast]:
        """Errors by measurement, beside those of a forecast without a model: the mean of the other trials.

        Each change of a measurement under a class of drugs is forecast by the geometric mean of this change in the
        other trials of that class, where there are two or more.
        """
        errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
        changes = [row for row in self.outcomes if row["compared"] == "change" and row["observed_fold"] > 0]
        for row in changes:
            others: dict[str, list[float]] = defaultdict(list)
            for other in changes:
                if (other["measure"], other["group"]) == (row["measure"], row["group"]) and other["trial"] != row[
                    "trial"
                ]:
                    others[other["trial"]].append(other["observed_fold"])
            if len(others) >= 2:
                forecast = geometric_mean([geometric_mean(folds) for folds in others.values()])
                errors[row["measure"]].append((row["fold_error"], forecast / row["observed_fold"]))
        return {
            measure: {
                "n": len(pairs),
                "aafe": average_fold_error(model for model, _ in pairs),
                "others": average_fold_error(others for _, others in pairs),
            }
            for measure, pairs in sorted(errors.items())
        }

    def score(self, rows: Iterable[dict[str, Any]]) -> Score:
        """Score of some of the compared figures."""
        chosen = list(rows)
        errors = [row["fold_error"] for row in chosen]
        printed = [row["low"] <= row["predicted"] <= row["high"] for row in chosen if row["low"] is not None]
        covered = [row["inside"] for row in chosen if "inside" in row]
        return {
            "n": len(chosen),
            "aafe": average_fold_error(errors),
            "bias": geometric_mean(errors),
            "within_ci": sum(printed) / len(printed) if printed else None,
            "coverage": sum(covered) / len(covered) if covered else None,
        }

    def directions_summary(self) -> Directions:
        """How many figures are compared by direction only, and how many of these agree."""
        return {"n": len(self.directions), "agree": sum(row["agrees"] for row in self.directions)}

    def worst(self, count: int = 20) -> list[dict[str, Any]]:
        """The compared figures with the largest fold errors."""
        return sorted(self.outcomes, key=lambda row: -abs(log(row["fold_error"])))[:count]

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` writes."""
        return {
            "outcomes": self.outcomes,
            "directions": self.directions,
            "skipped": self.skipped,
            "left_out": self.left_out,
            "unreadable": self.unreadable,
            "summary": self.summary(),
            "parts": self.parts(),
            "against_other_trials": self.against_other_trials(),
            "directions_summary": self.directions_summary(),
        }
