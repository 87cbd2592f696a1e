"""Recruitment of a trial, block by block: draw men, screen them, select for the baseline and allocate arms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..engine.random import stream, subject_seed
from ..model import Model
from ..people.baseline import BaselineError, Tilt, check_baseline, included, reached, tilted, untreated_labs
from ..people.match import MatchedMan
from ..people.population import Population, population
from ..physiology.posterior import parameter_sets
from ..processes import Spread
from .design import Design, DesignError

MEN_OF_A_BLOCK = 1000
"""Men that are drawn, simulated and written together, so that memory does not grow with the trial."""
MEN_OF_A_SHARE = 256
"""Men of a block that one process works on at a time."""
CANDIDATES_OF_A_BLOCK = 1 << 24
PILOT, PILOT_FIRST = 2000, 1 << 62
"""Size of the separate sample from which the tilt to the baseline is estimated; number of its first man."""
MOST_WANTED = (0.99, 0.998, 1.0)
"""Quantiles of the pilot's weights from which a man is always taken; the first that reaches the baseline is used (a
higher one comes nearer to it but screens more men)."""
MOST_AT_ONCE = 2000
"""Candidates drawn together."""
MOST_SCREENED = 400
"""Candidates for each randomised man, beyond which recruitment stops with an error."""
ARMS, LEAVING, PARAMETERS = 1, 2, 3
"""Random streams of allocation, drop-out and posterior samples."""


@dataclass(frozen=True)
class Block:
    """Men first to first + count - 1 (numbers in the trial) of a replicate; number: of the block in the trial."""

    number: int
    replicate: int
    within: int
    first: int
    count: int


@dataclass(frozen=True)
class Recruited:
    """Randomised men: their numbers as candidates, their arms (index), the days on which they drop out (inf: never).

    screened: candidates seen; excluded: by the criteria; rejected_for_baseline: eligible but rejected to reach the
    trial's baseline; redrawn: candidates whose first traits had no steady state and were drawn again.
    """

    men: list[MatchedMan]
    candidates: NDArray[np.int64]
    arms: NDArray[np.int64]
    leaving: NDArray[np.float64]
    screened: int
    excluded: int
    rejected_for_baseline: int
    redrawn: int


def block(design: Design, number: int) -> Block:
    """The block of this number, counted through all replicates."""
    replicate, within = divmod(number, -(-design.men // MEN_OF_A_BLOCK))
    first = within * MEN_OF_A_BLOCK
    return Block(number, replicate, within, first, min(MEN_OF_A_BLOCK, design.men - first))


def blocks(design: Design) -> Iterator[Block]:
    """All blocks of all replicates, in order; a generator, because there may be very many."""
    return (block(design, number) for number in range(-(-design.men // MEN_OF_A_BLOCK) * design.replicates))


def shares(count: int) -> list[slice]:
    """The parts in which `count` men of a block are simulated."""
    return [slice(first, min(first + MEN_OF_A_SHARE, count)) for first in range(0, count, MEN_OF_A_SHARE)]


def replicate_seed(design: Design, replicate: int) -> int:
    """Seed of everything drawn in a replicate."""
    return subject_seed(design.seed, replicate)


def typical_numbers(design: Design, replicate: int) -> dict[str, float] | None:
    """The posterior sample of this replicate; None for the most probable parameters."""
    if not design.uncertain:
        return None
    sets, weights = parameter_sets()
    share = stream(replicate_seed(design, replicate), PARAMETERS).random()
    return sets[min(int(np.searchsorted(np.cumsum(weights), share)), len(sets) - 1)]


def _drawn(design: Design, model: Model, replicate: int, first: int, count: int) -> Population:
    return population(
        count,
        seed=replicate_seed(design, replicate),
        diagnosis=design.diagnosis,
        age=design.age,
        bmi=design.bmi,
        first=first,
        model=model.with_posterior_sample(typical_numbers(design, replicate) or {}),
    )


def _candidate_seeds(design: Design, replicate: int, numbers: NDArray[np.int64]) -> list[int]:
    seed = replicate_seed(design, replicate)
    return [subject_seed(seed, int(number)) for number in numbers]


@lru_cache(maxsize=8)
def _wanted(text: str, model: Model, replicate: int) -> tuple[Tilt, float]:
    """The tilt that gives a population the baseline, and the log weight from which every candidate is taken."""
    design = Design.model_validate_json(text)
    numbers = np.arange(PILOT_FIRST, PILOT_FIRST + PILOT)
    men = _drawn(design, model, replicate, PILOT_FIRST, PILOT)
    inside = included(men, design.inclusion, _candidate_seeds(design, replicate, numbers))
    if not inside.any():
        raise DesignError(f"none of {PILOT} men drawn meets the inclusion criteria of {design.name!r}")
    labs = untreated_labs([man for man, kept in zip(men, inside, strict=True) if kept])
    tilt = tilted(labs, design.baseline)
    weights = tilt.log_weights(labs)
    try:
        check_baseline(labs, np.exp(weights - weights.max()), design.baseline, converged=tilt.converged)
    except BaselineError as error:
        raise DesignError(f"{design.name!r}, replicate {replicate + 1}: {error}") from None
    always, taken = 0.0, np.ones(len(weights))
    for quantile in MOST_WANTED:
        always = float(np.quantile(weights, quantile))
        taken = np.exp(np.minimum(weights - always, 0.0))
        if all(lab.usable for lab in reached(labs, taken, design.baseline)):
            break
    share = float(taken.mean()) * float(inside.mean())
    if share * MOST_SCREENED < 1:
        raise DesignError(
            f"{design.name!r}, replicate {replicate + 1}: the baseline is that of one in {1 / share:.0f} men of this "
            f"diagnosis; expected one in {MOST_SCREENED} or more; choose another diagnosis or mixture"
        )
    return tilt, always


def recruit(design: Design, block: Block, spread: Spread = map, model: Model | None = None) -> Recruited:
    """The men of a block, independent of other blocks. Raises DesignError where too few candidates are eligible."""
    model = model or Model.default()
    first = block.within * CANDIDATES_OF_A_BLOCK
    tilt = _wanted(design.model_dump_json(), model, block.replicate) if design.baseline else None
    men, numbers = list[MatchedMan](), list[int]()
    screened = excluded = rejected_for_baseline = redrawn = 0
    share = 1.0
    while len(men) < block.count:
        batch = min(max(16, int(np.ceil((block.count - len(men)) / share))), MOST_AT_ONCE)
        if not design.inclusion and tilt is None:
            batch = block.count
        candidates = np.arange(first + screened, first + screened + batch)
        parts = list(
            spread(_screened, [(design, model, block.replicate, candidates[rows], tilt) for rows in shares(batch)])
        )
        inside, taken, again = (np.concatenate([part[place] for part in parts]) for place in (1, 2, 3))
        places = np.flatnonzero(taken)[: block.count - len(men)]
        seen = batch if len(men) + len(places) < block.count else int(places[-1]) + 1
        men += [man for part in parts for man in part[0]][: len(places)]
        numbers += candidates[places].tolist()
        excluded += int((~inside[:seen]).sum())
        rejected_for_baseline += int((inside & ~taken)[:seen].sum())
        redrawn += int(again[:seen].sum())
        screened += seen
        share = max(len(men), 1) / screened
        if screened > (MOST_SCREENED * block.count if men else 0) + MOST_AT_ONCE:
            raise DesignError(f"{design.name!r}: of {screened} men screened, only {len(men)} can be randomised")
    randomised = np.array(numbers)
    return Recruited(
        men,
        randomised,
        _arms(design, block),
        _leaving(design, block, randomised),
        screened,
        excluded,
        rejected_for_baseline,
        redrawn,
    )


def _screened(
    task: tuple[Design, Model, int, NDArray[np.int64], tuple[Tilt, float] | None],
) -> tuple[list[MatchedMan], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw and screen candidates: the men taken; whether each is eligible, is taken, and was redrawn."""
    design, model, replicate, numbers, tilt = task
    drawn = _drawn(design, model, replicate, int(numbers[0]), len(numbers))
    inside = np.ones(len(numbers), dtype=bool)
    if design.inclusion:
        inside = included(drawn, design.inclusion, _candidate_seeds(design, replicate, numbers))
    taken = inside.copy()
    if tilt is not None:
        weights = tilt[0].log_weights(untreated_labs(drawn))
        chance = np.array([stream(seed, ARMS).random() for seed in _candidate_seeds(design, replicate, numbers)])
        taken &= np.log(chance) < weights - tilt[1]
    return [man for man, kept in zip(drawn, taken, strict=True) if kept], inside, taken, drawn.redraws > 0


def _arms(design: Design, block: Block) -> NDArray[np.int64]:
    """Index of each man's arm (in a crossover, of his sequence), in the shares of the whole trial."""
    counts = design.allocated(block.first + block.count) - design.allocated(block.first)
    arms = np.repeat(np.arange(len(design.arms)), counts)
    return stream(replicate_seed(design, block.replicate), (ARMS << 40) + block.within).permutation(arms)


def _leaving(design: Design, block: Block, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Day on which each man drops out, at a constant rate that loses `drop_out` by the end."""
    if design.drop_out == 0:
        return np.full(len(candidates), np.inf)
    rate = -np.log(1 - design.drop_out) / design.total_days
    drawn = [stream(seed, LEAVING).random() for seed in _candidate_seeds(design, block.replicate, candidates)]
    days = -np.log(np.array(drawn)) / rate
    return np.where(days > design.total_days, np.inf, days)
