"""Machine code: made from LLVM assembly once per machine, which takes seconds, then kept on disk and loaded.

Whoever can write to the folder of the cache decides what code runs. Nothing is therefore read from a folder or file
that belongs to another account or that others can write to; what is damaged, or was made for anything else, is made
again.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import logging
import os
import shutil
import stat
import sys
import tempfile
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np
from platformdirs import user_cache_dir

from ...errors import HpgaxisError

logger = logging.getLogger(__name__)

Made = tuple[dict[str, Any], str]
"""What describes a piece of code, and its LLVM assembly."""


class CacheError(HpgaxisError, OSError):
    """Others can write to the folder of the cache, and what they write there would run."""


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


def cache_folders() -> list[Path]:
    """Folders that compiled code is looked for in, and written to the first of that takes it.

    $HPGAXIS_CACHE where it is set and not empty, and no other. Else the user's cache folder, and where that cannot be
    made or written to, a folder of the user's own in the system's folder for temporary files. A folder that does not
    exist is made, for its owner alone.

    Returns
    -------
    list of Path
        Empty where no folder can be made. The log has the reasons.

    Raises
    ------
    CacheError
        The folder that the user named, or his cache folder, belongs to another account or can be written to by others.
    """
    named, usable, problems = os.environ.get("HPGAXIS_CACHE"), list[Path](), list[str]()
    for find in [lambda: Path(named).absolute()] if named else [_user_folder, _temporary_folder]:
        try:
            folder = find()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            danger = _danger(folder.stat())
        except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home folder
            problems.append(str(error))
            continue
        if danger and find is _temporary_folder:
            problems.append(f"{folder} {danger}")
            continue
        if danger:
            raise CacheError(
                f"the folder of compiled code, {folder}, {danger}, and what is in it would run as you: "
                f"delete it, or make it yours alone (chmod 700 '{folder}') if you know who wrote what is in it, "
                "or set HPGAXIS_CACHE to another folder"
            )
        usable.append(folder)
        if os.access(folder, os.W_OK):
            break
    if not usable:
        _warn(f"there is no folder to keep compiled code in, so that every run compiles it ({'; '.join(problems)})")
    return usable


def _user_folder() -> Path:
    folder = Path(user_cache_dir("hpgaxis", appauthor=False))
    if not folder.is_absolute():  # releases of platformdirs give "~/.cache" where the user has no home
        raise RuntimeError("the user has no home folder")
    return folder


def _temporary_folder() -> Path:
    own = f"hpgaxis-{os.geteuid()}" if hasattr(os, "geteuid") else "hpgaxis"
    folder = Path(tempfile.gettempdir()) / own
    if folder.is_symlink():  # anyone can put one there
        raise OSError(f"{folder} is a link")
    return folder


def _danger(found: os.stat_result) -> str:
    """What makes a file or folder unsafe to run code from, or "". On Windows, where access is kept in lists: ""."""
    if not hasattr(os, "geteuid"):
        return ""
    if found.st_uid != os.geteuid():
        return f"belongs to another account (user id {found.st_uid}, yours is {os.geteuid()})"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"can be written to by others (its mode is {stat.S_IMODE(found.st_mode):o})"
    return ""


@cache
def _warn(message: str) -> None:
    """Log a warning once a process."""
    logger.warning(message)


def code(name: str, make: Callable[[], Made], on_make: Callable[[], None]) -> Code:
    """The code of that name, made if this machine has none that this version of the engine wrote.

    `on_make` is called before that work starts, so that a face can say what takes the time. A folder that cannot be
    written to, or a full disk, costs the next run its time; this one goes on. Raises CacheError where the folder is not
    safe.
    """
    machine, paths = _machine(), [folder / f"{name}_{_version()}.o" for folder in cache_folders()]
    kept = next((found for found in map(_read, paths) if found), None)
    if kept is None:
        on_make()
        with _interrupts_kept():
            about, assembly = make()
            module = llvm.parse_assembly(assembly)
            module.verify()
            text = machine.emit_object(module)
        _keep(paths, about, text)
    else:
        about, text = kept
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(text))
    engine.finalize_object()
    return Code(about, engine)


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Raise an interrupt (Ctrl-C) again that falls into a callback of the compiler, where it would be lost."""
    before = sys.unraisablehook

    def again(lost: sys.UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            threading.Timer(0.05, interrupt_main).start()
        else:
            before(lost)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before


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


def environment() -> tuple[object, ...]:
    """What compiled code depends on beside the sources: processor, Python, the compilers and what they are told.

    numba is not imported for its version: code that is loaded needs no compiler.
    """
    told = {k: v for k, v in os.environ.items() if k.startswith("NUMBA_") and k != "NUMBA_NUM_THREADS"}
    return (
        _processor(),
        llvm.get_default_triple(),
        llvm.llvm_version_info,
        (sys.implementation.name, sys.version),
        (version("numba"), llvmlite.__version__, np.__version__),
        sorted(told.items()),
    )


@cache
def _sources() -> bytes:
    """Digest of the text of this package."""
    return digest_of(Path(__file__).parents[1])


def digest_of(folder: Path) -> bytes:
    """Digest of the names and texts of the Python files in a folder and the folders in it."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_size} ".encode())
        digest.update(path.read_bytes())
    return digest.digest()


def _version() -> str:
    """Digest of all that compiled code depends on, but for the equations."""
    return hashlib.sha256(repr(environment()).encode() + _sources()).hexdigest()[:16]


def _keep(paths: list[Path], about: dict[str, Any], text: bytes) -> None:
    """Write code to the first place that takes it; say so in the log where none does."""
    problem = None
    for path in paths:
        try:
            return _write(path, about, text)
        except OSError as error:
            problem = problem or f"cannot write {path} ({error.strerror or error})"
    if problem:
        _warn(f"{problem}: the next run compiles it again")
    return None


def _write(path: Path, about: dict[str, Any], text: bytes) -> None:
    """A digest, then one line that describes the code, then the code; whole or not at all."""
    content = json.dumps(about).encode() + b"\n" + text
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # for the owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_digest(path.name, content) + content)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _digest(name: str, content: bytes) -> bytes:
    """Of a file's name as well, so that one that was renamed is not taken for another."""
    return hashlib.sha256(f"{name}\n".encode() + content).digest()


def _read(path: Path) -> tuple[dict[str, Any], bytes] | None:
    """What `_write` wrote; None where there is nothing, where it is damaged, or where others can have written it."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or _danger(found):
            return None
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:32], whole[32:]
    if _digest(path.name, content) != digest:
        return None
    line, _, text = content.partition(b"\n")
    return json.loads(line), text
