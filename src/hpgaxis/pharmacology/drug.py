"""A drug: kinetics and effects, checked and read from one data file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from math import isclose
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import InputError
from ..files import line_of, read_text, read_yaml_with_lines, shown
from ..physiology.parameters import shown_status
from ..units import UnitError, factor
from .dose_units import UNITS, dose_unit
from .mechanisms import MECHANISMS

SHARES_TOLERANCE = 1e-6
ROUNDING = 1e-9
"""Relative difference of doses, and days between intervals, that count as the same."""
ROUTES = {
    "oral": "oral", "orally": "oral", "po": "oral", "sc": "sc", "sq": "sc", "subq": "sc", "subcut": "sc",
    "subcutaneous": "sc", "subcutaneously": "sc", "im": "im", "intramuscular": "im", "intramuscularly": "im",
    "iv": "iv", "intravenous": "iv", "intravenously": "iv", "nasal": "nasal", "intranasal": "nasal",
    "transdermal": "transdermal", "topical": "transdermal", "td": "transdermal", "lifestyle": "lifestyle",
    "surgery": "surgery",
}  # fmt: skip
"""Spelling of a route -> its name."""
OTHER_ROUTES = {"by mouth": "oral", "sc implant": "sc", "subdermal": "sc", "infusion": "iv infusion", "pump": "sc"}
"""Further spellings in YAML, Python and event tables."""
MOST_FAULTS = 5
"""Faults of one drug file that are shown."""


class DrugError(InputError):
    """A drug, dose, unit, route or drug file that does not exist or cannot be used.

    faults: path of the field and message of each fault of a drug's data; empty for other errors.
    """

    faults: tuple[tuple[tuple[int | str, ...], str], ...] = ()


class Strict(BaseModel):
    """Data with no other fields than the declared ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Strict):
    """A number with its unit, source and status; `settled_by` names the data that would confirm an assumed number."""

    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]
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
            raise ValueError("an assumed value needs `settled_by`: the data needed to confirm it")
        if (self.status == "calibrated") != (self.prior is not None):
            raise ValueError("a calibrated value needs `prior`, where its calibration starts; others have none")
        return self

    @property
    def shown_status(self) -> str:
        """The status as users see it: "measured" only where the source was read."""
        return shown_status(self.status, verified=self.verified)


def _convertible(target: str) -> AfterValidator:
    """A check that a value's unit measures the same kind of thing as `target`."""

    def check(value: Value) -> Value:
        try:
            factor(value.unit, target)
        except UnitError as error:
            raise ValueError(f"{error}; expected a unit like {target}") from None
        return value

    return AfterValidator(check)


Time = Annotated[Value, _convertible("day")]
Share = Annotated[Value, _convertible("1")]


class Analyte(Strict):
    """A substance in blood with its clearance; without clearance, an amount released into blood per day.

    `clearance_variation` is the coefficient of variation of the clearance between men.
    """

    concentration_unit: str = "nmol/day"
    clearance: Annotated[Value, _convertible("L/day")] | None = None
    clearance_variation: Share | None = None
    half_life: Time | None = None
    distribution_half_life: Time | None = None
    distribution_share: Share | None = None
    molar_mass: Annotated[Value, _convertible("g/mol")] | None = None
    share_of_dose: Share | None = None
    formation_half_life: Time | None = None

    @model_validator(mode="after")
    def _complete(self) -> Analyte:
        if (self.clearance is None) != (self.half_life is None):
            raise ValueError("`clearance` and `half_life` belong together; give both, or neither for a release")
        if self.clearance_variation is not None and self.clearance is None:
            raise ValueError("`clearance_variation` needs a `clearance`; a release has none")
        if (self.distribution_half_life is None) != (self.distribution_share is None):
            raise ValueError("`distribution_half_life` and `distribution_share` belong together; give both or neither")
        return self


class Pathway(Strict):
    """One way from the site of administration into blood.

    `half_lives` are first-order steps in series, and `duration` is that of a constant rate. With both, the dose enters
    the steps at a constant rate: the level rises to a plateau, and ends with a tail.
    """

    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    half_lives: tuple[Time, ...] = ()
    duration: Time | None = None


class Route(Strict):
    """Absorption by one route.

    `bioavailability` is relative to the quoted clearance; `bioavailability_variation` and `absorption_variation` are
    coefficients of variation between men, of it and of the times of absorption; `only` lists the analytes that this
    route reaches; `duration_is_interval` spreads a dose over its interval; the effect of a `lasting` route never ends.
    """

    bioavailability: Share | None = None
    bioavailability_variation: Share | None = None
    absorption_variation: Share | None = None
    pathways: tuple[Pathway, ...] = (Pathway(),)
    duration_is_interval: bool = False
    lasting: bool = False
    only: tuple[str, ...] = ()


class Formulation(Strict):
    """A product that is given by one or more routes, with its doses, its interval and its absorption.

    `strengths` are the doses (in the drug's unit) that one administration can have; none means any dose. Repeated doses
    are at least and at most `interval_days` apart. `status` says whether a label or a study has these. `pathways` and
    `bioavailability` stand in place of the route's.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 /-]*$")]
    routes: Annotated[tuple[str, ...], Field(min_length=1)]
    strengths: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = ()
    interval_days: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0, allow_inf_nan=False)]]
    status: Literal["licensed", "studied"]
    source: str
    verified: bool = False
    bioavailability: Share | None = None
    pathways: tuple[Pathway, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Formulation:
        if self.interval_days[0] > self.interval_days[1]:
            raise ValueError(f"interval_days {list(self.interval_days)}: expected the shortest, then the longest")
        return self

    @property
    def shown_status(self) -> str:
        """The status as users see it, which says whether the source was read."""
        return self.status if self.verified else f"{self.status}, source not read"

    def has(self, dose: float, interval_days: float | None) -> bool:
        """Whether it can be given in this dose (the drug's unit) at this interval; None for a single dose."""
        shortest, longest = self.interval_days
        in_time = interval_days is None or shortest - ROUNDING <= interval_days <= longest + ROUNDING
        return in_time and (not self.strengths or any(isclose(dose, one, rel_tol=ROUNDING) for one in self.strengths))


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
            near = difflib.get_close_matches(self.mechanism, MECHANISMS, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(MECHANISMS)}"
            raise ValueError(f"unknown mechanism {self.mechanism!r}; {hint}")
        if self.constant is None and set(MECHANISMS[self.mechanism].channels.values()) != {"release"}:
            raise ValueError(f"the mechanism {self.mechanism} needs a `constant`")
        return self


class Drug(Strict):
    """A drug as its data file gives it, or an intervention of the same form: surgery, a diet, a way of living.

    Parameters
    ----------
    name : str
        Small letters, digits and underscores; unique in a library.
    aliases : tuple of str
        Other names, such as brands.
    dose_unit : str
        Unit of the doses below.
    largest_dose : float
        A dose above it is refused as a mistake in its unit; about 20 times the usual top dose.
    largest_daily_dose : float, optional
        A course with a higher mean per day is refused; a quarter of `largest_dose` where it is left out (five usual top
        doses a day). Drugs that act for weeks need less.
    default_dose : float, optional
        The dose where none is given.
    default_route : str
        The route where none is given.
    analytes, routes, effects
        What is measured in blood, how a dose gets there, and what it does there.
    formulations : tuple of Formulation
        Products with their own strengths, intervals and absorption, such as depots. A route that has some accepts only
        doses that one of them has; where several fit, the first counts.

    Raises
    ------
    DrugError
        With the field of each fault, and what is expected there.

    Examples
    --------
    A drug of one's own; each number has a unit, a status and a source, and its numbers here are no real drug's:

    >>> def example(value, unit):
    ...     return {"value": value, "unit": unit, "status": "assumed", "source": "example", "settled_by": "a trial"}
    >>> drug = Drug(
    ...     name="examplezole", group="aromatase inhibitor", summary="An example.", status="example",
    ...     cautions="The risks are unknown.", dose_unit="mg", largest_dose=200, default_route="oral",
    ...     routes={"oral": {}}, analytes={"examplezole": {
    ...         "concentration_unit": "ng/mL", "clearance": example(2, "L/h"), "half_life": example(40, "h")}},
    ...     effects=[{"mechanism": "aromatase_inhibition", "analyte": "examplezole", "constant": example(1, "ng/mL")}],
    ... )
    >>> model = hpg.Model.default().with_drugs(drug)
    >>> result = hpg.simulate(None, "examplezole 1 mg daily", days=28, model=model)
    >>> result.at("estradiol", 28) < result.at("estradiol", 0)
    True

    A drug that is shipped:

    >>> drug = hpg.DrugLibrary.shipped()["arimidex"]
    >>> drug.name, drug.dose_unit, drug.analytes["anastrozole"].half_life.value
    ('anastrozole', 'mg', 46.8)
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
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
    routes: dict[Annotated[str, Field(pattern=r"^[a-z][a-z ]*$")], Route]
    formulations: tuple[Formulation, ...] = ()
    effects: tuple[Effect, ...]

    def __init__(self, /, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            faults = [(fault["loc"], _explain(fault)) for fault in error.errors()]
            raise _faulty([f"drug {shown(fields.get('name'))}: {text}" for _, text in faults], faults) from None

    @model_validator(mode="after")
    def _consistent(self) -> Drug:
        if self.default_route not in self.routes:
            raise ValueError(f"default_route {self.default_route!r} is not among the routes {', '.join(self.routes)}")
        analytes = ", ".join(self.analytes)
        for effect in self.effects:
            if effect.analyte not in self.analytes:
                raise ValueError(f"effect {effect.mechanism}: no analyte {effect.analyte!r}; there are {analytes}")
        for name, route in self.routes.items():
            unknown = [analyte for analyte in route.only if analyte not in self.analytes]
            if unknown:
                raise ValueError(f"route {name}, only: no analyte {unknown[0]!r}; there are {analytes}")
            _check_shares(route.pathways, f"route {name}")
        self._check_formulations()
        self._check_units()
        return self

    def _check_formulations(self) -> None:
        """Check the names, routes, strengths and shares of the formulations."""
        names = [formulation.name for formulation in self.formulations]
        for formulation in self.formulations:
            where = f"formulation {formulation.name}"
            unknown = [route for route in formulation.routes if route not in self.routes]
            if unknown:
                raise ValueError(f"{where}: no route {unknown[0]!r}; there are {', '.join(self.routes)}")
            if names.count(formulation.name) > 1:
                raise ValueError(f"{where}: two have this name; rename one of them")
            if max(formulation.strengths, default=0.0) > self.largest_dose:
                raise ValueError(f"{where}: a strength is above largest_dose ({self.largest_dose:g} {self.dose_unit})")
            _check_shares(formulation.pathways, where)

    def _check_units(self) -> None:
        """Check the units that depend on one another: dose, concentration and constant."""
        try:
            if dose_unit(self.dose_unit) != self.dose_unit or self.dose_unit.endswith("/kg"):
                raise UnitError(f"{self.dose_unit!r} is not one of {', '.join(UNITS)}")
        except UnitError as error:
            raise ValueError(f"dose_unit: {error}") from None
        for name, analyte in self.analytes.items():
            if analyte.clearance is not None:
                _check(self.dose_unit + "/L", analyte.concentration_unit, f"analyte {name}, concentration_unit")
        for effect in self.effects:
            weighted = MECHANISMS[effect.mechanism].channels.values()
            if effect.constant is not None and any(how.endswith("/constant") for how in weighted):
                unit = self.analytes[effect.analyte].concentration_unit
                _check(effect.constant.unit, unit, f"effect {effect.mechanism} of {effect.analyte}, constant")
        for name, analyte in self.analytes.items():
            acting = [effect for effect in self.effects if effect.analyte == name]
            needs_mass = not any(MECHANISMS[e.mechanism].amount_unit or e.saturable_maximum for e in acting)
            if analyte.clearance is None and acting and needs_mass and analyte.molar_mass is None:
                raise ValueError(f"analyte {name}: a release needs `molar_mass` (g/mol)")

    @property
    def daily_limit(self) -> float:
        """Largest mean dose per day (dose_unit) of a course; 0 for an intervention that is done once."""
        if self.routes[self.default_route].lasting:
            return 0.0
        return self.largest_dose / 4 if self.largest_daily_dose is None else self.largest_daily_dose

    def route_name(self, spelling: str | None) -> str:
        """The name of the drug's route, the default route for None. Raises DrugError."""
        if spelling is None:
            return self.default_route
        plain = spelling.strip().lower()
        name = plain if plain in self.routes else (ROUTES | OTHER_ROUTES).get(plain, plain)
        if name not in self.routes:
            raise DrugError(f"{self.name} has no route {spelling!r}; it has {', '.join(self.routes)}")
        return name

    def formulations_of(self, route: str) -> tuple[Formulation, ...]:
        """The formulations that are given by a route; () where it takes any dose."""
        return tuple(formulation for formulation in self.formulations if route in formulation.routes)

    def absorption(self, route: str, formulation: str | None = None) -> Route:
        """The absorption by a route, with the pathways and the bioavailability of a formulation where it has some."""
        found = self.routes[route]
        for item in self.formulations:
            if item.name == formulation:
                own = {"bioavailability": item.bioavailability, "pathways": item.pathways}
                return found.model_copy(update={field: value for field, value in own.items() if value})
        return found

    @classmethod
    def from_file(cls, path: str | Path) -> Drug:
        """Read a drug from a YAML file.

        Parameters
        ----------
        path : str or Path
            A file like those in the package's folder `pharmacology/drugs`.

        Raises
        ------
        DrugError
            With the file, the line and the field of each fault, and what is expected there.
        """
        where = str(path)
        data, lines = read_yaml_with_lines(read_text(Path(path), DrugError), where, DrugError)
        if not isinstance(data, dict):
            raise DrugError(f"{where}: {shown(data)}; expected the fields of a drug: {', '.join(cls.model_fields)}")
        try:
            return cls(**data)
        except DrugError as error:
            texts = [f"{where}, line {line_of(lines, path)}: {text}" for path, text in error.faults]
            raise _faulty(texts, error.faults) from None


def _faulty(texts: Sequence[str], faults: Sequence[tuple[tuple[int | str, ...], str]]) -> DrugError:
    """An error with the first MOST_FAULTS texts."""
    more = [f"and {len(texts) - MOST_FAULTS} more"] * (len(texts) > MOST_FAULTS)
    error = DrugError("\n".join([*texts[:MOST_FAULTS], *more]))
    error.faults = tuple(faults)
    return error


def constant_key(drug: Drug, effect: Effect) -> str:
    """The name of a drug's constant in overrides and calibrations: drug.mechanism.analyte."""
    return f"{drug.name}.{effect.mechanism}.{effect.analyte}"


def _check_shares(pathways: Sequence[Pathway], where: str) -> None:
    """Raise ValueError where the shares of the pathways do not add up to 1."""
    total = sum(pathway.share for pathway in pathways)
    if pathways and abs(total - 1) > SHARES_TOLERANCE:
        raise ValueError(f"{where}: the shares of its pathways add up to {total:g}; expected 1")


def _check(unit: str, target: str, field: str) -> None:
    """Raise ValueError where a unit does not measure the same kind of thing as `target`."""
    try:
        factor(unit, target)
    except UnitError as error:
        raise ValueError(f"{field}: {error}") from None


def _explain(fault: Any) -> str:
    """A message for one of pydantic's errors: the field, the fault and the expected input."""
    field = ".".join(str(part) for part in fault["loc"]) or "the drug"
    if fault["type"] == "missing":
        return f"{field}: this field is missing"
    if fault["type"] == "extra_forbidden":
        model: type[Strict] = Drug
        for part in fault["loc"][:-1]:
            parts = {"analytes": Analyte, "routes": Route, "pathways": Pathway, "effects": Effect}
            parts["formulations"] = Formulation
            model = parts.get(part) or (Value if part in model.model_fields else model)
        near = difflib.get_close_matches(str(fault["loc"][-1]), model.model_fields, n=1, cutoff=0.6)
        return f"{field}: unknown field; " + (f"did you mean {near[0]!r}?" if near else "leave it out")
    if fault["type"] == "value_error":
        return f"{field}: {fault['ctx']['error']}"
    return f"{field}: {shown(fault['input'])}; {fault['msg'][0].lower()}{fault['msg'][1:]}"
