"""Reads parameters.toml: every parameter of the physiology with its unit, source, spread and status."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import SimpleNamespace
from typing import Any, NamedTuple

from .constants import REFERENCE_AGE, REFERENCE_BMI
from .reference import Derived, derive
from .states import CONDITIONS, TRAITS

COVARIATES = ("age", "bmi")
OWN_LEVELS = ("hematocrit", "ldl", "hdl", "psa", "bone_spine", "bone_hip")
"""Measurements with a personal reference level, which follows from the man's labs."""
SAFETY = (*(f"{name}_reference" for name in OWN_LEVELS), "hematocrit_androgen_share")
"""Parameters of safety that differ between men: own levels, and how far androgen raises the hematocrit."""
PERSONAL = (*TRAITS, *CONDITIONS, *COVARIATES, "tonic", "ageing", *SAFETY)
"""Parameters that differ between men; all others are the typical man's."""


def shown_status(status: str, *, verified: bool) -> str:
    """Return the status of a value as users see it: "measured" only where the source was read."""
    return "unverified: source not read" if status == "measured" and not verified else status


@dataclass(frozen=True)
class Parameter:
    """One parameter. `spread` is the standard deviation of its logarithm, `spread_kind` between men or typical man.

    `prior` is where calibration starts, for calibrated values only; `settled_by` names the data that would confirm an
    assumption; `verified` is whether the source was read.
    """

    name: str
    value: float
    unit: str
    status: str
    spread: float
    spread_kind: str
    source: str
    verified: bool
    settled_by: str = ""
    prior: float | None = None

    @property
    def shown_status(self) -> str:
        """The status as users see it."""
        return shown_status(self.status, verified=self.verified)


@cache
def catalogue() -> dict[str, Parameter]:
    """All parameters by name; traits are among them, with typical value 1, and conditions, with typical value 0."""
    text = resources.files("hpgaxis.physiology").joinpath("parameters.toml").read_text(encoding="utf-8")
    tables: dict[str, Any] = tomllib.loads(text)
    traits, conditions = tables.pop("trait"), tables.pop("condition")
    return {name: Parameter(name=name, **fields) for name, fields in {**tables, **traits, **conditions}.items()}


def parameter_names() -> tuple[str, ...]:
    """Names of the fields of the parameter vector, in its order."""
    base = tuple(name for name in catalogue() if name not in TRAITS and name not in CONDITIONS)
    return (*base, *TRAITS, *CONDITIONS, *COVARIATES, "tonic", "ageing", *Derived._fields)


@cache
def parameter_type(added: tuple[str, ...] = ()) -> type[Any]:
    """The named tuple of the equations' parameters; added: names of a user's organ."""
    return NamedTuple("Parameters", [(name, float) for name in (*parameter_names(), *added)])  # pyright: ignore


def parameters(
    traits: Mapping[str, Any] | None = None,
    *,
    age: Any = REFERENCE_AGE,
    bmi: Any = REFERENCE_BMI,
    pulsatile: bool = False,
    ageing: bool = False,
    changed: Mapping[str, Any] | None = None,
    added: Mapping[str, float] | None = None,
) -> Any:
    """A parameter tuple: typical values, with traits and conditions (`traits`) and `changed` values in their place.

    age in years, bmi in kg/m2; ageing: the man ages along a simulation; added: parameters of a user's organ.
    Raises KeyError for a name that does not exist.
    """
    values = {name: entry.value for name, entry in catalogue().items()} | dict(added or {})
    for name in {**(traits or {}), **(changed or {})}:
        if name not in values:
            raise KeyError(f"no parameter named {name!r}; `hpg describe` lists them")
    values.update(changed or {})
    values.update(traits or {})
    values.update(age=age, bmi=bmi, tonic=0.0 if pulsatile else 1.0, ageing=float(ageing))
    values.update(derive(SimpleNamespace(**values))._asdict())
    kind = parameter_type(tuple(added or {}))
    return kind._make(values[name] for name in kind._fields)
