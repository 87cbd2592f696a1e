"""A man is matched to labs of which each has its own error, and what does not fit is said."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from hpgaxis.engine.random import stream
from hpgaxis.measurements.labs import LabError
from hpgaxis.measurements.registry import LABS, MEASUREMENTS
from hpgaxis.measurements.variation import log_spread
from hpgaxis.model import Model
from hpgaxis.people.match import UNSEEN, MatchedMan, match, match_means
from hpgaxis.people.patient import Patient, phenotypes
from hpgaxis.people.remarks import explanations, lab_lines, remarks
from hpgaxis.people.trait_distributions import correlation_matrix
from hpgaxis.people.trait_search import Search
from hpgaxis.physiology.observables import observables
from hpgaxis.physiology.parameters import catalogue, parameters
from hpgaxis.physiology.states import TRAITS, Inputs, State

TRAITS_AT = {name: place for place, name in enumerate(TRAITS)}
HORMONES = ("testosterone", "lh", "fsh", "estradiol", "shbg", "inhibin_b")


def shown(man: MatchedMan, name: str) -> float:
    return float(observables(State(*man.state), man.parameters, Inputs())[name]) * MEASUREMENTS[name].display_factor


def share_of_the_way(trait: str, error: float) -> float:
    """How far the mean of a normal prior moves towards an observation: s^2 / (s^2 + e^2)."""
    spread = catalogue()[trait].spread
    return spread**2 / (spread**2 + error**2)


def test_every_lab_has_an_error():
    assert all(0 < log_spread(name) < 1 for name in LABS)


def test_a_single_lab_moves_the_man_part_of_the_way():
    """Where one trait scales one lab, the answer is that of a normal prior and a normal error."""
    lab, given, middle = "semen_volume", 1.0, 3.0
    way = share_of_the_way(lab, log_spread(lab))
    man = match(Patient(labs={lab: given}))
    assert shown(man, lab) == pytest.approx(middle * (given / middle) ** way, rel=1e-4)
    assert man.traits[lab] == pytest.approx((given / middle) ** way, rel=1e-4)
    fit = man.fits[lab]
    assert fit.away == pytest.approx(np.log(given / middle) * (1 - way) / log_spread(lab), rel=1e-3)
    alone = catalogue()[lab].spread * np.sqrt(1 - way)  # the hormones behind it are uncertain too
    assert alone < man.standard_errors[lab] < catalogue()[lab].spread
    assert man.deviations[lab] == pytest.approx(np.log(given / middle) * way / catalogue()[lab].spread, rel=1e-3)


def test_few_sperm_are_a_matter_of_germ_cells_and_of_their_need():
    """Both become more probable, and the count is reached part of the way."""
    man = match(Patient(labs={"sperm_concentration": 18}))
    assert 18 < shown(man, "sperm_concentration") < 50
    assert man.traits["germ_cells"] < 0.95 and man.traits["germ_cell_need"] > 1.3


def test_an_error_of_ones_own_is_used():
    way = share_of_the_way("semen_volume", 0.05)
    man = match(Patient(labs={"volume": 1.0}), errors={"volume": 0.05})
    assert shown(man, "semen_volume") == pytest.approx(3 * (1 / 3) ** way, rel=1e-4)


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ({"fsh": 0.1}, "fsh is none of his labs"),
        ({"lh": 0}, "above 0"),
        ({"lh": float("nan")}, "above 0"),
        ({"zz": 1}, "unknown"),
    ],
)
def test_impossible_errors(errors, message):
    with pytest.raises(LabError, match=message):
        match(Patient(labs={"lh": 4}), errors=errors)


def test_the_man_is_the_most_probable_one():
    """Another optimiser, on the log posterior written out here, finds the same man."""
    labs = {"testosterone": 265, "lh": 3.1, "estradiol": 48, "shbg": 20}
    other = ("estrogen_receptor", "thyroid_capacity", "adrenal_capacity", "prolactin_secretion")
    free = [n for n in TRAITS if n not in other and n not in UNSEEN]
    precision = np.linalg.inv(correlation_matrix(free))

    def cost(x):
        traits = {n: np.exp(catalogue()[n].spread * v) for n, v in zip(free, x, strict=True)}
        p = parameters(traits, age=34, bmi=31)
        values = observables(State(*Model.default().untreated(p)), p, Inputs())
        away = [np.log(values[n] * MEASUREMENTS[n].display_factor / v) / log_spread(n) for n, v in labs.items()]
        return float(np.sum(np.square(away)) + x @ precision @ x)

    man = match(Patient(age=34, bmi=31, labs=labs))
    x = np.array([man.deviations[n] for n in free])
    found = minimize(cost, np.zeros(len(free)), method="BFGS", options={"gtol": 1e-4})
    assert cost(x) == pytest.approx(found.fun, rel=1e-5)
    assert x == pytest.approx(found.x, abs=0.01)


def test_a_lab_known_better_is_reached_better():
    near = {n: abs(match(Patient(labs={"testosterone": 265, "lh": 7}), errors=e).fits[n].away * e[n])
            for n, e in (("testosterone", {"testosterone": 0.05, "lh": 0.35}), ("lh", {"testosterone": 0.2, "lh": 0.05}))}  # fmt: skip
    usual = match(Patient(labs={"testosterone": 265, "lh": 7}))
    for name, distance in near.items():
        assert distance < 0.6 * abs(usual.fits[name].away * log_spread(name))


@pytest.mark.slow
def test_drawn_men_spread_as_the_standard_errors_say():
    """The error of a lab counts once: men drawn spread by the posterior, not by the lab's error on top of it."""
    patient = Patient(labs={"sperm_concentration": 18, "testosterone": 265})
    man = match(patient)
    drawn = [match(patient, rng=stream(5, k)).traits for k in range(100)]
    for trait in ("germ_cells", "gnrh_drive", "leydig_output", "semen_volume"):
        logs = np.log([one[trait] for one in drawn])
        assert np.std(logs) == pytest.approx(man.standard_errors[trait], rel=0.25), trait
        assert np.mean(logs) == pytest.approx(
            np.log(man.traits[trait]), abs=4 * man.standard_errors[trait] / np.sqrt(100)
        )


def test_what_no_lab_tells_of_keeps_its_spread():
    man = match(Patient(labs={"testosterone": 265}, traits={"aromatase": 1.3}))
    assert man.standard_errors["germ_cells"] == pytest.approx(catalogue()["germ_cells"].spread)
    assert man.standard_errors["thyroid_capacity"] == catalogue()["thyroid_capacity"].spread
    assert man.standard_errors["leydig_output"] < catalogue()["leydig_output"].spread
    assert man.standard_errors["aromatase"] == 0
    untold = match(Patient())
    assert untold.standard_errors == {name: catalogue()[name].spread for name in TRAITS}
    assert set(untold.deviations.values()) == {0.0}


def test_a_man_of_a_diagnosis_starts_from_its_middle():
    """The default labs of a diagnosis are what its men have where his own do not say otherwise."""
    middle = match(Patient(diagnosis="idiopathic_oligozoospermia"))
    few = match(Patient(diagnosis="idiopathic_oligozoospermia", labs={"sperm_concentration": 5}))
    assert 5 < shown(few, "sperm_concentration") < 0.9 * shown(middle, "sperm_concentration")
    for name in HORMONES:
        assert shown(few, name) == pytest.approx(shown(middle, name), rel=1e-6)
    other = match(Patient(diagnosis="secondary_hypogonadism", labs={"semen_volume": 2}))
    usual = match(Patient(diagnosis="secondary_hypogonadism"))
    assert [shown(other, n) for n in HORMONES] == pytest.approx([shown(usual, n) for n in HORMONES], rel=1e-6)


@pytest.mark.parametrize("labs", [{"sperm_concentration": 0}, {"sperm_total": 0}, {"tmc": 0}, {"sperm_concentration": 0.5},
                                  {"sperm_concentration": 5}, {"sperm_total": 2}, {"motility": 0}, {"semen_volume": 0.3}])  # fmt: skip
@pytest.mark.parametrize("hormones", [{}, {"testosterone": 265, "lh": 3.1}, {"fsh": 20}])
def test_semen_moves_no_hormone(labs, hormones):
    with_semen, without = match(Patient(labs={**hormones, **labs})), match(Patient(labs=hormones))
    for name in HORMONES:
        assert shown(with_semen, name) == pytest.approx(shown(without, name), rel=1e-6), name
    if "semen_volume" not in labs:
        assert shown(with_semen, "semen_volume") == pytest.approx(shown(without, "semen_volume"), rel=1e-6)


@pytest.mark.parametrize("lab", ["sperm_concentration", "sperm_total", "total_motile_count"])
@pytest.mark.parametrize("volume", [None, 1.2])
def test_no_sperm_is_below_the_limit_of_detection(lab, volume):
    labs = {lab: 0} if volume is None else {lab: 0, "semen_volume": volume}
    man = match(Patient(labs=labs))
    assert shown(man, "sperm_concentration") < 0.02
    assert man.fits[lab].away == 0
    assert lab not in man.unmatched


def test_no_moving_sperm_among_many_is_a_matter_of_motility():
    man = match(Patient(labs={"sperm_concentration": 40, "total_motile_count": 0}))
    assert shown(man, "sperm_concentration") > 25
    assert man.traits["motility"] < 0.1


def test_a_given_testis_volume_and_count_are_both_met():
    """Germ cells fill the testis: both are matched together, by turns."""
    man = match(Patient(labs={"testis_volume": 12, "sperm_concentration": 0}))
    assert shown(man, "testis_volume") == pytest.approx(12, rel=0.15)
    assert shown(man, "sperm_concentration") < 0.01
    alone = match(Patient(labs={"testis_volume": 12}))
    assert man.traits["sertoli_number"] > alone.traits["sertoli_number"]


def test_two_counts_tell_of_the_volume():
    """Another optimiser, on the traits of semen given typical hormones, finds the same man."""
    labs = {"sperm_concentration": 80, "sperm_total": 100}
    moved = ("germ_cells", "germ_cell_need", "semen_volume")
    state = Model.default().untreated(parameters())
    together = np.linalg.inv(np.linalg.cholesky(correlation_matrix(moved)))
    within = np.linalg.inv(correlation_matrix(list(TRAITS)))[TRAITS_AT["germ_cells"], TRAITS_AT["germ_cells"]] ** -0.5

    def cost(x):
        traits = {n: np.exp(catalogue()[n].spread * v) for n, v in zip(moved, x, strict=True)}
        p = parameters(traits)
        values = observables(State(*Model.default().untreated(p, guess=state)), p, Inputs())
        away = [np.log(values[n] * MEASUREMENTS[n].display_factor / v) / log_spread(n) for n, v in labs.items()]
        return float(np.sum(np.square(away)) + np.sum(np.square(together @ x / np.array([within, 1, 1]))))

    found = minimize(cost, np.zeros(3), method="BFGS", options={"gtol": 1e-4})
    man = match(Patient(labs=labs))
    assert [man.deviations[n] for n in moved] == pytest.approx(found.x, abs=0.02)
    assert man.traits["semen_volume"] < 1


def test_a_motile_count_alone_is_read_with_the_motility_given():
    usual, few = (match(Patient(labs={"tmc": 10, **labs})) for labs in ({}, {"motility": 20}))
    assert few.traits["motility"] < 0.4 and usual.traits["motility"] == pytest.approx(1)
    assert shown(few, "sperm_concentration") > 1.05 * shown(usual, "sperm_concentration")


def test_azoospermia_with_a_high_fsh_has_a_man():
    man = match(Patient(labs={"fsh": 20, "sperm_concentration": 0}))
    assert shown(man, "fsh") == pytest.approx(20, rel=0.2)


def test_what_explains_no_sperm_is_said_and_none_is_assumed():
    man = match(Patient(labs={"sperm_concentration": 0}))
    assert {"obstructive_azoospermia", "primary_testicular_failure", "hypogonadotropic_hypogonadism"} <= set(
        explanations(man)
    )
    (said,) = remarks(man)
    for text in (
        *explanations(man),
        "fsh 8.2 to 32",
        "testis volume",
        "testosterone",
        "inhibin b",
        "--diagnosis",
        "No cause is assumed",
    ):
        assert text in said


@pytest.mark.parametrize(
    ("labs", "fitting", "not_fitting"),
    [
        ({"fsh": 20}, "primary_testicular_failure", "obstructive_azoospermia"),
        ({"fsh": 0.4, "lh": 0.3, "testosterone": 60}, "hypogonadotropic_hypogonadism", "primary_testicular_failure"),
        ({"testosterone": 265, "lh": 3.1}, "obstructive_azoospermia", "hypogonadotropic_hypogonadism"),
    ],
)
def test_other_labs_narrow_the_explanations(labs, fitting, not_fitting):
    found = explanations(match(Patient(labs={"sperm_concentration": 0, **labs})))
    assert fitting in found and not_fitting not in found


@pytest.mark.parametrize(
    "diagnosis",
    ["obstructive_azoospermia", "primary_testicular_failure", "klinefelter", "hypogonadotropic_hypogonadism"],
)
def test_a_diagnosis_that_explains_it_is_not_questioned(diagnosis):
    man = match(Patient(diagnosis=diagnosis, labs={"sperm_concentration": 0}))
    assert shown(man, "sperm_concentration") < 0.01
    assert remarks(man) == []
    pattern, usual = phenotypes()[diagnosis]["pattern"], match(Patient(diagnosis=diagnosis))
    assert shown(man, "fsh") == pytest.approx(shown(usual, "fsh"), rel=1e-6)
    assert pattern["fsh"]["low"] <= shown(man, "fsh") <= pattern["fsh"]["high"]


def test_a_lab_that_contradicts_the_others_is_named_with_how_far_it_is_off():
    """LH 20 with a low testosterone and FSH of 1: the model's own man without LH has a low LH."""
    labs = {"testosterone": 300, "fsh": 1.5, "estradiol": 12}
    man = match(Patient(labs={**labs, "lh": 30}))
    fit = man.fits["lh"]
    assert fit.contradicts and fit.implied is not None
    assert fit.implied == pytest.approx(shown(match(Patient(labs=labs)), "lh"), rel=1e-3)
    said = next(text for text in remarks(man) if text.startswith("lh 30"))
    assert f"{abs(fit.away):.1f} standard deviations" in said and f"{fit.implied:.4g}" in said
    assert [line for line in lab_lines(man) if line.startswith("LH: given 30")]


def test_an_unusual_trait_is_named():
    man = match(Patient(labs={"prolactin": 120}))
    assert man.deviations["prolactin_secretion"] > 2
    assert any("unusual trait: prolactin_secretion" in text for text in remarks(man))
    assert remarks(match(Patient(diagnosis="hyperprolactinaemia", labs={"prolactin": 75}))) == []


def test_labs_that_fit_need_no_remark():
    man = match(Patient(age=34, bmi=31, labs={"testosterone": 300, "lh": 3.5}))
    assert remarks(man) == [] and len(lab_lines(man)) == 2


def test_what_no_trait_answers_to_is_said():
    man = match(Patient(labs={"morphology": 2}))
    assert not man.fits["morphology"].fitted
    assert any("no trait affects it" in text for text in remarks(man))


def test_means_of_groups_count_together():
    """The arms of trials that calibrate the model are matched with 2 % for every lab, semen among them."""
    man = match_means(Patient(labs={"testosterone": 465, "lh": 3.8, "sperm_concentration": 30}))
    for name, value in (("testosterone", 465), ("lh", 3.8), ("sperm_concentration", 30)):
        assert shown(man, name) == pytest.approx(value, rel=0.02)
    assert man.standard_errors == {}


@pytest.mark.parametrize("bmi", [48, 50, 65, 80])
@pytest.mark.parametrize("age", [16, 24, 40, 95])
@pytest.mark.parametrize("diagnosis", ["hypogonadotropic_hypogonadism", "acquired_hypogonadotropic_hypogonadism"])
def test_men_far_from_the_typical_one_are_at_rest(age, bmi, diagnosis):
    """Newton's iteration from the typical man misses them; they are there, and stay where they are."""
    import hpgaxis as hpg

    man = match(Patient(age=age, bmi=bmi, diagnosis=diagnosis, onset_age=0 if age < 30 else None))
    assert 0.01 < shown(man, "lh") < 1
    result = hpg.simulate(man, days=100, step_days=50)
    for name in ("lh", "testosterone", "estradiol"):  # Sertoli cells of those who failed in childhood still mature
        assert result[name][-1] == pytest.approx(result[name][0], rel=1e-4), name


def test_where_there_is_no_steady_state_the_model_is_blamed(monkeypatch):
    from hpgaxis.engine.steady import SteadyStateError

    def none(*_, **__):
        raise SteadyStateError("no steady state found: fsh = 6e-87 does not come to rest")

    monkeypatch.setattr(Model, "untreated", staticmethod(none))
    with pytest.raises(
        ValueError, match=r"the model found no steady state for this man \(eugonadal, 30 years, BMI 60\).*nearer to 24"
    ):
        match(Patient(bmi=60))
    with pytest.raises(LabError, match="the model found no man with these labs at rest"):
        match(Patient(labs={"lh": 4}))


def test_replacing_a_field_of_a_man_keeps_the_others_valid():
    assert replace(Patient(age=40), labs={"lh": 4}).history_years == 0
    assert replace(Patient(age=40, history="hCG 1500 IU weekly", history_years=2), bmi=30).history_years == 2


def test_a_point_of_the_search_is_evaluated_once(monkeypatch):
    """Residuals and their derivatives come from the same men."""
    evaluated, around = [], Search.around
    monkeypatch.setattr(
        Search, "around", lambda self, x, *rest: evaluated.append(x.tobytes()) or around(self, x, *rest)
    )
    match_means(Patient(labs={"lh": 6.0}))
    assert 1 < len(evaluated) == len(set(evaluated))


def test_traits_of_the_search_are_those_of_the_model():
    """The typical man's derived rates do not depend on the traits of one man."""
    traits = {name: 1.0 + 0.01 * place for place, name in enumerate(TRAITS)}
    middle = Model.default().parameters(age=50.0)
    assert middle._replace(**traits) == Model.default().parameters(traits, age=50.0)
