"""Results of every kind have the same methods."""

import numpy as np
import pandas as pd
import pytest

import hpgaxis as hpg

KINDS = {
    "one": lambda: hpg.simulate(None, "anastrozole 1 mg daily", days=5),
    "many": lambda: hpg.simulate_many(hpg.population(3, seed=2), days=5, variables=["lh", "testosterone"]),
    "prediction": lambda: hpg.predict(None, days=5, draws=3, variables=["lh", "testosterone"]),
}
ROWS = {"one": 1, "many": 3, "prediction": 3}


@pytest.fixture(scope="module", params=list(KINDS))
def case(request):
    return ROWS[request.param], KINDS[request.param]()


def test_a_long_table_has_an_integer_id_time_variable_value_and_unit(case):
    rows, result = case
    table = result.to_dataframe(long=True)
    assert {"ID", "TIME", "variable", "value", "unit"} <= set(table)
    assert table["ID"].dtype.kind == "i" and sorted(set(table["ID"])) == list(range(1, rows + 1))
    assert len(table) == rows * len(result.time) * len(result.values)
    lh = table[(table["variable"] == "lh") & (table["ID"] == rows)]
    assert (lh["value"].to_numpy() == np.atleast_2d(result["lh"])[-1]).all() and set(lh["unit"]) == {"IU/L"}


def test_a_wide_table_holds_the_same(case):
    rows, result = case
    table = result.to_dataframe()
    assert list(table.columns[:2]) == ["ID", "TIME"] and len(table) == rows * len(result.time)
    assert (table["lh [IU/L]"].to_numpy() == np.atleast_2d(result["lh"]).ravel()).all()


def test_a_dataset_has_the_dimensions_id_and_time(case):
    rows, result = case
    data = result.to_xarray()
    assert dict(data.sizes) == {"ID": rows, "TIME": len(result.time)}
    assert data["lh"].attrs["units"] == "IU/L" and data["TIME"].attrs["units"] == "day"
    assert (data["lh"].to_numpy() == np.atleast_2d(result["lh"])).all()


def test_levels_and_means_are_of_each_row(case):
    rows, result = case
    for value in (result.at("lh", 2.5), result.mean("lh", 1, 3)):
        assert np.shape(value) == (() if rows == 1 else (rows,))
    with pytest.raises(hpg.InputError, match="day 6 is outside the simulation"):
        result.at("lh", 6)


def test_quantiles_are_those_of_95_percent(case):
    _, result = case
    expected = np.quantile(np.atleast_2d(result["lh"]), [0.025, 0.5, 0.975], axis=0)
    assert result.quantiles("lh") == pytest.approx(expected)


def test_tables_files_and_figures(case, tmp_path):
    _, result = case
    assert list(result.table(["lh"], [0, 5]).columns) == ["day 0", "day 5"]
    assert len(pd.read_csv(result.save(tmp_path / "a.csv"))) == len(result.to_dataframe())
    assert result.save(tmp_path / "a.json").exists()
    assert len(result.plot(["lh", "testosterone"]).axes) >= 2


def test_courses_that_were_not_kept_are_not_written_as_an_empty_table(tmp_path):
    result = hpg.simulate_many(None, days=5, save=False, statistics=[hpg.Statistic("lh")])
    for call in (result.to_dataframe, lambda: result.to_dataframe(long=True), result.to_xarray, result.plot):
        with pytest.raises(hpg.InputError, match=r"no time courses were kept \(save=False\)"):
            call()
    with pytest.raises(hpg.InputError, match="no time courses were kept"):
        result.save(tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_a_patient_without_a_name_is_called_by_his_id():
    result = hpg.simulate_many([hpg.Patient(), hpg.Patient(name="Ann's man")], days=2, statistics=[hpg.Statistic("lh")])
    assert list(dict.fromkeys(result.to_dataframe()["patient"])) == ["man 1", "Ann's man"]
    assert list(result.statistics_table().index) == ["man 1", "Ann's man"]
