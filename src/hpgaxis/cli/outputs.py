"""Files that commands write: checked before the work, written whole after it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from ..errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_DPI = 130


class WithOutputs(Protocol):
    """A result with time courses and a figure."""

    def save(self, path: Path) -> Path:
        """Write the time courses."""
        ...

    def plot(self) -> Any:
        """Return a matplotlib Figure."""
        ...


def check_writable(*paths: Path | None) -> None:
    """Raise InputError for a file that cannot be written, before the work; missing folders are made later."""
    given = [path.absolute() for path in paths if path is not None]
    if twice := [path for path in given if given.count(path) > 1]:
        raise InputError(f"two outputs would go to {twice[0]}; name a file for each")
    for path in paths:
        if path is None:
            continue
        try:
            folder = path.absolute().parent
            while not folder.exists():
                folder = folder.parent
            if path.is_dir():
                raise InputError(f"cannot write {path}: it is a folder")
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None


def check_new_folder(path: Path, checkpoint: Path | None = None) -> None:
    """Raise InputError for a folder that exists already or cannot be made, before the work.

    checkpoint: a file that is written before the folder, and so cannot lie in it.
    """
    if path.exists() or path.is_symlink():
        raise InputError(f"{path} is there already; move it away, or name another folder with --out")
    if checkpoint is not None and path.absolute() in (checkpoint.absolute(), *checkpoint.absolute().parents):
        raise InputError(f"--out {path}: the checkpoint lies in it, and --out is a new folder; name another place")
    check_writable(path)


def check_outputs(out: Path | None, plot: Path | None, report: Path | None = None) -> None:
    """Raise InputError for outputs with an unknown ending or in a folder that cannot be written, before the work."""
    from ..files import check_ending
    from ..simulation.time_courses import FIGURES, TABLES

    if out is not None:
        check_ending(out, TABLES)
    if plot is not None:
        check_ending(plot, FIGURES)
    check_writable(out, plot, report)


def write_outputs(result: WithOutputs, out: Path | None, plot: Path | None) -> None:
    """Write the time courses and the figure of a result or a comparison."""
    if out is not None:
        typer.echo(f"time courses: {result.save(out)}")
    if plot is not None:
        write_figure(result.plot(), plot)


def write_figure(figure: Figure, path: Path, *, to_stderr: bool = False) -> None:
    """Write a figure and print where it is."""
    from ..files import write_whole

    write_whole(path, lambda p: figure.savefig(p, dpi=FIGURE_DPI))
    typer.echo(f"figure: {path}", err=to_stderr)


def write_text(text: str, path: Path) -> None:
    """Write a text in UTF-8."""
    from ..files import write_whole

    write_whole(path, lambda p: p.write_text(text, encoding="utf-8"))


def to_json(data: object) -> str:
    """Return data as JSON text."""
    return json.dumps(data, indent=1, allow_nan=False)


def write_fit(path: Path, write: Callable[[Path], object]) -> None:
    """Write the files of a fit into a new folder with the layout of the package."""
    from ..files import write_folder

    write_folder(path, write)
    typer.echo(f"fitted files, in folders as in the package: {path}")
