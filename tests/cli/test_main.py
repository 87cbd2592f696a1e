"""The command line as a user meets it: good input, bad input, nothing half-written."""

import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from hpgaxis.people.match import match
from hpgaxis.people.patient import Patient
from hpgaxis.simulation.run import simulate
from tests.evidence.test_trials import GOOD

PATIENT = "age: 34\nbmi: 31\nlabs:\n  testosterone: 265 ng/dL\n  lh: 3.1 IU/L\n  estradiol: 48 pg/mL\n"


def hpg(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def patient(tmp_path):
    path = tmp_path / "patient.yaml"
    path.write_text(PATIENT)
    return str(path)


def test_simulate_writes_what_it_says(patient, tmp_path):
    for ending in ("csv", "parquet", "json"):
        out = tmp_path / f"out.{ending}"
        result = hpg("simulate", patient, "anastrozole 1 mg daily", "--months", "1", "--out", str(out))
        assert result.exit_code == 0, result.output
        assert "testosterone (ng/dL)" in result.output
        assert out.exists()
    frame = pd.read_csv(tmp_path / "out.csv")
    man = match(Patient.from_yaml(PATIENT))
    assert frame["testosterone [ng/dL]"].iloc[0] == pytest.approx(man.fits["testosterone"].reached, rel=1e-6)
    pd.testing.assert_frame_equal(frame, pd.read_parquet(tmp_path / "out.parquet"))
    data = json.loads((tmp_path / "out.json").read_text())
    assert data["units"]["testosterone"] == "ng/dL"
    assert len(data["time"]) == len(frame)


def test_compare_writes_one_self_contained_page(patient, tmp_path):
    page = tmp_path / "page.html"
    result = hpg(
        "compare", patient, "anastrozole 1 mg daily", "clomiphene 25 mg daily", "--months", "2", "--report", str(page)
    )
    assert result.exit_code == 0, result.output
    html = page.read_text()
    assert "<svg" in html
    assert "not a medical device" in html.lower()
    assert 'src="http' not in html and 'href="http' not in html
    assert "clomiphene 25 mg daily" in html


def test_metrics_and_pulsatile(patient):
    result = hpg("simulate", patient, "anastrozole 1 mg daily", "--days", "3", "--pulsatile", "--metrics")
    assert result.exit_code == 0, result.output
    assert "cmax" in result.output and "time_to_peak_effect_days" in result.output


@pytest.mark.parametrize(
    "name", ["anastrozole", "lh", "leydig_half_maximum", "gonadotrope_capacity", "aromatase_inhibition", "obesity"]
)
def test_describe(name):
    result = hpg("describe", name)
    assert result.exit_code == 0
    assert name in result.output


def test_drugs_lists_all():
    from hpgaxis.pharmacology.library import DrugLibrary

    rows = json.loads(hpg("drugs", "--json").output)
    assert set(rows) == set(DrugLibrary.shipped())
    assert "anastrozole" in hpg("drugs").output


def test_protocol_forms_turn_into_each_other(tmp_path):
    sentence = "hCG 1500 IU sc three times a week and rFSH 150 IU sc every other day from month 4"
    for form, name in (("yaml", "p.yaml"), ("events", "p.csv")):
        (tmp_path / name).write_text(hpg("protocol", sentence, "--to", form).output)
        back = hpg("protocol", str(tmp_path / name), "--to", "sentence").stdout
        assert back == hpg("protocol", sentence, "--to", "sentence").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["simulate", "aspirin 1 mg daily"], "unknown drug"),
        (["simulate", "anastrozole 1 furlong daily"], "furlong"),
        (["simulate", "anastrozole 1 IU daily"], "use mg"),
        (["simulate", "anastrozole 1 g daily"], "is the unit right"),
        (["simulate", "anastrozole 1 mg nasal daily"], "has no route 'nasal'"),
        (["simulate", "anastrozole 1 mg every -2 days"], "-2"),
        (["simulate", "--lab", "lh=-3", "anastrozole 1 mg daily"], "lh = '-3'"),
        (["simulate", "--lab", "testosterone=5 mg/L", "anastrozole 1 mg daily"], "impossible"),
        (["simulate", "--lab", "lh", "anastrozole 1 mg daily"], "name=value"),
        (["simulate", "--lab", "testosterone=300", "--lab", "shbg=30", "--lab", "free_testosterone=400", "no treatment"], "contradictory"),
        (["simulate", "nobody.yaml", "anastrozole 1 mg daily"], "no file nobody.yaml"),
        (["simulate", "no treatment", "--months", "-1"], "above 0"),
        (["simulate", "no treatment", "--out", "x.xlsx"], "not .csv, .parquet or .json"),
        (["simulate", "no treatment", "--out", "/proc/none/x.csv"], "there is no folder /proc/none"),
        (["compare", "no treatment", "no treatment"], "given twice"),
        (["describe", "anastrazol"], "did you mean anastrozole"),
        (["validate", "--trials", "/nowhere"], "no such folder"),
        (["protocol", "hcg 500 IU daily", "--to", "music"], "expected sentence, yaml or events"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_code_2_and_a_message(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = hpg(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "--treatments", "--days", "3"], "--days is not used: --treatments"),
        (["population", "no treatment", "--days", "10", "--months", "3"], "give --days or --months, not both"),
        (["compare", "--treatments", "--months", "3"], "--months is not used: --treatments"),
        (["compare", "--treatments", "--seed", "3"], "--seed is not used: --treatments"),
        (["compare", "--treatments", "--pulsatile"], "--pulsatile is not used: --treatments"),
        (["compare", "--treatments", "--metrics"], "--metrics is not used: --treatments"),
        (["compare", "no treatment", "--seed", "3"], "--seed is not used: nothing is drawn"),
        (["simulate", "no treatment", "--days", "10", "--months", "3"], "give --days or --months, not both"),
        (["simulate", "no treatment", "--seed", "1"], "--seed is not used: nothing is drawn"),
        (["simulate", "no treatment", "--seed", "1", "--assay-variation"], "--assay-variation is not used"),
        (["population", "no treatment", "--age-spread", "3"], "--age-spread is not used: a spread needs its mean"),
        (["population", "no treatment", "--bmi-spread", "0"], "--bmi-spread is not used: a spread needs its mean"),
        (["conception", "no treatment", "--partner-age", "30", "--partner-fecundability", "0.2"], "--partner-age is not"),
        (["conception", "no treatment", "--trying", "24", "--partner-fecundability", "0.2"], "--trying is not"),
        (["conception", "no treatment", "--previous-pregnancy", "--partner-fecundability", "0.2"], "--previous-pregnancy is"),
        *(
            ([command, "no treatment", "--history-years", "3"], "--history-years is not used: give --history")
            for command in ("simulate", "compare", "risks", "conception", "predict", "sensitivity")
        ),
    ],
)  # fmt: skip
def test_an_option_that_is_not_used_is_refused(arguments, message):
    result = hpg(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_options_that_are_used_are_taken():
    for arguments in (
        ["simulate", "no treatment", "--days", "3", "--pulsatile", "--seed", "1"],
        ["simulate", "anastrozole 1 mg daily; 80 % adherence", "--days", "3", "--seed", "1"],
        ["simulate", "no treatment", "--months", "1", "--history", "hCG 500 IU daily", "--history-years", "1"],
    ):
        result = hpg(*arguments)
        assert result.exit_code == 0, result.output


def test_tables_on_the_command_line_say_over_which_days_they_average():
    result = hpg("simulate", "testosterone enanthate 200 mg weekly", "--months", "6")
    assert "days 175 to 182" in result.output and "day 183" in result.output
    read = simulate(None, "testosterone enanthate 200 mg weekly", months=6).reading("testosterone", 182)
    mean, trough, peak = (f"{float(f'{value:.3g}'):g}" for value in (read.mean, read.trough, read.peak))
    assert f"{mean} ({trough} to {peak})" in result.output
    assert "azoospermia" in result.output and "< 0.1" in result.output
    result = hpg("compare", "testosterone enanthate 200 mg weekly", "--months", "6", "--metrics")
    assert "after 6 months" in result.output and f"{mean} ({trough} to {peak})" in result.output
    assert "0.05" not in result.output  # LH


def test_a_bad_trial_file_writes_nothing(tmp_path):
    trials = tmp_path / "trials"
    trials.mkdir()
    (trials / "bad.yaml").write_text(GOOD.replace("title: A made-up trial for the tests\n", ""))
    out = tmp_path / "out.json"
    result = hpg("validate", "--trials", str(trials), "--out", str(out))
    assert result.exit_code == 2
    assert "bad.yaml, line 2 (trial made-up-2020-anastrozole): field title" in result.output
    assert not out.exists()


def test_a_folder_in_which_nothing_can_be_compared(tmp_path):
    (tmp_path / "unverified.yaml").write_text(GOOD.replace("verified: yes", "verified: no"))
    page = tmp_path / "v.html"
    result = hpg("validate", "--trials", str(tmp_path), "--report", str(page))
    assert result.exit_code == 0, result.output
    assert "0 figures compared" in result.output
    assert "its source was not read" in page.read_text()


def test_validate_writes_json_and_page(tmp_path):
    trials = tmp_path / "trials"
    trials.mkdir()
    (trials / "good.yaml").write_text(GOOD)
    out, page = tmp_path / "v.json", tmp_path / "v.html"
    result = hpg("validate", "--trials", str(trials), "--out", str(out), "--report", str(page), "--workers", "1")
    assert result.exit_code == 0, result.output
    data = json.loads(out.read_text())
    assert {"outcomes", "skipped", "summary"} <= set(data)
    assert set(data["summary"]["lh"]) == {"n", "aafe", "bias", "within_ci", "coverage"}
    assert "made-up-2020-anastrozole" in page.read_text()


def test_a_protocol_file_may_stand_alone(tmp_path):
    """A first file with `doses` is the protocol and not the patient."""
    path = tmp_path / "protocol.yaml"
    path.write_text("doses:\n- {drug: clomiphene, dose: 25 mg, every_days: 2}\n")
    result = hpg("simulate", str(path), "--months", "1", "--diagnosis", "obesity")
    assert result.exit_code == 0, result.output


def test_compare_shows_what_was_read_and_done_at_visits(tmp_path):
    page = tmp_path / "page.html"
    protocol = "clomiphene 25 mg daily; if testosterone < 3000 ng/dL at week 4 raise clomiphene to 50 mg"
    result = hpg("compare", protocol, "no treatment", "--months", "2", "--report", str(page))
    assert result.exit_code == 0, result.output
    assert "visits:" in result.output and "day 28" in result.output
    assert "At the visits" in page.read_text() and "25 -&gt; 50 mg" in page.read_text()


def test_an_empty_protocol_is_refused_and_a_seed_is_asked_for_by_its_option():
    for command in ("simulate", "compare", "protocol", "risks"):
        result = hpg(command, " ")
        assert result.exit_code == 2
        assert "the protocol is empty" in result.output and "'no treatment'" in result.output
    missed = "anastrozole 1 mg daily; 50 % adherence"
    for command in ("simulate", "compare", "risks", "conception"):
        result = hpg(command, missed, "--months", "1")
        assert result.exit_code == 2
        assert "draws which doses are missed" in result.output and "--seed" in result.output
        assert hpg(command, missed, "--months", "1", "--seed", "1").exit_code == 0
    assert "leave the adherence out" in hpg("sensitivity", missed, "--months", "1").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("simulate clomiphene 25 mg daily", 'put the sentence in quotes: hpg simulate "clomiphene 25 mg daily"'),
        ("simulate no treatment", 'hpg simulate "no treatment"'),
        ("risks clomiphene 25 mg daily --age 40", 'hpg risks "clomiphene 25 mg daily"'),
        ("conception clomiphene 25 mg daily", 'hpg conception "clomiphene 25 mg daily"'),
        ("predict clomiphene 25 mg daily", 'hpg predict "clomiphene 25 mg daily"'),
        ("sensitivity clomiphene 25 mg daily", 'hpg sensitivity "clomiphene 25 mg daily"'),
        ("population hCG 500 IU every other day", 'hpg population "hCG 500 IU every other day"'),
        ("protocol hCG 500 IU daily", 'hpg protocol "hCG 500 IU daily"'),
        ("dose anastrozole ? mg daily --target estradiol=15", 'hpg dose "anastrozole ? mg daily"'),
        (
            "compare clomiphene 25 mg daily anastrozole 1 mg daily",
            'put each sentence in quotes: hpg compare "clomiphene 25 mg daily" "anastrozole 1 mg daily"',
        ),
    ],
)
def test_a_sentence_without_quotes_is_recognised(words, said):
    result = hpg(*words.split())
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_the_patient_file_stays_before_the_quotes(patient):
    assert (
        f'hpg simulate {patient} "clomiphene 25 mg daily"'
        in hpg("simulate", patient, *["clomiphene", "25", "mg", "daily"]).output
    )


COMMANDS_WITH_JSON = [
    ("simulate", "anastrozole 1 mg daily", "--days", "3"),
    ("simulate", "anastrozole 1 mg daily", "--days", "3", "--metrics"),
    ("compare", "anastrozole 1 mg daily", "--days", "3"),
    ("predict", "anastrozole 1 mg daily", "--days", "3", "--draws", "2"),
    ("population", "anastrozole 1 mg daily", "--days", "3", "--men", "2"),
    ("sensitivity", "anastrozole 1 mg daily", "--days", "3", "--of", "aromatase"),
    ("risks", "testosterone enanthate 100 mg weekly", "--days", "20"),
    ("risks", "no treatment", "--days", "20"),
    ("conception", "no treatment", "--days", "40"),
    ("dose", "anastrozole ? mg daily", "--target", "estradiol=15 pg/mL", "--days", "20"),
    ("drugs",),
    ("trial", "examples"),
]


@pytest.mark.parametrize("words", COMMANDS_WITH_JSON, ids=" ".join)
def test_every_table_comes_as_json_too(words):
    result = hpg(*words, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.parametrize(
    "words", [words for words in COMMANDS_WITH_JSON if "--days" in words and "--metrics" not in words]
)
def test_data_go_to_standard_output_and_nothing_else_does(words):
    result = hpg(*words, "--out", "-")
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(io.StringIO(result.stdout))) > 0
    assert json.loads(hpg(*words, "--out", "-", "--json").stdout)


def test_a_missing_folder_is_not_made(tmp_path):
    place = tmp_path / "none"
    for option, name in (("--out", "x.csv"), ("--plot", "x.png")):
        result = hpg("simulate", "no treatment", "--days", "2", option, str(place / name))
        assert result.exit_code == 2 and f"there is no folder {place}" in result.output
    assert not place.exists()


def test_compare_shows_no_treatment_once():
    once = hpg("compare", "anastrozole 1 mg daily", "--days", "3", "--json").stdout
    assert [row["protocol"] for row in json.loads(once)["protocols"]] == ["no treatment", "anastrozole 1 mg daily"]
    given = hpg("compare", "anastrozole 1 mg daily", "no treatment", "--days", "3", "--json").stdout
    assert [row["protocol"] for row in json.loads(given)["protocols"]] == ["anastrozole 1 mg daily", "no treatment"]


def test_validate_and_baseline_write_nothing_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert hpg("validate", "--only", "shah-2021-anastrozole", "--workers", "1").exit_code == 0
    assert hpg("baseline", "ageing", "--men", "100").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_dose_for_a_target_is_a_sentence_that_reaches_it():
    words = ("dose", "anastrozole ? mg daily", "--target", "estradiol=15 pg/mL", "--months", "1")
    result = hpg(*words)
    assert result.exit_code == 0, result.output
    sentence = next(line for line in result.stdout.splitlines() if line.startswith("protocol: "))
    reached = json.loads(hpg("simulate", sentence.removeprefix("protocol: "), "--months", "1", "--json").stdout)
    last = [row for row in reached["readings"] if row["measure"] == "estradiol"][-1]
    assert last["mean"] == pytest.approx(15, rel=1e-3)
    assert "95 % interval" in hpg(*words, "--draws", "2").stdout
    assert "--seed is not used" in hpg(*words, "--seed", "2").output
    assert "expected name=value" in hpg(*words[:3], "estradiol").output


def test_the_axis_is_drawn(tmp_path):
    picture = tmp_path / "axis.svg"
    assert hpg("axis", "--out", str(picture), "--theme", "dark").exit_code == 0
    assert picture.read_text().startswith("<svg")
    assert "--theme pink: expected auto, light, dark" in hpg("axis", "--out", str(picture), "--theme", "pink").output
    assert "is not .svg" in hpg("axis", "--out", "axis.png").output
