"""The evidence as a meta-analysis: random effects of treatments by class, measurement and diagnosis, and what the model
predicts of each. Needs statsmodels.

The method is that of Borenstein 2009 (Introduction to Meta-Analysis): the effect of an arm is the logarithm of the
level under treatment over that before it, or their difference; the variance between trials is that of DerSimonian and
Laird.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, t

from ..errors import InputError, extra_packages
from ..evidence.gaps import classes_given, drugs_given
from ..evidence.trials import Arm, Outcome, Trial, own_study, packaged_trials
from ..measurements.registry import LABS
from ..pharmacology.library import DrugLibrary
from .outcome import NotComparable, against_control, base_measure, baseline_figures, bound, interval, meaning
from .shipped import shipped_validation
from .validate import FEW, is_control

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EFFECTS = ("ratio", "difference")
Predictions = Mapping[tuple[str, str, int], float]
"""(trial, arm, place of a figure in it) -> the fold of baseline that the model predicts."""
CORRELATION = 0.5
"""Between a man's level before and under treatment; assumed (Follmann 1992 takes it where no trial says). Trials that
print the standard error of the change would settle it."""
GRACE = 7.0
"""Days after the interval of the last dose in which a figure still is one under treatment."""
FEWEST_FOR_EGGER = 10
"""Effects from which a test for asymmetry means something (Cochrane Handbook 13.3.5.4)."""


@dataclass(frozen=True, repr=False)
class MetaAnalysis:
    """Effects of arms and what they are together, as `meta_analysis` returns them.

    Attributes
    ----------
    measure, effect : the measurement, and "ratio" or "difference".
    arms : one row an arm: trial, arm, drugs, drug_class, diagnosis, day, n, effect, low, high, standard_error, imputed
        (whether the spread between its men was taken from other arms), weight (%), predicted. Ratios are given as such,
        and standard_error as that of the logarithm.
    estimate, low, high : the mean effect and its 95 % interval.
    prediction_low, prediction_high : 95 % interval of the effect in a new trial; NaN below three arms.
    predicted, compared : the model's prediction of the arms that it predicts, and what these measured, with the same
        weights; NaN where it predicts none.
    tau : standard deviation of effects between trials, of the logarithm for a ratio.
    i_squared : share (%) of the variation that is between trials.
    heterogeneity_p : of Cochran's Q.
    asymmetry_p : of Egger's test of the funnel; NaN below 10 arms.
    unit : of differences; "" for ratios.

    Examples
    --------
    >>> pooled = meta_analysis("testosterone", drug_class="selective estrogen receptor modulator")
    >>> pooled.low > 1 and len(pooled.arms) > 5
    True
    """

    measure: str
    effect: str
    arms: pd.DataFrame
    estimate: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    predicted: float
    compared: float
    tau: float
    i_squared: float
    heterogeneity_p: float
    asymmetry_p: float
    unit: str

    def __repr__(self) -> str:
        kind = "ratio to baseline" if self.effect == "ratio" else f"change from baseline ({self.unit})"
        new = f"{self.prediction_low:.3g} to {self.prediction_high:.3g} in a new trial"
        lines = [
            f"{self.measure}, {kind}: {self.estimate:.3g} (95 % interval {self.low:.3g} to {self.high:.3g})",
            f"{len(self.arms)} arms of {len(set(self.arms['trial']))} trials; {new}",
            f"between trials: I² {self.i_squared:.0f} %, standard deviation {self.tau:.2g}, "
            f"p {self.heterogeneity_p:.2g}",
        ]
        if np.isfinite(self.asymmetry_p):
            lines.append(f"asymmetry of the funnel: p {self.asymmetry_p:.2g}")
        if np.isfinite(self.predicted):
            there: Any = np.isfinite(self.arms["predicted"].to_numpy(dtype=float))
            of_these = f"{there.sum()} of the arms, which measured {self.compared:.3g}"
            lines.append(f"the model predicts {self.predicted:.3g} for {of_these}")
        return "\n".join(lines)

    def plot(self) -> Figure:
        """Forest plot: each arm with its 95 % interval, the model's prediction beside it, and the pooled effect."""
        from .meta_figures import forest

        return forest(self)

    def funnel(self) -> Figure:
        """Funnel plot: effects against their standard errors."""
        from .meta_figures import funnel

        return funnel(self)


def meta_analysis(
    measure: str,
    *,
    drug: str | None = None,
    drug_class: str | None = None,
    diagnosis: str | None = None,
    effect: str = "ratio",
    against_control: bool = False,
    trials: Sequence[Trial] | None = None,
) -> MetaAnalysis:
    """Pool what trials measured under a treatment, by random effects.

    Parameters
    ----------
    measure : a measurement, such as "testosterone".
    drug : arms that were given this drug and no other; None for any.
    drug_class : arms that were given drugs of this class alone, such as "aromatase inhibitor"; None for any.
    diagnosis : of the men; None for any.
    effect : "ratio" of the level under treatment to that before, or "difference" (in the unit shown).
    against_control : less the same of the trial's untreated or placebo arm, or as the trial prints it against such an
        arm; arms without either are left out.
    trials : evidence; the package's own for None.

    Returns
    -------
    MetaAnalysis
        Each arm's last figure under treatment, and all of them together.

    Raises
    ------
    InputError
        A measurement, drug, class, diagnosis or effect that does not exist, or fewer than two arms.
    MissingPackageError
        statsmodels is not installed.

    Notes
    -----
    The standard error follows from the spread between men that the paper prints, with a correlation of 0.5 between a
    man's two levels. Where it prints none, the coefficient of variation is the median of the other arms' (`imputed`).
    A median counts as a mean. A number of men that is known for the trial alone is shared among its arms; without any,
    an arm counts as 8 men. Left out are meta-analyses, trials whose figures were not read in their source, and those
    that repeat another's men.

    Examples
    --------
    >>> meta_analysis("estradiol", drug_class="aromatase inhibitor").estimate < 1
    True
    """
    with extra_packages("pooling trials needs statsmodels", "meta-analysis"):
        from statsmodels.stats.meta_analysis import combine_effects

    everything = tuple(trials) if trials is not None else packaged_trials()
    name = drug if drug is None else DrugLibrary.shipped().find(drug).name
    _check(measure, drug_class, diagnosis, effect, everything)
    found = _effects(measure, effect, against_control, everything)
    chosen: Any = found[
        [
            (name is None or row["drugs"] == name)
            and (drug_class is None or row["drug_class"] == drug_class)
            and (diagnosis is None or row["diagnosis"] == diagnosis)
            and row["drugs"] != ""
            for row in found.to_dict("records")
        ]
    ].reset_index(drop=True)
    if len(chosen) < 2:
        raise InputError(f"{len(chosen)} arms give {measure} before and under such a treatment; 2 or more are pooled")
    values, errors = chosen["effect"].to_numpy(dtype=float), chosen["standard_error"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):  # of what is not used, where all effects are the same
        together: Any = combine_effects(values, errors**2, method_re="dl", use_t=False)
    tau = sqrt(max(float(together.tau2), 0.0))
    weights = 1 / (errors**2 + tau**2)
    mean, mean_error = float(np.average(values, weights=weights)), 1 / sqrt(weights.sum())
    freedom, q = len(values) - 1, float(together.q)
    new = _in_a_new_trial(mean, sqrt(mean_error**2 + tau**2), len(chosen))
    predictions = chosen["predicted"].to_numpy(dtype=float)
    there = np.isfinite(predictions)
    predicted, compared = (
        float(np.average(of[there], weights=weights[there])) if there.any() else nan for of in (predictions, values)
    )
    shown: Any = np.exp if effect == "ratio" else np.asarray
    arms = chosen.assign(
        effect=shown(values), low=shown(values - 1.96 * errors), high=shown(values + 1.96 * errors),
        predicted=shown(predictions), weight=100 * weights / weights.sum(),
    )  # fmt: skip

    def at(value: float) -> float:
        return float(np.exp(value)) if effect == "ratio" else value

    return MetaAnalysis(
        measure=measure, effect=effect, arms=arms, estimate=at(mean), low=at(mean - 1.96 * mean_error),
        high=at(mean + 1.96 * mean_error), prediction_low=at(new[0]), prediction_high=at(new[1]),
        predicted=at(predicted), compared=at(compared), tau=tau,
        i_squared=100 * max(q - freedom, 0.0) / max(q, freedom),
        heterogeneity_p=float(chi2.sf(q, freedom)), asymmetry_p=_egger(values, errors),
        unit="" if effect == "ratio" else LABS[measure].display_unit,
    )  # fmt: skip


def _check(measure: str, drug_class: str | None, diagnosis: str | None, effect: str, trials: Sequence[Trial]) -> None:
    """Raise InputError for what no trial could have."""
    if measure not in LABS:
        raise InputError(f"unknown measurement {measure!r}; `hpg labs` lists them")
    if effect not in EFFECTS:
        raise InputError(f"effect = {effect!r}: expected {' or '.join(EFFECTS)}")
    classes = {one for trial in trials for arm in trial.arms for one in classes_given(arm)}
    if drug_class is not None and drug_class not in classes:
        raise InputError(f"unknown class {drug_class!r}; trials gave {', '.join(sorted(classes))}")
    diagnoses = {trial.population.diagnosis for trial in trials}
    if diagnosis is not None and diagnosis not in diagnoses:
        raise InputError(f"unknown diagnosis {diagnosis!r}; trials had {', '.join(sorted(diagnoses))}")


COLUMNS = [
    "trial", "arm", "drugs", "drug_class", "diagnosis", "day", "n", "effect", "standard_error", "imputed", "predicted",
    "relative_spread", "scale",
]  # fmt: skip


def _effects(measure: str, effect: str, controlled: bool, trials: Sequence[Trial]) -> pd.DataFrame:
    """One row an arm that gives the effect; where `controlled`, against its control, as printed or by difference."""
    predictions = {
        (row["trial"], row["arm"], row["index"]): row["predicted_fold"]
        for row in shipped_validation().outcomes
        if row["compared"] == "change"
    }
    rows = []
    for trial in filter(own_study, trials):
        control = None
        if controlled:
            untreated = (arm for arm in trial.arms if not arm.protocol and is_control(arm))
            control = next(filter(None, (_of_arm(trial, arm, measure, effect, predictions) for arm in untreated)), None)
        for arm in trial.arms:
            row = _of_arm(trial, arm, measure, effect, predictions, printed=True) if controlled else None
            own = None if row else _of_arm(trial, arm, measure, effect, predictions)
            if own:
                row = own if not controlled else _against(own, control) if control and arm.protocol else None
            rows += [row] if row else []
    found = pd.DataFrame(rows, columns=COLUMNS)
    missing: Any = found["imputed"].astype(bool)
    usual = found.loc[~missing, "relative_spread"].astype(float).median()
    if missing.any() and not np.isfinite(usual):
        raise InputError(f"no trial prints the spread of {measure} between men, without which trials cannot be weighed")
    found.loc[missing, "standard_error"] = found.loc[missing, "scale"].astype(float) * usual
    usable: Any = found[found["standard_error"].astype(float) > 0]
    return usable


def _of_arm(
    trial: Trial, arm: Arm, measure: str, effect: str, predictions: Predictions, *, printed: bool = False
) -> dict[str, Any] | None:
    """The effect of one arm from baseline, or against its control as `printed`; None where it gives none.

    Effects are on the scale on which they add up.
    """
    before = baseline_figures(arm).get(measure)
    stops = [line.stop_day + (line.every_days or 0.0) for line in arm.protocol if line.stop_day is not None]
    last = max(stops, default=float("inf")) + GRACE
    under = [
        (place, outcome)
        for place, outcome in enumerate(arm.outcomes)
        if outcome.day and outcome.day <= last and outcome.verified and not bound(outcome)
        and _base(outcome) == measure and against_control(outcome) == printed
    ]  # fmt: skip
    for place, outcome in sorted(under, key=lambda one: -(one[1].day or 0.0)):
        count = outcome.n or arm.n or (trial.population.n or 0) // len(trial.arms) or FEW
        try:
            measured = _effect(effect, outcome, before, count)
        except (NotComparable, ValueError):
            continue
        if measured is None:
            continue
        value, spread, scale = measured
        fold = predictions.get((trial.id, arm.name, place), nan)
        level = meaning(before).value if before is not None else nan
        return {
            "trial": trial.id, "arm": arm.name, "drugs": " + ".join(sorted(drugs_given(arm))),
            "drug_class": " + ".join(sorted(classes_given(arm))), "diagnosis": trial.population.diagnosis,
            "day": outcome.day, "n": count, "effect": value,
            "standard_error": nan if spread is None else spread / sqrt(count), "imputed": spread is None,
            "predicted": log(fold) if effect == "ratio" else level * (fold - 1),
            "relative_spread": nan if spread is None else spread / scale, "scale": scale / sqrt(count),
        }  # fmt: skip
    return None


def _effect(
    effect: str, outcome: Outcome, before: Outcome | None, count: int
) -> tuple[float, float | None, float] | None:
    """(effect, standard deviation of it between men or None, what a coefficient of variation of 1 would be)."""
    figure = meaning(outcome)
    base = None if before is None else meaning(before).value
    if figure.kind == "fold":
        if effect == "ratio":
            return (log(figure.value), None, 1.0) if figure.value > 0 else None
        return None if base is None or against_control(outcome) else (base * (figure.value - 1), None, base)
    sd = deviation(outcome, count)
    if base is None or before is None:
        is_all = effect == figure.kind == "difference" and sd is not None
        return (figure.value, sd, max(abs(figure.value), 1e-9)) if is_all else None
    level = figure.value if figure.kind == "level" else base + figure.value
    if min(level, base) <= 0:
        return None
    if figure.kind == "difference":
        return (log(level / base), sd and sd / base, 1.0) if effect == "ratio" else (figure.value, sd, base)
    sd_before = deviation(before, count)
    if effect == "ratio":
        return log(level / base), _of_change(sd and sd / level, sd_before and sd_before / base), 1.0
    return level - base, _of_change(sd, sd_before), (level + base) / 2


def _of_change(after: float | None, before: float | None) -> float | None:
    """Standard deviation of a change from those of its two levels; of one of them where the other is not known."""
    a, b = (after if after is not None else before), (before if before is not None else after)
    return None if a is None or b is None else sqrt(a**2 + b**2 - 2 * CORRELATION * a * b)


def deviation(outcome: Outcome, count: int) -> float | None:
    """Standard deviation between `count` men (unit shown) that a paper prints; None where it prints none."""
    ends = interval(outcome if outcome.n else outcome.model_copy(update={"n": count}))
    if ends is None:
        return None
    return (ends[1] - ends[0]) / (2 * 1.96) * sqrt(outcome.n or count) / meaning(outcome).to_printed


def _against(row: dict[str, Any], control: dict[str, Any]) -> dict[str, Any]:
    """The effect of an arm less that of its control."""
    return row | {
        "effect": row["effect"] - control["effect"],
        "predicted": row["predicted"] - control["predicted"],
        "standard_error": sqrt(row["standard_error"] ** 2 + control["standard_error"] ** 2),
        "imputed": row["imputed"] or control["imputed"],
        "scale": sqrt(row["scale"] ** 2 + control["scale"] ** 2),
    }


def _base(outcome: Outcome) -> str | None:
    try:
        return base_measure(outcome.measure)
    except NotComparable:
        return None


def _in_a_new_trial(mean: float, spread: float, count: int) -> tuple[float, float]:
    """95 % interval of the effect in a new trial (Higgins 2009), NaN below three."""
    if count < 3:
        return nan, nan
    reach = float(t.ppf(0.975, count - 2)) * spread
    return mean - reach, mean + reach


def _egger(values: Any, errors: Any) -> float:
    """p of Egger's regression of the standardised effect on precision (Egger 1997)."""
    if len(values) < FEWEST_FOR_EGGER or np.ptp(errors) == 0:
        return nan
    from statsmodels.api import OLS, add_constant

    fit: Any = OLS(values / errors, add_constant(1 / errors)).fit()
    return float(fit.pvalues[0])
