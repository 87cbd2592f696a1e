"""Models side by side: other numbers, other drugs, other equations."""

import pickle

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.pharmacology.overrides import OverrideError, drug_constants
from hpgaxis.physiology.posterior import parameter_sets
from hpgaxis.simulation import run


def receptor(y, p, u, rates):
    """A state that follows LH with a rate of its own, and slows the loss of estradiol with it."""
    return {"receptor": p.receptor_rate * (y.lh / p.lh_reference - y.receptor), "estradiol": 0.9 * rates.estradiol}


ORGAN = hpg.Organ(
    "receptor",
    {"receptor": 1.0},
    receptor,
    {"receptor_rate": 0.2},
    (hpg.Measurement("receptor", "Receptor", "1"),),
    lambda y, p, u: {"receptor": y.receptor},
)


def test_the_shipped_model_is_the_default_everywhere():
    man = hpg.match(hpg.Patient())
    assert man.model is hpg.Model.default()
    assert hpg.Model.default().with_parameters() is hpg.Model.default()


def test_other_parameters_leave_the_shipped_model_as_it_was():
    changed = hpg.Model.default().with_parameters(estradiol_reference=110.0)
    usual, other = (hpg.simulate(None, days=2, model=model) for model in (None, changed))
    assert other["estradiol"][-1] == pytest.approx(usual["estradiol"][-1] * 110 / 92, rel=1e-3)
    assert (hpg.simulate(None, days=2)["estradiol"] == usual["estradiol"]).all()


def test_parameters_mean_the_same_as_a_model_with_them():
    values = {"estradiol_reference": 110.0, "feedback_rate": 0.5}
    model = hpg.Model.default().with_parameters(values)
    patient = hpg.Patient(labs={"testosterone": 300})
    for call in (
        lambda **given: hpg.simulate(patient, "clomiphene 25 mg daily", days=20, **given)["lh"],
        lambda **given: hpg.simulate_many([patient], days=20, **given)["lh"],
        lambda **given: np.array(hpg.match(patient, **given).parameters),
        lambda **given: np.array([man.state for man in hpg.population(3, **given)]),
    ):
        assert (call(parameters=values) == call(model=model)).all()


def test_a_matched_man_keeps_his_traits_under_another_model():
    man = hpg.match(hpg.Patient(labs={"testosterone": 300}))
    other = hpg.simulate(man, days=1, parameters={"estradiol_reference": 110.0})
    assert other.man.traits == man.traits and other.man.parameters.estradiol_reference == 110
    own = hpg.match(hpg.Patient(labs={"testosterone": 300}), parameters={"estradiol_reference": 110.0})
    assert (hpg.simulate(own, days=1).man.state == own.state).all()


def test_a_constant_of_a_drug_moves_its_effect_and_not_the_man():
    constant = next(key for key in drug_constants() if key.startswith("anastrozole."))
    man = hpg.match(hpg.Patient())
    weak = hpg.simulate(man, "anastrozole 1 mg daily", days=20, parameters={constant: 1e6})
    assert weak.man.state is man.state
    assert weak["estradiol"][-1] > 1.3 * hpg.simulate(man, "anastrozole 1 mg daily", days=20)["estradiol"][-1]


def test_men_of_different_models_are_not_mixed_unasked():
    men = [hpg.match(hpg.Patient()), hpg.match(hpg.Patient(), parameters={"feedback_rate": 0.5})]
    with pytest.raises(hpg.InputError, match="2 different models"):
        hpg.simulate_many(men, days=1)
    assert len(hpg.simulate_many(men, days=1, model=hpg.Model.default()).men) == 2


def test_an_organ_adds_states_parameters_and_measurements():
    model = hpg.Model.default().with_organ(ORGAN)
    result = hpg.simulate(None, "clomiphene 50 mg daily", days=40, model=model)
    assert result["receptor"][0] == pytest.approx(1, rel=1e-6)
    assert 1.1 < result["receptor"][-1] < 1.05 * result["lh"][-1] / result["lh"][0]
    faster = hpg.simulate(None, "clomiphene 50 mg daily", days=5, model=model, parameters={"receptor_rate": 5.0})
    assert faster.at("receptor", 5) > result.at("receptor", 5)
    assert "receptor" not in hpg.simulate(None, days=1).values
    assert (hpg.simulate_many(None, days=2, variables=["receptor"], model=model)["receptor"] > 0.9).all()


@pytest.mark.parametrize(
    ("organ", "message"),
    [
        (hpg.Organ("twice", {"lh": 1.0}), "organ 'twice': lh is in the model already"),
        (hpg.Organ("twice", parameters={"aromatase": 1.0}), "aromatase is in the model already"),
    ],
)
def test_an_organ_with_a_name_that_is_taken_is_refused(organ, message):
    with pytest.raises(hpg.InputError, match=message):
        hpg.Model.default().with_organ(organ)


def test_an_organ_that_gives_rates_of_no_state_is_refused():
    organ = hpg.Organ("lost", {"found": 1.0}, lambda y, p, u, rates: {"nowhere": 0.0})
    with pytest.raises(hpg.InputError, match="organ 'lost': rates of nowhere, which is no state"):
        hpg.Model.default().with_organ(organ).system()


def test_a_model_travels_to_other_processes():
    model = hpg.Model.default().with_parameters(feedback_rate=0.5)
    assert model.parameter_type  # not pickled, though it is kept
    assert pickle.loads(pickle.dumps(model)) == model
    assert pickle.loads(pickle.dumps(hpg.Model.default())).drugs is hpg.DrugLibrary.shipped()


def test_a_trait_or_an_unknown_name_is_no_parameter_of_a_model():
    with pytest.raises(OverrideError, match="aromatase is a trait of one man"):
        hpg.Model.default().with_parameters(aromatase=2.0)
    with pytest.raises(OverrideError, match="did you mean feedback_rate"):
        hpg.simulate(None, days=1, parameters={"feedback_rat": 2.0})
    with pytest.raises(OverrideError, match="expected a Model"):
        hpg.simulate(None, days=1, model="default")  # pyright: ignore[reportArgumentType]


def test_one_patient_alone_and_among_others_has_the_same_numbers_to_the_bit():
    men = hpg.population(3, seed=4)
    protocols = ["clomiphene 25 mg daily", "testosterone enanthate 200 mg weekly", "hCG 1500 IU twice a week"]
    variables = list(hpg.Model.default().measurements)
    times = [0.0, 0.5, 7.25, 29.0, 30.0]
    for pulsatile in (False, True):
        given = {"days": 30, "pulsatile": pulsatile, "t_eval": times}
        many = hpg.simulate_many(men, protocols, seeds=[7, 8, 9], variables=variables, **given)
        for row, (man, protocol) in enumerate(zip(men, protocols, strict=True)):
            alone = hpg.simulate(man, protocol, seed=7 + row, **given)
            for name in variables:
                assert (alone[name] == many[name][row]).all(), name


def test_a_man_is_matched_and_a_sentence_is_read_once_for_all_pairs(monkeypatch):
    calls = []
    for name in ("matched", "Protocol"):
        original = getattr(run, name)
        counted = type("Counted", (), {"of": staticmethod(lambda *a, f=original: calls.append("of") or f.of(*a))})
        once = counted if name == "Protocol" else lambda *a, f=original: calls.append("matched") or f(*a)
        monkeypatch.setattr(run, name, once)
    hpg.simulate_many(hpg.Patient(age=31), ["no treatment", "clomiphene 25 mg daily"] * 3, days=1)
    hpg.simulate_many([hpg.match(hpg.Patient())] * 5, "no treatment", days=1)
    assert calls.count("matched") == 2 and calls.count("of") == 3


def test_a_sample_of_the_posterior_leaves_what_the_user_has_set():
    sample = parameter_sets()[0][0]
    name, constant = "feedback_rate", next(key for key in sample if "." in key)
    own = {name: 0.5, constant: 2 * sample[constant]}
    drawn = hpg.Model.default().with_parameters(own).with_posterior_sample(sample)
    assert {**dict(drawn.typical), **dict(drawn.constants)} == {**sample, **own}
    predicted = hpg.predict(None, days=1, draws=2, model=hpg.Model.default().with_parameters({name: 0.5}))
    assert {man.parameters.feedback_rate for man in predicted.men} == {0.5}


def test_a_sample_of_the_posterior_leaves_the_constants_of_a_users_drug():
    sample = parameter_sets()[0][0]
    constant = next(key for key in sample if "." in key)
    drug = hpg.DrugLibrary.shipped()[constant.partition(".")[0]]
    mine = drug.model_copy(update={"cautions": "A batch of my own."})
    drawn = hpg.Model.default().with_drugs(hpg.DrugLibrary.shipped().with_drug(mine)).with_posterior_sample(sample)
    assert constant not in dict(drawn.constants) and dict(drawn.typical)


def test_a_measurement_whose_units_no_factor_joins_is_refused():
    with pytest.raises(hpg.InputError, match="kisspeptin: no factor is known from pmol/L to pg/mL"):
        hpg.Measurement("kisspeptin", "Kisspeptin", "pmol/L", "pg/mL")
