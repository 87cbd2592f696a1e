"""Rules at visits: one meaning in four forms, and the doses that follow."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hpgaxis as hpg
from hpgaxis.pharmacology import event_writing, events
from hpgaxis.pharmacology.adherence import taken
from hpgaxis.pharmacology.protocol import DoseSeries, Protocol, ProtocolError
from hpgaxis.pharmacology.rules import Rule, split

SENTENCES = [
    "clomiphene 25 mg daily; if estradiol > 50 pg/mL at week 6 add anastrozole 0.5 mg twice a week",
    "anastrozole 1 mg daily, if T < 400 ng/dL at week 6, double",
    "testosterone enanthate 200 mg weekly and stop when hematocrit > 54 %",
    "hCG 1500 IU three times a week; if testosterone is above 900 ng/dL every 4 weeks until week 24 lower hCG by 250 IU",
    "clomiphene 25 mg daily; if testosterone < 15 nmol/L at month 3 switch to hCG 1500 IU three times a week plus "
    "anastrozole 1 mg daily",
    "no treatment; if sperm_concentration < 15 at months 3 and 6 add enclomiphene 12.5 mg daily for 90 days",
    "tamoxifen 20 mg daily; if LH <= 3 at weeks 4, 8 and 12 raise tamoxifen to 40 mg; 80 % adherence",
    "testosterone enanthate 200 mg weekly; if hct >= 52 halve the dose",
    "clomiphene 50 mg daily; if total motile count < 5 from month 3 every 3 months switch clomiphene to rFSH 150 IU "
    "every other day",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_four_forms_say_the_same(sentence):
    protocol = Protocol.of(sentence)
    assert protocol.rules
    for other in (
        Protocol.of(protocol.to_sentence()),
        Protocol.from_yaml(protocol.to_yaml()),
        events.read_csv(event_writing.write_csv(protocol)).protocol(),
    ):
        assert (other.series, other.rules, other.adherence) == (protocol.series, protocol.rules, protocol.adherence)


@given(
    st.sampled_from(["testosterone", "lh", "hematocrit", "t_e2_ratio", "estradiol", "psa"]),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(20, 50),
    st.lists(st.floats(0, 900), max_size=4, unique=True),
    st.sampled_from(["raise to", "lower by", "double", "stop", "add"]),
    st.floats(0.01, 1),
)
def test_any_rule_survives_its_sentence(measure, comparison, value, visits, action, adherence):
    more: dict[str, Any] = {"add": {"series": (DoseSeries("letrozole", 2.5, "mg", interval_days=7.0, doses=3),)}}.get(
        action, {"drug": "anastrozole"}
    )
    if action in ("raise to", "lower by"):
        more |= {"amount": 0.25, "amount_unit": "mg"}
    rule = Rule(measure, comparison, value, "", action, visits=tuple(visits), **more)
    protocol = Protocol((DoseSeries("anastrozole", 1.0, "mg"),), rules=(rule,), adherence=adherence)
    again = Protocol.of(protocol.to_sentence())
    assert (again.series, again.rules, again.adherence) == (protocol.series, protocol.rules, protocol.adherence)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("clomiphene 25 mg daily; if moonlight < 3 at week 2 double", "moonlight"),
        ("clomiphene 25 mg daily; if testosterone < 3 kg at week 2 double", "testosterone"),
        ("clomiphene 25 mg daily; if testosterone < 90000 ng/dL at week 2 double", "never be reached"),
        ("clomiphene 25 mg daily; if testosterone 300 at week 2 double", "comparison"),
        ("clomiphene 25 mg daily; if testosterone < 300 at week 2", "an action"),
        ("clomiphene 25 mg daily; if testosterone < 300 at week 2 raise clomiphene", "'to' or 'by'"),
        ("if testosterone < 300 at week 2 double", "the drug to double"),
        ("clomiphene 25 mg daily; if testosterone < 300 at week 2 raise clomiphene to 50 kg", "unit"),
        ("clomiphene 25 mg daily; if testosterone < 300 at week 2 add moonshine 3 mg daily", "moonshine"),
        ("clomiphene 25 mg daily; 150 % adherence", "adherence"),
    ],
)
def test_mistakes_name_the_word(sentence, said):
    with pytest.raises(ValueError, match=said):
        Protocol.of(sentence)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("if testosterone < nan ng/dL at week 2 double", "the value"),
        ("if testosterone < 1e400 at week 2 double", "not so large"),
        ("if testosterone < 1.9 )(x at week 2 double", "rule on testosterone: unit '[)][(]x' is not known"),
        ("if testosterone < 1.9 9**9**9 at week 2 double", r"at the word '\*\*9\*\*9'"),
        ("if testosterone < 300 at week 2 at week 4 double", "said once, and 'at' says them already"),
        ("if testosterone < 300 at week 2 every 4 weeks double", "said once, and 'at' says them already"),
        ("if testosterone < 300 every 4 weeks every 2 weeks double", "said once, and 'every' says them already"),
        ("if testosterone < 300 at weeks 2 and 2 double", "each time once"),
        ("if testosterone < 300 until week 2 double", "no visit: the first is on day 28, and the last until day 14"),
        ("if testosterone < 300 every 1e-6 min double", "expected an hour"),
        ("if testosterone < 300 at day -3 double", "not a negative"),
        ("if testosterone < 300 at year 101 double", "at most 100 years"),
        ("if testosterone < 300 at week 2 raise clomiphene to 9 g", "rule on testosterone: .*above the largest dose"),
        ("if testosterone < 300 at week 2 add hcg 80000 IU daily", "above the largest"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(more, said):
    with pytest.raises(ProtocolError, match=said):
        Protocol.of(f"clomiphene 25 mg daily; {more}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": float("nan")}, "the value is nan; expected a number"),
        ({"value": True}, "the value is True; expected a number"),
        ({"value": 10**400}, "expected a number that is finite"),
        ({"unit": "furlong"}, "rule on testosterone: unit 'furlong' is not known"),
        ({"unit": 5}, "the unit is 5"),
        ({"measure": "moonlight"}, "rule: unknown laboratory value"),
        ({"visits": (float("nan"),)}, "a visit's day is nan"),
        ({"visits": (3.0, 3.0)}, "give each day once"),
        ({"every_days": 0.0}, "expected an hour"),
        ({"from_day": -1.0}, "days from 0"),
        ({"action": "raise to", "amount": float("inf"), "amount_unit": "mg"}, r"the dose \(amount\) is inf"),
        ({"action": "raise to", "amount": 5, "amount_unit": "IU"}, "rule on testosterone: anastrozole: dose 5 IU"),
    ],
)
def test_rules_from_python_are_checked_and_named(change, said):
    fine: dict[str, Any] = {
        "measure": "t", "comparison": "<", "value": 300, "unit": "", "action": "double", "drug": "anastrozole",
    }  # fmt: skip
    with pytest.raises(ProtocolError, match=said):
        Rule(**fine | change)


def test_what_an_action_does_not_use_is_left_out():
    drug: dict[str, Any] = {"measure": "t", "comparison": "<", "value": 300.0, "unit": "", "drug": "anastrozole"}
    assert Rule(**drug, action="double", amount=5, amount_unit="mg") == Rule(**drug, action="double")
    assert Rule(**drug, action="stop", visits=(3.0,), every_days=7.0) == Rule(**drug, action="stop", visits=(3.0,))
    plain = Rule(**drug, action="stop")
    drug["unit"] = "NG/DL"
    assert Rule(**drug, action="stop") == plain


@pytest.mark.parametrize(
    ("given", "action", "said"),
    [
        (
            "clomiphene 1500 mg every 4 days",
            "double",
            "double refused: clomiphene: 3000 mg at once is above the largest dose",
        ),
        (
            "clomiphene 300 mg daily",
            "double",
            "double refused: clomiphene: 600 mg a day without end is above the largest",
        ),
        (
            "clomiphene 25 mg daily",
            "lower clomiphene by 25 mg",
            "lower refused: clomiphene: the dose is 0 mg; it must be",
        ),
        ("clomiphene 25 mg daily", "lower clomiphene by 30 mg", "lower refused: clomiphene: the dose is -5 mg"),
        (
            "levothyroxine 1 ug/kg daily",
            "raise levothyroxine to 100 ug",
            "raise refused: levothyroxine is given in ug/kg",
        ),
        ("clomiphene 200 mg daily and clomiphene 200 mg daily from day 3", "double", "double refused: clomiphene: "),
    ],
)
def test_a_dose_that_a_rule_cannot_give_is_said_and_not_given(given, action, said):
    protocol = Protocol.of(f"{given}; if testosterone < 2000 at day 7 {action}")
    changed, words = protocol.rules[0].apply(protocol.series, 7.0)
    assert changed == protocol.series
    assert words.startswith(said)


def test_the_visit_table_shows_a_refusal():
    result = hpg.simulate(MAN, "clomiphene 300 mg daily; if testosterone < 2000 at week 1 double", days=10)
    assert "double refused: clomiphene" in result.visits[0].actions[0]
    assert "refused" in result.visit_table().to_string()


def test_a_rules_unit_of_two_parts_is_read_and_written():
    text = "anastrozole 1 mg daily; if T:E2 < 0.1 nmol/L per pmol/L at week 4 double"
    protocol = Protocol.of(text)
    assert protocol.rules[0].unit == "nmol/L per pmol/L"
    assert Protocol.of(protocol.to_sentence()).rules == protocol.rules
    counted = Protocol.of("anastrozole 1 mg daily; if sperm_concentration < 15000 10*3/mL at week 4 double")
    assert counted.rules[0].limit == pytest.approx(15)


@pytest.mark.parametrize("many", [False, True])
def test_missed_doses_without_a_seed_are_refused(many):
    def run(**seed):
        sentence = "anastrozole 1 mg daily; 50 % adherence"
        if many:
            return hpg.simulate_many([MAN, MAN], sentence, days=5, **seed)
        return hpg.simulate(MAN, sentence, days=5, **seed)

    with pytest.raises(ValueError, match=r"an adherence of 0\.5 draws which doses are missed: give a seed"):
        run()
    assert run(seed=1)


def test_missed_doses_of_two_men_are_independent():
    found = hpg.simulate_many([MAN, MAN], "anastrozole 1 mg daily; 50 % adherence", days=40, seed=1, save=True)
    first, second = found.values["estradiol"][:2]
    assert first[-1] != second[-1]


def test_a_rule_file_names_the_entry():
    text = "doses:\n- {drug: clomiphene, dose: 25 mg, every_days: 1}\nrules:\n- double when T < 300\n- stop maybe\n"
    with pytest.raises(ProtocolError, match=r"mine.yaml: rule 1"):
        Protocol.from_yaml(text, "mine.yaml")
    with pytest.raises(ProtocolError, match=r"mine.yaml: unknown field rule"):
        Protocol.from_yaml("doses: []\nrule: x\n", "mine.yaml")


def test_splitting_a_series_keeps_every_dose_once():
    series = DoseSeries("hcg", 1500, "IU", interval_days=7 / 3, doses=20)
    for day in (0.0, 5.0, 7.0, 30.0, 100.0):
        before, after = split(series, day)
        days = [*(before.times(1e6) if before else []), *(after.times(1e6) if after else [])]
        assert days == pytest.approx(series.times(1e6))
        assert all(time < day for time in (before.times(1e6) if before else []))


MAN = hpg.match(hpg.Patient(diagnosis="secondary_hypogonadism"))


def given_after(sentence, day=60.0):
    """What was changed at the visits of a simulation of 100 days."""
    return [visit.actions for visit in hpg.simulate(MAN, sentence, days=100).visits]


def test_actions_do_what_they_say():
    base = "clomiphene 25 mg daily; if testosterone < 2000 at week 4"
    assert given_after(f"{base} double") == [("clomiphene 25 -> 50 mg",)]
    assert given_after(f"{base} raise clomiphene to 50 mg") == [("clomiphene 25 -> 50 mg",)]
    assert given_after(f"{base} raise clomiphene to 12.5 mg") == [()]
    assert given_after(f"{base} lower clomiphene by 10 mg") == [("clomiphene 25 -> 15 mg",)]
    assert given_after(f"{base} stop") == [("stop clomiphene",)]
    assert given_after(f"{base} add anastrozole 1 mg daily") == [("add anastrozole 1 mg",)]
    assert given_after(f"{base} switch to anastrozole 1 mg daily") == [("stop clomiphene, add anastrozole 1 mg",)]
    assert given_after("clomiphene 25 mg daily; if testosterone > 2000 at week 4 double") == [()]


def test_what_is_added_is_added_once():
    sentence = "clomiphene 25 mg daily; if testosterone < 2000 at weeks 4, 6 and 8 add anastrozole 1 mg daily"
    assert given_after(sentence) == [("add anastrozole 1 mg",), (), ()]


def test_a_rule_acts_as_the_same_doses_written_down():
    rule = hpg.simulate(
        MAN, "clomiphene 25 mg daily; if testosterone < 2000 at week 4 raise clomiphene to 50 mg", days=90
    )
    plain = hpg.simulate(MAN, "clomiphene 25 mg daily for 28 days then clomiphene 50 mg daily", days=90)
    assert rule.states[-1] == pytest.approx(plain.states[-1], rel=1e-3)
    assert rule["enclomiphene"] == pytest.approx(plain["enclomiphene"], rel=1e-9, abs=1e-9)


def test_a_visit_on_the_first_day_counts():
    result = hpg.simulate(MAN, "no treatment; if testosterone < 2000 at day 0 add anastrozole 1 mg daily", days=60)
    plain = hpg.simulate(MAN, "anastrozole 1 mg daily", days=60)
    assert result.visits[0].day == 0
    assert result["testosterone"] == pytest.approx(plain["testosterone"], rel=1e-3)


def test_a_rule_that_never_acts_changes_nothing():
    watched = hpg.simulate(MAN, "clomiphene 25 mg daily; stop when hematocrit > 70 %", days=90)
    plain = hpg.simulate(MAN, "clomiphene 25 mg daily", days=90)
    assert len(watched.visits) == 3
    assert watched.time == pytest.approx(plain.time)
    assert watched.states[-1] == pytest.approx(plain.states[-1], rel=1e-3)


def test_labs_at_visits_vary_only_with_a_seed_and_always_alike():
    sentence = "clomiphene 25 mg daily; if testosterone < 100 at weeks 4, 6 and 8 double"
    exact = hpg.simulate(MAN, sentence, days=60)
    read = [visit.read["testosterone"] for visit in exact.visits]
    assert read == pytest.approx([exact.at("testosterone", visit.day) for visit in exact.visits], rel=1e-6)
    noisy = [hpg.simulate(MAN, sentence, days=60, seed=seed, assay_variation=True).visits for seed in (1, 1, 2)]
    assert noisy[0] == noisy[1]
    assert noisy[0] != noisy[2]
    assert all(abs(v.read["testosterone"] / r - 1) > 1e-3 for v, r in zip(noisy[0], read, strict=True))
    with pytest.raises(ValueError, match="seed"):
        hpg.simulate(MAN, sentence, days=60, assay_variation=True)


def test_missed_doses_are_seeded_and_in_the_share_asked_for():
    series = DoseSeries("anastrozole", 1, "mg")
    days = [float(day) for day in range(2000)]
    kept = taken(series, days, 0.7, seed=5)
    assert len(kept) / 2000 == pytest.approx(0.7, abs=0.04)
    assert kept == taken(series, days, 0.7, seed=5)
    assert kept != taken(series, days, 0.7, seed=6)
    assert taken(series, days[:100], 0.7, seed=5) == [day for day in kept if day < 100]
    assert taken(series, days, 1.0, seed=5) == days


@pytest.mark.parametrize("seed", [0, 7, 2**53 - 1])
def test_a_dose_s_fate_is_the_first_number_of_its_own_stream(seed):
    """Drug and minute make the second half of the key; what came before leaves no trace in the stream."""
    series = DoseSeries("anastrozole", 1.0, "mg", start_day=-2.5, interval_days=0.75)
    days = series.times(60.0)
    name = sum(ord(letter) * 31**index for index, letter in enumerate("anastrozole")) % 2**32
    streams = {day: np.random.Philox(key=[seed, name * 2**31 + round(1440 * (day + 40 * 366))]) for day in days}
    expected = [day for day in days if day < 0 or np.random.Generator(streams[day]).random() < 0.6]
    assert taken(series, days, 0.6, seed) == expected


def test_missed_doses_lower_the_level():
    full, part = (
        hpg.simulate(None, f"anastrozole 1 mg daily{more}", days=120, seed=3) for more in ("", "; 50 % adherence")
    )
    assert part.mean("anastrozole", 30, 120) == pytest.approx(0.5 * full.mean("anastrozole", 30, 120), rel=0.2)


def test_rules_with_every_pulse_explicit():
    result = hpg.simulate(
        None, "anastrozole 1 mg daily; if testosterone < 2000 at day 5 double", days=8, pulsatile=True, seed=1
    )
    assert result.visits[0].actions == ("anastrozole 1 -> 2 mg",)
    assert 8 <= result["gnrh_pulses_per_day"].mean() <= 25


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"visits": 28}, "visits: 28; expected a tuple of days"),
        ({"action": "add", "series": hpg.DoseSeries("hcg", 1500, "IU")}, "series: .*expected a tuple of DoseSeries"),
        ({"action": "add", "series": ("hCG 1500 IU weekly",)}, "series: .*expected a tuple of DoseSeries"),
    ],
)
def test_fields_of_another_kind_are_refused(fields, message):
    given = {"measure": "testosterone", "comparison": "<", "value": 300, "unit": "ng/dL", "action": "stop", **fields}
    with pytest.raises(hpg.ProtocolError, match=message):
        hpg.Rule(**given)
