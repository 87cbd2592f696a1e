"""Laboratory values with their hour and their assay, as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.measurements.labs import LabError, clock, read, read_sample, read_samples
from hpgaxis.units import convert
from tests.generated import many_cases


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("265 ng/dL", None),
        ("265 ng/dL at 8:00", 8.0),
        ("265 ng/dL at 08:30", 8.5),
        ("265 ng/dL at 8 am", 8.0),
        ("265 ng/dL at 8am", 8.0),
        ("265 ng/dL at 8 h", 8.0),
        ("265 ng/dL at 16 h", 16.0),
        ("265 ng/dL AT 4 PM", 16.0),
        ("265 ng/dL at 12 am", 0.0),
        ("265 ng/dL at 12 pm", 12.0),
        ("265 ng/dL at 0:00", 0.0),
        ("265 ng/dL at 23:59", 23 + 59 / 60),
        ("265 at 8:00", 8.0),
    ],
)
def test_hours_that_are_understood(written, hour):
    sample = read_sample("testosterone", written)
    assert (sample.hour, sample.assay) == (hour, "")
    assert sample.level == pytest.approx(convert(265, "ng/dL", "nmol/L", "testosterone"))


@pytest.mark.parametrize(
    "hour",
    ["24:00", "8:60", "8", "noon", "", "13 am", "0 pm", "-1:00", "8.30", "8:30 am", "8 o'clock", "8:00:00", "²h"],
)
def test_an_hour_that_is_not_understood_is_refused_with_what_would_be_right(hour):
    with pytest.raises(LabError, match=r"testosterone = .*the hour .* is not understood; write 'at 8:00'.* to 23:59"):
        read_sample("testosterone", f"265 ng/dL at {hour}")


@pytest.mark.parametrize(
    ("name", "written", "assay"),
    [
        ("estradiol", "32 pg/mL by immunoassay", "immunoassay"),
        ("estradiol", "32 by Immunoassay", "immunoassay"),
        ("estradiol", "32 pg/mL by LC-MS", "LC-MS"),
        ("estradiol", "32 pg/mL by lc-ms/ms", "LC-MS"),
        ("estradiol", "32 pg/mL by GC-MS", "GC-MS"),
        ("estradiol", "32 pg/mL by mass  spectrometry", "mass spectrometry"),
        ("testosterone", "265 ng/dL direct immunoassay", "immunoassay"),
        ("free_testosterone", "60 pg/mL by dialysis", "dialysis"),
        ("free_testosterone", "60 pg/mL by equilibrium dialysis", "dialysis"),
        ("free_testosterone", "60 pg/mL calculated", "calculated"),
        ("bioavailable_testosterone", "200 ng/dL calculated", "calculated"),
    ],
)
def test_assays_that_are_understood(name, written, assay):
    sample = read_sample(name, written)
    assert (sample.hour, sample.assay) == (None, assay)


def test_hour_and_assay_together():
    sample = read_sample("T", "265 ng/dL at 08:30 by immunoassay")
    assert (sample.name, sample.hour, sample.assay) == ("testosterone", 8.5, "immunoassay")
    assert sample.circumstances == " at 8:30 by immunoassay"


@pytest.mark.parametrize(
    "how", ["by direct immunoassay", "direct immunoassay", "by analogue immunoassay", "by immunoassay"]
)
def test_a_direct_immunoassay_of_free_testosterone_is_refused_with_the_reason(how):
    with pytest.raises(LabError, match=r"does not measure free hormone.*by dialysis or calculated"):
        read_sample("free_testosterone", f"60 pg/mL {how}")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("testosterone", "265 ng/dL by magic"),
        ("testosterone", "265 ng/dL by"),
        ("lh", "3 by dialysis"),
        ("lh", "3 calculated"),
    ],
)
def test_an_assay_that_is_not_known_is_refused_with_those_that_are(name, written):
    with pytest.raises(
        LabError, match=r"the assay .* is not known for (testosterone|lh); there are LC-MS, .*immunoassay$"
    ):
        read_sample(name, written)


@pytest.mark.parametrize(
    "written", ["ng/dL at 8:00", "at 8:00", "by immunoassay", "265 ng/dL 8:00", "1e9 ng/dL at 8:00"]
)
def test_the_level_itself_is_still_checked(written):
    with pytest.raises(LabError, match=r"^testosterone = "):
        read_sample("testosterone", written)


@pytest.mark.parametrize("written", ["450 ng/dL at 8:00", "450 ng/dL by immunoassay"])
def test_a_level_that_is_no_man_s_lab_has_no_hour_and_no_assay(written):
    with pytest.raises(LabError, match="hour and assay belong to the labs of a man"):
        read("testosterone", written)


def test_samples_of_a_patient_s_labs():
    samples = read_samples({"T": "265 ng/dL at 8 h", "lh": 3})
    assert {name: sample.hour for name, sample in samples.items()} == {"testosterone": 8.0, "lh": None}


@many_cases
@given(st.integers(0, 23), st.integers(0, 59))
def test_an_hour_as_it_is_shown_is_read_back(hour, minute):
    shown = clock(hour + minute / 60)
    assert shown == f"{hour}:{minute:02d}"
    assert read_sample("testosterone", f"265 ng/dL at {shown}").hour == pytest.approx(hour + minute / 60)


@many_cases
@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_with_the_lab_s_name(text):
    try:
        read_sample("estradiol", f"32{text}")
    except LabError as error:
        assert str(error).startswith("estradiol = ")
