"""Errors at the command line: exit status 2 and a message for wrong input, a traceback and 1 for a bug."""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from ..errors import HpgaxisError
from ..interrupts import interrupts_kept
from .terminal import note

debug_wanted = False
"""Whether `hpg --debug` (or HPGAXIS_DEBUG=1) was given."""


def set_debug(wanted: bool) -> None:
    """Show the traceback of the user's errors too."""
    global debug_wanted
    debug_wanted = wanted


def fail(message: str) -> typer.Exit:
    """Print an error message and return the exit with the status of wrong input."""
    note(f"error: {message}", fg=typer.colors.RED)
    return typer.Exit(2)


def user_errors(function: Callable[..., None]) -> Callable[..., None]:
    """Return a command that ends with exit status 2 on the user's mistake, and with 1 and a traceback on a bug.

    The user's mistakes are every HpgaxisError, a file that the system refuses, and too little memory; `--debug` shows
    the traceback of these too.
    """

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        show_log()
        try:
            with interrupts_kept():
                function(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            message = _message_to_user(error)
            if message is None:
                raise _bug(error) from None
            if debug_wanted:
                traceback.print_exc()
            raise fail(message) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(130) from None

    return wrapped


class _OnStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(f"hpgaxis: {record.getMessage()}", err=True)


def show_log() -> None:
    """Print the library's log messages, such as that it compiles the equations."""
    logger = logging.getLogger("hpgaxis")
    if not any(isinstance(handler, _OnStandardError) for handler in logger.handlers):
        logger.addHandler(_OnStandardError())
        logger.setLevel(logging.INFO)


def _message_to_user(error: Exception) -> str | None:
    """Message for an error that the user can put right; None for a bug."""
    if isinstance(error, HpgaxisError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; fewer men, a shorter time or fewer output times need less"
    if isinstance(error, OSError) and error.errno != errno.EPIPE and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


def _bug(error: Exception) -> Exception:
    """Report a bug with its traceback and return the exit; a closed pipe (`| head`) is no bug."""
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        return error  # click ends quietly
    from importlib.metadata import version

    message = (
        f"this is a bug in hpgaxis {version('hpgaxis')}, not in your input: "
        "please report the command and the lines below"
    )
    typer.secho(message, err=True, fg=typer.colors.RED)
    traceback.print_exception(error)
    return typer.Exit(1)
