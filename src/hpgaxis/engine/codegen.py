"""Writes traced equations as straight-line code, compiles it once and keeps it on disk."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from .expression import TracedSystem

HEADER = '''"""Generated from the equations; do not edit."""
from math import sqrt
from numba import njit, types, float64 as f8
from hpgaxis.engine.forcing import inputs_at

VECTOR = types.Array(f8, 1, "C", readonly=True)
MATRIX = types.Array(f8, 2, "C", readonly=True)
OUT = f8[::1]
'''

FOOTER = """
@njit(types.void(f8, VECTOR, VECTOR, VECTOR, MATRIX, VECTOR, MATRIX, VECTOR, OUT, OUT), cache=True, error_model="numpy")
def rates_at(t, y, p, knots, amounts, decay, weights, clock, u, out):
    inputs_at(t, knots, amounts, decay, weights, clock, u)
    rates(y, p, u, out)


@njit(types.void(f8, VECTOR, VECTOR, VECTOR, MATRIX, VECTOR, MATRIX, VECTOR, OUT, f8[:, ::1]), cache=True,
      error_model="numpy")
def jacobian_at(t, y, p, knots, amounts, decay, weights, clock, u, out):
    inputs_at(t, knots, amounts, decay, weights, clock, u)
    jacobian(y, p, u, out)
"""


def cache_folder() -> Path:
    """Where compiled equations are kept: $HPGAXIS_CACHE, else the user's cache folder, else a temporary one."""
    candidates = [os.environ.get("HPGAXIS_CACHE"), Path.home() / ".cache" / "hpgaxis"]
    for candidate in candidates:
        if candidate is None:
            continue
        folder = Path(candidate)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="hpgaxis-"))


def source(system: TracedSystem) -> str:
    """Python source of `rates` and `jacobian`, common sub-expressions shared."""
    import sympy
    from sympy.printing.pycode import pycode

    names = {}
    for prefix, symbols in (("y", system.states), ("p", system.parameters), ("u", system.inputs)):
        names.update({symbol: sympy.Symbol(f"{prefix}[{index}]") for index, symbol in enumerate(symbols)})

    def body(expressions: list[sympy.Expr], targets: list[str]) -> str:
        shared: Any
        results: Any
        shared, results = sympy.cse(expressions, symbols=sympy.numbered_symbols("x"), optimizations=None)
        lines = [f"    {name} = {pycode(expr.xreplace(names))}" for name, expr in shared]
        lines += [
            f"    {target} = {pycode(expr.xreplace(names))}" for target, expr in zip(targets, results, strict=True)
        ]
        return "\n".join(lines).replace("math.sqrt", "sqrt")

    rates = body(list(system.rates), [f"out[{i}]" for i in range(len(system.rates))])
    entries = list(system.jacobian.items())
    jacobian = body([e for _, e in entries], [f"out[{i}, {j}]" for (i, j), _ in entries])
    return (
        HEADER
        + '\n\n@njit(types.void(VECTOR, VECTOR, VECTOR, OUT), cache=True, error_model="numpy")\n'
        + f"def rates(y, p, u, out):\n{rates}\n"
        + '\n\n@njit(types.void(VECTOR, VECTOR, VECTOR, f8[:, ::1]), cache=True, error_model="numpy")\n'
        + f"def jacobian(y, p, u, out):\n    out[:] = 0.0\n{jacobian}\n"
        + FOOTER
    )


def fingerprint(modules: list[ModuleType], extra: str = "") -> str:
    """Digest of the text of the modules that hold the equations: another text, another compilation."""
    digest = hashlib.sha256(extra.encode())
    digest.update(sys.version.encode())
    for module in modules:
        path = module.__file__
        assert path is not None
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def compiled(key: str, make_system: Callable[[], TracedSystem], on_compile: Callable[[], None]) -> ModuleType:
    """The compiled module for `key`; on the first use it is traced, written and compiled (some seconds).

    `on_compile` is called before that work starts, so that a face can say what takes the time.
    """
    name = f"equations_{key}"
    folder = cache_folder()
    path = folder / f"{name}.py"
    if name in sys.modules:
        return sys.modules[name]
    if not path.exists():
        on_compile()
        text = source(make_system())
        temporary = folder / f".{name}.{os.getpid()}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
