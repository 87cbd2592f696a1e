"""17-hydroxyprogesterone and INSL3, each against its study."""

import pytest

import hpgaxis as hpg

SECONDARY = hpg.Patient(age=45, diagnosis="secondary_hypogonadism", labs={"testosterone": "223.5 ng/dL"})


def change(result, name, day):
    """Per cent of the start."""
    return 100 * (result.at(name, day) / result.at(name, 0) - 1)


def test_levels_of_healthy_men():
    """Quest 17180: 42 to 196 ng/dL in men of 31 to 40 years; Albrethsen 2020: INSL3 1.3 ug/L (0.9 to 2.7)."""
    man = hpg.simulate(None, "", days=1)
    assert 42 < man.at("hydroxyprogesterone", 0) < 196
    assert man.at("insl3", 0) == pytest.approx(1.3, abs=0.2)


def test_hydroxyprogesterone_is_low_where_testosterone_is():
    """Diaz 2023: median 46 ng/dL in 75 men with testosterone of 223.5 ng/dL; Lima 2020: 47.5."""
    assert hpg.simulate(SECONDARY, "", days=1).at("hydroxyprogesterone", 0) == pytest.approx(46, rel=0.35)


def test_testosterone_takes_hydroxyprogesterone_to_its_adrenal_part():
    """Diaz 2023: -65.3 % on testosterone cypionate 200 mg every two weeks at 120 days; Lima 2020: 47.5 to 13.5 ng/dL."""
    result = hpg.simulate(SECONDARY, "testosterone cypionate 200 mg every 2 weeks", days=126)
    assert change(result, "hydroxyprogesterone", 120) == pytest.approx(-65.3, abs=15)


def test_hydroxyprogesterone_rises_before_testosterone_on_hcg():
    """Martikainen 1980: 5000 IU once: 2.96 of baseline at 36 h, testosterone 2.39 at 96 h."""
    result = hpg.simulate(None, "hCG 5000 IU im once", days=5, t_eval=[hour / 24 for hour in range(0, 121, 6)])
    course = {name: result[name] / result[name][0] for name in ("hydroxyprogesterone", "testosterone")}
    assert 1.6 < course["hydroxyprogesterone"].max() < 3.6
    assert result.time[course["hydroxyprogesterone"].argmax()] <= result.time[course["testosterone"].argmax()]


def test_insl3_hardly_rises_on_hcg():
    """Albrethsen 2020: +17 % where testosterone rises by 53 %."""
    result = hpg.simulate(None, "hCG 1500 IU three times a week for 2 weeks", days=14)
    assert 0 < change(result, "insl3", 14) < 40
    assert change(result, "testosterone", 14) > change(result, "insl3", 14)


def test_insl3_falls_by_nine_tenths_in_ten_days_without_lh():
    """Roth 2013: more than 90 % on acyline without hCG."""
    result = hpg.simulate(None, "acyline 300 ug/kg every 10 days for 10 days", days=10)
    assert change(result, "insl3", 10) == pytest.approx(-90, abs=12)


@pytest.mark.parametrize(
    ("diagnosis", "low", "high"),
    [
        ("hypogonadotropic_hypogonadism", 0.02, 0.18),
        pytest.param(
            "acquired_hypogonadotropic_hypogonadism",
            0.19,
            0.94,
            marks=pytest.mark.xfail(
                strict=True, reason="the diagnosis is of men without any LH, the published had some"
            ),
        ),
    ],
)
def test_insl3_without_gonadotropins(diagnosis, low, high):
    """201 and 479 men: 60 +- 40 pg/mL in congenital, 566 +- 372 pg/mL in acquired deficiency, against 1300."""
    assert low <= hpg.simulate(hpg.Patient(diagnosis=diagnosis), "", days=1).at("insl3", 0) <= high
