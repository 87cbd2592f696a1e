"""The same dose at regular intervals: what every form of a protocol is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ..units import UnitError, factor
from . import drug as drugs
from .drug import Drug, DrugError


class ProtocolError(ValueError):
    """A protocol that cannot be understood or given; the message says where and what would be right."""


@dataclass(frozen=True)
class DoseSeries:
    """The same dose at regular intervals.

    amount in `unit` (of the drug's kind, or per kg body weight); start_day and interval_days in days; doses None means
    until the end of the simulation; over_days: each dose is infused over this time, None for at once.
    Raises DrugError or ProtocolError when something does not exist or is impossible.
    """

    drug: str
    amount: float
    unit: str
    route: str | None = None
    start_day: float = 0.0
    interval_days: float = 1.0
    doses: int | None = None
    over_days: float | None = None

    def __post_init__(self) -> None:
        found = drugs.find(self.drug)
        route = drugs.find_route(found, self.route)
        object.__setattr__(self, "drug", found.name)
        object.__setattr__(self, "route", route)
        for name in ("amount", "start_day", "interval_days"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not self.amount > 0:
            raise ProtocolError(f"{found.name}: the dose is {self.amount:g} {self.unit}; it must be above 0")
        amount = self.amount_in(found.dose_unit, weight_kg=75.0)
        if amount > found.largest_dose:
            raise ProtocolError(
                f"{found.name}: {amount:g} {found.dose_unit} at once is beyond anything given "
                f"(above {found.largest_dose:g}); is the unit right?"
            )
        if self.doses is not None and (self.doses != int(self.doses) or self.doses < 1):
            raise ProtocolError(f"{found.name}: {self.doses} doses; give a whole number of at least 1")
        if self.doses != 1 and not self.interval_days > 0:
            raise ProtocolError(f"{found.name}: the interval is {self.interval_days:g} days; it must be above 0")
        if self.doses == 1:
            object.__setattr__(self, "interval_days", 1.0)
        if self.over_days is not None and not self.over_days > 0:
            raise ProtocolError(f"{found.name}: given over {self.over_days:g} days; that must be above 0")

    @property
    def definition(self) -> Drug:
        """The drug's data."""
        return drugs.find(self.drug)

    def amount_in(self, unit: str, weight_kg: float) -> float:
        """The dose in `unit`, with doses per kilogram multiplied by the weight. Raises DrugError on a wrong unit."""
        given, weight = self.unit.strip(), 1.0
        if given.lower().endswith("/kg"):
            given, weight = given[:-3], weight_kg
        try:
            return self.amount * factor(given, unit) * weight
        except UnitError as error:
            raise DrugError(f"{self.drug}: dose {self.amount:g} {self.unit}: {error}; use {unit}") from None

    def times(self, until_day: float) -> list[float]:
        """Days of the doses before `until_day`."""
        count = self.doses
        if count is None:
            count = max(0, int((until_day - self.start_day) / self.interval_days) + 1)
        days = [self.start_day + index * self.interval_days for index in range(count)]
        return [day for day in days if day < until_day]
