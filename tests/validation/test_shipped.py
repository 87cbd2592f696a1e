"""The shipped scores are those of this version, and the README and documentation show them."""

import json
import os
from math import hypot, log
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from hpgaxis.evidence.trials import packaged_trials
from hpgaxis.validation.intervals import NORMAL, between_trials, family, key
from hpgaxis.validation.shipped import scores, shipped_scores, shipped_validation
from hpgaxis.validation.validate import validate
from tests.evidence.test_trials import GOOD
from tests.validation.test_validate import assert_accounted_for

ROOT = Path(__file__).parents[2]
TOLERANCE = 2e-3
"""Relative, of a mean fold error: four digits are shipped, and processors round differently. Counts are exact."""
WORKERS = os.cpu_count() or 1


@pytest.fixture(scope="module")
def result():
    return validate(workers=WORKERS)


@pytest.fixture(scope="module")
def raw():
    return validate(workers=WORKERS, raw=True)


def figures(rows):
    return {key(row): row for row in rows}


def flat(value, name=""):
    if not isinstance(value, dict):
        return {name: value}
    return {key: leaf for part, inner in value.items() for key, leaf in flat(inner, f"{name}/{part}").items()}


def numbers(values, kind):
    """The numbers of a kind among nested values, without those of intervals, which `result` does not have."""
    return {name: value for name, value in flat(values).items() if isinstance(value, kind) and "coverage" not in name}


@pytest.mark.slow
@pytest.mark.xdist_group("shipped")  # one worker computes the validation for all of them
def test_every_figure_of_every_trial_of_the_package_is_accounted_for(result):
    assert len(result.outcomes) == shipped_scores()["figures"]
    assert_accounted_for(packaged_trials(), result)
    assert {row["compared"] for row in result.outcomes} == {"change", "absolute"}


@pytest.mark.slow
@pytest.mark.xdist_group("shipped")  # one worker computes the validation for all of them
def test_the_shipped_predictions_are_those_of_this_version(result):
    """Neither better nor worse: `make scores` writes the file anew; look at what became worse before."""
    found, shipped = figures(result.outcomes), figures(shipped_validation().outcomes)
    assert found.keys() == shipped.keys()
    for name in ("predicted", "observed", "fold_error", "sampling"):
        values = {figure: row[name] for figure, row in found.items()}
        assert values == pytest.approx({figure: row[name] for figure, row in shipped.items()}, rel=0.01, abs=1e-6), name
    assert [row["reason"] for row in result.skipped] == [row["reason"] for row in shipped_validation().skipped]
    assert result.directions_summary() == shipped_scores()["directions"]


@pytest.mark.slow
@pytest.mark.xdist_group("shipped")  # one worker computes the validation for all of them
def test_the_shipped_scores_are_those_of_this_version(result, raw):
    """Every count and mean fold error, by part and measurement, with and without the scoring rules."""
    found, shipped = (
        {name: value for name, value in shown.items() if name not in ("validation", "draws")}
        for shown in (scores(result, raw, 0), shipped_scores())
    )
    assert numbers(found, int) == numbers(shipped, int)
    assert numbers(found, float) == pytest.approx(numbers(shipped, float), rel=TOLERANCE)


@pytest.mark.slow
def test_the_shipped_intervals_are_those_of_this_version():
    """The spread of the predictions over sets of parameters, in every 16th trial: a run of all takes minutes."""
    shipped = shipped_validation().outcomes
    trials = sorted({row["trial"] for row in shipped})[::16]
    rows = validate(only=trials, workers=WORKERS, draws=shipped_scores()["draws"]).outcomes
    expected = {key(row): row["parameter_spread"] for row in shipped if row["trial"] in trials}
    assert len(expected) > 20
    assert {key(row): row["parameter_spread"] for row in rows} == pytest.approx(expected, rel=0.02, abs=1e-4)


def test_the_shipped_intervals_follow_from_the_spreads_of_the_figures():
    """What `validate` does last, done again on the shipped rows: which figures are inside their intervals."""
    shipped = shipped_validation()
    between = {row["trial"]: between_trials(shipped.outcomes, without=row["trial"]) for row in shipped.outcomes}
    for row in shipped.outcomes:
        expected = between[row["trial"]] if row["part"] == "calibration" else between_trials(shipped.outcomes)
        assert row["between_trials"] == pytest.approx(expected[family(row["measure"])], rel=TOLERANCE, abs=1e-3)
        spread = hypot(row["parameter_spread"], row["sampling"], row["between_trials"])
        assert row["inside"] == (abs(log(row["fold_error"])) <= NORMAL * spread)
    found, stated = numbers(shipped.parts(), float), numbers(shipped_scores()["parts"], float)
    assert {name: found[name] for name in stated} == pytest.approx(stated, rel=TOLERANCE)
    for part, measures in shipped_scores()["parts"].items():
        for name, score in measures.items():
            assert score.get("coverage") == pytest.approx(shipped.parts()[part][name]["coverage"], rel=TOLERANCE)


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


@pytest.mark.parametrize(
    ("part", "goal"),
    [
        pytest.param(
            "calibration", 1.5, marks=pytest.mark.xfail(strict=True, reason="2.50, 1.9 without two single men")
        ),
        pytest.param("validation", 1.8, marks=pytest.mark.xfail(strict=True, reason="2.27")),
    ],
)
def test_sperm_concentrations_are_as_near_as_they_should_be(part, goal):
    assert shipped_scores()["parts"][part]["sperm_concentration"]["aafe"] <= goal


@pytest.mark.xfail(strict=True, reason="16 of 26: small doses of testosterone leave sperm in too many")
def test_shares_of_azoospermic_men_are_within_15_points_in_three_quarters_of_arms():
    rows = [row for row in shipped_validation().outcomes if row["measure"] == "fraction_azoospermic"]
    assert sum(abs(row["predicted"] - row["observed"]) <= 15 for row in rows) >= 0.75 * len(rows)


@pytest.mark.parametrize(
    "part", ["calibration", pytest.param("validation", marks=pytest.mark.xfail(strict=True, reason="82 %"))]
)
def test_the_intervals_hold_what_they_say(part):
    """Of the figures, 85 to 97 % are to lie in the predicted 95 % interval."""
    assert 0.85 <= shipped_scores()["parts"][part]["all"]["coverage"] <= 0.97
