"""A simulated man in the forms of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import HpgaxisError, InputError, extra_packages
from ..files import write_whole
from ..simulation.results import Result
from .combine import to_combine
from .sbml import to_sbml

ENDINGS = {"sbml": (".xml", ".sbml"), "antimony": (".txt", ".ant"), "combine": (".omex",)}
"""Form -> endings of its files."""


def to_antimony(result: Result) -> str:
    """The model of a simulated patient with his doses as Antimony, which Tellurium reads.

    Raises
    ------
    MissingPackageError
        antimony is not installed.
    """
    with extra_packages("Antimony needs the package antimony", "interchange"):
        import antimony

    library: Any = antimony
    library.clearPreviousLoads()
    if library.loadSBMLString(to_sbml(result)) < 0:
        raise HpgaxisError(f"the SBML cannot be written as Antimony: {library.getLastError()}")
    text = str(library.getAntimonyString("hpgaxis"))
    library.clearPreviousLoads()
    return text


def export(result: Result, path: str | Path, to: str | None = None) -> Path:
    """Write a simulated man, with his doses and the equations, for another tool.

    Parameters
    ----------
    result : of `simulate`.
    path : the file.
    to : "sbml", "antimony" or "combine" (a COMBINE archive of SBML and SED-ML); by default by the file's ending.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        A form that does not exist, or an ending that is not its own.
    MissingPackageError
        A package that writes the form is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     written = export(hpg.simulate(None, "anastrozole 1 mg daily", days=2), Path(folder) / "man.xml")
    ...     written.read_text().count("<sbml")
    1
    """
    file = Path(path)
    ending = file.suffix.lower()
    form = to or next((name for name, endings in ENDINGS.items() if ending in endings), None)
    if form not in ENDINGS:
        raise InputError(f"{to or file.name}: expected {', '.join(f'{n} ({e[0]})' for n, e in ENDINGS.items())}")
    if ending not in ENDINGS[form]:
        raise InputError(f"{file.name}: a file of {form} ends with {' or '.join(ENDINGS[form])}")
    if form == "combine":
        return to_combine(result, file)
    text = to_sbml(result) if form == "sbml" else to_antimony(result)
    write_whole(file, lambda place: place.write_text(text, encoding="utf-8"))
    return file
