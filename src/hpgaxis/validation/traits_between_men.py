"""How men differ: spreads and correlations of traits, estimated from how labs differ and go together between men.

The men are those of the survey that the package ships: each has one virtual man of his age and body mass index, who is
sampled as he was. Other spreads and correlations are those of `evidence/populations.yaml` (general). The estimate is
penalised least squares (scipy.optimize); its standard errors say what the data leave open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence.individuals import packaged_individuals
from ..files import write_whole
from ..people.population import LIMITS, population
from ..people.trait_distributions import trait_correlations
from ..physiology.parameters import catalogue
from .cross_sections import read_in_sessions
from .populations import published, rank_correlation, samples, spread_of_range, spread_of_samples

Array = NDArray[np.float64]
POPULATION = "general"
"""The population of `evidence/populations.yaml` whose men these are."""
SPREADS = (
    "gnrh_drive", "estrogen_sensitivity", "androgen_sensitivity", "fsh_secretion", "leydig_output", "aromatase",
    "shbg_synthesis", "sertoli_number", "germ_cells", "semen_volume", "motility",
)  # fmt: skip
"""Traits whose spread is estimated."""
PAIRS = (
    ("leydig_output", "shbg_synthesis"),
    ("leydig_output", "sertoli_number"),
    ("gnrh_drive", "leydig_output"),
    ("aromatase", "shbg_synthesis"),
    ("sertoli_number", "germ_cells"),
    ("fsh_secretion", "sertoli_number"),
)
"""Traits whose correlation is estimated; all other pairs have none."""
PRIOR_SPREAD = 0.3
"""Median spread of a trait before the data: that of a hormone in healthy men."""
PRIOR_WIDTH, PRIOR_CORRELATION = 0.6, 0.35
"""Standard deviation of the logarithm of a spread, and of a correlation about 0, before the data."""
SPREAD_ERROR, CORRELATION_ERROR = 0.08, 0.06
"""Error expected of a spread (of its logarithm) and of a correlation: studies differ by as much."""
UNREAD = 2.0
"""How many times as large the error of a figure is whose source was not read."""
MEN_USED = 3
"""One of so many men of the survey is used."""
WIDEST_CORRELATION = 0.5
"""Bound of a correlation: all pairs at theirs can still stand together."""
STEP = 0.05
"""Step of finite differences of the logarithm of a spread, and of a correlation."""


@dataclass(frozen=True)
class Target:
    """A spread (of the logarithm) or rank correlation of labs, as it was measured; error: standard deviation."""

    names: tuple[str, ...]
    observed: float
    error: float
    source: str

    def predicted(self, men: dict[str, Array]) -> float:
        """The same of virtual men."""
        if len(self.names) == 1:
            return spread_of_samples(men[self.names[0]])
        return rank_correlation(men[self.names[0]], men[self.names[1]])

    def away(self, men: dict[str, Array]) -> float:
        """Distance of the virtual men from it, in standard deviations."""
        predicted = self.predicted(men)
        return (log(predicted / self.observed) if len(self.names) == 1 else predicted - self.observed) / self.error


@dataclass(frozen=True)
class Estimate:
    """A spread or correlation with its standard error (of the logarithm of a spread); before: that of the prior."""

    names: tuple[str, ...]
    value: float
    standard_error: float
    before: float

    @property
    def determined(self) -> float:
        """Share of the prior's variance that the data took away: 0 nothing, 1 all."""
        return 1 - (self.standard_error / self.before) ** 2


@dataclass(frozen=True)
class Estimates:
    """What was estimated, and each target beside the virtual men: (target, predicted)."""

    spreads: list[Estimate]
    correlations: list[Estimate]
    targets: list[tuple[Target, float]]

    def distributions(self) -> dict[str, list[float]]:
        """Trait -> median (relative to the diagnosis's own) and spread."""
        return {one.names[0]: [1.0, one.value] for one in self.spreads}

    def together(self) -> dict[tuple[str, str], float]:
        """Two traits -> correlation."""
        return {(one.names[0], one.names[1]): one.value for one in self.correlations}

    def rows(self) -> dict[str, dict[str, str]]:
        """Each spread and correlation as text, with what the data determine of it."""
        return {
            " and ".join(one.names): {
                "estimate": f"{one.value:.2f}",
                "standard error": f"{one.standard_error:.2f}",
                "prior": f"{one.before:.2f}",
                "determined by data": f"{one.determined:.0%}",
            }
            for one in (*self.spreads, *self.correlations)
        }

    def write(self, folder: Path) -> None:
        """Write the spreads into parameters.toml and the correlations into their file, in a folder as the package's."""
        import yaml

        text = resources.files("hpgaxis.physiology").joinpath("parameters.toml").read_text(encoding="utf-8")
        for one in self.spreads:
            text = re.sub(rf"(?ms)(^\[trait\.{one.names[0]}\]\n.*?^spread = )[^\n]*", rf"\g<1>{one.value:.3g}", text)
        write_whole(folder / "physiology/parameters.toml", lambda p: p.write_text(text, encoding="utf-8"))
        entries = [
            {
                "between": list(one.names),
                "value": float(f"{one.value:.2g}"),
                "standard_error": float(f"{one.standard_error:.2g}"),
            }
            for one in self.correlations
        ]
        own = resources.files("hpgaxis.people").joinpath("trait_correlations.yaml").read_text(encoding="utf-8")
        head = "".join(line for line in own.splitlines(True) if line.startswith("#"))
        body = head + yaml.safe_dump(entries, sort_keys=False, default_flow_style=None)
        write_whole(folder / "people/trait_correlations.yaml", lambda p: p.write_text(body, encoding="utf-8"))


def targets() -> list[Target]:
    """All spreads and correlations that the estimate is to reproduce."""
    survey = _survey()
    labs = [name for name in ("testosterone", "estradiol", "shbg") if name in survey]
    found = [Target((name,), spread_of_samples(survey[name]), SPREAD_ERROR, "survey") for name in labs]
    found += [
        Target(pair, rank_correlation(survey[pair[0]], survey[pair[1]]), CORRELATION_ERROR, "survey")
        for pair in combinations((*labs, "bmi", "age"), 2)
        if pair != ("bmi", "age")
    ]
    for name, one in published()[POPULATION]["spreads"].items():
        error = SPREAD_ERROR * (1 if one["verified"] else UNREAD)
        found.append(Target((name,), spread_of_range(one), error, one["source"]))
    for one in published()[POPULATION]["correlations"]:
        error = CORRELATION_ERROR * (1 if one["verified"] else UNREAD)
        found.append(Target(tuple(one["between"]), float(one["value"]), error, one["source"]))
    return found


def _survey() -> dict[str, Array]:
    (survey,) = packaged_individuals().cross_sections
    known = ~np.any([np.isnan(values) for values in survey.values.values()], axis=0)
    return {name: values[known][::MEN_USED] for name, values in survey.values.items()}


def virtual_men(spreads: dict[str, float], correlations: dict[tuple[str, str], float]) -> dict[str, Array]:
    """One sample of a virtual man beside each man of the survey: lab -> (men,), unit shown."""
    survey = _survey()
    ages, bmis = (np.clip(survey[which], *LIMITS[which]) for which in ("age", "bmi"))
    traits = {name: (1.0, spread) for name, spread in spreads.items()}
    men = population(
        len(ages), seed=1, diagnosis="eugonadal", age=ages, bmi=bmis, traits=traits, correlations=correlations
    )
    found = samples(men, 1)
    read_in_sessions(found, ("testosterone", "estradiol", "shbg"), ages, 1)
    return found


def estimate(callback: Callable[[float], None] | None = None) -> Estimates:
    """The most probable spreads and correlations; the same virtual men throughout. callback(cost) as it goes on."""
    from scipy.optimize import least_squares

    wanted, start = targets(), trait_correlations()
    held = {pair: value for pair, value in start.items() if pair not in PAIRS}

    def apart(point: Array) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
        spreads = {name: PRIOR_SPREAD * float(np.exp(x)) for name, x in zip(SPREADS, point, strict=False)}
        together = {pair: float(x) for pair, x in zip(PAIRS, point[len(SPREADS) :], strict=True)}
        return spreads, {**held, **together}

    before = np.array([PRIOR_WIDTH] * len(SPREADS) + [PRIOR_CORRELATION] * len(PAIRS))

    def residuals(point: Array) -> Array:
        men = virtual_men(*apart(point))
        found = np.array([*(one.away(men) for one in wanted), *(point / before)])
        if callback:
            callback(float(found @ found / 2))
        return found

    def slopes(point: Array) -> Array:
        here = residuals(point)
        return np.array([residuals(point + STEP * unit) - here for unit in np.eye(len(point))]).T / STEP

    begin = [log(catalogue()[name].spread / PRIOR_SPREAD) for name in SPREADS]
    begin += [start.get(pair, 0.0) for pair in PAIRS]
    widest = np.array([2.0] * len(SPREADS) + [WIDEST_CORRELATION] * len(PAIRS))
    solve: Any = least_squares
    best = solve(residuals, begin, slopes, x_scale=before, max_nfev=12, bounds=(-widest, widest))
    errors = np.sqrt(np.diag(np.linalg.inv(best.jac.T @ best.jac)))
    spreads, correlations = apart(best.x)
    men = virtual_men(spreads, correlations)
    count = len(SPREADS)
    return Estimates(
        [Estimate((n,), spreads[n], float(errors[k]), PRIOR_WIDTH) for k, n in enumerate(SPREADS)],
        [
            Estimate(pair, correlations[pair], float(errors[count + k]), PRIOR_CORRELATION)
            for k, pair in enumerate(PAIRS)
        ],
        [(one, one.predicted(men)) for one in wanted],
    )
