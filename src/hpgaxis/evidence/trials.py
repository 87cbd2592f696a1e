"""Published trials as data: their format, checked field by field, and their loader."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import InputError
from ..files import line_of, read_text, read_yaml_with_lines, shown

LONGEST = 14_610
"""Days, 40 years: the longest time that a trial is simulated."""
SHORTEST_INTERVAL = 1 / 1440
"""Days, one minute, between doses."""
MOST_DOSES = 100_000
"""Of one line of a protocol."""


OF_OTHERS = re.compile(r"meta-analysis|systematic review|^review$")
"""Designs of papers whose men are those of other trials."""


class TrialError(InputError):
    """A trial file that does not hold what it must: file, line, trial, field, value, and what would be right."""


def _printed(value: float) -> float:
    if value != 0 and not 1e-12 <= abs(value) <= 1e12:
        raise ValueError("a printed figure is 0 or lies between 1e-12 and 1e12")
    return value


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError("the lower bound comes first")
    return bounds


Number = Annotated[float, Field(strict=True, allow_inf_nan=False), AfterValidator(_printed)]
Deviation = Annotated[Number, Field(ge=0)]
Bounds = Annotated[tuple[Number, Number], AfterValidator(_ascending)]
Count = Annotated[int, Field(strict=True, ge=1, le=10**7)]
Assay = Literal["LC-MS", "GC-MS", "immunoassay", "dialysis", "calculated"]
Hour = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, lt=24)]
Day = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LONGEST, le=LONGEST)]


class Record(BaseModel):
    """Data read from a file; a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Administration(Record):
    """One line of an arm's protocol; null where the paper does not say; every_days 0 for a single dose."""

    drug: str
    dose: Annotated[Number, Field(ge=0)] | None
    unit: str
    route: str | None = None
    every_days: Annotated[Number, Field(ge=0, le=LONGEST)] | None
    start_day: Day | None
    stop_day: Day | None
    note: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Administration:
        start, stop, every = self.start_day or 0.0, self.stop_day, self.every_days or 0.0
        if stop is not None and stop < start:
            raise ValueError(f"stop_day = {stop:g} comes before start_day = {start:g}")
        if 0 < every < SHORTEST_INTERVAL:
            raise ValueError(f"every_days = {every:g} is less than a minute; days are expected, 0 for a single dose")
        if every > 0 and stop is not None and (stop - start) / every >= MOST_DOSES:
            raise ValueError(f"every_days = {every:g} makes more than {MOST_DOSES} doses from start_day to stop_day")
        return self


class Spread(Record):
    """How far the values behind a figure, or the figure itself, lie apart, in the figure's unit.

    sd: standard deviation between men; se: standard error of the mean; ci95, iqr, range: [low, high]; pm: a +/- that
    the paper does not explain.
    """

    sd: Deviation | None = None
    se: Deviation | None = None
    pm: Deviation | None = None
    ci95: Bounds | None = None
    iqr: Bounds | None = None
    range: Bounds | None = None


class Average(Spread):
    """A mean or a median of the men, with what is known of the spread."""

    mean: Number | None = None
    median: Number | None = None


class Outcome(Record):
    """One figure of a paper; day 0 is baseline, null where it is not tied to a day.

    assay and sample_hour (of the day, 0 to 24), where they differ from those of its arm or trial.
    """

    measure: str
    day: Annotated[Day, Field(ge=0)] | None
    value: Number
    unit: str
    stat: str | None = None
    spread: Spread | None = None
    n: Count | None = None
    drug: str | None = None
    note: str | None = None
    verified: bool = True
    assay: Assay | None = None
    sample_hour: Hour | None = None

    @model_validator(mode="after")
    def _a_share_is_one(self) -> Outcome:
        if self.measure.startswith("fraction_") and self.unit == "%" and not 0 <= self.value <= 100:
            raise ValueError(f"value = {self.value:g}: a share of the men is 0 to 100 %")
        return self


class Arm(Record):
    """One group of men; assay and sample_hour, where they differ from those of the trial."""

    name: str
    n: Count | None = None
    protocol: list[Administration]
    outcomes: list[Outcome]
    assay: Assay | None = None
    sample_hour: Hour | None = None


class Population(Record):
    """Who they were."""

    description: str = ""
    diagnosis: str
    n: Count | None = None
    age: Average | None = None
    bmi: Average | None = None
    inclusion: list[str] | None = None


class Trial(Record):
    """One published study; assay and sample_hour are those of its samples of blood, null where they are not said."""

    id: str
    title: str
    citation: dict[str, str | int | None]
    source: dict[str, str]
    verified: bool
    protocol_verified: bool = True
    design: str
    population: Population
    arms: list[Arm] = Field(min_length=1)
    notes: str | None = None
    assay: Assay | None = None
    sample_hour: Hour | None = None

    @model_validator(mode="after")
    def _arms_have_their_own_names(self) -> Trial:
        name, count = Counter(arm.name for arm in self.arms).most_common(1)[0]
        if count > 1:
            raise ValueError(f"arms: {count} are called {shown(name)}; give each a name of its own")
        return self


def read_trial(text: str, where: str) -> Trial:
    """The trial in this YAML text. Raises TrialError naming file, line, trial, field, value and what would be right."""
    data, lines = read_yaml_with_lines(text, where, TrialError)
    if not isinstance(data, dict):
        raise TrialError(f"{where}: expected the fields of a trial, found {type(data).__name__}")
    try:
        return Trial.model_validate(data)
    except ValidationError as error:
        name = data.get("id")
        trial = f" (trial {name})" if isinstance(name, str) and len(name) <= 80 else ""
        places = [_place(problem, lines, where) + trial + _said(problem) for problem in error.errors()[:MOST_PROBLEMS]]
        if error.error_count() > MOST_PROBLEMS:
            places.append(f"{where}: and {error.error_count() - MOST_PROBLEMS} more")
        raise TrialError("\n".join(places)) from None


MOST_PROBLEMS = 20
"""Of one file that an error lists."""


def _place(problem: Any, lines: dict[tuple[str | int, ...], int], where: str) -> str:
    return f"{where}, line {line_of(lines, problem['loc'])}"


def _said(problem: Any) -> str:
    """Field, value and what would be right, of one of pydantic's problems."""
    field = ".".join(shown(part)[1:-1] if isinstance(part, str) else str(part) for part in problem["loc"])
    said = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "missing":
        return f": field {field}: Field required"
    if problem["type"] in ("tuple_type", "too_long"):
        said = "expected [low, high]"
    if problem["type"] == "extra_forbidden":
        return f": unknown field {field}"
    given = "" if isinstance(problem["input"], dict) else f" = {shown(problem['input'])}"
    return f": field {field or 'arms'}{given}: {said}" if problem["loc"] else f": {said}"


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


def own_study(trial: Trial) -> bool:
    """Whether a trial was read in its source and reports men of its own: no meta-analysis or review, and no repeat."""
    return trial.verified and not OF_OTHERS.search(trial.design) and trial.id not in split()["repeats"]


@cache
def suspicions() -> dict[str, str]:
    """Ids of trials that the model misses -> what is suspected."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.evidence").joinpath("misses.yaml").read_text(encoding="utf-8"))


def load_trials(folder: str | Path | None = None) -> tuple[tuple[Trial, ...], dict[str, str]]:
    """Trials of a folder of YAML files (of its `trials/` if it has one), or the package's own for None.

    Returns
    -------
    The trials that can be read, and by file the error of each that cannot. Two files with one id are two such.

    Raises
    ------
    TrialError: no such folder, no .yaml file in it, or none that can be read.
    """
    if folder is None:
        return packaged_trials(), {}
    place = Path(folder)
    if (place / "trials").is_dir():
        place = place / "trials"
    if not place.is_dir():
        raise TrialError(f"{place}: no such folder; give the folder that holds the trials' .yaml files")
    files = sorted(place.glob("*.yaml"))
    if not files:
        raise TrialError(f"{place}: no .yaml files; give the folder that holds the trials")
    found: dict[str, Trial] = {}
    unreadable: dict[str, str] = {}
    for file in files:
        try:
            found[str(file)] = read_trial(read_text(file, TrialError), str(file))
        except TrialError as error:
            unreadable[str(file)] = str(error)
    times = Counter(trial.id for trial in found.values())
    for name, trial in list(found.items()):
        if times[trial.id] > 1:
            others = ", ".join(other for other, one in found.items() if one.id == trial.id and other != name)
            unreadable[name] = f"{name}: the id {trial.id!r} also stands in {others}; give each trial its own"
    kept = tuple(trial for name, trial in found.items() if name not in unreadable)
    if not kept:
        raise TrialError("\n".join(unreadable.values()))
    return kept, unreadable
