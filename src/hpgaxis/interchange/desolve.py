"""Simulated men as an R script that the package deSolve runs."""

from __future__ import annotations

from collections.abc import Iterable

from .equations import Equations

TEMPLATE = """\
# {title}
# Time is in days; measurements are in the units of their labels.
# Rscript {name} [FILE.csv]   writes the measurements of every man, or leaves them in `found` when sourced.
library(deSolve)

constants <- c(
{constants}
)
initial <- c(
{initial}
)

rates <- function(t, state, numbers) {{  # the names of `numbers` are variables of its environment
{states}
{body}
  list(
    c({rates}),
{outputs}
  )
}}

events <- read.csv("{events}")
men <- {men}
dosed <- names(initial)
simulate_man <- function(id) {{
  own <- unlist(men[men$ID == id, -1, drop = FALSE])
  start <- initial
  numbers <- constants
  for (name in names(own)) {{
    state <- sub("initial_", "", name)
    if (state == name) numbers[name] <- own[name] else start[state] <- own[name]
  }}
  environment(rates) <- list2env(as.list(numbers), parent = globalenv())
  mine <- events[events$ID == id, ]
  given <- mine[mine$EVID == 1, ]
  repeats <- given$ADDL + 1
  doses <- data.frame(
    var = rep(dosed[given$CMT], repeats),
    time = rep(given$TIME, repeats) + (sequence(repeats) - 1) * rep(given$II, repeats),
    value = rep(given$AMT, repeats),
    method = rep("add", sum(repeats))
  )
  times <- mine$TIME[mine$EVID == 0]
  doses <- doses[doses$time <= max(times), ]
  doses <- doses[order(doses$time), ]
  course <- ode(
    start, sort(unique(c(times, doses$time))), compiler::cmpfun(rates), numbers, method = "lsoda",
    rtol = 1e-9, atol = 1e-12, maxsteps = 1e5, events = if (nrow(doses)) list(data = doses)
  )
  kept <- course[match(times, course[, "time"]), c("time", {names}), drop = FALSE]
  cbind(ID = id, as.data.frame(kept))
}}

found <- do.call(rbind, lapply(men$ID, simulate_man))
given <- commandArgs(trailingOnly = TRUE)
if (length(given)) write.csv(found, given[1], row.names = FALSE)
"""


def to_desolve(equations: Equations, title: str, name: str, events: str, men: str | None) -> str:
    """The script. name, events, men: files of the script, its event table, and the numbers of each man (or None)."""
    statements = [*equations.inputs.items(), *equations.shared.items(), *equations.output_shared.items()]
    rates = [*equations.rates.items(), *equations.mode_rates().items()]
    statements += [(f"d_{state}", formula) for state, formula in rates]
    outputs = equations.outputs
    return TEMPLATE.format(
        title=title,
        name=name,
        events=events,
        men=f'read.csv("{men}")' if men else "data.frame(ID = 1)",
        constants=_vector(equations.constants.items()),
        initial=_vector(equations.initial.items()),
        states="\n".join(f"  {state} <- state[[{place}]]" for place, state in enumerate(equations.initial, 1)),
        body="\n".join(f"  {variable} <- {formula}" for variable, formula in statements),
        rates=", ".join(f"d_{state}" for state, _ in rates),
        outputs=",\n".join(f"    {variable} = {formula}" for variable, formula in outputs.items()),
        names=", ".join(f'"{variable}"' for variable in outputs),
    )


def _vector(items: Iterable[tuple[str, float]]) -> str:
    return ",\n".join(f"  {name} = {value!r}" for name, value in items)
