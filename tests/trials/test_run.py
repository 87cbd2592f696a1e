"""Virtual trials: who is in them, what each gets, and that nothing depends on how they are run."""

import json
import re
import time
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpgaxis.errors import InputError
from hpgaxis.model import Model, Organ
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.trials import Design, DesignError, EndPoint, Study, read_design, run
from hpgaxis.trials import recruit as recruiting
from hpgaxis.trials import store as folders
from hpgaxis.trials.endpoints import baseline_reached, effects, outcomes
from hpgaxis.trials.run import run_block
from tests.trials.test_design import GOOD

DESIGN = read_design(GOOD)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return run(DESIGN, tmp_path_factory.mktemp("trial"))


def changed(**fields):
    return Design.model_validate({**DESIGN.model_dump(), **fields})


def test_men_are_shared_out_and_meet_the_criteria_as_they_were_read(study):
    men: Any = study.table("men")
    assert men["arm"].value_counts().tolist() == [20, 20, 20]
    assert men["screened"].sum() == 60 + men["excluded"].sum()
    assert men["excluded"].sum() > 0
    visits: Any = study.table("visits")
    assert (visits.loc[visits["day"] == 0, "sperm_concentration_true"] < 40).all()


def test_untreated_men_do_not_change_and_treated_men_do(study):
    visits: Any = study.table("visits").pivot_table(
        index="arm", columns="day", values="testosterone_true", observed=True
    )
    assert visits.loc["no treatment", 90.0] == pytest.approx(visits.loc["no treatment", 0.0], rel=1e-6)
    assert (visits.loc[["anastrozole", "clomiphene"], 90.0] > 1.2 * visits[0.0].drop("no treatment")).all()


def test_who_leaves_is_not_seen_again(study):
    men: Any = study.table("men").set_index("man")
    visits: Any = study.table("visits")
    left = visits["man"].map(men["leaves"]).fillna(np.inf)
    assert (visits["seen"] == (visits["day"] <= left)).all()
    assert visits.loc[~visits["seen"], "testosterone"].isna().all() and not visits["testosterone_true"].isna().any()
    assert 0 < men["leaves"].notna().sum() < 60


def test_effects_are_differences_of_the_arms(study):
    rows: Any = study.effects()
    assert len(rows) == 4 and set(rows["control"]) == {"no treatment"}
    row = rows[(rows["end_point"] == "testosterone gained") & (rows["arm"] == "clomiphene")].iloc[0]
    own: Any = study.query(
        "select arm, avg(value) m from outcomes where end_point = 'testosterone gained' group by arm"
    ).set_index("arm")["m"]
    assert row["effect"] == pytest.approx(own["clomiphene"] - own["no treatment"])
    assert row["low"] < row["effect"] < row["high"] and row["p"] < 1e-3


def test_a_block_is_the_same_whatever_else_is_run(monkeypatch):
    """Men 20 to 39 alone, or after the others; on one thread or two."""
    monkeypatch.setattr(recruiting, "MEN_OF_A_BLOCK", 20)
    blocks = list(recruiting.blocks(DESIGN))
    assert [(block.first, block.count) for block in blocks] == [(0, 20), (20, 20), (40, 20)]
    alone = run_block(DESIGN, blocks[1], workers=1)
    for block in blocks:
        again = run_block(DESIGN, block, workers=2)
        if block.number == 1:
            for name, table in alone.items():
                pd.testing.assert_frame_equal(table, again[name], check_exact=True)


@pytest.mark.slow
def test_processes_change_nothing_but_the_time(tmp_path, monkeypatch, study):
    """Two processes, three, or the threads of this one; a screening so narrow that men are drawn in several rounds."""
    monkeypatch.setattr(import_module("hpgaxis.trials.run"), "MEN_WORTH_PROCESSES", 1)
    monkeypatch.setattr(recruiting, "MEN_OF_A_SHARE", 16)
    for count in (2, 3):
        found = run(DESIGN, tmp_path / str(count), workers=count)
        for name in ("men", "visits", "outcomes"):
            pd.testing.assert_frame_equal(found.table(name), study.table(name), check_exact=True)


@pytest.mark.parametrize("threads", [0, -4])
def test_a_number_of_threads_that_cannot_be_is_refused(tmp_path, threads):
    with pytest.raises(InputError, match=f"workers = {threads}: expected 1 or more"):
        run(DESIGN, tmp_path, workers=threads)
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize("more", [{"men": 10**11}, {"replicates": 10**12}])
def test_a_trial_too_large_is_refused_at_once(tmp_path, more):
    begun = time.monotonic()
    with pytest.raises(ValueError, match="free"):
        run(changed(**more), tmp_path)
    assert time.monotonic() - begun < 2


def test_an_interrupted_run_goes_on_and_ends_the_same(tmp_path, monkeypatch, study):
    monkeypatch.setattr(recruiting, "MEN_OF_A_BLOCK", 20)
    seen = []

    def stop_after_the_first(done, total):
        seen.append(done)
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(DESIGN, tmp_path, callback=stop_after_the_first)
    assert not Study(tmp_path).manifest["finished"]
    before = (tmp_path / "outcomes" / "000000.parquet").stat().st_mtime_ns
    finished = run(DESIGN, tmp_path, callback=lambda done, total: seen.append(done))
    assert seen == [0, 20, 20, 40, 60]
    assert (tmp_path / "outcomes" / "000000.parquet").stat().st_mtime_ns == before
    assert finished.manifest["finished"] and len(finished.table("men")) == 60


def test_counterfactual_gives_every_man_every_arm(tmp_path):
    result = run(changed(counterfactual=True, men=12), tmp_path)
    visits: Any = result.table("visits")
    start = visits[visits["day"] == 0].pivot_table(index="man", columns="arm", values="lh_true", observed=True)
    assert start.shape == (12, 3)
    assert (start.max(axis=1) == start.min(axis=1)).all()
    rows: Any = result.effects()
    assert (rows["men"] <= 12).all()


def test_a_crossover_turns_the_arms_round(tmp_path):
    crossover = changed(design="crossover", men=9, months=2, visits=(60.0,), washout_months=3.0, drop_out=0.0, end_points=[
        EndPoint(name="testosterone", measure="testosterone").model_dump()
    ])  # fmt: skip
    visits: Any = run(crossover, tmp_path).table("visits")
    orders = visits[visits["day"] == 0].sort_values("period").groupby("man")["arm"].agg(" ".join)
    assert orders.value_counts().tolist() == [3, 3, 3]
    again = visits[(visits["day"] == 0) & (visits["period"] > 1)]
    first = visits[(visits["day"] == 0) & (visits["period"] == 1)].set_index("man")["testosterone_true"]
    carried = again["testosterone_true"].to_numpy() / again["man"].map(first).to_numpy()
    assert abs(carried - 1).max() < 0.25, "the washout is long enough for most of it"


def test_an_add_on_adds_to_what_all_take(tmp_path):
    text = GOOD.replace("diagnosis: infertile_clinic", "diagnosis: eugonadal").replace(
        "months: 4", "months: 4\ndesign: add-on\nbackground: testosterone enanthate 200 mg im weekly\nbefore_months: 6\ncounterfactual: true"
    ).replace("inclusion:\n  sperm_concentration: [null, 15]\n", "")  # fmt: skip
    arms = "  no treatment: no treatment\n  hCG: hCG 500 IU every other day\n"
    text = text[: text.index("  no treatment")] + arms + text[text.index("months: 4") :]
    visits: Any = run(read_design(text.replace("men: 60", "men: 8")), tmp_path).table("visits")
    start = visits[visits["day"] == 0]
    assert (start["lh_true"] < 1).all(), "all are suppressed at randomisation"
    end = visits[visits["day"] == 120].groupby("arm", observed=True)["testosterone_true"].mean()
    assert end["hCG"] > end["no treatment"]


def test_replicates_differ_by_the_typical_mans_numbers_as_well():
    sets = [recruiting.typical_numbers(changed(replicates=5), replicate) for replicate in range(5)]
    assert all(sets) and len({json.dumps(one) for one in sets}) > 1
    assert recruiting.typical_numbers(changed(uncertain=False), 0) is None


def test_the_baseline_asked_for_is_met():
    design = changed(
        baseline={"testosterone": (320, 100)}, inclusion={}, men=300, diagnosis={"idiopathic_oligozoospermia": 1}
    )
    men = recruiting.recruit(design, recruiting.block(design, 0))
    from hpgaxis.people.baseline import untreated_labs

    testosterone = untreated_labs(men.men)["testosterone"]
    assert testosterone.mean() == pytest.approx(320, rel=0.06)
    assert testosterone.std() == pytest.approx(100, rel=0.15)
    assert men.rejected_for_baseline > 0


def test_what_cannot_be_found_or_written_is_said_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(recruiting, "MOST_AT_ONCE", 200)
    nobody = changed(inclusion={"testosterone": (5000, None)})
    with pytest.raises(DesignError, match="only 0 can be randomised"):
        run(nobody, tmp_path / "nobody")
    run(changed(men=3), tmp_path / "other")
    with pytest.raises(ValueError, match="holds a run with another trial"):
        run(DESIGN, tmp_path / "other")
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ValueError, match="cannot write"):
        run(DESIGN, file)


def test_a_full_disk_is_said_before_the_work(tmp_path, monkeypatch):
    import shutil
    from collections import namedtuple

    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "total used free")(1, 1, 1000))
    with pytest.raises(ValueError, match=r"need about 53\.8 kB, and 1 kB are free"):
        run(DESIGN, tmp_path)


def test_queries_and_folders_that_are_none(tmp_path, study):
    assert study.query("select count(*) n from visits")["n"][0] == 60 * 4
    with pytest.raises(ValueError, match="the query failed"):
        study.query("select hat from men")
    with pytest.raises(ValueError, match="holds no trial"):
        Study(tmp_path).table("men")
    with pytest.raises(ValueError, match="no table"):
        study.table("hats")


def test_labs_vary_anew_in_every_replicate():
    """The first man of each of two replicates: his readings over his true levels."""
    design = changed(men=12, replicates=2, inclusion={})
    first, second = (run_block(design, block)["visits"] for block in recruiting.blocks(design))
    ratios = [(visits["lh"] / visits["lh_true"]).to_numpy() for visits in (first, second)]
    both: Any = np.isfinite(ratios[0]) & np.isfinite(ratios[1])
    assert both.sum() > 20 and not np.isclose(ratios[0][both], ratios[1][both]).any()
    exact = run_block(changed(men=12, assay_variation=False, drop_out=0.0), recruiting.block(changed(men=12), 0))
    assert np.array_equal(exact["visits"]["lh"].to_numpy(), exact["visits"]["lh_true"].to_numpy())


@pytest.mark.parametrize("key", ["trial", "parameters", "version", "equations", "model"])
def test_a_run_goes_on_only_with_the_same_trial_numbers_and_equations(tmp_path, key):
    run(changed(men=3), tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), key: "another"}))
    with pytest.raises(InputError, match=re.escape(f"another {folders.COMPARED[key]}; choose another folder")):
        run(changed(men=3), tmp_path)


def test_a_manifest_without_a_digest_of_the_equations_is_another_run(tmp_path):
    run(changed(men=3), tmp_path)
    manifest = tmp_path / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({name: value for name, value in said.items() if name != "equations"}))
    with pytest.raises(InputError, match="text of the equations"):
        run(changed(men=3), tmp_path)


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("physiology/leydig.py", True),
        ("pharmacology/drugs/anastrozole.yaml", True),
        ("people/phenotypes.yaml", True),
        ("physiology/parameters.toml", True),
        ("physiology/posterior.csv", True),
        ("model.py", True),
        ("cli/many.py", False),
        ("report/trial_page.py", False),
    ],
)
def test_the_digest_follows_every_file_that_numbers_come_from(tmp_path, monkeypatch, name, matters):
    import shutil
    from pathlib import Path

    package = tmp_path / "hpgaxis"
    shutil.copytree(Path(folders.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(folders, "__file__", str(package / "trials" / "store.py"))
    before = folders._equations.__wrapped__()
    with (package / name).open("a") as file:
        file.write("# changed\n")
    assert (folders._equations.__wrapped__() != before) == matters


def test_trials_beyond_disk_or_memory_are_refused_at_once(tmp_path, monkeypatch):
    for fields in ({"men": 10**11}, {"replicates": 10**12}, {"men": 10**12, "replicates": 10**12}):
        with pytest.raises(InputError, match=r"the tables of \d+ men need about .* [TP]B, and .* are free"):
            run(changed(**fields), tmp_path / "large")
    monkeypatch.setattr(folders, "BYTES_OF_A_NUMBER", 0)
    with pytest.raises(
        InputError, match=r"the results of 100000000000 men need about .* TB of memory, and this machine"
    ):
        run(changed(men=10**11), tmp_path / "large")
    many_days = tuple(day / 1000 for day in range(1, 120_000))
    with pytest.raises(InputError, match="of memory, and this machine"):
        run(changed(men=1000, visits=many_days, counterfactual=True, end_points=[{"name": "t"}]), tmp_path / "large")
    assert not (tmp_path / "large").exists()


def test_blocks_are_made_when_they_are_asked_for():
    design = changed(men=10**12, replicates=3)
    assert next(recruiting.blocks(design)).count == 1000
    assert recruiting.block(design, 10**9 + 1).first == 1000
    small = changed(men=2500, replicates=2)
    counts = [(one.number, one.replicate, one.first, one.count) for one in recruiting.blocks(small)]
    assert counts == [
        (0, 0, 0, 1000),
        (1, 0, 1000, 1000),
        (2, 0, 2000, 500),
        (3, 1, 0, 1000),
        (4, 1, 1000, 1000),
        (5, 1, 2000, 500),
    ]


def test_an_unfinished_run_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(recruiting, "MEN_OF_A_BLOCK", 20)

    def stop(done, total):
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(DESIGN, tmp_path, callback=stop)
    assert Study(tmp_path).unfinished == "20 of 60 men: this run is not finished"
    assert run(DESIGN, tmp_path).unfinished == ""


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"testosterone": (2000, 100)}, r"testosterone: mean 2000 .SD 100. ng/dL wanted"),
        ({"testosterone": (5000, 500)}, r"testosterone: mean 5000"),
        ({"testosterone": (1300, 50)}, r"effective sample size"),
        ({"testosterone": (9.2, 2.5)}, r"effective sample size"),
        ({"lh": (190, 1)}, r"lh: mean 190 .SD 1. IU/L wanted"),
        ({"testosterone": (800, 1)}, r"mean 800 .SD 1. ng/dL wanted, .* null .* leaves it open"),
    ],
)
def test_a_baseline_that_cannot_be_reached_is_refused(tmp_path, monkeypatch, table, said):
    monkeypatch.setattr(recruiting, "PILOT", 500)
    design = Design.model_validate(
        {"name": "x", "men": 40, "months": 1, "baseline": table, "uncertain": False,
         "arms": {"none": "no treatment", "anastrozole": "anastrozole 1 mg daily"}, "end_points": [{"name": "t"}]}
    )  # fmt: skip
    with pytest.raises(DesignError, match=said) as raised:
        run(design, tmp_path)
    assert "effective sample size" in str(raised.value) and not list(tmp_path.glob("*/*.parquet"))


def visits_with(folder, model=None, **fields):
    study = run(changed(men=6, inclusion={}, drop_out=0.0, **fields), folder, model=model)
    visits: Any = study.table("visits")
    return visits[visits["arm"] == "clomiphene"].set_index(["man", "day"])


def test_a_changed_parameter_changes_the_trial(tmp_path):
    usual = visits_with(tmp_path / "usual", replicates=1)
    lower = Model.default().with_parameters(lh_reference=2.0)
    changed_lh = visits_with(tmp_path / "lower", lower)
    assert (changed_lh["lh_true"] < usual["lh_true"]).all()
    same = visits_with(tmp_path / "same", Model.default())
    pd.testing.assert_frame_equal(same, usual, check_exact=True)


@pytest.mark.parametrize("design", ["parallel", "crossover"])
def test_a_changed_drug_changes_the_trial(tmp_path, design):
    """A crossover builds the protocols of its sequences itself."""
    drug = DrugLibrary.shipped()["clomiphene"]
    library = DrugLibrary.shipped().with_drug(drug.model_copy(update={"effects": ()}))
    inert = visits_with(tmp_path, Model.default().with_drugs(library), design=design, uncertain=False, arms={
        "clomiphene": "clomiphene 50 mg daily", "none": "no treatment"
    })  # fmt: skip
    assert inert["lh_true"].groupby("man").agg(np.ptp).max() < 1e-3


def test_an_organ_changes_the_trial(tmp_path):
    organ = Organ("clearance", rates=lambda y, p, u, rates: {"lh": rates.lh - 5.0 * y.lh})
    usual, cleared = (
        visits_with(tmp_path / name, model, uncertain=False, months=1, visits=(30.0,), end_points=[{"name": "sperm"}])
        for name, model in (("usual", None), ("organ", Model.default().with_organ(organ)))
    )
    assert (cleared["lh_true"] < usual["lh_true"]).all()


def test_a_run_goes_on_only_with_the_same_model(tmp_path):
    run(changed(men=3), tmp_path, model=Model.default().with_parameters(lh_reference=5.0))
    for other in (None, Model.default().with_parameters(lh_reference=4.9)):
        with pytest.raises(InputError, match=r"another model \(model=\); choose another folder"):
            run(changed(men=3), tmp_path, model=other)


def test_a_model_with_organs_is_refused_on_a_cluster(tmp_path):
    model = Model.default().with_organ(Organ("kisspeptin", {"kisspeptin": 1.0}))
    cluster: Any = object()
    with pytest.raises(InputError, match="workers lack the functions of the organs kisspeptin"):
        run(DESIGN, tmp_path / "trial", cluster=cluster, model=model)
    assert not (tmp_path / "trial").exists()


@pytest.mark.slow
def test_a_baseline_at_the_edge_is_reached_by_screening_more(tmp_path):
    """Taking every man of the top hundredth of weights would miss the mean by more than a quarter of its spread."""
    design = changed(
        baseline={"testosterone": (900, 120)}, inclusion={}, diagnosis="eugonadal", men=150, uncertain=False, age=None
    )
    men = recruiting.recruit(design, recruiting.block(design, 0))
    from hpgaxis.people.baseline import untreated_labs

    assert untreated_labs(men.men)["testosterone"].mean() == pytest.approx(900, abs=30)


def test_what_was_asked_for_and_what_was_reached_stand_side_by_side(tmp_path):
    design = changed(
        baseline={"testosterone": (320, 100)}, men=40, inclusion={}, diagnosis="idiopathic_oligozoospermia"
    )
    study = run(design, tmp_path)
    found = {one.name: one for one in baseline_reached(design, study.table("men"))}
    assert list(found) == ["testosterone", "age"]
    true: Any = study.query("select testosterone_true t from visits where day = 0")["t"]
    assert found["testosterone"].reached_mean == pytest.approx(true.mean())
    assert found["testosterone"].reached_spread == pytest.approx(true.std(ddof=0))
    assert baseline_reached(design, study.table("men").drop(columns="untreated_testosterone"))[0].name == "age"


def test_men_redrawn_are_counted_among_those_screened(monkeypatch):
    from hpgaxis.people.population import Population

    original = recruiting.population

    def each_third(*given, **named):
        men = original(*given, **named)
        return Population(men.men, np.array([(named["first"] + k) % 3 == 0 for k in range(len(men))], dtype=np.int64))

    monkeypatch.setattr(recruiting, "population", each_third)
    block = recruiting.block(DESIGN, 0)
    recruited = recruiting.recruit(DESIGN, block)
    assert recruited.redrawn == -(-recruited.screened // 3)
    men: Any = run_block(DESIGN, block)["men"]
    assert men["redrawn"].sum() == recruited.redrawn


def test_arms_of_which_nobody_is_left_have_no_effect_and_no_error():
    design = changed(men=3, drop_out=0.0)
    visits = run_block(design, recruiting.block(design, 0))["visits"]
    visits.loc[(visits["arm"] == "clomiphene") & (visits["day"] > 0), list(design.measures)] = np.nan
    with_point = pd.DataFrame(effects(design, outcomes(design, visits), 0)).set_index(["end_point", "arm"])
    assert with_point["men"].tolist() == [1, 0, 1, 0]
    assert with_point["effect"].isna().tolist() == [False, True, False, True]
    others: Any = visits[visits["arm"] != "clomiphene"]
    without = outcomes(design, others)
    assert [row["men"] for row in effects(design, without, 0)] == [1, 0, 1, 0]


def test_a_fold_of_nothing_is_missing_and_not_infinite():
    design = changed(men=3, end_points=[EndPoint(name="f", kind="fold").model_dump()], drop_out=0.0)
    visits = run_block(design, recruiting.block(design, 0))["visits"]
    visits.loc[(visits["man"] == 0) & (visits["day"] == 0), "sperm_concentration"] = 0.0
    values: Any = outcomes(design, visits).set_index("man")["value"]
    assert np.isfinite(values.to_numpy()).tolist() == [False, True, True]


def test_a_folder_without_a_man_takes_another_trial(tmp_path, monkeypatch):
    """As after a trial that was refused because nobody could be found."""
    monkeypatch.setattr(recruiting, "MOST_AT_ONCE", 200)
    with pytest.raises(DesignError, match="only 0 can be randomised"):
        run(changed(inclusion={"testosterone": (5000, None)}), tmp_path)
    study = run(changed(men=3), tmp_path)
    assert study.manifest["finished"] and study.design == changed(men=3)
