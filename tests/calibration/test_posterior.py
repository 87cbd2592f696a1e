"""The sampler finds the posterior of a problem whose answer is known; the weights correct what is not linear."""

import numpy as np
import pytest

from hpgaxis.calibration import calibrate, posterior
from hpgaxis.physiology import posterior as shipped
from hpgaxis.physiology.posterior import RELIABLE


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
    assert 500 < found.quality.effective_sample_size < 4000
    assert posterior.pareto_smoothed(found.log_weights)[1] < RELIABLE


def pareto_log_weights(k, draws=20_000):
    """Log weights k x of exponential x: P(weight > w) = w^(-1 / k), a Pareto distribution of shape k."""
    return k * np.random.default_rng(8).exponential(size=draws)


@pytest.mark.parametrize("k", [0.3, 0.6, 0.9])
def test_the_pareto_k_is_the_shape_of_the_weights_tail(k):
    """Within two standard errors, (1 + k) / sqrt(draws of the tail): 3 sqrt(20000) = 424."""
    assert posterior.pareto_smoothed(pareto_log_weights(k))[1] == pytest.approx(k, abs=2 * (1 + k) / np.sqrt(424))


def test_smoothed_weights_sum_to_1_and_keep_their_order():
    """The mean of x under the weights exp(k x) is 1 / (1 - k), with a standard error of 0.021 for 20 000 draws."""
    log_weights = pareto_log_weights(0.3)
    weights, _ = posterior.pareto_smoothed(log_weights)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights[np.argsort(log_weights)]) >= 0).all()
    assert weights @ (log_weights / 0.3) == pytest.approx(1 / 0.7, abs=3 * 0.021)


def test_the_fewest_draws_can_be_smoothed():
    assert posterior.pareto_smoothed(pareto_log_weights(0.3, posterior.LEAST_DRAWS))[0].sum() == pytest.approx(1)


def test_the_file_is_read_as_it_is_written(tmp_path, monkeypatch):
    log_weights, data = pareto_log_weights(0.5, 50), calibrate.data_digest()
    points = np.random.default_rng(2).normal(size=(50, 2))
    found = posterior.Posterior(["a", "letrozole.b.c"], points, log_weights, 0.25, 80.0)
    posterior.write(found, 3, tmp_path)
    monkeypatch.setattr(shipped, "FILE", "physiology/posterior.csv")
    monkeypatch.setattr(shipped.resources, "files", lambda package: tmp_path)
    for function in (shipped._file, shipped.parameter_sets):
        function.cache_clear()
    try:
        sets, weights = shipped.parameter_sets()
        assert weights == pytest.approx(found.weights, rel=1e-4)
        assert sets[7] == pytest.approx({"a": np.exp(points[7, 0]), "letrozole.b.c": np.exp(points[7, 1])}, rel=1e-4)
        assert posterior.pareto_smoothed(shipped.log_weights())[0] == pytest.approx(weights, rel=1e-3)
        assert shipped.quality().pareto_k == pytest.approx(found.quality.pareto_k, abs=0.005)
        assert str(shipped.quality()) == str(found.quality)
        assert shipped.provenance()["data"] == data and shipped.provenance()["seed"] == "3"
    finally:
        for function in (shipped._file, shipped.parameter_sets):
            function.cache_clear()
