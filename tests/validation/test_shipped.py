"""The shipped scores are those of this version, and the README and documentation show them."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from hpgaxis.evidence.trials import packaged_trials
from hpgaxis.validation.shipped import scores, shipped_scores
from hpgaxis.validation.validate import validate
from tests.evidence.test_trials import GOOD
from tests.validation.test_validate import assert_accounted_for

ROOT = Path(__file__).parents[2]
TOLERANCE = 2e-3
"""Relative, of a mean fold error: four digits are shipped, and processors round differently. Counts are exact."""
WORKERS = os.cpu_count() or 1


@pytest.fixture(scope="module")
def result():
    return validate(workers=WORKERS, draws=shipped_scores()["draws"])


@pytest.fixture(scope="module")
def found(result):
    return scores(result, validate(workers=WORKERS, raw=True), shipped_scores()["draws"])


@pytest.mark.slow
@pytest.mark.xdist_group("shipped")  # one worker computes the validation for all of them
def test_every_figure_of_every_trial_of_the_package_is_accounted_for(result):
    assert len(result.outcomes) == shipped_scores()["figures"]
    assert_accounted_for(packaged_trials(), result)
    assert {row["compared"] for row in result.outcomes} == {"change", "absolute"}


def flat(value, name=""):
    if not isinstance(value, dict):
        return {name: value}
    return {key: leaf for part, inner in value.items() for key, leaf in flat(inner, f"{name}/{part}").items()}


@pytest.mark.slow
@pytest.mark.xdist_group("shipped")  # one worker computes the validation for all of them
def test_the_same_figures_are_compared_as_shipped(found):
    """Every count of figures, trials and directions, by part and measurement."""
    counts, shipped = (
        {name: value for name, value in flat(scores).items() if isinstance(value, int)}
        for scores in (found, shipped_scores())
    )
    assert counts == shipped


@pytest.mark.slow
@pytest.mark.xdist_group("shipped")  # one worker computes the validation for all of them
def test_the_shipped_errors_are_those_of_this_version(found):
    """Neither worse nor better: `make scores` writes the file anew; look at what became worse before."""
    errors, shipped = (
        {name: value for name, value in flat(scores).items() if isinstance(value, float)}
        for scores in (found, shipped_scores())
    )
    assert errors == pytest.approx(shipped, rel=TOLERANCE)


@pytest.mark.parametrize("name", ["README.md", "docs/credibility.md"])
def test_the_pages_show_the_shipped_scores(monkeypatch, name):
    monkeypatch.syspath_prepend(ROOT / "docs")
    from results_pages import BLOCKS, with_block  # pyright: ignore[reportMissingImports]

    text = (ROOT / name).read_text(encoding="utf-8")
    assert with_block(text, BLOCKS[name]()) == text, "`python docs/results_pages.py` writes the tables anew"


def test_the_raw_comparison_makes_no_judgement_with_the_data_in_view():
    """Indonesian men lose more sperm than the model's men do: further from it without their own response."""
    only = ["indonesia-te-50-100"]
    scored, raw = (validate(only=only, raw=raw).outcomes for raw in (False, True))
    assert len(raw) == len(scored) > 0
    assert all(one["fold_error"] < other["fold_error"] < 1 for one, other in zip(raw, scored, strict=True))


def test_a_bound_is_met_beyond_it_but_not_in_the_raw_comparison(tmp_path):
    bound = GOOD.replace("value: 600, unit: ng/dL", "value: 6000, unit: ng/dL, note: upper bound")
    assert bound != GOOD
    (tmp_path / "made-up.yaml").write_text(bound)
    scored, raw = (validate(tmp_path, raw=raw).outcomes[0]["fold_error"] for raw in (False, True))
    assert raw < 0.5 and scored == 1


def test_the_command_writes_the_scores_of_both_comparisons(tmp_path):
    words = ["validate", "--only", "shah-2021-anastrozole", "--report", str(tmp_path / "page.html")]
    file = tmp_path / "scores.json"
    result = CliRunner().invoke(app, [*words, "--scores", str(file)])
    assert result.exit_code == 0, result.output
    found = json.loads(file.read_text())
    assert found["figures"] == found["parts"]["calibration"]["all"]["n"] + found["parts"]["validation"]["all"]["n"] > 0
    assert found["raw"]["calibration"]["all"]["n"] >= found["parts"]["calibration"]["all"]["n"]
    result = CliRunner().invoke(app, [*words, "--raw", "--scores", str(file)])
    assert result.exit_code == 2 and "leave --raw out" in result.output


def test_what_was_not_compared_has_no_error():
    result = validate(only=["shah-2021-anastrozole"])
    parts = scores(result, result, 0)["parts"]
    assert parts["validation"]["all"] == {"n": 0}
    assert all(("aafe" in score) == (score["n"] > 0) for part in parts.values() for score in part.values())
