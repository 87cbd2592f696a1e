"""Every drug's data file: complete, sourced, and doing what it says."""

import numpy as np
import pytest
from pydantic import ValidationError

from hpgaxis.pharmacology import drug as drugs
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import Protocol

REQUIRED = [
    "anastrozole", "letrozole", "testolactone", "exemestane", "clomiphene", "enclomiphene", "tamoxifen", "hCG", "hMG",
    "urinary FSH", "rFSH", "corifollitropin", "gonadorelin", "leuprolide", "triptorelin", "goserelin", "degarelix",
    "cetrorelix", "acyline", "testosterone enanthate", "testosterone cypionate", "testosterone undecanoate", "oral TU",
    "testosterone gel", "nasal testosterone", "testosterone pellet", "testosterone patch", "estradiol patch",
    "ketoconazole",
]  # fmt: skip


def levels(sentence, days, weight=75.0):
    times = np.linspace(0, days, 4000)
    treatment = prepare(Protocol.of(sentence), days, weight_kg=weight, pulses_per_day=13, pulsatile=False)
    return times, treatment, treatment.concentrations(times)


@pytest.mark.parametrize("name", REQUIRED)
def test_the_drugs_of_the_main_comparison_are_there(name):
    assert DrugLibrary.shipped().find(name)


@pytest.mark.parametrize("name", sorted(DrugLibrary.shipped()))
def test_every_drug_on_every_route_gives_finite_non_negative_inputs(name):
    drug = DrugLibrary.shipped()[name]
    for route in drug.routes:
        often = "once" if drug.routes[route].lasting else "daily for 5 doses"
        sentences = [f"{name} 1 {drug.dose_unit} {route} {often}"]
        if drug.formulations_of(route):
            sentences = [
                f"{name} {dose} {drug.dose_unit} {route} {item.name} every {item.interval_days[0]} days for 2 doses"
                for item in drug.formulations_of(route)
                for dose in item.strengths or (1,)
            ]
        for sentence in sentences:
            times, treatment, concentrations = levels(sentence, 60)
            inputs = treatment.forcing.at(times)
            assert np.isfinite(inputs).all()
            assert (inputs.max() > 0) == bool(drug.effects)
            assert inputs.min() > -1e-9 * inputs.max() or not inputs.any()
            assert all(np.isfinite(values).all() for _, values in concentrations.values())


def test_anastrozole_reaches_the_level_of_its_clearance():
    """1 mg a day over 1.54 L/h is 27 ng/mL on average (Mauras 2009)."""
    times, _, found = levels("anastrozole 1 mg daily", 40)
    unit, values = found["anastrozole"]
    assert unit == "ng/mL"
    late = values[times > 30]
    assert late.mean() == pytest.approx(1e6 / (1.54 * 24) / 1000, rel=0.02)


def test_clomiphene_isomers_as_measured():
    """Helo 2017: 25 mg a day for two years gives 2.2 ng/mL enclomiphene and 44 ng/mL zuclomiphene."""
    times, _, found = levels("clomiphene 25 mg daily", 500)
    late = times > 480
    assert found["enclomiphene"][1][late].mean() == pytest.approx(2.2, rel=0.1)
    assert found["zuclomiphene"][1][late].mean() == pytest.approx(44, rel=0.1)


def test_fsh_after_one_dose_as_measured():
    """Handelsman 1995: 75 IU sc peaks at 2.0 IU/L about 21 h after the injection."""
    times, _, found = levels("urinary FSH 75 IU sc once", 6)
    values = found["fsh"][1]
    assert values.max() == pytest.approx(2.0, rel=0.25)
    assert 0.4 < times[values.argmax()] < 1.2


def test_corifollitropin_after_one_dose_as_measured():
    """Bouloux 2001: 15 ug gives Cmax 0.426 (SD 0.116) ng/mL and an area of 81.5 (18.8) ng h/mL."""
    times, _, found = levels("corifollitropin 15 ug sc once", 40)
    values = found["corifollitropin_alfa"][1]
    assert 0.426 - 0.116 < values.max() < 0.426 + 0.116
    assert np.trapezoid(values, times) * 24 == pytest.approx(81.5, rel=0.1)


def test_dose_and_weight_are_proportional():
    _, _, one = levels("acyline 300 ug/kg sc once", 10, weight=70)
    _, _, two = levels("acyline 300 ug/kg sc once", 10, weight=140)
    assert two["acyline"][1].max() == pytest.approx(2 * one["acyline"][1].max())


def test_a_patch_delivers_its_dose():
    """5 mg over a day, whatever the interval: the area of the release is the dose in nmol."""
    times, treatment, _ = levels("testosterone patch 5 mg once", 3)
    release = treatment.forcing.at(times)[:, 13]
    assert np.trapezoid(release, times) == pytest.approx(5e6 / 288.42, rel=1e-2)


def test_pump_pulses_are_averaged_in_the_daily_mean_and_explicit_otherwise():
    protocol = Protocol.of("gonadorelin 10 ug sc every 90 min for 320 doses")
    times = np.linspace(0, 20, 320001)
    column = 10
    mean, pulses = (
        prepare(protocol, 20, weight_kg=75, pulses_per_day=13, pulsatile=way).forcing.at(times)[:, column]
        for way in (False, True)
    )
    inside = (times > 2) & (times < 18)
    assert mean[inside].std() < 1e-9
    assert pulses[inside].max() > 3 * mean[inside].max()
    assert pulses[inside].mean() == pytest.approx(mean[inside].mean(), rel=0.01)


def test_a_bad_drug_file_names_the_field():
    with pytest.raises(ValidationError, match="settled_by"):
        drugs.Value(value=1.0, unit="h", status="assumed", source="guess")
    with pytest.raises(ValidationError, match="greater than 0"):
        drugs.Value(value=-1.0, unit="h", status="measured", source="x")
    with pytest.raises(ValidationError, match="unknown mechanism 'magic'"):
        drugs.Effect(mechanism="magic", analyte="x")
