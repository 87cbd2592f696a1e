"""Men with a trial's baseline: chosen, not altered."""

import numpy as np
import pytest

from hpgaxis.people.baseline import (
    BaselineError,
    Reached,
    check_baseline,
    check_possible,
    conditioned,
    effective_sample_size,
    furthest_mean,
    included,
    reached,
    untreated_labs,
)
from hpgaxis.people.population import population

POOL = population(600, seed=11, bmi=(27, 4))


def test_labs_are_those_of_the_untreated_men():
    labs = untreated_labs(POOL)
    assert labs["testosterone"].shape == (600,)
    assert 350 < np.median(labs["testosterone"]) < 650


def test_chosen_men_have_the_means_and_spreads_asked_for():
    men = conditioned(POOL, 400, baseline={"testosterone": (420, 90), "lh": (4.0, None)}, seed=2)
    labs = untreated_labs(men)
    assert len(men) == 400
    assert labs["testosterone"].mean() == pytest.approx(420, rel=0.03)
    assert labs["testosterone"].std() == pytest.approx(90, rel=0.1)
    assert labs["lh"].mean() == pytest.approx(4.0, rel=0.03)
    assert {id(man) for man in men} <= {id(man) for man in POOL}


def test_criteria_keep_who_meets_them():
    inside = included(POOL, {"testosterone": (300, 500), "bmi": (None, 30)})
    men = conditioned(POOL, 100, inclusion={"testosterone": (300, 500), "bmi": (None, 30)})
    assert 0 < inside.sum() < 600
    assert {man.patient.name for man in men} <= {m.patient.name for m, kept in zip(POOL, inside, strict=True) if kept}
    assert max(man.patient.bmi for man in men) <= 30


def test_a_screening_visit_varies():
    criterion = {"sperm_concentration": (None, 40.0)}
    true, read = included(POOL, criterion), included(POOL, criterion, range(600))
    assert 0.02 < (true != read).mean() < 0.5
    assert (read == included(POOL, criterion, range(600))).all()


def test_the_same_seed_chooses_the_same_men():
    first, again = (conditioned(POOL, 50, baseline={"fsh": (4.0, 1.5)}, seed=7) for _ in range(2))
    assert [m.patient.name for m in first] == [m.patient.name for m in again]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"inclusion": {"hat_size": (1, 2)}}, "no measurement 'hat_size'"),
        ({"inclusion": {"testosterone": (5000, None)}}, "none of 600 men"),
        (
            {"baseline": {"testosterone": (60.0, 5.0)}},
            "mean 60 .SD 5. ng/dL wanted.*is reachable .effective sample size 1 of 600 men",
        ),
    ],
)
def test_what_cannot_be_met_is_said(asked, said):
    with pytest.raises(ValueError, match=said):
        conditioned(POOL, 100, **asked)


@pytest.mark.parametrize(
    "table",
    [
        {"testosterone": (2000, 100)},
        {"testosterone": (5000, 500)},
        {"testosterone": (1300, 50)},
        {"testosterone": (9.2, 2.5)},
        {"lh": (190, 1)},
        {"sperm_concentration": (900, 50)},
        {"testosterone": (504, 150), "lh": (190, 1)},
    ],
)
def test_a_mean_that_no_men_have_is_refused_with_what_can_be_had(table):
    with pytest.raises(BaselineError) as raised:
        conditioned(POOL, 100, baseline=table)
    name, (mean, _) = list(table.items())[-1]
    said = str(raised.value)
    assert f"{name}: mean {mean:g}" in said and "effective sample size" in said and "is reachable" in said
    near = float(said.split("a mean of ")[1].split(" ")[0])
    labs = untreated_labs(POOL)[name]
    assert min(labs) < near < max(labs) and abs(near - mean) < abs(labs.mean() - mean)


def test_a_spread_that_no_men_have_is_refused_and_can_be_left_open():
    with pytest.raises(BaselineError, match=r"mean 650 .SD 1. ng/dL wanted, .* null in place .* leaves it open"):
        conditioned(POOL, 100, baseline={"testosterone": (650, 1)})
    men = conditioned(POOL, 400, baseline={"testosterone": (650, None)})
    assert untreated_labs(men)["testosterone"].mean() == pytest.approx(650, rel=0.03)


@pytest.mark.parametrize(
    ("name", "mean", "spread", "said"),
    [
        ("testosterone", 99999, 1, "99999|1e.05 ng/dL is impossible in men .1 to 6000 ng/dL"),
        ("sperm_concentration", 15_000_000, 5_000_000, "impossible in men .0 to 1000 10.6/mL; .* check the unit"),
        ("sperm_concentration", 15, 5_000_000, "a standard deviation of 5e.06 10.6/mL is impossible"),
        ("testosterone", 300, 0, "null leaves it open"),
        ("testosterone", float("nan"), 1, "impossible"),
        ("testosterone", 300, float("nan"), "impossible"),
    ],
)
def test_a_likely_slip_of_the_unit_is_refused_with_the_unit(name, mean, spread, said):
    with pytest.raises(BaselineError, match=said):
        check_possible(name, mean, spread)


def test_what_counts_as_reached():
    """Means a quarter of a standard deviation off at most, variances twofold at most (Rubin 2001)."""
    labs, even = {"testosterone": np.array([400.0, 600.0])}, np.ones(2)  # mean 500, SD 100
    assert not reached(labs, even, {"testosterone": (474, 100.0)})[0].usable
    assert reached(labs, even, {"testosterone": (476, 100.0)})[0].usable
    assert not reached(labs, even, {"testosterone": (500, 70.0)})[0].usable
    assert reached(labs, even, {"testosterone": (500, 72.0)})[0].usable
    assert not reached(labs, even, {"testosterone": (500, 142.0)})[0].usable
    assert reached(labs, even, {"testosterone": (500, None)})[0].exact
    assert not reached(labs, even, {"testosterone": (488, 100.0)})[0].exact
    assert not reached(labs, even, {"testosterone": (500, 112.0)})[0].exact
    assert str(Reached("lh", 7, 3.5, 6.29, 3.271)) == "lh: mean 7 (SD 3.5) IU/L wanted, 6.29 (SD 3.27) reached"


def test_a_search_that_did_not_end_and_too_few_men_are_refused():
    labs = {"testosterone": np.linspace(400, 600, 40)}
    table = {"testosterone": (500.0, None)}
    check_baseline(labs, np.ones(40), table)
    with pytest.raises(BaselineError, match="did not come to an end"):
        check_baseline(labs, np.ones(40), table, converged=False)
    with pytest.raises(BaselineError, match="effective sample size 10 of 40 men"):
        check_baseline(labs, np.r_[np.zeros(15), np.ones(10), np.zeros(15)], table)


def test_the_furthest_mean_is_that_of_twenty_men_who_count():
    values = np.linspace(0, 1, 1001)
    far = furthest_mean(values, 5.0)
    assert 0.975 < far < 1, "the highest 20 of 1001 alone have 0.99"
    assert furthest_mean(values, -5.0) == pytest.approx(1 - far)
    assert furthest_mean(values, 0.7) == 0.7
    assert effective_sample_size(np.r_[np.ones(7), np.zeros(5)]) == pytest.approx(7)
