"""Runs the work of requests in threads: a few at once, for a bounded time, and not for a browser that went away."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol

from ..errors import HpgaxisError, InputError

Step = Callable[[int, int], None]
"""Callback (done, total) that work calls at each step; it raises where nobody waits for the work any more."""
LOOKS_EVERY = 0.05
"""Seconds between looks whether the browser is still there."""


class Reader(Protocol):
    """Who waits for an answer."""

    async def is_disconnected(self) -> bool:
        """Whether he has gone away."""
        ...


class Busy(HpgaxisError):
    """More requests wait than the server takes."""


class Cancelled(Exception):
    """The browser went away, or the work took too long."""


@dataclass(frozen=True)
class Limits:
    """What one server does.

    at_once : pieces of work that are computed together; waiting : that wait for their turn.
    seconds : for which one may compute.
    men_days : men times days of one request.
    """

    at_once: int = field(default_factory=lambda: os.cpu_count() or 1)
    waiting: int = 512
    seconds: float = 120.0
    men_days: float = 800_000.0

    def check_size(self, men: int, days: float) -> None:
        """Raise InputError for more men and days than one request may have."""
        if men * days > self.men_days:
            raise InputError(
                f"{men} men for {days:g} days are {men * days:,.0f} days; one request has at most "
                f"{self.men_days:,.0f}: ask for fewer men or days"
            )


class Steps:
    """Callback (done, total) of one piece of work: notes progress, and stops the work where nobody waits for it."""

    def __init__(self, seconds: float, moved: Callable[[int, int], object] = lambda done, total: None) -> None:
        self.gone, self.late = Event(), False
        self._ends, self._moved = time.monotonic() + seconds, moved

    def __call__(self, done: int = 0, total: int = 0) -> None:
        if self.gone.is_set():
            raise Cancelled
        if time.monotonic() > self._ends:
            self.late = True
            raise Cancelled
        if total:
            self._moved(done, total)


class Desk:
    """Takes work, lets it wait for its turn, and runs it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cancelled = 0
        self._pool = ThreadPoolExecutor(limits.at_once, thread_name_prefix="simulation")
        self._turns = asyncio.Semaphore(limits.at_once)
        self._waiting = 0

    async def run(self, reader: Reader, work: Callable[[Steps], Any]) -> Any:
        """The result of a piece of work; it is stopped at its next step when the browser goes away."""
        steps = Steps(self.limits.seconds)
        return await self._turn(steps, work, reader)

    async def _turn(self, steps: Steps, work: Callable[[Steps], Any], reader: Reader | None = None) -> Any:
        if self._waiting >= self.limits.waiting:
            raise Busy(f"{self._waiting} requests wait already; try again in a few seconds")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().run_in_executor(self._pool, _begun, steps, work)
        future.add_done_callback(self._done)
        try:
            while reader is not None and not future.done():
                await asyncio.wait([future], timeout=LOOKS_EVERY)
                if not future.done() and await reader.is_disconnected():
                    steps.gone.set()
            return await future
        except Cancelled:
            self.cancelled += 1
            raise (self._too_late() if steps.late else Cancelled()) from None
        except asyncio.CancelledError:
            steps.gone.set()
            self.cancelled += 1
            raise

    def _done(self, future: asyncio.Future[Any]) -> None:
        """Let the next piece of work begin; what this one raised is known, though nobody may wait for it."""
        self._turns.release()
        if not future.cancelled():
            future.exception()

    def _too_late(self) -> InputError:
        return InputError(f"this takes longer than {self.limits.seconds:g} s: ask for fewer men, days or protocols")

    async def events(self, work: Callable[[Steps], Any]) -> AsyncGenerator[str, None]:
        """Server-sent events of a longer piece of work: progress, then result or error.

        It is stopped at its next step when the reader goes away.
        """
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[tuple[int, int]]()
        steps = Steps(
            self.limits.seconds, lambda done, total: loop.call_soon_threadsafe(queue.put_nowait, (done, total))
        )
        task, getting = asyncio.ensure_future(self._turn(steps, work)), asyncio.ensure_future(queue.get())
        try:
            yield event("progress", {"done": 0, "total": 0})
            while not task.done() or not queue.empty():
                await asyncio.wait([task, getting], return_when=asyncio.FIRST_COMPLETED)
                if getting.done():
                    done, total = getting.result()
                    getting = asyncio.ensure_future(queue.get())
                    yield event("progress", {"done": done, "total": total})
            try:
                yield event("result", task.result())
            except HpgaxisError as error:
                yield event("error", {"message": str(error)})
            except Exception:
                yield event("error", {"message": "the program failed at this; please report it as a bug"})
                raise
        finally:
            getting.cancel()
            steps.gone.set()
            task.cancel()


def _begun(steps: Steps, work: Callable[[Steps], Any]) -> Any:
    steps()
    return work(steps)


def event(kind: str, data: Any) -> str:
    """One server-sent event."""
    return f"event: {kind}\ndata: {json.dumps(data, allow_nan=False)}\n\n"
