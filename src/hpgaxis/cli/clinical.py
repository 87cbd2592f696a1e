"""Commands on what a treatment means for one man: risks and conception."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .errors import user_errors
from .inputs import PatientOptions, TableOptions, read_man_and_protocol
from .model_files import read_model
from .options import (
    Age,
    Bmi,
    Diagnosis,
    DrugsFolder,
    History,
    HistoryYears,
    Labs,
    Months,
    ParametersFile,
    PatientAndProtocol,
    Plot,
    Seed,
    Subject,
    TimeUnit,
    refuse,
)
from .outputs import check_outputs, write_figure
from .terminal import DISCLAIMER, say, show

if TYPE_CHECKING:
    from ..simulation.results import Result


@user_errors
def risks(
    arguments: PatientAndProtocol,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 12,
    seed: Seed = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    plot: Plot = None,
) -> None:
    """Show the risks of one protocol in one man, and the checks that guidelines ask for."""
    from ..clinical.figures import risks_over_time
    from ..simulation.run import simulate

    check_outputs(None, plot)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("risks", arguments, options, TableOptions(time_unit, subject), model)
    result = simulate(man, protocol, months=months, seed=seed)
    _show_risks(result)
    if plot is not None:
        write_figure(risks_over_time(result), plot)


def _show_risks(result: Result) -> None:
    """Print each limit of safety beside the worst level, and the schedule of monitoring."""
    from ..clinical.risks import monitoring_table, risk_table, warnings
    from ..simulation.table_text import length_text

    typer.echo(f"{DISCLAIMER}\n")
    show(risk_table(result), f"risks over {length_text(float(result.time[-1]))}: {result.protocol.label()}")
    say(f"limits passed: {'; '.join(warnings(result)) or 'none'}")
    if result.protocol.series:
        show(monitoring_table(result), "\nmonitoring (expected: mean over the last dosing interval, trough to peak)")


@user_errors
def conception(
    context: typer.Context,
    arguments: PatientAndProtocol,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 12,
    seed: Seed = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    partner_age: Annotated[float, typer.Option(help="The partner's age in years.")] = 30,
    partner_fecundability: Annotated[
        float | None, typer.Option(help="Her chance a month with plentiful sperm (0 to 1), if it is known.")
    ] = None,
) -> None:
    """Chance of natural conception month by month, and what is usual at that sperm count."""
    from ..clinical.conception import conception as run
    from ..simulation.run import simulate

    if partner_fecundability is not None:
        refuse(context, "partner_age", because="--partner-fecundability stands in its place")
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("conception", arguments, options, TableOptions(time_unit, subject), model)
    result = simulate(man, protocol, months=months, seed=seed)
    chances = run(result, partner_age=partner_age, partner_fecundability=partner_fecundability)
    show(chances.table(), f"natural conception: {protocol.label()}")
    say("Couples differ: true cumulative chances flatten sooner. Not a medical device.")
