"""Style of all figures: colours and lines for colour-blind readers, panels, time axes, and SVG for pages."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import extra_packages
from ..units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
INK = "#16181d"
COLOURS = ("#1f5fa8", "#c2500f", INK, "#238072", "#6e1e11")
DARK_COLOURS = ("#6aa9f7", "#ffb066", "#f4f6f8", "#2f9a8d", "#d0603f")
"""Colours of lines on white paper, and in their place on dark pages."""
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
"""Line styles: a number of them that shares no factor with the number of colours, so that 20 lines differ."""
REFERENCE, LIMIT = "#2a8f5b", "#b3261e"
"""Colours of reference ranges and of limits."""
GREY = "#6b7480"
DARK_GREY, DARK_LIMIT = "#a9b2bd", "#ff8a80"
"""Colours of captions and of limits on dark pages."""
PANEL_WIDTH, PANEL_HEIGHT = 4.2, 2.7
COLUMNS = 3
HOURS_UP_TO, DAYS_UP_TO = 3.0, 60.0
"""Days: shorter simulations have an axis in hours, longer ones one in months."""
CLOSEST = 0.085
"""Least distance between two labels at the ends of lines, as a share of a panel's height."""


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


def line_look(number: int) -> dict[str, Any]:
    """Colour, line style and width of a figure's line, counted from 0."""
    return {"color": COLOURS[number % len(COLOURS)], "ls": DASHES[number % len(DASHES)], "lw": 1.7}


def time_unit(time: Array) -> tuple[str, float]:
    """Unit of a time axis, and how many days it has: hours, days or months by the length."""
    length = float(time[-1] - time[0])
    if length <= HOURS_UP_TO:
        return "hours", 1 / 24
    return ("days", 1.0) if length <= DAYS_UP_TO else ("months", DAYS_PER_MONTH)


def panels(count: int, head: float, xlabel: str = "") -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels in rows of three, and `head` inches above them.

    xlabel: under the lowest panel of each column.
    """
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    height = PANEL_HEIGHT * rows + head
    figure, grid = pyplot().subplots(
        rows, columns, figsize=(PANEL_WIDTH * max(columns, 2), height), squeeze=False, layout="constrained"
    )
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - head / height))
    axes = list(grid.flat)
    for axis in axes[count:]:
        axis.set_visible(False)
    for place, axis in enumerate(axes[:count]):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.margins(x=0.01)
        if xlabel and place + columns >= count:
            axis.set_xlabel(xlabel, fontsize=9)
    return figure, axes[:count]


def title_and_key(figure: Figure, title: str, key: Sequence[Any], caption: str) -> None:
    """Title, key and caption above the panels; the key's entries are artists with labels."""
    height = figure.get_figheight()
    figure.text(0.01, 1 - 0.12 / height, as_written(title), fontsize=12, fontweight="bold", va="top")
    figure.text(0.01, 1 - 0.38 / height, caption, fontsize=9, color=GREY, va="top")
    if key:
        labels = [str(entry.get_label()) for entry in key]
        figure.legend(
            key, labels, loc="upper left", bbox_to_anchor=(0.0, 1 - 0.56 / height), ncol=key_columns(labels),
            fontsize=9, frameon=False, handlelength=3.2,
        )  # fmt: skip


def key_columns(labels: Sequence[str]) -> int:
    """How many entries of a key stand beside each other."""
    return 1 if max(map(len, labels), default=0) > 60 else 2


def head_height(labels: Sequence[str]) -> float:
    """Inches that title, caption and key take."""
    return 0.65 + 0.19 * -(-len(labels) // key_columns(labels))


def label_ends(axis: Axes, ends: Sequence[float], numbers: Sequence[int]) -> None:
    """Write the numbers of the lines at their right ends, apart from each other; limits must be set before."""
    low, high = axis.get_ylim()
    wanted = np.clip((np.asarray(ends) - low) / (high - low), 0.0, 1.0)
    order = np.argsort(wanted, kind="stable")
    places = wanted[order]
    for below in range(1, len(places)):
        places[below] = max(places[below], places[below - 1] + CLOSEST)
    places -= max(0.0, places[-1] - 1.0)
    for place, line in zip(places, order, strict=True):
        axis.text(
            1.01, float(place), str(numbers[line] + 1), transform=axis.transAxes, fontsize=8, va="center",
            fontweight="bold", color=COLOURS[numbers[line] % len(COLOURS)],
        )  # fmt: skip


def plain_log_ticks(axis: Axes, which: str = "both") -> None:
    """Ticks of a logarithmic axis as plain numbers: 1, 2, 5, 10 ..., fewer where they would touch."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for side in (axis.xaxis, axis.yaxis):
        if which not in ("both", side.axis_name):
            continue
        low, high = sorted(side.get_view_interval())
        decades = float(np.log10(high / low))
        side.set_major_locator(
            LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2 else (1.0, 3.0) if decades < 3 else (1.0,))
        )
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        side.set_minor_formatter(NullFormatter())


def dark_variables() -> str:
    """Colours of the figures on dark pages, as declarations of the CSS variables that `svg` uses."""
    series = "".join(f"--series-{number}: {colour}; " for number, colour in enumerate(DARK_COLOURS))
    return f"{series}--grey: {DARK_GREY}; --limit: {DARK_LIMIT};"


def svg(figure: Figure, title: str) -> str:
    """The figure as SVG text for a page; the figure is closed.

    Text stays text, a title says what is shown, and the colours are CSS variables with these as default, so that a page
    can have a dark mode.
    """
    plt = pyplot()
    buffer = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"#000000|" + INK, "currentColor", text)
    for number, colour in enumerate(COLOURS):
        text = text.replace(colour, f"var(--series-{number}, {colour})")
    for name, colour in (("grey", GREY), ("limit", LIMIT), ("paper", "#ffffff")):
        text = text.replace(colour, f"var(--{name}, {colour})")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" fill="currentColor" ', 1).replace(
        ">", f"><title>{escape(title)}</title>", 1
    )
