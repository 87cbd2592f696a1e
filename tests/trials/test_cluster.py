"""A Dask cluster changes nothing but the time; a worker that dies costs its block again; nobody else gets in."""

import os
import signal

import pandas as pd
import psutil
import pytest

from hpgaxis.errors import InputError
from hpgaxis.model import Model
from hpgaxis.trials import Design, read_design, run
from hpgaxis.trials import recruit as recruiting
from hpgaxis.trials.cluster import cluster
from tests.trials.test_design import GOOD

DESIGN = Design.model_validate({**read_design(GOOD).model_dump(), "men": 80})


@pytest.mark.slow
def test_results_are_equal_to_the_bit_though_a_worker_is_killed(tmp_path, monkeypatch):
    """A changed parameter; kill -9 of a worker after the first of eight blocks, of which at most four are handed out."""
    monkeypatch.setattr(recruiting, "MEN_OF_A_BLOCK", 10)
    model = Model.default().with_parameters(lh_reference=5.0)
    with cluster(2) as client:
        worker = next(iter(client.run(os.getpid).values()))
        killed = []

        def kill_at_first(done, total):
            if done and not killed:
                killed.append(done)
                os.kill(worker, signal.SIGKILL)

        far = run(DESIGN, tmp_path / "far", cluster=client, callback=kill_at_first, model=model)
    near = run(DESIGN, tmp_path / "near", workers=1, model=model)
    assert killed == [10] and not psutil.pid_exists(worker)
    assert far.manifest["finished"]
    for name in ("men", "visits", "outcomes"):
        pd.testing.assert_frame_equal(far.table(name), near.table(name), check_exact=True)


def test_every_port_is_open_to_this_machine_alone():
    with cluster(2):
        own = psutil.Process()
        open_to = {
            connection.laddr.ip
            for process in (own, *own.children(recursive=True))
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
    assert open_to == {"127.0.0.1"}


def test_a_cluster_that_is_closed_leaves_no_process():
    before = set(psutil.Process().children(recursive=True))
    started = set[psutil.Process]()
    with pytest.raises(RuntimeError), cluster(1):
        started |= set(psutil.Process().children(recursive=True)) - before
        raise RuntimeError
    gone, alive = psutil.wait_procs(started, timeout=5)
    assert gone and [process for process in alive if "resource_tracker" not in str(process.cmdline())] == []


def test_no_workers_at_all_are_refused():
    with pytest.raises(InputError, match="workers = 0"), cluster(0):
        pass


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer():
    with pytest.raises(ValueError, match="no Dask scheduler answers"), cluster(scheduler="tcp://127.0.0.1:1"):
        pass
