"""The command that finds the dose for a target."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .errors import user_errors
from .inputs import PatientOptions, check_quotes, match_patient, read_patient, split
from .model_files import read_model
from .options import (
    DEFAULT_SEED,
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
    SeedOfDraws,
    length,
    refuse,
)
from .outputs import check_outputs, present, write_data
from .terminal import counted, say, show

if TYPE_CHECKING:
    from ..clinical.dose import TargetDose
    from ..pharmacology.library import DrugLibrary


@user_errors
def dose(
    context: typer.Context,
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[PATIENT.yaml] PROTOCOL",
            help="A patient file if you have one, and a sentence with ? in place of the dose.",
        ),
    ],
    target: Annotated[str, typer.Option(help="What is to be reached, as 'testosterone=550 ng/dL'.")],
    age: Age = None,
    bmi: Bmi = None,
    lab: Labs = None,
    diagnosis: Diagnosis = None,
    history: History = None,
    history_years: HistoryYears = None,
    months: Months = 6,
    days: Days = None,
    draws: Annotated[int, typer.Option(help="Samples of the posterior for the 95 % intervals; 0 for none.", min=0)] = 0,
    seed: SeedOfDraws = DEFAULT_SEED,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Find the dose that brings a measurement of one man to a target; `hpg dose "anastrozole ? mg daily" ...`."""
    import pandas as pd

    from ..clinical.dose import find_dose

    duration = length(context, days, months)
    if not draws:
        refuse(context, "seed", because="nothing is drawn; --draws 100 draws samples of the posterior")
    check_outputs(out)
    model = read_model(parameters, drugs)
    file, sentence = _one_sentence(arguments, model.drugs)
    patient = read_patient(file, PatientOptions(age, bmi, lab, diagnosis, history, history_years), model)
    man = match_patient(patient, model)
    with counted("drawing", draws) if draws else nullcontext() as callback:
        found = find_dose(
            sentence,
            _read_target(target),
            patient if draws else man,
            **duration,
            draws=draws,
            seed=seed,
            model=model,
            callback=callback,
        )
    curve = {"dose": found.doses, f"{found.measure} [{found.unit}]": found.levels}
    present(lambda: _show_dose(found), lambda: asdict(found), as_json=as_json, out=out)
    write_data(out, lambda: pd.DataFrame(curve), lambda: asdict(found), as_json=as_json)


def _one_sentence(arguments: list[str], drugs: DrugLibrary) -> tuple[Path | None, str]:
    """Return the patient file and the sentence."""
    file, texts = split(arguments)
    check_quotes("dose", file, texts, drugs)
    if len(texts) != 1:
        raise InputError(f"{len(texts)} protocols given; dose takes one")
    return file, texts[0]


def _read_target(text: str) -> dict[str, str]:
    """Return measurement -> level of the option --target."""
    name, sign, value = (part.strip() for part in text.partition("="))
    if not sign:
        raise InputError(f"--target {text!r}: expected name=value, like 'testosterone=550 ng/dL'")
    return {name: value}


def _show_dose(found: TargetDose) -> None:
    """Print the dose with its interval, the sentence, and other doses that reach the target."""
    from ..simulation.table_text import day_text, figure_text

    show(found.table(), f"{found.template}: mean over the last dosing interval, day {day_text(found.day)}")
    say(f"protocol: {found.protocol}")
    if found.other_doses:
        others = ", ".join(map(figure_text, found.other_doses))
        say(f"The response rises and falls with the dose; larger doses that give the same level: {others}.")
