"""Dopamine antagonists and buprenorphine: prolactin and testosterone as published."""

import numpy as np
import pytest

import hpgaxis as hpg


def missed(*row, reached):
    """A row whose published figure the model does not reach."""
    return pytest.param(*row, marks=pytest.mark.xfail(strict=True, reason=f"the model reaches {reached}"))


PROLACTIN = [
    # sentence, day, published (ug/L), low, high, citation
    ("haloperidol 5 mg daily", 28, 16, 12, 20, "Van Putten 1991, J Clin Psychopharmacol 11:357, 73 men, no spread printed"),
    ("haloperidol 10 mg daily", 28, 32, 24, 40, "Van Putten 1991"),
    ("haloperidol 20 mg daily", 28, 34, 25.5, 42.5, "Van Putten 1991"),
    ("risperidone 3 mg daily", 90, 27.5, 14.4, 40.6,
     "Tasaki 2021, PMC8411320: 27.5 (SD 13.1) in 94 men on risperidone or paliperidone, doses not in the abstract"),
    ("domperidone 10 mg three times daily", 14, 6 * 8, 0.75 * 6 * 8, 1.25 * 6 * 8,
     "Brouwers 1980, Clin Endocrinol 12:435: 6 times the basal level (8) after prolonged treatment, both sexes"),
    missed("metoclopramide 10 mg three times daily", 14, 15 * 8, 0.75 * 15 * 8, 1.25 * 15 * 8,
           "Brouwers 1980: 15 times the basal level after prolonged treatment, both sexes",
           reached="28: at most 7 times the basal level without dopamine"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "day", "value", "low", "high", "source"), PROLACTIN)
def test_prolactin(sentence, day, value, low, high, source):
    """The published level and its source are in the row; a mean over the day before `day`."""
    times = np.linspace(day - 1, day, 25)
    result = hpg.simulate(None, sentence, days=day, t_eval=[0.0, *(float(time) for time in times)])
    assert low < value < high, source
    assert low < result["prolactin"][1:].mean() < high, source


def peak_after(sentence):
    times = np.linspace(1e-3, 0.5, 241)
    result = hpg.simulate(None, sentence, days=0.5, t_eval=[0.0, *(float(time) for time in times)])
    prolactin = result["prolactin"]
    return prolactin.max(), 24 * result.time[prolactin.argmax()]


def test_peak_of_prolactin_after_metoclopramide_by_mouth():
    """Healy 1977 (Clin Endocrinol 7:195), 4 men: 27.8 (25.6-30.3) ng/mL after 20 mg."""
    assert 25.6 < peak_after("metoclopramide 20 mg once")[0] < 30.3


@pytest.mark.xfail(strict=True, reason="figure reached 2.3 h: the drug stays above its constant for hours")
def test_time_of_the_peak_after_metoclopramide():
    """Healy 1977: prolactin peaks 60-90 min after any dose by mouth."""
    assert 1 <= peak_after("metoclopramide 20 mg once")[1] <= 1.5


@pytest.mark.xfail(
    strict=True, reason="figure reached 19 ng/mL half an hour after 10 mg: no store that is released at once"
)
def test_prolactin_after_intravenous_metoclopramide():
    """scilit.net 0fd5712066cd, 7 men: 59 (5.8) ug/L 30 min after 10 mg iv; two of the printed deviations."""
    result = hpg.simulate(None, "metoclopramide 10 mg iv once", days=1, t_eval=[0.0, 0.5 / 24, 1.0])
    assert 59 - 11.6 < result["prolactin"][1] < 59 + 11.6


def test_metoclopramide_lowers_testosterone_while_prolactin_is_high():
    """scilit.com 1add8741b1cc, healthy young men: 10 mg four times a day for 3 days raises prolactin and lowers
    testosterone."""
    result = hpg.simulate(None, "metoclopramide 10 mg four times daily for 3 days", days=17)
    assert result.at("prolactin", 3) > 2 * result.at("prolactin", 0)
    assert result.at("testosterone", 3) < result.at("testosterone", 0)
    assert result.at("prolactin", 17) == pytest.approx(result.at("prolactin", 0), rel=0.05)


@pytest.fixture(scope="module")
def testosterone():
    """Testosterone (ng/mL) after half a year on an opioid, by sentence."""
    sentences = ("buprenorphine 12 mg daily", "methadone 100 mg daily")
    return {s: hpg.simulate(None, s, days=180).at("testosterone", 179.5) / 100 for s in sentences}


def test_testosterone_on_buprenorphine(testosterone):
    """Bliesener 2005 (J Clin Endocrinol Metab 90:203), 17 men: 5.1 (SD 1.2) ng/mL, not different from healthy men."""
    untreated = hpg.simulate(None, "no treatment", days=1).at("testosterone", 0) / 100
    found = testosterone["buprenorphine 12 mg daily"]
    assert 5.1 - 1.2 < found < 5.1 + 1.2
    assert 0.9 * untreated < found < untreated


def test_testosterone_on_methadone(testosterone):
    """Bliesener 2005, 37 men on high doses: 2.8 (SD 1.2) ng/mL."""
    assert 2.8 - 1.2 < testosterone["methadone 100 mg daily"] < 2.8 + 1.2


@pytest.mark.xfail(
    strict=True, reason="figure reached 1.1 ng/mL on 100 mg of methadone; the doses are not in the abstract"
)
def test_buprenorphine_spares_testosterone_against_methadone(testosterone):
    """Bliesener 2005: 5.1 (SD 1.2, 17 men) against 2.8 ng/mL (1.2, 37 men), a difference of 2.3 (SE 0.35)."""
    difference = testosterone["buprenorphine 12 mg daily"] - testosterone["methadone 100 mg daily"]
    assert difference == pytest.approx(2.3, abs=2 * 0.35)


def test_lh_on_buprenorphine():
    """Hallinan 2009 (Int J Androl 32:131), 19 men: LH and free testosterone below those of men of their age."""
    result = hpg.simulate(None, "buprenorphine 16 mg daily", days=180)
    for measure in ("lh", "free_testosterone"):
        assert result.at(measure, 180) < result.at(measure, 0)
