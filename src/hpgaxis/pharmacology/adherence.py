"""Missed doses: which of a series' doses are taken, seeded."""

from __future__ import annotations

import numpy as np

from .doses import DoseSeries

ALWAYS = ("pump", "infusion", "surgery", "lifestyle")
"""Routes that are not a dose to be forgotten."""


def taken(series: DoseSeries, days: list[float], adherence: float, seed: int) -> list[float]:
    """The days (of `days`) on which the dose was taken, each with the chance `adherence` (0..1); before day 0 all are.

    A dose's fate hangs on the seed, the drug and its day alone: changing what comes later leaves it as it is.
    """
    if adherence >= 1 or any(word in (series.route or "") for word in ALWAYS):
        return days
    name = sum(ord(letter) * 31**index for index, letter in enumerate(series.drug)) % 2**32
    bits = np.random.Philox(key=[0, 0])
    source, state = np.random.Generator(bits), bits.state
    kept = []
    for day in days:
        if day >= 0:
            # as in a new Philox(key=...), which takes five times as long because it also gathers entropy for nothing
            state["state"]["key"][:] = seed, name * 2**31 + round(1440 * (day + 40 * 366))
            bits.state = state
        if day < 0 or source.random() < adherence:
            kept.append(day)
    return kept
