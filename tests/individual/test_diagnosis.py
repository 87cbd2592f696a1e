"""What a man may have, and what to measure next."""

from dataclasses import replace

import numpy as np
import pytest

from hpgaxis.datasets.read import read_data_set
from hpgaxis.errors import InputError
from hpgaxis.individual.diagnosis import diagnoses
from hpgaxis.individual.fit import fit
from hpgaxis.measurements.variation import varied
from hpgaxis.model import Model
from hpgaxis.people.baseline import labs_of
from hpgaxis.people.population import population
from tests.datasets.test_table import one

EIGHT = (
    "eugonadal", "obesity", "secondary_hypogonadism", "idiopathic_oligozoospermia", "hypogonadotropic_hypogonadism",
    "primary_testicular_failure", "klinefelter", "hyperprolactinaemia",
)  # fmt: skip
PANEL = ("testosterone", "lh", "fsh", "estradiol", "prolactin", "inhibin_b", "testis_volume", "sperm_concentration")
KLINEFELTER = {"testosterone": 280, "lh": 17, "fsh": 35, "sperm_concentration": 0, "inhibin_b": 12, "testis_volume": 3}


def man(labs, **about):
    return fit([one(DVID=name, DV=value, DVUNIT=None, **about) for name, value in labs.items()], members=16).only


def test_labs_of_klinefelter_syndrome_say_so():
    """Small testes, high LH and FSH, no sperm, inhibin B hardly there (Aksglaede 2008)."""
    found = diagnoses(man(KLINEFELTER, AGE=28, BMI=24))
    assert next(iter(found.probabilities)) == "klinefelter"
    assert sum(found.probabilities.values()) == pytest.approx(1)
    assert found.probabilities["klinefelter"] > 0.8 > found.prior["klinefelter"]


def test_a_karyotype_tells_most_where_failure_and_klinefelter_are_alike():
    found = diagnoses(man({"testosterone": 290, "lh": 15, "fsh": 28}, AGE=30, BMI=24), {
        "klinefelter": 1, "primary_testicular_failure": 1,
    })  # fmt: skip
    share = found.probabilities["klinefelter"]
    entropy = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    assert found.information["karyotype"] == pytest.approx(entropy, abs=1e-6)
    assert all(bits <= entropy + 1e-3 for bits in found.information.values())
    assert 0.05 < share < 0.95


def test_prolactin_tells_most_of_an_adenoma():
    labs = {"testosterone": 200, "lh": 2.0, "fsh": 2.5}
    found = diagnoses(man(labs, AGE=35, BMI=26), {"hyperprolactinaemia": 1, "secondary_hypogonadism": 1})
    assert next(iter(found.information)) == "prolactin"
    higher = diagnoses(
        man({**labs, "prolactin": 90}, AGE=35, BMI=26), {"hyperprolactinaemia": 1, "secondary_hypogonadism": 1}
    )
    assert higher.probabilities["hyperprolactinaemia"] > max(0.95, found.probabilities["hyperprolactinaemia"])


def test_no_sperm_with_normal_hormones_is_no_mistake_but_an_obstruction():
    """Testosterone, LH, FSH and the size of the testes are normal where the ducts are blocked."""
    found = man({"testosterone": 450, "lh": 4, "fsh": 4, "sperm_concentration": 0, "testis_volume": 18}, AGE=33, BMI=25)
    assert found.assumed_diagnosis == "obstructive_azoospermia"
    assert not found.contradictions


def test_a_healthy_man_is_not_suspected():
    assert man({"testosterone": 450, "lh": 4, "fsh": 4, "sperm_concentration": 60}).assumed_diagnosis == ""


@pytest.mark.parametrize(
    ("prior", "fault"), [("gold", "no group"), ({"gold": 1}, "gold"), ({"klinefelter": -1}, "shares"), ({}, "shares")]
)
def test_impossible_shares_are_refused(prior, fault):
    with pytest.raises(InputError, match=fault):
        diagnoses(man({"lh": 4}), prior)


def test_what_cannot_be_told_is_refused():
    with pytest.raises(InputError, match="no measurement"):
        diagnoses(fit([one(HOLD=1)], members=16).only)
    with pytest.raises(InputError, match="gold"):
        diagnoses(man({"lh": 4}), candidates=["gold"])


def test_tables():
    found = diagnoses(man({"lh": 4, "testosterone": 400}), "balanced", members=32)
    assert float(found.table()["before (%)"].to_numpy().sum()) == pytest.approx(100)
    assert "most would be told next by" in repr(found)
    assert len(found.next_table()) == len(found.information)


@pytest.mark.slow
def test_eight_diagnoses_of_virtual_men_are_told_apart_and_the_probabilities_are_calibrated():
    """Of men drawn evenly from eight diagnoses, with eight labs each read once.

    Without labs one in eight is right, and the Brier score (summed over the diagnoses) is 0.875.
    """
    right, brier, sure = [], [], []
    for truth in EIGHT:
        for number, one_man in enumerate(population(4, seed=11, diagnosis=truth)):
            labs = labs_of(Model.default(), np.array([one_man.parameters]), one_man.state[None, :])
            rng = np.random.default_rng([number, EIGHT.index(truth)])
            values = {name: float(labs[name][0]) * float(varied(name, rng.standard_normal())) for name in PANEL}
            rows = [
                one(DVID=n, DV=v, DVUNIT=None, AGE=one_man.patient.age, BMI=one_man.patient.bmi)
                for n, v in values.items()
            ]
            found = diagnoses(_unlearned(rows), dict.fromkeys(EIGHT, 1.0), members=100)
            best, probability = next(iter(found.probabilities.items()))
            right.append(best == truth)
            sure.append(probability)
            brier.append(sum((p - (name == truth)) ** 2 for name, p in found.probabilities.items()))
    assert np.mean(right) > 0.6
    assert np.mean(brier) < 0.5
    assert np.mean(sure) == pytest.approx(np.mean(right), abs=0.15), "as often right as it says"


def _unlearned(rows):
    """A man with all his labs and nothing learned: diagnoses look at the labs alone."""
    return replace(fit([{**row, "HOLD": 1} for row in rows], members=16).only, course=read_data_set(rows)["1"])
