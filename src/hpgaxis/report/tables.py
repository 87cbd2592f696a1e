"""Tables as Markdown and as short text for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..measurements.registry import label, within_a_sentence
from ..simulation.table_text import AZOOSPERMIA, figure_text, level_text
from ..validation.results import COVERAGE_GOALS, aafe_goals

if TYPE_CHECKING:
    from ..clinical.treatments import Row, TreatmentTable


HEADLINES = (
    "testosterone", "lh", "fsh", "estradiol", "shbg", "intratesticular_testosterone", "sperm_concentration", "all"
)  # fmt: skip
"""Measurements of the short table of scores."""


def scored(score: Mapping[str, Any] | None) -> str:
    """'1.28 (62)': an absolute average fold error and its number of figures; '' for none."""
    return f"{score['aafe']:.2f} ({score['n']})" if score and score["n"] else ""


def score_rows(parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[list[str]]:
    """Rows of the short table of scores: measurement, error by part of the evidence, goals; then the coverage."""
    rows = []
    for measure in HEADLINES:
        goals = aafe_goals(measure)[: sum(bool(part.get(measure)) for part in parts.values())]
        name = "all figures" if measure == "all" else within_a_sentence(measure)
        cells = [scored(part.get(measure)) for part in parts.values()]
        rows.append([name, *cells, ", ".join(f"{goal:.2f}" for goal in goals)])
    covered = [
        "" if part["all"].get("coverage") is None else f"{100 * part['all']['coverage']:.0f} % ({part['all']['n']})"
        for part in parts.values()
    ]
    goals = ", ".join(f"{low}–{high}" for low, high in COVERAGE_GOALS)
    rows.append(["figures inside the predicted 95 % interval", *covered, f"{goals} %"])
    return rows


def fold(name: str, value: float, untreated: float) -> str:
    """'612 (x 1.21)': a level and its ratio to no treatment; '< 0.1' alone below the limit of detection."""
    text = level_text(name, value)
    return text if untreated < 1e-6 or text != figure_text(value) else f"{text} (x {value / untreated:.2f})"


MEANS = (
    "Hormones are means over the third month (days 61 to 91), with the ratio to no treatment in that month. "
    "Sperm are means over the last dosing interval."
)


def days(value: float | None) -> str:
    """A time in days, – where nothing moved."""
    return "–" if value is None else f"{value:.0f}"


def headings(table: TreatmentTable) -> dict[str, str]:
    """Column -> its heading with unit, for the figures of a treatment."""
    shown = {name: f"{label(name)}, {table.units[name]}" for name in next(iter(table.rows)).hormones}
    shown["intratesticular_testosterone"] = f"ITT, {table.units['intratesticular_testosterone']}"
    return {
        **shown,
        "leydig_stimulation": "Leydig stimulation, %",
        "sertoli_stimulation": "Sertoli stimulation, %",
        **{f"sperm {month}": f"sperm at {month} mo, 10⁶/mL" for month in next(iter(table.rows)).sperm},
        "90": "days to 90 %: T / sperm",
    }


def figures(table: TreatmentTable, row: Row) -> list[str]:
    """The figures of one treatment as texts, in the order of `headings`."""
    return [
        *(fold(name, value, table.untreated[name]) for name, value in row.hormones.items()),
        *(figure_text(value) for value in row.stimulation.values()),
        *(level_text("sperm_concentration", value) for value in row.sperm.values()),
        f"{days(row.time_to_90_percent['testosterone'])} / {days(row.time_to_90_percent['sperm'])}",
    ]


def man_line(table: TreatmentTable) -> str:
    """Return a line that describes the man of the table."""
    patient = table.man.patient
    history = f", on {patient.history} for {patient.history_years:g} years until day 0" if patient.history else ""
    start = {name: level_text(name, value) for name, value in table.start.items()}
    sperm = start["sperm_concentration"]
    return (
        f"{patient.diagnosis.replace('_', ' ')}, {patient.age:g} years, BMI {patient.bmi:g}{history}: "
        f"testosterone {start['testosterone']} ng/dL, LH {start['lh']} IU/L, FSH {start['fsh']} IU/L, "
        f"estradiol {start['estradiol']} pg/mL, "
        f"{sperm if sperm == AZOOSPERMIA else f'sperm {sperm} x 10⁶/mL'} at the start"
    )


def treatments_markdown(table: TreatmentTable) -> str:
    """The comparison of treatments as Markdown."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"

    heads = headings(table)
    out = ["# Treatments compared", "", "For research and teaching; not a medical device.", "", man_line(table), ""]
    if table.why_untreatable:
        out += [f"**No drug treatment helps:** {table.why_untreatable}", ""]
    out += [MEANS, ""]
    out += [line(["treatment", *heads.values()]), line(["---"] * (len(heads) + 1))]
    out += [line([row.treatment, *figures(table, row)]) for row in table.rows]
    out += [
        "",
        line(["treatment", "protocol", "mechanism", "target", "approval", "risks in a year", "cautions", "note"]),
    ]
    out += [line(["---"] * 8)]
    for row in table.rows:
        approval = "; ".join(f"{drug}: {status}" for drug, status in row.approval.items())
        out.append(
            line(
                [
                    row.treatment, row.protocol, row.mechanism, row.target, approval or "–",
                    "; ".join(row.risks) or "none of the limits", " ".join(row.cautions) or "–", row.note or "–",
                ]
            )
        )  # fmt: skip
    return "\n".join(out) + "\n"
