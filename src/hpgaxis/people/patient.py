"""The description of a patient: age, body mass index, labs, diagnosis, traits and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import resources
from math import ceil
from typing import Any

from ..errors import InputError
from ..files import read_yaml, shown
from ..pharmacology.library import DrugLibrary
from ..pharmacology.overrides import trait_fault
from ..pharmacology.protocol import DoseSeries, Protocol
from ..physiology.constants import REFERENCE_AGE, REFERENCE_BMI
from ..units import Quantity, factor, finite, is_quantity, split_quantity
from .consistency import check_consistent
from .sampling import mean_levels

HEIGHT_M = 1.77
MOST_YEARS = 40
DEFAULTS: dict[str, Any] = {
    "age": REFERENCE_AGE,
    "bmi": REFERENCE_BMI,
    "onset_age": None,
    "history": "",
    "history_years": 1.0,
}
"""Values where neither the patient nor his diagnosis has one."""


class PatientError(InputError):
    """A patient description that cannot be used; the message names the file, the field and what would be right."""


@cache
def phenotypes() -> dict[str, dict[str, Any]]:
    """Return the diagnoses by name: traits, conditions, pattern of labs, source."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath("phenotypes.yaml").read_text(encoding="utf-8"))


def _in_unit(name: str, value: float | Quantity | None, unit: str) -> float | None:
    """A number in `unit` from a pint quantity; other values as they are. Raises PatientError for another unit."""
    if not is_quantity(value):
        return value  # pyright: ignore[reportReturnType]
    try:
        number, given = split_quantity(value)
        return number * factor(given, unit)
    except InputError as error:
        raise PatientError(f"{name}: {error}") from None


@dataclass(frozen=True, init=False, repr=False)
class Patient:
    """A man by his age (years), body mass index (kg/m2) and labs in ordinary units.

    Parameters
    ----------
    age, bmi : in years and kg/m2, or pint quantities (onset_age and history_years as well).
    labs : {"testosterone": "265 ng/dL", "lh": 3.1, ...}, of the man untreated (with a history: before it); a bare
        number is in the unit shown by default.
    traits : multipliers on the typical man that are known and are not to be matched, and conditions (amounts, such as
        {"varicocele": 1}).
    onset_age : age (years) at which gonadotropins failed, in hypogonadotropic hypogonadism: before puberty Sertoli
        cells have not matured.
    history, history_years : the protocol that he was on until day 0, and for how long.

    drugs : library that the history is read with; None for the library of the model that he is simulated with, and for
        the shipped one before that.

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

    age: float
    bmi: float
    labs: Mapping[str, Any]
    diagnosis: str
    traits: Mapping[str, float]
    name: str
    onset_age: float | None
    history: str
    history_years: float
    drugs: DrugLibrary | None

    def __init__(  # noqa: PLR0913  (one for each field)
        self,
        age: float | Quantity | None = None,
        bmi: float | Quantity | None = None,
        labs: Mapping[str, Any] | None = None,
        diagnosis: str | None = "eugonadal",
        traits: Mapping[str, float] | None = None,
        name: str | None = "",
        onset_age: float | Quantity | None = None,
        history: str | None = None,
        history_years: float | Quantity | None = None,
        drugs: DrugLibrary | None = None,
    ) -> None:
        given = {
            "age": _in_unit("age", age, "year"),
            "bmi": _in_unit("bmi", bmi, "kg/m2"),
            "labs": {} if labs is None else labs,
            "diagnosis": "eugonadal" if diagnosis is None else diagnosis,
            "traits": {} if traits is None else traits,
            "name": "" if name is None else name,
            "onset_age": _in_unit("onset_age", onset_age, "year"),
            "history": history,
            "history_years": _in_unit("history_years", history_years, "year"),
            "drugs": drugs,
        }
        for entry, value in given.items():
            object.__setattr__(self, entry, value)
        self._check()

    def __repr__(self) -> str:
        usual = {**DEFAULTS, "labs": {}, "diagnosis": "eugonadal", "traits": {}, "name": "", "drugs": None}
        usual |= {"age": None, "bmi": None, "history_years": self.history_years if not self.history else None}
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        own = [f"{name}={value!r}" for name, value in given.items() if value != usual[name]]
        return f"Patient({', '.join(own)})"

    def in_words(self) -> str:
        """'man of 34 years, BMI 31 kg/m², obesity, 3 labs', for headings."""
        words = [f"man of {self.age:g} years", f"BMI {self.bmi:.3g} kg/m²"]
        if self.diagnosis != "eugonadal":
            words.append(self.diagnosis.replace("_", " "))
        if self.labs:
            words.append(f"{len(self.labs)} lab{'s' if len(self.labs) > 1 else ''}")
        if self.history:
            words.append(f"{self.history} for {self.history_years:g} years before day 0")
        return ", ".join([f"{self.name}: {words[0]}" if self.name else words[0], *words[1:]])

    def _check(self) -> None:
        """Take what is missing from the diagnosis. Raises PatientError or LabError for what is impossible."""
        if not isinstance(self.drugs, DrugLibrary | None):
            raise PatientError(f"drugs = {shown(self.drugs)}: expected a DrugLibrary, such as that of a model")
        for name in ("diagnosis", "name", "history"):
            value = getattr(self, name)
            if not isinstance(value, str | None):
                raise PatientError(f"{name} = {shown(value)}: expected text (in quotes if it is a number)")
        if self.diagnosis not in phenotypes():
            raise PatientError(f"unknown diagnosis {shown(self.diagnosis)}; there are {', '.join(phenotypes())}")
        given_onset, given_years = self.onset_age, self.history_years
        for name, typical in DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, phenotypes()[self.diagnosis].get(name, typical))
        for name, low, high, unit in (("age", 16, 95, "years"), ("bmi", 13, 80, "kg/m2")):
            value = getattr(self, name)
            if not finite(value) or not low <= value <= high:
                raise PatientError(f"{name} = {shown(value)}: expected a number from {low} to {high} ({unit})")
        self._check_onset(given_onset is None)
        self._check_history(given_years)
        if not isinstance(self.traits, Mapping):
            raise PatientError(f"traits = {shown(self.traits)}: expected names with numbers, like aromatase: 1.5")
        for name, value in self.traits.items():
            if fault := trait_fault(name, value):
                raise PatientError(fault)
        check_consistent(self.levels)
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

    def _check_history(self, given_years: float | None) -> None:
        years = self.history_years
        if not self.history:
            if given_years is not None and not (finite(given_years) and given_years == 0):
                raise PatientError(
                    f"history_years = {shown(given_years)}: there is no history; give the protocol that he was on too"
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

    def past(self, drugs: DrugLibrary | None = None) -> tuple[DoseSeries, ...]:
        """Return the doses until day 0, at negative times; () for none.

        drugs: library that the history is read with where the patient has none; None for the shipped one.
        """
        library = drugs if self.drugs is None else self.drugs
        taken, length = Protocol.of(self.history, library), self.history_years * 365.25
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
    def levels(self) -> dict[str, float]:
        """Labs as means over 24 hours by mass spectrometry, in the model's units."""
        return mean_levels(self.labs, self.age)

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
        known = {entry.name for entry in fields(cls)} - {"drugs"}
        unknown = set(data) - known
        if unknown:
            names = ", ".join(shown(name)[1:-1] for name in sorted(unknown))
            raise PatientError(f"{where}: unknown field {names}; there are {', '.join(sorted(known))}")
        for name, example in (("labs", "testosterone: 265 ng/dL"), ("traits", "aromatase: 1.5")):
            if not isinstance(data.get(name), dict | None):
                raise PatientError(f"{where}: {name} = {shown(data[name])}: expected names with values, like {example}")
        return data
