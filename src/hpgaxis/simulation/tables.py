"""Tables for people: every column is printed, in a terminal and in a notebook."""

from __future__ import annotations

import html
import re
from itertools import zip_longest
from shutil import get_terminal_size

import pandas as pd

from .table_text import figure_text

GAP = 2
"""Blanks between columns."""
LONG = 30
"""Width from which a column holds prose, which is wrapped at this width and begins at the left."""
SHORT = 8
"""Length up to which a text stays in one line, as "day 91" does."""
WORDS = re.compile(rf"\([^()]{{0,{LONG - 2}}}\)\S*|\S+")
"""Words, which are never broken; what is in brackets stays together where it is short."""


class Table(pd.DataFrame):
    """A DataFrame that prints every column; its values are those of a DataFrame.

    Numbers are printed with three digits, headings and texts in lines of whole words; columns that do not fit beside
    each other follow below.
    """

    @property
    def _constructor(self) -> type[Table]:
        return Table

    def __repr__(self) -> str:
        return whole_text(self, get_terminal_size().columns)

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            return pd.DataFrame(self).map(cell_text).to_html(border=0)


def notebook_text(summary: str, table: pd.DataFrame | None = None) -> str:
    """HTML of a result in a notebook: its summary in lines, and its table."""
    lines = "<br>".join(html.escape(line.strip()) for line in summary.splitlines())
    return f"<p>{lines}</p>" + (Table(table)._repr_html_() if table is not None else "")


def cell_text(value: object) -> str:
    """A cell: a text as it is, a number with three significant digits, – for none."""
    if isinstance(value, float):
        return figure_text(value)
    return "–" if value is None else str(value)


def whole_text(frame: pd.DataFrame, width: int) -> str:
    """All columns of a table as text, in blocks of columns that fit into `width` beside the names of the rows."""
    if frame.empty:
        return "no rows"
    names = [str(frame.columns.name or ""), *map(str, frame.index)]
    columns = [[str(name), *map(cell_text, frame.iloc[:, place])] for place, name in enumerate(frame.columns)]
    left = _least(names)
    blocks: list[list[list[str]]] = [[]]
    for column in columns:
        used = left + sum(GAP + _least(other) for other in blocks[-1])
        if blocks[-1] and used + GAP + _least(column) > width:
            blocks.append([])
        blocks[-1].append(column)
    return "\n\n".join(_block([names, *block], width) for block in blocks)


def _least(column: list[str]) -> int:
    """Smallest width of a column: its longest word, or LONG for prose."""
    if max(map(len, column[1:])) > LONG:
        return max(LONG, _longest_word(column))
    return _longest_word(column)


def _longest_word(column: list[str]) -> int:
    words = (word for text in column for word in ([text] if len(text) <= SHORT else WORDS.findall(text)))
    return max(map(len, words), default=1)


def _block(columns: list[list[str]], width: int) -> str:
    """Columns beside each other; the first begins at the left."""
    widths = [_least(column) for column in columns]
    wanted = [max(map(len, column)) for column in columns]
    while sum(widths) + GAP * (len(widths) - 1) < width:
        lacking = [min(most, LONG) - now for most, now in zip(wanted, widths, strict=True)]
        if max(lacking) <= 0:
            break
        widths[lacking.index(max(lacking))] += 1
    left = [place == 0 or max(map(len, column[1:])) > LONG for place, column in enumerate(columns)]
    heading, *rows = [_row(row, widths, left) for row in zip(*columns, strict=True)]
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    return "\n".join([heading, rule, *rows])


def _row(texts: tuple[str, ...], widths: list[int], left: list[bool]) -> str:
    """The cells of a row beside each other, in as many lines as the longest needs."""
    cells = [_lines(text, width) for text, width in zip(texts, widths, strict=True)]
    lines = []
    for parts in zip_longest(*cells, fillvalue=""):
        aligned = [
            part.ljust(width) if at_left else part.rjust(width)
            for part, width, at_left in zip(parts, widths, left, strict=True)
        ]
        lines.append((" " * GAP).join(aligned).rstrip())
    return "\n".join(lines)


def _lines(text: str, width: int) -> list[str]:
    """A text in lines of whole words."""
    lines = [""]
    for word in [text] if len(text) <= SHORT else WORDS.findall(text):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
