"""Surveys beside virtual men: whose medians and correlations are compared, and that those observed are the data's."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

from hpgaxis.evidence.individuals import CrossSection, packaged_individuals
from hpgaxis.validation import cross_sections
from hpgaxis.validation.cross_sections import EACH, class_text, compare_cross_section, virtual_men


@cache
def shipped():
    (survey,) = packaged_individuals().cross_sections
    return compare_cross_section(survey)


def observed_medians(by):
    rows = [row for row in shipped().medians if row["by"] == by]
    return {
        text: tuple(row["observed"] for row in rows if class_text(row) == text)
        for text in dict.fromkeys(map(class_text, rows))
    }


@pytest.mark.parametrize(
    ("by", "men", "medians"),
    [
        ("bmi", "BMI 18 to 25", (497, 22.6, 39.2)),
        ("bmi", "BMI 25 to 30", (405, 22.5, 31.0)),
        ("bmi", "BMI 30 to 35", (350, 24.0, 27.6)),
        ("bmi", "BMI 35 to 40", (331, 25.2, 29.4)),
        ("bmi", "BMI 40 and more", (290, 29.9, 27.7)),
        ("age", "18 to 30 years", (468, 24.3, 28.3)),
        ("age", "40 to 50 years", (381, 22.8, 34.0)),
        ("age", "60 to 70 years", (382, 24.3, 46.9)),
    ],
)
def test_the_observed_medians_are_those_of_the_data(by, men, medians):
    """As a description of the data counted them, independently of this package: to three digits."""
    assert observed_medians(by)[men] == pytest.approx(medians, rel=0.003)


def test_the_observed_correlations_are_those_of_the_data():
    """Rank correlations of all men; those of men without the tails are not far from them."""
    (survey,) = packaged_individuals().cross_sections
    for row in shipped().correlations:
        a, b = (survey.values[name] for name in row["between"])
        everyone = spearmanr(a, b)[0]
        assert row["observed"] == pytest.approx(everyone, abs=0.03)
        assert row["men"] < len(survey)
    assert ["bmi", "age"] not in [row["between"] for row in shipped().correlations]


def test_virtual_men_have_the_ages_and_body_mass_of_the_men():
    (survey,) = packaged_individuals().cross_sections
    few = CrossSection("few", {name: column[:30] for name, column in survey.values.items()}, survey.labs)
    done = []
    virtual, redrawn = virtual_men(few, seed=3, model=None, callback=done.append)
    assert virtual["age"].tolist() == np.repeat(few.values["age"], EACH).tolist()
    assert virtual["bmi"].tolist() == np.repeat(few.values["bmi"], EACH).tolist()
    assert (done, redrawn) == ([30], 0)
    again, _ = virtual_men(few, seed=3, model=None)
    assert (virtual["testosterone"] == again["testosterone"]).all()


def test_men_beyond_the_limits_of_virtual_men_count_in_their_own_class():
    values = {"age": np.full(20, 95.0), "bmi": np.full(20, 67.0), "testosterone": np.linspace(200, 400, 20)}
    old = compare_cross_section(CrossSection("old", values, ("testosterone",)))
    assert not old.medians
    heavy = compare_cross_section(CrossSection("heavy", values | {"age": np.full(20, 40.0)}, ("testosterone",)))
    assert [class_text(row) for row in heavy.medians] == ["BMI 40 and more", "40 to 50 years"]
    assert heavy.medians[0]["observed"] == 300


def test_labs_that_men_lack_and_labs_that_the_model_lacks():
    some = np.where(np.arange(60) < 30, np.nan, 25.0 + np.arange(60) % 7)
    values = {"age": np.full(60, 40.0), "bmi": np.full(60, 27.0), "estradiol": some, "ferritin": np.full(60, 90.0)}
    found = compare_cross_section(CrossSection("some", values, ("estradiol", "ferritin")))
    assert {(row["measure"], row["men"]) for row in found.medians} == {("estradiol", 30)}
    assert found.unused == ("ferritin",)
    assert found.correlations == [], "age and body mass index are the same in all"


def test_small_classes_are_not_compared(monkeypatch):
    monkeypatch.setattr(cross_sections, "FEWEST", 61)
    values = {"age": np.full(60, 40.0), "bmi": np.full(60, 27.0), "shbg": np.linspace(20, 60, 60)}
    found = compare_cross_section(CrossSection("few", values, ("shbg",)))
    assert found.medians == found.correlations == []
