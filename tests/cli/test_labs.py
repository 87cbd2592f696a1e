"""What the commands say about a man's labs, and which they refuse."""

import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app


def hpg(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", "no treatment", "--days", "5"),
        ("compare", "no treatment", "anastrozole 1 mg daily", "--months", "1"),
        ("risks", "no treatment", "--months", "1"),
        ("predict", "no treatment", "--months", "1", "--draws", "2"),
    ],
)
def test_every_command_says_how_labs_were_matched_and_what_explains_azoospermia(command):
    result = hpg(*command, "--lab", "sperm_concentration=0", "--lab", "T=265 ng/dL", "--lab", "lh=3.1")
    assert result.exit_code == 0, result.output
    said = result.stderr
    assert "Testosterone: given 265, matched " in said and "SD below; it varies by 20 %" in said
    assert "Sperm concentration: given 0, matched below 0.05 10⁶/mL" in said
    assert "No cause is assumed" in said
    assert "obstructive_azoospermia: fsh 1.5 to 8.9 IU/L, testis volume 13.5 to 22 mL" in said
    assert "--diagnosis" in said and "primary_testicular_failure" not in said


def test_a_contradicting_lab_is_told_with_what_the_others_imply():
    result = hpg(
        "simulate", "no treatment", "--days", "5", "--lab", "testosterone=300", "--lab", "lh=30", "--lab", "fsh=1.5"
    )
    assert result.exit_code == 0, result.output
    assert "lh 30 IU/L was not matched: it lies" in result.stderr
    assert "without it, his other labs imply" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lab", "testosterone=265", "--lab", "testosterone=500"), "testosterone is given twice, before as '265'"),
        (("--lab", "testosterone=265", "--lab", "T=500"), "testosterone is given twice"),
        (("--lab", "testosterone"), "expected name=value"),
        (("--lab", "zz=1"), "unknown laboratory value 'zz'"),
        (("--history-years", "3"), "--history-years is not used: give --history"),
        (("--age", "17", "--history", "hCG 1500 IU weekly", "--history-years", "40"), "begins before his birth"),
        (("--age", "25", "--diagnosis", "acquired_hypogonadotropic_hypogonadism"), "where onset_age is not given"),
        (("--age", "nan"), "age = nan: expected a number"),
    ],
)
def test_refused_options(options, message):
    result = hpg("simulate", "no treatment", "--days", "5", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_an_option_stands_in_for_the_files_lab_under_any_name(tmp_path):
    file = tmp_path / "man.yaml"
    file.write_text("labs: {t: 300, lh: 4}\n")
    result = hpg("simulate", str(file), "no treatment", "--days", "5", "--lab", "testosterone=500")
    assert result.exit_code == 0, result.output
    assert "Testosterone: given 500" in result.stderr and "LH: given 4" in result.stderr


@pytest.mark.parametrize(
    "text", ["labs: [1, 2]", "labs: text", "labs: {5: 265}", "labs: {zz: 3}", "traits: [1]", "age: x"]
)
def test_a_files_faults_are_named_with_the_file(tmp_path, text):
    file = tmp_path / "man.yaml"
    file.write_text(text + "\n")
    result = hpg("simulate", str(file), "no treatment", "--days", "5", "--lab", "lh=4")
    assert result.exit_code == 2
    assert "man.yaml" in result.output and "Traceback" not in result.output


def test_a_very_heavy_man_without_gonadotropins_is_simulated():
    result = hpg(
        "simulate", "no treatment", "--days", "5", "--diagnosis", "hypogonadotropic_hypogonadism", "--bmi", "50"
    )
    assert result.exit_code == 0, result.output


def test_a_lab_with_its_hour_and_assay_on_the_command_line():
    result = hpg(
        "simulate", "no treatment", "--days", "5", "--lab", "testosterone=300 ng/dL at 8:00 by LC-MS",
        "--lab", "estradiol=32 pg/mL by immunoassay",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Testosterone: given 300 ng/dL at 8:00 by LC-MS, read as " in result.stderr
    assert "ng/dL over the day, matched" in result.stderr
    assert "Estradiol: given 32 pg/mL by immunoassay, read as 29 pg/mL by mass spectrometry" in result.stderr
    assert "Labs without an hour" not in result.stderr


def test_the_default_is_said():
    said = hpg("simulate", "no treatment", "--days", "5", "--lab", "testosterone=300").stderr
    assert "Labs without an hour are read as means over 24 hours" in said
    assert "Labs without an hour are read as means over 24 hours" in " ".join(hpg("labs").stdout.split())
    described = " ".join(hpg("describe", "testosterone").stdout.split())
    assert "over the day: highest at 7:30, by 16 % at 35 years, 7 % at 70 years above the mean" in described
    assert "immunoassays read 12 ng/dL where there is nothing" in described


@pytest.mark.parametrize(
    ("lab", "message"),
    [
        ("testosterone=265 ng/dL at noon", "the hour 'noon' is not understood"),
        ("free_testosterone=60 pg/mL by direct immunoassay", "does not measure free hormone"),
        ("testosterone=265 ng/dL by magic", "the assay 'magic' is not known for testosterone"),
    ],
)
def test_hours_and_assays_that_are_refused(lab, message):
    result = hpg("simulate", "no treatment", "--days", "5", "--lab", lab)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_a_target_of_find_dose_has_no_hour():
    result = hpg("dose", "anastrozole ? mg daily", "--target", "testosterone=550 ng/dL at 8:00")
    assert result.exit_code == 2
    assert "hour and assay belong to the labs of a man" in " ".join(result.output.split())
