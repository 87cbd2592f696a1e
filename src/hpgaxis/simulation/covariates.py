"""Covariate effects: how far age, weight, diagnosis or a lab change what a treatment does, with intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import InputError
from ..measurements.labs import LabError
from ..measurements.registry import LABS, label, within_a_sentence
from ..model import Model
from ..people.match import MatchedMan, match
from ..people.patient import Patient, PatientError
from ..pharmacology.protocol import Protocol, ProtocolLike
from ..physiology.posterior import resample_parameter_sets
from .run import simulate_many

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OF_A_MAN = ("age", "bmi", "diagnosis")
NO_EFFECT = (0.8, 1.25)
"""Ratios between which an effect is shown as of little consequence, as in bioequivalence."""
TICKS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
"""Of the ratio, where it is drawn."""
LAST_DAYS = 7.0
"""Days over which the level at the end is averaged."""


@dataclass(frozen=True, repr=False)
class CovariateEffects:
    """Effects of covariates, as `covariate_effects` returns them.

    Attributes
    ----------
    table : one row a value of a covariate: covariate, value, ratio (of what is measured to that in the reference man;
        median over sets of parameters), low and high (5 % and 95 %).
    measure : what is compared.
    reference : the man with whom the others are compared.
    protocol : the treatment.
    days : its length.
    of_change : whether ratios to baseline are compared, in place of levels.
    left_out : men of some set of parameters without a steady state or such labs.

    Examples
    --------
    >>> found = covariate_effects("clomiphene 25 mg daily", {"bmi": [22, 36]}, days=30, draws=3)
    >>> found.table["covariate"].tolist(), bool((found.table["low"] <= found.table["ratio"]).all())
    (['bmi', 'bmi'], True)
    """

    table: pd.DataFrame
    measure: str
    reference: Patient
    protocol: Protocol
    days: float
    of_change: bool
    left_out: int

    def __repr__(self) -> str:
        rows: Any = self.table
        lines = [self.title(), f"{'':28}{'ratio':>7}   90 % interval"]
        for row in rows.to_dict("records"):
            lines.append(f"{_name(row):28}{row['ratio']:7.2f}   {row['low']:.2f} to {row['high']:.2f}")
        if self.left_out:
            lines.append(f"{self.left_out} men left out: no steady state, or no man has such labs")
        return "\n".join(lines)

    def title(self) -> str:
        """What is compared, after which treatment."""
        measured = within_a_sentence(label(self.measure))
        what = f"ratio of {measured} to baseline" if self.of_change else measured
        return f"{what} after {self.days:g} days of {self.protocol.label()}, relative to the reference man"

    def plot(self) -> Figure:
        """Forest plot: the ratio and its 90 % interval of each value; the band holds ratios of 0.8 to 1.25."""
        from .figure_style import COLOURS, GREY, as_written, pyplot

        rows: Any = self.table
        figure, axis = pyplot().subplots(figsize=(6.4, 1.3 + 0.28 * len(rows)), layout="constrained")
        places = np.arange(len(rows), 0, -1)
        axis.axvspan(*NO_EFFECT, color=GREY, alpha=0.12, lw=0)
        axis.axvline(1, color=GREY, lw=0.8, ls=":")
        axis.hlines(places, rows["low"], rows["high"], color=COLOURS[0], lw=1.5)
        axis.plot(rows["ratio"], places, color=COLOURS[0], marker="o", lw=0)
        axis.set_yticks(places, [as_written(_name(row)) for row in rows.to_dict("records")])
        axis.set_xscale("log")
        low, high = min(rows["low"].min(), NO_EFFECT[0]) * 0.95, max(rows["high"].max(), NO_EFFECT[1]) * 1.05
        shown = [tick for tick in TICKS if low <= tick <= high]
        axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axis.set_xticks([], minor=True)
        axis.set_xlim(low, high)
        axis.set_xlabel(as_written(textwrap.fill(self.title(), 60)), fontsize=9)
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(axis="y", length=0)
        return figure


def covariate_effects(  # noqa: PLR0913
    protocol: ProtocolLike,
    covariates: Mapping[str, Iterable[Any]],
    *,
    measure: str = "testosterone",
    reference: Patient | None = None,
    days: float = 180.0,
    of_change: bool = False,
    draws: int = 25,
    model: Model | None = None,
    callback: Callable[[int, int], None] = lambda done, total: None,
) -> CovariateEffects:
    """Compare men who differ from a reference man in one covariate, under one treatment.

    Parameters
    ----------
    protocol : the treatment.
    covariates : "age" (years), "bmi" (kg/m²), "diagnosis" or a lab (in the unit shown) -> values.
    measure : what is compared: its mean over the last week.
    reference : the man; the default man for None.
    days : length of treatment.
    of_change : compare how many times its baseline it is, in place of its level.
    draws : sets of parameters of the typical man, from the calibration, over which the interval runs.
    model : the model; default the shipped one.
    callback : called with (done, total) men.

    Returns
    -------
    CovariateEffects
        The ratio to the reference man by covariate and value.

    Raises
    ------
    InputError
        An unknown covariate or measurement, no value, or no man of a value in any set of parameters.

    Examples
    --------
    >>> found = covariate_effects("hCG 1500 IU sc three times a week", {"age": [25, 65]}, days=30, draws=2)
    >>> len(found.table), found.measure
    (2, 'testosterone')
    """
    man, used = reference or Patient(), model or Model.default()
    regimen = Protocol.of(protocol, used.drugs)
    if measure not in used.measurements:
        raise InputError(f"unknown measurement {measure!r}; there are {', '.join(used.measurements)}")
    if draws < 1 or days <= LAST_DAYS:
        raise InputError(f"draws = {draws}, days = {days:g}: expected 1 or more, and more than {LAST_DAYS:g} days")
    changed = [(name, value, _with(man, name, value)) for name, values in covariates.items() for value in values]
    if not changed:
        raise InputError('no value of a covariate: expected such as {"age": [25, 60]}')
    patients = [man, *(patient for _, _, patient in changed)]
    men, total = list[MatchedMan | None](), draws * len(patients)
    for sample in resample_parameter_sets(draws):
        with_sample = used.with_posterior_sample(sample)
        for patient in patients:
            men.append(_matched(patient, with_sample))
            callback(len(men), total)
    there = [one for one in men if one is not None]
    run = simulate_many(
        there, regimen, days=days, t_eval=[0.0, *np.arange(days - LAST_DAYS, days + 0.5)], variables=[measure],
        own_models=True,
    )  # fmt: skip
    levels = np.full(len(men), np.nan)
    levels[[one is not None for one in men]] = run.mean(measure, days - LAST_DAYS, days)
    if of_change:
        levels[[one is not None for one in men]] /= run.at(measure, 0.0)
    by_set = levels.reshape(draws, len(patients))
    ratios = by_set[:, 1:] / by_set[:, :1]
    rows = []
    for (name, value, _), ratio in zip(changed, ratios.T, strict=True):
        usable = ratio[np.isfinite(ratio)]
        if not len(usable):
            raise InputError(f"{name} = {value}: no such man under any set of parameters")
        low, middle, high = np.quantile(usable, (0.05, 0.5, 0.95))
        rows.append({"covariate": name, "value": value, "ratio": middle, "low": low, "high": high})
    return CovariateEffects(pd.DataFrame(rows), measure, man, regimen, days, of_change, len(men) - len(there))


def _with(man: Patient, name: str, value: Any) -> Patient:
    """The man with another value of a covariate."""
    if name in OF_A_MAN:
        return replace(man, **{name: value})
    if name not in LABS:
        raise InputError(f"unknown covariate {name!r}: expected {', '.join(OF_A_MAN)} or a lab, such as lh")
    return replace(man, labs={**man.labs, name: value})


def _matched(patient: Patient, model: Model) -> MatchedMan | None:
    """The man under a set of parameters; None where he has no steady state, or no man has such labs."""
    try:
        return match(patient, model=model)
    except (LabError, PatientError):
        return None


def _name(row: Mapping[str, Any]) -> str:
    """A covariate and its value, in words."""
    name, value = row["covariate"], row["value"]
    if name in LABS:
        return f"{label(name)} {value:g} {LABS[name].display_unit}"
    if name == "diagnosis":
        return str(value).replace("_", " ")
    return f"age {value:g} years" if name == "age" else f"body mass index {value:g} kg/m²"
