"""The comparison with single men of a folder."""

import json
from pathlib import Path

import pytest

import hpgaxis as hpg
from hpgaxis.validation.individuals import validate_individuals
from tests.evidence.test_individuals import COURSE, SURVEY


@pytest.fixture
def folder(tmp_path):
    rows = "".join(f"{20 + man},27,{300 + man},{30 + man % 7},1\n" for man in range(30))
    (tmp_path / "men.csv").write_text(SURVEY.splitlines()[0] + "\n" + rows)
    (tmp_path / "courses.csv").write_text(COURSE)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    return tmp_path


def test_every_file_is_compared_or_listed(folder):
    done = []
    found = validate_individuals(folder, callback=lambda *counts: done.append(counts))
    assert [one.name for one in found.cross_sections] == ["men"] and [one.name for one in found.courses] == ["courses"]
    assert list(found.unreadable) == [str(folder / "other.csv")] and found.files == 3
    assert done[-1] == (32, 32)
    assert repr(found).splitlines()[0] == "IndividualsValidation: 2 of 3 files compared"
    json.dumps(found.to_dict(), allow_nan=False)


def test_parameters_are_used(folder):
    usual, other = (
        validate_individuals(folder, parameters=parameters) for parameters in (None, {"shbg_reference": 60.0})
    )
    medians = [
        next(row["predicted"] for row in one.cross_sections[0].medians if row["measure"] == "shbg")
        for one in (usual, other)
    ]
    assert medians[1] > 1.3 * medians[0]


def test_an_unknown_parameter_is_refused(folder):
    with pytest.raises(hpg.OverrideError):
        validate_individuals(folder, parameters={"no_such_parameter": 1.0})


def test_a_folder_is_never_taken_for_the_package_s_own_men(folder, monkeypatch):
    folder.rename(folder.parent / "shipped")
    monkeypatch.chdir(folder.parent)
    with pytest.raises(hpg.IndividualsError, match="is a folder here too; name the folder in full"):
        validate_individuals(Path("./shipped"))
    assert validate_individuals(folder.parent / "shipped").files == 3
