"""Chance of conception: laws that hold whatever the numbers."""

from itertools import pairwise
from math import exp, lgamma

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.physiology import conception
from hpgaxis.physiology.parameters import parameters

P = parameters()
MEAN = st.floats(0.02, 0.5)
VARIATION = st.floats(0.1, 0.95)
FACTOR = st.floats(0, 1.2)
MONTHS = st.floats(0, 360)


@given(st.floats(0, 300), st.floats(0, 100), st.floats(0, 50))
def test_semen_can_only_lower_the_chance_of_conception_up_to_a_little_above_the_reference(count, motility, forms):
    assert 0 <= conception.semen_factor(count, motility, forms, P) < 1.4


@given(st.floats(0, 300), st.floats(0, 300), st.floats(0, 100), st.floats(0, 50))
def test_more_sperm_never_lower_it(fewer, more, motility, forms):
    fewer, more = sorted((fewer, more))
    assert conception.semen_factor(fewer, motility, forms, P) <= conception.semen_factor(more, motility, forms, P)


@given(st.floats(18, 60), st.floats(18, 60))
def test_an_older_partner_never_raises_it(younger, older):
    younger, older = sorted((younger, older))
    assert 0 < conception.partner_factor(older, P) <= conception.partner_factor(younger, P) <= 1


@given(MEAN, VARIATION)
def test_couples_have_the_mean_and_the_variation(mean, variation):
    fecundability, shares = conception.couples(mean, variation)
    assert np.all((fecundability > 0) & (fecundability < 1)) and np.all(shares >= 0)
    assert np.sum(shares) == pytest.approx(1)
    assert shares @ fecundability == pytest.approx(mean)
    assert shares @ (fecundability - mean) ** 2 == pytest.approx((mean * variation) ** 2, rel=1e-6)


@given(MEAN, VARIATION, st.integers(0, 700))
def test_the_quadrature_is_the_beta_function(mean, variation, months):
    """Of beta-distributed chances, B(a, b + n) / B(a, b) of couples have not conceived after n months."""
    total = (1 - mean) / (mean * variation**2) - 1
    a, b = mean * total, (1 - mean) * total
    left = exp(lgamma(b + months) - lgamma(a + b + months) - lgamma(b) + lgamma(a + b))
    fecundability, shares = conception.couples(mean, variation)
    assert shares @ (1 - fecundability) ** months == pytest.approx(left, rel=1e-4, abs=1e-6)


@given(MEAN, VARIATION, st.lists(FACTOR, min_size=1, max_size=24), FACTOR, MONTHS, MONTHS, st.booleans())
def test_chances_are_chances_and_trying_lowers_them(mean, variation, factors, at_first, fewer, more, previous):
    fecundability, shares = conception.couples(mean, variation)
    each = np.minimum(np.outer(fecundability, factors), 1)
    tried = np.minimum(fecundability * max(at_first, 1e-3), 1)
    last = None
    for months in sorted((fewer, more)):
        left = conception.still_trying(shares, tried, months, previous_pregnancy=previous)
        monthly, cumulative = conception.chances(left, each)
        assert np.all((monthly >= 0) & (monthly <= 1) & (cumulative >= 0) & (cumulative <= 1))
        assert all(later >= earlier - 1e-12 for earlier, later in pairwise(cumulative))
        if last is not None:
            assert np.all(cumulative <= last + 1e-9)
        last = cumulative


@given(MEAN, VARIATION, st.floats(0.05, 1), MONTHS)
def test_a_previous_pregnancy_raises_it(mean, variation, factor, months):
    fecundability, shares = conception.couples(mean, variation)
    without = conception.still_trying(shares, factor * fecundability, months)
    proven = conception.still_trying(shares, factor * fecundability, months, previous_pregnancy=True)
    assert fecundability @ proven >= fecundability @ without


@given(MEAN, VARIATION, st.integers(1, 24), st.integers(1, 24))
def test_months_of_trying_are_months_that_have_passed(mean, variation, tried, months):
    """What follows after so many months is what the later months of a longer course say."""
    fecundability, shares = conception.couples(mean, variation)
    each = np.repeat(fecundability[:, None], tried + months, axis=1)
    whole, _ = conception.chances(shares, each)
    rest, _ = conception.chances(conception.still_trying(shares, fecundability, tried), each[:, tried:])
    assert rest == pytest.approx(whole[tried:], rel=1e-6)


def test_months_of_trying_without_sperm_tell_nothing():
    fecundability, shares = conception.couples(P.partner_fecundability, P.partner_fecundability_variation)
    assert conception.still_trying(shares, 0 * fecundability, 120) == pytest.approx(shares)


def test_a_certain_conception_leaves_nobody():
    monthly, cumulative = conception.chances(np.ones(1), np.array([[1.0, 0.5]]))
    assert monthly.tolist() == [1, 0] and cumulative.tolist() == [1, 1]
