"""Simulated men as equations, numbers and doses in text, from which each form for another tool is written."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.forcing import CLOSE, Forcing
from ..engine.trace.derivatives import ordered
from ..engine.trace.expression import TracedSystem
from ..errors import InputError
from ..model import Model
from ..simulation.results import Result
from .formula import formulas

Array = NDArray[np.float64]
Kind = TypeVar("Kind", bound=Hashable)
MEASURED = (
    "lh",
    "fsh",
    "testosterone",
    "estradiol",
    "intratesticular_testosterone",
    "sperm_concentration",
    "hematocrit",
)
"""Measurements that are written out, as `measured_...`, in model units."""
DIGITS = ".9g"
"""Amounts that agree to so many digits are the same dose."""
NOTHING = 1e-12
"""Amounts below this are rounding errors of the decay between doses."""


class Doses(NamedTuple):
    """Equal amounts that one man's mode is given at equal intervals.

    man and mode count from 0; first is the day of the first; interval is in days, 0 for a single one; repeats: how
    many are given.
    """

    man: int
    mode: int
    first: float
    amount: float
    interval: float
    repeats: int


@dataclass(frozen=True)
class Equations:
    """The equations of men of one model, with a number for every name, and their doses.

    Drug kinetics are modes that decay and that doses raise; the inputs of the equations are weighted sums of modes.

    Attributes
    ----------
    numbers : one row a man; `p_...` parameters, `decay_M` (per day) and `weight_M_...` of mode M, `initial_...` states.
    inputs : input -> formula of modes and numbers.
    shared : subexpression -> formula, in order of computation; those of the rates, then those of outputs alone.
    rates : state -> formula of its change per day.
    output_shared : as `shared`, for the outputs alone.
    outputs : `measured_...` -> formula, in model units.
    modes : how many.
    doses : of every man, in order of time within each mode.
    days : length of the courses.
    """

    numbers: pd.DataFrame
    inputs: dict[str, str]
    shared: dict[str, str]
    rates: dict[str, str]
    output_shared: dict[str, str]
    outputs: dict[str, str]
    modes: int
    doses: tuple[Doses, ...]
    days: float

    @property
    def constants(self) -> dict[str, float]:
        """Numbers of the first man, but for his initial states."""
        return {name: value for name, value in self._first.items() if not name.startswith("initial_")}

    @property
    def initial(self) -> dict[str, float]:
        """State or mode of the first man -> its value on day 0."""
        states = {name.removeprefix("initial_"): v for name, v in self._first.items() if name.startswith("initial_")}
        return states | dict.fromkeys((f"mode_{mode}" for mode in range(self.modes)), 0.0)

    @property
    def _first(self) -> dict[str, float]:
        return {str(name): float(value) for name, value in self.numbers.iloc[0].items()}

    def of_each_man(self) -> pd.DataFrame:
        """The numbers that differ between men, one row a man, with his ID."""
        different = self.numbers.loc[:, self.numbers.nunique() > 1].copy()
        different.insert(0, "ID", range(1, len(different) + 1))
        return different

    def mode_rates(self) -> dict[str, str]:
        """Mode -> formula of its change per day."""
        return {f"mode_{mode}": f"-decay_{mode} * mode_{mode}" for mode in range(self.modes)}


def equations_of(results: Sequence[Result]) -> Equations:
    """The equations, numbers and doses of simulated men from their first output times on, which are day 0.

    Raises InputError for no man, men of different models or over different times, and as `run_of`.
    """
    if not results:
        raise InputError("no man to write")
    runs = [run_of(result) for result in results]
    model = results[0].man.model
    if any(result.man.model != model for result in results):
        raise InputError("men of different models: write them one by one")
    lengths = {float(result.time[-1] - result.time[0]) for result in results}
    if len(lengths) > 1:
        raise InputError(f"men over {min(lengths):g} to {max(lengths):g} days: simulate all over the same time")
    system = model.system()
    forcings = [_positive(forcing) for _, _, forcing in runs]
    modes = max(len(forcing.decay) for forcing in forcings)
    read = measured(system, model)
    used = _used(system, [*system.rates, *read])
    rows = [
        _numbers(system, used, p, state, forcing, modes) for (p, state, _), forcing in zip(runs, forcings, strict=True)
    ]
    numbers = pd.DataFrame(rows).fillna(0.0)
    weights = [name for name in numbers if str(name).startswith("weight_")]
    numbers = numbers.drop(columns=[name for name in weights if not numbers[name].to_numpy().any()])
    inputs = {f"u_{name}": "0" for name in system.inputs}
    for name in inputs:
        terms = [f"weight_{m}_{name} * mode_{m}" for m in range(modes) if f"weight_{m}_{name}" in numbers]
        inputs[name] = " + ".join(terms) or "0"
    shared, rates = formulas(system.graph, system.rates, leaves(system))
    output_shared, outputs = formulas(system.graph, read, leaves(system), prefix="of_output")
    return Equations(
        numbers=numbers, inputs=inputs, shared=shared, rates=dict(zip(system.states, rates, strict=True)),
        output_shared=output_shared,
        outputs=dict(zip((f"measured_{name}" for name in MEASURED), outputs, strict=True)),
        modes=modes, doses=tuple(dose for man, forcing in enumerate(forcings) for dose in _doses(man, forcing)),
        days=lengths.pop(),
    )  # fmt: skip


def run_of(result: Result) -> tuple[NamedTuple, Array, Forcing]:
    """(parameters, state, dosing inputs) of a result from its first output time on, which becomes day 0.

    Raises InputError for a man of a forecast, and for one who was simulated with pulses.
    """
    p = result.parameters
    if p is None:
        raise InputError("a man of a forecast holds no states: simulate him (`simulate`), then write that")
    if not p.tonic:
        raise InputError("other tools are given the daily mean: simulate without pulses (pulsatile=False)")
    return p, result.states[0], _from_day(result.treatment.forcing, float(result.time[0]))


def _from_day(forcing: Forcing, day: float) -> Forcing:
    """The same inputs with a day as day 0; what earlier doses left is a dose on it."""
    earlier = int(np.searchsorted(forcing.knots, day - CLOSE))
    knots, amounts = forcing.knots[earlier:] - day, forcing.amounts[earlier:]
    if earlier and not (len(knots) and knots[0] <= CLOSE):
        left = forcing.amounts[earlier - 1] * np.exp(-forcing.decay * (day - forcing.knots[earlier - 1]))
        left[np.abs(left) < NOTHING * np.abs(forcing.amounts).max(axis=0)] = 0.0
        knots, amounts = np.append(0.0, knots), np.vstack([left, amounts])
    return Forcing(np.maximum(knots, 0.0), amounts, forcing.decay, forcing.weights, forcing.clock)


def event_table(equations: Equations, times: Sequence[float]) -> pd.DataFrame:
    """The doses and the output times (days) of every man as ID, TIME, EVID, CMT, AMT, II and ADDL, in order.

    CMT counts the states, then the modes, from 1.
    """
    states = len(equations.rates)
    rows: list[dict[str, Any]] = [
        {"ID": d.man + 1, "TIME": d.first, "EVID": 1, "CMT": states + d.mode + 1, "AMT": d.amount,
         "II": d.interval, "ADDL": d.repeats - 1}
        for d in equations.doses
    ]  # fmt: skip
    rows += [
        {"ID": man, "TIME": float(time), "EVID": 0, "CMT": 0, "AMT": 0.0, "II": 0.0, "ADDL": 0}
        for man in range(1, len(equations.numbers) + 1)
        for time in times
    ]
    return pd.DataFrame(rows).sort_values(["ID", "TIME", "EVID"], kind="stable", ignore_index=True)


def regular_runs(times: Array, kinds: Sequence[Kind]) -> Iterator[tuple[Kind, Array]]:
    """Runs of equal kinds at equal intervals among neighbours: (kind, their times)."""
    start = 0
    while start < len(times):
        end = start + 1
        while end < len(times) and kinds[end] == kinds[start] and _regular(times, start, end):
            end += 1
        yield kinds[start], times[start:end]
        start = end


def _regular(times: Array, start: int, end: int) -> bool:
    """Whether a time comes as long after the one before as the first two of its run lie apart."""
    return end == start + 1 or abs((times[end] - times[end - 1]) - (times[start + 1] - times[start])) < 1e-9


def added(forcing: Forcing) -> Array:
    """Amounts (knots, modes) by which the doses raise the modes."""
    before = np.zeros_like(forcing.amounts)
    if len(forcing.knots) > 1:
        before[1:] = forcing.amounts[:-1] * np.exp(-forcing.decay * np.diff(forcing.knots)[:, None])
    given = forcing.amounts - before
    return np.where(np.abs(given) > NOTHING, given, 0.0)


def _positive(forcing: Forcing) -> Forcing:
    """The same inputs with modes that doses only raise: some tools refuse a negative amount.

    A mode that is raised and lowered, such as one of an infusion's beginning and end, becomes two.
    """
    given = added(forcing)
    smallest = 1e-9 * np.abs(given).max(axis=0, initial=0.0)
    parts = []
    for sign in (1.0, -1.0):
        amounts = np.where(sign * given > smallest, sign * given, 0.0)
        used = amounts.any(axis=0)
        parts.append((amounts[:, used], forcing.decay[used], sign * forcing.weights[used]))
    (raised, decay, weights), (lowered, decay_lowered, weights_lowered) = parts
    return Forcing(
        forcing.knots,
        np.concatenate([raised, lowered], axis=1),
        np.concatenate([decay, decay_lowered]),
        np.concatenate([weights, weights_lowered]),
        forcing.clock,
    )


def _doses(man: int, forcing: Forcing) -> Iterator[Doses]:
    """The doses of a forcing whose amounts are what doses add."""
    for mode in range(len(forcing.decay)):
        given = np.flatnonzero(forcing.amounts[:, mode])
        kinds = [f"{value:{DIGITS}}" for value in forcing.amounts[given, mode]]
        for kind, times in regular_runs(forcing.knots[given], kinds):
            interval = float(times[1] - times[0]) if len(times) > 1 else 0.0
            yield Doses(man, mode, float(times[0]), float(kind), interval, len(times))


def leaves(system: TracedSystem) -> dict[tuple[str, int], str]:
    """Names of the states, parameters (`p_...`) and inputs (`u_...`) of the traced equations."""
    names = {("state", i): name for i, name in enumerate(system.states)}
    names.update({("parameter", i): f"p_{name}" for i, name in enumerate(system.parameters)})
    names.update({("input", i): f"u_{name}" for i, name in enumerate(system.inputs)})
    return names


def measured(system: TracedSystem, model: Model) -> list[int]:
    """The traced measurements that are written out, in the order of MEASURED."""
    places = list(model.measurements)
    return [system.outputs["measurements"][places.index(name)] for name in MEASURED]


def _used(system: TracedSystem, wanted: Sequence[int]) -> list[int]:
    """Places of the parameters in the formulas of `wanted`."""
    nodes = (system.graph.nodes[node] for node in ordered(system.graph, wanted))
    return sorted({node[1] for node in nodes if node[0] == "parameter"})


def _numbers(
    system: TracedSystem, used: Sequence[int], p: NamedTuple, state: Array, forcing: Forcing, modes: int
) -> dict[str, float]:
    """Every number of a man."""
    numbers = {f"p_{system.parameters[place]}": float(p[place]) for place in used}
    for mode in range(modes):
        exists = mode < len(forcing.decay)
        numbers[f"decay_{mode}"] = float(forcing.decay[mode]) if exists else 0.0
        for channel, name in enumerate(system.inputs):
            numbers[f"weight_{mode}_u_{name}"] = float(forcing.weights[mode, channel]) if exists else 0.0
    return numbers | {f"initial_{name}": float(value) for name, value in zip(system.states, state, strict=True)}
