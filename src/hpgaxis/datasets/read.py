"""Reads a data set of men from a file, a data frame or rows: by its form a table, one man's YAML, or FHIR."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import extra_packages
from ..files import read_text, read_yaml, shown
from ..pharmacology.library import DrugLibrary
from .course import DataSet, DataSetError
from .fhir import read_fhir
from .one_man import read_one_man
from .table import COLUMNS, Names, read_table

ENDINGS = (".csv", ".parquet", ".yaml", ".yml", ".json")
"""Of files that are read."""


def read_data_set(
    data: Any,
    *,
    time_unit: str = "days",
    cmt: Names | None = None,
    dvid: Names | None = None,
    drugs: DrugLibrary | None = None,
    where: str = "",
) -> DataSet:
    """Read men with their doses and measurements.

    Nothing leaves the machine, and nothing is logged.

    Parameters
    ----------
    data : a file (.csv or .parquet: a table as in NONMEM; .yaml: one man; .json: a FHIR resource or Bundle, R4 or
        R5), a data frame, rows as dictionaries of a table's columns, or a FHIR resource as a dictionary.
    time_unit : of TIME, II, DUR and RATE in a table where TIME is no date: "hours", "days" or "weeks".
    cmt : number of a compartment -> "drug:route", for a table with numbers in CMT.
    dvid : number in DVID, or in CMT of a measurement -> name of the measurement.
    drugs : library of drugs; default the shipped one.
    where : name of the data in messages; default the file's.

    Returns
    -------
    DataSet
        The men, and how each row was read. A row that is not understood is left out and named.

    Raises
    ------
    DataSetError
        A file that cannot be read, or no data set at all.

    Examples
    --------
    >>> rows = [{"ID": 1, "TIME": 0, "DRUG": "clomiphene", "AMT": 25, "UNIT": "mg", "II": 1, "ADDL": 89, "DV": None},
    ...         {"ID": 1, "TIME": 90, "DVID": "testosterone", "DV": 18.2, "DVUNIT": "nmol/L"}]
    >>> print(read_data_set(rows)["1"].observations[0].variable)
    testosterone
    """
    options: dict[str, Any] = {"time_unit": time_unit, "cmt": cmt, "dvid": dvid, "drugs": drugs}
    if isinstance(data, DataSet):
        return data
    if isinstance(data, str | Path):
        return _from_file(Path(data), where or str(data), options)
    where = where or "data set"
    if hasattr(data, "columns") and hasattr(data, "itertuples"):
        return _from_frame(data, where, options)
    if isinstance(data, Mapping):
        return read_fhir(data, where=where, drugs=drugs)
    if not isinstance(data, Iterable):
        raise DataSetError(f"{where}: {shown(data)}; expected a file, a data frame, rows or a FHIR resource")
    rows = list(data)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise DataSetError(f"{where}: row {number} is {shown(row)}; expected a dictionary of columns")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not {str(name).strip().upper() for name in columns} & {*COLUMNS}:
        raise DataSetError(f"{where}: none of the columns {', '.join(COLUMNS)}")
    return read_table(columns, [[row.get(name) for name in columns] for row in rows], where=where, **options)


def _from_file(path: Path, where: str, options: dict[str, Any]) -> DataSet:
    kind = path.suffix.lower()
    if kind not in ENDINGS:
        raise DataSetError(f"{where}: the ending {kind!r} is none of {', '.join(ENDINGS)}")
    if kind == ".parquet":
        return _from_parquet(path, where, options)
    return _from_text(kind, read_text(path, DataSetError), where, options)


def read_data_text(name: str, content: str, *, time_unit: str = "days", drugs: DrugLibrary | None = None) -> DataSet:
    """Men from the text of a file; the ending of its name says what it is.

    Raises
    ------
    DataSetError
        A text that cannot be read, or another ending than .csv, .yaml, .yml or .json.
    """
    kind = Path(name).suffix.lower()
    texts = [ending for ending in ENDINGS if ending != ".parquet"]
    if kind not in texts:
        raise DataSetError(f"{shown(name)}: the ending {kind!r} is none of {', '.join(texts)}")
    return _from_text(kind, content, name, {"time_unit": time_unit, "cmt": None, "dvid": None, "drugs": drugs})


def _from_text(kind: str, content: str, where: str, options: dict[str, Any]) -> DataSet:
    if kind == ".csv":
        return _from_csv(content, where, options)
    if kind == ".json":
        return read_fhir(_json(content, where), where=where, drugs=options["drugs"])
    return read_one_man(read_yaml(content, where, DataSetError), where=where, drugs=options["drugs"])


def _from_csv(content: str, where: str, options: dict[str, Any]) -> DataSet:
    plain = content.replace("\r\n", "\n").replace("\r", "\n")
    try:
        lines = list(csv.reader(io.StringIO(plain, newline=""), strict=True))
    except csv.Error as error:
        raise DataSetError(f"{where}: not a table of comma-separated values: {error}") from None
    if not lines:
        raise DataSetError(
            f"{where}: the table is empty; the first line names the columns, like ID,TIME,DVID,DV,DVUNIT"
        )
    if len(lines[0]) == 1 and any(sign in lines[0][0] for sign in ";\t"):
        raise DataSetError(f"{where}: the columns are not separated by commas: {shown(lines[0][0])}")
    return read_table(lines[0], lines[1:], where=where, **options)


def _from_frame(frame: Any, where: str, options: dict[str, Any]) -> DataSet:
    named = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    values = named.astype(object).where(named.notna(), None)
    return read_table(
        list(named.columns), [list(row) for row in values.itertuples(index=False)], where=where, **options
    )


def _from_parquet(path: Path, where: str, options: dict[str, Any]) -> DataSet:
    with extra_packages("Parquet files need pyarrow", "parquet"):
        import pyarrow  # noqa: F401

    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        raise DataSetError(f"no file {path}") from None
    except (OSError, ValueError) as error:
        raise DataSetError(f"{where} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    return _from_frame(frame, where, options)


def _json(content: str, where: str) -> Any:
    import json

    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataSetError(f"{where}: not JSON: {str(error).splitlines()[0]}") from None
