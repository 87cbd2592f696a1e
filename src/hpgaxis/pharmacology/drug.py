"""A drug: one data file in `drugs/`, checked and read into kinetics and effects."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import InputError
from .mechanisms import MECHANISMS


class DrugError(InputError):
    """A drug, dose, unit or route that does not exist or cannot be used; the message says what would be right."""


class Strict(BaseModel):
    """Data that must hold exactly the fields that are known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Strict):
    """A number with its unit and where it comes from."""

    value: Annotated[float, Field(gt=0)]
    unit: str
    status: Literal["measured", "calibrated", "assumed"]
    source: str
    verified: bool = False
    spread: Annotated[float, Field(ge=0)] = 0.3
    settled_by: str = ""
    prior: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Value:
        if self.status == "assumed" and not self.settled_by:
            raise ValueError("an assumed value needs `settled_by`: what would settle it")
        if (self.status == "calibrated") != (self.prior is not None):
            raise ValueError("a calibrated value needs `prior`, where its calibration starts; others have none")
        return self


class Analyte(Strict):
    """What is measured in blood. Without clearance it is a release (nmol per day) and not a concentration."""

    concentration_unit: str = "nmol/day"
    clearance: Value | None = None
    half_life: Value | None = None
    distribution_half_life: Value | None = None
    distribution_share: Value | None = None
    molar_mass: Value | None = None
    share_of_dose: Value | None = None
    formation_half_life: Value | None = None


class Pathway(Strict):
    """One way from the site of administration into blood: steps in series, or a constant rate for a duration."""

    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    half_lives: tuple[Value, ...] = ()
    duration: Value | None = None


class Route(Strict):
    """How a dose given this way gets in; `bioavailability` relative to the clearance quoted; lasting: for good."""

    bioavailability: Value | None = None
    pathways: tuple[Pathway, ...] = (Pathway(),)
    duration_is_interval: bool = False
    lasting: bool = False
    only: tuple[str, ...] = ()


class Effect(Strict):
    """A mechanism with its constants; `saturable_half_dose` makes the release saturate with the dose given at once."""

    mechanism: str
    analyte: str
    constant: Value | None = None
    efficacy: float = 0.0
    efficacy_source: str = ""
    saturable_maximum: Value | None = None
    saturable_half_dose: Value | None = None

    @model_validator(mode="after")
    def _known(self) -> Effect:
        if self.mechanism not in MECHANISMS:
            raise ValueError(f"unknown mechanism {self.mechanism!r}; there are {', '.join(MECHANISMS)}")
        return self


class Drug(Strict):
    """A drug as its data file gives it, or what is given in the same way: surgery, a diet, a way of living.

    Above largest_dose (dose_unit) a dose is taken for a mistake in its unit; above largest_daily_dose, as the mean of a
    course, for a mistake in its unit or its interval. largest_dose is about 20 times the usual top dose; the day's is a
    quarter of it where the file does not say (five usual top doses a day), and less for what lasts for weeks.
    """

    name: str
    aliases: tuple[str, ...] = ()
    group: str
    summary: str
    dose_unit: str
    largest_dose: Annotated[float, Field(gt=0)]
    largest_daily_dose: Annotated[float, Field(gt=0)] | None = None
    default_dose: Annotated[float, Field(gt=0)] | None = None
    default_route: str
    status: str
    cautions: str
    analytes: dict[str, Analyte]
    routes: dict[str, Route]
    effects: tuple[Effect, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Drug:
        if self.default_route not in self.routes:
            raise ValueError(f"default_route {self.default_route!r} is not among the routes {', '.join(self.routes)}")
        for effect in self.effects:
            if effect.analyte not in self.analytes:
                raise ValueError(f"effect {effect.mechanism} names the analyte {effect.analyte!r}, which is not there")
        return self

    @property
    def daily_limit(self) -> float:
        """Largest mean dose a day (dose_unit) of a course; 0 for what is done once and lasts for good."""
        if self.routes[self.default_route].lasting:
            return 0.0
        return self.largest_dose / 4 if self.largest_daily_dose is None else self.largest_daily_dose


UNSPECIFIED = ("testosterone", "trt", "testosterone replacement")
"""What names no drug: testosterone comes in many esters and forms."""
ROUTE_NAMES = {
    "po": "oral",
    "sq": "sc",
    "orally": "oral",
    "by mouth": "oral",
    "subcutaneous": "sc",
    "subcutaneously": "sc",
    "subq": "sc",
    "subcut": "sc",
    "intramuscular": "im",
    "intramuscularly": "im",
    "intravenous": "iv",
    "intravenously": "iv",
    "intranasal": "nasal",
    "topical": "transdermal",
    "td": "transdermal",
    "sc implant": "sc",
    "subdermal": "sc",
    "infusion": "iv infusion",
    "pump": "sc",
}


@cache
def library() -> dict[str, Drug]:
    """All drugs by name, from the package's data files. Raises pydantic.ValidationError naming the bad file's field."""
    import yaml

    drugs = {}
    for entry in sorted(resources.files("hpgaxis.pharmacology").joinpath("drugs").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            drug = Drug.model_validate(yaml.load(entry.read_text(encoding="utf-8"), Loader=loader))
            drugs[drug.name] = drug
    return drugs


@cache
def names() -> dict[str, str]:
    """Every accepted spelling (lower case) -> the drug's name."""
    result: dict[str, str] = {}
    for drug in library().values():
        for spelling in (drug.name, *drug.aliases):
            for form in {spelling.lower(), spelling.lower().replace("_", " "), spelling.lower().replace("-", " ")}:
                if result.setdefault(form, drug.name) != drug.name:
                    raise ValueError(f"{form!r} names both {result[form]} and {drug.name}")
    return result


def find(name: str) -> Drug:
    """The drug of this name or alias. Raises DrugError with near names."""
    known = names()
    if name.strip().lower() in UNSPECIFIED:
        forms = ", ".join(drug for drug in library() if drug.startswith("testosterone_"))
        raise DrugError(f"{name!r} does not say which ester or form; there are {forms}")
    key = known.get(name.strip().lower()) or known.get(name.strip().lower().replace("_", " "))
    if key is None:
        near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`hpg drugs` lists them"
        raise DrugError(f"unknown drug {name!r}; {hint}")
    return library()[key]


def find_route(drug: Drug, route: str | None) -> str:
    """The drug's route under this name, its usual one for None. Raises DrugError."""
    if route is None:
        return drug.default_route
    plain = route.strip().lower()
    if plain in drug.routes:
        return plain
    name = ROUTE_NAMES.get(plain, plain)
    if name not in drug.routes:
        raise DrugError(f"{drug.name} has no route {route!r}; it has {', '.join(drug.routes)}")
    return name
