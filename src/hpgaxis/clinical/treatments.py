"""Compare the standard treatments of male infertility in one man by simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..model import Model
from ..people.match import MatchedMan, matched
from ..people.patient import Patient, phenotypes
from ..pharmacology.mechanisms import MECHANISMS
from ..simulation.results import Result
from ..simulation.run import simulate
from ..simulation.table_text import level_text
from ..units import days_in_months
from .risks import warnings

if TYPE_CHECKING:
    import pandas as pd

HORMONES = ("lh", "fsh", "testosterone", "estradiol", "intratesticular_testosterone")
STIMULATION = ("leydig_stimulation", "sertoli_stimulation")
SPERM_MONTHS = (3, 6, 12)
MONTHS = 12
HORMONE_MONTH = 3
NOT_LEANER = 25.0
"""Body mass index (kg/m2) below which weight loss is not a treatment."""


@dataclass(frozen=True)
class Row:
    """One treatment in one man.

    hormones: means over the third month (days 61 to 91), in the units shown, by name; stimulation: of Leydig and
    Sertoli cells (% of the typical man's); sperm: 10^6/mL at 3, 6 and 12 months, means over the last dosing interval;
    time_to_90_percent: days to 90 % of the largest departure of testosterone and of sperm concentration from the start,
    None if nothing changes; risks: limits passed within the year; approval: by drug.
    """

    treatment: str
    protocol: str
    mechanism: str
    target: str
    hormones: dict[str, float]
    stimulation: dict[str, float]
    sperm: dict[str, float]
    time_to_90_percent: dict[str, float | None]
    risks: tuple[str, ...]
    cautions: tuple[str, ...]
    approval: dict[str, str]
    note: str


@dataclass(frozen=True, repr=False)
class TreatmentTable:
    """All standard treatments in one man, as `compare_treatments` returns them.

    Attributes
    ----------
    man : the man.
    start : measurement -> his level before treatment, in `units[measurement]`.
    units : measurement -> display unit.
    rows : one `Row` a treatment.
    why_untreatable : why no drug treatment helps in his diagnosis; otherwise "".

    Examples
    --------
    >>> TreatmentTable(hpg.match(hpg.Patient()), {"lh": 4.0}, {"lh": "IU/L"}, (), "").start["lh"]
    4.0
    """

    man: MatchedMan
    start: dict[str, float]
    units: dict[str, str]
    rows: tuple[Row, ...]
    why_untreatable: str

    def __repr__(self) -> str:
        lines = [f"TreatmentTable: {self.man.patient.in_words()}; testosterone in month 3, sperm at 12 months"]
        for row in self.rows:
            testosterone = level_text("testosterone", row.hormones["testosterone"])
            sperm = level_text("sperm_concentration", row.sperm[str(SPERM_MONTHS[-1])])
            lines.append(f"{row.treatment}: {testosterone} {self.units['testosterone']}, {sperm} 10⁶/mL")
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        from ..simulation.tables import notebook_text

        return notebook_text(repr(self).splitlines()[0], self.table())

    @property
    def untreated(self) -> dict[str, float]:
        """Hormones and stimulation of the same man without treatment in the third month."""
        return {**self.rows[0].hormones, **self.rows[0].stimulation}

    def table(self) -> pd.DataFrame:
        """One row a treatment, one column a figure or a text."""
        from ..simulation.tables import Table

        records = {}
        for row in self.rows:
            records[row.treatment] = {
                "mechanism": row.mechanism,
                "target": row.target,
                **{f"{name} ({self.units[name]})": value for name, value in row.hormones.items()},
                **{f"{name} (% of normal)": value for name, value in row.stimulation.items()},
                **{f"sperm at {month} months (10⁶/mL)": value for month, value in row.sperm.items()},
                **{f"days to 90 % of effect: {name}": value for name, value in row.time_to_90_percent.items()},
                "risks": "; ".join(row.risks),
                "cautions": " ".join(row.cautions),
                "approval": "; ".join(f"{drug}: {status}" for drug, status in row.approval.items()),
                "note": row.note,
            }
        return Table.from_dict(records, orient="index")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        patient = self.man.patient
        return {
            "diagnosis": patient.diagnosis,
            "age": patient.age,
            "bmi": patient.bmi,
            "labs": patient.labs,
            "history": patient.history,
            "start": self.start,
            "units": self.units,
            "why_untreatable": self.why_untreatable,
            "treatments": [asdict(row) for row in self.rows],
        }

    def plot(self) -> Any:
        """Return a matplotlib figure: ratios to no treatment, and sperm over the year."""
        from .figures import treatment_effects

        return treatment_effects(self)


@cache
def standard() -> tuple[dict[str, Any], ...]:
    """The treatments compared by default."""
    import yaml

    text = resources.files("hpgaxis.clinical").joinpath("treatments.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))


def compare_treatments(
    man: Patient | MatchedMan | None = None,
    *,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> TreatmentTable:
    """Return a year of every standard treatment in one man.

    Parameters
    ----------
    man, parameters, model : as for `simulate`.
    callback : is called with the number of treatments done and the number of all.

    Returns
    -------
    TreatmentTable
        One row a treatment.

    Raises
    ------
    InputError, SimulationError
        What `simulate` raises.

    Examples
    --------
    >>> table = compare_treatments(hpg.Patient(diagnosis="hyperprolactinaemia"))
    >>> len(table.rows) > 5, table.units["lh"]
    (True, 'IU/L')
    """
    matched_man = matched(man, model, parameters)
    patient = matched_man.patient
    chosen = [
        entry
        for entry in standard()
        if patient.diagnosis in entry.get("only_for", [patient.diagnosis])
        and (patient.bmi > NOT_LEANER or "lean" not in entry)
    ]
    rows: list[Row] = []
    start: dict[str, float] = {}
    units: dict[str, str] = {}
    for index, entry in enumerate(chosen):
        result = simulate(matched_man, entry["protocol"], days=days_in_months(MONTHS) + 1)
        if not start:
            names = (*HORMONES, *STIMULATION, "sperm_concentration", "total_motile_count", "testis_volume")
            start = {name: float(result[name][0]) for name in names}
            units = {name: result.units[name] for name in names}
        rows.append(_row(entry, result))
        if callback:
            callback(index + 1, len(chosen))
    return TreatmentTable(
        matched_man, start, units, tuple(rows), phenotypes()[patient.diagnosis].get("no_treatment", "")
    )


def _row(entry: dict[str, Any], result: Result) -> Row:
    protocol = result.protocol
    drugs = list({series.drug: series.definition for series in protocol.series}.values())
    mechanisms = dict.fromkeys(MECHANISMS[effect.mechanism].summary for drug in drugs for effect in drug.effects)
    begin, end = days_in_months(HORMONE_MONTH - 1), days_in_months(HORMONE_MONTH)

    def average(name: str) -> float:
        return result.mean(name, begin, end)

    metrics = result.metrics(["testosterone", "sperm_concentration"])["time_to_90_percent_days"].to_dict()
    return Row(
        treatment=entry["name"],
        protocol=protocol.label(),
        mechanism="; ".join(mechanisms) or "–",
        target=entry["target"],
        hormones={name: average(name) for name in HORMONES},
        stimulation={name: average(name) for name in STIMULATION},
        sperm={str(month): result.reading("sperm_concentration", days_in_months(month)).mean for month in SPERM_MONTHS},
        time_to_90_percent={
            "testosterone": _or_none(metrics["testosterone"]),
            "sperm": _or_none(metrics["sperm_concentration"]),
        },
        risks=tuple(warnings(result)),
        cautions=tuple(drug.cautions for drug in drugs),
        approval={drug.name: drug.status for drug in drugs},
        note=entry.get("note", ""),
    )


def _or_none(value: Any) -> float | None:
    return None if value != value else float(value)
