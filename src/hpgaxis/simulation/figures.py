"""Figures of results over time, with reference ranges."""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import extra_packages
from ..measurements.registry import LABS, axis_unit, label
from ..units import DAYS_PER_MONTH
from .time_courses import TimeCourses

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = (
    "testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "inhibin_b",
    "sperm_concentration", "total_motile_count", "testis_volume",
)  # fmt: skip
COLOURS = ("#1f5fa8", "#d1551f", "#2a8f5b", "#8a3fa0", "#b8860b", "#00838f", "#c2185b", "#5d4037", "#607d8b", "#9e9d24")


def pyplot() -> ModuleType:
    """matplotlib.pyplot, without a screen. Raises MissingPackageError."""
    with extra_packages("plots need matplotlib", "report"):
        import matplotlib
    matplotlib.use("Agg", force=False)
    import matplotlib.pyplot as plt

    return plt


def as_written(text: str) -> str:
    """A user's text that matplotlib shows unchanged: `$` and a leading `_` have no special meaning."""
    shown = text.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def time_courses(
    results: Mapping[str, TimeCourses], names: list[str] | None = None, *, from_zero: bool = True
) -> Figure:
    """One panel a measurement, one line a protocol, the reference range shaded. Returns a matplotlib Figure.

    from_zero: the vertical axis begins at 0; else it shows the change, but at least 10 % about the course.
    """
    plt = pyplot()
    panels = names or list(PANELS)
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.2 * columns, 2.7 * rows), squeeze=False, sharex=True)
    for axis, name in zip(axes.flat, panels, strict=False):
        top, bottom = 0.0, np.inf
        for number, (title, result) in enumerate(results.items()):
            months = result.time / DAYS_PER_MONTH if result.time[-1] > 60 else result.time
            axis.plot(months, result[name], color=COLOURS[number % len(COLOURS)], lw=1.6, label=as_written(title))
            top, bottom = max(top, float(result[name].max())), min(bottom, float(result[name].min()))
        first = next(iter(results.values()))
        if name in LABS:
            low, high = LABS[name].reference.limits
            axis.axhspan(low, high, color="#2a8f5b", alpha=0.08, lw=0)
        unit = axis_unit(name, first.units[name]).replace("10*6", "10$^6$")
        axis.set_title(f"{label(name)} ({unit})", fontsize=10, loc="left")
        if from_zero or top <= 0:
            axis.set_ylim(0, top * 1.08 if top > 0 else 1)
        else:
            margin = max(0.15 * (top - bottom), 0.05 * top)
            axis.set_ylim(max(bottom - margin, 0.0), top + margin)
        axis.margins(x=0.01)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    unit = "months" if next(iter(results.values())).time[-1] > 60 else "days"
    for axis in axes[-1]:
        axis.set_xlabel(unit, fontsize=9)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    per_row = 1 if max(map(len, labels)) > 60 else 2
    figure.legend(handles, labels, loc="upper center", ncol=per_row, fontsize=9, frameon=False)
    lines = -(-len(labels) // per_row)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.035 * lines * 8.1 / (2.7 * rows) - 0.01))
    return figure


def bands_over_time(days: NDArray[np.float64], bands: dict[str, tuple[NDArray[np.float64], str]]) -> Figure:
    """One panel a measurement: the middle of three quantiles (3, days) as a line, the others as a band.

    bands: measurement -> (quantiles, unit). Returns a matplotlib Figure.
    """
    plt = pyplot()
    columns = min(3, len(bands))
    rows = -(-len(bands) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.2 * columns, 2.7 * rows), squeeze=False, sharex=True)
    in_months = days[-1] > 60
    for axis, (name, ((low, middle, high), unit)) in zip(axes.flat, bands.items(), strict=False):
        time = days / DAYS_PER_MONTH if in_months else days
        axis.fill_between(time, low, high, color=COLOURS[0], alpha=0.2, lw=0)
        axis.plot(time, middle, color=COLOURS[0], lw=1.6)
        if name in LABS:
            axis.axhspan(*LABS[name].reference.limits, color="#2a8f5b", alpha=0.08, lw=0)
        shown = axis_unit(name, unit).replace("10*6", "10$^6$")
        axis.set_title(f"{label(name)} ({shown})", fontsize=10, loc="left")
        axis.set_ylim(0, max(1e-9, 1.08 * float(np.nanmax(high))))
        axis.margins(x=0.01)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    for axis in axes.flat[len(bands) :]:
        axis.set_visible(False)
    for axis in axes.flat[max(0, len(bands) - columns) : len(bands)]:  # the lowest panel of each column
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("months" if in_months else "days", fontsize=9)
    figure.tight_layout()
    return figure


def svg(figure: Figure) -> str:
    """The figure as SVG text to put inside a page; the figure is closed."""
    plt = pyplot()
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
