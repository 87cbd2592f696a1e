"""The sampler finds the posterior of a problem whose answer is known; the weights correct what is not linear."""

import numpy as np
import pytest

from hpgaxis.fit import calibrate, posterior


def known(errors=(0.0, 0.0), prior_spread=10.0):
    """Two figures that each see one of two numbers, with expected errors of 0.01 and 0.02: Gaussian near 0."""
    what = calibrate.Problem(["a", "b"], np.zeros(2), np.full(2, prior_spread), [])
    weight = 1 / np.array([0.01, 0.02])
    return calibrate.Calibration(what, np.zeros(2), ["x", "y"], weight, np.array(errors), np.eye(2), 0.0, 0.0)


@pytest.fixture(scope="module")
def short():
    patch = pytest.MonkeyPatch()
    patch.setattr(posterior, "STEPS", 3000)
    patch.setattr(posterior, "BURN_IN", 1000)
    yield
    patch.undo()


def test_where_nothing_is_seen_the_posterior_is_the_prior(short):
    blind = calibrate.Calibration(
        calibrate.Problem(["a"], np.array([1.0]), np.array([0.3]), []), np.array([1.0]), ["x"], np.ones(1),
        np.zeros(1), np.zeros((1, 1)), 0.0, 0.0,
    )  # fmt: skip
    drawn = posterior.chains(blind, seed=1).get_chain(discard=posterior.BURN_IN, flat=True)[:, 0]
    assert (drawn.mean(), drawn.std()) == pytest.approx((1.0, 0.3), rel=0.06)


def test_figures_narrow_what_they_see(short):
    """The density exp(-sqrt(1 + z^2)) has the variance K2(1) / K1(1) (modified Bessel functions)."""
    from scipy.special import kv

    drawn = posterior.chains(known(), seed=1).get_chain(discard=posterior.BURN_IN, flat=True)
    expected = np.sqrt(kv(2, 1) / kv(1, 1))
    assert drawn.std(axis=0) == pytest.approx(expected * np.array([0.01, 0.02]), rel=0.08)


class Outcome:
    """A model run in place of the real one: the first error is twice as steep as its slope said."""

    def __init__(self, problem, pool, checkpoint):
        pass

    def __call__(self, points, on_point):
        return [{"x": (2 * p[0], 0.0), "y": (p[1], 0.0)} for p in points]


def test_weights_turn_the_linear_posterior_into_the_model_s(short, monkeypatch):
    monkeypatch.setattr(posterior, "Evaluator", Outcome)
    found = posterior.draw(known(), draws=4000, seed=1)
    from scipy.special import kv

    spread = np.sqrt(found.weights @ found.points**2)
    expected = np.sqrt(kv(2, 1) / kv(1, 1)) * np.array([0.005, 0.02])
    assert spread == pytest.approx(expected, rel=0.15)
    assert 500 < found.effective_draws < 4000


def test_weights_are_cut_until_enough_draws_count():
    """Ten draws, of which one has all but a tenth of the weight: cut until 30 % of them tell as much as equal ones."""
    weights = np.array([0.9, *[0.1 / 9] * 9])
    cut = posterior.truncated(weights)
    assert cut.sum() == pytest.approx(1)
    assert 1 / (cut**2).sum() == pytest.approx(posterior.LEAST * 10, rel=1e-3)
    assert cut[0] == cut.max() and (cut[1:] == cut[1]).all()
    even = np.full(10, 0.1)
    assert (posterior.truncated(even) == even).all()
