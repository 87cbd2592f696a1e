"""Writes the equations of the model as LaTeX, from the code that is simulated: nothing is typed twice.

A function of an organ becomes an equation by running it on symbols; the rates of `axis.py`, which call those functions,
by evaluating each line with the functions left as names.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cache
from types import ModuleType
from typing import Any

import sympy
from markdown_table import table
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
from hpgaxis.physiology.parameters import catalogue
from hpgaxis.physiology.response import pace, permissive, restraint, saturating
from hpgaxis.physiology.states import CONDITIONS, TRAITS, Inputs, State

ORGANS: dict[str, tuple[ModuleType, str]] = {
    "Hypothalamus": (hypothalamus, "the GnRH pulse generator"),
    "Pituitary": (pituitary, "GnRH receptor, secretory capacity, LH and FSH"),
    "Leydig cells": (leydig, "from LH and hCG to testosterone"),
    "Steroids in blood": (steroids, "binding, conversion, SHBG"),
    "Sertoli cells": (sertoli, "FSH, maturation, inhibin B, anti-Mullerian hormone"),
    "Spermatogenesis": (spermatogenesis, "entry, support, release"),
    "Semen": (semen, "what an ejaculate holds"),
    "Thyroid": (thyroid, "TSH, free thyroxine and what they do to the axis"),
    "Adrenal": (adrenal, "ACTH, cortisol and what it does to the axis"),
    "Prolactin": (prolactin, "its secretion and its brake on the pulses"),
    "Body": (body, "weight, sleep, training, fat and lean mass"),
    "Safety": (safety, "the level that each measure tends to"),
    "Conception": (conception, "from semen to a chance a month"),
}
SHAPES = (saturating, restraint, permissive, pace)
ROUNDING = 6


STATE_SYMBOLS = {
    "testosterone": "T", "intratesticular_testosterone": "T_{\\mathrm{testis}}", "estradiol": "E", "dht": "D",
    "shbg": "S", "lh": "L", "lh_peripheral": "L_{2}", "fsh": "F", "gnrh": "G", "inhibin_b": "B",
    "gnrh_recent": "G_{\\mathrm{recent}}",
}  # fmt: skip
"""Symbols of states; the others are X with an index."""
SHORT = {
    "testosterone": "T", "estradiol": "E2", "dht": "DHT", "shbg": "SHBG", "lh": "LH", "fsh": "FSH", "hcg": "hCG",
    "gnrh": "GnRH", "tsh": "TSH", "psa": "PSA", "ldl": "LDL", "hdl": "HDL", "bmi": "BMI", "intratesticular": "ITT",
    "amh": "AMH", "corticotropin": "ACTH", "cortisol": "cort", "thyroxine": "T4", "prolactin": "PRL", "estrogen": "est",
    "androgen": "and", "feedback": "fb", "capacity": "cap", "sensitivity": "sens", "receptor": "rec",
    "gonadotrope": "gon", "leydig": "Ley", "sertoli": "Ser", "reference": "ref", "relative": "rel", "synthesis": "syn",
    "secretion": "sec", "production": "prod", "elimination": "el", "clearance": "cl", "stimulation": "stim",
    "aromatisation": "arom", "aromatase": "arom", "inhibitor": "inh", "bioavailable": "bio", "frequency": "freq",
    "spermatogonia": "gonia", "spermatocytes": "cytes", "spermatids": "tids", "spermatid": "tid",
}  # fmt: skip
"""Short forms of words in an index; of other long words the first four letters stand."""
LETTERS = (
    ("_half_maximum", "K"), ("_exponent", "n"), ("_gain", "g"), ("_rate", "k"), ("_elimination", "k"),
    ("_reference", "R"), ("_volume", "V"), ("_share", r"\sigma"), ("_duration", r"\tau"), ("_transit", r"\tau"),
    ("_clearance", "C"), ("_slope", r"\beta"), ("_effect", r"\epsilon"), ("_harm", r"\eta"), ("_production", "P"),
)  # fmt: skip
"""End of a parameter's name -> its letter; the others are p."""
KINDS = {"input": "u", "signal": "s", "constant": "c"}
"""Letters of what is neither a state nor a parameter."""
LINE = 62
"""Width of a line of an equation, in characters."""


def index(words: str) -> str:
    """An index of short words: 'leydig_capacity' is 'Ley,cap'."""
    return (
        r"\mathrm{"
        + ",".join(SHORT.get(word, word if len(word) < 8 else word[:4]) for word in words.split("_") if word)
        + "}"
    )


@cache
def symbol(kind: str, name: str) -> str:
    """The LaTeX of a state, parameter, input or signal."""
    if kind == "state":
        return STATE_SYMBOLS.get(name) or f"X_{{{index(name)}}}"
    if kind != "parameter":
        return f"{KINDS[kind]}_{{{index(name)}}}"
    if name in TRAITS:
        return rf"\theta_{{{index(name)}}}"
    for end, letter in LETTERS:
        if name.endswith(end):
            return f"{letter}_{{{index(name.removesuffix(end))}}}"
    return f"p_{{{index(name)}}}"


class Printer(LatexPrinter):
    """Symbols by kind, and functions of the model as f with their name as index."""

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "") -> str:
        kind, _, name = expr.name.partition(":")
        return name if kind == "local" else used(kind, name)

    def _print_Function(self, expr: Any, exp: Any = None) -> str:
        arguments = ",\\, ".join(self._print(argument) for argument in expr.args)
        body = rf"{function_symbol(expr.func.__name__)}\left({arguments}\right)"
        return body if exp is None else rf"{{{body}}}^{{{exp}}}"

    def _print_Float(self, expr: sympy.Float) -> str:
        return f"{float(expr):.{ROUNDING}g}"


USED: dict[tuple[str, str], str] = {}
"""Kind and name of each symbol that was printed -> its LaTeX."""


def used(kind: str, name: str) -> str:
    """The LaTeX of a symbol, with its whole name as index where the short one is taken."""
    if (kind, name) not in USED:
        short = symbol(kind, name)
        if short in USED.values():
            short = short.partition("_")[0] + r"_{\text{" + name.replace("_", " ") + "}}"
        USED[kind, name] = short
    return USED[kind, name]


def function_symbol(name: str) -> str:
    """An upright f with the function's whole name as index."""
    return r"\text{f}_{\text{" + name.strip("_").replace("_", " ") + "}}"


class Names:
    """Stands for p, y, u, s and f: every attribute is a symbol of that kind and name."""

    def __init__(self, kind: str):
        self.kind = kind

    def __getattr__(self, name: str) -> sympy.Symbol:
        return sympy.Symbol(f"{self.kind}:{name}", positive=True)


P, Y, U, S = (Names(kind) for kind in ("parameter", "state", "input", "signal"))


def latex(expression: Any) -> str:
    """An expression as LaTeX."""
    return Printer({"mul_symbol": "dot", "fold_short_frac": False}).doprint(expression)


def width(text: str) -> int:
    """About how many characters wide a formula is."""
    return int(len(re.sub(r"\\[a-zA-Z]+|[{}^_\\]", "", text)) * (0.67 if "frac" in text else 1))


def pieces(expression: Any) -> list[tuple[str, str]]:
    """An expression as parts with the sign before each, between which a line may break."""
    if isinstance(expression, sympy.Add):
        parts = []
        for term in expression.as_ordered_terms():
            text = latex(term)
            sign = "-" if text.startswith("-") else "+"
            if width(text) > LINE:
                (_, first), *factors = pieces(-term if sign == "-" else term)
                parts += [(sign, first), *factors]
            else:
                parts.append((sign, text.removeprefix("-").lstrip()))
        return parts
    if isinstance(expression, sympy.Mul):
        above, below = sympy.fraction(expression)
        factors = [sympy.Integer(1) / below] if below != 1 else []
        factors += above.as_ordered_factors() if isinstance(above, sympy.Mul) else [above]
        grouped = [rf"\left({latex(one)}\right)" if isinstance(one, sympy.Add) else latex(one) for one in factors]
        return [(r"\cdot", text) for text in grouped]
    return [("", latex(expression))]


def formula(left: str, expression: Any) -> str:
    """One equation as a MyST block, broken over lines where it is long, with names for parts that are longer still."""
    whole = latex(expression)
    if width(left + whole) <= LINE:
        return f"```{{math}}\n{left} = {whole}\n```\n"
    if max(width(text) for _, text in pieces(expression)) > 1.5 * LINE:
        letters = (sympy.Symbol(f"local:{letter}", positive=True) for letter in "abcdefgh")
        names = (name for name in letters if name not in expression.free_symbols)
        parts, (rest,) = sympy.cse(expression, symbols=names)
        if not parts and isinstance(expression, sympy.Mul):
            name, factor = next(names), max(expression.args, key=lambda one: width(latex(one)))
            parts, rest = [(name, factor)], expression.subs(factor, name)
        if parts:
            return "\n".join([formula(left, rest), *(formula(latex(name), part) for name, part in parts)])
    lines, length = [""], width(left)
    for number, (sign, text) in enumerate(pieces(expression)):
        if number and length + width(text) > LINE:
            lines.append("")
            length = 0
        shown = "" if number == 0 and sign != "-" else f"{sign} "
        lines[-1] += f"{shown}{text} "
        length += width(text) + 3
    starts = [f"{left} & =", *["&"] * (len(lines) - 1)]
    rows = r" \\ ".join(f"{start} {line}" for start, line in zip(starts, lines, strict=True))
    return f"```{{math}}\n\\begin{{array}}{{rl}} {rows} \\end{{array}}\n```\n"


def organ_equations(module: ModuleType) -> list[str]:
    """One paragraph a function of an organ: what its docstring says, and its equation."""
    parts = []
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != module.__name__ or function in SHAPES:
            continue
        names = list(inspect.signature(function).parameters)
        arguments = [P if n == "p" else getattr(S, n) for n in names]
        try:
            result = function(*arguments)
        except (TypeError, AttributeError):  # a table or a choice, not an expression
            continue
        shown = ", ".join(n.replace("_", " ") for n in names if n != "p")
        doc = " ".join(line for line in inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split())
        line = inspect.getsourcelines(function)[1]
        parts.append(
            (line, f"**{name.replace('_', ' ')}** ({shown}). {doc}\n\n{formula(function_symbol(name), result)}")
        )
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
    environment |= {"y": Y, "p": P, "u": U, "s": S, "f": S, "saturating": _function("saturating")}
    environment |= {name: sympy.sympify(value) for name, value in vars(axis).items() if isinstance(value, int | float)}
    environment |= {"pulse_generator": _function("pulse_generator")}
    environment |= {name: lambda *_, name=name: getattr(S, name) for name in ("leydig_precursor", "tubules_filled")}
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    out = []

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "axis", "eval"), environment)

    def say(name: str, node: ast.expr, rate: bool) -> None:
        left = rf"\frac{{d\,{used('state', name)}}}{{dt}}" if rate else used("signal", name)
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
            environment[name] = getattr(S, name)
        elif isinstance(statement, ast.Assign):
            for target in ast.walk(statement.targets[0]):
                if isinstance(target, ast.Name):
                    environment[target.id] = getattr(S, target.id)
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Call):
            for keyword in statement.value.keywords:
                if keyword.arg is not None:
                    say(keyword.arg, keyword.value, derivative)
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Dict):
            for key, node in zip(statement.value.keys, statement.value.values, strict=True):
                if isinstance(key, ast.Constant):
                    say(str(key.value), node, derivative)
        elif isinstance(statement, ast.Return) and statement.value is not None:
            say(function.__name__, statement.value, derivative)
    return out


def page() -> str:
    """The page of equations."""
    shapes = "\n".join(
        f"**{shape.__name__}**. {inspect.cleandoc(shape.__doc__ or '').splitlines()[0]}\n\n"
        + formula(function_symbol(shape.__name__), shape(*(getattr(S, n) for n in inspect.signature(shape).parameters)))
        for shape in SHAPES
    )
    parts = [
        "# Equations\n\nMade from the code that is simulated (`docs/equations.py`). The [table of symbols](#symbols) names "
        "each. States are $T$, $E$, $L$ ... or $X$ with an index, inputs of treatments $u$, traits $\\theta$, parameters "
        "$k$ (rates), $K$ (half maxima), $n$ (exponents), $g$ (gains), $R$ (references) and others; $s$ are signals and "
        "fluxes. An upright $\\text{f}$ is a function, written out under its organ. Signals without a unit are relative "
        "to the typical man. Time is in days.\n",
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
        *axis_equations(axis.leydig_precursor, False),
        *axis_equations(axis.steroid_fluxes, False),
        "### Other axes\n\n",
        *axis_equations(axis.other_axes_rates, True),
        "### Safety\n\n",
        *axis_equations(axis.safety_rates, True),
    ]
    for title, (module, about) in ORGANS.items():
        parts.append(f"## {title}: {about}\n\n" + "\n".join(organ_equations(module)))
    return "\n".join([*parts, symbol_table()])


def symbol_table() -> str:
    """Every symbol of the equations with its name and unit; a parameter links to its row in the parameter table."""
    known = catalogue()
    remarks = {name: remark for kind in (State, Inputs) for name, remark in field_remarks(kind)}
    titles = {
        "state": "States",
        "parameter": "Parameters and traits",
        "input": "Inputs",
        "signal": "Signals and fluxes",
    }
    out = ["## Symbols\n"]
    for kind, title in titles.items():
        rows = []
        for (one, name), shown in sorted(USED.items(), key=lambda item: item[0][1]):
            if one != kind:
                continue
            words = name.replace("_", " ")
            if kind == "parameter" and name in known:
                link = f"[{words}](parameters.md#parameter-{name})"
                rows.append([f"${shown}$", link, known[name].unit])
            else:
                meaning = (TRAITS | CONDITIONS).get(name) or remarks.get(name, "") if kind != "signal" else ""
                rows.append([f"${shown}$", words, meaning])
        out += [f"\n### {title}\n", table(["symbol", "name", "unit or meaning"], rows)]
    return "\n".join(out)


def field_remarks(kind: Any) -> list[tuple[str, str]]:
    """Field and remark of a named tuple, from its source lines."""
    lines = [line for line in inspect.getsource(kind).splitlines() if ": float" in line]
    return [(line.split(":")[0].strip(), line.partition("#")[2].strip() or "10^6 cells") for line in lines]
