"""Who stands for an arm's men."""

from hpgaxis.evidence.trials import packaged_trials
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
