"""A Sphinx extension: formulas as MathML, which browsers draw by themselves, so that the site needs no network.

Wide formulas and tables scroll in a box that the keyboard reaches.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def visit_inline(self: Any, node: nodes.math) -> None:
    """An inline formula."""
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """A formula of its own."""
    focus = 'tabindex="0" role="group" aria-label="formula"'
    self.body.append(f'<div class="formula" {focus}>{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def visit_container(self: Any, node: nodes.container) -> None:
    """A box: that of a table takes the keyboard's focus."""
    focus = {"tabindex": "0", "role": "group", "aria-label": "table"} if "table-wrapper" in node["classes"] else {}
    self.body.append(self.starttag(node, "div", CLASS="docutils container", **focus))


def depart_container(self: Any, node: nodes.container) -> None:
    """The end of a box."""
    self.body.append("</div>\n")


def complete_roles(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the headings of the navigation their level, and scrolling examples the keyboard's focus."""
    for part in ("body", "furo_navigation_tree"):
        text = context.get(part) or ""
        text = text.replace('role="heading">', 'role="heading" aria-level="2">')
        context[part] = text.replace("<pre>", '<pre tabindex="0">')


def setup(app: Any) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_node(nodes.container, override=True, html=(visit_container, depart_container))
    app.connect("html-page-context", complete_roles, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
