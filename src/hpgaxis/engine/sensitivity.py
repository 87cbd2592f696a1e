"""Forward sensitivities: a system of twice the size, whose second half is the derivative of the first.

s = dy/dq along a direction w = dp/dq of the parameters satisfies s' = (df/dy) s + (df/dp) w. The direction is a second
set of parameters, so that one compiled system serves for any parameter, trait, or combination of them.
"""

from __future__ import annotations

from .trace.derivatives import TIME, gradients
from .trace.expression import TracedSystem

PREFIX = "change_of_"


def with_sensitivities(system: TracedSystem, output: str) -> TracedSystem:
    """Return the doubled system: states y, s; parameters p, w; `output` has the values and then their derivatives."""
    graph, size, count = system.graph, len(system.states), len(system.parameters)
    states = [graph.node("state", index) for index in range(size)]
    along = {graph.node("parameter", k): graph.node("parameter", count + k) for k in range(count)}

    def change(nodes: tuple[int, ...]) -> tuple[int, ...]:
        totals = []
        for slopes in gradients(graph, nodes, states, along):
            total = slopes.pop(TIME, graph.number(0))
            for leaf, slope in slopes.items():
                total = graph.add(total, graph.multiply(slope, graph.node("state", size + graph.nodes[leaf][1])))
            totals.append(total)
        return tuple(totals)

    values = system.outputs[output]
    return TracedSystem(
        graph,
        (*system.states, *(PREFIX + name for name in system.states)),
        (*system.parameters, *(PREFIX + name for name in system.parameters)),
        system.inputs,
        (*system.rates, *change(system.rates)),
        {output: (*values, *change(values))},
        system.own | frozenset(range(count, 2 * count)),
    )
