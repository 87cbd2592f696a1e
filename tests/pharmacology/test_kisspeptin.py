"""Kisspeptin-54 and kisspeptin-10: kinetics, and the answer of healthy men and of men without GnRH, as published."""

import numpy as np
import pytest

import hpgaxis as hpg
from tests.pharmacology.test_drugs import levels

DHILLO = (
    "kisspeptin-54 0.703 ug/kg iv once over 30 min and kisspeptin-54 0.703 ug/kg iv once over 60 min from day 0.0208333"
)
"""4 pmol/kg/min for 30 min, then half of it for 60 min (Dhillo 2005); 5857 g/mol."""
BOLUS = "kisspeptin-54 37.5 ug/kg iv once"
"""6.4 nmol/kg."""
HOURS = np.linspace(1e-3, 22.5 / 24, 91)


def run(sentence, times, man=None):
    return hpg.simulate(man, sentence, days=float(max(times)), t_eval=[0.0, *(float(time) for time in times)])


def fold(result, measure):
    return result[measure] / result[measure][0]


def within_two_errors(value, error, published, baseline):
    """Whether a fold change lies within two standard errors of the published level over its baseline."""
    return abs(value - published / baseline) < 2 * error / baseline


def test_level_of_kisspeptin_54_after_a_bolus():
    """Dhillo 2005, 6 men: volume of distribution 128.9 mL/kg, half-life 27.6 (SE 1.1) min."""
    times, _, found = levels(BOLUS, 2 / 24)
    values = found["kisspeptin_54"][1]
    assert 37.5 / values[1] * 1000 == pytest.approx(128.9, rel=0.1)
    half = times[1] + 27.6 / 1440
    assert np.interp(half, times, values) == pytest.approx(values[1] / 2, rel=0.02)


def test_lh_and_fsh_on_kisspeptin_54():
    """Dhillo 2005, 6 men at 90 min: LH 10.8 (SE 1.5) against 4.2 on saline, FSH 3.9 (0.7) against 3.2 IU/L."""
    result = run(DHILLO, [90 / 1440])
    assert within_two_errors(fold(result, "lh")[1], 1.5, 10.8, 4.2)
    assert within_two_errors(fold(result, "fsh")[1], 0.7, 3.9, 3.2)


def test_testosterone_on_kisspeptin_54():
    """Dhillo 2005, 6 men at 180 min: testosterone 24.9 (SE 1.7) against 21.7 nmol/L on saline."""
    assert within_two_errors(fold(run(DHILLO, [180 / 1440]), "testosterone")[1], 1.7, 24.9, 21.7)


@pytest.mark.parametrize(("rate", "before", "during", "error"), [(1.5, 5.2, 14.1, 1.7), (4, 5.4, 20.8, 4.9)])
def test_mean_lh_during_kisspeptin_10(rate, before, during, error):
    """George 2011 (J Clin Endocrinol Metab 96:E1228), 4 men each: mean LH (SE) before and during the infusion."""
    result = run(f"kisspeptin-10 {rate} ug/kg/h iv infusion for 1 day", HOURS)
    assert within_two_errors(fold(result, "lh")[1:].mean(), error, during, before)


def test_testosterone_and_pulses_during_kisspeptin_10():
    """George 2011: testosterone 16.6 to 24.0 (SE 2.5) nmol/L on 4 ug/kg/h; LH pulses 0.7 to 1.0 (0.2) an hour on 1.5."""
    result = run("kisspeptin-10 4 ug/kg/h iv infusion for 1 day", HOURS)
    assert within_two_errors(fold(result, "testosterone")[-1], 2.5, 24.0, 16.6)
    result = run("kisspeptin-10 1.5 ug/kg/h iv infusion for 1 day", HOURS)
    pulses = result["gnrh_pulses_per_day"] / 24
    assert within_two_errors(pulses[1:].mean() / pulses[0], 0.2, 1.0, 0.7)


@pytest.mark.xfail(strict=True, reason="2.33 IU/L on day 5, day 1 as published")
def test_days_of_kisspeptin_10_under_the_skin():
    """180 nmol/h (234 ug/h) for 5 days, 4 healthy men, 8-h means (excelmale.com): LH up by 4.11 (SE 0.68) IU/L on day 1
    and by 1.65 (0.32) on day 5; FSH by 0.84 (0.27) on day 1."""
    hours = np.linspace(0.01, 8 / 24, 41)
    result = run("kisspeptin-10 234 ug/h sc infusion for 5 days", [*hours, *(4 + hours)])
    rise = result["lh"] - result["lh"][0]
    assert rise[1:42].mean() == pytest.approx(4.11, abs=2 * 0.68)
    assert rise[42:].mean() == pytest.approx(1.65, abs=2 * 0.32)
    assert (result["fsh"] - result["fsh"][0])[1:42].mean() == pytest.approx(0.84, abs=2 * 0.27)


@pytest.mark.xfail(strict=True, reason="figure reached 1.8: the burst of GnRH outlasts and exceeds the peptide's level")
def test_lh_after_a_bolus_of_kisspeptin_10():
    """George 2011, 6 men: LH 4.1 to 12.4 (SE 1.7) IU/L 30 min after 1 ug/kg."""
    assert within_two_errors(fold(run("kisspeptin-10 1 ug/kg iv once", [30 / 1440]), "lh")[1], 1.7, 12.4, 4.1)


@pytest.mark.xfail(strict=True, reason="figures reached: a peak at 4 h and a fall by 68 %, all of it by testosterone")
def test_lh_during_a_day_of_much_kisspeptin_10():
    """Three men on 12.5 ug/kg/h (titratelab.com/research/pubmed/42230485): LH peaks at 12-20 h and falls by 13-47 %
    until 24 h."""
    hours = np.linspace(0.01, 1, 97)
    result = run("kisspeptin-10 12.5 ug/kg/h iv infusion for 1 day", hours)
    lh = result["lh"]
    assert 12 <= 24 * result.time[lh.argmax()] <= 20
    assert 0.13 <= 1 - lh[-1] / lh.max() <= 0.47


def rise_after_bolus(man=None):
    result = run(BOLUS, np.linspace(1e-3, 0.25, 97), man)
    return result["lh"].max() - result["lh"][0]


def test_men_without_gnrh_do_not_answer_kisspeptin():
    """Kisspeptin-54 6.4 nmol/kg iv: LH rises by less than 2.0 IU/L in all of 21 men with congenital hypogonadotropic
    hypogonadism and by more than 4.0 in all of 21 healthy men (discovery.researcher.life c6d8288d7cfc)."""
    assert rise_after_bolus(hpg.Patient(diagnosis="hypogonadotropic_hypogonadism")) < 2.0
    assert rise_after_bolus() > 4.0


@pytest.mark.xfail(strict=True, reason="figure reached 25 IU/L")
def test_rise_of_lh_after_kisspeptin_54_in_healthy_men():
    """The same study: maximal rise of LH 12.5 IU/L in healthy men; no spread printed, a fourth either way."""
    assert rise_after_bolus() == pytest.approx(12.5, rel=0.25)
