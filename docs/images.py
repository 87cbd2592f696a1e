"""Pictures that the README and the documentation show: the axis, and a comparison of four treatments."""

from __future__ import annotations

from pathlib import Path

from markdown_table import FOLDER, ROOT

import hpgaxis as hpg
from hpgaxis.cli.demo import PATIENT, PROTOCOLS
from hpgaxis.clinical.compare import Comparison
from hpgaxis.plot.axis_diagram import COLOURS
from hpgaxis.simulation.figure_style import dark_variables

IMAGES = ROOT / "docs" / "images"
THEMES = ("light", "dark")


def write(path: Path, text: str) -> None:
    """Write a file whose text has changed; another one stays untouched, so that Sphinx does not read it again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")


def framed(picture: str, name: str) -> str:
    """An SVG as a part of a page that scrolls on narrow screens."""
    return f'<div class="figure" tabindex="0" role="group" aria-label="{name}">{picture}</div>\n'


def include(name: str) -> str:
    """The Markdown that puts the file `name` of docs/generated into a generated page."""
    return f"\n```{{raw}} html\n:file: {name}\n```\n"


def comparison() -> Comparison:
    """The demonstration's treatments over six months."""
    return hpg.compare(PATIENT, PROTOCOLS, months=6)


def described(result: Comparison) -> str:
    """What a picture of the comparison says in numbers: the table after six months."""
    return result.table().to_csv()


def description(path: Path) -> str:
    """The description that a PNG file carries; "" for none."""
    from PIL import Image

    if not path.exists():
        return ""
    with Image.open(path) as image:
        return str(image.info.get("Description", ""))


def write_images() -> None:
    """Write the pictures; the comparison only when its numbers have changed."""
    diagram = hpg.axis_diagram()
    for theme in THEMES:
        write(IMAGES / f"axis-{theme}.svg", diagram.svg(theme))
    write(FOLDER / "axis.html", framed(diagram.svg(), "Diagram of the axis"))
    write(FOLDER / "static" / "figures.css", style())
    result, path = comparison(), IMAGES / "comparison.png"
    if description(path) != described(result):
        result.plot().savefig(path, dpi=110, metadata={"Description": described(result), "Software": None})


def style() -> str:
    """Colours of the figures under the site's own switch of light and dark."""
    light, dark = ("".join(f"--{name}: {colour}; " for name, colour in COLOURS[theme].items()) for theme in THEMES)
    return (
        f'body[data-theme="light"] .axis-diagram {{ {light}}}\n'
        f'body[data-theme="dark"] .axis-diagram {{ {dark}}}\n'
        f'body[data-theme="dark"] .figure {{ --paper: #131416; {dark_variables()} }}\n'
        f'@media (prefers-color-scheme: dark) {{ body:not([data-theme="light"]) .figure '
        f"{{ --paper: #131416; {dark_variables()} }} }}\n"
    )
