"""Populations: one diagnosis, or a clinic's mixture."""

from collections import Counter

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.engine.steady import SteadyStateError
from hpgaxis.errors import InputError
from hpgaxis.model import Model
from hpgaxis.people.match import sertoli_maturation
from hpgaxis.people.patient import phenotypes
from hpgaxis.people.population import mixtures, population
from hpgaxis.physiology.parameters import parameter_type


def nowhere(*_, **__):
    raise SteadyStateError("nowhere")


def test_a_clinic_is_a_mixture_of_known_diagnoses_with_its_source():
    for clinic in mixtures().values():
        assert set(clinic["shares"]) <= set(phenotypes())
        assert sum(clinic["shares"].values()) == pytest.approx(1)
        assert clinic["source"] and clinic["status"] in ("measured", "assumed")


def test_shares_are_those_of_the_mixture():
    men = population(400, seed=4, diagnosis={"eugonadal": 3, "obesity": 1})
    seen = Counter(man.patient.diagnosis for man in men)
    assert seen["obesity"] / 400 == pytest.approx(0.25, abs=0.06)
    assert np.median([m.patient.bmi for m in men if m.patient.diagnosis == "obesity"]) > 35


def test_man_k_is_the_same_whatever_the_count():
    many = population(40, seed=9, diagnosis="infertile_clinic")
    alone = population(1, seed=9, diagnosis="infertile_clinic", first=17)[0]
    assert many[17].parameters == alone.parameters and (many[17].state == alone.state).all()


def test_each_man_has_the_age_and_body_mass_of_his_own():
    ages, bmis = np.linspace(20, 80, 30), np.linspace(18, 45, 30)
    men = population(30, seed=2, diagnosis={"eugonadal": 1, "ageing": 1}, age=ages, bmi=bmis)
    assert [man.patient.age for man in men] == ages.tolist()
    assert [man.patient.bmi for man in men] == bmis.tolist()


@pytest.mark.parametrize(
    ("ages", "said"),
    [(np.array([30.0, 40.0]), "one number for each man"), (np.array([30.0, 40.0, 99.0]), "age = 99.*18 to 90")],
)
def test_ages_of_their_own_are_checked(ages, said):
    with pytest.raises(InputError, match=said):
        population(3, age=ages)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ("flu", "young_healthy"),
        ({"flu": 1.0}, "unknown diagnosis flu"),
        ({"eugonadal": -1.0}, "0 or more"),
        ({}, "not all 0"),
    ],
)
def test_impossible_mixtures_are_refused(shares, said):
    with pytest.raises(ValueError, match=said):
        population(3, diagnosis=shares)


@pytest.fixture
def no_large_leydig_output(monkeypatch):
    """Nobody has a steady state whose Leydig cells make more than 1.1 times what a typical man's make."""
    original, place = Model.default().untreated_many, parameter_type()._fields.index("leydig_output")

    def some(table, *given):
        states, _ = original(table, *given)
        return states, np.where(table[:, place] > 1.1, 0, -1)

    monkeypatch.setattr(Model, "untreated_many", staticmethod(some))
    monkeypatch.setattr(Model, "untreated", nowhere)


def test_men_whose_traits_have_no_steady_state_are_drawn_again_and_counted(no_large_leydig_output):
    men = population(60, seed=1)
    assert max(man.traits["leydig_output"] for man in men) <= 1.1
    assert 0 < men.redrawn < 60 and men.redraws.max() > 1
    many_times = int(np.argmax(men.redraws))
    alone = population(1, seed=1, first=many_times)
    assert alone.redraws[0] == men.redraws[many_times]
    assert alone[0].parameters == men[many_times].parameters


def test_only_who_is_redrawn_differs(no_large_leydig_output, monkeypatch):
    some = population(60, seed=1)
    monkeypatch.undo()
    every = population(60, seed=1)
    assert every.redrawn == 0
    for redraws, one, other in zip(some.redraws, some, every, strict=True):
        assert (redraws == 0) == (one.parameters == other.parameters)
        assert (redraws == 0) == (other.traits["leydig_output"] <= 1.1)


@pytest.mark.parametrize("kind", ["hypogonadotropic_hypogonadism", "acquired_hypogonadotropic_hypogonadism"])
def test_men_far_from_the_typical_one_are_sought_from_their_own_diagnosis(kind):
    """Newton's iteration from the typical man's state does not find them, though they have a steady state."""
    assert population(100, seed=1, diagnosis=kind).redrawn == 0


@pytest.mark.parametrize("kind", ["hypogonadotropic_hypogonadism", "acquired_hypogonadotropic_hypogonadism"])
def test_germ_cells_that_a_step_would_empty_do_not_hold_up_the_search(kind):
    """Men with hardly any gonadotropins are found from the typical man's state, without steps in between."""
    men = population(100, seed=1, diagnosis=kind, traits={"gnrh_drive": (0.5, 0.2)})
    table = np.array([man.parameters for man in men], dtype=float)
    _, moving = Model.default().untreated_many(table, sertoli_maturation(men[0].patient.onset_age))
    assert (moving < 0).all()


@pytest.mark.parametrize("kind", ["hypogonadotropic_hypogonadism", "idiopathic_oligozoospermia"])
def test_men_are_found_from_the_state_of_a_man_with_fewer_sperm(kind):
    """A search begins at the state of another man of the cohort, whose spermatogonia may hardly be active."""
    men = population(200, seed=5, diagnosis=kind)
    table = np.array([man.parameters for man in men], dtype=float)
    fewest = min(men, key=lambda man: man.state[Model.default().states.index("spermatogonia_activity")])
    states, moving = Model.default().untreated_many(
        table, sertoli_maturation(men[0].patient.onset_age), fewest.state
    )  # fmt: skip
    assert (moving < 0).all()
    assert states == pytest.approx(np.array([man.state for man in men]), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("count", [1, 300])
def test_a_population_in_which_nobody_has_a_steady_state_is_refused(monkeypatch, count):
    original, draws = Model.default().untreated_many, []

    def none(table, *given):
        draws.append(len(table))
        return original(table[:1], *given)[0].repeat(len(table), 0), np.zeros(len(table), dtype=np.int64)

    monkeypatch.setattr(Model, "untreated_many", staticmethod(none))
    monkeypatch.setattr(Model, "untreated", nowhere)
    with pytest.raises(InputError, match=f"{count} of {count} men of the diagnosis eugonadal have no steady state"):
        population(count, diagnosis="eugonadal")
    assert sum(draws) <= 600, "each draw of traits is sought from two states"


def test_one_man_without_a_steady_state_does_not_go_on_for_ever(monkeypatch):
    original = Model.default().untreated_many

    def but_one(table, *given):
        states, moving = original(table, *given)
        moving[-1] = 0
        return states, moving

    monkeypatch.setattr(Model, "untreated_many", staticmethod(but_one))
    monkeypatch.setattr(Model, "untreated", nowhere)
    with pytest.raises(InputError, match=r"1 of 40 men .* 100 draws of traits failed, 39 did not"):
        population(40, diagnosis="eugonadal")


def test_a_population_is_a_sequence():
    men = population(6, seed=2)
    assert [man.patient.name for man in men[2:4]] == ["man 2", "man 3"]
    assert men[-1] is men.men[5] and len(men[1:].redraws) == 5
    assert hpg.simulate_many(men, "no treatment", days=2)["lh"].shape[0] == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"age": (30, float("nan"))}, "standard deviation nan.: expected"),
        ({"age": (30, float("inf"))}, "standard deviation inf.: expected"),
        ({"age": (30, 40)}, "from 0 to 36"),
        ({"bmi": (float("nan"), 1)}, "bmi = nan"),
        ({"bmi": (25, -1)}, "standard deviation from 0 to 22.5"),
        ({"seed": 10**29}, "seed = "),
        ({"seed": -2}, "seed = -2"),
        ({"count": 0}, "at least 1 man"),
        ({"count": 10**11}, "100000000000 men need about"),
        ({"first": 2**63}, "first = "),
        ({"traits": {"hat_size": (1.0, 0.1)}}, "no trait hat_size"),
        ({"diagnosis": {"eugonadal": float("inf"), "obesity": 1.0}}, "expected finite numbers"),
    ],
)
def test_impossible_populations_are_refused_at_once(arguments, said):
    with pytest.raises(InputError, match=said):
        population(**{"count": 3, **arguments})


def test_a_generator_seeds_a_population():
    def traits(seed):
        return [man.parameters.leydig_output for man in population(2, seed=seed)]

    assert traits(np.random.default_rng(1)) == traits(np.random.default_rng(1)) != traits(np.random.default_rng(2))
    assert traits(int(np.random.default_rng(1).integers(2**63 - 1))) == traits(np.random.default_rng(1))
    for wrong in (None, 1.5, -1, True):
        with pytest.raises(InputError, match="seed = "):
            population(2, seed=wrong)  # pyright: ignore[reportArgumentType]


def test_levels_of_safety_differ_between_men():
    """Healthy men: a standard deviation of hematocrit of 2.5-3 points (usual), of the logarithm of PSA of about 0.5."""
    men = population(200, seed=1)
    hematocrit, psa, slope = (
        np.array([value(man) for man in men])
        for value in (
            lambda man: man.state[man.model.states.index("hematocrit")],
            lambda man: man.state[man.model.states.index("psa")],
            lambda man: man.parameters.hematocrit_androgen_share,
        )
    )
    assert 2.3 < hematocrit.std() < 3.3
    assert 0.3 < np.log(psa).std() < 0.7
    assert np.log(slope).std() > 0.2
