"""Event tables mean what NONMEM, mrgsolve and rxode2 mean by them, or are refused by name."""

import io
from math import ceil, isclose
from random import Random
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import hpgaxis as hpg
from hpgaxis.cli.main import app
from hpgaxis.model import Model
from hpgaxis.pharmacology import event_writing, events
from hpgaxis.pharmacology.doses import DoseSeries, ProtocolError
from hpgaxis.pharmacology.drug import DrugError
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import Protocol
from hpgaxis.units import UnitError
from tests.generated import many_cases, strength_and_interval

TWO_MEN = "ID,TIME,AMT,CMT,EVID\n1,0,1,anastrozole:oral,1\n2,0,500,hcg:sc,1\n"


def one(text, **options):
    return events.read_csv(text, **options).protocol()


def only_series(text, **options):
    (series,) = one(text, **options).series
    return series


def dose(**cells):
    """A table of one dose."""
    cells = {"TIME": "0", "AMT": "500", "CMT": "hcg:sc", "EVID": "1", **cells}
    return ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"


class TestSubjects:
    def test_each_subject_has_his_own_protocol(self):
        table = events.read_csv(TWO_MEN)
        assert list(table.protocols) == [1, 2]
        assert [[item.drug for item in protocol.series] for protocol in table.protocols.values()] == [
            ["anastrozole"],
            ["hcg"],
        ]
        assert table.protocol(2) == table.protocol("2") == table.protocols[2]

    def test_where_one_protocol_is_needed_several_are_refused_with_their_ids(self):
        table = events.read_csv(TWO_MEN, "men.csv")
        with pytest.raises(ProtocolError, match=r"men\.csv: 2 subjects \(ID 1, 2\).*--subject"):
            table.protocol()
        with pytest.raises(ProtocolError, match="no subject '3'; ID is 1, 2"):
            table.protocol("3")

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (["1,0", "2,0", "1,5"], "row 3, ID: the rows of subject 1 are not together"),
            (["1,0", "01,5"], "row 2, ID: '01' and '1' are the same number"),
            (["1,0", ".,5"], "row 2, ID: it is missing"),
        ],
    )
    def test_subjects_are_never_merged_by_the_way_they_are_written(self, rows, message):
        text = "ID,TIME,AMT,CMT,EVID\n" + "".join(f"{row},500,hcg:sc,1\n" for row in rows)
        with pytest.raises(ProtocolError, match=message):
            events.read_csv(text)

    def test_subjects_are_written_apart_and_read_back(self):
        protocols = {
            1: Protocol.of("hcg 500 IU daily"),
            "A-7": Protocol(),
            3: Protocol.of("clomiphene 25 mg daily; if estradiol > 50 pg/mL at week 6 stop clomiphene; 80 % adherence"),
        }
        read = events.read_csv(event_writing.write_csv(protocols)).protocols
        assert list(read) == list(protocols)
        for subject, protocol in protocols.items():
            assert equal(read[subject], protocol)
        with pytest.raises(ProtocolError, match="same ID"):
            event_writing.to_events({1: Protocol(), "1": Protocol()})

    def test_long_numbers_of_subjects_are_told_apart(self):
        numbers = (9007199254740992, 9007199254740993)
        text = "ID,TIME,AMT,CMT,EVID\n" + "".join(f"{number},0,500,hcg:sc,1\n" for number in numbers)
        assert tuple(events.read_csv(text).protocols) == numbers

    def test_a_table_of_no_rows_has_no_subjects(self):
        with pytest.raises(ProtocolError, match="no row"):
            events.read_csv("ID,TIME,AMT,CMT\n")


class TestTime:
    @pytest.mark.parametrize(("unit", "day"), [("hours", 1.0), ("days", 24.0), ("weeks", 168.0)])
    def test_times_intervals_and_rates_are_in_the_unit_said(self, unit, day):
        series = only_series(dose(TIME="24", II="24", ADDL="6", RATE="250"), time_unit=unit)
        assert (series.start_day, series.interval_days, series.doses) == (day, day, 7)
        assert series.over_days is not None
        assert isclose(series.over_days, 2 * day / 24)
        assert events.read_csv(dose(TIME="24"), time_unit=unit).notes[0] == f"TIME read in {unit} (24 to 24)"

    def test_an_unknown_unit_is_refused(self):
        with pytest.raises(ProtocolError, match="time_unit = 'h': expected hours, days, weeks"):
            events.read_csv(dose(), time_unit="h")

    @pytest.mark.parametrize(
        ("first", "second", "message"),
        [
            ("5", "4", "row 2, TIME: 4 after 5; sort"),
            ("-20000", "0", "row 1, TIME: -20000 days: expected from 40 years before"),
            ("0", "40000", "row 2, TIME: 40000 days"),
            ("0", ".", "row 2, TIME: it is missing"),
            ("0", "08:30", "row 2, TIME: '08:30' is not a number"),
        ],
    )
    def test_impossible_times_are_refused(self, first, second, message):
        with pytest.raises(ProtocolError, match=message):
            one(f"TIME,AMT,CMT,EVID\n{first},500,hcg:sc,1\n{second},500,hcg:sc,1\n")


class TestEvents:
    def test_nonmems_own_example_of_additional_doses(self):
        """The two fragments of NONMEM's page on ADDL specify the same doses: 10, 22, 34 and the extra one at 20."""
        short = "TIME,AMT,ADDL,II,DV,CMT,EVID\n10,15,2,12,.,hcg:sc,1\n15,.,.,.,25.7,1,0\n20,10,0,0,.,hcg:sc,1\n36,.,.,.,30.2,1,0\n"
        long = (
            "TIME,AMT,ADDL,II,DV,CMT,EVID\n10,15,0,0,.,hcg:sc,1\n15,.,.,.,25.7,1,0\n20,10,0,0,.,hcg:sc,1\n"
            "22,15,0,0,.,hcg:sc,1\n34,15,0,0,.,hcg:sc,1\n36,.,.,.,30.2,1,0\n"
        )
        given = [
            sorted(
                (round(24 * day, 9), item.amount)
                for item in one(text, time_unit="hours").series
                for day in item.times(10.0)
            )
            for text in (short, long)
        ]
        assert given[0] == given[1] == [(10, 15.0), (20, 10.0), (22, 15.0), (34, 15.0)]
        assert events.read_csv(short).notes[-2:] == ("2 observation rows not used", "DV not used")

    def test_without_evid_a_row_with_a_dose_is_one(self):
        table = events.read_csv("TIME,AMT,CMT,MDV\n0,500,hcg:sc,1\n1,.,2,0\n")
        assert len(table.protocol().series) == 1
        assert "1 observation row not used" in table.notes
        assert "MDV not used" in table.notes

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            ({"EVID": "0"}, "row 1, AMT: 500 on a row that is an observation"),
            ({"EVID": "."}, "row 1, AMT: 500 on a row that is an observation"),
            ({"EVID": "0", "AMT": "0", "SS": "1"}, "row 1, SS: 1 on a row that is an observation"),
            ({"EVID": "2"}, "row 1, AMT: 500 on a row that is no dose"),
            ({"EVID": "3", "AMT": "0"}, r"row 1, EVID: 3 \(reset\).*an ID of its own"),
            ({"EVID": "4"}, r"row 1, EVID: 4 \(reset\)"),
            ({"EVID": "5"}, "row 1, EVID: 5 is not an observation"),
            ({"EVID": "1.5"}, "row 1, EVID: 1.5 is not a whole number"),
            ({"AMT": "0"}, "row 1, AMT: the dose is 0"),
            ({"AMT": "-5", "RATE": "5"}, "row 1, AMT: the dose is -5"),
            ({"AMT": "1e9"}, "row 1: .*is the unit right"),
            ({"RULE": "stop when hematocrit > 54 %"}, "row 1, RULE: rules are read on rows with EVID 2"),
            ({"UNIT": "mg"}, "row 1: .*use IU"),
            ({"CMT": "2"}, "row 1, CMT: '2': expected drug:route, like hcg:sc, and no compartment's number"),
            ({"CMT": "hcg"}, "row 1, CMT: 'hcg': expected drug:route"),
            ({"CMT": "."}, "row 1, CMT: '': expected drug:route"),
            ({"CMT": "hgc:sc"}, "row 1: unknown drug 'hgc'; did you mean .*hcg"),
            ({"CMT": "hcg:nasal"}, "row 1: hcg has no route 'nasal'"),
        ],
    )
    def test_what_does_not_fit_the_kind_of_row_is_refused(self, cells, message):
        with pytest.raises((ProtocolError, DrugError), match=message):
            one(dose(**cells))

    def test_another_event_without_a_rule_is_named(self):
        table = events.read_csv("TIME,AMT,CMT,EVID\n0,500,hcg:sc,1\n3,.,.,2\n")
        assert "EVID 2 without RULE does nothing: row 2" in table.notes

    @pytest.mark.parametrize(
        ("rules", "message"),
        [
            (["80 % adherence", "90 % adherence"], "row 2, RULE: the adherence is given twice"),
            (["1.2.3 % adherence"], "row 1, RULE: '1.2.3 % adherence'"),
            (["180 % adherence"], "row 1, RULE"),
            (["hope"], "row 1, RULE"),
        ],
    )
    def test_impossible_rules_are_refused(self, rules, message):
        with pytest.raises(ProtocolError, match=message):
            one("TIME,AMT,CMT,EVID,RULE\n" + "".join(f"0,.,.,2,{rule}\n" for rule in rules))

    def test_a_rule_says_itself_from_when(self):
        with pytest.raises(ProtocolError, match="row 1, TIME: 30 with a rule"):
            one("TIME,AMT,CMT,EVID,RULE\n30,.,.,2,stop when hematocrit > 54 %\n")

    def test_more_than_is_ever_given_is_refused_with_the_subject(self, monkeypatch):
        def refuse(self):
            raise ProtocolError("more than was ever given")

        monkeypatch.setattr(Protocol, "__post_init__", refuse)
        with pytest.raises(ProtocolError, match="ID 1: more than was ever given"):
            one(dose())


class TestRepeats:
    def test_a_series_without_end_has_a_column_of_its_own(self):
        series = only_series(dose(II="2", OPEN="1"))
        assert (series.interval_days, series.doses) == (2.0, None)
        assert only_series(dose(II="2", ADDL="4")).doses == 5
        assert only_series(dose()).doses == 1

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            ({"II": "2", "ADDL": "-1"}, "row 1, ADDL: -1: .*OPEN 1"),
            ({"II": "2", "ADDL": "1.7"}, "row 1, ADDL: 1.7 is not a whole number"),
            ({"II": "2", "ADDL": "inf"}, "row 1, ADDL: 'inf' is not a number"),
            ({"II": "2", "ADDL": "nan"}, "row 1, ADDL: 'nan' is not a number"),
            ({"II": "2", "ADDL": "1e400"}, "row 1, ADDL: '1e400' is not a number"),
            ({"II": "2", "ADDL": "1e18"}, "row 1, ADDL: 1e.18 is above 1000000"),
            ({"II": "0", "ADDL": "3"}, "row 1, II: the interval is 0 or missing"),
            ({"ADDL": "3"}, "row 1, II: the interval is 0 or missing"),
            ({"II": "-2", "ADDL": "3"}, "row 1, II: -2 days"),
            ({"II": "1e300", "ADDL": "3"}, "row 1, II: 1e300 days"),
            ({"II": "7"}, "row 1, II: 7 for a dose given once"),
            ({"II": "7", "OPEN": "2"}, "row 1, OPEN: 2"),
            ({"OPEN": "1"}, "row 1, II: the interval is 0 or missing"),
            ({"II": "7", "OPEN": "1", "ADDL": "2"}, "row 1, OPEN: 1 .* beside ADDL 2"),
        ],
    )
    def test_repeats_that_are_none_are_refused(self, cells, message):
        with pytest.raises(ProtocolError, match=message):
            one(dose(**cells))


class TestInfusions:
    @pytest.mark.parametrize(
        ("cells", "days"),
        [
            ({"RATE": "1000"}, 0.5),
            ({"DUR": "0.5"}, 0.5),
            ({"RATE": "-2", "DUR": "0.5"}, 0.5),
            ({"RATE": "1000", "DUR": "0.5"}, 0.5),
            ({"RATE": "0", "DUR": "0"}, None),
            ({"RATE": ".", "DUR": ""}, None),
        ],
    )
    def test_rate_and_duration(self, cells, days):
        assert only_series(dose(**cells)).over_days == days

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            ({"RATE": "-1"}, "row 1, RATE: -1: nothing is estimated here; give AMT per day"),
            ({"RATE": "-1", "DUR": "1"}, "row 1, RATE: -1"),
            ({"RATE": "-2"}, "row 1, RATE: -2 .* needs the duration in DUR"),
            ({"RATE": "-3"}, "row 1, RATE: -3"),
            ({"RATE": "1000", "DUR": "0.6"}, "row 1, RATE: AMT / RATE is 0.5 days and DUR 0.6"),
            ({"DUR": "-1"}, "row 1, DUR: -1 days"),
            ({"RATE": "1e-300"}, "row 1, RATE"),
        ],
    )
    def test_impossible_infusions_are_refused(self, cells, message):
        with pytest.raises(ProtocolError, match=message):
            one(dose(**cells))


class TestSteadyState:
    def test_doses_go_before_it(self):
        table = events.read_csv(dose(SS="1", II="7", ADDL="3"))
        (series,) = table.protocol().series
        before = ceil(6 * 365.25 / 7)
        assert (series.start_day, series.interval_days, series.doses) == (-7.0 * before, 7.0, before + 4)
        assert f"SS 1: row 1 ({before} doses of hcg before it, from day {-7 * before})" in table.notes

    def test_so_many_that_the_slowest_drug_is_steady(self):
        series = only_series(dose(CMT="testosterone pellet:sc", AMT="600", UNIT="mg", SS="1", II="120"))
        assert series.start_day <= -10 * 150
        slow = only_series(dose(CMT="etonogestrel implant:sc", AMT="68", UNIT="mg", SS="1", II="1095"))
        assert slow.start_day <= -10 * 1000

    def test_the_man_is_steady_at_the_dose(self):
        """From one dose to the next nothing but bone density changes by more than 1 %."""
        protocol = one(dose(AMT="100", UNIT="mg", CMT="testosterone enanthate:im", SS="1", II="7", OPEN="1"))
        result = hpg.simulate(None, protocol, days=8, step_days=7)
        at_first, at_second = (result.states[list(result.time).index(day)] for day in (0.0, 7.0))
        for name, first, second in zip(Model.default().states, at_first, at_second, strict=True):
            if not name.startswith("bone"):
                assert isclose(first, second, rel_tol=0.01, abs_tol=1e-9), name

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (dose(SS="1"), "row 1, II: the interval is 0 or missing"),
            (dose(SS="2", II="7"), "row 1, SS: 2: only 0 and 1 are known"),
            (dose(SS="-1", II="7"), "row 1, SS: -1"),
            (dose(SS="1", II="4000"), "row 1, SS: 1: hcg would have to begin"),
            (dose(SS="1", II="1e-5"), "row 1, II: 1e-5 days is too short for SS 1"),
            (
                dose(SS="1", II="7", CMT="varicocele_repair:surgery", AMT="1", UNIT="procedure"),
                "row 1, SS: 1: .* lasts for good",
            ),
            (
                "TIME,AMT,CMT,EVID,SS,II\n0,500,hcg:sc,1,0,0\n0,1,anastrozole:oral,1,1,1\n",
                "row 2, SS: 1 clears the doses before it, as in NONMEM",
            ),
        ],
    )
    def test_what_cannot_be_steady_is_refused(self, text, message):
        with pytest.raises(ProtocolError, match=message):
            one(text)


class TestColumns:
    @pytest.mark.parametrize(
        ("header", "message"),
        [
            ("TIME,AMT,CMT,ADLL", "unknown column 'ADLL'; did you mean ADDL"),
            ("TIME,AMT,CMT,WT", "unknown column 'WT'; "),
            ("TIME,AMT,CMT,CREATININE", "unknown column 'CREATININE'; leave it out"),
            ("TIME,AMT,CMT,time", "the column TIME is there twice"),
            ("TIME,AMT,CMT,", "column 4 has no name"),
            ("TIME,AMT,CMT,DRUG", "CMT .* and DRUG, ROUTE say the same"),
            ("TIME,AMT,EVID,II", "the column CMT is missing"),
            ("TIME,AMT,ROUTE,II", "the column DRUG is missing"),
            ("TIME,CMT,EVID,II", "the column AMT is missing"),
            ("AMT,CMT,EVID,II", "the column TIME is missing"),
            ("TIME;AMT;CMT;EVID", "not separated by commas"),
        ],
    )
    def test_columns_that_are_not_understood_are_refused(self, header, message):
        with pytest.raises(ProtocolError, match=message):
            events.read_csv(f"{header}\n0,500,hcg:sc,1\n")

    def test_names_may_be_in_small_letters_and_in_any_order(self):
        assert one("cmt,evid,amt,time,addl,ii\nhcg:sc,1,500,0,4,2\n") == one(dose(ADDL="4", II="2"))

    def test_drug_and_route_may_have_their_own_columns(self):
        assert one("TIME,AMT,DRUG,ROUTE,EVID\n0,500,hCG,im,1\n") == one(dose(CMT="hcg:im"))
        assert one("TIME,AMT,DRUG,EVID\n0,500,hCG,1\n") == one(dose())
        with pytest.raises(ProtocolError, match="row 1, DRUG: it is missing"):
            one("TIME,AMT,DRUG,EVID\n0,500,.,1\n")

    @pytest.mark.parametrize(("unit", "amount"), [("U", "500"), ("units", "500"), ("[iU]", "500"), ("kIU", "0.5")])
    def test_units_are_those_of_the_one_table(self, unit, amount):
        assert only_series(dose(UNIT=unit, AMT=amount)).amount_in("IU", 75.0) == 500

    def test_the_unit_of_a_dose_without_one_is_said(self):
        assert "AMT without UNIT read in IU (hcg)" in events.read_csv(dose()).notes
        assert len(events.read_csv(dose(UNIT="IU")).notes) == 1

    @pytest.mark.parametrize(
        ("orders", "message"),
        [
            (["1", "1"], "ORDER: .*each once"),
            (["2", "3"], "from 1"),
            (["1.5", "2"], "row 1, ORDER: 1.5 is not a whole"),
        ],
    )
    def test_an_order_numbers_every_dose_once(self, orders, message):
        with pytest.raises(ProtocolError, match=message):
            one("TIME,AMT,CMT,EVID,ORDER\n" + "".join(f"0,500,hcg:sc,1,{order}\n" for order in orders))


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "\ufeffTIME,AMT,CMT,EVID\n0,500,hcg:sc,1\n",
            "TIME,AMT,CMT,EVID\r\n0,500,hcg:sc,1\r\n",
            "TIME,AMT,CMT,EVID\r0,500,hcg:sc,1\r",
            "TIME,AMT,CMT,EVID\n\n0,500,hcg:sc,1\n,,,\n\n",
            '"TIME","AMT","CMT","EVID"\n"0","500","hcg:sc","1"\n',
            " TIME , AMT , CMT , EVID \n 0 , 500 , hcg:sc , 1 \n",
            "TIME,AMT,CMT,EVID\n0,5E+02,hcg:sc,1.0",
        ],
    )
    def test_the_same_table_in_other_dress(self, text):
        assert one(text) == one(dose())

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "the table is empty"),
            ("TIME,AMT,CMT,EVID\n0,500,hcg:sc,1,9\n", "row 1 has 5 cells and the table 4 columns"),
            ("TIME,AMT,CMT,EVID\n0,500,hcg:sc\n", "row 1 has 3 cells and the table 4 columns"),
            ("TIME,AMT,CMT,EVID\n0,2,500,hcg:sc,1\n", "row 1 has 5 cells"),
            ('TIME,AMT,CMT,EVID\n0,"2,500",hcg:sc,1\n', "row 1, AMT: '2,500' is not a number"),
            ("TIME,AMT,CMT,EVID\n0,1_000,hcg:sc,1\n", "row 1, AMT: '1_000' is not a number"),
            ("TIME,AMT,CMT,EVID\n0,٥,hcg:sc,1\n", "row 1, AMT: '٥' is not a number"),
            ("TIME,AMT,CMT,EVID\nnan,500,hcg:sc,1\n", "row 1, TIME: 'nan' is not a number"),
            ('TIME,AMT,CMT,EVID\n"0,500,hcg:sc,1\n1,500,hcg:sc,1\n', "not a table of comma-separated values"),
            ("TIME,AMT,CMT,EVID\n0,500,hcg:sc,1\n\n1,x,hcg:sc,1\n", "row 3, AMT: 'x' is not a number"),
        ],
    )
    def test_text_that_is_no_table_is_refused(self, text, message):
        with pytest.raises(ProtocolError, match=message):
            events.read_csv(text)


class TestFrames:
    ROWS = (
        {"ID": 1, "TIME": 0, "AMT": 500.0, "CMT": "hcg:sc", "EVID": 1, "II": 2, "ADDL": 9},
        {"ID": 1, "TIME": 3, "AMT": None, "CMT": None, "EVID": 0, "II": None, "ADDL": None},
        {"ID": 2, "TIME": 0, "AMT": 1.5, "CMT": "anastrozole:oral", "EVID": 1, "II": None, "ADDL": None},
    )

    def test_frames_dictionaries_and_text_say_the_same(self):
        frame = pd.DataFrame(list(self.ROWS))
        read = events.read_events(frame)
        assert read == events.read_events(self.ROWS) == events.read_csv(frame.to_csv(index=False))
        assert read == events.read_events(frame.convert_dtypes())
        assert read == events.read_events(frame.set_index("ID"))
        assert [len(protocol.series) for protocol in read.protocols.values()] == [1, 1]

    def test_a_frame_may_be_empty_or_have_unknown_columns(self):
        with pytest.raises(ProtocolError, match="did you mean ADDL"):
            events.read_events(pd.DataFrame(list(self.ROWS)).rename(columns={"ADDL": "ADLL"}))
        with pytest.raises(ProtocolError, match="TIME is there twice"):
            frame = pd.DataFrame(list(self.ROWS))
            events.read_events(pd.concat([frame, frame[["TIME"]]], axis=1))
        with pytest.raises(ProtocolError, match="no row"):
            events.read_events(pd.DataFrame(list(self.ROWS)).head(0))

    @pytest.mark.parametrize(
        "value", [float("nan"), float("inf"), True, 10**400, [1], np.nan, pytest.param(10**5000, id="long")]
    )
    def test_values_that_are_no_numbers_are_refused(self, value):
        with pytest.raises(ProtocolError, match=r"row 1, TIME: .* is not a number"):
            events.read_events([{"TIME": value, "AMT": 1, "CMT": "hcg:sc", "EVID": 1}])

    def test_rows_must_be_dictionaries(self):
        with pytest.raises(ProtocolError, match=r"row 2 is .*; expected a dictionary"):
            events.read_events([self.ROWS[0], "1,2,3"])
        for table in (7, None, pd.Series([1, 2])):
            with pytest.raises(ProtocolError, match="expected a d"):
                events.read_events(table)
        with pytest.raises(ProtocolError, match="no file TIME,AMT"):
            events.read_events("TIME,AMT\n")


class TestCommands:
    @pytest.fixture
    def table(self, tmp_path):
        path = tmp_path / "men.csv"
        path.write_text(TWO_MEN.replace("\n1,0,", "\n1,48,"))
        return str(path)

    def hpg(self, *arguments):
        return CliRunner().invoke(app, list(arguments))

    def test_every_subject_is_printed_with_his_id(self, table):
        result = self.hpg("protocol", table, "--to", "sentence", "--time-unit", "hours")
        assert result.stdout.splitlines() == [
            "ID 1: anastrozole 1 mg oral once from day 2",
            "ID 2: hcg 500 IU sc once",
        ]
        assert "TIME read in hours (0 to 48)" in result.stderr
        assert "TIME read in days" in self.hpg("protocol", table).stderr
        yaml = self.hpg("protocol", table).stdout.split("---\n")
        assert [part.splitlines()[0] for part in yaml] == ["# ID 1", "# ID 2"]
        assert Protocol.from_yaml(yaml[1]).series == one(dose()).series
        again = events.read_csv(self.hpg("protocol", table, "--to", "events").stdout)
        assert again.protocols == events.read_csv(TWO_MEN.replace("\n1,0,", "\n1,48,")).protocols

    @pytest.mark.parametrize(
        "command", ["simulate", "compare", "population", "predict", "sensitivity", "risks", "conception"]
    )
    def test_several_subjects_are_refused_where_one_is_simulated(self, table, command):
        result = self.hpg(command, table)
        assert result.exit_code == 2
        assert "2 subjects (ID 1, 2)" in result.output
        assert "--subject ID" in result.output
        result = self.hpg(command, "hcg 500 IU daily", "--time-unit", "hours")
        assert result.exit_code == 2
        assert "no table is given" in result.output

    def test_one_subject_is_simulated(self, table):
        result = self.hpg("simulate", table, "--subject", "2", "--days", "3", "--time-unit", "hours")
        assert result.exit_code == 0, result.output
        assert "hcg 500 IU" in result.output
        assert "TIME read in hours" in result.stderr
        assert self.hpg("simulate", table, "--time-unit", "months").exit_code == 2


def equal(first, second):
    """Equal but for the name, which a table does not hold."""
    return (first.series, first.rules, first.adherence) == (second.series, second.rules, second.adherence)


# Property tests. A seed makes a case: hypothesis would take ten times as long to draw each cell of a table.

seeds = st.integers(0, 2**64 - 1)
NAMES = sorted(DrugLibrary.shipped())
RULES = [
    *Protocol.of("no treatment; if estradiol > 50 pg/mL at week 6 add anastrozole 0.5 mg twice a week").rules,
    *Protocol.of("no treatment; stop when hematocrit > 54 %").rules,
    *Protocol.of("no treatment; if testosterone < 15 nmol/L at month 3 switch to hCG 1500 IU three times a week").rules,
    *Protocol.of("no treatment; if lh <= 3 at weeks 4, 8 and 12 raise tamoxifen to 40 mg").rules,
]


def valid(make, choose):
    """What `make` makes, drawn again where the doses are more than is ever given."""
    while True:
        try:
            return make(choose)
        except ProtocolError:
            continue


def any_series(choose):
    drug = DrugLibrary.shipped()[choose.choice(NAMES)]
    route = choose.choice(sorted(drug.routes))
    amount, interval = strength_and_interval(drug, route, choose.choice) or (
        drug.largest_dose * choose.choice([0.25, choose.uniform(1e-4, 0.5)]),
        choose.choice([7 / 3, 1 / 3, choose.uniform(0.04, 120)]),
    )
    return DoseSeries(
        drug=drug.name,
        amount=amount,
        unit=drug.dose_unit,
        route=route,
        start_day=choose.choice([0.0, 30.4375, choose.uniform(-1000, 1000)]),
        interval_days=interval,
        doses=choose.choice([None, 1, choose.randint(2, 400)]),
        over_days=choose.choice([None, 1 / 24, 2 / 24, choose.uniform(0.001, 20)]),
    )


def any_protocol(choose):
    return Protocol(
        tuple(valid(any_series, choose) for _ in range(choose.randint(0, 4))),
        rules=tuple(choose.sample(RULES, choose.choice([0, 0, 1, 2]))),
        adherence=choose.choice([1.0, 1.0, 0.8, choose.uniform(0.01, 1.0)]),
    )


@pytest.mark.generated
@many_cases
@given(seeds)
def test_protocols_are_written_and_read_without_loss(seed):
    choose = Random(seed)
    numbered = {subject: valid(any_protocol, choose) for subject in range(1, choose.randint(1, 3) + 1)}
    text = event_writing.write_csv(numbered)
    read = events.read_csv(text).protocols
    assert list(read) == list(numbered)
    assert all(equal(read[subject], numbered[subject]) for subject in numbered)
    assert event_writing.write_csv(read) == text


FROM, UNTIL = -30.0, 60.0
UNITS = {"hours": 1 / 24, "days": 1.0, "weeks": 7.0}
CONVERSION = {"IU": 1.0, "U": 1.0, "mg": 1.0, "ug": 0.001, "mcg": 0.001, "g": 1000.0}
COMPARTMENTS = {"hcg:sc": "IU", "anastrozole:oral": "mg", "clomiphene:oral": "mg", "testosterone_enanthate:im": "mg"}
AMOUNTS = {"hcg:sc": "150", "anastrozole:oral": "1", "clomiphene:oral": "5", "testosterone_enanthate:im": "5"}
KNOWN = COMPARTMENTS | {"hcg:im": "IU"}


class CannotRead(Exception):
    """The oracle knows no meaning."""


def cells_of(text):
    """The cells of each line: of plain lines by hand, of quoted ones by pandas."""
    if '"' not in text:
        return [line.split(",") for line in text.split("\n") if line]
    try:
        frame = pd.read_csv(io.StringIO(text), header=None, dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise CannotRead from error
    return frame.to_numpy().tolist()


def oracle(text, unit):
    """The doses of each subject between days FROM and UNTIL, read anew from the documented meaning of the columns.

    A dose is (day, compartment, amount in the drug's unit, days it takes). Raises CannotRead where there is no meaning.
    """
    columns, *rows = cells_of(text)
    columns = [column.strip().upper() for column in columns]
    known = {"ID", "TIME", "EVID", "CMT", "AMT", "UNIT", "II", "ADDL", "OPEN", "RATE", "DUR", "RULE", "SS", "DV", "MDV"}
    if len(set(columns)) < len(columns) or set(columns) - known or not {"TIME", "AMT", "CMT"} <= set(columns):
        raise CannotRead
    subjects, last = {}, {}
    scale = UNITS[unit]
    for row in rows:
        if not any(row):
            continue
        if len(row) != len(columns):
            raise CannotRead
        cells = {
            name: "" if value.strip() in ("", ".", "NA") else value.strip()
            for name, value in zip(columns, row, strict=True)
        }

        def number(name, cells=cells):
            try:
                value = float(cells.get(name) or 0)
            except ValueError as error:
                raise CannotRead from error
            if not np.isfinite(value):
                raise CannotRead
            return value

        subject = cells.get("ID", "1")
        if not subject or not cells["TIME"]:
            raise CannotRead
        time = number("TIME")
        if time < last.get(subject, -1e9):
            raise CannotRead
        last[subject] = time
        doses = subjects.setdefault(subject, [])
        evid = number("EVID") if "EVID" in cells else float(number("AMT") != 0)
        if evid != 1:
            if evid not in (0, 2) or any(number(name) for name in ("AMT", "II", "ADDL", "OPEN", "RATE", "DUR", "SS")):
                raise CannotRead
            continue
        compartment, amount = cells["CMT"], number("AMT")
        if compartment not in KNOWN or not amount > 0:
            raise CannotRead
        amount *= CONVERSION.get(cells.get("UNIT") or KNOWN[compartment], np.nan)
        interval, additional, unended, steady = (number(name) for name in ("II", "ADDL", "OPEN", "SS"))
        if additional < 0 or additional != int(additional) or unended not in (0, 1) or steady not in (0, 1):
            raise CannotRead
        if ((additional or unended or steady) and not interval > 0) or np.isnan(amount):
            raise CannotRead
        rate, duration = number("RATE"), number("DUR")
        if rate < 0 and not (rate == -2 and duration > 0):
            raise CannotRead
        if rate > 0:
            duration = number("AMT") / rate
        day, step = time * scale, interval * scale
        count = 10**6 if unended else int(additional) + 1
        if interval:
            count = min(count, max(0, ceil((UNTIL - day) / step) + 1))
        days = [day + index * step for index in range(count)]
        if steady:
            days += [day - index * step for index in range(1, ceil((day - FROM) / step) + 1)]
        doses += [(day, compartment, amount, duration * scale) for day in days if FROM < day < UNTIL]
    return {subject: sorted(doses) for subject, doses in subjects.items()}


def same_doses(protocol, meant):
    """Whether the doses of a protocol are those."""
    read = [
        (day, f"{item.drug}:{item.route}", item.amount_in(item.definition.dose_unit, 75.0), item.over_days or 0.0)
        for item in protocol.series
        for day in item.times(UNTIL)
        if day > FROM
    ]
    return len(read) == len(meant) and all(
        a == c and all(isclose(x, y, rel_tol=1e-9, abs_tol=1e-9) for x, y in ((t, u), (b, d), (e, f)))
        for (t, a, b, e), (u, c, d, f) in zip(sorted(read, key=_rounded), sorted(meant, key=_rounded), strict=True)
    )


def _rounded(dose):
    return (round(dose[0], 6), dose[1], round(dose[2], 6), round(dose[3], 6))


def any_table(choose):
    """A valid table as its columns, rows of cells, and unit of time."""
    unit = choose.choice(sorted(UNITS))
    steps = {"hours": ["12", "24", "36", "168"], "days": ["0.5", "1", "2", "7"], "weeks": ["1", "2", "0.5"]}[unit]
    missing = choose.choice(["", ".", "0"])
    rows = []
    for subject in range(1, choose.randint(1, 3) + 1):
        dosed = False
        for time in sorted(choose.randint(0, 40) for _ in range(choose.randint(1, 4))):
            cells = dict.fromkeys(("AMT", "II", "ADDL", "OPEN", "RATE", "DUR", "SS"), missing)
            cells |= {"ID": str(subject), "TIME": str(time), "UNIT": "", "DV": "", "RULE": "", "CMT": "1"}
            kind = choose.choice([1, 1, 1, 0, 2])
            cells["EVID"] = str(kind)
            if kind == 0:
                cells["DV"] = "3.4"
            if kind == 1:
                cells |= any_dose(choose, steps, missing, dosed)
                dosed = True
            rows.append(cells)
    columns = ["ID", "TIME", "EVID", "CMT", "AMT", "UNIT", "II", "ADDL", "OPEN", "RATE", "DUR", "SS", "DV", "RULE"]
    choose.shuffle(columns)
    return columns, [[row[name] for name in columns] for row in rows], unit


def any_dose(choose, steps, missing, dosed):
    """The cells of a dose that differ from those of another row."""
    compartment = choose.choice(sorted(COMPARTMENTS))
    cells = {"CMT": compartment, "AMT": AMOUNTS[compartment]}
    if COMPARTMENTS[compartment] == "mg" and choose.random() < 0.5:
        cells |= {"AMT": cells["AMT"] + "000", "UNIT": "ug"}
    how = choose.choice(["once", "counted", "open"])
    steady = choose.random() < 0.3 and not dosed
    if how != "once" or steady:
        cells["II"] = choose.choice(steps)
    if how == "counted":
        cells["ADDL"] = str(choose.randint(1, 30))
    if how == "open":
        cells["OPEN"] = "1"
    if steady:
        cells["SS"] = "1"
    infused = choose.choice(["no", "no", "rate", "duration", "modeled"])
    if infused == "rate":
        cells["RATE"] = repr(float(cells["AMT"]) / 3)
    elif infused != "no":
        cells |= {"DUR": "0.25", "RATE": "-2" if infused == "modeled" else missing}
    return cells


def as_text(columns, rows, newline="\n"):
    return newline.join(",".join(cells) for cells in [columns, *rows]) + newline


@pytest.mark.generated
@many_cases
@given(seeds)
def test_valid_tables_mean_what_they_should(seed):
    choose = Random(seed)
    columns, rows, unit = any_table(choose)
    meant = oracle(as_text(columns, rows), unit)
    written = [column.lower() for column in columns] if choose.random() < 0.5 else columns
    text = choose.choice(["", "\ufeff"]) + as_text(written, rows, choose.choice(["\n", "\r\n", "\r"]))
    read = events.read_csv(text, time_unit=unit).protocols
    assert [str(subject) for subject in read] == list(meant)
    for subject, protocol in read.items():
        assert same_doses(protocol, meant[str(subject)])


JUNK = ["-1", "-2", "1.7", "inf", "nan", "1e400", "x", "3", "4", "U", "mg", "mcg", "hcg:im", "hcg", "1,5", "2;5", '"', " 7 ", "1e3", "0", ".", "", "NA", "00", "true", "\x00", "ⅷ", "1_0", "0x10", "999999999"]  # fmt: skip
NEW_COLUMNS = ["ADLL", "WT", "time", "SS", "Amt", "", "DRUG", "ROUTE", "MDV", "DATE", "C"]


MUTATIONS = [*4 * ["cell"], "column", "rename", "drop", "swap", "double", "longer", "shorter", "blank"]


def mutate(choose, columns, rows):
    """Change a table in one way."""
    row, place = choose.choice(rows), choose.randrange(len(columns))
    what = choose.choice(MUTATIONS)
    if what == "cell" and place < len(row):
        row[place] = choose.choice(JUNK)
    elif what == "column":
        columns.append(choose.choice(NEW_COLUMNS))
        for other in rows:
            other.append(choose.choice(["", "1", "0"]))
    elif what == "rename":
        columns[place] = choose.choice(NEW_COLUMNS + columns)
    elif what == "drop" and len(columns) > 3:
        columns.pop(place)
        for other in rows:
            del other[place : place + 1]
    elif what == "swap":
        here, there = choose.randrange(len(rows)), choose.randrange(len(rows))
        rows[here], rows[there] = rows[there], rows[here]
    elif what == "double":
        rows.insert(choose.randrange(len(rows)), list(row))
    elif what == "longer":
        row.append(choose.choice(["", "1"]))
    elif what == "shorter" and row:
        row.pop()
    elif what == "blank":
        rows.insert(choose.randrange(len(rows)), choose.choice([[], [""] * len(columns)]))


@pytest.mark.generated
@many_cases
@given(seeds)
def test_mutated_tables_are_refused_or_mean_the_same(seed):
    choose = Random(seed)
    columns, rows, unit = any_table(choose)
    for _ in range(choose.randint(1, 3)):
        mutate(choose, columns, rows)
    text = as_text(columns, rows)
    started = perf_counter()
    try:
        read = events.read_csv(text, time_unit=unit).protocols
    except (ProtocolError, DrugError, UnitError) as error:
        assert str(error).startswith("event table")
        return
    finally:
        assert perf_counter() - started < 2
    meant = oracle(text, unit)
    assert [str(subject) for subject in read] == list(meant)
    for protocol, doses in zip(read.values(), meant.values(), strict=True):
        assert same_doses(protocol, doses)
