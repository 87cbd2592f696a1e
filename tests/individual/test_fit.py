"""A man learned from his own course."""

import json

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.datasets.read import read_data_set
from hpgaxis.errors import InputError
from hpgaxis.individual import fit as fitting
from hpgaxis.individual.fit import Fit, fit
from hpgaxis.individual.unknowns import ADHERENCE
from tests.datasets.test_table import dose, one

LABS = [
    one(AGE=34, BMI=31), one(DVID="lh", DV=3.1, DVUNIT="IU/L"), one(DVID="fsh", DV=4.0, DVUNIT="IU/L"),
    one(DVID="shbg", DV=20, DVUNIT="nmol/L"), one(DVID="sperm_concentration", DV=30, DVUNIT="10^6/mL"),
]  # fmt: skip
COURSE = [*LABS, dose(TIME=1, II=1, ADDL=199), one(TIME=90, DV=520), one(TIME=180, DV=18, DVUNIT="nmol/L", HOLD=1)]


@pytest.fixture(scope="module")
def man() -> Fit:
    return fit(COURSE).only


def test_his_labs_are_predicted_in_their_own_units(man):
    rows = man.predictions()
    assert (rows["unit"].tolist()[-1] == "nmol/L" and rows["used_in_fit"].tolist()[-1] is False) or not rows[
        "used_in_fit"
    ].iloc[-1]
    assert ((rows["low"] < rows["median"]) & (rows["median"] < rows["high"])).all()
    assert ((rows["low"] <= rows["observed"]) & (rows["observed"] <= rows["high"])).all()
    assert rows["median"].iloc[-1] == pytest.approx(18, rel=0.3)


def test_labs_narrow_the_traits_that_they_tell_of(man):
    left = man.traits()["spread left"]
    assert left["shbg synthesis"] < 0.6 < left["thyroid capacity"]
    assert man.traits()["median"]["shbg synthesis"] < 1


def test_a_fit_is_the_same_again_and_another_with_another_seed(man):
    again = fit(COURSE).only
    assert np.array_equal(again.smoothed.unknowns, man.smoothed.unknowns)
    assert not np.array_equal(fit(COURSE, seed=2).only.smoothed.unknowns, man.smoothed.unknowns)


def test_held_measurements_are_not_learned_from(man):
    changed = fit([*COURSE[:-1], one(TIME=180, DV=50, DVUNIT="nmol/L", HOLD=1)]).only
    assert np.array_equal(changed.smoothed.unknowns, man.smoothed.unknowns)


def test_a_man_without_labs_is_any_man_of_his_diagnosis():
    found = fit([one(HOLD=1)]).only
    assert found.misfit != found.misfit and found.effective_sample_size == found.members
    assert np.median(found.trait_samples()["shbg_synthesis"]) == pytest.approx(1, abs=0.15)
    assert 30 < np.median(found.trait_samples()["age"]) < 60, "age not given: that of the general population"


def test_plain_data_hold_what_was_asked_for(man):
    fits = fit([*COURSE, one(ID=2), one(ID=2, DVID="gold")], members=16)
    plain = json.loads(json.dumps(fits.to_dict(), default=float))
    assert [subject["id"] for subject in plain["subjects"]] == ["1", "2"]
    assert set(plain["subjects"][0]["traits"]["aromatase"]) == {"median", "low", "high"}
    assert {"id", "time", "variable", "unit", "observed", "used_in_fit", "median", "low", "high"} <= set(
        plain["predictions"][0]
    )
    assert len(plain["predictions"]) == 8
    assert plain["ignored"][0]["row"] == 10


def test_a_lab_in_a_wrong_unit_is_named_and_not_absorbed(man):
    """18 nmol/L written as 18 ng/dL, a castrate's, with normal LH and on clomiphene."""
    found = fit([*COURSE[:-2], one(TIME=90, DV=18)]).only
    (named,) = found.contradictions
    assert named.observation.value == 18 and named.foreseen > 300
    assert "Testosterone 18 ng/dL on day 90" in str(named)
    assert not found.predictions()["used_in_fit"].iloc[-1]


def test_what_is_learned_step_by_step_is_near_what_is_learned_at_once(man):
    first = fit(COURSE[:-2]).only
    second = first.update(COURSE)
    assert len(second.course.observations) == len(COURSE) - 1
    for name in ("shbg_synthesis", "leydig_output"):
        steps, once = (np.log(found.trait_samples()[name]) for found in (second, man))
        assert abs(steps.mean() - once.mean()) < 0.6 * once.std()
    with pytest.raises(InputError, match="no measurement"):
        second.update(COURSE)
    with pytest.raises(InputError, match="2 men"):
        first.update([one(), one(ID=2)])


def test_doses_that_were_not_taken_show_where_levels_say_so():
    """Clomiphene raises LH and testosterone (Wiehle 2014); labs that stay as they were say that it was not taken."""
    before = [one(DV=300, AGE=40, BMI=25), one(DVID="lh", DV=4, DVUNIT="IU/L"), one(DVID="fsh", DV=4, DVUNIT="IU/L")]
    tablets = dose(TIME=1, AMT=50, II=1, ADDL=150)
    days, kinds = (40, 60, 80, 100, 120), (("testosterone", 300, "ng/dL"), ("lh", 4, "IU/L"), ("fsh", 4, "IU/L"))

    def taken(factor):
        after = [
            one(TIME=day, DVID=name, DV=factor * value, DVUNIT=unit) for day in days for name, value, unit in kinds
        ]
        found = fit([*before, tablets, *after]).only
        return float(np.median(found.trait_samples()[ADHERENCE]))

    assert taken(1.0) < 0.7 < taken(2.0)


@pytest.mark.parametrize(
    ("data", "options", "fault"),
    [
        ([one(TIME="soon")], {}, "no man"), ([one()], {"members": 3}, "members"), ([one()], {"seed": None}, "seed"),
        ([one()], {"parameters": {"gold": 1}}, "gold"),
    ],
)  # fmt: skip
def test_impossible_input_is_refused(data, options, fault):
    with pytest.raises(InputError, match=fault):
        fit(data, **options)


def test_a_man_who_cannot_be_simulated_does_not_cost_the_others(monkeypatch):
    original = fitting.learned

    def some(course, *given, **options):
        if course.name == "B":
            raise InputError("ID B: no member of the ensemble can be simulated")
        return original(course, *given, **options)

    monkeypatch.setattr(fitting, "learned", some)
    fits = fit([one(), one(ID="B")], members=16)
    assert list(fits) == ["1"] and "ID B" in fits.failures["B"]
    assert fits.to_dict()["failures"] == dict(fits.failures)
    with pytest.raises(InputError, match="no man could be learned; ID B"):
        fit([one(ID="B")], members=16)


def test_a_man_is_chosen_by_his_id():
    fits = fit([one(), one(ID="B")], members=16)
    assert fits["B"].course.name == "B" and len(fits) == 2
    with pytest.raises(InputError, match="choose one"):
        _ = fits.only
    with pytest.raises(InputError, match="there are 1, B"):
        fits["C"]


def test_parameters_that_are_given_are_held():
    found = fit([one()], members=16, parameters={"lh_reference": 9.0}).only
    assert {man.parameters.lh_reference for man in found.men} == {9.0}


def test_the_public_names_are_there():
    assert hpg.fit is fit and hpg.read_data_set is read_data_set
