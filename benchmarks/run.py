"""`make bench`: our kernel beside other solvers on the same model, how it grows, and what it costs to start.

Every solver runs each case in a process of its own, on one core. Writes benchmarks/results.json; nothing is asserted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .cases import CASES, LIMIT

SOLVERS = ("hpgaxis", "roadrunner", "cvode", "lsoda", "diffrax_")
RESULTS = Path(__file__).with_name("results.json")
LONGEST_SECONDS = 1500
GROWTH = r"""
import json, os, resource, sys, time
import numpy as np
import hpgaxis as hpg
from benchmarks.peak import gigaflops
TOL = {"rtol": 1e-3, "atol": 1e-7}
only = {"save": False, "statistics": [hpg.Statistic("testosterone", "mean", 20, 30)]}
hpg.simulate_many(hpg.population(8, seed=1), "anastrozole 1 mg daily", days=5, **only)

def seconds(men, days, workers=None, best=1, **more):
    found = []
    for _ in range(best):
        start = time.perf_counter()
        hpg.simulate_many(men, more.get("protocols", "anastrozole 1 mg daily"), days=days, workers=workers,
                          **more.get("tolerance", TOL), **more.get("kept", only))
        found.append(time.perf_counter() - start)
    return min(found)

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

out = {"men": [], "days": [], "cores": os.cpu_count()}
base = hpg.population(1000, seed=1)
for count in (1, 10, 100, 1000, 10_000, 100_000):
    men = [base[i % 1000] for i in range(count)]
    out["men"].append({"men": count, "days": 30, "seconds": seconds(men, 30), "peak_memory_mib": memory()})
for days in (30, 90, 365, 1095):
    out["days"].append({"men": 200, "days": days, "seconds": seconds(base[:200], days), "peak_memory_mib": memory()})
one, two = seconds(base, 365, 1, 4), seconds(base, 365, 2, 4)
out["two_cores_over_one"] = one / two
start = time.perf_counter()
crowd = hpg.population(10_000, seed=2)
out["population_10000_seconds"] = time.perf_counter() - start
out["ten_thousand_men_a_year_seconds"] = seconds(crowd, 365)
twelve = ["anastrozole 1 mg daily", "letrozole 2.5 mg daily", "clomiphene 25 mg daily", "enclomiphene 12.5 mg daily",
          "tamoxifen 20 mg daily", "hCG 1500 IU three times a week",
          "hCG 1500 IU three times a week and rFSH 150 IU three times a week", "hMG 75 IU three times a week",
          "testosterone enanthate 200 mg weekly", "testosterone gel 50 mg daily", "no treatment",
          "anastrozole 1 mg twice a week"]
man = hpg.match(hpg.Patient())
out["one_man_twelve_protocols_seconds"] = seconds(man, 365, None, 5, protocols=twelve, kept={})
start = time.perf_counter()
tried = hpg.simulate_many(crowd[:1000], "anastrozole 1 mg daily", days=365, workers=1, **TOL, **only).steps
out["nanoseconds_a_step_of_eight"] = 8e9 * (time.perf_counter() - start) / int(tried.sum())
out["peak_gigaflops_of_a_core"] = gigaflops()
print(json.dumps(out))
"""
START = """
import time
begin = time.perf_counter()
import hpgaxis as hpg
hpg.simulate(None, "anastrozole 1 mg daily", days=30)
print(time.perf_counter() - begin)
"""


def _python(*arguments: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **(environment or {})},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
    return done.stdout.strip().splitlines()[-1]


def solvers(console: Console) -> list[dict]:
    """Every solver on every case."""
    rows = []
    for case in CASES:
        for solver in SOLVERS:
            console.print(f"{case.name}: {solver.strip('_')} ...", style="dim")
            try:
                row = json.loads(_python("-m", "benchmarks.one", case.name, solver))
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                row = {"case": case.name, "solver": solver, "left_out": str(error)}
            row["solver"] = solver.strip("_")
            rows.append(row)
    for row in rows:
        own = next(r for r in rows if r["case"] == row["case"] and r["solver"] == "hpgaxis")
        if "left_out" not in row:
            speed = row["patient_years_per_second_per_core"]
            row["ratio_to_ours"] = own["patient_years_per_second_per_core"] / speed
    return rows


def starts() -> dict[str, float]:
    """Seconds from nothing to the first month of a man: with empty caches, and with what they then hold."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"HPGAXIS_CACHE": folder, "NUMBA_CACHE_DIR": folder}
        return {name: float(_python("-c", START, environment=own)) for name in ("cold_seconds", "cached_seconds")}


def show(console: Console, rows: list[dict], growth: dict, start: dict[str, float]) -> None:
    """Print what was measured."""
    table = Table(title=f"One man a year, error at most {LIMIT:g}, one core")
    for column in (
        "case",
        "solver",
        "patient-years / s",
        "error",
        "tolerance",
        "ours is faster by",
        "MiB",
        "first call s",
    ):
        table.add_column(column, justify="left" if column in ("case", "solver") else "right")
    for row in rows:
        if "left_out" in row:
            table.add_row(row["case"], row["solver"], "left out: " + row["left_out"][:60])
            continue
        table.add_row(
            row["case"], row["solver"], f"{row['patient_years_per_second_per_core']:.4g}",
            f"{row['max_relative_error']:.1e}", f"{row['relative_tolerance']:.0e}", f"{row['ratio_to_ours']:.3g}",
            f"{row['peak_memory_mib']:.0f}", f"{row['first_call_seconds']:.2f}",
        )  # fmt: skip
    console.print(table)
    table = Table(title=f"Statistics only, all {growth['cores']} cores")
    for column in ("men", "days", "seconds", "man-years / s", "peak MiB"):
        table.add_column(column, justify="right")
    for row in (*growth["men"], *growth["days"]):
        speed = row["men"] * row["days"] / 365.25 / row["seconds"]
        table.add_row(
            str(row["men"]), str(row["days"]), f"{row['seconds']:.3f}", f"{speed:.0f}", f"{row['peak_memory_mib']:.0f}"
        )
    console.print(table)
    console.print(f"two cores over one: {growth['two_cores_over_one']:.2f}")
    console.print(f"10 000 men x 1 year, daily oral: {growth['ten_thousand_men_a_year_seconds']:.1f} s")
    console.print(f"drawing those men and their steady states: {growth['population_10000_seconds']:.1f} s")
    console.print(f"1 man x 12 protocols x 1 year: {1000 * growth['one_man_twelve_protocols_seconds']:.0f} ms")
    console.print(
        f"a step of 8 men: {growth['nanoseconds_a_step_of_eight'] / 1000:.2f} us; "
        f"a core at its peak: {growth['peak_gigaflops_of_a_core']:.0f} Gflop/s"
    )
    console.print(f"start: {start['cold_seconds']:.1f} s cold, {start['cached_seconds']:.2f} s cached")


def main() -> None:
    console = Console(width=130)
    begin = time.perf_counter()
    rows = solvers(console)
    console.print("growth ...", style="dim")
    growth = json.loads(_python("-c", GROWTH))
    start = starts()
    show(console, rows, growth, start)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    RESULTS.with_name("growth.json").write_text(json.dumps({**growth, **start}, indent=1) + "\n", encoding="utf-8")
    console.print(f"wrote {RESULTS.relative_to(Path.cwd())} and growth.json after {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
