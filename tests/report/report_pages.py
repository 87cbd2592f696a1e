"""One of each report page, from quick runs; each is made once a process."""

import tempfile
from functools import cache
from pathlib import Path

from pytest import MonkeyPatch

import hpgaxis as hpg
from hpgaxis.evidence.individuals import CrossSection, packaged_individuals
from hpgaxis.report.population_page import population_page
from hpgaxis.report.select_page import select_page
from hpgaxis.report.trial_page import trial_page
from hpgaxis.trials import Design, Study, read_design, run, separation
from hpgaxis.trials.responders import select
from hpgaxis.validation.courses import compare_courses
from hpgaxis.validation.cross_sections import compare_cross_section
from hpgaxis.validation.individuals import IndividualsValidation
from hpgaxis.validation.populations import compare_population
from hpgaxis.validation.validate import validate
from tests.trials.test_design import GOOD
from tests.validation.test_courses import many

TRIALS = ("leder-2004-anastrozole", "helo-2017-clomiphene-isomers", "matsumoto-1990-testosterone-enanthate")
RULE = "clomiphene 25 mg daily; if testosterone < 3000 ng/dL at week 4 raise clomiphene to 50 mg"
LABS = {"testosterone": "265 ng/dL", "lh": "3.1 IU/L", "estradiol": "48 pg/mL"}


def _study(folder: Path, **changes: object) -> Study:
    return run(Design.model_validate({**read_design(GOOD).model_dump(), **changes}), folder / "study")


def _comparison(folder: Path, page: Path) -> None:
    man = hpg.Patient(age=34, bmi=31, labs=LABS)
    hpg.write_report(hpg.compare(man, ["no treatment", RULE, "hCG 1500 IU three times a week"], months=2), page)


def _treatments(folder: Path, page: Path) -> None:
    hpg.write_report(hpg.compare_treatments(hpg.Patient(diagnosis="obstructive_azoospermia")), page)


def _trial(folder: Path, page: Path) -> None:
    trial_page(_study(folder, men=30, replicates=2, baseline={"testosterone": (420.0, 110.0)}), page)


def _selection(folder: Path, page: Path) -> None:
    study = _study(folder, men=60, counterfactual=True, drop_out=0.0)
    with MonkeyPatch.context() as patch:
        patch.setattr(separation, "RESAMPLED", 50)
        select_page(select(study, "clomiphene", "testosterone gained", other="no treatment", at_least=200), page)


def _validation(folder: Path, page: Path) -> None:
    hpg.write_report(validate(only=TRIALS, draws=2), page)


def _individuals(folder: Path, page: Path) -> None:
    courses, (survey,) = many(), packaged_individuals().cross_sections
    few = CrossSection("survey", {name: column[:400] for name, column in survey.values.items()}, survey.labs)
    hpg.write_report(IndividualsValidation([compare_cross_section(few)], [compare_courses(courses)], 2), page)


def _populations(folder: Path, page: Path) -> None:
    population_page([compare_population("ageing", men=100)], page)


MAKERS = {
    "comparison": _comparison, "treatments": _treatments, "trial": _trial, "selection": _selection,
    "validation": _validation, "individuals": _individuals, "populations": _populations,
}  # fmt: skip


@cache
def report_page(name: str) -> Path:
    """The file of a report page."""
    folder = Path(tempfile.mkdtemp(prefix="hpgaxis-page-"))
    page = folder / f"{name}.html"
    MAKERS[name](folder, page)
    return page
