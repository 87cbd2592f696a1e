"""Properties of the organs' equations, each at the typical man's baseline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.people.patient import phenotypes
from hpgaxis.physiology import hypothalamus, leydig, pituitary, response, semen, sertoli, spermatogenesis, steroids
from hpgaxis.physiology.parameters import catalogue, parameters

P = parameters()
POSITIVE = st.floats(1e-3, 1e3)


@given(POSITIVE, st.integers(1, 6))
def test_shapes_pass_through_baseline(constant, exponent):
    assert response.saturating(1.0, constant, exponent) == pytest.approx(1.0)
    assert response.restraint(1.0, constant, exponent) == pytest.approx(1.0)
    assert response.saturating(0.0, constant, exponent) == 0
    assert response.restraint(0.0, constant, exponent) == pytest.approx(1 + constant)


@given(st.floats(0.1, 200), st.floats(1, 200))
def test_free_testosterone_solves_mass_action(total, shbg):
    """Vermeulen 1999: total = free + albumin-bound + SHBG-bound."""
    free = steroids.free_testosterone(total, shbg, P)
    k = P.shbg_affinity_testosterone
    bound = steroids.bioavailable_testosterone(free, P) + shbg * k * free / (1 + k * free)
    assert bound == pytest.approx(total, rel=1e-9)


def test_free_testosterone_of_the_published_example():
    """Vermeulen 1999: about 2 % of total is free in a normal man (T 17.5, SHBG 33, albumin 43 g/L)."""
    assert 0.015 <= steroids.free_testosterone(17.5, 33, P) / 17.5 <= 0.025


def test_competitive_inhibitors_are_weak_where_substrate_abounds():
    """Same inhibitor, less inhibition at intratesticular than at tissue substrate (Rubinow 2016 against intact men)."""
    inhibitor = 30.0
    testis = leydig.testicular_aromatisation(P.intratesticular_testosterone_reference, inhibitor, P)
    assert testis > 3 / (1 + inhibitor)


@given(st.floats(0.01, 0.99))
def test_peaks_inhibit_less_than_a_steady_level_of_the_same_mean(swing):
    """Veldhuis 2019: pulses of testosterone inhibit LH no more than a continuous infusion of a lower mean."""
    peak, trough = (hypothalamus.feedback_signal(level, P) for level in (1 + swing, 1 - swing))
    assert (peak + trough) / 2 < hypothalamus.feedback_signal(1.0, P) == 1


@given(st.floats(0, 10), st.floats(0, 10))
def test_more_steroid_over_weeks_slows_pulses(one, other):
    low, high = sorted((one, other))
    fast, slow = (hypothalamus.pulse_frequency(1.0, 1.0, exposure, P) for exposure in (low, high))
    assert slow <= fast
    assert hypothalamus.pulse_frequency(1.0, 1.0, 1.0, P) == pytest.approx(1)
    assert hypothalamus.pulse_frequency(1.0, 1.0, 2.0, P) < 0.1  # Handelsman 1992: twice normal abolishes LH


@given(st.floats(1e-3, 50))
def test_lyase_returns_where_enzymes_have_followed(stimulation):
    """No published dose-response of hCG turns down in the long run."""
    assert leydig.lyase_activity(stimulation, stimulation, P) == pytest.approx(1)
    assert leydig.lyase_activity(2 * stimulation + 1, stimulation, P) < 1


@given(st.floats(15, 60))
def test_gnrh_is_spared_below_severe_obesity(bmi):
    """Lima 2000: LH normal at 32 kg/m2, lower at 43."""
    effect = hypothalamus.obesity_effect(bmi, P)
    assert effect > 0.95 if bmi < 33 else effect < 1
    assert hypothalamus.obesity_effect(24.0, P) == 1


def test_the_daily_rhythm_fades_with_age():
    """Brambilla 2009: a fall of 20-25 % from 8:00 to 16:00 at 30-40 years, of 10 % at 70."""
    assert leydig.rhythm_of_age(30.0, P) == pytest.approx(1)
    assert leydig.rhythm_of_age(70.0, P) / leydig.rhythm_of_age(35.0, P) == pytest.approx(0.1 / 0.225, abs=0.08)


@given(st.floats(0, 5), st.floats(0, 2))
def test_inhibin_b_is_positive_and_normal_at_baseline(fsh, filled):
    assert sertoli.inhibin_b(fsh, 1.0, 1.0, filled, P) > 0
    assert sertoli.inhibin_b(1.0, 1.0, 1.0, 1.0, P) == pytest.approx(P.inhibin_b_reference)


def test_fsh_escapes_under_an_agonist_and_not_under_an_antagonist():
    """Shore 2020: 5.95 IU/L on leuprolide, 1.72 on relugolix."""
    agonist, antagonist = (pituitary.fsh_secretion(0.0, 0.0, 0.1, bound, 0.2, 0.8, P) for bound in (20.0, 0.0))
    assert agonist > 3 * antagonist


@given(st.floats(1.5, 30))
def test_fsh_moves_less_than_lh_with_capacity(grown):
    """Hayes 2001: FSH 2.0-fold and LH 2.6-fold on ketoconazole; testosterone suppresses LH more than FSH."""
    capacities = (1 / grown, 1.0, grown)
    fsh = [pituitary.fsh_secretion(1.0, 1.0, capacity, 0.0, 1.0, 1.0, P) for capacity in capacities]
    lh = [pituitary.lh_secretion(1.0, 1.0, capacity, 1.0, P) for capacity in capacities]
    assert fsh[1] == pytest.approx(1)
    assert lh[0] < fsh[0] < 1 < fsh[2] < lh[2]


def test_readiness_is_lost_only_where_a_man_s_own_gnrh_is_taken_away():
    """Happ: a man without GnRH answers pulses in 12 days; Kohn 2017: after testosterone, return takes longer."""
    assert pituitary.reserve(0.0, 0.0, P) == pytest.approx(1)
    assert pituitary.reserve(1.0, 0.0, P) == pytest.approx(1, abs=0.05)
    assert pituitary.reserve(0.6, 0.6, P) == pytest.approx(1)
    assert pituitary.reserve(0.02, 1.0, P) < 0.5


def test_leydig_output_falls_with_age():
    """Mulligan 1999: 517 against 869 ng/dL at the same LH, 69 against 27 years: 0.6."""
    assert leydig.age_factor(69, P) / leydig.age_factor(27, P) == pytest.approx(0.6, abs=0.1)


def test_antagonist_lowers_and_continuous_agonist_desensitises():
    normal = pituitary.effective_gnrh(1.0, 0.0, 1.0, 0.0, P)
    assert normal == 1.0
    assert pituitary.effective_gnrh(1.0, 0.0, 1.0, 9.0, P) == pytest.approx(0.1)
    assert pituitary.effective_gnrh(1.0, 20.0, 1.0, 0.0, P) > 2
    assert pituitary.receptor_availability(20.0, P) < 0.02


@given(POSITIVE)
def test_the_estrogen_window_is_at_its_best_at_baseline(estrogen):
    assert 0 < semen.estrogen_window(estrogen, P) <= semen.estrogen_window(1.0, P) + 1e-6  # its top is at 0.999


def test_germ_cells_without_gonadotropins():
    """Zhengwei 1998: type B spermatogonia at 10 % on testosterone enanthate; Matsumoto 1986: 25 % without FSH."""
    on_testosterone, without_fsh = (
        spermatogenesis.hormonal_drive(*levels, 1, P) for levels in ((0.03, 0.03), (0, 1.3))
    )
    assert spermatogenesis.entry(on_testosterone, 1, P) < 0.15
    assert spermatogenesis.entry(without_fsh, 1, P) == pytest.approx(0.25, abs=0.1)


def test_every_diagnosis_has_a_source_and_assumptions_say_what_would_settle_them():
    for name, entry in phenotypes().items():
        assert entry["source"]
        assert entry["status"] in ("measured", "assumed")
        assert entry["status"] != "assumed" or entry["settled_by"], name


def test_every_parameter_has_a_source_and_assumptions_say_what_would_settle_them():
    for entry in catalogue().values():
        assert entry.source
        assert entry.unit
        assert entry.status in ("measured", "calibrated", "assumed")
        assert entry.status != "assumed" or entry.settled_by, entry.name
