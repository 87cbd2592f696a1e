"""5-alpha-reductase inhibitors, blockers of the androgen receptor and opioids, each against its study."""

import pytest

import hpgaxis as hpg


def change(result, name, day):
    """Per cent of the start."""
    return 100 * (result.at(name, day) / result.at(name, 0) - 1)


@pytest.mark.parametrize(
    ("dose", "least", "most"), [("0.05", -40, -60), ("0.2", -60, -75), ("1", -65, -78), ("5", -66, -80)]
)
def test_finasteride_lowers_dht_to_a_plateau(dose, least, most):
    """Drake 1999: serum DHT -49.5, -68.6, -71.4 and -72.2 % after 42 days of 0.05, 0.2, 1 and 5 mg."""
    result = hpg.simulate(None, f"finasteride {dose} mg daily", days=42)
    assert most <= change(result, "dht", 42) <= least


def test_dht_stays_low_for_days_after_finasteride_and_is_back_within_two_weeks():
    """Stercia label: -65 % a day after 1 mg, the enzyme's complex outlasts the drug; Proscar label: back in 14 days."""
    result = hpg.simulate(None, "finasteride 5 mg daily for 60 days", days=90)
    assert change(result, "dht", 61) < -55
    assert change(result, "dht", 74) > -15


def test_dutasteride_blocks_both_types():
    """Clark 2004: serum DHT -94.7 % on 0.5 mg, -98.4 % on 5 mg at 24 weeks; label: -90 % after two weeks."""
    result = hpg.simulate(None, "dutasteride 0.5 mg daily", days=168)
    assert change(result, "dht", 168) == pytest.approx(-94.7, abs=2)
    assert change(result, "dht", 14) == pytest.approx(-90, abs=10)
    assert change(hpg.simulate(None, "dutasteride 5 mg daily", days=168), "dht", 168) < -97


@pytest.mark.parametrize(
    ("sentence", "published"), [("finasteride 5 mg daily", -21), ("dutasteride 0.5 mg daily", -24)]
)
def test_semen_volume_falls_by_a_fifth(sentence, published):
    """Amory 2007: -21 % on finasteride, -24 % on dutasteride at 26 weeks."""
    result = hpg.simulate(None, sentence, days=182)
    assert change(result, "semen_volume", 182) == pytest.approx(published, abs=6)


@pytest.mark.xfail(strict=True, reason="0 %: testicular DHT has no effect on sperm in the model")
def test_total_sperm_fall_on_5_alpha_reductase_inhibitors():
    """Amory 2007: total sperm -34 % on finasteride, -29 % on dutasteride at 26 weeks, of which volume is 21 to 24 %."""
    result = hpg.simulate(None, "finasteride 5 mg daily", days=182)
    assert -45 <= change(result, "sperm_total", 182) <= -15


@pytest.mark.xfail(strict=True, reason="2 %: 5-alpha-reduction is a small part of the clearance of testosterone")
def test_testosterone_rises_as_it_is_no_longer_reduced():
    """Proscar label: testosterone +10 to +20 % on 5 mg; Avodart label: +19 % (median)."""
    assert 8 <= change(hpg.simulate(None, "finasteride 5 mg daily", days=182), "testosterone", 182) <= 22


def test_bicalutamide_alone_raises_testosterone_within_the_usual_range_and_enlarges_the_breast():
    """Reviews of monotherapy: testosterone up by up to 80 %, most men within the usual range; breast growth in most."""
    result = hpg.simulate(hpg.Patient(age=65), "bicalutamide 150 mg daily", days=182)
    assert 20 <= change(result, "testosterone", 182) <= 80
    assert result.at("testosterone", 182) < 1000
    assert result.at("lh", 182) > result.at("lh", 0)
    assert result.at("gynecomastia_risk", 182) > 50
    assert change(result, "psa", 182) < -50


@pytest.mark.parametrize("dose", [100, 400])
def test_spironolactone_leaves_hormones_alone(dose):
    """Caminos-Torres 1977: LH, FSH, testosterone and estradiol unchanged in 4 weeks of 100 and of 400 mg."""
    result = hpg.simulate(None, f"spironolactone {dose} mg daily", days=28)
    for name in ("lh", "fsh", "testosterone", "estradiol"):
        assert abs(change(result, name, 28)) < 15


@pytest.mark.xfail(strict=True, reason="6, 11 and 25 %: more blockade would raise testosterone, which it does not")
def test_spironolactone_enlarges_the_breast_by_dose():
    """Huffman 1978: 30 % of men on 100 mg, 62 % on 200 mg by 10 months; Caminos-Torres 1977: 6 of 9 on 400 mg."""
    risks = [
        hpg.simulate(None, f"spironolactone {dose} mg daily", days=300).at("gynecomastia_risk", 300)
        for dose in (100, 200, 400)
    ]
    assert risks == sorted(risks)
    assert 10 <= risks[0] <= 55
    assert 35 <= risks[1] <= 85


def test_methadone_lowers_testosterone():
    """Bliesener 2005: 2.8 ng/mL on high-dose methadone, 5.1 in healthy donors; Bawor 2015: 165 ng/dL less (84-245)."""
    result = hpg.simulate(None, "methadone 80 mg daily", days=90)
    fall = result.at("testosterone", 0) - result.at("testosterone", 90)
    assert 84 <= fall <= 245
    assert result.at("lh", 90) < result.at("lh", 0)
