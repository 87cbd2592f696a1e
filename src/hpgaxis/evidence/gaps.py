"""What the field has measured and what not: trials by drug, diagnosis and measurement."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..errors import InputError
from ..pharmacology.drug import DrugError
from ..pharmacology.library import DrugLibrary
from .trials import Arm, Trial, own_study, packaged_trials

MEASURES = (
    "testosterone", "estradiol", "lh", "fsh", "inhibin_b", "intratesticular_testosterone", "sperm_concentration",
    "total_motile_count", "hematocrit", "pregnancy_rate",
)  # fmt: skip
"""What is asked of a treatment for male infertility."""
DRUGS = (
    "anastrozole", "letrozole", "clomiphene", "enclomiphene", "tamoxifen", "hcg", "hmg", "fsh", "gonadorelin",
)  # fmt: skip
"""Treatments for male infertility."""


def evidence_map(trials: Sequence[Trial] | None = None, drugs: Sequence[str] = DRUGS) -> pd.DataFrame:
    """How many trials gave a drug to men of a diagnosis and measured what: zeros are what nobody has published here.

    Parameters
    ----------
    trials : evidence; the package's own for None.
    drugs : names of drugs; a combination counts for each of its drugs.

    Returns
    -------
    pandas.DataFrame
        Rows: drug and diagnosis, every diagnosis of the evidence for every drug; columns: measurements (MEASURES).

    Raises
    ------
    InputError
        An unknown drug.

    Examples
    --------
    >>> table = evidence_map(drugs=["clomiphene"])
    >>> bool(table.loc[("clomiphene", "secondary_hypogonadism"), "testosterone"] > 5)
    True
    """
    library = DrugLibrary.shipped()
    names = [library.find(drug).name for drug in drugs]
    everything = [trial for trial in (packaged_trials() if trials is None else trials) if own_study(trial)]
    diagnoses = sorted({trial.population.diagnosis for trial in everything})
    counts: dict[tuple[str, str], dict[str, int]] = {
        (name, diagnosis): dict.fromkeys(MEASURES, 0) for name in names for diagnosis in diagnoses
    }
    for trial in everything:
        for name in names:
            given = [arm for arm in trial.arms if name in drugs_given(arm)]
            measured = {outcome.measure for arm in given for outcome in arm.outcomes}
            for measure in measured.intersection(MEASURES):
                counts[name, trial.population.diagnosis][measure] += 1
    index = pd.MultiIndex.from_tuples(list(counts), names=["drug", "diagnosis"])
    return pd.DataFrame(list(counts.values()), index=index, columns=list(MEASURES))


def find_trials(
    *, measure: str | None = None, drug: str | None = None, drug_class: str | None = None, diagnosis: str | None = None
) -> list[Trial]:
    """Trials of the package that gave a drug, or one of a class, to men of a diagnosis and measured something.

    Raises InputError for a drug, class, diagnosis or measure that no trial has.
    """
    trials = packaged_trials()
    name = None if drug is None else DrugLibrary.shipped().find(drug).name
    asked = {
        "measure": (measure, lambda trial: {outcome.measure for arm in trial.arms for outcome in arm.outcomes}),
        "drug": (name, lambda trial: set().union(*(drugs_given(arm) for arm in trial.arms))),
        "class": (drug_class, lambda trial: set().union(*(classes_given(arm) for arm in trial.arms))),
        "diagnosis": (diagnosis, lambda trial: {trial.population.diagnosis}),
    }  # fmt: skip
    found = list(trials)
    for what, (wanted, has) in asked.items():
        if wanted is None:
            continue
        if not any(wanted in has(trial) for trial in trials):
            there = sorted(set().union(*(has(trial) for trial in trials)))
            raise InputError(f"no trial has the {what} {wanted!r}; there are {', '.join(there)}")
        found = [trial for trial in found if wanted in has(trial)]
    return found


def drugs_given(arm: Arm) -> set[str]:
    """Names of the drugs of an arm, as the library has them; as written for one that it has not."""
    library, found = DrugLibrary.shipped(), set()
    for line in arm.protocol:
        try:
            found.add(library.find(line.drug).name)
        except DrugError:
            found.add(line.drug)
    return found


def classes_given(arm: Arm) -> set[str]:
    """Classes of the drugs of an arm; "other" for a drug that the library has not."""
    library = DrugLibrary.shipped()
    return {library[name].group if name in library else "other" for name in drugs_given(arm)}
