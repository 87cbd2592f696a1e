"""The functions of a traced system as machine code: made once per machine, kept on disk, called by address."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from .cache import cache_folder
from .codegen import POINTERS

if TYPE_CHECKING:
    from .expression import TracedSystem


FUNCTIONS = (
    "hoist", "rates", "linearise", "solve", "decay", "clock", "spread", "shares", "between", "advance", "error",
    *(f"combine_{terms}" for terms in range(1, 10)),
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Sizes of the arrays that the functions read and fill, in rows of LANES numbers.

    common: places of the parameters that have to be the same in all lanes.
    """

    states: int
    parameters: int
    inputs: int
    constants: int
    entries: int
    common: list[int]
    outputs: dict[str, int]


@dataclass(frozen=True)
class Kernel:
    """Machine code of one system: `address` of each function, and the layout of its arrays.

    hoist(parameter -> constants); rates(state, constants, input -> rates); linearise(state, constants, input, speed,
    shift -> factors and, below them, rates and their change with the inputs); solve(factors, right side -> solution);
    an output(state, constants, input -> values).
    """

    layout: Layout
    address: dict[str, int]
    functions: dict[str, Any]
    engine: Any

    def call(self, name: str, *arrays: NDArray[np.float64]) -> None:
        """Call one function on arrays of rows (contiguous, LANES wide)."""
        self.functions[name](*(array.ctypes.data for array in arrays), *[None] * (POINTERS - len(arrays)), 0)

    def alike(self, parameters: NDArray[np.float64]) -> list[NDArray[np.int64]]:
        """Men, by their rows in `parameters`, who can share lanes: those whose common parameters are the same."""
        common = parameters[:, self.layout.common]
        if (common == common[:1]).all():
            return [np.arange(len(parameters))]
        _, group = np.unique(common, axis=0, return_inverse=True)
        return [np.flatnonzero(group == number) for number in range(group.max() + 1)]

    def addresses(self, measurements: str | None = None) -> NDArray[np.int64]:
        """Addresses in the order in which `march` wants them; outputs that a system lacks are 0."""
        names = [*FUNCTIONS, "pulse", measurements]
        return np.array([self.address.get(name or "", 0) for name in names], dtype=np.int64)

    def sizes(self, measurements: str | None = None) -> tuple[int, int, int, int, int]:
        """Numbers of parameters, constants, inputs, entries of the factors, measurements."""
        own = self.layout
        return own.parameters, own.constants, own.inputs, own.entries, own.outputs.get(measurements or "", 0)


def fingerprint(modules: list[ModuleType], extra: str = "") -> str:
    """Digest of the text of the modules that hold the equations: another text, another compilation."""
    digest = hashlib.sha256(extra.encode())
    for module in modules:
        path = module.__file__
        assert path is not None
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def compiled(key: str, make_system: Callable[[], TracedSystem], on_compile: Callable[[], None]) -> Kernel:
    """The kernel for `key`; on its first use on a machine it is traced and compiled (seconds) and written to disk.

    `on_compile` is called before that work starts, so that a face can say what takes the time.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    processor, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=processor, features=features, opt=2, reloc="pic", codemodel="default")
    made_for = hashlib.sha256(f"{processor} {features} {llvmlite.__version__}".encode()).hexdigest()[:8]
    path = cache_folder() / f"kernel_{key}_{made_for}.o"
    kept = _read(path)
    if kept is None:
        on_compile()
        from .assemble import assemble

        layout, text = assemble(make_system())
        module = llvm.parse_assembly(text)
        module.verify()
        code = machine.emit_object(module)
        _write(path, layout, code)
    else:
        layout, code = kept
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    names = [*FUNCTIONS, *layout.outputs]
    address = {name: engine.get_function_address(name) for name in names}
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * POINTERS, ctypes.c_int64)
    return Kernel(layout, address, {name: kind(place) for name, place in address.items()}, engine)


def _write(path: Path, layout: Layout, code: bytes) -> None:
    """One line that describes the code, then the code; whole or not at all."""
    head = {"layout": asdict(layout), "sha256": hashlib.sha256(code).hexdigest()}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(json.dumps(head).encode() + b"\n" + code)
    temporary.replace(path)


def _read(path: Path) -> tuple[Layout, bytes] | None:
    """What `_write` wrote; None where there is nothing, or where it is damaged."""
    try:
        line, _, code = path.read_bytes().partition(b"\n")
        head = json.loads(line)
        layout = Layout(**head["layout"])
    except (OSError, ValueError, KeyError, TypeError):  # nothing, damaged, or of another version
        return None
    return (layout, code) if head.get("sha256") == hashlib.sha256(code).hexdigest() else None
