"""One man: age, body mass index and labs in; traits that make the model agree with his labs out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.steady import SteadyStateError
from ..pharmacology.protocol import DoseSeries, Protocol
from ..physiology.measurements import observables
from ..physiology.parameters import OWN_LEVELS, catalogue, parameters
from ..physiology.states import CONDITIONS, TRAITS, Inputs, State
from . import labs as laboratory
from .labs import LabError, shown_factor

Array = NDArray[np.float64]
HEIGHT_M = 1.77
SIGMA_LAB = 0.02
MATCHED_WITHIN = 0.10
STEP = 1e-5
"""In spreads of a trait: how far the men stand apart whose differences give derivatives."""
DEFAULTS: dict[str, Any] = {"age": 30.0, "bmi": 24.0, "onset_age": None, "history": "", "history_years": 1.0}
"""What a man is where neither he nor his diagnosis says."""
SHARES = ("duct_obstruction",)


class PatientError(ValueError):
    """A patient description that cannot be used; the message names the file, the field and what would be right."""


@cache
def phenotypes() -> dict[str, dict[str, Any]]:
    """Diagnoses and where their traits lie."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath("phenotypes.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Patient:
    """A man by his age (years), body mass index (kg/m2) and labs in ordinary units.

    labs: {"testosterone": "265 ng/dL", "lh": 3.1, ...}, of the man untreated; a bare number is in the unit shown by
    default. traits: multipliers on the typical man that are known and are not to be matched, and conditions (amounts,
    such as {"varicocele": 1}). onset_age: age (years) at which gonadotropins failed, in hypogonadotropic hypogonadism:
    before puberty Sertoli cells have not matured. history: the protocol that he was on until day 0, for history_years.
    What is not given comes from his diagnosis. Raises LabError or PatientError for anything impossible.
    """

    age: float = None  # pyright: ignore[reportAssignmentType]
    bmi: float = None  # pyright: ignore[reportAssignmentType]
    labs: dict[str, Any] = field(default_factory=dict)
    diagnosis: str = "eugonadal"
    traits: dict[str, float] = field(default_factory=dict)
    name: str = ""
    onset_age: float | None = None
    history: str = None  # pyright: ignore[reportAssignmentType]
    history_years: float = None  # pyright: ignore[reportAssignmentType]

    def __post_init__(self) -> None:
        if self.diagnosis not in phenotypes():
            raise PatientError(f"unknown diagnosis {self.diagnosis!r}; there are {', '.join(phenotypes())}")
        for name, typical in DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, phenotypes()[self.diagnosis].get(name, typical))
        for name, low, high, unit in (("age", 16, 95, "years"), ("bmi", 13, 80, "kg/m2")):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise PatientError(f"{name} = {value!r}: expected a number from {low} to {high} ({unit})")
        if self.onset_age is not None and not 0 <= self.onset_age <= self.age:
            raise PatientError(f"onset_age = {self.onset_age!r}: expected from 0 to his age of {self.age:g} years")
        self.past()
        if not 0 < self.history_years <= 40:
            raise PatientError(f"history_years = {self.history_years!r}: expected above 0 and at most 40 years")
        for name, value in self.traits.items():
            if name not in TRAITS and name not in CONDITIONS:
                raise PatientError(f"unknown trait {name!r}; there are {', '.join((*TRAITS, *CONDITIONS))}")
            if name in TRAITS and not value > 0:
                raise PatientError(f"trait {name} = {value!r}: a multiplier above 0")
            if name in CONDITIONS and not 0 <= value <= (1 if name in SHARES else 100):
                raise PatientError(f"condition {name} = {value!r}: 0 or more, and 1 at most for {', '.join(SHARES)}")
        laboratory.read_all(self.labs)

    def past(self) -> tuple[DoseSeries, ...]:
        """What he took until day 0, as series of doses at negative times; () for nothing."""
        length = self.history_years * 365.25
        past = []
        for series in Protocol.of(self.history).series:
            start = series.start_day - length
            count = ceil((length - series.start_day) / series.interval_days - 1e-9)
            doses = count if series.doses is None else min(series.doses, count)
            if doses >= 1:
                past.append(replace(series, start_day=start, doses=doses))
        return tuple(past)

    @property
    def weight_kg(self) -> float:
        """Body weight at average height (1.77 m), for doses per kilogram."""
        return self.bmi * HEIGHT_M**2

    @classmethod
    def from_yaml(cls, text: str, where: str = "patient") -> Patient:
        """A patient from YAML with the fields of this class. Raises PatientError with the file and the field."""
        try:
            return cls(**cls.fields_from_yaml(text, where))
        except PatientError as error:
            raise PatientError(str(error) if where in str(error) else f"{where}: {error}") from None
        except (ValueError, TypeError) as error:
            raise PatientError(f"{where}: {error}") from None

    @classmethod
    def fields_from_yaml(cls, text: str, where: str = "patient") -> dict[str, Any]:
        """The fields that a YAML text gives. Raises PatientError with the file and a field that does not exist."""
        import yaml

        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PatientError(f"{where}: not YAML: {error}") from None
        if not isinstance(data, dict):
            raise PatientError(f"{where}: expected fields such as age, bmi and labs")
        known = {entry.name for entry in fields(cls)}
        unknown = set(data) - known
        if unknown:
            raise PatientError(
                f"{where}: unknown field {', '.join(sorted(map(str, unknown)))}; there are {', '.join(sorted(known))}"
            )
        return data


@dataclass(frozen=True)
class MatchedMan:
    """A patient with the traits found for him.

    state: his untreated steady state (n,); unmatched: lab -> (given, reached) in the unit shown, where they differ by
    more than 10 %.
    """

    patient: Patient
    parameters: Any
    state: Array
    traits: dict[str, float]
    unmatched: dict[str, tuple[float, float]]

    def with_parameters(self, *, pulsatile: bool, ageing: bool = False) -> Any:
        """His parameters in the daily mean or with explicit pulses, at his age or growing older."""
        return self.parameters._replace(tonic=0.0 if pulsatile else 1.0, ageing=float(ageing))


def sertoli_maturation(onset_age: float | None) -> float:
    """Share of Sertoli cells mature in a man whose gonadotropins failed at this age (years); 1 if they never did."""
    if onset_age is None:
        return 1.0
    infant, start, end = (catalogue()[n].value for n in ("maturation_in_infancy", "puberty_start", "puberty_end"))
    return float(np.interp(onset_age, [start, end], [infant, 1.0]))


FLOOR = {"sperm_concentration": 0.01, "sperm_total": 0.03, "total_motile_count": 0.01, "motility": 0.5,
         "progressive_motility": 0.5, "morphology": 0.2, "hcg": 2.0}  # fmt: skip
"""Below these (model units), values are taken for these: limits of detection, of hCG the reference limit."""
NOT_FITTED = {
    "hcg",
    "morphology",
    "free_estradiol",
    "hematocrit",
    "hemoglobin",
    "ldl",
    "hdl",
    "psa",
    "bone_spine",
    "bone_hip",
}
"""Labs that no trait answers to, or that a laboratory computes: compared with what the other labs imply, not fitted."""
ONLY_WITH = {
    "thyroid_capacity": {"tsh", "free_thyroxine"},
    "adrenal_capacity": {"cortisol"},
    "prolactin_secretion": {"prolactin"},
    "estrogen_receptor": set[str](),
}
"""Traits that are searched for only where one of these labs is given."""
SAME_THING = (
    {"testosterone", "free_testosterone", "bioavailable_testosterone"},
    {"sperm_concentration", "sperm_total", "total_motile_count"},
)
"""Labs of one thing: a diagnosis's default for one gives way to any of them that is given."""


def _targets(phenotype: dict[str, Any], patient: Patient) -> tuple[dict[str, float], dict[str, float]]:
    """(what is fitted, what was given), both in model units: his labs, and his diagnosis's where he has none."""
    given = laboratory.read_all(patient.labs)
    defaults = {
        name: value
        for name, value in laboratory.read_all(phenotype.get("labs", {})).items()
        if not any(name in group and group & given.keys() for group in SAME_THING)
    }
    return {name: value for name, value in {**defaults, **given}.items() if name not in NOT_FITTED}, given


def match(
    patient: Patient, changed: dict[str, float] | None = None, source: np.random.Generator | None = None
) -> MatchedMan:
    """Traits most probable given the labs (maximum a posteriori, deterministic), and the man's untreated steady state.

    Prior: each trait log-normal about its phenotype's centre with the spread in parameters.toml. changed: typical
    values to put in place of the catalogue's (drug constants among them are not looked at). source: draw a man who has
    these labs instead of the most probable one, by moving the centre (randomise, then optimise: Bardsley 2014). Raises
    LabError when no steady state fits the labs at all.
    """
    changed = {name: value for name, value in (changed or {}).items() if "." not in name}
    phenotype = phenotypes()[patient.diagnosis]
    targets, given = _targets(phenotype, patient)
    centre = {name: float(phenotype.get("traits", {}).get(name, 1.0)) for name in TRAITS}
    centre.update(phenotype.get("conditions", {}))
    centre.update(patient.traits)
    fixed = set(patient.traits) | set(phenotype.get("fixed", ()))
    fixed |= {name for name, needed in ONLY_WITH.items() if not needed & targets.keys()}
    free = [name for name in TRAITS if name not in fixed]
    spreads = np.array([catalogue()[name].spread for name in free])
    goals = np.array([max(value, FLOOR.get(name, 0.0)) for name, value in targets.items()])
    maturation = sertoli_maturation(patient.onset_age)
    drawn = np.zeros(len(free)) if source is None else np.clip(source.standard_normal(len(free)), -3, 3)

    def man(x: Array) -> Any:
        """His parameters at distances x (traits,) or (traits, men) from the centre, in spreads."""
        moved = {name: centre[name] * np.exp(s * v) for name, s, v in zip(free, spreads, x, strict=True)}
        return parameters({**centre, **moved}, age=patient.age, bmi=patient.bmi, changed=changed)

    def misfit(p: Any, state: Array, x: Array) -> Array:
        values = observables(State(*state), p, Inputs())
        predicted = np.array([np.maximum(values[name], FLOOR.get(name, 0.0) / 10) for name in targets])
        return np.concatenate([np.log(predicted.T / goals).T / SIGMA_LAB, (x.T - drawn).T])

    def residuals(x: Array) -> Array:
        p = man(x)
        return misfit(p, model.untreated(p, maturation=maturation, guess=first), x)

    def slopes(x: Array) -> Array:
        """Derivatives (residuals, traits), from men side by side who each differ in one trait."""
        beside = x[:, None] + np.column_stack([np.zeros(len(x)), STEP * np.eye(len(x))])
        p = man(beside)
        table = np.array(np.broadcast_arrays(*p), dtype=float)
        states, moving = model.untreated_many(table.T, maturation, first)
        if (moving >= 0).any():
            raise SteadyStateError("a man close to one who fits has no steady state")
        found = misfit(p, states.T, beside)
        return (found[:, 1:] - found[:, :1]) / STEP

    x = drawn
    try:
        p = man(x)
        state = first = model.untreated(p, maturation=maturation)
        if targets:
            from scipy.optimize import least_squares  # takes a while to import

            x = least_squares(residuals, x, jac=slopes, bounds=(-4.5, 4.5), xtol=1e-8, ftol=1e-8, max_nfev=60).x  # pyright: ignore
            p = man(x)
            state = model.untreated(p, maturation=maturation, guess=first)
    except SteadyStateError as error:
        raise LabError(f"no man fits these labs together ({error}); check the values and their units") from None
    p, state = _at_own_levels(p, state, given)
    found = observables(State(*state), p, Inputs())
    unmatched = {}
    for name, value in given.items():
        goal, reached = (max(float(v), FLOOR.get(name, 0.0)) for v in (value, found[name]))
        if abs(np.log(reached / goal)) > MATCHED_WITHIN:
            unmatched[name] = (goal * shown_factor(name), reached * shown_factor(name))
    traits = {name: float(getattr(p, name)) for name in (*TRAITS, *CONDITIONS)}
    return MatchedMan(patient, p, state, traits, unmatched)


def _at_own_levels(p: Any, state: Array, given: dict[str, float]) -> tuple[Any, Array]:
    """Parameters and state with the man's own level of what is watched for safety, where he gives it."""
    state = state.copy()
    for name in OWN_LEVELS:
        if name in given:
            ratio = given[name] / state[model.STATES.index(name)]
            p = p._replace(**{f"{name}_reference": getattr(p, f"{name}_reference") * ratio})
            state[model.STATES.index(name)] *= ratio
    return p, state


def matched(man: Patient | MatchedMan | None) -> MatchedMan:
    """A matched man from whatever describes him; None is the typical man."""
    if isinstance(man, MatchedMan):
        return man
    return match(man or Patient())
