"""Monitoring: the checks under each drug and their days, from labels and guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .doses import by_drug
from .drug import Drug
from .protocol import Protocol, ProtocolError


@dataclass(frozen=True)
class Check:
    """A check on a `day`, its purpose (`what`) and its source.

    `measure` is a measurement of this program, or words for one that it does not simulate; `verified`: the source was
    read.
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


def plan(drug: Drug) -> list[dict[str, Any]]:
    """Checks under a drug: those of its group and its own; empty where no guideline is known here."""
    return [*_plans()["groups"].get(drug.group, []), *_plans()["drugs"].get(drug.name, [])]


def schedule(protocol: Protocol, length_days: float) -> list[Check]:
    """All checks of a protocol up to `length_days`, by day. Raises ProtocolError where no drug is given."""
    if not protocol.series:
        raise ProtocolError("no treatment is given: there is nothing to monitor")
    checks = []
    for drug, series in by_drug(protocol.series).items():
        start = min(item.start_day for item in series)
        for entry in plan(series[0].definition):
            weeks = [float(week) for week in entry["weeks"]]
            every = entry["every_weeks"]
            while every and 7 * (weeks[-1] + every) <= length_days - start:
                weeks.append(weeks[-1] + every)
            days = [start + 7 * week for week in weeks if start + 7 * week <= length_days]
            checks += [
                Check(drug, entry["measure"], day, entry["what"], entry["source"], entry["verified"]) for day in days
            ]
    return sorted(checks, key=lambda check: (check.day, check.measure, check.drug))
