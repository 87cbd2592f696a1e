"""A simulation that goes on from the states of an earlier one."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.errors import InputError
from hpgaxis.model import Model
from hpgaxis.people.match import match
from hpgaxis.physiology.posterior import resample_parameter_sets

KEPT = ["testosterone", "lh", "sperm_concentration"]


def test_two_parts_of_a_treatment_are_the_whole():
    """Doses before the second part count as what is left of the drug."""
    men = hpg.population(3, seed=2)
    whole = hpg.simulate_many(men, "testosterone undecanoate 1000 mg im every 10 weeks", days=120, variables=KEPT)
    first = hpg.simulate_many(men, "testosterone undecanoate 1000 mg im every 10 weeks", days=60, variables=KEPT)
    later = hpg.simulate_many(
        men, "testosterone undecanoate 1000 mg im every 10 weeks from day -60", days=60, variables=KEPT,
        states=first.final,
    )  # fmt: skip
    assert later.time[0] == 0
    for name in KEPT:
        assert later[name][:, -1] == pytest.approx(whole[name][:, -1], rel=2e-3)


def test_men_with_other_parameters_are_simulated_together_as_they_are_alone():
    sets = resample_parameter_sets(3)
    men = [match(hpg.Patient(), model=Model.default().with_posterior_sample(values)) for values in sets]
    together = hpg.simulate_many(men, "clomiphene 25 mg daily", days=30, variables=KEPT, own_models=True)
    for row, man in enumerate(men):
        alone = hpg.simulate_many(man, "clomiphene 25 mg daily", days=30, variables=KEPT)
        assert all(np.array_equal(together[name][row], alone[name][0]) for name in KEPT)


@pytest.mark.parametrize(
    ("states", "pulsatile", "message"),
    [(np.ones((2, 3)), False, "shape"), (np.full((1, 61), np.nan), False, "finite"), (np.ones((1, 61)), True, "puls")],
)
def test_states_that_do_not_fit_are_refused(states, pulsatile, message):
    with pytest.raises(InputError, match=message):
        hpg.simulate_many(None, "no treatment", days=3, states=states, pulsatile=pulsatile)


def test_men_of_models_with_other_organs_are_refused_always():
    other = Model.default().with_organ(hpg.Organ("clock", {"clock": 1.0}, lambda y, p, u, rates: {"clock": 0 * y.lh}))
    with pytest.raises(InputError, match="2 different models"):
        hpg.simulate_many([match(hpg.Patient()), match(hpg.Patient(), model=other)], days=3, own_models=True)
