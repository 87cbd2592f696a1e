"""Spreads and correlations of traits, estimated from those of labs."""

import numpy as np
import pytest

from hpgaxis.people.trait_distributions import trait_correlations
from hpgaxis.physiology.parameters import catalogue
from hpgaxis.validation import traits_between_men
from hpgaxis.validation.traits_between_men import PAIRS, SPREADS, Target, targets, virtual_men

SPREADS_NOW = {name: catalogue()[name].spread for name in SPREADS}


def test_targets_have_sources_and_errors():
    found = targets()
    assert all(one.source and one.error > 0 for one in found)
    assert {len(one.names) for one in found} == {1, 2}


def test_the_shipped_spreads_reproduce_the_targets():
    """Nine in ten of the spreads and correlations are within three of their errors."""
    men = virtual_men(SPREADS_NOW, trait_correlations())
    away = np.array([abs(one.away(men)) for one in targets()])
    assert np.mean(away < 3) >= 0.9


def test_a_wider_trait_widens_its_lab():
    wide = virtual_men({**SPREADS_NOW, "shbg_synthesis": 0.8}, trait_correlations())
    usual = virtual_men(SPREADS_NOW, trait_correlations())
    spread = Target(("shbg",), 0.5, 0.1, "a test")
    assert spread.predicted(wide) > 1.3 * spread.predicted(usual)


@pytest.mark.slow
def test_the_shipped_numbers_are_those_that_the_estimate_gives():
    found = traits_between_men.estimate()
    for one in found.spreads:
        assert one.value == pytest.approx(SPREADS_NOW[one.names[0]], rel=0.15)
    for one in found.correlations:
        assert one.value == pytest.approx(trait_correlations()[one.names[0], one.names[1]], abs=0.1)
    assert len(found.correlations) == len(PAIRS)
    assert all(0 <= one.determined <= 1 for one in (*found.spreads, *found.correlations))
