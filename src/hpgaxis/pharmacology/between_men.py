"""What differs between men in the kinetics of a drug: clearance, bioavailability and absorption of one man."""

from __future__ import annotations

import zlib
from math import exp

from ..engine.random import WIDEST, stream
from ..measurements.variation import spread_of_logarithm
from ..units import factor
from .drug import Drug, Pathway, Route, Value


def factor_of(variation: Value, name: str, seed: int) -> float:
    """A man's clearance, bioavailability or absorption time over that of the median man.

    Log-normal with the coefficient of variation `variation`. The man of a seed has the same factor whatever else he is
    given: name says what varies, such as "anastrozole, clearance".
    """
    deviation = stream(seed, zlib.crc32(name.encode())).standard_normal()
    spread = spread_of_logarithm(variation.value * factor(variation.unit, "1"))
    return exp(spread * min(max(deviation, -WIDEST), WIDEST))


def varies(drug: Drug) -> bool:
    """Whether the drug's data say how men differ."""
    return any(analyte.clearance_variation for analyte in drug.analytes.values()) or any(
        route.bioavailability_variation or route.absorption_variation for route in drug.routes.values()
    )


def _scaled(value: Value, by: float) -> Value:
    return value.model_copy(update={"value": value.value * by})


def of_man(drug: Drug, seed: int) -> Drug:
    """The drug as the man of this seed clears it: his clearance moves the half-life with it, for his volume stays."""
    analytes = dict(drug.analytes)
    for name, analyte in drug.analytes.items():
        if analyte.clearance is not None and analyte.half_life is not None and analyte.clearance_variation is not None:
            own = factor_of(analyte.clearance_variation, f"{drug.name}, clearance of {name}", seed)
            change = {"clearance": _scaled(analyte.clearance, own), "half_life": _scaled(analyte.half_life, 1 / own)}
            analytes[name] = analyte.model_copy(update=change)
    return drug.model_copy(update={"analytes": analytes})


def route_of_man(route: Route, name: str, seed: int) -> Route:
    """A route or formulation as the man of this seed absorbs by it; name: of drug and route, such as "hcg sc".

    His bioavailability is the same by all formulations of a route; his absorption moves every step of it.
    """
    change: dict[str, object] = {}
    if (variation := route.bioavailability_variation) is not None:
        own = factor_of(variation, f"{name}, bioavailability", seed)
        usual = route.bioavailability or variation.model_copy(update={"value": 1.0})
        change["bioavailability"] = _scaled(usual, own)
    if (variation := route.absorption_variation) is not None:
        own = factor_of(variation, f"{name}, absorption", seed)
        change["pathways"] = tuple(_slower(pathway, own) for pathway in route.pathways)
    return route.model_copy(update=change)


def _slower(pathway: Pathway, by: float) -> Pathway:
    return pathway.model_copy(update={"half_lives": tuple(_scaled(step, by) for step in pathway.half_lives)})
