"""The grammar of sentences: what prescribers write, what is refused, and the EBNF in the documentation."""

import ast
import re
from pathlib import Path

import pytest

from hpgaxis.pharmacology import dose_units, drug, grammar, rule_grammar, sentence, tokens, words
from hpgaxis.pharmacology.protocol import Protocol, ProtocolError
from hpgaxis.units import days_in_months

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "sentence-grammar.md"


def regular(text):
    """(start, interval, doses) of each series."""
    return [(one.start_day, one.interval_days, one.doses) for one in Protocol.of(text).series]


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("3x/week", 7 / 3), ("3x per week", 7 / 3), ("3 x weekly", 7 / 3), ("3 times/week", 7 / 3), ("TIW", 7 / 3),
        ("t.i.w.", 7 / 3), ("QOD", 2), ("BID", 1 / 2), ("b.i.d.", 1 / 2), ("TID", 1 / 3), ("2x/d", 1 / 2), ("per day", 1),
        ("a day", 1), ("per week", 7), ("once every 3 days", 3), ("once every other day", 2), ("once weekly", 7),
        ("once a week", 7), ("twice every 3 weeks", 10.5), ("at bedtime", 1), ("daily at bedtime", 1), ("every night", 1),
        ("daily in the morning", 1), ("nightly", 1), ("qhs", 1), ("q2wk", 14), ("q12h", 1 / 2), ("fortnightly", 14),
        ("every month", 30), ("monthly", 30), ("every 3 months", 91), ("twice a month", 15), ("yearly", 365),
    ],
)  # fmt: skip
def test_how_often_as_prescribers_write_it(words, days):
    (series,) = Protocol.of(f"clomiphene 1 mg {words}").series
    assert series.amount == 1
    assert series.interval_days == pytest.approx(days, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("take clomiphene 25 mg daily", "clomiphene 25 mg daily"),
        ("take 25 mg of clomiphene daily", "clomiphene 25 mg daily"),
        ("inject hCG 1500 IU SQ every 3 days", "hcg 1500 IU sc every 3 days"),
        ("hCG 1500 IU s.c. every 3 days", "hcg 1500 IU sc every 3 days"),
        ("clomiphene 25 mg p.o. daily x 12 weeks", "clomiphene 25 mg oral daily for 84 doses"),
        ("clomiphene 25 mg daily x12 weeks", "clomiphene 25 mg oral daily for 84 doses"),
        ("clomiphene 25 mg by mouth daily", "clomiphene 25 mg oral daily"),
        ("clomiphene 25 mg/d", "clomiphene 25 mg daily"),
        ("levothyroxine 1.6 mcg/kg/day", "levothyroxine 1.6 ug/kg daily"),
        ("hCG 5000 units once over 2 hours", "hcg 5000 IU over 2 hours once"),
        ("gonadorelin 120 ug/day sc infusion continuously", "gonadorelin 120 ug sc infusion daily over 1 day"),
        ("testosterone_infusion 0.3 mg/h continuously", "testosterone_infusion 0.3 mg every hour over 1 hour"),
        ("gonadorelin 10 ug per pulse by pump every 90 min", "gonadorelin 10 ug every 90 min"),
        ("testosterone enanthate 100 mg Monday", "testosterone enanthate 100 mg weekly"),
        ("hCG 1500 IU on weeks 0, 1 and 3", "hcg 1500 IU on days 0, 7 and 21"),
        ("no treatment for 3 months then clomiphene 25 mg daily", "clomiphene 25 mg daily from day 91"),
        ("clomiphene 25 mg daily for 30 days then nothing", "clomiphene 25 mg daily for 30 doses"),
        ("clomiphene 25 mg daily for 30 days then no treatment for 10 days then clomiphene 25 mg daily",
         "clomiphene 25 mg daily for 30 doses and clomiphene 25 mg daily from day 40"),
    ],
)  # fmt: skip
def test_what_prescribers_write_means_the_same_as_the_plain_form(text, same):
    assert Protocol.of(text).series == Protocol.of(same).series


def test_weekdays_are_weekly_series_in_which_day_0_is_a_monday():
    for text in ("Mon/Wed/Fri", "MWF", "M/W/F", "on Mondays, Wednesdays and Fridays", "three times a week Mon/Wed/Fri",
                 "3x/week MWF", "every Monday, Wednesday and Friday", "TIW on Mon, Wed and Fri"):  # fmt: skip
        assert regular(f"hCG 1500 IU {text}") == [(0, 7, None), (2, 7, None), (4, 7, None)]
    assert regular("hCG 1500 IU twice weekly on Monday and Thursday") == [(0, 7, None), (3, 7, None)]
    assert regular("hCG 1500 IU Mon/Thu for 5 doses") == [(0, 7, 3), (3, 7, 2)]
    assert regular("hCG 1500 IU MWF from day 3 until day 10") == [(4, 1, 1), (7, 1, 1), (9, 1, 1)]
    assert regular("hCG 1500 IU every 2 weeks on Tuesday for 6 weeks") == [(1, 14, 3)]
    assert regular("hCG 1500 IU weekly for 10 days then hCG 1500 IU on Sundays") == [(0, 7, 2), (13, 7, None)]
    again = Protocol.of(Protocol.of("hCG 1500 IU Mon/Wed/Fri x 12 weeks").to_sentence())
    assert [(one.start_day, one.interval_days, one.doses) for one in again.series] == [
        (0, 7, 12),
        (2, 7, 12),
        (4, 7, 12),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hCG 1500 IU three times a week on Monday and Thursday", "as many weekdays as doses"),
        ("hCG 1500 IU daily on Monday", "as many weekdays as doses"),
        ("hCG 1500 IU monthly on Monday", "as many weekdays as doses"),
        ("hCG 1500 IU Mon-Fri", "could be a span"),
        ("hCG 1500 IU Mon/Mon", "each weekday once"),
        ("hCG 1500 IU on Friday for 3 days", "holds one of its weekdays"),
        ("hCG 1500 IU biweekly", "'twice a week' or 'every 2 weeks'"),
        ("hCG 1500 IU weekly at bedtime", "one dose a day with 'at bedtime'"),
        (
            "TRT 200 mg weekly",
            "which ester or form; there are testosterone_buccal, testosterone_cypionate, testosterone_enanthate",
        ),
        ("testosterone 100 mg weekly", "which ester or form"),
        ("hCG 1,500 IU weekly", "a decimal point and no comma"),
        ("hCG 1,500,000 IU weekly", "a decimal point and no comma"),
        ("hCG 1500,5 IU weekly", "a decimal point and no comma"),
    ],
)
def test_what_could_mean_two_things_is_asked(text, message):
    with pytest.raises(ProtocolError, match=re.escape(message)):
        Protocol.of(text)


@pytest.mark.parametrize(
    ("text", "word", "message"),
    [
        ("clomiphene 25 mg weekly daily", "daily", "one phrase that says how often, and 'weekly' says it already"),
        ("clomiphene 25 mg daily weekly", "weekly", "'daily' says it already"),
        ("clomiphene 25 mg bid tid", "tid", "'bid' says it already"),
        ("clomiphene 25 mg daily daily", "daily", "'daily' says it already"),
        ("clomiphene 25 mg/d weekly", "weekly", "'25 mg/d' says it already"),
        ("clomiphene 25 mg/d twice a day", "twice", "'25 mg/d' says it already"),
        ("clomiphene 25 mg daily oral sc", "sc", "one phrase that says by which route"),
        ("clomiphene 25 mg daily for 3 months for 2 weeks", "for", "'for 3 months' says it already"),
        ("clomiphene 25 mg daily for 3 months x 2 weeks", "x", "'for 3 months' says it already"),
        ("clomiphene 25 mg daily from day 5 from day 9", "from", "'from day 5' says it already"),
        ("clomiphene 25 mg daily from day 5 after 3 weeks", "after", "'from day 5' says it already"),
        ("clomiphene 25 mg daily until day 5 for 3 days", "for", "'until day 5' says it already"),
        ("clomiphene 25 mg daily for 5 doses until day 100", "until", "'for 5 doses' says it already"),
        ("clomiphene 25 mg on days 1, 8 and 15 for 3 months", "for", "no phrase that says until when beside"),
        ("clomiphene 25 mg for 3 months on days 1, 8 and 15", "on", "no phrase that says on which days beside"),
        ("clomiphene 25 mg daily on day 3", "on", "no phrase that says on which days beside 'daily'"),
        ("clomiphene 25 mg on day 3 daily", "daily", "no phrase that says how often beside 'on day 3'"),
        ("clomiphene 25 mg from day 5 on days 1 and 8", "on", "beside 'from day 5'"),
        ("clomiphene 25 mg once for 3 weeks", "for", "no phrase that says until when beside 'once'"),
        ("clomiphene 25 mg once daily once", "once", "no phrase that says once beside 'once daily'"),
        ("clomiphene 25 mg once on days 1 and 8", "on", "one day with 'once'"),
        ("clomiphene 50 mg daily tapering to 25 mg over 3 weeks for 2 weeks", "for", "beside 'tapering to 25 mg"),
        ("clomiphene 50 mg daily tapering to 25 mg over 3 weeks tapering to 5 mg over 3 weeks", "tapering", "already"),
        ("clomiphene 50 mg daily 5 days on 2 days off tapering to 25 mg over 3 weeks", "tapering", "beside '5 days on"),
        ("hCG 5000 IU weekly over 2 hours over 3 hours", "over", "'over 2 hours' says it already"),
        ("clomiphene 25 mg daily; 80 % adherence; 50 % adherence", "50", "one adherence"),
        ("clomiphene 25 mg on days 3, 8 and 3", "3", "each time once"),
        ("bariatric surgery 30 % for 3 months", "at the end", "no phrase that says once beside 'for 3 months'"),
        ("clomiphene 25 mg for 3 doses", "at the end", "how often"),
        ("no treatment and clomiphene 25 mg daily", "clomiphene", "'then' between them"),
        ("no treatment then clomiphene 25 mg daily", "then", "never ends"),
        ("clomiphene 25 mg daily then stop", "then", "never ends"),
        ("clomiphene 25 mg daily then tamoxifen 20 mg daily from day 90", "then", "never ends"),
        ("clomiphene 25 mg daily and stop", "stop", "a drug"),
        ("clomiphene 25 mg daily and", "at the end", "what comes after 'and'"),
        ("clomiphene 25 mg daily for 9 days then", "at the end", "what comes after 'then'"),
        ("clomiphene 25 mg daily for 9 days then then tamoxifen 20 mg daily", "then", "a drug"),
        ("clomiphene 25 mg daily for 30 days then tamoxifen 20 mg daily from day 10", "at the end", "a start on day 30"),
        ("hCG 5000 IU once over 0 hours", "0", "above 0"),
        ("hCG 5000 IU once over 0.1 min", "0.1", "a minute at least"),
        ("clomiphene 25 mg q0d", "q0d", "above 0"),
        ("clomiphene 25 mg 0 times a day", "0", "above 0"),
        ("clomiphene 25 mg daily for 2.5 doses", "2.5", "a whole number of doses"),
        ("clomiphene 25 mg daily for 0 doses", "0", "a whole number of doses"),
        ("clomiphene 25 mg on days nan, 0", "nan", "a day"),
        ("clomiphene 25 mg on day 1e400", "1e400", "not so large"),
        ("clomiphene 25 mg on day inf", "inf", "a day"),
        ("clomiphene 25 mg daily for nan weeks", "nan", "for how long"),
        ("clomiphene 25 mg daily for 1e400 months", "1e400", "not so large"),
        ("clomiphene 25 mg daily from day 1e400", "1e400", "not so large"),
        ("clomiphene 25 mg daily for infinity days", "infinity", "a number"),
        ("clomiphene 1e400 mg daily", "1e400", "not so large"),
        ("clomiphene 25 mg daily for 1e9 months", "1e9", "at most 100 years"),
        ("clomiphene 50 mg daily tapering to 12.5 mg over 1e9 years", "1e9", "at most 100 years"),
        ("clomiphene 50 mg daily tapering to 12.5 mg over 1 day", "at the end", "long enough to reach its last dose"),
        ("clomiphene 50 mg every hour tapering to 12.5 IU over 3 weeks", "at the end", "in the unit of the first (mg)"),
        ("clomiphene 50 mg daily tapering to 12.5 parsec over 3 weeks", "parsec", "unit"),
        ("clomiphene 25 mg every 1e-6 min", "1e-6", "a minute at least"),
        ("clomiphene 25 mg every 1e-300 days", "1e-300", "a minute at least"),
        ("clomiphene 25 mg 1000000 times a day", "1000000", "a minute at least"),
        ("clomiphene 25 mg q0.5min", "q0.5min", "a minute at least"),
        ("clomiphene 25 mg daily 0 days on 0 days off for 1 month", "0", "above 0"),
        ("clomiphene 25 mg daily 1 min on 0 min off for 10 years", "1", "above 0"),
        ("clomiphene 25 mg daily 1 min on 1 min off for 10 years", "at the end", "at most 2,000 courses"),
        ("clomiphene 25 mg daily 5 days on 2 days off", "at the end", "'for' or 'until' and a time"),
        ("hCG 1 MIU weekly", "MIU", "a million units or a thousandth"),
        ("hCG 25 mcg daily", "mcg", "same kind of thing as 'IU'"),
    ],
)  # fmt: skip
def test_nothing_that_is_said_is_dropped(text, word, message):
    with pytest.raises(ProtocolError) as caught:
        Protocol.of(text)
    assert f"word {word!r}" in str(caught.value) or (word == "at the end" and word in str(caught.value))
    assert message in str(caught.value)


@pytest.mark.parametrize("count", ["1e300", "1000001"])
def test_absurd_numbers_of_doses_are_refused(count):
    with pytest.raises(ProtocolError, match="give at most 1,000,000"):
        Protocol.of(f"clomiphene 25 mg daily for {count} doses")


def test_a_tapers_unit_counts():
    amounts = [one.amount for one in Protocol.of("clomiphene 50 mg daily tapering to 12500 ug over 3 weeks").series]
    assert amounts == [50, 31.25, 12.5]
    with pytest.raises(ProtocolError, match="above the largest dose"):
        Protocol.of("clomiphene 50 mg daily tapering to 12.5 g over 3 weeks")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily tapering to 10 mg over 30 days", range(30)),
        ("every 3 days tapering to 10 mg over 30 days", range(0, 30, 3)),
        ("weekly tapering to 10 mg over 3 months", range(0, 91, 7)),
        ("every 10 days tapering to 10 mg over 45 days", range(0, 45, 10)),
    ],
)
def test_a_tapers_doses_keep_their_interval(text, days):
    series = Protocol.of(f"clomiphene 50 mg {text}").series
    given = sorted((day, one.amount) for one in series for day in one.times(1e4))
    assert [day for day, _ in given] == pytest.approx(list(days))
    assert [amount for _, amount in given] == sorted((amount for _, amount in given), reverse=True)
    assert (given[0][1], given[-1][1]) == (50, 10)


def test_a_month_is_a_whole_number_of_days_and_monthly_doses_are_counted_in_months():
    assert days_in_months(3) == 91
    assert regular("clomiphene 25 mg daily for 3 months") == [(0, 1, 91)]
    assert regular("clomiphene 25 mg daily from month 4 until month 6") == [(122, 1, 61)]
    assert regular("testosterone enanthate 200 mg monthly for 12 months") == [(0, 30, 12)]
    assert regular("testosterone undecanoate 1000 mg every 3 months for 1 year") == [(0, 91, 4)]
    assert regular("clomiphene 25 mg twice a month for 6 months") == [(0, 15, 12)]
    assert regular("testosterone enanthate 200 mg monthly from month 3 until month 9") == [(91, 30, 6)]
    assert regular("testosterone enanthate 200 mg monthly for 121 days") == [(0, 30, 5)]
    assert len(regular("clomiphene 25 mg daily 1 month on 1 month off for 12 months")) == 6
    assert regular("clomiphene 25 mg daily for 1 year") == [(0, 1, 365)]


def ebnf():
    """Rule -> its right side, from the documentation."""
    text = re.search(r"```ebnf\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert text
    rules = re.findall(r"^([\w-]+)\s*=\s*(.*?)\s*;\s*$", text[1], re.DOTALL | re.MULTILINE)
    return {name: body for name, body in rules}


def terminals(body):
    return set(re.findall(r'"([^"]+)"', re.sub(r"\?.*?\?", "", body)))


def test_the_ebnf_has_the_words_of_the_parsers_tables():
    tables = {
        "together": words.TOGETHER,
        "nothing": [" ".join(phrase) for phrase in words.NOTHING],
        "give": words.GIVE,
        "unit": dose_units.UNITS,
        "per": words.PER,
        "route": drug.ROUTES,
        "adverb": words.ADVERBS,
        "latin": words.LATIN,
        "times": words.TIMES,
        "part-word": words.PARTS_OF_DAY[1:],
        "weekday": words.WEEKDAYS,
        "letters": words.WEEKDAY_LETTERS,
        "from-word": words.START,
        "until-word": words.END,
        "taper-word": words.TAPER,
        "unit-of-time": words.UNITS_OF_TIME,
        "number-word": words.NUMBERS,
        "change": [verb for verb, kind in rule_grammar.VERBS.items() if kind in ("raise", "lower")],
        "comparison": {word for words in rule_grammar.WORDS_FOR for word in words} - {"is"},
    }
    rules = ebnf()
    for name, table in tables.items():
        assert terminals(rules[name]) == set(table), name
    assert set(words.CONDITION) <= terminals(rules["condition"])
    assert set(rule_grammar.VISITS) <= terminals(rules["visits"])
    assert set(rule_grammar.VERBS) <= terminals(rules["action"]) | terminals(rules["change"])
    assert set(words.AFTER) <= terminals(rules["sentence"])


def test_every_rule_of_the_ebnf_is_defined_and_used():
    rules = ebnf()
    used = {
        name for body in rules.values() for name in re.findall(r"[a-z][a-z-]+", re.sub(r'"[^"]*"|\?.*?\?', " ", body))
    }
    assert used | {"sentence"} == set(rules)


def test_every_word_that_the_parser_accepts_stands_in_the_ebnf_and_the_other_way_round():
    """Words that the code names one by one, not through a table."""
    terms = {part for body in ebnf().values() for word in terminals(body) for part in word.split()}
    constants, accepted = set(), set()
    for module in (grammar, words, tokens, rule_grammar, sentence, drug, dose_units):
        assert module.__file__
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "accept" in node.func.attr:
                accepted |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    assert accepted - terms == set()
    assert {word for word in terms if word not in constants and word not in (">", "<", ">=", "<=", "/kg")} == set()


def test_a_sentence_is_written_with_the_numbers_that_people_write():
    for text in ("hcg 1500 IU sc 3 times a week", "anastrozole 0.5 mg oral 3 times a day from day 7"):
        assert Protocol.of(text).to_sentence() == text
        assert Protocol.of(Protocol.of(text).to_sentence()).series == Protocol.of(text).series
