"""Data of men in FHIR R4 or R5: Patient, Observation, MedicationAdministration, MedicationStatement and Bundle.

Each resource becomes a row of a table, which is read as any other. Nothing is guessed: a code, a unit or a timing that
is not understood is named, and the resource left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

from ..errors import extra_packages
from ..files import shown
from ..measurements.labs import LabError, canonical
from ..measurements.registry import LABS
from ..pharmacology.library import DrugLibrary
from .course import DataSet, DataSetError, RowRead
from .drug_names import known_name
from .table import COLUMNS, read_table

READ = ("Observation", "MedicationAdministration", "MedicationStatement")
OTHER_LOINC = {"49041-7": "testosterone", "39156-5": "bmi"}
"""Further LOINC codes: testosterone with a detection limit of at most 1 ng/dL, body mass index. None says the assay."""
PERIODS = {"d": 1.0, "day": 1.0, "wk": 7.0, "h": 1 / 24, "mo": 30.4375, "a": 365.25}
"""Units of time (UCUM) in a timing, in days."""
NOT_FINAL = (
    "cancelled", "entered-in-error", "unknown", "registered", "not-done", "not-taken", "intended", "draft", "on-hold",
)  # fmt: skip
MOST_DEEP = 10


def read_fhir(resource: Any, *, where: str = "data set", drugs: DrugLibrary | None = None) -> DataSet:
    """A data set from a FHIR resource or Bundle.

    Parameters
    ----------
    resource : as JSON gives it: a dictionary with `resourceType`, or a list of them.
    where : name of the data in messages.
    drugs : library of drugs; default the shipped one.

    Raises
    ------
    DataSetError
        No FHIR, or no resource that can be read.
    MissingPackageError
        fhir.resources is not installed.
    """
    with extra_packages("FHIR is read with fhir.resources", "fhir"):
        import fhir.resources  # noqa: F401

    library = DrugLibrary.shipped() if drugs is None else drugs
    items = list(_resources(resource, where, 0))
    if not items:
        raise DataSetError(f"{where}: the Bundle holds no resource")
    births = {f"Patient/{one.get('id')}": one.get("birthDate") for one in items if one.get("resourceType") == "Patient"}
    rows, place, unread = list[dict[str, Any]](), list[int](), list[RowRead]()
    covariates: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(items, 1):
        kind = one.get("resourceType")
        if kind == "Patient":
            unread.append(RowRead(number, str(one.get("id", "")), "", "patient"))
            continue
        try:
            if kind not in READ:
                raise DataSetError(f"{shown(kind)} is not read; {', '.join(READ)} are")
            _check(one, str(kind))
            found = _observation(one) if kind == "Observation" else _medication(one, str(kind), library)
        except DataSetError as error:
            unread.append(RowRead(number, _subject(one), "", "", str(error)))
            continue
        subject = _subject(one)
        for row in found:
            if row.get("DVID") == "bmi":
                covariates.setdefault(subject, {}).setdefault("BMI", row["DV"])
                unread.append(RowRead(number, subject, str(row["TIME"]), f"body mass index {row['DV']}"))
                continue
            rows.append({"ID": subject, **row})
            place.append(number)
    if not rows:
        why = [f"resource {one.number}: {one.ignored}" for one in unread[:3] if one.ignored]
        raise DataSetError("; ".join([f"{where}: no dose or measurement that can be read", *why]))
    first: dict[str, str] = {}
    for row in rows:
        first[row["ID"]] = min(first.get(row["ID"], "9999"), str(row["TIME"])[:10])
    for row in rows:
        row |= covariates.get(row["ID"], {})
        row["AGE"] = _age(births.get(row["ID"], births.get(f"Patient/{row['ID']}")), first[row["ID"]])
    table = read_table(COLUMNS, [[row.get(name) for name in COLUMNS] for row in rows], where=where, drugs=drugs)
    read = [replace(one, number=place[one.number - 1]) for one in table.rows]
    ordered = tuple(sorted([*read, *unread], key=lambda one: one.number))
    return replace(table, rows=ordered)


def _resources(resource: Any, where: str, depth: int) -> Iterator[dict[str, Any]]:
    """The resources of a Bundle, or a single one."""
    if depth > MOST_DEEP:
        raise DataSetError(f"{where}: Bundles stand too deep inside one another")
    if isinstance(resource, list):
        for one in resource:
            yield from _resources(one, where, depth + 1)
        return
    if not isinstance(resource, Mapping) or not isinstance(resource.get("resourceType"), str):
        raise DataSetError(f"{where}: {shown(resource)}; expected a FHIR resource with its resourceType")
    if resource["resourceType"] != "Bundle":
        yield dict(resource)
        return
    entries = resource.get("entry", [])
    if not isinstance(entries, list):
        raise DataSetError(f"{where}: entry of the Bundle: expected a list")
    for entry in entries:
        inner = entry.get("resource") if isinstance(entry, Mapping) else None
        if inner is not None:
            yield from _resources(inner, where, depth + 1)


@cache
def _classes(kind: str) -> tuple[Any, ...]:
    """Classes of R5 and R4B of a kind of resource."""
    from importlib import import_module

    return tuple(getattr(import_module(f"fhir.resources.{release}{kind.lower()}"), kind) for release in ("", "R4B."))


def _check(one: dict[str, Any], kind: str) -> None:
    """Raise DataSetError for a resource that is valid neither in R5 nor in R4."""
    from pydantic import ValidationError

    faults = []
    for form in _classes(kind):
        try:
            form.model_validate(one)
            return
        except (ValidationError, ValueError, TypeError, RecursionError) as error:
            faults.append(_first_fault(error))
    raise DataSetError(f"no valid {kind}: {faults[-1]}")


def _first_fault(error: Exception) -> str:
    first = error.errors()[0] if hasattr(error, "errors") else {}  # pyright: ignore[reportAttributeAccessIssue]
    place = ".".join(str(part) for part in first.get("loc", ()))
    return f"{place}: {first.get('msg', type(error).__name__)}"[:160].lstrip(": ")


def _subject(one: Mapping[str, Any]) -> str:
    subject = one.get("subject")
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    return str(reference or "1").removeprefix("Patient/")


def _codings(concept: Any) -> list[Mapping[str, Any]]:
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    return [one for one in codings if isinstance(one, Mapping)] if isinstance(codings, list) else []


def _final(one: Mapping[str, Any]) -> None:
    if one.get("status") in NOT_FINAL:
        raise DataSetError(f"its status is {one['status']}")


def _observation(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The row of a measurement, or the rows of its components."""
    _final(one)
    when = _moment(one, "effectiveDateTime", "effectiveInstant", "issued")
    parts = [one, *[part for part in one.get("component") or [] if isinstance(part, Mapping)]]
    rows = [_measured(part, when) for part in parts if "valueQuantity" in part]
    if not rows:
        raise DataSetError("it has no valueQuantity")
    return rows


def _measured(part: Mapping[str, Any], when: str) -> dict[str, Any]:
    name, assay = _measurement(part.get("code")), ""
    quantity = part["valueQuantity"]
    value = quantity.get("value")
    if value is None:
        raise DataSetError("valueQuantity has no value")
    unit = str(quantity.get("code") or quantity.get("unit") or "")
    if not unit:
        raise DataSetError("valueQuantity has no unit")
    method = part.get("method")
    text = str(method.get("text", "")) if isinstance(method, Mapping) else ""
    spoken = text.lower()
    if "mass spec" in spoken or "lc-ms" in spoken or "lc/ms" in spoken:
        assay = "LC-MS"
    elif "immunoassay" in spoken:
        assay = "immunoassay"
    return {
        "TIME": when, "DVID": name, "DV": f"{quantity.get('comparator', '')}{value}", "DVUNIT": _unit(unit, quantity),
        "ASSAY": assay,
    }  # fmt: skip


def _unit(code: str, quantity: Mapping[str, Any]) -> str:
    """A unit of UCUM as laboratories write it; the unit as it was written where the code is not understood."""
    from ..errors import InputError
    from ..units import normalised

    for spelling in (code, re.sub(r"\{[^}]*\}", "", code), str(quantity.get("unit") or "")):
        try:
            if spelling:
                return normalised(spelling)
        except InputError:
            continue
    return code


@cache
def _loinc() -> dict[str, str]:
    return {entry.loinc: name for name, entry in LABS.items() if entry.loinc} | OTHER_LOINC


def _measurement(concept: Any) -> str:
    """Name of a measurement by its LOINC code, or by its name."""
    codings = _codings(concept)
    for one in codings:
        code = str(one.get("code"))
        if "loinc" in str(one.get("system", "")).lower() and code in _loinc():
            return _loinc()[code]
    words = [str(one.get("display") or "") for one in codings]
    words.append(str(concept.get("text") or "") if isinstance(concept, Mapping) else "")
    coded = [one for one in codings if "loinc" in str(one.get("system", "")).lower()]
    for name in words if not coded else []:
        try:
            return canonical(name)
        except LabError:
            continue
    told = ", ".join(f"{one.get('code')} {one.get('display', '')}".strip() for one in codings) or " ".join(words)
    raise DataSetError(f"code {shown(told)} is no measurement of the model")


def _medication(one: Mapping[str, Any], kind: str, drugs: DrugLibrary) -> list[dict[str, Any]]:
    """The rows of a medication that was given, or is taken."""
    _final(one)
    drug = _drug(one, drugs)
    begin, end = _span(one)
    if one.get("status") == "stopped" and kind == "MedicationAdministration":
        raise DataSetError("it was stopped, so that it is not known how much of it was given")
    if one.get("status") in ("stopped", "completed") and end is None and kind == "MedicationStatement":
        raise DataSetError(f"it is {one['status']}, and has no effectivePeriod.end that says since when")
    if kind == "MedicationAdministration":
        dosage = one.get("dosage")
        if not isinstance(dosage, Mapping) or not isinstance(dosage.get("dose"), Mapping):
            raise DataSetError("it has no dosage.dose")
        return [{"TIME": begin, "EVID": 1, "DRUG": drug, **_amount(dosage["dose"]), **_route(dosage.get("route"))}]
    if isinstance(one.get("effectiveDateTime"), str):
        raise DataSetError("effectiveDateTime says one day; effectivePeriod is read, from when to when he takes it")
    dosages = one.get("dosage")
    if not isinstance(dosages, list) or not dosages:
        raise DataSetError("it has no dosage")
    rows = []
    for dosage in dosages:
        if dosage.get("asNeeded") or dosage.get("asNeededBoolean") or dosage.get("asNeededCodeableConcept"):
            raise DataSetError("it is taken as needed, so that it is not known how often")
        amounts = [part.get("doseQuantity") for part in dosage.get("doseAndRate") or [] if isinstance(part, Mapping)]
        if not amounts or not isinstance(amounts[0], Mapping):
            raise DataSetError("its dosage has no doseAndRate.doseQuantity")
        repeat = (dosage.get("timing") or {}).get("repeat") or {}
        row = {"TIME": begin, "EVID": 1, "DRUG": drug, **_amount(amounts[0]), **_route(dosage.get("route"))}
        rows.append(row | _repeats(repeat, begin, end))
    return rows


def _amount(quantity: Mapping[str, Any]) -> dict[str, Any]:
    unit = quantity.get("code") or quantity.get("unit")
    if quantity.get("value") is None or not unit:
        raise DataSetError("its dose has no value, or no unit")
    return {"AMT": quantity["value"], "UNIT": _unit(str(unit), quantity)}


def _repeats(repeat: Mapping[str, Any], begin: str, end: str | None) -> dict[str, Any]:
    """Interval and number of doses of a timing."""
    unit, count = repeat.get("periodUnit"), repeat.get("frequency", 1)
    if not repeat:
        raise DataSetError("its dosage has no timing.repeat, so that it is not known how often he takes it")
    other = sorted(set(repeat) - {"period", "periodUnit", "frequency"})
    if other:
        raise DataSetError(
            f"its timing has {', '.join(other)}, which is not read; period, periodUnit and frequency are"
        )
    if unit not in PERIODS or not repeat.get("period") or not count:
        raise DataSetError(f"its timing {shown(dict(repeat))} is not understood; period, periodUnit and frequency are")
    interval = float(repeat["period"]) * PERIODS[str(unit)] / float(count)
    if end is None:
        return {"II": interval, "OPEN": 1}
    days = (_parsed(end) - _parsed(begin)).total_seconds() / 86400 + (1 if len(end) <= 10 else 0)
    doses = max(int(days / interval - 1e-9) + 1, 1)
    return {"II": interval, "ADDL": doses - 1} if doses > 1 else {}


def _drug(one: Mapping[str, Any], drugs: DrugLibrary) -> str:
    """The drug's name by the names of the medication's codes (RxNorm)."""
    medication = one.get("medication")
    concept = one.get("medicationCodeableConcept")
    if concept is None and isinstance(medication, Mapping):
        concept = medication.get("concept")
    words = [str(code.get("display") or "") for code in _codings(concept)]
    words.append(str(concept.get("text") or "") if isinstance(concept, Mapping) else "")
    if found := known_name(words, drugs):
        return found
    raise DataSetError(f"medication {shown(', '.join(word for word in words if word))} is no drug of the model")


def _route(concept: Any) -> dict[str, Any]:
    words = [str(one.get("display") or "") for one in _codings(concept)]
    words.append(str(concept.get("text") or "") if isinstance(concept, Mapping) else "")
    named = next((word.lower() for word in words if word), "")
    return {"ROUTE": re.sub(r"\s*(route|use)$", "", named)} if named else {}


def _moment(one: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(one.get(name), str):
            _parsed(one[name])
            return str(one[name])
    raise DataSetError("it has no date (" + ", ".join(names[:1]) + ")")


def _span(one: Mapping[str, Any]) -> tuple[str, str | None]:
    """First and last date of a medication."""
    for name in ("effectiveDateTime", "occurenceDateTime", "occurrenceDateTime"):
        if isinstance(one.get(name), str):
            return _moment(one, name), None
    for name in ("effectivePeriod", "occurencePeriod", "occurrencePeriod"):
        period = one.get(name)
        if isinstance(period, Mapping) and isinstance(period.get("start"), str):
            return _moment(period, "start"), _moment(period, "end") if period.get("end") else None
    raise DataSetError("it has no date (effectiveDateTime or effectivePeriod.start)")


def _parsed(text: str) -> datetime:
    """A date of FHIR, which may leave out day and month. Raises DataSetError."""
    whole = text if len(text) > 7 else f"{text}-01"[:10] if len(text) == 7 else text
    try:
        return datetime.fromisoformat(whole.replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        raise DataSetError(f"{shown(text)} is no date with a day") from None


def _age(birth: Any, day: str) -> float | None:
    """Age (years) on a day; None where either is not known."""
    try:
        born = date.fromisoformat(str(birth)[:10] if len(str(birth)) >= 10 else f"{str(birth)[:4]}-07-01")
        return round((date.fromisoformat(day) - born).days / 365.25, 1)
    except ValueError:
        return None
