"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Age = Annotated[float | None, typer.Option(help="Age in years.")]
Bmi = Annotated[float | None, typer.Option(help="Body mass index in kg/m2.")]
Labs = Annotated[list[str] | None, typer.Option("--lab", help="A lab, as 'testosterone=265 ng/dL'; repeat for more.")]
Diagnosis = Annotated[str | None, typer.Option(help="Diagnosis that his traits start from.")]
Months = Annotated[float, typer.Option(help="How long to simulate, in months.")]
Pulsatile = Annotated[bool, typer.Option("--pulsatile", help="Every GnRH pulse explicit, with the daily rhythm.")]
Seed = Annotated[int | None, typer.Option(help="Seed of irregular pulse intervals; regular without it.")]
History = Annotated[
    str | None, typer.Option(help="Protocol that he was on until day 0 (then his labs are those before it).")
]
HistoryYears = Annotated[float | None, typer.Option(help="For how many years.")]
Out = Annotated[Path | None, typer.Option(help="Write time courses here: .csv, .parquet or .json.")]
TimeUnit = Annotated[
    str | None,
    typer.Option(help="Unit of TIME, II and DUR in a .csv event table: hours, days or weeks. Default: days."),
]
Subject = Annotated[str | None, typer.Option(help="ID of the subject of a .csv event table whose protocol is used.")]
