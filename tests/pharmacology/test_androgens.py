"""Androgens: levels, and suppression as published."""

import numpy as np
import pytest

import hpgaxis as hpg
from tests.pharmacology.test_drugs import levels

NG_PER_DL = 28.842
"""Testosterone, ng/dL per nmol/L."""


def average(sentence, diagnosis, measure="testosterone", day=14):
    """Average over the day after `day`."""
    days = np.linspace(day, day + 1, 97).tolist()
    result = hpg.simulate(hpg.Patient(diagnosis=diagnosis), sentence, days=day + 1, t_eval=[0.0, *days])
    return np.mean([result.at(measure, when) for when in days])


@pytest.mark.parametrize("diagnosis", ["secondary_hypogonadism", "hypogonadotropic_hypogonadism"])
def test_buccal_testosterone(diagnosis):
    """PMID 15140340, 26 men on 30 mg twice daily for 14 days: testosterone 16.7 (4.7), DHT 1.9 (1.4) nmol/L."""
    sentence = "striant 30 mg twice daily"
    assert average(sentence, diagnosis) / NG_PER_DL == pytest.approx(16.7, abs=4.7)
    assert average(sentence, diagnosis, "dht") / 29.044 == pytest.approx(1.9, abs=1.4)


def test_axillary_testosterone():
    """Wang 2011 (Clin Endocrinol): 76 % of hypogonadal men on 60 mg a day average 300-1050 ng/dL on day 15."""
    assert 300 < average("testosterone solution 60 mg daily", "secondary_hypogonadism") < 1050


def test_testosterone_propionate_lasts_2_or_3_days():
    """Half-life of the depot about 0.8 days, injected every 2-3 days: little is left after 3 days."""
    days = np.linspace(0, 4, 97).tolist()
    result = hpg.simulate(
        hpg.Patient(diagnosis="hypogonadotropic_hypogonadism"),
        "testosterone propionate 50 mg once",
        days=4,
        t_eval=days,
    )
    rise = np.array([result.at("testosterone", day) for day in days]) - result.at("testosterone", 0)
    assert rise[72] < 0.25 * rise.max()
    assert rise[24] > 0.25 * rise.max()


def test_stanozolol_halves_testosterone():
    """9 men on 10 mg a day for 14 days (PMID 6430603): testosterone -55 %; LH, SHBG and free testosterone fall."""
    result = hpg.simulate(None, "stanozolol 10 mg daily", days=14)
    assert result.at("testosterone", 14) / result.at("testosterone", 0) == pytest.approx(0.45, abs=0.1)
    for measure in ("lh", "shbg", "free_testosterone"):
        assert result.at(measure, 14) < result.at(measure, 0)


@pytest.mark.xfail(strict=True, reason="305 ng/dL on 100 mg, less than twice the 192 on 200 mg")
def test_dimethandrolone_by_dose():
    """Thirumalai 2019 (PMID 30252061), 28 days: marked suppression from 200 mg; 400 mg bring 18 of 19 men below limits.

    The limits are 1.0 IU/L for LH and FSH and 50 ng/dL for testosterone.
    """
    results = [hpg.simulate(None, f"DMAU {dose} mg daily", days=28) for dose in (100, 200, 400)]
    low, middle, high = ({name: result.at(name, 28) for name in ("lh", "fsh", "testosterone")} for result in results)
    assert high["lh"] < 1
    assert high["fsh"] < 1
    assert high["testosterone"] < 50
    assert middle["testosterone"] < 0.5 * results[1].at("testosterone", 0)
    assert low["testosterone"] > 2 * middle["testosterone"]


def test_dimethandrolone_peaks_within_8_hours():
    """Surampudi 2014: peak 4-8 h after a single dose with a high-fat meal."""
    times, _, found = levels("DMAU 200 mg once", 3)
    assert 4 <= times[found["dimethandrolone"][1].argmax()] * 24 <= 8


@pytest.mark.parametrize(
    "sentence", ["trenbolone 50 mg every 2 days", "oxandrolone 40 mg daily", "boldenone 400 mg weekly"]
)
def test_anabolic_steroids_stop_the_axis(sentence):
    """Androgen users have LH and FSH of 0.5 IU/L, against 5.2 and 4.9 in controls (ESA-SRB 2019, 41 current users)."""
    result = hpg.simulate(None, sentence, days=112)
    for hormone in ("lh", "fsh"):
        assert result.at(hormone, 111) < 0.25 * result.at(hormone, 0)
    assert result.at("sperm_concentration", 111) < 0.5 * result.at("sperm_concentration", 0)
