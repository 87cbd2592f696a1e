"""A patient under a protocol as SBML Level 3 Version 2: rate rules, doses as events. Needs python-libsbml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.forcing import Forcing
from ..engine.trace.expression import TracedSystem
from ..errors import extra_packages
from ..measurements.registry import MEASUREMENTS
from ..model import Model
from ..physiology.parameters import catalogue
from ..physiology.states import state_remarks
from ..simulation.results import Result
from .equations import DIGITS, MEASURED, added, leaves, measured, regular_runs, run_of
from .formula import formulas

NEVER = 1e9
"""Days until a dose that is not repeated is due again."""
FRAMEWORK = "SBO:0000293"
"""Of the model: a non-spatial continuous framework."""
UNITS: dict[str, tuple[tuple[str, int, float], ...]] = {
    "IU/L": (("dimensionless", 1, 1.0), ("litre", -1, 1.0)),
    "nmol/L": (("mole", 1, 1e-9), ("litre", -1, 1.0)),
    "pmol/L": (("mole", 1, 1e-12), ("litre", -1, 1.0)),
    "10*6/mL": (("item", 1, 1e6), ("litre", -1, 1e-3)),
    "%": (("dimensionless", 1, 0.01),),
}
"""Units of outputs: kind, exponent and multiplier of each part; international units count as numbers."""
IDENTIFIERS = {
    "testosterone": "CHEBI:17347", "intratesticular_testosterone": "CHEBI:17347", "dht": "CHEBI:16330",
    "estradiol": "CHEBI:16469", "cortisol": "CHEBI:17650", "lh": "uniprot:P01229", "fsh": "uniprot:P01225",
    "shbg": "uniprot:P04278", "inhibin_b": "uniprot:P09529", "prolactin": "uniprot:P01236",
}  # fmt: skip
"""Of hormones: of proteins with two chains, that of the chain that is theirs alone."""


def to_sbml(result: Result) -> str:
    """The model of a simulated patient, in the daily mean and with the doses that he took, as SBML; time is in days.

    Parameters
    ----------
    result : Result
        Of `simulate`. The document has its patient, model and doses; its day 0 is the first output time.

    Raises
    ------
    InputError
        A man of a forecast, or one who was simulated with pulses.
    MissingPackageError
        python-libsbml is not installed.

    Examples
    --------
    >>> import hpgaxis as hpg
    >>> to_sbml(hpg.simulate(None, "anastrozole 1 mg daily", days=1)).count("<sbml")
    1
    """
    return export(result.man.model, *run_of(result), pulsatile=False)


def export(model: Model, p: NamedTuple, state: np.ndarray, forcing: Forcing, pulsatile: bool) -> str:
    """The SBML text. p: the man's parameters; state: his at day 0 (n,). Time is in days.

    Drug kinetics are written as the decaying modes that the kernel sums; an event adds a dose. With `pulsatile` the
    GnRH pulses come at regular intervals. Raises MissingPackageError without python-libsbml.
    """
    document = Document()
    system = model.system()
    for name, value in zip(system.parameters, p, strict=True):
        entry = catalogue().get(name)
        words = f"{name.replace('_', ' ')} ({entry.unit})" if entry is not None else ""
        document.quantity(f"p_{name}", value, constant=True, words=words)
    _add_inputs(document, system.inputs, forcing)
    pulse = _add_equations(document, model, system, state, pulsatile)
    for mode, decay in enumerate(forcing.decay):
        document.rate(f"mode_{mode}", 0.0, f"-{float(decay)!r} * mode_{mode}")
    _add_doses(document, forcing)
    if pulsatile:
        _add_pulses(document, *pulse)
    return document.text()


class Document:
    """An SBML document with one model; formulas are in SBML's infix notation.

    The equations' quantities are numbers, in the units that their names tell; `per_day` makes a number a rate, and
    outputs are multiplied by a constant that holds their unit, so that the units of all formulas agree.
    """

    def __init__(self) -> None:
        with extra_packages("SBML needs python-libsbml", "interchange"):
            import libsbml
        self._library: Any = libsbml
        self._document = self._library.SBMLDocument(3, 2)
        self._model = self._document.createModel()
        self._model.setId("hpgaxis")
        self._model.setName("Male hypothalamic-pituitary-gonadal axis; for research and teaching, not a medical device")
        self._model.setTimeUnits("day")
        self._model.setSBOTerm(FRAMEWORK)
        self._unit("day", [("second", 1, 86400.0)])
        self._unit("per_day", [("second", -1, 86400.0)])
        self.quantity("one_day", 1.0, constant=True, unit="day")
        self.quantity("per_day", 1.0, constant=True, unit="per_day")

    def _unit(self, name: str, parts: Sequence[tuple[str, int, float]]) -> None:
        """Define a unit: kind, exponent and multiplier of each part."""
        definition = self._model.createUnitDefinition()
        definition.setId(name)
        for kind, exponent, multiplier in parts:
            unit = definition.createUnit()
            unit.setKind(self._library.UnitKind_forName(kind))
            unit.setExponent(exponent)
            unit.setScale(0)
            unit.setMultiplier(multiplier)

    def text(self) -> str:
        """The document as XML."""
        return self._library.writeSBMLToString(self._document)

    def quantity(
        self, name: str, value: float, constant: bool = False, unit: str = "dimensionless", words: str = ""
    ) -> Any:
        """Add a parameter; words: what it is, for readers."""
        parameter = self._model.createParameter()
        parameter.setId(name)
        parameter.setValue(float(value))
        parameter.setConstant(constant)
        parameter.setUnits(unit)
        if words:
            parameter.setName(words)
        return parameter

    def annotate(self, parameter: Any, name: str) -> None:
        """Say which hormone a quantity is (identifiers.org)."""
        if name not in IDENTIFIERS:
            return
        parameter.setMetaId(f"meta_{parameter.getId()}")
        term = self._library.CVTerm(self._library.BIOLOGICAL_QUALIFIER)
        term.setBiologicalQualifierType(self._library.BQB_IS_PROPERTY_OF)
        term.addResource(f"https://identifiers.org/{IDENTIFIERS[name]}")
        parameter.addCVTerm(term)

    def assign(self, name: str, formula: str, unit: str = "dimensionless", words: str = "") -> Any:
        """Add a quantity that a formula gives at every time."""
        parameter = self.quantity(name, 0.0, unit=unit, words=words)
        self._set_rule(self._model.createAssignmentRule(), name, formula)
        return parameter

    def output(self, name: str, formula: str) -> None:
        """Add a measurement in the model's units."""
        entry = MEASUREMENTS[name]
        unit = f"unit_{name}"
        self._unit(unit, UNITS[entry.unit])
        self.quantity(f"one_{name}", 1.0, constant=True, unit=unit, words=f"1 {entry.unit}")
        words = f"{entry.label} ({entry.unit})"
        self.annotate(self.assign(f"measured_{name}", f"({formula}) * one_{name}", unit, words), name)

    def rate(self, name: str, value: float, formula: str, words: str = "") -> Any:
        """Add a quantity with its value at time 0 and its rate of change per day."""
        parameter = self.quantity(name, value, words=words)
        self._set_rule(self._model.createRateRule(), name, f"per_day * ({formula})")
        return parameter

    def start(self, name: str, formula: str) -> None:
        """Say by a formula what a quantity is at time 0."""
        assignment = self._model.createInitialAssignment()
        assignment.setSymbol(name)
        self._set_formula(assignment, formula)

    def doses(self, number: int, amounts: Mapping[str, str], first: float, interval: float, count: int) -> None:
        """Add an event of equal doses: formulas of what they add to each mode, days of the first and between them."""
        due = f"next_dose_{number}"
        self.quantity(due, first, unit="day")
        changes = {mode: f"{mode} + {amount}" for mode, amount in amounts.items()}
        changes[due] = f"{due} + {interval if count > 1 else NEVER!r} * one_day"
        last = first + (count - 1) * interval
        until = "" if count == 1 else f" && {due} < {last + interval / 2!r} * one_day"
        self.event(f"dose_{number}", f"time >= {due}{until}", changes)

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
        numbers_have_no_unit(tree)
        element.setMath(tree)


def numbers_have_no_unit(tree: Any) -> None:
    """Say of every number in a formula that it has no unit."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.isNumber() and not node.isConstant():
            node.setUnits("dimensionless")
        waiting += [node.getChild(place) for place in range(node.getNumChildren())]


def _add_inputs(document: Document, names: Sequence[str], forcing: Forcing) -> None:
    """Add the inputs of the equations: weighted sums of the drugs' modes, and the daily rhythm."""
    for channel, name in enumerate(names):
        terms = [f"{w!r} * mode_{m}" for m, w in enumerate(forcing.weights[:, channel].tolist()) if w]
        if forcing.clock[0] and int(forcing.clock[2]) == channel:
            document.quantity("clock_phase", float(forcing.clock[1]), constant=True, unit="day")
            terms.append(f"{float(forcing.clock[0])!r} * cos(2 * pi * (time - clock_phase) / one_day)")
        document.assign(f"u_{name}", " + ".join(terms) or "0")


def _add_equations(
    document: Document, model: Model, system: TracedSystem, state: np.ndarray, pulsatile: bool
) -> list[str]:
    """Add the states and the measurements; the formulas of GnRH pulse frequency and size, [] without `pulsatile`."""
    wanted = [*system.rates, *measured(system, model), *(system.outputs["pulse"] if pulsatile else ())]
    shared, texts = formulas(system.graph, wanted, leaves(system))
    for name, formula in shared.items():
        document.assign(name, formula)
    for name, value, formula in zip(system.states, state, texts, strict=False):
        words = f"{name.replace('_', ' ')}: {state_remarks().get(name, 'relative')}"
        document.annotate(document.rate(name, value, formula, words), name)
    count = len(system.rates)
    for name, formula in zip(MEASURED, texts[count:], strict=False):
        document.output(name, formula)
    return texts[count + len(MEASURED) :]


def _add_pulses(document: Document, frequency: str, size: str) -> None:
    """Add GnRH pulses at regular intervals."""
    document.assign("pulse_frequency", frequency)
    document.assign("pulse_size", size)
    document.quantity("next_pulse", 0.0, unit="day")
    for name in ("impulse", "last_frequency"):
        document.quantity(name, 0.0)
    document.event("pulse", "time >= next_pulse", {
        "gnrh": "gnrh + impulse",
        "impulse": "pulse_size",
        "next_pulse": "time + one_day * piecewise(1 / pulse_frequency, last_frequency <= 0, "
        "1 / (pulse_frequency * sqrt(pulse_frequency / last_frequency)))",
        "last_frequency": "pulse_frequency",
    })  # fmt: skip


def _add_doses(document: Document, forcing: Forcing) -> None:
    """Add events that raise the modes: one for each run of equal doses at equal intervals."""
    given = added(forcing)
    kinds = [tuple(float(f"{value:{DIGITS}}") for value in row) for row in given]
    for number, (amounts, times) in enumerate(regular_runs(forcing.knots, kinds)):
        interval = float(times[1] - times[0]) if len(times) > 1 else 0.0
        changes = {f"mode_{mode}": repr(amount) for mode, amount in enumerate(amounts) if amount}
        document.doses(number, changes, float(times[0]), interval, len(times))
