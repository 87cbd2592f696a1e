"""Shares of an arm's men past a threshold, and the days on which half of them are."""

from __future__ import annotations

import re

import numpy as np

from ..evidence.trials import Outcome
from ..physiology.parameters import catalogue
from ..simulation.results import Result
from .cohort import Cohort
from .outcome import NotComparable

AZOOSPERMIA = catalogue()["azoospermia_threshold"].value
"""10^6/mL; below this a usual examination finds no sperm."""
CASTRATE, NORMAL = 50.0, 300.0
"""ng/dL of testosterone."""


def first_day(result: Result, name: str, threshold: float, *, above: bool, after: float) -> float | None:
    """First day from `after` on which a measurement is at or past a threshold; None if it never is."""
    values = result[name]
    hit = (values >= threshold if above else values <= threshold) & (result.time >= after)
    return float(result.time[int(np.argmax(hit))]) if hit.any() else None


def share(outcome: Outcome, men: Cohort, diagnosis: str, last_dose: float) -> float:
    """The predicted percentage for a `fraction_...` measure; without a day, at the last dose. Raises NotComparable."""
    name, day = outcome.measure, outcome.day
    if day is None:
        day = last_dose or float(men.time[-1])
    threshold = re.fullmatch(r"fraction_(below|above)_(\d{1,4}(?:\.\d{1,4})?)m", name)

    def below(limit: float, measure: str = "sperm_concentration") -> float:
        return 100 * men.share_below(measure, day, limit)

    if name == "fraction_azoospermic":
        return below(AZOOSPERMIA)
    if threshold:
        found = below(float(threshold[2]))
        return found if threshold[1] == "below" else 100 - found
    if name == "fraction_azoo_or_severe_oligo":
        return below(5.0)
    if name == "fraction_responders" and diagnosis == "hypogonadotropic_hypogonadism":
        return 100 - below(AZOOSPERMIA)
    if name == "fraction_recovered" and diagnosis == "eugonadal" and day > last_dose:
        return 100 - below(20.0)
    if name == "fraction_castrate":
        return below(CASTRATE, "testosterone")
    if name in ("fraction_t_normal", "fraction_t_above_300"):  # of the mean over the day
        return 100 * float(men.weights @ (men.over_the_day("testosterone", day) >= NORMAL))
    raise NotComparable(f"{name} is not defined alike between studies, or the model does not say it")


DAYS_TO = {
    "days_to_azoospermia": ("sperm_concentration", AZOOSPERMIA, False),
    "days_to_below_10m": ("sperm_concentration", 10.0, False),
    "days_to_below_5m": ("sperm_concentration", 5.0, False),
    "days_to_below_3m": ("sperm_concentration", 3.0, False),
    "days_to_below_1m": ("sperm_concentration", 1.0, False),
    "days_to_first_sperm": ("sperm_concentration", AZOOSPERMIA, True),
    "days_to_above_1m": ("sperm_concentration", 1.0, True),
    "days_to_above_1.5m": ("sperm_concentration", 1.5, True),
    "days_to_normal_testosterone": ("testosterone", 300.0, True),
}
RECOVERY = {
    "days_to_recovery": 20.0,
    "days_to_recovery_10m": 10.0,
    "days_to_recovery_5m": 5.0,
    "days_to_recovery_3m": 3.0,
}
"""Times counted from the last dose to a sperm concentration (10^6/mL)."""


def days_to(outcome: Outcome, men: Cohort, diagnosis: str, last_dose: float) -> float:
    """The predicted days for a `days_to_...` measure, of the man in the middle. Raises NotComparable."""
    name = outcome.measure
    if name == "days_to_peak_testosterone":
        return float(men.time[int(np.argmax(men.average()["testosterone"]))])
    recovering = name in RECOVERY or (name == "days_to_first_sperm" and diagnosis == "eugonadal")
    if name in RECOVERY and diagnosis not in ("eugonadal", "post_trt"):
        raise NotComparable(f"{name}: recovery is not counted from the last dose in {diagnosis}")
    if recovering:
        limit = RECOVERY.get(name, AZOOSPERMIA)
        if name == "days_to_first_sperm":  # told of men who had none
            try:
                men = men.those_below("sperm_concentration", last_dose, limit)
            except NotComparable as error:
                raise NotComparable(f"{name}: {error}") from None
        day = men.first_day("sperm_concentration", limit, above=True, after=last_dose + 7) - last_dose
    elif name in DAYS_TO:
        measure, threshold, above = DAYS_TO[name]
        day = men.first_day(measure, threshold, above=above, after=0.25)
    else:
        raise NotComparable(f"the model has no counterpart of {name}")
    if not np.isfinite(day):
        raise NotComparable(f"{name}: not reached in the simulation")
    return day
