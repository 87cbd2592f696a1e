"""The compiled `integrate_lanes` as a ctypes function: packs all array descriptors behind one address."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, get_type_hints

import numpy as np

from ..codegen.cache import Made, code
from .arrays import Work


def compiled_integrator(on_compile: Callable[[], None]) -> Callable[[Work], None]:
    """Return `integrate_lanes` as machine code, which runs while other threads of Python run.

    It is compiled on its first use on a machine; `on_compile` is called before that.
    """

    def make() -> Made:
        from .lanes import integrate_lanes
        from .numba_calls import as_machine_code

        return as_machine_code(integrate_lanes, Work)

    made, pointer = code("integrate_lanes", make, on_compile), ctypes.c_void_p
    entry = made.function(made.about["entry"], ctypes.c_int32, pointer, pointer, ctypes.c_int64)

    def integrate_lanes(work: Work) -> None:
        described = np.array(_described(work, Work), dtype=np.int64)
        unused = ctypes.c_int64()
        entry(ctypes.byref(unused), ctypes.byref(unused), described.ctypes.data)

    return integrate_lanes


@cache
def _fields(kind: Any) -> tuple[Any, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(hints[name] for name in kind._fields)


def _described(value: Any, kind: Any) -> list[int]:
    """A tuple, array or number as numba lays it out, in words of 8 bytes.

    Raises TypeError for an array of another type than the code was compiled for, which it would misread.
    """
    if hasattr(kind, "_fields"):
        return [
            word for part, part_kind in zip(value, _fields(kind), strict=True) for word in _described(part, part_kind)
        ]
    dtype, dimensions = kind.__metadata__
    if dimensions == 0:
        return [int(np.array(value, dtype=dtype).view(f"i{np.dtype(dtype).itemsize}"))]
    if value.dtype != dtype or value.ndim != dimensions or not value.flags.c_contiguous:
        raise TypeError(
            f"a {value.ndim}-dimensional array of {value.dtype}; expected {dimensions} contiguous dimensions of {dtype}"
        )
    return [0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]
