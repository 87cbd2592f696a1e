"""Commands on one man: simulate a protocol, predict with uncertainty, sensitivities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import (
    PatientOptions,
    TableOptions,
    match_patient,
    read_man_and_protocol,
    read_patient,
    read_patient_and_protocol,
    read_protocols,
    split,
)
from .model_files import read_model
from .options import (
    LARGEST_SEED,
    Age,
    Bmi,
    Diagnosis,
    DrugsFolder,
    History,
    HistoryYears,
    Labs,
    Months,
    OptionError,
    Out,
    ParametersFile,
    PatientAndProtocol,
    Plot,
    Pulsatile,
    Seed,
    Subject,
    TimeUnit,
    given,
    refuse,
    refuse_seed,
)
from .outputs import check_outputs, write_outputs
from .terminal import counted, say, show, show_match

if TYPE_CHECKING:
    from ..simulation.predict import Prediction
    from ..simulation.results import Result


@user_errors
def simulate(
    context: typer.Context,
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[PATIENT.yaml] PROTOCOL",
            help="A patient file if you have one, and a protocol: a sentence, a .yaml file or a .csv event table.",
        ),
    ],
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 6,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    days: Annotated[float | None, typer.Option(help="How long to simulate, in days (instead of months).")] = None,
    pulsatile: Pulsatile = False,
    seed: Seed = None,
    out: Out = None,
    plot: Plot = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print Cmax, Tmax, AUC, trough, average and times.")
    ] = False,
    ageing: Annotated[bool, typer.Option("--ageing", help="Let age advance during the simulation.")] = False,
    assay_variation: Annotated[
        bool,
        typer.Option("--assay-variation", help="Labs at visits vary as they do from visit to visit (needs --seed)."),
    ] = False,
) -> None:
    """Simulate one man under one protocol."""
    from rich.console import Console

    from ..simulation.run import simulate as run

    if given(context, "days") and given(context, "months"):
        raise OptionError("give --days or --months, not both")
    file, texts = split(arguments)
    if len(texts) > 1:
        raise InputError(f"{len(texts)} protocols given; simulate takes one, `hpg compare` takes several")
    check_outputs(out, plot)
    model = read_model(parameters, drugs)
    (protocol,) = read_protocols(texts or ["no treatment"], TableOptions(time_unit, subject), model.drugs)
    if not protocol.rules:
        because = "the protocol has no visits ('if testosterone < 300 at week 4 ...' makes one)"
        refuse(context, "assay_variation", because=because)
    refuse_seed(context, [protocol], pulsatile=pulsatile, assay_variation=assay_variation)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    man = match_patient(read_patient(file, options, model), model)
    with Console(stderr=True).status("simulating ..."):
        result = run(
            man,
            protocol,
            days=days,
            months=None if days is not None else months,
            pulsatile=pulsatile,
            seed=seed,
            ageing=ageing,
            assay_variation=assay_variation,
        )
    _show_result(result, metrics)
    write_outputs(result, out, plot)


def _show_result(result: Result, metrics: bool) -> None:
    """Print the table of a simulation, or its metrics, and the visits."""
    from ..simulation.table_text import metrics_text

    label = result.protocol.label()
    if metrics:
        show(metrics_text(result.metrics()), label)
    else:
        show(result.table(), f"{label}: mean over the last dosing interval (trough to peak)")
    if result.visits:
        show(result.visit_table(), "visits")


@user_errors
def predict(
    arguments: PatientAndProtocol,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 6,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    draws: Annotated[int, typer.Option(help="How many draws.", min=2)] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0, max=LARGEST_SEED)] = 1,
    as_measured: Annotated[
        bool, typer.Option("--as-measured", help="Include assay and within-man variability.")
    ] = False,
    out: Out = None,
    plot: Plot = None,
) -> None:
    """Predict the time courses of one man with their uncertainty: median and 95 % interval."""
    from ..people.match import matched
    from ..simulation.predict import predict as run
    from ..simulation.time_courses import save_table

    check_outputs(out, plot)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    tables, model = TableOptions(time_unit, subject), read_model(parameters, drugs)
    patient, protocol = read_patient_and_protocol("predict", arguments, options, tables, model)
    show_match(matched(patient, model))
    with counted("drawing", draws) as callback:
        result = run(
            patient,
            protocol,
            months=months,
            draws=draws,
            seed=seed,
            as_measured=as_measured,
            model=model,
            callback=callback,
        )
    _show_prediction(result, draws)
    if out is not None:
        save_table(out, result.intervals, lambda: result.intervals().to_dict("list"))
        typer.echo(f"median and 95 % interval over time: {out}")
    write_outputs(result, None, plot)


def _show_prediction(result: Prediction, draws: int) -> None:
    """Print the table of a prediction, the remark about day 0, and how many draws were left out."""
    show(result.table(), f"{result.protocol.label()}: median (95 % interval) of the mean over the last dosing interval")
    if remark := result.about_day_0():
        say(remark)
    if result.left_out:
        typer.secho(f"{result.left_out} of {draws} draws left out: no man fits the labs", err=True)


@user_errors
def sensitivity(
    arguments: PatientAndProtocol,
    of: Annotated[
        list[str] | None, typer.Option(help="A parameter or trait; repeat for more. Default: all traits.")
    ] = None,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 6,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
) -> None:
    """Print elasticities (% change per 1 % change of a parameter or trait) on the last day."""
    from ..simulation.sensitivity import sensitivities
    from ..simulation.table_text import elasticity_text, length_text

    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("sensitivity", arguments, options, TableOptions(time_unit, subject), model)
    result = sensitivities(man, protocol, of or None, months=months)
    what = f"after {length_text(float(result.time[-1]))}: {protocol.label()}"
    show(
        result.table().T.map(elasticity_text),
        f"Sensitivity: % change of the measurement for a 1 % change of the parameter, {what}",
    )
