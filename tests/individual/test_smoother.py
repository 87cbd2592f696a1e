"""The ensemble smoother, on problems with a known answer."""

import numpy as np
import pytest

from hpgaxis.individual.smoother import Readings, effective_size, of_all, smooth
from hpgaxis.individual.unknowns import normal_draws


def read(values, errors, below=None, above=None):
    none = np.zeros(len(values), dtype=bool)
    return Readings(np.array(values, float), np.array(errors, float), none if below is None else np.array(below),
                    none if above is None else np.array(above))  # fmt: skip


def test_a_linear_problem_has_the_posterior_of_bayes():
    """x ~ N(0, 1), y = 2 x + e with e ~ N(0, 0.5): mean 2 y / (4 + 0.25), variance 1 / (1 + 4 / 0.25)."""
    start = normal_draws(3, 2000, 1)
    found = smooth(start, lambda z: 2 * z[:1], read([1.7], [0.5]), seed=2).unknowns
    assert found[0].mean() == pytest.approx(2 * 1.7 / 4.25, abs=0.03)
    assert found[0].std() == pytest.approx(17**-0.5, rel=0.1)
    assert found[1:].std(axis=1) == pytest.approx([1, 1], rel=0.05), "what was not read of stays as it was"


def test_a_curved_problem_is_solved_in_rounds():
    found = smooth(normal_draws(2, 1000, 1), lambda z: np.exp(z[:1]), read([3.0], [0.1]), rounds=8, seed=2).unknowns
    assert np.median(np.exp(found[0])) == pytest.approx(3.0, rel=0.05)


def test_a_limit_moves_only_those_beyond_it():
    for below in (True, False):
        start = normal_draws(1, 4000, 1)
        found = smooth(start, lambda z: z, read([0.0], [0.05], [below], [not below]), seed=2).unknowns[0]
        side = -found if below else found
        assert (side > -0.2).mean() > 0.97
        assert np.median(side) == pytest.approx(0.67, abs=0.25), "about the median of half a normal distribution"


def test_without_readings_nothing_moves():
    start = normal_draws(2, 50, 1)
    assert np.array_equal(smooth(start, lambda z: z, read([], []), seed=2).unknowns, start)


def test_members_without_a_simulation_are_replaced():
    def fails(z):
        return np.where(z[:1] > 1, np.nan, z[:1])

    z = normal_draws(1, 100, 1)
    expected, lost = of_all(z, fails, np.random.default_rng(0))
    assert np.isfinite(expected).all() and lost >= (normal_draws(1, 100, 1) > 1).sum()
    with pytest.raises(ValueError, match="no member"):
        of_all(z, lambda z: np.full((1, z.shape[1]), np.nan), np.random.default_rng(0))


def test_all_members_count_where_the_ensemble_is_exact_and_few_where_it_is_not():
    start = normal_draws(4, 400, 1)
    readings = read([1.0, -1.0], [0.5, 0.5])
    found = smooth(start, lambda z: z[:2], readings, seed=2).unknowns
    assert effective_size(found, found[:2], readings, start) > 200
    wrong = found + np.array([[1.5], [0], [0], [0]])
    assert effective_size(wrong, wrong[:2], readings, start) < 150
    assert effective_size(start, start[:0], read([], []), start) == 400


def test_draws_are_standard_normal():
    z = normal_draws(3, 500, 4)
    assert z.mean(axis=1) == pytest.approx([0, 0, 0], abs=0.02) and z.std(axis=1) == pytest.approx([1, 1, 1], rel=0.03)
