"""Simulated men, or the arms of published trials, as a parameter estimation problem in PEtab, version 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from ..errors import HpgaxisError, InputError
from ..evidence.trials import packaged_trials
from ..files import write_whole
from ..measurements.registry import MEASUREMENTS
from ..measurements.variation import log_spread
from ..model import Model
from ..people.match import match, match_means
from ..people.patient import Patient
from ..people.trait_distributions import distribution
from ..physiology.parameters import catalogue
from ..physiology.states import TRAITS
from ..simulation.results import Result
from ..simulation.run import simulate
from ..units import convert
from ..validation import arm as arms
from ..validation.shipped import shipped_validation
from .equations import MEASURED, Doses, Equations, equations_of, regular_runs
from .sbml import Document

LEAST_NOISE = 0.05
"""Standard deviation of the logarithm of a mean: no mean of a trial is known better."""
BOUNDS = 4.0
"""Standard deviations of the prior within which a parameter is sought."""
MEASUREMENT_COLUMNS = ["observableId", "simulationConditionId", "measurement", "time", "noiseParameters"]


def write_petab(results: Sequence[Result], path: Path, measurements: pd.DataFrame | None = None) -> Path:
    """Write a problem: one condition for each result.

    Parameters
    ----------
    results : men under protocols.
    path : the YAML file; the SBML and the tables are written beside it.
    measurements : table of measurements; None for those that the results hold, once a week.

    Notes
    -----
    What is estimated: of one man, his traits, with the men of his diagnosis as prior; of several, and of trials, the
    calibrated parameters, with the priors of the calibration. The states of day 0 do not follow what is estimated.
    """
    equations = equations_of(results)
    man = results[0].man
    one_man = measurements is None and all(
        (result.man.patient, result.man.traits) == (man.patient, man.traits) for result in results
    )
    names = [f"condition_{place}" for place in range(1, len(results) + 1)]
    own = equations.of_each_man().drop(columns="ID")
    for place, name in enumerate(names):
        own[f"takes_{place}"] = [1.0 if name == other else 0.0 for other in names]
    conditions = own.assign(conditionId=names, conditionName=[result.protocol.label() for result in results])
    tables = {
        "conditions": conditions[["conditionId", "conditionName", *own.columns]],
        "observables": _observables(),
        "measurements": _simulated(results, names) if measurements is None else measurements,
        "parameters": _parameters(equations, _of_men(man.patient, man.model) if one_man else _calibrated()),
    }
    files = {name: f"{path.stem}_{name}.tsv" for name in tables}
    model = f"{path.stem}_model.xml"
    problem = {
        "format_version": 1,
        "parameter_file": files["parameters"],
        "problems": [{
            "sbml_files": [model],
            **{f"{name[:-1]}_files": [files[name]] for name in ("conditions", "observables", "measurements")},
        }],
    }  # fmt: skip
    texts = {files[name]: table.to_csv(sep="\t", index=False) for name, table in tables.items()}
    texts |= {model: _model(equations), path.name: yaml.safe_dump(problem, sort_keys=False)}
    for name, text in texts.items():
        write_whole(path.with_name(name), lambda place, text=text: place.write_text(text, encoding="utf-8"))
    return path


def export_trials(names: Sequence[str], path: str | Path) -> tuple[Path, dict[str, str]]:
    """Write the arms of published trials as a PEtab problem: one condition an arm, and the means that it reported.

    Parameters
    ----------
    names : trials of the package's evidence, by id.
    path : the YAML file; the SBML and the tables are written beside it.

    Returns
    -------
    pathlib.Path
        The file.
    dict
        Arm -> why it is left out.

    Raises
    ------
    InputError
        A trial that is not in the package, or no arm left.
    MissingPackageError
        python-libsbml is not installed.

    Notes
    -----
    An arm's condition is the man in the middle of its men, as `hpg validate` matches him; it says what he does, not
    what the mean of different men does.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path, left_out = export_trials(["helo-2017-clomiphene-isomers"], Path(folder) / "helo.yaml")
    ...     sorted(file.suffix for file in Path(folder).iterdir()), left_out
    (['.tsv', '.tsv', '.tsv', '.tsv', '.xml', '.yaml'], {})
    """
    file = Path(path)
    if file.suffix not in (".yaml", ".yml"):
        raise InputError(f"{file.name}: a PEtab problem ends with .yaml")
    known = {trial.id: trial for trial in packaged_trials()}
    missing = [name for name in names if name not in known]
    if missing or not names:
        raise InputError(f"unknown trials: {', '.join(missing) or 'none named'}; `hpg evidence list` shows them all")
    compared = [row for row in shipped_validation().outcomes if row["trial"] in names and _level(row) is not None]
    length = max((row["day"] for row in compared), default=1.0)
    results, rows, left_out = list[Result](), list[dict[str, Any]](), dict[str, str]()
    for name in names:
        for arm in known[name].arms:
            figures = [row for row in compared if (row["trial"], row["arm"]) == (name, arm.name)]
            try:
                if not figures:
                    raise InputError("no level is compared on a day")
                if arms.is_castration(arm):
                    raise InputError("its men have lost their testes")
                result = _middle_man(known[name], arm, length)
            except HpgaxisError as error:
                left_out[f"{name}, {arm.name}"] = str(error)
                continue
            results.append(result)
            rows += [_measurement(row, f"condition_{len(results)}") for row in figures]
    if not results:
        raise InputError(f"no arm can be written: {'; '.join(f'{arm}: {why}' for arm, why in left_out.items())}")
    return write_petab(results, file, pd.DataFrame(rows, columns=MEASUREMENT_COLUMNS)), left_out


def _middle_man(trial: Any, arm: Any, days: float) -> Result:
    """The man in the middle of an arm's men under its protocol."""
    patient, _ = arms.patient(trial, arm, arms.adjustments(trial, arm))
    return simulate(match_means(patient), arms.protocol(arm), days=max(days, 1.0), step_days=1.0)


def _level(row: Mapping[str, Any]) -> float | None:
    """What was reported, in model units; None for what is no level above 0 of a measurement on a day."""
    if row["measure"] not in MEASURED or row["day"] is None or row["observed"] <= 0:
        return None
    try:
        return convert(row["observed"], row["unit"], MEASUREMENTS[row["measure"]].unit, row["measure"])
    except InputError:
        return None


def _measurement(row: Mapping[str, Any], condition: str) -> dict[str, Any]:
    """A reported mean."""
    return {
        "observableId": f"obs_{row['measure']}",
        "simulationConditionId": condition,
        "measurement": _level(row),
        "time": row["day"],
        "noiseParameters": max(row["sampling"], LEAST_NOISE),
    }


def _simulated(results: Sequence[Result], conditions: Sequence[str]) -> pd.DataFrame:
    """What the results hold once a week, as measurements of a man."""
    rows = []
    for result, condition in zip(results, conditions, strict=True):
        origin = result.time[0]
        for name in MEASURED:
            rows += [
                {
                    "observableId": f"obs_{name}",
                    "simulationConditionId": condition,
                    "measurement": result[name][place] / MEASUREMENTS[name].display_factor,
                    "time": result.time[place] - origin,
                    "noiseParameters": max(log_spread(name), LEAST_NOISE),
                }
                for place in range(len(result.time))
                if abs((result.time[place] - origin) % 7) < 1e-9
            ]
    return pd.DataFrame(rows, columns=MEASUREMENT_COLUMNS)


def _observables() -> pd.DataFrame:
    return pd.DataFrame([
        {
            "observableId": f"obs_{name}",
            "observableName": f"{MEASUREMENTS[name].label} ({MEASUREMENTS[name].unit})",
            "observableFormula": f"measured_{name}",
            "observableTransformation": "log",
            "noiseFormula": f"noiseParameter1_obs_{name}",
            "noiseDistribution": "normal",
        }
        for name in MEASURED
    ])  # fmt: skip


def _parameters(equations: Equations, priors: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """What is estimated: the numbers with a prior (middle, spread of the logarithm) that all conditions share."""
    agree = {str(name) for name in equations.numbers.columns[equations.numbers.nunique() == 1]}
    rows = [
        {
            "parameterId": f"p_{name}",
            "parameterName": name.replace("_", " "),
            "parameterScale": "log10",
            "lowerBound": min(prior * exp(-BOUNDS * spread), equations.constants[f"p_{name}"]),
            "upperBound": max(prior * exp(BOUNDS * spread), equations.constants[f"p_{name}"]),
            "nominalValue": equations.constants[f"p_{name}"],
            "estimate": 1,
            "objectivePriorType": "logNormal",
            "objectivePriorParameters": f"{log(prior)};{spread}",
        }
        for name, (prior, spread) in priors.items()
        if f"p_{name}" in agree and spread > 0 and equations.constants.get(f"p_{name}", 0.0) > 0
    ]
    return pd.DataFrame(rows)


def _of_men(patient: Patient, model: Model) -> dict[str, tuple[float, float]]:
    """Trait -> its middle in men of a man's diagnosis, age and body mass, and the spread between them."""
    middle = match(replace(patient, labs={}), model=model).traits
    spreads = distribution(patient.diagnosis)
    return {name: (middle[name], spreads[name][1]) for name in TRAITS if name not in patient.traits}


def _calibrated() -> dict[str, tuple[float, float]]:
    """Calibrated parameter -> its prior and the spread of its logarithm."""
    return {name: (entry.prior, entry.spread) for name, entry in catalogue().items() if entry.prior is not None}


def _model(equations: Equations) -> str:
    """SBML whose constants the conditions set: the numbers of each man, and whose doses are taken."""
    document = Document()
    for name, value in equations.constants.items():
        document.quantity(name, value, constant=True)
    for man in range(len(equations.numbers)):
        document.quantity(f"takes_{man}", float(man == 0), constant=True)
    for name, formula in (equations.inputs | equations.shared).items():
        document.assign(name, formula)
    for name, formula in equations.rates.items():
        document.quantity(f"initial_{name}", equations.initial[name], constant=True)
        document.rate(name, equations.initial[name], formula)
        document.start(name, f"initial_{name}")
    given = _given(equations.doses)
    for name, formula in equations.mode_rates().items():
        document.rate(name, 0.0, formula)
    for name, formula in given.pop(0.0, {}).items():
        document.start(name, formula)  # some tools lose an event at time 0 when a problem is reset
    for name, formula in equations.output_shared.items():
        document.assign(name, formula)
    for name, formula in equations.outputs.items():
        document.output(name.removeprefix("measured_"), formula)
    kinds = [tuple(sorted(changes.items())) for changes in given.values()]
    for number, (changes, times) in enumerate(regular_runs(np.array(list(given)), kinds)):
        interval = float(times[1] - times[0]) if len(times) > 1 else 0.0
        document.doses(number, dict(changes), float(times[0]), interval, len(times))
    return document.text()


def _given(doses: Sequence[Doses]) -> dict[float, dict[str, str]]:
    """Day -> mode -> formula of what is added to it: the doses of each man in his own condition.

    One event for each time, since tools differ in what they do with two at once.
    """
    given: dict[float, dict[str, list[str]]] = {}
    for one in doses:
        for place in range(one.repeats):
            changes = given.setdefault(round(one.first + place * one.interval, 9), {})
            changes.setdefault(f"mode_{one.mode}", []).append(f"{one.amount!r} * takes_{one.man}")
    return {day: {mode: " + ".join(parts) for mode, parts in given[day].items()} for day in sorted(given)}
