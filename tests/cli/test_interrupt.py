"""Ctrl-C ends a command within a second, and every process that it started: one line, no traceback."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hpgaxis.model import Model

TREATED = "clomiphene 25 mg daily"
COMMANDS = {
    "trial on processes": ("trial", "run", "head-to-head", "--men", "20000", "--out", "{out}", "--workers", "2"),
    "trial in one process": ("trial", "run", "head-to-head", "--men", "20000", "--out", "{out}", "--workers", "1"),
    "trial on a cluster": ("trial", "run", "head-to-head", "--men", "20000", "--out", "{out}", "--cluster"),
    "power": ("trial", "power", "head-to-head", "--men", "400"),
    "validate": ("validate", "--workers", "2", "--draws", "50", "--report", "{out}.html"),
    "calibrate": ("calibrate", "--workers", "2", "--checkpoint", "{out}.jsonl", "--out", "{out}"),
    "population": ("population", TREATED, "--men", "100000"),
}
ALLOWED = 10.0
"""Seconds. A second is what is promised; the machine that runs the tests does other things as well."""
CASES = [
    *((command, True, 8.0) for command in COMMANDS),
    *((command, True, 2.5) for command in ("trial on processes", "trial in one process", "validate")),
    *((command, False, 8.0) for command in ("trial on processes", "trial on a cluster", "power")),
]
"""Command, whether every process is interrupted (as a terminal does) or the first alone, and after how many seconds."""


def alive(session):
    """Processes of a session that have not ended, as lines of `ps`."""
    listed = subprocess.run(["ps", "-s", str(session), "-o", "stat=,pid=,args="], capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if not line.startswith("Z")]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize(("command", "to_all", "after"), CASES)
def test_an_interrupt_ends_it_all(command, to_all, after, tmp_path):
    _ = Model.default().kernel  # not compiled meanwhile
    words = [word.replace("{out}", str(tmp_path / "out")) for word in COMMANDS[command]]
    process = subprocess.Popen(
        [sys.executable, "-m", "hpgaxis.cli.main", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        time.sleep(after)
        assert process.poll() is None, process.communicate()
        began = time.monotonic()
        if to_all:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
        took = time.monotonic() - began
        time.sleep(0.2)
        left = alive(process.pid)
    finally:
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
    while_python_starts = process.returncode == -signal.SIGINT and said == ""
    assert said.strip() == "interrupted" or while_python_starts
    assert left == []
    assert process.returncode in (130, -signal.SIGINT), "a shell shows both as 130"
    assert took < ALLOWED
