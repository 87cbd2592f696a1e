"""`hpg export`: a man under a protocol in the forms of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .errors import user_errors
from .inputs import PatientOptions, TableOptions, read_man_and_protocol
from .model_files import read_model
from .options import (
    Age,
    Bmi,
    Days,
    Diagnosis,
    DrugsFolder,
    History,
    HistoryYears,
    Labs,
    Months,
    ParametersFile,
    PatientAndProtocol,
    Seed,
    Subject,
    TimeUnit,
    length,
)
from .outputs import check_writable, said


@user_errors
def export(
    context: typer.Context,
    arguments: PatientAndProtocol,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write here: .xml, .ant or .omex.")],
    to: Annotated[str | None, typer.Option(help="sbml, antimony or combine; by default by the file's ending.")] = None,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 6,
    days: Days = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    seed: Seed = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
) -> None:
    """Write one man under one protocol, with the equations and his doses, for another tool."""
    from ..interchange.export import export as write
    from ..simulation.run import simulate

    duration = length(context, days, months)
    check_writable(out)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("export", arguments, options, TableOptions(time_unit, subject), model)
    written = write(simulate(man, protocol, seed=seed, **duration), out, to)
    said(f"{written.suffix.removeprefix('.')}: {written}")
