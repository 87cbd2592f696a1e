"""The commands on virtual trials, as a user types them."""

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from tests.studies.trial.test_design import GOOD


def hpg(*words):
    return CliRunner().invoke(app, list(words))


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
    assert hpg("trial", "report", str(folder / "study"), "--out", str(page)).exit_code == 0
    text = page.read_text()
    for said in (
        "Randomised: 90",
        "not eligible",
        "At randomisation",
        "<svg",
        "95 % of replicates",
        "not a medical device",
    ):
        assert said in text


def test_a_query_prints_csv(folder):
    result = hpg("trial", "query", str(folder / "study"), "select count(*) n from men")
    assert result.output.split() == ["n", "90"]


def test_select_prints_and_writes_a_page(folder):
    page = folder / "who.html"
    words = ("select", str(folder / "study"), "--arm", "clomiphene", "--end-point", "testosterone gained")
    result = hpg(*words, "--at-least", "220", "--out", str(page))
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
        (("trial", "run", "missing.yaml", "--out", "x"), "cannot be read"),
        (("trial", "report", "no-such-folder"), "holds no trial"),
        (("trial", "power", "t-lh-cohort", "--men", "1000000"), "men can be drawn"),
        (("select", "no-such-folder", "--arm", "a", "--end-point", "b"), "holds no trial"),
    ],
)
def test_bad_input_gives_a_message_and_exit_code_2(words, said):
    result = hpg(*words)
    assert result.exit_code == 2
    assert said in result.output.replace("\n", " ")


def test_baselines_are_held_against_published_ones(tmp_path):
    page = tmp_path / "populations.html"
    result = hpg("baseline", "ageing", "--men", "300", "--report", str(page))
    assert result.exit_code == 0, result.output
    assert "testosterone" in result.output and "medians" in result.output
    text = page.read_text()
    assert "<svg" in text and "Yeap 2007" in text and "not a medical device" in text
    assert "no published population 'martians'" in hpg("baseline", "martians").output
