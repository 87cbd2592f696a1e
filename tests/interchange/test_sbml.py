"""The SBML of a man under a protocol is valid, and says the same rates and doses."""

import libsbml
import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.interchange.formula import formulas
from hpgaxis.interchange.sbml import export
from hpgaxis.model import Model
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.physiology import axis
from hpgaxis.physiology.states import Inputs, State

MAN = hpg.match(hpg.Patient())


def forcing(sentence, days=30):
    return prepare(
        hpg.Protocol.of(sentence), days, weight_kg=75, pulses_per_day=MAN.parameters.pulse_frequency_reference,
        pulsatile=False,
    ).forcing  # fmt: skip


def test_formulas_compute_the_rates():
    system, p = Model.default().system(), MAN.parameters
    leaves = {("state", i): f"y[{i}]" for i in range(len(system.states))}
    leaves.update({("parameter", i): f"p[{i}]" for i in range(len(system.parameters))})
    leaves.update({("input", i): f"u[{i}]" for i in range(len(system.inputs))})
    shared, wanted = formulas(system.graph, system.rates, leaves)
    y, u = MAN.state * np.linspace(0.6, 1.5, len(MAN.state)), np.linspace(0, 1, len(system.inputs))
    names = {"y": y, "p": np.array(p, dtype=float), "u": u, "sqrt": np.sqrt}
    for name, formula in shared.items():
        names[name] = eval(formula, names)
    values = [eval(formula, names) for formula in wanted]
    expected = np.array(axis.rates(State(*y), p, Inputs(*u)), dtype=float)
    assert values == pytest.approx(list(expected), rel=1e-9, abs=1e-12 * np.abs(y).max())


@pytest.mark.parametrize("pulsatile", [False, True])
def test_the_document_is_valid(pulsatile):
    given = forcing("testosterone enanthate 200 mg weekly for 10 weeks then clomiphene 25 mg daily", 120)
    document = libsbml.readSBMLFromString(
        export(Model.default(), MAN.with_parameters(pulsatile=pulsatile), MAN.state, given, pulsatile)
    )
    for kind in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE):
        document.setConsistencyChecks(kind, True)
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []
    assert document.getModel().getNumEvents() >= 2


def test_a_regular_series_is_one_event_and_an_odd_dose_its_own():
    text = export(Model.default(), MAN.parameters, MAN.state, forcing("anastrozole 1 mg daily"), False)
    assert libsbml.readSBMLFromString(text).getModel().getNumEvents() == 1
    odd = forcing("anastrozole 1 mg at day 3 and anastrozole 1 mg at day 4.5 and anastrozole 1 mg at day 11")
    events = libsbml.readSBMLFromString(export(Model.default(), MAN.parameters, MAN.state, odd, False)).getModel()
    times = {events.getParameter(f"next_dose_{k}").getValue() for k in range(events.getNumEvents())}
    assert times == {3.0, 11.0}  # two 1.5 days apart, one alone


def test_a_result_is_written_with_its_doses():
    result = hpg.simulate(MAN, "anastrozole 1 mg daily", days=30)
    assert hpg.to_sbml(result) == export(Model.default(), MAN.parameters, MAN.state, result.treatment.forcing, False)


def test_outputs_have_their_units_and_hormones_their_names():
    model = libsbml.readSBMLFromString(hpg.to_sbml(hpg.simulate(MAN, "anastrozole 1 mg daily", days=2))).getModel()
    output = model.getParameter("measured_testosterone")
    unit = model.getUnitDefinition(output.getUnits())
    assert libsbml.UnitDefinition.printUnits(unit, True) in (
        "(1e-09 mole)^1, (1 litre)^-1",
        "(1e-09 mole), (1 litre)^-1",
    )
    assert output.getName() == "Testosterone (nmol/L)"
    assert "CHEBI:17347" in output.getAnnotationString()
    assert "uniprot:P01229" in model.getParameter("lh").getAnnotationString()
