"""Men castrated by depots and released, cycle after cycle, beside virtual men who are given the same men's doses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import HpgaxisError, InputError
from ..evidence.individuals import DEPOT, Courses
from ..measurements.registry import MEASUREMENTS
from ..measurements.variation import measured
from ..model import Model
from ..people.match import MatchedMan
from ..people.population import population
from ..pharmacology.doses import DoseSeries
from ..pharmacology.library import DrugLibrary
from ..pharmacology.protocol import Protocol
from ..simulation.run import simulate_many
from ..units import convert

Frame = Any
"""A pandas DataFrame or Series; the types that pandas states for what its methods return are too wide to be checked."""
MEASURE, UNIT = "testosterone", "nmol/L"
CELLS = tuple(pairwise((0, 30, 60, 90, 120, 180, 240, 365)))
"""Days since the last depot should have ended, from the first up to, not including, the second."""
CENTILES = (10, 50, 90)
FLOOR = 0.3
"""nmol/L: lower values of the immunoassay are noise (it reads 0.1 to 0.4 where there is none), and count as this."""
AGE = (72.0, 6.0)
"""Mean and standard deviation of the ages (years) of virtual men.

Assumed: the data do not have the ages, and the trial's median is in the seventies. The men's ages would settle it.
"""
BMI = (28.8, 5.8)
"""Likewise of the body mass index (kg/m2): that of 572 men of 60 to 79 years of NHANES 2013-2014."""
EACH = 16
"""Virtual men for each measured man."""
FEWEST = 8
"""Men of a cell that is compared."""


@dataclass(frozen=True)
class CoursesComparison:
    """Testosterone of men after their depots, beside that of virtual men with the same doses.

    Attributes
    ----------
    name : of the file.
    men : number of measured men; `virtual` : of virtual men.
    before : medians (nmol/L) before the first dose: `men`, `observed` and `predicted`.
    scale : factor that gives the virtual men the observed median before; all their levels are multiplied by it.
    cells : one dict each: `cycle`, `begin` and `end` (days since the last depot should have ended), `men`, and the
        centiles `observed` and `predicted` (centile -> nmol/L) of men, each man with his mean in the cell.
    few : number of cells that are not compared as fewer than FEWEST men have a value.
    values : number of single values in the compared cells.
    inside : number of these within the central 95 % of the virtual men's values in the same cell.
    not_given : doses that the virtual men do not get: `drug`, `doses` and `reason`.
    not_compared : observations of other measurements: name -> number.
    failed : virtual men whose simulation stopped.
    redrawn : virtual men whose traits had no steady state at first.
    unused : columns of the file that are not read.
    """

    name: str
    men: int
    virtual: int
    before: dict[str, Any]
    scale: float
    cells: list[dict[str, Any]]
    few: int
    values: int
    inside: int
    not_given: list[dict[str, Any]]
    not_compared: dict[str, int]
    failed: int = 0
    redrawn: int = 0
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """The doses of one man; ends: cycle -> day on which his last depot should have ended."""

    protocol: Protocol
    ends: dict[int, float]
    not_given: Counter[tuple[str, str]]


def schedule(rows: Frame, drugs: DrugLibrary) -> Schedule:
    """The doses of one man's rows.

    A depot lasts for the shortest interval that its formulation is licensed for. Tablets in mg a day are taken, evenly
    over the day, until the next day of the cycle with a dose, or until the last day of the cycle on treatment.

    Parameters
    ----------
    rows : the man's rows of `Courses`.
    drugs : the drugs by name.
    """
    series, ends, not_given = list[DoseSeries](), dict[int, float](), Counter[tuple[str, str]]()
    doses = rows[rows["kind"] == "dose"]
    for cycle, cycle_rows in rows.groupby("cycle"):
        last = float(cycle_rows.loc[cycle_rows["on_treatment"], "day"].max())
        cycle_doses = doses[doses["cycle"] == cycle]
        for row in cycle_doses.itertuples():
            until = float(cycle_doses.loc[cycle_doses["day"] > row.day, "day"].min())
            until = last if np.isnan(until) else min(until, last)
            try:
                one = _series(row, until, drugs)
            except HpgaxisError as error:
                not_given[row.name, str(error).splitlines()[0]] += 1
                continue
            series += [] if one is None else [one]
            if one is not None and row.unit == DEPOT:
                ends[int(cycle)] = max(ends.get(int(cycle), 0.0), one.start_day + lasts(one))
    return Schedule(Protocol(tuple(series)), ends, not_given)


def data_set_rows(name: str, rows: Frame, drugs: DrugLibrary) -> list[dict[str, Any]]:
    """One man's rows of `Courses` as those of a data set (`read_data_set`), with `cycle` beside each measurement.

    Doses that the model cannot give are left out, as in `schedule`.
    """
    found: list[dict[str, Any]] = []
    for one in schedule(rows, drugs).protocol.series:
        repeats = {} if one.doses == 1 else {"II": one.interval_days, "ADDL": (one.doses or 1) - 1}
        found.append({
            "ID": name, "TIME": one.start_day, "EVID": 1, "DRUG": one.drug, "AMT": one.amount, "UNIT": one.unit,
            **repeats,
        })  # fmt: skip
    for seen in rows[rows["name"] == MEASURE].itertuples():
        found.append({
            "ID": name, "TIME": seen.day, "EVID": 0, "DVID": MEASURE, "DV": seen.value, "DVUNIT": seen.unit,
            "cycle": seen.cycle,
        })  # fmt: skip
    return found


def _series(row: Any, until: float, drugs: DrugLibrary) -> DoseSeries | None:
    """A dose as it is given; None for none. Raises HpgaxisError where the model cannot give it."""
    if row.name not in drugs.spellings:
        raise InputError("the model has no such drug")
    if np.isnan(row.value):
        raise InputError("the dose was not recorded")
    if not row.on_treatment:
        raise InputError("recorded after the end of the treatment")
    if row.value == 0:
        return None
    drug = drugs.find(row.name)
    if row.unit == DEPOT:
        return DoseSeries(drug.name, row.value, "mg", start_day=row.day, doses=1, user_drug=drug)
    days = int(until - row.day)
    if days < 1:
        return None
    return DoseSeries(drug.name, row.value, "mg", start_day=row.day, doses=days, over_days=1.0, user_drug=drug)


def lasts(depot: DoseSeries) -> float:
    """Shortest licensed interval (days) between depots; for a drug without formulations its slowest half-life."""
    there = depot.definition.formulations_of(depot.route or "")
    return next((one.interval_days[0] for one in there if one.name == depot.formulation), depot.slowest_days)


def _observations(courses: Courses, schedules: dict[str, Schedule]) -> tuple[Frame, Frame]:
    """Testosterone (nmol/L) of each man before his first dose, and off treatment by cell after each last depot."""
    import pandas as pd

    rows: Frame = courses.rows[courses.rows["name"] == MEASURE]
    level = [convert(value, unit, UNIT, MEASURE) for value, unit in zip(rows["value"], rows["unit"], strict=True)]
    rows = rows[["subject", "day", "cycle", "on_treatment"]].assign(level=level)
    doses: Frame = courses.rows[courses.rows["kind"] == "dose"]
    first = doses.groupby("subject")["day"].min()
    before = rows[rows["day"] <= rows["subject"].map(first)]
    ends = [schedules[man].ends.get(cycle, np.nan) for man, cycle in zip(rows["subject"], rows["cycle"], strict=True)]
    after = rows.assign(since=rows["day"] - ends)
    edges = [CELLS[0][0], *(end for _, end in CELLS)]
    after["cell"] = pd.cut(after["since"], edges, right=False, labels=False)
    return before, after[after["cell"].notna() & ~after["on_treatment"]]


def _predicted(men: Sequence[MatchedMan], protocol: Protocol, days: Frame) -> Frame:
    """Samples (nmol/L) of virtual men, one row each, on days (columns); without the men whose simulation stopped."""
    import pandas as pd

    times = sorted(set(days))
    result = simulate_many(
        men, protocol, days=max(times[-1], 1.0), t_eval=times, variables=[MEASURE], ageing=True
    )  # fmt: skip
    factor = convert(1.0, MEASUREMENTS[MEASURE].display_unit, UNIT, MEASURE)
    samples = [
        [factor * measured(MEASURE, level, man.kinetics_seed, visit) for visit, level in enumerate(course)]
        for man, course in zip(men, result[MEASURE].tolist(), strict=True)
    ]
    return pd.DataFrame(samples, columns=pd.Index(times)).dropna()


def compare_courses(
    courses: Courses,
    *,
    seed: int = 1,
    model: Model | None = None,
    callback: Callable[[int], object] | None = None,
) -> CoursesComparison:
    """Compare testosterone after the last depot of each cycle with that of virtual men who are given the same doses.

    Each measured man has EACH virtual men, who differ in their age, traits and kinetics and are sampled on his days,
    with the variation from visit to visit. Their levels are multiplied by one factor for all, so that the median before
    the first dose is that observed.

    Parameters
    ----------
    courses : the measured men.
    seed : of the study.
    model : default the shipped one.
    callback : is called with the number of measured men done since its last call.

    Raises
    ------
    InputError
        No man has a testosterone before his first dose.
    """
    import pandas as pd

    used = model or Model.default()
    schedules = {str(man): schedule(rows, used.drugs) for man, rows in courses.rows.groupby("subject", sort=False)}
    before, after = _observations(courses, schedules)
    if before.empty:
        raise InputError(f"{courses.name}: no {MEASURE} before the first dose of any man; expected one of each")
    drawn = population(EACH * len(schedules), seed=seed, age=AGE, bmi=BMI, model=used)
    baseline, later, failed = list[Frame](), list[Frame](), 0
    for number, (man, plan) in enumerate(schedules.items()):
        own, first = after[after["subject"] == man], before[before["subject"] == man]
        days = pd.concat([own["day"], first["day"]])
        if len(days):
            samples = _predicted(drawn[EACH * number : EACH * (number + 1)].men, plan.protocol, days)
            failed += EACH - len(samples)
            baseline.append(samples[list(dict.fromkeys(first["day"]))].mean(axis=1).dropna())
            later += [
                own.assign(subject=f"{man} {virtual}", level=sample[own["day"]].to_numpy())
                for virtual, sample in samples.iterrows()
            ]
        if callback:
            callback(1)
    observed_before = before.groupby("subject")["level"].mean()
    predicted_before: Frame = pd.concat(baseline)
    scale = float(observed_before.median() / predicted_before.median())
    virtual = pd.concat(later) if later else after
    virtual = virtual.assign(level=scale * virtual["level"])
    cells, few = _cells(after, virtual)
    other: Frame = courses.rows[(courses.rows["kind"] == "observation") & (courses.rows["name"] != MEASURE)]
    not_given = sum((plan.not_given for plan in schedules.values()), Counter[tuple[str, str]]())
    return CoursesComparison(
        courses.name, len(schedules), len(drawn),
        {"men": len(observed_before), "observed": float(observed_before.median()),
         "predicted": float(predicted_before.median())},
        scale, cells, few, *_inside(cells, after, virtual),
        [{"drug": drug, "doses": count, "reason": reason} for (drug, reason), count in not_given.items()],
        {str(name): int(count) for name, count in other["name"].value_counts().items()},
        failed, drawn.redrawn, courses.unused,
    )  # fmt: skip


def _inside(cells: list[dict[str, Any]], observed: Frame, predicted: Frame) -> tuple[int, int]:
    """Number of single values observed in these cells, and of those within the central 95 % of the predicted ones."""
    values, inside = 0, 0
    for one in cells:
        cell = CELLS.index((one["begin"], one["end"]))
        seen, foreseen = (
            rows.loc[(rows["cycle"] == one["cycle"]) & (rows["cell"] == cell), "level"].clip(lower=FLOOR)
            for rows in (observed, predicted)
        )
        values += len(seen)
        inside += int(seen.between(*foreseen.quantile([0.025, 0.975])).sum())
    return values, inside


def _cells(observed: Frame, predicted: Frame) -> tuple[list[dict[str, Any]], int]:
    """The cells that are compared, and how many others have values of some men."""

    def men(rows: Frame) -> Frame:
        """Each man's mean in each cell."""
        return rows.assign(level=rows["level"].clip(lower=FLOOR)).groupby(["cycle", "cell", "subject"])["level"].mean()

    counts = men(observed).groupby(level=["cycle", "cell"]).size()
    centiles = [
        men(rows).groupby(level=["cycle", "cell"]).quantile([centile / 100 for centile in CENTILES]).unstack()
        for rows in (observed, predicted)
    ]
    compared = counts.index[counts >= FEWEST]
    cells = []
    for (cycle, cell), *levels in zip(compared, *(one.reindex(compared).to_numpy() for one in centiles), strict=True):
        begin, end = CELLS[int(cell)]
        here: dict[str, Any] = {"cycle": int(cycle), "begin": begin, "end": end, "men": int(counts[cycle, cell])}
        for name, three in zip(("observed", "predicted"), levels, strict=True):
            here[name] = dict(zip(map(str, CENTILES), three.tolist(), strict=True))
        cells.append(here)
    return cells, int((counts < FEWEST).sum())
