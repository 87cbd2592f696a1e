"""The course of one man: what he was given, and what was measured in him."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..measurements.registry import LABS
from ..pharmacology.protocol import Protocol
from ..units import convert

if TYPE_CHECKING:
    import pandas as pd


class DataSetError(InputError):
    """A data set that cannot be used; the message has the file, the row and the column, and what would be right."""


@dataclass(frozen=True)
class Observation:
    """One measurement of one man.

    Attributes
    ----------
    time : in days, as the data set counts them.
    stretch : number of the stretch of his course (from 0) that it belongs to.
    variable : name of the measurement.
    value : as it was reported, in `unit`; of a censored one the limit.
    unit : of `value`.
    hour : of the day, 0 to 24; None: a mean over the day.
    assay : such as "LC-MS"; "" where it is not said.
    censored : "below" or "above" `value`, "" for a value that was read.
    held : whether it is predicted only, and not used.
    row : of the data set, from 1.
    """

    time: float
    stretch: int
    variable: str
    value: float
    unit: str
    hour: float | None = None
    assay: str = ""
    censored: str = ""
    held: bool = False
    row: int = 0

    def in_own_unit(self, value: Any) -> Any:
        """A value in the unit that results show (a number or an array) in the unit of the report."""
        return value * convert(1.0, LABS[self.variable].display_unit, self.unit, self.variable)

    @property
    def shown(self) -> float:
        """The value in the unit that results show."""
        return self.value / float(self.in_own_unit(1.0))


@dataclass(frozen=True)
class Stretch:
    """A part of a man's course that begins untreated: the whole course, or what follows a reset.

    Attributes
    ----------
    origin : day of the data set on which it begins; the protocol counts its days from there.
    protocol : the doses.
    """

    origin: float
    protocol: Protocol

    @property
    def protocol_begins(self) -> float:
        """Day of the first dose, from the origin; infinite without doses."""
        return min((one.start_day for one in self.protocol.series), default=inf)


@dataclass(frozen=True)
class Course:
    """One man's doses and measurements.

    Attributes
    ----------
    name : his ID.
    stretches : his doses; more than one where the data set resets him.
    observations : in the order of time.
    age, bmi : at the first record, in years and kg/m2; None where they are not known.
    diagnosis : None where it is not known.
    """

    name: str
    stretches: tuple[Stretch, ...]
    observations: tuple[Observation, ...]
    age: float | None = None
    bmi: float | None = None
    diagnosis: str | None = None

    @property
    def end(self) -> float:
        """Day of the data set of the last measurement, or of the last stretch's beginning."""
        return max([self.stretches[-1].origin, *(one.time for one in self.observations)])

    @property
    def now(self) -> float:
        """Days from the beginning of the last stretch to `end`."""
        return self.end - self.stretches[-1].origin


@dataclass(frozen=True)
class RowRead:
    """What was understood of one row.

    number : of the row, from 1 (in FHIR: of the resource); what : the dose or measurement in words, "" if none;
    ignored : why nothing, or a part of it, is used; "" where all of it is.
    """

    number: int
    subject: str
    time: str
    what: str
    ignored: str = ""


@dataclass(frozen=True, repr=False)
class DataSet(Mapping[str, Course]):
    """Men by their ID, and how each row of the data was read.

    Attributes
    ----------
    courses : ID -> course.
    rows : one entry a row, in the order of the data.
    notes : on units and defaults.
    where : name of the data in messages.

    Examples
    --------
    >>> data = hpg.read_data_set([{"ID": 1, "TIME": 0, "DVID": "testosterone", "DV": 265, "DVUNIT": "ng/dL"}])
    >>> data["1"].observations[0].variable, data.ignored
    ('testosterone', ())
    """

    courses: dict[str, Course]
    rows: tuple[RowRead, ...]
    notes: tuple[str, ...] = ()
    where: str = "data set"

    def __getitem__(self, name: object) -> Course:
        try:
            return self.courses[str(name)]
        except KeyError:
            raise InputError(f"{self.where}: no subject {name!r}; there are {', '.join(self.courses)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.courses)

    def __len__(self) -> int:
        return len(self.courses)

    def __repr__(self) -> str:
        used = sum(not one.held for course in self.courses.values() for one in course.observations)
        held = sum(one.held for course in self.courses.values() for one in course.observations)
        return (
            f"DataSet: {len(self)} subject{'s' * (len(self) != 1)}, {used} measurements to learn from, {held} held, "
            f"{len(self.ignored)} of {len(self.rows)} rows ignored in part or whole"
        )

    @property
    def ignored(self) -> tuple[RowRead, ...]:
        """The rows of which something is not used."""
        return tuple(row for row in self.rows if row.ignored)

    def table(self) -> pd.DataFrame:
        """How each row was read: row, ID, TIME, what was understood, what is ignored and why."""
        import pandas as pd

        return pd.DataFrame(
            {
                "ID": [row.subject for row in self.rows],
                "TIME": [row.time for row in self.rows],
                "understood as": [row.what or "–" for row in self.rows],
                "ignored": [row.ignored for row in self.rows],
            },
            index=[f"row {row.number}" for row in self.rows],
        )
