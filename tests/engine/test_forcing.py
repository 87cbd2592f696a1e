"""Inputs over time are exact between events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.engine import forcing


def test_bolus_decays_and_adds():
    f = forcing.build([(0.0, 0, 2.0), (1.0, 0, 2.0)], [0.7], np.array([[1.0]]))
    values = f.at(np.array([-0.1, 0.0, 0.5, 1.5]))[:, 0]
    assert values == pytest.approx([0, 2, 2 * np.exp(-0.35), 2 * np.exp(-1.05) + 2 * np.exp(-0.35)])


@given(st.lists(st.floats(0, 50), min_size=1, max_size=8), st.floats(0.01, 20))
def test_superposition(times, rate):
    f = forcing.build([(t, 0, 1.0) for t in times], [rate], np.array([[1.0]]))
    at = 51.0
    assert f.at(np.array([at]))[0, 0] == pytest.approx(
        sum(np.exp(-rate * (at - t)) for t in times), rel=1e-9, abs=1e-12
    )


def test_a_finished_constant_input_leaves_nothing():
    events = [(0.1 * i, 0, 0.1) for i in range(10)] + [(0.1 * i + 0.3, 0, -0.1) for i in range(10)]
    f = forcing.build(events, [0.0], np.array([[1.0]]))
    assert f.at(np.array([5.0]))[0, 0] == 0.0


def test_clock_is_a_daily_cosine():
    f = forcing.none(2).with_clock(0.2, 0.25, 1)
    assert f.at(np.array([0.25, 0.75, 1.25]))[:, 1] == pytest.approx([0.2, -0.2, 0.2])


def test_events_that_rounding_has_torn_apart_are_one():
    """The end of one infusion and the start of the next, 40 intervals of 2 hours on, differ in the last bit."""
    step = 1 / 12
    events = [(i * step, 0, 1.0) for i in range(40)] + [(i * step + step, 0, -1.0) for i in range(40)]
    f = forcing.build(events, [0.0], np.array([[1.0]]))
    assert np.diff(f.knots).min() > 0.5 * step
