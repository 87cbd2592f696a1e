"""Covariate effects: the reference against itself, the direction that is known, intervals, pictures, refusals."""

import json

import pytest
from typer.testing import CliRunner

import hpgaxis as hpg
from hpgaxis.cli.main import app

CLOMIPHENE = "clomiphene 25 mg daily"


@pytest.fixture(scope="module")
def found():
    covariates = {"bmi": [24, 36], "age": [25, 70], "diagnosis": ["eugonadal"]}
    reference = hpg.Patient(age=35, bmi=24)
    return hpg.covariate_effects(CLOMIPHENE, covariates, reference=reference, days=60, draws=5)


def ratio(found, covariate, value):
    (row,) = [one for one in found.table.to_dict("records") if (one["covariate"], one["value"]) == (covariate, value)]
    return row


def test_the_reference_man_is_one(found):
    for covariate, value in (("bmi", 24), ("diagnosis", "eugonadal")):
        row = ratio(found, covariate, value)
        assert (row["ratio"], row["low"], row["high"]) == pytest.approx((1, 1, 1), abs=1e-9)


def test_obese_men_have_less_testosterone(found):
    """Men of 36 kg/m2 have less testosterone than lean ones (Wu 2008, EMAS), and on clomiphene too."""
    row = ratio(found, "bmi", 36)
    assert 0.5 < row["low"] <= row["ratio"] <= row["high"] < 0.95


def test_a_change_is_compared_where_asked():
    """The ratio to baseline of the same men: obesity lowers the level, not how many times it rises."""
    level, change = (
        hpg.covariate_effects(CLOMIPHENE, {"bmi": [36]}, days=60, draws=2, of_change=asked) for asked in (False, True)
    )
    (of_level,), (of_change,) = (one.table["ratio"].tolist() for one in (level, change))
    assert abs(of_change - 1) < abs(of_level - 1)
    assert "ratio of testosterone to baseline" in repr(change)


def test_it_is_drawn_and_said(found):
    assert len(found.plot().axes[0].get_yticks()) == 5
    assert "body mass index 36 kg/m²" in repr(found)


@pytest.mark.parametrize(
    ("covariates", "options", "fault"),
    [
        ({"mana": [1]}, {}, "mana"),
        ({}, {}, "no value"),
        ({"age": [25]}, {"measure": "mana"}, "mana"),
        ({"age": [25]}, {"draws": 0}, "draws"),
        ({"age": [-3]}, {}, "age"),
        ({"diagnosis": ["gout"]}, {}, "gout"),
    ],
)
def test_what_cannot_be_compared_is_refused(covariates, options, fault):
    with pytest.raises(hpg.InputError, match=fault):
        hpg.covariate_effects(CLOMIPHENE, covariates, **{"days": 30, "draws": 2, **options})


def test_the_command_prints_and_draws(tmp_path):
    words = ["covariates", CLOMIPHENE, "--of", "bmi=22,36", "--of", "diagnosis=obesity", "--days", "30", "--draws", "2"]
    result = CliRunner().invoke(app, [*words, "--json", "--plot", str(tmp_path / "forest.png")])
    assert result.exit_code == 0, result.output
    assert [row["covariate"] for row in json.loads(result.stdout)] == ["bmi", "bmi", "diagnosis"]
    assert (tmp_path / "forest.png").stat().st_size > 5000


@pytest.mark.parametrize("typed", ["bmi", "bmi=", "bmi=thin"])
def test_covariates_that_are_not_understood_are_refused(typed):
    result = CliRunner().invoke(app, ["covariates", CLOMIPHENE, "--of", typed])
    assert result.exit_code == 2 and typed.split("=")[0] in result.output
