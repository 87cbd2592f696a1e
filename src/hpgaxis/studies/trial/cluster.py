"""A Dask cluster for a trial: one that is started here and stopped afterwards, or one that runs already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def cluster(workers: int | None = None, scheduler: str | None = None) -> Iterator[Any]:
    """A dask.distributed client: of the scheduler at an address ("tcp://head:8786"), else of workers started here.

    Workers are processes with one thread; their number defaults to the cores. The folder of the trial must be one that
    all workers see. Raises ImportError without distributed, and ValueError for a scheduler that does not answer.
    """
    try:
        from dask import config  # pyright: ignore[reportPrivateImportUsage]
        from distributed import Client, LocalCluster
    except ImportError:
        raise ImportError("--cluster needs dask: pip install 'hpgaxis[cluster]'") from None
    from ... import model

    if scheduler is not None:
        try:
            with Client(scheduler, timeout="5s") as client:
                yield client
        except OSError as error:
            raise ValueError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        return
    model.kernel()  # compiled once, before workers look for it
    with (
        config.set({"distributed.scheduler.allowed-failures": 10, "distributed.worker.daemon": True}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as local,
        Client(local) as client,
    ):
        yield client
