"""Traced equations as formulas in infix notation; shared subexpressions have names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..engine.trace.derivatives import operands, ordered
from ..engine.trace.expression import Graph


def formulas(
    graph: Graph,
    wanted: Sequence[int],
    leaves: Mapping[tuple[str, int], str],
    root: str = "sqrt",
    prefix: str = "shared",
) -> tuple[dict[str, str], list[str]]:
    """(name -> formula of each shared subexpression, in order of computation; formulas of `wanted`).

    leaves: (kind, index) -> its name. root: name of the square root. prefix: of the names of shared subexpressions.
    """
    order = ordered(graph, wanted)
    uses = Counter(part for node in order for part in operands(graph, node))
    uses.update(wanted)
    shared: dict[str, str] = {}
    text: dict[int, str] = {}
    for node in order:
        operation, *parts = graph.nodes[node]
        if operation == "number":
            text[node] = repr(parts[0]) if parts[0] >= 0 else f"({parts[0]!r})"
            continue
        if operation not in ("add", "multiply", "negate", "reciprocal", "root"):
            text[node] = leaves[operation, parts[0]]
            continue
        x = [text[part] for part in parts]
        formula = {
            "add": lambda x=x: f"({x[0]} + {x[1]})",
            "multiply": lambda x=x: f"{x[0]} * {x[1]}",
            "negate": lambda x=x: f"(-{x[0]})",
            "reciprocal": lambda x=x: f"(1 / ({x[0]}))",
            "root": lambda x=x: f"{root}({x[0]})",
        }[operation]()
        if uses[node] > 1:
            name = f"{prefix}_{len(shared)}"
            shared[name], text[node] = formula, name
        else:
            text[node] = formula
    return shared, [text[node] for node in wanted]
