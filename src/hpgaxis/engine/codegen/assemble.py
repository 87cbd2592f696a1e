"""Assembles the functions of a traced system: what each of them reads and fills, as LLVM assembly."""

from __future__ import annotations

from ..trace.derivatives import linearised, operands, ordered
from ..trace.expression import TracedSystem
from ..trace.factorise import factorise, solve
from ..trace.merge_divisions import with_fewer_divisions
from .compile import Layout
from .emitter import Emitter
from .loops import add_loops


def assemble(system: TracedSystem) -> tuple[Layout, str]:
    """Return the layout of the arrays, and the functions as LLVM assembly."""
    graph, size = system.graph, len(system.states)
    jacobian, moving = linearised(system)
    factors = factorise(graph, jacobian, size)
    solution = solve(graph, factors)
    rates = with_fewer_divisions(graph, system.rates)
    wanted = [
        *system.rates,
        *rates,
        *factors.entries,
        *moving,
        *(node for nodes in system.outputs.values() for node in nodes),
    ]
    common, own = _constants(system, wanted)
    emitter = Emitter(graph, common, own)
    emitter.hoist()
    reads = {"state": 0, "input": 2}
    emitter.function("rates", reads, [(3, rates)], 1)
    emitter.function(
        "linearise", {**reads, "speed": 3, "shift": 4}, [(5, (*factors.entries, *system.rates, *moving))], 1
    )
    emitter.function("solve", {"factor": 0, "right": 1}, [(2, solution)], -1)
    for name, nodes in system.outputs.items():
        emitter.function(name, reads, [(3, nodes)], 1)
    add_loops(emitter, size)
    layout = Layout(
        states=size,
        parameters=len(system.parameters),
        inputs=len(system.inputs),
        constants=emitter.rows_of_constants,
        entries=len(factors.entries),
        common=[place for place in range(len(system.parameters)) if place not in system.own],
        outputs={name: len(nodes) for name, nodes in system.outputs.items()},
    )
    return layout, str(emitter.module)


def _constants(system: TracedSystem, wanted: list[int]) -> tuple[list[int], list[int]]:
    """Nodes of parameters alone that other nodes use: those equal in all lanes, and those of each subject."""
    graph = system.graph
    used: dict[int, None] = {}
    for node in ordered(graph, wanted):
        if graph.varies[node]:
            used.update(dict.fromkeys(part for part in operands(graph, node) if not graph.varies[part]))
    used.update(dict.fromkeys(node for node in wanted if not graph.varies[node]))
    constants = [node for node in used if graph.nodes[node][0] != "number"]
    personal: set[int] = set()
    for node in ordered(graph, constants):
        content = graph.nodes[node]
        if (content[0] == "parameter" and content[1] in system.own) or any(
            p in personal for p in operands(graph, node)
        ):
            personal.add(node)
    return [n for n in constants if n not in personal], [n for n in constants if n in personal]
