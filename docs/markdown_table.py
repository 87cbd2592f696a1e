"""Markdown that the generated pages are written in, and where they go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "generated"


def cell(value: Any) -> str:
    """A table cell: no line breaks, no bars."""
    return str(value).replace("|", "/").replace("\n", " ").replace("<", "&lt;").strip() or "–"


def table(heads: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
