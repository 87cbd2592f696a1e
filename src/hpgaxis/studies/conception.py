"""Chance of conception month by month, from the semen that a simulation predicts."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..physiology import conception as equations
from ..physiology.parameters import catalogue
from ..result import Result
from ..units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Conception:
    """Month by month (arrays): semen in the middle of the month, chance of conception in it and up to its end (0..1).

    route: what is usual at that total motile count.
    """

    month: NDArray[np.int64]
    sperm_concentration: NDArray[np.float64]
    total_motile_count: NDArray[np.float64]
    monthly: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    route: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """One row a month; chances in per cent."""
        import pandas as pd

        return pd.DataFrame(
            {
                "sperm concentration (10*6/mL)": self.sperm_concentration,
                "total motile count (10*6)": self.total_motile_count,
                "chance this month (%)": 100 * self.monthly,
                "chance so far (%)": 100 * self.cumulative,
                "usual at this count": self.route,
            },
            index=[f"month {number}" for number in self.month],
        )


def conception(result: Result, *, partner_age: float = 30.0, partner_fecundability: float | None = None) -> Conception:
    """Chance of natural conception in each whole month of a simulation.

    partner_age in years; partner_fecundability: her chance a month with plentiful sperm, in place of that of the
    typical woman of her age. Couples differ, so that true cumulative chances flatten sooner.
    Raises ValueError for impossible input or a simulation shorter than a month.
    """
    if not 18 <= partner_age <= 60:
        raise ValueError(f"partner_age = {partner_age:g}: expected 18 to 60 years")
    if partner_fecundability is not None and not 0 <= partner_fecundability <= 1:
        raise ValueError(f"partner_fecundability = {partner_fecundability:g}: a chance a month from 0 to 1")
    months = floor(result.time[-1] / DAYS_PER_MONTH + 1e-6)
    if months < 1:
        raise ValueError("the simulation is shorter than a month; simulate at least one")
    p = result.man.parameters
    chance = partner_fecundability
    if chance is None:
        chance = catalogue()["partner_fecundability"].value * float(equations.partner_factor(partner_age, p))
    middle = (np.arange(months) + 0.5) * DAYS_PER_MONTH
    semen = {
        name: np.interp(middle, result.time, result[name])
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
