"""Tables of men as pharmacometricians keep them."""

import pytest

from hpgaxis.datasets.course import DataSetError
from hpgaxis.datasets.read import read_data_set
from hpgaxis.errors import InputError


def one(**row):
    return {"ID": 1, "TIME": 0, "DVID": "testosterone", "DV": 265, "DVUNIT": "ng/dL", **row}


def dose(**row):
    return {"ID": 1, "TIME": 0, "EVID": 1, "DRUG": "clomiphene", "AMT": 25, "UNIT": "mg", "DV": None, **row}


def course(*rows, **options):
    return read_data_set(list(rows), **options)["1"]


def series(*rows, **options):
    return course(*rows, **options).stretches[0].protocol.series


def test_a_measurement_keeps_its_own_unit_and_is_shown_in_the_usual_one():
    found = course(one(DV=18.2, DVUNIT="nmol/L")).observations[0]
    assert (found.value, found.unit) == (18.2, "nmol/L")
    assert found.shown == pytest.approx(18.2 * 28.842)
    assert found.in_own_unit(found.shown) == pytest.approx(18.2)


def test_a_value_without_a_unit_is_read_in_the_usual_one_and_the_notes_say_so():
    data = read_data_set([one(DVUNIT=None)])
    assert data["1"].observations[0].shown == 265
    assert any("ng/dL (testosterone)" in note for note in data.notes)


@pytest.mark.parametrize(
    ("row", "censored", "shown"),
    [
        (one(CENS=1, DV=20), "below", 20), (one(CENS=-1, DV=1500), "above", 1500), (one(DV="<20"), "below", 20),
        (one(DV="> 1500"), "above", 1500), (one(DV=0), "below", 2), (one(DV=1.1), "below", 2), (one(DV=265), "", 265),
    ],
)  # fmt: skip
def test_limits_are_censored_values(row, censored, shown):
    """Nothing below the limit of detection is a measured level: it is censored there."""
    found = course(row).observations[0]
    assert (found.censored, found.shown) == (censored, pytest.approx(shown))


def test_held_measurements_are_marked():
    assert [seen.held for seen in course(one(HOLD=0), one(TIME=9, HOLD=1)).observations] == [False, True]


def test_doses_are_repeated_as_in_nonmem():
    found = series(dose(II=1, ADDL=89), one(TIME=90))[0]
    assert (found.drug, found.doses, found.interval_days, found.start_day) == ("clomiphene", 90, 1.0, 0.0)
    assert series(dose(II=12), one(TIME=90))[0].doses == 1, "an interval without ADDL repeats nothing"
    assert series(dose(II=24, ADDL=2, TIME=48), one(TIME=96), time_unit="hours")[0].interval_days == 1


@pytest.mark.parametrize(
    ("route", "unit"), [("im", "mg"), ("Intramuscular", "mg"), ("depot", "mg depot"), (None, "mg")]
)
def test_routes_and_units_have_several_names(route, unit):
    found = series(dose(DRUG="leuprolide_depot", AMT=22.5, ROUTE=route, UNIT=unit), one(TIME=9))[0]
    assert (found.route, found.formulation, found.amount) == ("im", "3-month depot", 22.5)


@pytest.mark.parametrize(
    ("name", "drug"),
    [
        ("Leuprolide acetate", "leuprolide"), ("cyproterone_acetate", "cyproterone_acetate"), ("CLOMIPHENE citrate", "clomiphene"),
        ("anastrozole 1 mg tablet", "anastrozole"),
    ],
)  # fmt: skip
def test_salts_and_strengths_in_the_name_of_a_drug(name, drug):
    amount = {"leuprolide": 7.5, "anastrozole": 1}.get(drug, 50)
    assert series(dose(DRUG=name, AMT=amount), one(TIME=9))[0].drug == drug


def test_infusions_last_amount_over_rate():
    found = series(dose(DRUG="testosterone_infusion", AMT=14, RATE=7, UNIT="mg"), one(TIME=2))[0]
    assert found.over_days == 2


def test_a_steady_state_begins_long_before():
    assert series(dose(II=1, SS=1), one(TIME=1))[0].start_day < -365


def test_steady_state_later_clears_what_was_before_and_2_adds_to_it():
    for steady, before in ((1, 0), (2, 1)):
        found = course(dose(), one(TIME=5), dose(TIME=10, DRUG="anastrozole", AMT=1, II=1, SS=steady), one(TIME=20))
        assert len(found.stretches) == 2
        assert [seen.stretch for seen in found.observations] == [0, 1]
        assert len(found.stretches[1].protocol.series) == 1 + before
        assert found.stretches[1].origin == 10


@pytest.mark.parametrize("kind", [3, 4])
def test_a_reset_begins_untreated_and_may_set_the_clock_back(kind):
    again = dose(EVID=kind, TIME=0) if kind == 4 else {"ID": 1, "TIME": 0, "EVID": 3}
    found = course(dose(II=1, ADDL=9), one(TIME=90), again, one(TIME=30))
    assert [len(stretch.protocol.series) for stretch in found.stretches] == [1, int(kind == 4)]
    assert [(seen.stretch, seen.time) for seen in found.observations] == [(0, 90), (1, 30)]


def test_numbers_of_compartments_and_measurements_have_names():
    rows = [
        {"ID": 1, "TIME": 0, "EVID": 1, "CMT": 1, "AMT": 25, "DV": "."},
        {"ID": 1, "TIME": 9, "EVID": 0, "CMT": 2, "AMT": ".", "DV": 300},
    ]
    found = course(*rows, cmt={1: "clomiphene:oral"}, dvid={2: "testosterone"})
    assert found.stretches[0].protocol.series[0].route == "oral"
    assert found.observations[0].variable == "testosterone"
    ignored = read_data_set(rows).ignored
    assert "CMT 1 has no name" in ignored[0].ignored and "2 has no name" in ignored[1].ignored


def test_dates_count_from_the_first_and_give_the_hour():
    found = course(one(TIME="2026-03-01T08:00"), dose(TIME="2026-03-02"), one(TIME="2026-03-31T16:30"))
    assert [seen.time for seen in found.observations] == pytest.approx([8 / 24, 30 + 16.5 / 24])
    assert [seen.hour for seen in found.observations] == [8, 16.5]
    assert found.stretches[0].origin + found.stretches[0].protocol.series[0].start_day == 1
    split = course(one(DATE="2026-03-01", TIME="08:00"), one(DATE="2026-03-31", TIME="16:30"))
    assert [seen.hour for seen in split.observations] == [8, 16.5]


def test_what_a_man_is_stands_in_any_of_his_rows():
    found = course(one(AGE=34), one(TIME=1, AGE=35, BMI=31, DIAGNOSIS="Secondary hypogonadism"))
    assert (found.age, found.bmi, found.diagnosis) == (34, 31, "secondary_hypogonadism")
    unknown = course(one())
    assert (unknown.age, unknown.bmi, unknown.diagnosis) == (None, None, None)


def test_rows_need_not_be_sorted_and_men_need_not_be_together():
    data = read_data_set([one(TIME=9), one(ID=2), one(TIME=3), one(ID="2.0", TIME=5)])
    assert list(data) == ["1", "2"]
    assert [seen.time for seen in data["1"].observations] == [3, 9]
    assert len(data["2"].observations) == 2


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (one(TIME=None), "TIME"), (one(TIME="soon"), "soon"), (one(DV="high"), "not a number"), (one(DV=None), "missing"),
        (one(MDV=1), "MDV"), (one(DVID="unobtainium"), "unobtainium"), (one(DVUNIT="mg"), "mg"), (one(DV=26500), "impossible"),
        (one(CENS=2), "CENS"), (one(HOLD=3), "HOLD"), (one(HOUR=25), "HOUR"), (one(EVID=7), "EVID"),
        (dose(DRUG="unobtainium"), "unobtainium"), (dose(AMT=-1), "AMT"), (dose(UNIT="IU"), "IU"), (dose(ROUTE="iv"), "iv"),
        (dose(RATE=-1), "RATE"), (dose(SS=3), "SS"), (dose(ADDL=3), "II"), (dose(DRUG=None), "DRUG"), (one(EVID=2), "EVID 2"),
        (one(TIME=1e9), "100 years"), (one(DIAGNOSIS="flu"), "flu"), (one(AGE=200), "AGE"), (one(AMT=3, EVID=0), "AMT"),
        (dose(DV=3), "DV"), (one(ASSAY="guess"), "guess"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named_and_left_out(row, fault):
    data = read_data_set([one(TIME=5), row])
    (ignored,) = data.ignored
    assert ignored.number == 2 and fault in ignored.ignored
    assert "Traceback" not in ignored.ignored
    assert len(data["1"].observations) >= 1


def test_a_dose_that_is_left_out_leaves_the_others():
    data = read_data_set([dose(DRUG="flutamide", AMT=250), dose(TIME=1), one(TIME=9)])
    assert len(data["1"].stretches[0].protocol.series) == 1
    assert [row.number for row in data.ignored] == [1]


@pytest.mark.parametrize(
    ("rows", "options", "fault"),
    [
        ([{"ID": 1, "DV": 3}], {}, "TIME"), ([{"ID": 1, "TIME": 0}], {}, "DV"), ([one()], {"time_unit": "years"}, "time_unit"),
        ([{}], {}, "none of the columns"), ([one()], {"dvid": "testosterone"}, "dvid"), ([{"A": 1}], {}, "none of the columns"),
        (["row"], {}, "row 1"), (3, {}, "expected a file"),
    ],
)  # fmt: skip
def test_what_is_no_data_set_is_refused(rows, options, fault):
    with pytest.raises(DataSetError, match=fault):
        read_data_set(rows, **options)


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("ID,TIME,DV,DV\n1,0,3,4\n")
    with pytest.raises(DataSetError, match="twice"):
        read_data_set(tmp_path / "a.csv")


def test_unknown_subjects_are_refused_with_those_that_there_are():
    with pytest.raises(InputError, match="there are 1"):
        read_data_set([one()])["7"]


def test_the_table_says_how_each_row_was_read():
    table = read_data_set(
        [dose(II=1, ADDL=9), one(TIME=9, DV=18, DVUNIT="nmol/L", HOLD=1), one(TIME=11, DVID="gold")]
    ).table()
    assert list(table.index) == ["row 1", "row 2", "row 3"]
    assert table["understood as"].tolist()[:2] == [
        "25 mg clomiphene oral, 10 doses every 1 days", "testosterone 18 nmol/L (519.2 ng/dL), held",
    ]  # fmt: skip
    assert "gold" in table["ignored"].iloc[2]
