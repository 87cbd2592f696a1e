"""What is timed: one man (the typical one) under a protocol, and how the error of a solver is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import hpgaxis as hpg
from hpgaxis.engine.forcing import Forcing
from hpgaxis.interchange.equations import MEASURED
from hpgaxis.model import CHANNELS, Model
from hpgaxis.pharmacology.dosing import prepare

DAYS = 365
LIMIT = 1e-4
"""The largest relative error that a solver may have, at the loosest tolerance of its ladder that keeps to it."""
DECADES = tuple(10.0**-e for e in range(1, 10))
WITHIN = (7.0, 5.0, 3.5, 2.5, 1.8, 1.3, 1.0)
"""Relative tolerances tried: decades until the limit is kept, then these multiples of that decade, from the loosest.

The absolute tolerance is a ten-thousandth of each, times the state's size.
"""
ABSOLUTE = 1e-4


@dataclass(frozen=True)
class Case:
    """name, protocol, and whether every GnRH pulse is explicit."""

    name: str
    protocol: str
    pulsatile: bool = False

    @property
    def man(self) -> Any:
        """The typical man."""
        return hpg.match(hpg.Patient())

    def parameters(self) -> Any:
        """His parameters in this fidelity."""
        return self.man.with_parameters(pulsatile=self.pulsatile)

    def forcing(self) -> Forcing:
        """His inputs over a year."""
        p = self.parameters()
        given = prepare(
            hpg.Protocol.of(self.protocol), DAYS, weight_kg=self.man.patient.weight_kg,
            pulses_per_day=p.pulse_frequency_reference, pulsatile=self.pulsatile,
        ).forcing  # fmt: skip
        if self.pulsatile:
            given = given.with_clock(p.circadian_amplitude, p.circadian_peak, CHANNELS.index("clock"))
        return given


CASES = (
    Case("daily oral", "anastrozole 1 mg daily"),
    Case("weekly injection", "testosterone enanthate 200 mg weekly"),
    Case("pulsatile", "no treatment", pulsatile=True),
)


def ours(case: Case, relative: float, days: int = DAYS, absolute: float | None = None) -> np.ndarray:
    """Measurements (days + 1, MEASURED) in model units by our kernel, from the first day without a burn-in."""
    from hpgaxis.engine.batch import Problem, PulseTrain, SaveAt, integrate

    p = case.parameters()
    scale = Model.default().precision(p, case.pulsatile)
    places = tuple(tuple(Model.default().measurements).index(name) for name in MEASURED)
    absolute = ABSOLUTE * relative if absolute is None else absolute
    problem = Problem(
        start=case.man.state[None, :], parameters=np.array(p, dtype=float)[None, :], absolute=absolute * scale[None, :],
        begin=np.zeros(1), end=np.full(1, float(days)), forcings=[case.forcing()],
        forcing_of=np.zeros(1, dtype=np.int64), nonnegative=np.ones(len(scale), dtype=bool),
        pulses=PulseTrain(Model.default().states.index("gnrh"), np.zeros((0, 0))) if case.pulsatile else None,
    )  # fmt: skip
    output = SaveAt(np.arange(days + 1.0), states=False, measures=places, values=True)
    found = integrate(Model.default().kernel, problem, output, relative, threads=1)
    assert found.status[0] == 0, found.status
    return found.values[0]


def reference(case: Case, days: int = DAYS) -> np.ndarray:
    """The same to 1e-10 (a test holds the kernel against CVODE at 1e-8)."""
    return ours(case, 1e-10, days, absolute=1e-13)


def error(values: np.ndarray, exact: np.ndarray) -> float:
    """Largest relative error over measurements and days."""
    return float(np.max(np.abs(values / exact[: len(values)] - 1)))
