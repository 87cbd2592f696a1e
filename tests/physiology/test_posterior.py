"""The shipped sets of numbers: as many as promised, of all that is calibrated, with what made them."""

from collections import Counter
from importlib import resources

import numpy as np
import pytest

from hpgaxis.fit.calibrate import fitted
from hpgaxis.physiology.posterior import FILE, parameter_sets, resample_parameter_sets


def test_two_hundred_sets_of_every_calibrated_number():
    sets, weights = parameter_sets()
    assert len(sets) >= 200 and len(weights) == len(sets)
    assert sum(weights) == pytest.approx(1)
    assert all(one.keys() == fitted().keys() for one in sets)
    assert all(value > 0 for one in sets for value in one.values())


def test_the_weights_leave_enough_sets():
    assert 1 / sum(weight**2 for weight in parameter_sets()[1]) > 50


def test_the_file_says_which_commit_data_and_seed_made_it():
    text = resources.files("hpgaxis.physiology").joinpath(FILE).read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert all(any(word in line for line in head) for word in ("commit: ", "data and code: ", "seed: "))
    assert "+" not in head[1].split("commit: ")[1].split(";")[0]


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
