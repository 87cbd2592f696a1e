"""The formulation of a drug that has a dose at an interval, and texts of those that there are."""

from __future__ import annotations

from .drug import Drug, Formulation


def fitting(drug: Drug, route: str, dose: float, interval_days: float | None, name: str | None) -> str | None:
    """The name of the first formulation of a route that has a dose at an interval; None where none has it.

    Parameters
    ----------
    drug : Drug
    route : str
        One of the drug's routes.
    dose : float
        In the drug's unit.
    interval_days : float, optional
        Days between repeated doses; None for a single dose, which needs only the strength.
    name : str, optional
        The formulation where it is known.
    """
    there = (item for item in drug.formulations_of(route) if name in (None, item.name))
    return next((item.name for item in there if item.has(dose, interval_days)), None)


def refusal(drug: Drug, route: str, dose: float, interval_days: float | None, name: str | None) -> str:
    """What is wrong where `fitting` finds no formulation, with a list of those that there are."""
    if not drug.formulations_of(route):
        return f"{drug.name} {route} has no formulation {name!r}, and takes any dose"
    given = f"{dose:g} {drug.dose_unit}" + ("" if interval_days is None else f" {_every(interval_days)}")
    return f"{drug.name} {route}: no {name or 'formulation'} with {given}; there are {listed(drug, route)}"


def listed(drug: Drug, route: str) -> str:
    """The formulations of a route: '3.75 or 7.5 mg every 28-31 days (1-month depot), ...'."""
    return ", ".join(f"{doses(item, drug.dose_unit)} ({item.name})" for item in drug.formulations_of(route))


def doses(formulation: Formulation, unit: str) -> str:
    """The strengths and the interval of a formulation: '3.75 or 7.5 mg every 28-31 days'."""
    strengths = [f"{strength:g}" for strength in formulation.strengths]
    amount = " or ".join([", ".join(strengths[:-1]), strengths[-1]] if strengths[1:] else strengths)
    shortest, longest = formulation.interval_days
    if shortest == longest:
        interval = _every(longest)
    else:
        interval = f"at most {longest:g} days apart" if shortest < 1 else f"every {shortest:g}-{longest:g} days"
    return f"{amount} {unit} {interval}" if amount else f"any dose {interval}"


def _every(days: float) -> str:
    return "daily" if days == 1 else f"every {days:g} days"
