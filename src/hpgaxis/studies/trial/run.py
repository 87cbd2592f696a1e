"""Runs a trial: block by block, in this process or on a cluster, into a folder that an interrupted run goes on from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...engine.random import own_seed, stream
from ...ensemble import simulate_many
from ...people.visits import varied
from ...pharmacology.protocol import Protocol
from ...physiology.parameters import catalogue
from ...physiology.states import CONDITIONS, TRAITS
from ...units import DAYS_PER_MONTH
from ..cohort import SPERM, answering_unlike
from .design import Design
from .folder import Study, room_for
from .men import Block, Recruited, blocks, recruit, replicate_seed, typical_numbers
from .outcomes import outcomes

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
READING = 4
"""Stream of how unlike others a man answers, and of how his labs vary."""


def periods(design: Design, sequence: int) -> list[tuple[int, float]]:
    """Arms that a man of this sequence passes through (index), and the day on which each period begins."""
    count = len(design.arms)
    if not design.every_arm or design.counterfactual:
        return [(sequence, 0.0)]
    length = design.days + design.washout_months * DAYS_PER_MONTH
    return [((sequence + k) % count, k * length) for k in range(count)]


def moments(design: Design) -> Array:
    """Days of all visits of all periods."""
    days = np.array(design.visit_days)
    return np.unique(np.concatenate([begin + days for _, begin in periods(design, 0)]))


@dataclass(frozen=True)
class Draws:
    """What is drawn for each man: his seed (doses missed, rules), how unlike others he answers, how his labs vary.

    unlike (men,): standard normal; readings (men, sequences, measures, moments): what a true value is multiplied by.
    """

    seeds: list[int]
    unlike: Array
    readings: Array


def _draws(design: Design, block: Block, recruited: Recruited) -> Draws:
    seed = replicate_seed(design, block.replicate)
    seeds = [own_seed(seed, int(number)) for number in recruited.candidates]
    shape = (len(design.arms), len(design.measures), len(moments(design)))
    count = 1 + (int(np.prod(shape)) if design.assay_variation else 0)
    normal = np.array([stream(one, READING).standard_normal(count) for one in seeds])
    if not design.assay_variation:
        return Draws(seeds, normal[:, 0], np.ones((len(seeds), 0, 0, 0)))
    drawn = normal[:, 1:].reshape(-1, *shape)
    for place, name in enumerate(design.measures):
        drawn[:, :, place] = varied(name, drawn[:, :, place])
    return Draws(seeds, normal[:, 0], drawn)


def _whole_protocol(design: Design, sequence: int) -> Protocol:
    """All that a man of this sequence takes, through all periods."""
    arms = list(design.arms)
    parts = periods(design, sequence)
    if len(parts) == 1:
        return design.protocol(arms[parts[0][0]])
    series = []
    for arm, begin in parts:
        for one in Protocol.of(design.arms[arms[arm]]).series:
            most = int((design.days - one.start_day) / one.interval_days - 1e-9) + 1
            doses = most if one.doses is None else min(one.doses, most)
            if doses > 0:
                series.append(replace(one, start_day=one.start_day + begin, doses=doses))
    series += design.background_series()
    return Protocol(tuple(series), " then ".join(arms[arm] for arm, _ in parts), (), design.adherence)


def run_block(design: Design, block: Block, threads: int | None = None) -> dict[str, pd.DataFrame]:
    """Tables of one block: men, visits and outcomes. The same whatever else is run, and wherever."""
    recruited = recruit(design, block)
    numbers = typical_numbers(design, block.replicate)
    sequences = range(len(design.arms)) if design.counterfactual else (None,)
    draws = _draws(design, block, recruited)
    visits, failed = list[Any](), np.zeros(len(recruited.men), dtype=bool)
    for arm in sequences:
        own = np.full(len(recruited.men), arm) if arm is not None else recruited.arms
        found, lost = _simulated(design, recruited, own, numbers, draws, threads)
        visits.append(found)
        failed |= lost
    import pandas as pd

    table = pd.concat(visits, ignore_index=True)
    table.insert(0, "replicate", block.replicate)
    table["man"] += block.first
    people = _men(design, block, recruited, failed)
    return {"men": people, "visits": table, "outcomes": outcomes(design, table)}


def _simulated(
    design: Design,
    recruited: Recruited,
    sequence: NDArray[Any],
    numbers: dict[str, float] | None,
    draws: Draws,
    threads: int | None,
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Visits of the men, each in his sequence of arms, and whom the solver gave up on."""
    import pandas as pd

    protocols = {index: _whole_protocol(design, index) for index in {int(one) for one in sequence}}
    parts = {index: periods(design, index) for index in protocols}
    begins = [begin for _, begin in parts[min(parts)]]
    days, every = np.array(design.visit_days), moments(design)
    result = simulate_many(
        recruited.men,
        [protocols[int(one)] for one in sequence],
        days=float(every[-1]),
        at=every.tolist(),
        measures=design.measures,
        seeds=draws.seeds,
        assay_variation=design.assay_variation,
        constants=numbers,
        threads=threads,
    )
    values = dict(result.values)
    name = "response_spread"
    spread = (numbers or {}).get(name, catalogue()[name].value)
    if "sperm_concentration" in values:
        values.update(answering_unlike({n: values[n] for n in SPERM if n in values}, spread * draws.unlike))
    men = len(recruited.men)
    noise = draws.readings[np.arange(men), sequence] if design.assay_variation else None
    tables = []
    for period, begin in enumerate(begins):
        places = np.searchsorted(every, begin + days)
        arms = np.array([parts[int(one)][period][0] for one in sequence])
        seen = (begin + days)[None, :] <= recruited.leaving[:, None]
        columns: dict[str, Any] = {
            "man": np.repeat(np.arange(men), len(days)),
            "arm": pd.Categorical.from_codes(np.repeat(arms, len(days)), list(design.arms)),
            "period": np.full(men * len(days), period + 1, dtype=np.int8),
            "day": np.tile(days, men),
            "seen": seen.ravel(),
        }
        for place, measure in enumerate(design.measures):
            true = values[measure][:, places]
            read = true if noise is None else true * noise[:, place][:, places]
            columns[measure] = np.where(seen, read, np.nan).ravel()
            columns[f"{measure}_true"] = true.ravel()
        tables.append(pd.DataFrame(columns))
    failed = np.zeros(men, dtype=bool)
    failed[[failure.man for failure in result.failures]] = True
    return pd.concat(tables, ignore_index=True), failed


def _men(design: Design, block: Block, recruited: Recruited, failed: NDArray[np.bool_]) -> pd.DataFrame:
    """One row a man; the counts of screening stand on the first row of the block."""
    import pandas as pd

    count = len(recruited.men)
    arms = list(design.arms)
    columns: dict[str, Any] = {
        "replicate": np.full(count, block.replicate),
        "man": np.arange(block.first, block.first + count),
        "candidate": recruited.candidates,
        "arm": pd.Categorical.from_codes(recruited.arms, arms) if not design.every_arm else "every",
        "sequence": recruited.arms,
        "diagnosis": [man.patient.diagnosis for man in recruited.men],
        "age": [man.patient.age for man in recruited.men],
        "bmi": [man.patient.bmi for man in recruited.men],
        "leaves": np.where(np.isfinite(recruited.leaving), recruited.leaving, np.nan),
        "failed": failed,
    }
    for name in ("screened", "excluded", "unlike"):
        columns[name] = np.where(np.arange(count) == 0, getattr(recruited, name), 0)
    table = np.array([[getattr(man.parameters, n) for n in (*TRAITS, *CONDITIONS)] for man in recruited.men])
    for place, name in enumerate((*TRAITS, *CONDITIONS)):
        columns[f"trait_{name}"] = table[:, place]
    return pd.DataFrame(columns)


def write_block(design: Design, block: Block, folder: Path, threads: int | None = None) -> int:
    """Run one block and write its tables; the number of men in it."""
    Study(folder).write(block.number, run_block(design, block, threads))
    return block.count


def run(
    design: Design,
    folder: str | Path,
    *,
    cluster: Any = None,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Run a trial into a folder; blocks that are there already are not run again.

    cluster: a dask.distributed client, on whose workers the blocks are run, with numbers that are the same to the bit;
    None for this process, with `threads` of the kernel (default all cores). on_progress(men done, men in all).
    Raises DesignError where no men can be found, and ValueError for a folder that holds another trial, cannot be
    written, or has no room for the tables.
    """
    study = Study.begin(design, Path(folder))
    every = blocks(design)
    left = [block for block in every if not study.has(block.number)]
    room_for(design, sum(block.count for block in left), Path(folder))
    total = sum(block.count for block in every)
    done = total - sum(block.count for block in left)
    if on_progress:
        on_progress(done, total)
    if cluster is None:
        for block in left:
            done += write_block(design, block, study.folder, threads)
            if on_progress:
                on_progress(done, total)
    else:
        from distributed import as_completed

        futures = [cluster.submit(write_block, design, block, study.folder.absolute(), 1, pure=False) for block in left]
        for future in as_completed(futures):
            done += future.result()
            if on_progress:
                on_progress(done, total)
    study.finish()
    return study
