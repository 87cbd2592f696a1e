"""Virtual populations compared with published ones by medians and spreads of single samples; fit of the traits.

What was measured stands in `evidence/populations.yaml`; who stands for it in `people/mixtures.yaml`; the distributions
of traits that `fit` finds in `people/trait_distributions.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import log
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.random import stream
from ..errors import InputError
from ..files import write_whole
from ..measurements.registry import LABS
from ..measurements.variation import spread_of_logarithm, varied
from ..people.baseline import untreated_labs
from ..people.match import MatchedMan
from ..people.population import population
from ..people.sampling import background
from ..people.trait_distributions import Pairs, trait_distributions
from ..physiology.parameters import catalogue
from ..units import convert

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
MEN, FITTED_MEN = 4000, 1000
WITHIN_CENTRE, WITHIN_SPREAD = 0.10, 0.20
"""How near a median or mean, and a spread, are meant to come to the published one."""
WITHIN_CORRELATION = 0.1
"""How far off a correlation weighs as much, in a fit, as half of either."""
MOVED = (
    "gnrh_drive", "estrogen_sensitivity", "androgen_sensitivity", "fsh_secretion", "leydig_output", "aromatase",
    "shbg_synthesis", "sertoli_number", "germ_cells", "semen_volume", "motility",
)  # fmt: skip
"""Traits whose distribution is fitted."""
READINGS = 7
"""Stream of how a man's single samples vary."""


@dataclass(frozen=True)
class Published:
    """One measurement of a published population, in the unit shown.

    centre: its median or mean (kind); spread: standard deviation of the logarithm, None where none was found.
    """

    name: str
    kind: str
    centre: float
    spread: float | None
    source: str
    spread_source: str
    verified: bool
    spread_verified: bool
    immunoassay: bool

    def read(self, values: Array) -> Array:
        """The virtual men's samples as this assay reads them."""
        return values + background(self.name, "immunoassay" if self.immunoassay else None)


@dataclass(frozen=True)
class Row:
    """A published measurement beside the virtual men's."""

    published: Published
    centre: float
    spread: float

    @property
    def centre_error(self) -> float:
        """Relative to the published: 0.1 is 10 % more."""
        return self.centre / self.published.centre - 1

    @property
    def spread_error(self) -> float | None:
        """Likewise; None where no spread was published."""
        return None if self.published.spread is None else self.spread / self.published.spread - 1

    @property
    def centre_reached(self) -> bool | None:
        """Whether it is within the goal; None where the published one is unverified and no goal."""
        return abs(self.centre_error) <= WITHIN_CENTRE if self.published.verified else None

    @property
    def spread_reached(self) -> bool | None:
        """Likewise; None as well where no spread was published."""
        error = self.spread_error
        return None if error is None or not self.published.spread_verified else abs(error) <= WITHIN_SPREAD


@dataclass(frozen=True)
class Comparison:
    """A virtual population beside a published one.

    values: measurement -> single samples (men,), unit shown. redrawn: men whose traits had no steady state at first.
    """

    name: str
    title: str
    men: int
    rows: list[Row]
    values: dict[str, Array]
    correlations: list[dict[str, Any]]
    missing: dict[str, str]
    redrawn: int = 0

    def reached(self) -> dict[str, tuple[int, int]]:
        """Of medians and spreads read in their source: how many are within the goal, of how many."""
        told = {
            "medians": [row.centre_reached for row in self.rows if row.centre_reached is not None],
            "spreads": [row.spread_reached for row in self.rows if row.spread_reached is not None],
        }
        return {name: (sum(ones), len(ones)) for name, ones in told.items()}

    def table(self) -> pd.DataFrame:
        """The rows as text, unverified ones marked."""
        import pandas as pd

        lines = {
            f"{row.published.name}{'' if row.published.verified else ' (unverified)'}": {
                "published": f"{row.published.centre:.3g}",
                "virtual": f"{row.centre:.3g}",
                "off by": f"{row.centre_error:+.0%}",
                "spread": "-" if row.published.spread is None else f"{row.published.spread:.2f}",
                "virtual spread": f"{row.spread:.2f}",
                "spread off by": "-" if row.spread_error is None else f"{row.spread_error:+.0%}",
            }
            for row in self.rows
        }
        return pd.DataFrame.from_dict(lines, orient="index")


@cache
def published() -> dict[str, dict[str, Any]]:
    """The published populations, as in evidence/populations.yaml."""
    import yaml

    text = resources.files("hpgaxis.evidence").joinpath("populations.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def spread_of_range(entry: dict[str, Any]) -> float:
    """Standard deviation of the logarithm, from two centiles."""
    low, high = (NormalDist().inv_cdf(centile / 100) for centile in entry["centiles"])
    return log(entry["high"] / entry["low"]) / (high - low)


def measurements(name: str) -> list[Published]:
    """What was measured in a published population. Raises InputError for an unknown one."""
    if name not in published():
        raise InputError(f"no published population {name!r}; there are {', '.join(published())}")
    found = []
    for measure, entry in published()[name]["measurements"].items():
        kind = "median" if "median" in entry else "mean"
        factor = convert(1.0, entry["unit"], LABS[measure].display_unit, measure)
        spread, other = None, entry.get("spread", entry)
        if "sd" in entry:
            spread = spread_of_logarithm(entry["sd"] / entry["mean"])
        elif "centiles" in other:
            spread = spread_of_range(other)
        found.append(
            Published(
                measure, kind, entry[kind] * factor, spread, entry["source"], other["source"], entry["verified"],
                other["verified"], entry.get("immunoassay", False),
            )
        )  # fmt: skip
    return found


def samples(men: Sequence[MatchedMan], seed: int = 0) -> dict[str, Array]:
    """One sample of each man, with what varies from visit to visit, and age and bmi: name -> (men,), unit shown."""
    source = stream(seed, READINGS)
    found = {which: np.array([getattr(man.patient, which) for man in men], dtype=float) for which in ("age", "bmi")}
    for name, true in untreated_labs(men).items():
        found[name] = true * varied(name, source.standard_normal(len(men)))
    return found


def spread_of_samples(values: Array) -> float:
    """Standard deviation of the logarithm of samples (men,), from their 5th and 95th centiles."""
    low, high = np.maximum(np.quantile(values, [0.05, 0.95]), 1e-9)
    return log(high / low) / (2 * NormalDist().inv_cdf(0.95))


def _statistics(one: Published, values: Array) -> tuple[float, float]:
    """Centre of the samples, a median or mean as published, and their spread, from the 5th to the 95th centile."""
    values = one.read(values)
    return float(np.median(values) if one.kind == "median" else np.mean(values)), spread_of_samples(values)


def compare_population(
    name: str,
    men: int = MEN,
    seed: int = 0,
    traits: dict[str, list[float]] | None = None,
    correlations: Pairs | None = None,
) -> Comparison:
    """A virtual population of the published one's kind, beside it.

    traits, correlations: how they are distributed and go together, in place of the population's own. Raises InputError
    for an unknown population.
    """
    asked = measurements(name)
    entry = published()[name]
    drawn = population(men, seed=seed, diagnosis=entry["men"], traits=traits, correlations=correlations)
    values = samples(drawn, seed)
    rows = [Row(one, *_statistics(one, values[one.name])) for one in asked]
    together = [
        {**one, "predicted": rank_correlation(*(values[which] for which in one["between"]))}
        for one in entry.get("correlations", ())
    ]
    return Comparison(name, entry["title"], men, rows, values, together, entry.get("missing", {}), drawn.redrawn)


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's rank correlation."""
    from scipy.stats import spearmanr

    return float(np.asarray(spearmanr(a, b))[0])


def fit(name: str, callback: Callable[[float], None] | None = None) -> dict[str, list[float]]:
    """Trait -> median (relative to the diagnosis's own) and spread of the men who stand for a published population.

    Least squares on medians, spreads and correlations (unverified ones count half), held near the distributions in
    parameters.toml; deterministic: the same men throughout. callback(cost) is called as it goes on.
    """
    from scipy.optimize import least_squares

    asked = measurements(name)
    group, correlations = published()[name]["men"], published()[name].get("correlations", ())
    usual = np.array([catalogue()[trait].spread for trait in MOVED])

    def distributions(point: Array) -> dict[str, list[float]]:
        medians, spreads = np.exp(point[: len(MOVED)]), usual * np.exp(point[len(MOVED) :])
        return {trait: [float(m), float(s)] for trait, m, s in zip(MOVED, medians, spreads, strict=True)}

    def residuals(point: Array) -> Array:
        values = samples(population(FITTED_MEN, diagnosis=group, traits=distributions(point)))
        found = [*(point[: len(MOVED)] / 0.5), *(point[len(MOVED) :] / 0.5)]
        for one in asked:
            centre, spread = _statistics(one, values[one.name])
            found.append(log(centre / one.centre) / (WITHIN_CENTRE / 2) * (1 if one.verified else 0.5))
            if one.spread is not None:
                weight = 1 if one.spread_verified else 0.5
                found.append(log(spread / one.spread) / (WITHIN_SPREAD / 2) * weight)
        for one in correlations:
            away = rank_correlation(*(values[which] for which in one["between"])) - one["value"]
            found.append(away / WITHIN_CORRELATION)
        if callback:
            callback(float(np.sum(np.square(found)) / 2))
        return np.array(found)

    start = np.zeros(2 * len(MOVED))
    best = least_squares(residuals, start, diff_step=0.02, x_scale=0.3, max_nfev=15, bounds=(-2.5, 2.5))
    return {trait: [float(f"{v:.3g}") for v in pair] for trait, pair in distributions(best.x).items()}


def write(found: dict[str, dict[str, list[float]]], folder: Path) -> None:
    """Write fitted distributions (group -> trait -> median, spread), beside the package's other groups.

    The file lies in the folder as in the package.
    """
    import yaml

    own = resources.files("hpgaxis.people").joinpath("trait_distributions.yaml").read_text(encoding="utf-8")
    head = "".join(line for line in own.splitlines(True) if line.startswith("#"))
    text = head + yaml.safe_dump({**trait_distributions(), **found}, sort_keys=False, default_flow_style=None)
    write_whole(folder / "people/trait_distributions.yaml", lambda p: p.write_text(text, encoding="utf-8"))
