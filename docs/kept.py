"""What was made from the package, and is made again only when something that it depends on has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import hpgaxis

RECORD = Path(__file__).parent.parent / "build" / "kept.json"
"""Name -> the digest of what it depends on, and the digest of each file that was made (path -> digest)."""
PACKAGE = Path(hpgaxis.__file__).parent


def digest(texts: Iterable[Path] = ()) -> str:
    """Return a digest of all that documentation depends on.

    That is the package's code and data, the scripts in docs, the processor, the versions of all installed packages, and
    the files `texts`.
    """
    from hpgaxis.engine.codegen.cache import environment

    installed = sorted(f"{one.name} {one.version}" for one in distributions())
    found = hashlib.sha256(repr((environment(), installed)).encode())
    sources = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    for path in (*sorted(sources), *sorted(Path(__file__).parent.glob("*.py")), *texts):
        found.update(f"{path} {path.stat().st_size} ".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _recorded() -> dict[str, dict[str, Any]]:
    try:
        return json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _digest_of(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def is_kept(name: str, depends_on: str) -> bool:
    """Return whether `name` was recorded with the digest `depends_on` and its files are as they were written."""
    entry = _recorded().get(name)
    if entry is None or entry["depends_on"] != depends_on:
        return False
    return all(_digest_of(Path(path)) == written for path, written in entry["files"].items())


def record(name: str, depends_on: str, files: Iterable[Path] = ()) -> None:
    """Record that `name` was made, with these files, when the digest of what it depends on was `depends_on`."""
    entry = {"depends_on": depends_on, "files": {str(path): _digest_of(path) for path in files}}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({**_recorded(), name: entry}, indent=1), encoding="utf-8")
