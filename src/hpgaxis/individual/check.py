"""Holds fits of single men against virtual men whose truth is known (simulation-based calibration, Talts 2018)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.course import Course
from ..datasets.observing import observation
from ..engine.random import check_seed
from ..errors import InputError
from ..measurements.labs import LabError
from ..model import Model
from ..people.population import population
from .contradictions import contradictory
from .diagnosis import MEMBERS as MEN_OF_A_DIAGNOSIS
from .diagnosis import log_densities, mean_likelihood, men_of, posterior
from .fit import HIGH, LOW, MEMBERS, learned
from .reading import Reading
from .simulated import as_read
from .virtual_men import course_of, virtual_courses

Array = NDArray[np.float64]
AGE, BMI = 35.0, 27.0
BEFORE = ("testosterone", "lh", "fsh", "estradiol", "shbg", "sperm_concentration")
UNDER = ("testosterone", "lh")
LATER = ("testosterone", "lh", "estradiol")
PROTOCOLS = ("clomiphene 25 mg daily", "anastrozole 1 mg daily")
IDENTIFIED = 0.85
"""An unknown counts as told by the labs where its standard deviation is below this share of that before them."""
FAULTS = (
    ("testosterone", 1 / 28.84), ("testosterone", 28.84), ("estradiol", 3.67), ("estradiol", 1 / 3.67), ("lh", 10.0),
    ("lh", 0.1), ("fsh", 10.0), ("fsh", 0.1), ("shbg", 10.0), ("sperm_concentration", 0.01),
)  # fmt: skip
"""Labs in another unit than is said, or with the point at another place."""
PANEL = ("testosterone", "lh", "fsh", "estradiol", "prolactin", "inhibin_b", "testis_volume", "sperm_concentration")
"""Labs before treatment by which diagnoses are told apart."""
EIGHT = (
    "eugonadal", "obesity", "secondary_hypogonadism", "idiopathic_oligozoospermia", "hypogonadotropic_hypogonadism",
    "primary_testicular_failure", "klinefelter", "hyperprolactinaemia",
)  # fmt: skip
BINS = 5
"""Parts of 0 to 100 % in which probabilities of diagnoses are held against how often they were right."""


@dataclass(frozen=True, repr=False)
class FitCheck:
    """How fits do in virtual men, as `check_fits` returns it.

    Attributes
    ----------
    ranks : rank of the truth in each man's ensemble (men, unknowns), 0 to 1; uniform where fits are calibrated.
    identified : whether his labs told of it (men, unknowns).
    traits_inside : share of the identified unknowns that lie in their 90 % interval.
    labs_inside : share of the later labs, which were not learned from, that lie in theirs.
    doubted : share of men without a fault in whom a lab is named as contradictory.
    faults_found : share of the planted faults that are named.
    diagnoses : the diagnoses from which men were drawn evenly.
    truths : number of each man's diagnosis (men told apart,).
    probabilities : of each diagnosis after eight labs (men told apart, diagnoses).

    Examples
    --------
    >>> found = hpg.check_fits(2, members=16)
    >>> found.ranks.shape[0], found.probabilities.shape[1]
    (2, 8)
    """

    ranks: Array
    identified: NDArray[np.bool_]
    traits_inside: float
    labs_inside: float
    doubted: float
    faults_found: float
    diagnoses: tuple[str, ...]
    truths: NDArray[np.int_]
    probabilities: Array

    @property
    def accuracy(self) -> float:
        """Share of men whose most probable diagnosis is theirs."""
        return float(np.mean(self.probabilities.argmax(axis=1) == self.truths))

    @property
    def brier(self) -> float:
        """Brier score: mean square of what probabilities miss, summed over the diagnoses; 0 is best."""
        return float(((self.probabilities - np.eye(len(self.diagnoses))[self.truths]) ** 2).sum(axis=1).mean())

    def reliability(self) -> list[dict[str, float]]:
        """Probabilities of diagnoses by their size: how often they were right, with the 95 % interval of chance."""
        from scipy.stats import binomtest

        said = self.probabilities.ravel()
        right = np.eye(len(self.diagnoses))[self.truths].ravel()
        rows = []
        for number in range(BINS):
            low, high = number / BINS, (number + 1) / BINS
            own = (said >= low) & ((said < high) | (high == 1))
            if own.any():
                chance = binomtest(int(right[own].sum()), int(own.sum())).proportion_ci(method="wilson")
                rows.append({
                    "said": float(said[own].mean()), "came_true": float(right[own].mean()), "low": chance.low,
                    "high": chance.high, "number": int(own.sum()),
                })  # fmt: skip
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "men": len(self.ranks), "traits_inside": self.traits_inside, "labs_inside": self.labs_inside,
            "doubted": self.doubted, "faults_found": self.faults_found,
            "ranks_in_tenths": np.histogram(self.ranks, np.linspace(0, 1, 11))[0].tolist(),
            "men_told_apart": len(self.truths), "accuracy": self.accuracy, "brier": self.brier,
            "reliability": self.reliability(),
        }  # fmt: skip

    def __repr__(self) -> str:
        return (
            f"FitCheck: {len(self.ranks)} virtual men; 90 % intervals hold {100 * self.traits_inside:.0f} % of "
            f"identified traits and {100 * self.labs_inside:.0f} % of later labs\n"
            f"  {100 * self.faults_found:.0f} % of planted faults are named; a lab is doubted without a fault in "
            f"{100 * self.doubted:.0f} % of men\n"
            f"  of {len(self.truths)} men of {len(self.diagnoses)} diagnoses, {100 * self.accuracy:.0f} % are told "
            f"right; Brier score {self.brier:.2f}"
        )

    def plot(self) -> Any:
        """A matplotlib figure: ranks of the truth, and the reliability of probabilities of diagnoses."""
        from .figures import check_figure

        return check_figure(self)


def check_fits(
    men: int = 100,
    *,
    members: int = MEMBERS,
    seed: int = 1,
    model: Model | None = None,
    callback: Callable[[int, int], object] | None = None,
) -> FitCheck:
    """Fit virtual men whose traits are known, plant faults in their labs, and tell men of eight diagnoses apart.

    Parameters
    ----------
    men : who are fitted, half on clomiphene and half on anastrozole, with eight labs each and three later ones; about
        as many, drawn evenly from eight diagnoses, are told apart by eight labs.
    members : of each fit's ensemble, and in proportion the possible men of each diagnosis.
    seed : of all that is drawn.
    model : default the shipped one.
    callback : is called with the number of men done and the number of all.

    Raises
    ------
    InputError
        Fewer than two men, or a seed that is no whole number.

    Examples
    --------
    >>> found = check_fits(2, members=16)
    >>> 0 <= found.accuracy <= 1
    True
    """
    if not isinstance(men, int) or isinstance(men, bool) or men < 2:
        raise InputError(f"men = {men!r}: expected a whole number of at least 2")
    check_seed(seed)
    used = Model.default() if model is None else model
    labs = [(0.0, n, False) for n in BEFORE] + [(60.0, n, False) for n in UNDER] + [(180.0, n, True) for n in LATER]
    ranks, identified, inside, held, doubted, found = [], [], [], [], [], []
    done, each = 0, max(men // len(EIGHT), 1)
    for number, protocol in enumerate(PROTOCOLS):
        course = course_of(protocol, labs, age=AGE, bmi=BMI, diagnosis="eugonadal")
        readings, expected = men_of(course, "eugonadal", used, members, seed)
        own = [place for place, one in enumerate(course.observations) if not one.held]
        for truth, one in virtual_courses(course, used, (men + 1 - number) // 2, seed + number):
            fitted = learned(one, used, members, seed)
            samples = fitted.smoothed.unknowns
            ranks.append((samples < truth[:, None]).mean(axis=1))
            low, high = np.quantile(samples, (LOW, HIGH), axis=1)
            identified.append(samples.std(axis=1) < IDENTIFIED)
            inside += ((low <= truth) & (truth <= high))[identified[-1]].tolist()
            later: Any = fitted.predictions().query("not used_in_fit and time == 180")
            held += ((later["low"] <= later["observed"]) & (later["observed"] <= later["high"])).tolist()
            doubted.append(bool(fitted.contradictions))
            found += [_finds(expected[own], one, own, readings, *fault) for fault in FAULTS]
            done += 1
            if callback:
                callback(done, men + len(EIGHT) * each)
    told = list[tuple[int, Array]]()
    for one in _told_apart(each, used, MEN_OF_A_DIAGNOSIS * members // MEMBERS, seed):
        told.append(one)
        if callback:
            callback(done + len(told), men + len(EIGHT) * each)
    truths, probabilities = np.array([number for number, _ in told]), np.array([after for _, after in told])
    return FitCheck(
        np.array(ranks), np.array(identified), float(np.mean(inside)) if inside else float("nan"),
        float(np.mean(held)), float(np.mean(doubted)), float(np.mean(found)), EIGHT, truths, probabilities,
    )  # fmt: skip


def _finds(
    expected: Array, course: Course, used: Sequence[int], readings: Sequence[Reading], name: str, factor: float
) -> bool:
    """Whether a fault in a lab before treatment is refused, or named as contradictory."""
    labs = [course.observations[place] for place in used]
    place = next(row for row, one in enumerate(labs) if one.variable == name)
    try:
        labs[place] = observation(name, labs[place].value * factor)
    except LabError:
        return True
    return place in contradictory(expected, as_read(labs, [readings[row] for row in used]))


def _told_apart(each: int, model: Model, members: int, seed: int) -> Iterator[tuple[int, Array]]:
    """Men drawn evenly from the diagnoses: the number of each one's own, and the probabilities after his labs."""
    labs = [(0.0, name, False) for name in PANEL]
    even = np.full(len(EIGHT), 1 / len(EIGHT))
    for number, name in enumerate(EIGHT):
        for place, man in enumerate(population(each, seed=seed, diagnosis=name, model=model)):
            course = course_of("no treatment", labs, age=man.patient.age, bmi=man.patient.bmi, diagnosis=name)
            own = seed + 100 * number + place
            for _, drawn in virtual_courses(course, model, 1, own):
                logs = []
                for kind in EIGHT:
                    readings, expected = men_of(drawn, kind, model, members, own + 1)
                    logs.append(mean_likelihood(log_densities(expected, readings, drawn.observations)))
                yield number, posterior(np.array(logs), even)
