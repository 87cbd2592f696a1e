"""Shares of men and times to thresholds."""

from dataclasses import replace

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.evidence.trials import Outcome
from hpgaxis.validation import responder_fractions
from hpgaxis.validation.cohort import Cohort, simulate_arm
from hpgaxis.validation.outcome import NotComparable

PROTOCOL = hpg.Protocol.of("testosterone enanthate 200 mg weekly for 26 weeks")


@pytest.fixture(scope="module")
def men():
    return simulate_arm(
        hpg.match(hpg.Patient()),
        PROTOCOL,
        {},
        count=512,
        times=np.arange(0, 500.25, 0.25),
        variables=("sperm_concentration",),
    )


def outcome(measure, day=None, value=50.0, unit="%"):
    return Outcome(measure=measure, day=day, value=value, unit=unit)


def test_untreated_men_as_the_reference_population(men):
    """WHO 2021 (Campbell 2021): 5 % of fertile men below 16 x 10^6/mL."""
    assert men.share_below("sperm_concentration", 0, 16) == pytest.approx(0.05, abs=0.03)


def test_times_are_counted_from_the_right_day(men):
    last = 25 * 7.0
    to_azoospermia = responder_fractions.days_to(outcome("days_to_azoospermia", unit="days"), men, "eugonadal", last)
    recovery = responder_fractions.days_to(outcome("days_to_recovery", unit="days"), men, "eugonadal", last)
    assert men.share_below("sperm_concentration", to_azoospermia, responder_fractions.AZOOSPERMIA) == pytest.approx(
        0.5, abs=0.1
    )
    assert men.share_below("sperm_concentration", last + recovery, 20) == pytest.approx(0.5, abs=0.1)


def test_what_half_of_the_men_never_reach_is_not_compared(men):
    with pytest.raises(NotComparable, match="not reached"):
        responder_fractions.days_to(
            outcome("days_to_normal_testosterone", unit="days"), _never(men), "eugonadal", 175.0
        )


def _never(men):
    low = {"testosterone": 0 * men.values["sperm_concentration"]}
    return replace(men, values={**men.values, **low})


def test_without_a_day_the_share_is_that_at_the_last_dose(men):
    at_end = responder_fractions.share(outcome("fraction_azoospermic"), men, "eugonadal", 175.0)
    assert at_end == pytest.approx(100 * men.share_below("sperm_concentration", 175, responder_fractions.AZOOSPERMIA))


@pytest.mark.parametrize("measure", ["fraction_responders", "fraction_recovered", "fraction_happy"])
def test_what_is_not_defined_alike_is_not_compared(men, measure):
    with pytest.raises(NotComparable):
        responder_fractions.share(outcome(measure, day=60), men, "idiopathic_oligozoospermia", 175.0)


def test_first_sperm_are_told_of_men_who_had_none():
    """handelsman-1995-te-azoospermia-factors: men azoospermic on treatment, 75 days after the last injection."""
    some = simulate_arm(
        hpg.match(hpg.Patient()), PROTOCOL, {}, count=64, times=np.arange(501.0), variables=("sperm_concentration",)
    )
    last = float(PROTOCOL.series[0].times(1e6)[-1])
    without = some.those_below("sperm_concentration", last, responder_fractions.AZOOSPERMIA)
    assert 0 < len(without.weights) < len(some.weights) and without.weights.sum() == pytest.approx(1)
    told = responder_fractions.days_to(outcome("days_to_first_sperm", unit="days"), some, "eugonadal", last)
    later = without.first_day("sperm_concentration", responder_fractions.AZOOSPERMIA, above=True, after=last + 7) - last
    assert told == later > 7
    with pytest.raises(NotComparable, match="no man has"):
        some.those_below("sperm_concentration", 0, 1e-9)


def test_first_sperm_of_men_who_all_kept_some_are_not_compared():
    """An arm in which nobody becomes azoospermic is left out with the reason; the other arms are still compared."""
    low = hpg.Protocol.of("testosterone enanthate 25 mg weekly for 8 weeks")
    kept = simulate_arm(
        hpg.match(hpg.Patient()), low, {}, count=16, times=np.arange(121.0), variables=("sperm_concentration",)
    )
    with pytest.raises(NotComparable, match="no man has"):
        responder_fractions.days_to(outcome("days_to_first_sperm", unit="days"), kept, "eugonadal", 49.0)


def test_a_share_with_normal_testosterone_is_of_the_mean_over_the_day():
    """Three doses a day that are gone in hours: at the moment of a dose everybody is low, over the day they are not."""
    time = np.arange(0, 30.001, 1 / 24)
    swinging = 400 - 300 * np.cos(2 * np.pi * 3 * time)
    protocol = hpg.Protocol.of("testosterone_nasal 11 mg three times a day")
    one = Cohort(time, {"testosterone": np.array([swinging])}, np.ones(1), protocol)
    assert one.share_below("testosterone", 30, 300) == 1
    assert responder_fractions.share(outcome("fraction_t_normal", day=30), one, "eugonadal", 30.0) == 100
    weekly = replace(one, protocol=PROTOCOL)
    assert responder_fractions.share(outcome("fraction_t_normal", day=30), weekly, "eugonadal", 30.0) == 0
