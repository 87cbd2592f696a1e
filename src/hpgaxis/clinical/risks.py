"""Risks over time: the worst level of each safety measurement, and the checks that guidelines recommend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from ..measurements.registry import axis_unit
from ..pharmacology.monitoring import schedule
from ..simulation.results import Result
from ..simulation.table_text import level_text, reading_text

if TYPE_CHECKING:
    import pandas as pd


SETTLED_AFTER_DAYS = 7.0
"""First day (days) that counts: earlier swings, before the hormones have responded, are ignored."""


@cache
def limits() -> dict[str, list[dict[str, Any]]]:
    """Return the limits of each measurement, with their sources."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.clinical").joinpath("limits.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Finding:
    """A limit, and the worst value of a simulation with its day, in `unit`; reached: the limit was passed.

    first: the first day past the limit, None where it is never passed. Levels are those at each moment, as a limit is
    passed at the peak of a dosing interval before it is passed by the mean; only `last` is a mean over the last dosing
    interval. before: the limit was passed already at the start. verified: the limit's source was read.
    """

    measure: str
    unit: str
    kind: str
    limit: float
    start: float
    worst: float
    day: float
    first: float | None
    last: float
    reached: bool
    before: bool
    meaning: str
    source: str
    verified: bool

    @property
    def level(self) -> float:
        """The limit as a level of the measurement, in `unit`."""
        changed = {
            "rise": self.start + self.limit,
            "fall": self.start - self.limit,
            "rise_percent": self.start * (1 + self.limit / 100),
            "fall_percent": self.start * (1 - self.limit / 100),
        }
        return changed.get(self.kind, self.limit)


def findings(result: Result) -> list[Finding]:
    """Return a finding for every limit of every safety measurement, in the order of the file."""
    rows = []
    settled = min(SETTLED_AFTER_DAYS, float(result.time[-1]) / 2)
    treated = result.time >= 0
    after = result.time[treated] >= settled
    time = result.time[treated]
    for measure, entries in limits().items():
        course = result[measure][treated]
        start = result.at(measure, 0.0)
        last = result.reading(measure, float(result.time[-1])).mean
        for entry in entries:
            kind, limit = entry["kind"], float(entry["limit"])
            change = {
                "rise": course - start,
                "fall": start - course,
                "rise_percent": 100 * (course / max(start, 1e-9) - 1),
                "fall_percent": 100 * (1 - course / max(start, 1e-9)),
            }.get(kind, course)
            towards = -change if kind == "below" else change
            index = int(np.argmax(np.where(after, towards, -np.inf)))
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
                    first=float(time[np.argmax(passed)]) if passed[after].any() else None,
                    last=last,
                    reached=bool(passed[after].any()),
                    before=kind in ("above", "below") and bool(start < limit if kind == "below" else start > limit),
                    meaning=entry["meaning"],
                    source=entry["source"],
                    verified=entry["verified"],
                )
            )
    return rows


def warnings(result: Result) -> list[str]:
    """Return the limits that the treatment passes as texts.

    For example 'hematocrit above 54 % (first on day 96; 55.1 at worst, day 180)'.
    """
    texts = []
    for row in findings(result):
        if row.reached and not row.before:
            size = f"{row.limit:g} {'%' if row.kind.endswith('percent') else axis_unit(row.measure, row.unit)}"
            how = {"above": "above", "below": "below"}.get(row.kind, row.kind.split("_")[0] + "s by more than")
            worst = level_text(row.measure, row.worst)
            texts.append(
                f"{row.measure.replace('_', ' ')} {how} {size} "
                f"(first on day {row.first:.0f}; {worst} at worst, day {row.day:.0f})"
            )
    return texts


def risk_table(result: Result) -> pd.DataFrame:
    """Return safety measurements as texts, one per row; `findings` has the values.

    Parameters
    ----------
    result : the simulation.

    Returns
    -------
    pandas.DataFrame
        Columns: start (before treatment), worst (the level at that moment) and its day, last (mean over the last dosing
        interval), and the limits with the day on which each was first reached.

    Examples
    --------
    >>> risk_table(hpg.simulate(None, "testosterone enanthate 200 mg every 2 weeks", days=28)).columns.tolist()
    ['start', 'worst', 'worst on day', 'last', 'limit: first reached']
    """
    from ..simulation.tables import Table

    rows: dict[str, dict[str, Any]] = {}
    for row in findings(result):
        words = {"above": ">", "below": "<"}.get(row.kind, row.kind.replace("_percent", "").replace("_", " "))
        limit = f"{words} {row.limit:g}{' %' if row.kind.endswith('percent') else ''}"
        state = "already at the start" if row.before else f"REACHED on day {row.first:.0f}" if row.reached else "no"
        key = f"{row.measure.replace('_', ' ')} ({axis_unit(row.measure, row.unit)})"
        worst = {"worst": level_text(row.measure, row.worst), "worst on day": f"{row.day:.0f}"}
        entry = rows.setdefault(
            key,
            {
                "start": level_text(row.measure, row.start),
                **worst,
                "last": level_text(row.measure, row.last),
                "limit: first reached": "",
            },
        )
        if row.reached and not row.before:
            entry.update(worst)
        before = entry["limit: first reached"]
        entry["limit: first reached"] = f"{before}{'; ' if before else ''}{limit}: {state}"
    return Table.from_dict(rows, orient="index")


def monitoring_table(result: Result) -> pd.DataFrame:
    """Return the checks that guidelines recommend, with the levels that the simulation predicts.

    Parameters
    ----------
    result : the simulation.

    Returns
    -------
    pandas.DataFrame
        One row a check, by week. `expected` is a text: the mean over the last dosing interval, with trough and peak
        where they differ from it, and – where the model has no such measurement.

    Examples
    --------
    >>> table = monitoring_table(hpg.simulate(None, "testosterone enanthate 200 mg every 2 weeks", days=28))
    >>> "expected" in table
    True
    """
    from ..simulation.tables import Table

    rows = []
    for check in schedule(result.protocol, float(result.time[-1])):
        simulated = check.measure in result.values
        reading = result.reading(check.measure, max(check.day, 0.0)) if simulated else None
        rows.append(
            {
                "week": f"{check.day / 7:.0f}",
                "drug": check.drug,
                "check": check.measure.replace("_", " "),
                "expected": "–" if reading is None else reading_text(check.measure, reading),
                "unit": axis_unit(check.measure, result.units.get(check.measure, "")),
                "what for": check.what,
                "source": check.source + ("" if check.verified else " [unverified]"),
            }
        )
    return Table(rows).set_index("week") if rows else Table()
