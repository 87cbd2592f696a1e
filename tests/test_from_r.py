"""The package from R, through reticulate: the script of the documentation gives what Python gives."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpgaxis as hpg

SCRIPT = Path(__file__).parents[1] / "docs" / "how-to" / "from_r.R"


def run(*words, **options):
    environment = os.environ | {"RETICULATE_PYTHON": sys.executable}
    return subprocess.run(["Rscript", *words], capture_output=True, text=True, env=environment, timeout=200, **options)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_the_script_gives_what_python_gives(tmp_path):
    if run("-e", "library(reticulate)").returncode:
        pytest.skip("the R package reticulate is not installed")
    ended = run(str(SCRIPT), str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    man = hpg.Patient(age=34, bmi=31, labs={"testosterone": "265 ng/dL", "lh": "3 IU/L"})
    course = hpg.simulate(man, "clomiphene 25 mg daily", days=90, step_days=1).to_dataframe()
    found = pd.read_csv(tmp_path / "man.csv")
    assert list(found) == list(course)
    numbers = list(course.select_dtypes("number"))
    assert len(numbers) > 40
    np.testing.assert_allclose(found[numbers], course[numbers], rtol=1e-9, atol=1e-12)
    many = hpg.simulate_many(hpg.population(20, seed=1), "anastrozole 1 mg daily", days=90, step_days=30)
    rows = many.to_data_set(["testosterone", "estradiol"])
    read = pd.read_csv(tmp_path / "men.csv")
    names = ["ID", "EVID", "CMT", "DVID"]
    assert read[names].fillna("").to_numpy().tolist() == rows[names].fillna("").to_numpy().tolist()
    np.testing.assert_allclose(read["DV"], rows["DV"], rtol=1e-9)
