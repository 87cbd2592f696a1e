"""hpgaxis: a mechanistic simulator of the male hypothalamic-pituitary-gonadal axis and of its treatments.

For research and teaching; not a medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .people.patient import MatchedMan, Patient, match
    from .pharmacology.drug import Drug, DrugError
    from .pharmacology.protocol import DoseSeries, Protocol, ProtocolError
    from .result import Result
    from .simulation import SimulationError, simulate
    from .studies.compare import Comparison, compare
    from .studies.validate import validate

_HOMES = {
    "Comparison": "studies.compare",
    "DoseSeries": "pharmacology.protocol",
    "Drug": "pharmacology.drug",
    "DrugError": "pharmacology.drug",
    "MatchedMan": "people.patient",
    "Patient": "people.patient",
    "Protocol": "pharmacology.protocol",
    "ProtocolError": "pharmacology.protocol",
    "Result": "result",
    "SimulationError": "simulation",
    "compare": "studies.compare",
    "match": "people.patient",
    "simulate": "simulation",
    "validate": "studies.validate",
}

__all__ = [
    "Comparison",
    "DoseSeries",
    "Drug",
    "DrugError",
    "MatchedMan",
    "Patient",
    "Protocol",
    "ProtocolError",
    "Result",
    "SimulationError",
    "compare",
    "match",
    "simulate",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `import hpgaxis` takes no time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hpgaxis' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
