"""Lines of a figure stay apart for colour-blind readers, and figures in pages are accessible."""

from itertools import combinations

import numpy as np
import pytest

from hpgaxis.simulation.figure_style import COLOURS, DARK_COLOURS, DASHES, line_look, pyplot, svg, time_unit

with np.printoptions():  # colour-science sets how NumPy writes numbers, in every file that is written after it
    colour = pytest.importorskip("colour", reason="colour-science is not installed")
LEAST_DIFFERENCE = 15.0  # CIEDE2000
MOST_LINES = 20
DEFICIENCIES = ("Protanomaly", "Deuteranomaly")


def linear(hexadecimal: str) -> np.ndarray:
    return colour.cctf_decoding(colour.notation.HEX_to_RGB(hexadecimal), function="sRGB")


def lab(hexadecimal: str, deficiency: str) -> np.ndarray:
    """CIE Lab of a colour as a reader with full severity of the deficiency sees it (Machado 2009)."""
    seen = np.clip(colour.blindness.matrix_cvd_Machado2009(deficiency, 1.0) @ linear(hexadecimal), 0, 1)
    return colour.XYZ_to_Lab(colour.RGB_to_XYZ(seen, "sRGB"))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    high, low = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [COLOURS, DARK_COLOURS], ids=["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_any_two_lines_differ_in_colour_or_in_style(palette, deficiency):
    looks = [(palette[n % len(palette)], DASHES[n % len(DASHES)]) for n in range(MOST_LINES)]
    for (one, style), (other, other_style) in combinations(looks, 2):
        difference = float(colour.delta_E(lab(one, deficiency), lab(other, deficiency), method="CIE 2000"))
        assert style != other_style or difference >= LEAST_DIFFERENCE, (one, other, difference)


def test_line_looks_repeat_after_twenty_lines_only():
    looks = [(line_look(n)["color"], str(line_look(n)["ls"])) for n in range(MOST_LINES)]
    assert len(set(looks)) == MOST_LINES


@pytest.mark.parametrize(("palette", "paper"), [(COLOURS, "#ffffff"), (DARK_COLOURS, "#131416")])
def test_lines_have_the_contrast_that_wcag_asks_of_graphics(palette, paper):
    assert all(contrast(line, paper) >= 3 for line in palette)


@pytest.mark.parametrize(("days", "unit"), [(2, "hours"), (30, "days"), (183, "months")])
def test_the_time_axis_has_a_unit_that_fits_its_length(days, unit):
    assert time_unit(np.array([0.0, days]))[0] == unit


def test_svg_keeps_text_and_has_a_title():
    figure, axis = pyplot().subplots()
    axis.plot([0, 1], [0, 1], **line_look(0))
    axis.set_title("Testosterone (ng/dL)")
    text = svg(figure, "One line & its title")
    assert 'role="img"' in text and "<title>One line &amp; its title</title>" in text
    assert "Testosterone (ng/dL)</text>" in text
    assert f"var(--series-0, {COLOURS[0]})" in text
