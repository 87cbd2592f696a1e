"""What every command prints fits the terminal, is free of boxes in a pipe, and breaks no number."""

import re

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app

WEEKLY = "testosterone enanthate 200 mg weekly"
COMMANDS = [
    ("simulate", WEEKLY, "--days", "40"),
    ("simulate", WEEKLY, "--days", "40", "--metrics"),
    ("simulate", "clomiphene 25 mg daily; if testosterone < 3000 ng/dL at week 4 raise clomiphene to 50 mg", "--days", "40"),
    ("compare", WEEKLY, "clomiphene 25 mg daily", "anastrozole 1 mg daily", "--days", "40"),
    ("predict", WEEKLY, "--days", "40", "--draws", "2"),
    ("population", WEEKLY, "--days", "40", "--men", "3"),
    ("sensitivity", "clomiphene 25 mg daily", "--days", "10", "--of", "aromatase", "--of", "androgen_sensitivity"),
    ("risks", WEEKLY, "--days", "60"),
    ("conception", "clomiphene 25 mg daily", "--days", "70"),
    ("conception", "no treatment", "--diagnosis", "obstructive_azoospermia", "--days", "31"),
    ("dose", "anastrozole ? mg daily", "--target", "estradiol=15 pg/mL", "--days", "20"),
    ("validate", "--only", "shah-2021-anastrozole", "--workers", "1"),
    ("baseline", "ageing", "--men", "100"),
    ("drugs",),
    ("drugs", "--class", "androgen"),
    ("diagnoses",),
    ("diagnoses", "klinefelter"),
    ("labs",),
    ("describe", "clomiphene"),
    ("describe", "testosterone"),
    ("describe", "shah-2021-anastrozole"),
    ("describe", "klinefelter"),
    ("trial", "examples"),
]  # fmt: skip
BROKEN_NUMBER = re.compile(r"[0-9]\n\s*\.[0-9]|[0-9]\.\n\s*[0-9]{2}")


@pytest.mark.parametrize("columns", ["", "80", "120", "200"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_output_fits_the_width(words, columns, monkeypatch):
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    else:
        monkeypatch.delenv("COLUMNS", raising=False)
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    text = result.stdout
    width = int(columns or 80)
    too_long = [line for line in text.splitlines() if len(line) > width and len(line.split()) > 1]
    assert not too_long
    assert not set("│┃━┏└─┼") & set(text)
    assert "recalled" not in text and "10*6" not in text and "10^6" not in text and "fold of" not in text
    assert not BROKEN_NUMBER.search(text)
    assert not re.search(r"day \d+\.\d{3}", text)


def test_short_lists_come_first():
    diagnoses = CliRunner().invoke(app, ["diagnoses"]).stdout.splitlines()
    assert len(diagnoses) < 40 and any(line.startswith("klinefelter ") for line in diagnoses)
    drugs = CliRunner().invoke(app, ["drugs"]).stdout
    assert len(drugs.splitlines()) < 80 and "aromatase inhibitor: anastrozole" in drugs
    assert "there are" in CliRunner().invoke(app, ["drugs", "--class", "magic"]).output


def test_labs_are_listed_with_their_ranges():
    row = next(
        line
        for line in CliRunner().invoke(app, ["labs"], env={"COLUMNS": "200"}).stdout.splitlines()
        if line.startswith("testosterone ")
    )
    assert "ng/dL" in row and "264 to 916" in row


def test_a_trial_is_described_with_its_arms_and_figures():
    text = CliRunner().invoke(app, ["describe", "shah-2021-anastrozole"]).stdout
    assert "arm anastrozole" in text and "testosterone on day 90" in text


def test_suggestions_do_not_repeat():
    error = CliRunner().invoke(app, ["describe", "testosteron"]).output
    near = error.split("did you mean ")[1].strip().rstrip("?").split(", ")
    assert len(near) == len({name.replace(" ", "_") for name in near})
