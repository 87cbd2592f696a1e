"""Commands on virtual trials: run, report, query, power, select."""

from __future__ import annotations

from contextlib import nullcontext
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import YAML_ENDINGS
from .model_files import read_model
from .options import AsJson, ParametersFile, Report, refuse
from .outputs import check_outputs, present, records, said, to_json
from .terminal import counted, say, show, show_rows, warn

if TYPE_CHECKING:
    from ..trials import Study
    from ..trials.design import Design
    from ..trials.power import Power
    from ..trials.responders import Selection

app = typer.Typer(help="Virtual trials from a YAML file.", no_args_is_help=True)

TrialFile = Annotated[str, typer.Argument(metavar="TRIAL", help="A trial's .yaml file, or the name of an example.")]
PAGE = Path("trial.html")
"""Where `hpg trial report` writes."""
UNFINISHED = 3
"""Exit status of a report on a run that was stopped."""
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a trial that was run.")]


def read_trial(text: str) -> Design:
    """Return the design in a file, or the example of this name."""
    from ..trials import read_design
    from ..trials.examples import example, names

    if text.lower().endswith(YAML_ENDINGS):
        return read_design(Path(text))
    if text not in names():
        raise InputError(f"{text!r} is neither a .yaml file nor an example; there are {', '.join(names())}")
    return read_design(example(text))


@app.command()
@user_errors
def run(
    context: typer.Context,
    trial: TrialFile,
    out: Annotated[Path, typer.Option(help="Folder to put the tables into; an interrupted run goes on.")],
    men: Annotated[int | None, typer.Option(help="Men, in place of the file's.", min=2)] = None,
    replicates: Annotated[int | None, typer.Option(help="Replicates, in place of the file's.", min=1)] = None,
    counterfactual: Annotated[bool, typer.Option("--counterfactual", help="Give every man every arm.")] = False,
    cluster: Annotated[bool, typer.Option("--cluster", help="Run on a Dask cluster.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Cores to use, or workers that --cluster starts; default all cores.", min=1)
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="A running cluster's scheduler, tcp://host:8786.")] = None,
    parameters: ParametersFile = None,
    as_json: AsJson = False,
) -> None:
    """Run a virtual trial and show how the arms differ."""
    from ..trials import run as simulate
    from ..trials.cluster import cluster as started
    from ..trials.design import changed_design

    on_cluster = cluster or scheduler is not None
    if scheduler is not None:
        refuse(context, "workers", because="the running cluster has its own workers")
    model = read_model(parameters, None)
    design = read_trial(trial)
    typed = {"men": men, "replicates": replicates, "counterfactual": counterfactual or None}
    changes = {name: value for name, value in typed.items() if value is not None}
    if changes:
        design = changed_design(design, **changes)
    with started(workers, scheduler) if on_cluster else nullcontext() as client, counted("men") as callback:
        of_processes = None if on_cluster else workers
        study = simulate(design, out, cluster=client, workers=of_processes, callback=callback, model=model)
    present(lambda: show_effects(study), lambda: records(study.effects()), as_json=as_json)
    show_recruitment(study)
    said(f"tables: {out}")


def show_recruitment(study: Study) -> None:
    """Print to standard error how many men were redrawn or lost, and what of the baseline was not reached."""
    from ..trials.endpoints import baseline_reached

    men: Any = study.table("men")
    redrawn, failed = int(men["redrawn"].sum()), int(men["failed"].sum())
    if redrawn:
        of = f"{redrawn} of {men['screened'].sum()} men screened"
        warn(f"{of} were redrawn: their traits had no steady state, or not the labs of their diagnosis")
    if failed:
        warn(f"{failed} men could not be simulated to the end")
    for lab in baseline_reached(study.design, men):
        if not lab.exact:
            warn(f"baseline not reached: {lab}")


def warn_unfinished(study: Study) -> bool:
    """Print to standard error that a run was stopped and how many men it has; return whether it was."""
    if study.unfinished:
        warn(study.unfinished)
    return bool(study.unfinished)


def show_effects(study: Study) -> None:
    """Print the effect of each arm: of one replicate with its interval, of several with theirs."""
    effects = study.effects()
    if effects.empty:
        return
    groups: Any = effects.groupby(["end_point", "arm"], sort=False)
    lines = {
        f"{point}: {arm}": _effect(part) if len(part) == 1 else _effect_of_replicates(part)
        for (point, arm), part in groups
    }
    control = effects["control"].iloc[0]
    what = "95 % confidence" if study.design.replicates == 1 else f"95 % of {study.design.replicates} replicates"
    show_rows(lines, f"{study.design.name}: difference from {control} ({what})")


def _effect(part: Any) -> dict[str, str]:
    """Return the effect in one replicate as the cells of a table."""
    row = part.iloc[0]
    if isnan(row["low"]):
        return {"effect": f"too few men ({row['men']} and {row['men_control']} seen)", "p": "–"}
    return {"effect": f"{row['effect']:.3g} ({row['low']:.3g} to {row['high']:.3g})", "p": f"{row['p']:.2g}"}


def _effect_of_replicates(part: Any) -> dict[str, str]:
    """Return the effect in several replicates as the cells of a table."""
    low, middle, high = (part["effect"].quantile(share) for share in (0.025, 0.5, 0.975))
    return {"effect": f"{middle:.3g} ({low:.3g} to {high:.3g})", "p < 0.05": f"{(part['p'] < 0.05).mean():.0%}"}


@app.command()
@user_errors
def report(
    folder: Folder, page: Annotated[Path, typer.Option("--report", metavar="PAGE.html", help="The page.")] = PAGE
) -> None:
    """Write the report of a trial: flow, baseline, trajectories, effects, responders, risks.

    Of a run that was stopped it says so, and the exit status is 3.
    """
    from ..report.trial_page import trial_page
    from ..trials import Study

    check_outputs(None, None, page)
    study = Study(folder)
    said(f"report: {trial_page(study, page)}")
    if warn_unfinished(study):
        raise typer.Exit(UNFINISHED)


@app.command()
@user_errors
def query(
    folder: Folder,
    sql: Annotated[str, typer.Argument(help="SQL on men, visits and outcomes.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of CSV.")] = False,
) -> None:
    """Ask a trial's tables in SQL (DuckDB); prints CSV."""
    from ..trials import Study

    study = Study(folder)
    rows = study.query(sql)
    typer.echo(to_json(records(rows)) if as_json else rows.to_csv(index=False).rstrip("\n"))
    warn_unfinished(study)


@app.command()
@user_errors
def power(
    trial: TrialFile,
    men: Annotated[list[int], typer.Option(help="Size of the trial, all arms together; repeat for more.")],
    trials: Annotated[int, typer.Option(help="Trials of each size.", min=20)] = 400,
    as_json: AsJson = False,
) -> None:
    """Show the power of a trial by its size, and the standardised difference by visit."""
    from ..trials.power import power as work

    design = read_trial(trial)
    with counted("pools of men") as callback:
        result = work(design, men, trials=trials, callback=callback)
    present(
        lambda: _show_power(design, result),
        lambda: {"power": records(result.table), "visits": records(result.days)},
        as_json=as_json,
    )


def _show_power(design: Design, result: Power) -> None:
    """Print the power of each size, and the standardised difference by day of the visit."""
    from ..simulation.table_text import day_text

    lines = {
        f"{row['men']} men, {row['end_point']}: {row['arm']}": {
            "power": f"{row['power']:.0%} ({row['power_low']:.0%} to {row['power_high']:.0%})",
            "effect, 95 % of trials": f"{row['effect']:.3g} ({row['effect_low']:.3g} to {row['effect_high']:.3g})",
        }
        for _, row in result.table.iterrows()
    }
    show_rows(lines, f"{design.name}: power at p < 0.05")
    days = result.days.assign(row=result.days["end_point"] + ": " + result.days["arm"])
    table = days.pivot(index="row", columns="day", values="standardised")
    show(
        table.set_axis([f"day {day_text(day)}" for day in table.columns], axis="columns"),
        "difference over the standard deviation between men, by day of the visit",
    )


@app.command()
@user_errors
def examples(as_json: AsJson = False) -> None:
    """List the trials that come with the program."""
    from ..trials import read_design
    from ..trials.examples import example, names

    questions = {name: read_design(example(name)).question for name in names()}
    lines = [f"{name}: {question}" for name, question in questions.items()]
    present(lambda: [say(line) for line in lines], lambda: questions, as_json=as_json)


@user_errors
def select(
    folder: Folder,
    arm: Annotated[str, typer.Option(help="The treatment.")],
    end_point: Annotated[str, typer.Option(help="The end point, as the trial names it.")],
    rather_than: Annotated[str | None, typer.Option(help="Another arm: compare --arm with it.")] = None,
    at_least: Annotated[float | None, typer.Option(help="Lowest end point that is a response.")] = None,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Find which measurements at baseline predict response, or which of two treatments is better, from a trial."""
    from ..report.select_page import select_page
    from ..trials import Study
    from ..trials.responders import select as run

    check_outputs(None, None, report)
    study = Study(folder)
    result = run(study, arm, end_point, other=rather_than, at_least=at_least)
    warn_unfinished(study)
    response = f"do better with {arm} than with {rather_than}" if rather_than else f"respond to {arm}"
    title = f"{end_point}: {result.response_rate:.0%} of {result.men} men {response}"
    present(lambda: _show_selection(result, title), lambda: result, as_json=as_json)
    if report is not None:
        said(f"report: {select_page(result, report)}")


def _show_selection(result: Selection, heading: str) -> None:
    """Print how well each measurement separates responders, and the decision tree."""
    from ..report.select_page import title

    rows = {
        title(separation.name): {
            "area": f"{separation.area:.2f} ({separation.area_low:.2f} to {separation.area_high:.2f})",
            "responders": f"{'above' if separation.higher else 'below'} {separation.threshold:.3g}",
            "sensitivity": f"{separation.sensitivity:.0%}",
            "specificity": f"{separation.specificity:.0%}",
        }
        for separation in result.separations
    }
    show_rows(rows, heading)
    typer.echo(result.tree)
