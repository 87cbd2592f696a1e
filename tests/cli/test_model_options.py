"""Parameters and drugs of the user's own at the command line."""

import json

import pytest
from typer.testing import CliRunner

import hpgaxis as hpg
from hpgaxis.cli.main import app

DRUG = """
name: examplezole
group: aromatase inhibitor
summary: An example; its numbers describe no real drug.
dose_unit: mg
largest_dose: 200
default_route: oral
status: example
cautions: none
analytes:
  examplezole:
    concentration_unit: ng/mL
    clearance: {value: 2.0, unit: L/h, status: assumed, source: example, settled_by: a trial}
    half_life: {value: 40, unit: h, status: assumed, source: example, settled_by: a trial}
routes:
  oral: {}
effects:
  - mechanism: aromatase_inhibition
    analyte: examplezole
    constant: {value: 1.0, unit: ng/mL, status: assumed, source: example, settled_by: a trial}
"""
TREATMENT = "examplezole 1 mg daily"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with a drug of the user's own in `drugs`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drugs").mkdir()
    (tmp_path / "drugs" / "examplezole.yaml").write_text(DRUG)
    return tmp_path


def estradiol(path):
    return json.loads(path.read_text())["values"]["estradiol"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "estradiol_reference: 110\n"),
        ("p.yml", "estradiol_reference: 110 pmol/L\n"),
        ("p.toml", 'estradiol_reference = "0.11 nmol/L"\n'),
        ("p.yaml", f"estradiol_reference: {110 * 272.38 / 1000} pg/mL\n"),
    ],
)
def test_a_file_of_parameters_is_the_same_as_with_parameters(folder, name, text):
    (folder / name).write_text(text)
    result = run("simulate", "no treatment", "--days", 2, "--parameters", name, "--out", "out.json")
    assert result.exit_code == 0, result.output
    model = hpg.Model.default().with_parameters(estradiol_reference=110)
    expected = hpg.simulate(None, days=2, model=model)
    assert estradiol(folder / "out.json") == pytest.approx(list(expected["estradiol"]), rel=1e-9)
    assert estradiol(folder / "out.json")[0] != pytest.approx(hpg.simulate(None, days=2)["estradiol"][0], rel=0.05)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "anastrozole.aromatase_inhibition.anastrozole: 2.17\n"),
        ("p.toml", "[anastrozole.aromatase_inhibition]\nanastrozole = '2170 ng/L'\n"),
        ("p.yaml", "anastrozole:\n  aromatase_inhibition:\n    anastrozole: 2.17 ng/mL\n"),
    ],
)
def test_a_drug_constant_may_be_nested(folder, name, text):
    (folder / name).write_text(text)
    result = run("describe", "anastrozole", "--parameters", name)
    assert result.exit_code == 0, result.output
    assert "this model: 2.17 ng/mL" in result.output


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.yaml", "estradiol_referense: 110\n", "p.yaml, line 1: no parameter or drug constant 'estradiol_referense'; did you mean estradiol_reference"),
        ("p.yaml", "# mine\nestradiol_reference: 110 mg\n", "p.yaml, line 2: estradiol_reference: unit 'mg' does not measure"),
        ("p.yaml", "estradiol_reference: 110 zorks\n", "unit 'zorks' is not known"),
        ("p.yaml", "estradiol_reference: true\n", "p.yaml, line 1: estradiol_reference = True: expected a number"),
        ("p.yaml", "estradiol_reference: [1, 2]\n", "estradiol_reference = [1, 2]: expected a number"),
        ("p.yaml", "estradiol_reference: .nan\n", ".nan is no finite number"),
        ("p.toml", "estradiol_reference = nan\n", "p.toml: estradiol_reference = nan: expected a number"),
        ("p.yaml", "estradiol_reference: much\n", "'much' is not a number followed by a unit"),
        ("p.yaml", "aromatase: 1.5\n", "aromatase is a trait of one man"),
        ("p.yaml", "anastrozole.aromatase_inhibition.anastrozole: -1\n", "expected a number above 0"),
        ("p.yaml", "a.b: 1\na:\n  b: 2\n", "no parameter or drug constant 'a.b'"),
        ("p.yaml", "lh_reference: 5\nlh_reference: 6\n", "lh_reference"),
        ("p.yaml", "- 3\n", "expected names with values"),
        ("p.yaml", "", "expected names with values"),
        ("p.toml", "", "there is no parameter"),
        ("p.toml", "estradiol_reference = \n", "p.toml: not TOML"),
        ("p.toml", "estradiol_reference = 1979-05-27\n", "expected a number"),
        ("p.txt", "estradiol_reference: 1\n", "not .yaml, .yml or .toml"),
    ],
)  # fmt: skip
def test_a_bad_file_of_parameters_is_exit_code_2_and_a_message(folder, name, text, message):
    (folder / name).write_text(text)
    result = run("simulate", "no treatment", "--days", 2, "--parameters", name)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "command",
    ["simulate", "compare", "predict", "population", "sensitivity", "risks", "conception", "validate", "describe"],
)
def test_every_command_with_a_model_takes_its_files(folder, command):
    """A missing file is refused before anything is simulated."""
    words = {"validate": [], "describe": ["lh"]}.get(command, [TREATMENT])
    missing = run(command, *words, "--parameters", "none.yaml")
    assert missing.exit_code == 2 and "no file none.yaml" in missing.output
    missing = run(command, *words, "--drugs", "nowhere")
    assert missing.exit_code == 2 and "nowhere holds no .yaml file" in missing.output


def test_a_drug_of_ones_own_is_used(folder):
    for arguments in (
        ["simulate", TREATMENT, "--days", 2],
        ["compare", "no treatment", TREATMENT, "--months", 0.1],
        ["predict", TREATMENT, "--months", 0.1, "--draws", 2],
        ["population", TREATMENT, "--men", 2, "--months", 0.1],
        ["risks", TREATMENT, "--months", 0.1],
        ["conception", TREATMENT, "--months", 1],
        ["drugs"],
        ["describe", "examplezole"],
        ["protocol", TREATMENT],
    ):
        result = run(*arguments, "--drugs", "drugs")
        assert result.exit_code == 0, result.output
        assert "examplezole" in result.output
    assert "unknown drug" in run("simulate", TREATMENT, "--days", 2).output


def test_a_history_may_name_a_drug_of_ones_own(folder):
    arguments = ["simulate", "no treatment", "--days", 2, "--history", TREATMENT, "--out", "out.json"]
    refused = run(*arguments)
    assert refused.exit_code == 2 and "unknown drug 'examplezole'" in refused.output
    result = run(*arguments, "--drugs", "drugs")
    assert result.exit_code == 0, result.output
    assert estradiol(folder / "out.json")[0] < 0.9 * hpg.simulate(None, days=2)["estradiol"][0]


def test_a_broken_drug_file_is_named_with_its_line(folder):
    (folder / "drugs" / "broken.yaml").write_text(DRUG.replace("dose_unit: mg", "dose_unit: furlong"))
    result = run("drugs", "--drugs", "drugs")
    assert result.exit_code == 2
    assert "broken.yaml, line" in result.output and "furlong" in result.output


def test_a_validation_uses_the_model(folder):
    (folder / "p.yaml").write_text("anastrozole.aromatase_inhibition.anastrozole: 1000\n")
    rows = {}
    for name, more in (("shipped", []), ("weak", ["--parameters", "p.yaml"])):
        options = ["--only", "leder-2004-anastrozole", "--out", f"{name}.json"]
        result = run("validate", *options, "--workers", 1, *more)
        assert result.exit_code == 0, result.output
        rows[name] = json.loads((folder / f"{name}.json").read_text())["outcomes"]
    treated = [(a["predicted"], b["predicted"]) for a, b in zip(rows["shipped"], rows["weak"], strict=True)]
    assert any(abs(a / b - 1) > 0.1 for a, b in treated if b)
