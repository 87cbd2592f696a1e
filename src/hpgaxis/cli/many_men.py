"""The command on many men: a virtual population under one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .errors import user_errors
from .inputs import TableOptions, read_protocols
from .model_files import read_model
from .options import LARGEST_SEED, DrugsFolder, Months, Out, ParametersFile, Plot, Pulsatile, Subject, TimeUnit, refuse
from .outputs import check_outputs, write_outputs
from .terminal import counted, show, warn

if TYPE_CHECKING:
    from ..simulation.ensemble import Ensemble


@user_errors
def population(
    context: typer.Context,
    protocol: Annotated[str, typer.Argument(help="A protocol: a sentence, a .yaml file or a .csv event table.")],
    men: Annotated[int, typer.Option(help="How many men.", min=1)] = 1000,
    diagnosis: Annotated[
        str, typer.Option(help="A diagnosis, or a group such as young_healthy or infertile_clinic.")
    ] = "eugonadal",
    age: Annotated[float | None, typer.Option(help="Mean age in years; default the diagnosis's.")] = None,
    age_spread: Annotated[float, typer.Option(help="Standard deviation of age (with --age).")] = 0.0,
    bmi: Annotated[float | None, typer.Option(help="Mean body mass index in kg/m2; default the diagnosis's.")] = None,
    bmi_spread: Annotated[float, typer.Option(help="Standard deviation of it (with --bmi).")] = 0.0,
    months: Months = 6,
    time_unit: TimeUnit = None,
    subject: Subject = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    pulsatile: Pulsatile = False,
    seed: Annotated[
        int, typer.Option(help="Seed of the men and of the random numbers of each.", min=0, max=LARGEST_SEED)
    ] = 1,
    threads: Annotated[int | None, typer.Option(help="Threads; default all cores.", min=1)] = None,
    out: Out = None,
    plot: Plot = None,
) -> None:
    """Simulate a virtual population under one protocol: the median and the 95 % interval of men."""
    from ..people.population import population as draw
    from ..simulation.run import simulate_many

    check_outputs(out, plot)
    model = read_model(parameters, drugs)
    (treatment,) = read_protocols([protocol], TableOptions(time_unit, subject), model.drugs)
    for name, mean in (("age", age), ("bmi", bmi)):
        if mean is None:
            refuse(context, f"{name}_spread", because=f"a spread needs its mean: give --{name} as well")
    _check_memory(men, months)
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
            drawn, treatment, months=months, pulsatile=pulsatile, seed=seed, workers=threads, callback=callback
        )
    _show_population(result, f"{men} men: {treatment.label()}", drawn.redrawn)
    write_outputs(result, out, plot)


def _check_memory(men: int, months: float) -> None:
    """Raise InputError for more men than the memory holds."""
    from ..memory import check_memory
    from ..people.population import BYTES_OF_A_MAN
    from ..simulation.time_courses import MAIN
    from ..units import DAYS_PER_MONTH

    bytes_of_time_courses = 16.0 * len(MAIN) * months * DAYS_PER_MONTH
    check_memory(men * (BYTES_OF_A_MAN + bytes_of_time_courses), f"{men} men over {months:g} months")


def _show_population(result: Ensemble, title: str, redrawn: int) -> None:
    """Print the table of a population, and the men who were redrawn or not simulated."""
    show(result.table(), f"{title}: median (95 % interval of men) of each man's mean over the last dosing interval")
    warn_redrawn(redrawn)
    for failure in result.failures:
        warn(f"not simulated: {failure.name}: {failure.reason}")


def warn_redrawn(men: int) -> None:
    """Print how many men were redrawn, if any."""
    if men:
        warn(f"{men} men redrawn: their traits had no steady state")
