"""Tables fit the terminal, and never break a number or part it from its unit."""

import pandas as pd
import pytest

from hpgaxis.cli.tables import paragraph, table_lines

FIGURES = pd.DataFrame(
    {f"testosterone enanthate {dose} mg weekly": ["1090 (751 to 1360)", "12345.678"] for dose in (50, 100, 200, 400)},
    index=["testosterone (ng/dL)", "intratesticular_testosterone (nmol/L)"],
)
TEXTS = pd.DataFrame(
    {
        "check": ["hematocrit", "psa"],
        "expected": ["44.5", "0.7"],
        "what for": ["above 54 %: stop until it falls, then give less", "men of 40 and more; above 4 or a rise of 1.4"],
        "source": ["Endocrine Society 2010 table 8; EAU 2020", "Endocrine Society 2010 table 8 and 2018"],
    },
    index=pd.Index(["0", "12"], name="week"),
)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("frame", [FIGURES, TEXTS], ids=["figures", "texts"])
def test_a_table_fits_and_holds_every_cell(frame, width):
    lines = table_lines(frame, width)
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    for name in frame.index:
        assert all(word in words for word in str(name).split())
    for value in frame.to_numpy().ravel():
        assert all(word in " ".join(words) for word in str(value).split())


def test_numbers_are_whole_with_their_intervals_and_units():
    lines = table_lines(FIGURES, 80)
    assert sum(line.count("1090 (751 to 1360)") for line in lines) == 4
    assert "54 %" in paragraph("hematocrit above 54 % at any time", width=20)


def test_wide_tables_keep_one_line_a_row_and_narrow_ones_come_in_parts():
    assert len(table_lines(FIGURES, 200)) == 3
    narrow = table_lines(FIGURES, 60)
    assert "" in narrow and sum(line.startswith("testosterone (ng/dL)") for line in narrow) > 1


def test_long_texts_in_a_narrow_terminal_make_one_block_a_row():
    lines = table_lines(TEXTS, 60)
    assert lines[:3] == ["week 0", "  check:    hematocrit", "  expected: 44.5"]
    assert "week 12" in lines


def test_columns_can_be_read_by_awk():
    lines = table_lines(FIGURES, 200)
    assert all(len(line.split("  ")) > 1 for line in lines)
    assert not set("│┃━┏└") & set("".join(lines))


def test_numbers_have_three_significant_digits():
    assert table_lines(pd.DataFrame({"x": [1234.5, 0.123456]}, index=["a", "b"]), 80)[1:] == ["a   1230", "b  0.123"]
