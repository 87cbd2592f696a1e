"""Which trials calibrate was written down before the fit: the lists keep what they promise."""

import pytest

from hpgaxis.evidence.trials import packaged_trials, split
from hpgaxis.validation.validate import drug_group

TRIALS = {trial.id: trial for trial in packaged_trials()}
CALIBRATION, VALIDATION, REPEATS = (split()[name] for name in ("calibration", "validation", "repeats"))


def kinds(name):
    """The diagnosis of a trial, and the classes of its drugs."""
    trial = TRIALS[name]
    return {trial.population.diagnosis, *(drug_group(arm) for arm in trial.arms)} - {"untreated"}


def test_every_name_is_a_verified_trial_in_one_list():
    assert not CALIBRATION & VALIDATION
    assert all(TRIALS[name].verified for name in CALIBRATION | VALIDATION)


def test_a_third_or_more_validate():
    assert 3 * len(VALIDATION) >= len(CALIBRATION | VALIDATION)


@pytest.mark.parametrize("kind", sorted(set().union(*map(kinds, CALIBRATION | VALIDATION))))
def test_every_diagnosis_and_class_of_drugs_has_a_trial_that_validates(kind):
    assert any(kind in kinds(name) for name in VALIDATION)


def test_what_tells_of_the_same_men_again_is_in_no_other_list():
    assert TRIALS.keys() >= REPEATS
    assert not REPEATS & (CALIBRATION | VALIDATION)
