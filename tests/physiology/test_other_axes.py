"""Thyroid, adrenal, prolactin, body and safety: each at rest at the typical man, each moving the way it is published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.physiology import adrenal, body, prolactin, safety, thyroid
from hpgaxis.physiology.parameters import parameters

P = parameters()
SIGNAL = st.floats(0.01, 10)


def test_every_effect_is_1_at_the_typical_man():
    for effect in (thyroid.thyrotropin, thyroid.shbg_effect, thyroid.gnrh_effect, thyroid.leydig_effect):
        assert effect(1.0, P) == pytest.approx(1)
    assert thyroid.semen_window(1.0, P.thyroid_motility_harm, P) == pytest.approx(1)
    assert thyroid.thyroxine_secretion(1.0, 0.0, P) == pytest.approx(1)
    for effect in (
        adrenal.pulse_frequency_effect,
        adrenal.pulse_mass_effect,
        adrenal.leydig_effect,
        adrenal.shbg_effect,
    ):
        assert effect(1.0, P) == pytest.approx(1)
    assert adrenal.corticotropin(1.0, 0.0, P) == pytest.approx(1)
    assert adrenal.cortisol_secretion(1.0, P) == pytest.approx(1)
    assert prolactin.secretion(1.0, 0.0, 0.0, P) == pytest.approx(1)
    assert prolactin.pulse_frequency_effect(1.0, P) == pytest.approx(1)
    assert safety.hematocrit(1.0, 30, P) == pytest.approx(1)
    assert safety.hdl(1.0, 0.0, 1.0, P) == pytest.approx(1)
    assert safety.ldl(1.0, P) == pytest.approx(1)
    assert safety.bone_density(1.0, 1.0, P.spine_estrogen_share, P.spine_androgen_share, P) == pytest.approx(1)
    assert safety.desire(1.0, 1.0, P.libido_androgen_share, P.libido_estrogen_share, P) == pytest.approx(100)
    assert safety.psa(1.0, 30, P) == pytest.approx(1)
    assert safety.breast_stimulus(1.0, 1.0, P) == pytest.approx(1)
    assert body.lean_mass(1.0, P) == pytest.approx(100)


def test_tsh_rises_tens_of_times_as_free_thyroxine_falls_to_a_third():
    """Spencer 1990: the relation is log-linear, so that small falls of free thyroxine raise TSH many times."""
    assert 10 < thyroid.thyrotropin(1 / 3, P) < 100
    assert thyroid.thyrotropin(2.0, P) < 0.1


@given(SIGNAL)
def test_more_cortisol_never_quickens_the_pulses(exposure):
    assert adrenal.pulse_frequency_effect(exposure * 1.1, P) <= adrenal.pulse_frequency_effect(exposure, P)


@given(SIGNAL, st.floats(0, 10))
def test_a_dopamine_agonist_only_lowers_prolactin(thyroxine, agonist):
    assert prolactin.secretion(thyroxine, agonist + 0.1, 0.0, P) < prolactin.secretion(thyroxine, agonist, 0.0, P)


@given(SIGNAL, SIGNAL)
def test_bone_gains_from_either_steroid_and_is_never_negative(estrogen, androgen):
    shares = (P.spine_estrogen_share, P.spine_androgen_share)
    level = safety.bone_density(estrogen, androgen, *shares, P)
    assert 0 < level < safety.bone_density(1.1 * estrogen, androgen, *shares, P)
    assert level < safety.bone_density(estrogen, 1.1 * androgen, *shares, P)


def test_lost_weight_lowers_the_body_mass_index_by_its_share():
    """10 % lost is start over present weight minus 1 = 1/9."""
    assert body.body_mass_index(40.0, 1 / 9) == pytest.approx(36)


@given(SIGNAL, st.floats(0, 10))
def test_a_dopamine_antagonist_only_raises_prolactin(thyroxine, antagonist):
    assert prolactin.secretion(thyroxine, 0.0, antagonist + 0.1, P) > prolactin.secretion(thyroxine, 0.0, antagonist, P)


def test_free_cortisol_of_the_published_example():
    """Coolens 1987: about 4 to 6 % of total cortisol is free; the globulin is full near 25 ug/dL (690 nmol/L)."""
    assert 0.04 <= adrenal.free_cortisol(300, P) / 300 <= 0.08
    assert adrenal.free_cortisol(900, P) / adrenal.free_cortisol(300, P) > 5


@given(st.floats(1, 3000))
def test_free_cortisol_solves_mass_action(total):
    free = adrenal.free_cortisol(total, P)
    bound = P.cbg * P.cbg_affinity_cortisol * free / (1 + P.cbg_affinity_cortisol * free)
    assert free * (1 + P.albumin_binding_cortisol) + bound == pytest.approx(total, rel=1e-8)


@given(st.floats(1, 1e4))
def test_pulses_of_gnrh_never_cease_under_glucocorticoids(exposure):
    """MacAdams 1986: testosterone on chronic glucocorticoids is half of normal, not castrate, whatever the dose."""
    assert P.frequency_cortisol_floor <= adrenal.pulse_frequency_effect(exposure, P) <= 1
    assert adrenal.pulse_frequency_effect(1e4, P) == pytest.approx(P.frequency_cortisol_floor, rel=0.01)
