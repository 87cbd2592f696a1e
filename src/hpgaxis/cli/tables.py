"""Tables as aligned columns of text that are never wider than the terminal.

A table that is too wide gets narrower headings and wrapped texts; then it is printed in parts, each with some of its
columns; with long texts it becomes one block a row. No number is broken, nor parted from its unit. In a pipe the width
is that of the environment variable COLUMNS, or 80.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

GAP = "  "
"""Between two columns."""
NARROWEST_TEXT = 24
"""Characters that a column of texts is wrapped to at the least."""
LONGEST_FIGURE = 26
"""Characters up to which a cell of a column of numbers is kept on one line."""
FIGURE = re.compile(r"[<>+\-]?\s*\d[\d.e+\-]*( %)?( \(.*\))?")
NO_BREAK = "\u00a0"


def terminal_width() -> int:
    """Columns of the terminal; in a pipe those of COLUMNS, or 80."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def paragraph(text: str, indent: str = "", *, hanging: str = "", width: int | None = None) -> str:
    """The text, each of its lines wrapped at words to the width of the terminal; numbers stay with their units."""
    wrapper = textwrap.TextWrapper(
        width or terminal_width(),
        break_long_words=False,
        break_on_hyphens=False,
    )
    wrapped = list[str]()
    for line in text.split("\n"):
        own = line[: len(line) - len(line.lstrip(" "))]
        wrapper.initial_indent, wrapper.subsequent_indent = indent + own, indent + own + hanging
        wrapped.append(wrapper.fill(_glued(line.lstrip(" "))))
    return "\n".join(wrapped).replace(NO_BREAK, " ")


def _glued(text: str) -> str:
    """A text whose numbers cannot be parted from their units and signs."""
    return re.sub(r"(?<=\d) (?!to\b)(?=[^\s\d]{1,8}(?:\s|$))|(?<=[<>]) (?=\d)", NO_BREAK, text)


def _wrapped(text: str, width: int) -> list[str]:
    return paragraph(text, width=width).split("\n") if text else [""]


@dataclass(frozen=True)
class _Column:
    """A column: its heading and its cells."""

    head: str
    cells: Sequence[str]

    @cached_property
    def is_figures(self) -> bool:
        """Whether most cells are numbers, which stand to the right."""
        known = [cell for cell in self.cells if cell not in ("", "–", "-")]
        return 2 * sum(bool(FIGURE.fullmatch(cell)) for cell in known) >= len(known)

    @cached_property
    def unbroken(self) -> list[str]:
        """The cells, each of a column of numbers without places to break it."""
        if not self.is_figures:
            return list(self.cells)
        return [
            cell.replace(" ", NO_BREAK)
            if len(cell) <= LONGEST_FIGURE and (FIGURE.fullmatch(cell) or "(" in cell)
            else cell
            for cell in self.cells
        ]

    @cached_property
    def longest_cell(self) -> int:
        """Width of the cells without any wrapping."""
        return max(map(len, self.cells), default=0)

    @cached_property
    def natural(self) -> int:
        """Width without any wrapping."""
        return max(map(len, (self.head, *self.cells)))

    @cached_property
    def narrowest(self) -> int:
        """Width to which heading and cells can be wrapped; texts keep at least NARROWEST_TEXT."""
        words = [word for text in (self.head, *self.unbroken) for word in re.split(r"[ \t\n]", _glued(text))]
        return max(*map(len, words), 0 if self.is_figures else min(self.longest_cell, NARROWEST_TEXT))

    @property
    def has_texts(self) -> bool:
        """Whether cells are long texts."""
        return not self.is_figures and self.longest_cell > LONGEST_FIGURE


def table_lines(frame: pd.DataFrame, width: int | None = None) -> list[str]:
    """Return a table as lines of text no wider than `width` (default the terminal).

    Parameters
    ----------
    frame : texts or numbers; numbers are rounded to three significant digits.
    width : characters of a line.
    """
    width = width or terminal_width()
    of_rows = str(frame.index.name or "")
    names = _Column(of_rows, [str(name) for name in frame.index])
    columns = [_Column(str(head), [_text(value) for value in frame[head]]) for head in frame.columns]
    if widths := _widths([names, *columns], width):
        return list(_drawn([names, *columns], widths))
    if any(column.has_texts for column in columns):
        return list(_blocks(names, columns, width))
    lines = list[str]()
    while columns:
        count = next((n for n in range(len(columns), 0, -1) if _widths([names, *columns[:n]], width)), 0)
        if not count:
            return [*lines, *_blocks(names, columns, width)]
        part, columns = [names, *columns[:count]], columns[count:]
        lines += [*([""] if lines else []), *_drawn(part, _widths(part, width))]
    return lines


def _text(value: object) -> str:
    from ..simulation.table_text import figure_text

    if isinstance(value, str):
        return value
    return figure_text(None if value is None else float(value))  # pyright: ignore[reportArgumentType]


def _widths(columns: Sequence[_Column], width: int) -> list[int]:
    """Width of every column in a table that fits; [] where none does."""
    room = width - len(GAP) * (len(columns) - 1)
    widths = [column.narrowest for column in columns]
    if sum(widths) > room:
        return []
    for wanted in (
        [columns[0].longest_cell, *widths[1:]],
        [max(column.longest_cell, width) for column, width in zip(columns, widths, strict=True)],
        [column.natural for column in columns],
    ):
        widths = _widened(widths, wanted, room)
    return widths


def _widened(widths: list[int], wanted: list[int], room: int) -> list[int]:
    """Widths raised towards those that are wanted, as far as there is room; small wishes first, then equal shares."""
    widths, spare = list(widths), room - sum(widths)
    wishes = [max(want - width, 0) for want, width in zip(wanted, widths, strict=True)]
    for done, place in enumerate(sorted(range(len(widths)), key=wishes.__getitem__)):
        more = min(wishes[place], spare // (len(widths) - done))
        widths[place] += more
        spare -= more
    return widths


def _drawn(columns: Sequence[_Column], widths: Sequence[int]) -> Iterator[str]:
    """Lines of a table: the heading, then the rows."""
    for row in range(-1, len(columns[0].cells)):
        texts = [column.head if row < 0 else column.unbroken[row] for column in columns]
        parts = [_wrapped(text, width) for text, width in zip(texts, widths, strict=True)]
        height = max(map(len, parts))
        for line in range(height):
            cells = list[str]()
            for column, part, width in zip(columns, parts, widths, strict=True):
                place = line - (height - len(part)) if row < 0 else line
                text = part[place] if 0 <= place < len(part) else ""
                to_right = column.is_figures and column is not columns[0]
                cells.append(text.rjust(width) if to_right else text.ljust(width))
            yield GAP.join(cells).rstrip()


def _blocks(names: _Column, columns: Sequence[_Column], width: int) -> Iterator[str]:
    """Lines of a table with one block a row: the row's name, then a line for each column."""
    longest = min(max(len(column.head) for column in columns), width // 3)
    for row, name in enumerate(names.cells):
        yield from paragraph(f"{names.head} {name}".strip(), hanging=GAP, width=width).split("\n")
        for column in columns:
            if not column.cells[row]:
                continue
            head = f"{column.head}:".ljust(longest + 1)
            text = f"{head} {column.cells[row]}".replace(head, head.replace(" ", NO_BREAK), 1)
            yield from paragraph(text, GAP, hanging=GAP, width=width).split("\n")
