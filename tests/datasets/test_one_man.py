"""One man's course as a person writes it."""

import pytest

from hpgaxis.datasets.course import DataSetError
from hpgaxis.datasets.read import read_data_set

MAN = """
id: A. B.
age: 34
bmi: 31
diagnosis: secondary_hypogonadism
doses:
  - {day: 1, protocol: clomiphene 25 mg daily, until: 91}
  - {day: 100, protocol: hCG 1500 IU sc three times a week and rFSH 150 IU sc three times a week}
labs:
  - {day: 0, testosterone: 265 ng/dL at 8:00 by LC-MS, lh: 3.1, sperm_concentration: "< 0.1"}
  - {day: 90, testosterone: 18 nmol/L, hold: true}
"""


def read(tmp_path, text):
    (tmp_path / "man.yaml").write_text(text)
    return read_data_set(tmp_path / "man.yaml")


def test_a_man_with_doses_and_labs(tmp_path):
    data = read(tmp_path, MAN)
    course = data["A. B."]
    assert (course.age, course.bmi, course.diagnosis) == (34, 31, "secondary_hypogonadism")
    assert [one.drug for one in course.stretches[0].protocol.series] == ["clomiphene", "hcg", "fsh"]
    assert [one.doses for one in course.stretches[0].protocol.series] == [90, None, None]
    first = course.observations[0]
    assert (first.variable, first.hour, first.assay) == ("testosterone", 8, "LC-MS")
    assert [one.censored for one in course.observations] == ["", "", "below", ""]
    assert [one.held for one in course.observations] == [False, False, False, True]
    assert not data.ignored


def test_dates_in_place_of_days(tmp_path):
    text = MAN
    for day, date in (
        ("day: 100", "2026-06-09"),
        ("day: 1,", "2026-03-02"),
        ("day: 0", "2026-03-01"),
        ("day: 90", "2026-05-30"),
    ):
        text = text.replace(day, f"date: {date}" + ("," if day.endswith(",") else ""))
    course = read(tmp_path, text.replace("until: 91", "until: 2026-05-31"))["A. B."]
    assert [one.time for one in course.observations] == pytest.approx([8 / 24, 0, 0, 90], abs=0.34)
    assert course.stretches[0].protocol.series[0].doses == 90


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("age: 34", "age: old", "AGE|age"), ("lh: 3.1", "gold: 3.1", "gold"), ("day: 0", "hour: 0", "expected a day"),
        ("until: 91", "until: 1", "not after"), ("clomiphene", "clomiphen", "clomiphen"), ("hold: true", "hold: 3", "hold"),
        ("bmi: 31", "weight: 90", "unknown field weight"), ("18 nmol/L", "[18]", "expected a number"),
        ("protocol: clomiphene 25 mg daily,", "", "protocol is missing"),
        ("clomiphene 25 mg daily", "clomiphene 25 mg daily; 80 % adherence", "missed doses"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, fault):
    assert old in MAN
    with pytest.raises(DataSetError, match=fault) as told:
        read(tmp_path, MAN.replace(old, new))
    assert "man.yaml" in str(told.value)


@pytest.mark.parametrize(
    ("lab", "hour", "assay"),
    [
        ("265 ng/dL at 8 am", 8, ""), ("265 ng/dL at 16:30 by immunoassay", 16.5, "immunoassay"), ("9.2 nmol/L", None, ""),
        ("< 20 ng/dL by mass spectrometry", None, "mass spectrometry"),
    ],
)  # fmt: skip
def test_labs_are_written_as_in_a_patients_file(tmp_path, lab, hour, assay):
    data = read(tmp_path, f'labs: {{testosterone: "{lab}", free_testosterone: 60 pg/mL calculated}}')
    first, free = sorted(data["1"].observations, key=lambda one: one.variable, reverse=True)
    assert (first.hour, first.assay, free.assay) == (hour, assay, "calculated")
    assert not data.ignored


def test_neither_labs_nor_doses(tmp_path):
    with pytest.raises(DataSetError, match="neither labs nor doses"):
        read(tmp_path, "age: 34")
