"""Writes expressions as straight-line vector code: every number of a function is a vector of one number a man.

A function takes six pointers to arrays of vectors (rows of LANES numbers), of which it fills the last that it uses, and
a count of rows, which the equations do not need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .derivatives import ordered
from .expression import Graph

if TYPE_CHECKING:
    from llvmlite import ir

LANES = 8
"""Men side by side: as many as a 512-bit register holds numbers."""
POINTERS = 6


class Emitter:
    """Collects the functions of one module."""

    def __init__(self, graph: Graph, constants: Mapping[int, int]):
        """constants: node -> row of the array of what depends on parameters alone."""
        from llvmlite import ir

        self.ir, self.graph, self.constants = ir, graph, constants
        self.module = ir.Module("equations")
        self.real = ir.DoubleType()
        self.vector = ir.VectorType(self.real, LANES)
        unary, binary = (ir.FunctionType(self.vector, [self.vector] * count) for count in (1, 2))
        self._root = ir.Function(self.module, unary, f"llvm.sqrt.v{LANES}f64")
        self._magnitude = ir.Function(self.module, unary, f"llvm.fabs.v{LANES}f64")
        self._maximum = ir.Function(self.module, binary, f"llvm.maxnum.v{LANES}f64")
        self.kind = ir.FunctionType(ir.VoidType(), [self.real.as_pointer()] * POINTERS + [ir.IntType(64)])

    def declare(self, name: str) -> Any:
        """A function without a body; its arrays do not overlap."""
        function = self.ir.Function(self.module, self.kind, name)
        for argument in function.args[:-1]:
            argument.add_attribute("noalias")
        return function

    def number(self, value: float) -> ir.Value:
        """A constant in all lanes."""
        return self.ir.Constant(self.vector, [self.ir.Constant(self.real, value)] * LANES)

    def magnitude(self, builder: Any, value: ir.Value) -> ir.Value:
        """Without its sign."""
        return builder.call(self._magnitude, [value])

    def maximum(self, builder: Any, first: ir.Value, second: ir.Value) -> ir.Value:
        """The larger in each lane; a NaN gives way to a number."""
        return builder.call(self._maximum, [first, second])

    def function(
        self,
        name: str,
        reads: Mapping[str, int],
        writes: Sequence[tuple[int, Sequence[int]]],
        constants_at: int | None,
    ) -> None:
        """Add a function.

        reads: kind of leaf -> pointer that holds it; writes: (pointer, nodes in the order of its rows);
        constants_at: pointer to the array of constants, where there is one.
        """
        ir = self.ir
        function = self.declare(name)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        bases = [builder.bitcast(argument, self.vector.as_pointer()) for argument in function.args[:-1]]

        def place(pointer: int, row: int) -> ir.Value:
            return builder.gep(bases[pointer], [ir.Constant(ir.IntType(32), row)], inbounds=True)

        def load(pointer: int, row: int) -> ir.Value:
            return builder.load(place(pointer, row), align=8)

        values: dict[int, Any] = {}
        wanted = [node for _, nodes in writes for node in nodes]
        known = self.constants if constants_at is not None else {}
        for node in ordered(self.graph, wanted, known):
            content = self.graph.nodes[node]
            if constants_at is not None and node in known:
                values[node] = load(constants_at, known[node])
            elif content[0] == "number":
                values[node] = self.number(content[1])
            elif content[0] in reads:
                values[node] = load(reads[content[0]], content[1])
            else:
                values[node] = self._operation(builder, content, values)
        for pointer, nodes in writes:
            for row, node in enumerate(nodes):
                builder.store(values[node], place(pointer, row), align=8)
        builder.ret_void()

    def _operation(self, builder: Any, content: tuple[Any, ...], values: dict[int, Any]) -> ir.Value:
        flags = ("contract",)
        operation = content[0]
        if operation == "add":
            first, second = content[1:]
            for plus, minus in ((first, second), (second, first)):
                if self.graph.nodes[minus][0] == "negate" and minus not in self.constants:
                    return builder.fsub(values[plus], values[self.graph.nodes[minus][1]], flags=flags)
            return builder.fadd(values[first], values[second], flags=flags)
        if operation == "multiply":
            return builder.fmul(values[content[1]], values[content[2]], flags=flags)
        if operation == "negate":
            return builder.fneg(values[content[1]])
        if operation == "reciprocal":
            return builder.fdiv(self.number(1.0), values[content[1]])
        if operation == "root":
            return builder.call(self._root, [values[content[1]]])
        raise ValueError(f"nothing is known of {content!r} in this function")
