"""Sensitivity analysis: derivatives of measurements by parameters and traits along a simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.batch import Problem, SaveAt, integrate
from ..engine.solver.arrays import Solution, rows_of
from ..engine.steady import SHIFT, hold, responses_of
from ..errors import InputError
from ..model import CHANNELS, HELD, Model
from ..people.match import MatchedMan, matched
from ..people.patient import Patient
from ..pharmacology.protocol import Protocol, ProtocolLike
from ..physiology.parameters import catalogue
from ..physiology.states import CONDITIONS, TRAITS
from .patient_run import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE, PatientRun, RunSettings
from .run import SimulationError, duration, failure, output_times
from .time_courses import MAIN

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
TINY = 1e-20


@dataclass(frozen=True, repr=False)
class Sensitivities:
    """Derivatives of one patient's measurements by parameters and traits, over time.

    Attributes
    ----------
    time : days (times,).
    names : the parameters and traits.
    values : measurement -> (times,) in `units[measurement]`.
    slopes : measurement -> (names, times), the change of the measurement, in its unit, for a relative change of each
        of `names` (d value / d ln parameter).
    units : measurement -> unit.

    Examples
    --------
    >>> result = sensitivities(None, with_respect_to=["aromatase"], days=2, variables=["estradiol"])
    >>> result.slopes["estradiol"].shape, result.names
    ((1, 3), ('aromatase',))
    """

    time: Array
    names: tuple[str, ...]
    values: dict[str, Array]
    slopes: dict[str, Array]
    units: dict[str, str]

    def __repr__(self) -> str:
        return (
            f"Sensitivities: % change of {len(self.slopes)} measurements for a 1 % change of {len(self.names)} "
            f"parameters and traits, day {self.time[0]:g} to {self.time[-1]:g}"
        )

    def _repr_html_(self) -> str:
        from .tables import notebook_text

        return notebook_text(repr(self), self.table())

    def elasticity(self, measure: str) -> Array:
        """Per cent change of a measurement for 1 % of each parameter (names, times)."""
        return self.slopes[measure] / self.values[measure]

    def to_dataframe(self) -> pd.DataFrame:
        """Elasticities over time: TIME (days), `parameter`, and a column for each measurement."""
        import pandas as pd

        columns = {measure: self.elasticity(measure).ravel() for measure in self.slopes}
        names, times = np.repeat(self.names, len(self.time)), np.tile(self.time, len(self.names))
        return pd.DataFrame({"TIME": times, "parameter": names, **columns})

    def table(self, day: float | None = None) -> pd.DataFrame:
        """Elasticities on a day (default the last): a row a parameter, a column a measurement, the strongest first."""
        from .tables import Table

        place = -1 if day is None else int(np.argmin(np.abs(self.time - day)))
        columns = {measure: self.elasticity(measure)[:, place] for measure in self.slopes}
        frame = Table(columns, index=list(self.names))
        return frame.loc[frame.abs().max(axis=1).sort_values(ascending=False).index]


def sensitivities(  # noqa: PLR0913
    man: Patient | MatchedMan | None = None,
    protocol: ProtocolLike = "no treatment",
    with_respect_to: Iterable[str] | None = None,
    *,
    days: float | None = None,
    months: float | None = None,
    t_eval: Sequence[float] | None = None,
    step_days: float | None = None,
    variables: Sequence[str] = MAIN,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    rtol: float = RELATIVE_TOLERANCE,
    atol: float = ABSOLUTE_TOLERANCE,
) -> Sensitivities:
    """Derivatives of measurements by the logarithm of parameters and traits, in the daily mean (forward sensitivities).

    What follows from a parameter (the rates that keep the typical man at his references) moves with it, and the
    untreated steady state does too. All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    man, protocol, days, months, t_eval, step_days, variables, parameters, model, rtol, atol : as for `simulate_many`.
    with_respect_to : names of parameters, traits or covariates; default all traits.

    Raises
    ------
    InputError
        An unknown name, one whose value is 0, or a protocol with rules or missed doses, which is not smooth.
    SimulationError
        The solver could not go on.

    Examples
    --------
    >>> result = sensitivities(None, "anastrozole 1 mg daily", ["aromatase"], days=30, variables=["estradiol"])
    >>> bool(result.elasticity("estradiol")[0, -1] > 0)
    True
    """
    length = duration(days, months)
    patient = matched(man, model, parameters)
    regimen = Protocol.of(protocol, patient.model.drugs)
    if regimen.rules:
        raise InputError("a protocol with rules has no derivative: its decisions jump; leave the rules out")
    if regimen.adherence < 1:
        raise InputError("which doses are missed is drawn, and a sensitivity draws nothing; leave the adherence out")
    names = tuple(TRAITS) if with_respect_to is None else tuple(with_respect_to)
    if not names:
        raise InputError("with_respect_to is empty; name at least one parameter or trait")
    patient.model.check_variables(variables)
    times = output_times([regimen], length, step_days, t_eval, 1.0)
    run = PatientRun(patient, regimen, RunSettings(length, rtol=rtol, atol=atol, model=patient.model))
    solution = _integrated(run, names, times, variables)
    if solution.status.any():
        bad = int(np.flatnonzero(solution.status)[0])
        solution.failed_state[bad] %= len(patient.model.states)
        raise SimulationError(f"sensitivity to {names[bad]}: {failure(patient.model, solution, bad)}")
    entries = [patient.model.measurements[name] for name in variables]
    values, slopes = solution.values[:, :, : len(entries)], solution.values[:, :, len(entries) :]
    return Sensitivities(
        times,
        names,
        {entry.name: values[0, :, i] * entry.display_factor for i, entry in enumerate(entries)},
        {entry.name: slopes[:, :, i] * entry.display_factor for i, entry in enumerate(entries)},
        {entry.name: entry.display_unit for entry in entries},
    )


def _integrated(run: PatientRun, names: Sequence[str], times: Array, variables: Sequence[str]) -> Solution:
    """The doubled equations along one direction a row: values of the variables, then their derivatives."""
    model, settings, p = run.settings.model, run.settings, np.array(run.parameters, dtype=float)
    directions = np.array([_direction(run.man, name) for name in names])
    start = np.array([_steady_change(model, p, run.man.state, direction) for direction in directions])
    count, n, scale = len(names), len(model.states), model.reference_state(run.parameters)
    places = [list(model.measurements).index(name) for name in variables]
    slopes_of = [len(model.measurements) + place for place in places]
    problem = Problem(
        start=np.hstack([np.tile(run.man.state, (count, 1)), start]),
        parameters=np.hstack([np.tile(p, (count, 1)), directions]),
        absolute=np.tile(settings.atol * np.append(scale, scale), (count, 1)),
        begin=np.full(count, min([run.begin, *(series.start_day - 1 for series in run.past)])),
        end=np.full(count, settings.length),
        forcings=[run.treatment.forcing],
        forcing_of=np.zeros(count, dtype=np.int64),
        nonnegative=np.arange(2 * n) < n,
    )
    save_at = SaveAt(times, states=False, measures=(*places, *slopes_of), values=True)
    return integrate(model.sensitivity_kernel, problem, save_at, settings.rtol)


def _direction(man: MatchedMan, name: str) -> Array:
    """Change of every parameter for a relative change of one (complex step: exact to rounding; Squire & Trapp 1998)."""
    p, added = man.parameters, (name for organ in man.model.organs for name in organ.parameters)
    names = (*catalogue(), *added, "age", "bmi")
    if name not in names:
        raise InputError(f"no parameter or trait named {name!r}; `hpg describe` lists them")
    value = float(getattr(p, name))
    if value == 0.0:
        raise InputError(f"{name} is 0 here, so d/d ln {name} is undefined; choose another parameter")
    values: dict[str, Any] = {field: getattr(p, field) for field in names}
    values[name] = value * (1 + TINY * 1j)
    traits = {field: values.pop(field) for field in (*TRAITS, *CONDITIONS)}
    age, bmi = values.pop("age"), values.pop("bmi")
    moved = replace(man.model, typical=tuple(values.items())).parameters(traits, age=age, bmi=bmi)
    return np.imag(np.array(moved, dtype=complex)) / TINY


def _steady_change(model: Model, p: Array, state: Array, direction: Array) -> Array:
    """Change of the untreated steady state along a direction of the parameters: -J^-1 (df/dp) w, history held."""
    double, single, n = model.sensitivity_kernel, model.kernel, len(state)
    table, constants = rows_of(2 * len(p)), rows_of(double.layout.constants + 1)
    table[: len(p)], table[len(p) :] = p[:, None], direction[:, None]
    y, u, rates = rows_of(2 * n), rows_of(len(CHANNELS)), rows_of(2 * n)
    y[:n] = state[:, None]
    double.call("hoist", table, constants)
    double.call("rates", y, constants, u, rates)
    constants, speed, shift = rows_of(single.layout.constants + 1), rows_of(len(CHANNELS)), rows_of(1)
    work, change = rows_of(single.layout.entries + 2 * n), rows_of(n)
    shift[:] = SHIFT
    single.call("hoist", table[: len(p)], constants)
    single.call("linearise", y[:n], constants, u, speed, shift, work)
    single.call("solve", work, rates[n:], change)
    held = tuple(model.states.index(name) for name in HELD)
    responses, respond = responses_of(single, work, n, held)
    respond()
    hold(change, responses, held)
    return change[:, 0]
