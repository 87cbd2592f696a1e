"""Numbers in place of the shipped ones: what does not exist, or is not used there, is refused."""

import pytest

import hpgaxis as hpg
from hpgaxis.pharmacology.overrides import OverrideError, drug_constants, split
from hpgaxis.physiology.parameters import catalogue
from hpgaxis.physiology.posterior import parameter_sets

CONSTANT = "anastrozole.aromatase_inhibition.anastrozole"
WRONG = [
    ({"lh_eliminatoin": 10}, r"no parameter or drug constant 'lh_eliminatoin'; did you mean lh_elimination"),
    (
        {"anastrozole.aromatase_inhibition.anastrozol": 1},
        r"did you mean anastrozole\.aromatase_inhibition\.anastrozole",
    ),
    ({"age": 40}, "no parameter"),
    ({"aromatase": 2}, "aromatase is a trait of one man"),
    ({"varicocele": 1}, "varicocele is a trait of one man"),
    ({"lh_elimination": float("nan")}, "expected a finite number"),
    ({"lh_elimination": "10"}, "expected a finite number"),
    ({"lh_elimination": True}, "expected a finite number"),
    ({"lh_elimination": 10**400}, "expected a finite number"),
    ({"abstinence": -3}, "expected a number from 0"),
    ({5: 10}, "is no name"),
    ([1], "no mapping"),
]


def only(numbers):
    return numbers


@pytest.mark.parametrize(("changed", "message"), WRONG)
@pytest.mark.parametrize(
    "call",
    [
        lambda c: hpg.match(hpg.Patient(), parameters=c),
        lambda c: hpg.match_means(hpg.Patient(), parameters=c),
        lambda c: hpg.population(2, parameters=c),
        lambda c: hpg.simulate(None, days=1, parameters=c),
        lambda c: hpg.simulate_many(None, days=1, parameters=c),
        lambda c: hpg.validate(parameters=c),
    ],
    ids=["match", "match_means", "population", "simulate", "simulate_many", "validate"],
)
def test_what_does_not_exist_is_refused_everywhere(call, changed, message):
    with pytest.raises(OverrideError, match=message):
        call(changed)


def test_a_drugs_constant_is_above_0():
    for call in (hpg.simulate, hpg.simulate_many):
        with pytest.raises(OverrideError, match="above 0"):
            call(None, days=1, parameters={CONSTANT: 0})


@pytest.mark.parametrize(
    ("changes_at_start", "message"),
    [
        ({"leydig_outpt": 0.1}, "unknown trait 'leydig_outpt'; did you mean leydig_output"),
        ({"lh_elimination": 10}, "unknown trait"),
        ({"leydig_output": 0}, "above 0"),
        ({"leydig_output": 1e6}, "at most 10"),
        ({"duct_obstruction": 2}, "from 0 to 1"),
        ({"varicocele": float("inf")}, "finite"),
    ],
)
@pytest.mark.parametrize("call", [hpg.simulate, hpg.simulate_many])
def test_what_changes_afterwards_is_a_trait(call, changes_at_start, message):
    with pytest.raises(OverrideError, match=message):
        call(None, days=1, changes_at_start=changes_at_start)


def test_sets_of_the_posterior_are_split_whole():
    for one in parameter_sets()[0][:20]:
        numbers, constants = split(one, "posterior")
        assert {**numbers, **constants} == one
        assert set(numbers) <= set(catalogue()) and set(constants) <= drug_constants()


def test_what_is_given_is_used():
    slow = hpg.match(hpg.Patient(), parameters={"feedback_rate": 0.5}).parameters
    assert slow.feedback_rate == 0.5
    usual, weak = (
        hpg.simulate(None, "anastrozole 1 mg daily", days=30, parameters=c) for c in (None, {CONSTANT: 1000.0})
    )
    assert usual["estradiol"][-1] < 0.8 * weak["estradiol"][-1]
    assert hpg.simulate(None, days=60, changes_at_start={"leydig_output": 0.5})["testosterone"][-1] < 450
