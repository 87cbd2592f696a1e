"""Units at the edges."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.errors import InputError
from hpgaxis.measurements.labs import LabError, read
from hpgaxis.measurements.registry import LABS, MEASUREMENTS
from hpgaxis.units import UnitError, convert, days_in_months, factor, normalised, split_quantity
from tests.generated import many_cases


@pytest.mark.parametrize(
    ("value", "unit", "target", "name", "expected"),
    [
        (1, "ng/mL", "ng/dL", None, 100),
        (10, "nmol/L", "ng/dL", "testosterone", 288.42),
        (10, "nM", "ng/dL", "testosterone", 288.42),
        (100, "pmol/L", "pg/mL", "estradiol", 27.238),
        (5, "mIU/mL", "IU/L", None, 5),
        (5, "MIU/ML", "IU/L", None, 5),
        (5, "mU/mL", "IU/L", None, 5),
        (5, "U/L", "IU/L", None, 5),
        (5, "[IU]/L", "IU/L", None, 5),
        (5, "m[IU]/mL", "IU/L", None, 5),
        (2, "uIU/mL", "mIU/L", None, 2),
        (2, "mU/L", "mIU/L", None, 2),
        (2000, "U", "IU", None, 2000),
        (20, "10*6/mL", "1e6/mL", None, 20),
        (20, "million/mL", "10*6/mL", None, 20),
        (20, "x 10^6/mL", "10*6/mL", None, 20),
        (3, "mcg", "mg", None, 0.003),
        (1, "MG", "mg", None, 1),
        (2, "g/L", "g/dL", None, 0.2),
        (1.7, "ng/dl", "ng/dL", None, 1.7),
        (350, "NG/DL", "ng/dL", None, 350),
        (0.45, "L/L", "%", None, 45),
        (3, "ng/mL per pg/mL", "ng/dL per pg/mL", None, 300),
    ],
)
def test_conversions(value, unit, target, name, expected):
    assert convert(value, unit, target, name) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("lab", "text", "expected"),
    [
        ("cortisol", "10 ug/dL", 275.9),  # 27.59 nmol/L each
        ("free_thyroxine", "1.2 ng/dL", 15.4),  # 12.87 pmol/L each
        ("ldl", "3 mmol/L", 116.0),  # 38.67 mg/dL each
        ("hdl", "1.2 mmol/L", 46.4),
        ("hemoglobin", "9 mmol/L", 14.5),  # 1.611 g/dL each
        ("prolactin", "212 mIU/L", 10.0),  # 21.2 mIU/L each ug/L
        ("shbg", "3 mg/L", 31.6),  # 10.5 nmol/L each
    ],
)
def test_units_that_laboratories_print_are_understood(lab, text, expected):
    """Expected values: the factors on laboratories' reports."""
    _, model = read(lab, text)
    assert model * MEASUREMENTS[lab].display_factor == pytest.approx(expected, rel=4e-3)


@given(st.floats(1e-6, 1e6), st.sampled_from(["ng/dL", "ng/mL", "nmol/L", "ug/L", "pmol/mL"]))
def test_round_trip(value, unit):
    there = convert(value, unit, "nmol/L", "testosterone")
    assert convert(there, "nmol/L", unit, "testosterone") == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", sorted(LABS))
def test_the_fast_factor_agrees_with_the_unit_library(name):
    lab = LABS[name]
    assert MEASUREMENTS[name].display_factor == pytest.approx(convert(1.0, lab.unit, lab.display_unit, name))


def test_wrong_units_say_so():
    with pytest.raises(UnitError, match="not known"):
        convert(1, "zork/L", "ng/dL")
    with pytest.raises(UnitError, match="does not measure the same"):
        convert(1, "mg", "IU")
    with pytest.raises(UnitError, match="not known"):
        convert(1, "katal", "IU")
    with pytest.raises(UnitError, match="not a number"):
        split_quantity("many ng/dL")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("265,5 ng/dL", "decimal point"),
        ("5,5 nmol/L", "decimal point"),
        ("1,265 ng/dL", "thousands separator"),
        ("2,500 IU", "thousands separator"),
        ("2 500 IU", "two numbers"),
        ("265 2ng/dL", "two numbers"),
        ("1.2.3 mg", "two numbers"),
        ("15 10E6/mL", r"10\*6"),
        ("5–7 IU/L", "range"),
        ("265-300 ng/dL", "range"),
        ("5 to 7 IU/L", "range"),
        ("9 9**9**9", "number"),
        ("265 ng/dL/", "missing"),
        ("265 ((((", "not known"),
        ("265 ng/0", "no number"),
        ("265 __import__('os')", "not known"),
        ("3 MIU", "mIU"),
        ("1e400 mg", "too large"),
        ("nan mg", "not a number"),
        ("", "not a number"),
        ("265 " + " " * 50_000 + "ng/dL", "too long"),
        ("265 " + "ng/" * 40, "too long"),
    ],
)
def test_what_is_no_quantity_is_refused_with_the_right_spelling(text, said):
    with pytest.raises(UnitError, match=said):
        split_quantity(text)


@pytest.mark.parametrize("text", ["265,5 ng/dL", "1,265 ng/dL", "2'500 IU", "2 500 IU", "1.2.3 mg", "5–7 IU/L"])
def test_what_holds_more_than_one_number_is_shown_whole(text):
    """Not as a number and an unknown unit, which would hide what is meant."""
    with pytest.raises(UnitError, match="^" + re.escape(repr(text))):
        split_quantity(text)


@pytest.mark.parametrize(
    "value", [True, None, [265], {"a": 1}, float("nan"), float("inf"), 10**400, "265,5 ng/dL", b"5"]
)
def test_what_is_no_laboratory_value_is_refused(value):
    with pytest.raises(LabError, match="testosterone = "):
        read("testosterone", value)


@pytest.mark.parametrize(("months", "days"), [(0.1, 3), (0.5, 15), (1, 30), (2, 61), (3, 91), (6, 183), (12, 365)])
def test_a_month_is_a_whole_number_of_days(months, days):
    assert days_in_months(months) == days


@pytest.mark.parametrize("months", [0, 0.01, 0.032])
def test_less_than_a_day_is_no_time_in_months(months):
    with pytest.raises(InputError, match="expected at least a day"):
        days_in_months(months)


def test_the_usual_spelling_is_its_own():
    for unit in ("ng/dL", "IU", "mIU/L", "10*6/mL", "ug/kg", "%", "g/cm2", "ng/dL per pg/mL", "nmol/day"):
        assert normalised(unit) == unit


# An independent reading of units: each atom by hand, as (size, dimension).
ATOMS = {
    "ng": (1e-9, "mass"), "NG": (1e-9, "mass"), "ug": (1e-6, "mass"), "mcg": (1e-6, "mass"), "µg": (1e-6, "mass"),
    "mg": (1e-3, "mass"), "MG": (1e-3, "mass"), "pg": (1e-12, "mass"), "g": (1, "mass"), "kg": (1e3, "mass"),
    "mol": (1, "substance"), "mmol": (1e-3, "substance"), "nmol": (1e-9, "substance"), "pmol": (1e-12, "substance"),
    "IU": (1, "activity"), "U": (1, "activity"), "units": (1, "activity"), "mIU": (1e-3, "activity"),
    "uIU": (1e-6, "activity"), "mU": (1e-3, "activity"), "[IU]": (1, "activity"),
    "10*6": (1e6, "count"), "million": (1e6, "count"), "10^6": (1e6, "count"), "10*9": (1e9, "count"),
}  # fmt: skip
VOLUMES = {"L": 1, "dL": 0.1, "dl": 0.1, "mL": 1e-3, "ml": 1e-3, "uL": 1e-6, "l": 1, "cc": 1e-3}


@pytest.mark.generated
@many_cases
@given(
    st.one_of(st.integers(0, 10**6), st.floats(1e-9, 1e9)),
    st.sampled_from(sorted(ATOMS)),
    st.sampled_from(["", *sorted(VOLUMES)]),
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["/", " / "]),
)
def test_quantities_are_read_as_an_independent_table_reads_them(number, atom, volume, space, slash):
    """No blank is needed between number and unit, except before a count, whose digits would join the number's."""
    if ATOMS[atom][1] == "count":
        space = space or " "
    unit = atom + (slash + volume if volume else "")
    value, said = split_quantity(f"{number!r}{space}{unit}")
    assert value == number
    size, dimension = ATOMS[atom]
    usual = {"mass": "g", "substance": "mol", "activity": "IU", "count": "10*6"}[dimension]
    expected = size / (1e6 if dimension == "count" else 1) / VOLUMES.get(volume, 1)
    assert factor(said, usual + ("/L" if volume else "")) == pytest.approx(expected, rel=1e-12)
    for other in {"g", "mol", "IU", "10*6"} - {usual}:
        with pytest.raises(UnitError):
            factor(said, other + ("/L" if volume else ""))


JUNK = st.text(st.sampled_from("0123456789.,eE+-*^/() dLngmuIUMx%'_[]–×⁶"), max_size=14)


@pytest.mark.generated
@many_cases
@given(st.sampled_from(["testosterone", "lh", "shbg", "sperm_concentration", "hematocrit", "prolactin"]), JUNK, JUNK)
def test_whatever_is_written_is_one_number_in_a_known_unit_or_refused(name, first, second):
    text = f"{first} {second}"
    try:
        _, model = read(name, text)
    except LabError:
        return
    number, unit = text.strip().split(" ", 1) if " " in text.strip() else (text.strip(), "")
    for cut in range(len(text.strip()), 0, -1):  # the longest beginning that Python reads as a number
        try:
            number, unit = float(text.strip()[:cut].replace("_", "x")), text.strip()[cut:].strip()
            break
        except ValueError:
            continue
    lab = LABS[name]
    expected = float(number) * (factor_by_hand(unit, name) if unit else 1.0)
    assert model * MEASUREMENTS[name].display_factor == pytest.approx(expected, rel=1e-9)
    assert lab.possible[0] <= expected * (1 + 1e-9) and expected <= lab.possible[1] * (1 + 1e-9)


def factor_by_hand(unit, name):
    """Unit -> the unit shown, for what the letters of JUNK can spell."""
    mass = {"g": 1, "mg": 1e-3, "ug": 1e-6, "ng": 1e-9, "kg": 1e3}
    activity = {"IU": 1, "U": 1, "mIU": 1e-3, "mU": 1e-3, "uIU": 1e-6, "uU": 1e-6, "MIU": 1e-3, "[IU]": 1, "m[IU]": 1e-3,
                "u[IU]": 1e-6, "u": 1, "UI": 1, "mUI": 1e-3, "uUI": 1e-6, "mu": 1e-3, "uu": 1e-6}  # fmt: skip
    liter = {"L": 1, "dL": 0.1, "mL": 1e-3, "uL": 1e-6, "nL": 1e-9}
    count = {"10*6": 1, "10^6": 1, "1e6": 1, "1E6": 1, "10⁶": 1, "M": 1, "x10^6": 1, "x10*6": 1, "10*9": 1e3, "10^9": 1e3,
             "1e9": 1e3, "1E9": 1e3, "10*3": 1e-3, "10^3": 1e-3, "1e3": 1e-3, "1E3": 1e-3, "x10⁶": 1, "x10^9": 1e3,
             "x10*9": 1e3, "x10^3": 1e-3, "x10*3": 1e-3}  # fmt: skip
    top, _, bottom = unit.replace(" ", "").replace("×", "x").partition("/")
    if name == "testosterone" and top in mass:
        return mass[top] / liter[bottom] * 1e8
    if name == "testosterone":
        return {"nM": 28.842, "uM": 28842.0}[unit]
    if name == "lh":
        return activity[top] / liter[bottom]
    if name == "shbg":
        return {"nM": 1.0, "uM": 1000.0}.get(unit) or mass[top] / liter[bottom] / 95000 * 1e9
    if name == "prolactin":
        return mass[top] / liter[bottom] * 1e6 if top in mass else activity[top] / liter[bottom] * 1e3 / 21.2
    if name == "hematocrit":
        return (
            1.0
            if unit == "%"
            else {"1": 100.0}.get(unit) or 100 * {**mass, **liter, "m": 1}[top] / {**mass, **liter, "m": 1}[bottom]
        )
    return count[top] / liter[bottom] * 1e-3


@pytest.mark.parametrize(("word", "unit"), [("milligram", "mg"), ("micrograms", "ug"), ("nanogram", "ng")])
def test_units_of_mass_in_words(word, unit):
    assert normalised(word) == unit


def test_a_unit_that_is_missing_is_said_to_be_missing():
    with pytest.raises(UnitError, match="the unit is missing"):
        normalised("")
