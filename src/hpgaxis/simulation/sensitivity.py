"""Which parameters and traits a prediction hangs on: derivatives along a simulation, from the doubled equations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import model
from ..engine.batch import Problem, SaveAt, Tolerance, integrate
from ..engine.solver.arrays import rows_of
from ..engine.steady import SHIFT, hold
from ..errors import InputError
from ..measurements.registry import MEASUREMENTS
from ..people.patient import MatchedMan, Patient, matched
from ..pharmacology.protocol import Protocol
from ..physiology.parameters import catalogue, parameters
from ..physiology.states import CONDITIONS, TRAITS
from .patient_run import PatientRun, RunSettings
from .results import MAIN
from .run import SimulationError, duration, failure

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
TINY = 1e-20


@dataclass(frozen=True)
class Sensitivities:
    """One man under one protocol: how his measurements change with parameters and traits.

    time: days; values: measurement -> (times,) in units[measurement]; slopes: measurement -> (names, times), the change
    of the measurement, in its unit, for a relative change of each of `names` (d value / d ln parameter).
    """

    time: Array
    names: tuple[str, ...]
    values: dict[str, Array]
    slopes: dict[str, Array]
    units: dict[str, str]

    def elasticity(self, measure: str) -> Array:
        """Per cent change of a measurement for 1 % of each parameter (names, times)."""
        return self.slopes[measure] / self.values[measure]

    def table(self, day: float | None = None) -> pd.DataFrame:
        """Elasticities on a day (default the last): a row a parameter, a column a measurement, the strongest first."""
        import pandas as pd

        place = -1 if day is None else int(np.argmin(np.abs(self.time - day)))
        columns = {measure: self.elasticity(measure)[:, place] for measure in self.slopes}
        frame = pd.DataFrame(columns, index=list(self.names))
        return frame.loc[frame.abs().max(axis=1).sort_values(ascending=False).index]


def sensitivities(
    man: Patient | MatchedMan | None = None,
    protocol: Any = "no treatment",
    with_respect_to: Iterable[str] | None = None,
    *,
    days: float | None = None,
    months: float | None = None,
    step_days: float | None = None,
    measures: Sequence[str] = MAIN,
    tolerance: Tolerance | None = None,
) -> Sensitivities:
    """Derivatives of measurements by the logarithm of parameters and traits, in the daily mean (forward sensitivities).

    with_respect_to: names of parameters, traits or covariates (default all traits). What follows from a parameter (the
    rates that keep the typical man at his references) moves with it, and the untreated steady state does too. Raises
    InputError for an unknown name, for one whose value is 0, and for protocols with rules, which are not smooth.
    """
    length, step = duration(days, months, step_days)
    who, given = matched(man), Protocol.of(protocol)
    if given.rules:
        raise InputError("a protocol with rules has no derivative: its decisions jump; leave the rules out")
    if given.adherence < 1:
        raise InputError("which doses are missed is drawn, and a sensitivity draws nothing; leave the adherence out")
    names = tuple(TRAITS) if with_respect_to is None else tuple(with_respect_to)
    if not names:
        raise InputError("with_respect_to is empty; name at least one parameter or trait")
    for name in measures:
        if name not in MEASUREMENTS:
            raise InputError(f"no measurement {name!r}; there are {', '.join(MEASUREMENTS)}")
    course = PatientRun(who, who.with_parameters(pulsatile=False), given, RunSettings(length))
    p = np.array(course.p, dtype=float)
    directions = np.array([_direction(who, name) for name in names])
    start = np.array([_steady_change(p, who.state, direction) for direction in directions])
    begin = min([course.begin, *(series.start_day - 1 for series in course.past)])
    count, n = len(names), len(model.STATES)
    chosen = tolerance or Tolerance()
    scale = model.reference_state(course.p)
    places = [model.measures().index(name) for name in measures]
    times = np.append(np.arange(course.begin, length, step), length)
    slopes_of = [len(model.measures()) + place for place in places]
    output = SaveAt(times, states=False, measures=(*places, *slopes_of), values=True)
    problem = Problem(
        start=np.hstack([np.tile(who.state, (count, 1)), start]),
        parameters=np.hstack([np.tile(p, (count, 1)), directions]),
        absolute=np.tile(chosen.absolute * np.append(scale, scale), (count, 1)),
        begin=np.full(count, begin),
        end=np.full(count, length),
        forcings=[course.treatment.forcing],
        forcing_of=np.zeros(count, dtype=np.int64),
        nonnegative=np.arange(2 * n) < n,
    )
    found = integrate(model.sensitivity_kernel(), problem, output, chosen.relative)
    if found.status.any():
        bad = int(np.flatnonzero(found.status)[0])
        found.failed_state[bad] %= n
        raise SimulationError(f"sensitivity to {names[bad]}: {failure(found, bad)}")
    factors = [MEASUREMENTS[name].display_factor for name in measures]
    values, slopes = found.values[:, :, : len(places)], found.values[:, :, len(places) :]
    return Sensitivities(
        times,
        names,
        {name: values[0, :, i] * factors[i] for i, name in enumerate(measures)},
        {name: slopes[:, :, i] * factors[i] for i, name in enumerate(measures)},
        {name: MEASUREMENTS[name].display_unit for name in measures},
    )


def _direction(who: MatchedMan, name: str) -> Array:
    """Change of every parameter for a relative change of one (complex step: exact to rounding; Squire & Trapp 1998)."""
    base, p = dict(catalogue()), who.parameters
    own = (*base, "age", "bmi")
    if name not in own:
        raise InputError(f"no parameter or trait named {name!r}; `hpg describe` lists them")
    value = float(getattr(p, name))
    if value == 0.0:
        raise InputError(f"{name} is 0 in this man: a relative change of it is none")
    given: dict[str, Any] = {field: getattr(p, field) for field in own}
    given[name] = value * (1 + TINY * 1j)
    traits = {field: given.pop(field) for field in (*TRAITS, *CONDITIONS)}
    age, bmi = given.pop("age"), given.pop("bmi")
    moved = parameters(traits, age=age, bmi=bmi, changed=given)
    return np.imag(np.array(moved, dtype=complex)) / TINY


def _steady_change(p: Array, state: Array, direction: Array) -> Array:
    """Change of the untreated steady state along a direction of the parameters: -J^-1 (df/dp) w, history held."""
    double, single, n = model.sensitivity_kernel(), model.kernel(), len(state)
    table, constants = rows_of(2 * len(p)), rows_of(double.layout.constants + 1)
    table[: len(p)], table[len(p) :] = p[:, None], direction[:, None]
    y, u, rates = rows_of(2 * n), rows_of(len(model.CHANNELS)), rows_of(2 * n)
    y[:n] = state[:, None]
    double.call("hoist", table, constants)
    double.call("rates", y, constants, u, rates)
    constants, speed, shift = rows_of(single.layout.constants + 1), rows_of(len(model.CHANNELS)), rows_of(1)
    work, change = rows_of(single.layout.entries + 2 * n), rows_of(n)
    shift[:] = SHIFT
    single.call("hoist", table[: len(p)], constants)
    single.call("linearise", y[:n], constants, u, speed, shift, work)
    single.call("solve", work, rates[n:], change)
    hold(single, work, change, (model.MATURATION, model.YEARS))
    return change[:, 0]
