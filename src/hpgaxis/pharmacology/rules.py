"""Rules: changes of a protocol at visits, by laboratory values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil, inf

from ..errors import InputError
from ..files import shown
from ..measurements.labs import LabError, canonical
from ..measurements.registry import LABS
from ..units import UnitError, convert, normalised, number
from .doses import LATEST_DAY, USUAL_WEIGHT_KG, DoseSeries, ProtocolError, StrengthError, check_amounts, days, tuple_of
from .drug import Drug, DrugError
from .formulations import refusal
from .library import resolve

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}
CHANGES = ("raise to", "lower to", "raise by", "lower by", "double", "halve")
DEFAULT_EVERY_DAYS = 28.0
SHORTEST_VISIT_INTERVAL_DAYS = 1 / 24
CLOSE = 1e-6


@dataclass(frozen=True)
class Rule:
    """A change of treatment at visits, on a condition of a laboratory value.

    Parameters
    ----------
    measure, comparison, value, unit : str, str, float, str
        The condition: `testosterone`, `<`, 300, `ng/dL`; the measurement's usual unit for "".
    action : str
        "raise to", "lower to", "raise by", "lower by", "double" or "halve" (`drug`, to or by `amount`), "stop"
        (`drug`), "add" (`series`) or "switch" (stop `drug`, and add `series`).
    drug : str, optional
        The drug that changes; "" for all drugs with "stop" and "switch".
    amount, amount_unit : float, str, optional
        The dose of "raise" and "lower"; a pint.Quantity holds its unit.
    series : tuple of DoseSeries, optional
        The series of "add" and "switch"; their days count from the visit.
    visits : tuple of float, optional
        Days of the visits; without them, every `every_days` from `from_day` to `until_day`.
    user_drug : Drug, optional
        Data of `drug`; those of the shipped library if it is left out.

    Raises
    ------
    ProtocolError
        Where a measurement, drug, unit or action does not exist, or a value is out of range.

    Examples
    --------
    >>> rule = Rule("testosterone", "<", 500, "ng/dL", "double", drug="clomiphene", visits=(28, 84))
    >>> rule.holds(420.0), rule.visit_days(60.0)
    (True, (28.0,))
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
    user_drug: Drug | None = field(default=None, repr=False, hash=False)

    def __post_init__(self) -> None:
        try:
            self._set("measure", canonical(self.measure))
        except LabError as error:
            raise ProtocolError(f"rule: {error}") from None
        try:
            self._check_condition()
            self._check_action()
            self._check_visits()
        except (DrugError, ProtocolError, UnitError) as error:
            raise ProtocolError(f"rule on {self.measure}: {error}") from None

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_condition(self) -> None:
        lab = LABS[self.measure]
        self._set("value", _finite(self.value, "the value"))
        if not isinstance(self.unit, str):
            raise ProtocolError(f"the unit is {shown(self.unit)}; expected text, like {lab.display_unit!r}")
        self._set("unit", normalised(self.unit) if self.unit.strip() else lab.display_unit)
        if not lab.possible[0] <= self.limit <= lab.possible[1]:
            raise ProtocolError(
                f"{self.value:g} {self.unit} can never be reached ({lab.possible_text}); is the unit right?"
            )
        if self.comparison not in COMPARISONS:
            raise ProtocolError(f"{shown(self.comparison)} is none of {', '.join(COMPARISONS)}")

    def _check_action(self) -> None:
        """Check the action, and clear the fields that it does not use."""
        if self.action not in (*CHANGES, "stop", "add", "switch"):
            raise ProtocolError(f"cannot {shown(self.action)}")
        if self.action == "add":
            self._set("drug", "")
        if self.drug:
            if not isinstance(self.drug, str):
                raise ProtocolError(f"the drug is {shown(self.drug)}; expected its name")
            drug, user_drug = resolve(self.drug, self.user_drug)
            self._set("drug", drug.name)
            self._set("user_drug", user_drug)
        else:
            self._set("user_drug", None)
        if self.action in CHANGES and not self.drug:
            raise ProtocolError(f"{self.action} what? name the drug")
        if self.action[-2:] in ("to", "by"):
            if self.amount is None:
                raise ProtocolError(f"{self.action} needs a dose")
            self._set_dose()
        else:
            self._set("amount", None)
            self._set("amount_unit", "")
        if self.action in ("add", "switch"):
            if not self.series:
                raise ProtocolError(f"{self.action} what? name a drug and its dose")
            self._set("series", tuple_of(DoseSeries, self.series, "series"))
            if any(item.start_day < 0 for item in self.series):
                raise ProtocolError(f"{self.action}: its days are counted from the visit, from 0")
            check_amounts(self.series)
        else:
            self._set("series", ())

    def _set_dose(self) -> None:
        """Read the dose of "raise" and "lower"; what is added need not be a strength of a formulation."""
        drug = resolve(self.drug, self.user_drug)[0]
        any_strength = drug.model_copy(update={"formulations": ()})
        dose = DoseSeries(drug.name, self.amount or 0.0, self.amount_unit, doses=1, user_drug=any_strength)
        self._set("amount", dose.amount)
        self._set("amount_unit", dose.unit)
        given = dose.amount_in(drug.dose_unit, USUAL_WEIGHT_KG)
        strengths = all(drug.formulations_of(route) for route in drug.routes)
        if self.action.endswith("to") and strengths and not any(item.has(given, None) for item in drug.formulations):
            raise StrengthError(refusal(drug, drug.default_route, given, None, None))

    def _check_visits(self) -> None:
        if not isinstance(self.visits, list | tuple):
            raise ProtocolError(f"visits: {shown(self.visits)}; expected a tuple of days")
        visits = tuple(_finite(day, "a visit's day", days) for day in self.visits)
        self._set("visits", visits)
        if len(set(visits)) < len(visits):
            raise ProtocolError(f"visits on {', '.join(f'{day:g}' for day in visits)}: give each day once")
        if visits:
            self._set("every_days", DEFAULT_EVERY_DAYS)
            self._set("from_day", DEFAULT_EVERY_DAYS)
            self._set("until_day", None)
        for name in ("every_days", "from_day", *(("until_day",) if self.until_day is not None else ())):
            self._set(name, _finite(getattr(self, name), name, days))
        last = LATEST_DAY if self.until_day is None else self.until_day
        if any(not 0 <= day <= LATEST_DAY for day in (*visits, self.from_day)):
            raise ProtocolError(f"visits are on days from 0 to {LATEST_DAY:g}")
        if not SHORTEST_VISIT_INTERVAL_DAYS - CLOSE <= self.every_days <= LATEST_DAY:
            raise ProtocolError(f"visits every {self.every_days:g} days; expected an hour (0.0417) to 100 years")
        if last < self.from_day - CLOSE:
            raise ProtocolError(f"no visit: the first is on day {self.from_day:g}, and the last until day {last:g}")

    @property
    def limit(self) -> float:
        """The threshold in the display unit."""
        usual = LABS[self.measure].display_unit
        return self.value if self.unit == usual else convert(self.value, self.unit, usual, self.measure)

    def visit_days(self, length: float) -> tuple[float, ...]:
        """Days of its visits before `length` (days)."""
        if self.visits:
            return tuple(day for day in self.visits if day < length)
        last = inf if self.until_day is None else self.until_day + CLOSE
        count = max(0, ceil((min(length, last) - self.from_day) / self.every_days) + 1)
        planned = (self.from_day + index * self.every_days for index in range(count))
        return tuple(day for day in planned if day < length and day <= last)

    def holds(self, value: float) -> bool:
        """Whether a value (display unit) meets the condition."""
        return COMPARISONS[self.comparison](value, self.limit)

    def apply(self, series: tuple[DoseSeries, ...], day: float) -> tuple[tuple[DoseSeries, ...], str]:
        """The series after this rule has acted on `day`, and a description of the change ("" for none).

        A change to an impossible dose is not made, and the description says so: 'double refused: ... above the largest
        dose ...'.
        """
        try:
            changed, description = self._acted(series, day)
            check_amounts(changed)
        except (DrugError, ProtocolError) as error:
            return series, f"{self.action.split()[0]} refused: {error}"
        return changed, description

    def _acted(self, series: tuple[DoseSeries, ...], day: float) -> tuple[tuple[DoseSeries, ...], str]:
        if self.action == "stop":
            return self._stop(series, day)
        if self.action == "add":
            return self._add(series, day)
        if self.action == "switch":
            left, stopped = self._stop(series, day)
            given, added = self._add(left, day)
            return (given, f"{stopped}, {added}" if stopped else added) if added else (series, "")
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
        result, changes = [], []
        for item in series:
            before, after = split(item, day)
            amount = self._new_amount(item) if item.drug == self.drug and after is not None else item.amount
            if after is None or amount == item.amount:
                result.append(item)
                continue
            result += [before] if before is not None else []
            result.append(after.with_amount(amount))
            changes.append(f"{item.drug} {item.amount:g} -> {amount:g} {item.unit}")
        return tuple(result), ", ".join(dict.fromkeys(changes))

    def _new_amount(self, item: DoseSeries) -> float:
        if self.action == "double":
            return 2 * item.amount
        if self.action == "halve":
            return item.amount / 2
        assert self.amount is not None
        amount = self.amount
        if self.amount_unit != item.unit:
            try:
                amount = convert(self.amount, self.amount_unit, item.unit)
            except UnitError:
                raise ProtocolError(
                    f"{item.drug} is given in {item.unit}, and the rule is in {self.amount_unit}"
                ) from None
        if self.action == "raise by":
            return item.amount + amount
        if self.action == "lower by":
            return item.amount - amount
        return max(item.amount, amount) if self.action == "raise to" else min(item.amount, amount)


def _finite(value: object, meaning: str, read: Callable[[object], float] = number) -> float:
    """A number or a time (`read`) of a rule. Raises ProtocolError."""
    try:
        return read(value)
    except InputError as error:
        raise ProtocolError(f"{meaning} is {shown(value)}; {error}") from None


def split(series: DoseSeries, day: float) -> tuple[DoseSeries | None, DoseSeries | None]:
    """The doses of a series before `day` and from `day` on; None where there are none."""
    past = max(0, ceil((day - series.start_day) / series.interval_days - CLOSE))
    if past == 0:
        return None, series
    if series.doses is not None and past >= series.doses:
        return series, None
    left = None if series.doses is None else series.doses - past
    start = series.start_day + past * series.interval_days
    return replace(series, doses=past), replace(series, start_day=start, doses=left)
