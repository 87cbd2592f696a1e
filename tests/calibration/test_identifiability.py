"""How much narrower the posterior is than the prior."""

import numpy as np
import pytest

from hpgaxis.calibration import identifiability
from hpgaxis.calibration.calibrate import fitted


def test_every_calibrated_number_is_judged():
    found = identifiability.identified()
    assert {one.name for one in found} == fitted().keys()
    assert [one.contraction for one in found] == sorted((one.contraction for one in found), reverse=True)
    assert all(one.low <= one.median <= one.high for one in found)


def test_contraction_is_that_of_the_standard_deviation(monkeypatch):
    """A posterior a quarter as wide as the prior: 75 %, determined; one as wide: 0 %, stays at its prior."""
    grid = np.array([-1.0, 1.0])
    monkeypatch.setattr(identifiability, "fitted", lambda: {"narrow": (2.0, 0.4), "same": (3.0, 0.4)})
    sets = tuple({"narrow": 2 * np.exp(0.1 * z), "same": 3 * np.exp(0.4 * z)} for z in grid)
    monkeypatch.setattr(identifiability, "parameter_sets", lambda: (sets, (0.5, 0.5)))
    narrow, same = identifiability.identified()
    assert narrow.contraction == pytest.approx(0.75) and narrow.verdict == "determined by the trials"
    assert same.contraction == pytest.approx(0.0) and same.verdict == "stays at its prior"
