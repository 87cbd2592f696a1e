"""Commands on virtual trials: run, report, query, power, select."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from .options import refuse
from .terminal import check_writable, progress, show, user_errors

app = typer.Typer(help="Virtual trials from a YAML file.", no_args_is_help=True)

TrialFile = Annotated[str, typer.Argument(metavar="TRIAL", help="A trial's .yaml file, or the name of an example.")]
UNFINISHED = 3
"""Exit status of a report on a run that was stopped."""
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a trial that was run.")]


def read(given: str) -> Any:
    """The design in a file, or the example of this name."""
    from ..trials import read_design
    from ..trials.examples import example, names

    if not given.lower().endswith((".yaml", ".yml")):
        if given not in names():
            raise InputError(f"{given!r} is neither a .yaml file nor an example; there are {', '.join(names())}")
        return read_design(example(given))
    return read_design(Path(given))


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
    workers: Annotated[int | None, typer.Option(help="Workers of the cluster; default the cores.", min=1)] = None,
    scheduler: Annotated[str | None, typer.Option(help="A running cluster's scheduler, tcp://host:8786.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores to use without a cluster; default all.", min=1)] = None,
) -> None:
    """Run a virtual trial and show how the arms differ."""
    from ..trials import run as simulate
    from ..trials.cluster import cluster as started
    from ..trials.design import changed_design

    on_cluster = cluster or scheduler is not None
    if on_cluster:
        refuse(
            context, "threads", because="a cluster's workers have one thread each; --workers says how many there are"
        )
    if scheduler is not None or not cluster:
        refuse(context, "workers", because="it says how many workers --cluster starts on this machine")
    design = read(trial)
    given = {"men": men, "replicates": replicates, "counterfactual": counterfactual or None}
    changed = {key: value for key, value in given.items() if value is not None}
    if changed:
        design = changed_design(design, **changed)
    with started(workers, scheduler) if on_cluster else nullcontext() as client, progress("men") as bar:
        task = bar.add_task("", total=None)
        study = simulate(
            design,
            out,
            cluster=client,
            workers=threads,
            callback=lambda done, total: bar.update(task, completed=done, total=total),
        )
    show_effects(study)
    show_recruitment(study)
    typer.echo(f"tables: {out}")


def show_recruitment(study: Any) -> None:
    """Say on standard error which men were drawn again or lost, and what of the baseline was not reached."""
    from ..trials.endpoints import baseline_reached

    men = study.table("men")
    notes = [
        f"{men['redrawn'].sum()} of {men['screened'].sum()} men screened were redrawn: their traits had no steady state"
        if men["redrawn"].sum()
        else "",
        f"{men['failed'].sum()} men could not be simulated to the end" if men["failed"].any() else "",
        *(f"baseline not reached: {one}" for one in baseline_reached(study.design, men) if not one.exact),
    ]
    for note in filter(None, notes):
        typer.secho(note, err=True, fg=typer.colors.YELLOW)


def warn_unfinished(study: Any) -> bool:
    """Say on standard error that a run was stopped, and of how many men its tables tell; whether it was."""
    if study.unfinished:
        typer.secho(study.unfinished, err=True, fg=typer.colors.YELLOW)
    return bool(study.unfinished)


def show_effects(study: Any) -> None:
    """Print the effects: of one replicate with its interval, of several with theirs."""
    import pandas as pd

    rows = study.effects()
    if rows.empty:
        return
    lines = {}
    for (point, arm), part in rows.groupby(["end_point", "arm"], sort=False):
        if len(part) == 1:
            one = part.iloc[0]
            said = {"effect": f"{one['effect']:.3g} ({one['low']:.3g} to {one['high']:.3g})", "p": f"{one['p']:.2g}"}
            if one["low"] != one["low"]:
                said = {"effect": f"too few men ({one['men']} and {one['men_against']} seen)", "p": "–"}
        else:
            low, middle, high = part["effect"].quantile([0.025, 0.5, 0.975])
            said = {"effect": f"{middle:.3g} ({low:.3g} to {high:.3g})", "p < 0.05": f"{(part['p'] < 0.05).mean():.0%}"}
        lines[f"{point}: {arm}"] = said
    against = rows["against"].iloc[0]
    what = "95 % confidence" if study.design.replicates == 1 else f"95 % of {study.design.replicates} replicates"
    show(pd.DataFrame.from_dict(lines, orient="index"), f"{study.design.name}: difference from {against} ({what})")


@app.command()
@user_errors
def report(folder: Folder, out: Annotated[Path, typer.Option(help="The page.")] = Path("trial.html")) -> None:
    """Write the report of a trial: flow, baseline, trajectories, effects, responders, risks.

    Of a run that was stopped it says so, and the exit status is 3.
    """
    from ..report.trial_page import trial_page
    from ..trials import Study

    check_writable(out)
    study = Study(folder)
    typer.echo(f"report: {trial_page(study, out)}")
    if warn_unfinished(study):
        raise typer.Exit(UNFINISHED)


@app.command()
@user_errors
def query(folder: Folder, sql: Annotated[str, typer.Argument(help="SQL on men, visits and outcomes.")]) -> None:
    """Ask a trial's tables in SQL (DuckDB); prints CSV."""
    from ..trials import Study

    study = Study(folder)
    typer.echo(study.query(sql).to_csv(index=False), nl=False)
    warn_unfinished(study)


@app.command()
@user_errors
def power(
    trial: TrialFile,
    men: Annotated[list[int], typer.Option(help="Size of the trial, all arms together; repeat for more.")],
    trials: Annotated[int, typer.Option(help="Trials of each size.", min=20)] = 400,
) -> None:
    """Show how often a trial of a size finds a difference, and which visit tells most."""
    from ..trials.power import power as work

    design = read(trial)
    with progress("pools of men") as bar:
        task = bar.add_task("", total=None)
        found = work(
            design, men, trials=trials, callback=lambda done, total: bar.update(task, completed=done, total=total)
        )
    import pandas as pd

    lines = {
        f"{row['men']} men, {row['end_point']}: {row['arm']}": {
            "power": f"{row['power']:.0%} ({row['power_low']:.0%} to {row['power_high']:.0%})",
            "effect, 95 % of trials": f"{row['effect']:.3g} ({row['effect_low']:.3g} to {row['effect_high']:.3g})",
        }
        for _, row in found.table.iterrows()
    }
    show(pd.DataFrame.from_dict(lines, orient="index"), f"{design.name}: power at p < 0.05")
    days = found.days.assign(row=found.days["end_point"] + ": " + found.days["arm"])
    table = days.pivot(index="row", columns="day", values="standardised")
    table.columns = [f"day {day:g}" for day in table.columns]
    show(table, "difference over the standard deviation between men, by day of the visit")


@app.command()
@user_errors
def examples() -> None:
    """List the trials that come with the program."""
    from ..trials import read_design
    from ..trials.examples import example, names

    for name in names():
        typer.echo(f"{name}: {read_design(example(name)).question}")


@user_errors
def select(
    folder: Folder,
    arm: Annotated[str, typer.Option(help="The treatment.")],
    end_point: Annotated[str, typer.Option(help="The end point, as the trial names it.")],
    rather_than: Annotated[str | None, typer.Option(help="Another arm: who does better with --arm.")] = None,
    at_least: Annotated[float | None, typer.Option(help="From which value on a man has answered.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the page here.")] = None,
) -> None:
    """Say which men should get one treatment, or one rather than another, from a trial that was run."""
    import pandas as pd

    from ..report.select_page import select_page, title
    from ..trials import Study
    from ..trials.responders import select as choose

    check_writable(out)
    study = Study(folder)
    found = choose(study, arm, end_point, other=rather_than, at_least=at_least)
    warn_unfinished(study)
    rows = {
        title(one.name): {
            "area": f"{one.area:.2f} ({one.area_low:.2f} to {one.area_high:.2f})",
            "who answers": f"{'above' if one.higher else 'below'} {one.threshold:.3g}",
            "sensitivity": f"{one.sensitivity:.0%}",
            "specificity": f"{one.specificity:.0%}",
        }
        for one in found.separations
    }
    who = f"do better with {arm} than with {rather_than}" if rather_than else f"answer {arm}"
    show(pd.DataFrame.from_dict(rows, orient="index"), f"{end_point}: {found.answered:.0%} of {found.men} men {who}")
    typer.echo(found.tree)
    if out is not None:
        typer.echo(f"report: {select_page(found, out)}")
