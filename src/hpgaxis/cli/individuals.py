"""`hpg validate --individuals`: what it prints and writes of single men beside virtual men."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..measurements.registry import axis_unit, label, within_a_sentence
from ..simulation.table_text import change_text, figure_text
from .many_men import warn_redrawn
from .outputs import STANDARD_OUTPUT, present, said, to_json, unreadable_files, write_text
from .terminal import counted, say, show_rows, warn

if TYPE_CHECKING:
    from ..model import Model
    from ..validation.courses import CoursesComparison
    from ..validation.cross_sections import CrossSectionComparison
    from ..validation.individuals import IndividualsValidation


def validate_individuals(folder: Path, report: Path | None, out: Path | None, *, as_json: bool, model: Model) -> None:
    """Compare with the single men of a folder; print tables or data, and write data and page."""
    from ..report.individuals_page import individuals_page
    from ..validation.individuals import validate_individuals as run

    prints = out == STANDARD_OUTPUT
    with counted("simulating") as callback:
        result = run(folder, model=model, callback=callback)
    present(lambda: _show(result), result.to_dict, as_json=as_json or prints)
    if out is not None and not prints:
        write_text(to_json(result.to_dict()), out)
        said(f"data: {out}")
    if report is not None:
        said(f"report: {individuals_page(result, report)}")
    if result.unreadable:
        raise unreadable_files(result.unreadable, result.files, "files")


def _show(result: IndividualsValidation) -> None:
    """Print every comparison."""
    for survey in result.cross_sections:
        _show_cross_section(survey)
    for courses in result.courses:
        _show_courses(courses)


def _show_unused(columns: tuple[str, ...], name: str) -> None:
    if columns:
        warn(f"{name}: columns that are not used: {', '.join(columns)}")


def _show_cross_section(survey: CrossSectionComparison) -> None:
    """Print medians of each lab by class, and correlations."""
    from ..plot.figures import between_text
    from ..validation.cross_sections import YOUNGER, class_text

    say(
        f"{survey.name}: {survey.men} men, and {survey.virtual} virtual men of the same ages and body mass indices. "
        f"Classes of body mass index are of men below {YOUNGER:g} years."
    )
    for name in dict.fromkeys(row["measure"] for row in survey.medians):
        rows = [row for row in survey.medians if row["measure"] == name]
        lines = {class_text(row): _compared(row) for row in rows}
        show_rows(lines, f"{label(name)} ({axis_unit(name, rows[0]['unit'])}), medians")
    lines: dict[str, Any] = {
        between_text(row["between"]): {
            "men": str(row["men"]),
            **{which: f"{round(row[which], 2) + 0.0:.2f}" for which in ("observed", "predicted")},
        }
        for row in survey.correlations
    }
    show_rows(lines, "Spearman correlations")
    warn_redrawn(survey.redrawn)
    _show_unused(survey.unused, survey.name)


def _compared(row: dict[str, Any]) -> dict[str, str]:
    """Return an observed and a predicted median as the cells of a table."""
    return {
        "men": str(row["men"]),
        "observed": figure_text(row["observed"]),
        "predicted": figure_text(row["predicted"]),
        "difference": change_text(row["predicted"] / row["observed"] - 1),
    }


def _show_courses(courses: CoursesComparison) -> None:
    """Print the centiles of each cycle, how they are made comparable, and what is left out."""
    from ..validation.courses import CENTILES, FEWEST, FLOOR

    say(
        f"{courses.name}: {courses.men} men, and {courses.virtual} virtual men with the same doses. Testosterone in "
        f"nmol/L, centiles of men. Levels below {FLOOR:g} count as that. Predicted levels are multiplied by "
        f"{courses.scale:.2f}, so that the median before the first dose is the one observed "
        f"({figure_text(courses.before['observed'])})."
    )
    for cycle in dict.fromkeys(cell["cycle"] for cell in courses.cells):
        lines = {
            f"{cell['begin']} to {cell['end']}": {
                "men": str(cell["men"]),
                **{
                    f"{which} {centile} %": figure_text(cell[which][str(centile)])
                    for which in ("observed", "predicted")
                    for centile in CENTILES
                },
            }
            for cell in courses.cells
            if cell["cycle"] == cycle
        }
        show_rows(lines, f"cycle {cycle}, by days since the last depot should have ended")
    if courses.values:
        say(
            f"{courses.inside} of {courses.values} single values lie within the central 95 % of the virtual men's "
            f"({courses.inside / courses.values:.0%})."
        )
    if courses.few:
        say(f"Cells with fewer than {FEWEST} men, which are not compared: {courses.few}.")
    for row in courses.not_given:
        doses = f"{row['doses']} dose{'' if row['doses'] == 1 else 's'}"
        say(f"Not given: {doses} of {row['drug'].replace('_', ' ')}: {row['reason']}.")
    for name, count in courses.not_compared.items():
        say(f"Not compared: {count} values of {within_a_sentence(name)}.")
    if courses.failed:
        warn(f"{courses.failed} of {courses.virtual} virtual men could not be simulated")
    warn_redrawn(courses.redrawn)
    _show_unused(courses.unused, courses.name)
