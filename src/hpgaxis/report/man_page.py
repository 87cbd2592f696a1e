"""The report about one man: what was measured, what it suggests, options compared, checks, what is uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clinical.risks import monitoring_table
from ..files import write_whole
from ..individual.diagnosis import diagnoses
from ..individual.figures import course_figure, forecast_bands
from ..individual.forecast import GO_ON, as_recorded
from ..individual.optimise import GUIDELINE, NO_TREATMENT
from ..measurements.registry import LABS, axis_unit, label
from ..people.patient import phenotypes
from ..simulation.figure_style import svg
from ..simulation.table_text import figure_text
from .pages import template

if TYPE_CHECKING:
    from ..individual.fit import Fit

SHOWN = ("testosterone", "estradiol", "lh", "fsh", "sperm_concentration", "total_motile_count", "hematocrit")
PICTURED = ("testosterone", "estradiol", "sperm_concentration")
MOST = 5
LIKELY = 0.01
NARROWED = 0.8
"""Share of a trait's spread that is left, at most, where his labs are said to tell of it."""


def man_page(fit: Fit, path: Path, options: Sequence[str] = (), *, months: float = 12) -> Path:
    """Write the report about one man to `path`.

    Parameters
    ----------
    fit : the man.
    path : of the page (.html).
    options : protocols that are compared; default no treatment, the doses of his data (where some go on) and the
        simplest guideline protocol for his diagnosis.
    months : how far the forecast goes.
    """
    chosen = list(options) or _options(fit)
    coming = fit.forecast(chosen, months=months)
    found = diagnoses(fit) if any(not one.held for one in fit.course.observations) else None
    traits = fit.traits()
    told: Any = traits[traits["spread left"] <= NARROWED]
    told_first = _rows(told.sort_values("spread left"))
    course = fit.course
    html = template("man.html.j2").render(
        fit=fit, course=course, doses=_doses(fit), measured=_measured(fit), predictions=_predictions(fit),
        diagnoses=_likely(found), information=_information(found), told=told_first, untold=len(traits) - len(told),
        protocols=coming.protocols, levels=_levels(coming), risks=_risks(coming), months=months,
        course_picture=svg(course_figure(fit), "Measurements and what was learned from them"),
        forecast_picture=svg(forecast_bands(coming, PICTURED), "Forecast under each option"),
        monitoring=_monitoring(coming), diagnostics=fit.diagnostics(), ended=course.end,
    )  # fmt: skip
    write_whole(path, lambda p: p.write_text(html, encoding="utf-8"))
    return path


def _options(fit: Fit) -> list[str]:
    going = [GO_ON] if as_recorded(fit).series else []
    return [NO_TREATMENT, *going, GUIDELINE.get(fit.unknowns.diagnosis, GUIDELINE["other"])]


def _doses(fit: Fit) -> list[str]:
    return [stretch.protocol.label() for stretch in fit.course.stretches]


def _measured(fit: Fit) -> int:
    return len(fit.course.observations)


def _predictions(fit: Fit) -> list[dict[str, Any]]:
    """The last measurement of each kind beside its prediction."""
    rows = fit.predictions().groupby("variable", sort=False).tail(1)
    return [_prediction(row) for row in rows.itertuples()]


def _prediction(row: Any) -> dict[str, Any]:
    low, high = (_in_unit(row, limit) for limit in LABS[row.variable].reference.limits)
    return {
        "name": label(row.variable),
        "unit": axis_unit(row.variable, row.unit),
        "day": f"{row.time:g}",
        "observed": {"below": "< ", "above": "> "}.get(row.censored, "") + figure_text(row.observed),
        "predicted": f"{figure_text(row.median)} ({figure_text(row.low)} to {figure_text(row.high)})",
        "reference": f"{low:g}–{high:g}",
    }


def _in_unit(row: Any, limit: float) -> float:
    """A limit of the reference range in the unit of a row, to three digits."""
    from ..units import convert

    return float(f"{convert(limit, LABS[row.variable].display_unit, row.unit, row.variable):.3g}")


def _likely(found: Any) -> list[dict[str, str]]:
    if found is None:
        return []
    kept = [(name, value) for name, value in found.probabilities.items() if value >= LIKELY][:MOST]
    return [
        {
            "name": phenotypes()[name]["title"],
            "before": f"{100 * found.prior[name]:.0f} %",
            "after": f"{100 * value:.0f} %",
        }
        for name, value in kept
    ]


def _information(found: Any) -> list[dict[str, str]]:
    ranked = [] if found is None else [(name, bits) for name, bits in found.information.items() if bits >= 0.01][:MOST]
    return [{"name": label(name) if name in LABS else name, "bits": f"{bits:.2f}"} for name, bits in ranked]


def _rows(told: Any) -> list[dict[str, str]]:
    return [
        {
            "name": str(name),
            "value": f"{figure_text(row['median'])} ({figure_text(row['low'])} to {figure_text(row['high'])})",
        }
        for name, row in told.iterrows()
    ]


def _levels(coming: Any) -> list[dict[str, Any]]:
    table = coming.table(SHOWN)
    return [
        {"name": str(name), "values": [str(value) for value in row]}
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]


def _risks(coming: Any) -> list[dict[str, Any]]:
    table = coming.risks()
    return [
        {"name": str(name), "values": [f"{value:.0f} %" for value in row]}
        for name, row in zip(table.index, table.to_numpy(dtype=float), strict=True) if max(row) >= 1
    ]  # fmt: skip


def _monitoring(coming: Any) -> list[dict[str, str]]:
    """What to check under each option and in which weeks, in the middle possible man."""
    weeks: dict[tuple[str, str, str], list[str]] = {}
    for name in coming.protocols:
        results = coming.results(name) if coming.plans[name].series else []
        if not results:
            continue
        for week, row in monitoring_table(results[len(results) // 2]).iterrows():
            weeks.setdefault((str(row["check"]), name, str(row["what for"])), []).append(str(week))
    return [
        {"check": check, "weeks": ", ".join(dict.fromkeys(found)), "protocol": name, "what": what}
        for (check, name, what), found in weeks.items()
    ]
