"""Recombinant gonadotropins: levels and effects as published."""

import numpy as np
import pytest

import hpgaxis as hpg
from tests.pharmacology.test_drugs import levels


def test_recombinant_hcg_acts_as_urinary_hcg():
    """Handelsman 2024 (doi 10.1111/cen.15040): 62.5 ug and 1500 IU, 250 ug and 5000 IU, give alike peaks."""
    days = np.linspace(0, 7, 57).tolist()
    for recombinant, urinary in ((62.5, 1500), (250, 5000)):
        peaks = [
            max(hpg.simulate(None, sentence, days=7, t_eval=days).at("testosterone", day) for day in days)
            for sentence in (f"choriogonadotropin alfa {recombinant} ug once", f"hCG {urinary} IU once")
        ]
        assert peaks[0] == pytest.approx(peaks[1], rel=0.1)


def test_recombinant_hcg_accumulates_on_alternate_days():
    """Ovitrelle, Swiss product information: peak at 12-24 h, accumulation 1.7-fold every 48 h (10 % allowed)."""
    times, _, found = levels("choriogonadotropin alfa 250 ug every 2 days for 8 doses", 16)
    values = found["choriogonadotropin_alfa"][1]
    first, last = values[times < 2], values[(times > 14) & (times < 16)]
    assert 12 <= 24 * times[first.argmax()] <= 24
    assert last.mean() / first.mean() == pytest.approx(1.7, rel=0.1)


def test_lutropin_stays_for_6_hours():
    """Luveris, Swiss product information: mean residence time 6 h after iv, 56 % available after sc, little left over."""
    times, _, intravenous = levels("lutropin alfa 150 IU iv once", 5)
    _, _, under_the_skin = levels("lutropin alfa 150 IU sc once", 5)
    level = intravenous["lutropin"][1]
    area = np.trapezoid(level, times)
    assert np.trapezoid(level * times, times) / area * 24 == pytest.approx(6, rel=0.1)
    assert np.trapezoid(under_the_skin["lutropin"][1], times) / area == pytest.approx(0.56, rel=0.05)
    assert under_the_skin["lutropin"][1][times > 1].max() < 0.2 * under_the_skin["lutropin"][1].max()


@pytest.mark.parametrize(("dose", "peak", "area"), [(12, 0.388, 41.3), (18, 0.677, 62.9), (24, 0.825, 83.1)])
def test_follitropin_delta_as_measured(dose, peak, area):
    """24 women (PMC9834375): peak (ng/mL) at 24 h, and area (ng h/mL), after 12, 18 and 24 ug."""
    times, _, found = levels(f"follitropin delta {dose} ug once", 30)
    values = found["follitropin_delta"][1]
    assert values.max() == pytest.approx(peak, rel=0.15)
    assert times[values.argmax()] * 24 == pytest.approx(24, abs=4)
    assert np.trapezoid(values, times) * 24 == pytest.approx(area, rel=0.05)
