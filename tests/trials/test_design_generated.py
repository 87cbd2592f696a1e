"""Trial files by the thousand: built from valid parts, then spoilt, and held against a reading of their own.

The oracle writes each field and knows, from the documentation alone, what the file means and whether a spoilt field can
be meant at all.
"""

import time
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.errors import HpgaxisError
from hpgaxis.trials import DesignError, read_design
from tests.generated import many_cases

SLOWEST = 2.0
"""Seconds for one file."""
TREATMENTS = (
    "no treatment", "anastrozole 1 mg daily", "clomiphene 25 mg every other day", "hCG 1500 IU sc three times a week",
    "testosterone enanthate 100 mg im weekly for 10 weeks", "letrozole 2.5 mg daily from day 14",
)  # fmt: skip
LEVELS = {
    "testosterone": (200, 800),
    "lh": (2, 9),
    "fsh": (2, 9),
    "sperm_concentration": (5, 120),
    "hematocrit": (40, 52),
}
"""Lab -> from where to where its means, limits and levels are drawn, in the unit shown."""
KINDS = ("level", "change", "fold", "above", "below", "upgrade")
DAYS_IN_A_MONTH = 30.4375
LETTERS = "abcdefghijklmnop"
seeds = st.integers(0, 2**63 - 1)
"""A case is drawn by Python's generator from its seed: drawing each field by hypothesis takes longer than reading it."""
SPOILT = (
    ".nan", ".inf", "-.inf", "1e400", "-1", "true", "'7'", "null", "[]", "{}", "[1, 2, 3]", "text", "1:30", "007", "1_0",
     "0x1f", "&a [*a]", "*nothing", "!!python/object/apply:os.getcwd []", "99999999999999999999999999", "1e-300", "[[[[",
     "{a: 1, a: 2}", "15000000", "12,5", "\"", "- 1", "? x", "a: b: c", "1e9 months", "9**9**9", "\t",
)  # fmt: skip


MEANT: dict[tuple[str, str], Any] = {
    **{(field, text): text.strip("'") for field in ("name", "question")
       for text in ("text", "'7'", "1e9 months", "9**9**9", "12,5")},
    **{(field, "true"): True for field in ("assay_variation", "uncertain", "counterfactual")},
    **{(field, text): None for field in ("age", "bmi") for text in ("null", "\t")},
    **{(field, "15000000"): 15_000_000 for field in ("men", "seed", "replicates")},
    **{(field, "1e-300"): 1e-300 for field in ("adherence", "drop_out")},
    **{(field, "{}"): {} for field in ("allocation", "inclusion", "baseline")},
    ("visits", "[]"): (), ("visits", "[1, 2, 3]"): (1, 2, 3),
}  # fmt: skip
"""What of SPOILT can be meant, in which field, and what it means there; all else is refused."""


def number(draw: Random, low: float, high: float) -> float:
    return draw.randint(int(10 * low), int(10 * high)) / 10


def names(draw: Random, least: int, most: int) -> list[str]:
    """Different words or pairs of words."""
    words = ["".join(draw.choices(LETTERS, k=draw.randint(2, 6))) for _ in range(2 * most)]
    return list(dict.fromkeys(f"{a} {b}" if draw.random() < 0.3 else a for a, b in pairwise(words)))[
        : draw.randint(least, most)
    ]


def trial(draw: Random) -> tuple[dict[str, str], dict[str, Any]]:
    """Fields of a valid trial as YAML text, and what they mean."""
    months = draw.randint(1, 24)
    arms = names(draw, 2, 4)
    meant: dict[str, Any] = {
        "name": names(draw, 1, 1)[0], "months": months, "arms": {arm: draw.choice(TREATMENTS) for arm in arms},
        "men": draw.randint(20, 5000),
    }  # fmt: skip
    if draw.random() < 0.5:
        meant["visits"] = tuple(draw.sample(range(1, int(months * DAYS_IN_A_MONTH)), draw.randint(1, 6)))
    optional = {
        "seed": lambda: draw.randrange(2**63), "question": lambda: names(draw, 1, 1)[0],
        "replicates": lambda: draw.randint(1, 50), "adherence": lambda: number(draw, 0.1, 1),
        "diagnosis": lambda: draw.choice(["eugonadal", "obesity", "infertile_clinic", {"eugonadal": 1, "obesity": 2.5}]),
        "drop_out": lambda: number(draw, 0, 0.9), "age": lambda: (number(draw, 18, 90), number(draw, 0, 36)),
        "bmi": lambda: (number(draw, 15, 60), number(draw, 0, 22.5)), "assay_variation": lambda: draw.random() < 0.5,
        "uncertain": lambda: draw.random() < 0.5, "counterfactual": lambda: draw.random() < 0.5,
        "allocation": lambda: {arm: number(draw, 1, 3) for arm in arms},
    }  # fmt: skip
    meant |= {field: make() for field, make in optional.items() if draw.random() < 0.5}
    if labs := draw.sample(sorted(LEVELS), draw.randint(0, 2)):
        meant["inclusion"] = {lab: (draw.choice([None, 0.0]), number(draw, *LEVELS[lab])) for lab in labs}
    if labs := draw.sample(sorted(LEVELS), draw.randint(0, 2)):
        meant["baseline"] = {lab: (mean := number(draw, *LEVELS[lab]), mean / 20) for lab in labs}
    days = meant.get("visits") or tuple(round(month * DAYS_IN_A_MONTH) for month in range(1, months + 1))
    meant["end_points"] = []
    for name in names(draw, 1, 3):
        kind = draw.choice(KINDS)
        measure = "sperm_concentration" if kind == "upgrade" else draw.choice(sorted(LEVELS))
        point: dict[str, Any] = {"name": name, "kind": kind, "measure": measure}
        if kind in ("above", "below"):
            point["level"] = number(draw, *LEVELS[measure])
        if draw.random() < 0.5:
            point["day"] = draw.choice(days)
        meant["end_points"].append(point)
    return {field: written(value) for field, value in meant.items()}, {**meant, "days": days}


def written(value: Any) -> str:
    """YAML in flow style, written by hand and by no library."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {written(one)}' for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value}"' if isinstance(value, str) else repr(value)


def timed(text: str) -> Any:
    begin = time.perf_counter()
    try:
        return read_design(text)
    finally:
        assert time.perf_counter() - begin < SLOWEST


@pytest.mark.generated
@many_cases
@given(seeds)
def test_a_valid_trial_means_what_was_written(seed):
    fields, meant = trial(Random(seed))
    design = timed("\n".join(f"{field}: {value}" for field, value in fields.items()))
    assert dict(design.arms) == meant["arms"] and list(design.arms) == list(meant["arms"]), "in their order"
    assert design.visit_days == (0.0, *sorted(meant["days"]))
    assert design.days == round(meant["months"] * DAYS_IN_A_MONTH)
    for field in ("name", "men", "seed", "question", "replicates", "adherence", "drop_out", "age", "bmi", "allocation",
                  "assay_variation", "uncertain", "counterfactual", "inclusion", "baseline", "diagnosis"):  # fmt: skip
        if field in meant:
            assert getattr(design, field) == meant[field], field
    for point, wanted in zip(design.end_points, meant["end_points"], strict=True):
        assert {name: getattr(point, name) for name in wanted} == wanted
    shares = {arm: meant.get("allocation", dict.fromkeys(meant["arms"], 1))[arm] for arm in meant["arms"]}
    assert design.shares() == pytest.approx({arm: one / sum(shares.values()) for arm, one in shares.items()})
    assert read_design(design.to_yaml()) == design


@pytest.mark.generated
@many_cases
@given(seeds)
def test_a_spoilt_trial_is_refused_or_means_what_was_written(seed):
    draw = Random(seed)
    fields, meant = trial(draw)
    broken, value = draw.choice(sorted(fields)), draw.choice(SPOILT)
    how = draw.choice(["replaced", "twice", "missing", "misspelt", "cut", "inserted"])
    lines = {field: f"{field}: {text}" for field, text in fields.items()}
    if how == "replaced":
        lines[broken] = f"{broken}: {value}"
    elif how == "twice":
        lines[broken] += f"\n{lines[broken]}"
    elif how == "missing":
        del lines[broken]
    elif how == "misspelt":
        lines[broken] = f"{broken}s_: {fields[broken]}"
    elif how == "inserted":
        place = draw.randint(len(broken) + 2, len(lines[broken]))
        lines[broken] = lines[broken][:place] + value + lines[broken][place:]
    text = "\n".join(lines.values())
    if how == "cut":
        text = text[: draw.randrange(len(text))]
    try:
        design = timed(text)
    except HpgaxisError as error:
        assert isinstance(error, DesignError) and str(error).startswith("trial")
        assert len(str(error)) < 5000 and "pydantic" not in str(error)
        if how == "missing":
            assert broken in ("name", "men", "arms", "end_points", "months", "visits")
        return
    assert how not in ("twice", "misspelt"), "a field that stands twice, or that there is not"
    if how == "missing":
        assert broken not in ("name", "men", "arms", "end_points")
    if how == "replaced":
        assert (broken, value) in MEANT, text
        assert getattr(design, broken) == MEANT[broken, value]
    for field in ("men", "seed", "replicates", "adherence", "drop_out"):
        if field in meant and field != broken and how != "cut":
            assert getattr(design, field) == meant[field], "the other fields are untouched"
    if broken != "arms" and how != "cut":
        assert dict(design.arms) == meant["arms"]
    assert all(later - earlier > 0 for earlier, later in pairwise(design.visit_days))
    assert design.allocated(design.men).sum() == design.men and 0 < design.total_days <= 36525
