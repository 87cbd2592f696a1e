"""The comparison of the standard treatments in one man: printed, and written to files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .outputs import (
    STANDARD_OUTPUT,
    check_outputs,
    check_writable,
    present,
    said,
    write_data,
    write_figure,
    write_text,
)
from .terminal import DISCLAIMER, counted, say, show

if TYPE_CHECKING:
    from ..clinical.treatments import Row, TreatmentTable
    from ..people.match import MatchedMan

ENDINGS = (".csv", ".json", ".md")


@dataclass(frozen=True)
class TreatmentOutputs:
    """Whether a comparison of treatments prints JSON, and the files that it writes."""

    as_json: bool
    out: Path | None
    report: Path | None
    plot: Path | None

    def check(self) -> None:
        """Raise InputError for an output that cannot be written."""
        from ..files import check_ending

        if self.out is not None and self.out != STANDARD_OUTPUT:
            check_ending(self.out, ENDINGS)
        check_outputs(STANDARD_OUTPUT, self.plot, self.report)
        if self.out != STANDARD_OUTPUT:
            check_writable(self.out, self.report, self.plot)


def compare_treatments(man: MatchedMan, outputs: TreatmentOutputs) -> None:
    """Simulate, print and write the comparison of the standard treatments."""
    from ..clinical import treatments

    outputs.check()
    with counted("simulating") as callback:
        table = treatments.compare_treatments(man, callback=callback)
    present(lambda: _show_table(table), table.to_dict, as_json=outputs.as_json, out=outputs.out)
    _write(table, outputs)


def _show_table(table: TreatmentTable) -> None:
    """Print hormones, sperm and a description of every treatment."""
    import pandas as pd

    from ..report.tables import figures, headings, man_line

    typer.echo(f"{DISCLAIMER}\n")
    if table.why_untreatable:
        say(f"No drug treatment helps: {table.why_untreatable}\n")
    heads = list(headings(table).values())
    rows = {row.treatment: dict(zip(heads, figures(table, row), strict=True)) for row in table.rows}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    hormones = len(table.rows[0].hormones)
    title = "stimulation in the third month, sperm, time to 90 % of effect"
    say(man_line(table) + "\n")
    show(frame.iloc[:, :hormones], "hormones in the third month (x: ratio to no treatment)")
    typer.echo()
    show(frame.iloc[:, hormones:], title)
    typer.secho("\ntreatments: mechanism, approval, and risks within a year", bold=True)
    for row in table.rows:
        _show_description(row)


def _show_description(row: Row) -> None:
    """Print the protocol, mechanism, approval and risks of a treatment."""
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
            say(f"{name}: {text}", "    ")


def _write(table: TreatmentTable, outputs: TreatmentOutputs) -> None:
    """Write the files of a comparison of treatments, and print to standard error where they are."""
    from ..report.pages import write_report
    from ..report.tables import treatments_markdown

    if (out := outputs.out) is not None and out.suffix.lower() == ".md":
        write_text(treatments_markdown(table), out)
        said(f"table: {out}")
    else:
        frame = table.table().rename_axis("treatment").reset_index
        write_data(out, frame, table.to_dict, as_json=outputs.as_json)
    if outputs.report is not None:
        said(f"report: {write_report(table, outputs.report)}")
    if outputs.plot is not None:
        write_figure(table.plot(), outputs.plot)
