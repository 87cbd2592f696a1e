"""What is fitted, on what, and that the shipped numbers are marked so."""

import numpy as np
import pytest

from hpgaxis.evidence.trials import split
from hpgaxis.fit import calibrate


def test_every_calibrated_number_is_fitted_and_nothing_else():
    from hpgaxis.pharmacology.library import DrugLibrary
    from hpgaxis.physiology.parameters import catalogue

    fitted = calibrate.fitted()
    assert {name for name, entry in catalogue().items() if entry.status == "calibrated"} == {
        name for name in fitted if "." not in name
    }
    for drug in DrugLibrary.shipped().values():
        text = drug.model_dump()
        values = str(text).count("'calibrated'")
        assert values == sum(name.startswith(f"{drug.name}.") for name in fitted)


def test_what_calibrates_is_what_was_written_down():
    names = {trial.id for trial in calibrate.calibration_trials()}
    assert len(names) > 80
    assert names <= split()["calibration"]


def test_figures_of_one_trial_share_their_weight():
    keys = ["a | arm | 0 | lh", "a | arm | 1 | lh", "a | arm | 2 | fsh", "b | arm | 0 | lh"]
    first, second, other, alone = calibrate.weights(keys, np.zeros(4))
    assert first == second < other == alone == pytest.approx(1 / calibrate.SIGMA)
    assert (calibrate.weights(keys, np.ones(4)) < 1).all()


def test_what_was_worked_out_is_not_worked_out_again(tmp_path, monkeypatch):
    """A run that was interrupted, its last line cut off, goes on from its checkpoint."""
    called = []

    def spread(function, tasks):
        called.append(len(tasks))
        return [{"figure": (0.1, 0.2)} for _ in tasks]

    trial = calibrate.calibration_trials()[0]
    what = calibrate.Problem(["a"], np.zeros(1), np.ones(1), [(trial, trial.arms[0])])
    file = tmp_path / "results" / "points.jsonl"
    first = calibrate.Evaluator(what, spread, file)([np.zeros(1)])
    file.write_text(file.read_text() + '{"key": "cut o')
    again = calibrate.Evaluator(what, spread, file)([np.zeros(1)])
    assert len(called) == 1
    assert {k: tuple(v) for k, v in again[0].items()} == first[0]


def test_an_error_beyond_what_is_expected_counts_less_than_its_square():
    weight = np.ones(2)
    near, far = (calibrate.cost(np.array([size, 0.0]), weight, np.zeros(1)) for size in (0.01, 100.0))
    assert near == pytest.approx(1e-4, rel=1e-3)
    assert far == pytest.approx(2 * 100, rel=0.02)
    assert calibrate.cost(np.zeros(2), weight, np.array([2.0])) == pytest.approx(4)
