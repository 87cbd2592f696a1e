"""Simulated men as an R script with a model of the package rxode2."""

from __future__ import annotations

from .equations import Equations

TEMPLATE = """\
# {title}
# Time is in days; measurements are in the units of their labels.
# Rscript {name} [FILE.csv]   writes the measurements of every man, or leaves them in `found` when sourced.
library(rxode2)

model <- rxode2({{
{body}
}})

constants <- c(
{constants}
)
events <- read.csv("{events}")
men <- {men}
numbers <- if (ncol(men) > 1) data.frame(men, t(constants[setdiff(names(constants), names(men))])) else constants
found <- rxSolve(model, numbers, events, atol = 1e-12, rtol = 1e-9, maxsteps = 100000L)
given <- commandArgs(trailingOnly = TRUE)
if (length(given)) write.csv(found, given[1], row.names = FALSE)
"""


def to_rxode2(equations: Equations, title: str, name: str, events: str, men: str | None) -> str:
    """The script. name, events, men: files of the script, its event table, and the numbers of each man (or None)."""
    statements = [*equations.inputs.items(), *equations.shared.items()]
    statements += [(f"d/dt({state})", formula) for state, formula in equations.rates.items()]
    statements += [(f"d/dt({mode})", formula) for mode, formula in equations.mode_rates().items()]
    statements += [(f"{state}(0)", f"initial_{state}") for state in equations.rates]
    statements += [*equations.output_shared.items(), *equations.outputs.items()]
    constants = equations.constants | {f"initial_{state}": equations.initial[state] for state in equations.rates}
    return TEMPLATE.format(
        title=title,
        name=name,
        events=events,
        men=f'read.csv("{men}")' if men else "data.frame(ID = 1)",
        body="\n".join(f"  {variable} = {formula}" for variable, formula in statements),
        constants=",\n".join(f"  {variable} = {value!r}" for variable, value in constants.items()),
    )
