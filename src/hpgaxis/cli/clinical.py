"""Commands on what a treatment means for one man: risks and conception."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .errors import user_errors
from .inputs import PatientOptions, TableOptions, read_man_and_protocol
from .model_files import read_model
from .options import (
    Age,
    AsJson,
    Bmi,
    Days,
    Diagnosis,
    DrugsFolder,
    History,
    HistoryYears,
    Labs,
    Months,
    Out,
    ParametersFile,
    PatientAndProtocol,
    Plot,
    Seed,
    Subject,
    TimeUnit,
    length,
    refuse,
)
from .outputs import check_outputs, present, write_data, write_figure
from .terminal import DISCLAIMER, say, show

if TYPE_CHECKING:
    from ..clinical.conception import Conception
    from ..simulation.results import Result


@user_errors
def risks(
    context: typer.Context,
    arguments: PatientAndProtocol,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 12,
    days: Days = None,
    seed: Seed = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    out: Out = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Show the risks of one protocol in one man, and the checks that guidelines ask for."""
    import pandas as pd

    from ..clinical.figures import risks_over_time
    from ..simulation.run import simulate

    duration = length(context, days, months)
    check_outputs(out, plot)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("risks", arguments, options, TableOptions(time_unit, subject), model)
    result = simulate(man, protocol, **duration, seed=seed)
    present(lambda: _show_risks(result), lambda: _risk_data(result), as_json=as_json, out=out)
    write_data(out, lambda: pd.DataFrame(_risk_data(result)["risks"]), lambda: _risk_data(result), as_json=as_json)
    if plot is not None:
        write_figure(risks_over_time(result), plot)


def _risk_data(result: Result) -> dict[str, Any]:
    """Return every limit with the worst level, and the schedule of monitoring, in numbers."""
    from ..clinical.risks import findings
    from ..pharmacology.monitoring import schedule

    return {
        "protocol": result.protocol.label(),
        "risks": [{**asdict(finding), "level": finding.level} for finding in findings(result)],
        "monitoring": schedule(result.protocol, float(result.time[-1])) if result.protocol.series else [],
    }


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
    days: Days = None,
    seed: Seed = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    partner_age: Annotated[float, typer.Option(help="The partner's age in years.")] = 30,
    partner_fecundability: Annotated[
        float | None, typer.Option(help="Her chance a month with plentiful sperm (0 to 1), if it is known.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Chance of natural conception month by month, and what is usual at that sperm count."""
    import pandas as pd

    from ..clinical.conception import conception as run
    from ..simulation.run import simulate

    if partner_fecundability is not None:
        refuse(context, "partner_age", because="--partner-fecundability stands in its place")
    duration = length(context, days, months)
    check_outputs(out)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("conception", arguments, options, TableOptions(time_unit, subject), model)
    result = simulate(man, protocol, **duration, seed=seed)
    chances = run(result, partner_age=partner_age, partner_fecundability=partner_fecundability)
    data = {"protocol": [protocol.label()] * len(chances.month), **asdict(chances)}
    present(lambda: _show_conception(chances, protocol.label()), lambda: data, as_json=as_json, out=out)
    write_data(out, lambda: pd.DataFrame(data), lambda: data, as_json=as_json)


def _show_conception(chances: Conception, label: str) -> None:
    """Print the chance of conception by month."""
    show(chances.table(), f"natural conception: {label}")
    say("Couples differ: true cumulative chances flatten sooner. Not a medical device.")
