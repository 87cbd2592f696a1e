"""The facts that the model must reproduce, each with its study and its published range."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.model import CHANNELS, Model
from hpgaxis.physiology import semen
from hpgaxis.physiology.axis import signals
from hpgaxis.physiology.observables import observables
from hpgaxis.physiology.parameters import parameters
from hpgaxis.physiology.states import Inputs, State
from hpgaxis.simulation.run import CASTRATION
from hpgaxis.validation.responder_fractions import first_day

TYPICAL = hpg.match(hpg.Patient())
CHH = hpg.Patient(age=24, diagnosis="hypogonadotropic_hypogonadism")


def fold(sentence, name, day, man=TYPICAL, **more):
    """Fold of baseline on a day: the mean of the day before it, as a 24-hour mean."""
    result = hpg.simulate(man, sentence, days=day, step_days=0.05 if day < 60 else 0.25, **more)
    return result.mean(name, day - 1, day) / result[name][0]


class Test1NormalMan:
    def test_hormones_and_semen_inside_the_central_half_of_healthy_men(self):
        """Shankara Narayana 2020 non-users, Rubinow 2016 and Hayes 2001 baselines; semen: WHO 2021 (Campbell 2021)."""
        result = hpg.simulate(TYPICAL, days=2)
        ranges = {
            "testosterone": (400, 650),
            "lh": (3.0, 6.0),
            "fsh": (2.7, 6.2),
            "estradiol": (20, 31),
            "shbg": (25, 45),
            "inhibin_b": (140, 255),
            "sperm_concentration": (36, 111),
            "semen_volume": (2.3, 4.2),
            "motility": (52, 73),
        }
        for name, (low, high) in ranges.items():
            assert low <= result[name][0] <= high, name

    def test_intratesticular_testosterone_is_about_100_times_serum(self):
        """Jarow 2001 (2112 nmol/L), Roth 2010 (2202), Coviello 2005 (1174) against serum of 14-20 nmol/L: 60-150."""
        result = hpg.simulate(TYPICAL, days=1)
        serum = result.get("testosterone", "nmol/L")[0]
        assert 60 <= result["intratesticular_testosterone"][0] / serum <= 150

    def test_lh_pulses_every_90_to_120_minutes(self):
        """Veldhuis 1987: 95 (SE 11) min; Spratt 1988: 120 min."""
        lh = hpg.simulate(TYPICAL, days=10, pulsatile=True, step_days=1 / 480)["lh"]
        peaks = np.sum((lh[1:-1] > lh[:-2]) & (lh[1:-1] >= lh[2:]))
        assert 90 <= 10 * 1440 / peaks <= 120

    def test_lh_falls_with_the_half_lives_of_two_compartments(self):
        """Veldhuis 1986: 18 and 90 min: after secretion stops half is gone in 18 to 90 min, and the tail is 90 min."""
        p = parameters()._replace(gnrh_drive=0.0, lh_basal_fraction=0.0)
        state = Model.default().untreated(parameters())
        state[Model.default().states.index("gnrh")] = 0.0
        from hpgaxis.engine import forcing
        from tests.engine.one_subject import integrate_one

        times = np.arange(0, 0.5, 1 / 1440)
        lh = integrate_one(
            Model.default().kernel, state, np.array(p, dtype=float), forcing.none(len(CHANNELS)), times,
            scale=Model.default().reference_state(p), names=Model.default().states,
        )[0][:, Model.default().states.index("lh")]  # fmt: skip
        half = times[np.argmax(lh < lh[0] / 2)] * 1440
        tail = -np.log(2) / np.polyfit(times[240:480], np.log(lh[240:480]), 1)[0] * 1440
        assert 18 <= half <= 90
        assert tail == pytest.approx(90, rel=0.1)

    def test_testosterone_is_higher_in_the_morning(self):
        """Bremner 1983: young men have their peak at about 8 h and 15-40 % less in the evening."""
        result = hpg.simulate(TYPICAL, days=6, pulsatile=True, step_days=1 / 144)
        hour = (result.time % 1) * 24
        morning = result["testosterone"][(hour > 7) & (hour < 10)].mean()
        evening = result["testosterone"][(hour > 18) & (hour < 22)].mean()
        assert 1.1 <= morning / evening <= 1.4


class Test2Castration:
    def test_orchidectomy_raises_lh_5_to_10_fold_in_weeks(self):
        """docs/model.md, fact 2; orchidectomy 5-year series: LH 30 (SD 12) IU/L."""
        after = hpg.simulate(TYPICAL, days=60, changes_at_start=CASTRATION)
        assert 5 <= after["lh"][-1] / after["lh"][0] <= 10

    def test_orchidectomy_raises_fsh_5_to_10_fold_in_weeks(self):
        """docs/model.md, fact 2; orchidectomy 5-year series: FSH 28 (SD 5) IU/L."""
        after = hpg.simulate(TYPICAL, days=60, changes_at_start=CASTRATION)
        assert 5 <= after["fsh"][-1] / after["fsh"][0] <= 10
        assert after["testosterone"][-1] < 62 + 21

    def test_antagonist_castrates_in_3_days(self):
        """Degarelix 240 mg: testosterone below 50 ng/dL by day 3 in 96 % (label)."""
        assert hpg.simulate(TYPICAL, "degarelix 240 mg once", days=3)["testosterone"][-1] <= 50

    def test_agonist_depot_flares_then_castrates(self):
        """Flare of 7-10 days (ACNP review), castrate (below 50 ng/dL) by weeks 3-4 (Finkelstein 2013: 44 (SD 13))."""
        result = hpg.simulate(TYPICAL, "leuprolide 7.5 mg im every 28 days", days=28)
        testosterone = result["testosterone"]
        assert testosterone[result.time < 7].max() > 1.2 * testosterone[0]
        above = result.time[testosterone > testosterone[0]]
        assert 3 <= above.max() <= 12
        assert testosterone[-1] <= 50

    def test_continuous_gonadorelin_suppresses_where_pulses_stimulate(self):
        """Belchetz 1978; pumps of 90-120 min pulses normalise testosterone in hypogonadotropic men (Buchter 1998)."""
        man = hpg.match(CHH)
        pulses = hpg.simulate(man, "gonadorelin 10 ug sc every 120 min", days=90)
        continuous = hpg.simulate(man, "gonadorelin 120 ug sc infusion daily", days=90)
        assert pulses["lh"][-1] > 5 * pulses["lh"][0]
        assert continuous["lh"][-1] < 0.5 * pulses["lh"][-1]
        assert fold("gonadorelin 500 ug iv infusion daily", "testosterone", 60) < 0.2


class Test3Aromatase:
    def test_complete_lack_raises_lh_fsh_and_testosterone(self):
        """Aromatase deficiency (Carani 1997): estradiol unmeasurable, LH, FSH and testosterone raised."""
        normal = hpg.simulate(TYPICAL, days=1)
        without = hpg.simulate(hpg.match(hpg.Patient(traits={"aromatase": 0.001})), days=1)
        assert without["estradiol"][0] < 1
        for name in ("lh", "fsh", "testosterone"):
            assert without[name][0] > 1.2 * normal[name][0]

    MEN = {  # noqa: RUF012
        "elderly, Leder 2004": hpg.Patient(age=68, labs={"testosterone": 343, "lh": 5.1, "estradiol": 23}),
        "obese infertile, Shah 2021": hpg.Patient(
            age=34, bmi=29, labs={"testosterone": 271, "lh": 3.4, "estradiol": 29, "fsh": 4.8}
        ),
        "young, Veldhuis 2005 and T'Sjoen 2005": hpg.Patient(age=28),
    }

    @pytest.mark.parametrize(
        ("who", "estradiol", "testosterone"),
        [
            ("elderly, Leder 2004", (0.35, 0.75), (1.4, 2.0)),
            ("obese infertile, Shah 2021", (0.35, 0.65), (1.3, 2.0)),
            ("young, Veldhuis 2005 and T'Sjoen 2005", (0.35, 0.65), (1.3, 2.5)),
        ],
    )
    def test_anastrozole_1_mg_halves_estradiol_and_raises_testosterone(self, who, estradiol, testosterone):
        """Leder 2004: E2 0.65, T 1.67; Shah 2021: E2 0.50, T 1.5-1.8; Veldhuis 2005: E2 0.5; letrozole: T 2.0-2.5.

        Estradiol with the background of the trials' immunoassays (3 pg/mL).
        """
        result = hpg.simulate(hpg.match_means(self.MEN[who]), "anastrozole 1 mg daily", days=90)
        reading = (result["estradiol"][-1] + 3) / (result["estradiol"][0] + 3)
        assert estradiol[0] <= reading <= estradiol[1]
        assert testosterone[0] <= result["testosterone"][-1] / result["testosterone"][0] <= testosterone[1]

    @pytest.mark.parametrize(
        ("who", "low", "high"),
        [
            ("elderly, Leder 2004", 1.3, 2.8),
            ("obese infertile, Shah 2021", 1.3, 2.8),
            ("young, Veldhuis 2005 and T'Sjoen 2005", 1.5, 4.4),
        ],
    )
    def test_anastrozole_1_mg_raises_lh(self, who, low, high):
        """Leder 2004: 1.55; Shah 2021: 1.6; Loves 2013 (letrozole): 2.7; Veldhuis 2005: 2.1; T'Sjoen 2005: 4.4."""
        result = hpg.simulate(hpg.match_means(self.MEN[who]), "anastrozole 1 mg daily", days=90)
        assert low <= result["lh"][-1] / result["lh"][0] <= high

    def test_the_dose_response_is_flat(self):
        """Leder 2004: 1 mg twice a week lowers estradiol as 1 mg a day (17 pg/mL both)."""
        daily, twice = (fold(f"anastrozole 1 mg {how}", "estradiol", 84) for how in ("daily", "twice a week"))
        assert (twice * 25 + 3) / (daily * 25 + 3) < 1.35


class Test4Serm:
    def test_testosterone_and_lh_about_double(self):
        """Clomiphene in young men: T +100 % (Tenover 1987), LH +180 % (24-h mean, 1973); trials T x 1.7-2.5."""
        assert 1.5 <= fold("clomiphene 25 mg daily", "testosterone", 90) <= 2.5
        assert 1.5 <= fold("clomiphene 25 mg daily", "lh", 90) <= 3.0

    def test_testosterone_and_lh_about_double_in_the_men_treated(self):
        """25 mg a day from about 205-250 ng/dL: testosterone x 1.7 (Pannerselvam 2023) to 2.5 (Katz 2012, Shabsigh
        2005; Helo 2017 2.4); LH x 1.5 (Helo 2017) to 4.2 (Katz 2012).
        """
        man = hpg.match_means(hpg.Patient(age=36, bmi=32, labs={"testosterone": 205, "lh": 4.0, "estradiol": 17}))
        assert 1.7 <= fold("clomiphene 25 mg daily", "testosterone", 180, man) <= 2.5
        assert 1.5 <= fold("clomiphene 25 mg daily", "lh", 180, man) <= 4.2

    def test_lh_after_a_week_in_normal_men(self):
        """100 mg a day for 7 days: 24-h mean LH +180 % (range of five men +135 to +245 %; 1973)."""
        assert 2.35 <= fold("clomiphene 100 mg daily", "lh", 7) <= 3.45

    def test_testosterone_after_a_week_in_young_men(self):
        """Tenover 1987, 100 mg a day for 7 days, 22-35 years: testosterone +100 %; taken as 1.75 to 2.25."""
        assert 1.75 <= fold("clomiphene 100 mg daily", "testosterone", 7, hpg.match(hpg.Patient(age=28))) <= 2.25

    def test_estradiol_rises_with_clomiphene(self):
        """Katz 2012 x 1.5, Helo 2017 x 2."""
        assert 1.3 <= fold("clomiphene 25 mg daily", "estradiol", 120) <= 2.2

    def test_tamoxifen_is_stronger_than_raloxifene(self):
        """Birzniece 2010, two weeks: tamoxifen T +40 %, LH +70 %; raloxifene +25 %, +30 %."""
        assert 1.2 <= fold("tamoxifen 20 mg daily", "testosterone", 14) <= 1.6
        assert 1.15 <= fold("raloxifene 120 mg daily", "testosterone", 14) <= 1.5
        assert fold("tamoxifen 20 mg daily", "lh", 14) > fold("raloxifene 120 mg daily", "lh", 14)

    def test_zuclomiphene_accumulates_for_months(self):
        """Helo 2017: 20 times enclomiphene at steady state."""
        result = hpg.simulate(TYPICAL, "clomiphene 25 mg daily", days=365)
        level = result["zuclomiphene"]
        day = first_day(result, "zuclomiphene", 0.9 * level[-1], above=True, after=0)
        assert day is not None and day > 60
        assert 14 <= result.mean("zuclomiphene", 360, 365) / result.mean("enclomiphene", 360, 365) <= 26

    def test_enclomiphene_beats_clomiphene_in_sperm_at_equal_testosterone(self):
        """docs/model.md, fact 4; Thomas 2023: total motile count rises on enclomiphene only."""
        clomiphene = hpg.simulate(TYPICAL, "clomiphene 50 mg daily", days=270)
        doses = (6.25, 12.5, 18.75, 25, 37.5)
        options = [hpg.simulate(TYPICAL, f"enclomiphene {dose} mg daily", days=270) for dose in doses]
        equal = min(options, key=lambda r: abs(r["testosterone"][-1] - clomiphene["testosterone"][-1]))
        assert equal["testosterone"][-1] == pytest.approx(clomiphene["testosterone"][-1], rel=0.05)
        assert equal["total_motile_count"][-1] > clomiphene["total_motile_count"][-1]


class Test5TestosteroneEnanthate:
    def test_trough_testosterone_is_proportional_to_dose_with_the_axis_shut_off(self):
        """Bhasin 2001, weeks 16-20: 253, 306, 542, 1345, 2370 ng/dL on 25, 50, 125, 300, 600 mg a week."""
        observed = np.array([306, 542, 1345, 2370])
        reached = [
            hpg.simulate(
                TYPICAL, f"leuprolide 7.5 mg im every 28 days and testosterone enanthate {dose} mg weekly", days=140
            )["testosterone"][-1]
            for dose in (50, 125, 300, 600)
        ]
        assert np.exp(np.abs(np.log(np.array(reached) / observed)).mean()) < 1.3

    @pytest.mark.parametrize(
        "name",
        [
            "lh",
            "fsh",
            pytest.param(
                "sperm_concentration",
                marks=pytest.mark.xfail(
                    strict=True,
                    reason="0.82: at half of FSH and testosterone Sertoli cells still carry nearly all they can",
                ),
            ),
        ],
    )
    def test_50_mg_a_week_halves_lh_fsh_and_sperm(self, name):
        """Matsumoto 1990: ED50 of 50 mg a week for LH, FSH and sperm alike; half, within 30 to 70 %."""
        result = hpg.simulate(TYPICAL, "testosterone enanthate 50 mg weekly", days=180)
        assert 0.3 <= result.mean(name, 173, 180) / result[name][0] <= 0.7

    def test_recovery_to_20_million_in_a_median_of_3_to_4_months(self):
        """WHO 1990: 3.7 (3.6-3.9) months; Liu 2006: 3.4 (3.2-3.5) months; Ly 2005: 3.1 months from the missed dose."""
        result = hpg.simulate(TYPICAL, "testosterone enanthate 200 mg weekly for 26 weeks", days=600)
        last = 25 * 7
        day = first_day(result, "sperm_concentration", 20.0, above=True, after=last + 14)
        assert day is not None
        assert 3.0 <= (day - last) / 30.4375 <= 4.0

    def test_nearly_all_recover_by_24_months(self):
        """Liu 2006: 100 % at 24 months."""
        result = hpg.simulate(TYPICAL, "testosterone enanthate 200 mg weekly for 26 weeks", days=182 + 730)
        assert result["sperm_concentration"][-1] > 0.85 * result["sperm_concentration"][0]


class Test6IntratesticularTestosterone:
    @pytest.mark.parametrize(
        ("dose", "low", "high"), [(0, 0.03, 0.10), (125, 0.55, 0.95), (250, 0.72, 1.15), (500, 1.0, 1.55)]
    )
    def test_hcg_restores_it_by_dose(self, dose, low, high):
        """Coviello 2005, 3 weeks of 200 mg a week: 0.06, 0.75, 0.93, 1.26 of baseline at 0, 125, 250, 500 IU.

        Ranges: about 95 % intervals from 7 men a group at the between-men spread of the baseline.
        """
        hcg = f" and hCG {dose} IU sc every other day" if dose else ""
        assert low <= fold(f"testosterone enanthate 200 mg weekly{hcg}", "intratesticular_testosterone", 21) <= high

    def test_serum_testosterone_is_high_meanwhile(self):
        """Coviello 2005; Sheckter 1989: about twice baseline."""
        assert fold("testosterone enanthate 200 mg weekly", "testosterone", 20) > 1.5

    def test_very_low_doses_in_proportion(self):
        """Roth 2010: linear in hCG over 0-125 IU with the axis shut off; 125 IU gives 37 % of the pooled baseline."""
        got = [
            fold(
                f"acyline 300 ug/kg every 10 days and hCG {dose} IU sc every other day",
                "intratesticular_testosterone",
                10,
            )
            for dose in (15, 60, 125)
        ]
        assert got[0] < got[1] < got[2]
        assert got[2] / got[1] == pytest.approx(125 / 60, rel=0.35)


class TestOneDoseOfHcg:
    def test_testosterone_is_highest_on_days_3_to_5(self):
        """Okuyama 1981: 10 000 IU in 30 normal men."""
        result = hpg.simulate(None, "hCG 10000 IU im once", days=10, step_days=1 / 24)
        assert 3 <= result.time[int(np.argmax(result["testosterone"]))] <= 5

    def test_a_first_rise_within_4_hours_then_a_plateau(self):
        """Saez and Forest 1979: 6000 IU, 1.6 (SE 0.1) of baseline within 4 h, hardly more on the first days."""
        result = hpg.simulate(None, "hCG 6000 IU im once", days=7, step_days=1 / 24)
        rise = result["testosterone"] / result["testosterone"][0]
        hours_4, day_1 = (float(np.interp(day, result.time, rise)) for day in (4 / 24, 1.0))
        assert 1.4 <= hours_4 <= 1.8 and abs(day_1 / hours_4 - 1) < 0.1

    def test_a_second_rise_on_days_3_to_4(self):
        """Saez and Forest 1979: 2.4 (SE 0.3) of baseline."""
        result = hpg.simulate(None, "hCG 6000 IU im once", days=7, step_days=1 / 24)
        assert 1.8 <= result.at("testosterone", 3.5) / result.at("testosterone", 0) <= 3.0


class TestPulsesAddedToAnIntactAxis:
    @pytest.mark.xfail(strict=True, reason="9.9 IU/L")
    def test_lh_of_young_men(self):
        """Mulligan 1999: 100 ng/kg iv every 90 min for two weeks, LH 7.3 (SE 1.2) IU/L, within two standard errors."""
        result = hpg.simulate(hpg.match(hpg.Patient(age=27)), "gonadorelin 7.5 ug every 90 minutes iv", days=14)
        assert 4.9 <= result["lh"][-1] <= 9.7

    def test_hormones_of_infertile_men_do_not_change(self):
        """Four men on 5-20 ug sc every 90 min for 3 months: no evident difference; taken as less than a fifth."""
        man = hpg.match(hpg.Patient(diagnosis="idiopathic_oligozoospermia"))
        result = hpg.simulate(man, "gonadorelin 5 ug every 90 minutes sc", days=90)
        assert all(result.at(name, 90) / result.at(name, 0) < 1.2 for name in ("lh", "fsh", "testosterone"))


class Test7HypogonadotropicHypogonadism:
    @pytest.mark.parametrize("sentence", ["clomiphene 50 mg daily", "anastrozole 1 mg daily"])
    def test_nothing_happens_with_a_serm_or_an_aromatase_inhibitor(self, sentence):
        """docs/model.md, fact 7: testosterone stays far below normal (264 ng/dL), no sperm to speak of."""
        result = hpg.simulate(hpg.match(CHH), sentence, days=180)
        assert result["testosterone"][-1] < 132
        assert result["sperm_concentration"][-1] < 1

    def test_hcg_brings_testosterone_to_normal(self):
        """Burris 1988: all normal; Burgues 1997: 98 %."""
        result = hpg.simulate(hpg.match(CHH), "hCG 1500 IU sc three times a week", days=180)
        assert 264 <= result["testosterone"][-1] <= 1100

    def test_hcg_and_fsh_bring_sperm_in_6_to_12_months(self):
        """Burgues 1997: first sperm at 5 months; Bouloux 2003: 1 x 10^6/mL at 5.5 months of both in half the men."""
        result = hpg.simulate(
            hpg.match(CHH), "hCG 1500 IU sc three times a week and rFSH 150 IU sc three times a week", days=540
        )
        day = first_day(result, "sperm_concentration", 1.0, above=True, after=0.5)
        assert day is not None
        assert 90 <= day <= 365
        assert 2 <= result["sperm_concentration"][-1] <= 20  # Muir 2024: 11.6 (8.4-14.9); Rastrelli 2014: 5.9

    def test_sooner_with_larger_testes(self):
        """Liu 2009, Burris 1988: larger testes respond faster and further."""
        protocol = "hCG 1500 IU sc three times a week and rFSH 150 IU sc three times a week"
        small, large = (
            hpg.simulate(
                hpg.match_means(hpg.Patient(age=24, diagnosis=CHH.diagnosis, labs={"testis_volume": v})),
                protocol,
                days=540,
            )
            for v in (3, 7)
        )
        days = [first_day(r, "sperm_concentration", 1.0, above=True, after=0.5) or 1e9 for r in (small, large)]
        assert days[1] < days[0]
        assert large["sperm_concentration"][-1] > small["sperm_concentration"][-1]

    def test_pulsatile_gonadorelin_as_well(self):
        """Buchter 1998: no difference between GnRH and gonadotropins; Pitteloud 2002: testosterone normal in 93 %."""
        result = hpg.simulate(hpg.match(CHH), "gonadorelin 10 ug sc every 90 min", days=540)
        assert 264 <= result["testosterone"][-1] <= 1100
        assert result["sperm_concentration"][-1] > 1

    def test_fsh_alone_does_not(self):
        """hCG-alone 1984: testosterone + hMG did not restore sperm; Kuwait 2005: FSH 18 IU/L without LH, no sperm."""
        alone = hpg.simulate(hpg.match(CHH), "rFSH 150 IU sc three times a week", days=540)
        assert alone["sperm_concentration"][-1] < 1
        assert alone["testosterone"][-1] < 132


class Test8PrimaryFailure:
    @pytest.mark.parametrize(
        "diagnosis",
        [
            "primary_testicular_failure",
            "klinefelter",
        ],
    )
    def test_stimulation_adds_less_than_half_of_what_it_adds_in_a_normal_man(self, diagnosis):
        """docs/model.md, fact 8: stimulation adds little; taken as less than half of the normal man's gain."""
        failing = hpg.simulate(hpg.match(hpg.Patient(diagnosis=diagnosis)), "clomiphene 25 mg daily", days=180)
        normal = hpg.simulate(TYPICAL, "clomiphene 25 mg daily", days=180)
        gain, normal_gain = (r["testosterone"][-1] - r["testosterone"][0] for r in (failing, normal))
        assert gain < 0.5 * normal_gain

    @pytest.mark.parametrize("diagnosis", ["primary_testicular_failure", "klinefelter"])
    def test_gonadotropins_are_high_and_stimulation_adds_little(self, diagnosis):
        """Naelitz 2023: T:LH below 100 marks non-responders; Snyder 1980: LH and FSH raised.

        Hussein 2013: 600 ng/dL on clomiphene, and where hCG or hMG had to be added; 11 % had sperm then.
        """
        man = hpg.match(hpg.Patient(diagnosis=diagnosis))
        result = hpg.simulate(man, "clomiphene 25 mg daily", days=180)
        assert result["lh"][0] > 8.6
        assert result["fsh"][0] > 12.4
        assert result["t_lh_ratio"][0] < 60
        normal = hpg.simulate(TYPICAL, "clomiphene 25 mg daily", days=180)
        gain, normal_gain = (r["testosterone"][-1] - r["testosterone"][0] for r in (result, normal))
        assert gain < normal_gain
        assert result["testosterone"][-1] < 600
        assert result["sperm_concentration"][-1] < 5


class Test9Obesity:
    def test_lower_testosterone_and_shbg_more_aromatase_normal_lh(self):
        """docs/model.md, fact 9; Loves 2013, BMI 41: T 8.6 nmol/L, LH 3.3, E2 119 pmol/L; EMAS: T -5 nmol/L above BMI 30."""
        lean, obese = (hpg.simulate(hpg.Patient(bmi=bmi), days=1) for bmi in (24, 38))
        ratio = {n: obese[n][0] / lean[n][0] for n in ("testosterone", "free_testosterone", "shbg", "t_e2_ratio", "lh")}
        assert 0.5 <= ratio["testosterone"] <= 0.8
        assert ratio["shbg"] < 0.8
        assert ratio["t_e2_ratio"] < 0.75
        assert 1.7 <= obese["lh"][0] <= 8.6

    def test_weight_loss_reverses_it_in_proportion(self):
        """Corona 2013: testosterone rises with weight lost; surgery (-32 %) by 8.7 nmol/L, diet (-10 %) by 2.9."""
        levels = [hpg.simulate(hpg.Patient(bmi=bmi), days=1)["testosterone"][0] for bmi in (42, 38, 34, 30, 26)]
        assert levels == sorted(levels)
        gains = np.diff(levels)
        assert gains.max() < 3 * gains.min()


class Test12EstrogenWindow:
    def test_semen_is_best_between_with_gonadotropins_held(self):
        """Hess 1997, Carani 1997 (too little); estradiol treatment (too much): worse below and above."""
        p, state = parameters(), Model.default().untreated(parameters())
        column = Model.default().states.index("estradiol")

        def motile(times_normal):
            """In semen a transit of the epididymis later."""
            changed = state.copy()
            changed[column] *= times_normal
            action = signals(State(*changed), p, Inputs()).estrogen_reproductive
            changed[Model.default().states.index("epididymal_window")] = semen.estrogen_window(action, p)
            return float(observables(State(*changed), p, Inputs())["total_motile_count"])

        counts = [motile(x) for x in (0.05, 0.3, 1.0, 3.0, 10.0)]
        assert counts.index(max(counts)) == 2
        assert counts[0] < 0.85 * counts[2]
        assert counts[-1] < 0.85 * counts[2]
