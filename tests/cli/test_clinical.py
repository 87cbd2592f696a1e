"""Diagnoses, risks, conception and the comparison of treatments on the command line."""

import json

import pytest

from tests.cli.test_main import hpg


def test_diagnoses_prints_patterns_and_names_what_it_does_not_know():
    one = hpg("diagnoses", "Klinefelter")
    assert one.exit_code == 0
    assert "published" in one.output and "fsh" in one.output and "leydig_output" in one.output
    data = json.loads(hpg("diagnoses", "hypothyroidism", "--json").output)
    assert all(row["inside"] for row in data["hypothyroidism"]["pattern"])
    wrong = hpg("diagnoses", "gout")
    assert wrong.exit_code == 2 and "klinefelter" in wrong.output


def test_compare_treatments_in_its_forms(tmp_path):
    arguments = ("compare", "--treatments", "--diagnosis", "varicocele")
    text = hpg(
        *arguments,
        "--out",
        str(tmp_path / "t.md"),
        "--report",
        str(tmp_path / "t.html"),
        "--plot",
        str(tmp_path / "t.png"),
    )
    assert text.exit_code == 0, text.output
    for name in ("varicocele repair", "tamoxifen", "not a medical device", "off-label"):
        assert name in text.output
    assert "| varicocele repair |" in (tmp_path / "t.md").read_text()
    assert "<svg" in (tmp_path / "t.html").read_text()
    assert (tmp_path / "t.png").stat().st_size > 10_000
    for arguments, said in (
        (("compare", "--treatments", "anastrozole 1 mg daily"), "leave out"),
        (("compare", "--treatments", "--out", "x.docx"), "ending"),
        (("compare", "--treatments", "--diagnosis", "gout"), "gout"),
        (("compare",), "no protocol"),
    ):
        result = hpg(*arguments)
        assert result.exit_code == 2 and said in result.output


def test_json_on_standard_output_is_json():
    result = hpg("compare", "--treatments", "--json", "--diagnosis", "obstructive_azoospermia")
    data = json.loads(result.stdout)
    assert data["why_untreatable"]
    assert len(data["treatments"]) >= 12


def test_risks_and_conception(tmp_path):
    result = hpg("risks", "testosterone enanthate 200 mg weekly", "--months", "6", "--plot", str(tmp_path / "r.png"))
    assert result.exit_code == 0, result.output
    assert "hematocrit" in result.output and "Endocrine Society" in result.output
    assert (tmp_path / "r.png").exists()
    result = hpg("conception", "clomiphene 25 mg daily", "--months", "3", "--partner-age", "36")
    assert result.exit_code == 0 and "month 3" in result.output
    for arguments, said in (
        (("risks", "a", "b"), "takes one"),
        (("conception", "no treatment", "--partner-age", "99"), "partner_age"),
        (("risks", "unobtainium 3 mg daily"), "unobtainium"),
    ):
        result = hpg(*arguments)
        assert result.exit_code == 2 and said in result.output


def test_conception_after_months_of_trying():
    couple = ("conception", "no treatment", "--diagnosis", "idiopathic_oligozoospermia", "--months", "12")
    default = hpg(*couple)
    assert default.exit_code == 0 and "after 24 months of trying" in default.output
    assert "Dovey 2008" in default.output and "not a medical device" in default.output
    data = {text: json.loads(hpg(*couple, "--trying", text, "--json").stdout) for text in ("0", "24", "2 years", "60")}
    assert data["24"] == data["2 years"] and data["24"]["months_of_trying"] == 24
    assert data["0"]["cumulative"][-1] > data["24"]["cumulative"][-1] > data["60"]["cumulative"][-1]
    assert {rate["treatment"] for rate in data["0"]["assisted"]} >= {"insemination", "IVF or ICSI"}
    proven = json.loads(hpg(*couple, "--previous-pregnancy", "--json").stdout)
    assert proven["cumulative"][-1] > data["24"]["cumulative"][-1]
    assert "after" not in hpg("conception", "no treatment", "--months", "1").output.splitlines()[0]


def test_conception_without_sperm_has_the_rates_of_retrieval():
    output = hpg("conception", "no treatment", "--diagnosis", "obstructive_azoospermia", "--months", "1").output
    assert "Corona 2019" in output and "whom a hormone suppresses" in " ".join(output.split())


def test_conception_as_csv_has_one_row_a_month():
    lines = hpg("conception", "no treatment", "--months", "2", "--out", "-").stdout.splitlines()
    assert lines[0] == "protocol,month,sperm_concentration,total_motile_count,monthly,cumulative"
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("trying", "said"),
    [("-1", "0 to 360"), ("400", "0 to 360"), ("nan", "nan"), ("long", "2 years"), ("2 kg", "kg"), ("1 to 2", "range")],
)
def test_months_of_trying_that_make_no_sense_are_refused(trying, said):
    result = hpg("conception", "no treatment", "--months", "1", "--trying", trying)
    assert result.exit_code == 2 and said in result.output and "months of trying" in result.output


def test_simulate_with_rules_history_and_ageing_prints_the_visits():
    result = hpg(
        "simulate", "clomiphene 25 mg daily; if testosterone < 2000 at week 4 raise clomiphene to 50 mg",
        "--history", "testosterone enanthate 200 mg weekly", "--history-years", "1", "--ageing", "--months", "3",
        "--seed", "4", "--assay-variation",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "clomiphene 25 -> 50 mg" in result.output
    assert hpg("simulate", "no treatment", "--assay-variation").exit_code == 2


def test_population_and_sensitivity(tmp_path):
    plot, out = tmp_path / "bands.png", tmp_path / "men.csv"
    result = hpg(
        "population", "anastrozole 1 mg daily", "--men", "12", "--months", "1", "--diagnosis", "obesity",
        "--plot", str(plot), "--out", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "12 men" in result.output and "testosterone (ng/dL)" in result.output
    assert plot.stat().st_size > 10_000 and "man 11" in out.read_text()
    result = hpg("sensitivity", "clomiphene 25 mg daily", "--of", "leydig_output", "--months", "1")
    assert result.exit_code == 0, result.output
    assert "leydig_output" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("population", "no treatment", "--men", "0"), "--men"),
        (("population", "no treatment", "--diagnosis", "gout"), "unknown diagnosis or group 'gout'"),
        (("population", "no treatment", "--age", "300"), "age"),
        (("population", "no treatment", "--age-spread", "3"), "needs its mean"),
        (("sensitivity", "no treatment", "--of", "leydig"), "no parameter or trait named 'leydig'"),
        (("sensitivity", "no treatment", "anastrozole 1 mg daily"), "sensitivity takes one"),
    ],
)
def test_mistakes_about_many_men(arguments, message):
    result = hpg(*arguments)
    assert result.exit_code == 2
    assert message in result.output
