"""Closed forms against the textbook's and against numerical integration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from hpgaxis.pharmacology import kinetics

LN2 = np.log(2)


def value(response, t):
    return sum(a * np.exp(-k * t) for a, k in response)


def test_bateman():
    ka, k, volume = LN2 / 0.1, LN2 / 2.0, 40.0
    t = np.linspace(0, 10, 50)
    expected = ka / (volume * (ka - k)) * (np.exp(-k * t) - np.exp(-ka * t))
    assert value(kinetics.concentration([0.1], volume, 2.0), t) == pytest.approx(expected)


@given(st.floats(0.01, 5), st.floats(0.02, 8), st.floats(0.01, 30))
def test_everything_absorbed_leaves_once(first, second, half_life):
    """Area under the concentration is dose over clearance, whatever the absorption."""
    response = kinetics.concentration([first, second], 10.0, half_life)
    area = sum(a / k for a, k in response)
    assert area == pytest.approx(1 / (10.0 * LN2 / half_life), rel=2e-2)
    assert abs(value(response, 0.0)) < 1e-6 * max(abs(a) for a, _ in response)


def test_equal_rates_are_the_limit_not_a_division_by_zero():
    response = kinetics.concentration([1.0], 1.0, 1.0)
    k = LN2
    assert value(response, 1.0) == pytest.approx(k * np.exp(-k), rel=1e-3)


def test_two_compartments_against_numerical_integration():
    volume, fast, slow, share = 5.0, 0.2, 3.0, 0.7
    alpha, beta = LN2 / fast, LN2 / slow
    k21 = share * beta + (1 - share) * alpha
    k10 = alpha * beta / k21
    k12 = alpha + beta - k21 - k10
    ka = LN2 / 0.5

    def rhs(t, y):
        return [-ka * y[0], ka * y[0] - (k10 + k12) * y[1] + k21 * y[2], k12 * y[1] - k21 * y[2]]

    t = np.linspace(0, 8, 30)
    reference = solve_ivp(rhs, (0, 8), [1, 0, 0], t_eval=t, rtol=1e-10, atol=1e-12).y[1] / volume
    assert value(kinetics.concentration([0.5], volume, slow, (fast, share)), t) == pytest.approx(reference, abs=1e-7)


def test_release_is_all_of_the_dose():
    response = kinetics.absorption_then_release([4.5, 0.5])
    assert sum(a / k for a, k in response) == pytest.approx(1.0)
