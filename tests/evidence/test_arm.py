"""Who stands for an arm's men."""

from hpgaxis.evidence import arm as arms
from hpgaxis.evidence.trial import packaged_trials


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
