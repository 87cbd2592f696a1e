"""Streams are keyed by study and man."""

import pytest

from hpgaxis.engine.random import stream, subject_seed
from hpgaxis.errors import InputError


def test_every_man_of_every_study_has_his_own_numbers():
    keys = [(seed, man) for seed in (0, 1, 2**40) for man in (0, 1, 10_000)]
    assert len({stream(*key).integers(2**62) for key in keys}) == len(keys)
    assert len({subject_seed(*key) for key in keys}) == len(keys)


def test_the_same_key_gives_the_same_numbers():
    assert (stream(3, 7).random(5) == stream(3, 7).random(5)).all()
    assert subject_seed(3, 7) == subject_seed(3, 7)


@pytest.mark.parametrize("seed", [-1, -2, 2**63, 2**64, 10**29, 1.0, True, None, "1"])
def test_what_is_no_seed_is_refused(seed):
    for function in (stream, subject_seed):
        with pytest.raises(InputError, match="expected a whole number from 0 to 9223372036854775807"):
            function(seed, 0)


def test_large_seeds_are_told_apart():
    """From 2**63 on NumPy would take the key for floating point numbers, and neighbours for one another."""
    drawn = {stream(seed, man).integers(2**62) for seed in (2**63 - 1, 2**63 - 2) for man in (0, 5)}
    assert len(drawn) == 4
