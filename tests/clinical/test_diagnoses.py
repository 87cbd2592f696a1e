"""Each diagnosis shows its published laboratory pattern."""

import pytest

from hpgaxis.clinical.diagnoses import laboratory_pattern
from hpgaxis.people.patient import PatientError, phenotypes

WITH_PATTERN = [name for name, entry in phenotypes().items() if "pattern" in entry]
ASKED_FOR = {
    "hypogonadotropic_hypogonadism", "acquired_hypogonadotropic_hypogonadism", "obesity", "idiopathic_oligozoospermia",
    "low_t_e2_ratio", "primary_testicular_failure", "klinefelter", "varicocele", "hyperprolactinaemia",
    "hypothyroidism", "hyperthyroidism", "cushing_syndrome", "chronic_stress", "suppressed_by_testosterone",
    "suppressed_by_anabolic_steroids", "aromatase_deficiency", "estrogen_resistance", "obstructive_azoospermia", "ageing",
}  # fmt: skip


def test_all_diagnoses_are_there():
    assert set(WITH_PATTERN) >= ASKED_FOR


STRESSED = pytest.mark.xfail(strict=True, reason="testosterone 492 ng/dL; 480 is assumed: half more cortisol costs 3 %")
MARKS = {"chronic_stress": STRESSED}


@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS.get(name, ())) for name in WITH_PATTERN])
def test_the_laboratory_pattern_is_inside_its_published_range(name):
    rows = laboratory_pattern(name)
    assert rows
    outside = {row.measure: (row.predicted, row.low, row.high) for row in rows if not row.inside}
    assert not outside


@pytest.mark.parametrize("name", WITH_PATTERN)
def test_each_range_has_a_source_and_most_are_not_set_by_the_diagnosis_itself(name):
    rows = laboratory_pattern(name)
    assert all(row.source and row.low <= row.high for row in rows)
    assert any(not row.matched for row in rows)


def test_an_unknown_diagnosis_lists_the_known_ones():
    with pytest.raises(PatientError, match="klinefelter"):
        laboratory_pattern("gout")
