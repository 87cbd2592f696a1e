"""Testosterone of men castrated by drugs, as mass spectrometry measures it."""

import pytest

import hpgaxis as hpg


@pytest.mark.parametrize("age", [30, 73])
@pytest.mark.parametrize(
    "sentence",
    ["leuprolide 7.5 mg every 28 days", "degarelix 240 mg once and degarelix 80 mg every 28 days from day 28"],
)
def test_castrate_level(sentence, age):
    """Smith 2007: 13 (SE 1) ng/dL on leuprolide; Spitz 2012: 15.9; degarelix for a year: median 8.7 (6 to 15)."""
    result = hpg.simulate(hpg.Patient(age=age), sentence, days=168)
    assert 8 <= result.at("testosterone", 168) <= 20
