"""Queries on a trial's tables: what they answer, and that they reach nothing else."""

import pytest

from hpgaxis.errors import InputError
from hpgaxis.trials import Design, read_design, run
from tests.trials.test_design import GOOD

DESIGN = Design.model_validate({**read_design(GOOD).model_dump(), "men": 3, "inclusion": {}})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """In a folder whose name needs quoting, with other files inside and beside its tables."""
    found = run(DESIGN, tmp_path_factory.mktemp("a man's trial"))
    (found.folder / "secret.txt").write_text("secret")
    (found.folder / "men2").mkdir()
    (found.folder / "men2" / "secret.txt").write_text("secret")
    return found


def files(study):
    return {path: path.lstat().st_mtime_ns for path in study.folder.parent.rglob("*")}


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select count(*) from men", 1),
        ("from men", 3),
        ("with all_of_them as (select * from visits) select man from all_of_them where day = 90;", 3),
        ("select outcomes.arm, avg(value) from outcomes join men using (man) group by all", 3),
        ("select column_name from (describe men) where column_name = 'arm'", 1),
    ],
)
def test_one_select_is_answered(study, sql, rows):
    assert len(study.query(sql)) == rows


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("", "found nothing"),
        (" ; ", "found nothing"),
        ("-- nothing", "found nothing"),
        ("select 1; select 2", "found SELECT and SELECT"),
        ("select 1; copy (select 1) to '{folder}/x.csv'", "found SELECT and COPY"),
        ("copy (select 1) to '{folder}/x.csv'", "found COPY"),
        ("copy (select 1) to '{folder}/men/x.csv'", "found COPY"),
        ("export database '{folder}/out'", "found EXPORT"),
        ("attach '{folder}/other.db'", "found ATTACH"),
        ("install httpfs", "found LOAD"),
        ("load httpfs", "found LOAD"),
        ("pragma database_list", "found PRAGMA"),
        ("set enable_external_access = true", "found SET"),
        ("reset lock_configuration", "found SET"),
        ("create table mine (number integer)", "found CREATE"),
        ("drop view men", "found DROP"),
        ("select * from query('copy (select 1) to ''x.csv''')", "Expected a single SELECT"),
        ("with one as (insert into men values (1) returning *) select * from one", "the query failed"),
        ("select hat from men", "the query failed"),
        ("select", "the query failed"),
    ],
)
def test_anything_but_one_select_is_refused(study, sql, said):
    before = files(study)
    with pytest.raises(InputError, match=said):
        study.query(sql.replace("{folder}", str(study.folder).replace("'", "''")))
    assert files(study) == before


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_text('/etc/passwd')",
        "select * from read_text('{folder}/secret.txt')",
        "select * from read_text('{folder}/men2/secret.txt')",
        "select * from read_text('{folder}/men/../secret.txt')",
        "select * from read_csv('https://example.org/x.csv')",
        "select * from glob('/etc/*')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from duckdb_secrets()",
        "select getenv('HOME')",
    ],
)
def test_files_other_than_the_tables_cannot_be_read(study, sql):
    with pytest.raises(InputError, match=r"Permission Error|does not exist"):
        study.query(sql.replace("{folder}", str(study.folder).replace("'", "''")))


def test_variables_of_the_program_are_no_tables(study):
    import pandas as pd

    here = pd.DataFrame({"number": [1]})
    with pytest.raises(InputError, match="does not exist"):
        study.query("select * from here")
    assert len(here) == 1


def test_settings_are_closed_and_locked(study):
    names = (
        "enable_external_access",
        "autoinstall_known_extensions",
        "autoload_known_extensions",
        "allow_community_extensions",
        "python_enable_replacements",
    )
    row = study.query(f"select {', '.join(f'current_setting({name!r}) {name}' for name in names)}").iloc[0]
    assert not any(row[name] for name in names)
    assert study.query("select current_setting('lock_configuration') locked")["locked"].all()


def test_a_block_that_was_cut_off_is_not_read(tmp_path):
    """A run that is killed between the files of a block leaves men without outcomes."""
    stopped = run(DESIGN, tmp_path / "study")
    (stopped.folder / "men" / "000001.parquet").write_bytes((stopped.folder / "men" / "000000.parquet").read_bytes())
    assert stopped.query("select count(*) as men from men")["men"].tolist() == [3]
