"""Entry of germ cells: what hormones, rest and a man's own need make of it."""

import numpy as np
import pytest

from hpgaxis.physiology import spermatogenesis
from hpgaxis.physiology.parameters import parameters

TYPICAL = parameters()


def test_normal_hormones_leave_little_to_gain():
    """Chua 2013: 5 x 10^6/mL on estrogen receptor ligands."""
    assert spermatogenesis.hormonal_drive(1, 1, 1, TYPICAL) == pytest.approx(1)
    assert spermatogenesis.hormonal_drive(2, 2, 1, TYPICAL) < 1.15


def test_men_whose_germ_cells_need_more_gain_severalfold():
    before, after = (spermatogenesis.hormonal_drive(level, level, 6, TYPICAL) for level in (1, 2))
    assert after / before > 2


def test_hormones_of_a_suppressed_man_leave_a_few_per_cent():
    """Zhengwei 1998: testosterone enanthate blocks nine tenths of the spermatogonia's maturation."""
    assert spermatogenesis.hormonal_drive(0.05, 0.02, 1, TYPICAL) < 0.1


def test_who_rests_wakes_at_his_own_pace_and_who_is_active_follows_at_once():
    """Liu 2006: a third of men need more than six months."""
    slow = TYPICAL._replace(germ_cell_pace=0.01)
    resting, active = (spermatogenesis.activity_rate(1, 1, now, slow) / (1 - now) for now in (0.02, 0.8))
    assert resting < 0.02 * active


def test_more_hormones_never_wake_them_later():
    drives = np.linspace(0.05, 3, 200)
    assert (np.diff(spermatogenesis.activity_rate(drives, 1, 0.1, TYPICAL)) > 0).all()
