"""Virtual men of any age and body mass index beside the men of the population, and the typical man beside trends.

The men are those of a national survey that the package ships (`evidence/individuals`): each has virtual men of his age and
body mass index, who are sampled as he was.
"""

from functools import cache

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.evidence.individuals import packaged_individuals
from hpgaxis.people.baseline import untreated_labs
from hpgaxis.validation.cross_sections import AGE_CLASSES, BMI_CLASSES, class_text, compare_cross_section

WITHIN, CORRELATION_WITHIN = 0.12, 0.12
HORMONES = ("testosterone", "estradiol", "shbg")
CLASSES = [
    class_text({"by": by, "low": low, "high": None if high == np.inf else high})
    for by, classes in (("bmi", BMI_CLASSES), ("age", AGE_CLASSES))
    for low, high in classes
]
MISSED_MEDIANS = {
    ("BMI 40 and more", "testosterone"): "220, published 290",
    ("BMI 40 and more", "estradiol"): "21.7, published 29.9",
    ("BMI 30 to 35", "shbg"): "31.4, published 27.6",
    ("BMI 40 and more", "shbg"): "23.1, published 27.7",
    ("70 to 80 years", "shbg"): "48.2, published 55",
}
"""Class and hormone -> figure reached (ng/dL, pg/mL, nmol/L)."""
CORRELATIONS = [
    ("testosterone", "estradiol"), ("testosterone", "shbg"), ("testosterone", "bmi"), ("testosterone", "age"),
    ("estradiol", "shbg"), ("estradiol", "bmi"), ("shbg", "bmi"), ("shbg", "age"),
]  # fmt: skip
MISSED_CORRELATIONS = {
    ("estradiol", "bmi"): "-0.02, published 0.15",
}
TYPICAL = [(31, 22.7), (41, 27.3), (42, 32.2), (38, 36.9), (34, 43.4)]
"""Median age (years) and body mass index (kg/m2) of the survey's classes of body mass index."""


@cache
def compared():
    """The survey beside its virtual men."""
    (survey,) = packaged_individuals().cross_sections
    return compare_cross_section(survey)


@cache
def untreated(age, bmi):
    """The typical man at an age (years) and body mass index (kg/m2), untreated."""
    return hpg.simulate(hpg.Patient(age=age, bmi=bmi), "", days=1)


def level(name, *, age=40.0, bmi=25.0):
    return untreated(float(age), float(bmi)).at(name, 0)


def cases(keys, missed):
    """Every key; those missed so far as strict failures with the figure reached."""
    assert set(missed) <= set(keys)
    for key in keys:
        mark = pytest.mark.xfail(strict=True, reason=missed[key]) if key in missed else ()
        yield pytest.param(*key, id=" ".join(key), marks=mark)


@pytest.mark.xdist_group("survey")  # one worker simulates the men for all of them
@pytest.mark.parametrize(
    ("men", "hormone"), cases([(men, hormone) for hormone in HORMONES for men in CLASSES], MISSED_MEDIANS)
)
def test_medians_of_a_national_survey(men, hormone):
    """National Health and Nutrition Examination Survey 2013-2014: medians by body mass index and by age."""
    (row,) = (row for row in compared().medians if (class_text(row), row["measure"]) == (men, hormone))
    assert row["predicted"] == pytest.approx(row["observed"], rel=WITHIN)


@pytest.mark.xdist_group("survey")
@pytest.mark.parametrize(("one", "other"), cases(CORRELATIONS, MISSED_CORRELATIONS))
def test_correlations_of_a_national_survey(one, other):
    """The same survey: Spearman correlations of all men but the 0.5 % at either end of each hormone."""
    (row,) = (row for row in compared().correlations if row["between"] == [one, other])
    assert row["predicted"] == pytest.approx(row["observed"], abs=CORRELATION_WITHIN)


@pytest.mark.slow
@pytest.mark.parametrize(("age", "bmi"), TYPICAL)
def test_the_typical_man_is_the_median_of_men_who_are_drawn(age, bmi):
    """No study: what the comparison with single typical men rests on."""
    drawn = untreated_labs(hpg.population(1000, seed=4, age=age, bmi=bmi))
    for name in HORMONES:
        assert np.median(drawn[name]) == pytest.approx(level(name, age=age, bmi=bmi), rel=WITHIN / 2)


class TestBodyMass:
    @pytest.mark.xfail(strict=True, reason="24.7 and 22.8 pg/mL at 37 and 43 kg/m2: it falls in severe obesity")
    def test_estradiol_rises_with_body_mass(self):
        """The survey: 22.7 pg/mL at 23, 25 at 37, 30 at 43 kg/m2."""
        assert level("estradiol", bmi=23) < level("estradiol", bmi=37) < level("estradiol", bmi=43)

    def test_estradiol_of_obese_men(self):
        """Aggerholm 2008, 2139 men: 6 % higher in obese than in men of normal weight."""
        assert level("estradiol", bmi=33) / level("estradiol", bmi=23) == pytest.approx(1.06, abs=0.05)

    def test_testosterone_falls_with_body_mass(self):
        """The survey: 492, 350 and 271 ng/dL at 23, 32 and 43 kg/m2."""
        assert level("testosterone", bmi=23) > level("testosterone", bmi=32) > level("testosterone", bmi=43)

    def test_shbg_falls_with_body_mass(self):
        """The survey: 39, 28 and 25 nmol/L at 23, 32 and 43 kg/m2."""
        assert level("shbg", bmi=23) > level("shbg", bmi=32) > level("shbg", bmi=43)

    def test_lh_is_normal_in_moderate_obesity(self):
        """Lima 2000: 4.5 (SD 2.9) IU/L, normal, at 32.3 kg/m2; Strain 2003: 24-h LH does not depend on body mass."""
        assert level("lh", bmi=32) / level("lh", bmi=23) > 0.9

    @pytest.mark.xfail(
        strict=True, reason="0.83, published 0.69: testosterone of the survey's men of 40 kg/m2 asks for more LH"
    )
    def test_lh_falls_in_severe_obesity(self):
        """Lima 2000: 3.1 (SD 1.3) IU/L at 43.0 kg/m2, 4.5 (SD 2.9) at 32.3."""
        assert level("lh", bmi=43) / level("lh", bmi=32.3) == pytest.approx(3.1 / 4.5, rel=WITHIN)

    @pytest.mark.xfail(strict=True, reason="0.97, published 0.70")
    def test_fsh_falls_with_body_mass(self):
        """Strain 2003, 62 men of 20 to 94 kg/m2, 24-h means: FSH as body mass to the power of -0.567."""
        assert level("fsh", bmi=43) / level("fsh", bmi=23) == pytest.approx((43 / 23) ** -0.567, rel=0.1)

    def test_inhibin_b_falls_with_body_mass(self):
        """Aggerholm 2008, 2139 men: 25 to 32 % lower in obese men; Zhou 2025, 728 men: 1.5 to 2.1 pg/mL a kg/m2."""
        assert level("inhibin_b", bmi=35) / level("inhibin_b", bmi=23) < 0.9


class TestAge:
    def test_testosterone_is_level_or_slightly_down(self):
        """The survey: 386 ng/dL at 34, 362 at 74 years, 28 kg/m2; Kelsey 2014: no fall of the mean after 40 years."""
        assert 0.85 < level("testosterone", age=75, bmi=28) / level("testosterone", age=30, bmi=28) <= 1

    def test_free_testosterone_falls(self):
        """Tajar 2008 (EMAS), 3200 men: 3.12 pmol/L a year from 40 to 79 years."""
        fall = (level("free_testosterone", age=40) - level("free_testosterone", age=79)) / 0.28842  # pg/mL to pmol/L
        assert fall / 39 == pytest.approx(3.12, rel=0.35)

    def test_lh_rises(self):
        """33 men of 37 and 38 men of 71 years on average: 1.9 and 2.2 ng/mL; Yeap 2007 (HIM): it rises from 70 to 89."""
        assert level("lh", age=71) / level("lh", age=37) == pytest.approx(2.2 / 1.9, rel=0.1)

    def test_fsh_rises_much_more(self):
        """Zumoff 1982, 35 healthy men, 24-h means: at 85 years about 2.5 times the level at 21."""
        assert level("fsh", age=85) / level("fsh", age=21) == pytest.approx(2.5, rel=0.25)

    @pytest.mark.xfail(strict=True, reason="0.60, published 0.36")
    def test_sperm_output_falls_by_half_and_more(self):
        """Ng 2004, 55 men of 52 to 79 years: median 74 x 10^6 an ejaculate, 206 in 409 younger donors."""
        assert level("sperm_total", age=65) / level("sperm_total", age=30) == pytest.approx(74 / 206, rel=0.3)

    @pytest.mark.xfail(strict=True, reason="0.75, published 0.56")
    def test_semen_volume_falls(self):
        """Ng 2004: mean 1.8 mL at 52 to 79 years, 3.2 in 409 younger donors."""
        assert level("semen_volume", age=65) / level("semen_volume", age=30) == pytest.approx(1.8 / 3.2, rel=0.25)

    def test_sperm_concentration_hardly_changes(self):
        """Ng 2004: median 64 x 10^6/mL at 52 to 79 years, 73 in younger donors (not significant)."""
        found = level("sperm_concentration", age=65) / level("sperm_concentration", age=30)
        assert found == pytest.approx(64 / 73, rel=0.2)
