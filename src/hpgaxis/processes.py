"""Work in several processes, which end with this one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

from .errors import HpgaxisError, InputError

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


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Context whose new processes and threads never hear Ctrl-C, and which lets this process hear it when it ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    can_block = hasattr(signal, "pthread_sigmask")  # not on Windows
    if can_block:
        resource_tracker.ensure_running()  # its start would let interrupts through again
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))  # by another thread
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if can_block else set()
    try:
        yield
    finally:
        if can_block:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
    if heard:
        signal.raise_signal(signal.SIGINT)


def _leave_interrupts_to_the_parent() -> None:
    """Ignore Ctrl-C in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
