"""Men with a trial's baseline: chosen, not altered."""

import numpy as np
import pytest

from hpgaxis.people.baseline import conditioned, included, untreated_labs
from hpgaxis.people.population import population

POOL = population(600, seed=11, bmi=(27, 4))


def test_labs_are_those_of_the_untreated_men():
    labs = untreated_labs(POOL)
    assert labs["testosterone"].shape == (600,)
    assert 350 < np.median(labs["testosterone"]) < 650


def test_chosen_men_have_the_means_and_spreads_asked_for():
    men = conditioned(POOL, 400, baseline={"testosterone": (420, 90), "lh": (4.0, None)}, seed=2)
    labs = untreated_labs(men)
    assert len(men) == 400
    assert labs["testosterone"].mean() == pytest.approx(420, rel=0.03)
    assert labs["testosterone"].std() == pytest.approx(90, rel=0.1)
    assert labs["lh"].mean() == pytest.approx(4.0, rel=0.03)
    assert {id(man) for man in men} <= {id(man) for man in POOL}


def test_criteria_keep_who_meets_them():
    inside = included(POOL, {"testosterone": (300, 500), "bmi": (None, 30)})
    men = conditioned(POOL, 100, inclusion={"testosterone": (300, 500), "bmi": (None, 30)})
    assert 0 < inside.sum() < 600
    assert {man.patient.name for man in men} <= {m.patient.name for m, kept in zip(POOL, inside, strict=True) if kept}
    assert max(man.patient.bmi for man in men) <= 30


def test_a_screening_visit_varies():
    criterion = {"sperm_concentration": (None, 40.0)}
    true, read = included(POOL, criterion), included(POOL, criterion, range(600))
    assert 0.02 < (true != read).mean() < 0.5
    assert (read == included(POOL, criterion, range(600))).all()


def test_the_same_seed_chooses_the_same_men():
    first, again = (conditioned(POOL, 50, baseline={"fsh": (4.0, 1.5)}, seed=7) for _ in range(2))
    assert [m.patient.name for m in first] == [m.patient.name for m in again]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"inclusion": {"hat_size": (1, 2)}}, "no measurement 'hat_size'"),
        ({"inclusion": {"testosterone": (5000, None)}}, "none of 600 men"),
        ({"baseline": {"testosterone": (60.0, 5.0)}}, "men come near this baseline"),
    ],
)
def test_what_cannot_be_met_is_said(asked, said):
    with pytest.raises(ValueError, match=said):
        conditioned(POOL, 100, **asked)
