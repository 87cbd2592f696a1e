"""Populations: one diagnosis, or a clinic's mixture."""

from collections import Counter

import numpy as np
import pytest

from hpgaxis.people.patient import phenotypes
from hpgaxis.people.population import mixtures, population


def test_a_clinic_is_a_mixture_of_known_diagnoses_with_its_source():
    for clinic in mixtures().values():
        assert set(clinic["shares"]) <= set(phenotypes())
        assert sum(clinic["shares"].values()) == pytest.approx(1)
        assert clinic["source"] and clinic["status"] in ("measured", "assumed")


def test_shares_are_those_of_the_mixture():
    men = population(400, seed=4, diagnosis={"eugonadal": 3, "obesity": 1})
    seen = Counter(man.patient.diagnosis for man in men)
    assert seen["obesity"] / 400 == pytest.approx(0.25, abs=0.06)
    assert np.median([m.patient.bmi for m in men if m.patient.diagnosis == "obesity"]) > 35


def test_man_k_is_the_same_whatever_the_count():
    many = population(40, seed=9, diagnosis="infertile_clinic")
    alone = population(1, seed=9, diagnosis="infertile_clinic", first=17)[0]
    assert many[17].parameters == alone.parameters and (many[17].state == alone.state).all()


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ("flu", "young_healthy"),
        ({"flu": 1.0}, "unknown diagnosis flu"),
        ({"eugonadal": -1.0}, "0 or more"),
        ({}, "not all 0"),
    ],
)
def test_impossible_mixtures_are_refused(shares, said):
    with pytest.raises(ValueError, match=said):
        population(3, diagnosis=shares)
