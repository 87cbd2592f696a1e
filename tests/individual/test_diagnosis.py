"""What a man may have, and what to measure next."""

import numpy as np
import pytest

from hpgaxis.errors import InputError
from hpgaxis.individual.diagnosis import diagnoses
from hpgaxis.individual.fit import fit
from tests.datasets.test_table import one

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
