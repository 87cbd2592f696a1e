"""Monitoring: what is checked under each drug, and when, from labels and guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .protocol import Protocol, ProtocolError


@dataclass(frozen=True)
class Check:
    """One thing to check on a `day`: what for, and where that is written.

    measure: a measurement of this program, or words for what it does not simulate; verified: the source was read.
    """

    drug: str
    measure: str
    day: float
    what: str
    source: str
    verified: bool


@cache
def _plans() -> dict[str, dict[str, list[dict[str, Any]]]]:
    import yaml

    text = resources.files("hpgaxis.pharmacology").joinpath("monitoring.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def plan(drug: str) -> list[dict[str, Any]]:
    """What is checked under a drug: its group's entries and its own; empty where no guideline is known here."""
    from .drug import find

    found = find(drug)
    return [*_plans()["groups"].get(found.group, []), *_plans()["drugs"].get(found.name, [])]


def schedule(protocol: Protocol, length_days: float) -> list[Check]:
    """All checks of a protocol in the order of their days, up to `length_days`. Raises ProtocolError for none given."""
    if not protocol.series:
        raise ProtocolError("no treatment is given: there is nothing to monitor")
    checks = []
    begun: dict[str, float] = {}
    for series in protocol.series:
        begun[series.drug] = min(begun.get(series.drug, series.start_day), series.start_day)
    for drug, start in begun.items():
        for entry in plan(drug):
            weeks = [float(week) for week in entry["weeks"]]
            every = entry["every_weeks"]
            while every and 7 * (weeks[-1] + every) <= length_days - start:
                weeks.append(weeks[-1] + every)
            days = [start + 7 * week for week in weeks if start + 7 * week <= length_days]
            checks += [
                Check(drug, entry["measure"], day, entry["what"], entry["source"], entry["verified"]) for day in days
            ]
    return sorted(checks, key=lambda check: (check.day, check.measure, check.drug))
