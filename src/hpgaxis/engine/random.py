"""Counter-based random streams: any subject of a study can be simulated again alone with the same numbers."""

from __future__ import annotations

from typing import overload

import numpy as np

from ..errors import InputError

LARGEST_SEED = 2**63 - 1
"""NumPy rounds larger seeds in a key with a smaller number, so that different seeds would give the same stream."""

WIDEST = 3.0
"""Standard deviations from its middle beyond which nothing is drawn."""


def check_seed(seed: object) -> None:
    """Raise InputError unless the seed is an integer from 0 to LARGEST_SEED."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= LARGEST_SEED:
        value = repr(seed) if len(repr(seed)) <= 40 else f"{repr(seed)[:37]}..."
        raise InputError(f"seed = {value}: expected a whole number from 0 to {LARGEST_SEED}")


@overload
def as_seed(seed: int | np.random.Generator) -> int: ...
@overload
def as_seed(seed: int | np.random.Generator | None) -> int | None: ...
def as_seed(seed: int | np.random.Generator | None) -> int | None:
    """A seed as an integer or None; drawn from a NumPy Generator. Raises InputError."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(LARGEST_SEED))
    if seed is not None:
        check_seed(seed)
    return seed


def stream(seed: int, man: int = 0) -> np.random.Generator:
    """Return the random stream of one subject (Philox 4x64, Salmon 2011), keyed by the study's seed and his number."""
    check_seed(seed)
    return np.random.Generator(np.random.Philox(key=[seed, man]))


def subject_seed(seed: int, man: int) -> int:
    """Return the seed of one subject, with which he can be simulated alone.

    Parameters
    ----------
    seed : of the study.
    man : number of the subject.

    Returns
    -------
    int
        53 bits from the study's seed and his number.

    Raises
    ------
    InputError
        For a seed outside 0 to LARGEST_SEED.

    Examples
    --------
    >>> subject_seed(1, 0) == subject_seed(1, 0), subject_seed(1, 0) == subject_seed(1, 1)
    (True, False)
    """
    check_seed(seed)
    return int(np.random.Philox(key=[seed, man]).random_raw()) >> 11
