"""The solver, on problems whose solutions are known."""

from typing import NamedTuple

import numpy as np
import pytest

from hpgaxis.engine import codegen, expression, forcing, integrator, steady


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


def compiled(function, name):
    return codegen.compiled(f"test_{name}", lambda: expression.trace(function, Y, P, U), on_compile=lambda: None)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HPGAXIS_CACHE", str(tmp_path))
    import sys

    for name in [n for n in sys.modules if n.startswith("equations_test_")]:
        del sys.modules[name]


COMMON = {"scale": np.ones(2), "names": ("a", "b")}


def test_linear_chain_matches_its_solution():
    times = np.linspace(0, 3, 31)
    y = integrator.integrate(
        compiled(chain, "chain"), np.array([1.0, 0.0]), np.array([1.3]), forcing.none(1), times,
        tolerance=integrator.Tolerance(1e-9, 1e-12), **COMMON,
    )  # fmt: skip
    a = np.exp(-1.3 * times)
    assert np.allclose(y[:, 0], a, rtol=1e-6)
    assert np.allclose(y[:, 1], a - np.exp(-2.6 * times), atol=1e-7)


def test_impulses_of_a_renewal_are_added_when_due():
    def every_day(t, y):
        return np.floor(t) + 1.0, np.array([1.0, 0.0])

    times = np.array([0.0, 0.5, 1.5, 2.5])
    y = integrator.integrate(
        compiled(chain, "renewal"), np.array([1.0, 0.0]), np.array([1.0]), forcing.none(1), times,
        renewal=every_day, tolerance=integrator.Tolerance(1e-9, 1e-12), **COMMON,
    )  # fmt: skip
    assert y[1, 0] == pytest.approx(np.exp(-0.5), rel=1e-6)
    assert y[2, 0] == pytest.approx(np.exp(-1.5) + np.exp(-0.5), rel=1e-6)
    assert y[3, 0] == pytest.approx(np.exp(-2.5) + np.exp(-1.5) + np.exp(-0.5), rel=1e-6)


def test_a_blow_up_names_day_and_state():
    with pytest.raises(integrator.IntegrationError) as caught:
        integrator.integrate(
            compiled(explode, "explode"), np.array([1.0, 0.0]), np.array([1.0]), forcing.none(1), np.array([0.0, 2.0]),
            **COMMON,
        )  # fmt: skip
    assert caught.value.state_name == "a"
    assert 0.5 < caught.value.day <= 1.01  # y = 1 / (1 - t) ends at t = 1


def test_steady_state_of_a_fed_chain():
    y = steady.steady_state(compiled(chain, "steady"), np.array([5.0, 5.0]), np.array([2.0]), np.array([3.0]))
    assert y == pytest.approx([1.5, 0.75])


def test_steady_state_that_does_not_exist_is_an_error():
    with pytest.raises(steady.SteadyStateError, match="does not come to rest"):
        steady.steady_state(
            compiled(chain, "none"), np.array([1.0, 1.0]), np.array([1.0]), np.array([0.0]), names=("a", "b")
        )


def test_jacobian_is_the_derivative_of_the_rates():
    from hpgaxis import model
    from hpgaxis.physiology.parameters import parameters

    p = np.array(parameters(age=45, bmi=31), dtype=float)
    y = model.reference_state(parameters()) * np.linspace(0.4, 1.7, len(model.STATES))
    u = np.linspace(0.1, 2.0, len(model.CHANNELS))
    equations, n = model.equations(), len(y)
    exact, low, high = np.zeros((n, n)), np.zeros(n), np.zeros(n)
    equations.jacobian(y, p, u, exact)
    for j in range(n):
        step = 1e-6 * y[j]
        shifted = y.copy()
        shifted[j] += step
        equations.rates(shifted, p, u, high)
        shifted[j] -= 2 * step
        equations.rates(shifted, p, u, low)
        assert (high - low) / (2 * step) == pytest.approx(exact[:, j], rel=2e-5, abs=1e-6 * np.abs(exact).max())


def decay(y, p, u):
    return Y(-p.k * y.a, -40 * p.k * y.b)


def test_amounts_stay_at_or_above_zero_down_to_nothing():
    times = np.linspace(0, 60, 400)
    y = integrator.integrate(
        compiled(decay, "decay"), np.array([1.0, 1.0]), np.array([3.0]), forcing.none(1), times,
        tolerance=integrator.Tolerance(1e-4, 1e-6), **COMMON,
    )  # fmt: skip
    assert y.min() >= 0
    assert y[-1].max() < 1e-5
