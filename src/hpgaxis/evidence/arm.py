"""From a published arm to a man and a protocol: who stands for its men, and what they were given."""

from __future__ import annotations

import re

from ..people.labs import LABS
from ..people.patient import Patient, phenotypes
from ..pharmacology import drug as drugs
from ..pharmacology.protocol import DoseSeries, Protocol
from ..physiology.parameters import catalogue
from .outcome import NotComparable, baselines, meaning
from .trial import Administration, Arm, Trial

MATCHED = (
    "testosterone", "estradiol", "lh", "fsh", "shbg", "inhibin_b", "sperm_concentration", "semen_volume",
    "motility", "total_motile_count", "sperm_total", "testis_volume", "free_testosterone", "bioavailable_testosterone",
)  # fmt: skip
"""Baselines that the man is matched to; others are compared as changes only."""


def series(line: Administration) -> DoseSeries:
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
        return DoseSeries(
            drug=line.drug,
            amount=line.dose,
            unit=unit,
            route=line.route,
            start_day=start,
            interval_days=line.every_days or 1.0,
            doses=doses,
        )
    except (drugs.DrugError, ValueError) as error:
        raise NotComparable(f"cannot be given: {error}") from None


def protocol(arm: Arm) -> Protocol:
    """The arm's protocol. Raises NotComparable when any of its lines cannot be given as stated."""
    return Protocol(tuple(series(line) for line in arm.protocol), arm.name)


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


def assay_background(trial: Trial) -> dict[str, float]:
    """What the trial's assays read where there is nothing (units shown): immunoassays of estradiol."""
    text = f"{trial.notes} {trial.design} {trial.population.description}"
    if re.search(r"LC-MS|GC-MS|mass spectrometry", text):
        return {}
    return {"estradiol": catalogue()["estradiol_assay_background"].value}


def diagnosis_of(trial: Trial, arm: Arm) -> str:
    """The arm's diagnosis: that of the trial, unless the arm's name says that its men are another group."""
    if re.search(r"gonadotropin deficient|\bI?HH\b", arm.name):
        return "hypogonadotropic_hypogonadism"
    return trial.population.diagnosis


def _age(trial: Trial, arm: Arm) -> float | None:
    for text in (arm.name, trial.population.description):
        span = re.search(r"(\d\d)\s*-\s*(\d\d)\s*y", text)
        if span:
            return (float(span[1]) + float(span[2])) / 2
        if re.search(r"elderly|older", text):
            return 70.0
        if re.search(r"young", text):
            return 28.0
    age = trial.population.age or {}
    for key in ("mean", "median"):
        if age.get(key) is not None:
            return float(age[key])
    if age.get("range"):
        return sum(map(float, age["range"])) / 2
    return None


def _bmi(trial: Trial, arm: Arm) -> float | None:
    found = re.search(r"BMI\s*(?:>=|>)\s*(\d\d)", f"{arm.name} {trial.population.description}")
    if found:
        return float(found[1]) + 4  # men above a limit lie some units above it (loves-2013: > 35, mean 41)
    bmi = trial.population.bmi or {}
    for key in ("mean", "median"):
        if bmi.get(key) is not None:
            return float(bmi[key])
    return None


def patient(trial: Trial, arm: Arm) -> tuple[Patient, dict[str, float]]:
    """The man that stands for the arm, and the baselines he is matched to (units shown).

    Age and body mass index as reported, else as the diagnosis has them. Raises NotComparable for an unknown diagnosis.
    """
    kinds = phenotypes()
    diagnosis = diagnosis_of(trial, arm)
    if diagnosis not in kinds:
        raise NotComparable(f"unknown diagnosis {diagnosis!r}")
    levels = baselines(arm)
    background = assay_background(trial)
    true = {
        name: max(levels[name] - background.get(name, 0.0), 0.3 * levels[name]) for name in MATCHED if name in levels
    }
    labs = {name: f"{value!r} {LABS[name].shown}" for name, value in true.items()}
    if "sperm_concentration" in labs:
        labs.pop("sperm_total", None)
        labs.pop("total_motile_count", None)
    if "testosterone" in labs:
        labs.pop("free_testosterone", None)
        labs.pop("bioavailable_testosterone", None)
    if "testis_volume" in labs and levels["testis_volume"] > 25:
        labs.pop("testis_volume")  # both testes together
    age = _age(trial, arm) or float(kinds[diagnosis].get("age", 32.0))
    bmi = _bmi(trial, arm) or float(kinds[diagnosis].get("bmi", 25.0))
    who = Patient(
        age=min(max(age, 16.0), 90.0), bmi=bmi, labs=labs, diagnosis=diagnosis, name=f"{trial.id}, {arm.name}"
    )
    return who, levels
