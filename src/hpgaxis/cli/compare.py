"""The command that compares protocols, or all standard treatments, in one man."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import PatientOptions, TableOptions, match_patient, read_patient, read_protocols, split
from .model_files import read_model
from .options import (
    Age,
    Bmi,
    Diagnosis,
    DrugsFolder,
    History,
    HistoryYears,
    Labs,
    Months,
    ParametersFile,
    Plot,
    Pulsatile,
    Seed,
    Subject,
    TimeUnit,
    refuse,
    refuse_seed,
)
from .outputs import check_outputs, write_outputs
from .terminal import counted, show
from .treatments import TreatmentOutputs, compare_treatments

if TYPE_CHECKING:
    from ..clinical.compare import Comparison


@user_errors
def compare(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATIENT.yaml] PROTOCOL...", help="A patient file if you have one, and the protocols."),
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
    pulsatile: Pulsatile = False,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write time courses here (.csv, .parquet, .json); with --treatments .html, .md or .json."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write one self-contained HTML page here.")] = None,
    plot: Plot = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print Cmax, Tmax, AUC, trough, average and times as well.")
    ] = False,
    treatments: Annotated[
        bool,
        typer.Option(
            "--treatments",
            help="Compare the standard treatments of male infertility over a year, instead of protocols.",
        ),
    ] = False,
    form: Annotated[str, typer.Option("--format", help="What --treatments prints: text, markdown or json.")] = "text",
) -> None:
    """Compare protocols in one man: a table, a figure, a report. With --treatments: all standard treatments."""
    from ..clinical.compare import compare as run

    file, texts = split(arguments or [])
    model = read_model(parameters, drugs)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    if treatments:
        _refuse_with_treatments(context, texts)
        man = match_patient(read_patient(file, options, model), model)
        compare_treatments(man, TreatmentOutputs(form, out, report, plot))
        return
    refuse(context, "form", because="it says what --treatments prints; --out writes a comparison of protocols as .json")
    check_outputs(out, plot, report)
    protocols = read_protocols(texts, TableOptions(time_unit, subject), model.drugs)
    refuse_seed(context, protocols, pulsatile=pulsatile)
    man = match_patient(read_patient(file, options, model), model)
    with counted("simulating", len(protocols)) as callback:
        result = run(man, protocols, months=months, pulsatile=pulsatile, seed=seed, callback=callback)
    _show_comparison(result, metrics)
    write_outputs(result, out, plot)
    if report is not None:
        from ..report.pages import write_report

        typer.echo(f"report: {write_report(result, report)}")


def _refuse_with_treatments(context: typer.Context, texts: list[str]) -> None:
    """Raise InputError for protocols, or options of them, beside --treatments."""
    refuse(
        context, "months", "time_unit", "subject", "pulsatile", "seed", "metrics",
        because="--treatments simulates a year in the daily mean, and prints its own figures",
    )  # fmt: skip
    if texts:
        raise InputError(f"--treatments compares the standard treatments; leave out {texts[0]!r}")


def _show_comparison(comparison: Comparison, metrics: bool) -> None:
    """Print the table of a comparison, the metrics if they are wanted, and the visits."""
    from ..simulation.table_text import length_text, metrics_text

    length = float(next(iter(comparison.results.values())).time[-1])
    show(comparison.table(), f"after {length_text(length)}: mean over the last dosing interval (trough to peak)")
    if metrics:
        for label, result in comparison.results.items():
            show(metrics_text(result.metrics()), label)
    for label, result in comparison.results.items():
        if result.visits:
            show(result.visit_table(), f"visits: {label}")
