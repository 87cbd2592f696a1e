"""`hpg serve`: where it listens, what it says, and how it ends."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app


@contextmanager
def serving(*options):
    """A server in a process of its own, its address and all that it said until then."""
    command = [sys.executable, "-u", "-m", "hpgaxis", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said, address = "", ""
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said += line
                if found := re.search(r"http://\S+", said):
                    address = found[0]
                    break
            yield process, address, said
        finally:
            process.kill()


def status(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_page_is_served_on_the_loopback_until_it_is_interrupted():
    with serving() as (process, address, said):
        assert "not a medical device" in said and address.startswith("http://127.0.0.1:")
        assert status(address) == 200
        assert status(address, Host="evil.example") == 421
        process.send_signal(signal.SIGINT)
        process.wait(10)
        assert process.stdout is not None and "Traceback" not in process.stdout.read()


def test_another_address_needs_the_token_that_is_printed():
    with serving("--host", "0.0.0.0") as (_, address, said):
        assert "token" in said and "not encrypted" in said
        plain = re.sub(r"\?token=.*", "", address).replace("0.0.0.0", "127.0.0.1")
        token = address.split("token=")[1]
        assert status(plain) == 401
        assert status(plain, Authorization=f"Bearer {token}") == 200
        assert len(token) >= 32


def test_a_port_that_is_taken_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = CliRunner().invoke(app, ["serve", "--port", str(other.getsockname()[1])])
    assert result.exit_code == 2 and "cannot listen" in result.output and "--port 0" in result.output


@pytest.mark.parametrize("options", [["--host", "no.such.host.invalid"], ["--port", "70000"]])
def test_an_address_that_cannot_be_is_refused(options):
    result = CliRunner().invoke(app, ["serve", *options])
    assert result.exit_code == 2 and "Traceback" not in result.output
