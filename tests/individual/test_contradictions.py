"""Labs that contradict the others."""

import numpy as np
import pytest

from hpgaxis.individual.contradictions import contradictory
from tests.individual.test_smoother import read


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
