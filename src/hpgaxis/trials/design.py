"""Design of a trial: its men, arms, visits and end points, from a YAML file or in Python; errors name the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, ValidationError, model_validator

from ..engine.random import LARGEST_SEED
from ..errors import InputError
from ..files import line_of, read_text, read_yaml_with_lines
from ..measurements.registry import LABS
from ..people.baseline import check_possible
from ..people.population import LIMITS, check_diagnosis
from ..pharmacology.doses import DoseSeries
from ..pharmacology.library import DrugLibrary
from ..pharmacology.protocol import Protocol
from ..units import DAYS_PER_MONTH, days_in_months
from .fields import (
    Criterion,
    Diagnosis,
    EndPoint,
    Flag,
    Measure,
    Number,
    Part,
    Sentence,
    Spread,
    Whole,
    ages,
    body_masses,
)

NO_TREATMENT = "no treatment"
MEASURED = (
    "testosterone", "lh", "fsh", "estradiol", "shbg", "inhibin_b", "sperm_concentration", "total_motile_count",
    "motility", "testis_volume", "hematocrit",
)  # fmt: skip
"""Measurements of every visit, beside those of the end points and the baseline."""
MOST_MEN = 10**12
"""Largest number of men, and of replicates; disk and memory set further limits."""
MOST_MONTHS = 240
"""Longest treatment, time on the background before it, and washout of a crossover."""
MOST_DAYS = 36525
"""Longest trial, and longest simulation."""
APART = 1e-6
"""Shortest time (days) between two visits."""


class DesignError(InputError):
    """A trial that cannot be run; the message names file, line and field, and says what would be right."""


class Design(Part):
    """A trial. Days and months count from randomisation; labs are in the units shown, as the documentation lists them.

    Attributes
    ----------
    diagnosis : a diagnosis, a group of mixtures.yaml, or shares by diagnosis.
    age, bmi : mean and standard deviation, in years and kg/m2.
    baseline : lab -> mean and standard deviation (null leaves it open) of the men randomised.
    inclusion : lab, age or bmi -> lowest and highest (null for none), as read at a screening visit.
    men : randomised, all arms together; in a crossover each receives every arm.
    background : protocol of all men, from `before_months` before randomisation.
    arms : name -> protocol. The first arm is the control.
    allocation : shares by arm; default equal.
    months : of treatment; in a crossover of each period, with `washout_months` between the periods.
    visits : days, each once; default every month.
    adherence : share of the doses taken.
    drop_out : share of men who drop out before the end.
    replicates : of the whole trial; with `uncertain`, each samples the parameter posterior.
    counterfactual : every man receives every arm.

    Examples
    --------
    >>> point = EndPoint(name="testosterone", measure="testosterone")
    >>> arms = {"control": "no treatment", "treated": "clomiphene 25 mg daily"}
    >>> design = Design(name="two arms", men=20, months=2, arms=arms, end_points=(point,))
    >>> design.allocated(20).tolist(), design.visit_days[0]
    ([10, 10], 0.0)
    """

    name: str
    question: str = ""
    seed: Whole = Field(default=1, ge=0, le=LARGEST_SEED)
    diagnosis: Diagnosis = "general_population"
    age: Annotated[Spread, AfterValidator(ages)] | None = None
    bmi: Annotated[Spread, AfterValidator(body_masses)] | None = None
    baseline: dict[Measure, tuple[Number, Number | None]] = Field(default_factory=dict)
    inclusion: dict[Criterion, tuple[Number | None, Number | None]] = Field(default_factory=dict)
    men: Whole = Field(ge=2, le=MOST_MEN)
    design: Literal["parallel", "crossover", "add-on"] = "parallel"
    background: Sentence = NO_TREATMENT
    before_months: Number = Field(default=0, ge=0, le=MOST_MONTHS)
    arms: dict[str, Sentence] = Field(min_length=1)
    allocation: dict[str, Annotated[Number, Field(gt=0)]] = Field(default_factory=dict)
    months: Number = Field(default=6, gt=0, le=MOST_MONTHS)
    washout_months: Number = Field(default=3, ge=0, le=MOST_MONTHS)
    visits: tuple[Annotated[Number, Field(gt=0)], ...] = ()
    adherence: Number = Field(default=1, gt=0, le=1)
    drop_out: Number = Field(default=0, ge=0, lt=1)
    assay_variation: Flag = True
    end_points: tuple[EndPoint, ...] = Field(min_length=1)
    replicates: Whole = Field(default=1, ge=1, le=MOST_MEN)
    uncertain: Flag = True
    counterfactual: Flag = False

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Design:
        try:
            check_diagnosis(self.diagnosis)
        except ValueError as error:
            raise ValueError(f"diagnosis: {error}") from None
        self._check_labs()
        for arm in self.allocation:
            if arm not in self.arms:
                raise ValueError(f"allocation: no arm {arm!r}; there are {', '.join(self.arms)}")
        if self.allocation and set(self.allocation) != set(self.arms):
            raise ValueError(f"allocation: none for {', '.join(set(self.arms) - set(self.allocation))}")
        if self.design == "add-on" and self.background == NO_TREATMENT:
            raise ValueError("background: an add-on trial needs the treatment that all men receive")
        if self.design == "crossover" and len(self.arms) < 2:
            raise ValueError("arms: a crossover needs two or more")
        if self.design == "crossover" and any(self.protocol(arm).rules for arm in self.arms):
            raise ValueError("arms: a crossover cannot have rules at visits; give fixed doses")
        if self.design == "crossover" and any(Protocol.of(text).adherence < 1 for text in self.arms.values()):
            raise ValueError("arms: arms of a crossover cannot differ in adherence; give it as `adherence`")
        self._check_lengths()
        for point in self.end_points:
            if point.day is not None and point.day not in self.visit_days:
                days = ", ".join(f"{day:g}" for day in self.visit_days[1:])
                raise ValueError(f"end_points: {point.name!r} is on day {point.day:g}; visits are on days {days}")
        names = [point.name for point in self.end_points]
        if len(set(names)) < len(names):
            raise ValueError("end_points: two have the same name")
        if self.men < len(self.arms) and not self.every_arm:
            raise ValueError(f"men: {self.men} are fewer than the {len(self.arms)} arms")
        if self.allocation and self.every_arm and self.design == "crossover":
            raise ValueError("allocation: every man of a crossover receives every arm; leave it out")
        if not isfinite(sum(self.allocation.values())):
            raise ValueError("allocation: the shares are too large")
        for arm, count in zip(self.arms, self.allocated(self.men).tolist(), strict=True):
            if count < 1 and not self.every_arm:
                raise ValueError(f"allocation: {arm!r} gets none of {self.men} men; expected at least one in each arm")
        return self

    def _check_labs(self) -> None:
        """Raise ValueError for a baseline or criterion that no man meets, most often because of a wrong unit."""
        for name, (mean, spread) in self.baseline.items():
            try:
                check_possible(name, mean, spread)
            except InputError as error:
                raise ValueError(f"baseline.{name}: {error}") from None
        for name, (low, high) in self.inclusion.items():
            lowest, highest = LIMITS[name] if name in LIMITS else (0.0, LABS[name].possible[1])
            unit = {"age": "years", "bmi": "kg/m2"}.get(name) or LABS[name].display_unit
            for limit in (low, high):
                if limit is not None and not (0 if name in LIMITS else lowest) <= limit <= highest:
                    raise ValueError(
                        f"inclusion.{name}: {limit:g} {unit} is impossible in men ({lowest:g} to {highest:g} "
                        f"{unit}); null means no limit"
                    )
            if low is not None and high is not None and low > high:
                raise ValueError(f"inclusion.{name}: from {low:g} to {high:g} {unit}: give the lower limit first")

    def _check_lengths(self) -> None:
        """Raise ValueError for visits and periods that cannot be simulated."""
        if (days := self.months * DAYS_PER_MONTH) < 1:
            raise ValueError(f"months: {self.months:g} are {days:.3g} days; expected at least a day")
        if self.total_days + self.before_days > MOST_DAYS:
            raise ValueError(f"months: the whole trial takes {self.total_days:.0f} days; expected at most {MOST_DAYS}")
        for day in self.visits:
            if day > self.days + 1e-9:
                raise ValueError(f"visits: day {day:g} is after the end of treatment on day {self.days:g}")
        for earlier, day in zip(self.visit_days, self.visit_days[1:], strict=False):
            if day - earlier < APART:
                raise ValueError(f"visits: days {earlier:g} and {day:g} are the same or too close; keep one")
        if self.before_months and self.background == NO_TREATMENT:
            raise ValueError("before_months: needs a `background`, the treatment before randomisation")
        if self.washout_months != Design.model_fields["washout_months"].default and self.design != "crossover":
            raise ValueError("washout_months: applies only to a crossover")

    @property
    def days(self) -> float:
        """Length of treatment, of a period in a crossover."""
        return days_in_months(self.months)

    @property
    def total_days(self) -> float:
        """From randomisation to the last visit of the last period."""
        more = len(self.arms) - 1 if self.design == "crossover" and not self.counterfactual else 0
        return self.days + more * self.period_days

    @property
    def period_days(self) -> float:
        """Length of a period of a crossover with the washout after it."""
        return self.days + (days_in_months(self.washout_months) if self.washout_months else 0.0)

    @property
    def before_days(self) -> float:
        """How long men take the background before randomisation."""
        return days_in_months(self.before_months) if self.before_months else 0.0

    @property
    def every_arm(self) -> bool:
        """Whether each man receives every arm."""
        return self.counterfactual or self.design == "crossover"

    @cached_property
    def visit_days(self) -> tuple[float, ...]:
        """Days of visits, that of randomisation (0) first."""
        if self.visits:
            return (0.0, *sorted(self.visits))
        whole = int(self.months + 1e-9)
        days = [days_in_months(month) for month in range(1, whole + 1)]
        return (0.0, *days) if days and days[-1] == self.days else (0.0, *days, self.days)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Measurements of every visit."""
        end_points = [point.measure for point in self.end_points]
        return tuple(dict.fromkeys([*MEASURED, *end_points, *self.baseline]))

    def shares(self) -> dict[str, float]:
        """Arm -> share of the men."""
        given = self.allocation or dict.fromkeys(self.arms, 1.0)
        return {arm: given[arm] / sum(given.values()) for arm in self.arms}

    def allocated(self, men: int) -> NDArray[np.int64]:
        """Number of the first `men` men of a replicate in each arm, or in each sequence of arms."""
        shares = dict.fromkeys(self.arms, 1 / len(self.arms)) if self.every_arm else self.shares()
        reached = np.cumsum([0.0, *shares.values()])
        reached[-1] = 1.0
        return np.diff(np.floor(men * reached + 1e-9)).astype(np.int64)

    def protocol(self, arm: str, drugs: DrugLibrary | None = None) -> Protocol:
        """The protocol of an arm, background included, with drugs of a library (default the shipped one)."""
        treatment, background = Protocol.of(self.arms[arm], drugs), Protocol.of(self.background, drugs)
        rules = (*background.rules, *treatment.rules)
        adherence = min(treatment.adherence, background.adherence) * self.adherence
        return Protocol((*self.background_series(drugs), *treatment.series), arm, rules, adherence)

    def background_series(self, drugs: DrugLibrary | None = None) -> tuple[DoseSeries, ...]:
        """The doses of all men, from before randomisation."""
        return tuple(
            replace(series, start_day=series.start_day - self.before_days)
            for series in Protocol.of(self.background, drugs).series
        )

    def to_yaml(self) -> str:
        """The file that `read_design` reads into the same trial."""
        import yaml

        return yaml.safe_dump(self.model_dump(mode="json", exclude_defaults=True), sort_keys=False, width=110)


def read_design(source: str | Path) -> Design:
    """Return a trial from a YAML file or from its text.

    Parameters
    ----------
    source : a Path to a file, or the text itself.

    Returns
    -------
    Design
        The trial.

    Raises
    ------
    DesignError
        The file cannot be read or run; the message names file, line and field, and says what would be right.

    Examples
    --------
    >>> text = (
    ...     "{name: clomiphene, men: 20, arms: {control: no treatment, treated: clomiphene 25 mg daily}, "
    ...     "end_points: [{name: testosterone, measure: testosterone}]}"
    ... )
    >>> read_design(text).men
    20
    """
    where = str(source) if isinstance(source, Path) else "trial"
    text = read_text(source, DesignError) if isinstance(source, Path) else source
    data, lines = read_yaml_with_lines(text, where, DesignError)
    if not isinstance(data, dict):
        raise DesignError(f"{where}: expected the fields of a trial, found {type(data).__name__}")
    return _checked(data, where, lines)


def changed_design(design: Design, **fields: object) -> Design:
    """The same trial with other values of some fields. Raises DesignError with the field and what would be right."""
    return _checked({**design.model_dump(), **fields}, repr(design.name))


def _checked(data: Mapping[str, object], where: str, lines: dict[tuple[str | int, ...], int] | None = None) -> Design:
    """The trial of these fields; errors name the field, and its line where `lines` has it."""
    try:
        return Design.model_validate(data)
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False, include_input=False):
            path = [part for part in item["loc"] if part != "[key]"]
            if path[:1] == ["diagnosis"]:
                path = ["diagnosis", *path[2:]]
            message = item["msg"].removeprefix("Value error, ")
            head, _, rest = message.partition(": ")
            if not path and head.split(".")[0] in Design.model_fields:
                path, message = head.split("."), rest
            place = f", line {line_of(lines, path)}" if lines is not None else ""
            problems.append(f"{where}{place}: {'.'.join(map(str, path)) or 'the trial'}: {message}")
        raise DesignError("\n".join(problems)) from None
