"""How traits are distributed between men: medians, spreads and correlations of their logarithms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..physiology.parameters import catalogue
from ..physiology.states import TRAITS

Array = NDArray[np.float64]
Pairs = Mapping[tuple[str, str], float]


def data_file(name: str) -> Any:
    """What a YAML file of this folder holds."""
    import yaml

    return yaml.safe_load(resources.files("hpgaxis.people").joinpath(name).read_text(encoding="utf-8"))


@cache
def trait_distributions() -> dict[str, dict[str, list[float]]]:
    """Group or diagnosis -> trait -> median (relative to the diagnosis's own) and standard deviation of the logarithm.

    Only where they are not those of parameters.toml.
    """
    return data_file("trait_distributions.yaml")


def distribution(diagnosis: str, group: Mapping[str, Sequence[float]] | None = None) -> dict[str, Sequence[float]]:
    """Trait -> median (relative to the diagnosis's own) and standard deviation of the logarithm, of men of a diagnosis.

    group: the same where a group of men has its own.
    """
    usual = {name: (1.0, catalogue()[name].spread) for name in TRAITS}
    return {**usual, **trait_distributions().get(diagnosis, {}), **(group or {})}


@cache
def trait_correlations() -> dict[tuple[str, str], float]:
    """Correlations of the logarithms of two traits between men; all other pairs have none."""
    return {tuple(entry["between"]): float(entry["value"]) for entry in data_file("trait_correlations.yaml") or ()}


def correlation_matrix(names: Sequence[str], pairs: Pairs | None = None) -> Array:
    """Correlations of the logarithms of these traits (traits, traits).

    Parameters
    ----------
    names : traits, in the order of rows and columns.
    pairs : two traits -> correlation; default `trait_correlations()`; a pair with an unnamed trait is left out.

    Raises
    ------
    InputError
        An unknown trait, or correlations that no men can have together.

    Examples
    --------
    >>> correlation_matrix(["motility", "aromatase"], {("motility", "aromatase"): 0.5}).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    places, matrix = {name: place for place, name in enumerate(names)}, np.eye(len(names))
    for (one, other), value in (trait_correlations() if pairs is None else pairs).items():
        unknown = [name for name in (one, other) if name not in TRAITS]
        if unknown:
            raise InputError(f"correlations: no trait {', '.join(unknown)}; there are {', '.join(TRAITS)}")
        if one == other or not -1 < value < 1:
            raise InputError(
                f"correlations: {one} and {other} = {value}: expected two traits, and a number between -1 and 1"
            )
        if one in places and other in places:
            matrix[places[one], places[other]] = matrix[places[other], places[one]] = value
    if places and np.linalg.eigvalsh(matrix).min() <= 0:
        raise InputError("correlations of traits: no men can have all of them together; lower some")
    return matrix
