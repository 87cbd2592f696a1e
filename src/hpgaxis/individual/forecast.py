"""What protocols will do to one man from his last record on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..clinical.conception import conception
from ..clinical.risks import findings
from ..errors import InputError
from ..measurements.variation import log_spread
from ..pharmacology.doses import DoseSeries
from ..pharmacology.dosing import prepare
from ..pharmacology.protocol import Protocol, ProtocolLike
from ..simulation.ensemble import Ensemble
from ..simulation.results import Result
from ..simulation.run import duration, simulate_many
from ..simulation.table_text import figure_text, row_text
from ..simulation.time_courses import MAIN, save_table
from ..units import Quantity
from .simulated import RELATIVE_TOLERANCE, evenly

if TYPE_CHECKING:
    import pandas as pd

    from .fit import Fit

Array = NDArray[np.float64]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the 50 and 90 % bands and their middle."""
GO_ON = "as recorded"
"""Protocol of doses that go on as his data have them."""
LONG_DAYS = 800
"""Forecasts that are longer have an output time a week, others one a day."""


@dataclass(frozen=True, repr=False)
class Forecast:
    """Protocols in the possible men of a fit, from his last record (day 0) on.

    Attributes
    ----------
    fit : the man.
    ensembles : label of the protocol -> the possible men over time.
    plans : label -> the protocol from day 0 on.

    Examples
    --------
    >>> man = hpg.fit([{"ID": "A", "TIME": 0, "DVID": "lh", "DV": 3.1}], members=16).only
    >>> coming = man.forecast(["no treatment", "clomiphene 25 mg daily"], months=3)
    >>> low, middle, high = coming.quantiles("clomiphene 25 mg daily", "testosterone", (0.05, 0.5, 0.95))[:, -1]
    >>> bool(low < middle < high)
    True
    """

    fit: Fit
    ensembles: dict[str, Ensemble]
    plans: dict[str, Protocol]

    @property
    def time(self) -> Array:
        """Days from his last record (times,)."""
        return next(iter(self.ensembles.values())).time

    @property
    def protocols(self) -> tuple[str, ...]:
        """Labels of the protocols."""
        return tuple(self.ensembles)

    @property
    def units(self) -> dict[str, str]:
        """Unit of each measurement."""
        return next(iter(self.ensembles.values())).units

    def __repr__(self) -> str:
        lines = [
            f"Forecast: {self.fit.course.name}, {self.time[-1]:g} days from day {self.fit.course.end:g} of his data"
        ]
        for name in self.protocols:
            low, middle, high = self.quantiles(name, "testosterone", (0.05, 0.5, 0.95))[:, -1]
            lines.append(f"{name}: testosterone {middle:.3g} ({low:.3g} to {high:.3g}) {self.units['testosterone']}")
        return "\n  ".join(lines)

    def of(self, protocol: str | None = None) -> Ensemble:
        """The possible men under a protocol, by default the first. Raises InputError for one that is not there."""
        if protocol is None:
            return next(iter(self.ensembles.values()))
        if protocol not in self.ensembles:
            raise InputError(f"no protocol {protocol!r} in this forecast; there are {'; '.join(self.protocols)}")
        return self.ensembles[protocol]

    def quantiles(self, protocol: str, name: str, levels: Sequence[float] = LEVELS, *, measured: bool = False) -> Array:
        """Quantiles (levels, times) of a measurement: of his own level, or of one sample of it (measured=True)."""
        values = self.of(protocol)[name]
        if measured and log_spread(name):
            spread, rng = log_spread(name), np.random.default_rng(self.fit.seed)
            values = values * np.exp(spread * rng.standard_normal(values.shape))
        return np.quantile(values[np.isfinite(values).all(axis=1)], list(levels), axis=0)

    def probability(
        self, protocol: str, name: str, *, above: float | None = None, below: float | None = None, day: float
    ) -> float:
        """Probability that a measurement is above, or below, a level (in `units[name]`) on a day."""
        if (above is None) == (below is None):
            raise InputError("give above or below, one of them")
        values = self.of(protocol).at(name, day)
        known = values[np.isfinite(values)]
        return float(np.mean(known > above if above is not None else known < below))

    def time_to(
        self, protocol: str, name: str, *, above: float | None = None, below: float | None = None
    ) -> dict[str, float]:
        """When a measurement first passes a level: share of men in whom it does, and quantiles of the day in all men.

        A quantile is infinite where so many never reach the level.
        """
        if (above is None) == (below is None):
            raise InputError("give above or below, one of them")
        ensemble = self.of(protocol)
        values = ensemble[name][np.isfinite(ensemble[name]).all(axis=1)]
        hit = values > above if above is not None else values < float(below or 0.0)
        days = np.where(hit.any(axis=1), ensemble.time[np.argmax(hit, axis=1)], np.inf)
        low, middle, high = np.quantile(days, (0.05, 0.5, 0.95), method="inverted_cdf")
        return {"share": float(hit.any(axis=1).mean()), "median": float(middle), "low": float(low), "high": float(high)}

    def results(self, protocol: str) -> list[Result]:
        """Each possible man's course under a protocol, as `simulate` returns one."""
        ensemble, plan = self.of(protocol), self.plans[protocol]
        nothing = prepare(Protocol(()), 1.0, weight_kg=75.0, pulses_per_day=12.0, pulsatile=False)
        return [
            Result(
                ensemble.time, {name: values[row] for name, values in ensemble.values.items()}, ensemble.units, (),
                np.zeros((len(ensemble.time), 0)), plan, ensemble.men[row], nothing, (),
                ensemble.series[row],
            )
            for row in range(len(ensemble.men)) if np.isfinite(ensemble["testosterone"][row]).all()
        ]  # fmt: skip

    def conception(
        self, protocol: str, *, partner_age: float = 30.0, months_of_trying: float | str | Quantity | None = None
    ) -> pd.DataFrame:
        """Chance of conception so far by month (rows): median and 90 % interval of the possible men, and their mean."""
        from ..simulation.tables import Table

        chances = np.array([
            conception(one, partner_age=partner_age, months_of_trying=months_of_trying).cumulative
            for one in self.results(protocol)
        ])  # fmt: skip
        low, middle, high = np.quantile(chances, (0.05, 0.5, 0.95), axis=0)
        columns = {"mean": chances.mean(axis=0), "median": middle, "low": low, "high": high}
        return Table(columns, index=[f"month {month + 1}" for month in range(len(low))])

    def risks(self) -> pd.DataFrame:
        """Share of the possible men (%) who pass each limit of safety under each protocol, and did not before."""
        from ..simulation.tables import Table

        rows: dict[str, dict[str, float]] = {}
        for name in self.protocols:
            passed: dict[str, list[bool]] = {}
            for one in self.results(name):
                for found in findings(one):
                    limit = f"{found.measure.replace('_', ' ')} {found.kind.replace('_', ' ')} {found.limit:g}"
                    passed.setdefault(limit, []).append(found.reached and not found.before)
            for limit, shares in passed.items():
                rows.setdefault(limit, {})[name] = 100 * float(np.mean(shares))
        return Table.from_dict({limit: row for limit, row in rows.items() if any(row.values())}, orient="index")

    def table(self, names: Sequence[str] | None = None, day: float | None = None) -> pd.DataFrame:
        """Measurements (rows) under each protocol (columns) on a day, by default the last: median (90 % interval)."""
        from ..simulation.tables import Table

        when = float(self.time[-1]) if day is None else day
        chosen = list(names or MAIN)
        columns = {}
        for protocol in self.protocols:
            ensemble = self.of(protocol)
            ensemble.check_day(when)
            texts = []
            for name in chosen:
                low, middle, high = np.nanquantile(ensemble.at(name, when), (0.05, 0.5, 0.95))
                texts.append(f"{figure_text(middle)} ({figure_text(low)} to {figure_text(high)})")
            columns[protocol] = texts
        return Table(columns, index=[row_text(name, self.units[name]) for name in chosen])

    def to_dataframe(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """One row a protocol, measurement and day: unit, and the quantiles of the 50 and 90 % bands."""
        import pandas as pd

        parts = []
        for protocol in self.protocols:
            for name in names or self.of(protocol).values:
                bands = self.quantiles(protocol, name)
                columns = {f"q{round(100 * level):02d}": band for level, band in zip(LEVELS, bands, strict=True)}
                parts.append(pd.DataFrame({
                    "protocol": protocol, "variable": name, "unit": self.units[name], "time": self.time, **columns,
                }))  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the bands of each protocol and measurement."""
        frame = self.to_dataframe()
        bands: dict[str, Any] = {}
        for key, part in frame.groupby(["protocol", "variable"], sort=False):
            protocol, name = str(key[0]), str(key[1])  # pyright: ignore[reportIndexIssue]
            columns = {column: part[column].tolist() for column in frame.columns if column.startswith("q")}
            bands.setdefault(protocol, {})[name] = {"unit": self.units[name], **columns}
        return {"id": self.fit.course.name, "from_day": self.fit.course.end, "time": self.time.tolist(), "bands": bands}

    def save(self, path: Any) -> Any:
        """Write the bands; .csv, .parquet or .json by the ending."""
        from pathlib import Path

        return save_table(Path(path), self.to_dataframe, self.to_dict)

    def plot(self, names: Sequence[str] | None = None) -> Any:
        """A matplotlib figure: one row a measurement, one column a protocol, with the 50 and 90 % bands."""
        from .figures import forecast_bands

        return forecast_bands(self, list(names or ("testosterone", "estradiol", "lh", "fsh", "sperm_concentration")))


def forecast(
    fit: Fit,
    protocols: ProtocolLike | Sequence[ProtocolLike] = "no treatment",
    *,
    days: float | None = None,
    months: float | None = None,
    workers: int | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> Forecast:
    """Simulate protocols in the possible men of a fit, from his last record on.

    Doses that he was given before act on. The share of doses that he takes stays what it was learned to be.

    Parameters
    ----------
    fit : the man.
    protocols : sentences, Protocols or dose series; "as recorded" lets the doses of his data go on.
    days, months : length; default 12 months.
    workers : threads; default all cores.
    callback : is called with the number of protocols done and the number of all.

    Raises
    ------
    InputError
        A protocol that cannot be read, or is given twice.
    """
    length = duration(days, 12.0 if days is None and months is None else months)
    single = isinstance(protocols, str | Protocol | DoseSeries)
    given = [protocols] if single else list(protocols)  # pyright: ignore[reportArgumentType]
    drugs = fit.unknowns.model.drugs
    plans = dict[str, Protocol]()
    for one in given:
        plan = as_recorded(fit) if one == GO_ON else Protocol.of(one, drugs)
        name = GO_ON if one == GO_ON else plan.label()
        if name in plans:
            raise InputError(f"the protocol {name!r} is given twice")
        plans[name] = plan
    if not plans:
        raise InputError("no protocol to forecast; give at least one, such as 'no treatment'")
    men, states, past = fit.men, present_states(fit), past_doses(fit)
    step = 1.0 if length <= LONG_DAYS else 7.0
    ensembles = {}
    for done, (name, plan) in enumerate(plans.items(), 1):
        ensembles[name] = under(fit, plan, men, states, past, length, step, workers=workers)
        if callback:
            callback(done, len(plans))
    return Forecast(fit, ensembles, plans)


def under(  # noqa: PLR0913
    fit: Fit,
    plan: Protocol,
    men: Sequence[Any],
    states: Array,
    past: Sequence[DoseSeries],
    length: float,
    step: float,
    *,
    variables: Sequence[str] | None = None,
    workers: int | None = None,
) -> Ensemble:
    """Possible men under one protocol from day 0 on, from their states and what is left of past doses."""
    whole = replace(evenly(plan), series=(*past, *evenly(plan).series))
    names = list(fit.unknowns.model.measurements) if variables is None else list(variables)
    return simulate_many(
        men, whole, days=length, t_eval=np.unique(np.append(np.arange(0.0, length, step), length)).tolist(),
        variables=names, ageing=True, states=states, workers=workers, rtol=RELATIVE_TOLERANCE, own_models=True,
        seed=fit.seed if plan.adherence < 1 else None,
    )  # fmt: skip


def past_doses(fit: Fit) -> list[DoseSeries]:
    """Doses of the last stretch until the last record, at times before day 0."""
    stretch, now = fit.course.stretches[-1], fit.course.now
    series = []
    for one in evenly(stretch.protocol).series:
        count = floor((now - one.start_day) / one.interval_days + 1e-9) + 1
        doses = count if one.doses is None else min(one.doses, count)
        if doses >= 1:
            series.append(replace(one, start_day=one.start_day - now, doses=doses))
    return series


def as_recorded(fit: Fit) -> Protocol:
    """The doses of the data that come after the last record."""
    stretch, now = fit.course.stretches[-1], fit.course.now
    series = []
    for one in stretch.protocol.series:
        gone = max(floor((now - one.start_day) / one.interval_days + 1e-9) + 1, 0)
        left = None if one.doses is None else one.doses - gone
        if left is None or left >= 1:
            series.append(replace(one, start_day=one.start_day - now + gone * one.interval_days, doses=left))
    return Protocol(tuple(series))


def present_states(fit: Fit) -> Array:
    """States of the possible men (men, states) at the last record."""
    stretch, now = fit.course.stretches[-1], fit.course.now
    earliest = min([0.0, *(one.start_day for one in stretch.protocol.series)])
    if now - earliest < 1e-6 or not stretch.protocol.series:
        return np.array([man.state for man in fit.men])
    length, past = max(now, 1e-3), [replace(one, start_day=one.start_day + now) for one in past_doses(fit)]
    result = simulate_many(
        fit.men, Protocol(tuple(past)), days=length, t_eval=[length], variables=["testosterone"], ageing=True,
        rtol=RELATIVE_TOLERANCE, own_models=True,
    )  # fmt: skip
    return result.final
