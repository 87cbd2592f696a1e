"""How men differ under treatment: who becomes azoospermic, who recovers and when, who answers, and who is harmed.

Men are drawn; shares are of their true counts unless a test says that they are sampled.
"""

from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

import hpgaxis as hpg
from hpgaxis.measurements.variation import varied
from hpgaxis.people.baseline import untreated_labs
from hpgaxis.validation.populations import samples
from hpgaxis.validation.responder_fractions import AZOOSPERMIA
from hpgaxis.validation.suppression_and_recovery import RECOVERED, recovery

MEN, SEED = 600, 11
MONTH = 30.4375
TREATED = 26 * 7
TESTOSTERONE = "testosterone enanthate 200 mg weekly for 26 weeks"


@cache
def men(diagnosis, count=MEN):
    return hpg.population(count, seed=SEED, diagnosis=diagnosis)


@cache
def course(diagnosis, protocol, days, count=MEN):
    """Sperm concentration (10^6/mL) of the men on these days (men, days)."""
    result = hpg.simulate_many(
        men(diagnosis, count), protocol, days=days[-1], t_eval=list(days), variables=("sperm_concentration",)
    )
    return result.values["sperm_concentration"]


@cache
def suppressed(diagnosis="eugonadal"):
    days = (0, 35, 91, TREATED, *(TREATED + round(MONTH * month) for month in range(1, 26)))
    return dict(zip(days, course(diagnosis, TESTOSTERONE, days).T, strict=True))


@cache
def gain(diagnosis, protocol, days=180, count=MEN):
    """Sperm concentration after so many days over that before (men,)."""
    before, after = course(diagnosis, protocol, (0, days), count).T
    return after / before


class TestSuppression:
    def test_two_thirds_become_azoospermic(self):
        """WHO 1990, WHO 1995: 60-67 % of men who are not of East Asian descent at six months."""
        assert 0.57 <= np.mean(suppressed()[TREATED] < AZOOSPERMIA) <= 0.70

    def test_nine_in_ten_men_of_east_asian_descent_do(self):
        """WHO 1995: 89-91 %."""
        assert 0.86 <= np.mean(suppressed("east_asian_men")[TREATED] < AZOOSPERMIA) <= 0.94

    def test_the_others_keep_few(self):
        """Anderson 1996: 0.20 (SE 0.08) x 10^6/mL in week 20 in men who are not azoospermic."""
        left = suppressed()[TREATED]
        assert 0.05 <= np.median(left[left >= AZOOSPERMIA]) <= 1.0

    def test_the_mean_is_below_3_million(self):
        """WHO 1995: 3 x 10^6/mL is reached by 98 %."""
        assert suppressed()[TREATED].mean() < 3

    def test_half_of_the_sperm_are_there_in_week_5(self):
        """Wallace 1993: 18.7 x 10^6/mL in men who become azoospermic, 48.4 in the others."""
        gone = suppressed()[TREATED] < AZOOSPERMIA
        early = suppressed()[35]
        assert np.median(early[gone]) < np.median(early[~gone])
        assert 10 <= np.median(early) <= 50

    @pytest.mark.xfail(strict=True, reason="about half: 0.3 IU/L of LH is left, and testicular testosterone")
    def test_implants_leave_less_than_1_million_in_nine_of_ten(self):
        """Handelsman 1992: 1200 mg of pellets: below 1 x 10^6/mL in 9 of 9 men."""
        (left,) = course("eugonadal", "testosterone pellet 1200 mg once", (120,)).T
        assert np.mean(left < 1) >= 0.9


class TestRecovery:
    @pytest.mark.parametrize(("month", "share"), [(6, 67), (12, 90), (16, 96), (24, 100)])
    def test_back_at_20_million(self, month, share):
        """Liu 2006, 1549 men: 67, 90, 96 and 100 % at 6, 12, 16 and 24 months, within 7 points.

        As in the trials: monthly samples, which vary, two of them in a row, in men who had 20 x 10^6/mL before.
        """
        before = suppressed()[0]
        after = np.array([suppressed()[TREATED + round(MONTH * number)] for number in range(1, 26)]).T
        read = after * varied("sperm_concentration", np.random.default_rng(SEED).standard_normal(after.shape))
        recovered = recovery(read, RECOVERED)[before >= RECOVERED]
        assert 100 * np.mean(recovered[:, month - 1]) == pytest.approx(share, abs=7)

    def test_first_sperm(self):
        """Handelsman 1995: 75 (SE 4) days after the last dose in men who were azoospermic; the goal is 55 to 95."""
        days = (TREATED, *range(TREATED + 10, TREATED + 400, 5))
        found = course("eugonadal", TESTOSTERONE, days)
        gone = found[:, 0] < AZOOSPERMIA
        first = np.array(days)[np.argmax(found[gone] >= AZOOSPERMIA, axis=1)] - (TREATED - 7)
        assert 55 <= np.median(first) <= 95


class TestAnabolicSteroids:
    """Men after three years of 600 mg of testosterone enanthate a week: doses and years of the studies are not read."""

    DAYS = tuple(1092 + round(MONTH * month) for month in (9.86, 30))

    @pytest.fixture(scope="class")
    def courses(self):
        result = hpg.simulate_many(
            men("young_healthy", 200), "testosterone enanthate 600 mg weekly for 156 weeks", days=self.DAYS[-1],
            t_eval=[0, 1091, *self.DAYS], variables=("testosterone", "sperm_total", "testis_volume"),
        )  # fmt: skip
        return result.values

    @pytest.mark.xfail(
        strict=True, reason="0.57 of before: Leydig cells have not regrown after three years at this dose"
    )
    def test_testosterone_300_days_later(self, courses):
        """Shankara Narayana 2020: 21.5 in 31 past users, 29.8 nmol/L in 21 men who never used."""
        before, _, later, _ = np.median(courses["testosterone"], axis=0)
        assert later / before == pytest.approx(21.5 / 29.8, abs=0.12)

    @pytest.mark.xfail(strict=True, reason="0.52 of before: stem cells are not yet back")
    def test_sperm_are_back_after_300_days(self, courses):
        """Shankara Narayana 2020, total sperm: 4 x 10^6 in 41 users, 215 in 31 past users, 203 in 21 others."""
        before, during, later, _ = np.median(courses["sperm_total"], axis=0)
        assert during < 4 < later
        assert later / before >= 0.7

    def test_testosterone_after_two_and_a_half_years(self, courses):
        """Rasmussen 2016: median 14.4 in 33 former users, 18.8 nmol/L in 30 controls; 27 % below 12.1 nmol/L."""
        levels = courses["testosterone"]
        assert np.median(levels[:, 3]) / np.median(levels[:, 0]) == pytest.approx(14.4 / 18.8, abs=0.12)
        assert np.mean(levels[:, 3] < 12.1 * 28.842) == pytest.approx(0.27, abs=0.12)

    @pytest.mark.xfail(strict=True, reason="0.81 during and 0.97 later: tubules without germ cells keep their size")
    def test_testes_stay_smaller(self, courses):
        """Shankara Narayana 2020: 14.3 mL in 41 users, 18.6 mL 300 days later, 23.2 mL in men who never used."""
        before, during, later, _ = np.median(courses["testis_volume"], axis=0)
        assert during / before == pytest.approx(14.3 / 23.2, abs=0.1)
        assert later / before == pytest.approx(18.6 / 23.2, abs=0.1)


class TestResponse:
    def test_clomiphene_harms_some_and_helps_most(self):
        """Decline review of 11 studies: fewer sperm in 19-24 %; Puia 2022: 60 % improve. Goal: 15-25 and 45-65 %."""
        found = gain("idiopathic_oligozoospermia", "clomiphene 25 mg daily")
        assert 0.12 <= np.mean(found < 1) <= 0.28
        assert 0.45 <= np.mean(found > 1.25) <= 0.65

    @pytest.mark.parametrize("protocol", ["anastrozole 1 mg daily", "clomiphene 25 mg daily", "tamoxifen 20 mg daily"])
    def test_normal_men_gain_little(self, protocol):
        """WHO 1992, Chua 2013: 5 x 10^6/mL; the Sertoli cells of normal men carry nearly all they can."""
        assert np.median(gain("eugonadal", protocol)) < 1.15

    def test_fsh_before_treatment_hardly_tells_who_gains_on_it(self):
        """Santi 2015: no reliable predictor of the response to FSH."""
        fsh = untreated_labs(men("idiopathic_oligozoospermia"))["fsh"]
        rank = float(np.asarray(spearmanr(fsh, gain("idiopathic_oligozoospermia", "FSH 150 IU every 2 days")))[0])
        assert -0.5 <= rank <= 0.1

    def test_nothing_is_added_to_sperm_after_the_run(self):
        """One man alone, in a population and in a trial has the same sperm."""
        some = men("young_healthy", 20)
        together = hpg.simulate_many(some, TESTOSTERONE, days=182, t_eval=[182], variables=("sperm_concentration",))
        alone = [hpg.simulate(man, TESTOSTERONE, days=182).at("sperm_concentration", 182) for man in some[:3]]
        assert together.values["sperm_concentration"][:3, 0] == pytest.approx(alone, rel=1e-3)


class TestCongenitalDeficiency:
    PROTOCOL = "hCG 2000 IU 3 times a week and FSH 150 IU 3 times a week"
    DAYS = tuple(range(0, 735, 15))

    def test_most_men_have_sperm_in_two_years(self):
        """Liu Z 2016: 64 % of 223 men; Muir 2025: 78 % of 99; Rastrelli 2014: 75 %."""
        found = course("hypogonadotropic_hypogonadism", self.PROTOCOL, self.DAYS)
        assert 0.64 <= np.mean(found[:, -1] >= AZOOSPERMIA) <= 0.85

    def test_the_first_sperm_take_5_to_15_months(self):
        """Muir 2025: median 5, Liu 2009: 7.1, Liu Z 2016: 15 months."""
        found = course("hypogonadotropic_hypogonadism", self.PROTOCOL, self.DAYS) >= AZOOSPERMIA
        first = np.where(found.any(axis=1), np.array(self.DAYS)[np.argmax(found, axis=1)], np.inf)
        assert 5 <= np.median(first) / MONTH <= 15

    @pytest.mark.parametrize(("million", "share"), [(2, 56), (5, 49), (10, 37), (20, 24)])
    def test_how_many_sperm(self, million, share):
        """Muir 2025, 99 men: above 2, 5, 10 and 20 x 10^6/mL in 56, 49, 37 and 24 %."""
        found = course("hypogonadotropic_hypogonadism", self.PROTOCOL, self.DAYS)[:, -1]
        assert 100 * np.mean(found > million) == pytest.approx(share, abs=12)

    def test_hcg_alone_doubles_the_testes(self):
        """Burris 1988: 5.5 to 10.8 mL; Young 1999: hCG alone."""
        result = hpg.simulate_many(
            men("hypogonadotropic_hypogonadism", 100), "hCG 2000 IU 3 times a week", days=365, t_eval=[0, 365],
            variables=("testis_volume",),
        )  # fmt: skip
        before, after = np.median(result.values["testis_volume"], axis=0)
        assert after / before >= 2


class TestGenes:
    def test_azfc_deletion(self):
        """Hopps 2003: no sperm in 62 % of 42 men, the others severely oligozoospermic."""
        found = untreated_labs(men("azfc_deletion"))["sperm_concentration"]
        assert np.mean(found < AZOOSPERMIA) == pytest.approx(0.62, abs=0.15) and np.quantile(found, 0.95) < 5

    def test_azfa_and_azfb_deletions(self):
        """Hopps 2003: azoospermic."""
        assert (untreated_labs(men("azfa_or_azfb_deletion", 100))["sperm_concentration"] < AZOOSPERMIA).all()

    def test_cryptorchidism_of_both_testes(self):
        """BMJ Best Practice: no sperm in 42 %, few in 31 %; PMID 12807515: FSH 6.1 against 2.9 IU/L in fertile men."""
        found = untreated_labs(men("cryptorchidism"))
        assert np.mean(found["sperm_concentration"] < AZOOSPERMIA) == pytest.approx(0.42, abs=0.15)
        assert np.median(found["fsh"]) > 1.1 * np.median(untreated_labs(men("eugonadal"))["fsh"])


CLINIC = {
    ("testosterone", "lh"): 0.19,
    ("fsh", "inhibin_b"): -0.63,
    ("fsh", "sperm_concentration"): -0.32,
    ("testosterone", "shbg"): 0.72,
    ("lh", "bmi"): 0.02,
    ("fsh", "bmi"): 0.11,
    ("inhibin_b", "bmi"): -0.46,
    ("testosterone", "age"): -0.45,
    ("fsh", "age"): 0.37,
}
MISSED_CORRELATIONS = {
    ("fsh", "inhibin_b"): "-0.48: -0.50 in 2448 men of another clinic",
    ("testosterone", "shbg"): "0.5: 0.49 in the survey's 2261 men",
    ("testosterone", "age"): "-0.1: -0.17 in the survey's 2261 men",
}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            *pair,
            marks=pytest.mark.xfail(strict=True, reason=MISSED_CORRELATIONS[pair])
            if pair in MISSED_CORRELATIONS
            else (),
        )
        for pair in CLINIC
    ],
)
def test_correlations_between_men(one, other):
    """85 men of a clinic, Spearman's rank correlation of single samples."""
    drawn = samples(hpg.population(2000, seed=SEED), SEED)
    assert spearmanr(drawn[one], drawn[other])[0] == pytest.approx(CLINIC[one, other], abs=0.15)
