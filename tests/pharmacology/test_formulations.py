"""Formulations: which doses a route accepts, how each releases, and the levels and effects that were published."""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.cli.description import describe
from hpgaxis.pharmacology import event_writing, events
from hpgaxis.pharmacology.doses import DoseSeries, ProtocolError, StrengthError
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.pharmacology.drug import DrugError
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import Protocol
from hpgaxis.pharmacology.rules import Rule, split

NO_OWN = hpg.Patient(diagnosis="hypogonadotropic_hypogonadism")
"""A man without testosterone of his own."""
LEUPROLIDE = (
    "3.75 or 7.5 mg every 28-31 days (1-month depot), 11.25 or 22.5 mg every 84-92 days (3-month depot), "
    "30 mg every 112-123 days (4-month depot), 45 mg every 168-184 days (6-month depot)"
)


def levels(protocol, drug, times):
    """Concentrations of a drug on days."""
    days = np.asarray(times, float)
    given = prepare(Protocol.of(protocol), days[-1] + 1, weight_kg=75.0, pulses_per_day=13, pulsatile=False)
    return given.concentrations(days)[drug][1]


def release(protocol, days):
    """Testosterone (nmol per day) released into blood on days."""
    days = np.asarray(days, float)
    given = prepare(Protocol.of(protocol), days[-1] + 1, weight_kg=75.0, pulses_per_day=13, pulsatile=False)
    return given.forcing.at(days)[:, 13]


def first_above(result, level, after):
    """First day after a day on which testosterone (ng/dL) is above a level."""
    late = (result.time > after) & (result["testosterone"] > level)
    return float(result.time[late][0])


class TestChoice:
    @pytest.mark.parametrize(
        ("sentence", "formulation"),
        [
            ("leuprolide 7.5 mg every 28 days", "1-month depot"),
            ("leuprolide 7.5 mg monthly", "1-month depot"),
            ("leuprolide 22.5 mg every 84 days", "3-month depot"),
            ("leuprolide 22.5 mg sc every 3 months", "3-month depot"),
            ("leuprolide 30 mg every 4 months", "4-month depot"),
            ("leuprolide 45 mg every 6 months", "6-month depot"),
            ("leuprolide 45 mg once", "6-month depot"),
            ("leuprolide 1 mg sc daily", "solution"),
            ("leuprolide 22500 ug every 84 days", "3-month depot"),
            ("goserelin 10.8 mg every 12 weeks", "3-month implant"),
            ("triptorelin 22.5 mg every 24 weeks", "6-month depot"),
            ("degarelix 240 mg once", "starting depot"),
            ("degarelix 80 mg every 28 days", "maintenance depot"),
            ("testosterone undecanoate 1000 mg every 12 weeks", "castor oil"),
            ("testosterone undecanoate 750 mg every 10 weeks", "castor oil"),
            ("testosterone undecanoate 750 mg every 4 weeks for 2 doses", "castor oil start"),
            ("testosterone undecanoate 1000 mg once", "castor oil"),
            ("testosterone undecanoate 500 mg every 30 days", "tea-seed oil"),
            ("testosterone undecanoate 1000 mg every 30 days", "tea-seed oil"),
            ("testosterone undecanoate 1000 mg in tea-seed oil every 6 weeks", "tea-seed oil"),
            ("testosterone patch 4 mg daily", "patch"),
            ("clomiphene 25 mg daily", None),
        ],
    )
    def test_dose_and_interval_choose_the_product(self, sentence, formulation):
        protocol = Protocol.of(sentence)
        assert protocol.series[0].formulation == formulation
        assert Protocol.of(protocol.to_sentence()).series == protocol.series
        assert Protocol.from_yaml(protocol.to_yaml()).series == protocol.series

    @pytest.mark.parametrize(
        ("sentence", "fault"),
        [
            ("leuprolide 45 mg every 28 days", f"no formulation with 45 mg every 28 days; there are {LEUPROLIDE}"),
            ("leuprolide 20 mg every 84 days", f"no formulation with 20 mg every 84 days; there are {LEUPROLIDE}"),
            ("leuprolide 20 mg once", f"no formulation with 20 mg; there are {LEUPROLIDE}"),
            ("leuprolide 22.5 mg sc every 30 days", "any dose at most 7 days apart (solution)"),
            ("testosterone patch 3 mg daily", "3 mg daily; there are 2, 2.5, 4, 5, 6 or 7.5 mg daily (patch)"),
            ("testosterone undecanoate 750 mg in tea-seed oil monthly", "no tea-seed oil with 750 mg every 30 days"),
        ],
    )
    def test_a_dose_that_no_product_has_is_refused_with_the_list(self, sentence, fault):
        with pytest.raises(StrengthError) as error:
            Protocol.of(sentence)
        assert fault in str(error.value)

    def test_every_form_of_a_protocol_checks(self):
        with pytest.raises(ProtocolError, match="no formulation with 20 mg every 84 days"):
            Protocol.from_yaml("- {drug: leuprolide, dose: 20 mg, every_days: 84}")
        with pytest.raises(ProtocolError, match="row 1: leuprolide im: no formulation with 20 mg"):
            events.read_csv("TIME,AMT,CMT\n0,20,leuprolide:im\n")
        with pytest.raises(ProtocolError, match="no formulation 'gel', and takes any dose"):
            DoseSeries("clomiphene", 25, "mg", formulation="gel")
        with pytest.raises(hpg.InputError, match="no dose can be sought among fixed strengths"):
            hpg.find_dose("leuprolide ? mg every 84 days", {"testosterone": 20})

    def test_a_product_that_is_not_the_usual_one_is_named(self):
        series = DoseSeries("testosterone_undecanoate", 1000, "mg", interval_days=42, formulation="tea-seed oil")
        protocol = Protocol.of([series])
        assert "1000 mg im tea-seed oil every 42 days" in protocol.to_sentence()
        assert Protocol.of(protocol.to_sentence()).series == protocol.series
        assert Protocol.from_yaml(protocol.to_yaml()).series == protocol.series
        with pytest.raises(ProtocolError, match="no column for its formulation"):
            event_writing.write_csv(protocol)

    def test_a_split_course_keeps_its_product(self):
        """A single dose of 1000 mg would be one in castor oil."""
        series = Protocol.of("testosterone undecanoate 1000 mg every 30 days").series[0]
        before, after = split(series, 30.0)
        assert before is not None and after is not None
        assert before.doses == 1
        assert before.formulation == after.formulation == "tea-seed oil"

    def test_a_rule_changes_the_product_with_the_dose(self):
        start = Protocol.of("degarelix 80 mg every 28 days").series
        changed, text = Rule("testosterone", ">", 50, "ng/dL", "raise to", "degarelix", 240, "mg").apply(start, 56.0)
        assert [item.formulation for item in changed] == ["maintenance depot", "starting depot"]
        assert text == "degarelix 80 -> 240 mg"

    def test_a_rule_cannot_give_what_no_product_has(self):
        start = Protocol.of("leuprolide 7.5 mg every 28 days").series
        same, text = Rule("testosterone", ">", 50, "ng/dL", "double", "leuprolide").apply(start, 56.0)
        assert same == start
        assert text.startswith("double refused: leuprolide im: no formulation with 15 mg every 28 days")
        with pytest.raises(ProtocolError, match="no formulation with 3 mg; there are"):
            Rule("testosterone", "<", 300, "ng/dL", "raise to", "testosterone_patch", 3, "mg")

    def test_two_depots_of_one_drug_release_on_their_own(self):
        """The level under both is the sum of the levels under each."""
        days = np.linspace(0.1, 150, 300)
        one, other = "leuprolide 7.5 mg once", "leuprolide 22.5 mg once"
        both = levels(f"{one} and {other}", "leuprolide", days)
        assert both == pytest.approx(levels(one, "leuprolide", days) + levels(other, "leuprolide", days))

    def test_missed_doses_leave_the_others_as_they_are(self):
        result = hpg.simulate(None, "leuprolide 22.5 mg every 84 days; 50 % adherence", days=400, seed=3)
        assert np.isfinite(result["testosterone"]).all()


class TestDrugFile:
    """The data of a formulation are checked."""

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"routes": ["nasal"]}, "formulation depot: no route 'nasal'; there are im"),
            ({"strengths": [400]}, "a strength is above largest_dose"),
            ({"interval_days": [31, 28]}, "expected the shortest, then the longest"),
            ({"pathways": [{"share": 0.4}]}, "formulation depot: the shares of its pathways add up to 0.4; expected 1"),
            ({"strengts": [1]}, "unknown field; did you mean 'strengths'?"),
            ({"status": "guessed"}, "formulations.0.status"),
        ],
    )
    def test_a_fault_is_named(self, change, fault):
        leuprolide = DrugLibrary.shipped()["leuprolide"].model_dump()
        depot = {
            "name": "depot", "routes": ["im"], "strengths": [7.5], "interval_days": [28, 31], "status": "licensed",
            "source": "label",
        }  # fmt: skip
        leuprolide |= {"routes": {"im": {}}, "formulations": [depot]}
        assert hpg.Drug(**leuprolide).formulations[0].shown_status == "licensed, source not read"
        with pytest.raises(DrugError) as error:
            hpg.Drug(**leuprolide | {"formulations": [depot | change]})
        assert fault in str(error.value)

    def test_the_description_shows_them(self):
        text = describe("leuprolide", hpg.Model.default())
        assert "route sc: 1-month depot, 3-month depot, 4-month depot, 6-month depot, solution" in text
        assert "3-month depot, im or sc: 11.25 or 22.5 mg every 84-92 days   [licensed]" in text


class TestLevels:
    """Published levels after one dose."""

    @pytest.mark.parametrize(
        ("dose", "day", "level", "apart"),
        [
            (7.5, 4 / 24, 20, 1.5),
            (22.5, 4 / 24, 48.9, 1.5),
            (30, 4 / 24, 59.3, 1.5),
            (7.5, 28, 0.36, 2),
            (22.5, 84, 0.67, 2),
            (30, 112, 0.30, 2),
        ],
    )
    def test_leuprolide_by_depot(self, dose, day, level, apart):
        """Label of the depot: means, in ng/mL; the level between 3.5 and 16 weeks ranges fivefold (0.2-1.06)."""
        found = levels(f"leuprolide {dose} mg once", "leuprolide", [day])[0]
        assert level / apart < found < level * apart

    def test_leuprolide_from_week_3_to_16(self):
        """Label: 0.44 (SD 0.20) ng/mL in weeks 3.5 to 16 after 30 mg."""
        found = levels("leuprolide 30 mg once", "leuprolide", np.linspace(24.5, 112, 100)).mean()
        assert abs(found - 0.44) < 0.20

    def test_triptorelin_3_month_depot(self):
        """Bouchot 1998, 14 men: 35.7 ng/mL at 2.5 h, second peak 0.32 on day 24, 0.06 (SD 0.05) to day 91."""
        days = np.linspace(0.01, 91, 9000)
        found = levels("triptorelin 11.25 mg once", "triptorelin", days)
        assert found.max() == pytest.approx(35.7, rel=0.15)
        assert days[found.argmax()] * 24 == pytest.approx(2.5, abs=0.5)
        hump = (days > 10) & (days < 60)
        assert found[hump].max() == pytest.approx(0.32, rel=0.25)
        assert 17 < days[hump][found[hump].argmax()] < 31
        assert abs(found[-1] - 0.06) < 0.05

    def test_goserelin_peaks_in_the_second_or_third_week(self):
        """Label: highest 8-22 days after 3.6 mg."""
        days = np.linspace(0.1, 40, 400)
        found = levels("goserelin 3.6 mg once", "goserelin", days)
        assert 8 < days[found.argmax()] < 22

    def test_degarelix_peak_and_area(self):
        """US label, 240 mg: Cmax 26.2 ng/mL (CV 83 %) within 2 days, area 1054 ng day/mL (CV 35 %)."""
        days = np.concatenate([np.linspace(0.01, 10, 1000), np.linspace(10.1, 1000, 5000)])
        found = levels("degarelix 240 mg once", "degarelix", days)
        assert abs(found.max() - 26.2) < 0.83 * 26.2
        assert days[found.argmax()] < 2
        assert np.trapezoid(found, days) == pytest.approx(1054, rel=0.05)

    @pytest.mark.parametrize(("oil", "half_life", "error"), [("castor oil", 33.9, 4.9), ("tea-seed oil", 20.9, 6.0)])
    def test_undecanoate_by_oil(self, oil, half_life, error):
        """Behre 1999: half-lives of 33.9 (SE 4.9) days in castor oil and 20.9 (6.0) in tea-seed oil."""
        first, later = release(f"testosterone undecanoate 1000 mg in {oil} once", [30, 60])
        assert abs(30 * np.log(2) / np.log(first / later) - half_life) < error

    def test_undecanoate_peaks_on_day_7(self):
        """Review 2023, table 3: 7 days after 1000 mg (Nebido), 4 days after 750 mg (Aveed)."""
        days = np.linspace(0.1, 30, 300)
        found = release("testosterone undecanoate 1000 mg once", days)
        assert 4 <= days[found.argmax()] <= 7.5

    def test_pellets_release_evenly_and_fade(self):
        """Kelleher: 1.34 mg a day per 200 mg in the first 3 months; Jockenhovel 1996: mean residence time 87.0 (SE 4.5)."""
        days = np.linspace(0.5, 1200, 24000)
        found = release("testosterone pellet 200 mg once", days) * 288.42e-6
        first = found[days < 90]
        assert first == pytest.approx(1.34, rel=0.02)
        assert abs(np.trapezoid(found * days, days) / np.trapezoid(found, days) - 87.0) < 2 * 4.5
        assert 0.05 < found[days > 180][0] / 1.34 < 0.4
        assert np.trapezoid(found, days) == pytest.approx(200, rel=0.02)


class TestEffects:
    """Published testosterone under formulations."""

    @pytest.mark.parametrize(
        "protocol", ["leuprolide 22.5 mg every 84 days", "leuprolide 45 mg every 168 days", "leuprolide 7.5 mg monthly"]
    )
    def test_a_depot_castrates_until_the_next(self, protocol):
        """Spitz 2012: 45 mg every 24 weeks keeps 93 % of men below 50 ng/dL in weeks 4-48; 22.5 mg: 95 % by day 30."""
        result = hpg.simulate(None, protocol, days=365)
        assert result["testosterone"][result.time >= 28].max() < 50

    @pytest.mark.parametrize(
        "protocol",
        [
            "triptorelin 3.75 mg every 28 days", "triptorelin 11.25 mg every 84 days", "triptorelin 22.5 mg every 24 weeks",
            "goserelin 3.6 mg every 28 days", "goserelin 10.8 mg every 12 weeks",
        ],
    )  # fmt: skip
    def test_other_agonists_castrate_in_a_month(self, protocol):
        """BJU Int 2003, NCT01715129, Trelstar report: 91-98 % of men on triptorelin by day 29; goserelin in 3-4 weeks."""
        result = hpg.simulate(None, protocol, days=365)
        assert result["testosterone"][result.time >= 29].max() < 50

    @pytest.mark.parametrize(
        ("depot", "end", "latest"), [("leuprolide 22.5 mg once", 84, 200), ("leuprolide 45 mg once", 168, 300)]
    )
    def test_a_missed_depot_escapes_after_its_end(self, depot, end, latest):
        """Two studies of the 12-week depot: injections 3-14 days late cost none of 16 men his castration."""
        result = hpg.simulate(None, depot, days=latest)
        assert first_above(result, 50, 28) > end + 14

    def test_undecanoate_every_12_weeks_keeps_testosterone(self):
        """Summary of product characteristics: the level before an injection lies in the lower third of the normal range."""
        result = hpg.simulate(NO_OWN, "testosterone undecanoate 1000 mg every 12 weeks", days=672)
        late = result["testosterone"][result.time >= 588]
        assert 250 < late.min() < 450
        assert late.max() < 1100

    def test_undecanoate_every_10_weeks_averages_normal(self):
        """Aveed label, 84 weeks: Cavg 568 (SD 139) ng/dL in men of 65-100 kg on 750 mg at 0, 4 and every 10 weeks."""
        protocol = "testosterone undecanoate 750 mg once and testosterone undecanoate 750 mg every 10 weeks from week 4"
        result = hpg.simulate(NO_OWN, protocol, days=588)
        assert abs(result.reading("testosterone", 588).mean - 568) < 139

    def test_nasal_testosterone_restores_the_mean(self):
        """Conners 2017: 421 ng/dL on 11 mg three times a day in 151 men with 201; 300 or more in 80-97 %."""
        found = day_mean("testosterone_nasal 11 mg three times a day", "testosterone")
        assert found == pytest.approx(421, rel=0.2)

    def test_oral_undecanoate_lowers_shbg_in_the_liver_first(self):
        """vo-2024-oral-tu: 32.4 to 17.8 nmol/L in 27 men on 400 mg twice a day (0.55; the spread is not given)."""
        man = hpg.match(hpg.Patient(age=50, diagnosis="secondary_hypogonadism"))
        result = hpg.simulate(man, "testosterone_undecanoate_oral 400 mg twice a day", days=180)
        assert result.at("shbg", 180) / result.at("shbg", 0) == pytest.approx(0.55, abs=0.1)

    def test_oral_undecanoate_restores_the_mean(self):
        """DelConte (NCT03242590): 476 (SD 184) ng/dL on 225 mg twice a day in 95 men with 202."""
        assert abs(day_mean("testosterone_undecanoate_oral 225 mg twice a day", "testosterone") - 476) < 184

    def test_degarelix_releases_in_four_months(self):
        """Crawford 2015: testosterone above 50 ng/dL again 112 days (median) after 7 months; 80-150 days are accepted."""
        protocol = "degarelix 240 mg once and degarelix 80 mg every 28 days from day 28 for 6 doses"
        result = hpg.simulate(hpg.Patient(age=72), protocol, days=400)
        assert 80 < first_above(result, 50, 150) - 168 < 150

    def test_degarelix_keeps_old_men_castrate_in_the_first_month(self):
        """EU label: 96 % at or below 50 ng/dL on day 3, 100 % at one month."""
        result = hpg.simulate(hpg.Patient(age=72), "degarelix 240 mg once", days=28)
        assert result["testosterone"][result.time >= 3].max() <= 50

    @pytest.mark.xfail(strict=True, reason="150 ng/dL on day 3 where the constant is the published IC50")
    def test_degarelix_castrates_at_its_published_potency(self):
        """Tornoe 2007: IC50 1.49 ng/mL for the release of LH; EU label: at or below 50 ng/dL on day 3 in 96 %."""
        constants = {"degarelix.gnrh_antagonism.degarelix": 1.49}
        result = hpg.simulate(None, "degarelix 240 mg once", days=3, parameters=constants)
        assert result["testosterone"][-1] <= 50

    @pytest.mark.xfail(strict=True, reason="760 ng/dL: testosterone is cleared faster here than in these men")
    def test_pellets_reach_the_published_plateau(self):
        """Jockenhovel 1996, 14 hypogonadal men, 1200 mg: 34.8 (SE 2.6) nmol/L on day 63."""
        result = hpg.simulate(NO_OWN, "testosterone pellet 1200 mg once", days=63)
        assert abs(result["testosterone"][-1] / 28.842 - 34.8) < 2 * 2.6


def day_mean(protocol, name):
    """Mean of a measurement over the last day of three months in a man with testosterone of 200 ng/dL."""
    man = hpg.Patient(age=55, labs={"testosterone": "200 ng/dL"})
    times = np.concatenate([np.arange(89.0), np.linspace(89, 90, 145)])
    result = hpg.simulate(man, protocol, days=90, t_eval=times.tolist())
    return np.trapezoid(result[name][89:], times[89:])
