"""Says what a build does, step by step, with the seconds that each step takes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show a moving bar while a step runs (in a terminal), then one line with its seconds."""
    start, console = perf_counter(), Console(stderr=True)
    if not console.is_terminal:
        print(f"{what} ...", file=sys.stderr, flush=True)
    columns = TextColumn(what), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task("", total=None)
        yield
    print(f"{what}: {perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
