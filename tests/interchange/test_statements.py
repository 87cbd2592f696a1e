"""Men in languages of statements: what they say of rates, measurements and doses, and what R computes from it."""

import math
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hpgaxis as hpg
from hpgaxis.cli.main import app
from hpgaxis.interchange.equations import MEASURED, equations_of
from hpgaxis.physiology import axis
from hpgaxis.physiology.states import Inputs, State
from tests.interchange.test_export import AGREES, PROTOCOLS, ours, simulated

ONE, SEVERAL = {"desolve": "R", "mrgsolve": "cpp", "nonmem": "ctl", "rxode2": "R"}, ("desolve", "mrgsolve", "rxode2")
needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


def several():
    """Three men under three protocols; the second's infusion begins and ends."""
    protocols = ("anastrozole 1 mg daily", "testosterone patch 5 mg daily for 1 week", PROTOCOLS[2])
    men = hpg.population(3, seed=1)
    return [
        hpg.simulate(man, protocol, days=12, step_days=1.0, rtol=1e-9, atol=1e-12)
        for man, protocol in zip(men, protocols, strict=True)
    ]


def statements(form, text):
    """(left, right) of each statement of the equations, as Python writes the right side."""
    text = re.sub(r"\s*&\n", " ", text)
    if form == "mrgsolve":
        body = text[text.index("$ODE") :].split("$CAPTURE")[0]
        found = re.findall(r"^(?:double )?(\w+) = (.*);$", body, re.MULTILINE)
    elif form == "rxode2":
        body = text[text.index("rxode2({") : text.index("\n})")]
        found = [pair for pair in re.findall(r"^  (\S+) = (.*)$", body, re.MULTILINE) if not pair[0].endswith("(0)")]
    else:
        body = text[text.index("$DES") : text.index("Y = IPRED")]
        found = re.findall(r"^(?:IF \(DVID\.EQ\.\d+\) )?(\S+) = (.*)$", body, re.MULTILINE)
    return [(left, re.sub(r"\bA\((\d+)\)", r"a[\1]", right).replace("SQRT", "sqrt")) for left, right in found]


@pytest.mark.parametrize("form", ["mrgsolve", "nonmem", "rxode2"])
def test_its_statements_compute_the_rates_and_measurements(tmp_path, form):
    result = simulated(PROTOCOLS[2], 3)
    file = hpg.export(result, tmp_path / f"man.{ONE[form]}", form)
    equations = equations_of([result])
    y = result.states[0] * np.linspace(0.7, 1.4, len(result.states[0]))
    at_once = {f"mode_{dose.mode}": dose.amount for dose in equations.doses if dose.first == 0.0}
    state = dict(zip(equations.rates, y, strict=True)) | dict.fromkeys(equations.mode_rates(), 0.0) | at_once
    numbers = {name: float(value) for name, value in equations.constants.items()}
    if form == "nonmem":
        lines = re.findall(r"^(P\d+) = (\S+) ; (\w+)$", file.read_text(), re.MULTILINE)
        assert {name: float(value) for _, value, name in lines} == numbers
        names: dict[str, Any] = {short: numbers[name] for short, _, name in lines} | {"a": [0.0, *state.values()]}
    else:
        names = numbers | state
    names["sqrt"] = math.sqrt
    rates, measured = [], []
    for left, right in statements(form, file.read_text()):
        names[left] = eval(right, names)
        if left.startswith(("dxdt_", "d/dt(", "DADT(")):
            rates.append(names[left])
        if left.startswith("measured_") or (left == "IPRED" and right != "0"):
            measured.append(names[left])
    u = result.treatment.forcing.at(np.array([0.0]))[0]
    expected = np.array(axis.rates(State(*y), result.parameters, Inputs(*u)), dtype=float)
    np.testing.assert_allclose(rates[: len(y)], expected, rtol=1e-7, atol=1e-9 * np.abs(y).max())
    readings = result.man.model.measure(State(*y), result.parameters, Inputs(*u))
    np.testing.assert_allclose(measured, [readings[name] for name in MEASURED], rtol=1e-7)


@pytest.mark.parametrize("form", ONE)
def test_the_event_table_holds_the_doses_and_a_row_a_day(tmp_path, form):
    hpg.export(simulated(PROTOCOLS[0], 10), tmp_path / f"man.{ONE[form]}", form)
    table = pd.read_csv(tmp_path / "man_events.csv")
    doses, read = table[table["EVID"] == 1], table[table["EVID"] == 0]
    assert min(doses["AMT"].tolist()) > 0 and set(doses["II"]) == {1} and set(doses["ADDL"]) == {9}
    assert sorted(set(read["TIME"])) == list(range(11))
    assert len(read) == 11 * (len(MEASURED) if form == "nonmem" else 1)


def test_amounts_are_positive_though_an_infusion_ends(tmp_path):
    hpg.export(several(), tmp_path / "men.R")
    table = pd.read_csv(tmp_path / "men_events.csv")
    assert min(table["AMT"].tolist()) >= 0
    assert set(pd.read_csv(tmp_path / "men_men.csv")["ID"]) == {1, 2, 3}


@pytest.mark.parametrize(("form", "package"), [("desolve", "deSolve"), ("rxode2", "rxode2"), ("mrgsolve", "mrgsolve")])
@needs_r
def test_r_computes_the_same(tmp_path, form, package):
    there = subprocess.run(["Rscript", "-e", f"library({package})"], capture_output=True)
    if there.returncode:
        pytest.skip(f"the R package {package} is not installed")
    results = several()
    file = hpg.export(results, tmp_path / f"men.{ONE[form]}", form)
    program = ["Rscript", file.name, "found.csv"]
    if form == "mrgsolve":
        code = 'f <- mread("men.cpp") |> data_set(read.csv("men_events.csv")) |> '
        code += 'idata_set(read.csv("men_men.csv")) |> mrgsim(obsonly = TRUE)'
        program = ["Rscript", "-e", f"library(mrgsolve); {code}; write.csv(as.data.frame(f), 'found.csv')"]
    ended = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    found = pd.read_csv(tmp_path / "found.csv").rename(columns=str.lower)
    for number, result in enumerate(results, 1):
        mine = found.loc[found["id"] == number, [f"measured_{name}" for name in MEASURED]]
        np.testing.assert_allclose(mine.to_numpy(), ours(result), rtol=AGREES)


@pytest.mark.parametrize("form", ["sbml", "nonmem"])
def test_several_men_in_a_form_of_one_are_refused(tmp_path, form):
    with pytest.raises(hpg.InputError, match="3 men"):
        hpg.export(several(), tmp_path / {"sbml": "a.xml", "nonmem": "a.ctl"}[form])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["anastrozole 1 mg daily", "--days", "5", "--out", "man.ctl"], {"man.ctl", "man_events.csv"}),
        (
            ["anastrozole 1 mg daily", "--days", "5", "--men", "3", "--to", "rxode2", "--out", "men.R"],
            {"men.R", "men_events.csv", "men_men.csv"},
        ),
        (
            ["--trial", "helo-2017-clomiphene-isomers", "--out", "trial.yaml"],
            {"trial.yaml", "trial_model.xml", *(f"trial_{name}.tsv" for name in ("conditions", "observables", "measurements", "parameters"))},
        ),
    ],
)  # fmt: skip
def test_the_command_writes_men_and_trials(tmp_path, monkeypatch, words, files):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["export", *words])
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--out", "a.xml"], "protocol"),
        (["anastrozole 1 mg daily", "--trial", "x", "--out", "a.yaml"], "--trial"),
        (["anastrozole 1 mg daily", "--men", "3", "--lab", "lh=4 IU/L", "--out", "a.R"], "--men"),
        (["anastrozole 1 mg daily", "--men", "3", "--out", "a.xml"], "3 men"),
    ],
)
def test_the_command_refuses_what_does_not_fit(tmp_path, monkeypatch, words, fault):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["export", *words])
    assert result.exit_code == 2 and fault in result.output
    assert not list(tmp_path.iterdir())
