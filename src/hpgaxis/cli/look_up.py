"""Commands that look up drugs, diagnoses, names and the forms of a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import TableOptions, is_table, read_one_protocol, read_table
from .model_files import read_model
from .options import AsJson, DrugsFolder, ParametersFile, Subject, TimeUnit
from .outputs import check_writable, present, said, to_json
from .terminal import DISCLAIMER, counted, say, show_rows

if TYPE_CHECKING:
    from ..clinical.diagnoses import PatternRow

PROTOCOL_FORMS = ("sentence", "yaml", "events")
STARTING_POINT = ("traits", "conditions", "labs", "history", "history_years", "onset_age", "age", "bmi")
"""Fields of a diagnosis that set where its typical man starts."""


@user_errors
def drugs(
    of_class: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="Only this class, such as 'androgen'.")
    ] = None,
    as_json: AsJson = False,
    drugs: DrugsFolder = None,
) -> None:
    """List the drugs by class."""
    rows = {
        drug.name: {
            "class": drug.group,
            "dose unit": drug.dose_unit,
            "routes": ", ".join(drug.routes),
            "mechanism": ", ".join(dict.fromkeys(effect.mechanism for effect in drug.effects)),
            "status": drug.status,
        }
        for drug in read_model(None, drugs).drugs.values()
    }
    classes = sorted({row["class"] for row in rows.values()}, key=str.lower)
    if of_class is not None:
        wanted = of_class.strip().lower()
        if wanted not in map(str.lower, classes):
            raise InputError(f"--class {of_class!r}: there are {', '.join(classes)}")
        rows = {name: row for name, row in rows.items() if row["class"].lower() == wanted}
    title = f"{len(rows)} drugs; `hpg describe NAME` shows one in full"
    present(lambda: _show_drugs(rows, classes, title, of_class), lambda: rows, as_json=as_json)


def _show_drugs(rows: dict[str, dict[str, str]], classes: list[str], title: str, of_class: str | None) -> None:
    """Print the names of the drugs by class, or the drugs of one class with their routes and status."""
    if of_class is not None:
        show_rows(
            {name: {key: row[key] for key in ("dose unit", "routes", "status")} for name, row in rows.items()}, title
        )
        return
    say(title)
    for name in classes:
        say(f"{name}: {', '.join(drug for drug, row in rows.items() if row['class'] == name)}")


@user_errors
def labs(as_json: AsJson = False) -> None:
    """List the laboratory values that can be given with --lab or in a patient file."""
    from ..measurements.labs import DEFAULT_READING
    from ..measurements.registry import LABS, axis_unit

    def table() -> None:
        show_rows(rows, f"{len(rows)} laboratory values")
        say(f"{DEFAULT_READING} Write them as in 'testosterone=265 ng/dL at 8:00 by immunoassay'.")

    rows = {
        lab.name: {
            "unit": axis_unit(lab.name, lab.display_unit),
            "reference range": f"{lab.reference.low:g} to {lab.reference.high:g}",
            "possible": f"{lab.possible[0]:g} to {lab.possible[1]:g}",
            "also called": ", ".join(lab.aliases),
        }
        for lab in LABS.values()
    }
    present(table, lambda: rows, as_json=as_json)


@user_errors
def describe(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME", help="A drug, diagnosis, laboratory value, trial, parameter, state or mechanism."
        ),
    ],
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
) -> None:
    """Describe a drug, a diagnosis, a laboratory value, a trial or a parameter, with its source."""
    from .description import describe as text

    say(text(" ".join(words), read_model(parameters, drugs)))


@user_errors
def diagnoses(
    name: Annotated[str | None, typer.Argument(help="One diagnosis, to see its traits and sources as well.")] = None,
    detail: Annotated[
        bool, typer.Option("--detail", help="Show every diagnosis beside its published laboratory pattern.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the diagnoses; with a NAME or --detail, each beside its published laboratory pattern."""
    from ..clinical.diagnoses import laboratory_pattern
    from ..people.patient import PatientError, phenotypes

    key = None if name is None else name.strip().lower().replace(" ", "_").replace("-", "_")
    if key is not None and key not in phenotypes():
        raise PatientError(f"unknown diagnosis {name!r}; there are {', '.join(phenotypes())}")
    if key is None and not detail:
        titles = {diagnosis: {"diagnosis": entry["title"]} for diagnosis, entry in phenotypes().items()}
        heading = f"{len(titles)} diagnoses; `hpg diagnoses NAME` shows one in full"
        present(lambda: show_rows(titles, heading), lambda: titles, as_json=as_json)
        return
    names = [key] if key is not None else list(phenotypes())
    patterns: dict[str, list[PatternRow]] = {}
    with counted("simulating", len(names)) as callback:
        for diagnosis in names:
            patterns[diagnosis] = laboratory_pattern(diagnosis)
            callback(len(patterns), len(names))
    if as_json:
        typer.echo(to_json({diagnosis: _diagnosis_data(diagnosis, rows) for diagnosis, rows in patterns.items()}))
        return
    typer.echo(f"{DISCLAIMER}\n")
    for diagnosis, rows in patterns.items():
        show_rows(_pattern_table(rows), _diagnosis_title(diagnosis, in_full=key is not None))
    all_rows = [row for rows in patterns.values() for row in rows]
    outside = sum(not row.inside for row in all_rows)
    say(f"{len(all_rows)} measurements of {len(names)} diagnoses; outside their published range: {outside}")


def _diagnosis_data(diagnosis: str, rows: Sequence[PatternRow]) -> dict[str, Any]:
    """Return the fields of a diagnosis with its simulated pattern, for JSON."""
    from ..people.patient import phenotypes

    return {**phenotypes()[diagnosis], "pattern": [{**asdict(row), "inside": row.inside} for row in rows]}


def _pattern_table(rows: Sequence[PatternRow]) -> dict[str, dict[str, str]]:
    """Return predicted and published levels as texts, one row a measurement."""
    from ..simulation.table_text import level_text, row_text

    return {
        row_text(row.measure, row.unit): {
            "predicted": level_text(row.measure, row.predicted),
            "published": f"{row.low:g} to {row.high:g}",
            "inside": ("yes" if row.inside else "NO") + (" (set)" if row.matched else ""),
            "source": row.source + ("" if row.verified else " [unverified]"),
        }
        for row in rows
    }


def _diagnosis_title(diagnosis: str, *, in_full: bool) -> str:
    """Return the heading of a diagnosis; in_full: with its traits and sources."""
    from ..people.patient import phenotypes

    entry = phenotypes()[diagnosis]
    lines = [f"{diagnosis}: {entry['title']}"]
    if in_full:
        lines += [f"  {part.replace('_', ' ')}: {entry[part]}" for part in STARTING_POINT if part in entry]
        lines.append(f"  {entry['status']}: {entry['source']}")
        lines += [f"  data needed to confirm it: {entry['settled_by']}"] if "settled_by" in entry else []
    if "no_treatment" in entry:
        lines.append(f"  No drug treatment helps: {entry['no_treatment']}")
    return "\n".join(lines)


@user_errors
def axis(
    out: Annotated[Path, typer.Option(metavar="FILE.svg", help="Write the diagram here.")],
    theme: Annotated[str, typer.Option(help="auto (as the browser is set), light or dark.")] = "auto",
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
) -> None:
    """Draw the axis: organs, hormones, feedback, and where each class of drugs acts."""
    from ..files import check_ending
    from ..plot.axis_diagram import THEMES, axis_diagram

    if theme not in THEMES:
        raise InputError(f"--theme {theme}: expected {', '.join(THEMES)}")
    check_ending(out, (".svg",))
    check_writable(out)
    said(f"figure: {axis_diagram(read_model(parameters, drugs)).save(out, theme)}")


@user_errors
def protocol(
    words: Annotated[
        list[str], typer.Argument(metavar="PROTOCOL", help="A sentence, a .yaml file or a .csv event table.")
    ],
    to: Annotated[str, typer.Option(help="sentence, yaml or events.")] = "yaml",
    time_unit: TimeUnit = None,
    subject: Subject = None,
    drugs: DrugsFolder = None,
) -> None:
    """Turn a protocol into another of its forms; an event table of several subjects into one form a subject."""
    from ..pharmacology.event_writing import write_csv

    if to not in PROTOCOL_FORMS:
        raise InputError(f"--to {to!r}: expected sentence, yaml or events")
    library = read_model(None, drugs).drugs
    if len(words) == 1 and is_table(words[0]) and subject is None:
        protocols = read_table(words[0], time_unit, library).protocols
    else:
        protocols = {1: read_one_protocol("protocol", words, TableOptions(time_unit, subject), library)}
    if to == "events":
        typer.echo(write_csv(protocols).rstrip("\n"))
        return
    texts = {
        name: treatment.to_sentence() if to == "sentence" else treatment.to_yaml().rstrip("\n")
        for name, treatment in protocols.items()
    }
    if len(texts) == 1:
        typer.echo(next(iter(texts.values())))
    elif to == "sentence":
        typer.echo("\n".join(f"ID {name}: {sentence}" for name, sentence in texts.items()))
    else:
        typer.echo("\n---\n".join(f"# ID {name}\n{document}" for name, document in texts.items()))
