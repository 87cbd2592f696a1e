"""Diagnoses beside their published laboratory patterns."""

from __future__ import annotations

from dataclasses import dataclass

from ..measurements.registry import MEASUREMENTS
from ..people.patient import Patient, phenotypes
from ..simulation.run import simulate


@dataclass(frozen=True)
class PatternRow:
    """One measurement of a diagnosis: predicted, and the published range (low, high), all in `unit`.

    matched: the diagnosis sets this measurement itself, so its agreement is no evidence; verified: the source was read.
    """

    diagnosis: str
    measure: str
    unit: str
    predicted: float
    low: float
    high: float
    matched: bool
    verified: bool
    source: str

    @property
    def inside(self) -> bool:
        """Whether the prediction lies in the published range."""
        return self.low <= self.predicted <= self.high


def laboratory_pattern(diagnosis: str) -> list[PatternRow]:
    """Return the labs of the typical man of a diagnosis beside the published ranges.

    Parameters
    ----------
    diagnosis : name of the diagnosis.

    Returns
    -------
    list of PatternRow
        One row a measurement, in its display unit; empty where no pattern is published.

    Raises
    ------
    PatientError
        An unknown diagnosis.

    Examples
    --------
    >>> row = laboratory_pattern("klinefelter")[0]
    >>> row.predicted > 0, row.low < row.high
    (True, True)
    """
    patient = Patient(diagnosis=diagnosis)
    entry = phenotypes()[diagnosis]
    result = simulate(patient, days=1)
    rows = []
    for measure, published in entry.get("pattern", {}).items():
        rows.append(
            PatternRow(
                diagnosis=diagnosis,
                measure=measure,
                unit=MEASUREMENTS[measure].display_unit,
                predicted=float(result[measure][0]),
                low=float(published["low"]),
                high=float(published["high"]),
                matched=measure in entry.get("labs", {}),
                verified=bool(published["verified"]),
                source=published["source"],
            )
        )
    return rows


def laboratory_patterns() -> list[PatternRow]:
    """The rows of all diagnoses that have a pattern."""
    return [row for diagnosis in phenotypes() for row in laboratory_pattern(diagnosis)]
