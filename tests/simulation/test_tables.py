"""What a result prints: short as itself, and its table whole, in a terminal and in a notebook."""

import re
from pathlib import Path

import pandas as pd
import pytest

import hpgaxis as hpg
from hpgaxis.simulation.tables import Table, whole_text

MAN = hpg.Patient(age=34, bmi=31, labs={"testosterone": "265 ng/dL", "lh": "3.1 IU/L", "estradiol": "48 pg/mL"})
PROTOCOLS = ["anastrozole 1 mg daily", "clomiphene 25 mg daily", "hCG 1500 IU three times a week"]


@pytest.fixture(scope="module")
def comparison() -> hpg.Comparison:
    return hpg.compare(MAN, PROTOCOLS, months=1)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns, the usual width."""
    monkeypatch.setenv("COLUMNS", "80")


def words(text: str) -> list[str]:
    return text.replace("─", " ").split()


def test_the_table_of_a_comparison_prints_every_treatment_at_80_columns(comparison):
    table = comparison.table()
    text = str(table)
    assert "..." not in text and max(map(len, text.splitlines())) <= 80
    expected = [word for column in table.columns for word in column.split()]
    expected += [word for name in table.index for word in name.split()] * (text.count("\n\n") + 1)
    expected += [word for cell in table.to_numpy().ravel() for word in cell.split()]
    assert sorted(words(text)) == sorted(expected)


def test_its_table_is_a_dataframe_whose_values_can_be_used(comparison):
    table = comparison.table()
    assert isinstance(table, pd.DataFrame)
    assert isinstance(table[["baseline", "clomiphene 25 mg daily"]], Table)
    assert table.loc["lh (IU/L)", "baseline"] == comparison.results["clomiphene 25 mg daily"].table().iloc[4, 0]


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_columns_that_do_not_fit_follow_below_and_no_number_is_broken(width):
    frame = pd.DataFrame(
        {f"measurement {letter} (10⁶/mL)": [1234.56, 0.00123456, None] for letter in "abcdefgh"},
        index=["one", "two", "three"],
    )
    text = whole_text(frame, width)
    assert max(map(len, text.splitlines())) <= width
    assert words(text).count("1230") == 8 and words(text).count("0.00123") == 8 and words(text).count("–") == 8


def test_an_interval_stays_in_one_line_and_prose_is_wrapped():
    prose = "estradiol above 60 pg/mL (first on day 10; 69.8 at worst, day 38); " * 3
    text = whole_text(pd.DataFrame({"day 91": ["794 (658 to 895)"], "risks": [prose]}, index=["testosterone"]), 60)
    assert "(658 to 895)" in text and max(map(len, text.splitlines())) <= 60
    assert words(text)[-1] == "38);"


def test_a_table_without_rows_says_so():
    assert str(Table()) == "no rows"


def test_a_notebook_shows_every_column_and_the_whole_of_each_text(comparison):
    long = "word " * 40
    html = Table({f"column {n}": [1.23456, long] for n in range(30)})._repr_html_()
    assert "..." not in html and all(f"column {n}" in html for n in range(30)) and html.count("1.23<") == 30
    assert html.count(long.strip()) == 30
    assert all(protocol in comparison._repr_html_() for protocol in PROTOCOLS)


def test_html_of_names_is_escaped():
    man = hpg.Patient(name="<b>A & B</b>")
    assert "<b>" not in hpg.simulate(man, days=2)._repr_html_()
    assert "<b>" not in hpg.match(man)._repr_html_()


def results() -> dict[str, object]:
    men = hpg.population(2, seed=1)
    return {
        "Result": hpg.simulate(MAN, PROTOCOLS[0], months=1),
        "Ensemble": hpg.simulate_many(men, PROTOCOLS[0], months=1),
        "Prediction": hpg.predict(MAN, PROTOCOLS[0], months=1, draws=2),
        "Comparison": hpg.compare(MAN, PROTOCOLS, months=1),
        "TargetDose": hpg.find_dose("testosterone enanthate ? mg weekly", {"testosterone": "550 ng/dL"}, MAN, months=1),
        "MatchedMan": hpg.match(MAN),
        "Population": men,
        "Validation": hpg.validate(only=["shah-2021-anastrozole"]),
        "Study": hpg.Study(Path("no trial here")),
    }


@pytest.fixture(scope="module")
def shown() -> dict[str, object]:
    return results()


@pytest.mark.parametrize(
    "kind",
    ["Result", "Ensemble", "Prediction", "Comparison", "TargetDose", "MatchedMan", "Population", "Validation", "Study"],
)
def test_a_result_prints_in_a_few_lines_what_it_is(shown, kind):
    text = repr(shown[kind])
    assert text.startswith(f"{kind}: ") and len(text) < 700 and len(text.splitlines()) <= 8
    html = shown[kind]._repr_html_()
    assert kind in html and len(html) < 10_000


def test_a_result_says_protocol_patient_days_and_levels(shown):
    text = repr(shown["Result"])
    assert text.startswith("Result: anastrozole 1 mg daily\n  man of 34 years, BMI 31 kg/m², 3 labs, day 0 to 30\n")
    table = shown["Result"].table()
    assert f"testosterone (ng/dL): {table.iloc[1, 0]} → {table.iloc[1, -1]}" in text


def test_the_first_print_of_a_sensitivity_and_of_all_treatments_is_short():
    found = hpg.Sensitivities(hpg.simulate(None, days=1).time, ("a",), {}, {}, {})
    assert re.fullmatch(r"Sensitivities: % change of 0 measurements for a 1 % change of 1 .*, day 0 to 1", repr(found))


def test_a_patient_prints_what_was_given_and_can_be_read_again():
    assert repr(hpg.Patient()) == "Patient(age=30.0, bmi=24.0)"
    given = hpg.Patient(
        age=45, diagnosis="obesity", history="testosterone enanthate 200 mg weekly", traits={"stress": 1.0}
    )
    assert eval(repr(given), {"Patient": hpg.Patient}) == given
    assert "labs" not in repr(given)


def test_results_without_time_courses_print(shown):
    kept = hpg.simulate_many(hpg.population(2, seed=1), days=2, save=False, statistics=[hpg.Statistic("lh", "mean")])
    assert repr(kept).startswith("Ensemble: no treatment\n  2 men") and "2 men" in kept._repr_html_()
