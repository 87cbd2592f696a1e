"""The command line: `hpg`. Thin; all science is below."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from . import trials
from .clinical import conception, diagnoses, risks
from .many import baseline, population, predict, sensitivity
from .options import (
    Age,
    Bmi,
    Diagnosis,
    History,
    HistoryYears,
    Labs,
    Months,
    OptionError,
    Out,
    Pulsatile,
    Seed,
    Subject,
    TimeUnit,
    given,
    refuse,
    refuse_seed,
)
from .terminal import (
    check_new_folder,
    check_outputs,
    check_writable,
    is_table,
    progress,
    read_patient,
    read_protocols,
    read_table,
    score_line,
    set_debug,
    show,
    split,
    user_errors,
    warn_unmatched,
    write_fit,
    write_outputs,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from importlib.metadata import version

        typer.echo(version("hpgaxis"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", callback=set_debug, envvar="HPGAXIS_DEBUG", help="Show where in the program an error arose."
        ),
    ] = False,
) -> None:
    """Simulate the male hypothalamic-pituitary-gonadal axis and its treatments.

    For research and teaching; not a medical device.
    """


@app.command()
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
    days: Annotated[float | None, typer.Option(help="How long to simulate, in days (instead of months).")] = None,
    pulsatile: Pulsatile = False,
    seed: Seed = None,
    out: Out = None,
    plot: Annotated[Path | None, typer.Option(help="Write a figure here: .png, .svg or .pdf.")] = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print Cmax, Tmax, AUC, trough, average and times.")
    ] = False,
    ageing: Annotated[bool, typer.Option("--ageing", help="He grows older along the simulation.")] = False,
    assay_variation: Annotated[
        bool,
        typer.Option("--assay-variation", help="Labs at visits vary as they do from visit to visit (needs --seed)."),
    ] = False,
) -> None:
    """Simulate one man under one protocol."""
    from rich.console import Console

    from ..people.match import matched
    from ..simulation.run import simulate as run
    from ..simulation.table_text import metrics_text

    if given(context, "days") and given(context, "months"):
        raise OptionError("give --days or --months, not both")
    file, protocols = split(arguments)
    if len(protocols) > 1:
        raise InputError(f"{len(protocols)} protocols given; simulate takes one, `hpg compare` takes several")
    check_outputs(out, plot)
    (protocol,) = read_protocols(protocols or ["no treatment"], time_unit, subject)
    if not protocol.rules:
        because = "the protocol has no visits ('if testosterone < 300 at week 4 ...' makes one)"
        refuse(context, "assay_variation", because=because)
    refuse_seed(context, [protocol], pulsatile=pulsatile, assay_variation=assay_variation)
    man = matched(read_patient(file, age, bmi, lab, diagnosis, history, history_years))
    warn_unmatched(man)
    length: dict[str, Any] = {"days": days} if days is not None else {"months": months}
    with Console(stderr=True).status("simulating ..."):
        result = run(
            man, protocol, pulsatile=pulsatile, seed=seed, ageing=ageing, assay_variation=assay_variation, **length
        )
    if metrics:
        show(metrics_text(result.metrics()), protocol.label())
    else:
        show(result.table(), f"{protocol.label()}: mean over the last dosing interval (trough to peak)")
    if result.visits:
        show(result.visit_table(), "visits")
    write_outputs(result, out, plot)


@app.command()
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
    pulsatile: Pulsatile = False,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write time courses here (.csv, .parquet, .json); with --treatments .html, .md or .json."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write one self-contained HTML page here.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a figure here: .png, .svg or .pdf.")] = None,
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
    from ..people.match import matched
    from ..simulation.table_text import metrics_text

    file, protocols = split(arguments or [])
    if treatments:
        from .clinical import compare_treatments

        refuse(
            context, "months", "time_unit", "subject", "pulsatile", "seed", "metrics",
            because="--treatments simulates a year in the daily mean, and prints its own figures",
        )  # fmt: skip

        if protocols:
            raise InputError(f"--treatments compares the standard treatments; leave out {protocols[0]!r}")
        man = matched(read_patient(file, age, bmi, lab, diagnosis, history, history_years))
        warn_unmatched(man)
        compare_treatments(man, form, out, report, plot)
        return
    from ..clinical.compare import compare as run

    refuse(context, "form", because="it says what --treatments prints; --out writes a comparison of protocols as .json")
    check_outputs(out, plot, report)
    asked = read_protocols(protocols, time_unit, subject)
    refuse_seed(context, asked, pulsatile=pulsatile)
    man = matched(read_patient(file, age, bmi, lab, diagnosis, history, history_years))
    warn_unmatched(man)
    with progress("simulating") as bar:
        task = bar.add_task("", total=len(asked))
        result = run(
            man,
            asked,
            months=months,
            pulsatile=pulsatile,
            seed=seed,
            callback=lambda done, _: bar.update(task, completed=done),
        )
    show(result.table(), f"after {months:g} months: mean over the last dosing interval (trough to peak)")
    if metrics:
        for label, one in result.results.items():
            show(metrics_text(one.metrics()), label)
    for label, one in result.results.items():
        if one.visits:
            show(one.visit_table(), f"visits: {label}")
    write_outputs(result, out, plot)
    if report is not None:
        from ..report.pages import write_report

        typer.echo(f"report: {write_report(result, report)}")


@app.command()
@user_errors
def drugs(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List the drugs, their routes, mechanisms and status."""
    import pandas as pd

    from ..pharmacology.library import DrugLibrary

    rows = {
        drug.name: {
            "class": drug.group,
            "dose unit": drug.dose_unit,
            "routes": ", ".join(drug.routes),
            "mechanism": ", ".join(dict.fromkeys(effect.mechanism for effect in drug.effects)),
            "status": drug.status,
        }
        for drug in DrugLibrary.shipped().values()
    }
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        show(pd.DataFrame.from_dict(rows, orient="index"), f"{len(rows)} drugs; `hpg describe NAME` tells more")


@app.command()
@user_errors
def describe(
    name: Annotated[str, typer.Argument(help="A drug, a state, a parameter, a measurement or a mechanism.")],
) -> None:
    """Describe a drug, a state, a parameter or a measurement, with its source."""
    from .description import describe as text

    typer.echo(text(name))


@app.command()
@user_errors
def protocol(
    given: Annotated[str, typer.Argument(help="A sentence, a .yaml file or a .csv event table.")],
    to: Annotated[str, typer.Option(help="sentence, yaml or events.")] = "yaml",
    time_unit: TimeUnit = None,
    subject: Subject = None,
) -> None:
    """Turn a protocol into another of its forms; an event table of several subjects into one form a subject."""
    from ..pharmacology.event_writing import write_csv

    if to not in ("sentence", "yaml", "events"):
        raise InputError(f"--to {to!r}: expected sentence, yaml or events")
    if is_table(given) and subject is None:
        protocols = read_table(given, time_unit).protocols
    else:
        protocols = {1: read_protocols([given], time_unit, subject)[0]}
    if to == "events":
        typer.echo(write_csv(protocols).rstrip("\n"))
        return
    texts = {
        name: one.to_sentence() if to == "sentence" else one.to_yaml().rstrip("\n") for name, one in protocols.items()
    }
    if len(texts) == 1:
        typer.echo(*texts.values())
    elif to == "sentence":
        typer.echo("\n".join(f"ID {name}: {text}" for name, text in texts.items()))
    else:
        typer.echo("\n---\n".join(f"# ID {name}\n{text}" for name, text in texts.items()))


@app.command()
@user_errors
def validate(
    trials: Annotated[Path | None, typer.Option(help="Folder of trial files; the package's own without it.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Id of a trial to use; repeat for more.")] = None,
    report: Annotated[Path, typer.Option(help="Write the HTML report here.")] = Path("validation.html"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write outcomes, skipped and summary here.")] = None,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = min(4, os.cpu_count() or 1),
    worst: Annotated[int, typer.Option(help="How many of the worst predictions to print.", min=0)] = 10,
    draws: Annotated[
        int, typer.Option(help="Sets of parameters for the intervals of predictions; 0 for none (faster).", min=0)
    ] = 0,
    raw: Annotated[
        bool, typer.Option("--raw", help="Without the scoring rules that were made with the data in view.")
    ] = False,
    scores_file: Annotated[
        Path | None,
        typer.Option("--scores", help="Write the scores here, those of --raw beside them (as the package ships them)."),
    ] = None,
) -> None:
    """Compare predictions with published trials: a score by measurement, a report.

    A trial file that cannot be read does not stop the others; the exit status is then 1.
    """
    import pandas as pd

    from ..files import write_whole
    from ..report.pages import validation_page
    from ..validation import shipped
    from ..validation import validate as study

    if raw and scores_file is not None:
        raise InputError("--scores writes the scores with and without --raw: leave --raw out")
    check_writable(report, json_file, scores_file)
    with progress("validating") as bar:
        task = bar.add_task("", total=None)
        result = study.validate(
            trials,
            only=only,
            workers=workers,
            draws=draws,
            raw=raw,
            callback=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for part, scores in result.parts().items():
        lines = {name: score_line(score) for name, score in scores.items() if score["n"]}
        show(pd.DataFrame.from_dict(lines, orient="index"), f"{part}: {scores['all']['n']} figures compared")
    directions = result.directions_summary()
    typer.echo(
        f"directions: {directions['agree']} of {directions['n']} agree; not compared: {len(result.skipped)}, each with its reason in the report and the JSON"
    )
    lost = [row["no_steady_state"] + row["not_simulated"] for row in result.left_out]
    missed = sum(bool(row["baseline"]) for row in result.left_out)
    if lost:
        typer.echo(
            f"men left out: {sum(lost)} in {sum(map(bool, lost))} arms; baseline missed in {missed} arms; see the report"
        )
    if worst and result.outcomes:
        lines = {
            f"{number + 1:2d} {row['trial']}, {row['arm']}"[:60]: {
                "measure": row["measure"],
                "day": "–" if row["day"] is None else f"{row['day']:g}",
                "unit": row["unit"],
                "observed": row["observed"],
                "predicted": row["predicted"],
                "fold error": row["fold_error"],
            }
            for number, row in enumerate(result.worst(worst))
        }
        show(pd.DataFrame.from_dict(lines, orient="index"), "furthest from what was observed")
    if json_file is not None:
        text = json.dumps(result.to_dict(), indent=1, allow_nan=False)
        write_whole(json_file, lambda p: p.write_text(text, encoding="utf-8"))
        typer.echo(f"json: {json_file}")
    typer.echo(f"report: {validation_page(result, report)}")
    if scores_file is not None:
        with progress("validating without the scoring rules") as bar:
            task = bar.add_task("", total=None)
            unadjusted = study.validate(
                trials,
                only=only,
                workers=workers,
                raw=True,
                callback=lambda done, total: bar.update(task, completed=done, total=total),
            )
        table = json.dumps(shipped.scores(result, unadjusted, draws), indent=1, allow_nan=False)
        write_whole(scores_file, lambda p: p.write_text(table + "\n", encoding="utf-8"))
        typer.echo(f"scores: {scores_file}")
    if result.unreadable:
        for error in result.unreadable.values():
            typer.secho(error, err=True, fg=typer.colors.RED)
        count = f"{len(result.unreadable)} of {result.files}"
        typer.secho(f"{count} trial files could not be read", err=True, fg=typer.colors.RED)
        raise typer.Exit(1)


@app.command()
@user_errors
def calibrate(
    iterations: Annotated[int, typer.Option(help="Steps tried from the priors, at most.", min=0)] = 4,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = min(4, os.cpu_count() or 1),
    out: Annotated[Path, typer.Option(help="New folder to put the fitted files into.")] = Path("results/calibration"),
    draws: Annotated[int, typer.Option(help="Sets of numbers drawn from the posterior.", min=25, max=10_000)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0, max=2**32 - 1)] = 1,
    checkpoint: Annotated[Path, typer.Option(help="Where what was worked out is kept.")] = Path(
        "results/calibration.jsonl"
    ),
) -> None:
    """Fit the calibrated numbers to the trials that calibrate (takes many minutes; an interrupted run goes on)."""
    import pandas as pd

    from ..fit import calibrate as study
    from ..fit import posterior

    check_new_folder(out, checkpoint)
    check_writable(checkpoint)
    study.check_checkpoint(checkpoint)
    posterior.check_packages()
    with progress("sets of numbers tried") as bar:
        task = bar.add_task("", total=None)
        result = study.calibrate(
            iterations=iterations,
            workers=workers,
            checkpoint=checkpoint,
            callback=lambda text: bar.console.print(text),
            on_point=lambda tried: bar.update(task, completed=tried),
        )
    priors = study.fitted()
    rows = {name: {"prior": priors[name][0], "fitted": value} for name, value in result.numbers.items()}
    show(
        pd.DataFrame.from_dict(rows, orient="index"),
        f"{len(result.keys)} figures; cost {result.cost_before:.1f} -> {result.cost_after:.1f}",
    )
    with progress("posterior") as bar:
        tasks = {what: bar.add_task(what, total=1) for what in ("sampling", "running the model")}
        drawn = posterior.draw(
            result,
            draws=draws,
            seed=seed,
            workers=workers,
            checkpoint=checkpoint,
            callback=lambda what, done, of: bar.update(tasks[what], completed=done, total=of),
        )
    typer.echo(
        f"{drawn.quality}; chains: acceptance {drawn.acceptance:.2f}, "
        f"autocorrelation {drawn.autocorrelation_steps:.0f} steps of {posterior.STEPS}"
    )

    def write(folder: Path) -> None:
        study.write(result.numbers, folder)
        posterior.write(drawn, seed, folder)

    write_fit(out, write)


for command in (risks, conception, diagnoses, population, baseline, predict, sensitivity):
    app.command()(command)
app.add_typer(trials.app, name="trial")
app.command()(trials.select)

if __name__ == "__main__":
    app()
