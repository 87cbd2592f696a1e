"""The notebook of the tutorial has the tutorial's text and code, and no outputs."""

import importlib
import json
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def tutorial(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("tutorial_notebook")


def test_the_notebook_is_that_of_the_tutorial(tutorial):
    assert tutorial.NOTEBOOK.read_text(encoding="utf-8") == tutorial.text(), "run: python docs/tutorial_notebook.py"


def test_it_has_every_python_block_and_installs_first(tutorial):
    cells = json.loads(tutorial.text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    assert len(code) == 1 + page.count("```python\n") and "%pip install" in code[0]
    assert all(block in page for block in code[1:])
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")


def test_no_experiment_holds_outputs():
    pages = [path for path in (DOCS / "experiments").glob("*.md") if path.name != "index.md"]
    assert len(pages) == 8
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "**Question.**" in text and "## Answer" in text and "**Published.**" in text and "assert" in text
        assert "{code-cell}" in text and "data:image" not in text
