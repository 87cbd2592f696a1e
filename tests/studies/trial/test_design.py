"""Trial files: what they say, and what is wrong with them, with the line."""

import pytest

from hpgaxis.studies.trial import Design, DesignError, read_design

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
        ("day: 90", "day: 91", 15, "visits on 30, 90, 120"),
        ("measure: testosterone", "measure: testosteron", 17, "testosteron"),
        ("visits: [30, 90, 120]", "visits: [30, 900]", 12, "after the end"),
        ("months: 4", "months: 4\ndesign: add-on", 0, "background"),
        ("kind: upgrade", "kind: above", 16, "needs a level"),
    ],
)
def test_errors_name_the_line_and_the_field(old, new, line, said, tmp_path):
    file = tmp_path / "trial.yaml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DesignError) as raised:
        read_design(file)
    message = str(raised.value)
    assert said in message and "trial.yaml, line" in message
    if line:
        assert f"line {line}:" in message


@pytest.mark.parametrize(("text", "said"), [("men: [1", "cut off"), ("- 1", "found list"), ("", "found NoneType")])
def test_no_trial_at_all(text, said):
    with pytest.raises(DesignError, match=said):
        read_design(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DesignError, match="cannot be read"):
        read_design(tmp_path / "none.yaml")


@pytest.mark.parametrize("more", ["if testosterone < 400 ng/dL at week 6, double", "80 % adherence"])
def test_rules_and_an_arms_own_adherence_have_no_place_in_a_crossover(more):
    arms = {"a": "no treatment", "b": f"clomiphene 25 mg daily; {more}"}
    with pytest.raises(ValueError, match="crossover"):
        Design(name="x", men=10, design="crossover", arms=arms, end_points=({"name": "t"},))  # pyright: ignore
