"""Work of requests: turns, limits, progress, and an end where nobody waits."""

import asyncio
import threading
import time

import pytest

from hpgaxis.errors import InputError
from hpgaxis.web.work import Busy, Cancelled, Desk, Limits, Steps, event
from tests.web.asking import events


class Reader:
    """A request whose browser may go away."""

    def __init__(self, gone=False):
        self.gone = gone

    async def is_disconnected(self):
        return self.gone


def endless(steps):
    while True:
        steps(1, 2)
        time.sleep(0.005)


def test_a_result_comes_back():
    assert asyncio.run(Desk(Limits()).run(Reader(), lambda step: 42)) == 42


def test_work_whose_browser_went_away_is_stopped():
    desk, stopped = Desk(Limits()), threading.Event()

    def work(steps):
        try:
            endless(steps)
        finally:
            stopped.set()

    with pytest.raises(Cancelled):
        asyncio.run(desk.run(Reader(gone=True), work))
    assert stopped.wait(2) and desk.cancelled == 1


def test_work_that_takes_too_long_is_stopped_and_says_so():
    with pytest.raises(InputError, match=r"longer than 0\.05 s"):
        asyncio.run(Desk(Limits(seconds=0.05)).run(Reader(), endless))


def test_only_so_many_wait():
    async def many():
        desk = Desk(Limits(at_once=1, waiting=1))
        first = asyncio.create_task(desk.run(Reader(), lambda step: time.sleep(0.3)))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(desk.run(Reader(), lambda step: 2))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy, match="wait already"):
            await desk.run(Reader(), lambda step: 3)
        await first
        return await second

    assert asyncio.run(many()) == 2


def test_only_so_much_is_computed_at_once():
    running, most = [], []

    def work(step):
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()

    async def many():
        desk = Desk(Limits(at_once=2))
        await asyncio.gather(*(desk.run(Reader(), work) for _ in range(8)))

    asyncio.run(many())
    assert max(most) <= 2


def test_a_request_has_so_many_men_and_days():
    Limits(men_days=1000).check_size(10, 100)
    with pytest.raises(InputError, match="fewer men or days"):
        Limits(men_days=1000).check_size(11, 100)


def test_events_tell_progress_and_then_the_result():
    def work(steps):
        for done in range(3):
            steps(done + 1, 3)
        return {"x": 1}

    async def read():
        return [text async for text in Desk(Limits()).events(work)]

    found = events("".join(asyncio.run(read())))
    assert found[-1] == ("result", {"x": 1})
    assert ("progress", {"done": 3, "total": 3}) in found


def test_events_tell_what_was_wrong():
    def work(steps):
        raise InputError("no such drug")

    async def read():
        return [text async for text in Desk(Limits()).events(work)]

    assert events("".join(asyncio.run(read())))[-1] == ("error", {"message": "no such drug"})


def test_a_fault_of_the_program_ends_the_events_with_a_sentence():
    def work(steps):
        raise KeyError("x")

    async def read():
        found = []
        with pytest.raises(KeyError):
            async for text in Desk(Limits()).events(work):
                found.append(text)
        return found

    assert "bug" in events("".join(asyncio.run(read())))[-1][1]["message"]


def test_a_reader_who_stops_reading_stops_the_work():
    async def read():
        desk = Desk(Limits())
        stream = desk.events(endless)
        async for text in stream:
            if "2" in text:
                break
        await stream.aclose()
        await asyncio.sleep(0.1)
        return desk.cancelled, threading.active_count()

    assert asyncio.run(read())[0] == 1


def test_steps_that_nobody_waits_for_raise():
    steps = Steps(10)
    steps(1, 2)
    steps.gone.set()
    with pytest.raises(Cancelled):
        steps(2, 2)


def test_numbers_that_json_has_not_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        event("result", float("nan"))
