"""Risks over time: the worst that each measure of safety reaches, and the checks that guidelines ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from ..pharmacology.monitoring import schedule
from ..result import Result

if TYPE_CHECKING:
    import pandas as pd


SETTLED_AFTER_DAYS = 7.0
"""Swings of the first days, when one hormone has moved and the next has not, are no findings."""


@cache
def limits() -> dict[str, list[dict[str, Any]]]:
    """Measurement -> what counts as a finding, with its source."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath("limits.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Finding:
    """A limit and how near a simulation came: worst value and its day, in `unit`; reached: the limit was passed.

    before: it was passed already at the start. verified: the limit's source was read.
    """

    measure: str
    unit: str
    kind: str
    limit: float
    start: float
    worst: float
    day: float
    last: float
    reached: bool
    before: bool
    meaning: str
    source: str
    verified: bool


def findings(result: Result) -> list[Finding]:
    """Every limit of every measurement of safety, in the order of the file."""
    rows = []
    settled = min(SETTLED_AFTER_DAYS, float(result.time[-1]) / 2)
    after = result.time >= settled
    time = result.time[after]
    for measure, entries in limits().items():
        course = result[measure][after]
        start = result.at(measure, 0.0)
        for entry in entries:
            kind, limit = entry["kind"], float(entry["limit"])
            change = {
                "rise": course - start,
                "fall": start - course,
                "rise_percent": 100 * (course / max(start, 1e-9) - 1),
                "fall_percent": 100 * (1 - course / max(start, 1e-9)),
            }.get(kind, course)
            index = int(np.argmin(change) if kind == "below" else np.argmax(change))
            passed = (change < limit) if kind == "below" else (change > limit)
            rows.append(
                Finding(
                    measure=measure,
                    unit=result.units[measure],
                    kind=kind,
                    limit=limit,
                    start=start,
                    worst=float(course[index]),
                    day=float(time[index]),
                    last=float(course[-1]),
                    reached=bool(passed.any()),
                    before=kind in ("above", "below") and bool(start < limit if kind == "below" else start > limit),
                    meaning=entry["meaning"],
                    source=entry["source"],
                    verified=entry["verified"],
                )
            )
    return rows


def warnings(result: Result) -> list[str]:
    """The findings that this treatment brings, as words: 'hematocrit above 54 % (55.1 on day 180)'."""
    texts = []
    for row in findings(result):
        if row.reached and not row.before:
            size = f"{row.limit:g} {'%' if row.kind.endswith('percent') else row.unit}"
            how = {"above": "above", "below": "below"}.get(row.kind, row.kind.split("_")[0] + "s by more than")
            texts.append(f"{row.measure.replace('_', ' ')} {how} {size} ({row.worst:.3g} on day {row.day:.0f})")
    return texts


def risk_table(result: Result) -> pd.DataFrame:
    """One row a measurement of safety: start, worst and its day, last, limits reached."""
    import pandas as pd

    rows: dict[str, dict[str, Any]] = {}
    for row in findings(result):
        words = {"above": ">", "below": "<"}.get(row.kind, row.kind.replace("_percent", "").replace("_", " "))
        limit = f"{words} {row.limit:g}{' %' if row.kind.endswith('percent') else ''}"
        state = "already" if row.before else "REACHED" if row.reached else "no"
        key = f"{row.measure.replace('_', ' ')} ({row.unit})"
        entry = rows.setdefault(
            key, {"start": row.start, "worst": row.worst, "on day": f"{row.day:.0f}", "last": row.last, "limit": ""}
        )
        if row.reached and not row.before:
            entry.update({"worst": row.worst, "on day": f"{row.day:.0f}"})
        entry["limit"] += f"{'; ' if entry['limit'] else ''}{limit}: {state}"
    return pd.DataFrame.from_dict(rows, orient="index")


def monitoring_table(result: Result) -> pd.DataFrame:
    """The checks that guidelines ask for, with what the simulation expects to be read (– where it says nothing)."""
    import pandas as pd

    rows = []
    for check in schedule(result.protocol, float(result.time[-1])):
        simulated = check.measure in result.values
        value = result.at(check.measure, max(check.day, 0.0)) if simulated else float("nan")
        rows.append(
            {
                "week": f"{check.day / 7:.0f}",
                "drug": check.drug,
                "check": check.measure.replace("_", " "),
                "expected": value,
                "unit": result.units.get(check.measure, ""),
                "what for": check.what,
                "source": check.source + ("" if check.verified else " [recalled]"),
            }
        )
    return pd.DataFrame(rows).set_index("week") if rows else pd.DataFrame()
