"""Numbers as people read them: three digits, and what no assay finds said as such."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hpgaxis as hpg
from hpgaxis.measurements.registry import detection_limit
from hpgaxis.physiology.parameters import catalogue
from hpgaxis.report.tables import treatments_markdown
from hpgaxis.simulation.readings import Reading
from hpgaxis.simulation.table_text import (
    day_text,
    figure_text,
    interval_text,
    length_text,
    level_text,
    reading_text,
)

WEEKLY = "testosterone enanthate 200 mg weekly"


@pytest.fixture(scope="module")
def suppressed():
    return hpg.simulate(None, WEEKLY, months=6)


def test_no_sperm_are_reported_below_the_threshold_of_azoospermia():
    assert detection_limit("sperm_concentration") == catalogue()["azoospermia_threshold"].value


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("lh", 0.0505, "< 0.1"),
        ("lh", 0.1, "0.1"),
        ("fsh", 0.02, "< 0.1"),
        ("testosterone", 1.2, "< 2"),
        ("testosterone", 1089.4, "1090"),
        ("estradiol", 0.4, "< 1"),
        ("sperm_concentration", 7e-9, "azoospermia"),
        ("sperm_concentration", 0.0103, "azoospermia"),
        ("sperm_concentration", 0.0, "azoospermia"),
        ("sperm_concentration", 0.169, "0.169"),
        ("total_motile_count", 0.0129, "0"),
        ("gynecomastia_risk", 0.0004, "4e-04"),
        ("shbg", float("nan"), "–"),
    ],
)
def test_levels(name, value, text):
    assert level_text(name, value) == text


@given(st.floats(-1e9, 1e9).filter(lambda v: abs(v) >= 0.001))
def test_three_digits_within_half_of_the_third(value):
    text = figure_text(value)
    assert float(text) == pytest.approx(value, rel=5.01e-3)
    assert len(text.lstrip("-0.").replace(".", "").rstrip("0")) <= 3
    assert "," not in text and "e" not in text


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (Reading(1089, 751, 1363, 0, 7), "1090 (751 to 1360)"),
        (Reading(500, 480, 520, 0, 1), "500"),
        (Reading(500, 500, 500, 3, 3), "500"),
    ],
)
def test_trough_and_peak_where_they_are_apart(reading, text):
    assert reading_text("testosterone", reading) == text


def test_parts_of_an_interval_below_the_limit():
    assert reading_text("lh", Reading(0.16, 0.05, 0.36, 0, 7)) == "0.16 (< 0.1 to 0.36)"
    assert reading_text("lh", Reading(0.04, 0.02, 0.08, 0, 7)) == "< 0.1"
    assert reading_text("sperm_concentration", Reading(0.06, 0.04, 0.09, 0, 7)) == "0.06 (0 to 0.09)"


def test_days_and_lengths():
    assert [day_text(day) for day in (0.0, 183.0, 0.25, 179 + 2 / 3)] == ["0", "183", "0.25", "179.67"]
    found = [length_text(days) for days in (30, 91, 183, 365, 730, 45, 1, 182.625)]
    assert found == ["1 month", "3 months", "6 months", "12 months", "24 months", "45 days", "1 day", "182.62 days"]


@pytest.mark.parametrize(
    ("begin", "end", "text"),
    [
        (0, 0, "day 0"),
        (84, 168, "days 84 to 168"),
        (179 + 2 / 3, 182, "days 180 to 182"),
        (0.25, 0.75, "days 0.25 to 0.75"),
    ],
)
def test_dosing_intervals_of_days_are_shown_in_whole_days(begin, end, text):
    assert interval_text(begin, end) == text


def test_tables_say_azoospermia_and_the_files_hold_numbers(suppressed, tmp_path):
    column = suppressed.table()["day 183"]
    assert suppressed["lh"][-1] < 0.1 and column["lh (IU/L)"] == "< 0.1"
    assert column["sperm_concentration (10⁶/mL)"] == "azoospermia"
    assert column["total_motile_count (10⁶)"] == "0"
    assert column["motility (%)"] == "–"
    written = pd.read_csv(suppressed.save(tmp_path / "course.csv"))
    assert np.array_equal(written["lh [IU/L]"], suppressed["lh"])
    data = json.loads(suppressed.save(tmp_path / "course.json").read_text())
    assert data["values"]["sperm_concentration"][-1] == suppressed["sperm_concentration"][-1]
    readings = suppressed.readings(["lh"], [183])
    assert 0 < readings["mean"].iloc[0] < 0.1


def test_conception_and_treatments_say_it_too(suppressed):
    table = hpg.conception(suppressed).table()
    assert table.loc["month 6", "sperm concentration (10⁶/mL)"] == "azoospermia"
    treatments = hpg.compare_treatments(hpg.Patient(diagnosis="obstructive_azoospermia"))
    markdown = treatments_markdown(treatments)
    assert "azoospermia at the start" in markdown and "7e-" not in markdown
    assert all(isinstance(value, float) for row in treatments.rows for value in row.sperm.values())


def test_own_scales_are_named(suppressed):
    assert "libido (score; typical man 100)" in hpg.risk_table(suppressed).index
    assert list(suppressed.table(["libido"]).index)[1] == "libido (score; typical man 100)"


def test_a_table_of_many_men_says_it_for_quantiles():
    men = hpg.population(30, seed=1)
    table = hpg.simulate_many(men, WEEKLY, months=6).table()
    assert table.loc["sperm_concentration (10⁶/mL)", "day 183"].startswith("azoospermia")
    assert table.loc["lh (IU/L)", "day 183"].startswith("< 0.1")
    means = [float(text.split(" ")[0]) for text in (table.loc[name, "day 183"] for name in table.index[1:4])]
    assert means[1] < means[0] < means[2]  # testosterone, its trough, its peak
    assert list(table.index[1:4]) == ["testosterone (ng/dL)", "testosterone, trough", "testosterone, peak"]
