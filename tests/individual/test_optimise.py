"""The search for a protocol, on problems with a known answer."""

from itertools import product

import pytest

from hpgaxis.errors import InputError
from hpgaxis.individual.fit import fit
from hpgaxis.individual.optimise import NO_TREATMENT, optimise
from tests.datasets.test_table import one
from tests.individual.test_fit import LABS

OF_HYPOGONADOTROPIC = [
    one(AGE=25, BMI=23, DIAGNOSIS="acquired_hypogonadotropic_hypogonadism", DV=60), one(DVID="lh", DV=0.3, DVUNIT="IU/L"),
    one(DVID="fsh", DV=0.5, DVUNIT="IU/L"), one(DVID="sperm_concentration", DV=0, DVUNIT="10^6/mL"),
]  # fmt: skip


@pytest.fixture(scope="module")
def man():
    return fit(LABS, members=48).only


def test_least_estradiol_is_at_the_largest_dose_of_an_inhibitor(man):
    """Estradiol falls with the dose of anastrozole (0.1 to 1 mg)."""
    found = optimise(man, "estradiol as low as possible", drugs=["anastrozole"], most_drugs=1, months=2, trials=25)
    assert found.best.protocol == "anastrozole 1 mg daily"


def test_a_bound_moves_the_answer_to_a_smaller_dose(man):
    found = optimise(
        man, "estradiol as low as possible", ["estradiol above 8 pg/mL"], drugs=["anastrozole"], most_drugs=1, months=2,
        trials=25,
    )  # fmt: skip
    assert float(found.best.protocol.split()[1]) < 1
    assert found.best.bounds[0] >= 0.8


def test_a_level_of_testosterone_is_met_by_the_dose_that_gives_it(man):
    """Untreated levels of 265 ng/dL are replaced, so that testosterone follows the dose of enanthate: all doses tried
    one by one, the one that comes nearest is found."""
    goal = "testosterone near 700 ng/dL"
    found = optimise(man, goal, drugs=["testosterone_enanthate"], most_drugs=1, months=3, trials=60)
    by_hand = {}
    for dose, interval in product((25, 50, 75, 100, 125, 150), ("weekly", "every 2 weeks")):
        sentence = f"testosterone enanthate {dose} mg im {interval}"
        by_hand[sentence] = optimise(
            man, goal, drugs=["testosterone_enanthate"], most_drugs=1, months=3, trials=1, guideline=sentence
        ).guideline.score  # fmt: skip
    assert found.best.score >= max(by_hand.values()) - 1e-9
    assert found.best.protocol.split(";")[0] == max(by_hand, key=lambda name: by_hand[name])


def test_men_without_gonadotropins_need_fsh_beside_hcg_for_sperm_and_not_testosterone():
    """Of hCG, FSH and testosterone, both gonadotropins give sperm (Rastrelli 2014)."""
    hypogonadotropic = fit(OF_HYPOGONADOTROPIC, members=32).only
    found = optimise(
        hypogonadotropic, "sperm_concentration as high as possible",
        drugs=["hcg", "fsh", "testosterone_enanthate"], months=12, trials=60,
    )  # fmt: skip
    assert "hCG" in found.best.protocol and "rFSH" in found.best.protocol
    assert found.guideline.protocol.startswith("hCG 1500 IU")


def test_every_choice_is_a_protocol_and_no_rule_brings_in_a_drug_too_many():
    """Each word in braces has values, and each sentence can be read; a rule's own drug counts as one."""
    import optuna

    from hpgaxis.individual.optimise import _sentence, choices
    from hpgaxis.pharmacology.protocol import Protocol

    chosen = {entry["drug"]: entry for entry in choices()}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    seen = set()
    for number in range(400):
        names = ["clomiphene", "clomiphene+hcg", *chosen][number % (len(chosen) + 2)]
        sentence = _sentence(study.ask(), [names], chosen, 2)
        seen.add(sentence)
        drugs = {one.drug for one in Protocol.of(sentence).series} | ({"anastrozole"} if " add " in sentence else set())
        assert len(drugs) <= 2, sentence
    assert any("until day" in one for one in seen) and any("from day" in one for one in seen)
    assert any("> 40 pg/mL at week 12 add" in one for one in seen)


@pytest.mark.parametrize("goal", ["total_motile_count as high as possible", "testosterone near 600 ng/dL"])
def test_the_best_is_never_worse_than_the_guideline(man, goal):
    found = optimise(man, goal, ["estradiol 15-50 pg/mL"], months=3, trials=12, seed=3)
    assert found.best.score >= max(found.guideline.score, found.untreated.score)
    assert found.untreated.protocol == NO_TREATMENT
    assert 0 <= found.probability_better(found.guideline) <= 1
    assert set(found.to_dict()) >= {"best", "guideline", "no_treatment", "front"}


def test_goals_that_conflict_have_a_front(man):
    """Sperm and testosterone: none of the front is beaten by another in both."""
    found = optimise(
        man, ["testosterone near 800 ng/dL", "sperm_concentration as high as possible"], drugs=["clomiphene", "testosterone_gel"],
        months=4, trials=30,
    )  # fmt: skip
    assert len(found.front) >= 2
    for one_found in found.front:
        assert not any(
            all(b > a for a, b in zip(one_found.utility, other.utility, strict=True)) for other in found.front
        )
    assert "better than" in repr(found) or found.best.protocol == found.guideline.protocol
    assert len(found.table()) >= 2


@pytest.mark.parametrize(
    ("goals", "options", "fault"),
    [
        ([], {}, "no goal"), ("gold as high as possible", {}, "gold"), ("lh as low as possible at month 9", {}, "after the"),
        ("lh as low as possible", {"drugs": ["gold"]}, "gold"), ("lh as low as possible", {"most_drugs": 9}, "most_drugs"),
        ("lh as low as possible", {"bounds": ["gold below 3"]}, "gold"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_for_is_refused(man, goals, options, fault):
    with pytest.raises(InputError, match=fault):
        optimise(man, goals, trials=2, **options)
