"""Results as rows of a data set: read again, they are the same doses and measurements of the same men."""

import numpy as np
import pytest

import hpgaxis as hpg


def test_a_man_is_read_again_with_his_doses():
    result = hpg.simulate(None, "hCG 1500 IU sc three times a week for 6 weeks", days=60, step_days=30)
    read = hpg.read_data_set(result.to_data_set(["lh", "testosterone", "sperm_concentration"]))
    (course,) = read.values()
    assert read.ignored == ()
    (stretch,) = course.stretches
    assert stretch.protocol.series == result.series
    assert {(one.variable, one.time) for one in course.observations} == {
        (name, day) for name in ("lh", "testosterone", "sperm_concentration") for day in (0.0, 30.0, 60.0)
    }
    for one in course.observations:
        assert one.value == pytest.approx(result.at(one.variable, one.time))


def test_a_history_is_told_too():
    """Without it the man would be read as one who was never treated."""
    man = hpg.Patient(history="testosterone enanthate 200 mg weekly", history_years=2)
    rows = hpg.simulate(man, "clomiphene 25 mg daily", days=30, step_days=30).to_data_set(["lh"])
    doses = rows[rows["EVID"] == 1]
    assert doses["CMT"].tolist() == ["testosterone_enanthate:im", "clomiphene:oral"]
    assert doses["TIME"].tolist() == pytest.approx([-730.5, 0.0])
    (course,) = hpg.read_data_set(rows).values()
    assert [one.drug for one in course.stretches[0].protocol.series] == ["testosterone_enanthate", "clomiphene"]


def test_many_men_are_read_again_one_by_one():
    run = hpg.simulate_many(hpg.population(3, seed=1), "anastrozole 1 mg daily", days=60, step_days=60)
    read = hpg.read_data_set(run.to_data_set(["estradiol"]))
    assert list(read) == ["1", "2", "3"]
    for row, course in enumerate(read.values()):
        assert [one.value for one in course.observations] == pytest.approx(run["estradiol"][row].tolist())
        assert len(course.stretches[0].protocol.series) == 1


def test_the_untreated_have_no_dose():
    rows = hpg.simulate(None, days=30, step_days=30).to_data_set()
    assert set(rows["EVID"]) == {0} and not np.isnan(rows["DV"]).any()


def test_a_measurement_that_there_is_not_is_named():
    with pytest.raises(KeyError, match="mana"):
        hpg.simulate(None, days=2).to_data_set(["mana"])
