"""Rules: what changes in a protocol at a visit, when a laboratory value asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, inf

from ..people.labs import LABS, canonical
from ..units import UnitError, convert
from . import drug as drugs
from .doses import DoseSeries, ProtocolError

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}
CHANGES = ("raise to", "lower to", "raise by", "lower by", "double", "halve")
DEFAULT_EVERY_DAYS = 28.0
CLOSE = 1e-6


@dataclass(frozen=True)
class Rule:
    """At visits: if `measure` compares so with `value` (in `unit`), do `action`.

    visits: days of the visits; without them every `every_days` from `from_day` to `until_day`.
    action: "raise to", "lower to", "raise by", "lower by", "double", "halve" (of `drug`, by or to `amount` in
    `amount_unit`), "stop" (drug, "" for everything), "add" (`series`, their days counted from the visit) or "switch"
    (stop `drug`, "" for everything, and add `series`). Raises ProtocolError for what does not exist or fit.
    """

    measure: str
    comparison: str
    value: float
    unit: str
    action: str
    drug: str = ""
    amount: float | None = None
    amount_unit: str = ""
    series: tuple[DoseSeries, ...] = ()
    visits: tuple[float, ...] = ()
    every_days: float = DEFAULT_EVERY_DAYS
    from_day: float = DEFAULT_EVERY_DAYS
    until_day: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "measure", canonical(self.measure))
        shown = LABS[self.measure].shown
        unit = self.unit or shown
        try:
            limit = self.value if unit == shown else convert(self.value, unit, shown, self.measure)
        except UnitError as error:
            raise ProtocolError(f"rule on {self.measure}: {error}") from None
        lab = LABS[self.measure]
        if not lab.lowest <= limit <= lab.highest:
            raise ProtocolError(
                f"rule on {self.measure}: {self.value:g} {unit} can never be reached "
                f"({lab.lowest:g} to {lab.highest:g} {shown}); is the unit right?"
            )
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "visits", tuple(float(day) for day in self.visits))
        if self.comparison not in COMPARISONS:
            raise ProtocolError(f"rule on {self.measure}: {self.comparison!r} is none of {', '.join(COMPARISONS)}")
        if self.action not in (*CHANGES, "stop", "add", "switch"):
            raise ProtocolError(f"rule on {self.measure}: cannot {self.action!r}")
        if self.drug:
            object.__setattr__(self, "drug", drugs.find(self.drug).name)
        if self.action in CHANGES:
            if not self.drug:
                raise ProtocolError(f"rule on {self.measure}: {self.action} what? name the drug")
            if self.action[-2:] in ("to", "by"):
                if self.amount is None or not self.amount > 0:
                    raise ProtocolError(f"rule on {self.measure}: {self.action} needs a dose above 0")
                DoseSeries(self.drug, self.amount, self.amount_unit)
        if self.action in ("add", "switch") and not self.series:
            raise ProtocolError(f"rule on {self.measure}: {self.action} what? name a drug and its dose")
        if any(day < 0 for day in self.visits) or not self.every_days > 0 or self.from_day < 0:
            raise ProtocolError(f"rule on {self.measure}: visits are on days from 0, at intervals above 0")

    @property
    def limit(self) -> float:
        """The threshold in the unit shown."""
        shown = LABS[self.measure].shown
        return self.value if self.unit == shown else convert(self.value, self.unit, shown, self.measure)

    def visit_days(self, length: float) -> tuple[float, ...]:
        """Days of its visits before `length` (days)."""
        if self.visits:
            return tuple(day for day in self.visits if day < length)
        last = inf if self.until_day is None else self.until_day + CLOSE
        days = []
        while (day := self.from_day + len(days) * self.every_days) < length and day <= last:
            days.append(day)
        return tuple(days)

    def holds(self, value: float) -> bool:
        """Whether a value (unit shown) meets the condition."""
        return COMPARISONS[self.comparison](value, self.limit)

    def apply(self, series: tuple[DoseSeries, ...], day: float) -> tuple[tuple[DoseSeries, ...], str]:
        """The series after this rule has acted on `day`, and what was done in words ("" for nothing)."""
        if self.action == "stop":
            return self._stop(series, day)
        if self.action == "add":
            return self._add(series, day)
        if self.action == "switch":
            left, stopped = self._stop(series, day)
            added, said = self._add(left, day)
            return (added, f"{stopped}, {said}" if stopped else said) if said else (series, "")
        return self._change(series, day)

    def _stop(self, series: tuple[DoseSeries, ...], day: float) -> tuple[tuple[DoseSeries, ...], str]:
        kept, stopped = [], []
        for item in series:
            before, after = split(item, day)
            if self.drug in ("", item.drug) and after is not None:
                stopped.append(item.drug)
                kept += [before] if before is not None else []
            else:
                kept.append(item)
        return tuple(kept), f"stop {', '.join(dict.fromkeys(stopped))}" if stopped else ""

    def _add(self, series: tuple[DoseSeries, ...], day: float) -> tuple[tuple[DoseSeries, ...], str]:
        running = {item.drug for item in series if split(item, day)[1] is not None}
        new = tuple(replace(item, start_day=item.start_day + day) for item in self.series if item.drug not in running)
        words = ", ".join(f"{item.drug} {item.amount:g} {item.unit}" for item in new)
        return (*series, *new), f"add {words}" if new else ""

    def _change(self, series: tuple[DoseSeries, ...], day: float) -> tuple[tuple[DoseSeries, ...], str]:
        result, said = [], ""
        for item in series:
            before, after = split(item, day)
            if item.drug != self.drug or after is None:
                result.append(item)
                continue
            amount = self._new_amount(item)
            limit = item.definition.largest_dose / max(
                item.amount_in(item.definition.dose_unit, 75.0) / item.amount, 1e-300
            )
            if amount <= 0 or amount > limit or amount == item.amount:
                result.append(item)
                continue
            result += [before] if before is not None else []
            result.append(replace(after, amount=amount))
            said = f"{item.drug} {item.amount:g} -> {amount:g} {item.unit}"
        return tuple(result), said

    def _new_amount(self, item: DoseSeries) -> float:
        if self.action == "double":
            return 2 * item.amount
        if self.action == "halve":
            return item.amount / 2
        assert self.amount is not None
        given = (
            self.amount * convert(1.0, self.amount_unit, item.unit) if self.amount_unit != item.unit else self.amount
        )
        if self.action == "raise by":
            return item.amount + given
        if self.action == "lower by":
            return item.amount - given
        return max(item.amount, given) if self.action == "raise to" else min(item.amount, given)


def split(series: DoseSeries, day: float) -> tuple[DoseSeries | None, DoseSeries | None]:
    """The doses of a series before `day` and from then on; None where there are none."""
    past = max(0, ceil((day - series.start_day) / series.interval_days - CLOSE))
    if past == 0:
        return None, series
    if series.doses is not None and past >= series.doses:
        return series, None
    left = None if series.doses is None else series.doses - past
    start = series.start_day + past * series.interval_days
    return replace(series, doses=past), replace(series, start_day=start, doses=left)
