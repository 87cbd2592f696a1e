"""The dose that brings one measurement of one man to a target, and how uncertain it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..engine.random import as_seed
from ..errors import InputError
from ..measurements.labs import read as read_lab
from ..model import Model, with_overrides
from ..people.match import MatchedMan, matched
from ..people.patient import Patient
from ..pharmacology.doses import ProtocolError, StrengthError
from ..pharmacology.protocol import Protocol
from ..simulation.predict import sampled_men
from ..simulation.run import SimulationError, simulate_many
from ..simulation.table_text import figure_text, row_text

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
UNKNOWN = "?"
GRID = 25
"""Doses that are tried between the smallest and the largest."""
RANGE = 1e-3
"""Smallest dose tried, as a share of the largest that a sentence may hold."""
TOLERANCE = 1e-4
"""Relative tolerance of the dose."""


@dataclass(frozen=True, repr=False)
class TargetDose:
    """The dose of a protocol that reaches a target, as `find_dose` returns it.

    Attributes
    ----------
    template : the sentence, with `?` in place of the dose.
    measure, target, unit : what is to be reached: the mean over the last dosing interval.
    dose : the smallest dose that reaches it, in the unit of the sentence.
    other_doses : larger doses that give the same level, where the response rises and falls.
    protocol : the sentence with that dose.
    day : the day on which the target holds.
    doses, levels : the dose-response curve (doses,) on which it was sought.
    needed : the dose that each draw needs (draws,); NaN where none in the range does. Empty without draws.
    reached : the level of each draw under `dose` (draws,).

    Examples
    --------
    >>> patient = Patient(labs={"testosterone": "220 ng/dL"})
    >>> found = find_dose("testosterone enanthate ? mg weekly", {"testosterone": "550 ng/dL"}, patient, months=3)
    >>> 60 < found.dose < 110, found.unit
    (True, 'ng/dL')
    """

    template: str
    measure: str
    target: float
    unit: str
    dose: float
    other_doses: tuple[float, ...]
    protocol: str
    day: float
    doses: Array
    levels: Array
    needed: Array
    reached: Array

    def __repr__(self) -> str:
        return (
            f"TargetDose: {self.protocol}\n"
            f"  {row_text(self.measure, self.unit)} {figure_text(self.target)} on day {self.day:g}"
        )

    def _repr_html_(self) -> str:
        from ..simulation.tables import notebook_text

        return notebook_text(repr(self), self.table())

    def table(self) -> pd.DataFrame:
        """The dose, the level and their 95 % intervals as texts."""
        from ..simulation.tables import Table

        rows = {
            "dose for the target": [figure_text(self.dose)],
            f"{row_text(self.measure, self.unit)} at this dose": [figure_text(self.target)],
        }
        if not len(self.reached):
            return Table.from_dict(rows, orient="index", columns=["most probable man"])
        known = self.needed[np.isfinite(self.needed)]
        for row, values in zip(rows.values(), (known, self.reached), strict=True):
            row.append(_interval(values))
        rows["draws in which no dose gives the target (%)"] = [
            "",
            figure_text(100 * (1 - len(known) / len(self.needed))),
        ]
        return Table.from_dict(rows, orient="index", columns=["most probable man", "95 % interval"])


def _interval(values: Array) -> str:
    if not len(values):
        return "–"
    low, high = np.quantile(values, (0.025, 0.975))
    return f"{figure_text(low)} to {figure_text(high)}"


def find_dose(  # noqa: PLR0913
    protocol: str,
    target: Mapping[str, float | str],
    man: Patient | MatchedMan | None = None,
    *,
    days: float | None = None,
    months: float | None = None,
    draws: int = 0,
    seed: int | np.random.Generator = 1,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> TargetDose:
    """Find the dose that brings a measurement to a target.

    The level is the mean over the last dosing interval. It is computed at doses between a thousandth of the largest
    dose that the sentence may hold and that dose; between two doses that enclose the target the root is found by
    Brent's method. All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    protocol : a sentence with `?` in place of one dose, such as "testosterone enanthate ? mg weekly".
    target : one measurement -> its level, with or without a unit.
    man : a Patient, a MatchedMan, or None for the typical man.
    days, months : when the target is to hold; default 6 months.
    draws : samples of the posterior, each with a man who fits the labs, for the 95 % intervals; 0 for none.
    seed : of the draws.
    parameters, model : as for `simulate`.
    callback : is called with the number of draws done and the number of all.

    Returns
    -------
    TargetDose
        The dose, with the dose-response curve; its `table` has the intervals.

    Raises
    ------
    InputError
        No `?` or several, more than one target, or no dose that reaches it.

    Examples
    --------
    >>> found = find_dose("anastrozole ? mg daily", {"estradiol": "15 pg/mL"}, months=1)
    >>> found.protocol.startswith("anastrozole 0.")
    True
    """
    if protocol.count(UNKNOWN) != 1:
        raise InputError(
            f"{protocol!r}: expected one {UNKNOWN} in place of the dose, such as 'testosterone enanthate ? mg weekly'"
        )
    if len(target) != 1:
        raise InputError(f"{len(target)} targets; give one measurement, such as testosterone=550 ng/dL")
    number = as_seed(seed)
    if draws and (number is None or isinstance(man, MatchedMan)):
        raise InputError("draws need the Patient with his labs, and a seed")
    base = with_overrides(model, parameters)
    who = matched(man, model, parameters)
    measure, value = read_lab(*next(iter(target.items())))
    entry = who.model.measurements[measure]
    level, unit = value * entry.display_factor, entry.display_unit
    search = _Search(protocol, measure, level, days, months)
    doses = search.grid(who.model)
    levels, day = search.levels(who, doses)
    roots = search.roots(who, doses, levels)
    if not roots:
        raise InputError(
            f"no dose from {figure_text(doses[0])} to {figure_text(doses[-1])} in {protocol!r} gives {measure} = "
            f"{level:g} {unit}: it lies between {figure_text(levels.min())} and {figure_text(levels.max())} {unit}"
        )
    needed, reached = list[float](), list[float]()
    if draws and number is not None:
        patient = man if isinstance(man, Patient) else Patient()
        for done, (_, drawn) in enumerate(sampled_men(patient, base, draws, number), 1):
            if drawn is not None:
                needed_here, reached_here = search.of_draw(drawn, doses, roots[0])
                needed.append(needed_here)
                reached.append(reached_here)
            if callback:
                callback(done, draws)
    return TargetDose(
        protocol, measure, level, unit, roots[0], tuple(roots[1:]), search.sentence(roots[0]), day, doses, levels,
        np.array(needed), np.array(reached),
    )  # fmt: skip


@dataclass(frozen=True)
class _Search:
    """A sentence with an unknown dose, and the level that it shall reach."""

    template: str
    measure: str
    target: float
    days: float | None
    months: float | None

    def sentence(self, dose: float) -> str:
        return self.template.replace(UNKNOWN, f"{dose:.4g}")

    def grid(self, model: Model) -> Array:
        """Doses (doses,) in a geometric row up to the largest that the sentence may hold."""
        try:
            series = Protocol.of(self.sentence(1.0), model.drugs).series
        except StrengthError as error:
            raise InputError(f"{self.template!r}: no dose can be sought among fixed strengths. {error}") from None
        largest = max(model.drugs[dose.drug].largest_dose for dose in series)
        while True:
            try:
                Protocol.of(self.sentence(largest), model.drugs)
                return np.geomspace(RANGE * largest, largest, GRID)
            except ProtocolError:
                largest /= 1.25

    def levels(self, man: MatchedMan, doses: Array) -> tuple[Array, float]:
        """Mean level (doses,) over the last dosing interval, and the last day."""
        sentences = [self.template.replace(UNKNOWN, f"{dose:.10g}") for dose in doses]
        run = simulate_many(man, sentences, days=self.days, months=self.months, variables=[self.measure])
        if run.failures:
            raise SimulationError(run.failures[0].reason)
        if run.readings is None:
            raise SimulationError("no reading was taken at the end")
        return run.readings.values[self.measure][0, :, -1], float(run.time[-1])

    def roots(self, man: MatchedMan, doses: Array, levels: Array) -> list[float]:
        """Every dose that gives the target, the smallest first."""
        from scipy.optimize import root_scalar

        def miss(log_dose: float) -> float:
            return float(self.levels(man, np.exp([log_dose]))[0][0]) - self.target

        above = levels > self.target
        return [
            float(np.exp(root_scalar(miss, bracket=np.log(doses[place : place + 2]).tolist(), xtol=TOLERANCE).root))
            for place in np.flatnonzero(above[1:] != above[:-1])
        ]

    def of_draw(self, man: MatchedMan, doses: Array, chosen: float) -> tuple[float, float]:
        """The dose that a drawn man needs, interpolated on his curve (NaN for none), and his level under `chosen`."""
        tried = np.sort(np.append(doses, chosen))
        levels, _ = self.levels(man, tried)
        above = levels > self.target
        crossings = np.flatnonzero(above[1:] != above[:-1])
        needed = np.nan
        if len(crossings):
            first = crossings[0]
            share = (self.target - levels[first]) / (levels[first + 1] - levels[first])
            needed = float(np.exp((1 - share) * np.log(tried[first]) + share * np.log(tried[first + 1])))
        return needed, float(levels[np.searchsorted(tried, chosen)])
