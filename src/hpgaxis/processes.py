"""Work in several processes, which end with this one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from .errors import HpgaxisError, InputError
from .interrupts import deaf_to_interrupts

Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""`map`, in one process or several: a function and its arguments -> the results in their order."""
IDLE_SECONDS = 10
"""Seconds without work after which a process ends."""


class WorkerError(HpgaxisError):
    """A worker process was killed."""


@contextmanager
def processes(count: int) -> Iterator[Spread]:
    """A `map` over `count` processes; for one, `map` in this process.

    An error or Ctrl-C here ends the processes at once. Raises InputError for a count below 1, and WorkerError if a
    process was killed from outside.
    """
    if count < 1:
        raise InputError(f"{count} processes or threads: expected 1 or more")
    if count == 1:
        yield map
        return
    from joblib import Parallel, delayed

    with Parallel(
        count,
        backend="loky",
        batch_size=1,  # pyright: ignore[reportArgumentType]
        max_nbytes=None,
        return_as="generator",
        idle_worker_timeout=IDLE_SECONDS,
        initializer=_leave_interrupts_to_the_parent,
    ) as parallel:

        def spread(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
            try:
                yield from parallel(delayed(function)(task) for task in tasks)
            except BrokenProcessPool as error:
                raise WorkerError(f"a process was killed, perhaps because the memory was full: {error}") from None

        with deaf_to_interrupts():  # until all have started
            list(parallel(delayed(_leave_interrupts_to_the_parent)() for _ in range(count)))
        yield spread


def _leave_interrupts_to_the_parent() -> None:
    """Ignore Ctrl-C in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
