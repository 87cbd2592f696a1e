"""A patient as he is described: age, body mass index, labs, diagnosis, traits and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from math import ceil
from typing import Any

from ..errors import InputError
from ..files import read_yaml, shown
from ..measurements.labs import read_all
from ..pharmacology.overrides import trait_fault
from ..pharmacology.protocol import DoseSeries, Protocol
from ..physiology.constants import REFERENCE_AGE, REFERENCE_BMI
from ..units import finite
from .consistency import check_consistent

HEIGHT_M = 1.77
MOST_YEARS = 40
DEFAULTS: dict[str, Any] = {
    "age": REFERENCE_AGE,
    "bmi": REFERENCE_BMI,
    "onset_age": None,
    "history": "",
    "history_years": 1.0,
}
"""What a man is where neither he nor his diagnosis says."""


class PatientError(InputError):
    """A patient description that cannot be used; the message names the file, the field and what would be right."""


@cache
def phenotypes() -> dict[str, dict[str, Any]]:
    """Diagnoses and where their traits lie."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath("phenotypes.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Patient:
    """A man by his age (years), body mass index (kg/m2) and labs in ordinary units.

    Parameters
    ----------
    labs : {"testosterone": "265 ng/dL", "lh": 3.1, ...}, of the man untreated (with a history: before it); a bare
        number is in the unit shown by default.
    traits : multipliers on the typical man that are known and are not to be matched, and conditions (amounts, such as
        {"varicocele": 1}).
    onset_age : age (years) at which gonadotropins failed, in hypogonadotropic hypogonadism: before puberty Sertoli
        cells have not matured.
    history, history_years : the protocol that he was on until day 0, and for how long.

    What is not given (None) comes from his diagnosis.

    Raises
    ------
    PatientError, LabError
        Anything impossible, by field.

    Examples
    --------
    >>> Patient(age=34, labs={"testosterone": "265 ng/dL"}).bmi
    24.0
    """

    age: float = None  # pyright: ignore[reportAssignmentType]
    bmi: float = None  # pyright: ignore[reportAssignmentType]
    labs: Mapping[str, Any] = field(default_factory=dict)
    diagnosis: str = "eugonadal"
    traits: Mapping[str, float] = field(default_factory=dict)
    name: str = ""
    onset_age: float | None = None
    history: str = None  # pyright: ignore[reportAssignmentType]
    history_years: float = None  # pyright: ignore[reportAssignmentType]

    def __post_init__(self) -> None:
        for name, nothing in (("labs", {}), ("traits", {}), ("diagnosis", "eugonadal"), ("name", "")):
            if getattr(self, name) is None:
                object.__setattr__(self, name, nothing)
        for name in ("diagnosis", "name", "history"):
            value = getattr(self, name)
            if not isinstance(value, str | None):
                raise PatientError(f"{name} = {shown(value)}: expected text (in quotes if it is a number)")
        if self.diagnosis not in phenotypes():
            raise PatientError(f"unknown diagnosis {shown(self.diagnosis)}; there are {', '.join(phenotypes())}")
        asked_onset, asked_years = self.onset_age, self.history_years
        for name, typical in DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, phenotypes()[self.diagnosis].get(name, typical))
        for name, low, high, unit in (("age", 16, 95, "years"), ("bmi", 13, 80, "kg/m2")):
            value = getattr(self, name)
            if not finite(value) or not low <= value <= high:
                raise PatientError(f"{name} = {shown(value)}: expected a number from {low} to {high} ({unit})")
        self._check_onset(asked_onset is None)
        self._check_history(asked_years)
        if not isinstance(self.traits, Mapping):
            raise PatientError(f"traits = {shown(self.traits)}: expected names with numbers, like aromatase: 1.5")
        for name, value in self.traits.items():
            if fault := trait_fault(name, value):
                raise PatientError(fault)
        check_consistent(read_all(self.labs))
        object.__setattr__(self, "labs", dict(self.labs))
        object.__setattr__(self, "traits", dict(self.traits))

    def _check_onset(self, of_diagnosis: bool) -> None:
        onset = self.onset_age
        if onset is None or (finite(onset) and 0 <= onset <= self.age):
            return
        if of_diagnosis:
            raise PatientError(
                f"{self.diagnosis} begins at {onset:g} years where onset_age is not given, and he is {self.age:g}: "
                "give the age at which his gonadotropins failed (onset_age, in a patient file or in Python), or "
                "another diagnosis"
            )
        raise PatientError(f"onset_age = {shown(onset)}: expected a number from 0 to his age of {self.age:g} years")

    def _check_history(self, asked_years: Any) -> None:
        years = self.history_years
        if not self.history:
            if asked_years is not None and not (finite(asked_years) and asked_years == 0):
                raise PatientError(
                    f"history_years = {shown(asked_years)}: there is no history; give the protocol that he was on too"
                )
            object.__setattr__(self, "history_years", 0.0)
            return
        if not finite(years) or not 0 < years <= MOST_YEARS:
            raise PatientError(f"history_years = {shown(years)}: expected above 0 and at most {MOST_YEARS} years")
        if years > self.age:
            raise PatientError(f"history_years = {years:g}: begins before his birth; he is {self.age:g} years old")
        try:
            self.past()
        except InputError as error:
            raise PatientError(f"history: {error}") from None

    def past(self) -> tuple[DoseSeries, ...]:
        """What he took until day 0, as series of doses at negative times; () for nothing."""
        taken, length = Protocol.of(self.history), self.history_years * 365.25
        if taken.rules or taken.adherence < 1:
            raise PatientError(
                "rules at visits and missed doses are not simulated in a history; give the doses he took"
            )
        past = []
        for series in taken.series:
            start = series.start_day - length
            count = ceil((length - series.start_day) / series.interval_days - 1e-9)
            doses = count if series.doses is None else min(series.doses, count)
            if doses >= 1:
                past.append(replace(series, start_day=start, doses=doses))
        return tuple(past)

    @property
    def weight_kg(self) -> float:
        """Body weight at average height (1.77 m), for doses per kilogram."""
        return self.bmi * HEIGHT_M**2

    @classmethod
    def from_yaml(cls, text: str, where: str = "patient") -> Patient:
        """A patient from YAML with the fields of this class. Raises PatientError with the file and the field."""
        return cls.from_fields(cls.fields_from_yaml(text, where), where)

    @classmethod
    def from_fields(cls, values: Mapping[str, Any], where: str = "") -> Patient:
        """A patient from the fields of this class; where: the file that they are from, for messages."""
        try:
            return cls(**values)
        except InputError as error:
            raise PatientError(f"{where}: {error}" if where else str(error)) from None

    @classmethod
    def fields_from_yaml(cls, text: str, where: str = "patient") -> dict[str, Any]:
        """The fields that a YAML text gives. Raises PatientError with the file and a field that does not exist."""
        data = read_yaml(text, where, PatientError)
        if not isinstance(data, dict):
            raise PatientError(f"{where}: expected fields such as age, bmi and labs")
        known = {entry.name for entry in fields(cls)}
        unknown = set(data) - known
        if unknown:
            names = ", ".join(shown(name)[1:-1] for name in sorted(unknown))
            raise PatientError(f"{where}: unknown field {names}; there are {', '.join(sorted(known))}")
        for name, example in (("labs", "testosterone: 265 ng/dL"), ("traits", "aromatase: 1.5")):
            if not isinstance(data.get(name), dict | None):
                raise PatientError(f"{where}: {name} = {shown(data[name])}: expected names with values, like {example}")
        return data
