"""Learns a man from his own course: what he was given and what was measured, on and off treatment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.course import Course, DataSet, Observation, RowRead
from ..datasets.read import read_data_set
from ..engine.random import as_seed, check_seed
from ..errors import InputError
from ..measurements.registry import axis_unit, label
from ..model import Model, with_overrides
from ..people.match import MatchedMan
from .contradictions import contradictory
from .diagnosis import suspected
from .reading import Reading
from .simulated import as_read, expected_readings, readings_of
from .smoother import ROUNDS, Smoothed, effective_size, of_all, smooth
from .unknowns import ADHERENCE, Unknowns, normal_draws

if TYPE_CHECKING:
    import pandas as pd

    from .diagnosis import Diagnoses
    from .forecast import Forecast
    from .optimise import Optimum

Array = NDArray[np.float64]
MEMBERS = 96
"""Possible men in an ensemble."""
LOW, HIGH = 0.05, 0.95
"""Quantiles of a 90 % interval."""


@dataclass(frozen=True)
class Contradiction:
    """A lab that does not go with the man's others, and was not learned from.

    foreseen : from the others, in the lab's own unit; away : in standard deviations.
    """

    observation: Observation
    foreseen: float
    away: float

    def __str__(self) -> str:
        one = self.observation
        unit = axis_unit(one.variable, one.unit)
        return (
            f"{label(one.variable)} {one.value:.4g} {unit} on day {one.time:g} contradicts his other labs, which lead "
            f"one to expect about {self.foreseen:.3g} {unit}; it was not used. Check the value, its unit and its date"
        )


@dataclass(frozen=True, repr=False)
class Fit:
    """What is known of one man after his course, as `fit` returns him for each ID.

    Attributes
    ----------
    course : his doses and measurements.
    unknowns : what was not known.
    smoothed : the ensemble that remains: possible men, all equally probable.
    start : the ensemble before his data.
    expected : the readings that each possible man leads one to expect (measurements, members), on the even scale.
    contradictions : labs that were not learned from.
    misfit : mean square of the misses of the labs that were used, in standard errors; about 1 where the model can do
        what he did, NaN without such labs.
    effective_sample_size : how many members count, were the ensemble corrected by importance weights.
    seed : of what was drawn.
    assumed_diagnosis : where none was given and the labs before treatment are not those of a healthy man, the diagnosis
        that they speak for; else "".

    Examples
    --------
    >>> rows = [{"TIME": 0, "DVID": "lh", "DV": 3.1}, {"TIME": 30, "DVID": "lh", "DV": 4, "HOLD": 1}]
    >>> man = fit(rows, members=16).only
    >>> man.predictions()["used_in_fit"].tolist()
    [True, False]
    """

    course: Course
    unknowns: Unknowns
    smoothed: Smoothed
    start: Array
    expected: Array
    contradictions: tuple[Contradiction, ...]
    misfit: float
    effective_sample_size: float
    seed: int
    assumed_diagnosis: str = ""

    def __repr__(self) -> str:
        used = sum(not one.held for one in self.course.observations) - len(self.contradictions)
        lines = [
            f"Fit: {self.course.name}, {used} measurements used, {self.members} possible men, misfit {self.misfit:.2g}"
        ]
        if self.assumed_diagnosis:
            lines.append(f"fitted as a man with {self.assumed_diagnosis.replace('_', ' ')}, which his labs speak for")
        lines += [str(one) for one in self.contradictions]
        return "\n  ".join(lines)

    @property
    def members(self) -> int:
        """Number of possible men."""
        return self.smoothed.unknowns.shape[1]

    @cached_property
    def men(self) -> list[MatchedMan]:
        """The possible men."""
        men, settled = self.unknowns.men(self.smoothed.unknowns)
        return [man for man, there in zip(men, settled, strict=True) if there]

    @property
    def taken(self) -> Array | None:
        """Share of the doses that each possible man takes (members,); None where he takes none himself."""
        return self.unknowns.taken(self.smoothed.unknowns) if self.unknowns.takes else None

    def trait_samples(self) -> dict[str, Array]:
        """Trait -> value of each possible man (members,), relative to the typical man; age, bmi and adherence too."""
        z = self.smoothed.unknowns
        values = self.unknowns.trait_values(z)
        values |= {n: v for n, v in self.unknowns.covariate_values(z).items() if n in self.unknowns.covariates}
        return values | ({ADHERENCE: self.unknowns.taken(z)} if self.unknowns.takes else {})

    def traits(self) -> pd.DataFrame:
        """Median and 90 % interval of each trait, and how much narrower his labs made it: 1 where they tell nothing."""
        from ..simulation.tables import Table

        before = self.unknowns.trait_values(self.start)
        rows = {}
        for name, values in self.trait_samples().items():
            low, middle, high = np.quantile(values, (LOW, 0.5, HIGH))
            spread = float(np.std(np.log(values)) / np.std(np.log(before[name]))) if name in before else float("nan")
            rows[name.replace("_", " ")] = {"median": middle, "low": low, "high": high, "spread left": spread}
        return Table.from_dict(rows, orient="index")

    @cached_property
    def readings(self) -> list[Reading]:
        """How each measurement reads his level."""
        return readings_of(self.course, self.unknowns)

    def predictions(self) -> pd.DataFrame:
        """Every measurement beside its prediction: median and 90 % interval of a reading, in the measurement's unit."""
        import pandas as pd

        rows, rng = [], np.random.default_rng(self.seed)
        named = {id(one.observation) for one in self.contradictions}
        for one, reading, even in zip(self.course.observations, self.readings, self.expected, strict=True):
            known = even[np.isfinite(even)]
            drawn = known[:, None] + reading.spread * rng.standard_normal((len(known), 20))
            low, high = np.quantile(one.in_own_unit(reading.reported(drawn)), (LOW, HIGH))
            rows.append({
                "id": self.course.name, "time": one.time, "variable": one.variable, "unit": one.unit,
                "observed": one.value, "censored": one.censored,
                "used_in_fit": not one.held and id(one) not in named,
                "median": float(np.median(one.in_own_unit(reading.reported(known)))), "low": low, "high": high,
            })  # fmt: skip
        return pd.DataFrame(rows)

    def diagnostics(self) -> dict[str, Any]:
        """How the fit went: figures to judge it by."""
        z = self.smoothed
        return {
            "measurements_used": sum(not one.held for one in self.course.observations) - len(self.contradictions),
            "measurements_held": sum(one.held for one in self.course.observations),
            "contradictions": [str(one) for one in self.contradictions],
            "members": self.members,
            "effective_sample_size": self.effective_sample_size,
            "misfit": self.misfit,
            "moved_in_last_round": z.moved,
            "members_replaced": z.failed,
            "assumed_diagnosis": self.assumed_diagnosis or None,
            "adherence": None if self.taken is None else interval(self.taken),
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data: id, traits, diagnostics."""
        traits = {name: interval(values) for name, values in self.trait_samples().items()}
        return {"id": self.course.name, "traits": traits, "diagnostics": self.diagnostics()}

    def update(self, data: Any, **options: Any) -> Fit:
        """Learn from further measurements, from where this fit stands.

        Parameters
        ----------
        data : as for `fit`, with the whole course or its later part; what is known already is not learned again.
        **options : of `read_data_set`.

        Raises
        ------
        InputError
            Other than one man in the data, or no new measurement.
        """
        read = read_data_set(data, **options)
        if len(read) != 1:
            raise InputError(f"{read.where}: {len(read)} men; expected one, {self.course.name}")
        later = next(iter(read.values()))
        return learned(joined(self.course, later), self.unknowns.model, self.members, self.seed, before=self)

    def forecast(self, protocols: Any = "no treatment", **options: Any) -> Forecast:
        """What protocols will do to him from his last record on; see `hpgaxis.individual.forecast.forecast`."""
        from .forecast import forecast

        return forecast(self, protocols, **options)

    def optimise(self, goals: Any, bounds: Sequence[Any] = (), **options: Any) -> Optimum:
        """The protocol that suits him; see `hpgaxis.individual.optimise.optimise`."""
        from .optimise import optimise

        return optimise(self, goals, bounds, **options)

    def diagnoses(self, prior: Any = "infertile_clinic", **options: Any) -> Diagnoses:
        """Probabilities of diagnoses, and what to measure next; see `hpgaxis.individual.diagnosis.diagnoses`."""
        from .diagnosis import diagnoses

        return diagnoses(self, prior, **options)


def interval(values: Array) -> dict[str, float]:
    """Median and 90 % interval."""
    low, middle, high = np.quantile(values, (LOW, 0.5, HIGH))
    return {"median": float(middle), "low": float(low), "high": float(high)}


@dataclass(frozen=True, repr=False)
class Fits(Mapping[str, Fit]):
    """Men by their ID, as `fit` returns them.

    Attributes
    ----------
    fits : ID -> fit.
    data : the data set, which says how each row was read.
    failures : ID of a man whom the model cannot simulate -> why.

    Examples
    --------
    >>> fits = fit([{"ID": 7, "TIME": 0, "DVID": "lh", "DV": 3.1}], members=16)
    >>> list(fits), fits.only.course.name
    (['7'], '7')
    """

    fits: dict[str, Fit]
    data: DataSet
    failures: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: object) -> Fit:
        try:
            return self.fits[str(name)]
        except KeyError:
            raise InputError(f"no subject {name!r}; there are {', '.join(self.fits)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    def __repr__(self) -> str:
        return "\n".join([f"Fits: {len(self)} men", *(repr(one) for one in self.fits.values())])

    @property
    def only(self) -> Fit:
        """The fit of the only man. Raises InputError for several."""
        if len(self.fits) != 1:
            raise InputError(f"{len(self.fits)} men ({', '.join(list(self.fits)[:8])} ...): choose one, like fits['1']")
        return next(iter(self.fits.values()))

    def forecast(self, protocols: Any = "no treatment", **options: Any) -> Forecast:
        """The forecast of the only man."""
        return self.only.forecast(protocols, **options)

    def optimise(self, goals: Any, bounds: Sequence[Any] = (), **options: Any) -> Optimum:
        """The protocol that suits the only man."""
        return self.only.optimise(goals, bounds, **options)

    def diagnoses(self, prior: Any = "infertile_clinic", **options: Any) -> Diagnoses:
        """Probabilities of diagnoses of the only man."""
        return self.only.diagnoses(prior, **options)

    def predictions(self) -> pd.DataFrame:
        """`Fit.predictions` of all men, one below the other."""
        import pandas as pd

        return pd.concat([one.predictions() for one in self.fits.values()], ignore_index=True)

    def plot(self) -> Any:
        """A matplotlib figure: goodness of fit of all men, or the course of one."""
        from .figures import course_figure, goodness_of_fit

        return course_figure(self.only) if len(self.fits) == 1 else goodness_of_fit(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: subjects, predictions of every measurement, and rows that were ignored."""
        predictions = self.predictions()
        return {
            "subjects": [one.to_dict() for one in self.fits.values()],
            "predictions": predictions.to_dict(orient="records"),
            "failures": dict(self.failures),
            "ignored": [_row(row) for row in self.data.ignored],
            "notes": list(self.data.notes),
        }


def _row(row: RowRead) -> dict[str, Any]:
    return {"row": row.number, "id": row.subject, "time": row.time, "understood": row.what, "ignored": row.ignored}


def fit(  # noqa: PLR0913
    data: Any,
    *,
    time_unit: str = "days",
    cmt: Mapping[Any, str] | None = None,
    dvid: Mapping[Any, str] | None = None,
    members: int = MEMBERS,
    seed: int | np.random.Generator = 1,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> Fits:
    """Learn each man of a data set from his own doses and measurements.

    Before his data a man is any man of his diagnosis (of the general population where it is not given): his traits have
    their joint distribution between men. An ensemble of possible men is moved, in a few rounds, so that it is what
    remains possible after his measurements (iterated ensemble smoother, Emerick 2013); each reading errs by the
    variation from visit to visit, by its assay, and by what the model does not know. The typical man's parameters
    differ within the ensemble as far as they are uncertain. A lab that contradicts the others is named and left out.

    Parameters
    ----------
    data : a file, a data frame, rows, or a DataSet; see `read_data_set`. A measurement with HOLD 1 is predicted, and
        not learned from.
    time_unit, cmt, dvid : of `read_data_set`.
    members : possible men in an ensemble; more are slower and smoother.
    seed : of what is drawn.
    parameters : parameters and constants of drugs that are held at these values.
    model : default the shipped one; what it has in place of shipped values is held too.
    callback : is called with the number of men done and the number of all.

    Returns
    -------
    Fits
        A `Fit` for each man, with his traits, the predictions of his measurements, and forecasts.

    Raises
    ------
    InputError
        Data that cannot be read, or no man whom the model can simulate; where it can simulate some, the others are
        named (`Fits.failures`).

    Examples
    --------
    >>> rows = [{"ID": "A", "TIME": 0, "DVID": "testosterone", "DV": 210, "DVUNIT": "ng/dL", "AGE": 34, "BMI": 31},
    ...         {"ID": "A", "TIME": 0, "DVID": "lh", "DV": 3.1}]
    >>> man = fit(rows, members=32)["A"]
    >>> bool(np.median(man.trait_samples()["leydig_output"]) < 1)
    True
    """
    number = as_seed(seed)
    if number is None:
        raise InputError("a fit draws random numbers: give a seed")
    check_seed(number)
    if not isinstance(members, int) or not 16 <= members <= 10_000:
        raise InputError(f"members = {members!r}: expected a whole number from 16 to 10000")
    used = with_overrides(model, parameters)
    read = read_data_set(data, time_unit=time_unit, cmt=cmt, dvid=dvid, drugs=used.drugs)
    if not len(read):
        raise InputError(
            f"{read.where}: no man with a row that can be read; the first fault: {read.ignored[0].ignored}"
        )
    fits, failures = dict[str, Fit](), dict[str, str]()
    for done, (name, course) in enumerate(read.items(), 1):
        try:
            fits[name] = learned(course, used, members, number)
        except InputError as error:
            failures[name] = str(error)
        if callback:
            callback(done, len(read))
    if not fits:
        raise InputError(f"{read.where}: no man could be learned; {next(iter(failures.values()))}")
    return Fits(fits, read, failures)


def learned(course: Course, model: Model, members: int, seed: int, *, before: Fit | None = None) -> Fit:
    """One man learned from his course; before: a fit of an earlier part of it, from which it goes on."""
    assumed = before.assumed_diagnosis if before is not None else suspected(course, model, members, seed)
    if assumed:
        course = replace(course, diagnosis=assumed)
    unknowns = Unknowns(course, model, members, seed)
    start = normal_draws(len(unknowns.names), members, seed)
    known = frozenset[Observation]()
    if before is not None:
        start = _carried(start, unknowns, before)
        known = frozenset(one for one in before.course.observations if not one.held)
    observations, readings = course.observations, readings_of(course, unknowns)
    used = [place for place, one in enumerate(observations) if not one.held and one not in known]
    read = as_read([observations[place] for place in used], [readings[place] for place in used])
    expected = expected_readings(unknowns, [observations[p] for p in used], [readings[p] for p in used])
    named = contradictory(_finite(expected(start)), read) if used else {}
    kept = [place for place in range(len(used)) if place not in named]
    own = [used[place] for place in kept]
    expected = expected_readings(unknowns, [observations[p] for p in own], [readings[p] for p in own])
    try:
        smoothed = smooth(start, expected, read[kept], rounds=ROUNDS, seed=seed)
        everything = expected_readings(unknowns, observations, readings)
        foreseen_all, _ = of_all(smoothed.unknowns, everything, np.random.default_rng(seed))
    except ValueError as error:
        raise InputError(f"ID {course.name}: {error}; check the units of his doses and measurements") from None
    contradictions = tuple(
        Contradiction(
            observations[used[place]],
            float(observations[used[place]].in_own_unit(readings[used[place]].reported(np.array(foreseen)))), away,
        )
        for place, (foreseen, away) in sorted(named.items())
    )  # fmt: skip
    earlier = before.contradictions if before is not None else ()
    misses = (read[kept].at_limits(foreseen_all[own]).mean(axis=1) - read.values[kept]) / read.errors[kept]
    misfit = float(np.mean(misses**2)) if kept else float("nan")
    size = effective_size(smoothed.unknowns, foreseen_all[own], read[kept], start)
    named_all = (*earlier, *contradictions)
    return Fit(course, unknowns, smoothed, start, foreseen_all, named_all, misfit, size, seed, assumed)


def _finite(expected: Array) -> Array:
    """The members that could be simulated."""
    return expected[:, np.isfinite(expected).all(axis=0)]


def _carried(start: Array, unknowns: Unknowns, before: Fit) -> Array:
    """The ensemble of an earlier fit, with new unknowns (of a new drug or assay) as drawn."""
    values = np.array(start)
    for place, name in enumerate(unknowns.names):
        if name in before.unknowns.names:
            values[place] = before.smoothed.unknowns[before.unknowns.names.index(name)]
    return values


def joined(earlier: Course, later: Course) -> Course:
    """A course with what is new in a later part of it: measurements, and doses of its last stretch."""
    last = earlier.stretches[-1]
    known = set(earlier.observations)
    moved = [
        replace(one, stretch=len(earlier.stretches) - 1, row=one.row) for one in later.observations if one not in known
    ]
    if not moved:
        raise InputError(f"ID {earlier.name}: no measurement that the fit does not know already")
    series = list(last.protocol.series)
    for stretch in later.stretches:
        for one in stretch.protocol.series:
            new = replace(one, start_day=one.start_day + stretch.origin - last.origin)
            if new not in series:
                series.append(new)
    stretches = (*earlier.stretches[:-1], replace(last, protocol=replace(last.protocol, series=tuple(series))))
    observations = tuple(sorted((*earlier.observations, *moved), key=lambda one: (one.stretch, one.time)))
    return replace(earlier, stretches=stretches, observations=observations)
