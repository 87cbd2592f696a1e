"""Writes the equations of the model as LaTeX, from the code that is simulated: nothing is typed twice.

A function of an organ becomes an equation by running it on symbols; the rates of `axis.py`, which call those functions,
by evaluating each line with the functions left as names.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import ModuleType
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

import hpgaxis.physiology.axis as axis
from hpgaxis.physiology import (
    adrenal,
    body,
    conception,
    hypothalamus,
    leydig,
    pituitary,
    prolactin,
    safety,
    semen,
    sertoli,
    spermatogenesis,
    steroids,
    thyroid,
)
from hpgaxis.physiology.response import permissive, restraint, saturating

ORGANS: dict[str, tuple[ModuleType, str]] = {
    "Hypothalamus": (hypothalamus, "the GnRH pulse generator"),
    "Pituitary": (pituitary, "GnRH receptor, secretory capacity, LH and FSH"),
    "Leydig cells": (leydig, "from LH and hCG to testosterone"),
    "Steroids in blood": (steroids, "binding, conversion, SHBG"),
    "Sertoli cells": (sertoli, "FSH, maturation, inhibin B"),
    "Spermatogenesis": (spermatogenesis, "entry, support, release"),
    "Semen": (semen, "what an ejaculate holds"),
    "Thyroid": (thyroid, "TSH, free thyroxine and what they do to the axis"),
    "Adrenal": (adrenal, "ACTH, cortisol and what it does to the axis"),
    "Prolactin": (prolactin, "its secretion and its brake on the pulses"),
    "Body": (body, "weight, sleep, training, fat and lean mass"),
    "Safety": (safety, "the level that each measure tends to"),
    "Conception": (conception, "from semen to a chance a month"),
}
SHAPES = (saturating, restraint, permissive)
ROUNDING = 6


def text(name: str) -> str:
    """A name as words in a formula."""
    return r"\text{" + name.strip("_").replace("_", " ") + "}"


class Printer(LatexPrinter):
    """Names as words, functions of the model as upright names."""

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "") -> str:
        return text(expr.name)

    def _print_Function(self, expr: Any, exp: Any = None) -> str:
        arguments = ",\\, ".join(self._print(argument) for argument in expr.args)
        body = rf"{text(expr.func.__name__)}\left({arguments}\right)"
        return body if exp is None else rf"{{{body}}}^{{{exp}}}"

    def _print_Float(self, expr: sympy.Float) -> str:
        return f"{float(expr):.{ROUNDING}g}"


class Parameters:
    """Stands for p, y, u, s and f: every attribute is a symbol of that name, of inputs (u) with 'given' after it."""

    def __init__(self, suffix: str = ""):
        self.suffix = suffix

    def __getattr__(self, name: str) -> sympy.Symbol:
        return sympy.Symbol(name + self.suffix, positive=True)


P = Parameters()


def latex(expression: Any) -> str:
    """An expression as LaTeX."""
    return Printer({"mul_symbol": "dot", "fold_short_frac": False}).doprint(expression)


def formula(left: str, expression: Any) -> str:
    """One equation as a MyST block."""
    return f"```{{math}}\n{left} = {latex(expression)}\n```\n"


def organ_equations(module: ModuleType) -> list[str]:
    """One paragraph a function of an organ: what its docstring says, and its equation."""
    parts = []
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != module.__name__ or function in SHAPES:
            continue
        names = list(inspect.signature(function).parameters)
        arguments = [P if n == "p" else sympy.Symbol(n, positive=True) for n in names]
        try:
            result = function(*arguments)
        except (TypeError, AttributeError):  # a table or a choice, not an expression
            continue
        shown = ", ".join(n.replace("_", " ") for n in names if n != "p")
        doc = " ".join(line for line in inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split())
        line = inspect.getsourcelines(function)[1]
        parts.append((line, f"**{name.replace('_', ' ')}** ({shown}). {doc}\n\n{formula(text(name), result)}"))
    return [part for _, part in sorted(parts)]


def _function(name: str) -> Any:
    """A function of the model left as a name; p is not shown."""
    return lambda *arguments, **_: sympy.Function(name)(*(a for a in arguments if a is not P))


class _Module:
    """Stands for an organ's module: its functions as names."""

    def __init__(self, module: ModuleType):
        self.module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.module, name)
        return _function(f"{self.module.__name__.split('.')[-1]}_{name}") if callable(found) else found


def axis_equations(function: Any, derivative: bool) -> list[str]:
    """The lines of one function of `axis.py` as equations; derivative: what it returns are rates of change."""
    environment: dict[str, Any] = {
        name: _Module(module) for name, module in vars(axis).items() if isinstance(module, ModuleType)
    }
    environment |= {"y": P, "p": P, "u": Parameters("_given"), "s": P, "f": P, "saturating": _function("saturating")}
    environment |= {name: sympy.sympify(value) for name, value in vars(axis).items() if isinstance(value, int | float)}
    environment |= {name: _function(name) for name in ("pulse_generator",)}
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    out = []

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "axis", "eval"), environment)

    def say(name: str, node: ast.expr, rate: bool) -> None:
        left = rf"\frac{{d\,{text(name)}}}{{dt}}" if rate else text(name)
        out.append(formula(left, value(node)))

    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name in ("s", "f"):
                continue
            if isinstance(statement.value, ast.Tuple):
                environment[name] = value(statement.value)
                continue
            say(name, statement.value, False)
            environment[name] = sympy.Symbol(name, positive=True)
        elif isinstance(statement, ast.Assign):
            for target in ast.walk(statement.targets[0]):
                if isinstance(target, ast.Name):
                    environment[target.id] = sympy.Symbol(target.id, positive=True)
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Call):
            for keyword in statement.value.keywords:
                if keyword.arg is not None:
                    say(keyword.arg, keyword.value, derivative)
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Dict):
            for key, node in zip(statement.value.keys, statement.value.values, strict=True):
                if isinstance(key, ast.Constant):
                    say(str(key.value), node, derivative)
    return out


def page() -> str:
    """The page of equations."""
    shapes = "\n".join(
        f"**{shape.__name__}**. {inspect.cleandoc(shape.__doc__ or '').splitlines()[0]}\n\n"
        + formula(
            text(shape.__name__), shape(*(sympy.Symbol(n, positive=True) for n in inspect.signature(shape).parameters))
        )
        for shape in SHAPES
    )
    parts = [
        "# Equations\n\nMade from the code that is simulated (`docs/equations.py`). Every name is a state, a signal, an input "
        "or a number of the [parameter table](parameters.md). Signals without a unit are relative to the typical man. "
        "Time is in days.\n",
        "## The three shapes\n\n" + shapes,
        "## Rates of change\n\nGerm cells pass a chain of equal steps (`germ_cell_chain` in `axis.py`): each compartment "
        "loses what the next one gains, at the number of steps over the duration of the stage.\n\n",
        "### Gonadotropins\n\n",
        *axis_equations(axis.gonadotropin_rates, True),
        "### Leydig cells\n\n",
        *axis_equations(axis.leydig_rates, True),
        "### Steroids\n\n",
        *axis_equations(axis.steroid_rates, True),
        "### Fertility\n\n",
        *axis_equations(axis.fertility_rates, True),
        "### Steroid fluxes (nmol per day)\n\n",
        *axis_equations(axis.steroid_fluxes, False),
        "### Other axes\n\n",
        *axis_equations(axis.other_axes_rates, True),
        "### Safety\n\n",
        *axis_equations(axis.safety_rates, True),
    ]
    for title, (module, about) in ORGANS.items():
        parts.append(f"## {title}: {about}\n\n" + "\n".join(organ_equations(module)))
    return "\n".join(parts)
