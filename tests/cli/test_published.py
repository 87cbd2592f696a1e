"""`hpg evidence`: pooled trials, the map, a new trial."""

import json

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app


def run(*words):
    return CliRunner().invoke(app, ["evidence", *words])


def test_pooling_prints_arms_and_draws_them(tmp_path):
    forest, funnel = tmp_path / "forest.png", tmp_path / "funnel.svg"
    words = ("pool", "estradiol", "--class", "aromatase inhibitor", "--plot", str(forest), "--funnel", str(funnel))
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "the model predicts" in result.output and "loves-2013-letrozole-rct" in result.output
    assert forest.stat().st_size > 10_000 and funnel.stat().st_size > 5_000


def test_pooling_as_json_holds_what_was_pooled():
    data = json.loads(run("pool", "testosterone", "--drug", "clomiphene", "--effect", "difference", "--json").stdout)
    assert data["unit"] == "ng/dL" and len(data["arms"]) >= 5 and data["low"] < data["estimate"] < data["high"]


def test_trials_are_listed_by_what_they_gave_and_measured():
    listed = json.loads(run("list", "--class", "aromatase inhibitor", "--measure", "estradiol", "--json").stdout)
    assert {"loves-2013-letrozole-rct", "leder-2004-anastrozole"} <= {row["id"] for row in listed}
    assert "testosterone" not in {row["id"] for row in listed} and len(listed) < 60
    assert "trials" in run("list", "--drug", "letrozole", "--diagnosis", "obesity").output
    wrong = run("list", "--diagnosis", "gout")
    assert wrong.exit_code == 2 and "obesity" in wrong.output


def test_the_map_is_printed_and_drawn(tmp_path):
    result = run("map", "--drug", "letrozole", "--plot", str(tmp_path / "map.png"))
    assert result.exit_code == 0, result.output
    assert "letrozole, eugonadal" in result.output and (tmp_path / "map.png").stat().st_size > 10_000
    assert len(json.loads(run("map", "--all", "--json").stdout)) > 50


def test_a_new_trial_is_written_once_and_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("new", "smith-2024-letrozole").exit_code == 0
    again = run("new", "smith-2024-letrozole")
    assert again.exit_code == 2 and "exists already" in again.output
    checked = run("check", "smith-2024-letrozole.yaml")
    assert checked.exit_code == 1 and "line 4: not filled in" in checked.output
    assert json.loads(run("check", "smith-2024-letrozole.yaml", "--json").stdout)[0]["faults"]


@pytest.mark.parametrize(
    "words",
    [("pool", "mana"), ("pool", "lh", "--plot", "a.doc"), ("map", "--drug", "x"), ("new", "x"), ("check", "none.yaml")],
)
def test_mistakes_end_with_2(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2 and "error" in result.output
