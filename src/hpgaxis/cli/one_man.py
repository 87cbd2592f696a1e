"""Commands on one man: simulate a protocol, predict with uncertainty, sensitivities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import (
    PatientOptions,
    TableOptions,
    check_quotes,
    match_patient,
    read_man_and_protocol,
    read_patient,
    read_patient_and_protocol,
    read_protocols,
    split,
)
from .model_files import read_model
from .options import (
    DEFAULT_SEED,
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
    Out,
    ParametersFile,
    PatientAndProtocol,
    Plot,
    Pulsatile,
    Seed,
    SeedOfDraws,
    Subject,
    TimeUnit,
    length,
    refuse,
    refuse_seed,
)
from .outputs import check_outputs, present, records, write_data, write_figure, write_outputs
from .terminal import counted, say, show, show_match, warn

if TYPE_CHECKING:
    from ..simulation.ensemble import Ensemble
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
    days: Days = None,
    pulsatile: Pulsatile = False,
    seed: Seed = None,
    out: Out = None,
    plot: Plot = None,
    as_json: AsJson = False,
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

    duration = length(context, days, months)
    file, texts = split(arguments)
    check_outputs(out, plot)
    model = read_model(parameters, drugs)
    check_quotes("simulate", file, texts, model.drugs)
    if len(texts) > 1:
        raise InputError(f"{len(texts)} protocols given; simulate takes one, `hpg compare` takes several")
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
            **duration,
            pulsatile=pulsatile,
            seed=seed,
            ageing=ageing,
            assay_variation=assay_variation,
        )
    present(lambda: _show_result(result, metrics), lambda: result_data(result, metrics), as_json=as_json, out=out)
    write_outputs(result, out, plot, as_json=as_json)


def result_data(result: Result, metrics: bool) -> dict[str, Any]:
    """Return what a simulation's tables hold, in numbers."""
    readings = (
        {"metrics": records(result.metrics().reset_index())} if metrics else {"readings": records(result.readings())}
    )
    return {"protocol": result.protocol.label(), **readings, "visits": result.visits}


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
    context: typer.Context,
    arguments: PatientAndProtocol,
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
    draws: Annotated[int, typer.Option(help="How many draws.", min=2)] = 100,
    seed: SeedOfDraws = DEFAULT_SEED,
    as_measured: Annotated[
        bool, typer.Option("--as-measured", help="Include assay and within-man variability.")
    ] = False,
    out: Out = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Predict the time courses of one man with their uncertainty: median and 95 % interval."""
    from ..people.match import matched
    from ..simulation.predict import predict as run

    duration = length(context, days, months)
    check_outputs(out, plot)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    tables, model = TableOptions(time_unit, subject), read_model(parameters, drugs)
    patient, protocol = read_patient_and_protocol("predict", arguments, options, tables, model)
    show_match(matched(patient, model))
    with counted("drawing", draws) as callback:
        result = run(
            patient,
            protocol,
            **duration,
            draws=draws,
            seed=seed,
            as_measured=as_measured,
            model=model,
            callback=callback,
        )
    present(lambda: _show_prediction(result), lambda: band_data(result), as_json=as_json, out=out)
    if result.left_out:
        warn(f"{result.left_out} of {draws} draws left out: no man fits the labs")
    write_data(out, result.intervals, lambda: result.intervals().to_dict("list"), as_json=as_json)
    write_outputs(result, None, plot, as_json=as_json)


def _show_prediction(result: Prediction) -> None:
    """Print the table of a prediction, and the remark about day 0."""
    show(result.table(), f"{result.protocol.label()}: median (95 % interval) of the mean over the last dosing interval")
    if remark := result.about_day_0():
        say(remark)


def band_data(result: Prediction | Ensemble) -> dict[str, Any]:
    """Return the median and the 95 % interval of readings, in numbers."""
    import numpy as np

    from ..simulation.time_courses import INTERVAL

    rows = list[dict[str, Any]]()
    for name, values in result.readings.values.items() if result.readings else ():
        for place, day in enumerate(result.readings.days if result.readings else ()):
            for reading, courses in zip(("mean", "trough", "peak"), values[:, :, place], strict=True):
                low, median, high = np.nanquantile(courses, INTERVAL)
                where = {"measure": name, "unit": result.units[name], "day": day, "reading": reading}
                rows.append({**where, "low": low, "median": median, "high": high})
    return {"protocol": result.title(), "readings": rows}


@user_errors
def sensitivity(
    context: typer.Context,
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
    days: Days = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    method: Annotated[
        str, typer.Option(help="local: elasticities; sobol or morris: traits varied as between men, all at once.")
    ] = "local",
    measure: Annotated[str, typer.Option(help="Measurement of sobol and morris.")] = "testosterone",
    level: Annotated[
        bool, typer.Option("--level", help="Of sobol and morris: the level on the last day, not its change.")
    ] = False,
    samples: Annotated[
        int | None, typer.Option(help="Base samples of sobol (a power of 2), or trajectories of morris.")
    ] = None,
    seed: SeedOfDraws = DEFAULT_SEED,
    out: Out = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Print which parameters and traits matter on the last day: elasticities, or shares of what men vary."""
    from ..simulation.sensitivity import sensitivities
    from ..simulation.table_text import elasticity_text, length_text

    duration = length(context, days, months)
    check_outputs(out, plot)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    if method == "local":
        refuse(context, "measure", "level", "samples", "seed", "plot", because="it is of --method sobol and morris")
    man, protocol = read_man_and_protocol("sensitivity", arguments, options, TableOptions(time_unit, subject), model)
    if method != "local":
        from ..simulation.global_sensitivity import global_sensitivity

        with counted("simulating men") as callback:
            found = global_sensitivity(
                man, protocol, measure=measure, outcome="level" if level else "change", traits=of or None,
                method=method, samples=samples, seed=seed, callback=callback, **duration,
            )  # fmt: skip
        present(lambda: show(found.table(), repr(found)), found.to_dict, as_json=as_json, out=out)
        write_data(out, lambda: found.table().reset_index(names="trait"), found.to_dict, as_json=as_json)
        if plot is not None:
            write_figure(found.plot(), plot)
        return
    result = sensitivities(man, protocol, of or None, **duration)
    what = f"after {length_text(float(result.time[-1]))}: {protocol.label()}"
    title = f"Sensitivity: % change of the measurement for a 1 % change of the parameter, {what}"
    present(
        lambda: show(result.table().T.map(elasticity_text), title),
        lambda: {"protocol": protocol.label(), "day": result.time[-1], "elasticity": result.table().to_dict("index")},
        as_json=as_json,
        out=out,
    )
    write_data(out, result.to_dataframe, lambda: result.to_dataframe().to_dict("list"), as_json=as_json)
