"""The report of a virtual trial: flow, baseline, trajectories, effects, responders, risks."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import write_whole
from ..measurements.registry import LABS, axis_unit, label
from ..simulation.figure_style import COLOURS, as_written, pyplot, svg
from ..trials.endpoints import baseline_reached
from ..trials.separation import category
from .pages import template
from .tables import figure_text

if TYPE_CHECKING:
    from ..trials import Study
    from ..trials.design import Design

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
        version=version("hpgaxis"),
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
        effects=_effects(effects),
        responders=_responders(design, study),
        risks=_risks(design, visits),
        units={name: axis_unit(name, LABS[name].display_unit) for name in LABS},
        label=label,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def _diagnosis(design: Design) -> str:
    if isinstance(design.diagnosis, str):
        return design.diagnosis.replace("_", " ")
    total = sum(design.diagnosis.values())
    return ", ".join(f"{name.replace('_', ' ')} {share / total:.0%}" for name, share in design.diagnosis.items())


def _flow(design: Design, men: Any, visits: Any) -> list[dict[str, Any]]:
    """For each arm: allocated, left before the end, seen at the last visit."""
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
    """Median and middle half of the men seen, by arm. Returns a matplotlib Figure."""
    plt = pyplot()
    names = [name for name in SHOWN if name in design.measures]
    figure, axes = plt.subplots(-(-len(names) // 3), 3, figsize=(12.6, 2.8 * -(-len(names) // 3)), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        for number, arm in enumerate(design.arms):
            of_arm: Any = visits.loc[(visits["arm"] == arm) & visits["seen"]]
            low, middle, high = (of_arm.groupby("day")[name].quantile(q) for q in (0.25, 0.5, 0.75))
            colour = COLOURS[number % len(COLOURS)]
            axis.fill_between(low.index, low, high, color=colour, alpha=0.12, lw=0)
            axis.plot(middle.index, middle, color=colour, lw=1.7, marker="o", ms=3, label=as_written(arm))
        axis.axhspan(*LABS[name].reference.limits, color="#2a8f5b", alpha=0.06, lw=0)
        top = max(float(line.get_ydata().max(initial=0)) for line in axis.get_lines())
        axis.set_ylim(0, 1.5 * top if top > 0 else 1)
        axis.set_title(f"{label(name)} ({axis_unit(name, LABS[name].display_unit)})", fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.set_xlabel("days", fontsize=9)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncol=min(4, len(labels)), fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    return figure


def _effects(effects: Any) -> list[dict[str, Any]]:
    """One line an end point and arm: the first replicate's effect, and what 95 % of replicates found."""
    lines = []
    for (point, arm), part in effects.groupby(["end_point", "arm"], sort=False):
        first = part.iloc[0].to_dict()
        low, high = part["effect"].quantile([0.025, 0.975])
        lines.append({"end_point": point, "arm": arm, "one": first, "replicates": len(part), "low": low, "high": high,
                      "found": float((part["p"] < 0.05).mean())})  # fmt: skip
    return lines


def _forest(design: Design, effects: Any) -> Any:
    """Effects of the first replicate with their confidence, and the spread of the replicates' as bars."""
    plt = pyplot()
    points = [point.name for point in design.end_points]
    arms = list(design.arms)[1:]
    figure, axes = plt.subplots(
        1, len(points), figsize=(max(4.0 * len(points), 6), 0.5 * len(arms) + 1.6), squeeze=False, sharey=True
    )
    for axis, point in zip(axes[0], points, strict=True):
        for row, arm in enumerate(arms):
            part: Any = effects.loc[(effects["end_point"] == point) & (effects["arm"] == arm)]
            first, colour = part.iloc[0], COLOURS[(row + 1) % len(COLOURS)]
            if len(part) > 1:
                low, high = part["effect"].quantile([0.025, 0.975])
                axis.barh(row, high - low, left=low, height=0.5, color=colour, alpha=0.15)
            axis.plot([first["low"], first["high"]], [row, row], color=colour, lw=1.6)
            axis.plot(first["effect"], row, "s", color=colour, ms=6)
        axis.axvline(0, color="#666", lw=0.8)
        axis.set_yticks(range(len(arms)), [as_written(arm) for arm in arms], fontsize=9)
        axis.set_ylim(len(arms) - 0.5, -0.5)
        axis.set_title(as_written(point), fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    figure.tight_layout()
    return figure


def _responders(design: Design, study: Study) -> list[dict[str, Any]]:
    """Share of the men of each arm who reached each end point, with the 95 % interval (Wilson 1927)."""
    from scipy.stats import binomtest

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
            interval: Any = binomtest(int(values.sum()), len(values)).proportion_ci(method="wilson")
            cells.append(f"{values.mean():.0%} ({interval.low:.0%} to {interval.high:.0%})")
        rows.append({"name": point.name, "cells": cells})
    return rows


def _risks(design: Design, visits: Any) -> list[dict[str, Any]]:
    """Share of men of each arm that a visit found beyond a limit, and whose sperm fell into a worse category."""
    shares: dict[str, list[str]] = {f"hematocrit above {HEMATOCRIT_LIMIT:g} %": [], "sperm in a worse category": []}
    for arm in design.arms:
        of_arm: Any = visits.loc[(visits["arm"] == arm) & visits["seen"]]
        high = of_arm.groupby(["replicate", "man"])["hematocrit"].max() > HEMATOCRIT_LIMIT
        ordered = of_arm.sort_values("day").groupby(["replicate", "man"])["sperm_concentration"]
        worse = category(ordered.last().to_numpy()) < category(ordered.first().to_numpy())
        for cells, share in zip(shares.values(), (high.mean(), np.mean(worse)), strict=True):
            cells.append("–" if of_arm.empty else f"{share:.1%}")
    return [{"name": name, "cells": cells} for name, cells in shares.items()]
