"""Commands on the published evidence: pool trials, what nobody has measured, add a trial."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from .errors import user_errors
from .options import AsJson, Plot
from .outputs import check_outputs, check_writable, present, records, said, write_figure, write_text
from .terminal import say, show_rows, warn

NAME_LENGTH = 45
SHORT = ("T", "E2", "LH", "FSH", "InhB", "ITT", "sperm", "TMC", "Hct", "preg.")
"""Headings of `evidence.gaps.MEASURES` where a terminal is narrow."""
app = typer.Typer(help="Published trials: pool them, see what is missing, add one.", no_args_is_help=True)


@app.command()
@user_errors
def pool(
    measure: Annotated[str, typer.Argument(help="A measurement, such as testosterone.")],
    drug: Annotated[str | None, typer.Option(help="Arms that were given this drug and no other.")] = None,
    drug_class: Annotated[
        str | None, typer.Option("--class", help="Arms that were given drugs of this class alone.")
    ] = None,
    diagnosis: Annotated[str | None, typer.Option(help="Of the men.")] = None,
    effect: Annotated[str, typer.Option(help="ratio to baseline, or difference from it.")] = "ratio",
    against_control: Annotated[
        bool, typer.Option("--against-control", help="Less the same of the trial's untreated or placebo arm.")
    ] = False,
    plot: Plot = None,
    funnel: Annotated[Path | None, typer.Option(help="Write a funnel plot here: .png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """Pool what trials measured by random effects, with what the model predicts; --plot draws the forest."""
    from ..validation.meta_analysis import meta_analysis

    check_outputs(None, plot)
    check_outputs(None, funnel)
    found = meta_analysis(
        measure, drug=drug, drug_class=drug_class, diagnosis=diagnosis, effect=effect, against_control=against_control
    )
    present(lambda: _show_pooled(found), lambda: _data(found), as_json=as_json)
    if plot is not None:
        write_figure(found.plot(), plot)
    if funnel is not None:
        write_figure(found.funnel(), funnel)


def _data(found: Any) -> dict[str, Any]:
    """Everything that was pooled, in numbers."""
    from dataclasses import fields

    data = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "arms"}
    return data | {"arms": records(found.arms)}


def _show_pooled(found: Any) -> None:
    """Print the arms, and what they are together."""
    rows = {
        f"{row['trial']}, {row['arm']}"[:NAME_LENGTH] + (" *" if row["imputed"] else ""): {
            "day": f"{row['day']:g}",
            "men": str(row["n"]),
            "effect": row["effect"],
            "95 %": f"{row['low']:.3g}–{row['high']:.3g}",
            "weight %": f"{row['weight']:.1f}",
            "predicted": row["predicted"],
        }
        for row in found.arms.to_dict("records")
    }
    first, *rest = repr(found).splitlines()
    show_rows(rows, first)
    if found.arms["imputed"].any():
        say("* no spread is printed: that of the other trials")
    for line in rest:
        say(line)


@app.command("list")
@user_errors
def listed(
    measure: Annotated[str | None, typer.Option(help="Trials that give this figure.")] = None,
    drug: Annotated[str | None, typer.Option(help="Trials that gave this drug.")] = None,
    drug_class: Annotated[str | None, typer.Option("--class", help="Trials that gave a drug of this class.")] = None,
    diagnosis: Annotated[str | None, typer.Option(help="Of the men.")] = None,
    as_json: AsJson = False,
) -> None:
    """List trials by what they gave, to whom, and what they measured."""
    from ..evidence.gaps import find_trials

    found = find_trials(measure=measure, drug=drug, drug_class=drug_class, diagnosis=diagnosis)
    rows: dict[str, dict[str, object]] = {
        trial.id: {
            "men": str(trial.population.n or "–"),
            "diagnosis": trial.population.diagnosis,
            "read": "yes" if trial.verified else "no",
        }
        for trial in found
    }
    data = [
        {"id": name, **row, "design": trial.design, "title": trial.title}
        for (name, row), trial in zip(rows.items(), found, strict=True)
    ]
    present(lambda: show_rows(rows, f"{len(rows)} trials"), lambda: data, as_json=as_json)


@app.command("map")
@user_errors
def gaps(
    drug: Annotated[list[str] | None, typer.Option(help="Only this drug; repeat for more.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Rows without a trial as well: what nobody has measured in these men.")
    ] = False,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Show how many trials gave a drug to men of a diagnosis and measured what."""
    from ..evidence.gaps import DRUGS, evidence_map
    from ..validation.meta_figures import map_figure

    check_outputs(None, plot)
    table: Any = evidence_map(drugs=drug or DRUGS)
    if not everything:
        table = table[table.sum(axis=1) > 0]
    rows: dict[str, dict[str, object]] = {
        f"{drug}, {diagnosis.replace('_', ' ')}": dict(zip(SHORT, map(str, counts), strict=True))
        for (drug, diagnosis), counts in zip(table.index, table.to_numpy().tolist(), strict=True)
    }
    present(
        lambda: show_rows(rows, "trials by drug, diagnosis and what was measured"),
        lambda: records(table.reset_index()),
        as_json=as_json,
    )
    if plot is not None:
        write_figure(map_figure(table), plot)


@app.command()
@user_errors
def new(
    name: Annotated[str, typer.Argument(metavar="ID", help="author-year-drug, such as smith-2024-letrozole.")],
    out: Annotated[Path | None, typer.Option(help="Write here; default ID.yaml.")] = None,
) -> None:
    """Write the file of a new trial, to be filled in."""
    from ..validation.contribute import new_trial

    text = new_trial(name)
    path = out or Path(f"{name}.yaml")
    check_writable(path)
    if path.exists():
        raise InputError(f"{path} exists already")
    write_text(text, path)
    said(f"trial: {path}; fill it in, then: hpg evidence check {path}")


@app.command()
@user_errors
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of trials.")],
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with files of trials. The exit status is 1 where something must be mended."""
    from ..validation.contribute import check_trial

    found = [check_trial(file) for file in files]
    present(
        lambda: _show_checks(found),
        lambda: [{"file": one.file, "faults": one.faults, "doubts": one.doubts} for one in found],
        as_json=as_json,
    )
    if any(one.faults for one in found):
        raise typer.Exit(1)


def _show_checks(found: list[Any]) -> None:
    """Print faults and doubts, file by file."""
    for one in found:
        for fault in one.faults:
            warn(fault)
        for doubt in one.doubts:
            say(f"{Path(one.file).name}: look again: {doubt}")
        if not one.faults:
            say(f"{Path(one.file).name}: can be used; a new trial validates, as evidence/split.yaml says")
