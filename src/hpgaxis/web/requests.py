"""What the HTTP API is asked for, checked field by field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..individual.unknowns import GENERAL
from ..people.patient import Patient

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=80)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
MOST_YEARS = 5
SHOWN = ("testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "sperm_concentration")


class Asked(BaseModel):
    """A request; a field that does not exist is refused, and so is a truth value or a text in place of a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Man(Asked):
    """A man as a patient file has him; what is not given comes from his diagnosis."""

    age: Finite | None = None
    bmi: Finite | None = None
    diagnosis: Name = "eugonadal"
    labs: Annotated[dict[Name, Text | Finite], Field(max_length=40, examples=[{"testosterone": "265 ng/dL"}])] = {}
    traits: Annotated[dict[Name, Finite], Field(max_length=60, examples=[{"leydig_output": 0.7}])] = {}
    history: Text | None = None
    history_years: Finite | None = None

    def patient(self) -> Patient:
        """The patient. Raises InputError."""
        return Patient(**self.model_dump())


Protocols = Annotated[list[Text], Field(min_length=1, max_length=6, examples=[["clomiphene 25 mg daily"]])]
Days = Annotated[float, Field(ge=1, le=365.25 * MOST_YEARS, allow_inf_nan=False)]
Variables = Annotated[list[Name], Field(min_length=1, max_length=60, examples=[["testosterone", "lh"]])]


class CoursesAsked(Asked):
    """Protocols in one man."""

    man: Man = Man()
    protocols: Protocols = ["no treatment"]
    days: Days = 365
    variables: Variables = list(SHOWN)


class FigureAsked(CoursesAsked):
    """A picture of the protocols in one man."""

    format: Literal["png", "svg"] = "png"


class PulsesAsked(Asked):
    """Hours of one man with explicit pulses of GnRH, on one day of a protocol."""

    man: Man = Man()
    protocol: Text = "no treatment"
    day: Annotated[float, Field(ge=0, le=120, allow_inf_nan=False)] = 0
    seed: Annotated[int, Field(ge=0, le=2**31)] | None = None


class Move(Asked):
    """A series of a protocol that is given from another day on, until another one (None: to the end)."""

    series: Annotated[int, Field(ge=0, le=100)]
    begin: Annotated[float, Field(ge=0, le=3650, allow_inf_nan=False)]
    end: Annotated[float, Field(ge=0, le=3650, allow_inf_nan=False)] | None = None


class ProtocolAsked(Asked):
    """A protocol as a sentence; move: change one of its series."""

    sentence: Text
    days: Days = 365
    move: Move | None = None


class DataAsked(Asked):
    """A data set as the text of a file: a table (.csv), one man (.yaml) or FHIR (.json)."""

    name: Annotated[str, Field(max_length=200, examples=["man.csv"])]
    text: Annotated[str, Field(max_length=1_900_000)]
    time_unit: Literal["hours", "days", "weeks"] = "days"


class FitAsked(Asked):
    """A man to be learned, from a data set or from labs on day 0, and protocols that are forecast in him."""

    data: DataAsked | None = None
    subject: Name | None = None
    man: Man = Man()
    protocols: Annotated[list[Text], Field(max_length=6)] = []
    days: Days = 365
    variables: Variables = list(SHOWN)
    members: Annotated[int, Field(ge=16, le=200)] = 96
    diagnoses: bool = False


class SearchAsked(Asked):
    """A protocol to be found for a man."""

    data: DataAsked | None = None
    subject: Name | None = None
    man: Man = Man()
    goals: Annotated[list[Text], Field(min_length=1, max_length=3)] = ["total_motile_count as high as possible"]
    bounds: Annotated[list[Text], Field(max_length=6)] = []
    most_drugs: Annotated[int, Field(ge=1, le=3)] = 2
    months: Annotated[float, Field(ge=1, le=18, allow_inf_nan=False)] = 6
    tries: Annotated[int, Field(ge=1, le=200)] = 60


class PopulationAsked(Asked):
    """Virtual men under one protocol."""

    group: Name = GENERAL
    count: Annotated[int, Field(ge=10, le=5000)] = 1000
    protocol: Text = "clomiphene 25 mg daily"
    days: Days = 183
    seed: Annotated[int, Field(ge=0, le=2**31)] = 1


class TreatmentsAsked(Asked):
    """The standard treatments in one man."""

    man: Man = Man()


class Problem(BaseModel):
    """What was wrong, in a sentence; begin and end: of the word in the protocol that does not fit."""

    message: str
    begin: int | None = None
    end: int | None = None


Json = dict[str, Any]
