"""Global sensitivity, on questions with a known answer."""

import pytest
from typer.testing import CliRunner

import hpgaxis as hpg
from hpgaxis.cli.main import app
from hpgaxis.errors import InputError
from hpgaxis.simulation.global_sensitivity import global_sensitivity

FEW = ("aromatase", "semen_volume", "motility")


def index(found, name, trait):
    return float(found.table().loc[trait, name])


def test_a_measurement_that_one_trait_sets_owes_it_all_its_variance():
    """The volume of the ejaculate of untreated men follows its own trait, and no other of these."""
    found = global_sensitivity(None, measure="semen_volume", outcome="level", traits=FEW, samples=64, days=1)
    assert index(found, "first", "semen_volume") == pytest.approx(1, abs=0.05)
    assert index(found, "total", "semen_volume") == pytest.approx(1, abs=0.05)
    assert abs(index(found, "total", "motility")) < 0.02
    assert found.samples == 64 * (len(FEW) + 2) and found.failed == 0


def test_morris_finds_the_same_trait():
    found = global_sensitivity(
        None, measure="semen_volume", outcome="level", traits=FEW, method="morris", samples=8, days=1
    )
    assert found.table().index[0] == "semen_volume"
    assert index(found, "mu_star", "motility") < 0.01 * index(found, "mu_star", "semen_volume")


def test_what_does_not_vary_has_no_indices():
    with pytest.raises(InputError, match="same in all men"):
        global_sensitivity(None, traits=FEW, samples=4, days=1)
    with pytest.raises(InputError, match="gold"):
        global_sensitivity(None, measure="gold", days=1)


def test_aromatase_matters_more_than_motility_for_an_inhibitor():
    man = hpg.Patient(diagnosis="obesity")
    found = global_sensitivity(man, "anastrozole 1 mg daily", measure="estradiol", traits=FEW, samples=32, days=60)
    assert found.table().index[0] == "aromatase"


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"method": "gold"}, "sobol"), ({"samples": 100}, "power of 2"), ({"traits": ["gold", "motility"]}, "gold"),
        ({"traits": ["motility"]}, "two or more"), ({"outcome": "gold"}, "level"), ({"seed": -1}, "seed"),
    ],
)  # fmt: skip
def test_impossible_questions_are_refused(options, fault):
    with pytest.raises(InputError, match=fault):
        global_sensitivity(None, "clomiphene 25 mg daily", days=10, **options)


def test_the_command_prints_writes_and_draws(tmp_path):
    picture, out = tmp_path / "t.png", tmp_path / "t.csv"
    words = ["sensitivity", "clomiphene 25 mg daily", "--days", "20", "--method", "morris", "--samples", "3"]
    result = CliRunner().invoke(
        app, [*words, "--of", "aromatase", "--of", "motility", "--plot", str(picture), "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert "aromatase" in result.output and picture.stat().st_size > 3000 and "mu_star" in out.read_text()
    local = CliRunner().invoke(app, ["sensitivity", "clomiphene 25 mg daily", "--days", "2", "--samples", "4"])
    assert local.exit_code == 2 and "--samples is not used" in local.output
