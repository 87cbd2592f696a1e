"""Dask client for a trial: of a cluster that is started and stopped here, or of one that is already running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from typing import Any

from ..engine.batch import cores
from ..errors import InputError, extra_packages
from ..interrupts import deaf_to_interrupts

HERE = "127.0.0.1"
"""A cluster that is started here cannot be reached from another machine."""


@contextmanager
def cluster(workers: int | None = None, scheduler: str | None = None) -> Iterator[Any]:
    """A dask.distributed client: of the scheduler at an address ("tcp://head:8786"), else of workers started here.

    Workers are processes with one thread; their number defaults to the cores. The folder of the trial must be one that
    all workers see. Raises MissingPackageError without distributed, InputError for a scheduler that does not answer.
    """
    with extra_packages("--cluster needs dask", "cluster"):
        from dask import config  # pyright: ignore[reportPrivateImportUsage]
        from distributed import Client, LocalCluster
    from ..model import Model

    if workers is not None and workers < 1:
        raise InputError(f"workers = {workers}: expected 1 or more")
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="5s")
        except OSError as error:
            raise InputError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    _ = Model.default().kernel  # compiled once, before workers look for it
    others = active_children()
    with config.set({"distributed.scheduler.allowed-failures": 10, "distributed.worker.daemon": True}):
        with deaf_to_interrupts():
            local = LocalCluster(
                n_workers=0, threads_per_worker=1, host=HERE, dashboard_address=f"{HERE}:0", silence_logs=50
            )
        client = Client(local, set_as_default=False)
        try:
            local.scale(workers or cores())  # they start while this thread receives Ctrl-C
            client.wait_for_workers(workers or cores())
            yield client
        except BaseException:
            local.shutdown_on_close = False  # the end of the program does not wait for the cluster
            for worker in set(active_children()).difference(others):
                worker.kill()
            threading.Thread(target=_close, args=(client, local), daemon=True).start()
            raise
        _close(client, local)


def _close(client: Any, local: Any) -> None:
    client.close()
    local.close()
