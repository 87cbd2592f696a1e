"""Commands on many men: a virtual population, what a prediction hangs on, and how uncertain it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    LARGEST_SEED,
    Age,
    Bmi,
    Diagnosis,
    History,
    HistoryYears,
    Labs,
    Months,
    Out,
    Pulsatile,
    Subject,
    TimeUnit,
    refuse,
)
from .terminal import (
    check_new_folder,
    check_outputs,
    progress,
    read_man_and_protocol,
    read_patient_and_protocol,
    read_protocols,
    show,
    user_errors,
    warn_unmatched,
    write_fit,
    write_outputs,
)


@user_errors
def population(
    context: typer.Context,
    protocol: Annotated[str, typer.Argument(help="A protocol: a sentence, a .yaml file or a .csv event table.")],
    men: Annotated[int, typer.Option(help="How many men.", min=1)] = 1000,
    diagnosis: Annotated[
        str, typer.Option(help="A diagnosis, or a group such as young_healthy or infertile_clinic.")
    ] = "eugonadal",
    age: Annotated[float | None, typer.Option(help="Mean age in years; default the diagnosis's.")] = None,
    age_spread: Annotated[float, typer.Option(help="Standard deviation of age (with --age).")] = 0.0,
    bmi: Annotated[float | None, typer.Option(help="Mean body mass index in kg/m2; default the diagnosis's.")] = None,
    bmi_spread: Annotated[float, typer.Option(help="Standard deviation of it (with --bmi).")] = 0.0,
    months: Months = 6,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    pulsatile: Pulsatile = False,
    seed: Annotated[
        int, typer.Option(help="Seed of the men and of what is drawn for each.", min=0, max=LARGEST_SEED)
    ] = 1,
    threads: Annotated[int | None, typer.Option(help="Threads; default all cores.", min=1)] = None,
    out: Out = None,
    plot: Annotated[Path | None, typer.Option(help="Write a figure here: .png, .svg or .pdf.")] = None,
) -> None:
    """Simulate a virtual population under one protocol: the median and the 95 % interval of men."""
    from ..memory import check_memory
    from ..people.population import BYTES_OF_A_MAN
    from ..people.population import population as draw
    from ..simulation.run import simulate_many
    from ..simulation.time_courses import MAIN
    from ..units import DAYS_PER_MONTH

    check_outputs(out, plot)
    (given,) = read_protocols([protocol], time_unit, subject)
    for name, mean in (("age", age), ("bmi", bmi)):
        if mean is None:
            refuse(context, f"{name}_spread", because=f"a spread needs its mean: give --{name} as well")
    each = BYTES_OF_A_MAN + 16.0 * len(MAIN) * months * DAYS_PER_MONTH
    check_memory(men * each, f"{men} men over {months:g} months")
    who = draw(
        men,
        seed=seed,
        diagnosis=diagnosis,
        age=None if age is None else (age, age_spread),
        bmi=None if bmi is None else (bmi, bmi_spread),
    )
    with progress("simulating") as bar:
        task = bar.add_task("", total=men)
        result = simulate_many(
            who,
            given,
            months=months,
            pulsatile=pulsatile,
            seed=seed,
            workers=threads,
            callback=lambda done, _: bar.update(task, completed=done),
        )
    show(
        result.table(),
        f"{men} men: {given.label()}: median (95 % interval of men) of each man's mean over the last dosing interval",
    )
    _say_redrawn(who.redrawn)
    for failure in result.failures:
        typer.secho(f"not simulated: {failure.name}: {failure.reason}", err=True, fg=typer.colors.YELLOW)
    write_outputs(result, out, plot)


def _say_redrawn(men: int) -> None:
    if men:
        typer.secho(f"{men} men redrawn: their traits had no steady state", err=True, fg=typer.colors.YELLOW)


@user_errors
def sensitivity(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[PATIENT.yaml] PROTOCOL", help="A patient file if you have one, and a protocol."),
    ],
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
) -> None:
    """Print elasticities (% change per 1 % change of a parameter or trait) on the last day."""
    from ..simulation.sensitivity import sensitivities

    man, protocol = read_man_and_protocol(
        "sensitivity", arguments, age, bmi, lab, diagnosis, history, history_years, time_unit=time_unit, subject=subject
    )
    found = sensitivities(man, protocol, of or None, months=months)
    show(found.table(), f"% for 1 %, after {months:g} months: {protocol.label()}")


@user_errors
def predict(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[PATIENT.yaml] PROTOCOL", help="A patient file if you have one, and a protocol."),
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
    draws: Annotated[int, typer.Option(help="How many draws.", min=2)] = 100,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn.", min=0, max=LARGEST_SEED)] = 1,
    as_measured: Annotated[
        bool, typer.Option("--as-measured", help="Include assay and within-man variability.")
    ] = False,
    out: Out = None,
    plot: Annotated[Path | None, typer.Option(help="Write a figure here: .png, .svg or .pdf.")] = None,
) -> None:
    """Predict one man's course with its uncertainty: median and 95 % interval."""
    from ..people.match import matched
    from ..simulation.predict import predict as run
    from ..simulation.time_courses import save_table

    check_outputs(out, plot)
    patient, protocol = read_patient_and_protocol(
        "predict", arguments, age, bmi, lab, diagnosis, history, history_years, time_unit=time_unit, subject=subject
    )
    warn_unmatched(matched(patient))
    with progress("drawing") as bar:
        task = bar.add_task("", total=draws)
        result = run(
            patient,
            protocol,
            months=months,
            draws=draws,
            seed=seed,
            as_measured=as_measured,
            callback=lambda done, _: bar.update(task, completed=done),
        )
    show(result.table(), f"{result.protocol.label()}: median (95 % interval) of the mean over the last dosing interval")
    if said := result.about_day_0():
        typer.echo(said)
    if result.left_out:
        typer.secho(f"{result.left_out} of {draws} draws left out: no man fits the labs", err=True)
    if out is not None:
        save_table(out, result.intervals, lambda: result.intervals().to_dict("list"))
        typer.echo(f"median and 95 % interval over time: {out}")
    write_outputs(result, None, plot)


@user_errors
def baseline(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[POPULATION]...", help="Published populations; default all.")
    ] = None,
    men: Annotated[int, typer.Option(help="Virtual men of each.", min=100)] = 4000,
    seed: Annotated[int, typer.Option(help="Seed of the men.", min=0, max=LARGEST_SEED)] = 0,
    fit: Annotated[bool, typer.Option("--fit", help="First fit their traits, and compare men who have these.")] = False,
    out: Annotated[Path, typer.Option(help="New folder to put the file of --fit into.")] = Path("results/baseline"),
    report: Annotated[Path | None, typer.Option(help="Write a page with every distribution here.")] = None,
) -> None:
    """Hold untreated virtual populations against published ones: medians, spreads, correlations."""
    from ..validation import populations

    check_outputs(None, None, report)
    asked = names or list(populations.published())
    for name in asked:
        populations.measurements(name)
    groups = {name: populations.published()[name]["men"] for name in asked}
    found: dict[str, Any] = {}
    if fit:
        check_new_folder(out)
        with progress("sets of traits tried") as bar:
            task = bar.add_task("", total=None)
            for name in asked:
                found[groups[name]] = populations.fit(name, lambda _: bar.advance(task))
    else:
        refuse(context, "out", because="--fit writes there, and is not given")
    compared = [populations.compare_population(name, men, seed, found.get(groups[name])) for name in asked]
    for one in compared:
        reached = one.reached()
        show(
            one.table(),
            f"{one.title}: {reached['medians'][0]} of {reached['medians'][1]} medians, "
            f"{reached['spreads'][0]} of {reached['spreads'][1]} spreads reached",
        )
        _say_redrawn(one.redrawn)
    if report:
        from ..report.population_page import population_page

        typer.echo(f"report: {population_page(compared, report)}")
    if fit:
        write_fit(out, lambda folder: populations.write(found, folder))
