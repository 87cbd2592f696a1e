"""Published trials as data: their format, checked field by field, and their loader."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class TrialError(ValueError):
    """A trial file that does not hold what it must: the file, the field, the value, and what would be right."""


class Record(BaseModel):
    """Data read from a file; fields beyond the known ones are kept but not used."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Administration(Record):
    """One line of an arm's protocol; null where the paper does not say."""

    drug: str
    dose: float | None
    unit: str
    route: str | None = None
    every_days: float | None
    start_day: float | None
    stop_day: float | None
    note: str | None = None


class Outcome(Record):
    """One figure of a paper; day 0 is baseline, null where it is not tied to a day."""

    measure: str
    day: float | None
    value: float
    unit: str
    stat: str | None = None
    spread: dict[str, Any] | None = None
    n: int | None = None
    drug: str | None = None
    note: str | None = None
    verified: bool = True


class Arm(Record):
    """One group of men."""

    name: str
    n: int | None = None
    protocol: list[Administration]
    outcomes: list[Outcome]


class Population(Record):
    """Who they were."""

    description: str = ""
    diagnosis: str
    n: int | None = None
    age: dict[str, Any] | None = None
    bmi: dict[str, Any] | None = None
    inclusion: list[str] | None = None


class Trial(Record):
    """One published study."""

    id: str
    title: str
    citation: dict[str, Any]
    source: dict[str, Any]
    verified: bool
    design: str
    population: Population
    arms: list[Arm] = Field(min_length=1)
    notes: str | None = None


def read_trial(text: str, where: str) -> Trial:
    """The trial in this YAML text. Raises TrialError naming file, field, value and what would be right."""
    import yaml

    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise TrialError(f"{where}: not YAML, or cut off: {error}") from None
    if not isinstance(data, dict):
        raise TrialError(f"{where}: expected the fields of a trial, found {type(data).__name__}")
    try:
        return Trial.model_validate(data)
    except ValidationError as error:
        problems = []
        for item in error.errors():
            field = ".".join(str(part) for part in item["loc"])
            given = "" if item["type"] == "missing" else f" = {item['input']!r}"
            problems.append(f"{where}: field {field}{given}: {item['msg']}")
        raise TrialError("\n".join(problems)) from None


@cache
def packaged_trials() -> tuple[Trial, ...]:
    """The package's own copy of the evidence."""
    folder = resources.files("hpgaxis.evidence").joinpath("trials")
    entries = sorted((e for e in folder.iterdir() if e.name.endswith(".yaml")), key=lambda e: e.name)
    return tuple(read_trial(entry.read_text(encoding="utf-8"), entry.name) for entry in entries)


@cache
def split() -> dict[str, frozenset[str]]:
    """Ids of trials: those that calibrate ("calibration"), that validate ("validation"), that repeat ("repeats")."""
    import yaml

    text = resources.files("hpgaxis.evidence").joinpath("split.yaml").read_text(encoding="utf-8")
    return {name: frozenset(ids) for name, ids in yaml.safe_load(text).items()}


@cache
def suspicions() -> dict[str, str]:
    """Ids of trials that the model misses -> what is suspected."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.evidence").joinpath("misses.yaml").read_text(encoding="utf-8"))


def load_trials(folder: str | Path | None = None) -> tuple[Trial, ...]:
    """Trials from a folder of YAML files (its `trials/` if it has one), or the package's own for None.

    Raises TrialError for a missing or empty folder and for every file that cannot be read.
    """
    if folder is None:
        return packaged_trials()
    place = Path(folder)
    if (place / "trials").is_dir():
        place = place / "trials"
    if not place.is_dir():
        raise TrialError(f"{place}: no such folder; give the folder that holds the trials' .yaml files")
    files = sorted(place.glob("*.yaml"))
    if not files:
        raise TrialError(f"{place}: no .yaml files; give the folder that holds the trials")
    trials, problems = [], []
    for file in files:
        try:
            trials.append(read_trial(file.read_text(encoding="utf-8"), str(file)))
        except TrialError as error:
            problems.append(str(error))
        except UnicodeDecodeError:
            problems.append(f"{file}: not UTF-8 text, or damaged")
    if problems:
        raise TrialError("\n".join(problems))
    return tuple(trials)
