"""The commands that learn a man from his own course: `fit`, `forecast` and `optimise`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .data_sets import MOST_ROWS, Cmt, Data, Dvid, Members, OneSubject, Strict, TimeUnitOfData, read_men
from .errors import user_errors
from .model_files import read_model
from .options import DEFAULT_SEED, AsJson, Days, DrugsFolder, ParametersFile, Plot, Report, SeedOfDraws, length
from .outputs import (
    STANDARD_OUTPUT,
    check_outputs,
    check_writable,
    present,
    said,
    to_json,
    write_data,
    write_figure,
    write_text,
)
from .terminal import DISCLAIMER, counted, note, say, show, warn

if TYPE_CHECKING:
    from ..individual.fit import Fit, Fits
    from ..model import Model


@user_errors
def fit(
    context: typer.Context,
    data: Data,
    subject: OneSubject = None,
    time_unit: TimeUnitOfData = "days",
    cmt: Cmt = None,
    dvid: Dvid = None,
    rows: Annotated[bool, typer.Option("--rows", help="Print how each row was understood, and stop.")] = False,
    strict: Strict = False,
    diagnoses: Annotated[
        bool, typer.Option("--diagnoses", help="Print probabilities of diagnoses, and what to measure next.")
    ] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(help="A protocol that the report (--report) compares; repeat for more. Default: three."),
    ] = None,
    members: Members = 96,
    seed: SeedOfDraws = DEFAULT_SEED,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write subjects and predictions here as JSON; - prints them."),
    ] = None,
    plot: Plot = None,
    report: Report = None,
) -> None:
    """Learn men from their own doses and labs: their traits, and how well every lab is predicted."""
    from ..individual.fit import fit as learn

    check_outputs(None, plot, report)
    if json is not None and json != STANDARD_OUTPUT:
        if json.suffix.lower() != ".json":
            raise InputError(f"cannot write {json.name}: the ending {json.suffix!r} is not .json")
        check_writable(json, plot, report)
    model = read_model(parameters, drugs)
    read = read_men(data, subject, time_unit, cmt, dvid, model, strict=strict)
    if rows:
        show(read.table(), f"{read.where}: how each row was understood")
        return
    if (report or diagnoses) and len(read) != 1:
        raise InputError("a report and diagnoses are of one man: choose him with --subject")
    with counted("learning men", len(read)) as callback:
        fits = learn(read, members=members, seed=seed, model=model, callback=callback)
    _name_contradictions(fits)
    if json == STANDARD_OUTPUT:
        typer.echo(to_json(fits.to_dict()))
    else:
        _show(fits)
    if json is not None and json != STANDARD_OUTPUT:
        write_text(to_json(fits.to_dict()), json)
        said(f"data: {json}")
    if diagnoses:
        _show_diagnoses(fits.only)
    if plot is not None:
        write_figure(fits.plot(), plot)
    if report is not None:
        from ..report.man_page import man_page

        man_page(fits.only, report, option or ())
        said(f"report: {report}")


@user_errors
def forecast(
    context: typer.Context,
    data: Data,
    protocol: Annotated[
        list[str], typer.Argument(help="Protocols as sentences; 'as recorded' lets the doses of the data go on.")
    ],
    subject: OneSubject = None,
    months: Annotated[float, typer.Option(help="How long to look ahead, in months.")] = 12,
    days: Days = None,
    time_unit: TimeUnitOfData = "days",
    cmt: Cmt = None,
    dvid: Dvid = None,
    strict: Strict = False,
    partner_age: Annotated[
        float | None, typer.Option(help="Print the chance of conception with a partner of this age.")
    ] = None,
    members: Members = 96,
    seed: SeedOfDraws = DEFAULT_SEED,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the bands here (.csv, .parquet, .json); - prints them."),
    ] = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Forecast protocols in a man from his last record on, with 50 and 90 % bands."""
    duration = length(context, days, months)
    check_outputs(out, plot)
    man = _one_man(data, subject, time_unit, cmt, dvid, members, seed, read_model(parameters, drugs), strict=strict)
    with counted("forecasting", len(protocol)) as callback:
        coming = man.forecast(protocol, **duration, callback=callback)

    def tables() -> None:
        last = coming.time[-1]
        show(coming.table(), f"{man.course.name}, {last:g} days after his last record: median (90 % interval)")
        risks = coming.risks()
        show(
            risks,
            "share of possible men who pass a limit of safety (%)" if len(risks) else "no limit of safety is passed",
        )
        if partner_age is not None:
            for name in coming.protocols:
                show(coming.conception(name, partner_age=partner_age), f"chance of conception so far: {name}")

    present(tables, coming.to_dict, as_json=as_json, out=out)
    write_data(out, coming.to_dataframe, coming.to_dict, as_json=as_json)
    if plot is not None:
        write_figure(coming.plot(), plot)


@user_errors
def optimise(
    context: typer.Context,
    data: Data,
    goal: Annotated[
        list[str], typer.Option(help="What is wanted, as 'total_motile_count as high as possible at month 6'; repeat.")
    ],
    bound: Annotated[
        list[str] | None,
        typer.Option(help="What must hold, as 'hematocrit below 52 % with 95 % probability'; repeat for more."),
    ] = None,
    use: Annotated[list[str] | None, typer.Option(help="A drug that may be used; repeat. Default: all.")] = None,
    most_drugs: Annotated[int, typer.Option(help="Drugs at most.", min=1, max=4)] = 2,
    guideline: Annotated[str | None, typer.Option(help="Protocol beside which the best is shown.")] = None,
    tries: Annotated[int, typer.Option(help="Protocols that are tried.", min=1)] = 150,
    subject: OneSubject = None,
    months: Annotated[float, typer.Option(help="How long each protocol is simulated, in months.")] = 6,
    days: Days = None,
    time_unit: TimeUnitOfData = "days",
    cmt: Cmt = None,
    dvid: Dvid = None,
    strict: Strict = False,
    members: Members = 96,
    seed: SeedOfDraws = DEFAULT_SEED,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Find a protocol for a man: drugs, doses and rules for a goal, beside the guideline's and no treatment."""
    from ..individual.optimise import optimise as search

    duration = length(context, days, months)
    man = _one_man(data, subject, time_unit, cmt, dvid, members, seed, read_model(parameters, drugs), strict=strict)
    with counted("trying protocols", tries) as callback:
        found = search(
            man, goal, bound or (), drugs=use, most_drugs=most_drugs, guideline=guideline, trials=tries, seed=seed,
            callback=callback, **duration,
        )  # fmt: skip

    def tables() -> None:
        say(repr(found))
        show(found.table(), f"{found.tried} protocols tried: mean utility, probability of each bound")

    present(tables, found.to_dict, as_json=as_json)
    if found.best.protocol == found.guideline.protocol:
        note("no protocol that was tried is better than the guideline's")
    note(DISCLAIMER)


def _one_man(
    data: Path,
    subject: str | None,
    time_unit: str,
    cmt: list[str] | None,
    dvid: list[str] | None,
    members: int,
    seed: int,
    model: Model,
    *,
    strict: bool,
) -> Fit:
    """One man learned from his course."""
    from ..individual.fit import fit as learn

    read = read_men(data, subject, time_unit, cmt, dvid, model, strict=strict)
    if len(read) != 1:
        raise InputError(f"{read.where}: {len(read)} men; choose one with --subject, like --subject {next(iter(read))}")
    with counted("learning the man", 1) as callback:
        fits = learn(read, members=members, seed=seed, model=model, callback=callback)
    _name_contradictions(fits)
    return fits.only


def _name_contradictions(fits: Fits) -> None:
    for message in fits.failures.values():
        warn(f"not learned: {message}")
    for name, one in fits.items():
        if one.assumed_diagnosis:
            words = one.assumed_diagnosis.replace("_", " ")
            warn(f"ID {name}: no DIAGNOSIS, and labs that no healthy man has: he is fitted as a man with {words}")
        for found in one.contradictions:
            warn(f"ID {name}: {found}")


def _show(fits: Fits) -> None:
    """Print the traits of one man, or how the fits of several went."""
    import pandas as pd

    if len(fits) == 1:
        one = fits.only
        traits = one.traits()
        show(traits, f"{one.course.name}: traits relative to the typical man, median and 90 % interval")
        predictions = one.predictions()
        shown = predictions[["time", "variable", "unit", "observed", "used_in_fit", "median", "low", "high"]]
        show(shown.head(MOST_ROWS).set_index("time"), "measurements beside their predictions (90 % interval)")
        return
    rows = {name: _figures(one.diagnostics()) for name, one in fits.items()}
    show(pd.DataFrame.from_dict(rows, orient="index"), f"{len(fits)} men")


def _figures(diagnostics: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "used": diagnostics["measurements_used"], "held": diagnostics["measurements_held"],
        "contradictory": len(diagnostics["contradictions"]), "misfit": diagnostics["misfit"],
        "effective size": diagnostics["effective_sample_size"], "moved at last": diagnostics["moved_in_last_round"],
    }  # fmt: skip


def _show_diagnoses(man: Fit) -> None:
    from ..individual.diagnosis import diagnoses

    found = diagnoses(man)
    show(found.table(), "probabilities of diagnoses, for a man of an infertility clinic")
    show(found.next_table(), "what a further measurement would tell of the diagnosis")
