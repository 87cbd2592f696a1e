"""Run a trial block by block, in this process or on a cluster; an interrupted run continues from its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.batch import cores
from ..engine.random import stream, subject_seed
from ..errors import InputError, extra_packages
from ..measurements.variation import varied
from ..model import Model, with_overrides
from ..people.baseline import untreated_labs
from ..people.match import MatchedMan
from ..pharmacology.library import DrugLibrary
from ..pharmacology.protocol import Protocol
from ..physiology.states import CONDITIONS, TRAITS
from ..processes import Spread, processes
from ..simulation.run import simulate_many
from .design import Design
from .endpoints import outcomes
from .recruit import Block, Recruited, blocks, recruit, replicate_seed, shares
from .store import Study

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client, Future

Array = NDArray[np.float64]
MEN_WORTH_PROCESSES = 400
"""Number of men from which further processes save more time than they take to start."""
READING = 4
"""Random stream for response variability and assay noise."""
SCREENING = ("screened", "excluded", "rejected_for_baseline", "redrawn")
"""Counts of `Recruited`."""


def periods(design: Design, sequence: int) -> list[tuple[int, float]]:
    """Arm (index) and first day of each period of a man of this sequence."""
    count = len(design.arms)
    if not design.every_arm or design.counterfactual:
        return [(sequence, 0.0)]
    return [((sequence + k) % count, k * design.period_days) for k in range(count)]


def moments(design: Design) -> Array:
    """Days of all visits of all periods."""
    days = np.array(design.visit_days)
    return np.unique(np.concatenate([begin + days for _, begin in periods(design, 0)]))


@dataclass(frozen=True)
class Draws:
    """Random numbers of each man: his seed (missed doses, rules) and the variation of his labs.

    readings (men, sequences, measures, moments): factors of the true values, None where labs do not vary.
    """

    seeds: list[int]
    readings: Array | None


def _draws(design: Design, replicate: int, candidates: NDArray[np.int64]) -> Draws:
    seed = replicate_seed(design, replicate)
    seeds = [subject_seed(seed, int(number)) for number in candidates]
    shape = (len(design.arms), len(design.measures), len(moments(design)))
    if not design.assay_variation:
        return Draws(seeds, None)
    drawn = np.array([stream(subject, READING).standard_normal(shape) for subject in seeds])
    for place, name in enumerate(design.measures):
        drawn[:, :, place] = varied(name, drawn[:, :, place])
    return Draws(seeds, drawn)


def _whole_protocol(design: Design, sequence: int, drugs: DrugLibrary) -> Protocol:
    """The protocol of a man of this sequence, through all periods."""
    arms = list(design.arms)
    parts = periods(design, sequence)
    if len(parts) == 1:
        return design.protocol(arms[parts[0][0]], drugs)
    series = []
    for arm, begin in parts:
        for dosing in Protocol.of(design.arms[arms[arm]], drugs).series:
            most = int((design.days - dosing.start_day) / dosing.interval_days - 1e-9) + 1
            doses = most if dosing.doses is None else min(dosing.doses, most)
            if doses > 0:
                series.append(replace(dosing, start_day=dosing.start_day + begin, doses=doses))
    series += design.background_series(drugs)
    return Protocol(tuple(series), " then ".join(arms[arm] for arm, _ in parts), (), design.adherence)


@dataclass(frozen=True)
class Share:
    """Men of a block who are simulated together: their numbers as candidates, and the sequence of arms of each."""

    design: Design
    replicate: int
    men: list[MatchedMan]
    candidates: NDArray[np.int64]
    sequence: NDArray[np.int64]
    workers: int | None


@dataclass(frozen=True)
class Levels:
    """Measure -> (men, moments), true and as read; failed (men,): whether his integration failed."""

    true: dict[str, Array]
    read: dict[str, Array]
    failed: NDArray[np.bool_]


def run_block(
    design: Design, block: Block, workers: int | None = None, spread: Spread = map, model: Model | None = None
) -> dict[str, pd.DataFrame]:
    """Tables of one block: men, visits and outcomes, independent of other blocks and of the machine.

    workers: threads of each process; spread: a `map` over the processes; model: default the shipped one.
    """
    import pandas as pd

    recruited = recruit(design, block, spread, model)
    men, arms = len(recruited.men), len(design.arms)
    sequences = [np.full(men, arm) for arm in range(arms)] if design.counterfactual else [recruited.arms]
    parts = shares(men)
    results = list(
        spread(
            simulated,
            [
                Share(design, block.replicate, recruited.men[p], recruited.candidates[p], sequence[p], workers)
                for sequence in sequences
                for p in parts
            ],
        )
    )
    visits, failed = list["pd.DataFrame"](), np.zeros(men, dtype=bool)
    for number, sequence in enumerate(sequences):
        levels = _joined(results[number * len(parts) : (number + 1) * len(parts)])
        visits.append(_visits(design, sequence, recruited.leaving, levels))
        failed |= levels.failed
    table = pd.concat(visits, ignore_index=True)
    table.insert(0, "replicate", block.replicate)
    table["man"] += block.first
    people = _men(design, block, recruited, failed)
    return {"men": people, "visits": table, "outcomes": outcomes(design, table)}


def simulated(share: Share) -> Levels:
    """Measured levels of the men of a share at every visit, each in his sequence of arms."""
    design, sequence = share.design, share.sequence
    draws = _draws(design, share.replicate, share.candidates)
    drugs = share.men[0].model.drugs
    protocols = {index: _whole_protocol(design, index, drugs) for index in set(sequence.tolist())}
    every = moments(design)
    result = simulate_many(
        share.men,
        [protocols[index] for index in sequence.tolist()],
        days=float(every[-1]),
        t_eval=every.tolist(),
        variables=design.measures,
        seeds=draws.seeds,
        assay_variation=design.assay_variation,
        workers=share.workers,
    )
    true = read = dict(result.values)
    if draws.readings is not None:
        noise = draws.readings[np.arange(len(sequence)), sequence]
        read = {measure: true[measure] * noise[:, place] for place, measure in enumerate(design.measures)}
    failed = np.zeros(len(sequence), dtype=bool)
    failed[[failure.man for failure in result.failures]] = True
    return Levels(true, read, failed)


def _joined(parts: list[Levels]) -> Levels:
    def together(tables: list[dict[str, Array]]) -> dict[str, Array]:
        return {measure: np.concatenate([table[measure] for table in tables]) for measure in tables[0]}

    return Levels(
        together([part.true for part in parts]),
        together([part.read for part in parts]),
        np.concatenate([part.failed for part in parts]),
    )


def _visits(design: Design, sequence: NDArray[np.int64], leaving: Array, levels: Levels) -> pd.DataFrame:
    """A row for each period, man and visit."""
    import pandas as pd

    men, days, every = len(sequence), np.array(design.visit_days), moments(design)
    parts = {index: periods(design, index) for index in set(sequence.tolist())}
    begins = [begin for _, begin in parts[min(parts)]]
    tables = []
    for period, begin in enumerate(begins):
        places = np.searchsorted(every, begin + days)
        arms = np.array([parts[index][period][0] for index in sequence.tolist()])
        seen = (begin + days)[None, :] <= leaving[:, None]
        columns: dict[str, Any] = {
            "man": np.repeat(np.arange(men), len(days)),
            "arm": pd.Categorical.from_codes(np.repeat(arms, len(days)), list(design.arms)),
            "period": np.full(men * len(days), period + 1, dtype=np.int8),
            "day": np.tile(days, men),
            "seen": seen.ravel(),
        }
        for measure in design.measures:
            columns[measure] = np.where(seen, levels.read[measure][:, places], np.nan).ravel()
            columns[f"{measure}_true"] = levels.true[measure][:, places].ravel()
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


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
    labs = untreated_labs(recruited.men) if design.baseline else {}
    columns.update({f"untreated_{name}": labs[name] for name in design.baseline})
    for name in SCREENING:
        columns[name] = np.where(np.arange(count) == 0, getattr(recruited, name), 0)
    table = np.array([[getattr(man.parameters, n) for n in (*TRAITS, *CONDITIONS)] for man in recruited.men])
    for place, name in enumerate((*TRAITS, *CONDITIONS)):
        columns[f"trait_{name}"] = table[:, place]
    return pd.DataFrame(columns)


def write_block(
    design: Design,
    block: Block,
    folder: Path,
    workers: int | None = None,
    spread: Spread = map,
    model: Model | None = None,
) -> int:
    """Run one block, write its tables and return its number of men."""
    Study(folder).write(block.number, run_block(design, block, workers, spread, model))
    return block.count


def run(
    design: Design,
    folder: str | Path,
    *,
    cluster: Client | None = None,
    workers: int | None = None,
    callback: Callable[[int, int], None] | None = None,
    model: Model | None = None,
) -> Study:
    """Run a trial into a folder and return it; blocks that are there already are not run again.

    Parameters
    ----------
    design : the trial.
    folder : where its tables are written.
    cluster : a dask.distributed client whose workers run the blocks, with the same numbers to the bit; None for this
        machine.
    workers : number of processes on this machine, default all cores; for few men, threads of this process.
    callback : is called with the number of men done and the number of all.
    model : default the shipped one. Its drugs replace the shipped ones of the same name. With `uncertain`, parameters
        that the user has set stay as they are.

    Returns
    -------
    Study
        The trial and its tables.

    Raises
    ------
    DesignError
        No men meet the design.
    InputError
        A folder that holds another trial or a trial of another model, cannot be written, or has no room for the tables;
        a model with organs on a cluster.
    MissingPackageError
        pyarrow is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> design = hpg.Design(
    ...     name="clomiphene",
    ...     men=2,
    ...     months=1,
    ...     arms={"treated": "clomiphene 25 mg daily"},
    ...     end_points=(hpg.EndPoint(name="testosterone", measure="testosterone"),),
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     men = hpg.run_trial(design, folder, workers=1).men_done
    >>> men
    2
    """
    workers = cores() if workers is None else workers
    if workers < 1:
        raise InputError(f"workers = {workers}: expected 1 or more")
    with extra_packages("the tables of trials need pyarrow", "trial"):
        import pyarrow  # noqa: F401
    model = with_overrides(model, None)
    if cluster is not None and model.organs:
        names = ", ".join(organ.name for organ in model.organs)
        raise InputError(
            f"a cluster's workers lack the functions of the organs {names}; run this model without cluster="
        )
    _ = model.kernel  # compiled once, before workers start
    study = Study.begin(design, Path(folder), model)
    there, total = study.numbers(), design.men * design.replicates
    done = study.men_done
    left = (block for block in blocks(design) if block.number not in there)
    if callback:
        callback(done, total)
    several = cluster is None and total - done >= MEN_WORTH_PROCESSES
    with processes(workers if several else 1) as spread:
        if cluster is None:
            threads = 1 if several else workers
            finished = (write_block(design, block, study.folder, threads, spread, model) for block in left)
        else:
            finished = _on_cluster(cluster, design, model, study.folder.absolute(), left)
        for men in finished:
            done += men
            if callback:
                callback(done, total)
    study.finish()
    return study


def _on_cluster(cluster: Client, design: Design, model: Model, folder: Path, left: Iterator[Block]) -> Iterator[int]:
    """Run blocks on a cluster, two per worker at a time; yield the number of men of each as it is done."""
    from distributed import as_completed

    def submit(block: Block) -> Future:
        return cluster.submit(write_block, design, block, folder, 1, model=model, pure=False)

    threads: Any = cluster.nthreads()  # typed as a coroutine, which it is of an asynchronous client alone
    at_once = 2 * max(1, sum(threads.values()))
    running = as_completed([submit(block) for block in islice(left, at_once)], loop=cluster.loop)
    for future in running:
        yield future.result()
        for block in islice(left, 1):
            running.add(submit(block))
