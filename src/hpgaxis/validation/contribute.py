"""A new trial for the evidence: a file to fill in, and what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import HpgaxisError, InputError
from ..evidence.trials import Arm, Trial, TrialError, packaged_trials, read_trial
from ..files import read_text
from ..measurements.registry import LABS
from ..pharmacology.library import DrugLibrary
from .arm import series
from .outcome import NotComparable, meaning

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-(19|20)\d\d-[a-z0-9]+(-[a-z0-9]+)*")
NOT_FILLED = re.compile(r"FILL[ _]IN")
RELATIVE_WORDS = re.compile(r"%|fold|change|difference|sign|yes")
"""In units of figures that are no levels: papers have more of these than can be compared."""
Findings = Iterator[tuple[bool, str]]
"""(whether it must be mended, what is wrong) ..."""
TEMPLATE = """\
# A published trial, for the evidence of hpgaxis. `hpg evidence check FILE` says what is wrong with it.
# Write what the paper says and no more: null where it says nothing; verified: no for what you did not read in it.
id: {id}
title: "FILL IN"
citation: {{authors: "FILL IN", year: {year}, journal: "FILL IN", volume: "", pages: "", doi: "", pmid: ""}}
source: {{url: "FILL IN", what: abstract}}    # where you read the figures: abstract | full text | table 2 ...
verified: yes                  # each figure below was read in that source
design: "FILL IN"              # RCT | crossover | single arm | retrospective cohort ...
population:
  description: "FILL IN"
  diagnosis: FILL_IN           # {diagnoses}
  n: null
  age: {{mean: null, sd: null}}  # years
  bmi: {{mean: null, sd: null}}  # kg/m2
arms:
  - name: "FILL IN"
    n: null
    protocol:                  # [] for an untreated or placebo arm; every_days: 1 is daily, 3.5 twice a week
      - {{drug: clomiphene, dose: 25, unit: mg, route: oral, every_days: 1, start_day: 0, stop_day: 90}}
    outcomes:                  # day 0 is before treatment; units as printed
      - {{measure: testosterone, day: 0, value: null, unit: "ng/dL", stat: mean, spread: {{sd: null}}, n: null}}
      - {{measure: testosterone, day: 90, value: null, unit: "ng/dL", stat: mean, spread: {{sd: null}}, n: null}}
notes: null                    # what is doubtful: units, doses, days
"""


@dataclass(frozen=True)
class TrialCheck:
    """What is wrong with a trial's file, as `check_trial` returns it.

    Attributes
    ----------
    file : the file.
    trial : what was read; None where it cannot be.
    faults : what must be mended before it can be used.
    doubts : what a reader should look at again.

    Examples
    --------
    >>> TrialCheck("a.yaml", None, ("a.yaml: not a mapping",), ()).faults
    ('a.yaml: not a mapping',)
    """

    file: str
    trial: Trial | None
    faults: tuple[str, ...]
    doubts: tuple[str, ...]


def new_trial(name: str) -> str:
    """The file of a new trial, to be filled in.

    Parameters
    ----------
    name : id of the trial: first author, year and drug, such as "smith-2024-letrozole".

    Raises
    ------
    InputError
        An id of another form, or one that the evidence has.

    Examples
    --------
    >>> new_trial("smith-2024-letrozole").splitlines()[2]
    'id: smith-2024-letrozole'
    """
    if not ID.fullmatch(name):
        raise InputError(f"{name!r} is no id of a trial: expected author-year-drug, such as smith-2024-letrozole")
    if name in {trial.id for trial in packaged_trials()}:
        raise InputError(f"the evidence has {name} already")
    diagnoses = " | ".join(sorted({trial.population.diagnosis for trial in packaged_trials()}))
    year = next(part for part in name.split("-") if re.fullmatch(r"(19|20)\d\d", part))
    return TEMPLATE.format(id=name, year=year, diagnoses=diagnoses)


def check_trial(file: str | Path) -> TrialCheck:
    """Check the file of a trial: whether it can be read, what is missing, what cannot be, what repeats another.

    Parameters
    ----------
    file : YAML file.

    Returns
    -------
    TrialCheck
        Faults and doubts.

    Raises
    ------
    InputError
        No such file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "smith-2024-letrozole.yaml"
    ...     written = file.write_text(new_trial("smith-2024-letrozole"))
    ...     len(check_trial(file).faults) > 0
    True
    """
    path = Path(file)
    text = read_text(path)
    unfilled = [number for number, line in enumerate(text.splitlines(), 1) if NOT_FILLED.search(line.split("#")[0])]
    faults = [f"{path.name}: line {number}: not filled in" for number in unfilled]
    try:
        trial = read_trial(text, path.name)
    except TrialError as error:
        return TrialCheck(str(path), None, (*faults, str(error)), ())
    if path.stem != trial.id:
        faults.append(f"{path.name}: id is {trial.id}; the file must be called {trial.id}.yaml")
    if not ID.fullmatch(trial.id):
        faults.append(f"{path.name}: id {trial.id}: expected author-year-drug, such as smith-2024-letrozole")
    faults += [f"{path.name}: {fault}" for fault in _repeats(trial)]
    known = {other.population.diagnosis for other in packaged_trials()}
    if trial.population.diagnosis not in known:
        faults.append(
            f"{path.name}: unknown diagnosis {trial.population.diagnosis}; there are {', '.join(sorted(known))}"
        )
    findings = [finding for arm in trial.arms for finding in (*_doses(arm), *_figures(arm))]
    faults += [f"{path.name}: {said}" for is_fault, said in findings if is_fault]
    doubts = [*_doubts(trial), *(said for is_fault, said in findings if not is_fault)]
    return TrialCheck(str(path), trial, tuple(faults), tuple(doubts))


def _repeats(trial: Trial) -> list[str]:
    """Trials of the evidence with the same id or publication."""
    found = []
    for other in packaged_trials():
        same = [
            key for key in ("doi", "pmid")
            if trial.citation.get(key) and str(trial.citation[key]).lower() == str(other.citation.get(key)).lower()
        ]  # fmt: skip
        if other.id == trial.id:
            found.append(f"the evidence has {trial.id} already")
        elif same:
            found.append(f"{same[0]} is that of {other.id}, which the evidence has")
    return found


def _doses(arm: Arm) -> Findings:
    """What is wrong with the doses of an arm."""
    for line in arm.protocol:
        if None in (line.dose, line.every_days, line.stop_day):
            yield False, f"{arm.name}: {line.drug}: without its dose, interval and last day it is not simulated"
            continue
        try:
            series(line, DrugLibrary.shipped())
        except HpgaxisError as error:
            yield True, f"{arm.name}: {line.drug}: {error}"


def _figures(arm: Arm) -> Findings:
    """Units that cannot be read, levels that no man has, and what is not compared."""
    for outcome in arm.outcomes:
        given = f"{arm.name}: {outcome.measure} = {outcome.value:g} {outcome.unit} on day {outcome.day}"
        try:
            figure = meaning(outcome)
        except NotComparable as error:
            yield outcome.measure in LABS and not RELATIVE_WORDS.search(outcome.unit), f"{given}: {error}"
            continue
        low, high = LABS[figure.measure].possible
        if figure.kind == "level" and not low <= figure.value <= high:
            may_be = f"{low:g} to {high:g} {LABS[figure.measure].display_unit}"
            yield True, f"{given}: no man has that ({may_be}); is the unit right?"


def _doubts(trial: Trial) -> list[str]:
    """What is allowed and makes a trial worth less."""
    doubts = []
    if not trial.verified:
        doubts.append("verified: no: the figures are not compared with predictions until someone has read them")
    if not (trial.citation.get("doi") or trial.citation.get("pmid")):
        doubts.append("no DOI and no PubMed id")
    for arm in trial.arms:
        treated = [outcome for outcome in arm.outcomes if outcome.day]
        before = {outcome.measure for outcome in arm.outcomes if outcome.day == 0}
        without = sorted({outcome.measure for outcome in treated} - before)
        if without:
            doubts.append(f"{arm.name}: no baseline of {', '.join(without)}")
        if arm.outcomes and all(outcome.spread is None for outcome in arm.outcomes):
            doubts.append(f"{arm.name}: no spread: its standard errors are taken from other trials")
        if arm.n is None and all(outcome.n is None for outcome in arm.outcomes):
            doubts.append(f"{arm.name}: no number of men")
    return doubts
