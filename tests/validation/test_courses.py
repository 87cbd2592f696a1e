"""Courses beside virtual men: the doses that they get, the cells, the floor and the scale."""

from functools import cache

import numpy as np
import pytest

from hpgaxis.errors import InputError
from hpgaxis.evidence.individuals import Courses, packaged_individuals, read_individuals
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.validation import courses as module
from hpgaxis.validation.courses import CELLS, CENTILES, FLOOR, compare_courses, schedule
from tests.evidence.test_individuals import COURSE, courses


def of_subject(text, subject="a"):
    rows = courses(text).rows
    return schedule(rows[rows["subject"] == subject], DrugLibrary.shipped())


def test_a_man_gets_the_doses_of_his_rows():
    plan = of_subject(COURSE)
    tablets, depot, second = plan.protocol.series
    assert (tablets.drug, tablets.amount, tablets.start_day, tablets.doses) == ("cyproterone_acetate", 200, 0, 28)
    assert (depot.drug, depot.formulation, depot.start_day) == ("leuprolide", "3-month depot", 28)
    assert (second.formulation, second.start_day) == ("1-month depot", 400)
    assert plan.not_given == {("flutamide", "the model has no such drug"): 1}


def test_a_depot_ends_after_its_shortest_licensed_interval():
    """A month, three and four, of four weeks: 28, 84 and 112 days."""
    assert of_subject(COURSE).ends == {1: 28 + 84, 2: 400 + 28}
    assert of_subject(COURSE.replace("22.5", "30")).ends[1] == 28 + 112


def test_tablets_are_taken_until_the_next_day_with_a_dose_or_the_last_on_treatment():
    until_the_end = COURSE.replace("a,112,1,1,dose,flutamide,,", "a,100,1,1,dose,cyproterone_acetate,50,").replace(
        "a,140,1,0", "a,130,1,1,observation,psa,1,ng/mL\na,140,1,0"
    )
    tablets = [one for one in of_subject(until_the_end).protocol.series if one.drug == "cyproterone_acetate"]
    assert [(one.amount, one.start_day, one.doses) for one in tablets] == [(200, 0, 28), (50, 100, 30)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("leuprolide_depot,22.5", "leuprolide_depot,23"), "no formulation with 23 mg"),
        (("leuprolide_depot,22.5", "leuprolide_depot,"), "the dose was not recorded"),
        (("a,28,1,1", "a,28,1,0"), "recorded after the end of the treatment"),
    ],
)
def test_doses_that_cannot_be_given_are_listed(change, reason):
    plan = of_subject(COURSE.replace(*change))
    assert [text for drug, text in plan.not_given if drug == "leuprolide_depot" and reason in text]
    assert 1 not in plan.ends


def many(count=10, level="0.05"):
    """Men who each get a depot, with a testosterone 200 days after it."""
    lines = [
        f"{man},0,1,1,observation,testosterone,{12 + man},nmol/L\n{man},0,1,1,dose,leuprolide_depot,7.5,mg depot\n"
        f"{man},200,1,0,observation,testosterone,{level},nmol/L\n"
        for man in range(count)
    ]
    text = COURSE.splitlines()[0] + "\n" + "".join(lines)
    found = read_individuals(text, "many.csv", "many")
    assert isinstance(found, Courses)
    return found


def test_men_are_compared_by_cell_after_one_scale_for_all():
    done = []
    found = compare_courses(many(), callback=done.append)
    (cell,) = found.cells
    assert (cell["cycle"], cell["begin"], cell["end"], cell["men"]) == (1, 120, 180, 10)
    assert set(cell["observed"].values()) == {FLOOR}
    assert found.before["observed"] == pytest.approx(16.5)
    assert found.scale == pytest.approx(16.5 / found.before["predicted"])
    assert done == [1] * 10
    assert (found.values, found.inside) == (10, 0)  # all are castrate, no virtual man is
    low, middle, high = (cell["predicted"][str(centile)] for centile in CENTILES)
    assert 2 < low < middle < high < 60
    assert compare_courses(many()).cells == found.cells


def test_small_cells_are_counted():
    found = compare_courses(many(module.FEWEST - 1))
    assert (found.cells, found.few) == ([], 1)


def test_without_a_baseline_there_is_no_scale():
    rows = many().rows.query("kind == 'dose' or day > 0")
    with pytest.raises(InputError, match="many: no testosterone before the first dose of any man"):
        compare_courses(Courses("many", rows))


@cache
def shipped():
    (suppression,) = packaged_individuals().courses
    return compare_courses(suppression)


@pytest.mark.slow
@pytest.mark.xdist_group("courses")  # one worker simulates the men for all of them
class TestShipped:
    def test_the_observed_centiles_are_those_of_the_data(self):
        """As a description of the data counted them, independently of this package."""
        observed = {(cell["cycle"], cell["begin"]): list(cell["observed"].values()) for cell in shipped().cells}
        assert observed[1, 90] == pytest.approx([2.9, 10, 16], rel=0.1)
        assert observed[1, 240] == pytest.approx([4.5, 10, 18], rel=0.05)
        assert observed[2, 120] == pytest.approx([1.0, 8.9, 13], rel=0.05)
        assert observed[2, 180] == pytest.approx([1.5, 6.7, 14], rel=0.05)
        assert observed[3, 180][1:] == pytest.approx([7.2, 13], rel=0.05)

    def test_nobody_is_lost_and_what_is_left_out_is_listed(self):
        found = shipped()
        assert (found.men, found.virtual, found.failed, found.redrawn) == (47, 47 * module.EACH, 0, 0)
        assert found.before["men"] == 47 and found.before["observed"] == 13.0
        assert {row["drug"] for row in found.not_given} == {"flutamide", "nilutamide", "cyproterone_acetate"}
        assert found.not_compared == {"psa": 2287}
        assert {cell["cycle"] for cell in found.cells} >= {1, 2, 3}
        assert all(
            (cell["begin"], cell["end"]) in CELLS and np.isfinite(cell["predicted"]["50"]) for cell in found.cells
        )
