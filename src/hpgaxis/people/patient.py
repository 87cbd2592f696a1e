"""One man: age, body mass index and labs in; traits that make the model agree with his labs out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.steady import SteadyStateError
from ..physiology.measurements import observables
from ..physiology.parameters import catalogue, parameters
from ..physiology.states import TRAITS, Inputs, State
from . import labs as laboratory
from .labs import LabError, shown_factor

Array = NDArray[np.float64]
HEIGHT_M = 1.77
SIGMA_LAB = 0.02
MATCHED_WITHIN = 0.10


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

    labs: {"testosterone": "265 ng/dL", "lh": 3.1, ...}; a bare number is in the unit shown by default.
    traits: multipliers on the typical man that are known and are not to be matched.
    Raises LabError or PatientError for anything impossible.
    """

    age: float = 30.0
    bmi: float = 24.0
    labs: dict[str, Any] = field(default_factory=dict)
    diagnosis: str = "eugonadal"
    traits: dict[str, float] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        for name, low, high, unit in (("age", 16, 95, "years"), ("bmi", 13, 80, "kg/m2")):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise PatientError(f"{name} = {value!r}: expected a number from {low} to {high} ({unit})")
        if self.diagnosis not in phenotypes():
            raise PatientError(f"unknown diagnosis {self.diagnosis!r}; there are {', '.join(phenotypes())}")
        for name, value in self.traits.items():
            if name not in TRAITS:
                raise PatientError(f"unknown trait {name!r}; there are {', '.join(TRAITS)}")
            if not value > 0:
                raise PatientError(f"trait {name} = {value!r}: a multiplier above 0")
        laboratory.read_all(self.labs)

    @property
    def weight_kg(self) -> float:
        """Body weight at average height (1.77 m), for doses per kilogram."""
        return self.bmi * HEIGHT_M**2

    @classmethod
    def from_yaml(cls, text: str, where: str = "patient") -> Patient:
        """A patient from YAML with the fields of this class. Raises PatientError with the file and the field."""
        import yaml

        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PatientError(f"{where}: not YAML: {error}") from None
        if not isinstance(data, dict):
            raise PatientError(f"{where}: expected fields such as age, bmi and labs")
        known = {"age", "bmi", "labs", "diagnosis", "traits", "name"}
        unknown = set(data) - known
        if unknown:
            raise PatientError(
                f"{where}: unknown field {', '.join(sorted(map(str, unknown)))}; there are {', '.join(sorted(known))}"
            )
        try:
            return cls(**data)
        except (ValueError, TypeError) as error:
            raise PatientError(f"{where}: {error}") from None


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

    def with_parameters(self, *, pulsatile: bool) -> Any:
        """His parameters in the daily mean or with explicit pulses."""
        return self.parameters._replace(tonic=0.0 if pulsatile else 1.0)


FLOOR = {"sperm_concentration": 0.01, "sperm_total": 0.03, "total_motile_count": 0.01, "motility": 0.5,
         "progressive_motility": 0.5, "morphology": 0.2, "hcg": 2.0}  # fmt: skip
"""Below these (model units), values are taken for these: limits of detection, of hCG the reference limit."""
NOT_FITTED = {"hcg", "morphology", "free_estradiol"}
"""Labs that no trait answers to, or that a laboratory computes: compared with what the other labs imply, not fitted."""
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


def match(patient: Patient, changed: dict[str, float] | None = None) -> MatchedMan:
    """Traits most probable given the labs (maximum a posteriori, deterministic), and the man's untreated steady state.

    Prior: each trait log-normal about its phenotype's centre with the spread in parameters.toml. changed: typical
    values to put in place of the catalogue's. Raises LabError when no steady state fits the labs at all.
    """
    from scipy.optimize import least_squares

    phenotype = phenotypes()[patient.diagnosis]
    targets, given = _targets(phenotype, patient)
    centre = {name: float(phenotype.get("traits", {}).get(name, 1.0)) for name in TRAITS}
    centre.update(patient.traits)
    fixed = set(patient.traits) | set(phenotype.get("fixed", ()))
    free = [name for name in TRAITS if name not in fixed]
    spreads = np.array([catalogue()[name].spread for name in free])
    goals = np.array([max(value, FLOOR.get(name, 0.0)) for name, value in targets.items()])
    maturation = float(phenotype.get("sertoli_maturation", 1.0))

    def man(x: Array, guess: Array | None = None) -> tuple[Any, Array]:
        moved = {name: centre[name] * float(np.exp(s * v)) for name, s, v in zip(free, spreads, x, strict=True)}
        p = parameters({**centre, **moved}, age=patient.age, bmi=patient.bmi, changed=changed)
        return p, model.untreated(p, maturation=maturation, guess=guess)

    def residuals(x: Array) -> Array:
        p, state = man(x, first)
        values = observables(State(*state), p, Inputs())
        predicted = np.array([max(float(values[name]), FLOOR.get(name, 0.0) / 10) for name in targets])
        return np.concatenate([np.log(predicted / goals) / SIGMA_LAB, x])

    x = np.zeros(len(free))
    try:
        p, first = man(x)
        state = first
        if targets:
            x = least_squares(residuals, x, bounds=(-4.5, 4.5), xtol=1e-8, ftol=1e-8, max_nfev=60).x
            p, state = man(x, first)
    except SteadyStateError as error:
        raise LabError(f"no man fits these labs together ({error}); check the values and their units") from None
    found = observables(State(*state), p, Inputs())
    unmatched = {}
    for name, value in given.items():
        goal, reached = (max(float(v), FLOOR.get(name, 0.0)) for v in (value, found[name]))
        if abs(np.log(reached / goal)) > MATCHED_WITHIN:
            unmatched[name] = (goal * shown_factor(name), reached * shown_factor(name))
    traits = {name: float(getattr(p, name)) for name in TRAITS}
    return MatchedMan(patient, p, state, traits, unmatched)


def matched(man: Patient | MatchedMan | None) -> MatchedMan:
    """A matched man from whatever describes him; None is the typical man."""
    if isinstance(man, MatchedMan):
        return man
    return match(man or Patient())
