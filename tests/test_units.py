"""Units at the edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.people.labs import LABS, shown_factor
from hpgaxis.units import UnitError, convert, split_quantity


@pytest.mark.parametrize(
    ("value", "unit", "target", "name", "expected"),
    [
        (1, "ng/mL", "ng/dL", None, 100),
        (10, "nmol/L", "ng/dL", "testosterone", 288.42),
        (100, "pmol/L", "pg/mL", "estradiol", 27.238),
        (5, "mIU/mL", "IU/L", None, 5),
        (5, "[IU]/L", "IU/L", None, 5),
        (5, "m[IU]/mL", "IU/L", None, 5),
        (20, "10*6/mL", "1e6/mL", None, 20),
        (20, "million/mL", "10*6/mL", None, 20),
        (3, "mcg", "mg", None, 0.003),
        (2, "g/L", "g/dL", None, 0.2),
        (1.7, "ng/dl", "ng/dL", None, 1.7),
    ],
)
def test_conversions(value, unit, target, name, expected):
    assert convert(value, unit, target, name) == pytest.approx(expected)


@given(st.floats(1e-6, 1e6), st.sampled_from(["ng/dL", "ng/mL", "nmol/L", "ug/L", "pmol/mL"]))
def test_round_trip(value, unit):
    there = convert(value, unit, "nmol/L", "testosterone")
    assert convert(there, "nmol/L", unit, "testosterone") == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", sorted(LABS))
def test_the_fast_factor_agrees_with_the_unit_library(name):
    lab = LABS[name]
    if " per " not in lab.unit:
        assert shown_factor(name) == pytest.approx(convert(1.0, lab.unit, lab.shown, name))


def test_wrong_units_say_so():
    with pytest.raises(UnitError, match="not known"):
        convert(1, "zork/L", "ng/dL")
    with pytest.raises(UnitError, match="does not measure the same"):
        convert(1, "mg", "IU")
    with pytest.raises(UnitError, match="not a number"):
        split_quantity("many ng/dL")
