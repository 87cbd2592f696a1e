"""How traits are distributed between men."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hpgaxis as hpg
from hpgaxis.errors import InputError
from hpgaxis.people.patient import phenotypes
from hpgaxis.people.population import mixtures
from hpgaxis.people.trait_distributions import (
    correlation_matrix,
    distribution,
    trait_correlations,
    trait_distributions,
)
from hpgaxis.physiology.states import TRAITS


def test_groups_and_diagnoses_exist_and_so_do_their_traits():
    for name, traits in trait_distributions().items():
        assert name in mixtures() or name in phenotypes()
        assert set(traits) <= set(TRAITS) and all(median > 0 and spread >= 0 for median, spread in traits.values())


def test_a_diagnosis_has_its_own_spread_and_the_others_are_the_usual():
    of_diagnosis, usual = distribution("hypogonadotropic_hypogonadism"), distribution("eugonadal")
    assert of_diagnosis["germ_cells"][1] > usual["germ_cells"][1]
    assert of_diagnosis["aromatase"] == usual["aromatase"]


@given(st.floats(-0.95, 0.95))
def test_a_correlation_stands_at_both_places(value):
    matrix = correlation_matrix(["aromatase", "motility", "germ_cells"], {("germ_cells", "aromatase"): value})
    assert matrix[0, 2] == matrix[2, 0] == value and (np.diag(matrix) == 1).all()


def test_impossible_correlations_are_refused():
    pairs = {("aromatase", "motility"): 0.9, ("motility", "germ_cells"): 0.9, ("aromatase", "germ_cells"): -0.9}
    with pytest.raises(InputError, match="no men can have all of them together"):
        correlation_matrix(["aromatase", "motility", "germ_cells"], pairs)


@pytest.mark.parametrize(
    ("pair", "value", "message"),
    [
        (("aromatase", "sertoli_numbr"), 0.5, "no trait sertoli_numbr"),
        (("aromatase", "motility"), float("nan"), "between -1 and 1"),
        (("aromatase", "motility"), 1.5, "between -1 and 1"),
        (("aromatase", "aromatase"), 0.5, "two traits"),
    ],
)
def test_a_correlation_that_means_nothing_is_refused(pair, value, message):
    with pytest.raises(InputError, match=message):
        hpg.population(2, correlations={pair: value})


def test_men_who_are_drawn_have_the_correlations():
    men = hpg.population(2000, seed=3, diagnosis="eugonadal")
    for (one, other), value in trait_correlations().items():
        logarithms = np.log([[man.traits[one], man.traits[other]] for man in men]).T
        assert np.corrcoef(logarithms)[0, 1] == pytest.approx(value, abs=0.08)


def test_a_lab_moves_traits_that_go_with_the_one_that_it_tells_of():
    """Sertoli cells and germ cells go together: few sperm at a normal FSH leave fewer Sertoli cells probable."""
    (pair,) = (pair for pair in trait_correlations() if set(pair) == {"sertoli_number", "germ_cells"})
    assert trait_correlations()[pair] > 0.2
    man = hpg.match(hpg.Patient(labs={"inhibin_b": 60}))
    assert man.traits["sertoli_number"] < 0.9 and man.traits["germ_cells"] < 1


def test_men_of_a_diagnosis_have_what_defines_it():
    men = hpg.population(100, seed=3, diagnosis="idiopathic_oligozoospermia")
    low, high = phenotypes()["idiopathic_oligozoospermia"]["criteria"]["sperm_concentration"]
    found = hpg.people.baseline.untreated_labs(men)["sperm_concentration"]
    assert (found >= low).all() and (found <= high).all()


def test_a_condition_is_drawn_with_its_share():
    men = hpg.population(500, seed=3, diagnosis="hypogonadotropic_hypogonadism")
    share = phenotypes()["hypogonadotropic_hypogonadism"]["condition_shares"]["cryptorchidism"]
    assert np.mean([man.traits["cryptorchidism"] for man in men]) == pytest.approx(share, abs=0.06)
