"""Profile likelihoods: what a man's labs say of one trait, whatever his other traits are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import InputError
from ..model import Model
from ..people.match import MatchedMan, match
from ..people.patient import Patient
from ..people.trait_distributions import correlation_matrix, distribution
from ..physiology.states import TRAITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THRESHOLD = 3.841
"""95 % quantile of chi squared with one degree of freedom (Raue 2009, Bioinformatics 25:1923)."""
REACH = 3.0
"""Standard deviations between men on each side of the middle in which a trait is profiled."""


@dataclass(frozen=True, repr=False)
class Profiles:
    """Profiles of traits, as `profile_likelihood` returns them.

    Attributes
    ----------
    table : trait, value (relative to the typical man) and rise: of -2 log likelihood above its least, the other traits
        being as probable as labs and men in general let them be.
    intervals : trait -> (low, high) in which the rise is below 3.84; 0 or infinite where it stays there up to three
        standard deviations between men: the labs do not tell.
    matched : the most probable man.

    Examples
    --------
    >>> found = profile_likelihood(hpg.Patient(labs={"shbg": 30}), ["shbg_synthesis"], points=9)
    >>> low, high = found.intervals["shbg_synthesis"]
    >>> bool(0 < low < found.matched.traits["shbg_synthesis"] < high)
    True
    """

    table: pd.DataFrame
    intervals: dict[str, tuple[float, float]]
    matched: MatchedMan

    def __repr__(self) -> str:
        lines = [f"{'trait':24}95 % interval from the labs alone"]
        for trait, (low, high) in self.intervals.items():
            lines.append(f"{trait:24}{_in_words(low, high)}")
        return "\n".join(lines)

    def plot(self) -> Figure:
        """One panel a trait: the rise by its value, with the threshold; the line across is the most probable man's."""
        from ..simulation.figure_style import COLOURS, GREY, as_written, plain_log_ticks, pyplot

        count = len(self.intervals)
        columns = min(count, 3)
        figure, axes = pyplot().subplots(
            -(-count // columns), columns, figsize=(3 * columns, 2.3 * -(-count // columns)), squeeze=False,
            layout="constrained",
        )  # fmt: skip
        for axis, trait in zip(axes.flat, self.intervals, strict=False):
            rows: Any = self.table[self.table["trait"] == trait]
            axis.semilogx(rows["value"], rows["rise"], color=COLOURS[0])
            axis.axhline(THRESHOLD, color=GREY, lw=0.8, ls=":")
            axis.axvline(self.matched.traits[trait], color=GREY, lw=0.8)
            axis.set_ylim(0, 3 * THRESHOLD)
            plain_log_ticks(axis, "x")
            axis.set_xlabel(as_written(trait.replace("_", " ")), fontsize=9)
            axis.spines[["top", "right"]].set_visible(False)
        for axis in list(axes.flat)[count:]:
            axis.set_visible(False)
        axes[0, 0].set_ylabel("rise of −2 log likelihood", fontsize=9)
        return figure


def profile_likelihood(
    man: Patient, traits: Sequence[str] | None = None, *, points: int = 25, model: Model | None = None
) -> Profiles:
    """Profile the likelihood of a man's traits given his labs.

    Each trait is held at a series of values, and the man is matched anew at each: where the misfit rises by less than
    3.84, his labs allow the value.

    Parameters
    ----------
    man : the man with his labs.
    traits : names; None for those that any of his labs tells of.
    points : values of each trait, from three standard deviations between men below the middle to three above.
    model : the model; default the shipped one.

    Returns
    -------
    Profiles
        The profiles, and the 95 % interval of each trait.

    Raises
    ------
    InputError
        An unknown trait, one that he is given, fewer than five points, or no labs.

    Examples
    --------
    >>> found = profile_likelihood(hpg.Patient(labs={"lh": 6.0, "testosterone": "400 ng/dL"}), ["germ_cells"], points=7)
    >>> found.intervals["germ_cells"]  # semen was not given
    (0.0, inf)
    """
    if not man.labs:
        raise InputError("a profile needs labs: Patient(labs={...})")
    if points < 5:
        raise InputError(f"points = {points}: expected 5 or more")
    centre = match(man, model=model)
    chosen = list(traits) if traits is not None else _told_of(centre)
    for name in chosen:
        if name not in TRAITS:
            raise InputError(f"unknown trait {name!r}; there are {', '.join(TRAITS)}")
        if name in man.traits:
            raise InputError(f"{name} is given for this man, and so not learned from his labs")
    spreads = distribution(man.diagnosis)
    parts, intervals = [], {}
    for name in chosen:
        spread = spreads[name][1]
        middle = centre.traits[name] / np.exp(centre.deviations[name] * spread)
        values = np.unique(np.append(middle * np.exp(spread * np.linspace(-REACH, REACH, points)), centre.traits[name]))
        misfit = np.array([_misfit(man, name, float(value), model) for value in values])
        parts.append(pd.DataFrame({"trait": name, "value": values, "rise": misfit - misfit.min()}))
        intervals[name] = _interval(values, misfit - misfit.min())
    return Profiles(pd.concat(parts, ignore_index=True), intervals, centre)


def _in_words(low: float, high: float) -> str:
    if low > 0:
        return f"{low:.2f} to {high:.2f}" if np.isfinite(high) else f"above {low:.2f}"
    return f"below {high:.2f}" if np.isfinite(high) else "the labs do not tell"


def _told_of(man: MatchedMan) -> list[str]:
    """Traits whose standard error his labs have made smaller than the spread between men."""
    spreads = distribution(man.patient.diagnosis)
    return [name for name, error in man.standard_errors.items() if 0 < error < 0.9 * spreads[name][1]]


def _misfit(man: Patient, trait: str, value: float, model: Model | None) -> float:
    """-2 log likelihood of the labs and the other traits with a trait held at a value, up to a constant."""
    held = match(replace(man, traits={**man.traits, trait: value}), model=model)
    labs = sum(fit.away**2 for fit in held.fits.values() if fit.fitted)
    moved = [name for name, away in held.deviations.items() if away]
    away = np.array([held.deviations[name] for name in moved])
    return labs + float(away @ np.linalg.solve(correlation_matrix(moved), away))


def _interval(values: Any, rise: Any) -> tuple[float, float]:
    """Where the rise crosses the threshold on each side of its least, on the logarithm of the value."""
    place = int(np.argmin(rise))
    ends = []
    for side, step in ((range(place, 0, -1), -1), (range(place, len(values) - 1), 1)):
        for at in side:
            if rise[at] <= THRESHOLD < rise[at + step]:
                share = (THRESHOLD - rise[at]) / (rise[at + step] - rise[at])
                ends.append(float(np.exp(np.log(values[at]) + share * np.log(values[at + step] / values[at]))))
                break
        else:
            ends.append(0.0 if step < 0 else float("inf"))
    return ends[0], ends[1]
