"""What the user did wrong is said in one message with exit status 2; what the program did wrong is called a bug."""

import errno
import json
import re
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from hpgaxis.cli.main import app
from tests.evidence.test_trials import GOOD

BIG = 50_000_000


def hpg(*arguments, **more):
    return CliRunner().invoke(app, list(map(str, arguments)), **more)


def refused(result, *messages):
    """Exit status 2, a message that holds these texts, and no traceback."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output and "bug" not in result.output
    shown = " ".join(result.output.replace("│", " ").split())
    for message in messages:
        assert message in shown, result.output
    assert len(result.output) < 3000


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory):
    """By what is wrong with them: files with the endings .yaml and .csv."""
    root = tmp_path_factory.mktemp("bad")
    for ending in ("yaml", "csv"):
        (root / f"folder.{ending}").mkdir()
        (root / f"binary.{ending}").write_bytes(bytes(range(256)) * 20)
        (root / f"empty.{ending}").write_bytes(b"")
        (root / f"big.{ending}").write_bytes(b"age: 3\n" * (BIG // 7))
    return root


COMMANDS = {
    "simulate a patient": ("simulate", "{yaml}", "no treatment"),
    "simulate a protocol": ("simulate", "{csv}"),
    "compare a patient": ("compare", "{yaml}", "no treatment", "anastrozole 1 mg daily"),
    "compare protocols": ("compare", "no treatment", "{csv}"),
    "risks": ("risks", "{yaml}", "no treatment"),
    "conception": ("conception", "{yaml}", "no treatment"),
    "sensitivity": ("sensitivity", "{yaml}", "no treatment"),
    "predict": ("predict", "{yaml}", "no treatment"),
    "population of a sentence": ("population", "{yaml}"),
    "population of events": ("population", "{csv}"),
    "protocol of yaml": ("protocol", "{yaml}"),
    "protocol of events": ("protocol", "{csv}"),
    "trial run": ("trial", "run", "{yaml}", "--out", "{out}"),
    "trial power": ("trial", "power", "{yaml}", "--men", "40"),
}


@pytest.mark.parametrize("what", ["missing", "folder", "binary", "empty", "big"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_bad_file_is_named(command, what, bad_files, tmp_path):
    names = {"yaml": bad_files / f"{what}.yaml", "csv": bad_files / f"{what}.csv", "out": tmp_path / "out"}
    arguments = [part.format(**names) for part in COMMANDS[command]]
    given = next(part for part in arguments if str(bad_files) in part)
    said = {
        "missing": "no file",
        "folder": "is a folder",
        "binary": "is not text",
        "empty": given,
        "big": "is larger than 5 MB",
    }[what]
    refused(hpg(*arguments), given.rsplit("/", 1)[1], said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["missing", "folder", "binary", "empty", "big"])
def test_a_bad_folder_of_trials_is_named(what, bad_files, tmp_path):
    place = bad_files / f"{what}.yaml"
    page = tmp_path / "page.html"
    refused(hpg("validate", "--trials", place, "--report", page), f"{what}.yaml")
    for arguments in (("trial", "report", place, "--report", page), ("trial", "query", place, "select 1")):
        refused(hpg(*arguments), f"{what}.yaml")
    refused(hpg("select", place, "--arm", "a", "--end-point", "b"), f"{what}.yaml")
    assert not page.exists()


def test_the_other_trials_of_a_folder_are_validated_and_the_exit_status_says_so(bad_files, tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    for what in ("folder", "binary", "empty", "big"):
        (tmp_path / f"{what}.yaml").symlink_to(bad_files / f"{what}.yaml")
    page, data = tmp_path / "page.html", tmp_path / "data.json"
    result = hpg("validate", "--trials", tmp_path, "--report", page, "--out", data, "--workers", 1)
    assert result.exit_code == 1
    assert "4 of 5 trial files could not be read" in result.output
    assert "Traceback" not in result.output
    found = json.loads(data.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert len(found["unreadable"]) == 4
    assert [row["measure"] for row in found["outcomes"]] == ["testosterone", "lh"]
    assert page.read_text().count("binary.yaml") == 2


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["simulate", "no treatment", "--seed", "9" * 30], ["--seed"]),
        (["simulate", "no treatment", "--seed", "-2"], ["--seed"]),
        (["predict", "no treatment", "--seed", "-2"], ["--seed"]),
        (["population", "no treatment", "--seed", "9" * 30], ["--seed"]),
        (["population", "no treatment", "--men", "0"], ["--men"]),
        (["population", "no treatment", "--workers", "0"], ["--workers"]),
        (["population", "no treatment", "--workers", "-4"], ["--workers"]),
        (["baseline", "--seed", "-1"], ["--seed"]),
        (["calibrate", "--seed", "9" * 30], ["--seed"]),
        (["simulate", "no treatment", "--days", "nan"], ["nan days"]),
        (["simulate", "no treatment", "--days", "0"], ["0 days"]),
        (["simulate", "no treatment", "--months", "inf"], ["inf"]),
        (["simulate", "no treatment", "--days", "1e9"], ["at most 100 years"]),
        (["simulate", "no treatment", "--lab", "lh=3", "--lab", "lh=5"], ["lh is given twice, before as '3'; keep one"]),
        (["describe", "nothing_like_it"], ["nothing is called 'nothing_like_it'"]),
        (["describe", "x" * 100_000], ["nothing is called 'xxx", "hpg drugs"]),
        (["diagnoses", "hypochondria"], ["unknown diagnosis"]),
        (["baseline", "martians"], ["no published population 'martians'"]),
        (["calibrate", "--checkpoint", "/proc/x"], ["cannot write /proc/x"]),
        (["calibrate", "--checkpoint", "/"], ["cannot write /: it is a folder"]),
        (["calibrate", "--out", "/"], ["/ is there already; move it away, or name another folder with --out"]),
        (["calibrate", "--out", "/proc/x"], ["cannot write /proc/x"]),
        (["calibrate", "--draws", "24"], ["--draws"]),
        (["baseline", "--fit", "--out", "/"], ["/ is there already"]),
        (["baseline", "--out", "fitted"], ["--out is not used", "--fit writes there"]),
        (["simulate", "no treatment", "--out", "n" * 300 + ".csv"], ["cannot write nnn", "File name too long"]),
        (["validate", "--report", "/proc/x.html"], ["cannot write /proc/x.html"]),
    ],
)  # fmt: skip
def test_bad_options_are_refused_before_the_work(arguments, messages, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(hpg(*arguments), *messages)
    assert list(tmp_path.iterdir()) == []


def test_suggestions_are_not_repeated():
    words = hpg("describe", "motilit").output.split("did you mean ")[1].strip().removesuffix("?").split(", ")
    assert "motility" in words
    assert len(set(words)) == len(words)


def test_a_tenth_of_a_day_can_be_simulated(tmp_path):
    result = hpg("simulate", "no treatment", "--days", "0.1", "--out", tmp_path / "x.csv")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "x.csv").read_text().count("\n") == 3  # a head, day 0 and day 0.1


def test_a_file_of_something_else_is_no_checkpoint(tmp_path):
    for text in (b"a diary\n", b"\xff\xfe", b"[1, 2]\n", b'{"a": 1}\n'):
        (tmp_path / "x.jsonl").write_bytes(text)
        refused(
            hpg("calibrate", "--out", tmp_path / "y", "--checkpoint", tmp_path / "x.jsonl"),
            "is not the checkpoint of a calibration",
        )
        assert (tmp_path / "x.jsonl").read_bytes() == text


@pytest.mark.parametrize(
    "name",
    [
        "100 % ^2 {x} $5 \\frac{",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("cost $5 and $x_{$", "$", "$$", r"a \$ b", "_hidden", "100 % ^2 {x} \\frac{")
        ),
    ],
)
def test_a_name_is_drawn_as_it_is_written(name, tmp_path):
    path, page, plot = tmp_path / "protocol.yaml", tmp_path / "page.html", tmp_path / "plot.svg"
    path.write_text(
        json.dumps({"name": name, "doses": [{"drug": "anastrozole", "dose": "1 mg", "every_days": 1, "doses": 3}]})
    )
    result = hpg("compare", path, "no treatment", "--months", "1", "--report", page, "--plot", plot)
    assert result.exit_code == 0, result.output
    assert re.search(rf"<!-- \d  {re.escape(name)}", plot.read_text())  # a text of a figure, before its outlines


def test_a_bug_is_called_a_bug_with_its_traceback(monkeypatch):
    for broken in (
        lambda name, model: {}["nothing"],
        lambda name, model: np.zeros(2).reshape(3),
        lambda name, model: int("x"),
    ):
        monkeypatch.setattr("hpgaxis.cli.description.describe", broken)
        result = hpg("describe", "lh")
        assert result.exit_code == 1
        assert "this is a bug in hpgaxis" in result.output
        assert "Traceback" in result.output and "test_errors.py" in result.output


def test_debug_shows_where_an_error_of_the_user_arose():
    for more in ({"args": ["--debug"]}, {"env": {"HPGAXIS_DEBUG": "1"}}):
        result = hpg(*more.get("args", ()), "describe", "nothing_like_it", env=more.get("env"))
        assert result.exit_code == 2
        assert "Traceback" in result.output and "error: nothing is called" in result.output
    refused(hpg("describe", "nothing_like_it"), "error: nothing is called")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/full/x.csv"), 2, "error: /full/x.csv: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/x.csv"), 2, "error: /x.csv: Permission denied"),
        (MemoryError(), 2, "error: there is not enough memory for this"),
        (OSError("something within"), 1, "this is a bug"),
        (ImportError("No module named 'surprise'"), 1, "this is a bug"),
    ],
)  # fmt: skip
def test_what_the_system_refuses_is_no_bug(error, code, message, monkeypatch):
    def broken(name, model):
        raise error

    monkeypatch.setattr("hpgaxis.cli.description.describe", broken)
    result = hpg("describe", "lh")
    assert (result.exit_code, message in result.output) == (code, True), result.output


def test_a_package_that_is_missing_is_named(monkeypatch, tmp_path):
    for package, arguments, text in (
        (
            "matplotlib",
            ("simulate", "no treatment", "--days", 2, "--plot", tmp_path / "x.png"),
            "plots need matplotlib: pip",
        ),
        (
            "pyarrow",
            ("trial", "run", "head-to-head", "--out", tmp_path / "study"),
            "the tables of trials need pyarrow: pip install 'hpgaxis[trial]'",
        ),
        *(
            (
                package,
                ("calibrate", "--out", tmp_path / "x", "--checkpoint", tmp_path / "x.jsonl"),
                f"calibration needs {package}: pip install",
            )
            for package in ("emcee", "arviz_stats")
        ),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            refused(hpg(*arguments), text)
