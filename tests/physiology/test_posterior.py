"""The shipped sets of numbers: as many as promised, of all that is calibrated, with what made them."""

from collections import Counter

import numpy as np
import pytest

from hpgaxis.calibration.calibrate import data_digest, fitted
from hpgaxis.calibration.posterior import pareto_smoothed
from hpgaxis.physiology.posterior import (
    Quality,
    log_weights,
    parameter_sets,
    provenance,
    quality,
    resample_parameter_sets,
)


def test_two_hundred_sets_of_every_calibrated_number():
    sets, weights = parameter_sets()
    assert len(sets) >= 200 and len(weights) == len(sets)
    assert sum(weights) == pytest.approx(1)
    assert all(one.keys() == fitted().keys() for one in sets)
    assert all(value > 0 for one in sets for value in one.values())


def test_the_stated_effective_sample_size_is_that_of_the_weights():
    weights = np.array(parameter_sets()[1])
    assert quality().effective_sample_size == pytest.approx(1 / (weights**2).sum(), abs=0.06)
    assert (quality().draws, int(provenance()["draws"])) == (len(weights), len(weights))


def test_the_sample_is_that_of_the_trials_and_priors_as_they_are():
    assert provenance()["data"] == data_digest()


def test_the_weights_follow_from_the_log_weights():
    weights, k = pareto_smoothed(log_weights())
    assert parameter_sets()[1] == pytest.approx(weights, rel=1e-3)
    assert quality().pareto_k == pytest.approx(k, abs=0.01)


@pytest.mark.parametrize(
    ("k", "said"), [(None, "Pareto k not known"), (0.5, "Pareto k 0.50 (weights reliable"), (0.9, "0.90 (weights unreliable")]
)  # fmt: skip
def test_quality_says_whether_the_weights_are_reliable(k, said):
    assert str(Quality(200, 41.3, k)).startswith("200 weighted draws, effective sample size 41") and said in str(
        Quality(200, 41.3, k)
    )


def test_the_file_says_which_commit_and_seed_made_it():
    assert provenance()["seed"].isdigit()
    assert provenance()["commit"] not in ("", "none") and "+" not in provenance()["commit"]


def test_a_set_stands_as_often_as_its_weight_says():
    sets, weights = parameter_sets()
    often = Counter(id(one) for one in resample_parameter_sets(5000))
    for one, weight in zip(sets, weights, strict=True):
        assert often[id(one)] == pytest.approx(5000 * weight, abs=1.01)


def test_a_few_sets_have_the_mean_of_all():
    sets, weights = parameter_sets()
    name = max(fitted(), key=lambda n: fitted()[n][1])
    logs = np.log([one[name] for one in sets])
    some = np.log([one[name] for one in resample_parameter_sets(50)])
    assert some.mean() == pytest.approx(np.array(weights) @ logs, abs=0.5 * logs.std())


def test_no_sets_is_an_error():
    with pytest.raises(ValueError, match="at least 1"):
        resample_parameter_sets(0)
