"""Visual predictive checks: data that the model made are inside, others are not."""

import numpy as np
import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from hpgaxis.errors import InputError
from hpgaxis.individual.virtual_men import course_of, virtual_courses
from hpgaxis.individual.visual_check import _edges, _panel, visual_check
from hpgaxis.model import Model
from tests.datasets.test_table import one

DAYS = (0.0, 28.0, 84.0)


def trial(men=24, factor=1.0):
    """Rows of men on one of two doses of clomiphene, whose testosterone the model made; factor: and something else."""
    rows = []
    for group, dose in enumerate((12.5, 50)):
        labs = [(day, "testosterone", False) for day in DAYS]
        course = course_of(f"clomiphene {dose} mg daily", labs, age=35, bmi=30, diagnosis="obesity")
        for number, (_, drawn) in enumerate(virtual_courses(course, Model.default(), men // 2, 40 + group)):
            about = {"ID": f"{dose}-{number}", "AGE": 35, "BMI": 30, "DIAGNOSIS": "obesity"}
            rows.append(
                {**about, "TIME": 0, "EVID": 1, "DRUG": "clomiphene", "AMT": dose, "UNIT": "mg", "II": 1, "ADDL": 99}
            )
            rows += [
                {**about, "TIME": seen.time, "DVID": "testosterone", "DV": seen.value * (factor if seen.time else 1)}
                for seen in drawn.observations
            ]
    return rows


def test_data_that_the_model_made_lie_inside():
    found = visual_check(trial(), replicates=30)
    assert found.subjects == 24 and list(found.panels) == ["testosterone"]
    assert found.inside("testosterone") >= 7 / 9
    assert found.panels["testosterone"].middle.tolist() == list(DAYS)


def test_a_response_that_the_model_does_not_have_lies_outside():
    found = visual_check(trial(factor=0.4), replicates=30).to_dataframe().query("percentile == 50")
    assert found["observed"].iloc[0] > found["low"].iloc[0], "before treatment nothing is wrong"
    assert (found["observed"].iloc[1:] < found["low"].iloc[1:]).all()


def test_correction_takes_out_what_doses_explain():
    """Two groups whose predictions differ by a factor of 4, and whose values are their predictions: no spread is left."""
    rows = [(0.0, level, np.full(5, level), np.full(5, level)) for level in (100.0, 400.0) * 10]
    plain, corrected = (_panel("testosterone", rows, corrected=on) for on in (False, True))
    assert plain.percentiles[:, 0].tolist() == [100, 250, 400]
    assert corrected.percentiles[:, 0].tolist() == [250, 250, 250]


def test_values_below_detection_count_as_the_limit_in_both():
    rows = [(0.0, value, np.full(4, 0.01), np.full(4, 0.01)) for value in (0.1, 0.1, 0.1, 0.1, 0.1)]
    found = _panel("lh", rows, corrected=False)
    assert (found.low == found.high).all() and (found.percentiles == found.centre).all()


@pytest.mark.parametrize(
    ("time", "bins"), [([0, 0, 0], 1), ([0, 28, 28, 84], 3), (list(range(100)), 10), ([5] * 3 + list(range(40)), 4)]
)
def test_bins_hold_every_value(time, bins):
    edges = _edges(np.array(time, dtype=float))
    assert len(edges) == bins + 1 and (np.diff(edges) > 0).all()
    assert edges[0] <= min(time) and edges[-1] >= max(time)


@pytest.mark.parametrize(("options", "fault"), [({"replicates": 1}, "replicates"), ({"seed": -1}, "seed")])
def test_impossible_options_are_refused(options, fault):
    with pytest.raises(InputError, match=fault):
        visual_check([one()], **options)


def test_too_few_values_are_refused():
    with pytest.raises(InputError, match="5 values"):
        visual_check([one()], replicates=2)


def test_the_command_prints_writes_and_draws(tmp_path):
    import pandas as pd

    path, picture, out = tmp_path / "trial.csv", tmp_path / "vpc.png", tmp_path / "vpc.csv"
    pd.DataFrame(trial(8)).to_csv(path, index=False)
    words = ["vpc", str(path), "--replicates", "4", "--prediction-corrected", "--plot", str(picture), "--out", str(out)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "repeated trials" in result.output and picture.stat().st_size > 5000
    assert set(pd.read_csv(out)["percentile"]) == {5, 50, 95}
