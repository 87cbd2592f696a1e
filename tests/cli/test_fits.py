"""The commands that fit write a new folder, whole or not at all, and leave the package as it is."""

from importlib import resources
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from hpgaxis.calibration import calibrate, posterior
from hpgaxis.cli.main import app
from hpgaxis.validation import populations
from tests.calibration.test_calibrate import PRIOR, SPREAD, toy  # noqa: F401

PACKAGE = Path(str(resources.files("hpgaxis")))
FITTED = ["feedback_rate", "shbg_estrogen_share", "letrozole.aromatase_inhibition.letrozole"]


def hpg(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in (".toml", ".csv", ".yaml")
    }


@pytest.fixture
def small(toy, monkeypatch, tmp_path):  # noqa: F811
    """A calibration of three numbers on a toy; the arguments of the command."""
    pairs = calibrate.problem().pairs
    monkeypatch.setattr(calibrate, "problem", lambda: calibrate.Problem(FITTED, PRIOR, SPREAD, pairs))
    monkeypatch.setattr(calibrate, "numbers_of", lambda arm, values: values)  # the toy's arms depend on all three
    monkeypatch.setattr(posterior, "STEPS", 300)
    monkeypatch.setattr(posterior, "BURN_IN", 100)
    monkeypatch.chdir(tmp_path)
    return "calibrate", "--workers", "1", "--draws", "40"


def test_calibrate_writes_a_folder_and_not_the_package(small):
    before = contents(PACKAGE)
    result = hpg(*small)
    assert result.exit_code == 0, result.output
    assert contents(PACKAGE) == before
    assert result.output.splitlines()[-1] == "fitted files, in folders as in the package: results/calibration"
    assert "40 weighted draws, effective sample size " in result.output and "Pareto k " in result.output
    written = contents(Path("results/calibration"))
    assert written.keys() == {
        "physiology/parameters.toml",
        "physiology/posterior.csv",
        "pharmacology/drugs/letrozole.yaml",
    }
    assert written.keys() <= before.keys(), "each lies where the package has it"
    assert all(written[name] != before[name] for name in written)
    assert "is there already" in hpg(*small).output


def test_what_fails_on_the_way_leaves_no_folder(small, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "posterior.csv")

    monkeypatch.setattr(posterior, "write", full)
    result = hpg(*small)
    assert result.exit_code == 2 and "No space left" in result.output
    assert [path.name for path in Path("results").iterdir()] == ["calibration.jsonl"]


def test_baseline_compares_the_fitted_men_and_writes_a_folder(monkeypatch, tmp_path):
    before = contents(PACKAGE)
    monkeypatch.setattr(populations, "fit", lambda name, _: {"shbg_synthesis": [3.0, 0.2]})
    shown = hpg("baseline", "ageing", "--men", "200").output
    result = hpg("baseline", "ageing", "--men", "200", "--fit", "--out", tmp_path / "fit")
    assert result.exit_code == 0, result.output
    assert contents(PACKAGE) == before and shown.splitlines()[1:] != result.output.splitlines()[1:-1]
    file = yaml.safe_load((tmp_path / "fit/people/trait_distributions.yaml").read_text())
    assert file["ageing_men"] == {"shbg_synthesis": [3.0, 0.2]} and "young_healthy" in file


def test_a_checkpoint_in_the_new_folder_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = hpg("calibrate", "--out", "fit", "--checkpoint", "fit/points.jsonl")
    assert result.exit_code == 2 and "the checkpoint lies in it" in " ".join(result.output.split())
    assert not (tmp_path / "fit").exists()


def test_a_link_that_leads_nowhere_is_no_new_folder(tmp_path):
    (tmp_path / "fit").symlink_to(tmp_path / "nowhere")
    assert "is there already" in " ".join(hpg("calibrate", "--out", str(tmp_path / "fit")).output.split())


def test_two_outputs_never_go_to_one_file(tmp_path):
    page = str(tmp_path / "page.html")
    result = hpg("validate", "--report", page, "--scores", page)
    assert result.exit_code == 2 and "two outputs" in " ".join(result.output.split())
