"""From a published arm to a man and a protocol: who stands for its men, and what they were given."""

from __future__ import annotations

import re

from ..people.labs import LABS
from ..people.patient import Patient, phenotypes
from ..pharmacology import drug as drugs
from ..pharmacology.protocol import DoseSeries, Protocol
from .outcome import NotComparable, baselines
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
        return float(found[1]) + 4
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
    diagnosis = trial.population.diagnosis
    if diagnosis not in kinds:
        raise NotComparable(f"unknown diagnosis {diagnosis!r}")
    levels = baselines(arm)
    labs = {name: f"{levels[name]!r} {LABS[name].shown}" for name in MATCHED if name in levels}
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
    who = Patient(age=min(max(age, 16.0), 90.0), bmi=bmi, labs=labs, diagnosis=diagnosis, name=f"{trial.id}, {arm.name}")
    return who, levels
