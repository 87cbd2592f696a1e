"""The comparison of treatments: every figure from simulation, in four forms."""

import json
from typing import Any

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.clinical.treatments import compare_treatments, standard
from hpgaxis.report.tables import treatments_markdown

ASKED_FOR = {
    "anastrozole", "letrozole", "clomiphene", "enclomiphene", "tamoxifen", "hCG", "hCG + rFSH", "hMG",
    "pulsatile gonadorelin", "testosterone", "weight loss", "gonadorelin + tamoxifen + clomiphene",
    "gonadorelin + tamoxifen + clomiphene + anastrozole",
}  # fmt: skip


@pytest.fixture(scope="module")
def obese():
    return compare_treatments(hpg.Patient(diagnosis="obesity"))


def by_name(table):
    return {row.treatment: row for row in table.rows}


def test_all_treatments_are_there(obese):
    assert {entry["name"] for entry in standard()} >= ASKED_FOR
    assert set(by_name(obese)) >= ASKED_FOR


def test_the_figures_are_those_of_a_simulation(obese):
    row = by_name(obese)["clomiphene"]
    result = hpg.simulate(hpg.Patient(diagnosis="obesity"), row.protocol, days=367)
    day = (result.time >= 182) & (result.time <= 183)
    sperm = np.trapezoid(result["sperm_concentration"][day], result.time[day])  # of one day, clomiphene being daily
    assert row.sperm["6"] == pytest.approx(sperm, rel=1e-3)
    month = (result.time >= 61) & (result.time <= 91)
    assert row.hormones["lh"] == pytest.approx(np.trapezoid(result["lh"][month], result.time[month]) / 30, rel=1e-3)


def test_what_is_known_of_the_treatments_comes_out(obese):
    rows, untreated = by_name(obese), obese.untreated
    assert rows["anastrozole"].hormones["estradiol"] < 0.7 * untreated["estradiol"]
    assert rows["testosterone"].stimulation["leydig_stimulation"] < 20
    assert any("sperm" in risk for risk in rows["testosterone"].risks)
    assert rows["hCG"].stimulation["sertoli_stimulation"] < 0.2 * untreated["sertoli_stimulation"]
    assert rows["weight loss"].hormones["testosterone"] > untreated["testosterone"]
    assert "off-label" in rows["clomiphene"].approval["clomiphene"]


def test_the_four_forms_hold_all_treatments(obese, tmp_path):
    html = hpg.write_report(obese, tmp_path / "page.html").read_text()
    assert "<svg" in html and "not a medical device" in html
    text = json.dumps(obese.to_dict())
    for name in by_name(obese):
        assert name in html
        assert name in treatments_markdown(obese)
        assert name in text
        assert name in obese.table().index


def test_a_lean_man_is_not_told_to_lose_weight_and_each_disease_has_its_own_treatment():
    lean = by_name(compare_treatments(hpg.Patient(diagnosis="hyperprolactinaemia")))
    assert "weight loss" not in lean and "varicocele repair" not in lean
    assert lean["cabergoline"].hormones["testosterone"] > 1.5 * lean["no treatment"].hormones["testosterone"]


def test_obstruction_says_that_no_drug_helps():
    table = compare_treatments(hpg.Patient(diagnosis="obstructive_azoospermia"))
    assert "No drug" in table.why_untreatable
    assert table.why_untreatable in treatments_markdown(table)
    assert all(set(row.sperm.values()) == {0.0} for row in table.rows)


def test_the_drugs_of_the_model_are_described():
    drug = hpg.DrugLibrary.shipped()["anastrozole"]
    mine = hpg.DrugLibrary.shipped().with_drug(drug.model_copy(update={"cautions": "A batch of my own."}))
    table = hpg.compare_treatments(None, model=hpg.Model.default().with_drugs(mine))
    assert any("A batch of my own." in row.cautions for row in table.rows)


def test_a_report_is_chosen_by_kind_and_not_by_the_kind_s_name(tmp_path):
    another: Any = type("Comparison", (), {})()
    with pytest.raises(hpg.InputError, match="no report of a Comparison"):
        hpg.write_report(another, tmp_path / "page.html")
