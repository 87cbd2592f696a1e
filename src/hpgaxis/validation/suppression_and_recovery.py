"""Suppression of sperm by testosterone and their recovery, compared with published time courses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engine.random import stream
from ..measurements.variation import varied
from ..people.match import match
from ..people.patient import Patient
from ..pharmacology.protocol import Protocol
from ..units import DAYS_PER_MONTH
from .cohort import simulate_arm
from .responder_fractions import AZOOSPERMIA

Array = NDArray[np.float64]
TREATED_WEEKS, FOLLOWED_MONTHS, MEN, STEP_DAYS, SEED = 30, 24, 512, 5.0, 1
RECOVERED = 20.0
"""Sperm concentration (10^6/mL) from which the trials counted a man as recovered."""


def recovery(readings: Array, threshold: float) -> NDArray[np.bool_]:
    """Whether each man has recovered by each visit (men, visits), from what was read: two samples in a row.

    Single samples vary so much that one alone does not tell. The first of the two dates the recovery.
    """
    reached = readings >= threshold
    again = np.concatenate([reached[:, 1:], np.zeros((len(reached), 1), dtype=bool)], axis=1)
    return np.maximum.accumulate(reached & again, axis=1)


@dataclass(frozen=True)
class Course:
    """Share of men (%) by month: predicted at each, observed at some, and the trial that reports the observed ones."""

    title: str
    months: Array
    predicted: Array
    observed: dict[float, float]
    source: str


def suppression_and_recovery() -> list[Course]:
    """Share with azoospermia, then with recovered sperm: 512 healthy men, 30 weeks of testosterone enanthate 200 mg.

    Recovery is told as in the trials: from monthly samples, which vary, two in a row.
    """
    end = 7.0 * (TREATED_WEEKS - 1)
    protocol = Protocol.of(f"testosterone enanthate 200 mg im weekly for {TREATED_WEEKS} weeks")
    length = end + (FOLLOWED_MONTHS + 1) * DAYS_PER_MONTH
    men = simulate_arm(
        match(Patient()),
        protocol,
        {"sperm_concentration": (80.0, 60.0)},
        count=MEN,
        times=np.append(np.arange(0.0, length, STEP_DAYS), length),
        variables=("sperm_concentration",),
    )
    sperm, weights = men.values["sperm_concentration"], men.weights
    on = np.arange(0.0, end / DAYS_PER_MONTH, 0.5)
    places = np.searchsorted(men.time, on * DAYS_PER_MONTH)
    azoospermic = np.asarray(100 * weights @ (sperm[:, places] < AZOOSPERMIA))
    eligible = np.asarray(sperm[:, 0] >= RECOVERED)
    last = int(np.searchsorted(men.time, end))
    after = np.arange(0.0, FOLLOWED_MONTHS + 1.1)
    visits = np.searchsorted(men.time, end + after * DAYS_PER_MONTH).clip(last, sperm.shape[1] - 1)
    read = sperm[:, visits] * varied("sperm_concentration", stream(SEED, 0).standard_normal((len(sperm), len(visits))))
    recovered = recovery(read, RECOVERED)[:, :-1]
    after = after[:-1]
    back = 100 * weights[eligible] @ recovered[eligible] / weights[eligible].sum()
    return [
        Course(
            "Azoospermic on testosterone enanthate 200 mg a week", on, azoospermic, {6.0: 65.0},
            "who-1990-testosterone-enanthate",
        ),
        Course(
            "20 x 10^6/mL again, by month after the last dose", after, back,
            {3.4: 50.0, 6.0: 67.0, 12.0: 90.0, 16.0: 96.0, 24.0: 100.0},
            "liu-2006-contraception-recovery (androgens of all kinds, with and without progestogens)",
        ),
    ]  # fmt: skip
