"""How large a trial must be."""

from typing import Any

import pytest

from hpgaxis.trials import Design, read_design
from hpgaxis.trials import power as powers
from tests.trials.test_design import GOOD

DESIGN = Design.model_validate({**read_design(GOOD).model_dump(), "arms": {
    "no treatment": "no treatment", "clomiphene": "clomiphene 25 mg daily"
}})  # fmt: skip


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(powers, "POOLS", 2)
        patch.setattr(powers, "MEN_OF_A_POOL", 200)
        patch.setattr(powers, "cores", lambda: 1)  # starting processes takes longer than these pools
        return powers.power(DESIGN, [10, 60], trials=60)


@pytest.mark.slow
def test_larger_trials_find_more_and_vary_less(found):
    table: Any = found.table.set_index(["end_point", "men"])
    gained = table.loc["testosterone gained"]
    assert gained.loc[60, "power"] >= gained.loc[10, "power"] > 0.3
    assert gained.loc[60, "power"] > 0.95
    width = gained["effect_high"] - gained["effect_low"]
    assert width[60] < 0.7 * width[10]
    assert (table["power_low"] <= table["power"]).all() and (table["power"] <= table["power_high"]).all()


def test_sperm_tells_more_late_and_testosterone_at_once(found):
    days: Any = found.days.set_index(["end_point", "day"])["standardised"]
    assert days["upgraded", 120.0] > days["upgraded", 30.0]
    assert days["testosterone gained", 30.0] > 0.7 * days["testosterone gained", 120.0]


def test_sizes_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="3 men: expected 4 to"):
        powers.power(DESIGN, [3])
