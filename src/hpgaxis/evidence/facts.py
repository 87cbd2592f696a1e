"""Physiological and clinical facts with their citations: what numbers, diagnoses and tests name by author and year."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """One published figure; value in `unit`, `population` says in whom and against what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: str
    value: float
    unit: str
    citation: str
    source: str
    verified: bool
    population: str = ""
    conditions: str = ""
    symbol: str = ""
    spread: dict[str, Any] = {}
    notes: str = ""


@cache
def facts() -> tuple[Fact, ...]:
    """All facts of the package. Raises pydantic.ValidationError naming the field of a bad entry."""
    import yaml

    text = resources.files("hpgaxis.evidence").joinpath("facts.yaml").read_text(encoding="utf-8")
    return tuple(Fact.model_validate(entry) for entry in yaml.safe_load(text))
