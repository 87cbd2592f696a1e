"""What a trial is: its men, arms, visits and end points, as a YAML file or in Python; errors name the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...people.labs import LABS
from ...people.population import check_diagnosis
from ...pharmacology.doses import DoseSeries
from ...pharmacology.protocol import Protocol
from ...units import DAYS_PER_MONTH

NO_TREATMENT = "no treatment"
MEASURED = (
    "testosterone", "lh", "fsh", "estradiol", "shbg", "inhibin_b", "sperm_concentration", "total_motile_count",
    "motility", "testis_volume", "hematocrit",
)  # fmt: skip
"""What is measured at every visit, with what the end points and criteria need."""


class DesignError(ValueError):
    """A trial file that cannot be run: the file, the line, the field, and what would be right."""


def _known_measure(name: str) -> str:
    if name not in LABS:
        raise ValueError(f"no measurement {name!r}; there are {', '.join(LABS)}")
    return name


def _known_criterion(name: str) -> str:
    return name if name in ("age", "bmi") else _known_measure(name)


def _readable_protocol(sentence: str) -> str:
    Protocol.of(sentence)
    return sentence


Measure = Annotated[str, AfterValidator(_known_measure)]
Criterion = Annotated[str, AfterValidator(_known_criterion)]
Sentence = Annotated[str, AfterValidator(_readable_protocol)]
Spread = tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(ge=0)]]
"""Mean and standard deviation."""


class Part(BaseModel):
    """Fields that are known, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EndPoint(Part):
    """What is compared between arms.

    kind: level, change (from the day of randomisation) or fold of it; above or below: the share of men beyond `level`;
    upgrade: the share whose sperm concentration rose into a better WHO category. day: of the visit, default the last.
    measure and level: in the unit shown.
    """

    name: str
    measure: Measure = "sperm_concentration"
    kind: Literal["level", "change", "fold", "above", "below", "upgrade"] = "change"
    day: float | None = Field(default=None, gt=0)
    level: float | None = None

    @model_validator(mode="after")
    def _has_its_level(self) -> EndPoint:
        if self.kind in ("above", "below") and self.level is None:
            raise ValueError(f"an end point of the kind {self.kind!r} needs a level")
        if self.kind == "upgrade" and self.measure != "sperm_concentration":
            raise ValueError("an upgrade is one of sperm_concentration")
        return self

    @property
    def binary(self) -> bool:
        """Whether each man reaches it or not."""
        return self.kind in ("above", "below", "upgrade")


class Design(Part):
    """A trial. Days and months count from randomisation; labs are in the units shown, as the documentation lists them.

    diagnosis: one, a group of mixtures.yaml, or shares by diagnosis. age (years), bmi (kg/m2): mean and standard
    deviation. baseline: lab -> mean and standard deviation of the men randomised. inclusion: lab, age or bmi -> lowest
    and highest (null for none), as read at a screening visit. men: randomised, all arms together (in a crossover: each
    passes through every arm). background: what all take, from before_months before randomisation. allocation: shares
    by arm. months: of treatment, in a crossover of each period; washout_months between them. visits: days, default
    every month. adherence: share of the doses taken. drop_out: share of men lost by the end. replicates: of the whole
    trial, each (with `uncertain`) in its own draw of the typical man's numbers. counterfactual: every man gets every
    arm. The first arm is the one that the others are compared with.
    """

    name: str
    question: str = ""
    seed: int = Field(default=1, ge=0)
    diagnosis: str | dict[str, Annotated[float, Field(ge=0)]] = "eugonadal"
    age: Spread | None = None
    bmi: Spread | None = None
    baseline: dict[Measure, Spread] = Field(default_factory=dict)
    inclusion: dict[Criterion, tuple[float | None, float | None]] = Field(default_factory=dict)
    men: int = Field(ge=2)
    design: Literal["parallel", "crossover", "add-on"] = "parallel"
    background: Sentence = NO_TREATMENT
    before_months: float = Field(default=0, ge=0)
    arms: dict[str, Sentence] = Field(min_length=1)
    allocation: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    months: float = Field(default=6, gt=0, le=240)
    washout_months: float = Field(default=3, ge=0)
    visits: tuple[Annotated[float, Field(gt=0)], ...] = ()
    adherence: float = Field(default=1, gt=0, le=1)
    drop_out: float = Field(default=0, ge=0, lt=1)
    assay_variation: bool = True
    end_points: tuple[EndPoint, ...] = Field(min_length=1)
    replicates: int = Field(default=1, ge=1)
    uncertain: bool = True
    counterfactual: bool = False

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Design:
        try:
            check_diagnosis(self.diagnosis)
        except ValueError as error:
            raise ValueError(f"diagnosis: {error}") from None
        for arm in self.allocation:
            if arm not in self.arms:
                raise ValueError(f"allocation: no arm {arm!r}; there are {', '.join(self.arms)}")
        if self.allocation and set(self.allocation) != set(self.arms):
            raise ValueError(f"allocation: none for {', '.join(set(self.arms) - set(self.allocation))}")
        if self.design == "add-on" and self.background == NO_TREATMENT:
            raise ValueError("background: an add-on trial adds to what all men take; say what")
        if self.design == "crossover" and len(self.arms) < 2:
            raise ValueError("arms: a crossover needs two or more")
        if self.design == "crossover" and any(self.protocol(arm).rules for arm in self.arms):
            raise ValueError("arms: rules at visits have no place in a crossover; give the doses")
        if self.design == "crossover" and any(Protocol.of(text).adherence < 1 for text in self.arms.values()):
            raise ValueError("arms: a man of a crossover has one adherence; give it as the trial's `adherence`")
        for day in self.visits:
            if day > self.days + 1e-9:
                raise ValueError(f"visits: day {day:g} is after the end of treatment on day {self.days:g}")
        for point in self.end_points:
            if point.day is not None and point.day not in self.visit_days:
                days = ", ".join(f"{day:g}" for day in self.visit_days[1:])
                raise ValueError(f"end_points: {point.name!r} is on day {point.day:g}, and visits on {days}")
        names = [point.name for point in self.end_points]
        if len(set(names)) < len(names):
            raise ValueError("end_points: two have the same name")
        if self.men < len(self.arms) and not self.every_arm:
            raise ValueError(f"men: {self.men} are fewer than the {len(self.arms)} arms")
        return self

    @property
    def days(self) -> float:
        """Length of treatment, of a period in a crossover."""
        return self.months * DAYS_PER_MONTH

    @property
    def total_days(self) -> float:
        """From randomisation to the last visit of the last period."""
        more = len(self.arms) - 1 if self.design == "crossover" and not self.counterfactual else 0
        return self.days + more * (self.days + self.washout_months * DAYS_PER_MONTH)

    @property
    def every_arm(self) -> bool:
        """Whether each man passes through every arm."""
        return self.counterfactual or self.design == "crossover"

    @cached_property
    def visit_days(self) -> tuple[float, ...]:
        """Days of visits, that of randomisation (0) first."""
        if self.visits:
            return (0.0, *sorted(self.visits))
        whole = int(self.months + 1e-9)
        days = [round(month * DAYS_PER_MONTH, 6) for month in range(1, whole + 1)]
        return (0.0, *days) if days and abs(days[-1] - self.days) < 1e-3 else (0.0, *days, self.days)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """What is measured at visits."""
        asked = [point.measure for point in self.end_points]
        return tuple(dict.fromkeys([*MEASURED, *asked, *self.baseline]))

    def shares(self) -> dict[str, float]:
        """Arm -> share of the men."""
        given = self.allocation or dict.fromkeys(self.arms, 1.0)
        return {arm: given[arm] / sum(given.values()) for arm in self.arms}

    def protocol(self, arm: str) -> Protocol:
        """What a man of this arm takes from before randomisation to the end of his treatment."""
        own, common = Protocol.of(self.arms[arm]), Protocol.of(self.background)
        rules = (*common.rules, *own.rules)
        adherence = min(own.adherence, common.adherence) * self.adherence
        return Protocol((*self.background_series(), *own.series), arm, rules, adherence)

    def background_series(self) -> tuple[DoseSeries, ...]:
        """What all men take, from before randomisation."""
        before = self.before_months * DAYS_PER_MONTH
        return tuple(replace(one, start_day=one.start_day - before) for one in Protocol.of(self.background).series)

    def to_yaml(self) -> str:
        """The file that `read_design` reads into the same trial."""
        import yaml

        return yaml.safe_dump(self.model_dump(mode="json", exclude_defaults=True), sort_keys=False, width=110)


def read_design(source: str | Path) -> Design:
    """A trial from a YAML file (a Path) or its text. Raises DesignError with file, line, field, and what would do."""
    import yaml

    where, text = "trial", source
    if isinstance(source, Path):
        where = str(source)
        try:
            text = source.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DesignError(f"{where}: cannot be read: {error}") from None
    try:
        node = yaml.compose(str(text), Loader=yaml.SafeLoader)
        data = yaml.safe_load(str(text))
    except yaml.YAMLError as error:
        raise DesignError(f"{where}: not YAML, or cut off: {error}") from None
    if not isinstance(data, dict) or node is None:
        raise DesignError(f"{where}: expected the fields of a trial, found {type(data).__name__}")
    try:
        return Design.model_validate(data)
    except ValidationError as error:
        problems = []
        for item in error.errors():
            path = [part for part in item["loc"] if part != "[key]"]
            said = item["msg"].removeprefix("Value error, ")
            if not path and ":" in said and said.split(":")[0] in Design.model_fields:
                path, said = [said.split(":")[0]], said.split(":", 1)[1].strip()
            field = ".".join(str(part) for part in path) or "the trial"
            problems.append(f"{where}, line {_line(node, path)}: {field}: {said}")
        raise DesignError("\n".join(problems)) from None


def _line(node: Any, path: list[Any]) -> int:
    """Line (from 1) of the deepest part of the path that the file holds."""
    line = node.start_mark.line + 1
    for part in path:
        found = next((pair for pair in _children(node) if pair[0] == part), None)
        if found is None:
            break
        _, line, node = found
    return line


def _children(node: Any) -> Iterator[tuple[Any, int, Any]]:
    """Key or index, line and node of everything directly inside a YAML node."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, value.start_mark.line + 1, value
