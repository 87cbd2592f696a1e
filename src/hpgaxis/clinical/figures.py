"""Figures of treatments and of risks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..measurements.registry import label
from ..simulation.figures import COLOURS, as_written, pyplot, time_courses

if TYPE_CHECKING:
    from ..simulation.results import Result
    from .treatments import TreatmentTable

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
