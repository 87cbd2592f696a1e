"""The solver, on problems whose solutions are known."""

from typing import NamedTuple

import numpy as np
import pytest

from hpgaxis.engine import forcing, steady
from hpgaxis.engine.batch import PulseTrain, Tolerance
from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.trace import expression
from tests.engine.one_subject import IntegrationError, integrate_one

pytestmark = pytest.mark.usefixtures("own_cache")


class Y(NamedTuple):
    a: float
    b: float


class P(NamedTuple):
    k: float


class U(NamedTuple):
    dose: float


def chain(y, p, u):
    return Y(u.dose - p.k * y.a, p.k * y.a - 2 * p.k * y.b)


def explode(y, p, u):
    return Y(p.k * y.a**2, 0 * y.b)


def compiled(function, name, **outputs):
    return kernel.compiled(
        f"test_{name}", lambda: expression.trace(function, Y, P, U, outputs), on_compile=lambda: None
    )


COMMON = {"scale": np.ones(2), "names": ("a", "b")}


def test_linear_chain_matches_its_solution():
    times = np.linspace(0, 3, 31)
    y, _ = integrate_one(
        compiled(chain, "chain"), np.array([1.0, 0.0]), np.array([1.3]), forcing.none(1), times,
        tolerance=Tolerance(1e-9, 1e-12), **COMMON,
    )  # fmt: skip
    a = np.exp(-1.3 * times)
    assert np.allclose(y[:, 0], a, rtol=1e-6)
    assert np.allclose(y[:, 1], a - np.exp(-2.6 * times), atol=1e-7)


def every_day(y, p, u):
    return 1.0 + 0 * y.a, 1.0 + 0 * y.a


def test_impulses_of_a_train_are_added_when_due():
    times = np.array([0.0, 0.5, 1.5, 2.5])
    y, _ = integrate_one(
        compiled(chain, "train", pulse=every_day), np.array([1.0, 0.0]), np.array([1.0]), forcing.none(1), times,
        pulses=PulseTrain(0, np.ones((1, 5))), tolerance=Tolerance(1e-9, 1e-12), **COMMON,
    )  # fmt: skip
    assert y[1, 0] == pytest.approx(np.exp(-0.5), rel=1e-6)
    assert y[2, 0] == pytest.approx(np.exp(-1.5) + np.exp(-0.5), rel=1e-6)
    assert y[3, 0] == pytest.approx(np.exp(-2.5) + np.exp(-1.5) + np.exp(-0.5), rel=1e-6)


def test_a_train_that_runs_out_of_draws_says_so():
    with pytest.raises(IntegrationError, match="pulses"):
        integrate_one(
            compiled(chain, "draws", pulse=every_day), np.array([1.0, 0.0]), np.array([1.0]), forcing.none(1),
            np.array([0.0, 5.0]), pulses=PulseTrain(0, np.ones((1, 3))), **COMMON,
        )  # fmt: skip


def test_a_blow_up_names_day_and_state():
    with pytest.raises(IntegrationError) as caught:
        integrate_one(
            compiled(explode, "explode"), np.array([1.0, 0.0]), np.array([1.0]), forcing.none(1), np.array([0.0, 2.0]),
            **COMMON,
        )  # fmt: skip
    assert caught.value.state_name == "a"
    assert 0.5 < caught.value.day <= 1.01  # y = 1 / (1 - t) ends at t = 1


def test_steady_state_of_a_fed_chain():
    y = steady.steady_state(compiled(chain, "steady"), np.array([5.0, 5.0]), np.array([2.0]), np.array([3.0]))
    assert y == pytest.approx([1.5, 0.75])


def test_what_is_held_stays_to_the_bit_and_the_rest_comes_to_rest():
    y = steady.steady_state(
        compiled(chain, "held"), np.array([0.1 + 0.2, 5.0]), np.array([2.0]), np.array([3.0]), held=(0,)
    )
    assert y[0] == 0.1 + 0.2
    assert y[1] == pytest.approx(y[0] / 2)


def test_steady_state_that_does_not_exist_is_an_error():
    with pytest.raises(steady.SteadyStateError, match="does not come to rest"):
        steady.steady_state(
            compiled(chain, "none"), np.array([1.0, 1.0]), np.array([1.0]), np.array([0.0]), names=("a", "b")
        )


def decay(y, p, u):
    return Y(-p.k * y.a, -40 * p.k * y.b)


def test_amounts_stay_at_or_above_zero_down_to_nothing():
    times = np.linspace(0, 60, 400)
    y, _ = integrate_one(
        compiled(decay, "decay"), np.array([1.0, 1.0]), np.array([3.0]), forcing.none(1), times,
        tolerance=Tolerance(1e-4, 1e-6), **COMMON,
    )  # fmt: skip
    assert y.min() >= 0
    assert y[-1].max() < 1e-5
