"""Simulated men as a model file of the R package mrgsolve."""

from __future__ import annotations

from .equations import Equations

RUN = """\
// {title}
// Time is in days; measurements are in the units of their labels.
//
// library(mrgsolve)
// found <- mread("{name}") |> data_set(read.csv("{events}")) |>{men}
//   mrgsim(obsonly = TRUE)
"""


def to_mrgsolve(equations: Equations, title: str, name: str, events: str, men: str | None) -> str:
    """The model file. name, events, men: files of the model, its event table, and the numbers of each man (or None)."""
    own = {str(column) for column in equations.of_each_man().columns} if men else set()
    starts = [state for state in equations.rates if f"initial_{state}" in own]
    parameters = equations.constants | {f"initial_{state}": equations.initial[state] for state in starts}
    ode = [f"double {variable} = {formula};" for variable, formula in (equations.inputs | equations.shared).items()]
    rates = equations.rates | equations.mode_rates()
    ode += [f"dxdt_{state} = {formula};" for state, formula in rates.items()]
    table = [f"{variable} = {formula};" for variable, formula in equations.inputs.items()]  # declared in $ODE
    table += [
        f"double {variable} = {formula};" for variable, formula in (equations.output_shared | equations.outputs).items()
    ]
    blocks = {
        "SET": ["rtol = 1e-8, atol = 1e-8, maxsteps = 100000"],
        "PARAM": [f"{variable} = {value!r}" for variable, value in parameters.items()],
        "INIT": [f"{state} = {value!r}" for state, value in equations.initial.items()],
        "MAIN": [f"{state}_0 = initial_{state};" for state in starts],
        "ODE": ode,
        "TABLE": table,
        "CAPTURE": [" ".join(equations.outputs)],
    }
    text = RUN.format(
        title=title, name=name, events=events, men=f'\n//   idata_set(read.csv("{men}")) |>' if men else ""
    )
    return text + "".join(f"\n${block}\n" + "\n".join(lines) + "\n" for block, lines in blocks.items() if lines)
