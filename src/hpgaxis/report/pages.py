"""Fills the HTML templates: a comparison of protocols, of treatments, a validation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..calibration.identifiability import identified
from ..errors import InputError, extra_packages
from ..evidence.trials import suspicions
from ..files import write_whole
from ..measurements.registry import axis_unit, label
from ..people.remarks import lab_lines, reading, remarks
from ..pharmacology.mechanisms import MECHANISMS
from ..physiology.posterior import quality
from ..physiology.states import CONDITIONS
from ..plot.axis_diagram import AxisDiagram
from ..plot.figures import observed_beside_predicted, with_point_titles
from ..simulation.figure_style import dark_variables, svg
from ..simulation.table_text import AZOOSPERMIA, change_text, figure_text, length_text, level_text
from ..simulation.time_courses import MAIN
from ..validation.intervals import ABOUT
from ..validation.results import count_text, goals_text
from .tables import MEANS, figures, headings, man_line, score_rows

if TYPE_CHECKING:
    from ..clinical.compare import Comparison
    from ..clinical.treatments import TreatmentTable
    from ..model import Model
    from ..pharmacology.drug import Drug
    from ..validation.individuals import IndividualsValidation
    from ..validation.results import Validation

MISSED = 2.0
"""Mean fold error from which a trial counts as missed."""


def template(name: str) -> Any:
    """The template of this name. Raises MissingPackageError that says what to install."""
    with extra_packages("reports need jinja2", "report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined
    environment = Environment(loader=PackageLoader("hpgaxis.report", "."), autoescape=True, undefined=StrictUndefined)
    environment.globals.update(
        version=version("hpgaxis"), dark_figures=dark_variables(), label=label, axis_unit=axis_unit
    )
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
        "reading": reading(comparison.man),
        "remarks": remarks(comparison.man),
        "traits": {
            name: value
            for name, value in comparison.man.traits.items()
            if abs(value - (0 if name in CONDITIONS else 1)) > 0.01
        },
    }


def write_report(result: Comparison | TreatmentTable | Validation | IndividualsValidation, path: str | Path) -> Path:
    """Write a self-contained HTML page about a comparison, a table of treatments or a validation, and return its path.

    Parameters
    ----------
    result : what `compare`, `compare_treatments`, `validate` or `validate_individuals` returned.
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
    from ..validation.individuals import IndividualsValidation
    from ..validation.results import Validation
    from .individuals_page import individuals_page

    if isinstance(result, Comparison):
        return comparison_page(result, Path(path))
    if isinstance(result, TreatmentTable):
        return treatments_page(result, Path(path))
    if isinstance(result, Validation):
        return validation_page(result, Path(path))
    if isinstance(result, IndividualsValidation):
        return individuals_page(result, Path(path))
    kinds = ", ".join(kind.__name__ for kind in (Comparison, TreatmentTable, Validation, IndividualsValidation))
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
            cells.append({"text": text, "change": change_text(mean / float(result[name][0]) - 1) if told else ""})
        unit = axis_unit(name, first.units[name])
        rows.append({"name": label(name), "unit": unit, "baseline": before[place], "cells": cells})
    drugs = {series.drug: series.definition for result in results.values() for series in result.protocol.series}
    metrics = {title: result.metrics().reset_index().to_dict("records") for title, result in results.items()}
    html = template("compare.html.j2").render(
        man=_man(comparison),
        titles=list(results),
        sentences={title: result.protocol.to_sentence() for title, result in results.items()},
        length=length_text(last),
        over=[after[title][0] for title in results],
        rows=rows,
        metrics=metrics,
        visits={title: result.visits for title, result in results.items() if result.visits},
        drugs=drugs.values(),
        courses=svg(comparison.plot(), f"{len(comparison.results)} protocols in one man over time"),
        axis=axis_picture(comparison.man.model, list(drugs.values())),
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def axis_picture(model: Model, drugs: list[Drug]) -> str:
    """The diagram of the axis with these drugs as SVG; "" without drugs, and for a model that lacks what it draws."""
    if not drugs:
        return ""
    try:
        return AxisDiagram(model, tuple(drugs)).svg()
    except InputError:
        return ""


def treatments_page(table: TreatmentTable, path: Path) -> Path:
    """Write the comparison of treatments to `path`."""
    model = table.man.model
    html = template("treatments.html.j2").render(
        man=man_line(table),
        why_untreatable=table.why_untreatable,
        heads=[head[0].upper() + head[1:] for head in headings(table).values()],
        hormones=len(table.untreated),
        rows=[(row, figures(table, row)) for row in table.rows],
        effects=svg(table.plot(), "Hormones and sperm under each treatment"),
        axis=axis_picture(model, [model.drugs[name] for name in given_drugs(table)]),
        mechanisms=mechanisms_by_class(table),
        means=MEANS,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def given_drugs(table: TreatmentTable) -> list[str]:
    """Names of the drugs of all treatments, each once."""
    return list(dict.fromkeys(name for row in table.rows for name in row.approval))


def mechanisms_by_class(table: TreatmentTable) -> dict[str, dict[str, list[str]]]:
    """Class of treatments -> the names and the mechanisms of those in the table."""
    classes: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: {"names": {}, "mechanisms": {}})
    for name in given_drugs(table):
        drug = table.man.model.drugs[name]
        entry = classes[drug.group[0].upper() + drug.group[1:]]
        entry["names"][name.replace("_", " ")] = None
        entry["mechanisms"] |= {MECHANISMS[effect.mechanism].summary: None for effect in drug.effects}
    return {group: {part: list(texts) for part, texts in entry.items()} for group, entry in classes.items()}


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


KINDS_OF_REASONS = (
    (r"the dose of \S+ (.*)", r"the dose of the drug \1"),
    (r"the model has no counterpart of .*", "the model has no counterpart of the measurement"),
    (r"\S+ (is not defined alike.*)", r"the measurement \1"),
    (r"a change of \S+ (from a baseline.*)", r"a change \1"),
    (r"cannot be given: .*", "the model has no such drug or route"),
    (r".* cannot be turned into .*", "the unit cannot be converted to that of the model"),
)
"""Pattern of the reasons why figures are not compared -> the reason without the names of drugs and measurements."""


def kind_of_reason(reason: str) -> str:
    """The reason why a figure is not compared, without the names of drugs and measurements."""
    for pattern, kind in KINDS_OF_REASONS:
        if re.fullmatch(pattern, reason):
            return re.sub(pattern, kind, reason)
    return reason


def scatter(name: str, rows: list[dict[str, Any]], fewest: int = 2) -> str:
    """Observed and predicted changes of a class of treatments as SVG; "" for fewer figures than `fewest`."""
    drawn = [row for row in rows if row["observed_fold"] > 0 and row["predicted_fold"] > 1e-4]
    if len(drawn) < fewest:
        return ""
    picture = svg(observed_beside_predicted(drawn, name), f"{name}: observed and predicted changes")
    return with_point_titles(picture, drawn)


def validation_page(validation: Validation, path: Path) -> Path:
    """Write the report of a validation to `path`."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in validation.outcomes:
        groups[row["group"]].append(row)
    sections = []
    for name, rows in sorted(groups.items(), key=lambda item: -len(item[1])):
        ordered = sorted(rows, key=lambda row: (row["measure"], row["trial"], row["day"] or 0))
        sections.append(
            {"name": name, "score": validation.score(rows), "rows": ordered, "picture": scatter(name, rows)}
        )
    parts, numbers = validation.parts(), identified()
    reasons: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in validation.skipped:
        reasons[kind_of_reason(row["reason"])].append(row)
    html = template("validate.html.j2").render(
        counted=count_text(len(validation.outcomes), validation.trials, parts),
        goals=goals_text(),
        about_intervals=ABOUT,
        unreadable=validation.unreadable,
        parts=parts,
        headlines=score_rows(parts),
        measures=[*sorted(validation.summary()), "all"] if validation.outcomes else [],
        rivals=validation.against_other_trials(),
        intervals=any("inside" in row for row in validation.outcomes),
        identified=numbers,
        posterior=quality(),
        verdicts=", ".join(f"{count} {verdict}" for verdict, count in Counter(n.verdict for n in numbers).items()),
        missed=missed_trials(validation),
        missed_from=MISSED,
        summary=validation.summary(),
        overall=validation.score(validation.outcomes),
        directions=validation.directions,
        agree=validation.directions_summary()["agree"],
        sections=sections,
        skipped=sorted(reasons.items(), key=lambda item: -len(item[1])),
        skipped_count=len(validation.skipped),
        left_out=validation.left_out,
        colour=colour,
    )
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path
