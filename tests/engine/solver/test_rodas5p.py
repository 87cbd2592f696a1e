"""The method, on problems whose solutions are known: its order, its stiffness, its dense output."""

from typing import NamedTuple

import numpy as np
import pytest

from hpgaxis.engine import forcing
from hpgaxis.engine.batch import Problem, SaveAt, Tolerance, empty_solution, integrate
from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.solver import rodas5p
from hpgaxis.engine.trace import expression
from tests.engine.one_subject import integrate_one

pytestmark = pytest.mark.usefixtures("own_cache")


class One(NamedTuple):
    a: float


class Three(NamedTuple):
    a: float
    b: float
    c: float


class Rate(NamedTuple):
    k: float


class Drive(NamedTuple):
    phi: float


def compiled(function, states):
    name = f"test_{function.__name__}"
    return kernel.compiled(name, lambda: expression.trace(function, states, Rate, Drive), lambda: None)


def fixed_steps(system, start, k, step, end, inputs, times=None):
    """Integrate with steps of one size: the tolerance refuses nothing."""
    start = np.atleast_2d(start)
    problem = Problem(
        start=start, parameters=np.array([[k]]), absolute=np.ones_like(start), begin=np.zeros(1), end=np.array([end]),
        forcings=[inputs], forcing_of=np.zeros(1, dtype=np.int64), nonnegative=np.zeros(start.shape[1], dtype=bool),
        longest_step=step,
    )  # fmt: skip
    save_at = SaveAt(np.array([end]) if times is None else times)
    solution = empty_solution(1, start.shape[1], save_at)
    solution.carry[:, 0] = step
    integrate(system, problem, save_at, 1e6, solution=solution, threads=1)
    assert solution.status[0] == 0
    assert times is not None or solution.steps[0] == round(end / step)
    return solution.states[0]


def order(errors):
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


def logistic(y, p, u):
    return One(p.k * y.a * (1 - y.a) + u.phi * y.a)


def logistic_solution(t):
    """y' = y (1 - y) + exp(-t) y from 0.1: Bernoulli's equation, its integral by quadrature."""
    from scipy.integrate import quad

    def growth(s):
        return np.exp(s + 1 - np.exp(-s))

    return growth(t) / (1 / 0.1 + quad(growth, 0, t, epsabs=1e-13, epsrel=1e-13)[0])


MOVING = forcing.build([(0.0, 0, 1.0)], [1.0], np.array([[1.0]]))


def test_order_5_on_a_nonlinear_equation_with_a_moving_input():
    system = compiled(logistic, One)
    errors = [
        abs(fixed_steps(system, [0.1], 1.0, step, 2.0, MOVING)[-1, 0] - logistic_solution(2.0))
        for step in (0.25, 0.125, 0.0625, 0.03125)
    ]
    assert order(errors)[-1] == pytest.approx(5, abs=0.3)


def test_dense_output_of_order_4():
    system = compiled(logistic, One)
    errors = []
    for step in (0.25, 0.125, 0.0625):
        times = np.arange(0.0, 2.0, step) + 0.4 * step
        values = fixed_steps(system, [0.1], 1.0, step, 2.0, MOVING, times)[:, 0]
        errors.append(max(abs(v - logistic_solution(t)) for v, t in zip(values, times, strict=True)))
    assert order(errors)[-1] > 3.8


def relaxing(y, p, u):
    return One(-p.k * y.a + u.phi)


def test_order_5_under_the_daily_clock():
    """y' = -k y + A cos(2 pi (t - f)) by variation of constants: both the clock and its speed enter the stages."""
    k, amplitude, phase, w = 2.0, 1.5, 0.3, 2 * np.pi

    def particular(t):
        return amplitude * (k * np.cos(w * (t - phase)) + w * np.sin(w * (t - phase))) / (k * k + w * w)

    system, clock = compiled(relaxing, One), forcing.none(1).with_clock(amplitude, phase, 0)
    exact = particular(2.0) + (1.0 - particular(0.0)) * np.exp(-2.0 * k)
    errors = [abs(fixed_steps(system, [1.0], k, step, 2.0, clock)[-1, 0] - exact) for step in (0.1, 0.05, 0.025)]
    assert order(errors)[-1] > 4.6


def prothero_robinson(y, p, u):
    """y' = -k (y - phi) + phi' with phi = exp(-t), an input; the solution is phi whatever k."""
    return One(-p.k * (y.a - u.phi) - u.phi)


@pytest.mark.parametrize("k", [1.0, 1e3, 1e6])
def test_prothero_robinson(k):
    """Prothero & Robinson 1974: order 5 or more where it is not stiff. Where it is, the order falls, but a stiffly accurate
    method's error is of the size step^2 / k times the solution's second derivative, here at most 1 (Hairer & Wanner
    1996, IV.15)."""
    system = compiled(prothero_robinson, One)
    steps = (0.25, 0.125, 0.0625)
    errors = [abs(fixed_steps(system, [1.0], k, step, 2.0, MOVING)[-1, 0] - np.exp(-2.0)) for step in steps]
    if k == 1.0:
        assert order(errors)[-1] > 4.6
    else:
        assert all(error < step**2 / k for error, step in zip(errors, steps, strict=True))


def robertson(y, p, u):
    slow, fast, faster = 0.04 * p.k * y.a, 1e4 * y.b * y.c, 3e7 * y.b * y.b
    return Three(fast - slow, slow - fast - faster, faster)


def test_robertson():
    """Robertson 1966; reference of Hairer & Wanner 1996, IV.10: y(40) = 0.7158, 9.185e-6, 0.2842."""
    system = compiled(robertson, Three)
    y, _ = integrate_one(
        system, np.array([1.0, 0.0, 0.0]), np.array([1.0]), forcing.none(1), np.array([0.0, 40.0]),
        scale=np.array([1.0, 1e-4, 1.0]), names=Three._fields, tolerance=Tolerance(1e-7, 1e-10),
    )  # fmt: skip
    assert y[-1] == pytest.approx([0.7158270688, 9.185534765e-6, 0.2841637457], rel=1e-6)
    assert y[-1].sum() == pytest.approx(1, abs=1e-9)


def chain(y, p, u):
    return Three(-p.k * y.a + u.phi, p.k * y.a - 2 * p.k * y.b, 2 * p.k * y.b - 30 * p.k * y.c)


@pytest.mark.parametrize("relative", [1e-4, 1e-6, 1e-8])
def test_a_linear_chain_meets_its_tolerance(relative):
    from scipy.linalg import expm

    k, times = 1.7, np.linspace(0, 3, 13)
    system = np.array([[-k, 0, 0, 1], [k, -2 * k, 0, 0], [0, 2 * k, -30 * k, 0], [0, 0, 0, -1.0]])
    exact = np.array([(expm(system * t) @ [1.0, 0.2, 0.1, 1.0])[:3] for t in times])
    y, _ = integrate_one(
        compiled(chain, Three), np.array([1.0, 0.2, 0.1]), np.array([k]), MOVING, times,
        scale=np.ones(3), names=Three._fields, tolerance=Tolerance(relative, relative * 1e-3),
    )  # fmt: skip
    assert np.max(np.abs(y / exact - 1)) < 20 * relative


def test_coefficients_meet_the_conditions_of_order():
    """Hairer & Wanner 1996, table VI.7.1, conditions of quadrature to order 5 and the first others, after turning the coefficients back to alpha and gamma."""
    s, gamma = rodas5p.STAGES, rodas5p.gamma
    turned = np.linalg.inv(np.eye(s) / gamma - rodas5p.c)  # Gamma = (gamma^-1 I - C)^-1
    alpha = rodas5p.a @ turned
    weights = np.append(rodas5p.a[-1, :-1], 1.0) @ turned
    beta = alpha + turned
    assert alpha.sum(axis=1) == pytest.approx(rodas5p.alpha, abs=1e-12)
    assert turned.sum(axis=1) == pytest.approx(rodas5p.gamma_i, abs=1e-12)
    assert weights.sum() == pytest.approx(1)
    assert weights @ beta.sum(axis=1) == pytest.approx(1 / 2)
    assert weights @ alpha.sum(axis=1) ** 2 == pytest.approx(1 / 3)
    assert weights @ beta @ beta.sum(axis=1) == pytest.approx(1 / 6)
    assert weights @ alpha.sum(axis=1) ** 3 == pytest.approx(1 / 4)
    assert weights @ alpha.sum(axis=1) ** 4 == pytest.approx(1 / 5)
    stable = 1 - weights @ np.linalg.solve(turned + alpha, np.ones(s))  # R(infinity)
    assert stable == pytest.approx(0, abs=1e-10)


def test_the_numbers_of_a_traced_function_are_its_derivatives():
    """Rates and the linear solve, against Robertson's own Jacobian and a dense solve."""
    system = compiled(robertson, Three)
    from hpgaxis.engine.solver.arrays import rows_of

    size, entries = 3, system.layout.entries
    y, p, c, u = rows_of(3), rows_of(1), rows_of(system.layout.constants + 1), rows_of(1)
    speed, shift, work, right, x = rows_of(1), rows_of(1), rows_of(entries + 6), rows_of(3), rows_of(3)
    y[:], p[:], shift[:] = np.array([[0.8], [2e-5], [0.2]]) * np.linspace(0.5, 1.5, 8), 1.0, np.linspace(0.1, 50, 8)
    right[:] = np.random.default_rng(0).normal(size=(3, 8))
    system.call("hoist", p, c)
    system.call("linearise", y, c, u, speed, shift, work)
    system.call("solve", work, right, x)

    def rates(values):
        return np.array(robertson(Three(*values), Rate(1.0), Drive(0.0)))

    for lane in range(8):
        assert work[entries : entries + size, lane] == pytest.approx(rates(y[:, lane]), rel=1e-12)
        _, b, third = y[:, lane]
        slope = np.array([[-0.04, 1e4 * third, 1e4 * b], [0.04, -1e4 * third - 6e7 * b, -1e4 * b], [0, 6e7 * b, 0]])
        expected = np.linalg.solve(shift[0, lane] * np.eye(3) - slope, right[:, lane])
        assert x[:, lane] == pytest.approx(expected, rel=1e-10)
