"""Every number of the physiology has a name, a value, a unit and a source in one place."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from hpgaxis.people.patient import DEFAULTS
from hpgaxis.physiology import axis, body, conception, parameters, steroids
from hpgaxis.physiology.constants import REFERENCE_AGE, REFERENCE_BMI

FILES = [file for file in sorted(Path(str(axis.__file__)).parent.glob("*.py")) if file.stem != "posterior"]
MATHEMATICS = {
    "steroids.free_ligand": {2, 4, 0.5},  # the root of a quadratic equation
    "steroids.adiposity_factor": {2, 0.5},  # a hyperbola
    "response.loss_or_regrowth": {2, 0.5},  # a hyperbola
    "pituitary.capacity_rate": {2},  # a harmonic mean
    "spermatogenesis.testicular_androgen": {2},  # the mean of two enzymes
    "conception.semen_factor": {2},  # the base of a half concentration
    "conception.couples": {2, 4},  # the recurrence of Jacobi polynomials
}
"""Literals of an algebraic form, which no measurement could change."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_formula_holds_a_physiological_literal(file):
    """0 and 1 are free."""
    found = {}
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            name = f"{file.stem}.{function.name}"
            literals = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
            numbers = {value for value in literals if type(value) in (int, float)} - {0, 1}
            if numbers - MATHEMATICS.get(name, set()):
                found[name] = numbers
    assert not found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_named_number_says_what_it_is(file):
    lines = ast.parse(file.read_text(encoding="utf-8")).body
    for line, text in pairwise([*lines, None]):
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant | ast.UnaryOp):
            name = ast.unparse(line.targets[0])
            value = ast.literal_eval(line.value)
            if isinstance(value, int | float):
                assert isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant), name
                assert name.endswith("_EXPONENT") is str(text.value.value).startswith("Exponent (1): "), name


def test_the_typical_man_has_the_reference_age_and_body_mass_index():
    p = parameters.parameters()
    assert (p.age, p.bmi) == (REFERENCE_AGE, REFERENCE_BMI) == (DEFAULTS["age"], DEFAULTS["bmi"])
    assert steroids.adiposity_factor(REFERENCE_BMI, 0.05, p) == 1


def test_adiposity_has_its_slope_far_above_the_reference_and_none_far_below():
    p = parameters.parameters()
    factors = [steroids.adiposity_factor(REFERENCE_BMI + excess, 0.05, p) for excess in (1e4, 1e4 + 1, -1e4, -1e4 - 1)]
    assert factors[1] - factors[0] == pytest.approx(0.05, rel=1e-6)
    assert factors[3] - factors[2] == pytest.approx(0.0, abs=1e-6)


def test_body_fat_is_deurenberg_s():
    """Deurenberg 1991: 1.20 BMI + 0.23 age - 10.8 - 5.4 in men."""
    expected = 1.2 * 31 + 0.23 * 45 - 10.8 - 5.4
    assert body.body_fat(31.0, 45.0, 1.0, parameters.parameters()) == pytest.approx(expected)


@pytest.mark.parametrize(("age", "low", "high"), [(34.5, 0.68, 1.08), (36.5, 0.60, 1.08), (38.5, 0.48, 1.01), (40.5, 0.28, 0.78)])  # fmt: skip
def test_fecundability_by_the_partner_s_age_lies_in_the_published_intervals(age, low, high):
    """Steiner 2016, against 30-31 years: 0.86, 0.81, 0.70 and 0.47."""
    p = parameters.parameters()
    assert low <= conception.partner_factor(age, p) / conception.partner_factor(30.5, p) <= high
