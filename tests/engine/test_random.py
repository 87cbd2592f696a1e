"""Streams are keyed by study and man."""

from hpgaxis.engine.random import own_seed, stream


def test_every_man_of_every_study_has_his_own_numbers():
    keys = [(seed, man) for seed in (0, 1, 2**40) for man in (0, 1, 10_000)]
    assert len({stream(*key).integers(2**62) for key in keys}) == len(keys)
    assert len({own_seed(*key) for key in keys}) == len(keys)


def test_the_same_key_gives_the_same_numbers():
    assert (stream(3, 7).random(5) == stream(3, 7).random(5)).all()
    assert own_seed(3, 7) == own_seed(3, 7)
