"""The report of single men beside virtual men: medians and correlations of surveys, and courses under treatment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..files import write_whole
from ..measurements.registry import within_a_sentence
from ..plot.figures import after_depots, between_text, medians_by_class, rank_correlations
from ..simulation.figure_style import svg
from ..simulation.table_text import change_text
from ..validation.courses import AGE, CENTILES, FEWEST, FLOOR
from ..validation.cross_sections import class_text
from .pages import colour, template

if TYPE_CHECKING:
    from ..validation.individuals import IndividualsValidation


def individuals_page(validation: IndividualsValidation, path: Path) -> Path:
    """Write the report of a comparison with single men to `path`."""
    surveys = [
        {
            "comparison": one,
            "medians": svg(medians_by_class(one), f"{one.name}: medians by class") if one.medians else "",
            "correlations": svg(rank_correlations(one), f"{one.name}: correlations") if one.correlations else "",
        }
        for one in validation.cross_sections
    ]
    courses = [
        {"comparison": one, "centiles": svg(after_depots(one), f"{one.name}: centiles") if one.cells else ""}
        for one in validation.courses
    ]
    html = template("individuals.html.j2").render(
        surveys=surveys,
        courses=courses,
        unreadable=validation.unreadable,
        age=AGE,
        floor=FLOOR,
        fewest=FEWEST,
        centiles=[str(centile) for centile in CENTILES],
        change_text=change_text,
        class_text=class_text,
        between_text=between_text,
        colour=colour,
        within_a_sentence=within_a_sentence,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path
