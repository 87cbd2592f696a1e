"""What commands print: tables, progress, and how labs were matched."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from .tables import paragraph, table_lines

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import Progress

    from ..people.match import MatchedMan

DISCLAIMER = "For research and teaching; not a medical device."


def progress(description: str) -> Progress:
    """Return a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(description), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def counted(description: str, total: int | None = None) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar; yields the callback (done, total) that moves it."""
    with progress(description) as bar:
        task = bar.add_task("", total=total)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield moved


def note(message: str, **style: Any) -> None:
    """Print a message to standard error, wrapped at words where that is a terminal."""
    typer.secho(paragraph(message, hanging="  ") if sys.stderr.isatty() else message, err=True, **style)


def warn(message: str) -> None:
    """Print a warning to standard error."""
    note(message, fg=typer.colors.YELLOW)


def show_match(man: MatchedMan) -> None:
    """Print to standard error how each lab was matched, what does not fit, and that no drug helps where that is so."""
    from ..people.patient import phenotypes
    from ..people.remarks import lab_lines, reading, remarks

    for line in [*lab_lines(man), *reading(man)]:
        note(line)
    diagnosis = man.patient.diagnosis
    why_untreatable = phenotypes()[diagnosis].get("no_treatment")
    for line in [*([f"{diagnosis}: {why_untreatable}"] if why_untreatable else []), *remarks(man)]:
        warn(line)


def say(text: str, indent: str = "") -> None:
    """Print a text, wrapped at words to the width of the terminal."""
    typer.echo(paragraph(text, indent, hanging="  "))


def show(frame: pd.DataFrame, title: str) -> None:
    """Print a title and, where there are rows, a table."""
    typer.secho(paragraph(title, hanging="  "), bold=True)
    for line in table_lines(frame) if len(frame) else ():
        typer.echo(line)


def show_rows(rows: Mapping[str, Mapping[str, object]], title: str) -> None:
    """Print a table from its rows by name."""
    import pandas as pd

    show(pd.DataFrame.from_dict(dict(rows), orient="index"), title)
