"""Protocols: one meaning in four forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.pharmacology import drug as drugs
from hpgaxis.pharmacology import events
from hpgaxis.pharmacology.protocol import DoseSeries, Protocol, ProtocolError

MONTH = 30.4375


def series(sentence):
    return Protocol.of(sentence).series


def test_a_sentence_with_two_drugs():
    hcg, fsh = series("hCG 1500 IU sc three times a week and rFSH 150 IU sc every other day from month 4")
    assert (hcg.drug, hcg.amount, hcg.route, hcg.start_day, hcg.doses) == ("hcg", 1500, "sc", 0, None)
    assert hcg.interval_days == pytest.approx(7 / 3)
    assert (fsh.drug, fsh.amount, fsh.interval_days, fsh.start_day) == ("fsh", 150, 2, 4 * MONTH)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("daily", 1), ("every day", 1), ("once daily", 1), ("twice a day", 0.5), ("bid", 0.5), ("tid", 1 / 3),
        ("every other day", 2), ("qod", 2), ("every 3 days", 3), ("q3.5d", 3.5), ("weekly", 7), ("every 2 weeks", 14),
        ("twice weekly", 3.5), ("three times per week", 7 / 3), ("5 times a week", 1.4), ("every 90 min", 0.0625),
        ("q8h", 1 / 3), ("monthly", MONTH), ("2 x a week", 3.5),
    ],
)  # fmt: skip
def test_how_often(words, days):
    assert series(f"anastrozole 1 mg {words}")[0].interval_days == pytest.approx(days)


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
        ({"unit": "zork"}, "not known"),
        ({"route": "nasal"}, "it has oral"),
        ({"interval_days": -3}, "interval"),
        ({"doses": 0}, "at least 1"),
        ({"over_days": 0}, "above 0"),
    ],
)
def test_impossible_series_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DoseSeries(**{"drug": "anastrozole", "amount": 1.0, "unit": "mg", **arguments})


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


NAMES = sorted(drugs.library())


@st.composite
def dose_series(draw):
    drug = drugs.library()[draw(st.sampled_from(NAMES))]
    number = st.floats(1e-4 * drug.largest_dose, drug.largest_dose / 2, allow_nan=False)
    doses = draw(st.one_of(st.none(), st.integers(1, 400)))
    return DoseSeries(
        drug=drug.name,
        amount=draw(number),
        unit=drug.dose_unit,
        route=draw(st.sampled_from(sorted(drug.routes))),
        start_day=draw(st.floats(0, 1000)),
        interval_days=draw(st.floats(0.04, 120)),
        doses=doses,
        over_days=draw(st.one_of(st.none(), st.floats(0.01, 20).map(lambda x: round(x, 6)))),
    )


@given(st.lists(dose_series(), max_size=4))
def test_every_form_turns_into_every_other_without_loss(items):
    protocol = Protocol(tuple(items))
    assert Protocol.of(protocol.to_sentence()).series == protocol.series
    assert Protocol.from_yaml(protocol.to_yaml()).series == protocol.series
    assert events.read_csv(events.write_csv(protocol)).protocol().series == protocol.series
    assert Protocol.of([*protocol.series]).series == protocol.series
