"""hpgaxis: a mechanistic simulator of the male hypothalamic-pituitary-gonadal axis and of its treatments.

For research and teaching; not a medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .clinical.compare import Comparison, compare
    from .clinical.conception import conception
    from .clinical.diagnoses import laboratory_pattern
    from .clinical.risks import monitoring_table, risk_table
    from .clinical.treatments import TreatmentTable, compare_treatments
    from .engine.batch import Statistic
    from .people.patient import MatchedMan, Patient, match, match_means
    from .people.population import population
    from .people.remarks import remarks
    from .pharmacology.drug import Drug, DrugError
    from .pharmacology.events import EventTable, event, read_events
    from .pharmacology.library import DrugLibrary
    from .pharmacology.protocol import DoseSeries, Protocol, ProtocolError
    from .pharmacology.rules import Rule
    from .simulation.ensemble import Ensemble, simulate_many
    from .simulation.predict import Prediction, predict
    from .simulation.results import Result
    from .simulation.run import SimulationError, simulate
    from .simulation.sensitivity import Sensitivities, sensitivities
    from .validation.validate import validate

_HOMES = {
    "Comparison": "clinical.compare",
    "DoseSeries": "pharmacology.protocol",
    "Drug": "pharmacology.drug",
    "DrugError": "pharmacology.drug",
    "DrugLibrary": "pharmacology.library",
    "EventTable": "pharmacology.events",
    "Ensemble": "simulation.ensemble",
    "MatchedMan": "people.patient",
    "Patient": "people.patient",
    "Prediction": "simulation.predict",
    "Protocol": "pharmacology.protocol",
    "ProtocolError": "pharmacology.protocol",
    "Result": "simulation.results",
    "Rule": "pharmacology.rules",
    "Sensitivities": "simulation.sensitivity",
    "SimulationError": "simulation.run",
    "Statistic": "engine.batch",
    "TreatmentTable": "clinical.treatments",
    "compare": "clinical.compare",
    "compare_treatments": "clinical.treatments",
    "conception": "clinical.conception",
    "event": "pharmacology.events",
    "match": "people.patient",
    "match_means": "people.patient",
    "monitoring_table": "clinical.risks",
    "laboratory_pattern": "clinical.diagnoses",
    "population": "people.population",
    "predict": "simulation.predict",
    "read_events": "pharmacology.events",
    "remarks": "people.remarks",
    "risk_table": "clinical.risks",
    "sensitivities": "simulation.sensitivity",
    "simulate": "simulation.run",
    "simulate_many": "simulation.ensemble",
    "validate": "validation.validate",
}

__all__ = [
    "Comparison",
    "DoseSeries",
    "Drug",
    "DrugError",
    "DrugLibrary",
    "Ensemble",
    "EventTable",
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
    "event",
    "laboratory_pattern",
    "match",
    "match_means",
    "monitoring_table",
    "population",
    "predict",
    "read_events",
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
