"""Missed doses: a seeded draw of the doses that are taken."""

from __future__ import annotations

import numpy as np

from .doses import DoseSeries

ALWAYS = ("pump", "infusion", "surgery", "lifestyle")
"""Routes without doses that can be missed."""


def taken(series: DoseSeries, days: list[float], adherence: float, seed: int) -> list[float]:
    """The days (of `days`) on which the dose was taken, each with the chance `adherence` (0..1); before day 0 all are.

    The draw of a dose depends on the seed, the drug and the day only: later changes of the protocol do not alter it.
    """
    if adherence >= 1 or any(word in (series.route or "") for word in ALWAYS):
        return days
    name = sum(ord(letter) * 31**index for index, letter in enumerate(series.drug)) % 2**32
    bits = np.random.Philox(key=[0, 0])
    source, state = np.random.Generator(bits), bits.state
    kept = []
    for day in days:
        if day >= 0:
            # the same as a new Philox(key=...), which takes five times as long because it gathers entropy
            state["state"]["key"][:] = seed, name * 2**31 + round(1440 * (day + 40 * 366))
            bits.state = state
        if day < 0 or source.random() < adherence:
            kept.append(day)
    return kept
