"""Data sets of men as commands take them: options, and what is said of rows that are not used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .terminal import note, warn

if TYPE_CHECKING:
    from ..datasets.course import DataSet
    from ..model import Model

MOST_ROWS = 40
"""Rows of tables and messages that are printed."""
Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="A table as in NONMEM (.csv, .parquet), one man (.yaml), or FHIR R4 or R5 (.json).",
    ),
]
TimeUnitOfData = Annotated[str, typer.Option(help="Unit of TIME, II, DUR and RATE in a table: hours, days or weeks.")]
Cmt = Annotated[
    list[str] | None, typer.Option("--cmt", help="Name of a number in CMT, as '1=clomiphene:oral'; repeat for more.")
]
Dvid = Annotated[
    list[str] | None, typer.Option("--dvid", help="Name of a number in DVID, as '1=testosterone'; repeat for more.")
]
OneSubject = Annotated[str | None, typer.Option(help="ID of the man, where the data have several.")]
Members = Annotated[int, typer.Option(help="Possible men in an ensemble.", min=16, max=10000)]
Strict = Annotated[bool, typer.Option("--strict", help="Stop where a row of the data is not understood.")]


def _numbers(given: list[str] | None, option: str) -> dict[str, str]:
    """Names of numbers, from '1=testosterone'."""
    names = dict[str, str]()
    for item in given or ():
        number, sign, name = (part.strip() for part in item.partition("="))
        if not sign or not number or not name:
            raise InputError(f"{option} {item!r}: expected number=name, like '1=testosterone'")
        if names.setdefault(number, name) != name:
            raise InputError(f"{option} {item!r}: {number} is {names[number]} already")
    return names


def read_men(
    data: Path,
    subject: str | None,
    time_unit: str,
    cmt: list[str] | None,
    dvid: list[str] | None,
    model: Model,
    *,
    strict: bool,
) -> DataSet:
    """The data set, of one subject if he is chosen; prints what of it is not used."""
    from dataclasses import replace

    from ..datasets.read import read_data_set

    read = read_data_set(
        data, time_unit=time_unit, cmt=_numbers(cmt, "--cmt"), dvid=_numbers(dvid, "--dvid"), drugs=model.drugs
    )
    for line in read.notes:
        note(line)
    if read.ignored and strict:
        first = read.ignored[0]
        raise InputError(
            f"{read.where}: row {first.number}: {first.ignored} ({len(read.ignored)} rows; leave out --strict)"
        )
    for row in read.ignored[:MOST_ROWS]:
        warn(f"row {row.number} ignored{' in part' if row.what else ''}: {row.ignored}")
    if len(read.ignored) > MOST_ROWS:
        warn(f"... and {len(read.ignored) - MOST_ROWS} more rows; --rows prints all")
    if subject is not None:
        read = replace(read, courses={subject.strip(): read[subject.strip()]})
    if not len(read):
        raise InputError(f"{read.where}: no man with a row that can be read")
    return read
