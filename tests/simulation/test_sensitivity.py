"""Forward sensitivities against differences of whole simulations."""

from typing import Any

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.model import Model
from hpgaxis.people.match import MatchedMan
from hpgaxis.physiology.parameters import catalogue, parameters

MAN = hpg.match(hpg.Patient(age=41, bmi=28))
TIGHT: dict[str, Any] = {"rtol": 1e-8, "atol": 1e-12}
MEASURES = ("testosterone", "estradiol", "lh", "fsh", "sperm_concentration", "hematocrit", "shbg")


def shifted(changes):
    """The same man with some parameters moved, and what follows from them, at his new untreated steady state."""
    own = {name: float(getattr(MAN.parameters, name)) for name in catalogue()}
    own.update(changes)
    traits = {name: own.pop(name) for name in MAN.traits}
    p = parameters(traits, age=MAN.parameters.age, bmi=MAN.parameters.bmi, changed=own)
    return MatchedMan(MAN.patient, p, Model.default().untreated(p), traits, {})


@pytest.mark.parametrize("protocol", ["anastrozole 1 mg daily", "testosterone enanthate 200 mg weekly", "no treatment"])
@pytest.mark.parametrize("name", ["leydig_output", "estrogen_sensitivity", "lh_elimination", "testosterone_reference"])
def test_slopes_are_those_of_whole_simulations(protocol, name):
    found = hpg.sensitivities(MAN, protocol, [name], days=90, variables=MEASURES, **TIGHT)
    step, value = 1e-4, float(getattr(MAN.parameters, name))
    up, down = (
        hpg.simulate(shifted({name: value * (1 + sign * step)}), protocol, days=90, step_days=1, **TIGHT)
        for sign in (1, -1)
    )
    for measure in MEASURES:
        difference = (up[measure] - down[measure]) / (2 * step)
        size = np.abs(found.values[measure]).max()
        assert found.slopes[measure][0] == pytest.approx(difference, rel=1e-4, abs=1e-6 * size)


def test_values_are_those_of_the_simulation():
    found = hpg.sensitivities(MAN, "clomiphene 25 mg daily", ["aromatase", "germ_cells"], days=60, variables=MEASURES)
    plain = hpg.simulate(MAN, "clomiphene 25 mg daily", days=60, step_days=1)
    for measure in MEASURES:
        assert found.values[measure] == pytest.approx(plain[measure], rel=1e-4)
    assert found.elasticity("sperm_concentration")[1] == pytest.approx(np.ones(61), rel=1e-6)  # in proportion


def test_the_table_puts_the_strongest_first():
    table = hpg.sensitivities(None, "no treatment", days=30, variables=("testosterone", "lh")).table()
    strongest = table.abs().max(axis=1).to_numpy()
    assert (np.diff(strongest) <= 0).all()
    assert table.loc["leydig_output", "lh"] < 0 < table.loc["leydig_output", "testosterone"]  # pyright: ignore


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"with_respect_to": ["leydig"]}, "no parameter or trait named 'leydig'"),
        ({"with_respect_to": []}, "at least one"),
        ({"with_respect_to": ["varicocele"]}, "is 0"),
        ({"protocol": "tamoxifen 20 mg daily; if lh > 9 at day 30 stop tamoxifen"}, "rules"),
        ({"variables": ["lhh"]}, "no measurement"),
    ],
)
def test_impossible_requests(arguments, message):
    with pytest.raises(ValueError, match=message):
        hpg.sensitivities(None, **{"days": 10, **arguments})


def test_a_data_frame_holds_the_elasticities_and_not_the_levels():
    found = hpg.sensitivities(None, with_respect_to=["aromatase", "germ_cells"], days=2, variables=["estradiol"])
    frame = found.to_dataframe()
    assert list(frame.columns) == ["TIME", "parameter", "estradiol"] and len(frame) == 2 * len(found.time)
    last = frame[(frame["TIME"] == 2) & (frame["parameter"] == "aromatase")]["estradiol"]
    assert last.item() == found.table().loc["aromatase", "estradiol"]
