"""Which men should get a treatment: from a trial that was run."""

import re

import numpy as np
import pytest

from hpgaxis.trials import Design, read_design, run, separation
from hpgaxis.trials.responders import _groups, decision_rule, measurements, select
from tests.trials.test_design import GOOD

DESIGN = Design.model_validate(
    {**read_design(GOOD).model_dump(), "counterfactual": True, "men": 150, "drop_out": 0.0, "seed": 5}
)


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch):
    monkeypatch.setattr(separation, "RESAMPLED", 100)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return run(DESIGN, tmp_path_factory.mktemp("trial"))


def test_what_is_known_before_treatment_holds_the_ratios(study):
    known = measurements(study, "clomiphene")
    assert len(known) == 150
    assert np.allclose(known["T:LH"], known["testosterone"] / known["lh"])
    assert {"age", "bmi", "testis_volume"} <= set(known)


def test_the_interval_of_a_share_of_men_stays_within_0_and_1():
    """Wilson (1927): 0 of 3 men is 0 to 56 %, 2 of 3 is 21 to 94 %."""
    levels = np.arange(15.0)
    responded = np.array([0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1], dtype=float)
    groups = _groups(levels, responded)
    assert (groups[0].low, groups[0].high) == pytest.approx((0.0, 0.5615), abs=1e-3)
    assert (groups[1].low, groups[1].high) == pytest.approx((0.2077, 0.9385), abs=1e-3)
    assert all(0 <= one.low <= one.mean <= one.high <= 1 for one in groups)


@pytest.mark.slow
def test_who_gains_testosterone(study):
    found = select(study, "clomiphene", "testosterone gained", at_least=200)
    best = found.separations[0]
    assert best.area_low > 0.5 or best.area_high < 0.5
    assert {one.name for one in found.separations} >= {"T:LH", "T:E2", "bmi", "age", "fsh"}
    assert 0 < found.response_rate < 1
    assert sum(group.men for group in found.calibration) == found.men == 150
    assert 0 <= found.brier <= 0.3
    counts = [re.search(r": (\d+) of (\d+) men respond", line) for line in found.tree.splitlines()]
    responders, men = (sum(int(count[place]) for count in counts if count) for place in (1, 2))
    assert all(counts) and men == 150 and responders == round(150 * found.response_rate), "each man is in one leaf"
    assert all(line.count(" is ") <= 3 for line in found.tree.splitlines()), "at most three splits"


@pytest.mark.slow
def test_one_treatment_rather_than_another(study):
    found = select(study, "clomiphene", "testosterone gained", other="no treatment")
    assert found.response_rate > 0.5 and found.benefit > 100, "most gain, as read: labs vary by more than some gain"
    assert set(found.pictures) == {"T:E2", "T:LH", "fsh", "bmi", "testis_volume"}


def test_errors_of_select_say_what_is_wrong(study, tmp_path):
    with pytest.raises(ValueError, match="no arm 'aspirin'"):
        select(study, "aspirin", "upgraded")
    with pytest.raises(ValueError, match="no end point 'births'"):
        select(study, "clomiphene", "births")
    with pytest.raises(ValueError, match="smallest value that counts"):
        select(study, "clomiphene", "testosterone gained")
    with pytest.raises(ValueError, match="0 of 150 men responded"):
        select(study, "clomiphene", "testosterone gained", at_least=1e5)
    parallel = run(DESIGN.model_copy(update={"counterfactual": False, "men": 6}), tmp_path)
    with pytest.raises(ValueError, match="counterfactual"):
        select(parallel, "clomiphene", "upgraded", other="anastrozole")


def test_a_decision_rule_is_said_in_words():
    """Twelve men: all of the four with LH of at most 4, and one of the eight others, respond; the tree splits there."""
    from sklearn.tree import DecisionTreeClassifier

    lh = np.arange(1.0, 13.0)[:, None]
    responds = np.isin(lh[:, 0], (1, 2, 3, 4, 12))
    tree = DecisionTreeClassifier(max_depth=1, min_samples_leaf=3).fit(lh, responds)
    rule = decision_rule(tree.tree_, ["lh"], lh, lambda men: f"{responds[men].sum()} of {men.sum()} men respond")
    assert rule == ["If LH is at most 4.5 IU/L: 4 of 4 men respond", "If LH is above 4.5 IU/L: 1 of 8 men respond"]
