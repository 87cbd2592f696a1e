"""What Python and compiled code call the same thing: every name stands at the number that the compiled code uses."""

import numpy as np
import pytest

from hpgaxis.engine import batch
from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.solver import abi as places
from hpgaxis.engine.solver.rodas5p import STAGES


def test_kinds_of_statistics_stand_at_their_numbers():
    numbers = {
        "mean": places.MEAN,
        "minimum": places.LEAST,
        "maximum": places.MOST,
        "first_above": places.FIRST_ABOVE,
        "first_below": places.FIRST_BELOW,
        "last": places.LAST,
    }
    assert {name: batch.KINDS.index(name) for name in batch.KINDS} == numbers


def test_every_way_to_fail_has_a_reason():
    failures = {places.UNDERFLOW, places.NOT_FINITE, places.TOO_MANY_STEPS, places.OUT_OF_DRAWS}
    assert set(batch.REASONS) == failures and places.DONE not in failures and len(failures) == 4


def test_reasons_say_what_their_numbers_mean():
    words = {"UNDERFLOW": "step became too small", "NOT_FINITE": "not a finite", "TOO_MANY_STEPS": "too many steps"}
    words["OUT_OF_DRAWS"] = "more pulses came than were drawn"
    for name, part in words.items():
        assert part in batch.REASONS[getattr(places, name)]


@pytest.mark.parametrize("place", range(places.MEASURE + 1))
def test_addresses_stand_where_the_march_looks_for_them(place):
    """`addresses` of a kernel whose functions are known by distinct numbers, against the names of the places."""
    names = [*kernel.FUNCTIONS, "pulse", "measured"]
    known = {name: number for number, name in enumerate(names, 1)}
    made = kernel.Kernel(kernel.Layout(1, 1, 1, 1, 1, [], {}), known, {}, lambda work: None)
    by_place = {value: name for name, value in vars(places).items() if name in ADDRESSES}
    by_place.update({places.COMBINE + terms: f"COMBINE_{terms}" for terms in range(1, STAGES + 2)})
    by_place[places.MEASURE] = "MEASURED"
    assert made.addresses("measured")[place] == known[by_place[place].lower()]
    assert len(made.addresses("measured")) == places.MEASURE + 1


ADDRESSES = {
    "HOIST", "RATES", "LINEARISE", "SOLVE", "DECAY", "CLOCK", "SPREAD", "SHARES", "BETWEEN", "ADVANCE", "ERROR", "PULSE",
}  # fmt: skip


def test_lanes_without_a_man_are_told_from_those_with_one():
    assert len({places.NEVER, places.IDLE}) == 2 and max(places.NEVER, places.IDLE) < 0
    assert len({0, places.DOSE, places.IMPULSE}) == 3
    assert np.sign(places.CLOSE) == 1
