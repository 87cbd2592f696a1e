"""Figures of the validation: observed beside predicted values, shares of men over time, and single men."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ..measurements.registry import axis_unit, label, within_a_sentence
from ..simulation.figure_style import (
    COLOURS,
    GREY,
    as_written,
    head_height,
    line_look,
    panels,
    plain_log_ticks,
    pyplot,
    title_and_key,
)
from ..validation.courses import CENTILES
from ..validation.cross_sections import class_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..validation.courses import CoursesComparison
    from ..validation.cross_sections import CrossSectionComparison
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


MARKERS: dict[str, dict[str, Any]] = {
    "observed": {"marker": "s", "color": COLOURS[1]},
    "predicted": {"marker": "o", "color": COLOURS[0]},
}
"""Marker and colour of observed and predicted values."""
HEAD = head_height(list(MARKERS))
"""Inches above panels."""


def medians_by_class(comparison: CrossSectionComparison) -> Figure:
    """Observed and predicted medians of each lab by class of body mass index and of age."""
    kinds = [
        (by, name)
        for by in ("bmi", "age")
        for name in dict.fromkeys(row["measure"] for row in comparison.medians)
        if any(row["by"] == by and row["measure"] == name for row in comparison.medians)
    ]
    figure, axes = panels(len(kinds), HEAD)
    for axis, (by, name) in zip(axes, kinds, strict=True):
        rows = [row for row in comparison.medians if row["by"] == by and row["measure"] == name]
        for which, look in MARKERS.items():
            axis.plot([row[which] for row in rows], ls="-", lw=1, ms=5, **look)
        texts = [class_text(row).removeprefix("BMI ").removesuffix(" years") for row in rows]
        axis.set_xticks(range(len(rows)), [text.replace(" to ", "–").replace(" and more", "+") for text in texts])
        axis.set_xlabel("BMI, kg/m²" if by == "bmi" else "age, years", fontsize=9)
        axis.set_ylim(0, 1.15 * max(row[which] for row in rows for which in MARKERS))
        axis.margins(x=0.06)
        axis.set_title(f"{label(name)} ({axis_unit(name, rows[0]['unit'])})", fontsize=10, loc="left")
    title_and_key(figure, "Medians", _key(), f"{comparison.men} men, {comparison.virtual} virtual men.")
    return figure


def rank_correlations(comparison: CrossSectionComparison) -> Figure:
    """Observed and predicted rank correlations of a survey, one line each."""
    rows = comparison.correlations[::-1]
    figure, (axis,) = panels(1, HEAD, "Spearman correlation")
    places = range(len(rows))
    axis.hlines(places, [row["observed"] for row in rows], [row["predicted"] for row in rows], color=GREY, lw=1)
    for which, look in MARKERS.items():
        axis.plot([row[which] for row in rows], places, ls="", ms=6, **look)
    axis.axvline(0, color=GREY, lw=0.8, ls=":")
    axis.set_yticks(places, [between_text(row["between"]) for row in rows])
    axis.set_xlim(-1, 1)
    axis.margins(y=0.08)
    title_and_key(figure, "Rank correlations", _key(), "Between single samples of men.")
    return figure


def between_text(names: list[str]) -> str:
    """'testosterone and BMI'."""
    return " and ".join({"bmi": "BMI", "age": "age"}.get(name) or within_a_sentence(name) for name in names)


def after_depots(comparison: CoursesComparison) -> Figure:
    """Centiles of testosterone by days since the last depot should have ended, observed over predicted."""
    cycles = dict.fromkeys(cell["cycle"] for cell in comparison.cells)
    figure, axes = panels(len(cycles), HEAD, "days since the last depot should have ended")
    for axis, cycle in zip(axes, cycles, strict=True):
        cells = [cell for cell in comparison.cells if cell["cycle"] == cycle]
        for which in ("predicted", "observed"):
            _draw_centiles(axis, cells, which)
        axis.set_yscale("log")
        plain_log_ticks(axis, "y")
        axis.set_title(f"cycle {cycle}: testosterone (nmol/L)", fontsize=10, loc="left")
    low, _, high = CENTILES
    title_and_key(
        figure, "Testosterone after castration", _key(),
        f"Line: median of men; band: {low} to {high} % of men. {comparison.men} men, {comparison.virtual} virtual men.",
    )  # fmt: skip
    return figure


def _draw_centiles(axis: Axes, cells: list[dict[str, Any]], which: str) -> None:
    """A band and a line of markers over the middles of the cells."""
    days = [(cell["begin"] + cell["end"]) / 2 for cell in cells]
    low, middle, high = ([cell[which][str(centile)] for cell in cells] for centile in CENTILES)
    look = MARKERS[which]
    axis.fill_between(days, low, high, color=look["color"], alpha=0.2, lw=0)
    axis.plot(days, middle, ls="-", lw=1.5, ms=5, **look)


def _key() -> list[Any]:
    """The entries of the key."""
    return [pyplot().Line2D([], [], ls="-", ms=5, label=which, **look) for which, look in MARKERS.items()]
