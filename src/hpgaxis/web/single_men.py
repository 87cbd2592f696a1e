"""One man's own data: read, learned, forecast, and a protocol found for him."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..datasets.course import Course, DataSet, Stretch
from ..datasets.one_man import read_one_man
from ..datasets.read import read_data_text
from ..errors import InputError
from ..evidence.individuals import packaged_individuals
from ..files import plain
from ..individual.fit import Fit, fit
from ..individual.optimise import optimise
from ..measurements.registry import LABS
from ..model import Model
from ..pharmacology.protocol import Protocol
from ..units import convert
from ..validation.courses import data_set_rows
from .courses import numbers
from .requests import DataAsked, FitAsked, Man, SearchAsked
from .work import Step

MOST_ROWS, MOST_LINES = 500, 20_000
MEMBERS_OF_A_SEARCH = 64


def read_data(asked: DataAsked) -> dict[str, Any]:
    """The men of a data set, and how each row was read."""
    read = _of_text(asked)
    return plain({
        "subjects": {name: _course(one) for name, one in read.items()},
        "rows": [vars(row) for row in read.rows[:MOST_ROWS]], "ignored": len(read.ignored), "notes": read.notes,
        "more_rows": max(len(read.rows) - MOST_ROWS, 0),
    })  # fmt: skip


def _of_text(asked: DataAsked) -> DataSet:
    """The data set of a text. Raises InputError for one that is longer than a page can show."""
    if asked.text.count("\n") > MOST_LINES:
        raise InputError(f"{asked.name}: more than {MOST_LINES:,} lines; `hpg fit` reads longer data sets")
    return read_data_text(asked.name, asked.text, time_unit=asked.time_unit)


def _course(one: Any) -> dict[str, Any]:
    return {
        "age": one.age, "bmi": one.bmi, "diagnosis": one.diagnosis, "end": one.end,
        "doses": [stretch.protocol.label() for stretch in one.stretches],
        "measurements": [
            {"time": seen.time, "variable": seen.variable, "value": seen.shown, "held": seen.held,
             "censored": seen.censored}
            for seen in one.observations[:MOST_ROWS]
        ],
    }  # fmt: skip


def learned(asked: FitAsked, step: Step) -> dict[str, Any]:
    """A man's traits, his labs beside their predictions, and protocols forecast in him with 50 and 90 % bands."""
    Model.default().check_variables(asked.variables)
    total = 2 + len(asked.protocols) + asked.diagnoses
    step(0, total)
    man = _fit(asked.data, asked.subject, asked.man, asked.members)
    step(1, total)
    found: dict[str, Any] = {
        "name": man.course.name, "words": repr(man), "assumed_diagnosis": man.assumed_diagnosis,
        "contradictions": [str(one) for one in man.contradictions],
        "traits": man.traits().reset_index(names="trait").to_dict("records"),
        "predictions": [_shown(row) for row in man.predictions().to_dict("records")],
        "diagnostics": man.diagnostics(),
        "forecast": [], "from_day": man.course.end,
    }  # fmt: skip
    for number, protocol in enumerate(asked.protocols):
        coming = man.forecast(protocol, days=asked.days)
        label = coming.protocols[0]
        found["forecast"].append({
            "label": label, "time": numbers(coming.time),
            "bands": {name: numbers(coming.quantiles(label, name)) for name in asked.variables},
        })  # fmt: skip
        step(2 + number, total)
    if asked.diagnoses:
        told = man.diagnoses()
        found["diagnoses"] = {"after": told.probabilities, "before": told.prior, "information": told.information}
    return plain(found)


def _shown(row: dict[Any, Any]) -> dict[Any, Any]:
    """A measurement and its prediction in the unit that results show, whatever unit the laboratory used."""
    unit = LABS[row["variable"]].display_unit
    factor = float(convert(1.0, row["unit"], unit, row["variable"]))
    return row | {"unit": unit} | {name: row[name] * factor for name in ("observed", "median", "low", "high")}


def searched(asked: SearchAsked, step: Step) -> dict[str, Any]:
    """The best protocol that was found, beside the guideline's and no treatment."""
    step(0, asked.tries)
    man = _fit(asked.data, asked.subject, asked.man, MEMBERS_OF_A_SEARCH)
    found = optimise(
        man, asked.goals, asked.bounds, most_drugs=asked.most_drugs, months=asked.months, trials=asked.tries,
        callback=step,
    )  # fmt: skip
    return plain({**found.to_dict(), "words": repr(found)})


def _fit(data: DataAsked | None, subject: str | None, man: Man, members: int) -> Fit:
    """The fit of one man, from his data set or from labs on day 0."""
    read = _of_labs(man) if data is None else _of_text(data)
    if subject is not None:
        read = DataSet({subject: read[subject]}, read.rows, read.notes, read.where)
    if len(read) != 1:
        raise InputError(f"{read.where}: {len(read)} men ({', '.join(list(read)[:8])}); choose one")
    return fit(read, members=members).only


def _of_labs(man: Man) -> DataSet:
    """A man with labs on day 0; without labs any man of his diagnosis."""
    if man.traits or man.history:
        raise InputError("bands are those of men with his labs: leave traits and history as they are")
    patient, diagnosis = man.patient(), None if man.diagnosis == "eugonadal" else man.diagnosis
    if not man.labs:
        untreated = (Stretch(0.0, Protocol()),)
        return DataSet({"he": Course("he", untreated, (), patient.age, patient.bmi, diagnosis)}, (), where="the man")
    labs = [{"day": 0, **man.labs}]
    fields = {"id": "he", "age": patient.age, "bmi": patient.bmi, "diagnosis": diagnosis, "labs": labs}
    read = read_one_man(fields, where="the man")
    if read.ignored:
        raise InputError(read.ignored[0].ignored)
    return read


@cache
def measured_men() -> dict[str, Any]:
    """The men under treatment that the package ships: each one's testosterone, and his course as a table."""
    import pandas as pd

    drugs = Model.default().drugs
    men: dict[str, Any] = {}
    for courses in packaged_individuals().courses:
        for name, rows in courses.rows.groupby("subject", sort=False):
            table = pd.DataFrame(data_set_rows(str(name), rows, drugs))
            table["HOLD"] = (table.pop("cycle") > 1).astype("Int64")
            levels: Any = table[table["EVID"] == 0]
            men[str(name)] = {
                "days": levels["TIME"].tolist(), "testosterone": levels["DV"].tolist(),
                "unit": levels["DVUNIT"].iloc[0], "text": table.to_csv(index=False),
            }  # fmt: skip
    return plain(men)
