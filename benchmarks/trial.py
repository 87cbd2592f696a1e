"""How long a virtual trial takes from end to end, and what a worker of a cluster needs; prints one line each.

Usage: python -m benchmarks.trial [--men 10000] [--million]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from hpgaxis.engine.batch import cores
from hpgaxis.model import Model
from hpgaxis.simulation import patient_run as course
from hpgaxis.trials import Design, run
from hpgaxis.trials.cluster import cluster

ARMS = {
    "no treatment": "no treatment",
    "anastrozole": "anastrozole 1 mg daily",
    "clomiphene": "clomiphene 25 mg daily",
    "hCG": "hCG 1500 IU sc three times a week",
}


def design(men: int, arms: dict[str, str]) -> Design:
    """A year, five visits, every man under every arm."""
    return Design.model_validate(
        {
            "name": "benchmark", "seed": 3, "men": men, "months": 12, "counterfactual": len(arms) > 1,
            "uncertain": False, "arms": arms, "visits": (30, 90, 180, 270, 365),
            "end_points": ({"name": "sperm", "kind": "change"},),
        }
    )  # fmt: skip


def end_to_end(men: int, folder: Path) -> str:
    """Four arms on one core and on all: times, and the share outside the kernel on one."""
    _ = Model.default().kernel
    inside, integrate = 0.0, course.integrate

    def timed(*given: Any, **named: Any) -> Any:
        nonlocal inside
        begun = time.perf_counter()
        found = integrate(*given, **named)
        inside += time.perf_counter() - begun
        return found

    course.integrate = timed
    begun = time.perf_counter()
    run(design(men, ARMS), folder / "one", workers=1)
    alone = time.perf_counter() - begun
    course.integrate = integrate
    begun = time.perf_counter()
    run(design(men, ARMS), folder / "all")
    together = time.perf_counter() - begun
    outside = 100 * (1 - inside / alone)
    return (
        f"{men} men x 4 arms x 1 year: {alone:.1f} s on one core ({outside:.1f} % outside the kernel), "
        f"{together:.1f} s on {cores()}"
    )


def on_a_cluster(men: int, folder: Path) -> str:
    """One arm on two workers: time, and the most memory that each took."""
    import psutil

    peak, done = dict[int, int](), threading.Event()
    with cluster(2) as client:
        workers = list(client.run(os.getpid).values())

        def watch() -> None:
            while not done.wait(0.5):
                for worker in workers:
                    peak[worker] = max(peak.get(worker, 0), psutil.Process(worker).memory_info().rss)

        threading.Thread(target=watch, daemon=True).start()
        begun = time.perf_counter()
        run(design(men, {"clomiphene": ARMS["clomiphene"]}), folder, cluster=client)
        total = time.perf_counter() - begun
        done.set()
    memory = ", ".join(f"{most / 2**20:.0f}" for most in peak.values())
    return f"{men} men x 1 arm x 1 year on 2 workers: {total:.0f} s, at most {memory} MiB in each"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--men", type=int, default=10_000)
    parser.add_argument("--million", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        print(end_to_end(given.men, Path(place)))
        print(on_a_cluster(1_000_000 if given.million else given.men, Path(place) / "cluster"))
