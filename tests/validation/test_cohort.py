"""An arm's men have the arm's baseline, the same every time, and answer as their traits say."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.errors import InputError
from hpgaxis.model import Model
from hpgaxis.validation.cohort import Cohort, simulate_arm

BASELINE = {"testosterone": (480.0, 120.0), "lh": (4.0, None), "sperm_concentration": (60.0, 30.0)}
MEN = hpg.match_means(hpg.Patient(labs={"testosterone": 465, "lh": 3.8, "sperm_concentration": 53}))
WANTED = ("testosterone", "lh", "sperm_concentration")


def treated(protocol, baseline=BASELINE, days=90.0):
    return simulate_arm(MEN, hpg.Protocol.of(protocol), baseline, count=64, times=np.arange(days + 1), variables=WANTED)


@pytest.fixture(scope="module")
def suppressed():
    return treated("testosterone enanthate 200 mg weekly")


def test_the_untreated_men_have_the_reported_means_and_spreads(suppressed):
    for name, (mean, spread) in BASELINE.items():
        start = suppressed.values[name][:, 0]
        assert suppressed.weights @ start == pytest.approx(mean, rel=0.07), name
        if spread:
            now = np.sqrt(suppressed.weights @ (start - suppressed.weights @ start) ** 2)
            assert now == pytest.approx(spread, rel=0.25), name


def test_no_few_men_decide(suppressed):
    assert suppressed.weights.sum() == pytest.approx(1)
    assert 1 / (suppressed.weights**2).sum() > 16


def test_the_same_men_every_time(suppressed):
    again = treated("testosterone enanthate 200 mg weekly")
    assert (again.values["lh"] == suppressed.values["lh"]).all()
    assert (again.weights == suppressed.weights).all()


def test_untreated_men_stay_as_they_are():
    men = treated("no treatment", days=30)
    for name in WANTED:
        assert men.average()[name] == pytest.approx(np.full(31, men.average()[name][0]), rel=1e-4)


def test_averages_shares_and_times_are_those_of_the_weighted_men():
    men = Cohort(np.arange(3.0), {"lh": np.array([[1.0, 2, 9], [1, 4, 8], [1, 6, 1]])}, np.array([0.2, 0.5, 0.3]), MEN)  # pyright: ignore
    assert men.average().at("lh", 1) == pytest.approx(0.2 * 2 + 0.5 * 4 + 0.3 * 6)
    assert men.average("median").at("lh", 1) == 4
    assert men.share_below("lh", 1, 5) == pytest.approx(0.7)
    assert men.first_day("lh", 4, above=True, after=0) == 1
    assert men.first_day("lh", 8.5, above=True, after=0) == np.inf
    assert men.sampling_error("lh", 1, 4, change=False) == pytest.approx(
        np.sqrt(0.2 * 2.2**2 + 0.5 * 0.2**2 + 0.3 * 1.8**2) / 4.2 / 2
    )


def test_more_men_tell_more(suppressed):
    few, many = (suppressed.sampling_error("lh", 60, n, change=True) for n in (4, 100))
    assert few == pytest.approx(5 * many)


def test_men_without_a_steady_state_are_counted(monkeypatch):
    original = Model.default().untreated_many

    def but_five(*given):
        states, moving = original(*given)
        moving[10:15] = 3
        return states, moving

    monkeypatch.setattr(Model, "untreated_many", staticmethod(but_five))
    men = treated("no treatment", days=2)
    assert (men.left_out.drawn, men.left_out.no_steady_state, men.left_out.not_simulated) == (64, 5, 0)
    assert len(men.weights) == 59 and not men.left_out.nothing
    monkeypatch.undo()
    assert treated("no treatment", days=2).left_out.nothing


def test_a_cohort_of_nobody_is_refused(monkeypatch):
    original = Model.default().untreated_many
    monkeypatch.setattr(Model, "untreated_many", lambda _, *given: (original(*given)[0], np.zeros(64, dtype=np.int64)))
    with pytest.raises(InputError, match="none of 64 men drawn has a steady state"):
        treated("no treatment", days=2)


def test_a_baseline_that_is_missed_is_said():
    men = treated("no treatment", {"testosterone": (2000.0, 100.0)}, days=2)
    assert "testosterone: mean 2000" in men.left_out.baseline[0]
