"""Summaries of a course."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.files import write_whole


@pytest.fixture(scope="module")
def result():
    return hpg.simulate(None, "anastrozole 1 mg daily for 30 days", days=60)


def test_metrics_are_what_they_are_called(result):
    row = result.metrics().loc["anastrozole"]
    times = np.arange(0, 60, 1 / 1440)
    exact = result.treatment.concentrations(times)["anastrozole"][1]
    assert row["cmax"] == pytest.approx(exact.max(), rel=0.01)
    drug = hpg.DrugLibrary.shipped()["anastrozole"]
    hours = (drug.routes["oral"].pathways[0].half_lives[0], drug.analytes["anastrozole"].half_life)
    ka, k = (24 * np.log(2) / value.value for value in hours if value is not None)
    assert row["tmax_days"] % 1 == pytest.approx(np.log(ka / k) / (ka - k), abs=1 / 48)  # Bateman
    assert row["auc_unit_days"] == pytest.approx(30 * 1e6 / 1.54 / 24 / 1000, rel=0.02)  # dose over clearance
    assert row["average"] == pytest.approx(row["auc_unit_days"] / 60)
    assert row["trough"] < 0.02 * row["cmax"]
    lh = result.metrics().loc["lh"]
    change = np.abs(result["lh"] - result["lh"][0])
    assert lh["time_to_peak_effect_days"] == result.time[change.argmax()]
    assert 0 < lh["time_to_90_percent_days"] <= lh["time_to_peak_effect_days"]
    assert 0 <= lh["time_in_range_percent"] <= 100


def test_any_unit_at_the_edge(result):
    assert result.get("testosterone", "nmol/L")[0] == pytest.approx(17.5)
    with pytest.raises(ValueError, match="same kind"):
        result.get("lh", "ng/dL")
    with pytest.raises(KeyError, match="there are testosterone"):
        result["testosteron"]
    with pytest.raises(ValueError, match="outside the simulation"):
        result.at("lh", 61)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")

    def broken(target):
        target.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(path, broken)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_import_is_light():
    import subprocess
    import sys

    code = "import hpgaxis, sys; print([m for m in ('numba', 'sympy', 'pandas', 'matplotlib', 'pint') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
