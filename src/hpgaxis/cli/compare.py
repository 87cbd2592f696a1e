"""The command that compares protocols, or all standard treatments, in one man."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import PatientOptions, TableOptions, check_quotes, match_patient, read_patient, read_protocols, split
from .model_files import read_model
from .one_man import result_data
from .options import (
    Age,
    AsJson,
    Bmi,
    Days,
    Diagnosis,
    DrugsFolder,
    History,
    HistoryYears,
    Labs,
    Months,
    ParametersFile,
    Plot,
    Pulsatile,
    Report,
    Seed,
    Subject,
    TimeUnit,
    length,
    refuse,
    refuse_seed,
)
from .outputs import check_outputs, present, said, write_data, write_figure
from .terminal import counted, show
from .treatments import TreatmentOutputs, compare_treatments

if TYPE_CHECKING:
    from ..clinical.compare import Comparison
    from ..pharmacology.protocol import Protocol


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
    days: Days = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    pulsatile: Pulsatile = False,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the data here: .csv, .parquet or .json (with --treatments .csv, .json or .md); - prints them "
            "instead of the table (CSV, or JSON by --json).",
        ),
    ] = None,
    report: Report = None,
    plot: Plot = None,
    as_json: AsJson = False,
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
) -> None:
    """Compare protocols, and no treatment, in one man. With --treatments: all standard treatments."""
    from ..clinical.compare import compare as run

    file, texts = split(arguments or [])
    model = read_model(parameters, drugs)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    if treatments:
        _refuse_with_treatments(context, texts)
        man = match_patient(read_patient(file, options, model), model)
        compare_treatments(man, TreatmentOutputs(as_json, out, report, plot))
        return
    duration = length(context, days, months)
    check_outputs(out, plot, report)
    check_quotes("compare", file, texts, model.drugs)
    protocols = _with_no_treatment(read_protocols(texts, TableOptions(time_unit, subject), model.drugs))
    refuse_seed(context, protocols, pulsatile=pulsatile)
    man = match_patient(read_patient(file, options, model), model)
    with counted("simulating", len(protocols)) as callback:
        result = run(man, protocols, **duration, pulsatile=pulsatile, seed=seed, callback=callback)
    results = result.results.values()
    present(
        lambda: _show_comparison(result, metrics),
        lambda: {"protocols": [result_data(one, metrics) for one in results]},
        as_json=as_json,
        out=out,
    )
    write_data(out, result.to_dataframe, lambda: [one.to_dict() for one in results], as_json=as_json)
    if plot is not None:
        write_figure(result.plot(), plot)
    if report is not None:
        from ..report.pages import write_report

        said(f"report: {write_report(result, report)}")


def _with_no_treatment(protocols: list[Protocol]) -> list[Protocol]:
    """Return protocols with no treatment before them, if it is not among them."""
    from ..pharmacology.protocol import Protocol

    untreated = Protocol.of("no treatment")
    there = untreated.label() in [protocol.label() for protocol in protocols]
    return protocols if there or not protocols else [untreated, *protocols]


def _refuse_with_treatments(context: typer.Context, texts: list[str]) -> None:
    """Raise InputError for protocols, or options of them, beside --treatments."""
    refuse(
        context, "months", "days", "time_unit", "subject", "pulsatile", "seed", "metrics",
        because="--treatments simulates a year in the daily mean, and prints its own figures",
    )  # fmt: skip
    if texts:
        raise InputError(f"--treatments compares the standard treatments; leave out {texts[0]!r}")


def _show_comparison(comparison: Comparison, metrics: bool) -> None:
    """Print the table of a comparison, the metrics if they are wanted, and the visits."""
    from ..simulation.table_text import length_text, metrics_text

    last = float(next(iter(comparison.results.values())).time[-1])
    show(comparison.table(), f"after {length_text(last)}: mean over the last dosing interval (trough to peak)")
    if metrics:
        for label, result in comparison.results.items():
            show(metrics_text(result.metrics()), label)
    for label, result in comparison.results.items():
        if result.visits:
            show(result.visit_table(), f"visits: {label}")
