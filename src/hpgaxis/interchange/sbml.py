"""A patient under a protocol as SBML Level 3 Version 2: rate rules, doses as events. Needs python-libsbml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from ..engine.forcing import Forcing
from ..engine.trace.expression import TracedSystem
from ..errors import extra_packages
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
    result : Result
        Of `simulate`. The document has its patient, model and doses; it starts from the state at the first output time.

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


def export(model: Model, p: NamedTuple, state: np.ndarray, forcing: Forcing, pulsatile: bool) -> str:
    """The SBML text. p: the man's parameters; state: his at day 0 (n,). Time is in days.

    Drug kinetics are written as the decaying modes that the kernel sums; an event adds a dose. With `pulsatile` the
    GnRH pulses come at regular intervals. Raises MissingPackageError without python-libsbml.
    """
    document = _Document()
    system = model.system()
    for name, value in zip(system.parameters, p, strict=True):
        document.quantity(f"p_{name}", value, constant=True)
    _add_inputs(document, system.inputs, forcing)
    pulse = _add_equations(document, model, system, state, pulsatile)
    for mode, decay in enumerate(forcing.decay):
        document.rate(f"mode_{mode}", 0.0, f"-{float(decay)!r} * mode_{mode}")
    _add_doses(document, forcing)
    if pulsatile:
        _add_pulses(document, *pulse)
    return document.text()


class _Document:
    """An SBML document with one model; formulas are in SBML's infix notation."""

    def __init__(self) -> None:
        with extra_packages("SBML needs python-libsbml", "interchange"):
            import libsbml
        self._library: Any = libsbml
        self._document = self._library.SBMLDocument(3, 2)
        self._model = self._document.createModel()
        self._model.setId("hpgaxis")

    def text(self) -> str:
        """The document as XML."""
        return self._library.writeSBMLToString(self._document)

    def quantity(self, name: str, value: float, constant: bool = False) -> None:
        """Add a parameter."""
        parameter = self._model.createParameter()
        parameter.setId(name)
        parameter.setValue(float(value))
        parameter.setConstant(constant)

    def assign(self, name: str, formula: str) -> None:
        """Add a quantity that a formula gives at every time."""
        self.quantity(name, 0.0)
        self._set_rule(self._model.createAssignmentRule(), name, formula)

    def rate(self, name: str, value: float, formula: str) -> None:
        """Add a quantity with its value at time 0 and its rate of change."""
        self.quantity(name, value)
        self._set_rule(self._model.createRateRule(), name, formula)

    def event(self, name: str, condition: str, changes: Mapping[str, str]) -> None:
        """Add an event: formulas of the quantities that it changes when the condition becomes true."""
        event = self._model.createEvent()
        event.setId(name)
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        self._set_formula(trigger, condition)
        for variable, formula in changes.items():
            self._set_rule(event.createEventAssignment(), variable, formula)

    def _set_rule(self, rule: Any, variable: str, formula: str) -> None:
        rule.setVariable(variable)
        self._set_formula(rule, formula)

    def _set_formula(self, element: Any, formula: str) -> None:
        tree = self._library.parseL3Formula(formula)
        if tree is None:
            raise ValueError(f"not a formula: {formula}: {self._library.getLastParseL3Error()}")
        element.setMath(tree)


def _add_inputs(document: _Document, names: Sequence[str], forcing: Forcing) -> None:
    """Add the inputs of the equations: weighted sums of the drugs' modes, and the daily rhythm."""
    for channel, name in enumerate(names):
        terms = [f"{w!r} * mode_{m}" for m, w in enumerate(forcing.weights[:, channel].tolist()) if w]
        if forcing.clock[0] and int(forcing.clock[2]) == channel:
            terms.append(f"{float(forcing.clock[0])!r} * cos(2 * pi * (time - {float(forcing.clock[1])!r}))")
        document.assign(f"u_{name}", " + ".join(terms) or "0")


def _add_equations(
    document: _Document, model: Model, system: TracedSystem, state: np.ndarray, pulsatile: bool
) -> list[str]:
    """Add the states and the measurements; the formulas of GnRH pulse frequency and size, [] without `pulsatile`."""
    leaves = {("state", i): name for i, name in enumerate(system.states)}
    leaves.update({("parameter", i): f"p_{name}" for i, name in enumerate(system.parameters)})
    leaves.update({("input", i): f"u_{name}" for i, name in enumerate(system.inputs)})
    places = [list(model.measurements).index(name) for name in MEASURED]
    outputs = [system.outputs["measurements"][place] for place in places]
    wanted = [*system.rates, *outputs, *(system.outputs["pulse"] if pulsatile else ())]
    shared, texts = formulas(system.graph, wanted, leaves)
    for name, formula in shared.items():
        document.assign(name, formula)
    for name, value, formula in zip(system.states, state, texts, strict=False):
        document.rate(name, value, formula)
    count = len(system.rates)
    for name, formula in zip(MEASURED, texts[count:], strict=False):
        document.assign(f"measured_{name}", formula)
    return texts[count + len(MEASURED) :]


def _add_pulses(document: _Document, frequency: str, size: str) -> None:
    """Add GnRH pulses at regular intervals."""
    document.assign("pulse_frequency", frequency)
    document.assign("pulse_size", size)
    for name in ("next_pulse", "impulse", "last_frequency"):
        document.quantity(name, 0.0)
    document.event("pulse", "time >= next_pulse", {
        "gnrh": "gnrh + impulse",
        "impulse": "pulse_size",
        "next_pulse": "time + piecewise(1 / pulse_frequency, last_frequency <= 0, "
        "1 / (pulse_frequency * sqrt(pulse_frequency / last_frequency)))",
        "last_frequency": "pulse_frequency",
    })  # fmt: skip


def _add_doses(document: _Document, forcing: Forcing) -> None:
    """Add events that raise the modes: one for each run of equal doses at equal intervals."""
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
            document.quantity(due, float(times[0]))
            changes = {f"mode_{m}": f"mode_{m} + {amount!r}" for m, amount in enumerate(amounts) if amount}
            changes[due] = f"{due} + {interval!r}"
            until = "" if len(times) == 1 else f" && {due} < {float(times[-1]) + interval / 2!r}"
            document.event(f"dose_{number}", f"time >= {due}{until}", changes)
            number += 1
