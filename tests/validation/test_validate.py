"""The score: what is compared, how, and that nothing is dropped silently."""

import json
from math import exp, log

import pytest

import hpgaxis as hpg
from hpgaxis.errors import InputError
from hpgaxis.evidence.trials import packaged_trials
from hpgaxis.model import Model
from hpgaxis.report.pages import validation_page
from hpgaxis.validation.results import Validation, count_text
from hpgaxis.validation.validate import validate
from tests.evidence.test_trials import GOOD

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


def test_groups_chosen_by_their_response_are_not_compared():
    """Anderson 1996, Wallace 1993: the men who became azoospermic, and those who did not."""
    result = validate(only=["wallace-1993-te"])
    assert not result.outcomes
    assert {"the men of this group were chosen by how they responded"} <= {row["reason"] for row in result.skipped}


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


def assert_accounted_for(trials, result):
    """Every figure of every arm is somewhere."""
    assert set(result.outcomes[0]) >= FIELDS
    total = sum(len(arm.outcomes) for trial in trials for arm in trial.arms)
    assert len(result.outcomes) + len(result.directions) + len(result.skipped) == total
    assert all(row["reason"] for row in result.skipped)


def test_pulses_are_compared():
    """Pitteloud 2008: 13.3 GnRH pulses in 12 h without sex steroids, 6.7 after testosterone."""
    rows = [r for r in validate(only=["pitteloud-2008-feedback-sites"]).outcomes if r["measure"] == "gnrh_pulses_12h"]
    assert len(rows) == 4
    assert all(row["predicted"] > 0 and row["compared"] == "absolute" for row in rows)


@pytest.mark.slow
def test_one_process_and_two_give_the_same():
    trials = packaged_trials()[:12]
    few = [trial.id for trial in trials]
    result = validate(only=few)
    assert result.to_dict() == validate(only=few, workers=2).to_dict()
    assert_accounted_for(trials, result)


def test_unverified_figures_are_never_scored(tmp_path):
    (tmp_path / "unverified.yaml").write_text(GOOD.replace("verified: yes", "verified: no"))
    result = validate(tmp_path)
    assert result.outcomes == []
    assert sum("unverified" in row["reason"] for row in result.skipped) == 4


def test_an_unknown_trial_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no trial nobody-1999"):
        validate(only=["nobody-1999"])
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text("id: nobody-1999")
    with pytest.raises(InputError, match=r"no trial nobody-1999 among the 1 trials; .*bad\.yaml, line 1"):
        validate(tmp_path, only=["nobody-1999"])


def test_a_bad_trial_file_does_not_stop_the_others(tmp_path, made_up):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("value: 600", "value: many"))
    result = validate(tmp_path)
    assert (result.outcomes, result.directions) == (made_up.outcomes, made_up.directions)
    assert (result.trials, result.files) == (1, 2)
    assert list(result.unreadable) == [str(tmp_path / "bad.yaml")]
    assert "arms.0.outcomes.1.value = 'many'" in result.to_dict()["unreadable"][str(tmp_path / "bad.yaml")]


def skipped_as(tmp_path, *figures):
    """Why figures of an arm are not compared, by measure."""
    lines = "".join(f"      - {{{figure}}}\n" for figure in figures)
    (tmp_path / "odd.yaml").write_text(GOOD[: GOOD.index("      - {measure: testosterone, day: 90")] + lines)
    result = validate(tmp_path)
    json.dumps(result.to_dict(), allow_nan=False)
    assert result.outcomes == []
    return {row["measure"]: row["reason"] for row in result.skipped if not row["reason"].startswith("baseline")}


def test_a_ratio_to_nothing_is_not_compared(tmp_path):
    reasons = skipped_as(
        tmp_path,
        "measure: days_to_peak_testosterone, day: null, value: 0, unit: days",
        "measure: lh, day: 90, value: 0, unit: IU/L",
        "measure: fsh, day: 90, value: -1, unit: IU/L",
        'measure: estradiol, day: 90, value: -120, unit: "% change"',
        "measure: shbg, day: 90, value: 2, unit: sign only",
        "measure: dht, day: 90, value: 5, unit: 9**9**9",
        "measure: motility_index, day: 90, value: 0, unit: index (mL x 1e6/mL x %)",
        "measure: fraction_below_1.2.3m, day: 90, value: 5, unit: '%'",
    )
    assert set(reasons) == {
        "days_to_peak_testosterone", "lh", "fsh", "estradiol", "shbg", "dht", "motility_index", "fraction_below_1.2.3m",
    }  # fmt: skip
    assert "0 observed" in reasons["days_to_peak_testosterone"]
    assert reasons["lh"] == reasons["fsh"] == "an observed 0 has no fold error"
    assert "below zero" in reasons["estradiol"]
    assert "a direction is -1, 0 or 1" in reasons["shbg"]
    assert "cannot be turned into" in reasons["dht"]


def test_an_arm_whose_man_cannot_be_made_is_skipped_with_the_error_s_name(tmp_path):
    text = GOOD.replace("value: 400, unit: ng/dL", "value: 29000, unit: ng/dL").replace(
        "diagnosis: eugonadal", "diagnosis: klinefelter, bmi: {mean: 400}"
    )
    (tmp_path / "odd.yaml").write_text(text)
    reasons = {row["reason"] for row in validate(tmp_path).skipped}
    assert any(reason.startswith("PatientError: bmi = 400") for reason in reasons), reasons


def test_a_bug_in_an_arm_stops_the_validation(tmp_path, monkeypatch):
    (tmp_path / "good.yaml").write_text(GOOD)
    monkeypatch.setattr("hpgaxis.validation.validate.match_means", lambda who, model: [1.0][1:][0] + len(who))
    with pytest.raises(IndexError):
        validate(tmp_path)
    monkeypatch.setattr("hpgaxis.validation.validate.match_means", lambda who, model: int("NumPy said no"))
    with pytest.raises(ValueError, match="invalid literal"):
        validate(tmp_path)


def test_intervals_need_a_trial_that_calibrates(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    with pytest.raises(InputError, match="intervals need the spread between trials that calibrate, and none of these"):
        validate(tmp_path, draws=2)


def test_scores_are_by_part_of_the_evidence():
    rows = [
        {"measure": "lh", "fold_error": e, "low": None, "high": None, "predicted": 1.0, "part": part, "inside": inside}
        for e, part, inside in ((2.0, "calibration", True), (4.0, "validation", False), (9.0, "repeat", False))
    ]
    parts = Validation(rows, [], []).parts()
    assert (parts["calibration"]["lh"]["aafe"], parts["calibration"]["lh"]["coverage"]) == pytest.approx((2, 1))
    assert (parts["validation"]["all"]["aafe"], parts["validation"]["all"]["coverage"]) == pytest.approx((4, 0))
    assert count_text(3, 2, parts) == (
        "3 figures of 2 trials are compared: 1 of trials that calibrate, 1 of the others, and 1 of trials that report the "
        "men of another trial again, which count in neither part."
    )
    assert count_text(2, 2, parts).endswith("1 of trials that calibrate and 1 of the others.")


def test_draws_give_every_figure_an_interval():
    result = validate(only=["shah-2021-anastrozole"], draws=3)
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
    original = Model.default().untreated_many

    def but_five(*given):
        states, moving = original(*given)
        if len(moving) == 64:
            moving[10:15] = 3
        return states, moving

    monkeypatch.setattr(Model, "untreated_many", staticmethod(but_five))
    (tmp_path / "made-up.yaml").write_text(GOOD)
    found = validate(tmp_path)
    assert [(row["drawn"], row["no_steady_state"], row["not_simulated"]) for row in found.left_out] == [(64, 5, 0)]
    assert found.to_dict()["left_out"][0]["trial"] == found.outcomes[0]["trial"]
    page = validation_page(found, tmp_path / "page.html").read_text()
    assert "Men who are missing" in page and "<td>64</td><td>5</td><td>0</td>" in page
    monkeypatch.undo()
    assert validate(tmp_path).left_out == []


def test_a_models_own_drugs_are_given(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    drug = hpg.DrugLibrary.shipped()["anastrozole"]
    without = hpg.Model.default().with_drugs(
        hpg.DrugLibrary.shipped().with_drug(drug.model_copy(update={"effects": [], "group": "other"}))
    )
    usual, own = (validate(tmp_path, model=model).outcomes for model in (None, without))
    assert own[0]["predicted"] < 0.8 * usual[0]["predicted"]
    assert {row["group"] for row in own} == {"other"}
