"""Properties of the organs' equations, each at the typical man's baseline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.people.patient import phenotypes
from hpgaxis.physiology import leydig, pituitary, response, semen, spermatogenesis, steroids
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
    assert spermatogenesis.entry(0.03, 0.03, P) < 0.15
    assert spermatogenesis.entry(0.0, 1.3, P) == pytest.approx(0.25, abs=0.1)


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
