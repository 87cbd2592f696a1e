"""What the commands share: reading what the user gave, checking what is to be written, printing, errors."""

from __future__ import annotations

import errno
import logging
import tempfile
import traceback
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from ..errors import HpgaxisError, InputError
from ..files import read_text, read_yaml

debug_wanted = False
"""Whether `hpg --debug` (or HPGAXIS_DEBUG=1) was given."""


def set_debug(wanted: bool) -> None:
    """Show the traceback of the user's errors too."""
    global debug_wanted
    debug_wanted = wanted


def fail(message: str) -> typer.Exit:
    """Print an error for people and give the exit status of wrong input."""
    typer.secho(f"error: {message}", err=True, fg=typer.colors.RED)
    return typer.Exit(2)


def user_errors(function: Callable[..., None]) -> Callable[..., None]:
    """Tell what the user can put right (exit status 2) from a bug of this program (exit status 1, with a traceback).

    The user can put right every HpgaxisError, a file that the system refuses, and too little memory; `--debug` shows
    the traceback of these too.
    """

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        show_log()
        try:
            function(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            said = _what_to_put_right(error)
            if said is None:
                raise _bug(error) from None
            if debug_wanted:
                traceback.print_exc()
            raise fail(said) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(130) from None

    return wrapped


class _OnStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(f"hpgaxis: {record.getMessage()}", err=True)


def show_log() -> None:
    """Print what the library logs: that it compiles, or that it cannot keep what it compiled."""
    logger = logging.getLogger("hpgaxis")
    if not any(isinstance(handler, _OnStandardError) for handler in logger.handlers):
        logger.addHandler(_OnStandardError())
        logger.setLevel(logging.INFO)


def _what_to_put_right(error: Exception) -> str | None:
    """The message for an error that the user can put right; None for a bug."""
    if isinstance(error, HpgaxisError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; fewer men, a shorter time or fewer output times need less"
    if isinstance(error, OSError) and error.errno != errno.EPIPE and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


def _bug(error: Exception) -> Exception:
    """Say that this is a bug and show where; a closed pipe (`| head`) is none."""
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


def check_writable(*paths: Path | None) -> None:
    """Say that a file cannot be written before the work is done, not after; folders that are missing will be made."""
    given = [path.absolute() for path in paths if path is not None]
    if twice := [path for path in given if given.count(path) > 1]:
        raise InputError(f"two outputs would go to {twice[0]}; name a file for each")
    for path in paths:
        if path is None:
            continue
        try:
            folder = path.absolute().parent
            while not folder.exists():
                folder = folder.parent
            if path.is_dir():
                raise InputError(f"cannot write {path}: it is a folder")
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None


def check_new_folder(path: Path, checkpoint: Path | None = None) -> None:
    """Say that a folder cannot be made, or is there already, before the work is done.

    checkpoint: a file that is written before the folder, and so cannot lie in it.
    """
    if path.exists() or path.is_symlink():
        raise InputError(f"{path} is there already; move it away, or name another folder with --out")
    if checkpoint is not None and path.absolute() in (checkpoint.absolute(), *checkpoint.absolute().parents):
        raise InputError(f"--out {path}: the checkpoint lies in it, and --out is a new folder; name another place")
    check_writable(path)


def write_fit(path: Path, write: Callable[[Path], object]) -> None:
    """Write the files of a fit into a new folder, laid out as the package is."""
    from ..files import write_folder

    write_folder(path, write)
    typer.echo(f"fitted files, in folders as in the package: {path}")


def check_outputs(out: Path | None, plot: Path | None, report: Path | None = None) -> None:
    """Check endings and folders of what is to be written, before the work."""
    from ..files import check_ending
    from ..simulation.time_courses import FIGURES, TABLES

    if out is not None:
        check_ending(out, TABLES)
    if plot is not None:
        check_ending(plot, FIGURES)
    check_writable(out, plot, report)


def write_outputs(result: Any, out: Path | None, plot: Path | None) -> None:
    """Write the time courses and the figure of a result or a comparison."""
    from ..files import write_whole

    if out is not None:
        typer.echo(f"time courses: {result.save(out)}")
    if plot is not None:
        figure = result.plot()
        write_whole(plot, lambda p: figure.savefig(p, dpi=130))
        typer.echo(f"figure: {plot}")


def read_patient(
    file: Path | None,
    age: float | None,
    bmi: float | None,
    labs: list[str] | None,
    diagnosis: str | None,
    history: str | None = None,
    history_years: float | None = None,
) -> Any:
    """The patient from a file, with what the options say put in its place."""
    from ..measurements.labs import LabError, canonical
    from ..people.patient import Patient, PatientError, phenotypes

    base = Patient.fields_from_yaml(read_text(file), str(file)) if file is not None else {}
    given: dict[str, Any] = {
        "age": age, "bmi": bmi, "diagnosis": diagnosis, "history": history, "history_years": history_years,
    }  # fmt: skip
    own: dict[str, str] = {}
    for item in labs or []:
        name, sign, value = (part.strip() for part in item.partition("="))
        if not sign:
            raise PatientError(f"--lab {item!r}: expected name=value, like 'testosterone=265 ng/dL'")
        key = canonical(name)
        if key in own:
            raise PatientError(f"--lab {item!r}: {key} is given twice, before as {own[key]!r}; keep one")
        own[key] = value.strip()
    values = dict[str, Any]()
    for name, value in (base.get("labs") or {}).items():
        try:
            known = canonical(name)
        except LabError as error:
            raise PatientError(f"{file}: {error}") from None
        if known not in own:
            values[name] = value
    kept = {key: value for key, value in given.items() if value is not None}
    of_diagnosis = phenotypes().get(str(kept.get("diagnosis", base.get("diagnosis"))), {}).get("history")
    if history_years is not None and not (history or base.get("history") or of_diagnosis):
        raise PatientError("--history-years is not used: give --history as well, what he was on for so long")
    return Patient.from_fields({**base, **kept, "labs": {**values, **own}}, str(file) if file is not None else "")


def read_protocols(given: list[str], time_unit: str | None = None, subject: str | None = None) -> list[Any]:
    """Protocols from sentences, .yaml files or .csv event tables; time_unit and subject are of tables."""
    from ..pharmacology.protocol import Protocol

    if (time_unit is not None or subject is not None) and not any(map(is_table, given)):
        raise InputError("--time-unit and --subject are for .csv event tables, and no table is given")
    protocols = []
    for text in given:
        if is_table(text):
            protocols.append(read_table(text, time_unit).protocol(subject))
        elif text.lower().endswith((".yaml", ".yml")):
            protocols.append(Protocol.from_yaml(read_text(Path(text)), text))
        elif not text.strip():
            raise InputError("the protocol is empty (a shell variable that is not set?); write 'no treatment' for none")
        else:
            protocols.append(Protocol.of(text))
    return protocols


def is_table(given: str) -> bool:
    """Whether a protocol is given as an event table."""
    return given.lower().endswith(".csv")


def read_table(given: str, time_unit: str | None) -> Any:
    """An event table from its file; says on standard error how it was read."""
    from ..pharmacology.events import read_events

    table = read_events(given, time_unit or "days")
    typer.secho(f"{given}: {'; '.join(table.notes)}", err=True, fg=typer.colors.YELLOW)
    return table


def split(arguments: list[str]) -> tuple[Path | None, list[str]]:
    """A patient file first, if the first argument is one and not a protocol's file, then protocols."""
    if arguments and arguments[0].lower().endswith((".yaml", ".yml")) and not _holds_doses(Path(arguments[0])):
        return Path(arguments[0]), arguments[1:]
    return None, arguments


def read_patient_and_protocol(
    command: str, arguments: list[str], *options: Any, time_unit: str | None, subject: str | None
) -> tuple[Any, Any]:
    """The patient, not matched yet, and the one protocol of a command; options: as for `read_patient`, in its order."""
    file, protocols = split(arguments)
    if len(protocols) != 1:
        raise InputError(f"{len(protocols)} protocols given; {command} takes one")
    (protocol,) = read_protocols(protocols, time_unit, subject)
    return read_patient(file, *options), protocol


def read_man_and_protocol(
    command: str, arguments: list[str], *options: Any, time_unit: str | None, subject: str | None
) -> tuple[Any, Any]:
    """The same with the man matched to his labs; says which of them he does not reach."""
    from ..people.match import matched

    patient, protocol = read_patient_and_protocol(command, arguments, *options, time_unit=time_unit, subject=subject)
    man = matched(patient)
    warn_unmatched(man)
    return man, protocol


def _holds_doses(path: Path) -> bool:
    """Whether a YAML file is a protocol: a list, a sentence, or a mapping with `doses`."""
    data = read_yaml(read_text(path), str(path))
    return isinstance(data, list | str) or (isinstance(data, dict) and "doses" in data)


def progress(description: str) -> Any:
    """A progress bar on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(description), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def score_line(score: Mapping[str, Any]) -> dict[str, str]:
    """A score as a line of a table."""

    def percent(share: float | None) -> str:
        return "–" if share is None else f"{100 * share:.0f} %"

    return {
        "n": str(score["n"]),
        "AAFE": f"{score['aafe']:.2f}",
        "bias": f"{score['bias']:.2f}",
        "prediction in printed CI": percent(score["within_ci"]),
        "figure in predicted interval": percent(score["coverage"]),
    }


def warn_unmatched(man: Any) -> None:
    """Say how each lab was matched, what does not fit, and where nothing in this program helps."""
    from ..people.patient import phenotypes
    from ..people.remarks import lab_lines, remarks

    for line in lab_lines(man):
        typer.echo(line, err=True)
    why_untreatable = phenotypes()[man.patient.diagnosis].get("no_treatment")
    for line in [*([f"{man.patient.diagnosis}: {why_untreatable}"] if why_untreatable else []), *remarks(man)]:
        typer.secho(line, err=True, fg=typer.colors.YELLOW)


def show(frame: Any, title: str, *, names_up_to: int | None = None) -> None:
    """Print a title and, where there are rows, a table; names_up_to: wrap the rows' names at this width."""
    from rich.console import Console
    from rich.table import Table

    from ..report.tables import figure_text

    typer.echo(title)
    if frame.empty:
        return
    table = Table()
    table.add_column("", no_wrap=names_up_to is None, max_width=names_up_to)
    for column in frame.columns:
        table.add_column(str(column), justify="right", overflow="fold")
    for name, row in frame.iterrows():
        table.add_row(str(name), *(value if isinstance(value, str) else figure_text(float(value)) for value in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(100, 34 + 26 * len(frame.columns)))
    console.print(table)
