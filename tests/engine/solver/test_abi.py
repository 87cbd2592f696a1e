"""What Python and compiled code call the same thing: every name stands at the number that the compiled code uses."""

import numpy as np
import pytest

from hpgaxis.engine import batch
from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.solver import abi
from hpgaxis.engine.solver.rodas5p import STAGES


def test_kinds_of_statistics_stand_at_their_numbers():
    numbers = {
        "mean": abi.MEAN,
        "minimum": abi.MINIMUM,
        "maximum": abi.MAXIMUM,
        "first_above": abi.FIRST_ABOVE,
        "first_below": abi.FIRST_BELOW,
        "last": abi.LAST,
    }
    assert {name: batch.KINDS.index(name) for name in batch.KINDS} == numbers


def test_every_way_to_fail_has_a_reason():
    failures = {abi.UNDERFLOW, abi.NOT_FINITE, abi.TOO_MANY_STEPS, abi.OUT_OF_DRAWS}
    assert set(batch.REASONS) == failures and abi.DONE not in failures and len(failures) == 4


def test_reasons_say_what_their_numbers_mean():
    words = {"UNDERFLOW": "step became too small", "NOT_FINITE": "not a finite", "TOO_MANY_STEPS": "too many steps"}
    words["OUT_OF_DRAWS"] = "more pulses came than were drawn"
    for name, part in words.items():
        assert part in batch.REASONS[getattr(abi, name)]


@pytest.mark.parametrize("place", range(abi.MEASURE + 1))
def test_addresses_stand_where_integrate_lanes_looks_for_them(place):
    """`addresses` of a kernel whose functions are known by distinct numbers, against the names in `abi`."""
    names = [*kernel.FUNCTIONS, "pulse", "measured"]
    known = {name: number for number, name in enumerate(names, 1)}
    made = kernel.Kernel(kernel.Layout(1, 1, 1, 1, 1, [], {}), known, {}, lambda work: None)
    by_place = {value: name for name, value in vars(abi).items() if name in ADDRESSES}
    by_place.update({abi.COMBINE + terms: f"COMBINE_{terms}" for terms in range(1, STAGES + 2)})
    by_place[abi.MEASURE] = "MEASURED"
    assert made.addresses("measured")[place] == known[by_place[place].lower()]
    assert len(made.addresses("measured")) == abi.MEASURE + 1


ADDRESSES = {
    "HOIST", "RATES", "LINEARISE", "SOLVE", "DECAY", "CLOCK", "ADD_MODES", "STAGE_WEIGHTS", "DENSE_WEIGHTS", "ADVANCE", "ERROR", "PULSE",
}  # fmt: skip


def test_lanes_without_a_man_are_told_from_those_with_one():
    assert len({abi.NEVER, abi.IDLE}) == 2 and max(abi.NEVER, abi.IDLE) < 0
    assert len({0, abi.DOSE, abi.IMPULSE}) == 3
    assert np.sign(abi.CLOSE) == 1
