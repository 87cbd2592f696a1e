"""hpgaxis: a mechanistic simulator of the male hypothalamic-pituitary-gonadal axis and of its treatments.

For research and teaching; not a medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .engine.batch import Statistic
    from .ensemble import Ensemble, simulate_many
    from .people.patient import MatchedMan, Patient, match, match_means
    from .people.population import population
    from .people.remarks import remarks
    from .pharmacology.drug import Drug, DrugError
    from .pharmacology.protocol import DoseSeries, Protocol, ProtocolError
    from .pharmacology.rules import Rule
    from .prediction import Prediction, predict
    from .result import Result
    from .simulation import SimulationError, simulate
    from .studies.compare import Comparison, compare
    from .studies.conception import conception
    from .studies.diagnoses import pattern
    from .studies.risks import monitoring_table, risk_table
    from .studies.sensitivity import Sensitivities, sensitivities
    from .studies.treatments import TreatmentTable, compare_treatments
    from .studies.validate import validate

_HOMES = {
    "Comparison": "studies.compare",
    "DoseSeries": "pharmacology.protocol",
    "Drug": "pharmacology.drug",
    "DrugError": "pharmacology.drug",
    "Ensemble": "ensemble",
    "MatchedMan": "people.patient",
    "Patient": "people.patient",
    "Prediction": "prediction",
    "Protocol": "pharmacology.protocol",
    "ProtocolError": "pharmacology.protocol",
    "Result": "result",
    "Rule": "pharmacology.rules",
    "Sensitivities": "studies.sensitivity",
    "SimulationError": "simulation",
    "Statistic": "engine.batch",
    "TreatmentTable": "studies.treatments",
    "compare": "studies.compare",
    "compare_treatments": "studies.treatments",
    "conception": "studies.conception",
    "match": "people.patient",
    "match_means": "people.patient",
    "monitoring_table": "studies.risks",
    "pattern": "studies.diagnoses",
    "population": "people.population",
    "predict": "prediction",
    "remarks": "people.remarks",
    "risk_table": "studies.risks",
    "sensitivities": "studies.sensitivity",
    "simulate": "simulation",
    "simulate_many": "ensemble",
    "validate": "studies.validate",
}

__all__ = [
    "Comparison",
    "DoseSeries",
    "Drug",
    "DrugError",
    "Ensemble",
    "MatchedMan",
    "Patient",
    "Prediction",
    "Protocol",
    "ProtocolError",
    "Result",
    "Rule",
    "Sensitivities",
    "SimulationError",
    "Statistic",
    "TreatmentTable",
    "compare",
    "compare_treatments",
    "conception",
    "match",
    "match_means",
    "monitoring_table",
    "pattern",
    "population",
    "predict",
    "remarks",
    "risk_table",
    "sensitivities",
    "simulate",
    "simulate_many",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `import hpgaxis` takes no time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hpgaxis' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
