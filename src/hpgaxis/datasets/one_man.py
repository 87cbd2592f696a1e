"""One man's course as a person writes it: a YAML file with his doses and his labs by day or date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..files import shown
from ..measurements.labs import LabError, canonical, split_sample
from ..pharmacology.library import DrugLibrary
from ..pharmacology.protocol import Protocol
from ..units import split_quantity
from .course import DataSet, DataSetError
from .observing import without_comparator
from .table import COLUMNS, read_table

FIELDS = ("id", "age", "bmi", "diagnosis", "doses", "labs")
OF_LABS = ("day", "date", "hold")
OF_DOSES = ("day", "date", "until", "protocol")


def read_one_man(fields: Any, *, where: str = "data set", drugs: DrugLibrary | None = None) -> DataSet:
    """A data set of one man.

    Parameters
    ----------
    fields : `id`, `age`, `bmi`, `diagnosis`; `doses`, a list such as `{day: 0, protocol: anastrozole 1 mg daily}`,
        with `until`; `labs`, a list such as `{day: 0, testosterone: 265 ng/dL at 8:00, lh: 3.1}`, with `hold: true`
        for those that are predicted only, or a mapping of labs before treatment. In place of days there may be dates.
    where : name of the file in messages.
    drugs : library of drugs; default the shipped one.

    Raises
    ------
    DataSetError
        With the field that is wrong.
    """
    if not isinstance(fields, Mapping):
        raise DataSetError(f"{where}: expected fields such as age, doses and labs")
    _known(fields, FIELDS, where)
    name = str(fields.get("id") or "1")
    rows = list[dict[str, Any]]()
    labs = fields.get("labs")
    if isinstance(labs, Mapping):  # as in a patient's file: before treatment
        fields = {**fields, "labs": [{"day": 0, **labs}]}
    for number, entry in enumerate(_list(fields, "labs", where), 1):
        rows += _labs(entry, f"{where}: labs, entry {number}")
    for number, entry in enumerate(_list(fields, "doses", where), 1):
        rows += _doses(entry, f"{where}: doses, entry {number}", drugs)
    if not rows:
        raise DataSetError(f"{where}: neither labs nor doses; give labs like [{{day: 0, testosterone: 265 ng/dL}}]")
    about = {"ID": name, "AGE": fields.get("age"), "BMI": fields.get("bmi"), "DIAGNOSIS": fields.get("diagnosis")}
    for column in ("AGE", "BMI"):
        if not isinstance(about[column], int | float | None) or isinstance(about[column], bool):
            raise DataSetError(f"{where}: {column.lower()} = {shown(about[column])}: expected a number")
    table = [[{**about, **row}.get(column) for column in COLUMNS] for row in rows]
    return read_table(COLUMNS, table, where=where, drugs=drugs)


def _known(entry: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    unknown = [shown(name)[1:-1] for name in entry if name not in names]
    if unknown:
        raise DataSetError(f"{where}: unknown field {', '.join(unknown)}; there are {', '.join(names)}")


def _list(fields: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list | None):
        raise DataSetError(f"{where}: {name} = {shown(value)}: expected a list")
    return value or []


def _when(entry: Mapping[str, Any], where: str) -> Any:
    given = [entry[name] for name in ("day", "date") if entry.get(name) is not None]
    if len(given) != 1 or not isinstance(given[0], int | float | str) or isinstance(given[0], bool):
        raise DataSetError(f"{where}: expected a day like 90, or a date like 2026-03-01, one of them")
    return given[0]


def _labs(entry: Any, where: str) -> list[dict[str, Any]]:
    """One row a lab."""
    if not isinstance(entry, Mapping):
        raise DataSetError(f"{where}: {shown(entry)}; expected like {{day: 0, testosterone: 265 ng/dL}}")
    when, held = _when(entry, where), entry.get("hold", False)
    if not isinstance(held, bool):
        raise DataSetError(f"{where}: hold = {shown(held)}: expected true or false")
    rows = []
    for name, value in entry.items():
        if name in OF_LABS:
            continue
        try:
            key = canonical(name)
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise LabError(f"{key} = {shown(value)}: expected a number or a text like '265 ng/dL'")
            rows.append({"TIME": when, "DVID": key, "HOLD": int(held), **_parts(key, value)})
        except LabError as error:
            raise DataSetError(f"{where}: {error}") from None
    return rows


def _parts(name: str, value: Any) -> dict[str, Any]:
    """Value, unit, hour and assay of a lab such as '265 ng/dL at 8:00 by LC-MS' or '< 0.1'."""
    if not isinstance(value, str):
        return {"DV": value}
    bare, side = without_comparator(value)
    try:
        quantity, hour, assay = split_sample(name, bare)
        amount, unit = split_quantity(quantity)
    except InputError as error:
        raise LabError(f"{name} = {shown(value)}: {error}") from None
    sign = {"below": "<", "above": ">", "": ""}[side]
    return {"DV": f"{sign}{amount!r}", "DVUNIT": unit, "HOUR": hour, "ASSAY": assay}


def _doses(entry: Any, where: str, drugs: DrugLibrary | None) -> list[dict[str, Any]]:
    """One row a series of doses of a protocol."""
    if isinstance(entry, str):
        entry = {"day": 0, "protocol": entry}
    if not isinstance(entry, Mapping):
        raise DataSetError(f"{where}: {shown(entry)}; expected like {{day: 0, protocol: clomiphene 25 mg daily}}")
    _known(entry, OF_DOSES, where)
    if not isinstance(entry.get("protocol"), str):
        raise DataSetError(f"{where}: the protocol is missing, like 'clomiphene 25 mg daily'")
    when, until = _when(entry, where), entry.get("until")
    try:
        plan = Protocol.of(entry["protocol"], drugs)
    except InputError as error:
        raise DataSetError(f"{where}: {error}") from None
    if plan.rules or plan.adherence < 1:
        raise DataSetError(f"{where}: rules at visits and missed doses are no data; give the doses that he took")
    rows = []
    for one in plan.series:
        begin, length = _shifted(when, one.start_day, where), _length(when, until, where)
        left = None if length is None else int((length - one.start_day) / one.interval_days - 1e-9) + 1
        doses = one.doses if left is None else left if one.doses is None else min(one.doses, left)
        if doses is not None and doses < 1:
            continue
        rows.append({
            "TIME": begin, "EVID": 1, "DRUG": one.drug, "ROUTE": one.route, "AMT": repr(float(one.amount)),
            "UNIT": one.unit, "II": "" if doses == 1 else repr(float(one.interval_days)),
            "ADDL": "" if doses is None else doses - 1, "OPEN": 1 if doses is None else "",
            "DUR": "" if one.over_days is None else repr(float(one.over_days)),
        })  # fmt: skip
    return rows


def _shifted(when: Any, days: float, where: str) -> Any:
    if not isinstance(when, str) or not days:
        return when if isinstance(when, str) else repr(float(when) + days)
    from datetime import datetime, timedelta

    try:
        return (datetime.fromisoformat(when) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise DataSetError(f"{where}: {shown(when)} is no date like 2026-03-01") from None


def _length(when: Any, until: Any, where: str) -> float | None:
    """Days from the first dose to `until`; None without it."""
    if until is None:
        return None
    from datetime import datetime

    try:
        if isinstance(when, str) and isinstance(until, str):
            days = (datetime.fromisoformat(until) - datetime.fromisoformat(when)).days
        elif isinstance(when, str) or isinstance(until, str | bool):
            raise ValueError
        else:
            days = until - when
    except (ValueError, TypeError):
        raise DataSetError(f"{where}: until = {shown(until)}: expected a day or a date, like its beginning") from None
    if not days > 0:
        raise DataSetError(f"{where}: until = {shown(until)} is not after its beginning, {shown(when)}")
    return float(days)
