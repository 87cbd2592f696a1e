"""Measurements in single men: cross-sections of untreated men, and courses of men under treatment; their reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import NUMBER, read_text, shown
from ..measurements.registry import LABS
from ..units import UnitError, convert, normalised

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Column = Any
"""A pandas Series; the types that pandas states for what its methods return are too wide to be checked."""
SHIPPED = "shipped"
"""Stands for the package's own files where a folder is named."""
AGE, BMI, WEIGHT = "age_years", "bmi_kg_m2", "exam_weight"
AGES, BMIS = (18.0, 120.0), (10.0, 100.0)
"""Lowest and highest age (years) and body mass index (kg/m2) of a man in a file."""
COURSE_COLUMNS = ("subject", "day", "cycle", "on_treatment", "kind", "name", "value", "unit")
KINDS = ("dose", "observation")
DEPOT, DAILY = "mg depot", "mg/day"
LONGEST, MOST_CYCLES, LARGEST = 36_525.0, 1000.0, 1e9
"""Days and cycles of one man, and doses and levels before their own limits."""
TEXTS = (".md", ".rst", ".txt")
"""Endings of files that describe the others, which are left alone."""
MOST_PROBLEMS = 20
"""Of one file that an error lists."""


class IndividualsError(InputError):
    """A file of single men that does not hold what it must: file, line, column, value, and what would be right."""


@dataclass(frozen=True, eq=False)
class CrossSection:
    """Untreated men, each measured once.

    Attributes
    ----------
    name : of the file.
    values : `age` (years), `bmi` (kg/m2), labs in their display units (NaN where a man lacks one), and `weight` where
        the file has it -> (men,).
    labs : names of the labs.
    unused : columns of the file that are not read.
    """

    name: str
    values: dict[str, Array]
    labs: tuple[str, ...]
    unused: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values["age"])


@dataclass(frozen=True, eq=False)
class Courses:
    """Men under treatment, each with his doses and observations over time.

    Attributes
    ----------
    name : of the file.
    rows : one row a dose or observation, in the order of the file: `subject`, `day`, `cycle`, `on_treatment` (bool),
        `kind` (dose or observation), `name`, `value` (NaN for a dose that was not recorded) and `unit`.
    unused : columns of the file that are not read.
    """

    name: str
    rows: pd.DataFrame
    unused: tuple[str, ...] = ()

    @property
    def subjects(self) -> list[str]:
        """The men, in the order of the file."""
        return list(dict.fromkeys(self.rows["subject"]))


@dataclass(frozen=True, eq=False)
class Individuals:
    """The files of a folder of single men; unreadable: file -> why it could not be read."""

    cross_sections: tuple[CrossSection, ...] = ()
    courses: tuple[Courses, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)


class _Table:
    """The cells of a CSV file as texts, by column and line, and the problems found in them."""

    def __init__(self, text: str, where: str) -> None:
        import pandas as pd

        self.where = where
        self.problems: dict[tuple[int, str], str] = {}
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            records = [(reader.line_num, [cell.strip() for cell in record]) for record in reader]
        except csv.Error as error:
            raise IndividualsError(
                f"{where}, line {reader.line_num}: {error}; expected comma-separated cells"
            ) from None
        records = [(line, cells) for line, cells in records if any(cells)]
        if len(records) < 2:
            raise IndividualsError(f"{where}: no rows; expected a line of column names, and one line a man or a record")
        (_, self.columns), *rows = records
        for column in self.columns:
            if self.columns.count(column) > 1:
                raise IndividualsError(f"{where}: column {shown(column)} stands twice; keep one")
        for line, cells in rows:
            if len(cells) != len(self.columns):
                raise IndividualsError(
                    f"{where}, line {line}: {len(cells)} cells, where the first line names {len(self.columns)} columns"
                )
        self.cells: Any = pd.DataFrame(
            [cells for _, cells in rows], columns=self.columns, index=[line for line, _ in rows], dtype=str
        )

    def require(self, columns: Sequence[str], form: str) -> None:
        """Raise IndividualsError for columns that are missing; form: what the file is."""
        if missing := [column for column in columns if column not in self.columns]:
            raise IndividualsError(
                f"{self.where}: no column {', '.join(missing)}; {form} has the columns {', '.join(columns)}"
            )

    def refuse(self, wrong: Column, column: str, expected: str) -> None:
        """Note the cells of a column that are wrong, unless something is wrong with them already."""
        for line in self.cells.index[wrong]:
            value = self.cells.at[line, column]
            said = f"{shown(value)}: {expected}" if value else f"empty; {expected}"
            self.problems.setdefault((line, column), said)

    def numbers(self, column: str, low: float, high: float, what: str, *, may_lack: bool = False) -> Column:
        """The numbers in a column; NaN for those that are wrong, and for empty cells, which `may_lack` allows."""
        texts = self.cells[column]
        empty = texts == ""
        readable = texts.str.fullmatch(NUMBER.pattern)
        self.refuse(~(readable | (empty & may_lack)), column, f"expected {what}")
        numbers = texts.where(readable, "nan").astype(float)
        self.refuse(readable & ~numbers.between(low, high), column, f"expected {what}, from {low:g} to {high:g}")
        return numbers.where(numbers.between(low, high))

    def choices(self, column: str, allowed: Sequence[str]) -> Column:
        """A column whose cells are some of a few words."""
        self.refuse(~self.cells[column].isin(allowed), column, f"expected {' or '.join(allowed)}")
        return self.cells[column]

    def words(self, column: str) -> Column:
        """A column whose cells are not empty."""
        self.refuse(self.cells[column] == "", column, "expected a name")
        return self.cells[column]

    def check(self) -> None:
        """Raise IndividualsError with the problems found, in the order of the lines."""
        found = [f"{self.where}, line {line}, column {column}: {said}" for (line, column), said in self._ordered()]
        if len(found) > MOST_PROBLEMS:
            found[MOST_PROBLEMS:] = [f"{self.where}: and {len(found) - MOST_PROBLEMS} more"]
        if found:
            raise IndividualsError("\n".join(found))

    def _ordered(self) -> list[tuple[tuple[int, str], str]]:
        return sorted(self.problems.items(), key=lambda item: (item[0][0], self.columns.index(item[0][1])))


def _labs(table: _Table) -> Iterator[tuple[str, str, str]]:
    """Column, name and unit of each lab of a cross-section. Raises IndividualsError for a unit that does not fit."""
    for column in table.columns:
        name = max((lab for lab in LABS if column.startswith(f"{lab}_")), key=len, default="")
        if not name:
            continue
        unit = column.removeprefix(f"{name}_").replace("_", "/")
        try:
            convert(1.0, unit, LABS[name].display_unit, name)
        except UnitError as error:
            example = f"{name}_{LABS[name].display_unit.replace('/', '_')}"
            raise IndividualsError(f"{table.where}: column {column}: {error}; expected a name like {example}") from None
        yield column, name, unit


def _cross_section(table: _Table, name: str) -> CrossSection:
    """A cross-section from its table. Raises IndividualsError."""
    table.require((AGE, BMI), "a cross-section")
    labs = list(_labs(table))
    if not labs:
        raise IndividualsError(f"{table.where}: no column of a lab; expected one such as testosterone_ng_dL")
    if twice := [lab for _, lab, _ in labs if [other for _, other, _ in labs].count(lab) > 1]:
        raise IndividualsError(f"{table.where}: two columns of {twice[0]}; keep one")
    men = {
        "age": table.numbers(AGE, *AGES, "an age in years"),
        "bmi": table.numbers(BMI, *BMIS, "a body mass index in kg/m2"),
    }
    if WEIGHT in table.columns:
        men["weight"] = table.numbers(WEIGHT, 0.0, 1e9, "a weight")
    for column, lab, unit in labs:
        scale = convert(1.0, unit, LABS[lab].display_unit, lab)
        low, high = (float(f"{limit / scale:.3g}") for limit in LABS[lab].possible)
        men[lab] = scale * table.numbers(column, low, high, f"{lab} in {unit}", may_lack=True)
    first = table.columns[0]
    table.refuse(table.cells.duplicated(), first, "the same man as in a line above; keep one")
    table.check()
    read = {AGE, BMI, WEIGHT, *(column for column, _, _ in labs)}
    return CrossSection(
        name,
        {which: column.to_numpy() for which, column in men.items()},
        tuple(lab for _, lab, _ in labs),
        tuple(column for column in table.columns if column not in read),
    )


def _courses(table: _Table, name: str) -> Courses:
    """Courses from their table. Raises IndividualsError."""
    import pandas as pd

    table.require(COURSE_COLUMNS, "a file of courses")
    subject, kind, what = table.words("subject"), table.choices("kind", KINDS), table.words("name")
    day = table.numbers("day", 0.0, LONGEST, "a day from the man's first record on")
    cycle = table.numbers("cycle", 1, MOST_CYCLES, "the number of a cycle")
    table.refuse(cycle.notna() & (cycle % 1 != 0), "cycle", "expected a whole number")
    on_treatment = table.choices("on_treatment", ("0", "1")) == "1"
    value = table.numbers("value", -LARGEST, LARGEST, "a number with a decimal point", may_lack=True)
    is_dose = kind == "dose"
    table.refuse((table.cells["value"] == "") & ~is_dose, "value", "expected a level; only a dose may be left open")
    table.refuse(is_dose & (value < 0), "value", "a dose is 0 or more")
    table.refuse(~is_dose & (value < 0), "value", "a level is 0 or more")
    _check_units(table, value, is_dose)
    for column, numbers in (("day", day), ("cycle", cycle)):
        back = numbers.groupby(subject).diff() < 0
        table.refuse(back, column, f"it goes back: the row of this subject above has a later {column}")
    key = ["subject", "day", "kind", "name"]
    rows = pd.DataFrame(
        {"subject": subject, "day": day, "cycle": cycle, "on_treatment": on_treatment, "kind": kind, "name": what,
         "value": value, "unit": table.cells["unit"]}
    )  # fmt: skip
    table.refuse(rows.duplicated(key), "name", "a line above has the same for this subject and day; keep one")
    table.check()
    unused = tuple(column for column in table.columns if column not in COURSE_COLUMNS)
    return Courses(name, rows.astype({"cycle": int}).reset_index(drop=True), unused)


def _check_units(table: _Table, value: Column, is_dose: Column) -> None:
    """Note the units that are unknown or do not fit, and the levels that no man has."""
    cells = table.cells
    table.refuse(is_dose & ~cells["unit"].isin((DEPOT, DAILY)), "unit", f"expected {DEPOT} or {DAILY} for a dose")
    for name, unit in dict.fromkeys(zip(cells["name"][~is_dose], cells["unit"][~is_dose], strict=True)):
        here = ~is_dose & (cells["name"] == name) & (cells["unit"] == unit)
        try:
            if name not in LABS:
                normalised(unit)
                continue
            highest = LABS[name].possible[1] / convert(1.0, unit, LABS[name].display_unit, name)
        except UnitError as error:
            usual = f"expected one such as {LABS[name].display_unit}" if name in LABS else "expected a unit"
            table.refuse(here, "unit", f"{error}; {usual}")
        else:
            table.refuse(here & (value > highest), "value", f"expected {name} of at most {highest:.3g} {unit}")


def read_individuals(text: str, where: str, name: str) -> CrossSection | Courses:
    """The men in a CSV text, whose columns say which form it has.

    Parameters
    ----------
    text : the CSV.
    where : the file, for messages.
    name : of the result.

    Raises
    ------
    IndividualsError
        Naming file, line, column, value and what would be right.

    Examples
    --------
    >>> survey = read_individuals("age_years,bmi_kg_m2,testosterone_nmol_L\\n34,27.5,15.2\\n", "men.csv", "men")
    >>> survey.labs, round(survey.values["testosterone"][0])
    (('testosterone',), 438)
    >>> read_individuals("age_years,bmi_kg_m2,shbg_nmol_L\\nold,27.5,30\\n", "men.csv", "men")
    Traceback (most recent call last):
    hpgaxis.evidence.individuals.IndividualsError: men.csv, line 2, column age_years: 'old': expected an age in years
    """
    table = _Table(text, where)
    if {"subject", "day"} & set(table.columns):
        return _courses(table, name)
    if {AGE, BMI} & set(table.columns):
        return _cross_section(table, name)
    raise IndividualsError(
        f"{where}: not recognised by its columns ({shown(', '.join(table.columns))[1:-1]}); expected {AGE}, {BMI} and "
        f"labs such as testosterone_ng_dL (a cross-section), or {', '.join(COURSE_COLUMNS)} (courses)"
    )


@cache
def packaged_individuals() -> Individuals:
    """The package's own files."""
    folder = resources.files("hpgaxis.evidence").joinpath("individuals")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".csv")), key=lambda entry: entry.name)
    return _sorted(
        [
            read_individuals(entry.read_text(encoding="utf-8"), entry.name, entry.name.removesuffix(".csv"))
            for entry in files
        ],
        {},
    )


def load_individuals(folder: str | Path | None = None) -> Individuals:
    """The files of a folder of single men, or the package's own for None.

    A file that cannot be read does not stop the others; texts that describe them (.md, .rst, .txt) are left alone.

    Raises
    ------
    IndividualsError
        No such folder, no file of men in it, or none that can be read.

    Examples
    --------
    >>> men = load_individuals()
    >>> [(one.name, len(one)) for one in men.cross_sections], [len(one.subjects) for one in men.courses]
    ([('nhanes-2013-2014-men', 2261)], [47])
    """
    if folder is None:
        return packaged_individuals()
    place = Path(folder)
    if not place.is_dir():
        raise IndividualsError(f"{place}: no such folder; give the folder that holds the .csv files of men")
    files = [path for path in sorted(place.iterdir()) if path.is_file() and not path.name.startswith(".")]
    files = [path for path in files if path.suffix.lower() not in TEXTS]
    if not files:
        raise IndividualsError(f"{place}: no .csv files; give the folder that holds the files of men")
    read: list[CrossSection | Courses] = []
    unreadable: dict[str, str] = {}
    for path in files:
        try:
            if path.suffix.lower() != ".csv":
                raise IndividualsError(f"{path}: not a .csv file; expected a cross-section or courses as CSV")
            read.append(read_individuals(read_text(path, IndividualsError), str(path), path.stem))
        except IndividualsError as error:
            unreadable[str(path)] = str(error)
    if not read:
        raise IndividualsError("\n".join(unreadable.values()))
    return _sorted(read, unreadable)


def _sorted(read: Sequence[CrossSection | Courses], unreadable: dict[str, str]) -> Individuals:
    """The files by their forms."""
    return Individuals(
        tuple(one for one in read if isinstance(one, CrossSection)),
        tuple(one for one in read if isinstance(one, Courses)),
        unreadable,
    )
