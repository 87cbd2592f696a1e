"""The registry of measurements says everything about each of them, once."""

import pytest

from hpgaxis.measurements.labs import read
from hpgaxis.measurements.registry import LABS, MEASUREMENTS, axis_unit
from hpgaxis.physiology.observables import observables
from hpgaxis.physiology.parameters import parameters
from hpgaxis.physiology.reference import reference_state
from hpgaxis.physiology.states import Inputs
from hpgaxis.units import convert


def test_it_holds_what_the_model_measures_and_nothing_else():
    p = parameters()
    assert set(MEASUREMENTS) == set(observables(reference_state(p), p, Inputs()))


def test_no_name_or_alias_means_two_measurements():
    names = [name for entry in MEASUREMENTS.values() for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(LABS))
def test_a_laboratory_value_has_a_sourced_range_within_what_is_possible(name):
    lab = LABS[name]
    low, high = lab.reference.limits
    assert lab.possible[0] < high <= lab.possible[1] and 0 <= low < high and lab.reference.source
    assert lab.variation and lab.variation.source
    assert lab.display_factor == pytest.approx(convert(1.0, lab.unit, lab.display_unit, name))


@pytest.mark.parametrize("name", [name for name, entry in MEASUREMENTS.items() if entry.detection_limit])
def test_a_detection_limit_has_a_source_and_lies_below_the_reference_range(name):
    limit = MEASUREMENTS[name].detection_limit
    assert limit and limit.source and 0 < limit.value < max(LABS[name].reference.low, 1)


@pytest.mark.parametrize("name", sorted(LABS))
def test_a_unit_as_shown_is_understood_when_a_lab_is_given(name):
    entry = LABS[name]
    value = sum(entry.reference.limits) / 2
    shown, plain = (
        read(name, f"{value:g} {unit}") for unit in (axis_unit(name, entry.display_unit), entry.display_unit)
    )
    assert shown == plain
