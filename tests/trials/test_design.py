"""Trial files: what they say, and what is wrong with them, with the line."""

import pytest

from hpgaxis.trials import Design, DesignError, read_design
from hpgaxis.trials.design import changed_design

GOOD = """\
name: Anastrozole or clomiphene
diagnosis: infertile_clinic
age: [34, 6]
inclusion:
  sperm_concentration: [null, 15]
men: 60
arms:
  no treatment: no treatment
  anastrozole: anastrozole 1 mg daily
  clomiphene: clomiphene 25 mg daily
months: 4
visits: [30, 90, 120]
adherence: 0.9
drop_out: 0.1
end_points:
  - {name: upgraded, kind: upgrade}
  - {name: testosterone gained, measure: testosterone, day: 90}
"""


def test_a_file_is_read_and_written_without_loss():
    design = read_design(GOOD)
    assert design.visit_days == (0.0, 30.0, 90.0, 120.0)
    assert design.shares()["anastrozole"] == pytest.approx(1 / 3)
    assert "testosterone" in design.measures and design.protocol("anastrozole").adherence == 0.9
    assert read_design(design.to_yaml()) == design


def test_months_are_whole_days():
    design = read_design(
        GOOD.replace("months: 4", "months: 6").replace("visits: [30, 90, 120]\n", "").replace("day: 90", "day: 91")
    )
    assert design.visit_days == (0.0, 30.0, 61.0, 91.0, 122.0, 152.0, 183.0)
    assert design.days == 183 and design.period_days == 183 + 91  # with three months of washout


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("men: 60", "men: many", 6, "men"),
        ("anastrozole 1 mg daily", "anastrazol 1 mg daily", 9, "anastrazol"),
        ("anastrozole 1 mg daily", "anastrozole 1 IU daily", 9, "IU"),
        ("sperm_concentration: [null", "sperm_conc: [null", 5, "sperm_conc"),
        ("diagnosis: infertile_clinic", "diagnosis: flu", 2, "infertile_clinic"),
        ("drop_out: 0.1", "drop_out: 1.5", 14, "less than 1"),
        ("drop_out: 0.1", "dropout: 0.1", 14, "dropout"),
        ("day: 90", "day: 91", 15, "visits are on days 30, 90, 120"),
        ("measure: testosterone", "measure: testosteron", 17, "testosteron"),
        ("visits: [30, 90, 120]", "visits: [30, 900]", 12, "after the end"),
        ("months: 4", "months: 4\ndesign: add-on", 0, "background"),
        ("kind: upgrade", "kind: above", 16, "needs a level"),
        ("kind: upgrade", "kind: above, level: .nan", 16, "no finite number"),
        ("kind: upgrade", "kind: above, level: 15000000", 16, "1.5e+07 10*6/mL is impossible"),
        ("kind: upgrade", "kind: change, level: 3", 16, "has no level"),
        ("visits: [30, 90, 120]", "visits: [30, 90, 90]", 12, "days 90 and 90 are the same or too close"),
        ("visits: [30, 90, 120]", "visits: [30, 90, .inf]", 12, "no finite number"),
        ("age: [34, 6]", "age: [34, .inf]", 3, "no finite number"),
        ("age: [34, 6]", "age: [34, 60]", 3, "a standard deviation from 0 to 36"),
        ("age: [34, 6]", "age: [12, 6]", 3, "a mean from 18 to 90 years"),
        ("age: [34, 6]", "age: [34, 6]\nbmi: [300, 6]", 4, "15 to 60 kg/m2"),
        ("age: [34, 6]", "age: [true, 6]", 3, "expected a number, found True"),
        ("diagnosis: infertile_clinic", "diagnosis: {eugonadal: .inf, obesity: 1}", 2, "no finite number"),
        ("diagnosis: infertile_clinic", "diagnosis: {eugonadal: -1}", 2, "diagnosis.eugonadal"),
        ("diagnosis: infertile_clinic", "diagnosis: [eugonadal]", 2, "diagnosis"),
        ("men: 60", "men: 60\nmen: 70", 7, "stands twice"),
        ("men: 60", "men: '60'", 6, "expected a number, found '60'"),
        ("men: 60", "men: true", 6, "expected a number, found True"),
        ("men: 60", "men: 60\nseed: 99999999999999999999999999999", 7, "too large"),
        ("men: 60", "men: 60\nseed: -1", 7, "greater than or equal to 0"),
        ("men: 60", "men: 60\nreplicates: 10000000000000", 7, "less than or equal to 1000000000000"),
        ("men: 60", "men: 60\nbefore_months: 1.0e+6", 7, "less than or equal to 240"),
        ("men: 60", "men: 60\nbefore_months: 3", 7, "needs a `background`"),
        ("men: 60", "men: 60\nwashout_months: 1", 7, "crossover"),
        ("men: 60", "men: 2", 6, "2 are fewer than the 3 arms"),
        ("months: 4", "months: 0.01", 11, "expected at least a day"),
        (
            "months: 4",
            "months: 4\nallocation: {no treatment: 1, anastrozole: 1.0e-300, clomiphene: 1}",
            12,
            "gets none",
        ),
        (
            "months: 4",
            "months: 4\nallocation: {no treatment: 1, anastrozole: 1.0e+308, clomiphene: 1.0e+308}",
            12,
            "too large",
        ),
        ("men: 60", "men: 60\nbaseline: {testosterone: [99999, 1]}", 7, "impossible in men (1 to 6000 ng/dL"),
        ("men: 60", "men: 60\nbaseline: {sperm_concentration: [15000000, 5000000]}", 7, "0 to 1000 10*6/mL"),
        ("men: 60", "men: 60\nbaseline: {testosterone: [400, 0]}", 7, "null leaves it open"),
        ("[null, 15]", "[null, 15000000]", 5, "impossible in men (0 to 1000 10*6/mL)"),
        ("[null, 15]", "[20, 15]", 5, "give the lower limit first"),
    ],
)
def test_errors_name_the_line_and_the_field(old, new, line, said, tmp_path):
    file = tmp_path / "trial.yaml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DesignError) as raised:
        read_design(file)
    message = str(raised.value)
    assert "pydantic" not in message
    assert said in message and "trial.yaml, line" in message
    if line:
        assert f"line {line}:" in message


@pytest.mark.parametrize(("text", "said"), [("men: [1", "cut off"), ("- 1", "found list"), ("", "found NoneType")])
def test_no_trial_at_all(text, said):
    with pytest.raises(DesignError, match=said):
        read_design(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DesignError, match="no file"):
        read_design(tmp_path / "none.yaml")


@pytest.mark.parametrize("more", ["if testosterone < 400 ng/dL at week 6, double", "80 % adherence"])
def test_rules_and_an_arms_own_adherence_have_no_place_in_a_crossover(more):
    arms = {"a": "no treatment", "b": f"clomiphene 25 mg daily; {more}"}
    with pytest.raises(ValueError, match="crossover"):
        Design(name="x", men=10, design="crossover", arms=arms, end_points=({"name": "t"},))  # pyright: ignore


def test_changes_from_the_command_line_are_checked_like_the_file():
    design = read_design(GOOD)
    assert changed_design(design, men=90).men == 90
    with pytest.raises(DesignError, match="'Anastrozole or clomiphene': men: 2 are fewer than the 3 arms"):
        changed_design(design, men=2)


def test_the_spread_of_a_baseline_can_be_left_open():
    design = read_design(GOOD.replace("men: 60", "men: 60\nbaseline: {testosterone: [320, null], lh: [5, 2.5]}"))
    assert design.baseline == {"testosterone": (320, None), "lh": (5, 2.5)}
    assert read_design(design.to_yaml()) == design


@pytest.mark.parametrize("men", [10, 1000, 12345])
def test_every_man_is_allocated_once(men):
    design = changed_design(
        read_design(GOOD), men=men, allocation={"no treatment": 1, "anastrozole": 2.5, "clomiphene": 0.7}
    )
    counts = design.allocated(men)
    assert counts.sum() == men
    assert counts / men == pytest.approx([1 / 4.2, 2.5 / 4.2, 0.7 / 4.2], abs=1 / men)
