"""The numba decorator of the solver, calls of machine code by address, and atomic counters."""

from __future__ import annotations

from typing import Any, get_type_hints

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from ..codegen.cache import Made

OPTIONS: dict[str, Any] = {
    "error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
}  # fmt: skip
bare = njit(**OPTIONS)
"""njit without reference counting, which would take as long as the arithmetic, and without wrappers for Python.

A function that is compiled so must not allocate arrays.
"""

part = njit(inline="always", **OPTIONS)
"""The same for a function with one call, which becomes a part of its caller: a call with many arrays takes time."""


@intrinsic
def _call(  # noqa: PLR0913  (those of the machine code that is called)
    typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, rows: Any
) -> Any:
    """call(address, a, b, c, d, e, f, rows): call the function at `address` with six arrays and a row count."""
    signature = types.void(types.int64, a, b, c, d, e, f, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.PointerType()
        kind = ir.FunctionType(ir.VoidType(), [pointer] * 6 + [ir.IntType(64)])
        data = [
            builder.bitcast(context.make_array(array)(context, builder, value).data, pointer)
            for array, value in zip(signature.args[1:7], arguments[1:7], strict=True)
        ]
        # llvmlite reads the signature of a called address from the type of its pointer: the one typed pointer here
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(function, [*data, arguments[7]])
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _take(typing: Any, taken: Any) -> Any:
    """take(taken): return the number in `taken` and add 1 to it in one atomic operation."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.atomic_rmw("add", data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(taken), generate


call: Any = _call
take: Any = _take


def as_machine_code(function: Any, work: type[Any]) -> Made:
    """Return LLVM assembly of `function(work)`, where `work` is a named tuple of fields typed as in `arrays`.

    The name of its entry function is given as "entry". The entry takes two pointers, which numba's calling convention
    asks for and which are not used, and the address of the packed fields.
    """
    kind = _type_of(work)

    @intrinsic
    def behind(typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.load(builder.inttoptr(arguments[0], ir.PointerType()), typ=context.get_value_type(kind))

        return kind(types.int64), generate

    unpacked: Any = behind

    @njit([types.void(types.int64)], **OPTIONS)
    def entry(address: int) -> None:  # pragma: no cover
        function(unpacked(address))

    (overload,) = entry.overloads.values()  # pyright: ignore
    (assembly,) = entry.inspect_llvm().values()  # pyright: ignore
    return {"entry": overload.fndesc.llvm_func_name}, assembly


def _type_of(kind: Any) -> Any:
    """The numba type of a field: a number, an array, or a named tuple of fields."""
    if hasattr(kind, "_fields"):
        hints = get_type_hints(kind, include_extras=True)
        return types.BaseTuple.from_types([_type_of(hints[name]) for name in kind._fields], kind)
    dtype, dimensions = kind.__metadata__
    number = {"float64": types.float64, "int64": types.int64, "bool": types.boolean}[dtype]
    return types.Array(number, dimensions, "C") if dimensions else number
