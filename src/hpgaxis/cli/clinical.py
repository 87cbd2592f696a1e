"""The clinical commands: diagnoses, risks, conception, and the comparison of treatments."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    Age,
    Bmi,
    Diagnosis,
    History,
    HistoryYears,
    Labs,
    Months,
    OptionError,
    Seed,
    Subject,
    TimeUnit,
    refuse,
)
from .terminal import check_outputs, check_writable, progress, read_man_and_protocol, show, user_errors

FORMS = ("text", "markdown", "json")
ENDINGS = (".html", ".md", ".json")


@user_errors
def risks(
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
    months: Months = 12,
    seed: Seed = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    plot: Annotated[Path | None, typer.Option(help="Write a figure here: .png, .svg or .pdf.")] = None,
) -> None:
    """Show what one protocol risks in one man, and what to check when."""
    check_outputs(None, plot)
    man, protocol = read_man_and_protocol(
        "risks", arguments, age, bmi, lab, diagnosis, history, history_years, time_unit=time_unit, subject=subject
    )
    show_risks(man, protocol, months, plot, seed)


@user_errors
def conception(
    context: typer.Context,
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
    months: Months = 12,
    seed: Seed = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    partner_age: Annotated[float, typer.Option(help="The partner's age in years.")] = 30,
    partner_fecundability: Annotated[
        float | None, typer.Option(help="Her chance a month with plentiful sperm (0 to 1), if it is known.")
    ] = None,
) -> None:
    """Chance of natural conception month by month, and what is usual at that sperm count."""
    if partner_fecundability is not None:
        refuse(context, "partner_age", because="--partner-fecundability stands in its place")
    man, protocol = read_man_and_protocol(
        "conception", arguments, age, bmi, lab, diagnosis, history, history_years, time_unit=time_unit, subject=subject
    )
    show_conception(man, protocol, months, partner_age, partner_fecundability, seed)


@user_errors
def diagnoses(
    name: Annotated[str | None, typer.Argument(help="One diagnosis, to see its traits and sources as well.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the diagnoses, each beside its published laboratory pattern."""
    show_diagnoses(name, as_json)


def show_diagnoses(name: str | None, as_json: bool) -> None:
    """Print all diagnoses, or one with its traits, beside their published patterns."""
    import pandas as pd

    from ..clinical.diagnoses import laboratory_pattern
    from ..people.patient import PatientError, phenotypes
    from ..simulation.table_text import level_text

    known = phenotypes()
    key = None if name is None else name.strip().lower().replace(" ", "_").replace("-", "_")
    if key is not None and key not in known:
        raise PatientError(f"unknown diagnosis {name!r}; there are {', '.join(known)}")
    chosen = [key] if key is not None else list(known)
    rows = []
    with progress("simulating") as bar:
        task = bar.add_task("", total=len(chosen))
        for index, diagnosis in enumerate(chosen):
            rows += laboratory_pattern(diagnosis)
            bar.update(task, completed=index + 1)
    if as_json:
        data = {
            d: {**known[d], "pattern": [{**asdict(r), "inside": r.inside} for r in rows if r.diagnosis == d]}
            for d in chosen
        }
        typer.echo(json.dumps(data, indent=1, allow_nan=False))
        return
    typer.echo("For research and teaching; not a medical device.\n")
    for diagnosis in chosen:
        entry = known[diagnosis]
        title = f"{diagnosis}: {entry['title']}"
        table = {
            f"{row.measure} ({row.unit})": {
                "predicted": level_text(row.measure, row.predicted),
                "published": f"{row.low:g} to {row.high:g}",
                "inside": ("yes" if row.inside else "NO") + (" (set)" if row.matched else ""),
                "source": row.source + ("" if row.verified else " [recalled]"),
            }
            for row in rows
            if row.diagnosis == diagnosis
        }
        if key is not None:
            for part in ("traits", "conditions", "labs", "history", "history_years", "onset_age", "age", "bmi"):
                if part in entry:
                    title += f"\n  {part.replace('_', ' ')}: {entry[part]}"
            title += f"\n  {entry['status']}: {entry['source']}"
            title += f"\n  would be settled by: {entry['settled_by']}" if "settled_by" in entry else ""
        if "no_treatment" in entry:
            title += f"\n  nothing here helps: {entry['no_treatment']}"
        show(pd.DataFrame.from_dict(table, orient="index"), title)
    outside = sum(not row.inside for row in rows)
    typer.echo(f"{len(rows)} measurements of {len(chosen)} diagnoses; outside their published range: {outside}")


def show_risks(man: Any, protocol: Any, months: float, plot: Path | None, seed: int | None = None) -> None:
    """Print the limits a treatment comes near, and the checks that guidelines ask for."""
    from ..clinical.figures import risks_over_time
    from ..clinical.risks import monitoring_table, risk_table, warnings
    from ..files import write_whole
    from ..simulation.run import simulate

    result = simulate(man, protocol, months=months, seed=seed)
    typer.echo("For research and teaching; not a medical device.\n")
    show(risk_table(result), f"risks over {months:g} months: {protocol.label()}")
    found = warnings(result)
    typer.echo("limits passed: " + ("; ".join(found) if found else "none"))
    if protocol.series:
        show(monitoring_table(result), "\nmonitoring (expected: mean over the last dosing interval, trough to peak)")
    if plot is not None:
        figure = risks_over_time(result)
        write_whole(plot, lambda p: figure.savefig(p, dpi=130))
        typer.echo(f"figure: {plot}")


def show_conception(
    man: Any, protocol: Any, months: float, partner_age: float, fecundability: float | None, seed: int | None = None
) -> None:
    """Print the chance of conception month by month."""
    from ..clinical.conception import conception
    from ..simulation.run import simulate

    result = conception(
        simulate(man, protocol, months=months, seed=seed),
        partner_age=partner_age,
        partner_fecundability=fecundability,
    )
    show(result.table(), f"natural conception: {protocol.label()}")
    typer.echo("Couples differ: true cumulative chances flatten sooner. Not a medical device.")


def _about(row: Any) -> None:
    """Print what a treatment is, and what it costs."""
    parts = {
        "protocol": row.protocol,
        "mechanism": row.mechanism,
        "target": row.target,
        "approval": "; ".join(f"{drug}: {status}" for drug, status in row.approval.items()),
        "limits passed": "; ".join(row.risks) or "none",
        "cautions": " ".join(row.cautions),
        "note": row.note,
    }
    typer.secho(f"  {row.treatment}", bold=True)
    for name, text in parts.items():
        if text and text != "–":
            typer.echo(textwrap.fill(f"{name}: {text}", 110, initial_indent="    ", subsequent_indent="      "))


def compare_treatments(man: Any, form: str, out: Path | None, report: Path | None, plot: Path | None) -> None:
    """Print and write the comparison of the standard treatments."""
    import pandas as pd

    from ..clinical import treatments as study
    from ..files import check_ending, write_whole
    from ..report.pages import write_report
    from ..report.tables import figures, headings, man_line, treatments_markdown
    from ..simulation.time_courses import FIGURES

    if form not in FORMS:
        raise OptionError(f"--format {form}: expected {', '.join(FORMS)} (HTML: --report page.html)")
    if out is not None:
        check_ending(out, ENDINGS)
    if plot is not None:
        check_ending(plot, FIGURES)
    check_writable(out, report, plot)
    with progress("simulating") as bar:
        task = bar.add_task("", total=None)
        table = study.compare_treatments(
            man, callback=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if form == "json":
        typer.echo(json.dumps(table.to_dict(), indent=1, allow_nan=False))
    elif form == "markdown":
        typer.echo(treatments_markdown(table))
    else:
        typer.echo("For research and teaching; not a medical device.\n")
        if table.why_untreatable:
            typer.echo(f"NOTHING HERE HELPS: {table.why_untreatable}\n")
        heads = list(headings(table).values())
        rows = {row.treatment: dict(zip(heads, figures(table, row), strict=True)) for row in table.rows}
        frame = pd.DataFrame.from_dict(rows, orient="index")
        hormones = len(table.rows[0].hormones)
        typer.echo(man_line(table) + "\n")
        show(frame.iloc[:, :hormones], "hormones in the third month (x: fold of no treatment)", names_up_to=30)
        show(frame.iloc[:, hormones:], "stimulation in the third month, sperm, time to 90 % of effect", names_up_to=30)
        typer.echo("what each is, and what it costs within a year")
        for row in table.rows:
            _about(row)
    if out is not None:
        ending = out.suffix.lower()
        if ending == ".html":
            write_report(table, out)
        else:
            text = (
                treatments_markdown(table)
                if ending == ".md"
                else json.dumps(table.to_dict(), indent=1, allow_nan=False)
            )
            write_whole(out, lambda p: p.write_text(text, encoding="utf-8"))
        typer.echo(f"table: {out}", err=True)
    if report is not None:
        typer.echo(f"report: {write_report(table, report)}", err=True)
    if plot is not None:
        figure = table.plot()
        write_whole(plot, lambda p: figure.savefig(p, dpi=130))
        typer.echo(f"figure: {plot}", err=True)
