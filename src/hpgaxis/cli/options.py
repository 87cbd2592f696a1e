"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from ..errors import InputError

if TYPE_CHECKING:
    from ..pharmacology.protocol import Protocol


class Length(TypedDict):
    """The length of a simulation, in days or in months."""

    days: float | None
    months: float | None


class OptionError(InputError):
    """An option that the command does not use here, or two that exclude each other."""


def given(context: typer.Context, name: str) -> str:
    """Return the option, as '--history-years', if the user typed it ("" if not); name: of the function's parameter."""
    source = context.get_parameter_source(name)
    if source is None or source.name != "COMMANDLINE":
        return ""
    return next(option.opts[0] for option in context.command.params if option.name == name)


def refuse(context: typer.Context, *names: str, because: str) -> None:
    """Raise OptionError if the user typed one of these options, which the command would ignore."""
    for name in names:
        if option := given(context, name):
            raise OptionError(f"{option} is not used: {because}")


def refuse_seed(
    context: typer.Context, protocols: list[Protocol], *, pulsatile: bool, assay_variation: bool = False
) -> None:
    """Raise OptionError for a seed where nothing is drawn."""
    if not (pulsatile or assay_variation or any(protocol.adherence < 1 for protocol in protocols)):
        because = "nothing is drawn here; pulses (--pulsatile) and missed doses (80 % adherence) are"
        refuse(context, "seed", because=because)


def length(context: typer.Context, days: float | None, months: float) -> Length:
    """Return the length of a simulation as the keyword of a call. Raises OptionError for both --days and --months."""
    if given(context, "days") and given(context, "months"):
        raise OptionError("give --days or --months, not both")
    return {"days": days, "months": months if days is None else None}


PatientAndProtocol = Annotated[
    list[str],
    typer.Argument(metavar="[PATIENT.yaml] PROTOCOL", help="A patient file if you have one, and a protocol."),
]
Age = Annotated[float | None, typer.Option(help="Age in years.")]
Bmi = Annotated[float | None, typer.Option(help="Body mass index in kg/m².")]
Labs = Annotated[list[str] | None, typer.Option("--lab", help="A lab, as 'testosterone=265 ng/dL'; repeat for more.")]
Diagnosis = Annotated[str | None, typer.Option(help="Diagnosis that his traits start from.")]
Months = Annotated[float, typer.Option(help="How long to simulate, in months.")]
Days = Annotated[float | None, typer.Option(help="How long to simulate, in days (in place of --months).")]
Pulsatile = Annotated[bool, typer.Option("--pulsatile", help="Every GnRH pulse explicit, with the daily rhythm.")]
LARGEST_SEED = 2**63 - 1
Seed = Annotated[
    int | None,
    typer.Option(
        help="Seed of the doses that are missed, and of irregular pulse intervals (regular without it).",
        min=0,
        max=LARGEST_SEED,
    ),
]
History = Annotated[
    str | None, typer.Option(help="Protocol that he was on until day 0 (then his labs are those before it).")
]
HistoryYears = Annotated[float | None, typer.Option(help="For how many years.")]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write the data here (.csv, .parquet, .json); - prints them instead of the table: CSV, or JSON by --json.",
    ),
]
Report = Annotated[Path | None, typer.Option(metavar="PAGE.html", help="Write one self-contained HTML page here.")]
DEFAULT_SEED = 1
SeedOfDraws = Annotated[int, typer.Option("--seed", help="Seed of all that is drawn.", min=0, max=LARGEST_SEED)]
TimeUnit = Annotated[
    str | None,
    typer.Option(help="Unit of TIME, II and DUR in a .csv event table: hours, days or weeks. Default: days."),
]
Subject = Annotated[str | None, typer.Option(help="ID of the subject of a .csv event table whose protocol is used.")]
Plot = Annotated[Path | None, typer.Option(help="Write a figure here: .png, .svg or .pdf.")]
ParametersFile = Annotated[
    Path | None,
    typer.Option(
        "--parameters",
        help="A .yaml or .toml file of parameter: value, in place of the shipped ones (`hpg describe` has the units).",
    ),
]
DrugsFolder = Annotated[
    Path | None, typer.Option("--drugs", help="A folder of drug files of your own, used beside the shipped drugs.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")]
