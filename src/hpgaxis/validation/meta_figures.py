"""Pictures of the evidence: forest, funnel, and the map of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..measurements.registry import label
from ..simulation.figure_style import COLOURS, GREY, as_written, plain_log_ticks, pyplot

if TYPE_CHECKING:
    import pandas as pd

    from .meta_analysis import MetaAnalysis

NAME_LENGTH = 60


def _axis_label(pooled: MetaAnalysis) -> str:
    kind = "ratio to baseline" if pooled.effect == "ratio" else f"change from baseline ({pooled.unit})"
    return as_written(f"{label(pooled.measure)}, {kind}")


def forest(pooled: MetaAnalysis) -> Any:
    """Each arm with its 95 % interval and the model's prediction, and the pooled effect as a diamond."""
    rows: Any = pooled.arms.sort_values("effect", ignore_index=True)
    figure, axis = pyplot().subplots(figsize=(9, 1.6 + 0.24 * len(rows)), layout="constrained")
    places = np.arange(len(rows), 0, -1)
    axis.hlines(places, rows["low"], rows["high"], color=GREY, lw=1.2)
    sizes = 10 + 6 * np.sqrt(rows["weight"])
    axis.scatter(rows["effect"], places, s=sizes, marker="s", color=GREY, zorder=3, label="measured")
    axis.scatter(
        rows["predicted"], places, s=26, color=COLOURS[0], marker="D", zorder=4, label="predicted by the model"
    )
    axis.fill(
        [pooled.low, pooled.estimate, pooled.high, pooled.estimate], [0, 0.32, 0, -0.32], color=COLOURS[1], zorder=3,
        label="pooled",
    )  # fmt: skip
    if np.isfinite(pooled.predicted):
        axis.scatter([pooled.predicted], [0], s=40, color=COLOURS[0], marker="D", zorder=5, ec="white")
    if np.isfinite(pooled.prediction_low):
        axis.hlines([0], pooled.prediction_low, pooled.prediction_high, color=COLOURS[1], lw=1)
    if pooled.effect == "ratio":
        axis.set_xscale("log")
        plain_log_ticks(axis, "x")
    axis.axvline(1 if pooled.effect == "ratio" else 0, color=GREY, lw=0.8, ls=":")
    named = [f"{row['trial']}: {row['arm']}"[:NAME_LENGTH] for row in rows.to_dict("records")]
    axis.set_yticks([*places, 0], [as_written(name) for name in (*named, "pooled (line: a new trial)")], fontsize=7)
    axis.set_xlabel(_axis_label(pooled))
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return figure


def funnel(pooled: MetaAnalysis) -> Any:
    """Effects against standard errors, with the region in which 95 % would lie if trials differed by chance alone."""
    rows: Any = pooled.arms
    on_scale = np.log if pooled.effect == "ratio" else np.asarray
    figure, axis = pyplot().subplots(figsize=(4.8, 3.8))
    most = float(rows["standard_error"].max()) * 1.1
    middle = float(on_scale(pooled.estimate))
    axis.fill_between(
        [middle - 1.96 * most, middle, middle + 1.96 * most], [most, 0, most], most, color=GREY, alpha=0.12, lw=0
    )
    axis.axvline(middle, color=COLOURS[1], lw=1)
    axis.scatter(on_scale(rows["effect"]), rows["standard_error"], s=22, color=COLOURS[0])
    axis.set_ylim(most, 0)
    axis.set_ylabel("standard error")
    axis.set_xlabel(("log " if pooled.effect == "ratio" else "") + _axis_label(pooled))
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def map_figure(table: pd.DataFrame) -> Any:
    """How many trials measured what (columns) of which drug in which men (rows); empty cells are zero."""
    figure, axis = pyplot().subplots(figsize=(8.6, 1.6 + 0.2 * len(table)), layout="constrained")
    counts = table.to_numpy(dtype=float)
    picture = axis.imshow(np.where(counts > 0, counts, np.nan), cmap="Blues", vmin=0, aspect="auto")
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = counts[row, column] > 0.6 * counts.max()
        axis.text(
            column, row, f"{counts[row, column]:.0f}", ha="center", va="center", fontsize=7,
            color="white" if dark else "black",
        )  # fmt: skip
    axis.set_xticks(range(table.shape[1]), [as_written(label(name)) for name in table.columns], rotation=40, ha="right")
    names = [f"{drug}, {diagnosis.replace('_', ' ')}" for drug, diagnosis in table.index]
    axis.set_yticks(range(len(table)), names, fontsize=7)
    axis.set_xticks(np.arange(-0.5, table.shape[1]), minor=True)
    axis.set_yticks(np.arange(-0.5, len(table)), minor=True)
    axis.grid(which="minor", color=GREY, lw=0.3, alpha=0.5)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(False)
    figure.colorbar(picture, ax=axis, shrink=0.5, label="trials")
    return figure
