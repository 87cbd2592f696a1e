"""A man under a protocol as SBML level 3 version 2: rate rules, doses as events. Needs python-libsbml."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from ..engine.forcing import Forcing
from ..errors import MissingPackageError
from ..model import Model
from ..simulation.results import Result
from .formula import formulas

MEASURED = (
    "lh",
    "fsh",
    "testosterone",
    "estradiol",
    "intratesticular_testosterone",
    "sperm_concentration",
    "hematocrit",
)
"""Measurements that are written out, as `measured_...`, in model units."""


def to_sbml(result: Result) -> str:
    """The model of a simulated patient in the daily mean, with his doses, as SBML Level 3 Version 2; time is in days.

    Parameters
    ----------
    result : of `simulate`: its man, his model and his doses are written, from his state at the first output time.

    Raises
    ------
    MissingPackageError
        python-libsbml is not installed.

    Examples
    --------
    >>> import hpgaxis as hpg
    >>> to_sbml(hpg.simulate(None, "anastrozole 1 mg daily", days=1)).count("<sbml")
    1
    """
    p = result.man.with_parameters(pulsatile=False)
    return export(result.man.model, p, result.states[0], result.treatment.forcing, False)


def export(model: Model, p: Any, state: np.ndarray, forcing: Forcing, pulsatile: bool) -> str:
    """The SBML text. p: the man's parameters; state: his at day 0 (n,). Time is in days.

    Drug kinetics are written as the decaying modes that the kernel sums; an event adds a dose. With `pulsatile` the
    GnRH pulses come at regular intervals. Raises MissingPackageError without python-libsbml.
    """
    try:
        import libsbml
    except ImportError:
        raise MissingPackageError("SBML needs python-libsbml: pip install 'hpgaxis[interchange]'") from None
    system = model.system()
    document = libsbml.SBMLDocument(3, 2)
    target = document.createModel()
    target.setId("hpgaxis")

    def math(element: Any, formula: str) -> None:
        tree = libsbml.parseL3Formula(formula)
        if tree is None:
            raise ValueError(f"not a formula: {formula}: {libsbml.getLastParseL3Error()}")
        element.setMath(tree)

    def quantity(name: str, value: float, constant: bool = False) -> None:
        made = target.createParameter()
        made.setId(name)
        made.setValue(float(value))
        made.setConstant(constant)

    def assign(name: str, formula: str) -> None:
        quantity(name, 0.0)
        rule = target.createAssignmentRule()
        rule.setVariable(name)
        math(rule, formula)

    def rate(name: str, value: float, formula: str) -> None:
        quantity(name, value)
        rule = target.createRateRule()
        rule.setVariable(name)
        math(rule, formula)

    leaves = {("state", i): name for i, name in enumerate(system.states)}
    leaves.update({("parameter", i): f"p_{name}" for i, name in enumerate(system.parameters)})
    leaves.update({("input", i): f"u_{name}" for i, name in enumerate(system.inputs)})
    for name, value in zip(system.parameters, p, strict=True):
        quantity(f"p_{name}", value, constant=True)
    for channel, name in enumerate(system.inputs):
        terms = [f"{w!r} * mode_{m}" for m, w in enumerate(forcing.weights[:, channel].tolist()) if w]
        if forcing.clock[0] and int(forcing.clock[2]) == channel:
            terms.append(f"{float(forcing.clock[0])!r} * cos(2 * pi * (time - {float(forcing.clock[1])!r}))")
        assign(f"u_{name}", " + ".join(terms) or "0")
    places = [list(model.measurements).index(name) for name in MEASURED]
    outputs = [system.outputs["measurements"][place] for place in places]
    wanted = [*system.rates, *outputs, *(system.outputs["pulse"] if pulsatile else ())]
    shared, texts = formulas(system.graph, wanted, leaves)
    for name, formula in shared.items():
        assign(name, formula)
    for name, value, formula in zip(system.states, state, texts, strict=False):
        rate(name, value, formula)
    for name, formula in zip(MEASURED, texts[len(system.rates) :], strict=False):
        assign(f"measured_{name}", formula)
    for mode, decay in enumerate(forcing.decay):
        rate(f"mode_{mode}", 0.0, f"-{float(decay)!r} * mode_{mode}")
    _doses(target, math, quantity, forcing)
    if pulsatile:
        frequency, size = texts[-2:]
        assign("pulse_frequency", frequency)
        assign("pulse_size", size)
        for name, value in (("next_pulse", 0.0), ("impulse", 0.0), ("last_frequency", 0.0)):
            quantity(name, value)
        _event(target, math, "pulse", "time >= next_pulse", {
            "gnrh": "gnrh + impulse",
            "impulse": "pulse_size",
            "next_pulse": "time + piecewise(1 / pulse_frequency, last_frequency <= 0, "
            "1 / (pulse_frequency * sqrt(pulse_frequency / last_frequency)))",
            "last_frequency": "pulse_frequency",
        })  # fmt: skip
    return libsbml.writeSBMLToString(document)


def _event(target: Any, math: Any, name: str, when: str, changes: dict[str, str]) -> None:
    event = target.createEvent()
    event.setId(name)
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(False)
    trigger.setPersistent(True)
    math(trigger, when)
    for variable, formula in changes.items():
        change = event.createEventAssignment()
        change.setVariable(variable)
        math(change, formula)


def _doses(target: Any, math: Any, quantity: Any, forcing: Forcing) -> None:
    """Events that add to the modes: one for each run of equal doses at equal intervals."""
    before = np.zeros_like(forcing.amounts)
    if len(forcing.knots) > 1:
        gaps = np.diff(forcing.knots)[:, None]
        before[1:] = forcing.amounts[:-1] * np.exp(-forcing.decay * gaps)
    added = forcing.amounts - before
    rounded = [tuple(float(f"{v:.9g}") if abs(v) > 1e-12 else 0.0 for v in row) for row in added]
    number = 0
    for amounts, group in groupby(range(len(rounded)), key=lambda i: rounded[i]):
        rows = list(group)
        while rows:
            times = forcing.knots[rows]
            steady = 1 + int(np.argmin(np.append(np.abs(np.diff(times) - np.diff(times[:2])) < 1e-9, False)))
            rows = rows[max(steady, 1) :]
            times = times[: max(steady, 1)]
            interval = float(times[1] - times[0]) if len(times) > 1 else 1e9
            due = f"next_dose_{number}"
            quantity(due, float(times[0]))
            changes = {f"mode_{m}": f"mode_{m} + {amount!r}" for m, amount in enumerate(amounts) if amount}
            changes[due] = f"{due} + {interval!r}"
            until = "" if len(times) == 1 else f" && {due} < {float(times[-1]) + interval / 2!r}"
            _event(target, math, f"dose_{number}", f"time >= {due}{until}", changes)
            number += 1
