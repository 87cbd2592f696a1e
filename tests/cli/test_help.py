"""Help, completion and `python -m hpgaxis`."""

import os
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from hpgaxis.cli.main import COMMANDS, app


def commands(group, above=()):
    """Every command of a group, and of the groups in it, as its words."""
    for name, command in group.commands.items():
        yield (*above, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*above, name))


@pytest.mark.parametrize("words", [(), *commands(typer.main.get_command(app))], ids=" ".join)
def test_help_is_there_with_one_letter_too(words):
    short, long = (CliRunner().invoke(app, [*words, option]) for option in ("-h", "--help"))
    assert short.exit_code == long.exit_code == 0
    assert short.output == long.output
    assert "-h, --help" in short.output


def test_help_groups_the_commands():
    lines = CliRunner().invoke(app, ["-h"]).output.splitlines()
    for panel, functions in COMMANDS.items():
        start = lines.index(f"{panel}:")
        section = lines[start + 1 : lines.index("", start) if "" in lines[start:] else None]
        for function in functions:
            assert any(line.split()[:1] == [function.__name__.replace("_", "-")] for line in section)


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "hpgaxis", "describe", "anastrozole"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "aromatase" in result.stdout
    wrong = subprocess.run([*command[:3], "describe", "anastrazol"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "did you mean anastrozole" in wrong.stderr


def test_the_shell_completes_commands():
    environment = {**os.environ, "_HPG_COMPLETE": "complete_bash", "COMP_WORDS": "hpg simu", "COMP_CWORD": "1"}
    command = [sys.executable, "-m", "hpgaxis"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.stdout.split() == ["simulate"]


def test_completion_can_be_installed():
    output = CliRunner().invoke(app, ["--help"]).output
    assert "--install-completion" in output and "--show-completion" in output
