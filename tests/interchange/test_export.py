"""A man in the forms of other tools, run in those tools."""

from zipfile import ZipFile

import numpy as np
import pytest
from typer.testing import CliRunner

import hpgaxis as hpg
from hpgaxis.cli.main import app
from hpgaxis.interchange.equations import MEASURED
from hpgaxis.interchange.export import export, to_antimony
from hpgaxis.interchange.sbml import to_sbml
from tests.interchange.elsewhere import elsewhere

PROTOCOLS = (
    "anastrozole 1 mg daily",
    "testosterone enanthate 200 mg weekly for 10 weeks then clomiphene 25 mg daily",
    "hCG 1500 IU sc three times a week and rFSH 150 IU sc three times a week",
    "clomiphene 25 mg daily; if testosterone < 900 at week 2 double",
)
AGREES = 1e-5
LONGEST_STEP = 0.25
"""Days: no dose is stepped over."""


def simulated(protocol, days=60):
    return hpg.simulate(None, protocol, t_eval=np.arange(0.0, days + 1).tolist(), days=days, rtol=1e-9, atol=1e-12)


def ours(result):
    """Measurements over time in the model's units (times, measurements)."""
    return np.array([result[name] / hpg.MEASUREMENTS[name].display_factor for name in MEASURED]).T


def roadrunner(text, days):
    return elsewhere(_roadrunner, text, days)


def copasi(text, days):
    return elsewhere(_copasi, text, days)


def _roadrunner(text, days):
    import roadrunner

    runner = roadrunner.RoadRunner(text)
    runner.integrator.absolute_tolerance, runner.integrator.relative_tolerance = 1e-12, 1e-9
    runner.integrator.maximum_time_step, runner.integrator.maximum_num_steps = LONGEST_STEP, 10**6
    runner.timeCourseSelections = ["time", *(f"measured_{name}" for name in MEASURED)]
    return np.array(runner.simulate(0, days, days + 1))[:, 1:]


def _copasi(text, days):
    import basico

    model = basico.load_model_from_string(text)
    found = basico.run_time_course_with_output(
        ["Time", *(f"Values[{hpg.MEASUREMENTS[n].label} ({hpg.MEASUREMENTS[n].unit})]" for n in MEASURED)], start_time=0, duration=days, intervals=days,
        a_tol=1e-12, r_tol=1e-9, max_steps=10**6, model=model,
    )  # fmt: skip
    basico.remove_datamodel(model)
    return found.to_numpy()[:, 1:]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("run", [roadrunner, copasi])
def test_other_tools_compute_the_same(run, protocol):
    result = simulated(protocol)
    found = run(to_sbml(result), 60)
    np.testing.assert_allclose(found, ours(result), rtol=AGREES)


@pytest.mark.parametrize(
    ("man", "protocol", "settings"),
    [
        (hpg.Patient(history="testosterone enanthate 200 mg weekly", history_years=2), "clomiphene 25 mg daily", {}),
        (hpg.Patient(), "clomiphene 25 mg daily from day -20", {}),
        (hpg.Patient(age=60), "anastrozole 1 mg daily", {"ageing": True, "changes_at_start": {"leydig_output": 0.5}}),
        (hpg.Patient(), "testosterone enanthate 200 mg weekly", {"t_eval": np.arange(3.5, 30).tolist()}),
    ],
    ids=["history", "begun before day 0", "change on the first day", "read from day 3.5 on"],
)  # fmt: skip
def test_a_course_is_the_same_whatever_came_before(man, protocol, settings):
    settings = {"step_days": 1.0} | settings if "t_eval" not in settings else settings
    result = hpg.simulate(man, protocol, days=30, rtol=1e-9, atol=1e-12, **settings)
    days = len(result.time) - 1
    np.testing.assert_allclose(roadrunner(to_sbml(result), days), ours(result), rtol=AGREES)


def test_what_cannot_be_written_is_refused():
    with pytest.raises(hpg.InputError, match="daily mean"):
        to_sbml(hpg.simulate(None, "anastrozole 1 mg daily", days=1, pulsatile=True))


def test_antimony_is_the_same_model():
    import antimony

    result = simulated(PROTOCOLS[1])
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(to_antimony(result)) >= 0, antimony.getLastError()
    text = antimony.getSBMLString("hpgaxis")
    np.testing.assert_allclose(roadrunner(text, 60), ours(result), rtol=AGREES)


def test_an_archive_holds_the_model_and_its_simulation(tmp_path):
    import libsedml

    path = export(simulated(PROTOCOLS[0]), tmp_path / "man.omex")
    with ZipFile(path) as archive:
        names = set(archive.namelist())
        assert {"model.xml", "simulation.sedml", "manifest.xml"} <= names
        document = libsedml.readSedMLFromString(archive.read("simulation.sedml").decode())
        assert "sed-ml" in archive.read("manifest.xml").decode()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []
    course = document.getSimulation(0)
    assert (course.getOutputEndTime(), course.getNumberOfSteps()) == (60, 60)
    assert document.getOutput(0).getNumDataSets() == 1 + len(MEASURED)


@pytest.mark.parametrize(
    ("name", "to", "fault"),
    [
        ("a.xml", "gold", "gold"),
        ("a.gold", None, "expected"),
        ("a.xml", "combine", ".omex"),
        ("a.omex", "sbml", ".xml"),
    ],
)
def test_forms_that_do_not_fit_are_refused(tmp_path, name, to, fault):
    with pytest.raises(hpg.InputError, match=fault):
        export(simulated(PROTOCOLS[0], 2), tmp_path / name, to)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["man.xml", "man.XML", "man.ant", "man.omex"])
def test_the_command_writes_each_form(tmp_path, name):
    words = ["export", "anastrozole 1 mg daily", "--days", "10", "--out", str(tmp_path / name)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).stat().st_size > 5000
