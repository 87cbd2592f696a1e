"""Feedback, pituitary, Leydig cells and SHBG: what a shape of the axis must give at once, each with its study."""

from functools import cache

import numpy as np
import pytest

import hpgaxis as hpg

SMALL_DOSES = [hour / 24 for hour in range(0, 145, 3)]


@cache
def treated(sentence, days, who=None):
    return hpg.simulate(who, sentence, days=days)


def share(result, name, day):
    """Of the start."""
    return result.at(name, day) / result.at(name, 0)


def missed(reached):
    return pytest.mark.xfail(strict=True, reason=reached)


class TestTestosterone:
    def test_1200_mg_of_pellets_abolish_lh(self):
        """Handelsman 1992: LH and FSH undetectable on 1200 mg, below 1 x 10^6/mL in 9 of 9."""
        assert treated("testosterone_pellet 1200 mg once", 120).at("lh", 60) < 0.3

    @missed("69 %: feedback within days is there below the threshold of weeks")
    def test_400_mg_of_pellets_hardly_lower_lh(self):
        """Handelsman 1996: 3 mg a day has a negligible effect."""
        assert share(treated("testosterone_pellet 400 mg once", 120), "lh", 60) >= 0.8

    def test_four_days_at_twice_production_halve_lh(self):
        """J Clin Endocrinol Metab, scilit f80ac77c: 15 mg a day iv for 4 days: testosterone x 3, LH -50 % (-35 to -65)."""
        assert 0.35 <= share(treated("testosterone_infusion 15 mg daily for 4 days", 4), "lh", 4) <= 0.65

    def test_half_of_lh_is_left_on_50_mg_of_enanthate_a_week(self):
        """Matsumoto 1990: 50 mg a week is the dose that halves LH."""
        result = treated("testosterone enanthate 50 mg weekly", 182)
        assert result.reading("lh", 182).mean / result.at("lh", 0) == pytest.approx(0.5, abs=0.12)

    def test_half_of_fsh_is_left_on_50_mg_of_enanthate_a_week(self):
        """Matsumoto 1990: 50 mg a week is the dose that halves FSH."""
        result = treated("testosterone enanthate 50 mg weekly", 182)
        assert result.reading("fsh", 182).mean / result.at("fsh", 0) == pytest.approx(0.5, abs=0.12)

    @missed("67 % above 300 ng/dL; LH 55 and FSH 60 % of baseline, which is met")
    def test_nasal_testosterone_spares_gonadotropins(self):
        """Ramasamy 2020: testosterone above 300 ng/dL in 90.9 % (80 to 97), LH and FSH mostly normal."""
        men = hpg.population(100, seed=3, diagnosis="secondary_hypogonadism")
        result = hpg.simulate_many(men, "testosterone_nasal 11 mg three times a day", days=90)
        assert result.readings is not None
        means = {name: values[:, 0] for name, values in result.readings.values.items()}
        assert 0.80 <= np.mean(means["testosterone"][:, -1] > 300) <= 0.97
        for name in ("lh", "fsh"):
            assert np.mean(means[name][:, -1] / means[name][:, 0]) >= 0.5


class TestChorionicGonadotropin:
    @missed("testosterone +38 %")
    def test_1500_iu_a_week_leave_lh_and_fsh_alone(self):
        """Rainer 2022: 431 to 461 ng/dL (not significant), LH, FSH and estradiol unchanged in 31 men."""
        man = hpg.match(hpg.Patient(age=49, bmi=28.6, labs={"testosterone": "431 ng/dL"}))
        result = hpg.simulate(man, "hCG 1500 IU sc weekly", days=294)
        found = {n: result.reading(n, 294).mean / result.at(n, 0) for n in ("testosterone", "lh", "fsh")}
        assert 1.0 <= found["testosterone"] <= 1.25
        assert found["lh"] >= 0.6 and found["fsh"] >= 0.6

    @pytest.fixture(scope="class")
    def once(self):
        return hpg.simulate(None, "hCG 5000 IU im once", days=6, t_eval=SMALL_DOSES)

    @missed("2.04 at 72 h, 2.01 at 96 h")
    def test_the_second_rise_of_testosterone(self, once):
        """Martikainen 1980: 2.39 of baseline at 96 h after 5000 IU; Bang 2017: +110 %; Saez 1979: 2.4."""
        for day in (3, 4):
            assert 2.1 <= share(once, "testosterone", day) <= 2.6

    def test_estradiol_peaks_before_testosterone(self, once):
        """Martikainen 1980: estradiol 2.30 of baseline at 36 h."""
        assert 24 <= 24 * once.time[once["estradiol"].argmax()] <= 48

    def test_a_larger_dose_gives_no_less_in_the_long_run(self):
        """No published dose-response turns down."""
        levels = [
            treated(f"hCG {dose} IU im three times a week", 182).reading("testosterone", 182).mean
            for dose in (1500, 3000, 5000, 10000)
        ]
        assert levels == sorted(levels)


class TestEstrogen:
    def test_shbg_does_not_fall_on_clomiphene(self):
        """Huijben 2022: SHBG rose in 17 studies, 1279 men (0 to +25 %)."""
        for dose in (25, 50):
            assert 1.0 <= share(treated(f"clomiphene {dose} mg daily", 120), "shbg", 120) <= 1.25

    @missed("-17 %")
    def test_shbg_is_unchanged_on_letrozole_in_obesity(self):
        """De Boer 2005: testosterone three-fold without a change of SHBG (-15 to +10 %)."""
        man = hpg.match(hpg.Patient(age=40, bmi=38, diagnosis="obesity"))
        assert 0.85 <= share(hpg.simulate(man, "letrozole 2.5 mg daily", days=84), "shbg", 84) <= 1.10

    def test_young_men_after_four_weeks_of_letrozole(self):
        """T'Sjoen 2005: LH +339 %, testosterone +146 % in ten young men (x 3-5, x 2-2.9)."""
        result = hpg.simulate(hpg.Patient(age=25), "letrozole 2.5 mg daily", days=28)
        assert 3 <= share(result, "lh", 28) <= 5
        assert 2 <= share(result, "testosterone", 28) <= 2.9


class TestPituitary:
    def test_a_bolus_of_gonadorelin(self):
        """Bang 2017: LH +400 % at 30 min after 100 ug in 77 men (x 4-6)."""
        result = hpg.simulate(
            None, "gonadorelin 100 ug iv once", days=0.1, pulsatile=True, seed=3, t_eval=[0, 0.5 / 24, 0.1]
        )
        assert 4 <= result["lh"][1] / result["lh"][0] <= 6

    def test_a_pump_in_congenital_deficiency(self):
        """Zheng 2017: testosterone 8.7 nmol/L (250 ng/dL) at 3 months (200 to 450 ng/dL)."""
        man = hpg.Patient(diagnosis="hypogonadotropic_hypogonadism")
        result = hpg.simulate(man, "gonadorelin 10 ug sc every 90 minutes", days=90)
        assert 200 <= result.at("testosterone", 90) <= 450

    def test_the_flare_of_an_agonist(self):
        """Klotz 2008: testosterone +65 % on day 3 of leuprolide 7.5 mg (+45 to +85)."""
        assert 1.45 <= share(treated("leuprolide 7.5 mg every 28 days", 7), "testosterone", 3) <= 1.85
