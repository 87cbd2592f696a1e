"""What differs between men in the kinetics of a drug: clearance, bioavailability and absorption of one man."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp

from ..engine.random import WIDEST, stream
from ..measurements.variation import spread_of_logarithm
from ..units import factor
from .doses import DoseSeries
from .drug import Drug, Pathway, Route, Value

TAKEN = "share of doses taken"
SELF_TAKEN = ("oral", "transdermal", "nasal", "buccal", "scrotal", "sc")
"""Routes by which a man gives himself his doses."""
LONGEST_INTERVAL = 7.0
"""Days between doses of which he may leave some out; depots are given by others, and recorded."""


@dataclass(frozen=True)
class Kinetics:
    """Where a man's kinetics lie between men, in standard deviations from the median man.

    seed: of what is drawn, None for the median man; known: name -> deviation in place of what is drawn, and TAKEN ->
    share. The man of a seed has the same kinetics whatever else he is given.
    """

    seed: int | None = None
    known: Mapping[str, float] = field(default_factory=dict)

    def taken(self, series: DoseSeries) -> float:
        """Share of these doses that he takes, as so much smaller doses; those that others give are all given."""
        return self.known.get(TAKEN, 1.0) if self_taken(series) else 1.0

    @property
    def differ(self) -> bool:
        """Whether they are not the median man's."""
        return self.seed is not None or bool(self.known)

    def deviation(self, name: str) -> float:
        """His deviation; name: what varies, such as "anastrozole, clearance of anastrozole"."""
        if name in self.known or self.seed is None:
            return self.known.get(name, 0.0)
        return float(stream(self.seed, zlib.crc32(name.encode())).standard_normal())


def factor_of(variation: Value, name: str, kinetics: Kinetics) -> float:
    """A man's clearance, bioavailability or absorption time over that of the median man.

    Log-normal with the coefficient of variation `variation`; name: as for `Kinetics.deviation`.
    """
    spread = spread_of_logarithm(variation.value * factor(variation.unit, "1"))
    return exp(spread * min(max(kinetics.deviation(name), -WIDEST), WIDEST))


def names_of(drug: Drug, route: str | None, absorption: Route) -> list[str]:
    """Names of what varies between men in the kinetics of a drug by a route (and its formulation, `absorption`)."""
    clearance = [
        _clearance(drug, name) for name, analyte in drug.analytes.items() if analyte.clearance_variation is not None
    ]
    of_route = {
        "bioavailability": absorption.bioavailability_variation,
        "absorption": absorption.absorption_variation,
    }
    return clearance + [f"{drug.name} {route}, {part}" for part, value in of_route.items() if value is not None]


def self_taken(series: DoseSeries) -> bool:
    """Whether a man takes these doses himself, so that he may leave some out."""
    return series.route in SELF_TAKEN and series.doses != 1 and series.interval_days <= LONGEST_INTERVAL


def _clearance(drug: Drug, analyte: str) -> str:
    return f"{drug.name}, clearance of {analyte}"


def varies(drug: Drug) -> bool:
    """Whether the drug's data say how men differ."""
    return any(analyte.clearance_variation for analyte in drug.analytes.values()) or any(
        route.bioavailability_variation or route.absorption_variation for route in drug.routes.values()
    )


def _scaled(value: Value, by: float) -> Value:
    return value.model_copy(update={"value": value.value * by})


def of_man(drug: Drug, kinetics: Kinetics) -> Drug:
    """The drug as a man with these kinetics clears it: the half-life goes with his clearance, for his volume stays."""
    analytes = dict(drug.analytes)
    for name, analyte in drug.analytes.items():
        if analyte.clearance is not None and analyte.half_life is not None and analyte.clearance_variation is not None:
            own = factor_of(analyte.clearance_variation, _clearance(drug, name), kinetics)
            change = {"clearance": _scaled(analyte.clearance, own), "half_life": _scaled(analyte.half_life, 1 / own)}
            analytes[name] = analyte.model_copy(update=change)
    return drug.model_copy(update={"analytes": analytes})


def route_of_man(route: Route, name: str, kinetics: Kinetics) -> Route:
    """A route or formulation as a man with these kinetics absorbs by it; name: of drug and route, such as "hcg sc".

    His bioavailability is the same by all formulations of a route; his absorption moves every step of it.
    """
    change: dict[str, object] = {}
    if (variation := route.bioavailability_variation) is not None:
        own = factor_of(variation, f"{name}, bioavailability", kinetics)
        usual = route.bioavailability or variation.model_copy(update={"value": 1.0})
        change["bioavailability"] = _scaled(usual, own)
    if (variation := route.absorption_variation) is not None:
        own = factor_of(variation, f"{name}, absorption", kinetics)
        change["pathways"] = tuple(_slower(pathway, own) for pathway in route.pathways)
    return route.model_copy(update=change)


def _slower(pathway: Pathway, by: float) -> Pathway:
    return pathway.model_copy(update={"half_lives": tuple(_scaled(step, by) for step in pathway.half_lives)})
