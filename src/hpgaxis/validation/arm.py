"""From a published arm to a man and a protocol: who stands for its men, and what they were given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import exp, sqrt

from ..errors import InputError
from ..evidence.trials import Administration, Arm, Average, Outcome, Spread, Trial
from ..measurements.registry import LABS
from ..measurements.variation import log_spread
from ..people.patient import Patient, phenotypes
from ..people.sampling import background, freed, rhythm
from ..pharmacology.drug import DrugError
from ..pharmacology.library import DrugLibrary
from ..pharmacology.protocol import DoseSeries, Protocol
from ..physiology.parameters import catalogue
from .outcome import NotComparable, baseline_figures, baselines, meaning

MATCHED = (
    "testosterone", "estradiol", "lh", "fsh", "shbg", "inhibin_b", "sperm_concentration", "semen_volume",
    "motility", "total_motile_count", "sperm_total", "testis_volume", "free_testosterone", "bioavailable_testosterone",
)  # fmt: skip
"""Baselines that the man is matched to; others are compared as changes only."""
SPERM = ("sperm_concentration", "sperm_total", "total_motile_count")
CHOSEN_BY_COUNT = {"idiopathic_oligozoospermia", "low_t_e2_ratio"}
USUAL_TOTAL, USUAL_MOTILE = 3.0, 1.9
"""mL of ejaculate, and mL that hold the motile ones, of the usual man (WHO 2021: 3.0 mL, 63 % motile)."""
USUAL_AGE = 32.0
"""Years of men whose age is not said."""
MOST_SPREAD = 1.5
"""Coefficient of variation beyond which a reported one tells of outliers."""


def series(line: Administration, drugs: DrugLibrary) -> DoseSeries:
    """The doses of one protocol line. The last dose falls on or before stop_day. Raises NotComparable."""
    if line.dose is None:
        raise NotComparable(f"the dose of {line.drug} is not stated")
    if line.every_days is None:
        raise NotComparable(f"the interval of {line.drug} is not stated")
    start = line.start_day or 0.0
    if line.stop_day is None and line.every_days > 0:
        raise NotComparable(f"the end of {line.drug} is not stated")
    doses = 1
    if line.every_days > 0:
        doses = int(((line.stop_day or start) - start) / line.every_days + 1e-6) + 1
    unit = line.unit.replace(" per pulse", "").strip()
    try:
        drug = drugs.find(line.drug)
        return DoseSeries(
            drug=drug.name,
            amount=line.dose,
            unit=unit,
            route=line.route,
            start_day=start,
            interval_days=line.every_days or 1.0,
            doses=doses,
            user_drug=drug,
        )
    except InputError as error:
        raise NotComparable(f"cannot be given: {error}") from None


def protocol(arm: Arm, drugs: DrugLibrary | None = None) -> Protocol:
    """The arm's protocol, with drugs of the library (default the shipped one).

    Raises NotComparable when any of its lines cannot be given as stated.
    """
    return Protocol(tuple(series(line, drugs or DrugLibrary.shipped()) for line in arm.protocol), arm.name)


BLOCKERS = {"GnRH agonist", "GnRH antagonist", "steroidogenesis inhibitor"}
"""Groups given at doses beyond which more does no more."""


def unverified_dose(trial: Trial, arm: Arm) -> str | None:
    """Return the drug whose dose was not read in the source, where the dose matters; None for none.

    What is said of a drug in one arm holds for the same dose of it in the others.
    """
    said = re.compile(r"recalled|doses? (and \w+ )?(is )?not|not in (the )?abstract")
    everywhere = "doses recalled" in (trial.notes or "").lower()
    lines = [line for one in trial.arms for line in one.protocol]
    unverified = {(line.drug, line.dose) for line in lines if everywhere or said.search(line.note or "")}
    for line in arm.protocol:
        try:
            drug = DrugLibrary.shipped().find(line.drug)
        except DrugError:
            continue
        if (line.drug, line.dose) in unverified and (drug.group not in BLOCKERS or drug.name == "gonadorelin"):
            return drug.name
    return None


def is_castration(arm: Arm) -> bool:
    """Whether the arm's men have lost their testes."""
    return bool(re.search(r"orchi[de]+ctomy|castrates", arm.name, re.IGNORECASE)) and not arm.protocol


def inferred_baselines(trial: Trial, arm: Arm) -> dict[str, float]:
    """Baselines (units shown) that the trial implies without printing them.

    Where another arm with the same doses up to a day gives that day's value as a fold of baseline, the arm's own level
    of that day over the fold is its baseline.
    """

    def before(which: Arm, day: float) -> list[tuple[object, ...]]:
        lines = [line for line in which.protocol if (line.start_day or 0) < day]
        return [(line.drug, line.dose, line.unit, line.route, line.every_days, line.start_day) for line in lines]

    found: dict[str, float] = {}
    for other in trial.arms:
        for relative in other.outcomes:
            for level in arm.outcomes:
                same = (relative.measure, relative.day) == (level.measure, level.day) and level.day
                if other is arm or not same or before(other, level.day or 0) != before(arm, level.day or 0):
                    continue
                try:
                    fold, value = meaning(relative), meaning(level)
                except NotComparable:
                    continue
                if fold.kind == "fold" and fold.value > 0 and value.kind == "level":
                    found[value.measure] = value.value / fold.value
    return found


@dataclass(frozen=True)
class Adjustments:
    """What is known of an arm's samples, and judgements about its figures that were made with the data in view.

    By default nothing is known and no judgement is made.

    Attributes
    ----------
    background : what the trial's assays read where there is nothing, by measurement (units shown).
    sample_hour, age : hour of the samples (None where it is not said), and the men's age in years, on which the daily
        rhythm depends.
    returned : what men chosen for low counts have, over what they had when they were chosen, by measurement of sperm.
    east_asian : whether the arm's men lose more sperm at the same hormones, as men of East Asian descent do.
    unverified_dose : the drug whose dose was not read in the source, so that none of the arm's figures is compared.
    lenient : counts below detection count as equal. Sperm whose simulated baseline is far from the reported one are
        compared as levels. A reported bound is met by any prediction beyond it.
    """

    background: Mapping[str, float] = field(default_factory=dict)
    returned: Mapping[str, float] = field(default_factory=dict)
    east_asian: bool = False
    unverified_dose: str | None = None
    lenient: bool = False
    sample_hour: float | None = None
    age: float = USUAL_AGE

    def of_sample(self, measure: str, outcome: Outcome) -> tuple[float, float]:
        """Level at the figure's hour over the mean of 24 hours, and its assay's background (unit shown).

        Averages, peaks and troughs have no hour.
        """
        hour = self.sample_hour if outcome.sample_hour is None else outcome.sample_hour
        swing = rhythm(measure, hour, self.age) if outcome.measure == measure else 1.0
        if outcome.assay is not None:
            return swing, background(measure, outcome.assay)
        return swing, self.background.get(measure, 0.0)


def described(trial: Trial, arm: Arm) -> Adjustments:
    """What the trial's file states of its samples, without any judgement."""
    return Adjustments(
        background=assay_background(trial, arm) if arm.assay or trial.assay else {},
        sample_hour=trial.sample_hour if arm.sample_hour is None else arm.sample_hour,
        age=age_of(trial, arm),
    )


def adjustments(trial: Trial, arm: Arm) -> Adjustments:
    """What the trial's file states of its samples, and all judgements that it gives reason for."""
    return replace(
        described(trial, arm),
        background=assay_background(trial, arm),
        returned=return_to_mean(trial, arm),
        east_asian=of_east_asian_men(trial, arm),
        unverified_dose=unverified_dose(trial, arm),
        lenient=True,
    )


def assay_background(trial: Trial, arm: Arm) -> dict[str, float]:
    """What the arm's assays read where there is nothing (units shown).

    Where the file does not state the assay, words for mass spectrometry decide whether estradiol was measured by it.
    """
    stated = arm.assay or trial.assay
    if stated is not None:
        return {name: added for name in MATCHED if (added := background(name, stated))}
    text = f"{trial.notes} {trial.design} {trial.population.description}"
    if re.search(r"LC-MS|GC-MS|mass spectrometry", text):
        return {}
    return {"estradiol": background("estradiol", "immunoassay")}


def diagnosis_of(trial: Trial, arm: Arm) -> str:
    """The arm's diagnosis: that of the trial, unless the arm's name says that its men are another group."""
    if re.search(r"gonadotropin deficient|\bI?HH\b", arm.name):
        return "hypogonadotropic_hypogonadism"
    if "isolated FSH deficiency" in trial.population.description:
        return "isolated_fsh_deficiency"
    if trial.population.diagnosis == "elderly_low_t" and re.search(r"\byoung\b", arm.name):
        return "eugonadal"
    return trial.population.diagnosis


def of_east_asian_men(trial: Trial, arm: Arm) -> bool:
    """Whether the arm's men are of East or South-East Asian descent, as the file says."""
    nations = r"(Chinese|Indonesian|Japanese|Korean|Thai) men"
    return bool(re.search(r"(?<!non-)\bAsian", arm.name) or re.search(nations, trial.population.description))


def age_of(trial: Trial, arm: Arm) -> float:
    """Age (years) of the man who stands for the arm: as reported, else as the diagnosis has it."""
    kind = phenotypes().get(diagnosis_of(trial, arm), {})
    return min(max(_age(trial, arm) or float(kind.get("age", USUAL_AGE)), 16.0), 90.0)


def _age(trial: Trial, arm: Arm) -> float | None:
    for text in (arm.name, trial.population.description):
        span = re.search(r"(\d\d)\s*-\s*(\d\d)\s*y", text)
        if span:
            return (float(span[1]) + float(span[2])) / 2
        if re.search(r"elderly|older", text):
            return 70.0
        if re.search(r"young", text):
            return 28.0
    age = trial.population.age or Average()
    middle = age.mean if age.mean is not None else age.median
    return sum(age.range) / 2 if middle is None and age.range is not None else middle


def _bmi(trial: Trial, arm: Arm) -> float | None:
    found = re.search(r"BMI\s*(?:>=|>)\s*(\d\d)", f"{arm.name} {trial.population.description}")
    if found:
        return float(found[1]) + 4  # men above a limit lie some units above it (loves-2013: > 35, mean 41)
    bmi = trial.population.bmi or Average()
    return bmi.mean if bmi.mean is not None else bmi.median


def return_to_mean(trial: Trial, arm: Arm) -> dict[str, float]:
    """What men chosen for low counts have, over what they had when they were chosen, for the measures of sperm.

    Counts vary from sample to sample; who is chosen because two were low has on average more the next time (Galton
    1886): with the reliability r of the mean of two samples, the usual man's level to the power of 1 - r.
    """
    if diagnosis_of(trial, arm) not in CHOSEN_BY_COUNT:
        return {}
    usual = catalogue()["sperm_concentration_reference"]
    within = log_spread("sperm_concentration") ** 2 / 2
    reliability = usual.spread**2 / (usual.spread**2 + within)
    found = {}
    for name, typical in zip(SPERM, (usual.value, USUAL_TOTAL * usual.value, USUAL_MOTILE * usual.value), strict=True):
        if 0 < baselines(arm).get(name, 0.0) < typical:
            found[name] = (typical / baselines(arm)[name]) ** (1 - reliability)
    return found


def _freed(name: str, level: float, figure: Outcome, adjusted: Adjustments) -> float:
    """A reported baseline as a mean over 24 hours without what the assay adds.

    With the return to the mean of men chosen for low counts.
    """
    swing, added = adjusted.of_sample(name, figure)
    return adjusted.returned.get(name, 1.0) * freed(level, added) / swing


def baseline_moments(arm: Arm, adjusted: Adjustments) -> dict[str, tuple[float, float | None]]:
    """Mean and standard deviation (None where it is not said) of the baselines given as means, in the units shown.

    Freed of what the assay reads where there is nothing.
    """
    levels = baselines(arm)
    found: dict[str, tuple[float, float | None]] = {}
    for outcome in arm.outcomes:
        name = outcome.measure
        if outcome.day != 0 or name not in MATCHED or name not in levels or name in found or outcome.stat == "median":
            continue
        said, spread = meaning(outcome), outcome.spread or Spread()
        if said.kind != "level" or said.value != levels[name]:
            continue
        deviation, n = spread.sd, outcome.n or arm.n
        if deviation is None and spread.se is not None and n:
            deviation = spread.se * sqrt(n)
        swing, _ = adjusted.of_sample(name, outcome)
        spread_between = deviation / said.to_printed / swing if deviation else None
        found[name] = (_freed(name, levels[name], outcome, adjusted), spread_between)
    return found


def _middle(name: str, level: float, moments: dict[str, tuple[float, float | None]]) -> float:
    """The level of the man in the middle of a log-normal spread whose mean is reported."""
    if name not in moments or level <= 0:
        return level
    deviation = moments[name][1]
    if deviation is None and name in SPERM:
        return level * exp(-(catalogue()["sperm_concentration_reference"].spread ** 2) / 2)
    return level / sqrt(1 + min((deviation or 0.0) / level, MOST_SPREAD) ** 2)


def patient(trial: Trial, arm: Arm, adjusted: Adjustments) -> tuple[Patient, dict[str, float]]:
    """The man that stands for the arm, and the baselines he is matched to (units shown).

    Age and body mass index as reported, else as the diagnosis has them. Raises NotComparable for an unknown diagnosis.
    """
    kinds = phenotypes()
    diagnosis = diagnosis_of(trial, arm)
    if diagnosis not in kinds:
        raise NotComparable(f"unknown diagnosis {diagnosis!r}")
    levels, figures = baselines(arm), baseline_figures(arm)
    moments = baseline_moments(arm, adjusted)
    true = {
        name: _middle(name, _freed(name, levels[name], figures[name], adjusted), moments)
        for name in MATCHED
        if name in levels
    }
    labs = {name: f"{value!r} {LABS[name].display_unit}" for name, value in true.items()}
    if "sperm_concentration" in labs:
        labs.pop("sperm_total", None)
        labs.pop("total_motile_count", None)
    if "testosterone" in labs:
        labs.pop("free_testosterone", None)
        labs.pop("bioavailable_testosterone", None)
    if "testis_volume" in labs and levels["testis_volume"] > 25:
        labs.pop("testis_volume")  # both testes together
    bmi = _bmi(trial, arm) or float(kinds[diagnosis].get("bmi", 25.0))
    name = f"{trial.id}, {arm.name}"
    who = Patient(age=age_of(trial, arm), bmi=bmi, labs=labs, diagnosis=diagnosis, name=name)
    return who, levels
