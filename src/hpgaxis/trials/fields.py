"""Types of the fields of a trial, each with its check, and the end point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    model_validator,
)

from ..files import shown
from ..measurements.registry import LABS
from ..people.population import check_distribution
from ..pharmacology.protocol import Protocol


def _known_measure(name: str) -> str:
    if name not in LABS:
        raise ValueError(f"no measurement {name!r}; there are {', '.join(LABS)}")
    return name


def _known_criterion(name: str) -> str:
    return name if name in ("age", "bmi") else _known_measure(name)


def _readable_protocol(sentence: str) -> str:
    Protocol.of(sentence)
    return sentence


def _no_text(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError(f"expected a number, found {shown(value)}")
    return value


def ages(given: tuple[float, float]) -> tuple[float, float]:
    check_distribution("age", *given)
    return given


def body_masses(given: tuple[float, float]) -> tuple[float, float]:
    check_distribution("bmi", *given)
    return given


def _kind_of_diagnosis(given: object) -> str:
    return "shares" if isinstance(given, Mapping) else "name"


Measure = Annotated[str, AfterValidator(_known_measure)]
Criterion = Annotated[str, AfterValidator(_known_criterion)]
Sentence = Annotated[str, AfterValidator(_readable_protocol)]
Number = Annotated[float, BeforeValidator(_no_text)]
Whole = Annotated[int, BeforeValidator(_no_text)]
Flag = Annotated[bool, Strict()]
Spread = tuple[Number, Number]
"""Mean and standard deviation."""
Diagnosis = Annotated[
    Annotated[str, Tag("name")] | Annotated[dict[str, Annotated[Number, Field(ge=0)]], Tag("shares")],
    Discriminator(_kind_of_diagnosis),
]


class Part(BaseModel):
    """Part of a trial; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EndPoint(Part):
    """A quantity that is compared between the arms of a trial.

    Attributes
    ----------
    name : its name.
    measure : the measurement.
    kind : level, change (from the day of randomisation) or fold of it; above or below: the share of men beyond `level`;
        upgrade: the share of men whose sperm concentration rises into a better WHO category.
    day : day of the visit; default the last.
    level : the limit of above and below, in the display unit.

    Examples
    --------
    >>> EndPoint(name="normal", measure="testosterone", kind="above", level=300).binary
    True
    """

    name: str
    measure: Measure = "sperm_concentration"
    kind: Literal["level", "change", "fold", "above", "below", "upgrade"] = "change"
    day: Annotated[Number, Field(gt=0)] | None = None
    level: Number | None = None

    @model_validator(mode="after")
    def _has_its_level(self) -> EndPoint:
        if self.kind in ("above", "below") and self.level is None:
            raise ValueError(f"an end point of the kind {self.kind!r} needs a level")
        if self.level is not None:
            if self.kind not in ("above", "below"):
                raise ValueError(f"an end point of the kind {self.kind!r} has no level; kinds with one: above, below")
            lab = LABS[self.measure]
            if not 0 <= self.level <= lab.possible[1]:
                raise ValueError(
                    f"a level of {self.level:g} {lab.display_unit} is impossible in men "
                    f"(0 to {lab.possible[1]:g} {lab.display_unit}); check the unit"
                )
        if self.kind == "upgrade" and self.measure != "sperm_concentration":
            raise ValueError("an upgrade is one of sperm_concentration")
        return self

    @property
    def binary(self) -> bool:
        """Whether each man reaches it or not."""
        return self.kind in ("above", "below", "upgrade")
