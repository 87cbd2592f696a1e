"""The men of a trial: drawn, screened, brought to its baseline and given their arms, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...engine.random import own_seed, stream
from ...people.baseline import Tilt, included, tilted, untreated_labs
from ...people.patient import MatchedMan
from ...people.population import population
from ...uncertainty import parameter_sets
from ..processes import Spread
from .design import Design, DesignError

MEN_OF_A_BLOCK = 1000
"""Men that are drawn, simulated and written together: memory does not grow with the trial."""
MEN_OF_A_SHARE = 64
"""Men of a block that one process works on at a time."""
CANDIDATES_OF_A_BLOCK = 1 << 24
PILOT, PILOT_FIRST = 2000, 1 << 62
"""Men, drawn apart, from whom it is learnt which men the baseline wants more of; and the number of the first."""
MOST_WANTED = 0.99
"""Quantile of the pilot's weights from which a man is always taken."""
MOST_AT_ONCE = 2000
"""Candidates drawn together."""
MOST_SCREENED = 400
"""Candidates for each man wanted, beyond which nobody is expected to be found."""
ARMS, LEAVING, PARAMETERS = 1, 2, 3
"""Streams of what is drawn for a block or a man, beside those of his traits and of his doses."""


@dataclass(frozen=True)
class Block:
    """Men first to first + count - 1 (numbers in the trial) of a replicate; number: of the block, in all."""

    number: int
    replicate: int
    within: int
    first: int
    count: int


@dataclass(frozen=True)
class Recruited:
    """Men randomised: their numbers as candidates, their arms (index), the days on which they leave (inf: never).

    screened: candidates seen; excluded: by the criteria; unlike: passed over for the baseline.
    """

    men: list[MatchedMan]
    candidates: NDArray[np.int64]
    arms: NDArray[np.int64]
    leaving: NDArray[np.float64]
    screened: int
    excluded: int
    unlike: int


def block(design: Design, number: int) -> Block:
    """The block of this number, counted through all replicates."""
    replicate, within = divmod(number, -(-design.men // MEN_OF_A_BLOCK))
    first = within * MEN_OF_A_BLOCK
    return Block(number, replicate, within, first, min(MEN_OF_A_BLOCK, design.men - first))


def blocks(design: Design) -> Iterator[Block]:
    """All blocks of all replicates, in order; each is made when it is asked for, as there may be very many."""
    return (block(design, number) for number in range(-(-design.men // MEN_OF_A_BLOCK) * design.replicates))


def shares(count: int) -> list[slice]:
    """The parts in which `count` men of a block are worked on."""
    return [slice(first, min(first + MEN_OF_A_SHARE, count)) for first in range(0, count, MEN_OF_A_SHARE)]


def replicate_seed(design: Design, replicate: int) -> int:
    """Seed of everything drawn in a replicate."""
    return own_seed(design.seed, replicate)


def typical_numbers(design: Design, replicate: int) -> dict[str, float] | None:
    """The typical man's numbers in this replicate: a draw from their posterior, None for the most probable ones."""
    if not design.uncertain:
        return None
    sets, weights = parameter_sets()
    share = stream(replicate_seed(design, replicate), PARAMETERS).random()
    return sets[min(int(np.searchsorted(np.cumsum(weights), share)), len(sets) - 1)]


def _drawn(design: Design, replicate: int, first: int, count: int) -> list[MatchedMan]:
    return population(
        count,
        seed=replicate_seed(design, replicate),
        diagnosis=design.diagnosis,
        age=design.age,
        bmi=design.bmi,
        first=first,
        numbers=typical_numbers(design, replicate),
    )


def _candidate_seeds(design: Design, replicate: int, numbers: NDArray[np.int64]) -> list[int]:
    seed = replicate_seed(design, replicate)
    return [own_seed(seed, int(number)) for number in numbers]


@lru_cache(maxsize=8)
def _wanted(text: str, replicate: int) -> tuple[Tilt, float]:
    """Which men the baseline wants more of, and the weight from which a man is always taken."""
    design = Design.model_validate_json(text)
    numbers = np.arange(PILOT_FIRST, PILOT_FIRST + PILOT)
    men = _drawn(design, replicate, PILOT_FIRST, PILOT)
    inside = included(men, design.inclusion, _candidate_seeds(design, replicate, numbers))
    if not inside.any():
        raise DesignError(f"none of {PILOT} men drawn meets the inclusion criteria of {design.name!r}")
    labs = untreated_labs([man for man, kept in zip(men, inside, strict=True) if kept])
    tilt = tilted(labs, design.baseline)
    weights = tilt.log_weights(labs)
    telling = np.exp(weights - weights.max()).sum() ** 2 / (np.exp(weights - weights.max()) ** 2).sum()
    if telling < 20:
        raise DesignError(
            f"baseline of {design.name!r}: only {telling:.0f} of {inside.sum()} eligible men drawn come near it; "
            "another diagnosis or mixture would"
        )
    return tilt, float(np.quantile(weights, MOST_WANTED))


def recruit(design: Design, block: Block, spread: Spread = map) -> Recruited:
    """The men of a block: the same whatever other blocks are drawn. Raises DesignError where nobody can be found."""
    first = block.within * CANDIDATES_OF_A_BLOCK
    tilt = _wanted(design.model_dump_json(), block.replicate) if design.baseline else None
    men, numbers = list[MatchedMan](), list[int]()
    screened = excluded = unlike = 0
    share = 1.0
    while len(men) < block.count:
        batch = min(max(16, int(np.ceil((block.count - len(men)) / share))), MOST_AT_ONCE)
        if not design.inclusion and tilt is None:
            batch = block.count
        own = np.arange(first + screened, first + screened + batch)
        found = list(spread(_screened, [(design, block.replicate, own[rows], tilt) for rows in shares(batch)]))
        inside, taken = (np.concatenate([part[place] for part in found]) for place in (1, 2))
        places = np.flatnonzero(taken)[: block.count - len(men)]
        seen = batch if len(men) + len(places) < block.count else int(places[-1]) + 1
        men += [man for part in found for man in part[0]][: len(places)]
        numbers += own[places].tolist()
        excluded += int((~inside[:seen]).sum())
        unlike += int((inside & ~taken)[:seen].sum())
        screened += seen
        share = max(len(men), 1) / screened
        if screened > (MOST_SCREENED * block.count if men else 0) + MOST_AT_ONCE:
            raise DesignError(f"{design.name!r}: of {screened} men screened, only {len(men)} can be randomised")
    candidates = np.array(numbers)
    return Recruited(
        men, candidates, _arms(design, block), _leaving(design, block, candidates), screened, excluded, unlike
    )


def _screened(
    task: tuple[Design, int, NDArray[np.int64], tuple[Tilt, float] | None],
) -> tuple[list[MatchedMan], NDArray[np.bool_], NDArray[np.bool_]]:
    """Candidates of these numbers: the men taken, who of all meets the criteria, and who of all is taken."""
    design, replicate, numbers, tilt = task
    drawn = _drawn(design, replicate, int(numbers[0]), len(numbers))
    inside = np.ones(len(numbers), dtype=bool)
    if design.inclusion:
        inside = included(drawn, design.inclusion, _candidate_seeds(design, replicate, numbers))
    taken = inside.copy()
    if tilt is not None:
        weights = tilt[0].log_weights(untreated_labs(drawn))
        chance = np.array([stream(seed, ARMS).random() for seed in _candidate_seeds(design, replicate, numbers)])
        taken &= np.log(chance) < weights - tilt[1]
    return [man for man, kept in zip(drawn, taken, strict=True) if kept], inside, taken


def _arms(design: Design, block: Block) -> NDArray[np.int64]:
    """Index of each man's arm (of his sequence in a crossover), in shares that hold over the whole trial."""
    shares = dict.fromkeys(design.arms, 1 / len(design.arms)) if design.every_arm else design.shares()
    reached = np.cumsum([0.0, *shares.values()])
    reached[-1] = 1.0
    up_to = [np.floor(men * reached + 1e-9) for men in (block.first, block.first + block.count)]
    arms = np.repeat(np.arange(len(shares)), np.diff(up_to[1] - up_to[0]).astype(int))
    return stream(replicate_seed(design, block.replicate), (ARMS << 40) + block.within).permutation(arms)


def _leaving(design: Design, block: Block, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Day on which each man leaves, at a constant rate that loses `drop_out` by the end."""
    if design.drop_out == 0:
        return np.full(len(candidates), np.inf)
    rate = -np.log(1 - design.drop_out) / design.total_days
    drawn = [stream(seed, LEAVING).random() for seed in _candidate_seeds(design, block.replicate, candidates)]
    days = -np.log(np.array(drawn)) / rate
    return np.where(days > design.total_days, np.inf, days)
