"""Labs that contradict the others."""

import numpy as np
import pytest

from hpgaxis.datasets.read import read_data_set
from hpgaxis.individual.contradictions import contradictory
from hpgaxis.individual.simulated import as_read, expected_readings, readings_of
from hpgaxis.individual.unknowns import Unknowns, normal_draws
from hpgaxis.model import Model
from tests.individual.test_smoother import read
from tests.individual.virtual_men import drawn, template


def men(count=4000, seed=1):
    """Expected readings of three labs: the first two go together, the third is on its own."""
    rng = np.random.default_rng(seed)
    common, own = rng.standard_normal((2, count))
    return np.array([common, common + 0.1 * rng.standard_normal(count), own])


def test_labs_that_go_together_are_kept():
    assert contradictory(men(), read([1.5, 1.6, -2.0], [0.2, 0.2, 0.2])) == {}


def test_one_that_contradicts_its_fellow_is_named_with_what_the_others_foresee():
    """The third lab says nothing; of the first two that do not go together, the one that is less usual is named."""
    found = contradictory(men(), read([0.2, 4.0, 0.0], [0.2, 0.2, 0.2]))
    assert list(found) == [1]
    foreseen, away = found[1]
    assert foreseen == pytest.approx(0.2, abs=0.1) and away > 4


def test_a_value_that_no_man_has_is_named_alone():
    assert list(contradictory(men()[:1], read([9.0], [0.2]))) == [0]


def test_a_limit_contradicts_on_one_side_only():
    second = [False, True, False]
    assert contradictory(men(), read([0.0, 4.0, 0.0], [0.2] * 3, above=second)) != {}, "above 4 where 0 is foreseen"
    assert contradictory(men(), read([0.0, 4.0, 0.0], [0.2] * 3, below=second)) == {}
    assert contradictory(men(), read([0.0, -9.0, 0.0], [0.2] * 3, above=second)) == {}


def test_false_alarms_are_rare():
    """Of men without a fault, two in a hundred at most have a lab named."""
    rng, expected = np.random.default_rng(3), men()
    truth = expected[:, :1000] + 0.2 * rng.standard_normal((3, 1000))
    named = sum(bool(contradictory(expected, read(values, [0.2] * 3))) for values in truth.T)
    assert named <= 30


def test_nothing_read_is_nothing_named():
    assert contradictory(np.zeros((0, 5)), read([], [])) == {}


FAULTS = [
    ("testosterone", 1 / 28.84), ("testosterone", 28.84), ("estradiol", 3.67), ("estradiol", 1 / 3.67), ("lh", 10.0),
    ("lh", 0.1), ("fsh", 10.0), ("fsh", 0.1), ("shbg", 10.0), ("sperm_concentration", 0.01),
]  # fmt: skip
"""Labs in another unit than is said, or with the point at another place."""


@pytest.mark.slow
def test_planted_faults_are_found_and_few_men_without_one_are_doubted():
    """Of virtual men with eight labs, one of them with a fault: nine in ten are named, or refused as impossible."""
    found, alarms = list[bool](), list[bool]()
    course = read_data_set([{**row, "DV": 50} for row in template()])["A"]
    unknowns = Unknowns(course, Model.default(), 96, 1)
    readings = readings_of(course, unknowns)
    used = [place for place, seen in enumerate(course.observations) if not seen.held]
    start = normal_draws(len(unknowns.names), 96, 1)  # the same for all men, who differ in their values alone
    expected = expected_readings(unknowns, course.observations, readings)(start)[used]

    def named(data):
        labs = [data["A"].observations[place] for place in used]
        return [labs[place] for place in contradictory(expected, as_read(labs, [readings[place] for place in used]))]

    for number in range(40):
        one = drawn(template(), 7000 + number)
        assert one is not None
        rows = one[1]
        alarms.append(bool(named(read_data_set(rows))))
        for name, factor in FAULTS:
            place = next(i for i, row in enumerate(rows) if row.get("DVID") == name)
            wrong = read_data_set(
                [{**row, **({"DV": row["DV"] * factor} if i == place else {})} for i, row in enumerate(rows)]
            )
            found.append(bool(wrong.ignored) or any(seen.variable == name and seen.time == 0 for seen in named(wrong)))
    assert np.mean(found) >= 0.9
    assert np.mean(alarms) < 0.05
