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
        float | None,
        typer.Option(help="The couple's chance a month with the typical man's semen (0 to 1), if it is known."),
    ] = None,
    trying: Annotated[
        str | None,
        typer.Option(
            metavar="MONTHS",
            help="Months without conception so far, as 24 or '2 years'. Default: 24 for idiopathic_oligozoospermia, "
            "low_t_e2_ratio, varicocele and obstructive_azoospermia, else 0.",
        ),
    ] = None,
    previous_pregnancy: Annotated[
        bool, typer.Option("--previous-pregnancy", help="The couple has conceived before.")
    ] = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Chance of natural conception month by month, beside published rates of assisted reproduction.

    Months of trying lower it, as if his semen had been that of day 0 and her age the present one throughout.
    For research and teaching, not for advice to a couple.
    """
    import pandas as pd

    from ..clinical.conception import conception as run
    from ..clinical.conception import months_of
    from ..simulation.run import simulate

    if partner_fecundability is not None:
        because = "--partner-fecundability stands in its place"
        refuse(context, "partner_age", "trying", "previous_pregnancy", because=because)
    duration = length(context, days, months)
    tried = None if trying is None else months_of(trying)
    check_outputs(out)
    options = PatientOptions(age, bmi, lab, diagnosis, history, history_years)
    model = read_model(parameters, drugs)
    man, protocol = read_man_and_protocol("conception", arguments, options, TableOptions(time_unit, subject), model)
    result = simulate(man, protocol, **duration, seed=seed)
    chances = run(
        result,
        partner_age=partner_age,
        partner_fecundability=partner_fecundability,
        months_of_trying=tried,
        previous_pregnancy=previous_pregnancy,
    )
    columns = {"protocol": [protocol.label()] * len(chances.month), **chances.by_month()}
    data = {**columns, "months_of_trying": chances.months_of_trying, "assisted": chances.assisted}
    present(lambda: _show_conception(chances, protocol.label()), lambda: data, as_json=as_json, out=out)
    write_data(out, lambda: pd.DataFrame(columns), lambda: data, as_json=as_json)


def _show_conception(chances: Conception, label: str) -> None:
    """Print the chance of conception by month, and rates of assisted reproduction."""
    from ..simulation.table_text import level_text

    tried = f", after {chances.months_of_trying:g} months of trying" if chances.months_of_trying else ""
    show(chances.table(), f"natural conception: {label}{tried}")
    say("Chances of a month are those of couples that are not pregnant yet; a tenth of pregnancies is lost.")
    count = level_text("total_motile_count", float(chances.total_motile_count[-1]))
    title = f"\nassisted reproduction: published rates (month {chances.month[-1]}, total motile count {count} × 10⁶)"
    show(chances.assisted_table(), title)
    if count == "0":
        say("Sperm were retrieved from testes that fail or are obstructed, not from men whom a hormone suppresses.")
    say(f"Rates are of the groups studied, not of this couple. {DISCLAIMER}")
