"""What is fitted, on what, and that the shipped numbers are marked so."""

from hpgaxis.studies import calibrate


def test_every_calibrated_number_is_fitted_and_nothing_else():
    from hpgaxis.pharmacology.drug import library
    from hpgaxis.physiology.parameters import catalogue

    fitted = calibrate.fitted()
    assert {name for name, entry in catalogue().items() if entry.status == "calibrated"} == {
        name for name in fitted if "." not in name
    }
    for drug in library().values():
        text = drug.model_dump()
        values = str(text).count("'calibrated'")
        assert values == sum(name.startswith(f"{drug.name}.") for name in fitted)


def test_only_healthy_men_read_in_their_source_calibrate():
    trials = calibrate.calibration_trials()
    assert len(trials) > 40
    assert all(trial.verified and trial.population.diagnosis in calibrate.HEALTHY for trial in trials)
    assert not {trial.id for trial in trials} & set(calibrate.SAME_MEN)
