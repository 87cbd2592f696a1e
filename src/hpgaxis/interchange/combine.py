"""A COMBINE archive: the model in SBML and its simulation in SED-ML. Needs python-libsedml and python-libcombine."""

from __future__ import annotations

import tempfile
from math import ceil
from pathlib import Path
from typing import Any

from ..errors import extra_packages
from ..files import write_whole
from ..simulation.results import Result
from .equations import MEASURED
from .sbml import to_sbml

CVODE = "KISAO:0000019"
TOLERANCES = {"KISAO:0000211": 1e-10, "KISAO:0000209": 1e-9, "KISAO:0000467": 0.25}
"""Of the solver: absolute, relative, and the longest step (days), so that no dose is stepped over."""
SBML, SEDML = "model.xml", "simulation.sedml"


def to_combine(result: Result, path: Path) -> Path:
    """Write the archive of a simulated patient (.omex).

    Raises
    ------
    MissingPackageError
        python-libsedml or python-libcombine is not installed.
    """
    with extra_packages("COMBINE archives need python-libcombine and python-libsedml", "interchange"):
        import libcombine

    with tempfile.TemporaryDirectory() as folder:
        archive: Any = libcombine.CombineArchive()
        for name, text, kind, master in (
            (SBML, to_sbml(result), "sbml", False), (SEDML, to_sedml(result), "sed-ml", True),
        ):  # fmt: skip
            file = Path(folder) / name
            file.write_text(text, encoding="utf-8")
            archive.addFile(str(file), name, libcombine.KnownFormats.lookupFormat(kind), master)
        write_whole(path, lambda place: archive.writeToFile(str(place)))
        archive.cleanUp()
    return path


def to_sedml(result: Result) -> str:
    """The simulation of a result, one output time a day, as SED-ML Level 1 Version 4.

    Raises
    ------
    MissingPackageError
        python-libsedml is not installed.
    """
    with extra_packages("SED-ML needs python-libsedml", "interchange"):
        import libsedml

    document: Any = libsedml.SedDocument(1, 4)
    model = document.createModel()
    model.setId("model")
    model.setSource(SBML)
    model.setLanguage("urn:sedml:language:sbml.level-3.version-2")
    days = float(result.time[-1] - result.time[0])
    course = document.createUniformTimeCourse()
    course.setId("course")
    course.setInitialTime(0.0)
    course.setOutputStartTime(0.0)
    course.setOutputEndTime(days)
    course.setNumberOfSteps(max(ceil(days), 1))
    algorithm = course.createAlgorithm()
    algorithm.setKisaoID(CVODE)
    for term, value in TOLERANCES.items():
        parameter = algorithm.createAlgorithmParameter()
        parameter.setKisaoID(term)
        parameter.setValue(repr(value))
    task = document.createTask()
    task.setId("task")
    task.setModelReference("model")
    task.setSimulationReference("course")
    report = document.createReport()
    report.setId("report")
    for name in ("time", *(f"measured_{one}" for one in MEASURED)):
        _generator(document, name)
        row = report.createDataSet()
        row.setId(f"row_{name}")
        row.setLabel(name)
        row.setDataReference(f"of_{name}")
    return libsedml.writeSedMLToString(document)


def _generator(document: Any, name: str) -> None:
    """Say where the values of an output come from."""
    import libsedml

    generator = document.createDataGenerator()
    generator.setId(f"of_{name}")
    generator.setName(name)
    variable = generator.createVariable()
    variable.setId(f"value_{name}")
    variable.setTaskReference("task")
    if name == "time":
        variable.setSymbol("urn:sedml:symbol:time")
    else:
        variable.setTarget(f"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='{name}']")
    generator.setMath(libsedml.parseFormula(f"value_{name}"))
