"""Facts 10, 11, 13 and 14, and what other axes, safety and conception must reproduce, each with its study."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import hpgaxis as hpg
from hpgaxis.physiology.parameters import catalogue
from hpgaxis.trials import read_design
from hpgaxis.trials.examples import example
from hpgaxis.trials.recruit import blocks
from hpgaxis.trials.run import run_block
from hpgaxis.trials.separation import area_under_curve
from hpgaxis.validation.responder_fractions import first_day


def change(result, name):
    """Per cent of the start."""
    return 100 * (result[name][-1] / result[name][0] - 1)


@pytest.mark.xdist_group("anastrozole")  # one worker simulates the 2000 men for all of them
class Test10WhoAnswersAnastrozole:
    PROTOCOL = "anastrozole 1 mg every 2.33 days"  # 3 mg a week

    def man(self, *, bmi=28, **labs):
        base = {"testosterone": 356, "lh": 4.7, "fsh": 4.7, "sperm_concentration": 3.6}
        who = hpg.Patient(age=36, bmi=bmi, diagnosis="idiopathic_oligozoospermia", labs={**base, **labs})
        return hpg.match_means(who)

    def gain(self, man, name="sperm_concentration"):
        result = hpg.simulate(man, self.PROTOCOL, days=120)
        return result[name][-1] / result[name][0]

    def test_the_typical_responder_gains_more_than_the_typical_non_responder(self):
        """Naelitz 2023, medians: responders T 356, LH 4.7, FSH 4.7, sperm 3.6; others T 265, LH 8.3, FSH 6.7, sperm 0.3."""
        responder = self.man()
        other = self.man(testosterone=265, lh=8.3, fsh=6.7, sperm_concentration=0.3)
        for name in ("testosterone", "intratesticular_testosterone", "sperm_concentration", "total_motile_count"):
            assert self.gain(responder, name) > 1.05 * self.gain(other, name)

    def test_the_gain_follows_testosterone_over_lh(self):
        """Naelitz 2023: T:LH of 100 ng/dL over IU/L and more marks those likelier to respond."""
        men = [self.man(lh=lh) for lh in (12, 8.3, 4.7, 2.5)]
        gains = [self.gain(man, "testosterone") for man in men]
        sperm = [self.gain(man) for man in men]
        assert gains == sorted(gains)
        assert sperm == sorted(sperm)

    @pytest.mark.xfail(strict=True, reason="1.12: men of 36 kg/m2 gain a little more")
    def test_body_mass_index_hardly_matters_at_the_same_hormones(self):
        """Naelitz 2023: BMI did not predict."""
        gains = [self.gain(self.man(bmi=bmi)) for bmi in (23, 28, 36)]
        assert max(gains) / min(gains) < 1.1

    def test_baseline_estradiol_matters_less_than_testosterone_over_lh(self):
        """Naelitz 2023: baseline E2 did not predict, T and LH did."""
        low, high = (self.gain(self.man(estradiol=estradiol)) for estradiol in (15, 35))
        assert high / low < self.gain(self.man()) / self.gain(self.man(testosterone=265, lh=8.3))

    @pytest.fixture(scope="class")
    def areas(self):
        """Areas under the curve of measurements before treatment for an upgrade of sperm, in 2000 men of a clinic.

        The cohort of Naelitz 2023 (baseline between its responders' and its non-responders'), labs and semen as read.
        """
        design = read_design(example("t-lh-cohort")).model_copy(update={"men": 2000, "uncertain": False})
        tables = [run_block(design, block) for block in blocks(design)]
        men, visits, outcomes = tuple[Any, Any, Any](
            pd.concat([table[name] for table in tables]) for name in ("men", "visits", "outcomes")
        )
        before = visits[(visits["day"] == 0) & (visits["arm"] == "anastrozole")].set_index("man")
        upgraded = outcomes[(outcomes["arm"] == "anastrozole") & (outcomes["end_point"] == "upgraded")].set_index("man")
        answered = upgraded["value"].reindex(before.index).to_numpy() > 0
        levels = {
            "T:LH": before["testosterone"] / before["lh"],
            "estradiol": before["estradiol"],
            "E2:T": before["estradiol"] / before["testosterone"],
            "bmi": men.set_index("man")["bmi"].reindex(before.index),
        }
        return {name: area_under_curve(values.to_numpy(), answered) for name, values in levels.items()}

    @pytest.mark.slow
    @pytest.mark.xfail(strict=True, reason="0.69")
    def test_testosterone_over_lh_separates_who_answers(self, areas):
        """Naelitz 2023: T:LH of 100 or more marked responders; its area in the design: at least 0.7."""
        assert areas["T:LH"] >= 0.7

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "name", [pytest.param("estradiol", marks=pytest.mark.xfail(strict=True, reason="0.60")), "E2:T", "bmi"]
    )
    def test_estradiol_its_ratio_and_body_mass_index_do_not(self, areas, name):
        """Naelitz 2023: BMI, baseline E2 and E2:T did not predict."""
        assert areas[name] == pytest.approx(0.5, abs=0.08)


class Test11OtherAxes:
    def test_cortisol_excess_slows_the_pulses_and_lowers_testosterone(self):
        """Shekhar 2024: 6.9 (SE 0.55) LH pulses a day against 12.1 (0.72) cured; LH 0.60 of cured; T 205 (SE 28) ng/dL."""
        sick = hpg.match(hpg.Patient(diagnosis="cushing_syndrome"))
        cured = hpg.simulate(sick, days=365, changes_at_start={"adrenal_autonomy": 0.0})
        assert cured["gnrh_pulses_per_day"][0] / cured["gnrh_pulses_per_day"][-1] == pytest.approx(0.57, abs=0.14)
        assert 0.4 <= cured["lh"][0] / cured["lh"][-1] <= 0.95
        assert cured["shbg"][-1] > cured["shbg"][0]
        assert cured["testosterone"][-1] > 264

    def test_most_cushing_men_are_eugonadal_within_a_year_of_cure(self):
        """Shekhar 2024: 74 % at 12 months; another series: 80 % within 12, most of them within 3 months."""
        sick = hpg.match(hpg.Patient(diagnosis="cushing_syndrome"))
        cured = hpg.simulate(sick, days=365, changes_at_start={"adrenal_autonomy": 0.0})
        day = first_day(cured, "testosterone", 300.0, above=True, after=1)
        assert day is not None and 5 <= day <= 365

    def test_prolactin_excess_slows_the_pulses_and_cabergoline_restores_them(self):
        """Colao 2004: testosterone normal after 6 months in 60 %; Rudman 2025: prolactin normal in a median of 4 months."""
        result = hpg.simulate(hpg.Patient(diagnosis="hyperprolactinaemia"), "cabergoline 0.5 mg twice a week", days=180)
        assert result["gnrh_pulses_per_day"][0] < 11
        assert result["prolactin"][-1] < 20
        assert result["testosterone"][0] < 300 < result["testosterone"][-1]

    def test_macroprolactinoma_lowers_testosterone_further(self):
        """Gulf series 2022, 79 men: prolactin about 950 ug/L, testosterone 4.5 (0.4-28.2) nmol/L."""
        result = hpg.simulate(hpg.Patient(age=32, traits={"prolactin_secretion": 119}), days=1)
        assert 0.4 <= result.get("testosterone", "nmol/L")[0] <= 9.2

    def test_thyroxine_restores_free_testosterone_in_hypothyroidism(self):
        """Donnelly 2000: free testosterone 161 (SD 62) to 315 (SD 141) pmol/L in ten men: x 1.96; 95 % interval 1.3-2.9."""
        man = hpg.match(hpg.Patient(diagnosis="hypothyroidism"))
        result = hpg.simulate(man, "levothyroxine 125 ug daily", days=270)
        assert result["tsh"][-1] < 4.5
        assert 1.3 <= result["free_testosterone"][-1] / result["free_testosterone"][0] <= 2.9
        assert result["prolactin"][-1] < result["prolactin"][0]
        assert result["shbg"][-1] > result["shbg"][0]
        assert result["sperm_concentration"][-1] > 1.2 * result["sperm_concentration"][0]

    def test_hyperthyroidism_and_its_treatment(self):
        """Abalovich 1999: SHBG, T, E2, LH up; Kidd 1979: free T normal; Krassas 2002: motility 28 (SE 8) to 45 (SE 7) %."""
        man = hpg.match(hpg.Patient(diagnosis="hyperthyroidism"))
        normal = hpg.simulate(hpg.Patient(age=33), days=1)
        result = hpg.simulate(man, "methimazole 20 mg daily", days=240)
        for name, least in (("shbg", 2.0), ("testosterone", 1.4), ("estradiol", 1.3), ("lh", 1.2)):
            assert result[name][0] > least * normal[name][0], name
        assert 0.7 <= result["free_testosterone"][0] / normal["free_testosterone"][0] <= 1.3
        assert 31 <= result["motility"][-1] <= 66
        assert result["motility"][-1] > result["motility"][0] + 10

    def test_gynecomastia_in_thyrotoxicosis(self):
        """Abalovich 1999: 6 of 25 men, 24 % (95 % interval 9-45)."""
        assert 9 <= hpg.simulate(hpg.Patient(diagnosis="hyperthyroidism"), days=1)["gynecomastia_risk"][0] <= 45
        assert hpg.simulate(None, days=1)["gynecomastia_risk"][0] < 5

    def test_replacement_doses_of_hydrocortisone_spare_testosterone(self):
        """docs/model.md: replacement is no excess; men with adrenal insufficiency on it are eugonadal."""
        man = hpg.Patient(traits={"adrenal_capacity": 0.02})
        result = hpg.simulate(man, "hydrocortisone 10 mg daily and hydrocortisone 5 mg daily from day 0.3", days=120)
        assert result["testosterone"][-1] > 0.9 * 505

    def test_a_replacement_dose_costs_an_intact_man_less_than_a_tenth_of_his_testosterone(self):
        """A goal without a trial in intact men: 20 mg of hydrocortisone a day replaces cortisol and is no excess."""
        result = hpg.simulate(None, "hydrocortisone 20 mg daily", days=182)
        assert -10 <= change(result, "testosterone") <= 0

    def test_glucocorticoid_excess_halves_testosterone_and_does_not_castrate(self):
        """MacAdams 1986: 211 (SD 93) against 449 (SD 111) ng/dL on chronic glucocorticoids, gonadotropins not raised."""
        result = hpg.simulate(None, "hydrocortisone 60 mg daily", days=182)
        assert 0.26 <= result["testosterone"][-1] / result["testosterone"][0] <= 0.68
        assert result["lh"][-1] < 1.1 * result["lh"][0]


class TestBody:
    def test_a_week_of_5_hours_of_sleep(self):
        """Leproult 2011: testosterone 10 to 15 % lower after 8 nights of 5 hours."""
        assert (
            -15
            <= change(
                hpg.simulate(hpg.Patient(age=24), "sleep restriction 3 h daily for 8 days", days=8), "testosterone"
            )
            <= -10
        )

    @pytest.mark.parametrize(
        ("bmi", "sentence", "low", "high"),
        [
            pytest.param(
                36, "weight loss of 10 %", 1.68, 4.07, marks=pytest.mark.xfail(strict=True, reason="1.66 nmol/L")
            ),
            (45, "bariatric surgery 32 %", 6.0, 10.95),
        ],
    )
    def test_testosterone_gained_by_weight_loss(self, bmi, sentence, low, high):
        """Corona 2013: diet +2.87 (1.68-4.07), surgery +8.73 (6.51-10.95) nmol/L; 44 studies, 2021: surgery 7.2 (6.0-8.4)."""
        result = hpg.simulate(hpg.Patient(age=40, bmi=bmi, diagnosis="obesity"), sentence, days=540)
        gained = result.get("testosterone", "nmol/L")
        assert low <= gained[-1] - gained[0] <= high

    def test_heavy_endurance_training_lowers_testosterone_without_a_rise_of_lh(self):
        """Hackney 2020: the exercise-hypogonadal male condition; a few hours a week do not."""
        heavy = hpg.simulate(hpg.Patient(age=30), "endurance training 14 h weekly", days=120)
        light = hpg.simulate(hpg.Patient(age=30), "endurance training 3 h weekly", days=120)
        assert -50 <= change(heavy, "testosterone") <= -15
        assert heavy["lh"][-1] < heavy["lh"][0]
        assert abs(change(light, "testosterone")) < 6

    def test_years_pass_along_a_simulation(self):
        """Free testosterone falls by 1-2 % a year with age (longitudinal series), SHBG rises by about 1.2 %."""
        result = hpg.simulate(hpg.Patient(age=40), months=120, ageing=True, step_days=10)
        assert -2 <= change(result, "free_testosterone") / 10 <= -0.3
        assert 0.5 <= change(result, "shbg") / 10 <= 2
        still = hpg.simulate(hpg.Patient(age=40), months=12)
        assert abs(change(still, "testosterone")) < 1e-3

    def test_varicocele_repair_helps_semen_and_only_where_there_is_one(self):
        """Agarwal 2023: concentration and motility rise after repair against none; about +12 x 10^6/mL (recalled)."""
        repaired = hpg.simulate(hpg.Patient(diagnosis="varicocele"), "varicocele repair", days=270)
        assert 5 <= repaired["sperm_concentration"][-1] - repaired["sperm_concentration"][0] <= 30
        assert repaired["motility"][-1] > repaired["motility"][0] + 3
        none = hpg.simulate(None, "varicocele repair", days=270)
        assert abs(change(none, "sperm_concentration")) < 1e-3

    def test_onset_before_or_after_puberty_sets_the_testes(self):
        """Dwyer 2013 (1.1 mL, inhibin B 29 pg/mL) against inhibinb-2000 (adult suppression: 184 pg/mL)."""
        early, late = (
            hpg.simulate(hpg.Patient(age=30, diagnosis=f"{kind}hypogonadotropic_hypogonadism", onset_age=onset), days=1)
            for kind, onset in (("", 0), ("acquired_", 25))
        )
        assert early["inhibin_b"][0] < 50 < 100 < late["inhibin_b"][0]
        assert late["testis_volume"][0] > 2 * early["testis_volume"][0]


class Test13PostTestosterone:
    TREATMENTS = (
        "gonadorelin 10 ug sc every 90 min",
        "hCG 3000 IU sc every other day",
        "clomiphene 25 mg daily",
        "tamoxifen 20 mg daily",
    )

    def recovery(self, sentence, *, years=2.0, age=38.0, to=5.0, name="sperm_concentration"):
        """Months from the last testosterone to this level."""
        man = hpg.Patient(diagnosis="suppressed_by_testosterone", history_years=years, age=age)
        result = hpg.simulate(man, sentence, months=18)
        day = first_day(result, name, to, above=True, after=20)
        return np.inf if day is None else day / 30.4375

    @pytest.mark.parametrize("sentence", TREATMENTS)
    def test_each_hastens_the_return_of_sperm(self, sentence):
        """docs/model.md, fact 13; Wenker 2015: hCG-based combinations, 4.6 months to 22.6 x 10^6/mL on average."""
        assert self.recovery(sentence, to=1.0) < self.recovery("no treatment", to=1.0)

    @pytest.mark.parametrize("sentence", TREATMENTS)
    def test_anastrozole_on_top_does_not_slow_it(self, sentence):
        """docs/model.md, fact 13: each with or without anastrozole."""
        both = self.recovery(f"{sentence} and anastrozole 1 mg daily", to=20.0)
        assert both <= self.recovery(sentence, to=20.0) + 0.1

    def test_the_clinics_combinations_reach_their_mark_in_the_time_published(self):
        """Kohn 2017: total motile count above 5 x 10^6 in 65.5 % at 6 and 70 % at 12 months; Wenker 2015: 4.6 months."""
        months = self.recovery("hCG 3000 IU sc every other day and clomiphene 50 mg every other day", to=20.0)
        assert 2.5 <= months <= 6.0
        assert (
            self.recovery(
                "hCG 3000 IU sc every other day and clomiphene 50 mg daily", to=5.0, name="total_motile_count"
            )
            <= 6
        )

    def test_stopping_alone_brings_sperm_back_within_half_a_year_in_the_typical_man(self):
        """Samplaski 2014: sperm back in 65 % at 6 months; Liu 2006: 67 % at 20 x 10^6/mL at 6 months."""
        assert 3.0 <= self.recovery("no treatment", to=20.0) <= 6.0

    def test_duration_and_age_delay_it(self):
        """Kohn 2017: time to recovery grows with age and with the duration of testosterone."""
        months = [self.recovery("no treatment", years=years, to=20.0) for years in (0.5, 2, 8)]
        assert months == sorted(months)
        assert months[-1] > months[0] + 0.5
        assert self.recovery("no treatment", age=65, to=1.0) > self.recovery("no treatment", age=28, to=1.0)

    def test_years_of_anabolic_steroids_take_longer_and_leave_leydig_cells_impaired(self):
        """Shankara Narayana 2020: LH normal after 10.7, sperm after 14.1 months; Flanagan 2015: blunted response to hCG."""
        man = hpg.match(hpg.Patient(diagnosis="suppressed_by_anabolic_steroids"))
        result = hpg.simulate(man, "no treatment", months=24)
        assert 2.5 <= (first_day(result, "lh", 4.5, above=True, after=20) or 1e9) / 30.4375 <= 14
        normal = hpg.simulate(hpg.Patient(age=34), days=1)["t_lh_ratio"][0]
        assert result.at("t_lh_ratio", 180) < 0.8 * normal


class Test14GradedTestosterone:
    """Finkelstein 2013 and 2016: goserelin with 0, 1.25, 2.5, 5, 10 g of 1 % gel for 16 weeks, without and with anastrozole."""

    @pytest.fixture(scope="class")
    def arms(self):
        man = hpg.match(hpg.Patient(age=34, bmi=25))
        found = {}
        for anastrozole in (False, True):
            for grams in (0, 1.25, 2.5, 5, 10):
                sentence = "goserelin 3.6 mg sc every 28 days"
                sentence += f" and testosterone_gel {10 * grams:g} mg daily" if grams else ""
                sentence += " and anastrozole 1 mg daily" if anastrozole else ""
                found[grams, anastrozole] = hpg.simulate(man, sentence, days=112)
        return found

    def test_testosterone_by_dose(self, arms):
        """191 (SD 78), 337 (173) ng/dL at 1.25 and 2.5 g, 16-week means: within one SD."""
        for grams, mean, sd in ((1.25, 191, 78), (2.5, 337, 173)):
            assert mean - sd <= arms[grams, False].mean("testosterone", 84, 112) <= mean + sd

    @pytest.mark.xfail(
        strict=True, reason="15 ng/dL: as mass spectrometry has it (Smith 2007: 13), which this trial's 44 is not"
    )
    def test_castrate_testosterone(self, arms):
        """44 (SD 13) ng/dL without gel, 16-week mean: within one SD."""
        assert 31 <= arms[0, False].mean("testosterone", 84, 112) <= 57

    def test_estradiol_above_10_and_testosterone_above_200_spare_bone(self, arms):
        """Finkelstein 2016: such levels are generally sufficient to prevent resorption and loss."""
        for (grams, _), result in arms.items():
            safe = result.mean("estradiol", 84, 112) > 10 and result.mean("testosterone", 84, 112) > 200
            if safe:
                assert change(result, "bone_spine") > -0.7, grams
        assert change(arms[0, False], "bone_spine") < -1.0

    def test_without_aromatisation_the_spine_falls_at_every_dose_alike(self, arms):
        """Finkelstein 2016: spine density fell substantially in all groups on anastrozole, independently of dose."""
        losses = [change(arms[grams, True], "bone_spine") for grams in (0, 1.25, 2.5, 5, 10)]
        assert max(losses) < -1.2
        assert max(losses) - min(losses) < 1.0
        for grams in (2.5, 5, 10):
            assert change(arms[grams, True], "bone_spine") < change(arms[grams, False], "bone_spine") - 1.0

    def test_fat_is_lost_through_estradiol_and_lean_mass_through_testosterone(self, arms):
        """Finkelstein 2013: fat up at 0-2.5 g without and at all doses with anastrozole; lean mass down at 0 and 1.25 g in both."""
        for grams in (0, 1.25, 2.5):
            assert change(arms[grams, False], "body_fat") > 2
        assert change(arms[10, False], "body_fat") < 1
        for grams in (0, 1.25, 2.5, 5, 10):
            assert change(arms[grams, True], "body_fat") > 5
            without, with_it = (change(arms[grams, a], "lean_mass") for a in (False, True))
            assert with_it == pytest.approx(without, abs=0.3)
        assert change(arms[1.25, False], "lean_mass") < -1
        assert change(arms[2.5, False], "lean_mass") > -1

    def test_desire_falls_with_the_dose_and_more_without_estradiol(self, arms):
        """Finkelstein 2013: sexual desire declined as the dose was reduced; both steroids contribute."""
        for anastrozole in (False, True):
            scores = [arms[grams, anastrozole]["libido"][-1] for grams in (0, 1.25, 2.5, 5, 10)]
            assert scores == sorted(scores)
        for grams in (1.25, 2.5, 5, 10):
            assert arms[grams, True]["libido"][-1] < arms[grams, False]["libido"][-1] - 10


class TestSafety:
    @pytest.mark.parametrize(
        ("dose", "grams_per_deciliter"),
        [
            (25, -0.7),
            (50, -0.4),
            (125, 0.5),
            pytest.param(300, 0.95, marks=pytest.mark.xfail(strict=True, reason="4.4 points")),
            (600, 1.42),
        ],
    )
    def test_hematocrit_by_testosterone_dose(self, dose, grams_per_deciliter):
        """Coviello 2008, young men, 20 weeks: hemoglobin by dose (figures recalled), as points of hematocrit (x 3).

        Within 1.5 points.
        """
        sentence = f"leuprolide 7.5 mg im every 28 days and testosterone enanthate {dose} mg weekly"
        result = hpg.simulate(hpg.Patient(age=27), sentence, days=140)
        assert result["hematocrit"][-1] - result["hematocrit"][0] == pytest.approx(3 * grams_per_deciliter, abs=1.5)

    def test_hematocrit_rises_more_in_older_men(self):
        """Coviello 2008: larger at 60-75 than at 19-35 years."""
        sentence = "leuprolide 7.5 mg im every 28 days and testosterone enanthate 300 mg weekly"
        young, old = (hpg.simulate(hpg.Patient(age=age), sentence, days=140)["hematocrit"] for age in (27, 67))
        assert old[-1] - old[0] > young[-1] - young[0]

    @pytest.mark.parametrize(
        ("labs", "age", "sentence", "days", "start", "end"),
        [
            ({"testosterone": 240.7}, 48.6, "testosterone cypionate 200 mg im every 2 weeks", 120, 42.7, 46.6),
            pytest.param(
                {"testosterone": 300},
                50,
                "oral TU 400 mg twice a day",
                180,
                44.9,
                47.4,
                marks=pytest.mark.xfail(
                    strict=True, reason="49.4: injections raise it as published, this dose by mouth less"
                ),
            ),
        ],
    )
    def test_hematocrit_in_replacement_trials(self, labs, age, sentence, days, start, end):
        """Miami 2023: cypionate 42.7 to 46.6 % at day 120; Vo 2024: oral undecanoate 44.9 to 47.4 %. Within 1.5 points."""
        who = hpg.Patient(age=age, bmi=29, diagnosis="secondary_hypogonadism", labs={**labs, "hematocrit": start})
        man = hpg.match_means(who)
        assert hpg.simulate(man, sentence, days=days)["hematocrit"][-1] == pytest.approx(end, abs=1.5)

    @pytest.mark.parametrize(
        ("sentence", "above_50", "above_54"),
        [
            ("testosterone cypionate 200 mg weekly", (0.40, 0.70), (0.05, 0.25)),
            ("testosterone gel 50 mg daily", (0.05, 0.20), (0.0, 0.05)),
        ],
    )
    def test_men_with_a_high_hematocrit_after_a_year(self, sentence, above_50, above_54):
        """Pastuszak 2015 (Sex Med 3:165): above 50 % in 66.7 % of men on injections and in 12.8 % on gels."""
        men = hpg.population(300, seed=1, diagnosis="secondary_hypogonadism", age=(50, 10))
        course = hpg.simulate_many(men, sentence, days=365, t_eval=[0.0, 365.0], variables=["hematocrit"])
        reached = course.values["hematocrit"][:, -1]
        assert above_50[0] <= (reached > 50).mean() <= above_50[1]
        assert above_54[0] <= (reached > 54).mean() <= above_54[1]

    def test_bone_on_anastrozole_for_a_year(self):
        """Burnett-Bowie 2009: spine 1.121 to 1.102 (-1.7 %) against +0.8 % on placebo, difference -2.5 (P 0.0014: -3.9 to -1.0)."""
        man = hpg.match_means(hpg.Patient(age=68, bmi=27, labs={"testosterone": 319, "estradiol": 15}))
        assert -3.9 <= change(hpg.simulate(man, "anastrozole 1 mg daily", days=365), "bone_spine") <= -1.0

    def test_bone_in_androgen_deprivation(self):
        """Yu 2012, 9 months: spine -3.4, hip -1.2 %; within a point."""
        result = hpg.simulate(hpg.Patient(age=64), "leuprolide 7.5 mg im every 28 days", days=274)
        assert change(result, "bone_spine") == pytest.approx(-3.4, abs=1.0)
        assert change(result, "bone_hip") == pytest.approx(-1.2, abs=1.0)

    def test_lipids_in_androgen_deprivation_and_on_testosterone(self):
        """Smith 2002: LDL +7.3 % at 11 months; Bhasin 2001: HDL falls with the testosterone concentration."""
        castrate = hpg.simulate(hpg.Patient(age=64), "leuprolide 7.5 mg im every 28 days", days=335)
        assert 3 <= change(castrate, "ldl") <= 12
        hdl = [
            hpg.simulate(None, f"testosterone enanthate {dose} mg weekly", days=140)["hdl"][-1]
            for dose in (125, 300, 600)
        ]
        assert hdl == sorted(hdl, reverse=True)

    def test_psa(self):
        """Bhasin 2001: unchanged over 25-600 mg a week in young men (here within a quarter); finasteride about halves it."""
        supra = hpg.simulate(None, "testosterone enanthate 600 mg weekly", days=140)
        assert abs(change(supra, "psa")) < 25
        assert -65 <= change(hpg.simulate(hpg.Patient(age=60), "finasteride 5 mg daily", days=365), "psa") <= -30

    def test_libido_settles_in_about_six_weeks(self):
        """Saad 2011: the effect on desire is complete by 6 weeks."""
        result = hpg.simulate(
            hpg.Patient(diagnosis="hypogonadotropic_hypogonadism"), "testosterone_gel 50 mg daily", days=180
        )
        gain = result["libido"] - result["libido"][0]
        assert result.at("libido", 42) - result["libido"][0] > 0.85 * gain[-1] > 10


class TestTitration:
    RULE = "clomiphene 25 mg every other day; if testosterone < 500 ng/dL at weeks 4 and 12 raise clomiphene to 50 mg"

    @pytest.fixture(scope="class")
    def treated(self):
        """40 hypogonadal men about Katz's baseline: T 192 ng/dL (all below 300), LH 1.6, FSH 1.9 IU/L, E2 26 pg/mL, 29 y."""
        who = hpg.Patient(
            age=29,
            bmi=27,
            diagnosis="secondary_hypogonadism",
            labs={"testosterone": 192, "lh": 1.6, "fsh": 1.9, "estradiol": 23},
        )
        base = hpg.match_means(who).traits
        draw = np.random.Generator(np.random.Philox(2012))
        varied = (
            "gnrh_drive", "estrogen_sensitivity", "androgen_sensitivity", "leydig_output", "aromatase", "shbg_synthesis",
        )  # fmt: skip
        found = []
        while len(found) < 40:
            traits = {n: base[n] * np.exp(catalogue()[n].spread * draw.standard_normal()) for n in varied}
            traits |= {
                n: base[n] for n in ("fsh_secretion", "sertoli_number", "germ_cells", "semen_volume", "motility")
            }
            man = hpg.match(hpg.Patient(age=29, bmi=27, traits=traits))
            if hpg.simulate(man, days=1)["testosterone"][0] < 300:
                found.append(hpg.simulate(man, self.RULE, days=180))
        return found

    def test_mean_testosterone_on_titrated_clomiphene(self, treated):
        """Katz 2012: 485 ng/dL on 25 or 50 mg every other day, from 192; within 15 %."""
        assert np.mean([result["testosterone"][0] for result in treated]) == pytest.approx(192, rel=0.15)
        assert np.mean([result["testosterone"][-1] for result in treated]) == pytest.approx(485, rel=0.15)

    @pytest.mark.xfail(
        strict=True,
        reason="15 % stay; the trial's own mean on treatment (485) is below its target, so that its rule was not this one",
    )
    def test_about_70_per_cent_stay_on_the_lower_dose(self, treated):
        """Katz 2012: 25 mg every other day, raised to 50 mg for a target of 550 (50) ng/dL; 70 % stayed (60-80 %)."""
        stayed = [not any(visit.actions for visit in result.visits) for result in treated]
        assert 0.6 <= np.mean(stayed) <= 0.8
