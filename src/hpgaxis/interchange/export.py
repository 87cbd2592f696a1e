"""Simulated men in the forms of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import HpgaxisError, InputError, extra_packages
from ..files import write_whole
from ..simulation.results import Result
from .combine import to_combine
from .desolve import to_desolve
from .equations import Equations, equations_of, event_table
from .mrgsolve import to_mrgsolve
from .nonmem import nonmem_table, to_nonmem
from .petab import write_petab
from .rxode2 import to_rxode2
from .sbml import to_sbml

ENDINGS = {
    "sbml": (".xml", ".sbml"),
    "antimony": (".ant", ".txt"),
    "combine": (".omex",),
    "desolve": (".r",),
    "mrgsolve": (".cpp", ".mod"),
    "nonmem": (".ctl",),
    "petab": (".yaml",),
    "rxode2": (".r",),
}
"""Form -> endings of its files, in small letters; of two forms with one ending, the first is written by default."""
OF_MANY = ("desolve", "mrgsolve", "petab", "rxode2")
"""Forms that hold several men."""


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


def export(results: Result | Sequence[Result], path: str | Path, to: str | None = None) -> Path:
    """Write a simulated man, with his doses and the equations, for another tool; or several men.

    Day 0 of the files is the first output time of the result. Forms with an event table write it beside the file, as
    `NAME_events.csv`; for several men the numbers that differ between them are in `NAME_men.csv`.

    Parameters
    ----------
    results : of `simulate`; several for "desolve", "mrgsolve", "petab" and "rxode2".
    path : the file.
    to : "sbml", "antimony", "combine" (a COMBINE archive of SBML and SED-ML), "desolve" (an R script), "mrgsolve",
        "rxode2", "nonmem" or "petab" (a problem whose measurements are those of the results, once a week); by default
        by the file's ending.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        A form that does not exist, an ending that is not its own, several men in a form of one man, men of different
        models, a man of a forecast, or one who was simulated with pulses.
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
    men = [results] if isinstance(results, Result) else list(results)
    form = check_form(file, to, len(men))
    if form == "petab":
        return write_petab(men, file)
    if form not in ("sbml", "antimony", "combine"):
        return _write_statements(equations_of(men), file, form, _title(men))
    if not men:
        raise InputError("no man to write")
    if form == "combine":
        return to_combine(men[0], file)
    return _write(file, to_sbml(men[0]) if form == "sbml" else to_antimony(men[0]))


def _title(men: Sequence[Result]) -> str:
    """One line that says what a file is."""
    protocols = dict.fromkeys(" ".join(result.protocol.label().split()) for result in men)
    some = "; ".join(list(protocols)[:3]) + ("; ..." if len(protocols) > 3 else "")
    whose = "one man" if len(men) == 1 else f"{len(men)} men"
    return f"hpgaxis, {whose}: {some}. For research and teaching, not a medical device."


def check_form(file: Path, to: str | None, men: int) -> str:
    """The form of a file of so many men.

    Raises InputError for a form that does not exist, an ending that is not its own, or several men in a form of one.
    """
    ending = file.suffix.lower()
    form = to or next((name for name, endings in ENDINGS.items() if ending in endings), None)
    if form not in ENDINGS:
        raise InputError(f"{to or file.name}: expected {', '.join(f'{n} ({e[0]})' for n, e in ENDINGS.items())}")
    if ending not in ENDINGS[form]:
        raise InputError(f"{file.name}: a file of {form} ends with {' or '.join(ENDINGS[form])}")
    if men > 1 and form not in OF_MANY:
        raise InputError(f"{men} men: {form} holds one; {', '.join(OF_MANY)} hold several")
    return form


def _write_statements(equations: Equations, file: Path, form: str, title: str) -> Path:
    """Write the model in a language of statements, its event table and, for several men, their numbers."""
    events, men = file.with_name(f"{file.stem}_events.csv"), file.with_name(f"{file.stem}_men.csv")
    times = np.append(np.arange(0.0, equations.days), equations.days).tolist()
    own = len(equations.numbers) > 1
    if form == "nonmem":
        table, text = nonmem_table(equations, times), to_nonmem(equations, title, file.stem, events.name)
    else:
        write = {"desolve": to_desolve, "mrgsolve": to_mrgsolve, "rxode2": to_rxode2}[form]
        table = event_table(equations, times)
        text = write(equations, title, file.name, events.name, men.name if own else None)
    _write(events, table.to_csv(index=False))
    if own:
        _write(men, equations.of_each_man().to_csv(index=False))
    return _write(file, text)


def _write(file: Path, text: str) -> Path:
    write_whole(file, lambda place: place.write_text(text, encoding="utf-8"))
    return file
