"""Traces equations: plain functions over numbers, called once with symbols, give a graph of shared expressions.

Equal nodes are one node (hash consing), so that common sub-expressions are shared. Division is multiplication by a
reciprocal. Factors that depend on parameters alone are collected, so that they are computed once per subject.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Node = tuple[Any, ...]
"""(operation, operands): operands are node numbers; a leaf has its index or its value."""
Equations = Callable[[Any, Any, Any], Sequence[Any]]
"""(states, parameters, inputs) -> values; each a named tuple of numbers, arrays or expressions."""
OPERATIONS = ("add", "multiply", "negate", "reciprocal", "root")
"""All other operations are leaves: "number", "parameter", "state", "input", and those that `codegen` adds."""


@dataclass
class Graph:
    """All nodes of a traced system; `varies[i]`: node i depends on states or inputs, not on parameters alone."""

    nodes: list[Node] = field(default_factory=list)
    varies: list[bool] = field(default_factory=list)
    numbers: dict[Node, int] = field(default_factory=dict)

    def node(self, *content: Any) -> int:
        """Return the number of the node with this content, which is added if it is new."""
        known = self.numbers.get(content)
        if known is not None:
            return known
        operation = content[0]
        varies = operation not in ("number", "parameter")
        if operation in OPERATIONS:
            varies = any(self.varies[operand] for operand in content[1:])
        self.numbers[content] = len(self.nodes)
        self.nodes.append(content)
        self.varies.append(varies)
        return len(self.nodes) - 1

    def number(self, value: float) -> int:
        """A constant."""
        return self.node("number", float(value))

    def value(self, node: int) -> float | None:
        """The value of a constant; None for anything else."""
        return self.nodes[node][1] if self.nodes[node][0] == "number" else None

    def add(self, a: int, b: int) -> int:
        """a + b."""
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None:
            return self.number(x + y)
        if x == 0:
            return b
        if y == 0:
            return a
        return self.node("add", *sorted((a, b)))

    def negate(self, a: int) -> int:
        """-a."""
        x = self.value(a)
        if x is not None:
            return self.number(-x)
        return self.nodes[a][1] if self.nodes[a][0] == "negate" else self.node("negate", a)

    def multiply(self, a: int, b: int) -> int:
        """a b, with the factors of parameters alone collected in front."""
        for x, other in ((a, b), (b, a)):
            if self.nodes[x][0] == "negate":
                return self.negate(self.multiply(self.nodes[x][1], other))
        (front_a, rest_a), (front_b, rest_b) = self._split(a), self._split(b)
        front, rest = self._product(front_a, front_b), self._product(rest_a, rest_b)
        return self._product(front, rest)

    def reciprocal(self, a: int) -> int:
        """1 / a."""
        x = self.value(a)
        if x is not None:
            return self.number(1 / x)
        if self.nodes[a][0] == "reciprocal":
            return self.nodes[a][1]
        front, rest = self._split(a)
        if self.value(front) != 1 and self.value(rest) != 1:
            return self.multiply(self.reciprocal(front), self.reciprocal(rest))
        return self.node("reciprocal", a)

    def root(self, a: int) -> int:
        """Square root of a."""
        x = self.value(a)
        return self.number(x**0.5) if x is not None else self.node("root", a)

    def power(self, a: int, exponent: float) -> int:
        """a to a whole or half power."""
        if exponent < 0:
            return self.reciprocal(self.power(a, -exponent))
        if exponent == 0.5:
            return self.root(a)
        if exponent != int(exponent):
            raise TypeError(f"exponent {exponent!r}: whole numbers and 0.5 only")
        if exponent == 0:
            return self.number(1)
        half = self.power(a, exponent // 2)
        square = self.multiply(half, half)
        return self.multiply(square, a) if exponent % 2 else square

    def _split(self, a: int) -> tuple[int, int]:
        """Two factors of a: that of parameters alone, and the rest."""
        if not self.varies[a]:
            return a, self.number(1)
        if self.nodes[a][0] == "multiply" and not self.varies[self.nodes[a][1]]:
            return self.nodes[a][1], self.nodes[a][2]
        return self.number(1), a

    def _product(self, a: int, b: int) -> int:
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None:
            return self.number(x * y)
        if x == 0 or y == 0:
            return self.number(0)
        if x == 1:
            return b
        if x == -1:
            return self.negate(b)
        if y == 1:
            return a
        if y == -1:
            return self.negate(a)
        if self.varies[a] == self.varies[b]:
            a, b = sorted((a, b))
        elif self.varies[a]:
            a, b = b, a
        return self.node("multiply", a, b)


@dataclass(frozen=True)
class Expression:
    """A node with the operators of arithmetic, which an equation takes in place of a number."""

    graph: Graph
    node: int

    def _other(self, other: Expression | float) -> int:
        return other.node if isinstance(other, Expression) else self.graph.number(float(other))

    def _of(self, node: int) -> Expression:
        return Expression(self.graph, node)

    def __add__(self, other: Expression | float) -> Expression:
        return self._of(self.graph.add(self.node, self._other(other)))

    __radd__ = __add__

    def __neg__(self) -> Expression:
        return self._of(self.graph.negate(self.node))

    def __sub__(self, other: Expression | float) -> Expression:
        return self._of(self.graph.add(self.node, self.graph.negate(self._other(other))))

    def __rsub__(self, other: Expression | float) -> Expression:
        return self._of(self.graph.add(self._other(other), self.graph.negate(self.node)))

    def __mul__(self, other: Expression | float) -> Expression:
        return self._of(self.graph.multiply(self.node, self._other(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Expression | float) -> Expression:
        return self._of(self.graph.multiply(self.node, self.graph.reciprocal(self._other(other))))

    def __rtruediv__(self, other: Expression | float) -> Expression:
        return self._of(self.graph.multiply(self._other(other), self.graph.reciprocal(self.node)))

    def __pow__(self, exponent: float) -> Expression:
        return self._of(self.graph.power(self.node, exponent))


@dataclass(frozen=True)
class TracedSystem:
    """Rates of change and other quantities as nodes of one graph, and the names of what they depend on."""

    graph: Graph
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    rates: tuple[int, ...]
    outputs: dict[str, tuple[int, ...]]
    own: frozenset[int]
    """Indices of the parameters that may differ between lanes; the others are equal in all lanes."""


def trace(
    function: Equations,
    state_type: type[Any],
    parameter_type: type[Any],
    input_type: type[Any],
    outputs: dict[str, Equations] | None = None,
    own: Sequence[str] | None = None,
) -> TracedSystem:
    """Trace `function(states, parameters, inputs)`, which returns one rate for each state, in the order of the states.

    The three types are named tuples. outputs: further functions of the same arguments, by name. own: names of the
    parameters that may differ between lanes (default all).
    """
    graph = Graph()

    def symbols(operation: str, kind: Any) -> Any:
        return kind(*(Expression(graph, graph.node(operation, index)) for index in range(len(kind._fields))))

    arguments = symbols("state", state_type), symbols("parameter", parameter_type), symbols("input", input_type)

    def nodes(values: Sequence[Expression | float]) -> tuple[int, ...]:
        return tuple(v.node if isinstance(v, Expression) else graph.number(float(v)) for v in values)

    names = parameter_type._fields
    rates = nodes(function(*arguments))
    if len(rates) != len(state_type._fields):
        raise ValueError(f"{len(rates)} rates for {len(state_type._fields)} states")
    return TracedSystem(
        graph,
        state_type._fields,
        parameter_type._fields,
        input_type._fields,
        rates,
        {name: nodes(function(*arguments)) for name, function in (outputs or {}).items()},
        frozenset(range(len(names)) if own is None else map(names.index, own)),
    )
