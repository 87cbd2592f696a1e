"""Figures: time courses with reference ranges, observed beside predicted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MissingPackageError
from ..measurements.registry import LABS, axis_unit, label
from ..simulation.results import Result
from ..units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from ..clinical.treatments import TreatmentTable
    from ..validation.suppression_and_recovery import Course

PANELS = (
    "testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "inhibin_b",
    "sperm_concentration", "total_motile_count", "testis_volume",
)  # fmt: skip
COLOURS = ("#1f5fa8", "#d1551f", "#2a8f5b", "#8a3fa0", "#b8860b", "#00838f", "#c2185b", "#5d4037", "#607d8b", "#9e9d24")


def pyplot() -> Any:
    """matplotlib.pyplot, without a screen. Raises MissingPackageError that says what to install."""
    try:
        import matplotlib
    except ImportError:
        raise MissingPackageError("plots need matplotlib: pip install 'hpgaxis[report]'") from None
    matplotlib.use("Agg", force=False)
    import matplotlib.pyplot as plt

    return plt


def as_written(text: str) -> str:
    """A user's text so that matplotlib shows it as it is: `$` begins no formula, a leading `_` hides nothing."""
    shown = text.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def time_courses(results: dict[str, Result], names: list[str] | None = None, *, from_zero: bool = True) -> Any:
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


def bands_over_time(days: NDArray[np.float64], bands: dict[str, tuple[NDArray[np.float64], str]]) -> Any:
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


SAFETY = (
    "hematocrit", "psa", "ldl", "hdl", "bone_spine", "bone_hip", "libido", "mood", "gynecomastia_risk",
    "testis_volume", "body_fat", "lean_mass",
)  # fmt: skip


def risks_over_time(result: Result) -> Any:
    """What is watched for safety, over time. Returns a matplotlib Figure."""
    return time_courses({result.protocol.label(): result}, list(SAFETY), from_zero=False)


def treatment_effects(table: TreatmentTable) -> Any:
    """Fold changes of hormones by treatment (colour, number), and sperm over the year. Returns a matplotlib Figure."""
    plt = pyplot()
    rows = table.rows
    names = [*rows[0].hormones, *rows[0].stimulation]
    fold = np.array(
        [[{**row.hormones, **row.stimulation}[n] / max(table.untreated[n], 1e-9) for n in names] for row in rows]
    )
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 0.34 * len(rows) + 1.9), width_ratios=(1.9, 1), sharey=True)
    shown = np.clip(np.log2(np.maximum(fold, 1e-3)), -2, 2)
    left.imshow(shown, cmap="PuOr_r", vmin=-2, vmax=2, aspect="auto")
    for (y, x), value in np.ndenumerate(fold):
        text = f"{value:.2f}" if value < 99.5 else ">99"
        left.text(x, y, text, ha="center", va="center", fontsize=8, color="white" if abs(shown[y, x]) > 1.5 else "#222")
    heads = [label(n).replace("Intratesticular testosterone", "ITT").replace(" stimulation", "") for n in names]
    left.set_xticks(range(len(names)), heads, rotation=30, ha="left", fontsize=9)
    left.xaxis.tick_top()
    left.set_yticks(range(len(rows)), [as_written(row.treatment) for row in rows], fontsize=9)
    left.set_title("fold of no treatment, third month", fontsize=10, loc="left", pad=12)
    months = list(rows[0].sperm)
    for number, month in enumerate(months):
        values = [row.sperm[month] for row in rows]
        right.plot(values, range(len(rows)), "o", color=COLOURS[number], ms=6, label=f"{month} months")
    start = table.start["sperm_concentration"]
    right.axvline(start, color="#888", lw=1, ls="--", label="start")
    right.axvspan(16, 213, color="#2a8f5b", alpha=0.06, lw=0)
    right.set_xscale("symlog", linthresh=1)
    right.set_xlim(-0.05, max(220.0, start * 2))
    right.set_xticks([0, 1, 5, 15, 40, 100], ["0", "1", "5", "15", "40", "100"])
    right.set_title("sperm concentration (10$^6$/mL)", fontsize=10, loc="left", pad=38)
    right.legend(fontsize=8, ncol=2, frameon=False, loc="lower left", bbox_to_anchor=(0, 0.99), borderpad=0.1)
    right.grid(axis="y", color="#eee")
    right.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


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


def svg(figure: Any) -> str:
    """The figure as SVG text to put inside a page; the figure is closed."""
    plt = pyplot()
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
