"""Commands on many men: a virtual population under one protocol, and men who differ in one covariate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import PatientOptions, TableOptions, read_one_protocol, read_patient
from .model_files import read_model
from .one_man import band_data
from .options import (
    DEFAULT_SEED,
    Age,
    AsJson,
    Bmi,
    Days,
    Diagnosis,
    DrugsFolder,
    Labs,
    Months,
    Out,
    ParametersFile,
    Plot,
    Pulsatile,
    SeedOfDraws,
    Subject,
    TimeUnit,
    length,
    refuse,
)
from .outputs import check_outputs, present, records, write_figure, write_outputs
from .terminal import counted, show, warn

if TYPE_CHECKING:
    from ..simulation.ensemble import Ensemble


@user_errors
def population(
    context: typer.Context,
    protocol: Annotated[list[str], typer.Argument(help="A protocol: a sentence, a .yaml file or a .csv event table.")],
    men: Annotated[int, typer.Option(help="How many men.", min=1)] = 1000,
    diagnosis: Annotated[
        str, typer.Option(help="A diagnosis, or a group such as young_healthy or infertile_clinic.")
    ] = "general_population",
    age: Annotated[float | None, typer.Option(help="Mean age in years; default the diagnosis's.")] = None,
    age_spread: Annotated[float, typer.Option(help="Standard deviation of age (with --age).")] = 0.0,
    bmi: Annotated[float | None, typer.Option(help="Mean body mass index in kg/m²; default the diagnosis's.")] = None,
    bmi_spread: Annotated[float, typer.Option(help="Standard deviation of it (with --bmi).")] = 0.0,
    months: Months = 6,
    days: Days = None,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    pulsatile: Pulsatile = False,
    seed: SeedOfDraws = DEFAULT_SEED,
    workers: Annotated[int | None, typer.Option(help="Cores to use; default all.", min=1)] = None,
    out: Out = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a virtual population under one protocol: the median and the 95 % interval of men."""
    from ..people.population import population as draw
    from ..simulation.run import simulate_many
    from ..units import DAYS_PER_MONTH

    duration = length(context, days, months)
    check_outputs(out, plot)
    model = read_model(parameters, drugs)
    treatment = read_one_protocol("population", protocol, TableOptions(time_unit, subject), model.drugs)
    for name, mean in (("age", age), ("bmi", bmi)):
        if mean is None:
            refuse(context, f"{name}_spread", because=f"a spread needs its mean: give --{name} as well")
    _check_memory(men, months if days is None else days / DAYS_PER_MONTH)
    drawn = draw(
        men,
        seed=seed,
        diagnosis=diagnosis,
        age=None if age is None else (age, age_spread),
        bmi=None if bmi is None else (bmi, bmi_spread),
        model=model,
    )
    with counted("simulating", men) as callback:
        result = simulate_many(
            drawn, treatment, **duration, pulsatile=pulsatile, seed=seed, workers=workers, callback=callback
        )
    title = f"{men} men: {treatment.label()}"
    data = {"men": men, "not_simulated": [failure.name for failure in result.failures], **band_data(result)}
    present(lambda: _show_population(result, title), lambda: data, as_json=as_json, out=out)
    warn_redrawn(drawn.redrawn)
    for failure in result.failures:
        warn(f"not simulated: {failure.name}: {failure.reason}")
    write_outputs(result, out, plot, as_json=as_json)


def _check_memory(men: int, months: float) -> None:
    """Raise InputError for more men than the memory holds."""
    from ..memory import check_memory
    from ..people.population import BYTES_OF_A_MAN
    from ..simulation.time_courses import MAIN
    from ..units import DAYS_PER_MONTH

    bytes_of_time_courses = 16.0 * len(MAIN) * months * DAYS_PER_MONTH
    check_memory(men * (BYTES_OF_A_MAN + bytes_of_time_courses), f"{men} men over {months:g} months")


def _show_population(result: Ensemble, title: str) -> None:
    """Print the table of a population."""
    show(result.table(), f"{title}: median (95 % interval of men) of each man's mean over the last dosing interval")


def warn_redrawn(men: int) -> None:
    """Print how many men were redrawn, if any."""
    if men:
        warn(f"{men} men redrawn: their traits had no steady state, or not the labs of their diagnosis")


@user_errors
def covariates(
    protocol: Annotated[list[str], typer.Argument(help="A protocol: a sentence, a .yaml file or a .csv event table.")],
    of: Annotated[
        list[str],
        typer.Option(
            help="A covariate and its values, as age=25,60, diagnosis=obesity or lh=2,9 (unit: see hpg labs); repeat."
        ),
    ],
    measure: Annotated[str, typer.Option(help="What is compared: its mean over the last week.")] = "testosterone",
    change: Annotated[
        bool, typer.Option("--change", help="Compare its ratio to baseline in place of its level.")
    ] = False,
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    days: Annotated[float, typer.Option(help="Length of treatment.")] = 180,
    draws: Annotated[int, typer.Option(help="Sets of the typical man's parameters.", min=1, max=1000)] = 25,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Compare men who differ in one covariate from a reference man under one protocol; --plot draws the forest."""
    from ..simulation.covariates import covariate_effects

    check_outputs(None, plot)
    model = read_model(parameters, drugs)
    reference = read_patient(None, PatientOptions(age, bmi, lab, diagnosis, None, None), model)
    treatment = read_one_protocol("covariates", protocol, TableOptions(None, None), model.drugs)
    chosen = _covariates(of)
    with counted("matching men") as callback:
        found = covariate_effects(
            treatment, chosen, measure=measure, reference=reference, days=days, of_change=change, draws=draws,
            model=model, callback=callback,
        )  # fmt: skip
    present(lambda: typer.echo(repr(found)), lambda: records(found.table), as_json=as_json)
    if plot is not None:
        write_figure(found.plot(), plot)


def _covariates(texts: list[str]) -> dict[str, list[float | str]]:
    """Covariates and values as typed: age=25,60."""
    found: dict[str, list[float | str]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        parts = [part.strip() for part in values.split(",") if part.strip()]
        if not equals or not parts:
            raise InputError(f"--of {text}: expected a covariate and values, as age=25,60")
        name = name.strip()
        try:
            found.setdefault(name, []).extend(parts if name == "diagnosis" else [float(part) for part in parts])
        except ValueError:
            raise InputError(f"--of {text}: expected numbers, as {name}=25,60") from None
    return found
