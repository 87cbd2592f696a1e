"""Men in FHIR R4 and R5."""

import json

import pytest

from hpgaxis.datasets.course import DataSetError
from hpgaxis.datasets.read import read_data_set


def quantity(value, unit, **more):
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit, **more}


def measured(code, value, unit, when, **more):
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p1"}, "effectiveDateTime": when, "valueQuantity": quantity(value, unit, **more),
    }  # fmt: skip


def statement(drug, amount, unit, begin, end=None, **concept):
    period = {"start": begin} | ({"end": end} if end else {})
    return {
        "resourceType": "MedicationStatement", "subject": {"reference": "Patient/p1"}, "effectivePeriod": period,
        **(concept or {"status": "active", "medicationCodeableConcept": {"text": drug}}),
        "dosage": [{
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": quantity(amount, unit)}],
        }],
    }  # fmt: skip


def with_timing(**repeat):
    """A statement whose timing says more than an interval."""
    found = statement("clomiphene", 25, "mg", "2026-01-06")
    found["dosage"][0]["timing"]["repeat"] |= repeat
    return found


def on_a_day(day):
    """A statement that he takes it on a day."""
    found = statement("clomiphene", 25, "mg", day)
    del found["effectivePeriod"]
    return {**found, "effectiveDateTime": day}


GIVEN = {
    "resourceType": "MedicationAdministration", "status": "completed", "subject": {"reference": "Patient/p1"},
    "medicationCodeableConcept": {"text": "testosterone enanthate"}, "effectiveDateTime": "2026-05-01",
    "dosage": {"dose": quantity(200, "mg"), "route": {"text": "Intramuscular route"}},
}  # fmt: skip
GIVEN_R5 = {
    "resourceType": "MedicationAdministration", "status": "completed", "subject": {"reference": "Patient/p1"},
    "medication": {"concept": {"text": "hCG"}}, "occurenceDateTime": "2026-05-01", "dosage": {"dose": quantity(1500, "[IU]")},
}  # fmt: skip
RESOURCES = [
    {"resourceType": "Patient", "id": "p1", "birthDate": "1990-05-02"},
    measured("2986-8", 265, "ng/dL", "2026-01-05T08:10:00+01:00"),
    measured("10501-5", 3.1, "m[IU]/mL", "2026-01-05"),
    measured("15067-2", 0.1, "[IU]/L", "2026-01-05", comparator="<"),
    measured("39156-5", 31, "kg/m2", "2026-01-05"),
    statement("clomiphene", 25, "mg", "2026-01-06", "2026-04-05"),
    statement("", 1, "mg", "2026-02-06", status="recorded", medication={"concept": {"text": "anastrozole"}}),
    {**measured("49041-7", 18, "nmol/L", "2026-04-05"), "method": {"text": "LC-MS/MS"}},
    GIVEN,
    GIVEN_R5,
]
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in RESOURCES]}


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def test_a_bundle_of_r4_and_r5_is_a_man_with_doses_and_labs(tmp_path):
    (tmp_path / "man.json").write_text(json.dumps(BUNDLE))
    data = read_data_set(tmp_path / "man.json")
    course = data["p1"]
    assert not data.ignored
    assert (course.age, course.bmi) == (pytest.approx(35.7), 31)
    assert [(one.variable, one.unit, one.censored) for one in course.observations] == [
        ("lh", "mIU/mL", ""), ("fsh", "IU/L", "below"), ("testosterone", "ng/dL", ""), ("testosterone", "nmol/L", ""),
    ]  # fmt: skip
    assert course.observations[-1].assay == "LC-MS" and course.observations[-1].time == 90
    assert course.observations[2].hour == pytest.approx(8 + 10 / 60)
    given = course.stretches[0].protocol.series
    assert [(one.drug, one.amount, one.doses) for one in given] == [
        ("clomiphene", 25, 90), ("anastrozole", 1, None), ("testosterone_enanthate", 200, 1), ("hcg", 1500, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "fault"),
    [
        (measured("9999-9", 3, "ng/dL", "2026-01-05"), "9999-9"),
        (measured("2986-8", 3, "furlong", "2026-01-05"), "furlong"),
        (measured("2986-8", 99999, "ng/dL", "2026-01-05"), "impossible"),
        (measured("2986-8", 265, "ng/dL", "2026"), "date"),
        ({**measured("2986-8", 265, "ng/dL", "2026-01-05"), "status": "entered-in-error"}, "entered-in-error"),
        ({**measured("2986-8", 265, "ng/dL", "2026-01-05"), "status": None}, "no valid Observation"),
        (statement("unobtainium", 25, "mg", "2026-01-06"), "unobtainium"),
        (with_timing(count=10), "count"), (with_timing(boundsPeriod={"end": "2026-02-01"}), "boundsPeriod"),
        ({**statement("clomiphene", 25, "mg", "2026-01-06"), "status": "draft"}, "draft"),
        ({**GIVEN, "dosage": {"text": "one"}}, "dosage|valid"), ({**GIVEN, "status": "stopped"}, "how much"),
        ({**statement("clomiphene", 25, "mg", "2026-01-06"), "status": "stopped"}, "effectivePeriod.end"),
        ({**statement("clomiphene", 25, "mg", "2026-01-06"), "status": "completed"}, "effectivePeriod.end"),
        (on_a_day("2026-01-06"), "effectiveDateTime says one day"),
        ({"resourceType": "Condition", "subject": {"reference": "Patient/p1"}}, "Condition"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named_with_its_resource(resource, fault):
    data = read_data_set(bundle(measured("10501-5", 3.1, "[IU]/L", "2026-01-05"), resource))
    (ignored,) = data.ignored
    assert ignored.number == 2
    import re

    assert re.search(fault, ignored.ignored)
    assert len(data["p1"].observations) == 1


def test_doses_that_were_stopped_were_taken_until_then():
    stopped = {**statement("clomiphene", 25, "mg", "2026-01-06", "2026-04-05"), "status": "stopped"}
    course = read_data_set(bundle(measured("10501-5", 3.1, "[IU]/L", "2026-01-05"), stopped))["p1"]
    (given,) = course.stretches[0].protocol.series
    assert (given.drug, given.doses) == ("clomiphene", 90)


def test_a_unit_is_never_left_out():
    one = measured("2986-8", 265, "ng/dL", "2026-01-05")
    del one["valueQuantity"]["code"], one["valueQuantity"]["unit"]
    with pytest.raises(DataSetError, match="no unit"):
        read_data_set(one)


def test_nothing_that_can_be_read_is_an_error():
    with pytest.raises(DataSetError, match="Condition"):
        read_data_set({"resourceType": "Condition"})
    with pytest.raises(DataSetError, match="no resource"):
        read_data_set({"resourceType": "Bundle", "type": "collection"})
