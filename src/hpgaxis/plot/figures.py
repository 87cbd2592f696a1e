"""Figures of the validation: observed beside predicted values, and shares of men over time."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ..measurements.registry import label
from ..simulation.figure_style import COLOURS, GREY, as_written, line_look, plain_log_ticks, pyplot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..validation.suppression_and_recovery import Course


ERROR_CLASSES = (
    ("within 1.25-fold", "o", 0.0, 1.25), ("within 2-fold", "s", 1.25, 2.0), ("beyond 2-fold", "^", 2.0, np.inf),
)  # fmt: skip
"""Words, marker, and the fold errors between which it stands."""
POINT = re.compile(r"(<use [^>]*/>|<path [^>]*clip-path[^>]*/>)")
"""The shape of a point in matplotlib's SVG."""
ERROR_COLOURS = (COLOURS[3], COLOURS[1], COLOURS[4])


def observed_beside_predicted(rows: list[dict[str, Any]], title: str) -> Figure:
    """Observed (x) and predicted (y) change from baseline, with marker and colour by fold error.

    The rows are the outcomes of a validation; `with_point_titles` adds their trials to the SVG.
    """
    plt = pyplot()
    figure, axis = plt.subplots(figsize=(4.8, 4.4), layout="constrained")
    x = np.array([row["observed_fold"] for row in rows])
    y = np.array([row["predicted_fold"] for row in rows])
    low = min(x.min(), y.min()) * 0.7
    high = max(x.max(), y.max()) * 1.4
    line = np.array([low, high])
    axis.plot(line, line, color=GREY, lw=1)
    for factor in (1.25, 2):
        for times in (factor, 1 / factor):
            axis.plot(line, line * times, color=GREY, lw=0.7, ls="--")
    if "inside" in rows[0]:
        total = [
            1.96 * np.sqrt(row["parameter_spread"] ** 2 + row["sampling"] ** 2 + row["between_trials"] ** 2)
            for row in rows
        ]
        axis.vlines(x, y * np.exp(-np.array(total)), y * np.exp(total), color=GREY, lw=0.8, alpha=0.6)
    for number, (words, marker, *_) in enumerate(ERROR_CLASSES):
        chosen = _of_class(number, rows)
        axis.scatter(
            x[chosen], y[chosen], marker=marker, s=34, facecolor="none", lw=1.5, color=ERROR_COLOURS[number],
            label=words, zorder=3, gid=f"error-class-{number}",
        )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    plain_log_ticks(axis)
    axis.set_xlabel("observed (ratio to baseline, or level)", fontsize=9)
    axis.set_ylabel("predicted", fontsize=9)
    axis.set_title(as_written(title), fontsize=10, loc="left")
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8, frameon=False, loc="upper left")
    return figure


def _of_class(number: int, rows: list[dict[str, Any]]) -> Any:
    """Indices of the rows whose fold error is in this class."""
    _, _, below, above = ERROR_CLASSES[number]
    error = np.array([max(row["fold_error"], 1 / row["fold_error"]) for row in rows])
    return np.flatnonzero((error > below) & (error <= above))


def with_point_titles(picture: str, rows: list[dict[str, Any]]) -> str:
    """The SVG of `observed_beside_predicted` whose points show their trial, arm and values under the pointer."""
    for number in range(len(ERROR_CLASSES)):
        before, group, rest = picture.partition(f'<g id="error-class-{number}">')
        if not group:
            continue
        titles = [_point_title(rows[index]) for index in _of_class(number, rows)]
        points, next_group, rest = rest.partition('<g id="')
        shapes = POINT.split(points)
        assert len(shapes) == 2 * len(titles) + 1, "one shape a point"
        for place, title in enumerate(titles):
            shape = shapes[2 * place + 1]
            shapes[2 * place + 1] = f'{shape[:-2]} pointer-events="all"><title>{title}</title></{shape[1:].split()[0]}>'
        picture = before + group + "".join(shapes) + next_group + rest
    return picture


def _point_title(row: dict[str, Any]) -> str:
    day = "" if row["day"] is None else f", day {row['day']:g}"
    return escape(
        f"{row['trial']}, {row['arm']}: {label(row['measure'])}{day}; observed {row['observed']:.3g}, "
        f"predicted {row['predicted']:.3g}"
    )


def shares_by_month(course: Course) -> Figure:
    """Predicted shares of men as a line, observed ones as points."""
    plt = pyplot()
    figure, axis = plt.subplots(figsize=(5.4, 3.0), layout="constrained")
    axis.plot(course.months, course.predicted, **line_look(0), label="predicted")
    axis.plot(list(course.observed), list(course.observed.values()), "s", color=COLOURS[1], ms=6, label="observed")
    axis.set(ylim=(0, 104), xlim=(0, float(course.months[-1])))
    axis.set_xlabel("months", fontsize=9)
    axis.set_ylabel("% of men", fontsize=9)
    axis.set_title(course.title.replace("10^6", "10⁶"), fontsize=10, loc="left")
    axis.legend(fontsize=8, frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure
