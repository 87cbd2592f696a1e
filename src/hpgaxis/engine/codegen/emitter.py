"""Writes expressions as straight-line vector code: each value is a vector with one number for each lane.

A function takes six pointers to arrays of vectors (rows of LANES numbers), and fills the last one that it uses. It also
takes a count of rows, which the functions of the equations ignore.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..trace.derivatives import ordered
from ..trace.expression import Graph

if TYPE_CHECKING:
    from llvmlite import ir

LANES = 8
"""Subjects side by side: the float64 numbers of a 512-bit register."""
POINTERS = 6


class Emitter:
    """Collects the functions of one module."""

    def __init__(self, graph: Graph, common: Sequence[int], own: Sequence[int]):
        """common, own: nodes that depend on parameters alone, equal in all lanes or different in each.

        The array of constants has the common ones first, one number each, LANES of them to a row; then the others, a
        row each.
        """
        from llvmlite import ir

        self.ir, self.graph = ir, graph
        self.common = {node: place for place, node in enumerate(common)}
        first = -(-len(common) // LANES)
        self.own = {node: first + row for row, node in enumerate(own)}
        self.rows_of_constants = first + len(own)
        self.module = ir.Module("equations")
        self.real = ir.DoubleType()
        self.vector = ir.VectorType(self.real, LANES)
        unary = ir.FunctionType(self.vector, [self.vector])
        self._root = ir.Function(self.module, unary, f"llvm.sqrt.v{LANES}f64")
        self._magnitude = ir.Function(self.module, unary, f"llvm.fabs.v{LANES}f64")
        self.kind = ir.FunctionType(ir.VoidType(), [ir.PointerType()] * POINTERS + [ir.IntType(64)])

    def declare(self, name: str) -> Any:
        """Declare a function whose arrays do not overlap."""
        function = self.ir.Function(self.module, self.kind, name)
        for argument in function.args[:-1]:
            argument.add_attribute("noalias")
        return function

    def number(self, value: float) -> ir.Value:
        """A constant in all lanes."""
        return self.ir.Constant(self.vector, [self.ir.Constant(self.real, value)] * LANES)

    def magnitude(self, builder: Any, value: ir.Value) -> ir.Value:
        """The absolute value in each lane."""
        return builder.call(self._magnitude, [value])

    def root(self, builder: Any, value: ir.Value) -> ir.Value:
        """The square root in each lane."""
        return builder.call(self._root, [value])

    def maximum(self, builder: Any, first: ir.Value, second: ir.Value) -> ir.Value:
        """The larger in each lane; the second where either is NaN."""
        return builder.select(builder.fcmp_ordered(">", first, second), first, second)

    def function(
        self,
        name: str,
        reads: Mapping[str, int],
        writes: Sequence[tuple[int, Sequence[int]]],
        constants_at: int,
    ) -> None:
        """Add a function that reads the array of constants.

        reads: kind of leaf -> pointer that holds it; writes: (pointer, nodes in the order of its rows);
        constants_at: pointer to the constants, or -1 for none.
        """
        builder, arguments = self._begin(name)
        constants = {**self.common, **self.own} if constants_at >= 0 else {}
        wanted = [node for _, nodes in writes for node in nodes]
        values: dict[int, Any] = {}
        for node in ordered(self.graph, wanted, constants):
            if node in constants and node in self.own:
                values[node] = self._load(builder, arguments[constants_at], self.own[node])
            elif node in constants:
                pointer = self._number(builder, arguments[constants_at], self.common[node])
                values[node] = self._in_all_lanes(builder, builder.load(pointer, typ=self.real))
            else:
                values[node] = self._value(builder, node, reads, arguments, values)
        for pointer, nodes in writes:
            for row, node in enumerate(nodes):
                builder.store(values[node], self._row(builder, arguments[pointer], row), align=8)
        builder.ret_void()

    def hoist(self) -> None:
        """Add the function hoist(parameters -> constants); common constants are taken from the first lane."""
        builder, arguments = self._begin("hoist")
        values: dict[int, Any] = {}
        for node in ordered(self.graph, [*self.common, *self.own]):
            values[node] = self._value(builder, node, {"parameter": 0}, arguments, values)
        for node, place in self.common.items():
            first = builder.extract_element(values[node], self._index(0))
            builder.store(first, self._number(builder, arguments[1], place))
        for node, row in self.own.items():
            builder.store(values[node], self._row(builder, arguments[1], row), align=8)
        builder.ret_void()

    def _begin(self, name: str) -> tuple[Any, Any]:
        function = self.declare(name)
        return self.ir.IRBuilder(function.append_basic_block("entry")), function.args

    def _row(self, builder: Any, pointer: Any, row: int) -> ir.Value:
        return builder.gep(pointer, [self._index(row)], inbounds=True, source_etype=self.vector)

    def _number(self, builder: Any, pointer: Any, place: int) -> ir.Value:
        return builder.gep(pointer, [self._index(place)], inbounds=True, source_etype=self.real)

    def _load(self, builder: Any, pointer: Any, row: int) -> ir.Value:
        return builder.load(self._row(builder, pointer, row), align=8, typ=self.vector)

    def _value(self, builder: Any, node: int, reads: Mapping[str, int], arguments: Any, values: dict[int, Any]) -> Any:
        content = self.graph.nodes[node]
        if content[0] == "number":
            return self.number(content[1])
        if content[0] in reads:
            return self._load(builder, arguments[reads[content[0]]], content[1])
        return self._operation(builder, content, values)

    def _index(self, place: int) -> ir.Value:
        return self.ir.Constant(self.ir.IntType(32), place)

    def _in_all_lanes(self, builder: Any, value: ir.Value) -> ir.Value:
        """One number in all lanes."""
        undefined = self.ir.Constant(self.vector, self.ir.Undefined)
        single = builder.insert_element(undefined, value, self._index(0))
        mask = self.ir.Constant(self.ir.VectorType(self.ir.IntType(32), LANES), [self._index(0)] * LANES)
        return builder.shuffle_vector(single, undefined, mask)

    def _operation(self, builder: Any, content: tuple[Any, ...], values: dict[int, Any]) -> ir.Value:
        flags = ("contract",)
        operation = content[0]
        if operation == "add":
            first, second = content[1:]
            for plus, minus in ((first, second), (second, first)):
                if self.graph.nodes[minus][0] == "negate" and minus in values and self.graph.nodes[minus][1] in values:
                    return builder.fsub(values[plus], values[self.graph.nodes[minus][1]], flags=flags)
            return builder.fadd(values[first], values[second], flags=flags)
        if operation == "multiply":
            return builder.fmul(values[content[1]], values[content[2]], flags=flags)
        if operation == "negate":
            return builder.fneg(values[content[1]])
        if operation == "reciprocal":
            return builder.fdiv(self.number(1.0), values[content[1]])
        if operation == "root":
            return self.root(builder, values[content[1]])
        raise ValueError(f"{content!r} is neither an operation nor a leaf that this function reads")
