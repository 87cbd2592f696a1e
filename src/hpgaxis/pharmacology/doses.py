"""Series of doses at regular intervals, which every form of a protocol consists of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..errors import InputError
from ..files import shown
from ..units import UnitError, days_in_months, factor, is_quantity, normalised, number, split_quantity
from .dose_units import dose_unit
from .drug import ROUNDING, Drug, DrugError, Route
from .formulations import fitting, refusal
from .library import DrugLibrary, resolve
from .words import MONTHS

EARLIEST_DAY, LATEST_DAY = -40 * 365.25, 36525.0
"""Days between which doses begin: the longest history before the simulation, and the longest simulation."""
SHORTEST_INTERVAL_DAYS = 1 / 1440
MOST_DOSES = 1_000_000
"""Doses of one series that are given one by one."""
USUAL_WEIGHT_KG = 75.0


Part = TypeVar("Part")


class ProtocolError(InputError):
    """A protocol that cannot be read or given; the message has the place, and the expected input."""


class StrengthError(ProtocolError):
    """A dose or an interval that no formulation of the drug's route has; the message lists the formulations."""


def days(value: object) -> float:
    """A time in days, from a number of days or a pint.Quantity.

    Raises
    ------
    InputError
        For what is no finite number, or no time.
    """
    if is_quantity(value):
        amount, unit = split_quantity(value)
        months = amount * MONTHS.get(normalised(unit), 0)
        if months:
            return math.copysign(days_in_months(abs(months)), months)
        whole = factor(unit, "day")
        return amount * whole if whole >= 1 else amount / factor("day", unit)  # 90 min are exactly 0.0625 days
    return number(value)


def tuple_of(kind: type[Part], parts: object, where: str) -> tuple[Part, ...]:
    """The parts of a list or tuple as a tuple. Raises ProtocolError where they are of another kind."""
    if not isinstance(parts, list | tuple) or not all(isinstance(part, kind) for part in parts):
        raise ProtocolError(f"{where}: {shown(parts)}; expected a tuple of {kind.__name__}")
    return tuple(parts)


@dataclass(frozen=True)
class DoseSeries:
    """The same dose at regular intervals.

    Parameters
    ----------
    drug : str
        A drug's name or alias.
    amount : float, str or pint.Quantity
        The dose; text (`25 mg`) and a quantity hold their unit.
    unit : str
        Unit of `amount`, of the drug's kind or per kg of body weight.
    route : str, optional
        The drug's default route if it is left out.
    start_day, interval_days : float or pint.Quantity
        Day of the first dose, and days between doses (from a minute).
    doses : int, optional
        Number of doses; None means until the end of the simulation.
    over_days : float or pint.Quantity, optional
        Days over which each dose is infused; None means at once.
    user_drug : Drug, optional
        The drug's data; those of the shipped library if it is left out.
    formulation : str, optional
        Name of one of the drug's formulations for this route; the first that has the dose and the interval if it is
        left out. A single dose needs only the strength.

    Raises
    ------
    DrugError, ProtocolError
        Where the drug, its route or its unit does not exist, the dose or a time is out of range, or no formulation of
        the route has the dose at the interval.

    Examples
    --------
    >>> DoseSeries("hCG", 1500, "IU", interval_days=3.5, doses=24).times(until_day=10.0)
    [0.0, 3.5, 7.0]
    >>> DoseSeries("leuprolide", 22.5, "mg", interval_days=84).formulation
    '3-month depot'
    """

    drug: str
    amount: float
    unit: str = ""
    route: str | None = None
    start_day: float = 0.0
    interval_days: float = 1.0
    doses: int | None = None
    over_days: float | None = None
    user_drug: Drug | None = field(default=None, repr=False, hash=False)
    formulation: str | None = None

    def __post_init__(self) -> None:
        for name in ("drug", "unit", *(("route",) if self.route is not None else ())):
            if not isinstance(getattr(self, name), str):
                raise ProtocolError(f"{name}: {shown(getattr(self, name))}; expected text")
        drug, user_drug = resolve(self.drug, self.user_drug)
        self._set("drug", drug.name)
        self._set("user_drug", user_drug)
        self._set("route", drug.route_name(self.route))
        self._set_dose()
        self._set("start_day", self._number("start_day", "the first dose's day"))
        self._set("interval_days", self._number("interval_days", "the interval in days"))
        if self.over_days is not None:
            self._set("over_days", self._number("over_days", "the infusion's length in days"))
        if self.doses is not None:
            self._set("doses", self._count())
        self._check_times()
        if not self.amount > 0:
            raise ProtocolError(f"{drug.name}: the dose is {self.amount:g} {self.unit}; it must be above 0")
        amount = self.amount_in(drug.dose_unit, USUAL_WEIGHT_KG)
        if amount > drug.largest_dose * (1 + ROUNDING):
            raise ProtocolError(
                f"{drug.name}: {amount:g} {drug.dose_unit} at once is above the largest dose "
                f"({drug.largest_dose:g} {drug.dose_unit}); is the unit right?"
            )
        check_amounts([self])
        if self.formulation is not None and not isinstance(self.formulation, str):
            raise ProtocolError(f"{drug.name}: formulation: {shown(self.formulation)}; expected its name")
        self._set("formulation", self._chosen(self.formulation))

    def _set_dose(self) -> None:
        if not self.unit and (is_quantity(self.amount) or isinstance(self.amount, str)):
            try:
                amount, unit = split_quantity(self.amount)
            except InputError as error:
                raise ProtocolError(f"{self.drug}: the dose: {error}") from None
            self._set("amount", amount)
            self._set("unit", unit)
        self._set("amount", self._number("amount", "the dose"))
        try:
            self._set("unit", dose_unit(self.unit))
        except UnitError as error:
            raise self._wrong_unit(error) from None

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _number(self, name: str, meaning: str) -> float:
        value: Any = getattr(self, name)
        try:
            return days(value) if name.endswith(("day", "days")) else number(value)
        except InputError as error:
            raise ProtocolError(f"{self.drug}: {meaning} ({name}) is {shown(value)}; {error}") from None

    def _count(self) -> int:
        count = self._number("doses", "the number of doses")
        if count != int(count) or count < 1:
            raise ProtocolError(f"{self.drug}: {count:g} doses; give a whole number of at least 1")
        if count > MOST_DOSES:
            raise ProtocolError(f"{self.drug}: {count:g} doses; give at most {MOST_DOSES:,}")
        return int(count)

    def _check_times(self) -> None:
        if not EARLIEST_DAY <= self.start_day <= LATEST_DAY:
            raise ProtocolError(
                f"{self.drug}: it begins on day {self.start_day:g}; "
                f"expected {EARLIEST_DAY:g} (40 years before) to {LATEST_DAY:g} (100 years after)"
            )
        if not self.interval_days > 0:
            raise ProtocolError(f"{self.drug}: the interval is {self.interval_days:g} days; it must be above 0")
        shortest = SHORTEST_INTERVAL_DAYS * (1 - ROUNDING)
        if not shortest <= self.interval_days <= LATEST_DAY:
            raise ProtocolError(
                f"{self.drug}: the interval is {self.interval_days:g} days; expected a minute (0.000694) to 100 years"
            )
        if self.doses == 1:
            self._set("interval_days", 1.0)  # it has no meaning then
        if self.over_days is not None and not shortest <= self.over_days <= LATEST_DAY:
            raise ProtocolError(
                f"{self.drug}: given over {self.over_days:g} days; it must be above 0, a minute (0.000694) to 100 years"
            )

    @property
    def definition(self) -> Drug:
        """The drug's data."""
        return DrugLibrary.shipped()[self.drug] if self.user_drug is None else self.user_drug

    @property
    def absorption(self) -> Route:
        """The absorption of the doses, by their route and formulation."""
        return self.definition.absorption(self.route or "", self.formulation)

    @property
    def slowest_days(self) -> float:
        """The longest half-life or release (days) of the drug as it is given; 0 where it has none."""
        analytes = self.definition.analytes.values()
        values = [value for analyte in analytes for value in (analyte.half_life, analyte.formation_half_life)]
        for pathway in self.absorption.pathways:
            values += [*pathway.half_lives, pathway.duration]
        return max((value.value * factor(value.unit, "day") for value in values if value is not None), default=0.0)

    @property
    def other_formulation(self) -> str | None:
        """The formulation where it is not the one that the dose and the interval choose, so that it has to be named."""
        return None if self.formulation == self._chosen(None) else self.formulation

    def _chosen(self, formulation: str | None) -> str | None:
        """The formulation of this name, or the first that has the dose at the interval; None for a route without."""
        amount = self.amount_in(self.definition.dose_unit, USUAL_WEIGHT_KG)
        interval = None if self.doses == 1 else self.interval_days
        asked = (self.definition, self.route or "", amount, interval, formulation)
        found = fitting(*asked)
        if found is None and (formulation is not None or self.definition.formulations_of(self.route or "")):
            raise StrengthError(refusal(*asked))
        return found

    def with_amount(self, amount: float) -> DoseSeries:
        """The series with another dose, in the same formulation where that has the strength."""
        try:
            return replace(self, amount=amount)
        except StrengthError:
            return replace(self, amount=amount, formulation=None)

    def amount_in(self, unit: str, weight_kg: float) -> float:
        """The dose in `unit`, with doses per kilogram multiplied by the weight. Raises DrugError on a wrong unit."""
        per_kg = self.unit.endswith("/kg")
        try:
            return self.amount * factor(self.unit.removesuffix("/kg"), unit) * (weight_kg if per_kg else 1.0)
        except UnitError as error:
            raise self._wrong_unit(error) from None

    def _wrong_unit(self, error: UnitError) -> DrugError:
        return DrugError(f"{self.drug}: dose {self.amount:g} {self.unit}: {error}; use {self.definition.dose_unit}")

    def times(self, until_day: float) -> list[float]:
        """Days of the doses before `until_day`. Raises ProtocolError where there are too many to give one by one."""
        count = max(0.0, (until_day - self.start_day) / self.interval_days + 1)
        if self.doses is not None:
            count = min(count, self.doses)
        if count > MOST_DOSES + 1:
            raise ProtocolError(
                f"{self.drug}: every {self.interval_days:g} days up to day {until_day:g} makes more than "
                f"{MOST_DOSES:,} doses; give it less often, or as an infusion ('over')"
            )
        given = (self.start_day + index * self.interval_days for index in range(math.ceil(count)))
        return [day for day in given if day < until_day]


def by_drug(series: Iterable[DoseSeries]) -> dict[str, list[DoseSeries]]:
    """The series of each drug. Raises ProtocolError where the series of one name have different data."""
    groups: dict[str, list[DoseSeries]] = {}
    for item in series:
        groups.setdefault(item.drug, []).append(item)
        if item.user_drug != groups[item.drug][0].user_drug:
            raise ProtocolError(f"{item.drug}: two drugs have this name in one protocol; rename one of them")
    return groups


def check_amounts(series: Iterable[DoseSeries]) -> None:
    """Refuse implausible amounts of a drug, summed over all of its series.

    The limit over any time is the drug's largest dose plus its largest daily dose times the days. The first limits a
    single dose, the second a course.

    Raises
    ------
    ProtocolError
        With the drug and both limits.
    """
    for items in by_drug(series).values():
        _check_amounts_of(items[0].definition, items)


def _check_amounts_of(drug: Drug, items: list[DoseSeries]) -> None:
    largest, daily, unit = drug.largest_dose, drug.daily_limit, drug.dose_unit
    changes = []  # day, amount at once, change of the amount per day
    for item in items:
        amount = item.amount_in(unit, USUAL_WEIGHT_KG)
        rate = 0.0 if item.doses == 1 else amount / item.interval_days
        changes.append((item.start_day, amount, rate))
        if item.doses is not None and item.doses > 1:
            changes.append((item.start_day + (item.doses - 1) * item.interval_days, 0.0, -rate))
    changes.sort()
    above, rate, day = 0.0, 0.0, changes[0][0]
    limits = f"{largest:g} {unit} at once and {daily:g} {unit} a day" if daily else f"{largest:g} {unit} in all"
    hint = "are the unit and the interval right?"
    for when, at_once, change in changes:
        above = max(0.0, above + (rate - daily) * (when - day)) + at_once
        if above > largest * (1 + ROUNDING):
            raise ProtocolError(f"{drug.name}: the doses up to day {when:g} are above the largest, {limits}; {hint}")
        rate, day = rate + change, when
    if rate > (daily or 0.0) * (1 + ROUNDING) + ROUNDING * largest:
        raise ProtocolError(f"{drug.name}: {rate:g} {unit} a day without end is above the largest, {limits}; {hint}")
