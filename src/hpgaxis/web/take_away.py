"""What can be taken away from the page: pictures, tables, the report, SBML, and the Python that does the same."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from ..clinical.compare import Comparison, compare
from ..errors import extra_packages
from ..interchange.sbml import to_sbml
from ..people.match import match
from ..report.pages import comparison_page
from ..simulation.run import simulate
from .requests import CoursesAsked, FigureAsked
from .work import Step

DPI = 130
MEDIA = {"png": "image/png", "svg": "image/svg+xml"}


def _comparison(asked: CoursesAsked, step: Step) -> Comparison:
    man = match(asked.man.patient())
    man.model.check_variables(asked.variables)
    return compare(man, asked.protocols, days=asked.days, seed=1, callback=step)


def figure(asked: FigureAsked, step: Step) -> bytes:
    """A picture of the protocols over time."""
    with extra_packages("plots need matplotlib", "report"):
        from matplotlib.pyplot import close
    drawn, file = _comparison(asked, step).plot(asked.variables), io.BytesIO()
    drawn.savefig(file, format=asked.format, dpi=DPI)
    close(drawn)
    return file.getvalue()


def report(asked: CoursesAsked, step: Step) -> str:
    """The report of the comparison as one HTML page."""
    with tempfile.TemporaryDirectory() as folder:
        return comparison_page(_comparison(asked, step), Path(folder) / "report.html").read_text(encoding="utf-8")


def table(asked: CoursesAsked, step: Step) -> str:
    """The time courses as CSV."""
    return _comparison(asked, step).to_dataframe().to_csv(index=False)


def sbml(asked: CoursesAsked, step: Step) -> str:
    """The first protocol in the man as SBML."""
    step(0, 1)
    return to_sbml(simulate(match(asked.man.patient()), asked.protocols[0], days=asked.days, seed=1))


def python(asked: CoursesAsked) -> str:
    """The Python that does what the page shows."""
    protocols = "".join(f"    {sentence!r},\n" for sentence in asked.protocols)
    patient = repr(asked.man.patient()).replace("Patient(", "hpg.Patient(", 1)
    return (
        "import hpgaxis as hpg\n\n"
        f"man = hpg.match({patient})\n"
        f"comparison = hpg.compare(\n    man,\n    [\n{protocols.replace('    ', '        ')}    ],\n"
        f"    days={asked.days:g},\n    seed=1,\n)\n"
        "print(comparison.table())\n"
        f'comparison.plot({asked.variables!r}).savefig("comparison.png")\n'
    )
