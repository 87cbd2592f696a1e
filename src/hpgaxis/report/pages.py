"""Fills the HTML templates: a comparison of protocols, of treatments, a validation."""

from __future__ import annotations

from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, extra_packages
from ..evidence.trials import suspicions
from ..files import write_whole
from ..fit.identifiability import identified
from ..measurements.registry import axis_unit, label
from ..people.remarks import lab_lines, remarks
from ..physiology.posterior import quality
from ..plot.figures import observed_beside_predicted
from ..simulation.figure_style import svg
from ..simulation.table_text import AZOOSPERMIA, figure_text, length_text, level_text
from ..simulation.time_courses import MAIN
from ..validation.intervals import ABOUT
from ..validation.results import count_text, goals_text
from .tables import MEANS, figures, headings, man_line

if TYPE_CHECKING:
    from ..clinical.compare import Comparison
    from ..clinical.treatments import TreatmentTable
    from ..validation.results import Validation

MISSED = 2.0
"""Mean fold error from which a trial counts as missed."""


def template(name: str) -> Any:
    """The template of this name. Raises MissingPackageError that says what to install."""
    with extra_packages("reports need jinja2", "report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined
    environment = Environment(loader=PackageLoader("hpgaxis.report", "."), autoescape=True, undefined=StrictUndefined)
    environment.filters["figure"] = figure_text
    environment.filters["level"] = lambda value, name: level_text(name, value)
    return environment.get_template(name)


def _man(comparison: Comparison) -> dict[str, Any]:
    patient = comparison.man.patient
    return {
        "age": patient.age,
        "bmi": patient.bmi,
        "diagnosis": patient.diagnosis.replace("_", " "),
        "labs": patient.labs,
        "matched": lab_lines(comparison.man),
        "remarks": remarks(comparison.man),
        "traits": {name: value for name, value in comparison.man.traits.items() if abs(value - 1) > 0.01},
    }


def write_report(result: Comparison | TreatmentTable | Validation, path: str | Path) -> Path:
    """Write a self-contained HTML page about a comparison, a table of treatments or a validation, and return its path.

    Parameters
    ----------
    result : what `compare`, `compare_treatments` or `validate` returned.
    path : the file to write.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        There is no report of such a result.
    MissingPackageError
        jinja2 is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> comparison = hpg.compare(None, ["no treatment", "anastrozole 1 mg daily"], days=2)
    >>> with TemporaryDirectory() as folder:
    ...     size = write_report(comparison, Path(folder) / "page.html").stat().st_size
    >>> size > 1000
    True
    """
    from ..clinical.compare import Comparison
    from ..clinical.treatments import TreatmentTable
    from ..validation.results import Validation

    if isinstance(result, Comparison):
        return comparison_page(result, Path(path))
    if isinstance(result, TreatmentTable):
        return treatments_page(result, Path(path))
    if isinstance(result, Validation):
        return validation_page(result, Path(path))
    kinds = ", ".join(kind.__name__ for kind in (Comparison, TreatmentTable, Validation))
    raise InputError(f"no report of a {type(result).__name__}; there is one of {kinds}")


def comparison_page(comparison: Comparison, path: Path) -> Path:
    """Write the report of a comparison to `path`."""
    results = comparison.results
    first = next(iter(results.values()))
    start, last = float(first.time[0]), float(first.time[-1])
    before = first.column(list(MAIN), start)[1:]
    after = {title: result.column(list(MAIN), last) for title, result in results.items()}
    rows = []
    for place, name in enumerate(MAIN):
        cells = []
        for title, result in results.items():
            text, mean = after[title][place + 1], result.reading(name, last).mean
            told = float(result[name][0]) > 1e-9 and text not in (AZOOSPERMIA, "–", "0") and not text.startswith("<")
            cells.append({"text": text, "change": _percent(mean / float(result[name][0]) - 1) if told else ""})
        unit = axis_unit(name, first.units[name])
        rows.append({"name": label(name), "unit": unit, "baseline": before[place], "cells": cells})
    drugs = {series.drug: series.definition for result in results.values() for series in result.protocol.series}
    metrics = {title: result.metrics().reset_index().to_dict("records") for title, result in results.items()}
    html = template("compare.html.j2").render(
        version=version("hpgaxis"),
        man=_man(comparison),
        titles=list(results),
        sentences={title: result.protocol.to_sentence() for title, result in results.items()},
        length=length_text(last),
        over=[after[title][0] for title in results],
        rows=rows,
        metrics=metrics,
        axis_unit=axis_unit,
        visits={title: result.visits for title, result in results.items() if result.visits},
        drugs=drugs.values(),
        picture=svg(comparison.plot(), f"{len(comparison.results)} protocols in one man over time"),
        label=label,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def _percent(change: float) -> str:
    """'+12 %' for a relative change of 0.12, '0 %' where it is less than half a per cent."""
    return f"{100 * change:+.0f} %" if abs(change) >= 0.005 else "0 %"


def treatments_page(table: TreatmentTable, path: Path) -> Path:
    """Write the comparison of treatments to `path`."""
    html = template("treatments.html.j2").render(
        version=version("hpgaxis"),
        man=man_line(table),
        why_untreatable=table.why_untreatable,
        heads=list(headings(table).values()),
        rows=[(row, figures(table, row)) for row in table.rows],
        picture=svg(table.plot(), "Hormones and sperm under each treatment"),
        means=MEANS,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def colour(fold_error: float) -> str:
    """Colour class of a fold error, as in the figures."""
    error = max(fold_error, 1 / fold_error)
    return "good" if error <= 1.25 else "fair" if error <= 2 else "poor"


def missed_trials(validation: Validation) -> list[dict[str, Any]]:
    """Trials whose figures are off by MISSED or more on average, the worst first, with what is suspected."""
    trials: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in validation.outcomes:
        trials[row["trial"]].append(row)
    suspected, missed = suspicions(), []
    for name, rows in trials.items():
        score = validation.score(rows)
        if score["aafe"] >= MISSED:
            missed.append({**score, "trial": name, "part": rows[0]["part"], "reason": suspected.get(name, "–")})
    return sorted(missed, key=lambda row: -row["aafe"])


def validation_page(validation: Validation, path: Path) -> Path:
    """Write the report of a validation to `path`."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in validation.outcomes:
        groups[row["group"]].append(row)
    sections = []
    for name, rows in sorted(groups.items(), key=lambda item: -len(item[1])):
        drawn = [row for row in rows if row["observed_fold"] > 0 and row["predicted_fold"] > 1e-4]
        picture = (
            svg(observed_beside_predicted(drawn, name), f"{name}: observed and predicted changes")
            if len(drawn) > 1
            else ""
        )
        ordered = sorted(rows, key=lambda row: (row["measure"], row["trial"], row["day"] or 0))
        sections.append({"name": name, "score": validation.score(rows), "rows": ordered, "picture": picture})
    parts, numbers = validation.parts(), identified()
    reasons: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in validation.skipped:
        reasons[row["reason"]].append(row)
    html = template("validate.html.j2").render(
        version=version("hpgaxis"),
        counted=count_text(len(validation.outcomes), validation.trials, parts),
        goals=goals_text(),
        about_intervals=ABOUT,
        unreadable=validation.unreadable,
        parts=parts,
        measures=[*sorted({name for part in parts.values() for name in part} - {"all"}), "all"],
        rivals=validation.against_other_trials(),
        intervals=any("inside" in row for row in validation.outcomes),
        identified=numbers,
        posterior=quality(),
        verdicts=", ".join(f"{count} {verdict}" for verdict, count in Counter(n.verdict for n in numbers).items()),
        missed=missed_trials(validation),
        summary=validation.summary(),
        overall=validation.score(validation.outcomes),
        directions=validation.directions,
        agree=validation.directions_summary()["agree"],
        sections=sections,
        skipped=sorted(reasons.items(), key=lambda item: -len(item[1])),
        skipped_count=len(validation.skipped),
        left_out=validation.left_out,
        colour=colour,
        label=label,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path
