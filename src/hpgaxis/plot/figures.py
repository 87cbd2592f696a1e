"""Figures of the validation: observed beside predicted values, and shares of men over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..simulation.figures import COLOURS, as_written, pyplot

if TYPE_CHECKING:
    from ..validation.suppression_and_recovery import Course


def observed_beside_predicted(rows: list[dict[str, Any]], title: str) -> Any:
    """Observed (x) and predicted (y) fold change from baseline, coloured by fold error. Returns a matplotlib Figure."""
    plt = pyplot()
    figure, axis = plt.subplots(figsize=(4.4, 4.2))
    x = np.array([row["observed_fold"] for row in rows])
    y = np.array([row["predicted_fold"] for row in rows])
    error = np.array([max(row["fold_error"], 1 / row["fold_error"]) for row in rows])
    colour = np.where(error <= 1.25, "#2a8f5b", np.where(error <= 2, "#e0a100", "#c62828"))
    low = min(x.min(), y.min()) * 0.7
    high = max(x.max(), y.max()) * 1.4
    line = np.array([low, high])
    axis.plot(line, line, color="#444", lw=1)
    for factor in (1.25, 2):
        axis.plot(line, line * factor, color="#999", lw=0.7, ls="--")
        axis.plot(line, line / factor, color="#999", lw=0.7, ls="--")
    if "inside" in rows[0]:
        total = [
            1.96 * np.sqrt(row["parameter_spread"] ** 2 + row["sampling"] ** 2 + row["between_trials"] ** 2)
            for row in rows
        ]
        axis.vlines(x, y * np.exp(-np.array(total)), y * np.exp(total), color=colour, lw=0.8, alpha=0.5)
    axis.scatter(x, y, c=colour, s=26, edgecolor="white", lw=0.5)
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    axis.set_xlabel("observed (fold of baseline, or level)")
    axis.set_ylabel("predicted")
    axis.set_title(as_written(title), fontsize=10, loc="left")
    figure.tight_layout()
    return figure


def shares_by_month(course: Course) -> Any:
    """Predicted shares of men as a line, observed ones as points. Returns a matplotlib Figure."""
    plt = pyplot()
    figure, axis = plt.subplots(figsize=(5.4, 3.0))
    axis.plot(course.months, course.predicted, color=COLOURS[0], lw=1.6, label="predicted")
    axis.plot(list(course.observed), list(course.observed.values()), "s", color=COLOURS[1], ms=5, label="observed")
    axis.set(ylim=(0, 104), xlim=(0, float(course.months[-1])))
    axis.set_xlabel("months", fontsize=9)
    axis.set_ylabel("% of men", fontsize=9)
    axis.set_title(course.title.replace("10^6", "10$^6$"), fontsize=10, loc="left")
    axis.legend(fontsize=8, frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure
