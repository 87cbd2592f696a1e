"""Event tables as pharmacometricians write them: TIME, AMT, II, ADDL, RATE, CMT, EVID, and the unit of AMT.

One row is one series of doses; a row with EVID 2 holds a rule at visits, or the adherence, as a sentence in RULE. CMT
is `drug:route`. ADDL -1 means until the end of the simulation. RATE is AMT per day, 0 for a dose given at once. TIME
and II are days.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from .doses import DoseSeries, ProtocolError
from .protocol import Protocol, read_rules

COLUMNS = ("TIME", "AMT", "II", "ADDL", "RATE", "CMT", "EVID", "UNIT", "RULE")


def to_events(protocol: Protocol) -> list[dict[str, Any]]:
    """Rows of the event table, in the order of the protocol's series."""
    rows = []
    for item in protocol.series:
        rows.append(
            {
                "TIME": item.start_day,
                "AMT": item.amount,
                "II": 0.0 if item.doses == 1 else item.interval_days,
                "ADDL": -1 if item.doses is None else item.doses - 1,
                "RATE": 0.0 if item.over_days is None else item.amount / item.over_days,
                "CMT": f"{item.drug}:{item.route}",
                "EVID": 1,
                "UNIT": item.unit,
                "RULE": "",
            }
        )
    said = protocol.rule_sentences()
    if protocol.adherence < 1:
        said.append(protocol.adherence_sentence())
    other = {"TIME": 0.0, "AMT": 0.0, "II": 0.0, "ADDL": 0, "RATE": 0.0, "CMT": "", "EVID": 2, "UNIT": ""}
    return rows + [{**other, "RULE": text} for text in said]


def from_events(rows: list[dict[str, Any]], where: str = "event table") -> Protocol:
    """The protocol of these rows; columns may be missing where 0 is meant. Raises ProtocolError with row and column."""
    series, rules, adherence = [], [], 1.0
    for index, row in enumerate(rows):
        place = f"{where}: row {index + 1}"

        def number(name: str, row: dict[str, Any] = row, place: str = place) -> float:
            value = row.get(name, 0)
            try:
                return float(value) if value not in (None, "", ".") else 0.0
            except ValueError:
                raise ProtocolError(f"{place}, {name}: {value!r} is not a number") from None

        if number("EVID") == 2.0:
            text = str(row.get("RULE") or "")
            found = re.fullmatch(r"\s*([\d.eE+-]+)\s*% adherence\s*", text)
            if found:
                adherence = float(found[1]) / 100
            else:
                rules += read_rules([text], f"{place}, RULE")
            continue
        if number("EVID") not in (0.0, 1.0):
            raise ProtocolError(f"{place}, EVID: {row['EVID']} is not a dose (1) or a rule (2)")
        if "CMT" not in row or ":" not in str(row["CMT"]):
            raise ProtocolError(f"{place}, CMT: {row.get('CMT')!r}; expected drug:route, like hcg:sc")
        if number("II") < 0:
            raise ProtocolError(f"{place}, II: the interval is {number('II'):g} days; it must be above 0")
        name, route = str(row["CMT"]).split(":", 1)
        rate, amount, additional = number("RATE"), number("AMT"), int(number("ADDL"))
        if additional < -1 or rate < 0:
            raise ProtocolError(f"{place}: ADDL {additional} and RATE {rate:g}; ADDL is -1 or more, RATE 0 or more")
        try:
            series.append(
                DoseSeries(
                    drug=name,
                    amount=amount,
                    unit=str(row.get("UNIT") or _unit(name)),
                    route=route,
                    start_day=number("TIME"),
                    interval_days=number("II") if additional != 0 else 1.0,
                    doses=None if additional == -1 else additional + 1,
                    over_days=round(amount / rate, 9) if rate else None,
                )
            )
        except ValueError as error:
            raise ProtocolError(f"{place}: {error}") from None
    return Protocol(tuple(series), rules=tuple(rules), adherence=adherence)


def _unit(drug_name: str) -> str:
    from .drug import find

    return find(drug_name).dose_unit


def write_csv(protocol: Protocol) -> str:
    """The event table as CSV text."""
    buffer = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(buffer, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    for row in to_events(protocol):
        writer.writerow({key: repr(value) if isinstance(value, float) else value for key, value in row.items()})
    return buffer.getvalue()


def read_csv(text: str, where: str = "event table") -> Protocol:
    """The protocol of a CSV event table. Raises ProtocolError with row and column."""
    reader = csv.DictReader(io.StringIO(text))
    missing = {"TIME", "AMT", "CMT"} - set(reader.fieldnames or ())
    if missing:
        raise ProtocolError(
            f"{where}: the column {', '.join(sorted(missing))} is missing; columns are {', '.join(COLUMNS)}"
        )
    return from_events(list(reader), where)
