"""Chance of conception of simulated men, and published rates of assisted reproduction beside it."""

from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.clinical.assisted_reproduction import published_rates, wilson_interval
from hpgaxis.clinical.conception import INFERTILE, conception, months_of
from hpgaxis.people.patient import phenotypes


@pytest.fixture(scope="module")
def untreated():
    return hpg.simulate(hpg.Patient(diagnosis="idiopathic_oligozoospermia"), months=12)


@pytest.fixture(scope="module")
def typical():
    return hpg.simulate(None, months=12)


def test_untreated_oligozoospermia_after_two_years(untreated):
    """van Eekelen 2018: 24.5 % of couples with unexplained or mild male subfertility in 12 months, counting ongoing
    pregnancies, nine tenths of those that the model counts. No such couple was fitted."""
    chances = hpg.conception(untreated, partner_age=30)
    assert chances.months_of_trying == 24
    assert 0.20 <= chances.cumulative[-1] <= 0.30


def test_six_cycles_of_fertile_couples():
    """Bonde 1998: 65.0 % pregnant within 6 cycles at 40 x 10^6/mL and more (254 couples: 59-71 %), 51.2 % below."""
    plenty = hpg.conception(hpg.simulate(None, months=6), partner_age=26)
    assert 59 <= 100 * plenty.cumulative[-1] <= 71
    few = hpg.conception(
        hpg.simulate(hpg.match_means(hpg.Patient(labs={"sperm_concentration": 15, "motility": 50})), months=6),
        partner_age=26,
    )
    assert 43.5 <= 100 * few.cumulative[-1] <= 58.9


def test_twelve_cycles_of_fertile_couples(typical):
    """Zinaman 1996: 82 % of 200 couples (76 to 87); Wesselink 2017: 79.3 % at 25 to 27 years."""
    assert 0.76 <= hpg.conception(typical, partner_age=26).cumulative[-1] <= 0.87


def test_couples_who_conceive_leave(typical):
    """Zinaman 1996: the rate of the first cycles tapers quickly."""
    monthly = hpg.conception(typical).monthly
    assert all(later < earlier for earlier, later in pairwise(monthly))
    assert monthly[-1] < monthly[0] / 2


def test_trying_without_success_lowers_the_chance_and_a_pregnancy_before_raises_it(untreated):
    yearly = [hpg.conception(untreated, months_of_trying=months).cumulative[-1] for months in (0, 12, 24, 60)]
    assert all(later < earlier for earlier, later in pairwise(yearly))
    proven = hpg.conception(untreated, months_of_trying=24, previous_pregnancy=True)
    assert proven.cumulative[-1] > yearly[2]
    assert hpg.conception(untreated, months_of_trying="2 years").cumulative[-1] == pytest.approx(yearly[2])


def test_treatment_that_gives_sperm_to_a_man_without_finds_a_couple_that_failure_says_nothing_of():
    man = hpg.Patient(diagnosis="hypogonadotropic_hypogonadism")
    result = hpg.simulate(man, "hcg 2000 IU twice weekly + fsh 150 IU three times weekly", months=18)
    new, old = (hpg.conception(result, months_of_trying=months) for months in (0, 120))
    assert old.cumulative == pytest.approx(new.cumulative, rel=1e-3)


@pytest.mark.parametrize(
    ("diagnosis", "months"),
    [("idiopathic_oligozoospermia", 24), ("varicocele", 24), ("obesity", 0), ("eugonadal", 0)],
)
def test_infertile_couples_have_tried_for_two_years(diagnosis, months):
    """Sripada 2010: 24 months (17 to 36) at the first visit in couples that did not conceive."""
    result = hpg.simulate(hpg.Patient(diagnosis=diagnosis), days=31)
    assert hpg.conception(result).months_of_trying == months
    assert hpg.conception(result, months_of_trying=7).months_of_trying == 7


def test_the_diagnoses_of_infertile_couples_exist():
    assert set(INFERTILE) <= set(phenotypes())


def test_age_of_the_partner_and_a_known_chance_count(typical):
    chances = [hpg.conception(typical, partner_age=age).cumulative[-1] for age in (25, 35, 40, 45)]
    assert all(older < younger for younger, older in pairwise(chances))
    assert hpg.conception(typical, partner_fecundability=0.0).cumulative[-1] == 0
    known = hpg.conception(typical, partner_fecundability=0.2)
    assert known.monthly == pytest.approx(np.full(12, 0.2)) and known.cumulative[-1] == pytest.approx(1 - 0.8**12)
    assert hpg.conception(typical, partner_fecundability=1.0).cumulative[-1] == pytest.approx(1)


def test_a_user_s_parameters_count(typical):
    model = hpg.Model.default().with_parameters(partner_fecundability=0.1)
    chances = hpg.conception(hpg.simulate(hpg.match(hpg.Patient(), model=model), months=1))
    assert chances.monthly[0] == pytest.approx(0.4 * hpg.conception(typical).monthly[0], rel=0.02)
    wrong = hpg.Model.default().with_parameters(partner_fecundability_variation=3.0)
    with pytest.raises(ValueError, match="partner_fecundability_variation = 3"):
        hpg.conception(hpg.simulate(hpg.match(hpg.Patient(), model=wrong), months=1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"partner_age": 12}, "partner_age"),
        ({"partner_fecundability": 1.5}, "partner_fecundability"),
        ({"months_of_trying": -1}, "0 to 360"),
        ({"months_of_trying": 400}, "0 to 360"),
        ({"months_of_trying": float("nan")}, "finite"),
        ({"months_of_trying": "two"}, "2 years"),
        ({"months_of_trying": "2 kg"}, "kg"),
        ({"months_of_trying": True}, "number"),
        ({"months_of_trying": 24, "partner_fecundability": 0.2}, "tell no more"),
        ({"previous_pregnancy": True, "partner_fecundability": 0.2}, "tell no more"),
    ],
)
def test_impossible_input_is_refused(typical, wrong, said):
    with pytest.raises(ValueError, match=said):
        hpg.conception(typical, **wrong)


def test_a_simulation_shorter_than_a_month_is_refused():
    with pytest.raises(ValueError, match="shorter than a month"):
        hpg.conception(hpg.simulate(None, days=10))


@pytest.mark.parametrize(("text", "months"), [("2 years", 24), ("18", 18), ("52 weeks", 11.96), ("6 months", 6)])
def test_durations_are_read(text, months):
    assert months_of(text) == pytest.approx(months, rel=1e-3)


# ---- Assisted reproduction


@pytest.mark.parametrize(
    ("age", "percent", "least", "most"), [(30, 10.1, 8.9, 11.4), (36, 8.2, 6.6, 10.1), (39, 6.5, 4.8, 8.7), (41, 3.6, 1.7, 7.6), (50, 0.8, 0.1, 4.6)]
)  # fmt: skip
def test_insemination_by_age_is_dovey_2008(age, percent, least, most):
    """Pregnancies per started cycle of clomiphene, with the exact intervals of 237 of 2351, 78 of 947 and so on."""
    (rate,) = (r for r in published_rates(sperm_concentration=10, total_motile_count=30, partner_age=age) if r.study == "Dovey 2008")  # fmt: skip
    assert rate.percent == percent
    assert rate.low == pytest.approx(least, abs=0.5) and rate.high == pytest.approx(most, abs=0.7)


def rates(**semen):
    return {
        (rate.treatment, rate.outcome, rate.group): rate.percent for rate in published_rates(partner_age=33, **semen)
    }


def test_rates_follow_the_count():
    """van der Westerlaken 1998: 4.6, 3.9 and 11.3 % by inseminated sperm; Strassburger 2000: 31 % of ICSI cycles."""
    plenty = rates(sperm_concentration=30, total_motile_count=60)
    few = rates(sperm_concentration=0.5, total_motile_count=1)
    assert plenty["insemination", "pregnant", "10 million and more inseminated"] == 11.3
    assert few["insemination", "pregnant", "below 2 million inseminated"] == 4.6
    assert few["ICSI", "pregnant", "0.1 to 10 million/mL"] == 31
    assert not any(treatment == "sperm retrieval" for treatment, _, _ in (*plenty, *few))


def test_azoospermic_men_have_the_rates_of_retrieval():
    """Esteves 2014: sperm found in all of 146 men with obstruction; Corona 2019: in 47 % of procedures without."""
    none = rates(sperm_concentration=0, total_motile_count=0)
    assert none["sperm retrieval", "sperm found", "obstruction"] == 100
    assert none["sperm retrieval", "sperm found", "no obstruction"] == 47
    assert not any(treatment in ("insemination", "IVF or ICSI") for treatment, _, _ in none)


def test_every_rate_has_a_source_and_an_interval_that_holds_it():
    for count in (0.0, 0.5, 5.0, 50.0):
        for age in (20, 34, 36, 39, 41, 44, 60):
            found = published_rates(sperm_concentration=count, total_motile_count=2 * count, partner_age=age)
            assert found
            for rate in found:
                assert 0 <= rate.percent <= 100 and rate.source and rate.study
                if rate.low is None or rate.high is None:
                    assert rate.low is rate.high is rate.number is None
                else:
                    assert rate.low <= rate.percent <= rate.high


def test_intervals_are_wilson_s():
    """Newcombe 1998: 81 of 263 is 25.5 to 36.6 %; 0 of 20 is 0 to 16.1 %."""
    assert wilson_interval(100 * 81 / 263, 263) == pytest.approx((25.53, 36.62), abs=0.01)
    assert wilson_interval(0, 20) == pytest.approx((0, 16.11), abs=0.01)


def test_tables_and_columns(untreated):
    chances = conception(untreated)
    assert list(chances.by_month()) == ["month", "sperm_concentration", "total_motile_count", "monthly", "cumulative"]
    assert len(chances.table()) == 12 and len(chances.assisted_table()) == len(chances.assisted)
    assert "study" in chances.assisted_table() and asdict(chances.assisted[0])["verified"]
