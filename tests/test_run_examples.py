"""The examples of a page are run, and the output that it shows is the one that they print."""

import importlib
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGE = """# Page

```python
x = 2
print(x)
```

```text
{shown}
```

| question | command |
| --- | --- |
| one | `hpg drugs`, `hpg describe lh` |
| two | as `hpg validate` does |
"""


@pytest.fixture
def examples(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("run_examples")


def page(folder: Path, shown: str) -> Path:
    path = folder / "page.md"
    path.write_text(PAGE.format(shown=shown), encoding="utf-8")
    return path


def test_blocks_and_commands_of_tables_are_found_in_order(examples):
    found = examples.blocks(PAGE)
    assert [language for language, _ in found] == ["python", "text", "console"]
    assert found[2][1] == "$ hpg drugs\n$ hpg describe lh\n"


def test_the_output_that_is_shown_is_compared(examples, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(examples, "hpg", lambda words, as_program: ran.append(words))
    assert examples.run(page(tmp_path, "2")) == 3
    assert ran == [["drugs"], ["describe", "lh"]]
    with pytest.raises(RuntimeError, match="another output") as raised:
        examples.run(page(tmp_path, "3"))
    assert "-3\n+2" in str(raised.value)


def test_the_first_example_is_run_with_its_output(examples, tmp_path):
    assert examples.run(page(tmp_path, "2"), first_only=True) == 1
    with pytest.raises(RuntimeError, match="another output"):
        examples.run(page(tmp_path, "3"), first_only=True)
