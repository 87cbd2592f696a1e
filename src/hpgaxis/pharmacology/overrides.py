"""Values in place of the shipped ones: the typical man's parameters, drugs' constants, traits that change.

A sample of the posterior holds parameters and constants together; `split` separates them.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from math import exp

from ..errors import InputError
from ..files import shown
from ..physiology.parameters import catalogue
from ..physiology.states import CONDITIONS, TRAITS
from ..units import finite
from .drug import constant_key
from .library import DrugLibrary

SHARES = ("duct_obstruction",)
"""Conditions that are shares, 1 at most."""
LARGEST_CONDITION = 100.0
LARGEST_TRAIT = {"prolactin_secretion": 10_000.0}
"""Adenomas secrete thousands of times the normal amount."""


class OverrideError(InputError):
    """An override of a value that does not exist, is not used there, or is impossible."""


def drug_constants(drugs: DrugLibrary | None = None) -> frozenset[str]:
    """Names of the constants of a library's drugs (the shipped library if it is left out): drug.mechanism.analyte."""
    library = DrugLibrary.shipped() if drugs is None else drugs
    return frozenset(
        constant_key(drug, effect) for drug in library.values() for effect in drug.effects if effect.constant
    )


def split(
    changed: Mapping[str, float] | None,
    where: str,
    drugs: DrugLibrary | None = None,
    added: Collection[str] = (),
) -> tuple[dict[str, float], dict[str, float]]:
    """The typical man's parameters and the drugs' constants in a set that holds both.

    Parameters
    ----------
    changed : name -> value; None for nothing.
    where : the argument's name for messages, such as "parameters=".
    drugs : library of the drugs; the shipped one if it is left out.
    added : names of the parameters of a user's organ.

    Raises
    ------
    OverrideError
        For a name that is neither, with near names, or a value that is no finite number, or below 0.
    """
    numbers, constants, known_constants = dict[str, float](), dict[str, float](), drug_constants(drugs)
    for name, value in _checked(changed, where).items():
        if name in TRAITS or name in CONDITIONS:
            raise OverrideError(f"{where}: {name} is a trait of one man; give it in Patient(traits={{{name!r}: ...}})")
        if name in catalogue() or name in added:
            if value < 0 and name not in added:
                raise OverrideError(f"{where}: {name} = {shown(value)}: expected a number from 0")
            numbers[name] = value
        elif name in known_constants:
            if value <= 0:
                raise OverrideError(f"{where}: {name} = {shown(value)}: expected a number above 0")
            constants[name] = value
        else:
            known = [*(n for n in catalogue() if n not in TRAITS and n not in CONDITIONS), *known_constants]
            hint = _near(name, known) or "`hpg describe` lists them"
            raise OverrideError(f"{where}: no parameter or drug constant {name!r}; {hint}")
    return numbers, constants


def traits_only(changed: Mapping[str, float] | None, where: str) -> dict[str, float]:
    """Traits and conditions. Raises OverrideError for any other name, or an impossible value."""
    traits = _checked(changed, where)
    for name, value in traits.items():
        fault = trait_fault(name, value)
        if fault:
            raise OverrideError(f"{where}: {fault}")
    return traits


def trait_fault(name: str, value: float) -> str:
    """The fault of a man's trait or condition; "" for none."""
    if name not in TRAITS and name not in CONDITIONS:
        known = [*TRAITS, *CONDITIONS]
        hint = _near(str(name), known) or f"there are {', '.join(known)}"
        return f"unknown trait {shown(name)}; {hint}"
    if not finite(value):
        return f"trait {name} = {shown(value)}: expected a number"
    if name in TRAITS:
        most = largest_trait(name)
        if not 0 < value <= most:
            return f"trait {name} = {shown(value)}: a multiplier on the typical man, above 0 and at most {most:.3g}"
    elif not 0 <= value <= (1 if name in SHARES else LARGEST_CONDITION):
        most = "a share from 0 to 1" if name in SHARES else f"from 0 to {LARGEST_CONDITION:g}"
        return f"condition {name} = {shown(value)}: {most}"
    return ""


def largest_trait(name: str) -> float:
    """The largest accepted multiplier: ten, or six standard deviations between men if that is more."""
    return max(10.0, LARGEST_TRAIT.get(name, 0.0), exp(6 * catalogue()[name].spread))


def _checked(changed: Mapping[str, float] | None, where: str) -> dict[str, float]:
    if changed is None:
        return {}
    if not isinstance(changed, Mapping):
        raise OverrideError(f"{where}: {shown(changed)} is no mapping of names to numbers")
    for name, value in changed.items():
        if not isinstance(name, str):
            raise OverrideError(f"{where}: {shown(name)} is no name")
        if not finite(value):
            raise OverrideError(f"{where}: {shown(name)} = {shown(value)}: expected a finite number")
    return dict(changed)


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), sorted(known), n=3, cutoff=0.6)
    return f"did you mean {', '.join(near)}?" if near else ""
