"""Machine code: made from LLVM assembly once per machine, which takes seconds, then kept on disk and loaded."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

Made = tuple[dict[str, Any], str]
"""What describes a piece of code, and its LLVM assembly."""


@dataclass(frozen=True)
class Code:
    """Loaded machine code and what describes it."""

    about: dict[str, Any]
    engine: Any

    def address(self, name: str) -> int:
        """Where a function begins."""
        return self.engine.get_function_address(name)

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """A function as Python calls it, with the types of ctypes; other threads run meanwhile."""
        found: Any = ctypes.CFUNCTYPE(result, *arguments)(self.address(name))
        found.code = self  # whoever has the function keeps the code where it is
        return found


def cache_folder() -> Path:
    """Where it is kept: $HPGAXIS_CACHE, else the user's cache folder, else a temporary one."""
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


def code(name: str, make: Callable[[], Made], on_make: Callable[[], None]) -> Code:
    """The code of that name, made if this machine has none that this version of the engine wrote.

    `on_make` is called before that work starts, so that a face can say what takes the time.
    """
    machine, path = _machine(), cache_folder() / f"{name}_{_version()}.o"
    kept = _read(path)
    if kept is None:
        on_make()
        about, assembly = make()
        module = llvm.parse_assembly(assembly)
        module.verify()
        text = machine.emit_object(module)
        _write(path, about, text)
    else:
        about, text = kept
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(text))
    engine.finalize_object()
    return Code(about, engine)


def _machine() -> Any:
    """The processor that code is written for; an engine takes it over, so that each needs its own."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    processor, features = _processor()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=processor, features=features, opt=2, reloc="pic", codemodel="default")


@cache
def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def _version() -> str:
    """Digest of the processor, and of the text of this package."""
    digest = hashlib.sha256(f"{_processor()} {llvmlite.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _write(path: Path, about: dict[str, Any], text: bytes) -> None:
    """A digest, then one line that describes the code, then the code; whole or not at all."""
    content = json.dumps(about).encode() + b"\n" + text
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(hashlib.sha256(content).digest() + content)
    temporary.replace(path)


def _read(path: Path) -> tuple[dict[str, Any], bytes] | None:
    """What `_write` wrote; None where there is nothing, or where it is damaged."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:32], whole[32:]
    if hashlib.sha256(content).digest() != digest:
        return None
    line, _, text = content.partition(b"\n")
    return json.loads(line), text
