"""Machine code: compiled from LLVM assembly once per machine (seconds), then kept on disk and loaded.

Cached code runs with the user's rights. Folders and files that belong to another account, or that others can write to,
are therefore never read. Damaged or outdated code is compiled again.
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
from collections.abc import Callable
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
from ...interrupts import interrupts_kept

logger = logging.getLogger(__name__)

Made = tuple[dict[str, Any], str]
"""A description of the code, and its LLVM assembly."""


class CacheError(HpgaxisError, OSError):
    """A cache folder that other accounts can write to."""


@dataclass(frozen=True)
class Code:
    """Loaded machine code and its description."""

    about: dict[str, Any]
    engine: Any

    def address(self, name: str) -> int:
        """Address of a function."""
        return self.engine.get_function_address(name)

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """A function with ctypes' types; its calls release the GIL."""
        function: Any = ctypes.CFUNCTYPE(result, *arguments)(self.address(name))
        function.code = self  # the function keeps the code alive
        return function


def cache_folders() -> list[Path]:
    """Folders of compiled code, in the order in which they are tried.

    $HPGAXIS_CACHE alone if it is set and not empty. Else the user's cache folder, and if it cannot be created or
    written to, a folder of the user among the temporary files. Missing folders are created, private to the user.

    Returns
    -------
    list of Path
        Empty if no folder can be created; the log has the reasons.

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
    name = f"hpgaxis-{os.geteuid()}" if hasattr(os, "geteuid") else "hpgaxis"
    folder = Path(tempfile.gettempdir()) / name
    if folder.is_symlink():  # anyone can put one there
        raise OSError(f"{folder} is a link")
    return folder


def _danger(status: os.stat_result) -> str:
    """Why code of this file or folder is unsafe, or ""; always "" on Windows."""
    if not hasattr(os, "geteuid"):
        return ""
    if status.st_uid != os.geteuid():
        return f"belongs to another account (user id {status.st_uid}, yours is {os.geteuid()})"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"can be written to by others (its mode is {stat.S_IMODE(status.st_mode):o})"
    return ""


@cache
def _warn(message: str) -> None:
    """Log a warning once a process."""
    logger.warning(message)


def code(name: str, make: Callable[[], Made], on_make: Callable[[], None]) -> Code:
    """The code of that name, from the cache of this version of the engine or compiled.

    `on_make` is called before the compilation, to tell the user. If the code cannot be written to the cache, the next
    run compiles it again. Raises CacheError for an unsafe folder.
    """
    machine, paths = _machine(), [folder / f"{name}_{_version()}.o" for folder in cache_folders()]
    kept = next((entry for entry in map(_read, paths) if entry), None)
    if kept is None:
        on_make()
        with interrupts_kept():
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


def _machine() -> Any:
    """The target of the compiler; each engine needs a new one."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    processor, features = _processor()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=processor, features=features, opt=2, reloc="pic", codemodel="default")


@cache
def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def environment() -> tuple[object, ...]:
    """Environment of the compilation: processor, Python, compilers and their settings.

    numba is not imported for its version, because loaded code needs no compiler.
    """
    settings = {k: v for k, v in os.environ.items() if k.startswith("NUMBA_") and k != "NUMBA_NUM_THREADS"}
    return (
        _processor(),
        llvm.get_default_triple(),
        llvm.llvm_version_info,
        (sys.implementation.name, sys.version),
        (version("numba"), llvmlite.__version__, np.__version__),
        sorted(settings.items()),
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
    """Digest of the engine's sources and the environment."""
    return hashlib.sha256(repr(environment()).encode() + _sources()).hexdigest()[:16]


def _keep(paths: list[Path], about: dict[str, Any], text: bytes) -> None:
    """Write code to the first writable path; log a warning without one."""
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
    """Write a digest, one line that describes the code, and the code; whole or not at all."""
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
    """Digest of a file's name and content, so that a renamed file is not read."""
    return hashlib.sha256(f"{name}\n".encode() + content).digest()


def _read(path: Path) -> tuple[dict[str, Any], bytes] | None:
    """Description and code from a file of `_write`; None if it is missing, damaged or unsafe."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or _danger(status):
            return None
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:32], whole[32:]
    if _digest(path.name, content) != digest:
        return None
    line, _, text = content.partition(b"\n")
    return json.loads(line), text
