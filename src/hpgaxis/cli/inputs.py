"""Inputs of commands: patients, protocols and event tables from arguments, options and files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import InputError
from ..files import read_text, read_yaml
from .terminal import show_match

if TYPE_CHECKING:
    from ..model import Model
    from ..people.match import MatchedMan
    from ..people.patient import Patient
    from ..pharmacology.events import EventTable
    from ..pharmacology.library import DrugLibrary
    from ..pharmacology.protocol import Protocol

YAML_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class PatientOptions:
    """Options that describe a patient; they replace the fields of his file."""

    age: float | None
    bmi: float | None
    labs: list[str] | None
    diagnosis: str | None
    history: str | None
    history_years: float | None


@dataclass(frozen=True)
class TableOptions:
    """Options of .csv event tables."""

    time_unit: str | None
    subject: str | None


def read_patient(file: Path | None, options: PatientOptions, model: Model) -> Patient:
    """Return the patient of a file, with the options in place of its fields and a history of the model's drugs."""
    from ..people.patient import Patient, PatientError, phenotypes
    from ..pharmacology.library import DrugLibrary

    fields = Patient.fields_from_yaml(read_text(file), str(file)) if file is not None else {}
    typed = {
        "age": options.age, "bmi": options.bmi, "diagnosis": options.diagnosis, "history": options.history,
        "history_years": options.history_years,
    }  # fmt: skip
    typed = {name: value for name, value in typed.items() if value is not None}
    labs = _labs(fields.get("labs") or {}, _typed_labs(options.labs or []), file)
    diagnosis = str(typed.get("diagnosis", fields.get("diagnosis")))
    has_history = options.history or fields.get("history") or phenotypes().get(diagnosis, {}).get("history")
    if options.history_years is not None and not has_history:
        raise PatientError("--history-years is not used: give --history as well, what he was on for so long")
    drugs = None if model.drugs is DrugLibrary.shipped() else model.drugs
    fields = {**fields, **typed, "labs": labs, "drugs": drugs}
    return Patient.from_fields(fields, str(file) if file is not None else "")


def _typed_labs(items: list[str]) -> dict[str, str]:
    """Labs of the option --lab by their usual names."""
    from ..measurements.labs import canonical
    from ..people.patient import PatientError

    labs = dict[str, str]()
    for item in items:
        name, sign, value = (part.strip() for part in item.partition("="))
        if not sign:
            raise PatientError(f"--lab {item!r}: expected name=value, like 'testosterone=265 ng/dL'")
        key = canonical(name)
        if key in labs:
            raise PatientError(f"--lab {item!r}: {key} is given twice, before as {labs[key]!r}; keep one")
        labs[key] = value.strip()
    return labs


def _labs(of_file: dict[str, Any], typed: dict[str, str], file: Path | None) -> dict[str, Any]:
    """Labs of a patient file with those that the user typed in their place."""
    from ..measurements.labs import LabError, canonical
    from ..people.patient import PatientError

    labs = dict[str, Any]()
    for name, value in of_file.items():
        try:
            key = canonical(name)
        except LabError as error:
            raise PatientError(f"{file}: {error}") from None
        if key not in typed:
            labs[name] = value
    return {**labs, **typed}


def read_protocols(texts: list[str], tables: TableOptions, drugs: DrugLibrary) -> list[Protocol]:
    """Return protocols from sentences, .yaml files or .csv event tables."""
    from ..pharmacology.protocol import Protocol

    if (tables.time_unit is not None or tables.subject is not None) and not any(map(is_table, texts)):
        raise InputError("--time-unit and --subject are for .csv event tables, and no table is given")
    protocols = []
    for text in texts:
        if is_table(text):
            protocols.append(read_table(text, tables.time_unit, drugs).protocol(tables.subject))
        elif text.lower().endswith(YAML_ENDINGS):
            protocols.append(Protocol.from_yaml(read_text(Path(text)), text, drugs))
        elif not text.strip():
            raise InputError("the protocol is empty (a shell variable that is not set?); write 'no treatment' for none")
        else:
            protocols.append(Protocol.of(text, drugs))
    return protocols


def check_quotes(command: str, file: Path | None, texts: list[str], drugs: DrugLibrary) -> None:
    """Raise InputError where a sentence was typed without quotes, so that each of its words is an argument.

    command: the words after `hpg`; file: the patient file that stands before the protocols.
    """
    ending = (*YAML_ENDINGS, ".csv")
    if len(texts) < 2 or any(len(text.split()) != 1 or text.lower().endswith(ending) for text in texts):
        return
    sentences = _sentences(tuple(texts), drugs)
    if sentences is None and len(texts) < 3:
        return
    if sentences is None or command != "compare":
        sentences = (" ".join(texts),)
    words = ["hpg", command, *([str(file)] if file is not None else []), *(f'"{sentence}"' for sentence in sentences)]
    raise InputError(f"put {'the sentence' if len(sentences) == 1 else 'each sentence'} in quotes: {' '.join(words)}")


def _sentences(words: tuple[str, ...], drugs: DrugLibrary) -> tuple[str, ...] | None:
    """Return words as sentences, each as long as can be read; None where they are not."""
    from ..pharmacology.protocol import Protocol

    for end in range(len(words), 0, -1):
        sentence = " ".join(words[:end])
        try:
            Protocol.of(sentence, drugs)
        except InputError:
            continue
        rest = _sentences(words[end:], drugs) if end < len(words) else ()
        return None if rest is None else (sentence, *rest)
    return None


def read_one_protocol(command: str, texts: list[str], tables: TableOptions, drugs: DrugLibrary) -> Protocol:
    """Return the protocol of a command that takes one."""
    check_quotes(command, None, texts, drugs)
    if len(texts) != 1:
        raise InputError(f"{len(texts)} protocols given; {command} takes one")
    return read_protocols(texts, tables, drugs)[0]


def is_table(text: str) -> bool:
    """Return whether a protocol is given as an event table."""
    return text.lower().endswith(".csv")


def read_table(path: str, time_unit: str | None, drugs: DrugLibrary) -> EventTable:
    """Return an event table from its file, and print to standard error how it was read."""
    from ..pharmacology.events import read_events

    table = read_events(path, time_unit or "days", drugs)
    typer.secho(f"{path}: {'; '.join(table.notes)}", err=True, fg=typer.colors.YELLOW)
    return table


def split(arguments: list[str]) -> tuple[Path | None, list[str]]:
    """Return the patient file, if the first argument is one and not a protocol's file, and the protocols."""
    if arguments and arguments[0].lower().endswith(YAML_ENDINGS) and not _holds_doses(Path(arguments[0])):
        return Path(arguments[0]), arguments[1:]
    return None, arguments


def read_patient_and_protocol(
    command: str, arguments: list[str], options: PatientOptions, tables: TableOptions, model: Model
) -> tuple[Patient, Protocol]:
    """Return the patient, not matched yet, and the one protocol of a command."""
    file, texts = split(arguments)
    check_quotes(command, file, texts, model.drugs)
    if len(texts) != 1:
        raise InputError(f"{len(texts)} protocols given; {command} takes one")
    (protocol,) = read_protocols(texts, tables, model.drugs)
    return read_patient(file, options, model), protocol


def read_man_and_protocol(
    command: str, arguments: list[str], options: PatientOptions, tables: TableOptions, model: Model
) -> tuple[MatchedMan, Protocol]:
    """Return the man matched to his labs and the one protocol of a command; print how his labs were matched."""
    patient, protocol = read_patient_and_protocol(command, arguments, options, tables, model)
    return match_patient(patient, model), protocol


def match_patient(patient: Patient, model: Model) -> MatchedMan:
    """Return the man matched to his labs, and print how they were matched."""
    from ..people.match import matched

    man = matched(patient, model)
    show_match(man)
    return man


def _holds_doses(path: Path) -> bool:
    """Return whether a YAML file is a protocol: a list, a sentence, or a mapping with `doses`."""
    data = read_yaml(read_text(path), str(path))
    return isinstance(data, list | str) or (isinstance(data, dict) and "doses" in data)
