"""Predict one patient with uncertainty: of the model's parameters, of his own traits, and of laboratory assays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..engine.random import as_seed, stream, subject_seed
from ..errors import InputError
from ..measurements.labs import LabError
from ..measurements.variation import log_spread, varied
from ..model import Model, with_overrides
from ..people.match import MatchedMan, match
from ..people.patient import Patient
from ..pharmacology.doses import DoseSeries
from ..pharmacology.protocol import Protocol, ProtocolLike
from ..physiology.posterior import resample_parameter_sets
from .ensemble import Ensemble, bands_table
from .readings import Readings, read, three_days, together
from .run import simulate_many
from .time_courses import MAIN, TimeCourses, with_history

if TYPE_CHECKING:
    import pandas as pd


Array = NDArray[np.float64]
DRAWS = 100


@dataclass(frozen=True, repr=False)
class Prediction(TimeCourses):
    """Possible time courses of one patient, one posterior sample a row.

    Attributes
    ----------
    time : days (times,).
    values : measurement -> (draws, times) in `units[measurement]`.
    units : measurement -> unit.
    men : the man of each draw, whose labs agree with those given.
    protocol : the protocol.
    left_out : number of draws in which no man fits the labs, or the solver stopped.
    series : each draw's doses as they were given.
    readings : of each draw on the first, the middle and the last day, where output times were not chosen.
    as_measured : the values are those of samples, and a reading is one sample.

    Examples
    --------
    >>> prediction = predict(None, "clomiphene 25 mg daily", days=2, draws=2, variables=["testosterone"])
    >>> prediction["testosterone"].shape, prediction.probability("testosterone", above=100, day=2)
    ((2, 3), 1.0)
    """

    time: Array
    values: dict[str, Array]
    units: dict[str, str]
    men: tuple[MatchedMan, ...]
    protocol: Protocol
    left_out: int
    series: tuple[tuple[DoseSeries, ...], ...]
    readings: Readings | None = None
    as_measured: bool = False

    def title(self) -> str:
        """The protocol."""
        return self.protocol.label()

    def subject(self) -> str:
        """The patient, and how many draws there are."""
        return f"{self.men[0].patient.in_words()}; {len(self.men)} draws, median (95 % interval)"

    def band(self) -> str:
        """What the band of a figure holds, in words."""
        return f"95 % interval of the prediction ({len(self.men)} draws)"

    def doses(self) -> list[tuple[DoseSeries, ...]]:
        """The doses of each draw, with those of his history."""
        return with_history(self.men, self.series)

    def probability(self, name: str, *, above: float, day: float) -> float:
        """Probability that a measurement is above a level (in `units[name]`) on a day."""
        return float(np.mean(self.at(name, day) > above))

    def table(self, names: Iterable[str] | None = None, days: Iterable[float] | None = None) -> pd.DataFrame:
        """Median and 95 % interval as texts, measurements (rows) on days (columns), by default first, middle and last.

        A value is the mean over the last dosing interval, as in `Ensemble.table`; with `as_measured` it is that of one
        sample.
        """
        readings = self.readings
        if days is not None or readings is None:
            chosen = three_days(float(self.time[0]), float(self.time[-1])) if days is None else list(days)
            for day in chosen:
                self.check_day(day)
            readings = read(self.time, self.values, None if self.as_measured else self.series, chosen)
        return bands_table(readings, self.units, names)

    def intervals(self) -> pd.DataFrame:
        """Limits of the 95 % interval and median over time: TIME (days), three columns `name low [unit]` each."""
        import pandas as pd

        columns: dict[str, object] = {"TIME": self.time}
        for name in self.values:
            for label, course in zip(("low", "median", "high"), self.quantiles(name), strict=True):
                columns[f"{name} {label} [{self.units[name]}]"] = course
        return pd.DataFrame(columns)

    def about_day_0(self) -> str:
        """What the interval on the first day means, in a sentence; "" for a man without labs."""
        if not self.men[0].patient.labs:
            return ""
        return (
            "Day 0 is before treatment. A lab varies from day to day, so the man's own level lies in an interval about "
            "the lab that was given."
        )


def predict(  # noqa: PLR0913
    man: Patient | None = None,
    protocol: ProtocolLike = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    t_eval: Sequence[float] | None = None,
    step_days: float | None = None,
    draws: int = DRAWS,
    seed: int | np.random.Generator = 1,
    variables: Sequence[str] = MAIN,
    as_measured: bool = False,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> Prediction:
    """Predict a patient under a protocol: each draw samples the parameter posterior and a man consistent with his labs.

    His labs vary from visit to visit, so his own levels lie about those given; traits that they do not tell of lie
    anywhere between men. He is drawn by `match(rng=)`: each lab is moved by its error and the prior's middle by its
    spread, and the fit that follows weighs them by the same errors and spreads (randomise, then optimise: Bardsley
    2014). The error of a lab is counted once: were moved labs then fitted closely, the men would spread as widely as
    single samples do, and his diagnosis would count for nothing. On day 0 the draws hold his own levels, not the labs'
    readings. It takes about 50 ms a draw. All options are keywords, as in SciPy's `solve_ivp`.

    Parameters
    ----------
    man : the patient; None for the typical man.
    protocol, days, months, t_eval, step_days, variables : as for `simulate_many`.
    draws : how many.
    seed : of all that is drawn.
    as_measured : the courses vary from sample to sample as laboratories report them.
    parameters : parameters and constants of drugs that are held at these values in every draw.
    model : default the shipped one; what it has in place of shipped values is held too.
    callback : is called with the number of draws done and the number of all.

    Raises
    ------
    LabError
        No draw fits his labs.
    InputError
        Impossible input.

    Examples
    --------
    >>> patient = Patient(labs={"testosterone": "265 ng/dL"})
    >>> prediction = predict(patient, "clomiphene 25 mg daily", days=90, draws=4, variables=["testosterone"])
    >>> prediction["testosterone"].shape
    (4, 91)
    """
    number, patient, base = as_seed(seed), man or Patient(), with_overrides(model, parameters)
    given = Protocol.of(protocol, base.drugs)
    if number is None:
        raise InputError("a prediction draws random numbers: give a seed")
    if not isinstance(patient, Patient):
        raise InputError(
            "predict needs the Patient with his labs, not a man who is matched: he is drawn anew each time"
        )
    runs, sampled, left_out = list[Ensemble](), list[tuple[dict[str, Array], Readings | None]](), 0
    for draw, (source, drawn) in enumerate(sampled_men(patient, base, draws, number)):
        if drawn is None:
            left_out += 1
            continue
        run = simulate_many(
            drawn, given, days=days, months=months, t_eval=t_eval, step_days=step_days, variables=variables,
            seed=subject_seed(number, draw), workers=1,
        )  # fmt: skip
        if run.failures:
            left_out += 1
            continue
        runs.append(run)
        sampled.append(
            _as_sampled(run, source) if as_measured else ({n: v[0] for n, v in run.values.items()}, run.readings)
        )
        if callback:
            callback(draw + 1, draws)
    if not runs:
        raise LabError("no man fits these labs together under any of the draws; check the values and their units")
    readings = [one for _, one in sampled if one is not None]
    return Prediction(
        runs[0].time, {name: np.array([courses[name] for courses, _ in sampled]) for name in runs[0].values},
        runs[0].units, tuple(run.men[0] for run in runs), given, left_out, tuple(run.series[0] for run in runs),
        together(readings) if readings else None, as_measured,
    )  # fmt: skip


def sampled_men(
    patient: Patient, model: Model, draws: int, seed: int
) -> Iterator[tuple[np.random.Generator, MatchedMan | None]]:
    """For each draw its random generator and a man, matched under a sample of the posterior; None where none fits."""
    for draw, values in enumerate(resample_parameter_sets(draws)):
        source = stream(seed, draw)
        try:
            yield source, match(patient, model=model.with_posterior_sample(values), rng=source)
        except LabError:
            yield source, None


def _as_sampled(run: Ensemble, source: np.random.Generator) -> tuple[dict[str, Array], Readings | None]:
    """Courses (times,) and readings of one draw as samples on each day would give them."""
    courses = {
        name: values[0] * varied(name, source.standard_normal(values.shape[1])) if log_spread(name) else values[0]
        for name, values in run.values.items()
    }
    return courses, None if run.readings is None else _sampled(run.readings, source)


def _sampled(readings: Readings, source: np.random.Generator) -> Readings:
    """Readings as one sample on each day would give them."""
    values = {
        name: found * varied(name, source.standard_normal(len(readings.days))) if log_spread(name) else found
        for name, found in readings.values.items()
    }
    return Readings(readings.days, values, readings.windows)
