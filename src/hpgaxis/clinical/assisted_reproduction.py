"""Published rates of assisted reproduction at a sperm count and a partner's age, with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import sqrt
from typing import TYPE_CHECKING, Any

from ..measurements.registry import detection_limit

if TYPE_CHECKING:
    import pandas as pd

Z95 = 1.959964
"""Quantile of the normal distribution at 97.5 %."""


@dataclass(frozen=True)
class PublishedRate:
    """Per cent of a group of couples or men with an outcome, as a study printed it.

    low, high : 95 % interval (%), as printed or computed from `number`, the cycles or men; None where neither is known.
    per : what is counted; `study` is short for `source`, which was read where `verified`.
    """

    treatment: str
    group: str
    outcome: str
    per: str
    percent: float
    low: float | None
    high: float | None
    number: int | None
    study: str
    source: str
    verified: bool


@cache
def _rows() -> list[dict[str, Any]]:
    import yaml

    text = resources.files("hpgaxis.clinical").joinpath("assisted_reproduction.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def wilson_interval(percent: float, number: int) -> tuple[float, float]:
    """Return the 95 % interval (%) of a share of `number` (Wilson's)."""
    share, squared = percent / 100, Z95**2
    middle = (share + squared / (2 * number)) / (1 + squared / number)
    half = Z95 * sqrt(share * (1 - share) / number + squared / (4 * number**2)) / (1 + squared / number)
    return 100 * max(middle - half, 0.0), 100 * min(middle + half, 1.0)


def _rate(row: dict[str, Any]) -> PublishedRate:
    number = row.get("number")
    low, high = row.get("ci95") or (wilson_interval(row["percent"], number) if number else (None, None))
    printed = ("treatment", "group", "outcome", "per", "percent", "study", "source", "verified")
    return PublishedRate(**{name: row[name] for name in printed}, low=low, high=high, number=number)


def _within(value: float, low: float, high: float | None) -> bool:
    """Whether a value is at least `low` and below `high`; None: without an upper limit."""
    return low <= value and (high is None or value < high)


def published_rates(
    *, sperm_concentration: float, total_motile_count: float, partner_age: float
) -> tuple[PublishedRate, ...]:
    """Return the published rates of assisted reproduction for such a man and partner.

    The rates are those of the groups that studies formed, not of this couple. Studies that count sperm after washing
    are matched by the ejaculate's count, which is higher. Azoospermic men get the rates of sperm retrieval, whatever
    the cause of their azoospermia.

    Parameters
    ----------
    sperm_concentration : 10^6/mL.
    total_motile_count : 10^6 in the ejaculate.
    partner_age : years.

    Returns
    -------
    tuple of PublishedRate

    Examples
    --------
    >>> rates = published_rates(sperm_concentration=10, total_motile_count=26, partner_age=36)
    >>> [(rate.percent, rate.study) for rate in rates if rate.group == "partner 35 to 37"]
    [(8.2, 'Dovey 2008')]
    """
    azoospermia = sperm_concentration < (detection_limit("sperm_concentration") or 0.0)
    values = {
        "sperm_concentration": sperm_concentration,
        "total_motile_count": total_motile_count,
        "partner_age": partner_age,
    }
    return tuple(
        _rate(row)
        for row in _rows()
        if row.get("azoospermia", False) == azoospermia
        and all(_within(value, *row[name]) for name, value in values.items() if name in row)
    )


def rates_table(rates: Sequence[PublishedRate]) -> pd.DataFrame:
    """Return one row a rate: treatment and group, outcome, per cent with its 95 % interval, and study."""
    from ..simulation.tables import Table

    return Table(
        {
            "outcome": [rate.outcome for rate in rates],
            "% (95 % interval)": [
                f"{rate.percent:g}" + ("" if rate.low is None else f" ({rate.low:.1f} to {rate.high:.1f})")
                for rate in rates
            ],
            "study": [rate.study + ("" if rate.verified else " (unread)") for rate in rates],
        },
        index=[f"{rate.treatment}, per {rate.per}: {rate.group}" for rate in rates],
    )
