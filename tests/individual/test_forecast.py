"""What protocols will do to one man."""

import numpy as np
import pytest

from hpgaxis.errors import InputError
from hpgaxis.individual.fit import fit
from tests.datasets.test_table import dose, one
from tests.individual.test_fit import COURSE, LABS

CLOMIPHENE = "clomiphene 25 mg daily"


@pytest.fixture(scope="module")
def man():
    return fit(COURSE, members=48).only


@pytest.fixture(scope="module")
def coming(man):
    return man.forecast(
        ["no treatment", CLOMIPHENE, "as recorded", "testosterone enanthate 100 mg im weekly"], months=6
    )


def test_a_forecast_begins_where_the_data_end(man, coming):
    """His testosterone on day 0 of the forecast is that of his last record, under the doses of his data."""
    last = man.expected[-1]
    today = coming.of(CLOMIPHENE)["testosterone"][:, 0]
    assert np.median(today) == pytest.approx(np.median(man.readings[-1].reported(last)), rel=0.05)


def test_doses_that_go_on_keep_him_where_he_is_and_without_them_he_returns(coming):
    at_end = {name: np.nanmedian(coming.of(name)["testosterone"][:, -1]) for name in coming.protocols}
    begin = np.nanmedian(coming.of(CLOMIPHENE)["testosterone"][:, 0])
    assert at_end[CLOMIPHENE] == pytest.approx(begin, rel=0.15)
    assert at_end["no treatment"] < 0.75 * begin
    assert np.nanmedian(coming.of("as recorded")["testosterone"][:, 10]) == pytest.approx(begin, rel=0.1)


def test_bands_are_ordered_and_a_sample_varies_more(coming):
    bands = coming.quantiles(CLOMIPHENE, "testosterone")
    assert (np.diff(bands, axis=0) >= 0).all()
    measured = coming.quantiles(CLOMIPHENE, "testosterone", measured=True)
    assert (measured[-1] - measured[0]).mean() > (bands[-1] - bands[0]).mean()
    frame = coming.to_dataframe(["lh"])
    assert set(frame.columns) == {"protocol", "variable", "unit", "time", "q05", "q25", "q50", "q75", "q95"}


def test_times_and_probabilities(coming):
    suppressed = "testosterone enanthate 100 mg im weekly"
    when = coming.time_to(suppressed, "sperm_concentration", below=1.0)
    assert 30 < when["median"] < 183 and when["low"] <= when["median"] <= when["high"]
    never = coming.time_to("no treatment", "testosterone", above=5000)
    assert never["share"] == 0 and never["median"] == np.inf
    assert coming.probability(suppressed, "lh", below=1.0, day=180) > 0.9
    for wrong in ({}, {"above": 1.0, "below": 2.0}):
        with pytest.raises(InputError, match="above or below"):
            coming.time_to(suppressed, "lh", **wrong)


def test_risks_and_conception(coming):
    risks = coming.risks()
    assert risks.loc["sperm concentration below 16", "testosterone enanthate 100 mg im weekly"] > 80
    chances = coming.conception(CLOMIPHENE, partner_age=30)
    assert (chances["low"] <= chances["high"]).all() and (chances["mean"].diff().dropna() >= 0).all()


def test_a_man_without_doses_begins_untreated():
    untreated = fit(LABS, members=16).only.forecast("no treatment", days=30)
    levels = untreated.of()["testosterone"]
    assert levels[:, -1] == pytest.approx(levels[:, 0], rel=0.02)


def test_a_depot_that_was_given_acts_on():
    depot = dose(TIME=1, DRUG="leuprolide", AMT=22.5)
    found = fit([*LABS, depot, one(TIME=28, DV=15)], members=16).only.forecast("no treatment", months=12)
    levels = np.nanmedian(found.of()["testosterone"], axis=0)
    assert levels[28] < 50 and levels[-1] > 150


@pytest.mark.parametrize(
    ("protocols", "fault"), [(["gold 3 mg daily"], "gold"), ([CLOMIPHENE, CLOMIPHENE], "twice"), ([], "no protocol")]
)
def test_impossible_protocols_are_refused(man, protocols, fault):
    with pytest.raises(InputError, match=fault):
        man.forecast(protocols, months=1)


def test_a_protocol_that_is_not_there_is_refused(coming):
    with pytest.raises(InputError, match="no protocol"):
        coming.of("gold")


def test_tables_files_and_pictures(coming, tmp_path):
    assert coming.table().shape == (13, 4)
    assert coming.save(tmp_path / "bands.csv").exists() and coming.save(tmp_path / "bands.json").exists()
    figure = coming.plot(["testosterone"])
    assert len(figure.axes) == 4
    assert "Forecast: 1" in repr(coming)
