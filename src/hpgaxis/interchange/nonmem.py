"""A simulated man as a NONMEM control stream, with his doses as its data set."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from .equations import Equations, event_table

WIDTH = 100
"""Longest line; NM-TRAN continues one that ends with `&`."""
TEMPLATE = """\
;; {title}
;; Time is in days; measurements are in the units of their labels.
$SIZES PC=99
$PROBLEM A simulated man; no parameter is estimated
$INPUT ID TIME EVID CMT AMT II ADDL DVID DV MDV
$DATA {events} IGNORE=@
$SUBROUTINES ADVAN13 TOL=9
$MODEL NCOMPARTMENTS={compartments}
{names}
$PK
NOTHING = THETA(1) + ETA(1)
{numbers}
{initial}
$DES
{des}
$ERROR
{error}
Y = IPRED + EPS(1)
$THETA 0 FIX
$OMEGA 0 FIX
$SIGMA 0 FIX
$SIMULATION (1) ONLYSIMULATION
$TABLE ID TIME DVID EVID IPRED NOPRINT NOAPPEND ONEHEADER FORMAT=s1PE16.9 FILE={name}.tab
"""


def to_nonmem(equations: Equations, title: str, name: str, events: str) -> str:
    """The control stream of one man. name: the file's, without ending; events: file of the data set.

    NM-TRAN's names are short: numbers are P1, P2 ..., each with its name in a comment.
    """
    states = [*equations.rates, *equations.mode_rates()]
    numbers = {variable: f"P{place}" for place, variable in enumerate(equations.constants, 1)}
    in_des = numbers | {state: f"A({place})" for place, state in enumerate(states, 1)}
    in_error = dict(in_des)
    des = list(_statements(equations.inputs, in_des, "U"))
    des += _statements(equations.shared, in_des, "S")
    rates = equations.rates | equations.mode_rates()
    des += [f"DADT({place}) = {_renamed(rates[state], in_des)}" for place, state in enumerate(states, 1)]
    error = list(_statements(equations.inputs, in_error, "V"))
    error += _statements(equations.output_shared, in_error, "W")
    error.append("IPRED = 0")
    for place, (measured, formula) in enumerate(equations.outputs.items(), 1):
        error += [f"; {measured}", f"IF (DVID.EQ.{place}) IPRED = {_renamed(formula, in_error)}"]
    return TEMPLATE.format(
        title=title, name=name, events=events, compartments=len(states),
        names="\n".join(f"COMP=(C{place}) ; {state}" for place, state in enumerate(states, 1)),
        numbers="\n".join(f"{numbers[v]} = {value!r} ; {v}" for v, value in equations.constants.items()),
        initial="\n".join(
            f"A_0({place}) = {equations.initial[state]!r} ; {state}" for place, state in enumerate(states, 1)
        ),
        des=_wrapped(des), error=_wrapped(error),
    )  # fmt: skip


def nonmem_table(equations: Equations, times: Sequence[float]) -> pd.DataFrame:
    """The data set: doses, and at each output time (days) one row for each measurement, numbered by DVID."""
    events = event_table(equations, times)
    doses = events[events["EVID"] == 1].assign(DVID=0, MDV=1)
    read = events[events["EVID"] == 0].assign(MDV=0)
    outputs = [read.assign(DVID=place) for place in range(1, len(equations.outputs) + 1)]
    table = pd.concat([doses, *outputs]).sort_values(["ID", "TIME", "EVID", "DVID"]).assign(DV=0)
    return table.reindex(columns=["ID", "TIME", "EVID", "CMT", "AMT", "II", "ADDL", "DVID", "DV", "MDV"])


def _statements(formulas: Mapping[str, str], names: dict[str, str], letter: str) -> Iterable[str]:
    """Statements with short names, which `names` holds afterwards."""
    for place, (variable, formula) in enumerate(formulas.items(), 1):
        short = f"{letter}{place}"
        yield f"{short} = {_renamed(formula, names)}"
        names[variable] = short


def _renamed(formula: str, names: Mapping[str, str]) -> str:
    """A formula with NM-TRAN's names and functions."""

    def word(match: re.Match[str]) -> str:
        found = match.group()
        return "SQRT" if found == "sqrt" else names[found]

    return re.sub(r"(?<![\w.])[a-z]\w*", word, formula)


def _wrapped(statements: Iterable[str]) -> str:
    lines = []
    for statement in statements:
        parts = textwrap.wrap(statement, WIDTH, break_long_words=False, break_on_hyphens=False)
        lines.append(" &\n".join(parts))
    return "\n".join(lines)
