"""An interrupt (Ctrl-C) that Python ignores is raised again, in the library and in commands."""

import sys
import time
import weakref

import pytest
import typer

from hpgaxis.cli.errors import user_errors
from hpgaxis.interrupts import interrupts_kept


class Thing:
    pass


def swallowed():
    """An interrupt in a callback of a weak reference, such as an import's; then ten seconds of work."""

    def interrupted(_) -> None:
        raise KeyboardInterrupt

    thing = Thing()
    watching = weakref.ref(thing, interrupted)
    del thing
    assert watching() is None
    for _ in range(1000):
        time.sleep(0.01)


def test_an_interrupt_that_a_callback_swallows_is_raised_again():
    hook = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        swallowed()
    assert sys.unraisablehook is hook


def test_it_ends_a_command(capsys):
    with pytest.raises(typer.Exit) as ended:
        user_errors(swallowed)()
    assert ended.value.exit_code == 130 and capsys.readouterr().err == "interrupted\n"
