"""What is fitted, on what, and that the shipped numbers are marked so."""

from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.optimize import minimize

from hpgaxis.calibration import calibrate
from hpgaxis.evidence.trials import split


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


def test_an_arm_is_simulated_once_for_points_that_differ_in_drugs_that_it_does_not_give():
    asked = []

    def spread(function, tasks):
        asked.append([(arm.name, numbers) for _, arm, numbers in tasks])
        return [{f"{arm.name} | 0": (sum(numbers.values()), 0.0)} for _, arm, numbers in tasks]

    trial: Any = SimpleNamespace(id="toy")
    arms: Any = [SimpleNamespace(name=name, protocol=[SimpleNamespace(drug=name)]) for name in ("Arimidex", "unknown")]
    names = ["lh_reference", "anastrozole.aromatase_inhibition.anastrozole"]
    what = calibrate.Problem(names, np.zeros(2), np.ones(2), [(trial, arm) for arm in arms])
    first, second, third = calibrate.Evaluator(what, spread)([np.zeros(2), np.log([1.0, 2.0]), np.log([3.0, 2.0])])
    assert asked == [
        [("Arimidex", dict.fromkeys(names, 1.0)), ("unknown", {"lh_reference": 1.0})],
        [("Arimidex", {names[0]: 1.0, names[1]: 2.0})],
        [
            ("Arimidex", {names[0]: pytest.approx(3.0), names[1]: 2.0}),
            ("unknown", {"lh_reference": pytest.approx(3.0)}),
        ],
    ]
    assert [first["Arimidex | 0"][0], second["Arimidex | 0"][0], third["Arimidex | 0"][0]] == pytest.approx([2, 3, 5])
    assert first["unknown | 0"] == second["unknown | 0"] != third["unknown | 0"]


def test_an_error_beyond_what_is_expected_counts_less_than_its_square():
    weight = np.ones(2)
    near, far = (calibrate.cost(np.array([size, 0.0]), weight, np.zeros(1)) for size in (0.01, 100.0))
    assert near == pytest.approx(1e-4, rel=1e-3)
    assert far == pytest.approx(2 * 100, rel=0.02)
    assert calibrate.cost(np.zeros(2), weight, np.array([2.0])) == pytest.approx(4)


PRIOR, SPREAD = np.log([2.0, 5.0, 1.0]), np.array([0.4, 0.3, 0.5])
TRUE = np.array([1.1, -0.6, 0.3])
"""In prior spreads."""
SEEN = {"one": [[1.0, 0.3, 0.0], [0.2, 1.0, 0.0]], "two": [[0.0, 0.5, 0.8], [0.4, 0.0, 0.9]], "silent": []}
"""Arm -> how its figures change with the logarithms of the numbers."""


def toy_errors(task):
    """Figures that follow from the numbers by a matrix and a little curvature; one figure is far off, whatever they are."""
    trial, arm, values = task
    shift = np.log(list(values.values())) - PRIOR - SPREAD * TRUE
    found = {f"{trial.id} | {arm.name} | {i} | lh": (float(np.dot(row, shift) + 0.1 * shift @ shift), 0.02)
             for i, row in enumerate(SEEN[arm.name])}  # fmt: skip
    return {**found, "toy | one | 9 | fsh": (1.2, 0.02)} if arm.name == "one" else found


@pytest.fixture
def toy(monkeypatch):
    pairs: Any = [(SimpleNamespace(id="toy"), SimpleNamespace(name=name, protocol=[])) for name in SEEN]
    names = ["a", "b", "c"]
    monkeypatch.setattr(calibrate, "problem", lambda: calibrate.Problem(names, PRIOR, SPREAD, pairs))
    asked = []
    monkeypatch.setattr(calibrate, "_errors", lambda task: asked.append(task[1].name) or toy_errors(task))
    monkeypatch.setattr(calibrate.Model, "kernel", None)
    return asked


def toy_cost(point):
    """The cost written out: twice the robust loss of the weighted errors, and the squared distance from the priors."""
    values = dict(zip("abc", np.exp(point), strict=True))
    tasks = [(SimpleNamespace(id="toy"), SimpleNamespace(name=name), values) for name in SEEN]
    errors = {key: one for task in tasks for key, one in toy_errors(task).items()}
    alike = {"lh": 1 + 3 * calibrate.ALIKE, "fsh": 1.0}
    scaled = [e / np.sqrt((calibrate.SIGMA**2 + s**2) * alike[key.split()[-1]]) for key, (e, s) in errors.items()]
    return sum(2 * (np.sqrt(1 + z**2) - 1) for z in scaled) + (((point - PRIOR) / SPREAD) ** 2).sum()


def test_the_most_probable_numbers_are_found(toy):
    """Nelder and Mead's simplex, on the cost written out, ends at the same numbers."""
    said = []
    found = calibrate.calibrate(iterations=20, workers=1, callback=said.append)
    best = minimize(toy_cost, PRIOR, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000})
    assert found.cost_before == pytest.approx(toy_cost(PRIOR))
    assert found.cost_after == pytest.approx(toy_cost(found.point)) == pytest.approx(best.fun, rel=0.005)
    assert found.point == pytest.approx(best.x, abs=0.05)
    assert found.numbers == {n: float(f"{v:.4g}") for n, v in zip("abc", np.exp(found.point), strict=True)}
    assert said[0].startswith("5 figures of 2 arms, 3 numbers; cost ") and "iteration 1: cost" in said[1]


def test_slopes_and_errors_are_those_at_the_most_probable_numbers(toy):
    found = calibrate.calibrate(iterations=20, workers=1)
    values = dict(zip("abc", np.exp(found.point), strict=True))
    errors = {}
    for trial, arm in found.problem.pairs:
        errors.update(toy_errors((trial, arm, values)))
    assert found.errors == pytest.approx([errors[key][0] for key in found.keys])
    shift = found.point - PRIOR - SPREAD * TRUE
    rows = dict(zip(found.keys, found.slopes, strict=True))
    expected = np.array(SEEN["two"][1]) + 0.2 * shift + 0.1 * calibrate.STEP
    assert rows["toy | two | 1 | lh"] == pytest.approx(expected) and (rows["toy | one | 9 | fsh"] == 0).all()


def test_an_arm_without_figures_is_simulated_once(toy):
    calibrate.calibrate(iterations=1, workers=1)
    assert toy.count("silent") == 1 and toy.count("one") > 5


def test_a_lower_minimum_elsewhere_in_the_prior_is_found(toy, monkeypatch):
    """Errors of 0.9 around the priors' centres, and of 0 at 1.5 spreads above the first: a well of its own."""

    def two_wells(task):
        above = (np.log(task[2]["a"]) - PRIOR[0]) / SPREAD[0]
        error = 0.9 - 0.9 * np.exp(-(((above - 1.5) / 0.5) ** 2))
        return {f"toy | one | 0 | {name}": (error, 0.0) for name in ("lh", "fsh")}

    monkeypatch.setattr(calibrate, "_errors", two_wells)
    said = []
    found = calibrate.calibrate(iterations=20, workers=1, callback=said.append)
    from_centre = float(said[1].split("cost ")[1])
    assert found.cost_after < 2.3 < 5 < from_centre
    assert found.point[0] == pytest.approx(PRIOR[0] + 1.5 * SPREAD[0], abs=0.1)


def test_an_interrupted_calibration_goes_on(toy, tmp_path):
    whole = calibrate.calibrate(iterations=3, workers=1)
    needed = len(toy)

    def stop(tried):
        if tried == 7:
            raise KeyboardInterrupt

    file = tmp_path / "points.jsonl"
    toy.clear()
    with pytest.raises(KeyboardInterrupt):
        calibrate.calibrate(iterations=3, workers=1, checkpoint=file, on_point=stop)
    again = calibrate.calibrate(iterations=3, workers=1, checkpoint=file)
    assert len(toy) == needed, "no point twice"
    assert (again.point == whole.point).all() and again.cost_after == whole.cost_after


def test_the_package_s_files_stay_as_they_are(tmp_path):
    """Fitted values go into copies of the files, in folders as in the package."""
    package = Path(str(resources.files("hpgaxis")))
    files = ["physiology/parameters.toml", "pharmacology/drugs/letrozole.yaml"]
    before = [(package / file).read_bytes() for file in files]
    drug = "letrozole.aromatase_inhibition.letrozole"
    calibrate.write({"feedback_rate": 0.123, drug: 4.56}, tmp_path)
    assert [(package / file).read_bytes() for file in files] == before
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")) == sorted(files)
    assert "[feedback_rate]\nvalue = 0.123\n" in (tmp_path / files[0]).read_text()
    (effect,) = [e for e in yaml.safe_load((tmp_path / files[1]).read_text())["effects"] if "constant" in e]
    assert effect["constant"]["value"] == 4.56
