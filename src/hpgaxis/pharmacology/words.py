"""The words of a protocol's sentence; docs/how-to/sentence-grammar.md lists them."""

from __future__ import annotations

import re

from .span import Span

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "thrice": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
DAYS = {
    "min": 1 / 1440, "mins": 1 / 1440, "minute": 1 / 1440, "minutes": 1 / 1440,
    "h": 1 / 24, "hr": 1 / 24, "hrs": 1 / 24, "hour": 1 / 24, "hours": 1 / 24,
    "d": 1.0, "day": 1.0, "days": 1.0, "w": 7.0, "wk": 7.0, "wks": 7.0, "week": 7.0, "weeks": 7.0,
}  # fmt: skip
MONTHS = {"month": 1, "months": 1, "mo": 1, "mos": 1, "year": 12, "years": 12, "y": 12, "yr": 12, "yrs": 12}
UNITS_OF_TIME = (*DAYS, *MONTHS)
LATIN = {
    "qd": 1.0, "od": 1.0, "qhs": 1.0, "qam": 1.0, "qpm": 1.0, "bid": 1 / 2, "tid": 1 / 3, "qid": 1 / 4, "qod": 2.0,
    "eod": 2.0, "qw": 7.0, "tiw": 7 / 3,
}  # fmt: skip
ADVERBS = {
    "hourly": Span(1 / 24), "daily": Span(1.0), "nightly": Span(1.0), "weekly": Span(7.0), "fortnightly": Span(14.0),
    "monthly": Span(30.0, 1), "yearly": Span(365.0, 12),
}  # fmt: skip
AMBIGUOUS = {
    "biweekly": "'twice a week' or 'every 2 weeks'", "bimonthly": "'twice a month' or 'every 2 months'",
    "biw": "'twice a week' or 'every 2 weeks'",
}  # fmt: skip
COMPACT_INTERVAL = re.compile(r"q(\d+\.?\d*)?(min|h|hr|d|day|days|w|wk|week|weeks|mo|month|months)", re.ASCII)
PARTS_OF_DAY = ("bedtime", "night", "morning", "evening")
WEEKDAYS = {
    word: index
    for index, words in enumerate((
        ("mon", "monday", "mondays"), ("tue", "tues", "tuesday", "tuesdays"), ("wed", "wednesday", "wednesdays"),
        ("thu", "thur", "thurs", "thursday", "thursdays"), ("fri", "friday", "fridays"),
        ("sat", "saturday", "saturdays"), ("sun", "sunday", "sundays"),
    ))
    for word in words
}  # fmt: skip
WEEKDAY_LETTERS = {"mwf": (0, 2, 4), "m/w/f": (0, 2, 4), "m-w-f": (0, 2, 4)}
TOGETHER, AFTER = ("and", ",", ";", "+", "with", "plus", "&"), ("then",)
CONDITION = ("if", "when")
NOTHING = (("no", "treatment"), ("nothing",), ("none",), ("placebo",), ("observation",), ("untreated",))
GIVE = ("take", "give", "inject", "apply", "use")
START = ("from", "starting", "start", "beginning")
END = ("until", "to")
TAPER = ("tapering", "taper", "tapered")
PER = ("a", "an", "per", "each", "every", "/")
TIMES = ("times", "x", "×")
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII)
TOKEN = re.compile(
    r"(?:10[*^][369]|1e[369](?=/))[^\s;,&]*|[;,+&]"
    r"|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|[^\s;,+&\d][^\s;,&]*",
    re.ASCII,
)
BEFORE = (
    (re.compile("–|—|−"), "-"),
    (re.compile(r"(<=|>=|<|>|≤|≥)"), r" \1 "),
    (re.compile(r"(?<=\d)\s*(x|×)\s*(?=/|per\b|daily\b|weekly\b)", re.IGNORECASE), r" \1 "),
    (re.compile(r"(\b(?:times|x)|×|\d)\s*/\s*(?=(?:d|day|w|wk|week|mo|month)\b)", re.IGNORECASE), r"\1 / "),
    (re.compile(r"(?<![^\s,;])(x|×)(?=\d)(?!10[*^])", re.IGNORECASE), r"\1 "),
)
"""Signs around which spaces are put before a sentence is split into words."""
VERBS = {
    "raise": "raise", "increase": "raise", "lower": "lower", "reduce": "lower", "decrease": "lower",
    "double": "double", "halve": "halve", "add": "add", "stop": "stop", "switch": "switch",
}  # fmt: skip
"""Verb of a rule -> its action."""
VISITS = ("at", "on", "every", "from", "until")
ENDS = (None, *CONDITION, ",", ";", "and", "then", *VISITS)
"""Words after an action without a drug."""
DOSE_DIVISORS = (*UNITS_OF_TIME, "pulse", "dose", "kg")
NO_FIRST_WORD = {
    *NUMBERS, *GIVE, *TOGETHER, *AFTER, *VERBS, *ENDS, *WEEKDAYS, *WEEKDAY_LETTERS,
    "of", "to", "by", "it", "the", "everything", "treatment", "adherence",
}  # fmt: skip
"""Words that a sentence reads as something else than the beginning of a drug's name."""
EXCLUDES = {
    "once": {"how often", "until when", "how it tapers", "days on and off", "on which weekdays", "at what hour"},
    "on which days": {
        "how often", "from when", "until when", "how it tapers", "days on and off", "on which weekdays", "at what hour",
    },
    "how it tapers": {"until when", "days on and off", "on which weekdays"},
    "days on and off": {"on which weekdays"},
}  # fmt: skip
"""Kind of phrase -> kinds that do not occur with it in a clause."""


def spaced(sentence: str) -> str:
    """A sentence with spaces around the signs of `BEFORE`."""
    for pattern, replacement in BEFORE:
        sentence = pattern.sub(replacement, sentence)
    return sentence
