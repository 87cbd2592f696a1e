"""`hpg fit`, `hpg forecast` and `hpg optimise`."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from tests.individual.test_fit import COURSE


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "man.csv"
    pd.DataFrame(COURSE).to_csv(path, index=False)
    return path


@pytest.fixture
def two_men(tmp_path):
    path = tmp_path / "men.csv"
    rows = [*COURSE, *[{**row, "ID": 2} for row in COURSE], {"ID": 2, "TIME": 3, "DVID": "gold", "DV": 3}]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_fit_prints_a_man_and_writes_his_data_picture_and_page(table, tmp_path):
    out, page, picture = tmp_path / "o.json", tmp_path / "o.html", tmp_path / "o.png"
    result = run("fit", table, "--members", 16, "--json", out, "--report", page, "--plot", picture, "--diagnoses")
    assert result.exit_code == 0, result.output
    for words in ("shbg synthesis", "measurements beside their predictions", "probabilities of diagnoses"):
        assert words in result.output
    data = json.loads(out.read_text())
    assert data["subjects"][0]["id"] == "1" and len(data["predictions"]) == 7
    held = [row["used_in_fit"] for row in data["predictions"]]
    assert held == [True] * 6 + [False]
    assert picture.stat().st_size > 5000
    text = page.read_text()
    for words in ("What was measured", "What it suggests", "Options compared", "What to monitor", "What is uncertain"):
        assert words in text
    assert "not a medical device" in text


def test_fit_of_several_men_prints_how_it_went_and_names_ignored_rows(two_men):
    result = run("fit", two_men, "--members", 16)
    assert result.exit_code == 0, result.output
    assert "2 men" in result.output and "row 17 ignored" in result.output and "gold" in result.output
    only = json.loads(run("fit", two_men, "--members", 16, "--subject", 2, "--json", "-").stdout)
    assert [subject["id"] for subject in only["subjects"]] == ["2"]


def test_goodness_of_fit_of_several_men_is_drawn(two_men, tmp_path):
    picture = tmp_path / "fit.png"
    result = run("fit", two_men, "--members", 16, "--plot", picture)
    assert result.exit_code == 0, result.output
    assert picture.stat().st_size > 8000


def test_rows_are_shown_as_they_were_understood(table):
    result = run("fit", table, "--rows")
    assert result.exit_code == 0 and "25 mg clomiphene oral, 200 doses" in result.output


def test_forecast_prints_and_writes_bands(table, tmp_path):
    out, picture = tmp_path / "o.csv", tmp_path / "o.png"
    words = ["forecast", table, "no treatment", "as recorded", "--months", 2, "--members", 16, "--partner-age", 30]
    result = run(*words, "--out", out, "--plot", picture)
    assert result.exit_code == 0, result.output
    assert "60 days after his last record" in result.output or "61 days after" in result.output
    assert "chance of conception" in result.output
    assert set(pd.read_csv(out)["protocol"]) == {"no treatment", "as recorded"}
    assert picture.exists()
    plain = json.loads(run(*words, "--json").stdout)
    assert "testosterone" in plain["bands"]["no treatment"]


def test_optimise_prints_the_best_beside_the_guideline(table):
    words = ["optimise", table, "--goal", "estradiol as low as possible", "--use", "anastrozole", "--most-drugs", 1]
    result = run(*words, "--tries", 6, "--months", 1, "--members", 16, "--bound", "testosterone above 100 ng/dL")
    assert result.exit_code == 0, result.output
    assert "anastrozole" in result.output and "guideline" in result.output
    plain = json.loads(run(*words, "--tries", 3, "--months", 1, "--members", 16, "--json").stdout)
    assert plain["best"]["score"] >= plain["guideline"]["score"]


def test_check_fits_prints_how_virtual_men_are_learned(tmp_path):
    picture = tmp_path / "check.png"
    result = run("check-fits", "--men", 2, "--members", 16, "--plot", picture)
    assert result.exit_code == 0, result.output
    assert "2 virtual men" in result.output and "Brier" in result.output and picture.stat().st_size > 5000


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["fit", "none.csv"], "no file"), (["fit", "{men}", "--diagnoses"], "one man"), (["fit", "{men}", "--subject", "9"], "9"),
        (["fit", "{men}", "--strict"], "gold"), (["fit", "{men}", "--cmt", "1"], "number=name"),
        (["fit", "{men}", "--json", "o.txt"], ".json"), (["forecast", "{men}", "no treatment"], "--subject"),
        (["forecast", "{man}", "gold 3 mg daily"], "gold"), (["optimise", "{man}", "--goal", "be well"], "expected"),
        (["fit", "{man}", "--time-unit", "years"], "time_unit"),
    ],
)  # fmt: skip
def test_mistakes_are_named(words, fault, table, two_men):
    result = run(*[word.format(man=table, men=two_men) for word in words])
    assert result.exit_code == 2, result.output
    assert fault in result.output and "Traceback" not in result.output
