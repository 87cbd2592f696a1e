"""How compiled Python is compiled, and how it calls machine code: a function by its address, arrays as pointers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
bare = njit(**OPTIONS)
"""Compiled without counting references to arrays, which would take as long as the arithmetic; nothing is allocated."""
kept = njit(cache=True, **OPTIONS)
"""The same, kept on disk: for entry points alone, whose code holds that of all others."""


def _version() -> int:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int(digest.hexdigest()[:12], 16)


VERSION = _version()
"""Of the text of this package. An entry point closes over it, so that what was kept for another text is not used: numba
by itself looks at the entry point's own file only."""


@intrinsic
def _call(typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, rows: Any) -> Any:
    """call(address, a, b, c, d, e, f, rows): the function at `address` with six arrays and a count of rows."""
    signature = types.void(types.int64, a, b, c, d, e, f, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.DoubleType().as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer] * 6 + [ir.IntType(64)])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        data = [
            builder.bitcast(context.make_array(array)(context, builder, value).data, pointer)
            for array, value in zip(signature.args[1:7], arguments[1:7], strict=True)
        ]
        builder.call(function, [*data, arguments[7]])
        return context.get_dummy_value()

    return signature, generate


call: Any = _call
