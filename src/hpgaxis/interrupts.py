"""Ctrl-C that is neither lost nor heard by processes that it is not for."""

from __future__ import annotations

import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

SECONDS_LATER = 0.05
"""After which an interrupt that a callback ignored is raised again."""


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Raise an interrupt again that occurs where Python ignores it: in a callback of the compiler, or of an import."""
    before = sys.unraisablehook

    def again(lost: sys.UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            threading.Timer(SECONDS_LATER, interrupt_main).start()
        else:
            before(lost)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before


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
