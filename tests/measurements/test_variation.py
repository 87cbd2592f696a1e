"""What is read at a visit."""

import numpy as np
import pytest

from hpgaxis.measurements.registry import LABS, MEASUREMENTS
from hpgaxis.measurements.variation import log_spread, measured


def test_every_laboratory_value_has_a_variation():
    assert all(0 < log_spread(name) < 1 for name in LABS)


def test_readings_scatter_about_the_value_with_its_variation():
    variation = MEASUREMENTS["testosterone"].variation
    assert variation is not None
    readings = np.array([measured("testosterone", 400.0, 7, visit) for visit in range(4000)])
    assert readings.mean() == pytest.approx(400, rel=0.02)
    assert readings.std() / readings.mean() == pytest.approx(variation.cv, rel=0.06)
    assert measured("testosterone", 400.0, None, 3) == 400.0
