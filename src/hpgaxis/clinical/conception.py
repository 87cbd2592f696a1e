"""Chance of conception month by month, from the semen that a simulation predicts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..physiology import conception as equations
from ..simulation.results import Result
from ..simulation.table_text import level_text
from ..units import DAYS_PER_MONTH, Quantity, convert, days_in_months, is_quantity, number, split_quantity
from .assisted_reproduction import PublishedRate, published_rates, rates_table

if TYPE_CHECKING:
    import pandas as pd

INFERTILE = ("idiopathic_oligozoospermia", "low_t_e2_ratio", "varicocele", "obstructive_azoospermia")
"""Diagnoses that are made in men of infertile couples."""
MONTHS_BEFORE_DIAGNOSIS = 24.0
"""Months that such a couple has tried: the median of those that did not conceive (Sripada 2010; 17 to 36)."""
MOST_MONTHS_OF_TRYING = 360.0
LEAST_VARIATION = 0.05
"""Least coefficient of variation between couples: with less the quadrature over them would lose its precision."""
SEMEN = ("sperm_concentration", "motility", "morphology")


@dataclass(frozen=True)
class Conception:
    """Month by month (arrays): mean semen of the month, chance of conception in it and up to its end (0..1).

    monthly: chance of a couple that is not pregnant yet. months_of_trying: without conception before the first month.
    assisted: published rates of assisted reproduction at the semen of the last month.
    """

    month: NDArray[np.int64]
    sperm_concentration: NDArray[np.float64]
    total_motile_count: NDArray[np.float64]
    monthly: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    months_of_trying: float
    assisted: tuple[PublishedRate, ...]

    def by_month(self) -> dict[str, list[float]]:
        """Return the columns of numbers by name, one value a month."""
        names = ("month", "sperm_concentration", "total_motile_count", "monthly", "cumulative")
        return {name: getattr(self, name).tolist() for name in names}

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
            },
            index=[f"month {number}" for number in self.month],
        )

    def assisted_table(self) -> pd.DataFrame:
        """One row a published rate of assisted reproduction, with its 95 % interval and source."""
        return rates_table(self.assisted)


def months_of(duration: float | str | Quantity) -> float:
    """Return a duration of trying in months, from months or a text or quantity with a unit of time.

    Raises
    ------
    InputError
        No duration, or one outside 0 to 360 months.

    Examples
    --------
    >>> months_of("2 years"), months_of(18)
    (24.0, 18.0)
    """
    try:
        if isinstance(duration, str) or is_quantity(duration):
            value, unit = split_quantity(duration)
            months = convert(value, unit, "month") if unit else value
        else:
            months = number(duration)
    except InputError as error:
        raise InputError(f"months of trying = {duration!r}: {error}; give months, like 24, or '2 years'") from None
    if not 0 <= months <= MOST_MONTHS_OF_TRYING:
        raise InputError(f"months of trying = {months:g}: expected 0 to {MOST_MONTHS_OF_TRYING:g}")
    return months


def conception(
    result: Result,
    *,
    partner_age: float = 30.0,
    partner_fecundability: float | None = None,
    months_of_trying: float | str | Quantity | None = None,
    previous_pregnancy: bool = False,
) -> Conception:
    """Return the chance of natural conception in each whole month of a simulation.

    Couples differ: their fecundability has a beta distribution, which is multiplied by factors of the partner's age and
    of the man's semen. Those who conceive leave, so that the chance of a month falls among the others. Months of trying
    condition the distribution in the same way, as if the man's semen had been that of day 0 and the partner's age the
    present one throughout. A month counts as one cycle; conceptions are clinical pregnancies, of which a tenth are lost
    (Wang 2003). For research and teaching, not for advice to a couple.

    Parameters
    ----------
    result : a simulation of at least a month.
    partner_age : years.
    partner_fecundability : the couple's chance a month (0 to 1) with the typical man's semen, if it is known: then
        neither her age nor other couples count.
    months_of_trying : months without conception before day 0, 0 to 360, or a text such as "2 years". Default: 24 for a
        diagnosis that is made in infertile couples (idiopathic_oligozoospermia, low_t_e2_ratio, varicocele,
        obstructive_azoospermia), else 0.
    previous_pregnancy : the couple has conceived before they tried now.

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
    >>> result = hpg.simulate(None, months=2)
    >>> chances = conception(result, partner_age=32)
    >>> chances.month.tolist(), bool(0 < chances.monthly[1] < chances.monthly[0] < 1)
    ([1, 2], True)
    >>> bool(conception(result, partner_age=32, months_of_trying="2 years").monthly[0] < chances.monthly[0] / 2)
    True
    """
    if not 18 <= partner_age <= 60:
        raise InputError(f"partner_age = {partner_age:g}: expected 18 to 60 years")
    if partner_fecundability is not None and not 0 <= partner_fecundability <= 1:
        raise InputError(f"partner_fecundability = {partner_fecundability:g}: a chance a month from 0 to 1")
    if partner_fecundability is not None and (months_of_trying is not None or previous_pregnancy):
        raise InputError("with partner_fecundability the couple is known: months of trying or pregnancies tell no more")
    tried = _default_months(result) if months_of_trying is None else months_of(months_of_trying)
    ends = [0.0, *_ends_of_months(result)]
    p = result.man.parameters
    semen = {
        name: np.array([result.mean(name, begin, end) for begin, end in pairwise(ends)])
        for name in (*SEMEN, "total_motile_count")
    }
    count = semen.pop("total_motile_count")
    if partner_fecundability is not None:
        fecundability, shares, tried = np.array([partner_fecundability]), np.ones(1), 0.0
    else:
        fecundability, shares = _couples(p)
        fecundability = fecundability * float(equations.partner_factor(partner_age, p))
        at_first = float(equations.semen_factor(*(float(result[name][0]) for name in SEMEN), p=p))
        shares = equations.still_trying(
            shares, np.minimum(fecundability * at_first, 1.0), tried, previous_pregnancy=previous_pregnancy
        )
    each = np.minimum(np.outer(fecundability, equations.semen_factor(**semen, p=p)), 1.0)
    monthly, cumulative = equations.chances(shares, each)
    return Conception(
        month=np.arange(1, len(count) + 1),
        sperm_concentration=semen["sperm_concentration"],
        total_motile_count=count,
        monthly=monthly,
        cumulative=cumulative,
        months_of_trying=tried,
        assisted=published_rates(
            sperm_concentration=float(semen["sperm_concentration"][-1]),
            total_motile_count=float(count[-1]),
            partner_age=partner_age,
        ),
    )


def _default_months(result: Result) -> float:
    """Months of trying where none are given: by the man's diagnosis."""
    return MONTHS_BEFORE_DIAGNOSIS if result.man.patient.diagnosis in INFERTILE else 0.0


def _ends_of_months(result: Result) -> list[float]:
    """Last days of the whole months of a simulation. Raises InputError where there is none."""
    months = floor(result.time[-1] / DAYS_PER_MONTH + 1)
    while months > 0 and days_in_months(months) > result.time[-1]:
        months -= 1
    if months < 1:
        raise InputError("the simulation is shorter than a month; simulate at least one")
    return [days_in_months(month) for month in range(1, months + 1)]


def _couples(p: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fecundabilities of couples and their shares. Raises InputError for numbers that no beta distribution has."""
    mean, variation = p.partner_fecundability, p.partner_fecundability_variation
    if not (0 < mean < 1 and variation >= LEAST_VARIATION and variation**2 < (1 - mean) / mean):
        raise InputError(
            f"partner_fecundability = {mean:g} and partner_fecundability_variation = {variation:g}: expected a mean "
            f"between 0 and 1, and a variation from {LEAST_VARIATION} to the square root of (1 - mean) / mean"
        )
    return equations.couples(mean, variation)
