"""`hpg export`: men under a protocol, or the arms of trials, in the forms of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import PatientOptions, TableOptions, read_man_and_protocol, read_one_protocol
from .model_files import read_model
from .options import (
    DEFAULT_SEED,
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
    Seed,
    Subject,
    TimeUnit,
    length,
    refuse,
)
from .outputs import check_writable, said
from .terminal import counted, warn

OF_A_MAN = ("age", "bmi", "lab", "history", "history_years")
OF_PROTOCOLS = (*OF_A_MAN, "diagnosis", "men", "months", "days", "time_unit", "subject", "seed", "parameters", "drugs")


@user_errors
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write here: .xml, .ant, .omex, .R, .cpp, .ctl or .yaml.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATIENT.yaml] PROTOCOL", help="A patient file if you have one, and a protocol."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="sbml, antimony, combine, desolve, mrgsolve, nonmem, petab or rxode2; by default by the file's ending."
        ),
    ] = None,
    trial: Annotated[
        list[str] | None,
        typer.Option(help="Id of a trial of the evidence, in place of a protocol: a PEtab problem; repeat for more."),
    ] = None,
    men: Annotated[
        int | None, typer.Option(help="So many virtual men (deSolve, mrgsolve, rxode2, PEtab).", min=1, max=10_000)
    ] = None,
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
    """Write men under one protocol, with the equations and their doses, for another tool; or the arms of trials."""
    from ..interchange.export import check_form
    from ..interchange.export import export as write
    from ..people.population import population
    from ..simulation.results import Result
    from ..simulation.run import simulate

    check_writable(out)
    if trial:
        refuse(context, *OF_PROTOCOLS, because="--trial says who was given what, and for how long")
        if arguments:
            raise InputError("give a protocol or --trial, not both")
        _write_trials(trial, out, to)
        return
    if not arguments:
        raise InputError('no protocol: give one, as in hpg export "anastrozole 1 mg daily" --out man.xml, or --trial')
    check_form(out, to, men or 1)
    duration = length(context, days, months)
    tables, model = TableOptions(time_unit, subject), read_model(parameters, drugs)
    if men is not None:
        refuse(context, *OF_A_MAN, because="--men draws men of a diagnosis")
        protocol = read_one_protocol("export", arguments, tables, model.drugs)
        seed = DEFAULT_SEED if seed is None else seed
        everyone = population(men, diagnosis=diagnosis or "eugonadal", seed=seed, model=model)
    else:
        options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
        man, protocol = read_man_and_protocol("export", arguments, options, tables, model)
        everyone = [man]
    results = list[Result]()
    with counted("simulating", len(everyone)) as callback:
        for place, man in enumerate(everyone, 1):
            results.append(simulate(man, protocol, seed=seed, **duration))
            callback(place, len(everyone))
    said(f"{out.suffix.removeprefix('.')}: {write(results, out, to)}")


def _write_trials(names: list[str], out: Path, to: str | None) -> None:
    """Write trials as a PEtab problem, and say which arms are left out."""
    from ..interchange.petab import export_trials

    if to not in (None, "petab"):
        raise InputError(f"--to {to}: trials are written as petab")
    path, left_out = export_trials(names, out)
    for arm, why in left_out.items():
        warn(f"left out: {arm}: {why}")
    said(f"petab: {path}")
