"""Fits of single men against virtual men whose truth is known."""

import numpy as np
import pytest

from hpgaxis.errors import InputError
from hpgaxis.individual.check import FitCheck, check_fits
from hpgaxis.individual.virtual_men import course_of, virtual_courses
from hpgaxis.model import Model


def told(probabilities, truths):
    """A check of two diagnoses alone."""
    empty = np.zeros((1, 1))
    return FitCheck(empty, empty > 0, 0, 0, 0, 0, ("a", "b"), np.array(truths), np.array(probabilities))


def test_scores_of_probabilities():
    """A man told surely and rightly costs nothing, surely and wrongly 2, and even chances 0.5 (Brier 1950)."""
    assert told([[1, 0]], [0]).brier == 0
    assert told([[1, 0]], [1]).brier == 2
    assert told([[0.5, 0.5]], [1]).brier == 0.5
    assert told([[0.9, 0.1], [0.2, 0.8]], [0, 0]).accuracy == 0.5


def test_reliability_holds_what_was_said_against_what_came_true():
    rows = told([[0.9, 0.1]] * 10, [0] * 9 + [1]).reliability()
    assert [(round(row["said"], 3), row["came_true"], row["number"]) for row in rows] == [
        (0.1, 0.1, 10),
        (0.9, 0.9, 10),
    ]
    assert all(row["low"] < row["came_true"] < row["high"] for row in rows)


def test_virtual_men_vary_about_their_own_levels():
    course = course_of("no treatment", [(0.0, "testosterone", False), (0.0, "lh", True)], age=30, bmi=25)
    men = virtual_courses(course, Model.default(), 40, seed=2)
    levels = np.array([one.observations[0].value for _, one in men])
    assert len(men) == 40 and len(np.unique(levels)) == 40
    assert 350 < np.median(levels) < 750, "men of 30 years (Travison 2017)"
    assert [one.held for one in men[0][1].observations] == [False, True]


@pytest.mark.parametrize("men", [1, 2.5, True, "ten"])
def test_a_number_of_men_that_cannot_be_is_refused(men):
    with pytest.raises(InputError, match="men"):
        check_fits(men)


@pytest.mark.slow
def test_fits_of_virtual_men_are_calibrated():
    """90 % intervals hold what they should, planted faults are found, and diagnoses are as probable as is said.

    Bounds are those of 16 men; `hpg check-fits --men 500` is the whole study, and docs/how-to/fit.md has its figures.
    """
    from scipy.stats import kstest

    found = check_fits(16)
    assert 0.80 <= found.traits_inside <= 0.97
    assert 0.82 <= found.labs_inside <= 0.97
    assert found.faults_found >= 0.9
    assert found.doubted < 0.1
    assert kstest(found.ranks.ravel(), "uniform").statistic < 0.06
    assert found.accuracy > 0.6 and found.brier < 0.4
    assert np.mean(found.probabilities.max(axis=1)) == pytest.approx(found.accuracy, abs=0.2), (
        "as often right as it says"
    )
