"""Figures of the validation: observed beside predicted values, and shares of men over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..simulation.figure_style import COLOURS, GREY, as_written, line_look, plain_log_ticks, pyplot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..validation.suppression_and_recovery import Course


ERROR_CLASSES = (
    ("within 1.25-fold", "o", 0.0, 1.25), ("within 2-fold", "s", 1.25, 2.0), ("beyond 2-fold", "^", 2.0, np.inf),
)  # fmt: skip
"""Words, marker, and the fold errors between which it stands."""
ERROR_COLOURS = (COLOURS[3], COLOURS[1], COLOURS[4])


def observed_beside_predicted(rows: list[dict[str, Any]], title: str) -> Figure:
    """Observed (x) and predicted (y) change from baseline, with marker and colour by fold error.

    The rows are the outcomes of a validation; their trials are the points' link titles in SVG.
    """
    plt = pyplot()
    figure, axis = plt.subplots(figsize=(4.8, 4.4), layout="constrained")
    x = np.array([row["observed_fold"] for row in rows])
    y = np.array([row["predicted_fold"] for row in rows])
    error = np.array([max(row["fold_error"], 1 / row["fold_error"]) for row in rows])
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
    for number, (words, marker, below, above) in enumerate(ERROR_CLASSES):
        chosen = np.flatnonzero((error > below) & (error <= above))
        axis.scatter(
            x[chosen], y[chosen], marker=marker, s=34, facecolor="none", lw=1.5, color=ERROR_COLOURS[number],
            label=words, zorder=3,
        )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    plain_log_ticks(axis)
    axis.set_xlabel("observed (ratio to baseline, or level)", fontsize=9)
    axis.set_ylabel("predicted", fontsize=9)
    axis.set_title(as_written(title), fontsize=10, loc="left")
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8, frameon=False, loc="upper left")
    return figure


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
