"""Anti-Mullerian hormone and inhibin B, each against its study.

Laboratories differ twofold in anti-Mullerian hormone (normal men: 20 pmol/L in Young 1999, 43.5 in Benderradji 2022), so
that levels are compared as folds of the normal men of the same study.
"""

import pytest

import hpgaxis as hpg

CONGENITAL = hpg.Patient(diagnosis="hypogonadotropic_hypogonadism")
ACQUIRED = hpg.Patient(diagnosis="acquired_hypogonadotropic_hypogonadism")
NORMAL = hpg.simulate(None, "", days=1).at("amh", 0)


def folds_of_normal(patient, sentence="", day=0):
    """Anti-Mullerian hormone on a day over that of the typical man."""
    return hpg.simulate(patient, sentence, days=max(day, 1)).at("amh", day) / NORMAL


def fold(patient, sentence, name, day):
    """A measurement on a day over its start."""
    result = hpg.simulate(patient, sentence, days=day)
    return result.at(name, day) / result.at(name, 0)


class TestAntiMullerianHormone:
    def test_healthy_men(self):
        """Benderradji 2022 (578 normozoospermic men): median 43.5 pmol/L, 16.4 to 90.3."""
        assert pytest.approx(43.5, rel=0.1) == NORMAL

    def test_a_report_in_mass_is_converted(self):
        """1 ng/mL is 7.14 pmol/L, as laboratories convert it."""
        man = hpg.match(hpg.Patient(labs={"anti-Mullerian hormone": "9 ng/mL"}))
        assert man.fits["amh"].given == pytest.approx(9 * 7.14, rel=0.005)

    def test_untreated_congenital_hypogonadotropic_hypogonadism(self):
        """Young 1999, 12 men: 292 +- 86 pmol/L, normal men 20 +- 4.9: 14.6 times."""
        assert folds_of_normal(CONGENITAL) == pytest.approx(292 / 20, rel=0.3)

    def test_hypogonadotropic_hypogonadism_acquired_after_puberty(self):
        """Young 1999, 18 men: 107 +- 50 pmol/L: 5.4 times normal, less than in the congenital form."""
        acquired = folds_of_normal(ACQUIRED)
        assert acquired == pytest.approx(107 / 20, rel=0.47)
        assert acquired < folds_of_normal(CONGENITAL)

    @pytest.mark.parametrize("patient", [CONGENITAL, ACQUIRED], ids=["congenital", "acquired"])
    def test_hcg_alone_takes_it_to_that_of_normal_men(self, patient):
        """Young 1999, 6 congenital and 4 acquired, hCG 1500 IU twice a week: 17 +- 4.3 pmol/L at 6 months, normal 20."""
        assert folds_of_normal(patient, "hCG 1500 IU twice a week", 183) == pytest.approx(17 / 20, rel=0.3)

    def test_hcg_alone_takes_nineteen_twentieths(self):
        """Young 1999: 314 to 17 pmol/L in 6 months, 6 congenital and 4 acquired."""
        start, end = (
            0.6 * folds_of_normal(CONGENITAL, sentence, day) + 0.4 * folds_of_normal(ACQUIRED, sentence, day)
            for sentence, day in (("", 0), ("hCG 1500 IU twice a week", 183))
        )
        assert end / start < 2 * 17 / 314

    @pytest.mark.xfail(strict=True, reason="0.82: it follows the testosterone of the testis at once, not over months")
    def test_hcg_takes_more_than_three_months(self):
        """Young 1999: 56 +- 30 pmol/L at 3 months (2.8 times normal), 17 at 6, where testosterone is 11 and 19 nmol/L."""
        three = 0.6 * folds_of_normal(CONGENITAL, "hCG 1500 IU twice a week", 91)
        three += 0.4 * folds_of_normal(ACQUIRED, "hCG 1500 IU twice a week", 91)
        assert three == pytest.approx(56 / 20, rel=0.54)

    def test_testosterone_from_outside_suppresses_less_than_hcg(self):
        """Young 1999: enanthate 250 mg every 3 weeks raised serum testosterone as hCG did, intratesticular hardly."""
        enanthate = folds_of_normal(CONGENITAL, "testosterone enanthate 250 mg every 3 weeks", 168)
        assert folds_of_normal(CONGENITAL, "hCG 1500 IU twice a week", 183) < enanthate

    def test_fsh_alone_raises_it(self):
        """Grinspon and Rey 2010: FSH raises AMH where testosterone is absent; hCG lowers it."""
        assert fold(CONGENITAL, "FSH 150 IU daily", "amh", 30) > 1.1

    def test_ten_days_without_gonadotropins_do_not_raise_it(self):
        """Roth 2013: within 10 days of acyline AMH does not follow intratesticular testosterone, which loses 98 %."""
        assert fold(None, "acyline 300 ug/kg every 10 days for 10 days", "amh", 10) == pytest.approx(1, abs=0.2)

    def test_testosterone_treatment_leaves_it_as_it_is(self):
        """Hadlow, 10 men: mean 36 pmol/L (19 to 89), no trend at 6 months with LH below 1 IU/L."""
        assert fold(None, "testosterone gel 50 mg daily", "amh", 183) == pytest.approx(1, abs=0.3)

    def test_castration_raises_it(self):
        """Young 1999, 10 men with prostate cancer: 11.4 to 49 pmol/L after 12 months of triptorelin: 4.3 times."""
        sentence = "triptorelin 3.75 mg every 4 weeks"
        assert fold(hpg.Patient(age=70), sentence, "amh", 360) == pytest.approx(49 / 11.4, rel=0.5)

    @pytest.mark.xfail(strict=True, reason="1.00: where testosterone is high, the model's FSH does nothing to it")
    def test_anabolic_steroids_lower_it(self):
        """Rasmussen 2016: significantly lower in 37 users of androgens than in former users and in controls."""
        assert fold(None, "testosterone enanthate 600 mg weekly", "amh", 183) < 0.9

    def test_it_falls_with_age(self):
        """Benderradji 2022: negatively correlated with age; Young 1999: 11.4 in older men, 20 in men of 20 to 60."""
        assert hpg.simulate(hpg.Patient(age=70), "", days=1).at("amh", 0) < 0.9 * NORMAL


class TestInhibinB:
    def test_suppression_of_six_weeks_leaves_three_quarters(self):
        """Matthiesson 2003: 75 % of baseline after six weeks of testosterone and progestogen."""
        sentence = "testosterone enanthate 200 mg weekly"
        assert fold(None, sentence, "inhibin_b", 42) == pytest.approx(0.75, abs=0.08)

    @pytest.mark.xfail(strict=True, reason="1.00: what six weeks leave, years leave")
    def test_years_without_gonadotropins_leave_less_than_six_weeks(self):
        """Matthiesson 2003: 75 % at six weeks; Maione 2022: 126 pg/mL in men without gonadotropins for years."""
        result = hpg.simulate(None, "testosterone enanthate 200 mg weekly", days=1095)
        assert result.at("inhibin_b", 1095) / result.at("inhibin_b", 42) < 0.9

    def test_acquired_hypogonadotropic_hypogonadism(self):
        """Maione 2022, meeting abstract, 479 men with pituitary disease: 126 (SD 87) pg/mL."""
        assert hpg.simulate(ACQUIRED, "", days=1).at("inhibin_b", 0) == pytest.approx(126, rel=0.1)

    def test_congenital_hypogonadotropic_hypogonadism(self):
        """Maione 2022, meeting abstract, 201 men: 59 (SD 55) pg/mL; Dwyer 2013, testes below 4 mL: 29 (9)."""
        assert 29 - 9 <= hpg.simulate(CONGENITAL, "", days=1).at("inhibin_b", 0) <= 59
