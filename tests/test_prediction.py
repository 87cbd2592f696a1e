"""One man's future with its uncertainty."""

import numpy as np
import pytest

import hpgaxis as hpg

LABS = {"testosterone": "265 ng/dL", "lh": 3.1}
PROTOCOL = "clomiphene 25 mg daily"


@pytest.fixture(scope="module")
def predicted():
    return hpg.predict(hpg.Patient(labs=LABS), PROTOCOL, days=60, draws=24)


def test_the_man_of_every_draw_has_about_his_labs(predicted):
    """He is one whose labs read so on one day: his own level lies about it, as visits vary (about 10 %)."""
    start = predicted.values["testosterone"][:, 0]
    assert len(start) == 24 and predicted.left_out == 0
    assert np.median(start) == pytest.approx(265, rel=0.15)
    assert 0.03 < np.std(np.log(start)) < 0.3


def test_what_his_labs_do_not_tell_of_is_open(predicted):
    """Nobody measured his FSH: it spreads as between men, far more than his testosterone."""
    spread = {name: np.std(np.log(predicted.values[name][:, 0])) for name in ("fsh", "testosterone")}
    assert spread["fsh"] > 1.5 * spread["testosterone"]


def test_his_own_course_lies_inside(predicted):
    man = hpg.match(hpg.Patient(labs=LABS))
    low, _, high = predicted.quantiles("testosterone", (0.0, 0.5, 1.0))[:, -1]
    assert low < hpg.simulate(man, PROTOCOL, days=60)["testosterone"][-1] < high


def test_the_same_seed_the_same_draws(predicted):
    again = hpg.predict(hpg.Patient(labs=LABS), PROTOCOL, days=60, draws=24)
    assert (again.values["testosterone"] == predicted.values["testosterone"]).all()
    other = hpg.predict(hpg.Patient(labs=LABS), PROTOCOL, days=60, draws=24, seed=2)
    assert (other.values["testosterone"] != predicted.values["testosterone"]).any()


def test_samples_vary_more_than_the_man(predicted):
    read = hpg.predict(hpg.Patient(labs=LABS), PROTOCOL, days=60, draws=24, as_measured=True)
    assert (read.quantiles("lh")[2] - read.quantiles("lh")[0]).mean() > (
        predicted.quantiles("lh")[2] - predicted.quantiles("lh")[0]
    ).mean()


def test_tables_probabilities_and_files(predicted, tmp_path):
    table = predicted.table()
    assert list(table.columns) == ["day 0", "day 30", "day 60"]
    below, above = (predicted.probability("testosterone", above=level, day=60) for level in (10, 5000))
    assert (below, above) == (1, 0)
    text = predicted.save(tmp_path / "course.csv").read_text()
    assert "testosterone median [ng/dL]" in text
    with pytest.raises(KeyError, match="no 'height' was kept"):
        predicted.quantiles("height")


def test_a_picture(predicted):
    assert len(predicted.plot(["testosterone", "lh"]).axes) >= 2
