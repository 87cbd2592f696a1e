"""A Dask cluster changes nothing but the time; a worker that dies costs its block again."""

import os
import signal
import threading

import pandas as pd
import pytest

from hpgaxis.studies.trial import Design, read_design, run
from hpgaxis.studies.trial import men as recruiting
from hpgaxis.studies.trial.cluster import cluster
from tests.studies.trial.test_design import GOOD

DESIGN = Design.model_validate({**read_design(GOOD).model_dump(), "men": 3000})


def test_results_are_equal_to_the_bit_though_a_worker_is_killed(tmp_path):
    """kill -9 of a worker in the middle of the run."""
    there = []

    with cluster(2) as client:
        worker = next(iter(client.run(os.getpid).values()))

        def kill():
            there.append(len(list((tmp_path / "far" / "outcomes").glob("*.parquet"))))
            os.kill(worker, signal.SIGKILL)

        def begin(done, total):
            if done == 0:
                threading.Timer(2.0, kill).start()

        far = run(DESIGN, tmp_path / "far", cluster=client, on_progress=begin)
    near = run(DESIGN, tmp_path / "near")
    assert there and there[0] < len(list(recruiting.blocks(DESIGN))), "killed before all was done"
    assert far.manifest["finished"]
    for name in ("men", "visits", "outcomes"):
        pd.testing.assert_frame_equal(far.table(name), near.table(name), check_exact=True)


def test_a_scheduler_that_does_not_answer():
    with pytest.raises(ValueError, match="no Dask scheduler answers"), cluster(scheduler="tcp://127.0.0.1:1"):
        pass
