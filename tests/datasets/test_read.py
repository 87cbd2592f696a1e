"""Data sets from files, frames and rows; and thousands that are made up."""

import json
import os

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpgaxis.datasets.course import DataSet, DataSetError
from hpgaxis.datasets.read import read_data_set
from hpgaxis.errors import InputError
from hpgaxis.measurements.registry import LABS
from tests.datasets.test_fhir import BUNDLE
from tests.datasets.test_table import dose, one

CASES = int(os.environ.get("HPGAXIS_CASES", "400" if os.environ.get("CI") else "60"))
ROWS = [dose(II=1, ADDL=89), one(TIME=90), one(TIME=91, DVID="lh", DV=3.1, DVUNIT="IU/L")]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_files_and_frames_hold_the_same(tmp_path, ending):
    frame = pd.DataFrame(ROWS)
    path = tmp_path / f"men.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    expected = read_data_set(ROWS)
    for data in (path, frame, frame.set_index("ID")):
        assert read_data_set(data).courses == expected.courses
    assert read_data_set(expected) is expected


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.txt", "x", "ending"), ("a.csv", "", "empty"), ("a.csv", "ID;TIME;DV\n", "commas"), ("a.csv", "ID,TIME,DV\n", "no row"),
        ("a.json", "{", "not JSON"), ("a.json", "{}", "resourceType"), ("a.yaml", "- 1", "expected fields"),
        ("a.csv", 'ID,TIME,DV\n1,0,"3\n', "comma-separated"), ("a.parquet", "x", "Parquet"),
    ],
)  # fmt: skip
def test_files_that_are_no_data_set_are_refused_with_the_file(tmp_path, name, content, fault):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataSetError, match=fault) as told:
        read_data_set(tmp_path / name)
    assert name in str(told.value) or "row" in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(DataSetError, match="no file"):
            read_data_set(tmp_path / name)


CELLS = st.one_of(
    st.none(), st.text(max_size=12), st.integers(-5, 5), st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([*LABS, "ng/dL", "nmol/L", "IU/L", "mg", "clomiphene", "hcg", "2026-03-01", "<0.1", ".", "NA", "im", "1e400"]),
)  # fmt: skip
COLUMN = st.sampled_from([
    "ID", "TIME", "EVID", "AMT", "UNIT", "DRUG", "ROUTE", "CMT", "ADDL", "II", "SS", "RATE", "DVID", "DV", "DVUNIT", "CENS",
    "MDV", "HOLD", "HOUR", "ASSAY", "AGE", "BMI", "DIAGNOSIS", "DATE", "SEX",
])  # fmt: skip


def changed(base):
    """Rows with a few cells replaced."""
    return st.lists(st.tuples(st.integers(0, len(base) - 1), COLUMN, CELLS), max_size=6).map(
        lambda edits: [
            {**row, **{column: cell for place, column, cell in edits if place == number}}
            for number, row in enumerate(base)
        ]
    )


@pytest.mark.generated
@settings(max_examples=CASES, deadline=None)
@given(changed([*ROWS, dose(TIME=3, DRUG="hcg", AMT=1500, UNIT="IU", II=3.5, ADDL=8), one(TIME=40, CENS=1, DV=20)]))
def test_a_made_up_table_is_read_or_refused_and_every_row_is_accounted_for(rows):
    try:
        data = read_data_set(rows)
    except InputError as error:
        assert str(error)
        return
    check(data)
    assert len(data.rows) >= sum(any(cell not in (None, "", ".", "NA") for cell in row.values()) for row in rows) - 1


@pytest.mark.generated
@settings(max_examples=CASES, deadline=None)
@given(st.data())
def test_a_made_up_bundle_is_read_or_refused_and_every_resource_is_accounted_for(data):
    bundle = json.loads(json.dumps(BUNDLE))
    for _ in range(data.draw(st.integers(0, 4))):
        edit(bundle, data)
    try:
        found = read_data_set(bundle)
    except InputError as error:
        assert str(error)
        return
    check(found)


def edit(value, data):
    """Replace, or take away, one value somewhere in nested data."""
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            if data.draw(st.booleans()) and isinstance(value, dict):
                del value[key]
            else:
                value[key] = data.draw(st.one_of(CELLS, st.just({}), st.just([])).filter(lambda cell: cell == cell))
            return
        value = inner


def check(data):
    """Every measurement is possible in a man, in the unit it says; every row that is not used says why."""
    assert isinstance(data, DataSet)
    for course in data.values():
        for seen in course.observations:
            (low, high), limit = LABS[seen.variable].possible, LABS[seen.variable].detection_limit
            assert min(low, limit.value if limit else low) * 0.99 <= seen.shown <= high * 1.01
    for row in data.rows:
        assert row.what or row.ignored
