"""Traces equations once: plain functions over numbers, run on symbols, become expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class TracedSystem:
    """Rates of change as expressions in states, parameters and inputs, with their Jacobian's non-zero entries."""

    states: tuple[sympy.Symbol, ...]
    parameters: tuple[sympy.Symbol, ...]
    inputs: tuple[sympy.Symbol, ...]
    rates: tuple[sympy.Expr, ...]
    jacobian: dict[tuple[int, int], sympy.Expr]


def trace(
    function: Callable[[Any, Any, Any], Sequence[Any]],
    state_type: type[Any],
    parameter_type: type[Any],
    input_type: type[Any],
) -> TracedSystem:
    """Call `function(states, parameters, inputs)` on symbols and differentiate the rates by the states.

    The three types are named tuples; `function` returns one rate for each state, in the order of the states.
    """
    import sympy

    def symbols(prefix: str, kind: Any) -> Any:
        return kind(*(sympy.Symbol(f"{prefix}_{name}", real=True) for name in kind._fields))

    y, p, u = symbols("y", state_type), symbols("p", parameter_type), symbols("u", input_type)
    rates = tuple(sympy.sympify(rate) for rate in function(y, p, u))
    jacobian = {}
    for row, rate in enumerate(rates):
        for column, state in enumerate(y):
            if state in rate.free_symbols:
                entry = sympy.diff(rate, state)
                if entry != 0:
                    jacobian[row, column] = entry
    return TracedSystem(tuple(y), tuple(p), tuple(u), rates, jacobian)
