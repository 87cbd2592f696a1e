"""Progestins in men: levels, and suppression as published."""

import numpy as np
import pytest

import hpgaxis as hpg
from tests.pharmacology.test_drugs import levels


def at(sentence, day, measure="testosterone"):
    return hpg.simulate(None, sentence, days=day).at(measure, day)


@pytest.mark.parametrize(
    ("dose", "kept"),
    [(20, 585 / 831), pytest.param(100, 214 / 831, marks=pytest.mark.xfail(strict=True, reason="0.34"))],
)
def test_medroxyprogesterone_lowers_testosterone(dose, kept):
    """47 men, 42 days: 831 to 585 ng/dL on 20 mg a day, 831 to 214 on 100 mg (862 to 251 in all groups)."""
    assert at(f"medroxyprogesterone {dose} mg daily", 42) / at("no treatment", 42) == pytest.approx(kept, abs=0.08)


@pytest.mark.xfail(strict=True, reason="-85 %")
def test_medroxyprogesterone_and_testosterone_lower_sperm():
    """6 men on 20 mg a day with percutaneous testosterone 50-100 mg for a year: sperm concentration -95 %."""
    fall = 1 - at("provera 20 mg daily and testosterone gel 50 mg daily", 364, "sperm_concentration") / at(
        "no treatment", 364, "sperm_concentration"
    )
    assert fall == pytest.approx(0.95, abs=0.05)


def test_levonorgestrel_after_one_tablet():
    """16 women: 0.75 mg peaks at 14.1 (6.7-39) ng/mL after 1.63 (0.74) h; half-life 24.4 (5.3) h."""
    times, _, found = levels("levonorgestrel 0.75 mg once", 5)
    values = found["levonorgestrel"][1]
    assert 6.7 < values.max() < 39
    assert times[values.argmax()] * 24 == pytest.approx(1.63, abs=0.74)
    late = np.log2(np.interp([1, 3], times, values))
    assert 48 / (late[0] - late[1]) == pytest.approx(24.4, abs=5.3)


def test_levonorgestrel_by_dose():
    """With testosterone 200 mg a month for 6 months: 3 of 5 men below 6 M/mL on 500 ug, none azoospermic on 250 ug."""
    androgen = "testosterone enanthate 200 mg every 4 weeks"
    high, low = (at(f"LNG {dose} ug daily and {androgen}", 179, "sperm_concentration") for dose in (500, 250))
    assert high < 6
    assert 1 < low < at("no treatment", 179, "sperm_concentration")


@pytest.mark.xfail(strict=True, reason="the typical man has 0.8 x 10^6/mL on testosterone alone")
def test_levonorgestrel_hastens_suppression_by_testosterone():
    """Anawalt 1999 (J Androl 20:407): 125 ug with testosterone 100 mg a week suppress sooner and below 1 M/mL."""
    alone, both = (
        hpg.simulate(None, f"testosterone enanthate 100 mg weekly{more}", days=180)
        for more in ("", " and levonorgestrel 125 ug daily")
    )
    assert both.at("sperm_concentration", 90) < alone.at("sperm_concentration", 90)
    assert both.at("sperm_concentration", 180) < 1 < alone.at("sperm_concentration", 180)


def test_norethisterone_after_one_tablet():
    """US label, 29 women: 5 mg of the acetate peak at 26.2 (6.2) ng/mL after 1.83 (0.58) h; area 166.9 (56.3) ng h/mL."""
    times, _, found = levels("norethisterone acetate 5 mg once", 5)
    values = found["norethisterone"][1]
    assert values.max() == pytest.approx(26.19, abs=6.19)
    assert np.trapezoid(values, times) * 24 == pytest.approx(166.9, abs=56.3)


@pytest.mark.xfail(strict=True, reason="figure reached 1.4 M/mL at day 60, as on testosterone alone")
def test_norethisterone_and_testosterone_make_azoospermia():
    """12 of 12 men azoospermic within 2 months on 5 or 10 mg with percutaneous testosterone 250 mg (below 0.1 M/mL)."""
    assert at("NETA 5 mg daily and testosterone gel 250 mg daily", 60, "sperm_concentration") < 0.1


def test_norethisterone_enanthate_over_60_days():
    """15 women (PMID 572279): peak on day 4-15; 63, 26, 11 % of the area in 20-day spans; 1.0 ng/mL on day 60."""
    times, _, found = levels("NET-EN 200 mg once", 60)
    values = found["norethisterone"][1]
    assert 4 <= times[values.argmax()] <= 15
    spans = [
        np.trapezoid(values[(times >= start) & (times <= start + 20)], times[(times >= start) & (times <= start + 20)])
        for start in (0, 20, 40)
    ]
    assert np.array(spans) / sum(spans) == pytest.approx([0.63, 0.26, 0.11], abs=0.08)
    assert values[-1] == pytest.approx(1.0, rel=0.3)


def test_norethisterone_enanthate_and_testosterone_undecanoate():
    """Behre, 320 men: 95.9 % at or below 1 M/mL within 24 weeks; 94.8 % recovered within a year of stopping."""
    result = hpg.simulate(
        None,
        "NET-EN 200 mg every 8 weeks for 3 doses and testosterone undecanoate 1000 mg im every 8 weeks for 3 doses",
        days=168 + 365,
    )
    assert result.at("sperm_concentration", 168) <= 1
    assert result.at("sperm_concentration", 168 + 364) > 15
