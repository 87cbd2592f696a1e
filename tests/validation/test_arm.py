"""Who stands for an arm's men."""

import pytest

from hpgaxis.evidence.trials import Outcome, Trial, packaged_trials
from hpgaxis.people.sampling import background, rhythm
from hpgaxis.validation import arm as arms


def test_men_chosen_for_low_counts_have_more_the_next_time():
    """Regression to the mean (Galton 1886): more so the lower the count, never beyond the usual man, not in others."""
    trials = {trial.id: trial for trial in packaged_trials()}
    chosen = trials["patankar-2007-clomiphene"]
    severe, moderate = (
        arms.return_to_mean(chosen, next(a for a in chosen.arms if a.name.startswith(kind)))["sperm_concentration"]
        for kind in ("severe", "moderate")
    )
    assert 1 < moderate < severe < 2
    healthy = trials["matsumoto-1986-hcg-normal-men"]
    assert all(arms.return_to_mean(healthy, arm) == {} for arm in healthy.arms)


def test_a_dose_said_to_be_recalled_in_one_arm_is_recalled_in_the_others():
    """bouloux-2003-rfsh: "dose recalled" stands beside the hCG of the first arm; the second has the same."""
    trial = next(trial for trial in packaged_trials() if trial.id == "bouloux-2003-rfsh")
    assert [arms.unverified_dose(trial, arm) for arm in trial.arms] == ["hcg", "hcg"]


def test_doses_that_a_trials_notes_call_recalled():
    trial = next(trial for trial in packaged_trials() if trial.id == "ley-1985-hcg-hmg")
    assert all(arms.unverified_dose(trial, arm) for arm in trial.arms)


def test_doses_that_were_read_are_not():
    trial = next(trial for trial in packaged_trials() if trial.id == "okuyama-1981-hcg-10000")
    assert arms.unverified_dose(trial, trial.arms[0]) is None


def trial_of(assay=None, hour=None, arm=None, outcome=None, notes="estradiol by LC-MS/MS"):
    """A trial of anastrozole whose samples are described at the trial, the arm or the first outcome."""
    baseline = {"measure": "estradiol", "day": 0, "value": 30.0, "unit": "pg/mL"} | (outcome or {})
    level = {"measure": "testosterone", "day": 0, "value": 400.0, "unit": "ng/dL"}
    one = {"name": "a", "protocol": [], "outcomes": [baseline, level]} | (arm or {})
    fields = {"assay": assay, "sample_hour": hour, "notes": notes, "arms": [one], "verified": True, "design": "RCT"}
    about = {"population": {"description": "", "diagnosis": "eugonadal", "age": {"mean": 35}}}
    return Trial.model_validate({"id": "x", "title": "x", "citation": {}, "source": {}} | fields | about)


def labs_of(trial, *, raw=False):
    arm = trial.arms[0]
    adjusted = arms.described(trial, arm) if raw else arms.adjustments(trial, arm)
    man, _ = arms.patient(trial, arm, adjusted)
    return {name: float(text.split()[0]) for name, text in man.labs.items()}


def test_a_stated_assay_stands_in_for_the_words_of_the_notes():
    assert labs_of(trial_of())["estradiol"] == 30
    assert labs_of(trial_of(notes="nothing"))["estradiol"] == 27
    assert labs_of(trial_of(assay="immunoassay"))["estradiol"] == 27
    assert labs_of(trial_of(assay="LC-MS", notes="nothing"))["estradiol"] == 30
    assert labs_of(trial_of(assay="immunoassay", arm={"assay": "GC-MS"}))["estradiol"] == 30
    assert labs_of(trial_of(assay="immunoassay", outcome={"assay": "LC-MS"}))["estradiol"] == 30
    assert labs_of(trial_of(outcome={"assay": "immunoassay"}))["estradiol"] == 27


def test_testosterone_is_freed_of_an_immunoassay_only_where_the_file_states_it():
    assert labs_of(trial_of(notes="by immunoassay"))["testosterone"] == 400
    assert labs_of(trial_of(assay="immunoassay"))["testosterone"] == 400 - background("testosterone", "immunoassay")


def test_a_baseline_at_an_hour_is_matched_as_the_mean_that_it_implies():
    morning = rhythm("testosterone", 8, 35)
    assert labs_of(trial_of())["testosterone"] == 400
    assert labs_of(trial_of(hour=8))["testosterone"] == pytest.approx(400 / morning)
    assert labs_of(trial_of(hour=16, arm={"sample_hour": 8}))["testosterone"] == pytest.approx(400 / morning)
    assert labs_of(trial_of(hour=8))["estradiol"] == 30


def test_what_a_file_states_of_its_samples_is_no_judgement():
    assert labs_of(trial_of(assay="immunoassay", hour=8), raw=True) == labs_of(trial_of(assay="immunoassay", hour=8))
    assert labs_of(trial_of(notes="nothing"), raw=True)["estradiol"] == 30


def test_averages_and_peaks_have_no_hour():
    trial = trial_of(hour=8)
    adjusted = arms.described(trial, trial.arms[0])
    for measure, swing in (("testosterone", rhythm("testosterone", 8, 35)), ("testosterone_cavg", 1), ("lh", 1)):
        figure = Outcome(measure=measure, day=90, value=500, unit="ng/dL")
        assert adjusted.of_sample(measure.removesuffix("_cavg"), figure)[0] == pytest.approx(swing)
