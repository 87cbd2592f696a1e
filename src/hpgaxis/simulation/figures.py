"""Figures of results over time, with reference ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..measurements.registry import LABS, axis_unit, label
from .figure_style import (
    COLOURS,
    GREY,
    LIMIT,
    REFERENCE,
    as_written,
    head_height,
    label_ends,
    line_look,
    panels,
    pyplot,
    time_unit,
    title_and_key,
)
from .table_text import SWING
from .time_courses import TimeCourses

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .global_sensitivity import GlobalSensitivity

Array = NDArray[np.float64]
PANELS = (
    "testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "inhibin_b",
    "sperm_concentration", "total_motile_count", "testis_volume",
)  # fmt: skip
RANGE_WORDS = "Green: reference range of men."
SWING_WORDS = "Band: from trough to peak of each dosing interval; line: its mean."


def time_courses(
    results: Mapping[str, TimeCourses],
    names: Sequence[str] = (),
    *,
    title: str = "",
    limits: Mapping[str, Sequence[float]] | None = None,
    from_zero: bool = True,
) -> Figure:
    """One panel a measurement, one line a protocol, the reference range shaded.

    In simulations of months a line is the mean of each dosing interval, and a band reaches from its trough to its peak;
    shorter ones show every moment.

    Parameters
    ----------
    results : label of the line -> result.
    names : measurements, by default the main ones.
    title : of the figure; by default the only protocol, or how many there are.
    limits : measurement -> levels that are drawn as red lines.
    from_zero : the vertical axes begin at 0; else they show the change, but at least 10 % about the course.

    Returns
    -------
    matplotlib.figure.Figure
    """
    chosen = list(names) or list(PANELS)
    first = next(iter(results.values()))
    unit, days = time_unit(first.time)
    labels = [f"{number}  {text}" for number, text in enumerate(results, 1)] if len(results) > 1 else []
    figure, axes = panels(len(chosen), head_height(labels), unit)
    swings = False
    for axis, name in zip(axes, chosen, strict=True):
        ends = list[float]()
        for number, result in enumerate(results.values()):
            course = _course(result, name, in_months=unit == "months")
            swings |= _draw_course(axis, course, days, number)
            ends.append(float(course[1, -1]))
        _shade_range(axis, name)
        for level in (limits or {}).get(name, ()):
            axis.axhline(level, color=LIMIT, lw=1.2, ls=(0, (4, 3)))
        axis.set_title(f"{label(name)} ({axis_unit(name, first.units[name])})", fontsize=10, loc="left")
        _set_height(axis, [_course(result, name, in_months=False) for result in results.values()], from_zero)
        if labels:
            label_ends(axis, ends, range(len(ends)))
    caption = [RANGE_WORDS] + [SWING_WORDS] * swings + ["Red dashes: limits of safety that are near."] * bool(limits)
    lines = [pyplot().Line2D([], [], label=as_written(text), **line_look(number)) for number, text in enumerate(labels)]
    usual = next(iter(results)) if len(results) == 1 else f"{len(results)} treatments of one man"
    title_and_key(figure, title or usual, lines, " ".join(caption))
    return figure


def _course(result: TimeCourses, name: str, *, in_months: bool) -> Array:
    """Time, mean, trough and peak (4, n): of dosing intervals in long simulations, else of moments."""
    return result.by_interval(name) if in_months else TimeCourses.by_interval(result, name)


def _draw_course(axis: Axes, course: Array, days: float, number: int) -> bool:
    """Draw a line, and the band about it where the level swings between doses. True if there is a band."""
    time, mean, trough, peak = course
    look = line_look(number)
    swings = bool(np.median(peak - trough - SWING * np.abs(mean)) > 0)
    if swings:
        axis.fill_between(time / days, trough, peak, color=look["color"], alpha=0.18, lw=0)
    axis.plot(time / days, mean, **look)
    return swings


def _shade_range(axis: Axes, name: str) -> None:
    if name in LABS:
        axis.axhspan(*LABS[name].reference.limits, color=REFERENCE, alpha=0.12, lw=0, zorder=0)


def _set_height(axis: Axes, courses: Sequence[Array], from_zero: bool) -> None:
    """Limits of the vertical axis: from 0, or about the change."""
    top, bottom = (function([function(course[1:]) for course in courses]) for function in (np.max, np.min))
    if from_zero or top <= 0:
        axis.set_ylim(0, top * 1.08 if top > 0 else 1)
    else:
        margin = max(0.15 * (top - bottom), 0.05 * top)
        axis.set_ylim(max(bottom - margin, 0.0), top + margin)


def bands_over_time(
    days: Array, bands: Mapping[str, tuple[Array, str]], *, title: str = "", band: str = "95 % interval"
) -> Figure:
    """One panel a measurement: the middle of three quantiles (3, days) as a line, the others as a band.

    Parameters
    ----------
    days : output times (days,).
    bands : measurement -> (quantiles, unit).
    title : of the figure.
    band : what the band holds, for the caption.
    """
    unit, length = time_unit(days)
    figure, axes = panels(len(bands), head_height([]), unit)
    for axis, (name, ((low, middle, high), name_unit)) in zip(axes, bands.items(), strict=True):
        axis.fill_between(days / length, low, high, color=COLOURS[0], alpha=0.25, lw=0)
        axis.plot(days / length, middle, **line_look(0))
        _shade_range(axis, name)
        axis.set_title(f"{label(name)} ({axis_unit(name, name_unit)})", fontsize=10, loc="left")
        axis.set_ylim(0, max(1e-9, 1.08 * float(np.nanmax(high))))
    title_and_key(figure, title, [], f"Line: median. Blue band: {band}. {RANGE_WORDS}")
    return figure


def tornado(found: GlobalSensitivity, most: int = 12) -> Figure:
    """Bars of the traits that move a measurement, the strongest at the top, with 95 % intervals."""
    table = found.table().head(most).iloc[::-1]
    shown = list(found.indices)
    figure, axis = pyplot().subplots(figsize=(6.4, 0.34 * len(table) + 1.2))
    places, width = np.arange(len(table)), 0.8 / len(shown)
    for number, name in enumerate(reversed(shown)):
        errors = table[f"{name} ±"].to_numpy() if f"{name} ±" in table else None
        where = places + width * (number - (len(shown) - 1) / 2)
        axis.barh(where, table[name], width, color=line_look(number)["color"], label=name.replace("_star", "*"))
        if errors is not None:
            axis.errorbar(table[name], where, xerr=errors, color=GREY, lw=0, elinewidth=1)
    axis.set_yticks(places, [name.replace("_", " ") for name in table.index], fontsize=8)
    axis.set_xlabel(f"{found.outcome} of {label(found.measure)}, day {found.day:g}: index by trait", fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(fontsize=8, frameon=False, loc="lower right")
    figure.tight_layout()
    return figure
