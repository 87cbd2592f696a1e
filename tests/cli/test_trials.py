"""The commands on virtual trials, as a user types them."""

import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from hpgaxis.trials import separation
from tests.trials.test_design import GOOD


def hpg(*words):
    return CliRunner().invoke(app, list(words))


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch):
    monkeypatch.setattr(separation, "RESAMPLED", 100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("cli")
    file = place / "trial.yaml"
    file.write_text(GOOD.replace("men: 60", "men: 45"))
    result = hpg("trial", "run", str(file), "--out", str(place / "study"), "--replicates", "2")
    assert result.exit_code == 0, result.output
    assert "testosterone gained: clomiphene" in result.output and "95 % of 2 replicates" in result.output
    return place


def test_a_report_holds_the_flow_the_baseline_and_the_effects(folder):
    page = folder / "trial.html"
    assert hpg("trial", "report", str(folder / "study"), "--report", str(page)).exit_code == 0
    text = page.read_text()
    for said in (
        "Randomised: 90",
        "not eligible",
        "Measurements at randomisation",
        "<svg",
        "95 % of replicates",
        "not a medical device",
    ):
        assert said in text


def test_a_query_prints_csv(folder):
    result = hpg("trial", "query", str(folder / "study"), "select count(*) n from men")
    assert result.output.split() == ["n", "90"]


@pytest.mark.slow
def test_select_prints_and_writes_a_page(folder):
    page = folder / "who.html"
    words = ("select", str(folder / "study"), "--arm", "clomiphene", "--end-point", "testosterone gained")
    result = hpg(*words, "--at-least", "150", "--report", str(page))
    assert result.exit_code == 0, result.output
    assert "T:LH" in result.output and "<svg" in page.read_text()


def test_examples_are_listed_and_readable():
    result = hpg("trial", "examples")
    assert result.exit_code == 0
    assert "t-lh-cohort:" in result.output and "head-to-head:" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trial", "run", "no-such-example", "--out", "x"), "neither a .yaml file nor an example"),
        (("trial", "run", "missing.yaml", "--out", "x"), "no file missing.yaml"),
        (("trial", "run", "head-to-head", "--men", "2", "--out", "x"), "men: 2 are fewer than the 4 arms"),
        (("trial", "run", "head-to-head", "--men", "100000000000", "--out", "x"), "100000000000 men need about"),
        (("trial", "run", "head-to-head", "--men", "1" + 30 * "0", "--out", "x"), "less than or equal to"),
        (("trial", "run", "head-to-head", "--replicates", "1000000000000", "--out", "x"), "men need about"),
        (("population", "no treatment", "--men", "3", "--age", "30", "--age-spread", "nan"), "standard deviation nan"),
        (("population", "no treatment", "--men", "3", "--age", "30", "--age-spread", "inf"), "standard deviation inf"),
        (("population", "no treatment", "--men", "100000000000"), "100000000000 men over 6 months need about"),
        (("population", "no treatment", "--men", "3", "--workers", "0"), "--workers"),
        (("population", "no treatment", "--men", "3", "--workers", "-4"), "--workers"),
        (("population", "no treatment", "--men", "3", "--seed", "9" * 29), "--seed"),
        (("predict", "no treatment", "--seed", "-2"), "--seed"),
        (("trial", "report", "no-such-folder"), "holds no trial"),
        (("trial", "power", "t-lh-cohort", "--men", "1000000"), "men: expected "),
        (("select", "no-such-folder", "--arm", "a", "--end-point", "b"), "holds no trial"),
    ],
)
def test_bad_input_gives_a_message_and_exit_code_2(words, said):
    result = hpg(*words)
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")
    assert "pydantic" not in result.output and "0.0 GB" not in result.output


def test_baselines_are_held_against_published_ones(tmp_path):
    page = tmp_path / "populations.html"
    result = hpg("baseline", "ageing", "--men", "300", "--report", str(page))
    assert result.exit_code == 0, result.output
    assert "testosterone" in result.output and "medians" in result.output
    text = page.read_text()
    assert "<svg" in text and "Yeap 2007" in text and "not a medical device" in text
    assert "no published population 'martians'" in hpg("baseline", "martians").output


@pytest.mark.slow
def test_a_run_that_was_stopped_is_reported_as_such(folder, tmp_path):
    """Half of the blocks are gone, as after a kill in the middle of the run."""
    study = tmp_path / "study"
    shutil.copytree(folder / "study", study)
    for name in ("men", "visits", "outcomes"):
        (study / name / "000001.parquet").unlink()
    said = "45 of 90 men: this run is not finished"
    page = tmp_path / "trial.html"
    result = hpg("trial", "report", str(study), "--report", str(page))
    assert result.exit_code == 3 and said in result.output
    assert said in page.read_text() and "Randomised: 45" in page.read_text()
    result = hpg("trial", "query", str(study), "select count(*) n from men")
    assert result.exit_code == 0 and said in result.stderr and result.stdout.split() == ["n", "45"]
    words = ("--arm", "clomiphene", "--end-point", "testosterone gained", "--at-least", "250")
    assert said in hpg("select", str(study), *words).output
    assert "not finished" not in hpg("trial", "query", str(folder / "study"), "select 1").output


@pytest.mark.slow
def test_a_report_shows_arms_men_redrawn_and_the_baseline_reached(tmp_path):
    file = tmp_path / "trial.yaml"
    file.write_text(GOOD.replace("men: 60", "men: 30\nbaseline: {testosterone: [420, 110]}"))
    result = hpg("trial", "run", str(file), "--out", str(tmp_path / "study"))
    assert result.exit_code == 0, result.output
    part = tmp_path / "study" / "men" / "000000.parquet"
    men = pd.read_parquet(part)
    men["redrawn"] = [7, *[0] * 29]
    men.to_parquet(part, index=False)
    page = tmp_path / "trial.html"
    assert hpg("trial", "report", str(tmp_path / "study"), "--report", str(page)).exit_code == 0
    text = page.read_text()
    assert "redrawn because their traits had no steady state: 7" in text
    assert "testosterone: mean 420 (SD 110) ng/dL wanted" in text and "age: mean 34 (SD 6) years wanted" in text
    assert text.count("allocated 10<") == 3


def test_men_redrawn_are_said(monkeypatch):
    from hpgaxis.people import population as drawing
    from hpgaxis.validation import populations

    original = drawing.population

    def two_redrawn(*given, **named):
        men = original(*given, **named).men
        return drawing.Population(men, np.array([0, 3, 1, *[0] * (len(men) - 3)]))

    monkeypatch.setattr(drawing, "population", two_redrawn)
    result = hpg("population", "no treatment", "--men", "3", "--months", "1")
    assert "2 men redrawn: their traits had no steady state" in result.stderr
    monkeypatch.setattr(populations, "population", two_redrawn)
    assert "2 men redrawn: their traits had no steady state" in hpg("baseline", "ageing", "--men", "100").stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--scheduler", "tcp://nowhere:1", "--workers", "2"), "--workers is not used"),
    ],
)
def test_workers_of_a_running_cluster_are_refused(options, message, tmp_path):
    result = hpg("trial", "run", "head-to-head", "--out", str(tmp_path / "study"), *options)
    assert result.exit_code == 2 and message in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []
