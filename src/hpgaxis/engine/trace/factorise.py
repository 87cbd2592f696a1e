"""Sparse LU factorisation as expressions: the fill-in is known beforehand, and no index is looked up at run time.

The pivots are on the diagonal of shift I - J, where the shift is positive, in an order that keeps the fill-in small
(Markowitz 1957).
"""

from __future__ import annotations

from dataclasses import dataclass

from .expression import Graph


@dataclass(frozen=True)
class Factors:
    """order: of elimination of the states; entries: nodes, pivots as reciprocals; place: (row, column) -> entry."""

    order: tuple[int, ...]
    entries: tuple[int, ...]
    place: dict[tuple[int, int], int]


def factorise(graph: Graph, jacobian: dict[tuple[int, int], int], size: int) -> Factors:
    """Return the LU factors of shift I - J; the shift is the leaf ("shift", 0)."""
    shift = graph.node("shift", 0)
    values = {(row, row): shift for row in range(size)}
    for (row, column), node in jacobian.items():
        values[row, column] = (
            graph.add(values[row, column], graph.negate(node)) if row == column else graph.negate(node)
        )
    rows: list[set[int]] = [{j for (i, j) in values if i == row} for row in range(size)]
    columns: list[set[int]] = [{i for (i, j) in values if j == column} for column in range(size)]
    left, order = set(range(size)), list[int]()
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k] & left) - 1) * (len(columns[k] & left) - 1), k))
        left.remove(pivot)
        order.append(pivot)
        inverse = graph.reciprocal(values[pivot, pivot])
        values[pivot, pivot] = inverse
        for row in sorted(columns[pivot] & left):
            multiplier = graph.multiply(values[row, pivot], inverse)
            values[row, pivot] = multiplier
            for column in sorted(rows[pivot] & left):
                change = graph.negate(graph.multiply(multiplier, values[pivot, column]))
                old = values.get((row, column))
                values[row, column] = change if old is None else graph.add(old, change)
                rows[row].add(column)
                columns[column].add(row)
    rank = {state: position for position, state in enumerate(order)}
    keys = sorted(values, key=lambda key: (min(rank[key[0]], rank[key[1]]), rank[key[0]], rank[key[1]]))
    return Factors(tuple(order), tuple(values[key] for key in keys), {key: place for place, key in enumerate(keys)})


def solve(graph: Graph, factors: Factors) -> tuple[int, ...]:
    """Return the nodes of x in (shift I - J) x = b, with leaves ("right", row) for b and ("factor", entry)."""
    size = len(factors.order)
    rank = {state: position for position, state in enumerate(factors.order)}

    def factor(row: int, column: int) -> int:
        return graph.node("factor", factors.place[row, column])

    x = [graph.node("right", row) for row in range(size)]
    below: dict[int, list[int]] = {}
    above: dict[int, list[int]] = {}
    for row, column in factors.place:
        if row != column:
            (below if rank[row] > rank[column] else above).setdefault(row, []).append(column)
    for row in factors.order:
        for column in sorted(below.get(row, ()), key=rank.__getitem__):
            x[row] = graph.add(x[row], graph.negate(graph.multiply(factor(row, column), x[column])))
    for row in reversed(factors.order):
        for column in sorted(above.get(row, ()), key=rank.__getitem__):
            x[row] = graph.add(x[row], graph.negate(graph.multiply(factor(row, column), x[column])))
        x[row] = graph.multiply(x[row], factor(row, row))
    return tuple(x)
