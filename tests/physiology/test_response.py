"""Loss and regrowth: the shapes that capacities of the axis follow."""

import numpy as np
import pytest

from hpgaxis.physiology.response import loss_or_regrowth

SMOOTHING = 1e-3


@pytest.mark.parametrize("regrowth", [0.0, 0.1, 1.0])
def test_a_loss_is_the_whole_distance_and_a_regrowth_its_share(regrowth):
    assert loss_or_regrowth(0.2, 0.9, regrowth, SMOOTHING) == pytest.approx(-0.7, abs=SMOOTHING)
    assert loss_or_regrowth(0.9, 0.2, regrowth, SMOOTHING) == pytest.approx(0.7 * regrowth, abs=SMOOTHING)


def test_nothing_moves_at_the_target():
    assert loss_or_regrowth(0.4, 0.4, 0.1, SMOOTHING) == 0


def test_the_higher_the_target_the_faster():
    targets = np.linspace(0, 3, 400)
    assert (np.diff(loss_or_regrowth(targets, 0.5, 0.01, SMOOTHING)) > 0).all()
