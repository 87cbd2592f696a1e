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
    (1, 0, 90): "0.56, observed 2.4",
    (2, 0, 90): "0.52, observed 1.1",
    (2, 30, 50): "1, observed 0.65",
    (2, 60, 10): "1, observed 0.3",
    (2, 60, 50): "4.3, observed 2.1",
    (2, 90, 10): "1.8, observed 0.38",
    (2, 120, 10): "3.4, observed 1",
    (2, 180, 10): "5.3, observed 1.5",
    (2, 240, 10): "5.9, observed 1.7",
    (3, 30, 50): "0.75, observed 0.45",
    (3, 60, 10): "0.73, observed 0.3",
    (3, 60, 50): "2.7, observed 1.1",
    (3, 90, 10): "1.3, observed 0.44",
    (3, 180, 10): "4, observed 1.2",
}
"""Cycle, first day of the cell and centile -> figure reached (nmol/L)."""


@cache
def compared():
    """The cells of the comparison by cycle and first day."""
    (suppression,) = packaged_individuals().courses
    return {(cell["cycle"], cell["begin"]): cell for cell in compare_courses(suppression).cells}


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
