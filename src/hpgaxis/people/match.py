"""Match a patient to his labs: the most probable traits given the labs, and the untreated steady state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import WIDEST, as_seed
from ..engine.steady import SteadyStateError
from ..errors import InputError
from ..files import shown
from ..measurements.labs import LabError, canonical, read_samples
from ..measurements.registry import MEASUREMENTS
from ..measurements.variation import log_spread
from ..model import Model, with_overrides
from ..physiology.constants import REFERENCE_AGE, REFERENCE_BMI
from ..physiology.parameters import OWN_LEVELS, catalogue
from ..physiology.states import CONDITIONS, TRAITS
from ..units import finite
from .patient import Patient, PatientError, phenotypes
from .sampling import mean_level, mean_levels
from .trait_distributions import correlation_matrix, distribution
from .trait_search import COUNTS, FAR_BELOW, SEMEN, Search, floor

Array = NDArray[np.float64]
ERROR_OF_MEANS = 0.02
"""Standard deviation of the logarithm of a lab that is the mean of many men."""
NO_SPERM = 0.02
"""The same of a count below the limit of detection: no sperm is no small count that varies from sample to sample."""
FAR = 2.0
"""Standard deviations from which a lab, or a trait, is named."""


@dataclass(frozen=True)
class LabFit:
    """A lab beside what the matched man has, both in the unit shown.

    given: as the laboratory reported it; read_as: the mean over 24 hours, by mass spectrometry, that it implies;
    circumstances: hour and assay as they were given, such as ' at 8:00 by immunoassay'; reached: the matched mean;
    error: standard deviation of the lab's logarithm (within man and assay); away: how many of them it lies above (below
    0: below) the man's value; implied: what the man has where this lab is left out, for a lab that is far away (None
    for the others); fitted: whether a trait is fitted to it.
    """

    given: float
    read_as: float
    reached: float
    error: float
    away: float
    implied: float | None = None
    fitted: bool = True
    circumstances: str = ""

    @property
    def contradicts(self) -> bool:
        """Whether it is further away than labs vary."""
        return abs(self.away) > FAR


@dataclass(frozen=True, repr=False)
class MatchedMan:
    """A patient with the traits that fit his labs, as `match` returns him.

    Attributes
    ----------
    patient : the patient.
    parameters : the model's parameters with his traits.
    state : his untreated steady state (states,), in the model's units.
    traits : trait -> value relative to the typical man's.
    fits : lab -> the level that was given beside the level that he has; empty for a man who was drawn.
    standard_errors : trait -> standard error of its logarithm: 0 where it was given or belongs to the diagnosis, the
        spread between men where no lab tells of it; empty for a man who was drawn.
    deviations : trait -> distance from the centre of his diagnosis, in standard deviations between men; empty for a man
        who was drawn.
    model : the model that he was matched with.
    kinetics_seed : of what differs between men in the kinetics of drugs; None for the median man.
    kinetics : what is known of it, as (name, standard deviations from the median man); names are those of
        `pharmacology.between_men.names_of`.

    Examples
    --------
    >>> man = match(Patient(labs={"lh": 6.0}))
    >>> man.fits["lh"].given, man.unmatched
    (6.0, {})
    """

    patient: Patient
    parameters: Any
    state: Array
    traits: dict[str, float]
    fits: dict[str, LabFit] = field(default_factory=dict)
    standard_errors: dict[str, float] = field(default_factory=dict)
    deviations: dict[str, float] = field(default_factory=dict)
    model: Model = field(default_factory=Model.default)
    kinetics_seed: int | None = None
    kinetics: tuple[tuple[str, float], ...] = ()

    def __repr__(self) -> str:
        from .remarks import lab_lines, reading, remarks

        words = f"MatchedMan: {self.patient.in_words()}"
        return "\n  ".join([words, *lab_lines(self), *reading(self), *remarks(self)])

    def _repr_html_(self) -> str:
        lines = "<br>".join(map(escape, repr(self).splitlines()))
        return f"<p>{lines}</p>"

    @property
    def unmatched(self) -> dict[str, tuple[float, float]]:
        """Labs that contradict the others, or that no trait affects: lab -> (read as, reached), in the unit shown."""
        return {name: (fit.read_as, fit.reached) for name, fit in self.fits.items() if fit.contradicts}

    def with_parameters(self, *, pulsatile: bool, ageing: bool = False) -> Any:
        """His parameters in the daily mean or with explicit pulses, at his age or growing older."""
        return self.parameters._replace(tonic=0.0 if pulsatile else 1.0, ageing=float(ageing))

    def under(self, model: Model) -> MatchedMan:
        """The man with his traits under another model: its parameters, and the steady state that follows.

        Raises LabError or PatientError where he has none.
        """
        if model is self.model or model == self.model:
            return self
        if (model.organs, model.typical) == (self.model.organs, self.model.typical):
            return replace(self, model=model)
        patient = self.patient
        p = model.parameters(self.traits, age=self.parameters.age, bmi=self.parameters.bmi)
        try:
            state = model.untreated(p, maturation=sertoli_maturation(patient.onset_age))
        except SteadyStateError as error:
            raise _no_steady_state(patient, error) from None
        p, state = _at_own_levels(model, p, state, patient.levels)
        return replace(self, parameters=p, state=state, model=model)


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
"""Labs without a trait, or that a laboratory computes: not fitted, compared with what the other labs imply."""
ONLY_WITH = {
    "thyroid_capacity": {"tsh", "free_thyroxine"},
    "adrenal_capacity": {"cortisol"},
    "prolactin_secretion": {"prolactin"},
    "estrogen_receptor": set[str](),
}
"""Traits that are searched for only where one of these labs is given."""
UNSEEN = (
    "residual_germ_cells",
    "spermiation_threshold",
    "testicular_reductase",
    "germ_cell_pace",
    "germ_cell_sensitivity",
    "gonadotrope_pace",
    "leydig_pace",
)
"""Traits of which no lab before treatment tells: they show in how a man answers treatment."""
SAME_THING = (
    {"testosterone", "free_testosterone", "bioavailable_testosterone"},
    set(COUNTS),
)
"""Labs of one thing: a diagnosis's default for one gives way to any of them that is given."""


def fits_to(name: str) -> bool:
    """Return whether traits are fitted to a lab."""
    return name not in NOT_FITTED


def _with_defaults(phenotype: dict[str, Any], given: dict[str, float], age: float) -> dict[str, float]:
    """Return labs in model units: those given, and those of the diagnosis for what is not given."""
    defaults = mean_levels(phenotype.get("labs", {}), age)
    return {n: v for n, v in defaults.items() if not any(n in g and g & given.keys() for g in SAME_THING)} | given


def match(
    patient: Patient,
    *,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    errors: Mapping[str, float] | None = None,
    rng: np.random.Generator | None = None,
) -> MatchedMan:
    """Match a patient to his labs: his most probable traits (maximum a posteriori), and his untreated steady state.

    Each lab counts by its own error, within man and assay together (measurements/registry.toml): the man moves towards
    a lab as far as its error against the spread between men says, so that one lab alone is not reached exactly. What
    his labs leave open stays at the middle of men of his diagnosis. Counts, motility and volume of semen move germ
    cells, motility and volume, and no hormone; a count of 0 is matched below the limit of detection.

    Parameters
    ----------
    patient : the man.
    parameters : parameters of the typical man in place of the model's, by name.
    model : the model; default the shipped one.
    errors : lab -> standard deviation of its logarithm (about its coefficient of variation) in place of the registry's,
        such as that of a mean of several samples.
    rng : draw a man who may have these labs instead of the most probable one: labs are moved by their errors and the
        prior's middle by its spread, and the same fit follows (randomise, then optimise: Bardsley 2014). His kinetics
        are drawn too.

    Returns
    -------
    MatchedMan
        The man with `traits`, `standard_errors`, and each lab beside what he has (`fits`).

    Raises
    ------
    LabError
        No steady state was found for a man with these labs.
    OverrideError
        `parameters` names no parameter of the typical man, or `errors` no lab of his.

    Examples
    --------
    >>> man = match(Patient(age=34, labs={"testosterone": "265 ng/dL", "lh": 3.1}))
    >>> man.traits["leydig_output"] < 1
    True
    """
    used, own_errors = with_overrides(model, parameters), _lab_errors(patient, errors)
    if rng is not None:
        return replace(_matched(patient, used, own_errors, rng), kinetics_seed=as_seed(rng))
    if own_errors:
        return _matched(patient, used, own_errors, None)
    middle = _matched(patient, used, None, None)
    return replace(middle, standard_errors=_unmeasured(patient), deviations=dict.fromkeys(TRAITS, 0.0))


def match_means(
    patient: Patient, *, parameters: Mapping[str, float] | None = None, model: Model | None = None
) -> MatchedMan:
    """Match the man in the middle of a group, whose labs are means of many men: each is known to 2 %.

    Means of semen tell of hormones too here: the model is calibrated to the arms of trials in this way.

    Parameters
    ----------
    patient : the group's mean age, body mass index and labs.
    parameters, model : as for `match`.

    Raises
    ------
    LabError
        No steady state was found.

    Examples
    --------
    >>> match_means(Patient(labs={"lh": 6.0})).fits["lh"].contradicts
    False
    """
    return _matched(patient, with_overrides(model, parameters), None, None)


def _lab_errors(patient: Patient, errors: Mapping[str, float] | None) -> dict[str, float]:
    """Standard deviation of the logarithm of each lab that he gives. Raises LabError for one that is impossible."""
    given = patient.levels
    typed = {canonical(name): value for name, value in (errors or {}).items()}
    for name, value in typed.items():
        if name not in given:
            raise LabError(f"errors: {name} is none of his labs; he gives {', '.join(given) or 'none'}")
        if not finite(value) or not 0 < value <= 3:
            raise LabError(f"errors: {name} = {shown(value)}: expected a standard deviation, above 0 and at most 3")
    spreads = {name: float(typed.get(name, log_spread(name))) for name in given}
    empty = [name for name in COUNTS if name in given and given[name] <= floor(name)]
    if len(empty) == sum(name in given for name in COUNTS):
        spreads.update(dict.fromkeys(empty, NO_SPERM))
    return spreads


def _prior(patient: Patient, model: Model) -> dict[str, float]:
    """The middle of men of his diagnosis, age, body mass index and traits: traits and conditions."""
    phenotype = phenotypes()[patient.diagnosis]
    if phenotype.get("labs"):
        return _matched(replace(patient, labs={}), model, None, None).traits
    return {
        **{name: float(phenotype.get("traits", {}).get(name, 1.0)) for name in TRAITS},
        **phenotype.get("conditions", {}),
        **patient.traits,
    }


def _search(
    patient: Patient,
    model: Model,
    errors: dict[str, float] | None,
    rng: np.random.Generator | None,
) -> Search:
    """Return the search for his traits; errors None: all labs, and those of his diagnosis, are means of many men."""
    phenotype, given = phenotypes()[patient.diagnosis], patient.levels
    between = distribution(patient.diagnosis)
    wanted = _with_defaults(phenotype, given, patient.age) if errors is None else given
    targets = {n: v for n, v in wanted.items() if fits_to(n)}
    if errors is None:
        centre = {name: float(phenotype.get("traits", {}).get(name, 1.0)) for name in TRAITS}
        centre.update({**phenotype.get("conditions", {}), **patient.traits})
    else:
        centre = _prior(patient, model)
    fixed = set(patient.traits) | set(phenotype.get("fixed", ()))
    if rng is not None:
        for name in (name for name in UNSEEN if name not in fixed):
            away = float(np.clip(rng.standard_normal(), -WIDEST, WIDEST))
            centre[name] *= float(np.exp(between[name][1] * away))
    fixed |= {*UNSEEN, *(name for name, needed in ONLY_WITH.items() if not needed & targets.keys())}
    free = tuple(name for name in TRAITS if name not in fixed)
    goals = {name: max(value, floor(name)) for name, value in targets.items()}
    known = dict.fromkeys(targets, ERROR_OF_MEANS) if errors is None else {name: errors[name] for name in targets}
    one_sided = frozenset[str]()
    if errors is not None:
        one_sided = frozenset(name for name in targets if floor(name) and targets[name] <= floor(name))
        goals.update({name: floor(name) / FAR_BELOW for name in one_sided})
    drawn = np.zeros(len(free))
    if rng is not None:
        drawn = np.clip(rng.standard_normal(len(free)), -WIDEST, WIDEST)
        drawn = np.linalg.cholesky(correlation_matrix(free)) @ drawn
        for name, away in zip(goals, np.clip(rng.standard_normal(len(goals)), -WIDEST, WIDEST), strict=True):
            goals[name] *= 1.0 if name in one_sided else float(np.exp(known[name] * away))
    search = Search(
        patient.age, patient.bmi, sertoli_maturation(patient.onset_age), model, centre, free, goals, known,
        () if errors is None else tuple(name for name in SEMEN if name in targets), one_sided,
        np.array([between[name][1] for name in free]), drawn, None,
    )  # fmt: skip
    return replace(search, first=search.state(drawn))


def _matched(
    patient: Patient,
    model: Model,
    errors: dict[str, float] | None,
    rng: np.random.Generator | None,
) -> MatchedMan:
    try:
        search = _search(patient, model, errors, rng)
        x = search.most_probable()
        state = search.state(x) if search.goals or search.first is None else search.first
        p, state = _at_own_levels(model, search.man(x), state, patient.levels)
        traits = {name: float(getattr(p, name)) for name in (*TRAITS, *CONDITIONS)}
        if errors is None or rng is not None:
            fits = _fits(patient, search, errors, p, state, refit=False)
            return MatchedMan(patient, p, state, traits, fits, model=model)
        known = dict(zip(search.free, search.standard_errors(x).tolist(), strict=True))
        fits = _fits(patient, search, errors, p, state, refit=True)
    except SteadyStateError as error:
        raise _no_steady_state(patient, error) from None
    deviations = dict(zip(search.free, x.tolist(), strict=True))
    return MatchedMan(patient, p, state, traits, fits, {**_unmeasured(patient), **known}, deviations, model)


def _unmeasured(patient: Patient) -> dict[str, float]:
    """Return standard errors of traits without a lab: the spread between men, or 0 where the diagnosis sets it."""
    fixed = set(patient.traits) | set(phenotypes()[patient.diagnosis].get("fixed", ()))
    between = distribution(patient.diagnosis)
    return {name: 0.0 if name in fixed else float(between[name][1]) for name in TRAITS}


def _no_steady_state(patient: Patient, error: SteadyStateError) -> InputError:
    """Return an error that says that the model has no steady state here, and where it has one."""
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
    """Return each given lab beside the matched level; refit: with the level that the others imply if it is far."""
    levels = search.model.measure(state, p)
    fits = dict[str, LabFit]()
    for name, sample in read_samples(patient.labs).items():
        value = mean_level(sample, patient.age)
        error = errors[name] if errors is not None else ERROR_OF_MEANS
        goal, reached = (max(float(v), floor(name)) for v in (value, levels[name]))
        scale, away = MEASUREMENTS[name].display_factor, float(np.log(goal / reached)) / error
        fit = LabFit(
            float(sample.level) * scale, float(value) * scale, float(levels[name]) * scale, error, away,
            fitted=fits_to(name), circumstances=sample.circumstances,
        )  # fmt: skip
        if refit and fit.contradicts and fit.fitted:
            x = search.most_probable(without=name)
            others = search.model.measure(search.state(x), search.man(x))
            fit = replace(fit, implied=float(others[name]) * scale)
        fits[name] = fit
    return fits


def _at_own_levels(model: Model, p: Any, state: Array, given: dict[str, float]) -> tuple[Any, Array]:
    """Return parameters and state with the given levels of the measurements of safety."""
    state = state.copy()
    for name in OWN_LEVELS:
        if name in given:
            ratio = given[name] / state[model.states.index(name)]
            p = p._replace(**{f"{name}_reference": getattr(p, f"{name}_reference") * ratio})
            state[model.states.index(name)] *= ratio
    return p, state


def matched(
    man: Patient | MatchedMan | None, model: Model | None = None, parameters: Mapping[str, float] | None = None
) -> MatchedMan:
    """Return a matched man from a patient or a matched man; None is the typical man.

    A man who is matched already keeps his model where none is asked for, and his traits under another.
    """
    if isinstance(man, MatchedMan):
        return man.under(with_overrides(model or man.model, parameters))
    return match(man or Patient(), model=model, parameters=parameters)
