"""Protocols: one meaning in four forms."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.clinical.treatments import standard
from hpgaxis.evidence.trials import packaged_trials
from hpgaxis.people.patient import phenotypes
from hpgaxis.pharmacology import event_writing, events
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import DoseSeries, Protocol, ProtocolError
from hpgaxis.validation import arm as arms
from tests.generated import strength_and_interval


def series(sentence):
    return Protocol.of(sentence).series


def test_a_sentence_with_two_drugs():
    hcg, fsh = series("hCG 1500 IU sc three times a week and rFSH 150 IU sc every other day from month 4")
    assert (hcg.drug, hcg.amount, hcg.route, hcg.start_day, hcg.doses) == ("hcg", 1500, "sc", 0, None)
    assert hcg.interval_days == pytest.approx(7 / 3)
    assert (fsh.drug, fsh.amount, fsh.interval_days, fsh.start_day) == ("fsh", 150, 2, 122)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("daily", 1), ("every day", 1), ("once daily", 1), ("twice a day", 0.5), ("bid", 0.5), ("tid", 1 / 3),
        ("every other day", 2), ("qod", 2), ("every 3 days", 3), ("q3.5d", 3.5), ("weekly", 7), ("every 2 weeks", 14),
        ("twice weekly", 3.5), ("three times per week", 7 / 3), ("5 times a week", 1.4), ("every 90 min", 0.0625),
        ("q8h", 1 / 3), ("monthly", 30), ("2 x a week", 3.5),
    ],
)  # fmt: skip
def test_how_often(words, days):
    assert series(f"anastrozole 0.1 mg {words}")[0].interval_days == pytest.approx(days)


def test_courses_tapers_and_what_comes_after():
    before, after = series("clomiphene 25 mg daily for 90 days then clomiphene 50 mg daily for 10 days")
    assert (before.doses, after.start_day, after.doses) == (90, 90, 10)
    courses = series("clomiphene 25 mg daily 25 days on 5 days off for 60 days")
    assert [(c.start_day, c.doses) for c in courses] == [(0, 25), (30, 25)]
    taper = series("clomiphene 50 mg daily tapering to 10 mg over 35 days")
    assert [t.amount for t in taper] == [50, 40, 30, 20, 10]
    assert sum(t.doses or 0 for t in taper) == 35
    stopped = series("testosterone enanthate 200 mg weekly for 16 weeks then nothing")
    assert stopped[0].doses == 16
    days = series("testosterone enanthate 200 mg on days 0, 7 and 21")
    assert [d.start_day for d in days] == [0, 7, 21]
    restart = series("anastrozole 1 mg daily for 30 days and anastrozole 1 mg daily from day 60 for 30 days")
    assert [(r.start_day, r.doses) for r in restart] == [(0, 30), (60, 30)]


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("anastrozol 1 mg daily", "anastrozol", "did you mean anastrozole"),
        ("anastrozole 1 furlong daily", "furlong", "unit"),
        ("anastrozole 1 mg", "at the end", "how often"),
        ("anastrozole daily", "at the end", "a dose"),
        ("anastrozole 1 mg daily banana", "banana", "a route, how often"),
        ("anastrozole 1 mg every -2 days", "-2", "unit of time"),
        ("anastrozole -1 mg daily", "-1", "a dose"),
        ("anastrozole 1 mg every 0 days", "0", "above 0"),
        ("clomiphene 25 mg daily then tamoxifen 20 mg daily", "then", "never ends"),
        ("hcg 500 IU every other banana", "banana", "unit of time"),
        ("hcg 500 IU daily from", "at the end", "when"),
        ("clomiphene 25 mg daily for 3 bananas", "bananas", "unit of time"),
        ("clomiphene 25 mg daily from month 4 until month 2", "at the end", "end after the start"),
    ],
)
def test_what_is_not_understood_is_named(sentence, word, expected):
    with pytest.raises(ProtocolError) as caught:
        Protocol.of(sentence)
    assert word in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"drug": "aspirin"}, "unknown drug"),
        ({"amount": -1}, "above 0"),
        ({"unit": "IU"}, "use mg"),
        ({"unit": "g"}, "is the unit right"),
        ({"unit": "mg/day"}, "not one of a dose"),
        ({"unit": "%/kg"}, "not one of a dose"),
        ({"unit": 5}, "unit: 5; expected text"),
        ({"drug": ["anastrozole"]}, "drug: .*expected text"),
        ({"drug": "testosterone"}, "does not say which ester or form"),
        ({"route": ["oral"]}, "route: .*expected text"),
        ({"amount": True}, "amount.*expected a number"),
        ({"amount": "1"}, "amount.*expected a number"),
        ({"amount": float("nan")}, "not so large"),
        ({"amount": 10**400}, "not so large"),
        ({"start_day": float("inf")}, "start_day"),
        ({"start_day": -1e5}, "40 years before"),
        ({"start_day": 1e5}, "100 years after"),
        ({"interval_days": 1e-9}, "a minute"),
        ({"interval_days": float("inf")}, "interval_days"),
        ({"doses": 2.7}, "2.7 doses; give a whole number"),
        ({"doses": True}, "the number of doses .*True; expected a number"),
        ({"doses": 10**19}, "at most 1,000,000"),
        ({"over_days": float("nan")}, "over_days"),
        ({"amount": 40}, "40 mg a day without end is above the largest, 40 mg at once and 10 mg a day"),
        ({"amount": 25, "interval_days": 1 / 1440}, "36000 mg a day"),
        ({"amount": 40, "doses": 3}, "up to day 2 are above the largest"),
        ({"unit": "zork"}, "not known"),
        ({"route": "nasal"}, "it has oral"),
        ({"interval_days": -3}, "interval"),
        ({"interval_days": 0, "doses": 1}, "interval"),
        ({"doses": 0}, "at least 1"),
        ({"over_days": 0}, "above 0"),
        ({"over_days": 1e-9}, "a minute"),
    ],
)
def test_impossible_series_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DoseSeries(**{"drug": "anastrozole", "amount": 1.0, "unit": "mg", **arguments})


@pytest.mark.parametrize(
    "sentence",
    [
        "clomiphene 25 mg every 1 min",
        "hCG 80000 IU daily",
        "testosterone enanthate 4000 mg daily",
        "testosterone undecanoate 1000 mg daily",
        "anastrozole 40 mg daily",
        "anastrozole 8 mg daily and anastrozole 8 mg every other day",
        "anastrozole 30 mg on days 0, 1, 2 and 3",
        "gonadorelin 2000 ug every 90 min",
        "weight loss of 10 % monthly",
        "varicocele repair twice a month for 2 doses",
        "letrozole 60 mg once and letrozole 60 mg once",
    ],
)
def test_more_of_a_drug_a_day_than_makes_sense_is_refused(sentence):
    with pytest.raises(ProtocolError, match="above the largest"):
        Protocol.of(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "clomiphene 400 mg daily",
        "anastrozole 10 mg daily",
        "hCG 80000 IU once",
        "hCG 6000 IU daily",
        "testosterone enanthate 600 mg weekly",
        "gonadorelin 10 ug every 90 min",
        "gonadorelin nasal 200 ug every 2 hours",
        "gonadorelin 2000 ug once",
        "hydrocortisone 300 mg daily",
        "sleep restriction 8 h daily",
        "weight loss of 5 % monthly for 3 doses",
        "etonogestrel_implant 204 mg once",
        "testosterone gel 100 mg daily",
        "degarelix 240 mg once and degarelix 80 mg every 28 days from day 28",
    ],
)
def test_what_is_given_at_most_is_not_refused(sentence):
    assert Protocol.of(sentence).series


def test_every_shipped_protocol_can_be_given():
    """Of the published trials (all but those of which the file does not state a dose), the treatments, the histories."""
    refused = []
    for trial in packaged_trials():
        for arm in trial.arms:
            try:
                arms.protocol(arm)
            except arms.NotComparable as error:
                refused += [str(error)] if "largest" in str(error) or "interval is" in str(error) else []
    assert refused == []
    for entry in standard():
        Protocol.of(entry["protocol"])
    for kind in phenotypes().values():
        Protocol.of(kind.get("history", ""))


def test_doses_are_listed_without_building_what_is_not_needed():
    long = DoseSeries("gonadorelin", 10, "ug", interval_days=1 / 16, doses=1_000_000)
    started = time.perf_counter()
    assert long.times(0.2) == [0, 0.0625, 0.125, 0.1875]
    assert long.times(-5) == []
    assert time.perf_counter() - started < 0.01
    with pytest.raises(ProtocolError, match="more than 1,000,000 doses"):
        DoseSeries("gonadorelin", 0.1, "ug", interval_days=1 / 1440).times(36525)


def test_an_empty_sentence_is_no_treatment_in_python_and_an_error_in_a_file():
    assert Protocol.of("") == Protocol.of("  ") == Protocol((), "")
    for text in ("", "''", "'  '"):
        with pytest.raises(ProtocolError, match=r"p\.yaml: expected a list of doses or a sentence"):
            Protocol.from_yaml(text, "p.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {drug: hcg, dose: '2,500 IU', every_days: 2}", "entry 1: .*no thousands separator"),
        ("- {drug: hcg, dose: '1,500 IU', every_days: 2}", "entry 1: .*no thousands separator"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, doses: 2.7}", "entry 1: hcg: 2.7 doses"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, doses: true}", "entry 1: hcg: .*doses.*True"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, doses: 1e19}", "entry 1: hcg: 1e\\+19 doses"),
        ("- {drug: hcg, dose: 500 IU, every_days: .inf}", "line 1: .inf is no finite number"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, start_day: .nan}", "line 1: .nan is no finite number"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, start_day: -100000}", "entry 1: hcg: it begins on day -100000"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, start_day: ~}", "entry 1: the field 'start_day' is empty"),
        ("- {drug: hcg, dose: 500 IU, every_days: '2'}", "entry 1: hcg: .*interval.*expected a number"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, route: [sc]}", "entry 1: route: .*expected text"),
        ("- {drug: [hcg], dose: 500 IU, every_days: 2}", "entry 1: the field 'drug' is \\['hcg'\\]; expected text"),
        ("- {drug: hcg, dose: 500, every_days: 2}", "entry 1: the field 'dose' is 500; expected text, like '25 mg'"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, 5: x}", "line 1: 5 stands where the name of a field"),
        ("- {drug: hcg, dose: 500 IU, every_days: 2, dose: 600 IU}", "line 1: 'dose' stands twice"),
        ("doses: [5]", "entry 1 is 5; expected fields"),
        ("doses: []\nadherence: " + "9" * 400, "line 2: the number .* is too large"),
        ("doses: []\nadherence: true", "adherence = True"),
        ("doses: []\nadherence: 1e-9", "adherence = 1e-09"),
        ("doses: []\nname: [a, b]", r"name: \['a', 'b'\]; expected text"),
        ("doses: []\nrules: double", "rules are a list of sentences"),
        ("doses: []\nrules: [5]", "rule 1 is 5; expected a sentence"),
        ("a: &a [x, x]\ndoses: [*a, *b]", "line 2"),
        ("- " + "[" * 3000, "more than 50 lists"),
    ],
)
def test_yaml_that_says_what_cannot_be_is_refused_with_the_place(text, message):
    with pytest.raises(ProtocolError, match=message) as caught:
        Protocol.from_yaml(text, "p.yaml")
    assert "p.yaml" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "text",
    [
        "clomiphene" + " " * 100_000 + "25 mg daily",
        "clomiphene 25 mg 3" + " " * 100_000 + "x" + " " * 100_000 + "a week",
        "clomiphene " + "1" * 100_000 + " mg daily",
        "clomiphene " + "1," * 50_000 + "5 mg daily",
        "clomiphene 25 mg daily and " * 100_000,
        "- {drug: hcg, every_days: 1, dose: '25 I" + " " * 50_000 + "U'}",
    ],
)
def test_long_texts_end_in_time_and_in_a_short_message(text):
    read = Protocol.from_yaml if text.startswith("-") else Protocol.of
    started = time.process_time()
    try:
        read(text)
    except ProtocolError as error:
        assert len(str(error)) < 1000
    assert time.process_time() - started < 2


def test_a_protocol_of_many_courses_survives_every_form_in_time():
    started = time.process_time()
    protocol = Protocol.of("clomiphene 25 mg daily 10 days on 9 days off for 99 years")
    assert len(protocol.series) > 1900
    assert Protocol.of(protocol.to_sentence()).series == protocol.series
    assert Protocol.from_yaml(protocol.to_yaml()).series == protocol.series
    assert time.process_time() - started < 4


def test_one_spelling_of_units_serves_every_form():
    for spelling in ("U", "u", "units", "Units", "iu", "IU", "UI"):
        from_yaml = Protocol.from_yaml(f"- {{drug: hcg, dose: 2000 {spelling}, every_days: 2}}")
        assert from_yaml.series == series(f"hcg 2000 {spelling} every other day") == series("hcg 2000 IU every 2 days")
        assert "2000 IU" in from_yaml.to_sentence()
    assert DoseSeries("levothyroxine", 100, "mcg") == DoseSeries("levothyroxine", 100, "ug")
    assert DoseSeries("anastrozole", 1, "MG") == DoseSeries("anastrozole", 1, "mg")


def test_yaml_errors_name_entry_and_field():
    with pytest.raises(ProtocolError, match=r"p\.yaml: entry 2: the field 'dose' is missing"):
        Protocol.from_yaml("- {drug: hcg, dose: 500 IU, every_days: 2}\n- {drug: hcg, every_days: 2}", "p.yaml")
    with pytest.raises(ProtocolError, match="interval is -2 days"):
        Protocol.from_yaml("- {drug: hcg, dose: 500 IU, every_days: -2}")
    with pytest.raises(ProtocolError, match="unknown field evry"):
        Protocol.from_yaml("- {drug: hcg, dose: 500 IU, evry: 2}")


def test_event_table_errors_name_row_and_column():
    with pytest.raises(ProtocolError, match="row 1, II"):
        events.read_csv("TIME,AMT,II,ADDL,CMT\n0,500,-2,5,hcg:sc\n")
    with pytest.raises(ProtocolError, match="column CMT is missing"):
        events.read_csv("TIME,AMT\n0,500\n")
    with pytest.raises(ProtocolError, match="row 1, AMT: 'x' is not a number"):
        events.read_csv("TIME,AMT,CMT\n0,x,hcg:sc\n")


NAMES = sorted(DrugLibrary.shipped())


@st.composite
def dose_series(draw):
    drug = DrugLibrary.shipped()[draw(st.sampled_from(NAMES))]
    lasting = drug.daily_limit == 0
    interval = draw(st.floats(0.04, 120))
    doses = 1 if lasting else draw(st.one_of(st.none(), st.integers(1, 400)))
    most = drug.largest_dose if doses == 1 else min(drug.largest_dose, interval * drug.daily_limit)
    number = st.floats(1e-4 * most, most / 4, allow_nan=False)
    route = draw(st.sampled_from(sorted(drug.routes)))
    amount, interval = strength_and_interval(drug, route, lambda items: draw(st.sampled_from(items))) or (
        draw(number),
        interval,
    )
    return DoseSeries(
        drug=drug.name,
        amount=amount,
        unit=drug.dose_unit,
        route=route,
        start_day=draw(st.floats(0, 1000)),
        interval_days=interval,
        doses=doses,
        over_days=draw(st.one_of(st.none(), st.floats(0.01, 20).map(lambda x: round(x, 6)))),
    )


@given(st.lists(dose_series(), max_size=4))
def test_every_form_turns_into_every_other_without_loss(items):
    protocol = Protocol(tuple(items))
    assert Protocol.of(protocol.to_sentence()).series == protocol.series
    assert Protocol.from_yaml(protocol.to_yaml()).series == protocol.series
    assert events.read_csv(event_writing.write_csv(protocol)).protocol().series == protocol.series
    assert Protocol.of([*protocol.series]).series == protocol.series
