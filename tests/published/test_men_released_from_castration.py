"""Testosterone after the depots of leuprolide, in 47 men who were castrated and released up to five times.

The men are those that the package ships (`evidence/individuals`); each has virtual men who are given his doses.
"""

from functools import cache

import pytest

from hpgaxis.evidence.individuals import packaged_individuals
from hpgaxis.validation.courses import CELLS, CENTILES, compare_courses

WITHIN = {10: 2.0, 50: 1.5, 90: 2.0}
"""Centile of men -> factor."""
COMPARED = [(cycle, begin) for cycle in (1, 2, 3) for begin, _ in CELLS if (cycle, begin) != (3, 240)]
"""Cycle, and first day of the cell since the last depot should have ended; only 4 men have the last of cycle 3."""
MISSED = {
    (1, 0, 50): "0.33, observed 0.5",
    (1, 0, 90): "0.53, observed 2.4",
    (2, 0, 90): "0.49, observed 1.1",
    (2, 60, 10): "0.84, observed 0.3",
    (2, 60, 50): "4, observed 2.1",
    (2, 90, 10): "1.5, observed 0.38",
    (2, 120, 10): "3.1, observed 1",
    (2, 180, 10): "4.9, observed 1.5",
    (2, 240, 10): "5.6, observed 1.7",
    (3, 60, 10): "0.62, observed 0.3",
    (3, 60, 50): "2.4, observed 1.1",
    (3, 90, 10): "1.1, observed 0.44",
    (3, 180, 10): "3.6, observed 1.2",
}
"""Cycle, first day of the cell and centile -> figure reached (nmol/L)."""


@cache
def comparison():
    (suppression,) = packaged_individuals().courses
    return compare_courses(suppression)


@cache
def compared():
    """The cells of the comparison by cycle and first day."""
    return {(cell["cycle"], cell["begin"]): cell for cell in comparison().cells}


def cases():
    """Every centile of every cell; those missed so far as strict failures with the figure reached."""
    for cycle, begin in COMPARED:
        for centile in CENTILES:
            key = (cycle, begin, centile)
            mark = pytest.mark.xfail(strict=True, reason=f"{MISSED[key]} nmol/L") if key in MISSED else ()
            yield pytest.param(*key, id=f"cycle {cycle} from day {begin} {centile} %", marks=mark)


@pytest.mark.slow
@pytest.mark.xdist_group("courses")  # one worker simulates the men for all of them
@pytest.mark.parametrize(("cycle", "begin", "centile"), cases())
def test_testosterone_after_the_last_depot(cycle, begin, centile):
    """Bruchovsky 2006 and 2007, the authors' data of 47 men: centiles of men by days since the depot should have ended."""
    cell = compared()[cycle, begin]
    observed, predicted = (cell[which][str(centile)] for which in ("observed", "predicted"))
    assert observed / WITHIN[centile] <= predicted <= observed * WITHIN[centile]


@pytest.mark.slow
@pytest.mark.xdist_group("courses")
def test_single_values_lie_in_the_interval_as_often_as_it_says():
    """The 95 % interval of virtual men is to hold 85 to 97 % of the men's single values."""
    assert 0.85 <= comparison().inside / comparison().values <= 0.97
