"""Profile likelihoods of traits: least at the most probable man, closed where labs tell, open where they do not."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.individual.profile import THRESHOLD

MAN = hpg.Patient(
    age=36, labs={"testosterone": "420 ng/dL", "lh": 5.0, "fsh": 4.0, "shbg": 30, "sperm_concentration": 30}
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return hpg.profile_likelihood(MAN, ["shbg_synthesis", "motility", "leydig_output"], points=15)


def test_a_measured_trait_has_an_interval_that_holds_the_man(found):
    """SHBG is measured within some 10-20 %, and men differ by about 35 %."""
    low, high = found.intervals["shbg_synthesis"]
    assert 0 < low < found.matched.traits["shbg_synthesis"] < high < np.inf
    assert 1.3 < high / low < 3.5


def test_an_unmeasured_trait_is_open(found):
    assert found.intervals["motility"] == (0.0, np.inf)
    assert "motility                the labs do not tell" in repr(found)


def test_the_rise_crosses_the_threshold_at_the_ends_of_the_interval(found):
    rows = found.table[found.table["trait"] == "shbg_synthesis"]
    for end in found.intervals["shbg_synthesis"]:
        assert np.interp(np.log(end), np.log(rows["value"]), rows["rise"]) == pytest.approx(THRESHOLD, rel=1e-6)
    assert rows["rise"].min() == 0


def test_a_more_exact_lab_narrows_it(found):
    exact = hpg.match(MAN, errors={"shbg": 0.02}).standard_errors["shbg_synthesis"]
    assert exact < found.matched.standard_errors["shbg_synthesis"]


def test_a_panel_is_drawn_for_each_trait(found):
    assert sum(axis.get_visible() for axis in found.plot().axes) == 3


@pytest.mark.parametrize(
    ("man", "options", "fault"),
    [
        (hpg.Patient(), {}, "labs"),
        (MAN, {"traits": ["mana"]}, "mana"),
        (MAN, {"points": 2}, "points"),
        (hpg.Patient(labs={"lh": 5}, traits={"aromatase": 2}), {"traits": ["aromatase"]}, "given for this man"),
    ],
)
def test_what_cannot_be_profiled_is_refused(man, options, fault):
    with pytest.raises(hpg.InputError, match=fault):
        hpg.profile_likelihood(man, **options)
