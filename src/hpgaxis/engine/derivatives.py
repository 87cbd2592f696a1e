"""Derivatives of a traced system, as further nodes of its graph: forward mode, zeros left out."""

from __future__ import annotations

from collections.abc import Container, Sequence

from .expression import OPERATIONS, Graph, TracedSystem

Gradient = dict[int, int]
"""Leaf (a node) -> the node of the derivative by it."""


def operands(graph: Graph, node: int) -> tuple[int, ...]:
    """Nodes that this one is made of."""
    content = graph.nodes[node]
    return content[1:] if content[0] in OPERATIONS else ()


def ordered(graph: Graph, wanted: Sequence[int], known: Container[int] = ()) -> list[int]:
    """Every node that `wanted` needs, each after what it is made of; a `known` one is not made of anything."""
    done: set[int] = set()
    order: list[int] = []
    for target in wanted:
        stack = [(target, False)]
        while stack:
            node, ready = stack.pop()
            if node in done:
                continue
            if ready:
                done.add(node)
                order.append(node)
                continue
            stack.append((node, True))
            if node not in known:
                stack.extend((part, False) for part in reversed(operands(graph, node)))
    return order


def gradients(graph: Graph, wanted: Sequence[int], leaves: Sequence[int]) -> dict[int, Gradient]:
    """Derivatives of each wanted node by each leaf that it depends on."""
    found: dict[int, Gradient] = {leaf: {leaf: graph.number(1)} for leaf in leaves}

    def added(into: Gradient, leaf: int, term: int) -> None:
        into[leaf] = graph.add(into[leaf], term) if leaf in into else term

    for node in ordered(graph, wanted):
        if node in found:
            continue
        operation, parts = graph.nodes[node][0], operands(graph, node)
        result: Gradient = {}
        if operation == "add":
            for part in parts:
                for leaf, slope in found[part].items():
                    added(result, leaf, slope)
        elif operation == "multiply":
            for part, other in (parts, parts[::-1]):
                for leaf, slope in found[part].items():
                    added(result, leaf, graph.multiply(slope, other))
        elif parts:
            (part,) = parts
            if found[part]:
                slope = {
                    "negate": lambda: graph.number(-1),
                    "reciprocal": lambda node=node: graph.negate(graph.multiply(node, node)),
                    "root": lambda node=node: graph.multiply(graph.number(0.5), graph.reciprocal(node)),
                }[operation]()
                result = {leaf: graph.multiply(slope, inner) for leaf, inner in found[part].items()}
        found[node] = result
    return {node: found[node] for node in wanted}


def jacobian(system: TracedSystem) -> dict[tuple[int, int], int]:
    """(row, column) -> node of the derivative of a state's rate by a state; entries that are 0 are left out."""
    graph = system.graph
    leaves = [graph.node("state", index) for index in range(len(system.states))]
    found = gradients(graph, system.rates, leaves)
    entries = {}
    for row, rate in enumerate(system.rates):
        for leaf, slope in found[rate].items():
            if graph.value(slope) != 0:
                entries[row, graph.nodes[leaf][1]] = slope
    return dict(sorted(entries.items()))


def change_with_inputs(system: TracedSystem) -> tuple[int, ...]:
    """For each state, the change of its rate per day that moving inputs bring: the sum of slope times input's speed.

    The speed of input k is the leaf ("speed", k).
    """
    graph = system.graph
    leaves = [graph.node("input", index) for index in range(len(system.inputs))]
    found = gradients(graph, system.rates, leaves)
    totals = []
    for rate in system.rates:
        total = graph.number(0)
        for leaf, slope in found[rate].items():
            total = graph.add(total, graph.multiply(slope, graph.node("speed", graph.nodes[leaf][1])))
        totals.append(total)
    return tuple(totals)
