"""Figures of one man: his labs beside what was learned, and his forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..measurements.registry import LABS, axis_unit, label
from ..simulation.figure_style import COLOURS, GREY, REFERENCE, as_written, pyplot
from ..units import convert

if TYPE_CHECKING:
    from .check import FitCheck
    from .fit import Fit, Fits
    from .forecast import Forecast
    from .visual_check import VisualCheck

MOST_PANELS = 8


def _panel(axis: Any, name: str, unit: str) -> None:
    """Label a panel whose data are drawn, and shade the reference range as far as it is seen."""
    top = max(axis.get_ylim()[1], 1e-9)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8)
    if name in LABS:
        low, high = LABS[name].reference.limits
        if np.isfinite([low, high]).all():
            top = max(top, 1.15 * low)
            axis.axhspan(low, min(high, top), color=REFERENCE, alpha=0.12, lw=0, zorder=0)
    axis.set_ylabel(as_written(f"{label(name)} ({axis_unit(name, unit)})"), fontsize=8)
    axis.set_ylim(0, top)


def course_figure(fit: Fit) -> Any:
    """Measurements over time with the 90 % interval of their predictions: full dots used, open ones held or refused."""
    rows: Any = fit.predictions()
    names = list(dict.fromkeys(rows["variable"]))[:MOST_PANELS]
    columns = min(2, max(len(names), 1))
    lines = -(-max(len(names), 1) // columns)
    figure, axes = pyplot().subplots(lines, columns, figsize=(3.6 * columns, 2.2 * lines), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        part: Any = rows[rows["variable"] == name]
        scale = np.array([convert(1.0, unit, LABS[name].display_unit, name) for unit in part["unit"]])
        days = part["time"].to_numpy()
        axis.vlines(days, part["low"] * scale, part["high"] * scale, color=COLOURS[0], lw=2.5, alpha=0.35)
        axis.plot(days, part["median"] * scale, color=COLOURS[0], marker="_", ms=7, lw=0)
        used = part["used_in_fit"].to_numpy(dtype=bool)
        observed = (part["observed"] * scale).to_numpy()
        axis.plot(days[used], observed[used], color=GREY, marker="o", ms=3.5, lw=0)
        axis.plot(days[~used], observed[~used], color=GREY, marker="o", ms=3.5, lw=0, mfc="white")
        _panel(axis, name, LABS[name].display_unit)
        axis.set_xlabel("day of his data", fontsize=8)
    for axis in list(axes.flat)[len(names) :]:
        axis.set_visible(False)
    figure.tight_layout()
    return figure


def goodness_of_fit(fits: Fits) -> Any:
    """Observed beside predicted levels of all men (full dots learned from, open ones held), and misses over time."""
    rows: Any = fits.predictions()
    names = list(dict.fromkeys(rows["variable"]))[: len(COLOURS)]
    figure, (left, right) = pyplot().subplots(1, 2, figsize=(8.6, 3.8))
    ends = []
    for number, name in enumerate(names):
        part: Any = rows[(rows["variable"] == name) & (rows["observed"] > 0) & (rows["median"] > 0)]
        used = part["used_in_fit"].to_numpy(dtype=bool)
        scale = np.array([convert(1.0, unit, LABS[name].display_unit, name) for unit in part["unit"]])
        observed, predicted = (part["observed"] * scale).to_numpy(), (part["median"] * scale).to_numpy()
        ratio, days = observed / predicted, part["time"].to_numpy()
        ends += [observed, predicted]
        look = {"color": COLOURS[number], "marker": "o", "ms": 3.5, "lw": 0, "alpha": 0.7}
        unit = axis_unit(name, LABS[name].display_unit)
        left.plot(predicted[used], observed[used], label=as_written(f"{label(name)} ({unit})"), **look)
        left.plot(predicted[~used], observed[~used], mfc="white", **look)
        right.plot(days[used], ratio[used], **look)
        right.plot(days[~used], ratio[~used], mfc="white", **look)
    known = np.concatenate(ends) if ends else np.array([1.0])
    if len(known):
        left.plot([known.min(), known.max()], [known.min(), known.max()], color=GREY, ls="--", lw=1)
    right.axhline(1, color=GREY, ls="--", lw=1)
    left.set(xscale="log", yscale="log", xlabel="predicted", ylabel="observed")
    right.set(yscale="log", xlabel="day", ylabel="observed over predicted")
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=7, which="both")
        for scale in (axis.xaxis, axis.yaxis) if axis is left else (axis.yaxis,):
            scale.set_major_formatter("{x:g}")
            scale.set_minor_formatter("{x:g}")
    left.legend(fontsize=7, frameon=False)
    figure.tight_layout()
    return figure


def forecast_bands(forecast: Forecast, names: Sequence[str]) -> Any:
    """One row a measurement, one column a protocol: median, 50 and 90 % bands from his last record on."""
    protocols = forecast.protocols
    figure, axes = pyplot().subplots(
        len(names), len(protocols), figsize=(3.1 * len(protocols), 1.9 * len(names)), squeeze=False, sharex=True,
        sharey="row",
    )  # fmt: skip
    for column, protocol in enumerate(protocols):
        axes[0][column].set_title(as_written(protocol), fontsize=8, wrap=True)
        for row, name in enumerate(names):
            axis = axes[row][column]
            low, lower, middle, upper, high = forecast.quantiles(protocol, name)
            months = forecast.time / 30.4375
            axis.fill_between(months, low, high, color=COLOURS[0], alpha=0.18, lw=0)
            axis.fill_between(months, lower, upper, color=COLOURS[0], alpha=0.3, lw=0)
            axis.plot(months, middle, color=COLOURS[0], lw=1.4)
    for row, name in enumerate(names):  # after all are drawn, for the panels of a row share their scale
        for column, axis in enumerate(axes[row]):
            _panel(axis, name, forecast.units[name])
            if column:
                axis.set_ylabel("")
    for axis in axes[-1]:
        axis.set_xlabel("months from his last record", fontsize=8, color=GREY)
    figure.tight_layout()
    return figure


def check_figure(check: FitCheck) -> Any:
    """Ranks of the truth in the ensembles of virtual men, and probabilities of diagnoses beside how often they held."""
    figure, (left, right) = pyplot().subplots(1, 2, figsize=(8.4, 3.6))
    counts, edges = np.histogram(check.ranks, np.linspace(0, 1, 21))
    left.bar(edges[:-1], counts / counts.mean(), width=0.05, align="edge", color=COLOURS[0], alpha=0.6, lw=0)
    left.axhline(1, color=GREY, lw=1, ls="--")
    left.set_xlabel("rank of the truth among the possible men", fontsize=8)
    left.set_ylabel("how often, over evenly", fontsize=8)
    rows = check.reliability()
    said, held = [row["said"] for row in rows], [row["came_true"] for row in rows]
    errors = [[row["came_true"] - row["low"] for row in rows], [row["high"] - row["came_true"] for row in rows]]
    right.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--")
    right.errorbar(said, held, yerr=np.maximum(errors, 0), color=COLOURS[0], marker="o", ms=4, lw=0, elinewidth=1.4)
    right.set_xlabel("probability of a diagnosis", fontsize=8)
    right.set_ylabel("share of men who have it", fontsize=8)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.set_xlim(0, 1)
    figure.tight_layout()
    return figure


def visual_check_figure(check: VisualCheck) -> Any:
    """One panel a measurement: values, their percentiles, and the 95 % intervals of those of the repeated trials."""
    panels = list(check.panels.items())[:MOST_PANELS]
    columns = min(2, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = pyplot().subplots(lines, columns, figsize=(4.2 * columns, 2.7 * lines), squeeze=False)
    for axis, (name, one) in zip(axes.flat, panels, strict=False):
        axis.plot(one.time, one.observed, color=GREY, marker="o", ms=2.2, lw=0, alpha=0.5)
        edges = np.repeat(one.edges, 2)[1:-1]
        edges = np.clip(edges, one.time.min(), one.time.max())
        for row, dash in enumerate(("--", "-", "--")):
            shade = COLOURS[1] if row == 1 else COLOURS[0]
            low, high = (np.repeat(values[row], 2) for values in (one.low, one.high))
            axis.fill_between(edges, low, high, color=shade, alpha=0.22, lw=0)
            axis.plot(one.middle, one.percentiles[row], color=COLOURS[2], ls=dash, lw=1.3)
        _panel(axis, name, LABS[name].display_unit)
        axis.set_xlabel("day" + (" (prediction-corrected)" if check.corrected else ""), fontsize=8)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    figure.tight_layout()
    return figure
