"""How one figure is compared."""

import pytest

from hpgaxis.evidence.trials import Outcome
from hpgaxis.people.sampling import background, rhythm
from hpgaxis.validation.scoring import bounded, needed
from hpgaxis.validation.validate import validate
from tests.evidence.test_trials import GOOD


def test_a_bound_is_not_an_error_when_it_holds():
    upper = Outcome(measure="sperm_concentration", day=1, value=3, unit="1e6/mL", note="upper bound")
    assert bounded(upper, {"fold_error": 0.01})["fold_error"] == 1
    assert bounded(upper, {"fold_error": 1.4})["fold_error"] == 1.4


def test_a_difference_against_a_control_is_no_level():
    """Santi 2015: FSH against control +2.66 x 10^6/mL; without a baseline there is no fold to compare."""
    result = validate(only=["santi-2015-fsh-meta"])
    reasons = [row["reason"] for row in result.skipped if row["measure"] == "sperm_concentration"]
    assert reasons == ["a change of sperm_concentration from a baseline that is not stated"]


def test_nothing_is_told_from_what_a_laboratory_cannot_see():
    """Valdes-Socin 2009: azoospermia is printed as 0.001; the score counts from 1 x 10^6/mL."""
    rows = [r for r in validate(only=["valdes-socin-2009-lhb-hcg"]).outcomes if r["measure"] == "sperm_concentration"]
    assert rows and all(row["observed_fold"] == pytest.approx(1.0) for row in rows)


def test_what_is_simulated_is_what_the_figures_need():
    wanted = [Outcome(measure=name, day=1, value=3, unit="x") for name in ("fsh_change", "lh_pulses_12h", "hat_size")]
    assert {"fsh", "gnrh_pulses_per_day"} <= set(needed(wanted))
    assert "hat_size" not in needed(wanted)


TRIAL = (
    GOOD.split("    outcomes:")[0].replace("arms:", "SAMPLES\narms:")
    + """    outcomes:
      - {measure: lh, day: 0, value: 4, unit: IU/L}
      - {measure: testosterone, day: 90, value: 600, unit: ng/dL}
      - {measure: testosterone, day: 90, value: 150, unit: "% of baseline"}
      - {measure: estradiol, day: 90, value: 12, unit: pg/mL}
"""
)


def predictions(tmp_path, samples):
    (tmp_path / "trial.yaml").write_text(TRIAL.replace("SAMPLES", samples))
    level, fold, estradiol = (row["predicted"] for row in validate(tmp_path, workers=1).outcomes)
    return level, fold, estradiol


def test_levels_are_compared_at_the_hour_of_the_sample_and_changes_need_none(tmp_path):
    level, fold, estradiol = predictions(tmp_path, "assay: LC-MS")
    morning = predictions(tmp_path, "assay: LC-MS\nsample_hour: 8")
    assert morning == pytest.approx((level * rhythm("testosterone", 8, 40), fold, estradiol))


def test_the_background_of_a_stated_immunoassay_is_added_to_levels(tmp_path):
    level, _, estradiol = predictions(tmp_path, "assay: LC-MS")
    by_immunoassay = predictions(tmp_path, "assay: immunoassay")
    assert by_immunoassay[0] == pytest.approx(level + background("testosterone", "immunoassay"))
    assert by_immunoassay[2] == pytest.approx(estradiol + background("estradiol", "immunoassay"))
