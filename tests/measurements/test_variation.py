"""What is read at a visit."""

import numpy as np
import pytest

from hpgaxis.measurements.labs import LABS
from hpgaxis.measurements.variation import measured, variation


def test_every_laboratory_value_has_a_variation():
    assert set(variation()) == set(LABS)
    assert all(0 < cv < 1 for cv in variation().values())


def test_readings_scatter_about_the_value_with_its_variation():
    readings = np.array([measured("testosterone", 400.0, 7, visit) for visit in range(4000)])
    assert readings.mean() == pytest.approx(400, rel=0.02)
    assert readings.std() / readings.mean() == pytest.approx(variation()["testosterone"], rel=0.06)
    assert measured("testosterone", 400.0, None, 3) == 400.0
