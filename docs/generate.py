"""Writes the generated pages of the documentation into docs/generated: equations, parameters, evidence, diagnoses, drugs,
measurements and the command line, all from the code and its data."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer.main
from equations import field_remarks
from equations import page as equations_page
from images import write_images
from kept import digest, is_kept, record
from markdown_table import FOLDER, table
from results_pages import kernel_page, populations_page, validation_page, write_blocks
from steps import step

from hpgaxis.cli.main import app
from hpgaxis.clinical.diagnoses import laboratory_patterns
from hpgaxis.evidence.facts import facts
from hpgaxis.evidence.trials import packaged_trials
from hpgaxis.measurements.registry import LABS, MEASUREMENTS
from hpgaxis.people.patient import phenotypes
from hpgaxis.pharmacology.formulations import doses
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.mechanisms import MECHANISMS
from hpgaxis.pharmacology.monitoring import plan
from hpgaxis.physiology import parameters
from hpgaxis.physiology.states import CONDITIONS, TRAITS, Inputs, State


def parameters_page() -> str:
    """Every number of the physiology, in the order and sections of parameters.toml."""
    text = (Path(inspect.getfile(parameters)).parent / "parameters.toml").read_text(encoding="utf-8")
    catalogue = parameters.catalogue()
    counts = {
        status: sum(entry.status == status for entry in catalogue.values())
        for status in ("measured", "calibrated", "assumed")
    }
    out = [
        "# Parameters\n\nEvery parameter of the physiology, from `parameters.toml`. *measured*: from the source named; "
        "*calibrated*: reproduced by `hpg calibrate`; *assumed*: the last column says which data are needed to confirm it. A source "
        "marked † is unverified: from memory, not read. The spread is the standard deviation of the logarithm, between men "
        f"(m) or about the typical man (t). {counts['measured']} are measured, {counts['calibrated']} calibrated, "
        f"{counts['assumed']} assumed; {sum(not entry.verified for entry in catalogue.values())} rest on an unverified "
        "source.\n"
    ]
    rows: list[list[Any]] = []
    for line in text.splitlines():
        section = re.match(r"# ---- (.+)", line)
        name = re.match(r"\[(?:\w+\.)?(\w+)\]", line)
        if section:
            if rows:
                out.append(
                    table(["name", "value", "unit", "spread", "status", "source", "data needed to confirm it"], rows)
                )
            rows = []
            out.append(f"\n## {section[1]}\n")
        elif name:
            e = catalogue[name[1]]
            kind = "m" if e.spread_kind == "between men" else "t"
            mark = "" if e.verified else " †"
            rows.append(
                [
                    anchored(e.name),
                    f"{e.value:g}",
                    e.unit,
                    f"{e.spread:g} {kind}",
                    e.status,
                    e.source + mark,
                    e.settled_by,
                ]
            )
    out.append(table(["name", "value", "unit", "spread", "status", "source", "data needed to confirm it"], rows))
    out.append(
        "\n## Exponents and definitions\n\nThey stand in the files of the organs and in `constants.py`: the engine turns a "
        "whole power into products, so that an exponent is not a parameter.\n\n"
    )
    out.append(table(["name", "value", "file", "what it is, and its source"], constants()))
    return "\n".join(out)


def anchored(name: str) -> str:
    """A parameter's name as the target of the links in the equations."""
    return f"[`{name}`]{{#parameter-{name}}}"


def constants() -> list[list[Any]]:
    """Name, value, file and docstring of each number that a module of the physiology names."""
    rows: list[list[Any]] = []
    for file in sorted(Path(inspect.getfile(parameters)).parent.glob("*.py")):
        for line, text in pairwise(ast.parse(file.read_text(encoding="utf-8")).body):
            if isinstance(line, ast.Assign) and isinstance(text, ast.Expr) and isinstance(line.targets[0], ast.Name):
                value = getattr(import_module(f"hpgaxis.physiology.{file.stem}"), line.targets[0].id)
                if isinstance(value, int | float):
                    about = ast.literal_eval(text.value)
                    rows.append([f"`{line.targets[0].id}`", f"{value:g}", f"`{file.name}`", about])
    return rows


def evidence_page() -> str:
    """The trials in the package."""
    rows = []
    for trial in sorted(packaged_trials(), key=lambda t: t.id):
        c = trial.citation
        drugs = sorted({line.drug for arm in trial.arms for line in arm.protocol})
        rows.append(
            [
                f"`{trial.id}`", f"{c.get('authors') or ''} {c.get('journal') or ''} {c.get('year') or ''}",
                trial.title, trial.population.diagnosis.replace("_", " "), trial.population.n or "–",
                ", ".join(drugs), sum(len(arm.outcomes) for arm in trial.arms), "yes" if trial.verified else "unverified",
            ]
        )  # fmt: skip
    return (
        f"# Evidence\n\nThe {len(rows)} published trials and physiological studies in the package. Figures marked unverified "
        "are priors and are never scored. `hpg validate` holds the model against them.\n\n"
        + table(["id", "citation", "title", "diagnosis", "men", "drugs", "figures", "read"], rows)
        + "\n## Facts\n\nSingle figures that numbers, diagnoses and tests name by author and year.\n\n"
        + table(
            ["what", "value", "unit", "in whom", "citation", "read at"],
            [
                [
                    f.quantity,
                    f"{f.value:g}" + "".join(f" ({k} {v})" for k, v in f.spread.items()),
                    f.unit,
                    f.population,
                    f.citation,
                    f.source,
                ]
                for f in facts()
            ],
        )
    )


def diagnoses_page() -> str:
    """Diagnoses with their traits and laboratory patterns."""
    found = laboratory_patterns()
    inside = sum(row.inside for row in found)
    out = [
        "# Diagnoses\n\nA diagnosis is a set of traits (multipliers on the typical man), conditions and a history. Each is "
        f"shown beside its published laboratory pattern; {inside} of {len(found)} measurements lie inside. *Set* "
        "means that the diagnosis sets this value itself, so that agreement says nothing. † unverified source.\n"
    ]
    for name, entry in phenotypes().items():
        out.append(f"\n## {entry['title']} (`{name}`)\n")
        for part in ("age", "bmi", "onset_age", "traits", "conditions", "labs", "history", "history_years"):
            if part in entry:
                value = entry[part]
                said = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
                out.append(f"- {part.replace('_', ' ')}: {said}")
        out.append(f"- {entry['status']}: {entry['source']}")
        if "settled_by" in entry:
            out.append(f"- data needed to confirm it: {entry['settled_by']}")
        if "no_treatment" in entry:
            out.append(f"- **No drug treatment helps**: {entry['no_treatment']}")
        rows = [
            [
                row.measure.replace("_", " "), row.unit, f"{row.predicted:.3g}", f"{row.low:g} to {row.high:g}",
                ("yes" if row.inside else "**no**") + (", set" if row.matched else ""),
                row.source + ("" if row.verified else " †"),
            ]
            for row in found
            if row.diagnosis == name
        ]  # fmt: skip
        if rows:
            out.append("\n" + table(["measurement", "unit", "predicted", "published", "inside", "source"], rows))
    return "\n".join(out)


def drugs_page() -> str:
    """Drugs by group, with routes, mechanisms and monitoring."""
    out = ["# Drugs and other treatments\n\n`hpg describe NAME` prints each constant with its source.\n"]
    groups: dict[str, list[Any]] = {}
    for drug in DrugLibrary.shipped().values():
        groups.setdefault(drug.group, []).append(drug)
    for group, drugs in sorted(groups.items()):
        out.append(f"\n## {group[0].upper()}{group[1:]}\n")
        rows = [
            [
                f"`{d.name}`", d.summary, d.dose_unit, ", ".join(d.routes),
                "; ".join(dict.fromkeys(MECHANISMS[e.mechanism].summary for e in d.effects)), d.status, d.cautions,
            ]
            for d in drugs
        ]  # fmt: skip
        out.append(table(["name", "what it is", "unit", "routes", "mechanism", "approval", "cautions"], rows))
        products = [
            [f"`{d.name}`", f.name, ", ".join(f.routes), doses(f, d.dose_unit), f.shown_status, f.source]
            for d in drugs for f in d.formulations
        ]  # fmt: skip
        if products:
            out.append("\n**Formulations**\n")
            out.append(table(["drug", "formulation", "routes", "doses", "status", "source"], products))
        checks = [
            [e["measure"].replace("_", " "), ", ".join(map(str, e["weeks"])), e["every_weeks"] or "–", e["what"],
             e["source"] + ("" if e["verified"] else " †")]
            for e in plan(drugs[0])
        ]  # fmt: skip
        if checks:
            out.append("\n**Monitoring**\n\n" + table(["check", "weeks", "then every", "what for", "source"], checks))
    return "\n".join(out)


def measurements_page() -> str:
    """Measurements, states, inputs, traits and conditions."""
    rows = [
        [f"`{name}`", lab.display_unit, lab.loinc, f"{lab.reference.low:g} to {lab.reference.high:g}",
         f"{100 * lab.variation.cv:.0f} %"]
        for name, lab in LABS.items()
        if lab.variation
    ]  # fmt: skip
    other = [
        [f"`{name}`", entry.scale or entry.display_unit] for name, entry in MEASUREMENTS.items() if name not in LABS
    ]
    states = [[f"`{name}`", remark] for name, remark in field_remarks(State)]
    inputs = [[f"`{name}`", remark] for name, remark in field_remarks(Inputs)]
    return (
        "# Measurements, states and inputs\n\n## Laboratory values\n\nIn the unit shown; visit to visit is the "
        "coefficient of variation within one man, assay included.\n\n"
        + table(["name", "unit", "LOINC", "reference range", "visit to visit"], rows)
        + "\n## Other measurements\n\n" + table(["name", "unit"], other)
        + "\n## Traits (multipliers, 1 in the typical man)\n\n"
        + table(["name", "meaning"], [[f"`{n}`", m] for n, m in TRAITS.items()])
        + "\n## Conditions (0 in the typical man)\n\n"
        + table(["name", "meaning"], [[f"`{n}`", m] for n, m in CONDITIONS.items()])
        + "\n## States\n\n" + table(["name", "unit"], states)
        + "\n## Inputs\n\n" + table(["name", "unit"], inputs)
    )  # fmt: skip


def command_page() -> str:
    """The command line's own help."""
    group: Any = typer.main.get_command(app)
    out = ["# Command line\n\n`hpg` runs everything; `hpg COMMAND --help` prints this page's text.\n"]
    for name, command in group.commands.items():
        context = command.context_class(command, info_name=f"hpg {name}")
        out.append(f"\n## hpg {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(out)


SIMULATED = ("populations",)
"""Pages that take a minute, and are made again only when the package has changed."""


def main() -> None:
    """Write all pages; a page whose text is as before stays untouched, so that Sphinx does not read it again."""
    FOLDER.mkdir(exist_ok=True)
    depends_on = digest()
    with step("docs/images"):
        write_images()
    pages = {
        "equations": equations_page, "parameters": parameters_page, "evidence": evidence_page,
        "diagnoses": diagnoses_page, "drugs": drugs_page, "measurements": measurements_page, "commands": command_page,
        "kernel": kernel_page, "validation": validation_page, "populations": populations_page,
    }  # fmt: skip
    for name, make in pages.items():
        path = FOLDER / f"{name}.md"
        if name in SIMULATED and is_kept(path.name, depends_on):
            print(f"docs/generated/{name}.md: nothing changed", file=sys.stderr)
            continue
        takes = " (a minute, when the package has changed)" if name in SIMULATED else ""
        with step(f"docs/generated/{name}.md{takes}"):
            text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        if name in SIMULATED:
            record(path.name, depends_on, [path, *(FOLDER / image for image in re.findall(r":file: ([\w.]+)", text))])
    write_blocks()


if __name__ == "__main__":
    main()
