"""How readings vary about a man's own level."""

import numpy as np
import pytest

from hpgaxis.datasets.observing import observation
from hpgaxis.individual.reading import MODEL_ERROR, reading_of
from hpgaxis.measurements.variation import log_spread


def reading(name="testosterone", value=500, treated=False, **more):
    return reading_of(observation(name, value, **more), 35, treated=treated)


def test_the_even_scale_and_back():
    one = reading()
    for level in (0.0, 10.0, 500.0):
        assert one.reported(one.even(level)) == pytest.approx(level, abs=1e-9)
    assert one.reported(np.array(-50.0)) == 0, "no laboratory reports less than nothing"


def test_a_high_level_varies_by_a_share_and_a_low_one_by_an_amount():
    """A share of 20 % of testosterone from visit to visit; a quarter of what immunoassays read in castrates, 12 ng/dL."""
    one = reading()
    wide = one.reported(one.even(5000.0) + one.spread) / 5000 - 1
    assert wide == pytest.approx(np.exp(log_spread("testosterone")) - 1, rel=0.02)
    assert one.reported(one.even(0.0) + one.spread) == pytest.approx(3, rel=0.15)


def test_mass_spectrometry_errs_by_less_where_there_is_nothing():
    assert reading(assay="LC-MS").offset < reading().offset


def test_an_immunoassay_reads_more_and_a_morning_sample_is_above_the_mean():
    assert reading(assay="immunoassay").added == 12
    assert reading(hour=8).factor > 1 > reading(hour=20).factor


def test_the_model_errs_after_treatment_too():
    assert reading(treated=True).spread == pytest.approx(MODEL_ERROR * reading().spread)
