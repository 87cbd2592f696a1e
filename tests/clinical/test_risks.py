"""Risks, as tables of a simulation."""

import pytest

import hpgaxis as hpg
from hpgaxis.clinical.risks import findings, limits, warnings
from hpgaxis.measurements.registry import MEASUREMENTS


def test_every_limit_is_of_a_measurement_and_has_a_source():
    for measure, entries in limits().items():
        assert measure in MEASUREMENTS
        for entry in entries:
            assert entry["kind"] in ("above", "below", "rise", "fall", "rise_percent", "fall_percent")
            assert entry["source"] and entry["meaning"]


def test_an_untreated_man_brings_no_findings():
    assert warnings(hpg.simulate(None, months=12)) == []


def test_testosterone_in_a_man_with_a_high_hematocrit_passes_the_limit():
    man = hpg.Patient(age=62, labs={"hematocrit": "49 %", "testosterone": "250 ng/dL", "lh": 4})
    result = hpg.simulate(man, "testosterone enanthate 200 mg weekly", months=12)
    assert result["hematocrit"][0] == pytest.approx(49)
    text = next(text for text in warnings(result) if text.startswith("hematocrit above 54 %"))
    course = result["hematocrit"]
    first, worst = result.time[course > 54][0], result.time[course.argmax()]
    assert 20 < first < 300 < worst
    assert text == (f"hematocrit above 54 % (first on day {first:.0f}; {course.max():.3g} at worst, day {worst:.0f})")


@pytest.mark.parametrize(
    ("sentence", "measure", "kind", "passed"),
    [
        ("testosterone enanthate 200 mg weekly", "sperm_concentration", "below", lambda y: y < 16),
        ("testosterone enanthate 200 mg weekly", "sperm_concentration", "fall_percent", lambda y: y < 0.7 * y[0]),
        ("testosterone enanthate 200 mg weekly", "testis_volume", "fall_percent", lambda y: y < 0.85 * y[0]),
        ("testosterone enanthate 250 mg weekly", "estradiol", "above", lambda y: y > 60),
        ("letrozole 2.5 mg daily", "estradiol", "below", lambda y: y < 10),
    ],
)
def test_the_day_on_which_a_limit_is_first_passed(sentence, measure, kind, passed):
    result = hpg.simulate(None, sentence, months=12)
    row = next(row for row in findings(result) if row.measure == measure and row.kind == kind)
    course = result[measure]
    assert row.reached and row.first == result.time[passed(course)][0]
    settled = result.time >= 7
    extreme = course[settled].max() if kind == "above" else course[settled].min()
    assert row.worst == extreme and row.day == result.time[settled][course[settled] == extreme][0]
    assert row.last == result.reading(measure, 365).mean
    said = hpg.risk_table(result)["limit: first reached"]
    assert any(f"REACHED on day {row.first:.0f}" in text for text in said)


def test_a_limit_that_is_not_passed_has_no_first_day():
    assert all(row.first is None for row in findings(hpg.simulate(None, months=6)) if not row.reached)


def test_gynecomastia_follows_estrogen_over_androgen_and_not_estradiol_alone():
    """Its risk may fall while estradiol passes 60 pg/mL: on testosterone, androgen at the breast rises more."""
    result = hpg.simulate(None, "testosterone enanthate 250 mg weekly", months=12)
    assert result["estradiol"].max() > 60
    ratio = result["estradiol"] / result["testosterone"]
    assert ratio[-1] < 0.95 * ratio[0]
    assert result["gynecomastia_risk"][-1] < result["gynecomastia_risk"][0]


def test_what_was_there_before_is_not_the_treatments_doing():
    result = hpg.simulate(hpg.Patient(diagnosis="klinefelter"), "anastrozole 1 mg daily", months=6)
    sperm = [row for row in findings(result) if row.measure == "sperm_concentration" and row.kind == "below"]
    assert sperm[0].before and sperm[0].reached
    assert not any("sperm concentration below" in text for text in warnings(result))


def test_tables_have_a_row_for_each():
    result = hpg.simulate(None, "testosterone enanthate 200 mg weekly", months=6)
    assert len(hpg.risk_table(result)) == len(limits())
    table = hpg.monitoring_table(result)
    assert "hematocrit" in set(table["check"])
    assert float(table.loc[table["check"] == "hematocrit", "expected"].iloc[-1]) > result["hematocrit"][0]
