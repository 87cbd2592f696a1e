"""`hpg validate --individuals`: tables, data, page, exit status."""

import json

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from tests.evidence.test_individuals import COURSE, SURVEY


def hpg(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "men"
    place.mkdir()
    rows = "".join(f"{20 + man},27,{300 + man},{30 + man % 7},1\n" for man in range(30))
    (place / "men.csv").write_text(SURVEY.splitlines()[0].replace("exam_weight", "session") + "\n" + rows)
    (place / "courses.csv").write_text(COURSE)
    return place


def test_tables_data_and_page(folder, tmp_path):
    data, page = tmp_path / "men.json", tmp_path / "men.html"
    result = hpg("validate", "--individuals", folder, "--out", data, "--report", page)
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "Testosterone (ng/dL), medians" in text and "BMI 25 to 30 30 314" in text
    assert "testosterone and SHBG 28" in text
    assert "Not given: 1 dose of flutamide: the model has no such drug" in text
    assert "columns that are not used: session" in text
    found = json.loads(data.read_text())
    assert found["cross_sections"][0]["medians"][0]["observed"] == 314.5
    html = page.read_text()
    assert "men: medians" in html and html.count("<svg") == 2 and "flutamide" in html


def test_json_in_place_of_tables(folder):
    for options in (("--json",), ("--out", "-")):
        result = hpg("validate", "--individuals", folder, *options)
        assert json.loads(result.stdout)["courses"][0]["men"] == 2


def test_a_bad_file_is_named_and_the_exit_status_says_so(folder, tmp_path):
    (folder / "bad.csv").write_text(SURVEY.replace("34,", "old,"))
    page = tmp_path / "men.html"
    result = hpg("validate", "--individuals", folder, "--report", page)
    assert result.exit_code == 1
    assert "bad.csv, line 2, column age_years: 'old'" in result.output
    assert "1 of 3 files could not be read" in result.output
    assert "bad.csv" in page.read_text()


def test_a_folder_without_men_is_exit_code_2(tmp_path):
    result = hpg("validate", "--individuals", tmp_path / "nowhere")
    assert result.exit_code == 2 and "no such folder" in " ".join(result.output.split())


@pytest.mark.parametrize(
    "option",
    [
        ("--trials", "."), ("--only", "a"), ("--draws", "3"), ("--raw",), ("--scores", "s.json"), ("--worst", "3"),
        ("--workers", "2"),
    ],
)  # fmt: skip
def test_options_of_trials_are_refused(option, folder):
    result = hpg("validate", "--individuals", folder, *option)
    assert result.exit_code == 2
    assert f"{option[0]} is not used: --individuals compares with single men" in " ".join(result.output.split())


@pytest.mark.slow
def test_the_shipped_men_are_named(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = hpg("validate", "--individuals", "shipped")
    assert result.exit_code == 0, result.output
    assert "47 men" in result.output and "cycle 3" in result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert not [line for line in result.stdout.splitlines() if line.strip().startswith("predicted 90 %")], (
        "one table a cycle"
    )
