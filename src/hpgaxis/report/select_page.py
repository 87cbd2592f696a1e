"""The report of a selection: figures, measurements that separate responders, rules and calibration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_whole
from ..measurements.registry import LABS, axis_unit, label
from ..simulation.figure_style import COLOURS, GREY, as_written, pyplot, svg
from ..simulation.table_text import figure_text
from .pages import template

if TYPE_CHECKING:
    from ..trials.responders import Group, Selection
    from ..trials.separation import Separation

TITLES = {
    "age": "Age (years)", "bmi": "Body mass index (kg/m²)", "T:LH": "T:LH (ng/dL over IU/L)",
    "T:E2": "T:E2 (ng/dL over pg/mL)",
}  # fmt: skip


def title(name: str) -> str:
    """A measurement with its unit."""
    return TITLES.get(name) or f"{label(name)} ({axis_unit(name, LABS[name].display_unit)})"


def select_page(selection: Selection, path: Path) -> Path:
    """Write the report of a selection to `path`."""
    pictures, calibration = (
        svg(_pictures(selection), "Responders by each baseline measurement"),
        svg(_calibration(selection), "Predicted and observed share of responders"),
    )
    html = template("select.html.j2").render(
        selection=selection,
        separations=[_separation(one) for one in selection.separations],
        title=title,
        pictures=pictures,
        calibration=calibration,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def _separation(one: Separation) -> dict[str, Any]:
    """A separation with its direction in words; for low levels, the area is that of the reversed scale."""
    area, low, high = one.area, one.area_low, one.area_high
    if not one.higher:
        area, low, high = 1 - area, 1 - high, 1 - low
    return {
        "name": one.name,
        "direction": "high levels" if one.higher else "low levels",
        "area": f"{area:.2f} ({low:.2f} to {high:.2f})",
        "threshold": f"{'above' if one.higher else 'below'} {figure_text(one.threshold)} "
        f"({figure_text(one.threshold_low)} to {figure_text(one.threshold_high)})",
        "sensitivity": one.sensitivity,
        "specificity": one.specificity,
    }


def _line(axis: Any, groups: list[Group], colour: str) -> None:
    x = [group.middle for group in groups]
    axis.vlines(x, [g.low for g in groups], [g.high for g in groups], color=colour, lw=1.4)
    axis.plot(x, [g.mean for g in groups], color=colour, marker="o", ms=5, lw=1.4)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8)


def _pictures(selection: Selection) -> Any:
    plt = pyplot()
    figure, axes = plt.subplots(1, len(selection.pictures), figsize=(2.9 * len(selection.pictures), 2.8), sharey=True)
    for axis, (name, groups) in zip(axes, selection.pictures.items(), strict=True):
        _line(axis, groups, COLOURS[0])
        axis.axhline(selection.benefit if selection.other else selection.response_rate, color=GREY, lw=0.8, ls="--")
        if selection.other:
            axis.axhline(0, color=GREY, lw=0.8)
        axis.set_xlabel(title(name), fontsize=9)
    axes[0].set_ylabel(
        as_written(f"gain over {selection.other}") if selection.other else "share of responders", fontsize=9
    )
    figure.tight_layout()
    return figure


def _calibration(selection: Selection) -> Any:
    plt = pyplot()
    figure, axis = plt.subplots(figsize=(3.6, 3.3))
    axis.plot([0, 1], [0, 1], color=GREY, lw=0.8)
    _line(axis, selection.calibration, COLOURS[0])
    axis.set(xlim=(0, 1), ylim=(0, 1))
    axis.set_xlabel("predicted probability of response", fontsize=9)
    axis.set_ylabel("observed share of responders", fontsize=9)
    figure.tight_layout()
    return figure
