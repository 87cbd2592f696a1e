"""A PEtab problem is without fault, and pyPESTO simulates what the kernel does."""

import warnings
from typing import Any

import numpy as np
import petab.v1 as petab
import pytest

import hpgaxis as hpg
from hpgaxis.interchange.petab import export_trials
from tests.interchange.elsewhere import elsewhere
from tests.interchange.test_export import AGREES, PROTOCOLS, simulated

TRIAL = "helo-2017-clomiphene-isomers"


def problem_of(path) -> Any:
    return petab.Problem.from_yaml(str(path))


def objective(path):
    """(value at the nominal parameters, condition -> names of the columns and simulation), by pyPESTO."""
    return elsewhere(_objective, path)


def _objective(path):
    from pypesto.objective.roadrunner import PetabImporterRR, SolverOptions

    problem = problem_of(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found: Any = PetabImporterRR(problem).create_objective()
    found.solver_options = SolverOptions(relative_tolerance=1e-9, absolute_tolerance=1e-12, maximum_num_steps=10**6)
    result = found(np.array(problem.get_x_nominal(scaled=True)), return_dict=True)
    simulated = {name: (list(one.colnames), np.array(one)) for name, one in result["simulation_results"].items()}
    return float(result["fval"]), simulated


def test_pypesto_simulates_three_protocols_as_the_kernel_does(tmp_path):
    results = [simulated(protocol) for protocol in PROTOCOLS[:3]]
    path = hpg.export(results, tmp_path / "man.yaml")
    assert not petab.lint_problem(problem_of(path))
    _, found = objective(path)
    for place, result in enumerate(results, 1):
        names, simulation = found[f"condition_{place}"]
        for column, name in enumerate(names[1:], 1):
            measured = name.strip("[]").removeprefix("obs_")
            ours = result[measured][::7] / hpg.MEASUREMENTS[measured].display_factor
            np.testing.assert_allclose(simulation[:, column], ours, rtol=AGREES)


def test_a_man_s_traits_are_sought_about_the_middle_of_his_diagnosis(tmp_path):
    """His own values are nominal; the prior is that of men without his labs."""
    man = hpg.Patient(age=36, labs={"testosterone": "250 ng/dL", "lh": 9.0})
    result = hpg.simulate(man, PROTOCOLS[0], days=14, step_days=1.0)
    sought = problem_of(hpg.export(result, tmp_path / "man.yaml")).parameter_df
    assert set(sought["estimate"]) == {1}
    low, nominal, high = (sought[name].to_numpy() for name in ("lowerBound", "nominalValue", "upperBound"))
    assert np.all((low <= nominal) & (nominal <= high))
    leydig = sought.loc["p_leydig_output"]
    middle, spread = map(float, leydig["objectivePriorParameters"].split(";"))
    assert leydig["nominalValue"] == pytest.approx(result.man.traits["leydig_output"])
    assert leydig["nominalValue"] < 0.9 and np.exp(middle) == pytest.approx(1.0) and spread > 0


def test_of_trials_the_calibrated_parameters_are_sought(tmp_path):
    path, _ = export_trials([TRIAL], tmp_path / "trial.yaml")
    sought = problem_of(path).parameter_df
    assert len(sought) > 20 and "p_leydig_output" not in sought.index


def test_arms_of_a_trial_are_conditions_with_their_reported_means(tmp_path):
    path, left_out = export_trials([TRIAL], tmp_path / "trial.yaml")
    problem = problem_of(path)
    assert not petab.lint_problem(problem) and left_out == {}
    reported = problem.measurement_df.set_index("observableId")["measurement"].to_dict()
    published = {"obs_testosterone": 488 * 0.03467, "obs_estradiol": 34 * 3.671, "obs_lh": 6.1}  # Helo 2017
    assert reported == pytest.approx(published, rel=1e-3) and set(problem.measurement_df["time"]) == {777.0}
    assert np.isfinite(objective(path)[0])


@pytest.mark.parametrize(
    ("names", "file", "fault"),
    [
        (["no-such-trial"], "a.yaml", "no-such-trial"),
        ([], "a.yaml", "none named"),
        ([TRIAL], "a.xml", ".yaml"),
        (["colleluori-2020-anastrozole-obese"], "a.yaml", "no arm"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, names, file, fault):
    with pytest.raises(hpg.InputError, match=fault):
        export_trials(names, tmp_path / file)
    assert not list(tmp_path.iterdir())
