"""Trial files: the format, what figures mean, and errors that name file, field and value."""

import pytest

from hpgaxis.evidence.trials import Arm, Outcome, TrialError, load_trials, packaged_trials, read_trial
from hpgaxis.validation import arm as arms
from hpgaxis.validation.outcome import NotComparable, baselines, interval, meaning

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
        (("title: A made-up trial for the tests\n", ""), r"line 2 \(trial made-up-2020-\w+\): field title: Field required"),
        (("design: RCT", "design: RCT\nassay: by hand"), r"x\.yaml, line 8 .*: field assay = 'by hand': .*'LC-MS'"),
        (("design: RCT", "design: RCT\nsample_hour: 24"), r"line 8 .*: field sample_hour = 24.*: .* less than 24"),
        (("n: 10\n    protocol", "n: 10\n    sample_hour: morning\n    protocol"), r"field arms\.0\.sample_hour = 'morning'"),
        (("value: 600", "value: many"), r"x\.yaml, line 16 .*: field arms\.0\.outcomes\.1\.value = 'many': .* number"),
        (("value: 600", "value: true"), r"outcomes\.1\.value = True: Input should be a valid number"),
        (("value: 600", "value: '600'"), r"outcomes\.1\.value = '600': Input should be a valid number"),
        (("value: 600", "value: .nan"), r"x\.yaml, line 16: \.nan is no finite number"),
        (("value: 600", "value: .inf"), r"x\.yaml, line 16: \.inf is no finite number"),
        (("value: 600", "value: 1e-13"), r"outcomes\.1\.value = 1e-13: a printed figure is 0 or lies between"),
        (("value: 600", "value: 1e300"), r"outcomes\.1\.value = 1e\+300: a printed figure is 0 or lies between"),
        (("diagnosis: eugonadal, ", ""), r"x\.yaml, line 8 .*: field population\.diagnosis: Field required"),
        (("dose: 1,", "dose: one,"), r"field arms\.0\.protocol\.0\.dose = 'one'"),
        (("dose: 1,", "dose: -1,"), r"protocol\.0\.dose = -1: .* greater than or equal to 0"),
        (("every_days: 1,", "every_days: 1e-9,"), r"line 13 .*: every_days = 1e-09 is less than a minute"),
        (("every_days: 1,", "every_days: 0.0007,"), r"every_days = 0\.0007 makes more than 100000 doses"),
        (("every_days: 1,", "every_days: -1,"), r"every_days = -1: .* greater than or equal to 0"),
        (("stop_day: 90", "stop_day: .inf"), r"x\.yaml, line 13: \.inf is no finite number"),
        (("stop_day: 90", "stop_day: 1e9"), r"stop_day = 1000000000\.0: .* less than or equal to 14610"),
        (("stop_day: 90", "stop_day: -2"), r"stop_day = -2 comes before start_day = 0"),
        (("day: 90, value: 600", "day: .nan, value: 600"), r"x\.yaml, line 16: \.nan is no finite number"),
        (("day: 90, value: 600", "day: -30, value: 600"), r"outcomes\.1\.day = -30: .* greater than or equal to 0"),
        (("n: 10}\n      - {measure: lh", "n: -1}\n      - {measure: lh"), r"outcomes\.1\.n = -1: .* or equal to 1"),
        (("n: 10}\n      - {measure: lh", "n: 0}\n      - {measure: lh"), r"outcomes\.1\.n = 0: .* or equal to 1"),
        (("    n: 10", "    n: 1.5"), r"field arms\.0\.n = 1\.5: Input should be a valid integer"),
        (("{se: 30}", "{se: -30}"), r"outcomes\.1\.spread\.se = -30: .* greater than or equal to 0"),
        (("{se: 30}", "{ci95: 5}"), r"outcomes\.1\.spread\.ci95 = 5: expected \[low, high\]"),
        (("{se: 30}", "{ci95: [5]}"), r"outcomes\.1\.spread\.ci95\.1: Field required"),
        (("{se: 30}", "{ci95: [5, 6, 7]}"), r"spread\.ci95 = \[5, 6, 7\]: expected \[low, high\]"),
        (("{se: 30}", "{iqr: [700, 500]}"), r"spread\.iqr = \[700, 500\]: the lower bound comes first"),
        (("{se: 30}", "30"), r"outcomes\.1\.spread = 30"),
        (("{se: 30}", "{sem: 30}"), r"unknown field arms\.0\.outcomes\.1\.spread\.sem"),
        (("spread: {se", "spred: {se"), r"line 16 .*: unknown field arms\.0\.outcomes\.1\.spred"),
        (("age: {mean: 40}", "age: {mean: old}"), r"field population\.age\.mean = 'old'"),
        (("verified: yes", "verified: perhaps"), r"field verified = 'perhaps'"),
        (("design: RCT", "design: RCT\ndesign: cohort"), r"x\.yaml, line 8: 'design' stands twice"),
        (("    outcomes:", "    outcomes: ["), r"x\.yaml: not YAML, or cut off"),
        ((GOOD, "[1, 2]"), r"x\.yaml: expected the fields of a trial, found list"),
        ((GOOD, ""), r"x\.yaml: expected the fields of a trial, found NoneType"),
    ],
)  # fmt: skip
def test_errors_name_file_line_trial_field_and_value(change, message):
    assert change[0] in GOOD
    with pytest.raises(TrialError, match=message):
        read_trial(GOOD.replace(change[0], change[1], 1), "x.yaml")


def test_arms_of_one_name_and_shares_beyond_100_percent_are_refused():
    second = GOOD[GOOD.index("  - name") :]
    with pytest.raises(TrialError, match=r"arms: 2 are called 'anastrozole'; give each a name of its own"):
        read_trial(GOOD + second, "x.yaml")
    share = GOOD.replace(
        "estradiol, day: 90, value: -1, unit: sign only", 'fraction_azoospermic, day: 90, value: 120, unit: "%"'
    )
    with pytest.raises(TrialError, match=r"value = 120: a share of the men is 0 to 100 %"):
        read_trial(share, "x.yaml")


def test_an_error_stays_short():
    with pytest.raises(TrialError) as caught:
        read_trial(GOOD.replace("value: 600", f"value: {'x' * 10**6}"), "x.yaml")
    assert len(str(caught.value)) < 300
    many = "".join(f"      - {{measure: lh, day: 90, value: none, unit: IU/L, note: number {i}}}\n" for i in range(500))
    with pytest.raises(TrialError, match="and 480 more") as caught:
        read_trial(GOOD + many, "x.yaml")
    assert len(str(caught.value)) < 5000


def test_a_folder_with_a_bad_file_gives_the_others(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "cut.yaml").write_text(GOOD[:300])
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.yaml").mkdir()
    trials, unreadable = load_trials(tmp_path)
    assert [trial.id for trial in trials] == ["made-up-2020-anastrozole"]
    assert {name.removeprefix(f"{tmp_path}/") for name in unreadable} == {"cut.yaml", "binary.yaml", "folder.yaml"}
    assert all(error.startswith(name) for name, error in unreadable.items())


def test_two_files_of_one_id_are_both_unreadable(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    (tmp_path / "c.yaml").write_text(GOOD.replace("made-up-2020", "made-up-2021"))
    trials, unreadable = load_trials(tmp_path)
    assert [trial.id for trial in trials] == ["made-up-2021-anastrozole"]
    assert sorted(unreadable) == [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    assert f"also stands in {tmp_path / 'b.yaml'}" in unreadable[str(tmp_path / "a.yaml")]


def test_a_folder_without_a_readable_file_is_refused(tmp_path):
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
    "fields",
    [
        {"measure": "erythropoietin", "unit": "IU/L"},
        {"measure": "lh", "unit": "ug/L"},
        {"unit": "arbitrary"},
        {"unit": "9**9**9"},
        {"unit": "(("},
        {"unit": "ng/0"},
        {"unit": "__import__('os')"},
        {"unit": ""},
    ],
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
    man, levels = arms.patient(trial, trial.arms[0], arms.adjustments(trial, trial.arms[0]))
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


def test_a_bound_is_no_baseline():
    """Motility below 1 % is not motility of 1 %: hormones were moved to reach it."""
    outcomes = [
        {"measure": "motility", "day": 0, "value": 1, "unit": "%", "stat": "upper bound"},
        {"measure": "lh", "day": 0, "value": 2.1, "unit": "IU/L", "stat": "mean"},
    ]
    arm = Arm.model_validate({"name": "a", "protocol": [], "outcomes": outcomes})
    assert baselines(arm) == {"lh": 2.1}


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
