"""Simulate one patient or many: labs and doses in, hormones, intratesticular testosterone and sperm over time out.

`simulate` and `simulate_many` share one path: each patient becomes a run, and the kernel integrates the runs together
and computes the measurements. A patient's numbers do not depend on the other patients of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..engine.batch import REASONS, SaveAt, Statistic, statistics_of
from ..engine.random import as_seed, check_seed, subject_seed
from ..engine.solver.arrays import Solution
from ..errors import HpgaxisError, InputError
from ..files import shown
from ..measurements.registry import Measurement
from ..memory import check_memory
from ..model import Model
from ..people.match import MatchedMan, matched
from ..people.patient import Patient
from ..pharmacology.doses import LATEST_DAY, DoseSeries
from ..pharmacology.dosing import Treatment
from ..pharmacology.overrides import traits_only
from ..pharmacology.protocol import Protocol, ProtocolLike
from ..units import days_in_months, finite
from .ensemble import Ensemble, Failure, name_of
from .patient_run import (
    ABSOLUTE_TOLERANCE,
    RELATIVE_TOLERANCE,
    PatientRun,
    RunSettings,
    SharedInputs,
    integrate_patients,
)
from .readings import Readings, fine_times, finest_step, read, three_days, together
from .results import Result
from .time_courses import MAIN

Array = NDArray[np.float64]
CASTRATION = {"leydig_output": 1e-4, "sertoli_number": 1e-4}
"""Traits of a man after bilateral orchiectomy."""
AT_ONCE, AT_ONCE_PULSATILE = 1024, 256
"""Largest number of patients in memory together, in the daily mean and with explicit pulses."""
PULSATILE_STEP = 1 / 144
"""Days between the output times of one patient."""


class SimulationError(HpgaxisError, RuntimeError):
    """A failed integration; the message has the patient, protocol, day and state."""


def simulate(  # noqa: PLR0913
    man: Patient | MatchedMan | None = None,
    protocol: ProtocolLike = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    t_eval: Sequence[float] | None = None,
    step_days: float | None = None,
    pulsatile: bool = False,
    ageing: bool = False,
    seed: int | np.random.Generator | None = None,
    assay_variation: bool = False,
    changes_at_start: Mapping[str, float] | None = None,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    rtol: float = RELATIVE_TOLERANCE,
    atol: float = ABSOLUTE_TOLERANCE,
) -> Result:
    """Simulate one patient under one protocol.

    The patient starts from his untreated steady state, or from the state after his history. The same patient in
    `simulate_many` has the same numbers to the last bit. All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    man : a Patient (matched to his labs first), a MatchedMan, or None for the typical man.
    protocol : a sentence, a Protocol, or dose series.
    days, months : length; default 6 months. Months are whole days: 1 is 30, 3 are 91, 6 are 183, 12 are 365.
    t_eval : output days, in increasing order.
    step_days : distance of the output times where `t_eval` is not given; default 0.25, less for short-acting
        drugs that are given several times a day, 10 minutes when pulsatile.
    pulsatile : with explicit GnRH pulses and daily rhythm; else the model computes daily means.
    ageing : the patient ages during the simulation.
    seed : of the random draws (pulse intervals, missed doses, variation of labs at visits): an integer, or a NumPy
        Generator from which one is drawn. Without a seed pulses come at regular intervals.
    assay_variation : add assay and within-man variability to the labs at visits; needs a seed.
    changes_at_start : traits that change when the simulation begins, such as CASTRATION.
    parameters : parameters of the typical man and constants of drugs in place of the model's, by name.
    model : default the model with which the patient was matched, or the shipped one.
    rtol : relative error of a step.
    atol : absolute error of a step, as a share of the typical man's level of each state.

    Returns
    -------
    Result
        Values over time; `result["testosterone"]` is an array (times,) in `result.units["testosterone"]`.

    Raises
    ------
    ProtocolError, DrugError, LabError, OverrideError, InputError
        Impossible input.
    SimulationError
        The integration failed.

    Examples
    --------
    >>> result = simulate(Patient(labs={"testosterone": "265 ng/dL"}), "anastrozole 1 mg daily", months=3)
    >>> bool(result["estradiol"][-1] < result["estradiol"][0])
    True
    """
    settings = RunSettings(
        duration(days, months), pulsatile=pulsatile, ageing=ageing, assay_variation=assay_variation,
        changes_at_start=traits_only(changes_at_start, "changes_at_start="), rtol=rtol, atol=atol,
    )  # fmt: skip
    patient = matched(man, model, parameters)
    regimen = Protocol.of(protocol, patient.model.drugs)
    settings = replace(settings, model=patient.model)
    usual_step = PULSATILE_STEP if pulsatile else finest_step([regimen])
    times = output_times([regimen], settings.length, step_days, t_eval, usual_step)
    run = PatientRun(patient, regimen, settings, _seed(seed, assay_variation))
    measured = settings.model.measurements
    solution = integrate_patients([run], SaveAt(times, measures=tuple(range(len(measured))), values=True), workers=1)
    if solution.status[0]:
        raise SimulationError(
            f"{patient.patient.name or 'man'}, {regimen.label()!r}: {failure(settings.model, solution, 0)}"
        )
    values = {name: course[0] for name, course in in_display_units(solution.values, measured).items()}
    units = {name: entry.display_unit for name, entry in measured.items()}
    drugs = _concentrations(run.treatment, times, units)
    return Result(
        times, values | {name: course for name, (_, course) in drugs.items()},
        units | {name: unit for name, (unit, _) in drugs.items()}, tuple(drugs), solution.states[0], regimen, patient,
        run.treatment, tuple(run.visits), run.series, run.parameters,
    )  # fmt: skip


def _concentrations(treatment: Treatment, times: Array, units: Mapping[str, str]) -> dict[str, tuple[str, Array]]:
    """Unit and concentration of each drug; 'NAME (drug)' where a measurement has its name."""
    return {
        f"{name} (drug)" if name in units else name: concentration
        for name, concentration in treatment.concentrations(times).items()
    }


def simulate_many(  # noqa: PLR0913
    men: Sequence[Patient | MatchedMan] | Patient | MatchedMan | None = None,
    protocols: ProtocolLike | Sequence[ProtocolLike] = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    t_eval: Sequence[float] | None = None,
    step_days: float | None = None,
    variables: Sequence[str] = MAIN,
    save: bool = True,
    statistics: Sequence[Statistic] = (),
    pulsatile: bool = False,
    ageing: bool = False,
    seed: int | np.random.Generator | None = None,
    seeds: Sequence[int] | None = None,
    assay_variation: bool = False,
    changes_at_start: Mapping[str, float] | None = None,
    states: Array | None = None,
    own_models: bool = False,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    rtol: float = RELATIVE_TOLERANCE,
    atol: float = ABSOLUTE_TOLERANCE,
    workers: int | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> Ensemble:
    """Simulate many patients at once: one protocol for all, one each, or several protocols in one man.

    All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    men, protocols : are paired; one man (or None, the typical man) or one protocol serves for all.
    days, months : length; default 6 months, which are a whole number of days.
    t_eval : output days, in increasing order.
    step_days : distance of the output times where `t_eval` is not given; default a day.
    variables : measurements that are kept.
    save : keep the time courses; False keeps only the statistics, so that memory does not grow with time.
    statistics : summaries of each patient's course; levels are in the display units.
    pulsatile, ageing, assay_variation, changes_at_start, parameters, rtol, atol : as for `simulate`.
    seed : of the study: each patient has a random stream, and
        `simulate(man, seed=subject_seed(seed, k))` is patient k (from 0) alone.
    seeds : of each patient, in place of `seed`.
    states : on day 0 (men, states), such as `Ensemble.final` of what went before, in place of the untreated ones;
        then doses before day 0 count only as what is left of the drugs.
    own_models : each man keeps the parameters and constants of his own model, of the same organs and drugs; else men
        who were matched with different models are refused.
    model : default the model with which the men were matched, or the shipped one.
    workers : threads; default all cores. Numbers do not depend on it, nor on the other patients of the batch.
    callback : function of the number of patients done and the number of all.

    Returns
    -------
    Ensemble
        Values of all patients; `ensemble["testosterone"]` is an array (men, times). A patient whose simulation fails is
        listed in `failures`, and his values are NaN.

    Raises
    ------
    InputError
        Impossible input.

    Examples
    --------
    >>> doses = ["clomiphene 25 mg daily", "clomiphene 50 mg daily"]
    >>> simulate_many(None, doses, days=30, variables=["lh"])["lh"].shape
    (2, 31)
    """
    settings = RunSettings(
        duration(days, months), pulsatile=pulsatile, ageing=ageing, assay_variation=assay_variation,
        changes_at_start=traits_only(changes_at_start, "changes_at_start="), rtol=rtol, atol=atol,
    )  # fmt: skip
    patients, regimens, patient_seeds = _paired(men, protocols, _seed(seed, assay_variation and seeds is None), seeds)
    known = {key: matched(man, model, parameters) for key, man in {id(man): man for man in patients}.items()}
    settings = replace(settings, model=_one_model(known.values(), own_models=own_models))
    drugs = settings.model.drugs
    plans = {key: Protocol.of(protocol, drugs) for key, protocol in {id(p): p for p in regimens}.items()}
    if states is not None and pulsatile:
        raise InputError("a run with explicit pulses begins untreated: leave `states` or `pulsatile` out")
    starts = _starts(states, len(patients), len(settings.model.states))
    subjects = [
        Subject(known[id(man)], plans[id(protocol)], number, start)
        for man, protocol, number, start in zip(patients, regimens, patient_seeds, starts, strict=True)
    ]
    names = list(dict.fromkeys([*(variables if save else ()), *(s.measure for s in statistics)]))
    settings.model.check_variables(names)
    entries = {name: settings.model.measurements[name] for name in names}
    times = output_times(plans.values() if states is None else (), settings.length, step_days, t_eval, 1.0)
    check_memory(
        16.0 * len(patients) * len(times) * len(names) if save else 0.0, f"time courses of {len(patients)} men"
    )
    own_times = step_days is None and t_eval is None and save and not statistics
    shown_days = three_days(float(times[0]), settings.length) if own_times else []
    grid = times
    if own_times:
        grid = np.union1d(times, fine_times(plans.values(), shown_days, float(times[0]), pulsatile))
    order = list(settings.model.measurements)
    save_at = SaveAt(
        grid,
        states=False,
        measures=tuple(order.index(name) for name in names),
        values=save,
        statistics=tuple(replace(s, level=s.level / entries[s.measure].display_factor) for s in statistics),
        measured_by=tuple(names.index(s.measure) for s in statistics),
    )
    blocks = list[_Block]()
    for runs, solution in _integrated(subjects, settings, save_at, workers):
        courses = in_display_units(solution.values, entries) if save else {}
        series = [run.series for run in runs]
        readings = read(grid, courses, series, shown_days) if own_times else None
        if own_times:
            places = np.searchsorted(grid, times)
            courses = {name: course[:, places] for name, course in courses.items()}
        blocks.append(_Block(runs, solution, courses, statistics_of(solution, save_at), readings))
        if callback:
            callback(sum(len(block.runs) for block in blocks), len(patients))
    return _ensemble(times, entries, tuple(statistics), subjects, blocks)


def _seed(seed: int | np.random.Generator | None, needed: bool) -> int | None:
    """The seed that was given; needed: labs at visits vary. Raises InputError."""
    if needed and seed is None:
        raise InputError("assay_variation draws random numbers: give a seed as well")
    return as_seed(seed)


@dataclass(frozen=True)
class Subject:
    """A patient of a batch with his protocol, seed, and state (states,) on day 0 where it is not the untreated one."""

    man: MatchedMan
    protocol: Protocol
    seed: int | None
    start: Array | None = None


@dataclass(frozen=True)
class _Block:
    """Patients integrated together, with their courses (rows, times) in display units."""

    runs: list[PatientRun]
    solution: Solution
    courses: dict[str, Array]
    statistics: Array
    readings: Readings | None


def _paired(
    men: Sequence[Patient | MatchedMan] | Patient | MatchedMan | None,
    protocols: ProtocolLike | Sequence[ProtocolLike],
    seed: int | None,
    seeds: Sequence[int] | None,
) -> tuple[list[Patient | MatchedMan | None], list[ProtocolLike], list[int | None]]:
    """Men, protocols and seeds of each patient. Raises InputError if their numbers differ."""
    patients: list[Patient | MatchedMan | None] = list(men) if isinstance(men, Sequence) else [men]
    single = isinstance(protocols, str | Protocol | DoseSeries | Mapping)
    regimens: list[ProtocolLike] = [protocols] if single else list(protocols)
    count = max(len(patients), len(regimens))
    if not patients or not regimens or len(patients) not in (1, count) or len(regimens) not in (1, count):
        raise InputError(
            f"{len(patients)} men and {len(regimens)} protocols: give as many of one as of the other, or one"
        )
    if seeds is not None and len(seeds) != count:
        raise InputError(f"{len(seeds)} seeds for {count} men")
    for value in seeds or ():
        check_seed(value)
    patient_seeds = seeds or [None if seed is None else subject_seed(seed, place) for place in range(count)]
    return patients * (count // len(patients)), regimens * (count // len(regimens)), list(patient_seeds)


def _starts(states: Array | None, count: int, size: int) -> list[Array | None]:
    """The state of each patient on day 0, None for his untreated one. Raises InputError for another shape."""
    if states is None:
        return [None] * count
    if np.shape(states) != (count, size) or not np.isfinite(states).all():
        raise InputError(f"states: expected finite numbers of the shape ({count} patients, {size} states)")
    return list(np.asarray(states, dtype=float))


def _one_model(men: Iterable[MatchedMan], *, own_models: bool) -> Model:
    """The model of all men; own_models: that of the first, where the others differ in numbers. Raises InputError."""
    models = list(dict.fromkeys(man.model for man in men))
    mixed = [model for model in models if model.organs != models[0].organs or model.drugs != models[0].drugs]
    if mixed if own_models else len(models) > 1:
        raise InputError(f"the men were matched with {len(models)} different models; choose one (model=)")
    return models[0]


def _integrated(
    subjects: Sequence[Subject], settings: RunSettings, save_at: SaveAt, workers: int | None
) -> Iterator[tuple[list[PatientRun], Solution]]:
    """Runs and their solution, a block of patients at a time."""
    at_once = AT_ONCE_PULSATILE if settings.pulsatile else AT_ONCE
    shared = SharedInputs()
    for first in range(0, len(subjects), at_once):
        block = subjects[first : first + at_once]
        runs = [PatientRun(s.man, s.protocol, settings, s.seed, shared, start=s.start) for s in block]
        yield runs, integrate_patients(runs, save_at, workers=workers)


def _ensemble(
    times: Array,
    asked: Mapping[str, Measurement],
    statistics: tuple[Statistic, ...],
    subjects: Sequence[Subject],
    blocks: Sequence[_Block],
) -> Ensemble:
    """The results of all blocks."""
    results = np.concatenate([block.statistics for block in blocks])
    for column, s in enumerate(statistics):
        if not s.kind.startswith("first"):
            results[:, column] *= asked[s.measure].display_factor
    readings = [block.readings for block in blocks if block.readings is not None]
    return Ensemble(
        times,
        {name: np.concatenate([block.courses[name] for block in blocks]) for name in blocks[0].courses},
        {name: entry.display_unit for name, entry in asked.items()},
        statistics,
        results,
        tuple(subject.man for subject in subjects),
        tuple(subject.protocol for subject in subjects),
        tuple(tuple(run.visits) for block in blocks for run in block.runs),
        tuple(_failures(blocks)),
        np.concatenate([block.solution.steps for block in blocks]),
        tuple(run.series for block in blocks for run in block.runs),
        together(readings) if readings else None,
        np.concatenate([block.solution.final for block in blocks]),
    )


def _failures(blocks: Sequence[_Block]) -> Iterator[Failure]:
    first = 0
    for block in blocks:
        for row in np.flatnonzero(block.solution.status):
            run, place = block.runs[row], first + int(row)
            reason = failure(run.settings.model, block.solution, int(row))
            yield Failure(place, name_of(run.man, place), reason)
        first += len(block.runs)


def in_display_units(values: Array, measured: Mapping[str, Measurement]) -> dict[str, Array]:
    """The kernel's values (men, times, measurements) by name (men, times), in the units shown."""
    return {name: values[:, :, place] * entry.display_factor for place, (name, entry) in enumerate(measured.items())}


def duration(days: float | None, months: float | None) -> float:
    """Length in days; months are a whole number of days. Raises InputError for an impossible length."""
    if days is not None and months is not None:
        raise InputError("give days or months, not both")
    if days is None:
        months = 6.0 if months is None else months
        if not finite(months) or not 0 < months <= 1200:
            raise InputError(
                f"the simulation lasts {shown(months)} months; expected above 0 and at most 1200 (100 years)"
            )
        days = days_in_months(months)
    if not finite(days) or not 0 < days <= LATEST_DAY:
        raise InputError(f"the simulation lasts {shown(days)} days; expected above 0 and at most 100 years")
    return float(days)


def output_times(
    protocols: Iterable[Protocol],
    length: float,
    step_days: float | None,
    t_eval: Sequence[float] | None,
    usual_step: float,
) -> Array:
    """Output days: `t_eval`, or from the first dose (day 0 at the latest) in steps. Raises InputError."""
    earliest = min([0.0, *(series.start_day for protocol in protocols for series in protocol.series)])
    if t_eval is not None:
        if step_days is not None:
            raise InputError("give t_eval or step_days, not both")
        try:
            times = np.array(t_eval, dtype=float).reshape(-1)
        except (TypeError, ValueError):
            raise InputError(f"t_eval = {shown(t_eval)}: expected output days, such as [0, 30, 90]") from None
        if len(times) == 0 or not np.all(np.diff(times) > 0) or not earliest <= times[0] <= times[-1] <= length:
            raise InputError(f"output days {times.tolist()}: increasing, from {earliest:g} to {length:g}")
        return times
    step = min(usual_step, length) if step_days is None else step_days
    if not finite(step) or not 0 < step <= length:
        raise InputError(f"step_days = {shown(step)}: expected above 0 and at most the length of {length:g} days")
    return np.append(np.arange(earliest, length, step), length)


def failure(model: Model, solution: Solution, row: int) -> str:
    """Why a patient's simulation stopped, when, and where."""
    state = model.states[solution.failed_state[row]]
    reason = REASONS[int(solution.status[row])]
    return f"the solver stopped at day {solution.failed_at[row]:.4g}, where {state} changes fastest: {reason}"
