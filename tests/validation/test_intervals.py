"""The interval of a prediction carries what the parameters leave open, the sampling of the men, and the trial."""

from math import exp

import numpy as np
import pytest

from hpgaxis.evidence.trials import split
from hpgaxis.validation.intervals import between_trials, family, part, with_intervals

FITTED, KEPT = (sorted(split()[name])[0] for name in ("calibration", "validation"))


def row(error, trial=FITTED, index=0, measure="lh", **more):
    fold = exp(error)
    return {
        "trial": trial, "arm": "arm", "index": index, "measure": measure, "sampling": 0.0, "fold_error": fold,
        "observed": 10.0, "observed_fold": 2.0, "predicted": 10 * fold, "predicted_fold": 2 * fold, **more,
    }  # fmt: skip


def test_the_three_spreads_add_as_squares():
    runs = [[row(e)] for e in (-0.3, 0.0, 0.3)]
    (found,) = with_intervals([row(0.1, sampling=0.4)], runs, {"hormones": 1.2})
    total = np.sqrt(0.3**2 + 0.4**2 + 1.2**2)
    assert found["predicted_high"] / found["predicted"] == pytest.approx(exp(1.959964 * total))
    assert found["predicted"] / found["predicted_low"] == pytest.approx(exp(1.959964 * total))


def test_the_interval_is_in_the_printed_unit():
    """A change in per cent is linear in the fold: +100 % is twofold."""
    changed = row(0.0, observed=100.0, predicted=50.0, observed_fold=2.0, predicted_fold=1.5, fold_error=0.75)
    (found,) = with_intervals([changed], [[changed], [changed]], {"hormones": 0.5})
    assert found["predicted_low"] == pytest.approx(100 * 1.5 * exp(-1.959964 * 0.5) - 100)


def test_a_figure_is_inside_if_the_error_is_within_the_spread():
    rows = [row(error, index=i) for i, error in enumerate((0.9, 1.1))]
    found = with_intervals(rows, [rows, rows], {"hormones": 1 / 1.959964})
    assert [r["inside"] for r in found] == [True, False]


def test_the_difference_between_trials_comes_from_those_that_calibrate():
    source = np.random.default_rng(0)
    fitted = [row(e, index=i) for i, e in enumerate(source.normal(0, 0.3, 400))]
    kept = [row(e, trial=KEPT, index=i) for i, e in enumerate(source.normal(0, 3.0, 400))]
    rows = [{**r, "part": part(r["trial"]), "parameter_spread": 0.1} for r in fitted + kept]
    assert between_trials(rows)["hormones"] == pytest.approx(np.sqrt(0.3**2 - 0.1**2), rel=0.12)


def test_without_other_parameters_there_is_no_interval():
    (found,) = with_intervals([row(0.1)], [])
    assert found["part"] == "calibration" and "inside" not in found


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("lh", "hormones"), ("sperm_total", "semen"), ("motility", "semen"), ("fraction_azoospermic", "shares of men"),
     ("days_to_recovery", "times"), ("hematocrit", "red blood"), ("testis_volume", "other")],
)  # fmt: skip
def test_families(measure, expected):
    assert family(measure) == expected


def test_a_calibrating_trial_s_own_errors_do_not_widen_its_interval():
    """One trial far off among twenty others: its spread between trials is that of the others, by hand."""
    others = sorted(split()["calibration"])[1:]
    source = np.random.default_rng(1)
    rows = [row(e, trial=others[i % len(others)], index=i) for i, e in enumerate(source.normal(0, 0.3, 60))]
    far = [row(3.0, index=i) for i in range(60)]
    found = with_intervals(rows + far, [rows + far, rows + far])
    expected = np.median([abs(np.log(one["fold_error"])) for one in rows]) / 0.6745
    assert found[-1]["between_trials"] == pytest.approx(expected)
    assert not found[-1]["inside"]
    assert found[0]["between_trials"] > expected  # the far trial widens the intervals of the others


def test_a_trial_that_calibrates_alone_has_only_its_own_errors():
    rows = [row(0.3, index=i) for i in range(9)]
    assert with_intervals(rows, [rows, rows])[0]["between_trials"] == pytest.approx(0.3 / 0.6745)
