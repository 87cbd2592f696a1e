"""Documentation that was made is kept only as long as nothing that it depends on has changed."""

import importlib
import sys
from pathlib import Path

import pytest

import hpgaxis as hpg

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The module docs/kept.py, with a package of two files and a record of its own."""
    monkeypatch.syspath_prepend(str(DOCS))
    kept = importlib.import_module("kept")
    package = tmp_path / "package"
    package.mkdir()
    (package / "code.py").write_text("x = 1")
    (package / "data.yaml").write_text("x: 1")
    monkeypatch.setattr(kept, "PACKAGE", package)
    monkeypatch.setattr(kept, "RECORD", tmp_path / "build" / "kept.json")
    yield kept
    del sys.modules["kept"]


def test_what_was_made_is_kept_while_nothing_changes(kept, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("made")
    assert not kept.is_kept("page", kept.digest())
    kept.record("page", kept.digest(), [page])
    kept.record("other", kept.digest())
    assert kept.is_kept("page", kept.digest()) and kept.is_kept("other", kept.digest())


@pytest.mark.parametrize("name", ["code.py", "data.yaml", "new.toml"])
def test_a_change_of_code_or_data_makes_it_anew(kept, name):
    kept.record("page", kept.digest())
    (kept.PACKAGE / name).write_text("x = 2")
    assert not kept.is_kept("page", kept.digest())


def test_a_change_of_the_page_itself_makes_it_anew(kept, tmp_path):
    text = tmp_path / "how-to.md"
    text.write_text("one")
    kept.record("how-to", kept.digests([text])[text])
    assert kept.is_kept("how-to", kept.digests([text])[text])
    text.write_text("two")
    assert not kept.is_kept("how-to", kept.digests([text])[text])


def test_another_version_of_a_package_makes_it_anew(kept, monkeypatch):
    kept.record("page", kept.digest())
    monkeypatch.setattr(kept, "distributions", list)
    assert not kept.is_kept("page", kept.digest())


def test_the_package_is_read_once_for_all_pages(kept, tmp_path, monkeypatch):
    pages = [tmp_path / f"{name}.md" for name in "abc"]
    for page in pages:
        page.write_text(page.name)
    calls = []
    monkeypatch.setattr(kept, "distributions", lambda: calls.append("package") or [])
    assert len(set(kept.digests(pages).values())) == 3 and calls == ["package"]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("by hand")])
def test_a_file_that_is_gone_or_was_edited_is_made_anew(kept, tmp_path, damage):
    page = tmp_path / "page.md"
    page.write_text("made")
    kept.record("page", kept.digest(), [page])
    damage(page)
    assert not kept.is_kept("page", kept.digest())


def test_a_damaged_record_is_no_record(kept):
    kept.record("page", kept.digest())
    kept.RECORD.write_text("{")
    assert not kept.is_kept("page", kept.digest())


@pytest.fixture
def images(monkeypatch):
    """The module docs/images.py."""
    monkeypatch.syspath_prepend(str(DOCS))
    yield importlib.import_module("images")
    for name in ("images", "markdown_table"):
        del sys.modules[name]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pictures_of_the_axis_are_those_of_the_model(images, theme):
    drawn = (images.IMAGES / f"axis-{theme}.svg").read_text(encoding="utf-8")
    assert drawn == hpg.axis_diagram().svg(theme), "run `make docs` and commit docs/images"


def test_the_picture_of_the_comparison_is_that_of_the_model(images):
    written = images.description(images.IMAGES / "comparison.png")
    assert written == images.described(images.comparison()), "run `make docs` and commit docs/images"


@pytest.fixture(scope="module")
def equations():
    """The module docs/equations.py, with its page written, and the page."""
    pytest.importorskip("sympy")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        module = importlib.import_module("equations")
        yield module, module.page()
    for name in ("equations", "markdown_table"):
        sys.modules.pop(name, None)


def test_each_symbol_of_the_equations_has_one_meaning_and_its_row(equations):
    module, page = equations
    assert len(set(module.USED.values())) == len(module.USED)
    assert all(page.count(f"| ${shown}$ |") == 1 for shown in module.USED.values())


def test_every_state_has_an_equation_but_the_chain_of_germ_cells(equations):
    _, page = equations
    for name in hpg.Model.default().states:
        germ_cell = name.startswith(("spermatogonia", "spermatocytes", "round_", "elongated_", "epididymis"))
        assert germ_cell or f"| {name.replace('_', ' ')} |" in page.partition("### States")[2], name


def test_parameters_link_to_their_row(equations):
    _, page = equations
    assert "[lh elimination](parameters.md#parameter-lh_elimination)" in page


def test_no_line_of_an_equation_is_longer_than_the_page(equations):
    module, page = equations
    lines = [line for line in page.splitlines() if line.startswith(("\\begin{array}", "\\frac", "s_", "X_", "\\text"))]
    assert len(lines) > 100
    for line in lines:
        assert all(module.width(part) <= 110 for part in line.split(r" \\ ")), line
