"""Goals and bounds in sentences."""

import pytest

from hpgaxis.errors import InputError
from hpgaxis.individual.goals import Bound, Goal, read_bound, read_goal


@pytest.mark.parametrize(
    ("sentence", "goal"),
    [
        ("total motile count at month 6 as high as possible", Goal("total_motile_count", "high", day=183)),
        ("estradiol as low as possible", Goal("estradiol", "low")),
        ("testosterone near 550 ng/dL at week 12", Goal("testosterone", "near", 550.0, 84)),
        ("testosterone near 5.5 ng/mL", Goal("testosterone", "near", 550.0)),
    ],
)  # fmt: skip
def test_goals(sentence, goal):
    assert read_goal(sentence) == goal
    assert read_goal(str(read_goal(sentence)).replace(" at the end", "")).name == goal.name


@pytest.mark.parametrize(
    ("sentence", "bound"),
    [
        ("estradiol 15-40 pg/mL", Bound("estradiol", 15, 40, 0.8)),
        ("estradiol between 15 and 40 pg/mL with 90 % probability", Bound("estradiol", 15, 40, 0.9)),
        ("hematocrit below 52 % with 95 % probability", Bound("hematocrit", high=52, share=0.95)),
        ("testosterone above 300 ng/dL", Bound("testosterone", low=300)),
        ("testosterone at least 3 ng/mL", Bound("testosterone", low=300.0)),
    ],
)  # fmt: skip
def test_bounds(sentence, bound):
    assert read_bound(sentence) == bound


@pytest.mark.parametrize(
    "sentence", ["be well", "gold as high as possible", "testosterone near", "testosterone near 5 mg", 3]
)
def test_goals_that_are_not_understood(sentence):
    with pytest.raises(InputError, match=r"expected|unknown|near"):
        read_goal(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["estradiol low", "gold below 3", "estradiol 40-15 pg/mL", "hematocrit below 52 % with 300 % probability", None],
)
def test_bounds_that_are_not_understood(sentence):
    with pytest.raises(InputError):
        read_bound(sentence)
