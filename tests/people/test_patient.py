"""Labs in, a man out."""

from dataclasses import replace

import numpy as np
import pytest

from hpgaxis.measurements.labs import LabError
from hpgaxis.measurements.registry import MEASUREMENTS
from hpgaxis.model import Model
from hpgaxis.people.match import match, match_means
from hpgaxis.people.patient import Patient, PatientError
from hpgaxis.physiology.observables import observables
from hpgaxis.physiology.states import CONDITIONS, TRAITS, Inputs, State
from hpgaxis.simulation.run import simulate


def shown(man, name):

    return float(observables(State(*man.state), man.parameters, Inputs())[name]) * MEASUREMENTS[name].display_factor


def test_the_typical_man_is_at_his_references():
    man = match(Patient())
    reference = Model.default().reference_state(man.parameters)
    reference[Model.default().states.index("years_gained")] = 0.0
    assert man.state == pytest.approx(reference, rel=1e-9)
    assert {man.traits[name] for name in TRAITS} == {1.0}
    assert {man.traits[name] for name in CONDITIONS} == {0.0}


def test_means_are_reached_in_any_unit():
    labs = {"testosterone": "265 ng/dL", "lh": "3.1 IU/L", "estradiol": "48 pg/mL", "fsh": 4.0, "shbg": 20}
    man = match_means(Patient(age=34, bmi=31, labs=labs))
    assert man.unmatched == {}
    for name, value in (("testosterone", 265), ("lh", 3.1), ("estradiol", 48), ("fsh", 4), ("shbg", 20)):
        assert shown(man, name) == pytest.approx(value, rel=0.05)
    other = match_means(
        Patient(age=34, bmi=31, labs={**labs, "testosterone": "9.188 nmol/L", "estradiol": "176.2 pmol/L"})
    )
    assert other.state == pytest.approx(man.state, rel=1e-3)


def test_matching_is_deterministic():
    patient = Patient(age=40, labs={"testosterone": 300, "lh": 6, "sperm_concentration": 4})
    assert np.array_equal(match(patient).state, match(patient).state)


def test_what_cannot_be_matched_is_said():
    """Testosterone of 900 with an LH of 0.05 and no treatment is outside what any man of the model does."""
    man = match(Patient(labs={"testosterone": 1400, "lh": 0.05, "estradiol": 4}))
    assert man.unmatched
    given, reached = next(iter(man.unmatched.values()))
    assert abs(np.log(reached / given)) > 0.1


@pytest.mark.parametrize(
    ("labs", "message"),
    [
        ({"lh": -3}, "lh = -3 is -3 IU/L: impossible"),
        ({"testosterone": "5 mg/L"}, "impossible in a man"),
        ({"testosterone": "300 IU/L"}, "does not measure the same kind"),
        ({"testosterone": "300 zorks"}, "not known"),
        ({"testosteron": 300}, "unknown laboratory value"),
        ({"testosterone": "low"}, "not a number"),
        ({"testosterone": 300, "shbg": 30, "free_testosterone": "400 pg/mL"}, "contradictory labs: free_testosterone"),
        ({"testosterone": 300, "free_testosterone": "1900 pg/mL", "shbg": 10}, "contradictory"),
        ({"sperm_concentration": 10, "semen_volume": 3, "sperm_total": 200}, "contradictory labs: sperm_total"),
        ({"motility": 30, "progressive_motility": 50}, "contradictory"),
        ({"testosterone": 300, "t": 310}, "given twice"),
    ],
)
def test_impossible_or_contradictory_labs(labs, message):
    with pytest.raises(LabError, match=message):
        Patient(labs=labs)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"age": 8}, "age = 8: expected a number from 16 to 95"),
        ({"bmi": "heavy"}, "bmi = 'heavy'"),
        ({"diagnosis": "bad luck"}, "unknown diagnosis"),
        ({"traits": {"luck": 2}}, "unknown trait"),
        ({"traits": {"aromatase": -1}}, "above 0"),
    ],
)
def test_impossible_patients(fields, message):
    with pytest.raises(PatientError, match=message):
        Patient(**fields)


def test_patient_files_name_file_and_field():
    with pytest.raises(PatientError, match=r"man\.yaml: unknown field agee"):
        Patient.from_yaml("agee: 3", "man.yaml")
    with pytest.raises(PatientError, match=r"man\.yaml: lh = -3"):
        Patient.from_yaml("age: 30\nlabs: {lh: -3}", "man.yaml")
    with pytest.raises(PatientError, match=r"man\.yaml: not YAML"):
        Patient.from_yaml("age: [30", "man.yaml")


def test_what_he_gives_outranks_his_diagnosis_under_any_name():
    man = match_means(Patient(diagnosis="secondary_hypogonadism", labs={"t": "300 ng/dL"}))
    assert shown(man, "testosterone") == pytest.approx(300, rel=0.05)


def test_a_diagnosis_s_default_does_not_contradict_what_he_gives():
    """The default concentration of oligozoospermia, 10 x 10^6/mL, is not his when he gives his total count."""
    man = match_means(Patient(diagnosis="idiopathic_oligozoospermia", labs={"sperm_total": 200, "semen_volume": 3}))
    assert man.unmatched == {}
    assert shown(man, "sperm_total") == pytest.approx(200, rel=0.05)


@pytest.mark.parametrize(("labs", "name"), [({"morphology": 2}, "morphology"), ({"hcg": 50}, "hcg")])
def test_labs_that_no_trait_can_match_are_said(labs, name):
    assert name in match(Patient(labs=labs)).unmatched
    assert match(Patient(labs={"hcg": 0})).unmatched == {}


@pytest.mark.parametrize(
    "history", ["clomiphene 25 mg daily; 80 % adherence", "clomiphene 25 mg daily; stop when hematocrit > 54 %"]
)
def test_what_a_history_does_not_simulate_is_refused(history):
    with pytest.raises(PatientError, match="rules at visits and missed doses are not simulated in a history"):
        Patient(history=history, history_years=1)


def test_age_and_bmi_may_be_quantities():
    units = pytest.importorskip("pint").UnitRegistry()
    patient = Patient(
        age=units.Quantity(408, "month"), bmi=units.Quantity(0.0026, "kg/cm**2"), onset_age=units.Quantity(20, "year")
    )
    assert patient.age == pytest.approx(34, rel=1e-6)
    assert patient.bmi == pytest.approx(26, rel=1e-12)
    assert patient.onset_age == pytest.approx(20, rel=1e-12)
    for wrong in (units.Quantity(34, "kg"), units.Quantity(34, ""), units.Quantity(float("nan"), "year")):
        with pytest.raises(PatientError, match="age: "):
            Patient(age=wrong)
    with pytest.raises(PatientError, match="age = 340"):
        Patient(age=units.Quantity(340, "year"))


def test_a_history_is_read_with_the_drugs_of_the_patient_or_of_the_model():
    """A drug of the user's own under a shipped name acts with the user's constant in the history, too."""
    shipped = Model.default().drugs["anastrozole"]
    effect = shipped.effects[0]
    assert effect.constant is not None
    weak = shipped.model_copy(
        update={"effects": (effect.model_copy(update={"constant": effect.constant.model_copy(update={"value": 1e6})}),)}
    )
    model = Model.default().with_drugs(weak)
    patient = Patient(history="anastrozole 1 mg daily", history_years=1)
    rest = simulate(None, days=1)["estradiol"][0]
    assert simulate(patient, days=1)["estradiol"][0] < 0.9 * rest
    assert simulate(patient, days=1, model=model)["estradiol"][0] == pytest.approx(rest, rel=1e-3)
    named = weak.model_copy(update={"name": "weakzole", "aliases": ()})
    with pytest.raises(PatientError, match=r"history: .*unknown drug 'weakzole'"):
        Patient(history="weakzole 1 mg daily")
    library = Model.default().with_drugs(named).drugs
    his = Patient(history="weakzole 1 mg daily", drugs=library)
    assert simulate(his, days=1)["estradiol"][0] == pytest.approx(rest, rel=1e-3)
    assert replace(his, age=40).drugs is library
    with pytest.raises(PatientError, match="drugs = 'weakzole'"):
        Patient(drugs="weakzole")  # pyright: ignore[reportArgumentType]
