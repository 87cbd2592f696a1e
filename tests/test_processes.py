"""Processes that work for this one: the same results, and none is left behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hpgaxis.errors import InputError
from hpgaxis.processes import WorkerError, processes


def double(number):
    return 2 * number, os.getpid()


def die(number):
    os.kill(os.getpid(), signal.SIGKILL)


def fail(number):
    raise InputError(f"{number} is no good")


def test_results_come_in_order_from_other_processes():
    with processes(2) as spread:
        found = list(spread(double, range(20)))
        again = list(spread(double, [1]))
    assert [value for value, _ in found] == list(range(0, 40, 2)) and again[0][0] == 2
    assert os.getpid() not in {process for _, process in found}


def test_one_process_is_this_one():
    with processes(1) as spread:
        assert list(spread(double, [3])) == [(6, os.getpid())]


@pytest.mark.parametrize("count", [0, -4])
def test_no_process_at_all_is_refused(count):
    with pytest.raises(InputError, match=f"{count} processes"), processes(count):
        pass


def test_an_error_is_the_one_that_was_raised():
    with pytest.raises(InputError, match="3 is no good"), processes(2) as spread:
        list(spread(fail, [3]))


def test_a_process_that_is_killed_is_reported():
    with pytest.raises(WorkerError, match="a process was killed"), processes(2) as spread:
        list(spread(die, range(4)))


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("after", [0.0, 0.01, 0.05, 0.3])
def test_an_interrupt_while_processes_start_is_not_lost(after):
    program = f"""
import os, signal, threading, time, joblib
from hpgaxis.processes import processes
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    threading.Timer({after}, os.killpg, [os.getpid(), signal.SIGINT]).start()
    with processes(2) as spread:
        list(spread(time.sleep, [20, 20]))
except KeyboardInterrupt:
    print("interrupted")
"""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, start_new_session=True, timeout=60
    )
    assert (ended.stdout, ended.stderr) == ("interrupted\n", "")
    assert time.monotonic() - began < 15
