"""What differs between men in the kinetics of drugs."""

from dataclasses import replace

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.people.match import MatchedMan
from hpgaxis.pharmacology.between_men import TAKEN, Kinetics, factor_of, names_of, of_man, route_of_man, varies
from hpgaxis.pharmacology.doses import DoseSeries
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.pharmacology.drug import Drug, DrugError, Value
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import Protocol


def number(value, unit):
    return {"value": value, "unit": unit, "status": "assumed", "source": "example", "settled_by": "a trial"}


def drug(**route):
    return Drug(
        name="examplezole", group="aromatase inhibitor", summary="An example.", status="example",
        cautions="The risks are unknown.", dose_unit="mg", largest_dose=200, default_route="oral",
        routes={"oral": {"pathways": [{"half_lives": [number(2, "h")]}], **route}},
        analytes={"examplezole": {
            "concentration_unit": "ng/mL", "clearance": number(2, "L/h"), "half_life": number(40, "h"),
            "clearance_variation": number(30, "%"),
        }},
        effects=[{"mechanism": "aromatase_inhibition", "analyte": "examplezole", "constant": number(1, "ng/mL")}],
    )  # fmt: skip


def value(entry):
    assert entry is not None
    return entry.value


def own_route(**route):
    return route_of_man(drug(**route).routes["oral"], "examplezole oral", Kinetics(7))


def area(which, seed):
    """Area under the curve of one dose (ng/mL x day), and the time of its peak (day)."""
    protocol = Protocol.of("examplezole 10 mg once", drugs=DrugLibrary.shipped().with_drug(which))
    treatment = prepare(protocol, 60, weight_kg=75, pulses_per_day=12, pulsatile=False, kinetics=Kinetics(seed))
    times = np.linspace(0, 60, 60001)
    _, levels = treatment.concentrations(times)["examplezole"]
    return np.trapezoid(levels, times), times[levels.argmax()]


def test_clearances_of_many_men_have_the_stated_variation():
    """A log-normal with median 1; men further than three standard deviations are set to three."""
    variation = Value(**number(0.3, "1"))
    factors = np.array([factor_of(variation, "examplezole, clearance", Kinetics(seed)) for seed in range(4000)])
    assert np.median(factors) == pytest.approx(1, abs=0.02)
    assert factors.std() / factors.mean() == pytest.approx(0.3, abs=0.02)


def test_a_man_has_the_same_kinetics_whatever_else_he_is_given():
    assert of_man(drug(), Kinetics(5)) == of_man(drug(), Kinetics(5)) != of_man(drug(), Kinetics(6))
    variation = Value(**number(30, "%"))
    assert factor_of(variation, "a", Kinetics(5)) != factor_of(variation, "b", Kinetics(5))


def test_exposure_follows_clearance_and_bioavailability_and_the_peak_absorption():
    usual, _ = area(drug(), None)
    own = of_man(drug(), Kinetics(7))
    clearance = value(own.analytes["examplezole"].clearance) / 2
    assert area(drug(), 7)[0] == pytest.approx(usual / clearance, rel=2e-3)
    assert value(own.analytes["examplezole"].half_life) == pytest.approx(40 / clearance)
    reaching = value(own_route(bioavailability_variation=number(0.5, "1")).bioavailability)
    assert area(drug(bioavailability_variation=number(0.5, "1")), 7)[0] == pytest.approx(
        usual * reaching / clearance, rel=2e-3
    )
    slower = value(own_route(absorption_variation=number(0.8, "1")).pathways[0].half_lives[0]) / 2
    later = area(drug(absorption_variation=number(0.8, "1")), 7)[1] - area(drug(), 7)[1]
    assert slower != pytest.approx(1) and (later > 0) == (slower > 1)


def test_the_typical_man_and_a_matched_man_have_the_median_kinetics():
    assert hpg.match(hpg.Patient()).kinetics_seed is None
    assert area(drug(), None)[0] == pytest.approx(10e3 / (2 * 24), rel=2e-3)


def test_men_of_a_population_differ_and_can_be_drawn_again_alone():
    men = hpg.population(3, seed=4)
    assert len({man.kinetics_seed for man in men}) == 3
    assert hpg.population(1, seed=4, first=2)[0].kinetics_seed == men[2].kinetics_seed


def test_estradiol_under_an_inhibitor_varies_with_its_clearance():
    """The same man with the kinetics of others: only the drug's level differs."""
    model = hpg.Model.default().with_drugs(drug())
    one = hpg.match(hpg.Patient(), model=model)
    men = [
        MatchedMan(one.patient, one.parameters, one.state, one.traits, model=model, kinetics_seed=s) for s in range(8)
    ]
    result = hpg.simulate_many(men, "examplezole 0.2 mg daily", days=60)
    at_end = result.values["estradiol"][:, -1]
    assert at_end.std() / at_end.mean() > 0.02
    again = hpg.simulate_many(men, "examplezole 0.2 mg daily", days=60, workers=1)
    assert np.array_equal(result.values["estradiol"], again.values["estradiol"])


def test_a_release_has_no_clearance_that_could_vary():
    with pytest.raises(DrugError, match="`clearance_variation` needs a `clearance`"):
        Drug(**{**drug().model_dump(), "analytes": {"examplezole": {"clearance_variation": number(0.3, "1")}}})


def test_drugs_without_data_on_it_do_not_vary():
    assert varies(drug()) and not varies(DrugLibrary.shipped()["weight_loss"])


def test_known_kinetics_take_the_place_of_those_drawn():
    """Two standard deviations of clearance are exp(2 spread) of the median man's, by the name that `names_of` gives."""
    which = drug()
    (name,) = names_of(which, "oral", which.routes["oral"])
    own = of_man(which, Kinetics(7, {name: 2.0}))
    spread = np.sqrt(np.log(1 + 0.3**2))
    assert value(own.analytes["examplezole"].clearance) == pytest.approx(2 * np.exp(2 * spread))
    assert of_man(which, Kinetics(None, {name: 0.0})) == of_man(which, Kinetics())


def test_doses_that_are_left_out_make_so_much_less_of_what_a_man_takes_himself():
    protocol = Protocol.of("clomiphene 25 mg daily")
    levels = [
        prepare(
            protocol, 60, weight_kg=75, pulses_per_day=12, pulsatile=False, kinetics=Kinetics(None, {TAKEN: share})
        ).concentrations(np.array([50.5]))["enclomiphene"][1][0]
        for share in (1.0, 0.4)
    ]  # fmt: skip
    assert levels[1] == pytest.approx(0.4 * levels[0])
    own = Kinetics(None, {TAKEN: 0.4})
    by_others = (
        "testosterone enanthate 200 mg im weekly",
        "goserelin 3.6 mg sc every 28 days",
        "degarelix 240 mg sc once",
    )
    assert [own.taken(series) for words in by_others for series in Protocol.of(words).series] == [1, 1, 1]
    assert own.taken(Protocol.of("hCG 1500 IU sc three times a week").series[0]) == 0.4


def test_doses_that_follow_on_each_other_are_one_infusion():
    """A dose over each of ten days gives what ten doses on their own, each over a day, give together."""
    together = DoseSeries("clomiphene", 25, "mg", doses=10, over_days=1.0)
    alone = tuple(replace(together, start_day=float(day), doses=1) for day in range(10))
    times = np.linspace(0.1, 30, 60)
    one, ten = (
        prepare(Protocol(series), 40, weight_kg=75, pulses_per_day=12, pulsatile=False).concentrations(times)
        for series in ((together,), alone)
    )  # fmt: skip
    for name in one:
        assert one[name][1] == pytest.approx(ten[name][1], rel=1e-9, abs=1e-12)
    assert len(prepare(Protocol((together,)), 40, weight_kg=75, pulses_per_day=12, pulsatile=False).forcing.knots) == 2
