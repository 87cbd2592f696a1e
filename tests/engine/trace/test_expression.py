"""Traced equations keep their values and give their derivatives; the machine code computes them."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.solver.arrays import rows_of
from hpgaxis.engine.trace import derivatives, expression, factorise
from hpgaxis.model import CHANNELS, Model
from hpgaxis.physiology import axis
from hpgaxis.physiology.parameters import parameters
from hpgaxis.physiology.states import Inputs, State


class Y(NamedTuple):
    a: float
    b: float


class P(NamedTuple):
    k: float
    m: float


class U(NamedTuple):
    d: float


def evaluate(graph, nodes, leaves):
    """Values of nodes of a graph, as the definition of each operation has it."""
    found = {}
    for node in derivatives.ordered(graph, nodes):
        operation, *parts = graph.nodes[node]
        if operation == "number":
            found[node] = parts[0]
        elif operation in expression.OPERATIONS:
            x = [found[part] for part in parts]
            found[node] = {
                "add": lambda x=x: x[0] + x[1], "multiply": lambda x=x: x[0] * x[1], "negate": lambda x=x: -x[0],
                "reciprocal": lambda x=x: 1 / x[0], "root": lambda x=x: x[0] ** 0.5,
            }[operation]()  # fmt: skip
        else:
            found[node] = leaves[operation][parts[0]]
    return [found[node] for node in nodes]


def shapes(y, p, u):
    shared = p.k * y.a / (p.m + y.a**3)
    return Y(shared - 2 * y.b + u.d / y.b, (y.a * y.b + 1) ** 0.5 * p.m - shared**-2 + (3 - y.b) ** -0.5 * (1 / p.k))


SYSTEM = expression.trace(shapes, Y, P, U)
positive = st.floats(0.1, 2.5)


@given(positive, positive, positive, positive, positive)
def test_a_traced_function_keeps_its_values_and_its_derivatives(a, b, k, m, d):
    leaves = {"state": [a, b], "parameter": [k, m], "input": [d], "speed": [1.3]}
    assert evaluate(SYSTEM.graph, SYSTEM.rates, leaves) == pytest.approx(
        list(shapes(Y(a, b), P(k, m), U(d))), rel=1e-12
    )
    tiny = 1e-30
    entries, moving = derivatives.linearised(SYSTEM)
    for (row, column), node in entries.items():
        moved: list[Any] = [complex(a), complex(b)]
        moved[column] += 1j * tiny
        exact = complex(shapes(Y(*moved), P(k, m), U(d))[row]).imag / tiny
        assert evaluate(SYSTEM.graph, [node], leaves)[0] == pytest.approx(exact, rel=1e-10)
    assert evaluate(SYSTEM.graph, moving, leaves) == pytest.approx([1.3 / b, 0.0], rel=1e-12)


def test_what_occurs_twice_is_one_node():
    graph = SYSTEM.graph
    assert len(set(graph.nodes)) == len(graph.nodes)
    cubes = [node for node in graph.nodes if node[0] == "reciprocal"]
    assert len(cubes) == len({node[1] for node in cubes})


def test_an_exponent_that_is_no_power_is_an_error():
    with pytest.raises(TypeError, match="exponent"):
        expression.trace(lambda y, p, u: Y(y.a**1.7, y.b), Y, P, U)
    with pytest.raises(ValueError, match="1 rates for 2 states"):
        expression.trace(lambda y, p, u: [y.a], Y, P, U)


@given(st.integers(0, 2**32 - 1))
def test_sparse_factors_solve_what_a_dense_solver_solves(seed):
    random = np.random.default_rng(seed)
    size = 7
    pattern = random.random((size, size)) < 0.3
    values = random.normal(size=(size, size)) * pattern
    graph = expression.Graph()
    jacobian = {(i, j): graph.node("state", i * size + j) for i, j in zip(*np.nonzero(pattern), strict=True)}
    factors = factorise.factorise(graph, jacobian, size)
    shift, right = 9.0, random.normal(size=size)
    entries = evaluate(graph, factors.entries, {"state": values.ravel(), "shift": [shift]})
    x = evaluate(graph, factorise.solve(graph, factors), {"factor": entries, "right": right})
    assert x == pytest.approx(list(np.linalg.solve(shift * np.eye(size) - values, right)), rel=1e-8, abs=1e-10)


def test_the_machine_code_of_the_axis_computes_its_equations():
    """Rates and measurements of eight different men, against the equations run on numbers."""
    system, n = Model.default().kernel, len(Model.default().states)
    p = parameters(age=45, bmi=31)
    y, u = rows_of(n), rows_of(len(CHANNELS))
    y[:] = Model.default().reference_state(p)[:, None] * np.linspace(0.5, 1.6, 8)
    u[:] = np.linspace(0.0, 2.0, len(u))[:, None]
    table, constants, rates = rows_of(len(p)), rows_of(system.layout.constants + 1), rows_of(n)
    table[:] = np.array(p, dtype=float)[:, None]
    system.call("hoist", table, constants)
    system.call("rates", y, constants, u, rates)
    for lane in range(8):
        expected = np.array(axis.rates(State(*y[:, lane]), p, Inputs(*u[:, lane])), dtype=float)
        assert rates[:, lane] == pytest.approx(expected, rel=1e-9, abs=1e-12 * np.abs(y[:, lane]).max())


@pytest.mark.slow
def test_a_damaged_cache_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("HPGAXIS_CACHE", str(tmp_path))

    def make():
        return kernel.compiled("damaged", lambda: SYSTEM, lambda: told.append(1))

    told = list[int]()
    make()
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again = make()
    assert len(told) == 2 and again.layout.states == 2
    (path,) = tmp_path.glob("kernel_*.o")
    path.write_bytes(path.read_bytes().replace(b'"entries"', b'"entrails"', 1))  # as another version would write it
    assert make().layout == again.layout and len(told) == 3
