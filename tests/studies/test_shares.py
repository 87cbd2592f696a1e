"""Shares of men and times to thresholds."""

import pytest

import hpgaxis as hpg
from hpgaxis.evidence.outcome import NotComparable
from hpgaxis.evidence.trial import Outcome
from hpgaxis.studies import shares


@pytest.fixture(scope="module")
def suppressed():
    return hpg.simulate(None, "testosterone enanthate 200 mg weekly for 26 weeks", days=500)


def outcome(measure, day=None, value=50.0, unit="%"):
    return Outcome(measure=measure, day=day, value=value, unit=unit)


def test_half_of_men_are_below_the_median_man(suppressed):
    now = suppressed.at("sperm_concentration", 60)
    assert shares.share_below(suppressed, 60, now) == pytest.approx(0.5)
    assert shares.share_below(suppressed, 60, 10 * now) > 0.8


def test_untreated_men_as_the_reference_population(suppressed):
    """WHO 2021 (Campbell 2021): 5 % of fertile men below 16 x 10^6/mL."""
    assert shares.share_below(suppressed, 0, 16) == pytest.approx(0.05, abs=0.02)


def test_times_are_counted_from_the_right_day(suppressed):
    last = 25 * 7.0
    to_azoospermia = shares.days_to(outcome("days_to_azoospermia", unit="days"), suppressed, "eugonadal", last)
    recovery = shares.days_to(outcome("days_to_recovery", unit="days"), suppressed, "eugonadal", last)
    assert suppressed.at("sperm_concentration", to_azoospermia) == pytest.approx(shares.AZOOSPERMIA, rel=0.1)
    assert suppressed.at("sperm_concentration", last + recovery) == pytest.approx(20, rel=0.05)


def test_without_a_day_the_share_is_that_at_the_last_dose(suppressed):
    at_end = shares.share(outcome("fraction_azoospermic"), suppressed, "eugonadal", 175.0)
    assert at_end == pytest.approx(100 * shares.share_below(suppressed, 175, shares.AZOOSPERMIA))


@pytest.mark.parametrize("measure", ["fraction_responders", "fraction_recovered", "fraction_happy"])
def test_what_is_not_defined_alike_is_not_compared(suppressed, measure):
    with pytest.raises(NotComparable):
        shares.share(outcome(measure, day=60), suppressed, "idiopathic_oligozoospermia", 175.0)
