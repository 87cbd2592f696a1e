"""Thousands of evidence files, built from valid parts with a fault in some: what is read equals an own reading."""

import time
from contextlib import suppress
from math import isclose, sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.errors import HpgaxisError, InputError
from hpgaxis.evidence.trials import TrialError, read_trial
from hpgaxis.validation import arm as arms
from hpgaxis.validation.outcome import NotComparable, baselines, interval, meaning
from tests.generated import many_cases

NUMBERS = {
    "12": 12, "0": 0, "0.5": 0.5, "1e3": 1000, "7.25": 7.25, "+5": 5, "250": 250, "99.9": 99.9, ".5": 0.5, "2.5E+1": 25,
}  # fmt: skip
NO_NUMBERS = (
    ".nan", "-.inf", ".INF", "1e400", "030", "1_000", "1:30", "0x1F", "0b11", "many", "'5'", "true", "yes", "[5]",
    "{a: 1}", "1e13", "5,3", "2020-01-01", "!!float 5", "*nothing", "5 mg", "nan", "inf", '"nan"', "9" * 400,
)  # fmt: skip
UNITS = {
    "testosterone": {"ng/dL": 1, "nmol/L": 28.842, "ng/mL": 100, "ug/L": 100, "pg/mL": 0.1, "mcg/dL": 1000},
    "lh": {"IU/L": 1, "mIU/mL": 1, "U/L": 1},
    "estradiol": {"pg/mL": 1, "pmol/L": 0.27238, "ng/dL": 10},
    "sperm_concentration": {'"1e6/mL"': 1, "10^6/mL": 1},
}
"""Measure -> unit as a file writes it -> what one of it is in ng/dL, IU/L, pg/mL and 10^6/mL."""
FOLDS = {
    '"% of baseline"': lambda v: v / 100,
    '"% change"': lambda v: 1 + v / 100,
    "fold of baseline": lambda v: v,
    '"% of placebo"': lambda v: v / 100,
}
MEANINGLESS = (
    "'9**9**9'",
    "'(('",
    "bananas",
    "''",
    "ng/0",
    "'__import__(1)'",
    "'ng/dL/'",
    "kg m",
    "sign only",
    "'9 mg'",
)


class Case:
    """The text of one file, and what it says: trials' figures as (measure, unit, value, day, n, spread), or refusal."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.faults = 0
        self.figures: list[tuple] = []
        self.may_fail = self.random.random() < 0.5
        arms = "".join(self.arm(number) for number in range(self.random.randint(1, 2)))
        self.text = (
            f"id: made-up\ntitle: A made-up trial\ncitation: {{authors: Nobody, year: 2020}}\nsource: {{url: none}}\n"
            f"verified: {self.random.choice(('yes', 'true', 'no'))}\ndesign: RCT\n"
            f"population: {{description: men, diagnosis: eugonadal, n: {self.count()}}}\narms:\n{arms}"
        )

    def fault(self, share: float = 0.06) -> bool:
        found = self.may_fail and self.random.random() < share
        self.faults += found
        return found

    def number(self, allowed=lambda v: True) -> tuple[str, float]:
        if self.fault():
            return self.random.choice(NO_NUMBERS), 0.0
        text = self.random.choice([text for text, value in NUMBERS.items() if allowed(value)])
        return text, NUMBERS[text]

    def count(self) -> str:
        return self.random.choice(("0", "-1", "1.5", "many", ".nan", "'3'", "1e3")) if self.fault() else "12"

    def arm(self, number: int) -> str:
        doses = "".join(self.dose() for _ in range(self.random.randint(0, 2)))
        figures = "".join(self.figure() for _ in range(self.random.randint(0, 3)))
        text = f"  - name: arm {number}\n    n: {self.count()}\n    protocol:{doses or ' []'}\n    outcomes:{figures or ' []'}\n"
        if self.fault(0.03):
            return text.replace(self.random.choice(("name:", "protocol:", "outcomes:")), "else:", 1)
        return text

    def dose(self) -> str:
        dose, _ = self.number()
        start, begin = self.number(lambda v: v < 300)
        stop, _ = self.number(lambda v: v >= begin)
        every = self.random.choice(("1", "7", "0", "0.5"))
        if self.fault():
            every = self.random.choice(("1e-9", "0.0001", "-1", "1e6", ".nan"))
        elif self.fault():
            start, stop = "20", "10"
        return (
            f"\n      - {{drug: anastrozole, dose: {dose}, unit: mg, every_days: {every}, start_day: {start}, "
            f"stop_day: {stop}}}"
        )

    def figure(self) -> str:
        measure = self.random.choice((*UNITS, "erythropoietin"))
        kinds = {**UNITS.get(measure, {"IU/L": 1}), **FOLDS}
        unit = self.random.choice(MEANINGLESS if self.random.random() < 0.2 else tuple(kinds))
        value_text, value = self.number(lambda v: v > 0)
        day_text, day = self.number()
        spread_text, spread = self.spread()
        n = self.count()
        self.figures.append((measure, unit, value, day, 12, spread))
        more = ", spred: 3" if self.fault(0.03) else ""
        return (
            f"\n      - {{measure: {measure}, day: {day_text}, value: {value_text}, unit: {unit}, n: {n}, "
            f"spread: {spread_text}{more}}}"
        )

    def spread(self) -> tuple[str, tuple]:
        kind = self.random.choice(("sd", "se", "ci95", "iqr", "none"))
        if kind == "none":
            return "null", ("none",)
        if kind in ("sd", "se"):
            text, value = self.number()
            return f"{{{kind}: {text}}}", (kind, value)
        low_text, low = self.number()
        high_text, high = self.number(lambda v: v >= low)
        if self.fault():
            return f"{{{kind}: {self.random.choice(('5', '[5]', '[1, 2, 3]', '[2, 1]', '[1, null]', '{low: 1}'))}}}", ()
        return f"{{{kind}: [{low_text}, {high_text}]}}", (kind, low, high)

    def check(self, trial) -> None:
        """Hold what was read against what the text says."""
        read = [outcome for arm in trial.arms for outcome in arm.outcomes]
        assert len(read) == len(self.figures)
        for outcome, (measure, unit, value, day, n, spread) in zip(read, self.figures, strict=True):
            assert (outcome.measure, outcome.value, outcome.day, outcome.n) == (measure, value, day, n)
            self.check_interval(interval(outcome), value, n, spread)
            scale, fold = UNITS.get(measure, {}).get(unit), FOLDS.get(unit)
            if measure == "erythropoietin" or (scale is None and fold is None):
                with pytest.raises(NotComparable):
                    meaning(outcome)
                continue
            said = meaning(outcome)
            expected = fold(value) if fold else value * (scale or 0)
            assert said.kind == ("fold" if fold else "level")
            assert isclose(said.value, expected, rel_tol=1e-4)
            assert fold or isclose(said.to_printed * (scale or 0), 1, rel_tol=1e-4)
        for arm in trial.arms:
            assert all(name in UNITS and level >= 0 for name, level in baselines(arm).items())
            arms.inferred_baselines(trial, arm)
            for adjusted in (arms.adjustments(trial, arm), arms.Adjustments()):
                with suppress(HpgaxisError):
                    arms.patient(trial, arm, adjusted)
                with suppress(HpgaxisError):
                    arms.baseline_moments(arm, adjusted)
            with suppress(HpgaxisError):
                arms.protocol(arm)

    @staticmethod
    def check_interval(found, value, n, spread) -> None:
        kind, *rest = spread
        if kind == "none":
            assert found is None
            return
        error = {"sd": lambda: rest[0] / sqrt(n), "se": lambda: rest[0]}.get(kind)
        if kind == "ci95":
            low, high = rest
        else:
            half = 1.96 * (error() if error else 1.25 * (rest[1] - rest[0]) / 1.349 / sqrt(n))
            low, high = value - half, value + half
        assert found == pytest.approx((low, high))


@pytest.mark.generated
@many_cases
@given(st.integers(0, 2**63 - 1))
def test_an_evidence_file_is_read_as_it_says_or_refused_with_its_line(seed):
    case = Case(seed)
    begin = time.perf_counter()
    try:
        trial = read_trial(case.text, "x.yaml")
    except TrialError as error:
        assert case.faults, f"refused though nothing is wrong: {error}\n{case.text}"
        assert str(error).startswith("x.yaml")
        assert "line " in str(error)
    else:
        assert not case.faults, f"a fault was accepted:\n{case.text}"
        case.check(trial)
    assert time.perf_counter() - begin < 2


@pytest.mark.generated
@many_cases
@given(st.integers(0, 2**63 - 1))
def test_a_damaged_evidence_file_is_read_or_refused(seed):
    """Characters cut out, doubled or put in its place; nothing else than a TrialError, and nothing slow."""
    random = Random(seed)
    text = Case(seed).text
    for _ in range(random.randint(1, 4)):
        place, length = random.randrange(len(text)), random.choice((0, 1, 1, 3, 40))
        text = (
            text[:place]
            + random.choice(
                ("", "", ":", "- ", "{", "]", "\t", "&a ", "*a", "0", "\n", "é", text[place : place + length] * 2)
            )
            + text[place + length :]
        )
    begin = time.perf_counter()
    try:
        trial = read_trial(text, "x.yaml")
    except InputError as error:
        assert str(error).startswith("x.yaml")
    else:
        for arm in trial.arms:
            for outcome in arm.outcomes:
                interval(outcome)
                try:
                    meaning(outcome)
                except NotComparable:
                    continue
    assert time.perf_counter() - begin < 2
