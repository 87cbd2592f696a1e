"""Writes docs/experiments/tutorial.ipynb, the tutorial as a notebook without outputs, from docs/tutorial.md.

python docs/tutorial_notebook.py
"""

import json
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
SOURCE, NOTEBOOK = DOCS / "tutorial.md", DOCS / "experiments" / "tutorial.ipynb"
INSTALL_TEXT = """\
The first cell installs hpgaxis where it is missing, for example on Colab; it takes about a minute. hpgaxis is not on
PyPI: drop the wheel of a release (`hpgaxis-VERSION-py3-none-any.whl`) into the folder of the notebook first (on Colab:
the folder symbol at the left). Only the Python cells run here; the command lines are shown for reading."""
INSTALL = """%matplotlib inline
import glob
import importlib.util

if importlib.util.find_spec("hpgaxis") is None:
    wheels = glob.glob("hpgaxis-*.whl")
    assert wheels, "hpgaxis is missing: drop its wheel into the folder of this notebook, then run this cell"
    %pip install --quiet "{wheels[-1]}[report]" """.rstrip()


def notebook(page: str) -> dict[str, Any]:
    """The cells of a page: its Python blocks as code, all else as text."""
    cells = [
        ("markdown", "# " + page.split("\n", 1)[0].removeprefix("# ")),
        ("markdown", INSTALL_TEXT),
        ("code", INSTALL),
    ]
    body = page.split("\n", 1)[1]
    body = re.sub(r"\{doc\}`([\w/-]+)`", r"[\1](../\1.md)", body)
    body = body.replace("](experiments/", "](")
    body = re.sub(r"\]\((?!https?:|\.\./)([\w/-]+\.md)\)", r"](../\1)", body)
    for place, part in enumerate(re.split(r"^```python\n(.*?)^```\n", body, flags=re.DOTALL | re.MULTILINE)):
        if part.strip():
            cells.append(("code" if place % 2 else "markdown", part.strip()))
    return {
        "cells": [cell(number, kind, text) for number, (kind, text) in enumerate(cells)],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def cell(number: int, kind: str, text: str) -> dict[str, Any]:
    """One cell, without outputs."""
    fields: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        fields |= {"execution_count": None, "outputs": []}
    return fields | {"source": text.splitlines(keepends=True)}


def text() -> str:
    """The file's text."""
    return json.dumps(notebook(SOURCE.read_text(encoding="utf-8")), indent=1, ensure_ascii=False) + "\n"


def write() -> None:
    """Write the notebook where the tutorial has changed."""
    if not NOTEBOOK.exists() or NOTEBOOK.read_text(encoding="utf-8") != text():
        NOTEBOOK.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
