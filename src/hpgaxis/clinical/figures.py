"""Figures of treatments and of risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..measurements.registry import LABS, label
from ..simulation.figure_style import COLOURS, GREY, REFERENCE, as_written, pyplot
from ..simulation.figures import time_courses
from .risks import findings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..simulation.results import Result
    from .treatments import TreatmentTable

MARKERS = ("o", "s", "^", "D")
DARK = "#1b1f24"
"""Colour of numbers on coloured cells, in dark pages too."""
SAFETY = (
    "hematocrit", "psa", "ldl", "hdl", "bone_spine", "bone_hip", "libido", "mood", "gynecomastia_risk",
    "testis_volume", "body_fat", "lean_mass",
)  # fmt: skip


def risks_over_time(result: Result) -> Figure:
    """Measurements of safety over time with their limits; those whose limit is passed come first."""
    found = findings(result)
    passed = [finding.measure for finding in found if finding.reached]
    names = list(dict.fromkeys([*passed, *SAFETY]))
    limits = {name: [f.level for f in found if f.measure == name] for name in names}
    title = f"Risks: {result.protocol.label()}"
    return time_courses({result.protocol.label(): result}, names, title=title, limits=limits, from_zero=False)


def treatment_effects(table: TreatmentTable) -> Figure:
    """Ratios of hormones to no treatment (colour and number), and sperm over the year."""
    plt = pyplot()
    rows = table.rows
    names = [*rows[0].hormones, *rows[0].stimulation]
    ratio = np.array(
        [[{**row.hormones, **row.stimulation}[n] / max(table.untreated[n], 1e-9) for n in names] for row in rows]
    )
    size = (13, 0.36 * len(rows) + 2.2)
    figure, (left, right) = plt.subplots(1, 2, figsize=size, width_ratios=(1.9, 1), sharey=True, layout="constrained")
    shown = np.clip(np.log2(np.maximum(ratio, 1e-3)), -2, 2)
    left.imshow(shown, cmap="PuOr_r", vmin=-4, vmax=4, aspect="auto")
    for (y, x), value in np.ndenumerate(ratio):
        text = f"{value:.2f}" if value < 99.5 else "> 99"
        left.text(x, y, text, ha="center", va="center", fontsize=8, color=DARK)
    heads = [label(n).replace("Intratesticular testosterone", "ITT").replace(" stimulation", "") for n in names]
    left.set_xticks(range(len(names)), heads, rotation=30, ha="left", fontsize=9)
    left.xaxis.tick_top()
    left.set_yticks(range(len(rows)), [as_written(row.treatment) for row in rows], fontsize=9)
    left.set_title("Ratio to no treatment, third month", fontsize=10, loc="left", pad=12)
    for number, month in enumerate(rows[0].sperm):
        values = [row.sperm[month] for row in rows]
        right.plot(
            values, range(len(rows)), MARKERS[number], color=COLOURS[number], ms=7, mfc="none", mew=1.7,
            label=f"{month} months",
        )  # fmt: skip
    start = table.start["sperm_concentration"]
    right.axvline(start, color=GREY, lw=1, ls="--", label="before treatment")
    right.axvspan(*LABS["sperm_concentration"].reference.limits, color=REFERENCE, alpha=0.12, lw=0)
    right.set_xscale("symlog", linthresh=1)
    right.set_xlim(-0.05, max(220.0, start * 2))
    right.set_xticks([0, 1, 5, 15, 40, 100], ["0", "1", "5", "15", "40", "100"])
    right.set_title("Sperm concentration (10⁶/mL)", fontsize=10, loc="left", pad=38)
    right.legend(fontsize=8, ncol=2, frameon=False, loc="lower left", bbox_to_anchor=(0, 0.99), borderpad=0.1)
    right.grid(axis="y", color=GREY, alpha=0.25)
    right.spines[["top", "right"]].set_visible(False)
    return figure
