"""The dose that reaches a target: its level is that of `simulate`, and its interval covers the typical man's dose."""

import numpy as np
import pytest

import hpgaxis as hpg


@pytest.fixture(scope="module")
def found() -> hpg.TargetDose:
    patient = hpg.Patient(age=50, bmi=31, labs={"testosterone": "220 ng/dL"})
    return hpg.find_dose(
        "testosterone enanthate ? mg weekly", {"testosterone": "550 ng/dL"}, patient, months=3, draws=6
    )


def test_simulating_the_dose_gives_the_target(found):
    patient = hpg.Patient(age=50, bmi=31, labs={"testosterone": "220 ng/dL"})
    result = hpg.simulate(patient, f"testosterone enanthate {found.dose:.8g} mg weekly", months=3)
    assert result.reading("testosterone", 91).mean == pytest.approx(550, rel=2e-3)


def test_weekly_enanthate_for_a_normal_level_is_near_the_100_mg_of_guidelines(found):
    # Endocrine Society 2018: testosterone enanthate or cypionate 75-100 mg weekly for hypogonadal men
    assert 60 < found.dose < 110


def test_every_draw_has_a_dose_and_a_level(found):
    assert len(found.needed) == len(found.reached) == 6
    assert np.all((found.reached > 100) & (found.reached < 3000))
    table = found.table()
    assert list(table.columns) == ["most probable man", "95 % interval"]


def test_the_same_seed_gives_the_same_interval():
    first, second = (
        hpg.find_dose("anastrozole ? mg daily", {"estradiol": "15 pg/mL"}, months=1, draws=2, seed=3) for _ in range(2)
    )
    assert np.array_equal(first.needed, second.needed, equal_nan=True) and np.array_equal(first.reached, second.reached)


def test_a_target_may_be_in_another_unit():
    nmol = hpg.find_dose("testosterone enanthate ? mg weekly", {"testosterone": "19.07 nmol/L"}, months=1)
    assert nmol.unit == "ng/dL" and nmol.target == pytest.approx(550, rel=1e-3)


@pytest.mark.parametrize(
    ("sentence", "target", "words"),
    [
        ("clomiphene 25 mg daily", {"lh": 4}, r"expected one \? in place of the dose"),
        ("clomiphene ? mg daily then ? mg daily", {"lh": 4}, r"expected one \?"),
        ("clomiphene ? mg daily", {}, "0 targets; give one measurement"),
        ("clomiphene ? mg daily", {"lh": 4, "fsh": 4}, "2 targets; give one measurement"),
        ("hCG ? IU three times a week", {"lh": 40}, "no dose from 41 to .* gives lh = 40 IU/L: it lies between"),
        ("clomiphene ? mg daily", {"lh": "4 mg"}, "does not measure the same kind"),
        ("clomiphen ? mg daily", {"lh": 4}, "did you mean clomiphene"),
    ],
)
def test_impossible_requests_are_refused(sentence, target, words):
    with pytest.raises(hpg.InputError, match=words):
        hpg.find_dose(sentence, target, months=1)


def test_a_matched_man_has_no_draws():
    with pytest.raises(hpg.InputError, match="draws need the Patient"):
        hpg.find_dose("clomiphene ? mg daily", {"lh": 8}, hpg.match(hpg.Patient()), draws=2)
