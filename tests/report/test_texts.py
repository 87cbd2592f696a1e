"""Numbers and words of the pages: intervals, p values, reasons, points of scatters."""

import pytest

from hpgaxis.plot.figures import observed_beside_predicted, with_point_titles
from hpgaxis.report.pages import kind_of_reason
from hpgaxis.report.trial_page import interval_text, probability_text
from hpgaxis.simulation.figure_style import svg


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((0.0, -0.138, 0.117), "0 (−0.14 to 0.12)"),
        ((0.0, -13.8, 11.7), "0 (−14 to 12)"),
        ((152.34, 101.2, 203.4), "152 (101 to 203)"),
        ((1.234, 0.9, 1.55), "1.23 (0.90 to 1.55)"),
        ((0.0, float("nan"), float("nan")), "0"),
        ((float("nan"), float("nan"), float("nan")), "–"),
    ],
)
def test_intervals_have_the_digits_that_their_width_bears(values, text):
    assert interval_text(*values) == text


@pytest.mark.parametrize(("p", "text"), [(2.3e-12, "< 0.001"), (0.0344, "0.034"), (0.617, "0.62"), (float("nan"), "–")])
def test_p_values(p, text):
    assert probability_text(p) == text


def test_reasons_are_counted_without_the_names_of_drugs():
    assert kind_of_reason("the dose of hcg is not stated") == "the dose of the drug is not stated"
    assert kind_of_reason("no day is stated") == "no day is stated"


@pytest.mark.parametrize("predicted", [(1.1, 1.0, 2.8), (1.1, 1.2, 1.0), (3.0, 3.0, 3.0)])
def test_each_point_of_a_scatter_has_its_title(predicted):
    """Points of one class alone, and several together, which matplotlib writes in two ways."""
    rows = [
        {"observed_fold": 1.0, "predicted_fold": p, "fold_error": p, "trial": f"trial <{n}>", "arm": "a",
         "measure": "lh", "day": 30.0, "observed": 4.0, "predicted": 4 * p}
        for n, p in enumerate(predicted)
    ]  # fmt: skip
    text = with_point_titles(svg(observed_beside_predicted(rows, "class"), "class"), rows)
    for n, p in enumerate(predicted):
        title = f"trial &lt;{n}&gt;, a: LH, day 30; observed 4, predicted {4 * p:.3g}"
        assert text.count(f"<title>{title}</title></") == 1
