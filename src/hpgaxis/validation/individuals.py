"""Comparison of the model with single men: surveys of untreated men, and courses of men under treatment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..evidence.individuals import SHIPPED, IndividualsError, load_individuals
from ..model import Model, with_overrides
from .courses import CoursesComparison, compare_courses
from .cross_sections import CrossSectionComparison, compare_cross_section


@dataclass(frozen=True, repr=False)
class IndividualsValidation:
    """The comparison of the model with single men, as `validate_individuals` returns it.

    Attributes
    ----------
    cross_sections : surveys of untreated men, with medians and correlations.
    courses : men under treatment, with centiles of testosterone by cycle and time.
    files : number of files.
    unreadable : file -> why it could not be read.

    Examples
    --------
    >>> IndividualsValidation(files=1, unreadable={"men.csv": "no rows"})
    IndividualsValidation: 0 of 1 file compared
    """

    cross_sections: list[CrossSectionComparison] = field(default_factory=list)
    courses: list[CoursesComparison] = field(default_factory=list)
    files: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        compared = len(self.cross_sections) + len(self.courses)
        lines = [f"IndividualsValidation: {compared} of {self.files} file{'' if self.files == 1 else 's'} compared"]
        lines += [
            f"{one.name}: {len(one.medians)} medians and {len(one.correlations)} correlations of {one.men} men"
            for one in self.cross_sections
        ]
        lines += [f"{one.name}: {len(one.cells)} cells of {one.men} men" for one in self.courses]
        return "\n  ".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` writes."""
        return {
            "cross_sections": [asdict(one) for one in self.cross_sections],
            "courses": [asdict(one) for one in self.courses],
            "unreadable": self.unreadable,
        }


def validate_individuals(
    folder: str | Path | None = None,
    *,
    seed: int = 1,
    parameters: Mapping[str, float] | None = None,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> IndividualsValidation:
    """Compare the model with measurements in single men.

    Surveys: medians by body mass index and by age, and rank correlations, of men and of virtual men of the same ages
    and body mass indices. Courses: centiles of testosterone by days since the last depot should have ended, of men and
    of virtual men who are given the same men's doses.

    A file that cannot be read does not stop the others: `unreadable` lists it with its error.

    Parameters
    ----------
    folder : a folder of .csv files of single men; None, or "shipped", for the package's own. A folder of the name
        "shipped" is named in full.
    seed : of all that is drawn.
    parameters : parameters and constants of drugs in place of the model's, by name.
    model : default the shipped one.
    callback : is called with the number of measured men done and the number of all.

    Returns
    -------
    IndividualsValidation
        The compared medians (units shown), correlations and centiles (nmol/L).

    Raises
    ------
    IndividualsError
        No file can be read, or "shipped" is a folder here too.
    OverrideError
        An unknown name in `parameters`.

    Examples
    --------
    >>> validation = validate_individuals()
    >>> [survey.men for survey in validation.cross_sections], [courses.men for courses in validation.courses]
    ([2261], [47])
    """
    used = with_overrides(model, parameters)
    if str(folder) == SHIPPED and Path(SHIPPED).is_dir():
        raise IndividualsError(
            f"{SHIPPED}: stands for the package's own men, and is a folder here too; "
            f"name the folder in full, as {Path(SHIPPED).resolve()}, or work in another place"
        )
    found = load_individuals(None if str(folder) == SHIPPED else folder)
    total = sum(len(survey) for survey in found.cross_sections) + sum(len(one.subjects) for one in found.courses)
    done = 0

    def advance(men: int) -> None:
        nonlocal done
        done += men
        if callback:
            callback(done, total)

    surveys = [compare_cross_section(one, seed=seed, model=used, callback=advance) for one in found.cross_sections]
    courses = [compare_courses(one, seed=seed, model=used, callback=advance) for one in found.courses]
    files = len(surveys) + len(courses) + len(found.unreadable)
    return IndividualsValidation(surveys, courses, files, found.unreadable)
