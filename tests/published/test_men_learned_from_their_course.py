"""Men of the suppression trial, every second of 47, learned from their first cycle, and their later testosterone foreseen.

Taking a man's first cycle for the later ones errs by a factor of 1.83 after the depots, and the other men's median by 2.09.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from hpgaxis.evidence.individuals import DEPOT, packaged_individuals
from hpgaxis.individual.fit import fit
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.validation.courses import FLOOR, data_set_rows


def rows(*, first_cycle_used: bool, every_man: bool = False):
    """A data set of every second man: his doses as they were given, and his testosterone with later cycles held."""
    (courses,) = packaged_individuals().courses
    found = []
    for name, man in list(courses.rows.groupby("subject", sort=False))[:: 1 if every_man else 2]:
        for row in data_set_rows(str(name), man, DrugLibrary.shipped()):
            held = row["EVID"] == 0 and (not first_cycle_used or row["cycle"] > 1)
            found.append({**row, "HOLD": int(held)})
    return found


@cache
def later(first_cycle_used: bool = True):
    """Predictions of testosterone in later cycles by 48 possible men each: observed, median, low, high (nmol/L)."""
    data = rows(first_cycle_used=first_cycle_used)
    cycle = {(row["ID"], row["TIME"]): row["cycle"] for row in data if row["EVID"] == 0}
    found: Any = fit(data, members=48).predictions()
    return found[[cycle[key] > 1 for key in zip(found["id"], found["time"], strict=True)]]


def fold_error(found):
    observed, foreseen = (np.maximum(found[name].to_numpy(dtype=float), FLOOR) for name in ("observed", "median"))
    return float(np.exp(np.abs(np.log(observed / foreseen)).mean()))


@pytest.mark.slow
@pytest.mark.xdist_group("learned_men")  # one worker learns the men for all of them
def test_a_man_who_was_learned_is_foreseen_better_than_his_first_cycle_carried_over():
    assert len(later()) > 500
    assert fold_error(later()) < 1.83


@pytest.mark.slow
@pytest.mark.xdist_group("learned_men")
@pytest.mark.xfail(strict=True, reason="1.62, 1.67 in all men: they lose more with each cycle than the model says")
def test_later_testosterone_of_a_man_is_foreseen_within_a_factor_of_1_6():
    assert fold_error(later()) <= 1.6


@pytest.mark.slow
@pytest.mark.xdist_group("learned_men")
def test_intervals_hold_what_they_say():
    """Of the later values, 82 to 96 % are to lie in the 90 % intervals."""
    inside = (later()["low"] <= later()["observed"]) & (later()["observed"] <= later()["high"])
    assert 0.82 <= float(inside.mean()) <= 0.96


@pytest.mark.slow
@pytest.mark.xdist_group("learned_men")
def test_men_of_whom_nothing_is_known_are_foreseen_within_a_factor_of_2():
    assert fold_error(later(False)) <= 2.0


def test_the_doses_are_those_of_the_file():
    (courses,) = packaged_individuals().courses
    depots = courses.rows[(courses.rows["unit"] == DEPOT) & (courses.rows["value"] > 0)]
    assert sum(row.get("DRUG") == "leuprolide" for row in rows(first_cycle_used=True, every_man=True)) > 0.9 * len(
        depots
    )
