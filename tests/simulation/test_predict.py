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
    """He is one whose labs read so on one day: his own level lies about that of the most probable man, not as widely
    as single samples do (20 %)."""
    start = predicted.values["testosterone"][:, 0]
    own = hpg.simulate(hpg.Patient(labs=LABS), days=1)["testosterone"][0]
    assert len(start) == 24 and predicted.left_out == 0
    assert np.median(start) == pytest.approx(own, rel=0.15)
    assert 0.03 < np.std(np.log(start)) < 0.2


def test_what_his_labs_do_not_tell_of_is_open(predicted):
    """Nobody measured his FSH: it spreads as between men, far more than his testosterone."""
    spread = {name: np.std(np.log(predicted.values[name][:, 0])) for name in ("fsh", "testosterone")}
    assert spread["fsh"] > 1.5 * spread["testosterone"]


def test_his_own_course_lies_inside(predicted):
    man = hpg.match(hpg.Patient(labs=LABS))
    low, _, high = predicted.quantiles("testosterone", (0.0, 0.5, 1.0))[:, -1]
    assert low < hpg.simulate(man, PROTOCOL, days=60)["testosterone"][-1] < high


def test_the_same_seed_the_same_draws():
    first, again, other = (
        hpg.predict(hpg.Patient(labs=LABS), PROTOCOL, days=60, draws=6, seed=seed).values["testosterone"]
        for seed in (1, 1, 2)
    )
    assert (again == first).all() and (other != first).any()


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
    assert text.startswith("ID,TIME,testosterone [ng/dL]") and text.count("\n") == 1 + 24 * 61
    intervals = predicted.intervals()
    assert (intervals["testosterone low [ng/dL]"] < intervals["testosterone high [ng/dL]"]).all()
    with pytest.raises(KeyError, match="no 'height' in this result"):
        predicted.quantiles("height")


def test_values_are_means_over_the_last_dosing_interval():
    """Each draw's own mean between its last two injections, straight from a finer simulation of the same draw."""
    weekly = "testosterone enanthate 100 mg weekly"
    predicted = hpg.predict(hpg.Patient(labs=LABS), weekly, days=60, draws=3)
    fine = hpg.predict(hpg.Patient(labs=LABS), weekly, days=60, draws=3, step_days=0.05)
    inside = (fine.time >= 49 - 1e-9) & (fine.time <= 56 + 1e-9)
    course, time = fine.values["testosterone"][:, inside], fine.time[inside]
    means = np.trapezoid(course, time, axis=1) / 7
    assert predicted.readings is not None
    mean, trough, peak = predicted.readings.values["testosterone"][:, :, -1]
    assert mean == pytest.approx(means, rel=5e-3)
    assert trough == pytest.approx(course.min(axis=1), rel=5e-3)
    assert peak == pytest.approx(course.max(axis=1), rel=5e-3)
    low, middle, high = np.quantile(means, [0.025, 0.5, 0.975])
    text = predicted.table().loc["testosterone (ng/dL)", "day 60"]
    assert [float(word.strip("()")) for word in text.replace(" to ", " ").split()] == pytest.approx(
        [middle, low, high], rel=1e-2
    )
    assert predicted.table().loc["mean over", "day 60"] == "days 49 to 56"


def test_day_0_is_explained_where_there_are_labs(predicted):
    assert "A lab varies from day to day" in predicted.about_day_0()
    assert hpg.predict(None, PROTOCOL, days=10, draws=2).about_day_0() == ""


def test_a_table_as_measured_is_of_one_sample():
    men = hpg.Patient(labs=LABS)
    one, other = (hpg.predict(men, PROTOCOL, days=20, draws=12, as_measured=flag) for flag in (False, True))
    kept = [found.readings for found in (one, other) if found.readings is not None]
    spread = [np.log(found.values["lh"][0, :, -1]).std() for found in kept]
    assert spread[1] > spread[0]
    assert np.array_equal(one.time, other.time)


def test_a_picture(predicted):
    assert len(predicted.plot(["testosterone", "lh"]).axes) >= 2
