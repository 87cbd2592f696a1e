"""How well a measurement separates those who answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.trials.separation import area_under_curve, category, separation, upgraded


def test_the_area_is_the_chance_of_the_right_order():
    """Of the pairs (3, 1), (3, 2.5), (2, 1), (2, 2.5) three are in order."""
    assert area_under_curve(np.array([3.0, 2.0, 1.0, 2.5]), np.array([True, True, False, False])) == 0.75


@given(st.lists(st.floats(-50, 50, width=16), min_size=10, max_size=10, unique=True))
def test_the_area_does_not_depend_on_the_scale(levels):
    answered = np.arange(10) < 5
    own = np.array(levels)
    assert area_under_curve(own, answered) == pytest.approx(area_under_curve(3 * own + 7, answered))
    assert area_under_curve(own, answered) == pytest.approx(1 - area_under_curve(-own, answered))


def test_a_perfect_measurement_and_a_useless_one():
    source = np.random.default_rng(1)
    answered = np.arange(400) < 150
    found = separation({"useless": source.normal(size=400), "perfect": np.where(answered, 2.0, 1.0)}, answered)
    perfect, useless = found
    assert (perfect.name, perfect.area, perfect.sensitivity, perfect.specificity) == ("perfect", 1.0, 1.0, 1.0)
    assert perfect.threshold == 1.5 and perfect.higher
    assert useless.area_low < 0.5 < useless.area_high


def test_where_low_levels_answer_the_threshold_is_from_above():
    answered = np.arange(40) < 20
    (one,) = separation({"lh": np.where(answered, 3.0, 8.0) + np.arange(40) % 5 / 10}, answered)
    assert not one.higher and one.area == 0.0
    assert 3.4 < one.threshold < 8.0 and one.sensitivity == one.specificity == 1.0


def test_categories_of_sperm_concentration():
    before, after = np.array([0.0, 3.0, 3.0, 20.0]), np.array([1.0, 4.9, 5.1, 2.0])
    assert category(before).tolist() == [0, 1, 1, 3]
    assert upgraded(before, after).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("levels", "answered", "said"),
    [
        (np.zeros(20), np.ones(20, bool), "20 of 20 men responded"),
        (np.zeros(19), np.arange(20) < 10, "one for each of 20 men"),
        (np.full(20, np.nan), np.arange(20) < 10, "finite"),
    ],
)
def test_bad_input_says_what_was_wrong(levels, answered, said):
    with pytest.raises(ValueError, match=said):
        separation({"lh": levels}, answered)
