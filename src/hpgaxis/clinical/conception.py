"""Chance of conception month by month, from the semen that a simulation predicts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..physiology import conception as equations
from ..physiology.parameters import catalogue
from ..simulation.results import Result
from ..simulation.table_text import level_text
from ..units import DAYS_PER_MONTH, days_in_months

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Conception:
    """Month by month (arrays): mean semen of the month, chance of conception in it and up to its end (0..1).

    route: what is usual at that total motile count.
    """

    month: NDArray[np.int64]
    sperm_concentration: NDArray[np.float64]
    total_motile_count: NDArray[np.float64]
    monthly: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    route: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """One row a month; levels as texts (the arrays have the numbers), chances in per cent."""
        from ..simulation.tables import Table

        return Table(
            {
                "sperm concentration (10⁶/mL)": [
                    level_text("sperm_concentration", value) for value in self.sperm_concentration
                ],
                "total motile count (10⁶)": [
                    level_text("total_motile_count", value) for value in self.total_motile_count
                ],
                "chance this month (%)": 100 * self.monthly,
                "chance so far (%)": 100 * self.cumulative,
                "usual at this count": self.route,
            },
            index=[f"month {number}" for number in self.month],
        )


def conception(result: Result, *, partner_age: float = 30.0, partner_fecundability: float | None = None) -> Conception:
    """Return the chance of natural conception in each whole month of a simulation.

    Couples differ, so the true cumulative chance flattens sooner.

    Parameters
    ----------
    result : a simulation of at least a month.
    partner_age : years.
    partner_fecundability : her chance a month (0 to 1) with plentiful sperm, in place of that of the typical woman of
        her age.

    Returns
    -------
    Conception
        Arrays (months,).

    Raises
    ------
    InputError
        Impossible input, or a simulation shorter than a month.

    Examples
    --------
    >>> chances = conception(hpg.simulate(None, months=2), partner_age=32)
    >>> chances.month.tolist(), bool(0 < chances.monthly[0] < 1)
    ([1, 2], True)
    """
    if not 18 <= partner_age <= 60:
        raise InputError(f"partner_age = {partner_age:g}: expected 18 to 60 years")
    if partner_fecundability is not None and not 0 <= partner_fecundability <= 1:
        raise InputError(f"partner_fecundability = {partner_fecundability:g}: a chance a month from 0 to 1")
    months = floor(result.time[-1] / DAYS_PER_MONTH + 1)
    while months > 0 and days_in_months(months) > result.time[-1]:
        months -= 1
    if months < 1:
        raise InputError("the simulation is shorter than a month; simulate at least one")
    p = result.man.parameters
    chance = partner_fecundability
    if chance is None:
        chance = catalogue()["partner_fecundability"].value * float(equations.partner_factor(partner_age, p))
    ends = [0.0, *(days_in_months(month) for month in range(1, months + 1))]
    semen = {
        name: np.array([result.mean(name, begin, end) for begin, end in pairwise(ends)])
        for name in ("sperm_concentration", "motility", "morphology", "total_motile_count")
    }
    count = semen.pop("total_motile_count")
    monthly = chance * equations.semen_factor(**semen, p=p)
    return Conception(
        month=np.arange(1, months + 1),
        sperm_concentration=semen["sperm_concentration"],
        total_motile_count=count,
        monthly=monthly,
        cumulative=np.asarray(equations.cumulative(monthly), dtype=float),
        route=tuple(equations.assisted_reproduction(value, p) for value in count),
    )
