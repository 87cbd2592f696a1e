"""Counter-based random streams: any man of a study can be run again alone, with the same numbers."""

from __future__ import annotations

import numpy as np


def stream(seed: int, man: int = 0) -> np.random.Generator:
    """The stream of one man of a study (Philox 4x64, Salmon 2011), keyed by the study's seed and his number."""
    return np.random.Generator(np.random.Philox(key=[seed, man]))


def own_seed(seed: int, man: int) -> int:
    """A man's own seed, with which he can be simulated alone: 53 bits that follow from the study's and his number."""
    return int(np.random.Philox(key=[seed, man]).random_raw()) >> 11
