"""Merges the divisions in a product, because a division takes several times as long as a multiplication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .derivatives import operands, ordered
from .expression import OPERATIONS, Graph


def with_fewer_divisions(graph: Graph, wanted: Sequence[int]) -> tuple[int, ...]:
    """Return nodes equal up to rounding, with a/b c/d as a c / (b d) where no other node uses the quotients."""
    order = [node for node in ordered(graph, wanted) if graph.varies[node]]
    uses = Counter(part for node in order for part in operands(graph, node)) + Counter(wanted)
    made: dict[int, int] = {}

    def factors(node: int) -> list[int]:
        """The factors of a product, and of those of its factors that no other node uses."""
        return [
            factor
            for part in operands(graph, node)
            for factor in (factors(part) if graph.nodes[part][0] == "multiply" and uses[part] == 1 else [part])
        ]

    def product(nodes: Sequence[int]) -> int:
        total = graph.number(1)
        for node in nodes:
            total = graph.multiply(total, made.get(node, node))
        return total

    for node in order:
        operation, parts = graph.nodes[node][0], operands(graph, node)
        if operation == "multiply":
            below = [f for f in factors(node) if graph.nodes[f][0] == "reciprocal" and uses[f] == 1]
            if len(below) > 1:
                above = product([factor for factor in factors(node) if factor not in below])
                divisor = product([graph.nodes[factor][1] for factor in below])
                made[node] = graph.multiply(above, graph.reciprocal(divisor))
                continue
        if operation in OPERATIONS:
            made[node] = getattr(graph, operation)(*(made.get(part, part) for part in parts))
    return tuple(made.get(node, node) for node in wanted)
