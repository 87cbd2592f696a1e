"""One man: age, body mass index and labs in; traits that make the model agree with his labs out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.steady import SteadyStateError
from ..errors import InputError
from ..files import read_yaml, shown
from ..measurements import labs as laboratory
from ..measurements.labs import LabError, canonical
from ..measurements.registry import MEASUREMENTS
from ..measurements.variation import log_spread
from ..pharmacology.overrides import parameters_only, trait_fault
from ..pharmacology.protocol import DoseSeries, Protocol
from ..physiology.constants import REFERENCE_AGE, REFERENCE_BMI
from ..physiology.observables import observables
from ..physiology.parameters import OWN_LEVELS, catalogue
from ..physiology.states import CONDITIONS, TRAITS, Inputs, State
from ..units import finite
from .consistency import check_consistent
from .matching import COUNTS, FAR_BELOW, SEMEN, Search, floor

Array = NDArray[np.float64]
HEIGHT_M = 1.77
ERROR_OF_MEANS = 0.02
"""Standard deviation of the logarithm of a lab that is the mean of many men."""
NO_SPERM = 0.02
"""The same of a count below the limit of detection: no sperm is no small count that varies from sample to sample."""
FAR = 2.0
"""Standard deviations from which a lab, or a trait, is named."""
MOST_YEARS = 40
WIDEST = 3.0
"""Standard deviations beyond which nothing is drawn."""
DEFAULTS: dict[str, Any] = {
    "age": REFERENCE_AGE,
    "bmi": REFERENCE_BMI,
    "onset_age": None,
    "history": "",
    "history_years": 1.0,
}
"""What a man is where neither he nor his diagnosis says."""


class PatientError(InputError):
    """A patient description that cannot be used; the message names the file, the field and what would be right."""


@cache
def phenotypes() -> dict[str, dict[str, Any]]:
    """Diagnoses and where their traits lie."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath("phenotypes.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Patient:
    """A man by his age (years), body mass index (kg/m2) and labs in ordinary units.

    Parameters
    ----------
    labs : {"testosterone": "265 ng/dL", "lh": 3.1, ...}, of the man untreated (with a history: before it); a bare
        number is in the unit shown by default.
    traits : multipliers on the typical man that are known and are not to be matched, and conditions (amounts, such as
        {"varicocele": 1}).
    onset_age : age (years) at which gonadotropins failed, in hypogonadotropic hypogonadism: before puberty Sertoli
        cells have not matured.
    history, history_years : the protocol that he was on until day 0, and for how long.

    What is not given (None) comes from his diagnosis.

    Raises
    ------
    PatientError, LabError
        Anything impossible, by field.

    Examples
    --------
    >>> Patient(age=34, labs={"testosterone": "265 ng/dL"}).bmi
    24.0
    """

    age: float = None  # pyright: ignore[reportAssignmentType]
    bmi: float = None  # pyright: ignore[reportAssignmentType]
    labs: Mapping[str, Any] = field(default_factory=dict)
    diagnosis: str = "eugonadal"
    traits: Mapping[str, float] = field(default_factory=dict)
    name: str = ""
    onset_age: float | None = None
    history: str = None  # pyright: ignore[reportAssignmentType]
    history_years: float = None  # pyright: ignore[reportAssignmentType]

    def __post_init__(self) -> None:
        for name, nothing in (("labs", {}), ("traits", {}), ("diagnosis", "eugonadal"), ("name", "")):
            if getattr(self, name) is None:
                object.__setattr__(self, name, nothing)
        for name in ("diagnosis", "name", "history"):
            value = getattr(self, name)
            if not isinstance(value, str | None):
                raise PatientError(f"{name} = {shown(value)}: expected text (in quotes if it is a number)")
        if self.diagnosis not in phenotypes():
            raise PatientError(f"unknown diagnosis {shown(self.diagnosis)}; there are {', '.join(phenotypes())}")
        asked_onset, asked_years = self.onset_age, self.history_years
        for name, typical in DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, phenotypes()[self.diagnosis].get(name, typical))
        for name, low, high, unit in (("age", 16, 95, "years"), ("bmi", 13, 80, "kg/m2")):
            value = getattr(self, name)
            if not finite(value) or not low <= value <= high:
                raise PatientError(f"{name} = {shown(value)}: expected a number from {low} to {high} ({unit})")
        self._check_onset(asked_onset is None)
        self._check_history(asked_years)
        if not isinstance(self.traits, Mapping):
            raise PatientError(f"traits = {shown(self.traits)}: expected names with numbers, like aromatase: 1.5")
        for name, value in self.traits.items():
            if fault := trait_fault(name, value):
                raise PatientError(fault)
        check_consistent(laboratory.read_all(self.labs))
        object.__setattr__(self, "labs", dict(self.labs))
        object.__setattr__(self, "traits", dict(self.traits))

    def _check_onset(self, of_diagnosis: bool) -> None:
        onset = self.onset_age
        if onset is None or (finite(onset) and 0 <= onset <= self.age):
            return
        if of_diagnosis:
            raise PatientError(
                f"{self.diagnosis} begins at {onset:g} years where onset_age is not given, and he is {self.age:g}: "
                "give the age at which his gonadotropins failed (onset_age, in a patient file or in Python), or "
                "another diagnosis"
            )
        raise PatientError(f"onset_age = {shown(onset)}: expected a number from 0 to his age of {self.age:g} years")

    def _check_history(self, asked_years: Any) -> None:
        years = self.history_years
        if not self.history:
            if asked_years is not None and not (finite(asked_years) and asked_years == 0):
                raise PatientError(
                    f"history_years = {shown(asked_years)}: there is no history; give the protocol that he was on too"
                )
            object.__setattr__(self, "history_years", 0.0)
            return
        if not finite(years) or not 0 < years <= MOST_YEARS:
            raise PatientError(f"history_years = {shown(years)}: expected above 0 and at most {MOST_YEARS} years")
        if years > self.age:
            raise PatientError(f"history_years = {years:g}: begins before his birth; he is {self.age:g} years old")
        try:
            self.past()
        except InputError as error:
            raise PatientError(f"history: {error}") from None

    def past(self) -> tuple[DoseSeries, ...]:
        """What he took until day 0, as series of doses at negative times; () for nothing."""
        taken, length = Protocol.of(self.history), self.history_years * 365.25
        if taken.rules or taken.adherence < 1:
            raise PatientError(
                "rules at visits and missed doses are not simulated in a history; give the doses he took"
            )
        past = []
        for series in taken.series:
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
        return cls.from_fields(cls.fields_from_yaml(text, where), where)

    @classmethod
    def from_fields(cls, values: Mapping[str, Any], where: str = "") -> Patient:
        """A patient from the fields of this class; where: the file that they are from, for messages."""
        try:
            return cls(**values)
        except InputError as error:
            raise PatientError(f"{where}: {error}" if where else str(error)) from None

    @classmethod
    def fields_from_yaml(cls, text: str, where: str = "patient") -> dict[str, Any]:
        """The fields that a YAML text gives. Raises PatientError with the file and a field that does not exist."""
        data = read_yaml(text, where, PatientError)
        if not isinstance(data, dict):
            raise PatientError(f"{where}: expected fields such as age, bmi and labs")
        known = {entry.name for entry in fields(cls)}
        unknown = set(data) - known
        if unknown:
            names = ", ".join(shown(name)[1:-1] for name in sorted(unknown))
            raise PatientError(f"{where}: unknown field {names}; there are {', '.join(sorted(known))}")
        for name, example in (("labs", "testosterone: 265 ng/dL"), ("traits", "aromatase: 1.5")):
            if not isinstance(data.get(name), dict | None):
                raise PatientError(f"{where}: {name} = {shown(data[name])}: expected names with values, like {example}")
        return data


@dataclass(frozen=True)
class LabFit:
    """A lab beside what the matched man has, both in the unit shown.

    error: standard deviation of the lab's logarithm (within man and assay); away: how many of them it lies above (below
    0: below) the man's value; implied: what the man has where this lab is left out, for a lab that is far away (None
    for the others); fitted: whether traits answer to it.
    """

    given: float
    reached: float
    error: float
    away: float
    implied: float | None = None
    fitted: bool = True

    @property
    def contradicts(self) -> bool:
        """Whether it is further away than labs vary."""
        return abs(self.away) > FAR


@dataclass(frozen=True)
class MatchedMan:
    """A patient with the traits found for him.

    state: his untreated steady state (n,). fits: each lab that he gave beside what he has. standard_errors: trait ->
    standard error of its logarithm, 0 where it was given or belongs to the diagnosis, the spread between men where no
    lab tells of it. deviations: trait -> how far it lies from his diagnosis's middle, in standard deviations between
    men. The last three are empty for a man who was drawn.
    """

    patient: Patient
    parameters: Any
    state: Array
    traits: dict[str, float]
    fits: dict[str, LabFit] = field(default_factory=dict)
    standard_errors: dict[str, float] = field(default_factory=dict)
    deviations: dict[str, float] = field(default_factory=dict)

    @property
    def unmatched(self) -> dict[str, tuple[float, float]]:
        """Labs that contradict the others, or that no trait answers to: lab -> (given, reached), in the unit shown."""
        return {name: (fit.given, fit.reached) for name, fit in self.fits.items() if fit.contradicts}

    def with_parameters(self, *, pulsatile: bool, ageing: bool = False) -> Any:
        """His parameters in the daily mean or with explicit pulses, at his age or growing older."""
        return self.parameters._replace(tonic=0.0 if pulsatile else 1.0, ageing=float(ageing))


def sertoli_maturation(onset_age: float | None) -> float:
    """Share of Sertoli cells mature in a man whose gonadotropins failed at this age (years); 1 if they never did."""
    if onset_age is None:
        return 1.0
    infant, start, end = (catalogue()[n].value for n in ("maturation_in_infancy", "puberty_start", "puberty_end"))
    return float(np.interp(onset_age, [start, end], [infant, 1.0]))


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
    set(COUNTS),
)
"""Labs of one thing: a diagnosis's default for one gives way to any of them that is given."""


def fits_to(name: str) -> bool:
    """Whether traits answer to a lab."""
    return name not in NOT_FITTED


def _with_defaults(phenotype: dict[str, Any], given: dict[str, float]) -> dict[str, float]:
    """Labs in model units: those given, and those of the diagnosis that they say nothing about."""
    defaults = laboratory.read_all(phenotype.get("labs", {}))
    return {n: v for n, v in defaults.items() if not any(n in g and g & given.keys() for g in SAME_THING)} | given


def match(
    patient: Patient,
    changed: Mapping[str, float] | None = None,
    source: np.random.Generator | None = None,
    errors: Mapping[str, float] | None = None,
) -> MatchedMan:
    """Traits most probable given a man's labs (maximum a posteriori, deterministic), and his untreated steady state.

    Each lab counts by its own error, within man and assay together (measurements/registry.toml): the man moves towards
    a lab as far as its error against the spread between men says, so that one lab alone is not reached exactly. What
    his labs leave open stays at the middle of men of his diagnosis. Counts, motility and volume of semen move germ
    cells, motility and volume, and no hormone; a count of 0 is matched below the limit of detection.

    Parameters
    ----------
    patient : the man.
    changed : parameters of the typical man in place of the catalogue's.
    source : draw a man who may have these labs instead of the most probable one: labs are moved by their errors and the
        prior's middle by its spread, and the same fit follows (randomise, then optimise: Bardsley 2014).
    errors : lab -> standard deviation of its logarithm (about its coefficient of variation) in place of the table's,
        such as that of a mean of several samples.

    Raises
    ------
    LabError
        No steady state was found for a man with these labs.
    OverrideError
        `changed` names no parameter of the typical man, or `errors` no lab of his.
    """
    numbers, own_errors = parameters_only(changed, "match(changed=)"), _lab_errors(patient, errors)
    if own_errors or source is not None:
        return _matched(patient, numbers, own_errors, source)
    middle = _matched(patient, numbers, None, None)
    return replace(middle, standard_errors=_unmeasured(patient), deviations=dict.fromkeys(TRAITS, 0.0))


def match_means(patient: Patient, changed: Mapping[str, float] | None = None) -> MatchedMan:
    """The man in the middle of a group, whose labs are means of many men: each known to 2 %, and reached if it can be.

    Means of semen tell of hormones too here: the model is calibrated to the arms of trials in this way. changed: as for
    `match`. Raises LabError where no steady state was found.
    """
    numbers = parameters_only(changed, "match_means(changed=)")
    return _matched(patient, numbers, None, None)


def _lab_errors(patient: Patient, errors: Mapping[str, float] | None) -> dict[str, float]:
    """Standard deviation of the logarithm of each lab that he gives. Raises LabError for one that is impossible."""
    given = laboratory.read_all(patient.labs)
    own = {canonical(name): value for name, value in (errors or {}).items()}
    for name, value in own.items():
        if name not in given:
            raise LabError(f"errors: {name} is none of his labs; he gives {', '.join(given) or 'none'}")
        if not finite(value) or not 0 < value <= 3:
            raise LabError(f"errors: {name} = {shown(value)}: expected a standard deviation, above 0 and at most 3")
    found = {name: float(own.get(name, log_spread(name))) for name in given}
    empty = [name for name in COUNTS if name in given and given[name] <= floor(name)]
    if len(empty) == sum(name in given for name in COUNTS):
        found.update(dict.fromkeys(empty, NO_SPERM))
    return found


def _prior(patient: Patient, changed: dict[str, float]) -> dict[str, float]:
    """The middle of men of his diagnosis, age, body mass index and traits: traits and conditions."""
    phenotype = phenotypes()[patient.diagnosis]
    if phenotype.get("labs"):
        return _matched(replace(patient, labs={}), changed, None, None).traits
    return {
        **{name: float(phenotype.get("traits", {}).get(name, 1.0)) for name in TRAITS},
        **phenotype.get("conditions", {}),
        **patient.traits,
    }


def _search(
    patient: Patient,
    changed: dict[str, float],
    errors: dict[str, float] | None,
    source: np.random.Generator | None,
) -> Search:
    """What is known and sought of him; errors None: all labs, and those of his diagnosis, are means of many men."""
    phenotype, given = phenotypes()[patient.diagnosis], laboratory.read_all(patient.labs)
    targets = {n: v for n, v in (_with_defaults(phenotype, given) if errors is None else given).items() if fits_to(n)}
    if errors is None:
        centre = {name: float(phenotype.get("traits", {}).get(name, 1.0)) for name in TRAITS}
        centre.update({**phenotype.get("conditions", {}), **patient.traits})
    else:
        centre = _prior(patient, changed)
    fixed = set(patient.traits) | set(phenotype.get("fixed", ()))
    fixed |= {name for name, needed in ONLY_WITH.items() if not needed & targets.keys()}
    free = tuple(name for name in TRAITS if name not in fixed)
    goals = {name: max(value, floor(name)) for name, value in targets.items()}
    known = dict.fromkeys(targets, ERROR_OF_MEANS) if errors is None else {name: errors[name] for name in targets}
    one_sided = frozenset[str]()
    if errors is not None:
        one_sided = frozenset(name for name in targets if floor(name) and targets[name] <= floor(name))
        goals.update({name: floor(name) / FAR_BELOW for name in one_sided})
    drawn = np.zeros(len(free))
    if source is not None:
        drawn = np.clip(source.standard_normal(len(free)), -WIDEST, WIDEST)
        for name, away in zip(goals, np.clip(source.standard_normal(len(goals)), -WIDEST, WIDEST), strict=True):
            goals[name] *= 1.0 if name in one_sided else float(np.exp(known[name] * away))
    search = Search(
        patient.age, patient.bmi, sertoli_maturation(patient.onset_age), changed, centre, free, goals, known,
        () if errors is None else tuple(name for name in SEMEN if name in targets), one_sided, drawn, None,
    )  # fmt: skip
    return replace(search, first=search.state(drawn))


def _matched(
    patient: Patient,
    changed: dict[str, float],
    errors: dict[str, float] | None,
    source: np.random.Generator | None,
) -> MatchedMan:
    try:
        search = _search(patient, changed, errors, source)
        x = search.most_probable()
        state = search.state(x) if search.goals or search.first is None else search.first
        p, state = _at_own_levels(search.man(x), state, laboratory.read_all(patient.labs))
        traits = {name: float(getattr(p, name)) for name in (*TRAITS, *CONDITIONS)}
        if errors is None or source is not None:
            return MatchedMan(patient, p, state, traits, _fits(patient, search, errors, p, state, refit=False))
        known = dict(zip(search.free, search.standard_errors(x).tolist(), strict=True))
        fits = _fits(patient, search, errors, p, state, refit=True)
    except SteadyStateError as error:
        raise _no_steady_state(patient, error) from None
    deviations = dict(zip(search.free, x.tolist(), strict=True))
    return MatchedMan(patient, p, state, traits, fits, {**_unmeasured(patient), **known}, deviations)


def _unmeasured(patient: Patient) -> dict[str, float]:
    """Standard errors of traits that no lab tells of: the spread between men, or 0 where a trait is his diagnosis's."""
    fixed = set(patient.traits) | set(phenotypes()[patient.diagnosis].get("fixed", ()))
    return {name: 0.0 if name in fixed else catalogue()[name].spread for name in TRAITS}


def _no_steady_state(patient: Patient, error: SteadyStateError) -> InputError:
    """Says that the model has no steady state here, and where it has one."""
    where = f"{patient.diagnosis}, {patient.age:g} years, BMI {patient.bmi:g}"
    if patient.traits:
        where += ", " + ", ".join(f"{name} {value:g}" for name, value in patient.traits.items())
    if patient.labs:
        return LabError(
            f"the model found no man with these labs at rest ({where}): {error}. It has no answer this far from usual; "
            "take out the labs furthest from their reference ranges, or choose the diagnosis that explains them"
        )
    return PatientError(
        f"the model found no steady state for this man ({where}): {error}. Take "
        f"{'traits nearer to 1, ' if patient.traits else ''}an age nearer to {REFERENCE_AGE:g} years or a BMI nearer "
        f"to {REFERENCE_BMI:g}"
    )


def _fits(
    patient: Patient, search: Search, errors: dict[str, float] | None, p: Any, state: Array, *, refit: bool
) -> dict[str, LabFit]:
    """Each lab that he gave beside what he has; refit: what the others imply is worked out for those far away."""
    found = observables(State(*state), p, Inputs())
    fits = dict[str, LabFit]()
    for name, value in laboratory.read_all(patient.labs).items():
        error = errors[name] if errors is not None else ERROR_OF_MEANS
        goal, reached = (max(float(v), floor(name)) for v in (value, found[name]))
        scale, away = MEASUREMENTS[name].display_factor, float(np.log(goal / reached)) / error
        fit = LabFit(float(value) * scale, float(found[name]) * scale, error, away, None, fits_to(name))
        if refit and fit.contradicts and fit.fitted:
            x = search.most_probable(without=name)
            others = observables(State(*search.state(x)), search.man(x), Inputs())
            fit = replace(fit, implied=float(others[name]) * scale)
        fits[name] = fit
    return fits


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
