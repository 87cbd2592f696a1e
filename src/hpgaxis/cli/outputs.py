"""Files that commands write: checked before the work, written whole after it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from ..errors import InputError
from ..files import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FIGURE_DPI = 130
PAGES = (".html", ".htm")


STANDARD_OUTPUT = Path("-")
"""What --out names to print data in place of a table."""


class WithOutputs(Protocol):
    """A result with time courses and a figure."""

    def to_dataframe(self) -> pd.DataFrame:
        """Return the time courses as a table."""
        ...

    def to_dict(self) -> object:
        """Return the time courses as plain data."""
        ...

    def plot(self) -> Any:
        """Return a matplotlib Figure."""
        ...


def check_writable(*paths: Path | None, makes_folder: bool = False) -> None:
    """Raise InputError for a file that cannot be written, before the work; makes_folder: its folder is made later."""
    given = [path.absolute() for path in paths if path is not None]
    if twice := [path for path in given if given.count(path) > 1]:
        raise InputError(f"two outputs would go to {twice[0]}; name a file for each")
    for path in paths:
        if path is not None:
            _check_file(path, makes_folder)


def _check_file(path: Path, makes_folder: bool) -> None:
    try:
        folder, is_folder = path.absolute().parent, path.is_dir()
        if not (makes_folder or folder.exists()):
            raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    if is_folder:
        raise InputError(f"cannot write {path}: it is a folder")
    _check_folder(folder, path)


def _check_folder(folder: Path, path: Path) -> None:
    """Raise InputError where no file can be made in a folder; path: what is to be written there."""
    try:
        while not folder.exists():
            folder = folder.parent
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
    _check_folder(path.absolute().parent, path)


def check_outputs(out: Path | None, plot: Path | None = None, report: Path | None = None) -> None:
    """Raise InputError for outputs with an unknown ending or in a folder that cannot be written, before the work."""
    from ..files import check_ending
    from ..simulation.time_courses import FIGURES, TABLES

    if out == STANDARD_OUTPUT:
        out = None
    if out is not None:
        check_ending(out, TABLES)
    if plot is not None:
        check_ending(plot, FIGURES)
    if report is not None:
        check_ending(report, PAGES)
    check_writable(out, plot, report)


def present(show: Callable[[], object], data: Callable[[], object], *, as_json: bool, out: Path | None = None) -> None:
    """Print what a command found, as tables or as JSON; nothing where --out prints the data."""
    if out == STANDARD_OUTPUT:
        return
    if as_json:
        typer.echo(to_json(data()))
    else:
        show()


def write_data(
    out: Path | None, frame: Callable[[], pd.DataFrame], data: Callable[[], object], *, as_json: bool
) -> None:
    """Write or print the data of a result, from its table (.csv, .parquet) or as plain data (.json)."""
    from ..simulation.time_courses import save_table

    if out == STANDARD_OUTPUT:
        typer.echo(to_json(data()) if as_json else frame().to_csv(index=False).rstrip("\n"))
    elif out is not None:
        said(f"data: {save_table(out, frame, lambda: plain(data()))}")


def write_outputs(result: WithOutputs, out: Path | None, plot: Path | None, *, as_json: bool) -> None:
    """Write the time courses and the figure of a result or a comparison."""
    write_data(out, result.to_dataframe, result.to_dict, as_json=as_json)
    if plot is not None:
        write_figure(result.plot(), plot)


def said(message: str) -> None:
    """Print to standard error where something was written."""
    typer.echo(message, err=True)


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure and print where it is."""
    from ..files import write_whole

    write_whole(path, lambda p: figure.savefig(p, dpi=FIGURE_DPI))
    said(f"figure: {path}")


def write_text(text: str, path: Path) -> None:
    """Write a text in UTF-8."""
    from ..files import write_whole

    write_whole(path, lambda p: p.write_text(text, encoding="utf-8"))


def to_json(data: object) -> str:
    """Return data as JSON text."""
    return json.dumps(plain(data), indent=1, allow_nan=False, ensure_ascii=False)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dicts."""
    return [plain(dict(zip(map(str, frame.columns), row, strict=True))) for row in frame.to_numpy(dtype=object)]


def unreadable_files(unreadable: Mapping[str, str], files: int, what: str) -> typer.Exit:
    """Print the files of a folder that could not be read, and return the exit; what: of which kind they are."""
    for message in (*unreadable.values(), f"{len(unreadable)} of {files} {what} could not be read"):
        typer.secho(message, err=True, fg=typer.colors.RED)
    return typer.Exit(1)


def write_fit(path: Path, write: Callable[[Path], object]) -> None:
    """Write the files of a fit into a new folder with the layout of the package."""
    from ..files import write_folder

    write_folder(path, write)
    said(f"fitted files, in folders as in the package: {path}")
