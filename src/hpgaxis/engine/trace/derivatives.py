"""Derivatives of a traced system as nodes of its graph, without zeros."""

from __future__ import annotations

from collections.abc import Container, Sequence
from heapq import heapify, heappop, heappush

from .expression import OPERATIONS, Graph, TracedSystem

Gradient = dict[int, int]
"""A leaf -> the node of the derivative by it."""


def operands(graph: Graph, node: int) -> tuple[int, ...]:
    """Return the nodes that this node is computed from."""
    content = graph.nodes[node]
    return content[1:] if content[0] in OPERATIONS else ()


def ordered(graph: Graph, wanted: Sequence[int], known: Container[int] = ()) -> list[int]:
    """Return all nodes that `wanted` needs, each after its operands; the operands of `known` nodes are left out."""
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


TIME = -1
"""The leaf that stands for time in a gradient."""


def gradients(graph: Graph, wanted: Sequence[int], leaves: Sequence[int], moving: Gradient) -> list[Gradient]:
    """Derivatives of each wanted node by its leaves, and by TIME, on which the `moving` nodes depend with that slope.

    Vertices are eliminated from the graph of local derivatives, the one with the fewest products first (Griewank and
    Walther, Evaluating Derivatives, 2nd ed. 2008, chapter 9).
    """
    before: dict[int, Gradient] = {leaf: {} for leaf in (*leaves, TIME, *moving)}
    after: dict[int, Gradient] = {leaf: {} for leaf in before}

    def connect(source: int, target: int, slope: int) -> None:
        old = before[target].get(source)
        total = slope if old is None else graph.add(old, slope)
        before[target][source] = after[source][target] = total

    for node, speed in moving.items():
        connect(TIME, node, speed)
    for node in ordered(graph, wanted, before):
        parts = [part for part in operands(graph, node) if part in before]
        if node in before or not parts:
            continue
        before[node], after[node] = {}, {}
        for part, slope in _slopes(graph, node):
            if part in before:
                connect(part, node, slope)
    goals = list[int]()
    for place, node in enumerate(wanted):
        goal = -2 - place  # a separate vertex, because a wanted node may be an operand of another
        goals.append(goal)
        before[goal], after[goal] = {}, {}
        if node in after:
            connect(node, goal, graph.number(1))
    inner = [node for node in before if node >= 0 and node not in set(leaves)]
    cost = {node: len(before[node]) * len(after[node]) for node in inner}
    queue = [(products, node) for node, products in cost.items()]
    heapify(queue)
    while cost:
        products, node = heappop(queue)
        if cost.get(node) != products:  # an outdated entry
            continue
        del cost[node]
        for source, first in before[node].items():
            for target, second in after[node].items():
                connect(source, target, graph.multiply(first, second))
        for source in before[node]:
            del after[source][node]
        for target in after[node]:
            del before[target][node]
        for touched in (*before[node], *after[node]):
            if touched in cost:
                cost[touched] = len(before[touched]) * len(after[touched])
                heappush(queue, (cost[touched], touched))
    return [before[goal] for goal in goals]


def _slopes(graph: Graph, node: int) -> list[tuple[int, int]]:
    """(operand, derivative of the node by it)."""
    operation, *parts = graph.nodes[node]
    if operation == "add":
        return [(part, graph.number(1)) for part in parts]
    if operation == "multiply":
        return list(zip(parts, parts[::-1], strict=True))
    slope = {
        "negate": lambda: graph.number(-1),
        "reciprocal": lambda: graph.negate(graph.multiply(node, node)),
        "root": lambda: graph.multiply(graph.number(0.5), graph.reciprocal(node)),
    }[operation]()
    return [(parts[0], slope)]


def linearised(system: TracedSystem) -> tuple[dict[tuple[int, int], int], tuple[int, ...]]:
    """Return the nodes of the Jacobian, (row, column) -> node without zeros, and of df/dt through the inputs.

    The derivative of input k by time is the leaf ("speed", k).
    """
    graph = system.graph
    leaves = [graph.node("state", index) for index in range(len(system.states))]
    moving = {graph.node("input", k): graph.node("speed", k) for k in range(len(system.inputs))}
    entries, change = {}, list[int]()
    for row, slopes in enumerate(gradients(graph, system.rates, leaves, moving)):
        change.append(slopes.pop(TIME, graph.number(0)))
        for leaf, slope in slopes.items():
            if graph.value(slope) != 0:
                entries[row, graph.nodes[leaf][1]] = slope
    return dict(sorted(entries.items())), tuple(change)
