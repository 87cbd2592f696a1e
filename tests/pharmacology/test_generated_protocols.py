"""Thousands of generated sentences and YAML texts: each means what it says, and turns into the other forms unchanged.

The oracle of a sentence is built beside its words, from exact fractions of days; it calls nothing of the parser.
"""

import math
import random
import time
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import example, given, note
from hypothesis import strategies as st

from hpgaxis.errors import InputError
from hpgaxis.measurements.registry import LABS
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import DoseSeries, Protocol, ProtocolError
from hpgaxis.pharmacology.rules import COMPARISONS, Rule
from tests.generated import many_cases, strength_and_interval

HORIZON = 149.9
"""Days up to which doses are compared; no generated dose falls on it."""
MONTH_DAYS = {1: 30, 2: 61, 3: 91, 4: 122, 5: 152, 6: 183, 9: 274, 12: 365}
"""Whole days of so many months of 30.4375 days, worked out by hand."""
LONGEST_SECONDS = 2.0

DRUGS = {
    # spellings, most that is given at once (three clauses four times a day stay plausible), unit spellings -> factor
    "clomiphene": (("clomiphene", "Clomid", "clomiphene citrate"), 25, {"mg": 1, "MG": 1, "ug": Fraction(1, 1000), "mcg": Fraction(1, 1000)}),
    "anastrozole": (("anastrozole", "Arimidex"), 0.5, {"mg": 1}),
    "hcg": (("hCG", "hcg", "Pregnyl"), 1500, {"IU": 1, "iu": 1, "U": 1, "units": 1, "kIU": 1000}),
    "testosterone_enanthate": (("testosterone enanthate", "TE"), 40, {"mg": 1, "g": 1000}),
    "fsh": (("rFSH", "follitropin alfa"), 100, {"IU": 1, "unit": 1}),
    "levothyroxine": (("levothyroxine", "L-T4"), 0.5, {"ug/kg": 1, "mcg/kg": 1}),
    "gonadorelin": (("gonadorelin", "GnRH"), 20, {"ug": 1, "mcg": 1}),
}  # fmt: skip
ROUTES = {
    "hcg": {"sc": "sc", "SQ": "sc", "subcutaneously": "sc", "im": "im", "i.m.": "im"},
    "testosterone_enanthate": {"im": "im", "intramuscular": "im", "sc": "sc"},
    "clomiphene": {"oral": "oral", "po": "oral", "by mouth": "oral"},
}
USUAL_ROUTE = {
    "clomiphene": "oral", "anastrozole": "oral", "hcg": "sc", "testosterone_enanthate": "im", "fsh": "sc",
    "levothyroxine": "oral", "gonadorelin": "sc",
}  # fmt: skip
FREQUENCIES = [  # words, days, months
    ("daily", Fraction(1), None), ("every day", Fraction(1), None), ("once daily", Fraction(1), None), ("QD", Fraction(1), None),
    ("BID", Fraction(1, 2), None), ("tid", Fraction(1, 3), None), ("b.i.d.", Fraction(1, 2), None), ("qod", Fraction(2), None), ("EOD", Fraction(2), None),
    ("every other day", Fraction(2), None), ("weekly", Fraction(7), None), ("once a week", Fraction(7), None), ("TIW", Fraction(7, 3), None),
    ("fortnightly", Fraction(14), None), ("nightly", Fraction(1), None), ("at bedtime", Fraction(1), None), ("every 12 hours", Fraction(1, 2), None),
    ("twice a day", Fraction(1, 2), None), ("3x/week", Fraction(7, 3), None), ("twice weekly", Fraction(7, 2), None), ("q8h", Fraction(1, 3), None),
    ("q2w", Fraction(14), None), ("monthly", Fraction(30), 1), ("every month", Fraction(30), 1), ("every 2 months", Fraction(61), 2),
    ("every 3 months", Fraction(91), 3), ("twice a month", Fraction(15), Fraction(1, 2)), ("every morning", Fraction(1), None),
]  # fmt: skip
WEEKDAY_PATTERNS = {"Mon/Wed/Fri": (0, 2, 4), "MWF": (0, 2, 4), "on Monday and Thursday": (0, 3), "every Sunday": (6,)}


class Said:
    """A sentence that grows, and the doses that it means: day -> as a fraction."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, options):
        return self.random.choice(list(options))

    def whole(self, low, high):
        return self.random.randint(low, high)

    def sometimes(self, chance=0.5):
        return self.random.random() < chance

    def length(self, longest):
        """Words, days and months of a length of time of at most `longest` days."""
        kind = self.pick(["days", "weeks", "months", "half days"])
        if kind == "months" and longest >= 30:
            months = self.pick([m for m, days in MONTH_DAYS.items() if days <= longest])
            return (
                f"{months} {self.pick(['months', 'mo']) if months > 1 else 'month'}",
                Fraction(MONTH_DAYS[months]),
                months,
            )
        if kind == "weeks" and longest >= 7:
            weeks = self.whole(1, longest // 7)
            return f"{weeks} {self.pick(['weeks', 'wk', 'w'])}", Fraction(7 * weeks), None
        if kind == "half days":
            halves = self.whole(1, 2 * longest)
            return f"{halves / 2} {self.pick(['days', 'd'])}", Fraction(halves, 2), None
        days = self.whole(1, longest)
        return f"{days} days", Fraction(days), None

    def clause(self, begin, must_end, after_then):
        """Words of a clause, its doses (drug, amount in the first unit, day), and when it ends (None: never)."""
        name = self.pick(DRUGS)
        spellings, most, units = DRUGS[name]
        unit = self.pick(units)
        digits = self.pick([0, 1, 3])
        amount = round(self.random.uniform(0.02, 1) * most / float(units[unit]), digits) or 1 / 10**digits
        if amount * float(units[unit]) > most:
            amount = round(most / float(units[unit]), 6)
        dose = f"{amount if amount != int(amount) or self.sometimes() else int(amount)} {unit}"
        phrases, end = [], None
        doses: list[tuple[float, Fraction]] = []
        route = USUAL_ROUTE[name]
        if name in ROUTES and self.sometimes():
            spelling = self.pick(ROUTES[name])
            route = ROUTES[name][spelling]
            phrases.append([spelling])
        if self.sometimes(1 / 6):
            phrases.append(["over", self.pick(["2 hours", "1 day", "30 min"])])
        kind = self.pick(["regular"] * 4 + ["once", "days", "weekdays", "courses", "taper", "per day"])
        start = begin
        if kind != "days" and not after_then and self.sometimes():
            words, start = self.pick([
                ("from day 5", Fraction(5)), ("starting on day 2.5", Fraction(5, 2)), ("from month 2", Fraction(61)), ("after 2 weeks", Fraction(14)),
                ("from 10 days", Fraction(10)), ("starting in 1 month", Fraction(30)),
            ])  # fmt: skip
            phrases.append([words])
        days = []
        if kind == "once":
            phrases.append(["once"])
            days, end = [start], start + 1
        elif kind == "days":
            chosen = sorted(self.random.sample(range(60), self.whole(1, 4)))
            listed = ", ".join(map(str, chosen[:-1])) + (" and " if chosen[:-1] else "") + str(chosen[-1])
            phrases.append([f"on {'days' if len(chosen) > 1 else 'day'} {listed}"])
            days = [begin + day for day in chosen]
            end = days[-1]
        elif kind == "weekdays":
            words = self.pick(WEEKDAY_PATTERNS)
            phrases.append([words])
            every = [Fraction(day) for day in range(157) if day % 7 in WEEKDAY_PATTERNS[words] and day >= start]
            if must_end or self.sometimes():
                weeks = self.whole(1, 12)
                phrases.append([f"{self.pick(['for', 'x'])} {weeks} weeks"])
                end = start + 7 * weeks
                every = [day for day in every if day < end]
            days = every
        else:
            words, interval, months = self.pick(FREQUENCIES)
            if name == "gonadorelin" and self.sometimes():
                words, interval, months = "every 90 min", Fraction(1, 16), None
            if kind == "per day":
                interval, months = Fraction(1), None
                dose = f"{amount} {unit}" + self.pick(["/d", "/day", " per day", " a day"])
            else:
                phrases.append([words])
            if kind in ("regular", "per day"):
                ending = self.pick(
                    ["for", "until", "doses", "x"] if must_end else ["for", "until", "doses", "x", "never"]
                )
                count = None
                if ending == "doses":
                    count = self.whole(1, 40)
                    phrases.append([f"for {count} {'doses' if count > 1 else 'dose'}"])
                    end = start + interval * count
                elif ending == "until":
                    day = math.floor(start) + self.whole(1, 200)
                    phrases.append([f"until day {day}"])
                    end = Fraction(day)
                    count = math.ceil((end - start) / interval)
                elif ending != "never":
                    said, length, length_months = self.length(240)
                    phrases.append([ending, said])
                    end = start + length
                    ratio = Fraction(length_months) / months if months and length_months else length / interval
                    count = math.ceil(ratio)
                last = count if count is not None else math.ceil((150 - start) / interval)
                last = min(last, math.ceil((150 - start) / interval))
                days = [start + index * interval for index in range(last)]
            elif kind == "courses":
                on, off, cycles = self.whole(1, 30), self.whole(1, 20), self.whole(1, 5)
                phrases.append([f"{on} days on{self.pick([',', ' and', ''])} {off} days off"])
                left_over = self.whole(0, on + off - 1)
                length = (on + off) * cycles + left_over
                phrases.append(["for", f"{length} days"])
                end = start + length
                for cycle in range(cycles + 1):
                    first = cycle * (on + off)
                    here = min(on, length - first)
                    if here > 0:
                        days += [
                            start + first + index * interval for index in range(max(1, math.ceil(here / interval)))
                        ]
            else:
                steps = self.whole(2, 6)
                step = max(Fraction(7), interval)
                length = steps * step
                if length.denominator != 1:
                    length = Fraction(math.ceil(length))
                last = (
                    round(amount * self.pick([0.25, 0.5, 2]), 6) if amount * float(units[unit]) * 2 <= most else amount
                )
                phrases.append([f"{self.pick(['tapering', 'taper'])} to {last} {unit} over {int(length)} days"])
                end = start + length
                steps = max(2, round(float(length / step)))
                for index in range(math.ceil(length / interval)):
                    here = min(steps - 1, math.floor(index * interval * steps / length))
                    doses.append((amount + (last - amount) * here / (steps - 1), start + index * interval))
        order = self.random.sample(phrases, len(phrases))
        spelled = [" ".join(words) for words in order]
        place = self.whole(0, len(spelled)) if kind != "per day" else 0
        if kind == "per day" or not any(words.startswith("over") for words in spelled[:place]):
            spelled.insert(place, dose)
        else:
            spelled.insert(0, dose)
        text = f"{self.pick(['', '', 'take ', 'inject '])}{self.pick(spellings)} {' '.join(spelled)}"
        if kind != "taper":
            doses = [(amount, day) for day in days]
        factor = float(units[unit])
        return text, [(name, route, given * factor, day) for given, day in doses], end


def sentence(seed):
    """(sentence, its doses, its adherence): drug, route, amount in the drug's unit, day."""
    said, doses, begin, stages = Said(seed), [], Fraction(0), []
    number = said.whole(1, 3)
    for place in range(number):
        last = place == number - 1
        if not last and said.sometimes(0.2):
            words, length, _ = said.length(60)
            stages.append(f"{said.pick(['no treatment', 'nothing'])} for {words}")
            begin += length
            continue
        parts, ends = [], []
        for _ in range(said.whole(1, 2)):
            text, given_, end = said.clause(begin, must_end=not last, after_then=begin > 0)
            parts.append(text)
            ends.append(end)
            doses += given_
        stages.append(said.pick([" and ", ", ", "; ", " + ", " with "]).join(parts))
        if not last:
            begin = max(ends)
    text = said.pick([" then ", ", then ", " and then "]).join(stages)
    adherence = 1.0
    if said.sometimes(0.25):
        percent = said.whole(1, 100)
        text += f"; {percent} % adherence"
        adherence = percent / 100
    return text, doses, adherence


SEEDS = st.integers(0, 2**63)


def expanded(protocol):
    """The doses of a protocol before the horizon, from its series alone."""
    scale = {"mg": {"mg": 1, "ug": 1e-3, "g": 1e3}, "IU": {"IU": 1, "kIU": 1e3}, "ug": {"ug": 1, "ug/kg": 1}}
    found = []
    for one in protocol.series:
        factor = scale[DrugLibrary.shipped()[one.drug].dose_unit][one.unit]
        index = 0
        while (one.doses is None or index < one.doses) and one.start_day + index * one.interval_days < HORIZON:
            found.append((one.drug, one.route, one.amount * factor, one.start_day + index * one.interval_days))
            index += 1
    return found


def assert_same_doses(protocol, doses):
    def ordered(given):
        return sorted((drug, route, round(float(day), 5), round(amount, 4)) for drug, route, amount, day in given)

    got, want = ordered(expanded(protocol)), ordered(dose for dose in doses if dose[3] < HORIZON)
    assert len(got) == len(want)
    for (drug, route, day, amount), (drug_, route_, day_, amount_) in zip(got, want, strict=True):
        assert (drug, route) == (drug_, route_)
        assert abs(day - day_) < 2e-5
        assert math.isclose(amount, amount_, rel_tol=1e-5, abs_tol=2e-4)


def assert_lossless(protocol):
    same = (protocol.series, protocol.rules, protocol.adherence)
    by_sentence = Protocol.of(protocol.to_sentence())
    assert (by_sentence.series, by_sentence.rules, by_sentence.adherence) == same
    by_yaml = Protocol.from_yaml(protocol.to_yaml())
    assert (by_yaml.series, by_yaml.rules, by_yaml.adherence, by_yaml.name) == (*same, protocol.name)
    assert Protocol.of(list(protocol.series)).series == protocol.series


@pytest.mark.generated
@many_cases
@given(SEEDS)
def test_a_sentence_from_valid_parts_means_its_doses_and_survives_every_form(seed):
    text, doses, adherence = sentence(seed)
    note(text)
    started = time.process_time()
    protocol = Protocol.of(text)
    assert time.process_time() - started < LONGEST_SECONDS
    assert protocol.adherence == adherence
    assert_same_doses(protocol, doses)
    assert_lossless(protocol)


WORDS = """clomiphene hCG TE testosterone 25 1500 0 1e400 nan -3 0.5 mg IU ug/kg mg/d kg MIU daily weekly bid q0d q8h
once twice three times a per week day days months for until from over on off every other then and , ; + stop no treatment
nothing Mon/Wed/Fri Mon-Fri at bedtime tapering to if when testosterone < > 300 ng/dL double halve raise lower by add
switch x 80 % adherence 1,500 25.5.5 ' \\ ( é ٣ µg 10*6/mL"""


def mutated(seed):
    """A sentence from valid parts with words of it lost, repeated, moved, or replaced."""
    source = random.Random(seed)
    words = sentence(seed)[0].split() if source.random() < 0.9 else []
    if not words:
        words = [source.choice(WORDS.split()) for _ in range(source.randint(1, 12))]
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        place = source.randrange(len(words) + 1)
        how = source.randrange(4)
        if how == 0:
            words.insert(place, source.choice(WORDS.split()))
        elif how == 1 and words:
            words.insert(place, source.choice(words))
        elif how == 2 and place < len(words):
            del words[place]
        elif place < len(words):
            words[place] = source.choice(WORDS.split())
    return source.choice([" ", " ", " ", "  ", "\n"]).join(words)


def read_in_time(read, given):
    """What is read; None for what is refused, in a sentence that is not endless."""
    started = time.process_time()
    try:
        return read(given)
    except InputError as error:
        assert 10 < len(str(error)) < 3000
        return None
    finally:
        assert time.process_time() - started < LONGEST_SECONDS


@pytest.mark.generated
@many_cases
@given(SEEDS)
@example(0)
def test_any_sentence_is_refused_with_a_reason_or_survives_every_form(seed):
    text = mutated(seed)
    note(text)
    protocol = read_in_time(Protocol.of, text)
    if protocol is not None:
        assert_lossless(protocol)
        for one in protocol.series:
            assert one.times(60) == [day for day in one.times(90) if day < 60]


@pytest.mark.generated
@many_cases
@given(st.text(max_size=60))
def test_any_text_is_refused_with_a_reason_or_survives_every_form(text):
    for read in (Protocol.of, Protocol.from_yaml):
        protocol = read_in_time(read, text)
        if protocol is not None:
            assert_lossless(protocol)


def number(source, low, high):
    """A number that is awkward to write: a whole one, a fraction such as 1/12, a tiny or a long one."""
    kind = source.randrange(4)
    if kind == 0:
        return min(high, float(source.randint(math.ceil(low), max(math.ceil(low), math.floor(high)))))
    if kind == 1:
        return min(high, max(low, source.randint(1, 40) / source.choice([3, 7, 12, 24, 1440])))
    return (
        source.uniform(low, high) if kind == 2 else math.exp(source.uniform(math.log(max(low, 1e-5)), math.log(high)))
    )


def valid_series(source, from_day=-400.0):
    drug = source.choice(list(DrugLibrary.shipped().values()))
    lasting = drug.daily_limit == 0
    interval = number(source, 1 / 1440, 120)
    doses = 1 if lasting else source.choice([None, 1, 2, source.randint(1, 400)])
    largest = drug.largest_dose if doses == 1 else min(drug.largest_dose, drug.daily_limit * interval)
    unit, factor = source.choice({
        "mg": [("mg", 1), ("g", 1e-3), ("ug", 1e3)], "ug": [("ug", 1), ("mg", 1e-3), ("ug/kg", 1 / 75)],
        "IU": [("IU", 1), ("kIU", 1e-3), ("IU/kg", 1 / 75)], "h": [("h", 1), ("min", 60)],
    }.get(drug.dose_unit, [(drug.dose_unit, 1)]))  # fmt: skip
    route = source.choice(list(drug.routes))
    amount = number(source, 1e-6, largest / 8)
    amount, interval = strength_and_interval(drug, route, source.choice) or (amount, interval)
    return DoseSeries(
        drug.name, amount * factor, unit, route,
        number(source, from_day, 1000.0), interval, doses, source.choice([None, number(source, 1 / 1440, 60)]),
    )  # fmt: skip


def valid_rule(source):
    measure = source.choice(list(LABS))
    lab = LABS[measure]
    unit = source.choice(
        [
            "",
            lab.display_unit,
            *({"ng/dL": ["nmol/L", "ng/mL"], "10*6/mL": ["10*3/mL"], "pg/mL": ["ng/L"]}.get(lab.display_unit, [])),
        ]
    )
    value = max(source.uniform(lab.reference.low, lab.reference.high), lab.possible[0]) or lab.reference.high
    if unit not in ("", lab.display_unit):
        value *= {"nmol/L": 1 / 28.842, "ng/mL": 0.01, "10*3/mL": 1000, "ng/L": 1}[unit]
        if unit == "nmol/L" and measure == "dht":
            value *= 28.842 / 29.044
    action = source.choice(["raise to", "lower to", "raise by", "lower by", "double", "halve", "stop", "add", "switch"])
    drug = source.choice(list(DrugLibrary.shipped()))
    more: dict[str, Any] = {"drug": drug}
    if action in ("stop", "switch"):
        more = {"drug": source.choice(["", drug])}
    if action[-2:] in ("to", "by"):
        found = DrugLibrary.shipped()[drug]
        strengths = [strength for item in found.formulations for strength in item.strengths]
        amount = source.choice(strengths) if strengths else number(source, 1e-5, found.largest_dose)
        more |= {"amount": amount, "amount_unit": found.dose_unit}
    if action in ("add", "switch"):
        chosen = [valid_series(source, from_day=0.0) for _ in range(source.randint(1, 2))]
        more |= {"series": tuple({one.drug: one for one in chosen}.values())}
    if source.random() < 0.5:
        more["visits"] = tuple(sorted({number(source, 0, 900) for _ in range(source.randint(1, 4))}))
    else:
        more |= {"every_days": number(source, 1 / 24, 400), "from_day": number(source, 0, 900)}
        more["until_day"] = source.choice([None, more["from_day"] + number(source, 0, 900)])
    return Rule(measure, source.choice(list(COMPARISONS)), value, unit, action, **more)


@pytest.mark.generated
@many_cases
@given(SEEDS)
def test_any_protocol_of_valid_parts_survives_every_form(seed):
    source = random.Random(seed)
    items = {one.drug: one for one in (valid_series(source) for _ in range(source.randint(0, 4)))}
    rules = tuple(valid_rule(source) for _ in range(source.choice([0, 0, 1, 2])))
    adherence = source.choice([1.0, 0.8, source.uniform(1e-5, 1)])
    name = source.choice(["", "titration", "1e3", "no", "~", "a: b # c", "é\n\u2028\t'\"", "030", "on"])
    protocol = Protocol(tuple(items.values()), name, rules, adherence)
    note(protocol.to_sentence())
    assert_lossless(protocol)


ODD = [
    "2.7", "true", ".inf", "-.inf", ".nan", "-1e5", "1e400", "9" * 400, "[1, 2]", "{a: 1}", "~", "'3'", "-3", "0", "1:30", "030",
    "1_000", "0x1F", "two", "''", "2020-01-01", "!!float 1", "*nothing", "1e-9", "1e19", "yes",
]  # fmt: skip
FINE = {
    "~": ("route", "doses", "over_days"),
    "2.7": ("start_day", "every_days", "over_days"),
    "0": ("start_day",),
    "-3": ("start_day",),
    "1e-9": ("start_day",),
}
"""Odd values, and the fields in which they are right."""


def protocol_yaml(seed):
    """(text, its doses or None where it must be refused): a list of valid entries, one value of which may be odd."""
    source, entries, want = random.Random(seed), [], []
    good = True
    for _ in range(source.randint(1, 3)):
        name = source.choice(list(DRUGS))
        spellings, most, units = DRUGS[name]
        unit = source.choice(list(units))
        amount = round(source.uniform(0.1, 1) * most / float(units[unit]), 6)
        entry = {"drug": source.choice(spellings), "dose": f"{amount} {unit}", "every_days": str(source.randint(1, 9))}
        start, interval, doses = 0.0, float(entry["every_days"]), None
        route = USUAL_ROUTE[name]
        if source.random() < 0.5:
            start = source.choice([3, 2.5, 10, -4])
            entry["start_day"] = str(start)
        if source.random() < 0.5:
            doses = source.randint(1, 30)
            entry["doses"] = str(doses)
        if source.random() < 0.3:
            entry["over_days"] = "0.25"
        if source.random() < 0.3:
            route = source.choice(sorted(set(ROUTES.get(name, {"": route}).values())))
            entry["route"] = route
        if source.random() < 0.15:
            kind = source.randrange(5)
            if kind == 0:
                fields = ("drug", "dose", "route", "every_days", "doses", "start_day", "over_days")
                value = source.choice(ODD)
                entry[source.choice([field for field in fields if field not in FINE.get(value, ())])] = value
            elif kind == 1:
                entry["dose"] = source.choice(
                    [
                        "'2,500 IU'",
                        "1,5 mg",
                        "5-7 mg",
                        "25",
                        "mg",
                        "25 mg mg",
                        "1e400 mg",
                        "25 furlong",
                        "9 9**9**9",
                        "25 mg/day",
                    ]
                )
            elif kind == 2:
                del entry[source.choice(["drug", "dose"])]
            elif kind == 3:
                entry[source.choice(["evry", "Dose", "5", "null", "unit"])] = "3"
            else:
                entry["dose"] = source.choice(["1e9 mg", "0 mg", "-5 mg"])
            good = False
        text = ", ".join(f"{field}: {value}" for field, value in entry.items())
        if source.random() < 0.03:
            text += f", drug: {entry.get('drug', 'hcg')}, drug: hcg"
            good = False
        entries.append(f"- {{{text}}}")
        factor = float(units[unit])
        times = int(doses) if doses is not None else 200
        want += [(name, route, amount * factor, start + index * interval) for index in range(times)]
    text = "\n".join(entries)
    adherence = 1.0
    if source.random() < 0.5:
        text = "name: generated\ndoses:\n" + text
        if source.random() < 0.4:
            value = source.choice(["0.8", "1", "0.25", *ODD])
            text += f"\nadherence: {value}"
            good &= value in ("0.8", "1", "0.25")
            adherence = float(value) if value in ("0.8", "1", "0.25") else 1.0
        if source.random() < 0.2:
            value = source.choice(["5", "{a: 1}", "[5]", "[double]", "[if testosterone < nan double]", "text", "true"])
            text += f"\nrules: {value}"
            good = False
        if source.random() < 0.05:
            text += "\ndoses: []"
            good = False
    return text, want if good else None, adherence


@pytest.mark.generated
@many_cases
@given(SEEDS)
def test_a_yaml_means_its_doses_or_is_refused(seed):
    text, doses, adherence = protocol_yaml(seed)
    note(text)
    protocol = read_in_time(lambda given: Protocol.from_yaml(given, "p.yaml"), text)
    if doses is None:
        assert protocol is None
        return
    assert protocol is not None
    assert protocol.adherence == adherence
    assert_same_doses(protocol, doses)
    assert_lossless(protocol)


@pytest.mark.generated
@many_cases
@given(SEEDS)
def test_a_mutated_yaml_is_refused_with_the_file_named_or_survives_every_form(seed):
    source = random.Random(seed)
    text = protocol_yaml(seed)[0]
    if source.random() < 0.5:
        text = Protocol((valid_series(source),), "x", (valid_rule(source),), 0.5).to_yaml()
    for _ in range(source.randint(1, 3)):
        place = source.randrange(len(text) + 1)
        cut = text[place : place + source.randint(0, 12)] if source.random() < 0.5 else ""
        text = (
            text[:place]
            + source.choice(["", cut, cut, *ODD, ":", "- ", "[", "{", "\n", "\t", "'", ",", "#", "&a ", "*a"])
            + text[place + len(cut) :]
        )
    note(text)
    started = time.process_time()
    try:
        protocol = Protocol.from_yaml(text, "p.yaml")
    except ProtocolError as error:
        assert "p.yaml" in str(error) or "cannot understand" in str(error)
    else:
        assert_lossless(protocol)
    assert time.process_time() - started < LONGEST_SECONDS


def test_the_yaml_of_a_protocol_is_yaml_for_other_readers_too():
    protocol = Protocol.of("clomiphene 25 mg every 90 min for 12 hours; stop when hematocrit > 54 %; 80 % adherence")
    data = yaml.safe_load(protocol.to_yaml())
    assert data["doses"][0]["every_days"] == 0.0625
    assert data["adherence"] == 0.8
