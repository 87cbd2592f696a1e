"""Quotients of a product become one, and nothing changes but rounding."""

import pytest
from hypothesis import given

from hpgaxis.engine.trace import expression
from hpgaxis.engine.trace.derivatives import ordered
from hpgaxis.engine.trace.merge_divisions import with_fewer_divisions

from .test_expression import P, U, Y, evaluate, positive


def quotients(y, p, u):
    chain = (y.a / (p.k + y.a)) * (y.b / (1 + y.b)) * (u.d / (p.m + u.d)) * -p.k
    shared = 1 / (2 + y.b)
    return Y(chain + shared * (y.a / (3 + u.d)), shared - y.a / (5 + y.a))


def divisions(graph, wanted):
    return sum(graph.nodes[node][0] == "reciprocal" and graph.varies[node] for node in ordered(graph, wanted))


def test_a_product_of_quotients_divides_once_and_what_is_shared_stays():
    system = expression.trace(quotients, Y, P, U)
    assert divisions(system.graph, system.rates) == 6
    assert divisions(system.graph, with_fewer_divisions(system.graph, system.rates)) == 4


@given(positive, positive, positive, positive, positive)
def test_the_numbers_stay(a, b, k, m, d):
    system = expression.trace(quotients, Y, P, U)
    leaves = {"state": (a, b), "parameter": (k, m), "input": (d,)}
    fewer = with_fewer_divisions(system.graph, system.rates)
    assert evaluate(system.graph, fewer, leaves) == pytest.approx(quotients(Y(a, b), P(k, m), U(d)), rel=1e-13)
