"""hpgaxis: a mechanistic simulator of the male hypothalamic-pituitary-gonadal axis and of its treatments.

For research and teaching; not a medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from .clinical.compare import Comparison, compare
    from .clinical.conception import conception
    from .clinical.diagnoses import laboratory_pattern
    from .clinical.dose import TargetDose, find_dose
    from .clinical.risks import monitoring_table, risk_table
    from .clinical.treatments import TreatmentTable, compare_treatments
    from .datasets.course import DataSet, DataSetError
    from .datasets.read import read_data_set
    from .engine.batch import Statistic
    from .engine.random import subject_seed
    from .engine.steady import SteadyStateError
    from .errors import HpgaxisError, InputError, MissingPackageError
    from .evidence.gaps import evidence_map
    from .evidence.individuals import IndividualsError
    from .evidence.trials import TrialError
    from .individual.check import FitCheck, check_fits
    from .individual.diagnosis import Diagnoses
    from .individual.fit import Fit, Fits, fit
    from .individual.forecast import Forecast
    from .individual.optimise import Optimum
    from .individual.profile import Profiles, profile_likelihood
    from .individual.visual_check import VisualCheck, visual_check
    from .interchange.export import export
    from .interchange.petab import export_trials
    from .interchange.sbml import to_sbml
    from .measurements.labs import LabError
    from .measurements.registry import MEASUREMENTS, Measurement
    from .model import Model, Organ
    from .people.baseline import BaselineError
    from .people.match import MatchedMan, match, match_means
    from .people.patient import Patient, PatientError
    from .people.population import Population, population
    from .people.remarks import remarks
    from .pharmacology.doses import ProtocolError
    from .pharmacology.drug import Drug, DrugError
    from .pharmacology.events import EventTable, event, read_events
    from .pharmacology.library import DrugLibrary
    from .pharmacology.overrides import OverrideError
    from .pharmacology.protocol import DoseSeries, Protocol
    from .pharmacology.rules import Rule
    from .plot.axis_diagram import AxisDiagram, axis_diagram
    from .processes import WorkerError
    from .report.pages import write_report
    from .simulation.covariates import CovariateEffects, covariate_effects
    from .simulation.ensemble import Ensemble, Failure
    from .simulation.global_sensitivity import GlobalSensitivity, global_sensitivity
    from .simulation.predict import Prediction, predict
    from .simulation.results import Result, Visit
    from .simulation.run import CASTRATION, SimulationError, simulate, simulate_many
    from .simulation.sensitivity import Sensitivities, sensitivities
    from .simulation.time_courses import TimeCourses
    from .trials.design import Design, DesignError, read_design
    from .trials.fields import EndPoint
    from .trials.run import run as run_trial
    from .trials.store import Study
    from .units import UnitError
    from .validation.contribute import TrialCheck, check_trial, new_trial
    from .validation.individuals import IndividualsValidation, validate_individuals
    from .validation.meta_analysis import MetaAnalysis, meta_analysis
    from .validation.results import Validation
    from .validation.validate import validate

_HOMES = {
    "AxisDiagram": "plot.axis_diagram",
    "BaselineError": "people.baseline",
    "CASTRATION": "simulation.run",
    "Comparison": "clinical.compare",
    "CovariateEffects": "simulation.covariates",
    "DataSet": "datasets.course",
    "DataSetError": "datasets.course",
    "Design": "trials.design",
    "DesignError": "trials.design",
    "Diagnoses": "individual.diagnosis",
    "DoseSeries": "pharmacology.protocol",
    "Drug": "pharmacology.drug",
    "DrugError": "pharmacology.drug",
    "DrugLibrary": "pharmacology.library",
    "EndPoint": "trials.fields",
    "Ensemble": "simulation.ensemble",
    "EventTable": "pharmacology.events",
    "Failure": "simulation.ensemble",
    "Fit": "individual.fit",
    "FitCheck": "individual.check",
    "Fits": "individual.fit",
    "Forecast": "individual.forecast",
    "GlobalSensitivity": "simulation.global_sensitivity",
    "HpgaxisError": "errors",
    "IndividualsError": "evidence.individuals",
    "IndividualsValidation": "validation.individuals",
    "InputError": "errors",
    "LabError": "measurements.labs",
    "MEASUREMENTS": "measurements.registry",
    "MatchedMan": "people.match",
    "Measurement": "measurements.registry",
    "MetaAnalysis": "validation.meta_analysis",
    "MissingPackageError": "errors",
    "Model": "model",
    "Optimum": "individual.optimise",
    "Organ": "model",
    "OverrideError": "pharmacology.overrides",
    "Patient": "people.patient",
    "PatientError": "people.patient",
    "Population": "people.population",
    "Prediction": "simulation.predict",
    "Profiles": "individual.profile",
    "Protocol": "pharmacology.protocol",
    "ProtocolError": "pharmacology.doses",
    "Result": "simulation.results",
    "Rule": "pharmacology.rules",
    "Sensitivities": "simulation.sensitivity",
    "SimulationError": "simulation.run",
    "Statistic": "engine.batch",
    "SteadyStateError": "engine.steady",
    "Study": "trials.store",
    "TargetDose": "clinical.dose",
    "TimeCourses": "simulation.time_courses",
    "TreatmentTable": "clinical.treatments",
    "TrialCheck": "validation.contribute",
    "TrialError": "evidence.trials",
    "UnitError": "units",
    "Validation": "validation.results",
    "Visit": "simulation.results",
    "VisualCheck": "individual.visual_check",
    "WorkerError": "processes",
    "axis_diagram": "plot.axis_diagram",
    "check_fits": "individual.check",
    "check_trial": "validation.contribute",
    "compare": "clinical.compare",
    "compare_treatments": "clinical.treatments",
    "conception": "clinical.conception",
    "covariate_effects": "simulation.covariates",
    "event": "pharmacology.events",
    "evidence_map": "evidence.gaps",
    "export": "interchange.export",
    "export_trials": "interchange.petab",
    "find_dose": "clinical.dose",
    "fit": "individual.fit",
    "global_sensitivity": "simulation.global_sensitivity",
    "laboratory_pattern": "clinical.diagnoses",
    "match": "people.match",
    "match_means": "people.match",
    "meta_analysis": "validation.meta_analysis",
    "monitoring_table": "clinical.risks",
    "new_trial": "validation.contribute",
    "population": "people.population",
    "predict": "simulation.predict",
    "profile_likelihood": "individual.profile",
    "read_data_set": "datasets.read",
    "read_design": "trials.design",
    "read_events": "pharmacology.events",
    "remarks": "people.remarks",
    "risk_table": "clinical.risks",
    "run_trial": "trials.run",
    "sensitivities": "simulation.sensitivity",
    "simulate": "simulation.run",
    "simulate_many": "simulation.run",
    "subject_seed": "engine.random",
    "to_sbml": "interchange.sbml",
    "validate": "validation.validate",
    "validate_individuals": "validation.individuals",
    "visual_check": "individual.visual_check",
    "write_report": "report.pages",
}
"""Public name -> the module that it is in."""

__all__ = [
    "CASTRATION",
    "MEASUREMENTS",
    "AxisDiagram",
    "BaselineError",
    "Comparison",
    "CovariateEffects",
    "DataSet",
    "DataSetError",
    "Design",
    "DesignError",
    "Diagnoses",
    "DoseSeries",
    "Drug",
    "DrugError",
    "DrugLibrary",
    "EndPoint",
    "Ensemble",
    "EventTable",
    "Failure",
    "Fit",
    "FitCheck",
    "Fits",
    "Forecast",
    "GlobalSensitivity",
    "HpgaxisError",
    "IndividualsError",
    "IndividualsValidation",
    "InputError",
    "LabError",
    "MatchedMan",
    "Measurement",
    "MetaAnalysis",
    "MissingPackageError",
    "Model",
    "Optimum",
    "Organ",
    "OverrideError",
    "Patient",
    "PatientError",
    "Population",
    "Prediction",
    "Profiles",
    "Protocol",
    "ProtocolError",
    "Result",
    "Rule",
    "Sensitivities",
    "SimulationError",
    "Statistic",
    "SteadyStateError",
    "Study",
    "TargetDose",
    "TimeCourses",
    "TreatmentTable",
    "TrialCheck",
    "TrialError",
    "UnitError",
    "Validation",
    "Visit",
    "VisualCheck",
    "WorkerError",
    "axis_diagram",
    "check_fits",
    "check_trial",
    "compare",
    "compare_treatments",
    "conception",
    "covariate_effects",
    "event",
    "evidence_map",
    "export",
    "export_trials",
    "find_dose",
    "fit",
    "global_sensitivity",
    "laboratory_pattern",
    "match",
    "match_means",
    "meta_analysis",
    "monitoring_table",
    "new_trial",
    "population",
    "predict",
    "profile_likelihood",
    "read_data_set",
    "read_design",
    "read_events",
    "remarks",
    "risk_table",
    "run_trial",
    "sensitivities",
    "simulate",
    "simulate_many",
    "subject_seed",
    "to_sbml",
    "validate",
    "validate_individuals",
    "visual_check",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `import hpgaxis` takes no time."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("hpgaxis")
    elif name in _HOMES:
        own = "run" if name == "run_trial" else name
        value = getattr(import_module(f".{_HOMES[name]}", __name__), own)
    else:
        raise AttributeError(f"module 'hpgaxis' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return ["__version__", *__all__]
