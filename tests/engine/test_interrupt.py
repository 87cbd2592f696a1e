"""An interrupt (Ctrl-C) ends an integration within a second; processors are counted on every system."""

import os
import signal
import subprocess
import sys
import threading
import time
from _thread import interrupt_main

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.engine import batch
from hpgaxis.engine.batch import _run_all, cores
from hpgaxis.model import Model

POPULATION = ["population", "no treatment", "--men", "3000", "--pulsatile", "--months", "1200", "--seed", "1"]
ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="sends a signal")


@ON_POSIX
@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate", "no treatment", "--pulsatile", "--days", "36525"],
        pytest.param(POPULATION, marks=pytest.mark.slow),
        pytest.param([*POPULATION, "--workers", "1"], marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_ends_a_long_simulation(arguments):
    _ = Model.default().kernel  # not compiled meanwhile
    command = [sys.executable, "-m", "hpgaxis.cli.main", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    assert process.poll() is None, process.communicate()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        said = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 130 and "Traceback" not in said[1]
    assert time.monotonic() - began < 1


@ON_POSIX
def test_after_an_interrupt_the_next_simulation_is_as_before():
    expected = hpg.simulate(days=2).values["testosterone"]
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(100):
            hpg.simulate(days=3650)
    timer.join()
    assert (hpg.simulate(days=2).values["testosterone"] == expected).all()


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupt_stops_the_threads_before_it_is_raised(workers):
    stop, ended = np.zeros(1, dtype=np.int64), list[int]()

    def work(number: int) -> None:
        while not stop[0]:
            time.sleep(0.001)
        ended.append(number)

    threading.Timer(0.3, interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        _run_all(work, [(number,) for number in range(5)], workers, stop)
    assert sorted(ended) == list(range(workers))  # those that had begun; the others never did
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_an_error_in_one_thread_stops_the_others_and_is_raised():
    stop = np.zeros(1, dtype=np.int64)

    def work(number: int) -> None:
        if number == 1:
            raise TypeError("one")
        while not stop[0]:
            time.sleep(0.001)

    with pytest.raises(TypeError, match="one"):
        _run_all(work, [(number,) for number in range(4)], 4, stop)


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({"process_cpu_count": lambda: 5}, 5),
        ({"process_cpu_count": lambda: None}, 1),
        ({"sched_getaffinity": lambda process: {0, 2, 3}, "cpu_count": lambda: 64}, 3),
        ({"cpu_count": lambda: 64}, 64),
        ({"cpu_count": lambda: None}, 1),
    ],
)
def test_processors_are_counted_on_any_system(monkeypatch, has, expected):
    for name in ("process_cpu_count", "sched_getaffinity", "cpu_count"):
        monkeypatch.delattr(os, name, raising=False)
    for name, function in has.items():
        monkeypatch.setattr(os, name, function, raising=False)
    assert cores() == expected


def test_many_men_are_simulated_where_the_system_counts_processors_alone(monkeypatch):
    """As on macOS and Windows: neither of the calls that Linux has."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    found = hpg.simulate_many(hpg.population(9, seed=1), days=2)
    assert not found.failures


def test_gigabytes_without_a_value_are_filled_whole():
    values = batch._filled_with_nan((3, 2_000_001, 2))
    assert values.shape == (3, 2_000_001, 2) and np.isnan(values).all()
    assert batch._filled_with_nan((5, 0, 0)).shape == (5, 0, 0)
