"""Figures: time courses with reference ranges, observed beside predicted."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from .people.labs import LABS
from .result import Result, label

PANELS = (
    "testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "inhibin_b",
    "sperm_concentration", "total_motile_count", "testis_volume",
)  # fmt: skip
COLOURS = ("#1f5fa8", "#d1551f", "#2a8f5b", "#8a3fa0", "#b8860b", "#00838f", "#c2185b", "#5d4037", "#607d8b", "#9e9d24")


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'hpgaxis[report]'") from None
    matplotlib.use("Agg", force=False)
    import matplotlib.pyplot as plt

    return plt


def time_courses(results: dict[str, Result], names: list[str] | None = None) -> Any:
    """One panel a measurement, one line a protocol, the reference range shaded. Returns a matplotlib Figure."""
    plt = _pyplot()
    panels = names or list(PANELS)
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.2 * columns, 2.7 * rows), squeeze=False, sharex=True)
    for axis, name in zip(axes.flat, panels, strict=False):
        top = 0.0
        for number, (title, result) in enumerate(results.items()):
            months = result.time / 30.4375 if result.time[-1] > 60 else result.time
            axis.plot(months, result[name], color=COLOURS[number % len(COLOURS)], lw=1.6, label=title)
            top = max(top, float(result[name].max()))
        first = next(iter(results.values()))
        if name in LABS:
            low, high = LABS[name].reference
            axis.axhspan(low, high, color="#2a8f5b", alpha=0.08, lw=0)
        axis.set_title(f"{label(name)} ({first.units[name].replace('10*6', '10$^6$')})", fontsize=10, loc="left")
        axis.set_ylim(0, top * 1.08 if top > 0 else 1)
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


def observed_beside_predicted(rows: list[dict[str, Any]], title: str) -> Any:
    """Observed (x) and predicted (y) fold change from baseline, coloured by fold error. Returns a matplotlib Figure."""
    plt = _pyplot()
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
    axis.scatter(x, y, c=colour, s=26, edgecolor="white", lw=0.5)
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    axis.set_xlabel("observed (fold of baseline, or level)")
    axis.set_ylabel("predicted")
    axis.set_title(title, fontsize=10, loc="left")
    figure.tight_layout()
    return figure


def svg(figure: Any) -> str:
    """The figure as SVG text to put inside a page; the figure is closed."""
    plt = _pyplot()
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
