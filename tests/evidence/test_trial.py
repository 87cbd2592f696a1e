"""Trial files: the format, what figures mean, and errors that name file, field and value."""

import pytest

from hpgaxis.evidence import arm as arms
from hpgaxis.evidence.outcome import NotComparable, baselines, interval, meaning
from hpgaxis.evidence.trial import Arm, Outcome, TrialError, load_trials, packaged_trials, read_trial

GOOD = """
id: made-up-2020-anastrozole
title: A made-up trial for the tests
citation: {authors: Nobody, year: 2020}
source: {url: none, what: made up}
verified: yes
design: RCT
population: {description: men, diagnosis: eugonadal, n: 10, age: {mean: 40}}
arms:
  - name: anastrozole
    n: 10
    protocol:
      - {drug: anastrozole, dose: 1, unit: mg, route: oral, every_days: 1, start_day: 0, stop_day: 90}
    outcomes:
      - {measure: testosterone, day: 0, value: 400, unit: ng/dL, spread: {sd: 100}, n: 10}
      - {measure: testosterone, day: 90, value: 600, unit: ng/dL, spread: {se: 30}, n: 10}
      - {measure: lh, day: 90, value: 70, unit: "% change"}
      - {measure: estradiol, day: 90, value: -1, unit: sign only}
      - {measure: erythropoietin, day: 90, value: 12, unit: "IU/L"}
"""


def outcome(**fields):
    return Outcome.model_validate({"measure": "testosterone", "day": 90, "value": 1.0, "unit": "ng/dL", **fields})


def test_the_packaged_evidence_is_all_readable():
    trials = packaged_trials()
    assert len(trials) >= 280
    assert len({trial.id for trial in trials}) == len(trials)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title: A made-up trial for the tests\n", ""), r"x\.yaml: field title: Field required"),
        (("value: 600", "value: many"), r"x\.yaml: field arms\.0\.outcomes\.1\.value = 'many'"),
        (("diagnosis: eugonadal, ", ""), r"x\.yaml: field population\.diagnosis: Field required"),
        (("dose: 1,", "dose: one,"), r"field arms\.0\.protocol\.0\.dose = 'one'"),
        (("    outcomes:", "    outcomes: ["), r"x\.yaml: not YAML, or cut off"),
    ],
)
def test_errors_name_file_field_and_value(change, message):
    with pytest.raises(TrialError, match=message):
        read_trial(GOOD.replace(*change), "x.yaml")


def test_a_folder_with_one_bad_file_is_refused_whole(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD[:300])
    with pytest.raises(TrialError, match=r"bad\.yaml"):
        load_trials(tmp_path)
    with pytest.raises(TrialError, match="no such folder"):
        load_trials(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrialError, match=r"no \.yaml files"):
        load_trials(tmp_path / "empty")


@pytest.mark.parametrize(
    ("fields", "kind", "value"),
    [
        ({"value": 20, "unit": "nmol/L"}, "level", 20 * 28.842),
        ({"value": 5, "unit": "ng/mL"}, "level", 500),
        ({"value": 50, "unit": "% change"}, "fold", 1.5),
        ({"value": -45, "unit": "% change from baseline"}, "fold", 0.55),
        ({"value": 30, "unit": "% of baseline"}, "fold", 0.3),
        ({"value": 2.4, "unit": "fold of baseline"}, "fold", 2.4),
        ({"value": 339, "unit": "% (increase as stated)"}, "fold", 4.39),
        ({"value": 3, "unit": "fold of placebo"}, "fold", 3),
        ({"value": 210, "unit": "ng/dL change"}, "difference", 210),
        ({"value": 2.6, "unit": "ng/mL change"}, "difference", 260),
        ({"value": 1.83, "unit": "ng/mL difference vs placebo"}, "difference", 183),
        ({"measure": "sperm_concentration", "value": 5.2, "unit": "1e6/mL difference vs control"}, "difference", 5.2),
        ({"measure": "t_e2_ratio", "value": 0.2, "unit": "ng/mL per pg/mL"}, "level", 20),
        ({"measure": "lh", "value": 8, "unit": "mIU/mL"}, "level", 8),
        ({"measure": "sperm_total", "value": 220, "unit": "1e6"}, "level", 220),
    ],
)
def test_units_mean_what_the_format_says(fields, kind, value):
    said = meaning(outcome(**fields))
    assert said.kind == kind
    assert said.value == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(
    "fields", [{"measure": "erythropoietin", "unit": "IU/L"}, {"measure": "lh", "unit": "ug/L"}, {"unit": "arbitrary"}]
)
def test_what_is_not_certain_is_not_guessed(fields):
    with pytest.raises(NotComparable):
        meaning(outcome(**fields))


@pytest.mark.parametrize(
    ("spread", "n", "low", "high"),
    [
        ({"se": 30}, None, 541.2, 658.8),
        ({"sd": 100}, 25, 560.8, 639.2),
        ({"ci95": [500, 700]}, None, 500, 700),
    ],
)
def test_intervals_of_the_mean(spread, n, low, high):
    assert interval(outcome(value=600, spread=spread, n=n)) == pytest.approx((low, high))


def test_the_arm_s_man_has_its_baseline_and_age():
    trial = read_trial(GOOD, "x.yaml")
    man, levels = arms.patient(trial, trial.arms[0])
    assert (man.age, levels) == (40, {"testosterone": 400})
    middle = 400 / (1 + (100 / 400) ** 2) ** 0.5  # of a log-normal spread with this mean and standard deviation
    assert float(man.labs["testosterone"].removesuffix(" ng/dL")) == pytest.approx(middle)


def test_the_last_dose_falls_on_the_stop_day():
    line = {"drug": "TE", "dose": 200, "unit": "mg", "route": "im", "every_days": 7, "start_day": 0, "stop_day": 21}
    arm = Arm.model_validate({"name": "a", "protocol": [line], "outcomes": []})
    assert arms.protocol(arm).series[0].times(1e3) == [0, 7, 14, 21]


def test_an_unstated_dose_is_a_reason_and_not_a_guess():
    line = {"drug": "TE", "dose": None, "unit": "mg", "every_days": 7, "start_day": 0, "stop_day": 21}
    with pytest.raises(NotComparable, match="dose of TE is not stated"):
        arms.protocol(Arm.model_validate({"name": "a", "protocol": [line], "outcomes": []}))


def test_day_0_after_treatment_began_is_not_a_baseline():
    arm = Arm.model_validate(
        {
            "name": "a",
            "protocol": [
                {"drug": "hcg", "dose": 1500, "unit": "IU", "every_days": 3, "start_day": -100, "stop_day": 50}
            ],
            "outcomes": [{"measure": "testosterone", "day": 0, "value": 500, "unit": "ng/dL"}],
        }
    )
    assert baselines(arm) == {}


def test_a_baseline_that_the_trial_implies():
    """34 IU/L after three days of a blocker in one arm, and 300 % of baseline on it in another: baseline 11.3."""

    def arm(name, outcome, extra=()):
        blocker = {"drug": "ketoconazole", "dose": 1000, "unit": "mg", "every_days": 1, "start_day": 0, "stop_day": 7}
        return {"name": name, "protocol": [blocker, *extra], "outcomes": [{"measure": "lh", "day": 3, **outcome}]}

    later = {"drug": "TE", "dose": 125, "unit": "mg", "every_days": 0, "start_day": 4, "stop_day": 4}
    sooner = {**later, "start_day": 1}
    given = {"value": 34.0, "unit": "IU/L"}
    arms_given = [
        arm("with", given, [later]),
        arm("only", {"value": 300.0, "unit": "% of baseline"}),
        arm("sooner", given, [sooner]),
    ]
    trial = read_trial(GOOD, "x.yaml").model_copy(update={"arms": [Arm.model_validate(a) for a in arms_given]})
    assert arms.inferred_baselines(trial, trial.arms[0]) == pytest.approx({"lh": 34 / 3})
    assert arms.inferred_baselines(trial, trial.arms[2]) == {}
