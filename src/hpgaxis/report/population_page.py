"""The report of virtual populations beside published ones: every measurement's distribution, and a table."""

from __future__ import annotations

from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import write_whole
from ..measurements.registry import LABS, axis_unit, label
from ..simulation.figure_style import COLOURS, INK, pyplot, svg
from .pages import template

if TYPE_CHECKING:
    from ..validation.populations import Comparison, Row

COLUMNS = 4
BEYOND = 1.96
"""Standard deviations about the centre that hold 95 % of men."""


def population_page(comparisons: list[Comparison], path: Path) -> Path:
    """Write the report of populations to `path`."""
    html = template("populations.html.j2").render(
        comparisons=[
            (comparison, svg(pictures(comparison), f"{comparison.title}: histograms of virtual men"))
            for comparison in comparisons
        ],
        labs=LABS,
        state={True: "reached", False: "missed", None: "untold"},
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def pictures(comparison: Comparison) -> Any:
    """A histogram of each measurement, with what was published."""
    plt = pyplot()
    lines = -(-len(comparison.rows) // COLUMNS)
    figure, axes = plt.subplots(lines, COLUMNS, figsize=(11, 2.3 * lines), squeeze=False)
    for axis, row in zip(axes.flat, comparison.rows, strict=False):
        _draw(axis, row, comparison.values[row.published.name])
    for axis in axes[:, 0]:
        axis.set_ylabel("men", fontsize=8)
    for axis in axes.flat[len(comparison.rows) :]:
        axis.set_visible(False)
    figure.tight_layout()
    return figure


def _draw(axis: Any, row: Row, values: Any) -> None:
    """Histogram of the virtual men's samples; published centre, and the range of 95 % of men."""
    published = row.published
    values = published.read(values)
    shown = values[values > 0]
    low, high = np.quantile(shown, [0.005, 0.995])
    axis.hist(shown, bins=np.geomspace(low, high, 40).tolist(), color=COLOURS[0], alpha=0.45)
    axis.axvline(published.centre, color=INK, lw=1.6, ls="-" if published.verified else ":")
    if published.spread is not None:
        for side in (-1, 1):
            edge = published.centre * exp(side * BEYOND * published.spread)
            axis.axvline(edge, color=INK, lw=0.9, ls="--" if published.spread_verified else ":")
    axis.set_xscale("log")
    marks = [mark for tens in range(-3, 5) for mark in (10.0**tens, 3 * 10.0**tens) if low <= mark <= high]
    axis.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axis.set_xticks([], minor=True)
    axis.set_yticks([])
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(labelsize=7)
    axis.set_title(label(published.name), fontsize=9)
    axis.set_xlabel(axis_unit(published.name, LABS[published.name].display_unit), fontsize=8)
