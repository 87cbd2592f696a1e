"""Figures say what they show: title, numbered lines, limits, units and what a band is."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.simulation.figures import time_courses
from hpgaxis.simulation.time_courses import TimeCourses


def texts(figure) -> str:
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return " | ".join(found)


@pytest.fixture(scope="module")
def comparison() -> hpg.Comparison:
    return hpg.compare(None, ["no treatment", "testosterone enanthate 200 mg weekly"], months=3)


def test_lines_are_numbered_in_the_key_and_at_their_ends(comparison):
    figure = comparison.plot(["testosterone"])
    shown = texts(figure)
    assert "1  no treatment" in shown and "2  testosterone enanthate 200 mg weekly" in shown
    axis = figure.axes[0]
    assert {text.get_text() for text in axis.texts} == {"1", "2"}


def test_title_caption_and_units_are_said(comparison):
    shown = texts(comparison.plot(["testosterone", "sperm_concentration"]))
    assert "2 treatments of one man" in shown
    assert "Green: reference range of men." in shown
    assert "Sperm concentration (10⁶/mL)" in shown


def test_swings_between_doses_are_a_band_with_the_mean_in_it(comparison):
    result = comparison.results["testosterone enanthate 200 mg weekly"]
    time, mean, trough, peak = result.by_interval("testosterone")
    assert np.all(np.diff(time) > 0) and np.all((trough <= mean + 1e-9) & (mean <= peak + 1e-9))
    reading = result.reading("testosterone", float(result.time[-1]))
    assert (mean[-1], trough[-1], peak[-1]) == pytest.approx((reading.mean, reading.trough, reading.peak))
    figure = comparison.plot(["testosterone"])
    assert "Band: from trough to peak" in texts(figure)
    assert len(figure.axes[0].collections) == 1  # the untreated man has none


def test_a_daily_drug_that_swings_little_has_a_line_alone():
    figure = hpg.simulate(None, "clomiphene 25 mg daily", months=3).plot(["testosterone"])
    assert not figure.axes[0].collections and "Band" not in texts(figure)


def test_short_simulations_show_every_moment_in_hours():
    result = hpg.simulate(None, "hCG 5000 IU once", days=2)
    figure = result.plot(["testosterone"])
    (line,) = figure.axes[0].lines
    assert figure.axes[0].get_xlabel() == "hours"
    assert np.allclose(line.get_xdata(), 24 * result.time) and np.array_equal(line.get_ydata(), result["testosterone"])


def test_limits_are_drawn():
    result = hpg.simulate(None, "no treatment", months=3)
    figure = time_courses({"no treatment": result}, ["hematocrit"], limits={"hematocrit": [54.0]}, from_zero=True)
    levels = [float(np.asarray(line.get_ydata())[0]) for line in figure.axes[0].lines if line.get_color() == "#b3261e"]
    assert levels == [54.0] and "Red dashes" in texts(figure)


def test_many_men_say_what_the_band_holds():
    many = hpg.simulate_many(hpg.population(5, seed=1), "clomiphene 25 mg daily", months=1)
    shown = texts(many.plot(["testosterone"]))
    assert "clomiphene 25 mg daily" in shown and "95 % of the 5 men" in shown


def test_a_prediction_says_that_its_band_is_uncertainty():
    prediction = hpg.predict(None, "clomiphene 25 mg daily", days=10, draws=3, variables=["lh"])
    assert "95 % interval of the prediction (3 draws)" in texts(prediction.plot())


def test_results_without_doses_are_read_at_each_moment():
    class Course(TimeCourses):
        time, values, units = np.array([0.0, 1.0]), {"lh": np.array([4.0, 5.0])}, {"lh": "IU/L"}

    assert np.array_equal(Course().by_interval("lh"), [[0, 1], [4, 5], [4, 5], [4, 5]])
