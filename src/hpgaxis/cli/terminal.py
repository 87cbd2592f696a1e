"""What commands print: tables, progress, and how labs were matched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

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


def warn(message: str) -> None:
    """Print a warning to standard error."""
    typer.secho(message, err=True, fg=typer.colors.YELLOW)


def show_match(man: MatchedMan) -> None:
    """Print to standard error how each lab was matched, what does not fit, and that no drug helps where that is so."""
    from ..people.patient import phenotypes
    from ..people.remarks import lab_lines, remarks

    for line in lab_lines(man):
        typer.echo(line, err=True)
    diagnosis = man.patient.diagnosis
    why_untreatable = phenotypes()[diagnosis].get("no_treatment")
    for line in [*([f"{diagnosis}: {why_untreatable}"] if why_untreatable else []), *remarks(man)]:
        warn(line)


def show(frame: pd.DataFrame, title: str, *, names_up_to: int | None = None) -> None:
    """Print a title and, where there are rows, a table; names_up_to: wrap the rows' names at this width."""
    from rich.console import Console
    from rich.table import Table

    from ..report.tables import figure_text

    typer.echo(title)
    if frame.empty:
        return
    table = Table()
    table.add_column("", no_wrap=names_up_to is None, max_width=names_up_to)
    for column in frame.columns:
        table.add_column(str(column), justify="right", overflow="fold")
    for name, row in frame.iterrows():
        table.add_row(str(name), *(value if isinstance(value, str) else figure_text(float(value)) for value in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(100, 34 + 26 * len(frame.columns)))
    console.print(table)


def show_rows(rows: Mapping[str, Mapping[str, object]], title: str) -> None:
    """Print a table from its rows by name."""
    import pandas as pd

    show(pd.DataFrame.from_dict(dict(rows), orient="index"), title)
