"""One solver on one case, in a process of its own (its memory is then its own): `python -m benchmarks.one CASE SOLVER`.

Prints one line of JSON: the loosest tolerance whose error keeps to the limit, that error, and patient-years per second.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time

import numpy as np

from .cases import ABSOLUTE, CASES, DAYS, DECADES, LIMIT, WITHIN, Case, error, reference

SECONDS = 3.0
"""A solver is timed for at least so long, or for two runs."""
MEN = 256


def ours(case: Case, reach: float) -> float:
    """Patient-years per second on one core: different men, who each keep their own step."""
    import hpgaxis as hpg

    men = hpg.population(MEN, seed=1)
    arguments = {"days": DAYS, "pulsatile": case.pulsatile, "rtol": reach, "atol": ABSOLUTE * reach, "workers": 1}
    hpg.simulate_many(men[:8], case.protocol, **{**arguments, "days": 5})
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        found = hpg.simulate_many(men, case.protocol, variables=("testosterone",), **arguments)
        best = max(best, len(men) / (time.perf_counter() - start))
        assert not found.failures
    return best


def main() -> None:
    name, solver = sys.argv[1:]
    case = next(case for case in CASES if case.name == name)
    if solver == "hpgaxis":
        from .cases import ours as measure

        def run(relative: float, days: int) -> np.ndarray:
            return measure(case, relative, days)
    else:
        try:
            run = importlib.import_module(f".peers.{solver}", __package__).solver(case)
        except NotImplementedError as reason:
            print(json.dumps({"case": name, "solver": solver, "left_out": str(reason)}))
            return
    exact = reference(case)
    start = time.perf_counter()
    run(DECADES[0], 2)
    made_ready = time.perf_counter() - start

    def attempt(relative: float) -> float:
        try:
            return error(run(relative, DAYS), exact)
        except (RuntimeError, AssertionError, ValueError):  # a solver that gives up at this tolerance
            return float("inf")

    decade = next((d for d in DECADES if attempt(d) <= LIMIT), None)
    if decade is None:
        print(json.dumps({"case": name, "solver": solver, "left_out": f"no tolerance keeps to an error of {LIMIT:g}"}))
        return
    for reached in (decade * multiple for multiple in WITHIN):
        worst = attempt(reached)
        if worst <= LIMIT:
            break
    if solver == "hpgaxis":
        speed = ours(case, reached)
    else:
        runs, start = 0, time.perf_counter()
        while runs < 2 or time.perf_counter() - start < SECONDS:
            run(reached, DAYS)
            runs += 1
        speed = runs / (time.perf_counter() - start)
    print(
        json.dumps(
            {
                "case": name,
                "solver": solver,
                "patient_years_per_second_per_core": speed * DAYS / 365.25,
                "max_relative_error": worst,
                "relative_tolerance": reached,
                "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "first_call_seconds": made_ready,
            }
        )
    )


if __name__ == "__main__":
    main()
