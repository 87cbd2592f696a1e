"""Numbers and times as people read them in tables: three digits, and what no assay finds said as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measurements.registry import axis_unit, detection_limit
from ..units import DAYS_PER_MONTH, days_in_months

if TYPE_CHECKING:
    import pandas as pd

    from .readings import Reading

SWING = 0.1
"""Trough and peak are shown where they differ by more than this share of the mean."""
AZOOSPERMIA = "azoospermia"
COUNTS = ("sperm_total", "total_motile_count")
OF_SPERM = ("motility", "progressive_motility", "morphology")


def figure_text(value: float | None) -> str:
    """A number: three significant digits, no exponent where it can be helped; – for none."""
    if value is None or value != value:
        return "–"
    if value == 0 or abs(value) == float("inf"):
        return f"{value:g}"
    if abs(value) < 0.001:
        return f"{value:.0e}"
    rounded = f"{value:.3g}"
    return f"{float(rounded):.0f}" if abs(value) >= 100 else rounded


def change_text(change: float) -> str:
    """'+12 %' for a relative change of 0.12, '0 %' where it is less than half a per cent."""
    return f"{100 * change:+.0f} %" if abs(change) >= 0.005 else "0 %"


def elasticity_text(value: float) -> str:
    """A % change for 1 % as text, to three decimals, below which it is the solver's error."""
    return figure_text(round(value, 3) + 0.0)


def level_text(name: str, value: float | None) -> str:
    """A level as a laboratory would report it: '< 0.1' below the limit of detection, 'azoospermia' for no sperm."""
    limit = detection_limit(name)
    if limit is None or value is None or not value < limit:
        return figure_text(value)
    if name == "sperm_concentration":
        return AZOOSPERMIA
    return "0" if name in COUNTS else f"< {limit:g}"


def reading_text(name: str, reading: Reading) -> str:
    """'1090 (751 to 1360)': the mean with trough and peak, which are left out where they are close to it."""
    mean, trough, peak = (level_text(name, value) for value in (reading.mean, reading.trough, reading.peak))
    swings = reading.peak - reading.trough > SWING * abs(reading.mean)
    if not swings or trough == peak:
        return mean
    return f"{mean} ({'0' if trough == AZOOSPERMIA else trough} to {peak})"


def readings_text(readings: dict[str, Reading], concentration: float) -> dict[str, str]:
    """Readings of one day by measurement. Where no sperm are found (concentration in 10*6/mL), none move."""
    texts = {name: reading_text(name, reading) for name, reading in readings.items()}
    if concentration < (detection_limit("sperm_concentration") or 0.0):
        texts |= {name: "0" for name in COUNTS if name in texts} | {name: "–" for name in OF_SPERM if name in texts}
    return texts


def day_text(day: float) -> str:
    """'183', or '0.25' where it is not a whole day."""
    return f"{day:.0f}" if abs(day - round(day)) < 1e-6 else f"{day:.2f}".rstrip("0").rstrip(".")


def interval_text(begin: float, end: float) -> str:
    """'days 176 to 183', or 'day 0' for a moment; intervals of days in whole days."""
    if end - begin >= 1:
        return f"days {begin:.0f} to {end:.0f}"
    return f"days {day_text(begin)} to {day_text(end)}" if end > begin else f"day {day_text(end)}"


def length_text(days: float) -> str:
    """'6 months' where the days are those of whole months, else '45 days'."""
    months = round(days / DAYS_PER_MONTH)
    if months >= 1 and days == days_in_months(months):
        return f"{months} month{'s' if months > 1 else ''}"
    return f"{day_text(days)} day{'' if days == 1 else 's'}"


def row_text(name: str, unit: str) -> str:
    """'testosterone (ng/dL)': a row's name with its unit; own scales say what they are relative to."""
    return f"{name} ({axis_unit(name, unit)})"


def metrics_text(metrics: pd.DataFrame) -> pd.DataFrame:
    """`Result.metrics` with levels as texts and units as they are shown."""
    levels = ("baseline", "last", "cmax", "trough", "average")
    texts = metrics.astype(object)
    for column in levels:
        texts[column] = [
            level_text(str(name), float(value)) for name, value in zip(metrics.index, metrics[column], strict=True)
        ]
    texts["unit"] = [axis_unit(str(name), unit) for name, unit in zip(metrics.index, metrics["unit"], strict=True)]
    return texts
