"""Tables as Markdown and as short text for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..result import label

if TYPE_CHECKING:
    from ..studies.treatments import Row, TreatmentTable


def figure_text(value: float | None) -> str:
    """A number for people: three significant figures, no exponent where it can be helped."""
    if value is None or value != value:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        return f"{value:.0e}"
    return f"{value:.3g}"


def fold(value: float, untreated: float) -> str:
    """'612 (x 1.21)': a value and its fold of the untreated man's."""
    return figure_text(value) if untreated < 1e-6 else f"{figure_text(value)} (x {value / untreated:.2f})"


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
        **{f"sperm {month}": f"sperm at {month} mo, 10^6/mL" for month in next(iter(table.rows)).sperm},
        "90": "days to 90 %: T / sperm",
    }


def figures(table: TreatmentTable, row: Row) -> list[str]:
    """The figures of one treatment as texts, in the order of `headings`."""
    return [
        *(fold(value, table.untreated[name]) for name, value in row.hormones.items()),
        *(figure_text(value) for value in row.stimulation.values()),
        *(figure_text(value) for value in row.sperm.values()),
        f"{days(row.time_to_90_percent['testosterone'])} / {days(row.time_to_90_percent['sperm'])}",
    ]


def man_line(table: TreatmentTable) -> str:
    """Who the table is about, in one line."""
    patient = table.man.patient
    history = f", on {patient.history} for {patient.history_years:g} years until day 0" if patient.history else ""
    return (
        f"{patient.diagnosis.replace('_', ' ')}, {patient.age:g} years, BMI {patient.bmi:g}{history}: "
        f"testosterone {figure_text(table.start['testosterone'])} ng/dL, LH {figure_text(table.start['lh'])} IU/L, "
        f"FSH {figure_text(table.start['fsh'])} IU/L, estradiol {figure_text(table.start['estradiol'])} pg/mL, "
        f"sperm {figure_text(table.start['sperm_concentration'])} x 10^6/mL at the start"
    )


def treatments_markdown(table: TreatmentTable) -> str:
    """The comparison of treatments as Markdown."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"

    heads = headings(table)
    out = ["# Treatments compared", "", "For research and teaching; not a medical device.", "", man_line(table), ""]
    if table.helpless:
        out += [f"**Nothing here helps:** {table.helpless}", ""]
    out += ["Hormones are means over the third month, with the fold of the untreated man's in that month.", ""]
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
