"""The score: what is compared, how, and that nothing is dropped silently."""

from math import exp, log

import pytest

from hpgaxis import model
from hpgaxis.evidence.trial import packaged_trials
from hpgaxis.report.pages import validation_page
from hpgaxis.studies.validate import Validation, validate
from tests.evidence.test_trial import GOOD

FIELDS = {"trial", "arm", "measure", "day", "unit", "observed", "low", "high", "predicted", "fold_error", "compared"}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trials")
    (folder / "made-up.yaml").write_text(GOOD)
    return validate(folder)


def test_every_figure_is_compared_or_skipped_with_a_reason(made_up):
    assert [row["measure"] for row in made_up.outcomes] == ["testosterone", "lh"]
    assert [row["measure"] for row in made_up.directions] == ["estradiol"]
    assert [(row["measure"], bool(row["reason"])) for row in made_up.skipped] == [
        ("testosterone", True),
        ("erythropoietin", True),
    ]


def test_the_fold_error_is_that_of_the_change(made_up):
    row = made_up.outcomes[0]
    assert row["compared"] == "change"
    assert row["fold_error"] == pytest.approx((row["predicted"] / 400) / (600 / 400))
    assert (row["low"], row["high"]) == pytest.approx((600 - 58.8, 600 + 58.8))
    relative = made_up.outcomes[1]
    assert relative["fold_error"] == pytest.approx((1 + relative["predicted"] / 100) / 1.7)


def test_a_shifted_baseline_is_not_scored_twice(tmp_path):
    """The same relative change from a baseline in another unit gives the same fold error."""
    text = GOOD.replace(
        "value: 400, unit: ng/dL, spread: {sd: 100}", "value: 13.869, unit: nmol/L, spread: {sd: 3.467}"
    )
    text = text.replace("value: 600, unit: ng/dL", "value: 20.803, unit: nmol/L")
    (tmp_path / "other.yaml").write_text(text)
    ours = validate(tmp_path).outcomes[0]["fold_error"]
    (tmp_path / "other.yaml").write_text(GOOD)
    assert ours == pytest.approx(validate(tmp_path).outcomes[0]["fold_error"], rel=1e-3)


def test_the_summary_is_the_definition():
    rows = [
        {"measure": "lh", "fold_error": e, "low": low, "high": 2.0, "predicted": 1.5}
        for e, low in ((2.0, 1.0), (0.5, 1.6), (1.0, None))
    ]
    score = Validation(rows, [], []).summary()["lh"]
    assert score["n"] == 3
    assert score["aafe"] == pytest.approx(exp((log(2) + log(2) + 0) / 3))
    assert score["bias"] == pytest.approx(1.0)
    assert score["within_ci"] == 0.5


def test_all_trials_of_the_package_are_accounted_for():
    """At least 250 figures are compared, and every figure of every arm is somewhere."""
    result = validate(workers=2)
    assert len(result.outcomes) >= 250
    assert set(result.outcomes[0]) >= FIELDS
    total = sum(len(arm.outcomes) for trial in packaged_trials() for arm in trial.arms)
    assert len(result.outcomes) + len(result.directions) + len(result.skipped) == total
    assert all(row["reason"] for row in result.skipped)
    assert {row["compared"] for row in result.outcomes} == {"change", "absolute"}


def test_pulses_are_compared():
    """Pitteloud 2008: 13.3 GnRH pulses in 12 h without sex steroids, 6.7 after testosterone."""
    rows = [r for r in validate(only=["pitteloud-2008-feedback-sites"]).outcomes if r["measure"] == "gnrh_pulses_12h"]
    assert len(rows) == 4
    assert all(row["predicted"] > 0 and row["compared"] == "absolute" for row in rows)


def test_one_process_and_two_give_the_same():
    few = [trial.id for trial in packaged_trials()][:12]
    assert validate(only=few).to_dict() == validate(only=few, workers=2).to_dict()


def test_what_is_recalled_is_no_pass_mark(tmp_path):
    (tmp_path / "recalled.yaml").write_text(GOOD.replace("verified: yes", "verified: no"))
    result = validate(tmp_path)
    assert result.outcomes == []
    assert sum("recalled" in row["reason"] for row in result.skipped) == 4


def test_an_unknown_trial_is_an_error():
    with pytest.raises(ValueError, match="no trial nobody-1999"):
        validate(only=["nobody-1999"])


def test_scores_are_by_part_of_the_evidence():
    rows = [
        {"measure": "lh", "fold_error": e, "low": None, "high": None, "predicted": 1.0, "part": part, "inside": inside}
        for e, part, inside in ((2.0, "calibration", True), (4.0, "validation", False), (9.0, "repeat", False))
    ]
    parts = Validation(rows, [], []).parts()
    assert (parts["calibration"]["lh"]["aafe"], parts["calibration"]["lh"]["coverage"]) == pytest.approx((2, 1))
    assert (parts["validation"]["all"]["aafe"], parts["validation"]["all"]["coverage"]) == pytest.approx((4, 0))


def test_draws_give_every_figure_an_interval():
    result = validate(only=["shah-2021-anastrozole"], draws=3, workers=2)
    assert all(row["predicted_low"] < row["predicted"] < row["predicted_high"] for row in result.outcomes)
    assert all(row["parameter_spread"] > 0 for row in result.outcomes)


def test_the_forecast_without_a_model_is_the_mean_of_the_other_trials():
    """Folds of 1.5, 2 and 3 in three trials: the first is forecast as sqrt(2 x 3), 1.63 times what it was."""
    rows = [
        {"measure": "lh", "group": "x", "trial": name, "compared": "change", "observed_fold": fold, "fold_error": 1.1}
        for name, fold in (("a", 1.5), ("b", 2.0), ("c", 3.0))
    ]
    alone = {**rows[0], "group": "y"}
    found = Validation([*rows, alone], [], []).against_other_trials()
    errors = [6**0.5 / 1.5, 4.5**0.5 / 2.0, 3.0 / 3**0.5]
    assert found == {
        "lh": {"n": 3, "aafe": pytest.approx(1.1), "others": pytest.approx(exp(sum(map(log, errors)) / 3))}
    }


def test_men_left_out_and_baselines_missed_are_listed_by_arm(tmp_path, monkeypatch):
    original = model.untreated_many

    def but_five(*given):
        states, moving = original(*given)
        if len(moving) == 64:
            moving[10:15] = 3
        return states, moving

    monkeypatch.setattr(model, "untreated_many", but_five)
    (tmp_path / "made-up.yaml").write_text(GOOD)
    found = validate(tmp_path)
    assert [(row["drawn"], row["no_steady_state"], row["not_simulated"]) for row in found.left_out] == [(64, 5, 0)]
    assert found.to_dict()["left_out"][0]["trial"] == found.outcomes[0]["trial"]
    page = validation_page(found, tmp_path / "page.html").read_text()
    assert "Men who are missing" in page and "<td>64</td><td>5</td><td>0</td>" in page
    monkeypatch.undo()
    assert validate(tmp_path).left_out == []
