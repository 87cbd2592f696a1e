"""Protocols as event tables: rows, and CSV text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from .doses import DoseSeries, ProtocolError
from .event_rows import COLUMNS, listed
from .protocol import Protocol


def to_events(protocols: Protocol | Mapping[Any, Protocol]) -> list[dict[str, Any]]:
    """The rows of an event table, by subject and TIME; times in days.

    Parameters
    ----------
    protocols : Protocol or mapping of ID to Protocol
        A single protocol is that of subject 1.

    Returns
    -------
    list of dict
        `read_events` reads them into the same protocols; a table does not hold a protocol's name.
    """
    subjects = {1: protocols} if isinstance(protocols, Protocol) else protocols
    if len({str(subject) for subject in subjects}) < len(subjects):
        raise ProtocolError(f"two subjects have the same ID when it is written: {listed(subjects)}")
    rows = []
    for subject, protocol in subjects.items():
        doses = [{**_blank(subject), **_dose_row(item)} for item in protocol.series]
        if any(second["TIME"] < first["TIME"] for first, second in pairwise(doses)):
            doses = [{**row, "ORDER": index + 1} for index, row in enumerate(doses)]
        rules = protocol.rule_sentences()
        if protocol.adherence < 1:
            rules.append(protocol.adherence_sentence())
        if not doses and not rules:
            rules = [""]
        others = [{**_blank(subject), "EVID": 2, "RULE": text} for text in rules]
        rows += sorted([*doses, *others], key=lambda row: row["TIME"])
    return rows


def _blank(subject: int | str) -> dict[str, Any]:
    texts = ("CMT", "UNIT", "RULE")
    return {name: "" if name in texts else 0 for name in COLUMNS} | {"ID": subject}


def _dose_row(item: DoseSeries) -> dict[str, Any]:
    """The row of a series; other programs read RATE, and DUR keeps the duration to the last digit."""
    if item.other_formulation is not None:
        raise ProtocolError(f"{item.drug}: an event table has no column for its formulation ({item.formulation})")
    return {
        "TIME": item.start_day,
        "EVID": 1,
        "CMT": f"{item.drug}:{item.route}",
        "AMT": item.amount,
        "UNIT": item.unit,
        "II": 0 if item.doses == 1 else item.interval_days,
        "ADDL": 0 if item.doses is None else item.doses - 1,
        "OPEN": 1 if item.doses is None else 0,
        "RATE": 0 if item.over_days is None else item.amount / item.over_days,
        "DUR": 0 if item.over_days is None else item.over_days,
    }


def write_csv(protocols: Protocol | Mapping[Any, Protocol]) -> str:
    """An event table as CSV text; see `to_events`.

    Examples
    --------
    >>> from hpgaxis import Protocol
    >>> print(write_csv(Protocol.of("hCG 1500 IU weekly for 6 doses")))
    ID,TIME,EVID,CMT,AMT,UNIT,II,ADDL,OPEN,RATE,DUR,RULE
    1,0.0,1,hcg:sc,1500.0,IU,7.0,5,0,0,0,
    <BLANKLINE>
    """
    rows = to_events(protocols)
    columns = [*COLUMNS, *(["ORDER"] if any("ORDER" in row for row in rows) else [])]
    buffer = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(buffer, columns, restval=0, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: repr(value) if isinstance(value, float) else value for key, value in row.items()} for row in rows
    )
    return buffer.getvalue()
