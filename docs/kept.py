"""Record of generated documentation: a page is made again only when something that it depends on has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from typing import TypedDict

import hpgaxis


class Entry(TypedDict):
    """Digest of what a page depends on, and the digest of each file that was written, by path."""

    depends_on: str
    files: dict[str, str | None]


RECORD = Path(__file__).parent.parent / "build" / "kept.json"
"""JSON file: name of a page -> its `Entry`."""
PACKAGE = Path(hpgaxis.__file__).parent


def digests(pages: Iterable[Path]) -> dict[Path, str]:
    """Return a digest of all that each page depends on: its own text, and what `digest` covers."""
    package = _package_hash()
    return {page: _with_files(package.copy(), [page]).hexdigest() for page in pages}


def digest() -> str:
    """Return a digest of all that generated pages depend on.

    It covers the package's code and data, the scripts in docs, the processor and the versions of installed packages.
    """
    return _package_hash().hexdigest()


def _package_hash() -> hashlib._Hash:
    from hpgaxis.engine.codegen.cache import environment

    installed = sorted(f"{package.name} {package.version}" for package in distributions())
    sources = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    scripts = Path(__file__).parent.glob("*.py")
    return _with_files(hashlib.sha256(repr((environment(), installed)).encode()), [*sorted(sources), *sorted(scripts)])


def _with_files(digest: hashlib._Hash, paths: Iterable[Path]) -> hashlib._Hash:
    for path in paths:
        digest.update(f"{path} {path.stat().st_size} ".encode())
        digest.update(path.read_bytes())
    return digest


def _recorded() -> dict[str, Entry]:
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
    entry: Entry = {"depends_on": depends_on, "files": {str(path): _digest_of(path) for path in files}}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({**_recorded(), name: entry}, indent=1), encoding="utf-8")
