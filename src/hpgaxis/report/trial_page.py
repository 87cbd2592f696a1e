"""The report of a virtual trial: flow, baseline, trajectories, effects, responders, risks."""

from __future__ import annotations

from math import floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import write_whole
from ..measurements.registry import LABS, axis_unit, label
from ..simulation.figure_style import (
    COLOURS,
    GREY,
    REFERENCE,
    as_written,
    head_height,
    line_look,
    panels,
    pyplot,
    svg,
    title_and_key,
)
from ..trials.endpoints import baseline_reached, interval_of_share
from ..trials.separation import category
from .pages import template
from .tables import figure_text

if TYPE_CHECKING:
    from ..trials import Study
    from ..trials.design import Design
    from ..trials.fields import EndPoint

SHOWN = ("testosterone", "estradiol", "lh", "fsh", "sperm_concentration", "total_motile_count")
PERSONAL = {"age": ("Age", "years"), "bmi": ("Body mass index", "kg/m2")}
HEMATOCRIT_LIMIT = 54.0


def trial_page(study: Study, path: Path) -> Path:
    """Write the report of a trial to `path`. Raises ValueError for a folder without one."""
    design = study.design
    men: Any = study.table("men")
    visits: Any = study.table("visits")
    effects: Any = study.effects()
    html = template("trial.html.j2").render(
        design=design,
        manifest=study.manifest,
        diagnosis=_diagnosis(design),
        flow=_flow(design, men, visits),
        unfinished=study.unfinished,
        randomised=len(men),
        screening={
            name: int(men[name].sum())
            for name in ("screened", "excluded", "rejected_for_baseline", "redrawn")
            if name in men
        },
        reached=baseline_reached(design, men),
        failed=int(men["failed"].sum()),
        baseline=_baseline(design, men, visits),
        trajectories=svg(_trajectories(design, visits), "Measurements of each arm by visit"),
        forest=svg(_forest(design, effects), "Difference of each arm from control") if len(effects) else "",
        points=_effects(design, effects),
        control=next(iter(design.arms)),
        responders=_responders(design, study),
        risks=_risks(design, visits),
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def _diagnosis(design: Design) -> str:
    if isinstance(design.diagnosis, str):
        return design.diagnosis.replace("_", " ")
    total = sum(design.diagnosis.values())
    return ", ".join(
        f"{name.replace('_', ' ')} {100 * share / total:.0f} %" for name, share in design.diagnosis.items()
    )


def _flow(design: Design, men: Any, visits: Any) -> list[dict[str, Any]]:
    """For each arm: men allocated, dropped out, and seen at the last visit."""
    last: Any = visits.loc[visits["day"] == design.visit_days[-1]]
    rows = []
    for arm in design.arms:
        of_arm: Any = last.loc[last["arm"] == arm]
        rows.append(
            {
                "arm": arm,
                "allocated": len(of_arm),
                "left": int((~of_arm["seen"]).sum()),
                "seen": int(of_arm["seen"].sum()),
            }
        )
    return rows


def _baseline(design: Design, men: Any, visits: Any) -> list[dict[str, Any]]:
    """Mean and standard deviation (median and quartiles of sperm) of each arm at randomisation."""
    first: Any = visits.loc[(visits["day"] == 0) & (visits["period"] == 1)]
    joined = first.merge(men[["replicate", "man", "age", "bmi"]], on=["replicate", "man"])
    rows = []
    for name in ("age", "bmi", *design.measures):
        cells = []
        for arm in design.arms:
            values = joined.loc[joined["arm"] == arm, name]
            if name.startswith(("sperm", "total_motile")):
                low, middle, high = values.quantile([0.25, 0.5, 0.75])
                cells.append(f"{figure_text(middle)} ({figure_text(low)} to {figure_text(high)})")
            else:
                cells.append(f"{figure_text(values.mean())} (SD {figure_text(values.std())})")
        unit = {"age": "years", "bmi": "kg/m²"}.get(name) or axis_unit(name, LABS[name].display_unit)
        rows.append(
            {"name": {"age": "Age", "bmi": "Body mass index"}.get(name) or label(name), "unit": unit, "cells": cells}
        )
    return rows


def _trajectories(design: Design, visits: Any) -> Any:
    """Median of the men seen by arm, with bars from quartile to quartile. Returns a matplotlib Figure."""
    names = [name for name in SHOWN if name in design.measures]
    arms = list(design.arms)
    figure, axes = panels(len(names), head_height(arms), "days")
    apart = design.visit_days[-1] / 90
    for axis, name in zip(axes, names, strict=True):
        for number, arm in enumerate(arms):
            of_arm: Any = visits.loc[(visits["arm"] == arm) & visits["seen"]]
            low, middle, high = (of_arm.groupby("day")[name].quantile(q) for q in (0.25, 0.5, 0.75))
            days = middle.index + apart * (number - (len(arms) - 1) / 2)
            look = line_look(number)
            axis.vlines(days, low, high, color=look["color"], lw=1.2, alpha=0.8)
            axis.plot(days, middle, marker="o", ms=3.5, label=as_written(arm), **look)
        axis.axhspan(*LABS[name].reference.limits, color=REFERENCE, alpha=0.1, lw=0)
        top = float(visits.loc[visits["seen"]].groupby(["arm", "day"])[name].quantile(0.75).max())
        axis.set_ylim(0, 1.08 * top if top > 0 else 1)
        axis.set_title(f"{label(name)} ({axis_unit(name, LABS[name].display_unit)})", fontsize=10, loc="left")
    key, _ = axes[0].get_legend_handles_labels()
    title_and_key(figure, "Measurements by arm", key, "medians and quartiles of the men seen at each visit")
    return figure


BETTER = {
    "testosterone": 1, "free_testosterone": 1, "sperm_concentration": 1, "total_motile_count": 1, "motility": 1,
    "semen_volume": 1, "testis_volume": 1, "inhibin_b": 1, "hematocrit": -1, "psa": -1, "ldl": -1,
}  # fmt: skip
"""Direction in which a measurement is better in a hypogonadal or infertile man; others have none."""


def _better(point: EndPoint) -> int:
    """1 where a positive difference favours the treatment, -1 where a negative one does, 0 where neither is said."""
    return BETTER.get(point.measure, 0) * (-1 if point.kind == "below" else 1)


def _scale(point: EndPoint) -> tuple[float, str]:
    """Factor and unit of an end point's differences."""
    if point.binary:
        return 100.0, "percentage points"
    if point.kind == "fold":
        return 1.0, "ratio to baseline"
    return 1.0, axis_unit(point.measure, LABS[point.measure].display_unit)


def _point_title(point: EndPoint, design: Design) -> str:
    """'sperm gained (10⁶/mL, day 180)'."""
    unit = "% of men" if point.binary else _scale(point)[1]
    day = design.visit_days[-1] if point.day is None else point.day
    return f"{point.name} ({unit}, day {day:g})"


def interval_text(middle: float, low: float, high: float) -> str:
    """'0 (−0.14 to 0.12)': digits by the width of the interval, and a true minus."""
    if middle != middle:
        return "–"
    width = (high - low) / 2
    width = width if width == width and width > 0 else abs(middle)
    decimals = max(0, 1 - floor(log10(width))) if width > 0 else 0
    middle_text, *ends = (_signed(value, decimals) for value in (middle, low, high))
    return middle_text if low != low else f"{middle_text} ({ends[0]} to {ends[1]})"


def _signed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def probability_text(p: float) -> str:
    """A p value: '< 0.001', '0.034', '0.62'."""
    if p != p:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _effects(design: Design, effects: Any) -> list[dict[str, Any]]:
    """For each end point a row an arm: the first replicate's effect, and what 95 % of replicates found."""
    points = []
    for point in design.end_points:
        factor, rows = _scale(point)[0], []
        of_point = effects.loc[effects["end_point"] == point.name] if len(effects) else effects
        for arm, part in of_point.groupby("arm", sort=False) if len(of_point) else ():
            first = part.iloc[0]
            low, middle, high = factor * part["effect"].quantile([0.025, 0.5, 0.975])
            rows.append(
                {
                    "arm": arm,
                    "men": f"{first['men']}, {first['men_control']}",
                    "mean": figure_text(factor * first["mean"]),
                    "control": figure_text(factor * first["mean_control"]),
                    "effect": interval_text(*(factor * first[name] for name in ("effect", "low", "high"))),
                    "p": probability_text(first["p"]),
                    "replicates": interval_text(middle, low, high).partition(" (")[2].rstrip(")") or "–",
                    "significant": f"{100 * (part['p'] < 0.05).mean():.0f} %",
                }
            )  # fmt: skip
        if rows:
            average = "Share" if point.binary else "Mean"
            points.append({"title": _point_title(point, design), "average": average, "rows": rows})
    return points


def _forest(design: Design, effects: Any) -> Any:
    """Effects of the first replicate with their confidence, and the spread of the replicates' as bars."""
    plt = pyplot()
    arms = list(design.arms)[1:]
    points = design.end_points
    columns = min(2, len(points))
    lines = -(-len(points) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(4.6 * columns + 1.2, (0.42 * len(arms) + 1.25) * lines), squeeze=False, sharey=True,
        layout="constrained",
    )  # fmt: skip
    for axis in axes.flat[len(points) :]:
        axis.set_visible(False)
    for axis, point in zip(axes.flat, points, strict=False):
        factor, unit = _scale(point)
        for row, arm in enumerate(arms):
            part: Any = effects.loc[(effects["end_point"] == point.name) & (effects["arm"] == arm)]
            first, colour = part.iloc[0], COLOURS[(row + 1) % len(COLOURS)]
            if len(part) > 1:
                low, high = factor * part["effect"].quantile([0.025, 0.975])
                axis.barh(row, high - low, left=low, height=0.5, color=colour, alpha=0.2)
            axis.plot([factor * first["low"], factor * first["high"]], [row, row], color=colour, lw=1.6)
            axis.plot(factor * first["effect"], row, "s", color=colour, ms=6)
        axis.axvline(0, color=GREY, lw=0.8)
        axis.set_yticks(range(len(arms)), [as_written(arm) for arm in arms], fontsize=9)
        axis.set_ylim(len(arms) - 0.5, -0.5)
        axis.set_title(as_written(point.name), fontsize=10, loc="left")
        axis.set_xlabel(f"difference from control ({unit})\n{_sides(point)}", fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return figure


def _sides(point: EndPoint) -> str:
    """What the left and the right side of zero mean."""
    better = _better(point)
    if better == 0:
        return "← lower than control | higher than control →"
    left, right = ("control", "treatment") if better > 0 else ("treatment", "control")
    return f"← favours {left} | favours {right} →"


def _responders(design: Design, study: Study) -> list[dict[str, Any]]:
    """Share of the men of each arm who reached each end point, with the 95 % interval (Wilson 1927)."""
    table: Any = study.table("outcomes")
    rows = []
    for point in design.end_points:
        if not point.binary:
            continue
        cells = []
        for arm in design.arms:
            chosen = (table["end_point"] == point.name) & (table["arm"] == arm)
            values = table.loc[chosen, "value"].dropna()
            if values.empty:
                cells.append("–")
                continue
            low, high = interval_of_share(int(values.sum()), len(values))
            cells.append(f"{100 * values.mean():.0f} % ({100 * low:.0f} to {100 * high:.0f} %)")
        rows.append({"name": point.name, "cells": cells})
    return rows


def _risks(design: Design, visits: Any) -> list[dict[str, Any]]:
    """Share of men of each arm that a visit found beyond a limit, and whose sperm fell into a worse category."""
    worse_category = "sperm concentration in a worse WHO category at the last visit"
    shares: dict[str, list[str]] = {
        f"hematocrit above {HEMATOCRIT_LIMIT:g} %": [],
        worse_category: [],
    }
    for arm in design.arms:
        of_arm: Any = visits.loc[(visits["arm"] == arm) & visits["seen"]]
        high = of_arm.groupby(["replicate", "man"])["hematocrit"].max() > HEMATOCRIT_LIMIT
        ordered = of_arm.sort_values("day").groupby(["replicate", "man"])["sperm_concentration"]
        worse = category(ordered.last().to_numpy()) < category(ordered.first().to_numpy())
        for cells, share in zip(shares.values(), (high.mean(), np.mean(worse)), strict=True):
            cells.append("–" if of_arm.empty else f"{100 * share:.1f} %")
    return [{"name": name, "cells": cells} for name, cells in shares.items()]
