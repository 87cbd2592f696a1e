"""Diagram of the axis: organs, signals with their signs, and where each class of drugs acts.

The positions are drawn by hand. The signs are those of the equations' derivatives in a man at rest, and the drugs are
those of the model's library, so that a changed model changes the picture.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..files import write_whole
from ..model import Model
from ..pharmacology.mechanisms import MECHANISMS
from ..physiology.states import Inputs
from .axis_links import LINKS, ORGANS, SITES, TAGS, Link, Organ

if TYPE_CHECKING:
    from ..pharmacology.drug import Drug

LEFT, WIDTH, HEIGHT = 90, 1140, 775
"""Left edge, width and height of the drawing."""
THEMES = ("auto", "light", "dark")
STEP = 1e-4
"""Share by which a state rises to show the sign of its effects."""
BOX_HEIGHT = 50
TESTIS = (465, 372, 520, 266)
"""x, y, width and height of the frame around the organs of the testis."""
TAG_HEIGHT, TAG_STEP = 19, 22
SHORT_GROUPS = {
    "selective estrogen receptor modulator": "SERM",
    "5-alpha-reductase inhibitor": "5α-reductase inhibitor",
    "androgen receptor antagonist": "antiandrogen",
}
NAMED_SINGLY = ("gonadotropin", "lifestyle", "surgery")
"""Groups too wide to say what acts: their drugs are named."""
SHOWN_DRUGS = 2
SIGNS = {0: "±", 1: "+", -1: "−"}
VERBS = {0: "stimulates or inhibits", 1: "stimulates", -1: "inhibits"}
COLOURS = {
    "light": {
        "ink": "#1b1f24", "muted": "#4d5763", "paper": "#ffffff", "organ": "#e9f0f8", "organ-line": "#4a6a8a",
        "blood": "#fbeeee", "blood-line": "#a05252", "testis": "#f6f8fa", "plus": "#17603a", "minus": "#ad1f17",
        "drug": "#fff6d9", "drug-line": "#9a7400",
    },
    "dark": {
        "ink": "#f0f3f6", "muted": "#b3bdc8", "paper": "#131416", "organ": "#1f2f40", "organ-line": "#86a8c9",
        "blood": "#3a2424", "blood-line": "#d29a9a", "testis": "#1a1d21", "plus": "#6fd09a", "minus": "#ff8f85",
        "drug": "#39310f", "drug-line": "#d9b84a",
    },
}  # fmt: skip


@dataclass(frozen=True)
class DrugTag:
    """A class of drugs at a site, its drugs, and the sign of what they do there: 0 where they differ."""

    site: str
    group: str
    sign: int
    drugs: tuple[str, ...]

    @property
    def text(self) -> str:
        """What is written on the tag."""
        if self.group in NAMED_SINGLY:
            shortest = sorted(self.drugs, key=len)
            return ", ".join(shortest[:SHOWN_DRUGS]) + (" …" if len(shortest) > SHOWN_DRUGS else "")
        return SHORT_GROUPS.get(self.group, self.group)


@dataclass(frozen=True)
class AxisDiagram:
    """The diagram of a model's axis; a notebook shows it as a picture.

    Attributes
    ----------
    model : the model whose links and drugs are drawn.
    drugs : the drugs that are drawn; None for all of the model.

    Examples
    --------
    >>> signs = {(link.source, link.target): sign for link, sign in axis_diagram().links().items()}
    >>> signs["hypothalamus", "pituitary"], signs["testosterone", "hypothalamus"]
    (1, -1)
    """

    model: Model
    drugs: tuple[Drug, ...] | None = None

    @cached_property
    def _parameters(self) -> Any:
        return self.model.parameters({"varicocele": 1.0})  # so that its repair has an effect

    @cached_property
    def _at_rest(self) -> dict[str, float]:
        return self._values(self.model.reference_state(self._parameters), Inputs())

    def _values(self, state: np.ndarray, inputs: Inputs) -> dict[str, float]:
        """Rates of all states, and the measurements that are no states."""
        y = self.model.state_type(*state)
        return self.model.measure(y, self._parameters, inputs) | self.model.rates(y, self._parameters, inputs)._asdict()

    def _changes(self, state: str = "", channel: str = "") -> dict[str, float]:
        """Change of the rate of every state, and of the measurements that are no states.

        Parameters
        ----------
        state : rises by the share STEP.
        channel : rises from 0 to 1.
        """
        risen, inputs = self.model.reference_state(self._parameters), Inputs()
        if state:
            risen[self.model.states.index(state)] *= 1 + STEP
        if channel:
            inputs = inputs._replace(**{channel: 1.0})
        after = self._values(risen, inputs)
        return {name: float(after[name] - before) for name, before in self._at_rest.items()}

    @cached_property
    def _channel_signs(self) -> dict[str, int]:
        """Sign of the first effect of every channel that a drug of the diagram uses."""
        used = {channel for drug in self._drawn() for channel in _channels(drug)}
        return {
            channel: _sign(self._changes(channel=channel)[site.target], channel, site.target)
            for channel, site in SITES.items()
            if channel in used
        }

    def _drawn(self) -> Iterable[Drug]:
        return self.model.drugs.values() if self.drugs is None else self.drugs

    def link_sign(self, path: tuple[str, ...]) -> int:
        """Sign, +1 or -1, of the effect along a path of states. Raises InputError where a step has no effect."""
        signs = [_sign(self._changes(state=source)[target], source, target) for source, target in pairwise(path)]
        return int(np.prod(signs))

    def links(self) -> dict[Link, int]:
        """Every arrow with its sign: +1 stimulates, -1 inhibits."""
        return {link: self.link_sign(link.path) for link in LINKS}

    def drug_tags(self) -> list[DrugTag]:
        """Every class of drugs at every site where it acts, with the sign of its first effect there.

        Only those of `drugs`, where the diagram has them.
        """
        signs: dict[tuple[str, str], set[int]] = defaultdict(set)
        drugs: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for drug in self._drawn():
            channels = _channels(drug)
            for channel, sign in self._channel_signs.items():
                if channel in channels:
                    key = SITES[channel].organ, drug.group
                    signs[key].add(sign)
                    drugs[key][_short_name(drug)] = None
        return [DrugTag(*key, sum(signs[key]), tuple(names)) for key, names in drugs.items()]

    def description(self) -> str:
        """Every arrow and every class of drugs in words, for readers who do not see the picture."""
        arrows = [_in_words(link, sign) for link, sign in self.links().items()]
        drugs = [f"{tag.group} {VERBS[tag.sign]}: {_organ(tag.site)}" for tag in self.drug_tags()]
        return ". ".join([*arrows, *drugs]) + "."

    def svg(self, theme: str = "auto") -> str:
        """The diagram as SVG text: "light", "dark", or "auto" as the reader's system is set."""
        if theme not in THEMES:
            raise InputError(f"no theme {theme!r}; there are {', '.join(THEMES)}")
        drawing = ET.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"{LEFT} 0 {WIDTH} {HEIGHT}", "role": "img",
                    "class": "axis-diagram", "aria-labelledby": "axis-diagram-title axis-diagram-description"},
        )  # fmt: skip
        ET.SubElement(drawing, "title", id="axis-diagram-title").text = "The hypothalamic-pituitary-gonadal axis"
        ET.SubElement(drawing, "desc", id="axis-diagram-description").text = self.description()
        ET.SubElement(drawing, "style").text = _style(theme)
        _rectangle(drawing, "paper", LEFT, 0, WIDTH, HEIGHT)
        x, y, width, height = TESTIS
        _rectangle(drawing, "testis", x, y, width, height, radius=18)
        _text(drawing, "muted", x + width - 12, y + height - 10, "testis", "end")
        for link, sign in self.links().items():
            _draw_link(drawing, link, sign)
        for name, organ in ORGANS.items():
            _draw_organ(ET.SubElement(drawing, "g", {"data-organ": name}), organ)
        heights: dict[str, int] = defaultdict(int)
        for tag in self.drug_tags():
            left, top = TAGS[tag.site]
            _draw_tag(drawing, tag, left, top + TAG_STEP * heights[tag.site])
            heights[tag.site] += 1
        _draw_legend(drawing)
        return ET.tostring(drawing, encoding="unicode")

    def save(self, path: str | Path, theme: str = "auto") -> Path:
        """Write the diagram as an SVG file, and return its path."""
        text = self.svg(theme)
        write_whole(Path(path), lambda p: p.write_text(text, encoding="utf-8"))
        return Path(path)

    def _repr_svg_(self) -> str:
        return self.svg()


def axis_diagram(model: Model | None = None) -> AxisDiagram:
    """Draw the axis: organs, signals with their signs, and where each class of drugs acts.

    Parameters
    ----------
    model : the model, by default the shipped one. Its equations give the signs, its library the drugs.

    Returns
    -------
    AxisDiagram
        A notebook shows it; `save` writes an SVG file.

    Raises
    ------
    InputError
        The model lacks an effect that the diagram draws.

    Examples
    --------
    >>> diagram = axis_diagram()
    >>> diagram.svg().startswith("<svg")
    True
    """
    return AxisDiagram(model or Model.default())


def _organ(site: str) -> str:
    return ORGANS[site].name if site in ORGANS else site.replace("_", " ")


def _in_words(link: Link, sign: int) -> str:
    messenger = f" ({link.messenger})" if link.messenger else ""
    return f"{_organ(link.source)} to {_organ(link.target)}: {VERBS[sign]}{messenger}"


def _channels(drug: Drug) -> set[str]:
    """Input channels on which a drug acts."""
    return {channel for effect in drug.effects for channel in MECHANISMS[effect.mechanism].channels}


def _short_name(drug: Drug) -> str:
    """The usual spelling of an abbreviation (rFSH, hCG), else the name."""
    return next((alias for alias in drug.aliases if alias.lower().endswith(drug.name)), drug.name.replace("_", " "))


def _sign(change: float, source: str, target: str) -> int:
    if change == 0:
        raise InputError(f"the model has no effect of {source} on {target}, which the diagram draws")
    return 1 if change > 0 else -1


# ---- Drawing


def _style(theme: str) -> str:
    """Style sheet of the drawing; every colour is a variable, so that a page can change it."""
    first = "light" if theme == "auto" else theme
    variables = {
        name: "".join(f"--{key}:{value};" for key, value in colours.items()) for name, colours in COLOURS.items()
    }
    dark = f"@media (prefers-color-scheme: dark){{.axis-diagram{{{variables['dark']}}}}}" if theme == "auto" else ""
    return (
        f".axis-diagram{{{variables[first]}font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}}{dark}"
        ".axis-diagram text{fill:var(--ink);font-size:14px}.axis-diagram .name{font-weight:600;font-size:16px}"
        ".axis-diagram .muted{fill:var(--muted);font-size:13px}.axis-diagram .label{font-size:13px;paint-order:stroke;"
        "stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}.axis-diagram .tag{font-size:12.5px}"
        ".axis-diagram rect.paper{fill:var(--paper)}.axis-diagram rect.testis{fill:var(--testis);stroke:var(--muted);"
        "stroke-dasharray:2 4}.axis-diagram rect.organ{fill:var(--organ);stroke:var(--organ-line);stroke-width:1.5}"
        ".axis-diagram rect.blood{fill:var(--blood);stroke:var(--blood-line);stroke-width:1.5}"
        ".axis-diagram rect.drug{fill:var(--drug);stroke:var(--drug-line)}"
        ".axis-diagram .link{fill:none;stroke-width:2.2}.axis-diagram .plus{stroke:var(--plus)}"
        ".axis-diagram .minus{stroke:var(--minus);stroke-dasharray:7 4}.axis-diagram .end{stroke-dasharray:none}"
        ".axis-diagram polygon.plus{fill:var(--plus)}"
    )


def _rectangle(
    parent: ET.Element, kind: str, x: float, y: float, width: float, height: float, radius: float = 0
) -> None:
    size = {"x": x, "y": y, "width": width, "height": height, "rx": radius}
    ET.SubElement(parent, "rect", {"class": kind} | {name: f"{value:g}" for name, value in size.items()})


def _text(parent: ET.Element, kind: str, x: float, y: float, words: str, anchor: str = "middle") -> None:
    place = {"class": kind, "x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
    ET.SubElement(parent, "text", place).text = words


def _draw_organ(parent: ET.Element, organ: Organ) -> None:
    radius = 24 if organ.kind == "blood" else 8
    left, top = organ.x - organ.width / 2, organ.y - BOX_HEIGHT / 2
    _rectangle(parent, organ.kind, left, top, organ.width, BOX_HEIGHT, radius)
    _text(parent, "name", organ.x, organ.y - 3, organ.name)
    _text(parent, "muted", organ.x, organ.y + 15, organ.role)


def _draw_link(parent: ET.Element, link: Link, sign: int) -> None:
    """A line to the last corner: with an arrowhead where it stimulates, dashed with a bar where it inhibits."""
    kind = "plus" if sign > 0 else "minus"
    (x0, y0), (x1, y1) = link.corners[-2:]
    length = float(np.hypot(x1 - x0, y1 - y0))
    along, across = ((x1 - x0) / length, (y1 - y0) / length), (-(y1 - y0) / length, (x1 - x0) / length)

    def point(back: float, side: float) -> str:
        return f"{x1 - back * along[0] + side * across[0]:.1f},{y1 - back * along[1] + side * across[1]:.1f}"

    gap = 9 if sign > 0 else 5
    line = " ".join([*(f"{x:g},{y:g}" for x, y in link.corners[:-1]), point(gap, 0)])
    group = ET.SubElement(parent, "g", {"data-link": f"{link.source} {link.target}"} if link.source else {})
    if link.source:
        ET.SubElement(group, "title").text = _in_words(link, sign)
    ET.SubElement(group, "polyline", {"class": f"link {kind}", "points": line})
    if sign > 0:
        ET.SubElement(group, "polygon", {"class": kind, "points": f"{point(1, 0)} {point(12, 6)} {point(12, -6)}"})
    else:
        ET.SubElement(group, "polyline", {"class": f"link {kind} end", "points": f"{point(5, 9)} {point(5, -9)}"})
    if link.messenger:
        _text(group, "label", *link.text, f"{link.messenger} {SIGNS[sign]}")


def _draw_tag(parent: ET.Element, tag: DrugTag, left: float, top: float) -> None:
    group = ET.SubElement(parent, "g")
    ET.SubElement(group, "title").text = f"{tag.group} {VERBS[tag.sign]}: {_organ(tag.site)} ({', '.join(tag.drugs)})"
    words = f"{SIGNS[tag.sign]} {tag.text}"
    _rectangle(group, "drug", left, top, max(24.0, 6.9 * len(words) + 22), TAG_HEIGHT, 9)
    _text(group, "tag", left + 8, top + 14, words, "start")


def _draw_legend(parent: ET.Element) -> None:
    left, top = 1010, 620
    for row, (sign, words) in enumerate(((1, "stimulates, supplies"), (-1, "inhibits"))):
        y = top + 26 * row
        _draw_link(parent, Link("", "", "", (), ((left, y), (left + 44, y)), (0, 0)), sign)
        _text(parent, "muted", left + 56, y + 5, words, "start")
    _rectangle(parent, "organ", left, top + 44, 44, 18, 5)
    _text(parent, "muted", left + 56, top + 58, "organ", "start")
    _rectangle(parent, "blood", left, top + 72, 44, 18, 9)
    _text(parent, "muted", left + 56, top + 86, "in blood, in semen", "start")
    _rectangle(parent, "drug", left, top + 100, 44, 18, 9)
    _text(parent, "muted", left + 56, top + 114, "drugs, and what they do", "start")
