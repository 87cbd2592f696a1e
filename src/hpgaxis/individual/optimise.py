"""Searches protocols for a goal in the possible men of one fit, beside no treatment and the simplest guideline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, extra_packages
from ..pharmacology.protocol import Protocol
from ..simulation.ensemble import Ensemble
from ..simulation.run import duration
from .forecast import past_doses, present_states, under
from .goals import Bound, Goal, read_bound, read_goal

if TYPE_CHECKING:
    import pandas as pd

    from .fit import Fit

Array = NDArray[np.float64]
TRIALS = 150
"""Protocols that are tried."""
SEARCHED_MEN = 48
"""Possible men in whom each is tried; the best are tried again in all of them."""
FINALISTS = 5
STEP_DAYS = 3.5
WEIGHT_OF_BOUNDS = 20.0
"""Utility that is lost for each unit of probability by which a bound falls short: far more than any dose gains."""
STARTS = (0, 30, 60, 90)
"""Days on which a second drug may begin."""
ENDS = (None, 60, 90, 120)
"""Days until which the first of several drugs may be given; None: to the end."""
NO_TREATMENT = "no treatment"
GUIDELINE = {
    "testosterone": "testosterone enanthate 100 mg im weekly",
    "hypogonadotropic_hypogonadism": "hCG 1500 IU sc three times a week and rFSH 150 IU sc three times a week",
    "hyperprolactinaemia": "cabergoline 0.5 mg twice a week",
    "other": "clomiphene 25 mg daily",
}
"""The simplest protocol of guidelines, by what is wanted and by diagnosis. For men with low testosterone who want
children aromatase inhibitors, hCG and SERMs may be used, alone or together (AUA/ASRM 2020)."""


@dataclass(frozen=True)
class Candidate:
    """A protocol with what it does.

    utility : mean over the possible men, by goal; bounds : probability that each holds; score : the utilities' sum less
    what the bounds cost; own (men,): the sum of each man's utilities.
    """

    protocol: str
    utility: tuple[float, ...]
    bounds: tuple[float, ...]
    score: float
    own: Array


@dataclass(frozen=True, repr=False)
class Optimum:
    """The best protocol that was found, as `optimise` returns it.

    Attributes
    ----------
    goals, bounds : what was wanted.
    best : the best protocol.
    guideline, untreated : the simplest guideline protocol, and no treatment.
    front : protocols that no other beats in every goal (one goal: the best alone).
    tried : number of protocols that were tried.

    Examples
    --------
    >>> man = hpg.fit([{"ID": 1, "TIME": 0, "DVID": "lh", "DV": 3.1}], members=16).only
    >>> found = man.optimise("estradiol as low as possible", drugs=["anastrozole"], most_drugs=1, months=1, trials=2)
    >>> found.best.protocol.split()[0], found.untreated.protocol
    ('anastrozole', 'no treatment')
    """

    goals: tuple[Goal, ...]
    bounds: tuple[Bound, ...]
    best: Candidate
    guideline: Candidate
    untreated: Candidate
    front: tuple[Candidate, ...] = ()
    tried: int = 0

    def __repr__(self) -> str:
        lines = [f"Optimum: {self.best.protocol}", *(f"goal: {goal}" for goal in self.goals)]
        lines += [f"{bound}: {100 * share:.0f} %" for bound, share in zip(self.bounds, self.best.bounds, strict=True)]
        for name, other in (("guideline", self.guideline), ("no treatment", self.untreated)):
            if other.protocol != self.best.protocol:
                share = 100 * self.probability_better(other)
                words = f"{name} ({other.protocol})" if other.protocol != name else name
                lines.append(f"better than {words} in {share:.0f} % of possible men")
        return "\n  ".join(lines)

    def probability_better(self, other: Candidate) -> float:
        """Share of the possible men in whom the best protocol reaches the goals better than another."""
        return float(np.mean(self.best.own > other.own))

    def table(self) -> pd.DataFrame:
        """The best protocol, the guideline's, no treatment and the front: utility, probability of each bound."""
        from ..simulation.tables import Table

        rows = {}
        for one in dict.fromkeys((self.best.protocol, self.guideline.protocol, NO_TREATMENT)):
            found = next(c for c in (self.best, self.guideline, self.untreated) if c.protocol == one)
            rows[one] = self._row(found)
        for found in self.front:
            rows.setdefault(found.protocol, self._row(found))
        return Table.from_dict(rows, orient="index")

    def _row(self, found: Candidate) -> dict[str, Any]:
        row: dict[str, Any] = {str(goal): value for goal, value in zip(self.goals, found.utility, strict=True)}
        row |= {f"{bound} (%)": 100 * share for bound, share in zip(self.bounds, found.bounds, strict=True)}
        row["best is better (%)"] = 100 * self.probability_better(found) if found is not self.best else float("nan")
        return row

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""

        def plain(one: Candidate) -> dict[str, Any]:
            return {
                "protocol": one.protocol, "utility": list(one.utility), "bounds": list(one.bounds), "score": one.score,
                "probability_that_the_best_is_better": self.probability_better(one),
            }  # fmt: skip

        return {
            "goals": [str(goal) for goal in self.goals], "bounds": [str(bound) for bound in self.bounds],
            "best": plain(self.best), "guideline": plain(self.guideline), "no_treatment": plain(self.untreated),
            "front": [plain(one) for one in self.front], "tried": self.tried,
        }  # fmt: skip


@cache
def choices() -> tuple[dict[str, Any], ...]:
    """The treatments that a search chooses from."""
    import yaml

    return tuple(yaml.safe_load(resources.files("hpgaxis.individual").joinpath("choices.yaml").read_text("utf-8")))


def optimise(  # noqa: PLR0913
    fit: Fit,
    goals: str | Goal | Sequence[str | Goal],
    bounds: Sequence[str | Bound] = (),
    *,
    drugs: Sequence[str] | None = None,
    most_drugs: int = 2,
    days: float | None = None,
    months: float | None = None,
    guideline: str | None = None,
    trials: int = TRIALS,
    seed: int = 1,
    callback: Callable[[int, int], object] | None = None,
) -> Optimum:
    """Find a protocol for a man: drugs, doses, intervals, when one begins and another ends, and rules at visits.

    Each protocol that is tried is simulated in the possible men of the fit; its utility is the mean over them. The
    search is that of Optuna (a tree-structured Parzen estimator). The best protocols, the guideline's and no treatment
    are then simulated in all possible men, and the best of these is returned, so that it is never worse than the
    guideline's in expected utility.

    Parameters
    ----------
    fit : the man.
    goals : sentences such as "total_motile_count as high as possible at month 6"; with several, the protocols that no
        other beats in all of them are returned too (`front`).
    bounds : sentences such as "estradiol 15-40 pg/mL" or "hematocrit below 52 % with 95 % probability".
    drugs : names in choices.yaml that may be used; default all.
    most_drugs : how many drugs at most.
    days, months : length; default 6 months.
    guideline : the protocol beside which the best is shown; default the simplest for his diagnosis and goal.
    trials : how many protocols are tried.
    seed : of the search.
    callback : is called with the number of protocols tried and the number of all.

    Raises
    ------
    InputError
        A goal or bound that is not understood, or an unknown drug.
    MissingPackageError
        Optuna is not installed.
    """
    with extra_packages("optimise needs Optuna", "optimise"):
        import optuna
    wanted = [goals] if isinstance(goals, str | Goal) else list(goals)
    aims = tuple(one if isinstance(one, Goal) else read_goal(one) for one in wanted)
    limits = tuple(one if isinstance(one, Bound) else read_bound(one) for one in bounds)
    if not aims:
        raise InputError("no goal; give at least one, such as 'total_motile_count as high as possible at month 6'")
    length = duration(days, 6.0 if days is None and months is None else months)
    late = [goal for goal in aims if goal.day is not None and goal.day > length]
    if late:
        raise InputError(f"the goal {str(late[0])!r} lies after the {length:g} days that are simulated")
    if not 1 <= most_drugs <= 4 or trials < 1:
        raise InputError(f"most_drugs = {most_drugs}, trials = {trials}: expected 1 to 4 drugs, and at least one trial")
    chosen = _chosen(drugs)
    search = _Search(fit, aims, limits, length)
    advised = guideline or _guideline(fit, aims)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sets = [[*names] for count in range(1, most_drugs + 1) for names in combinations(sorted(chosen), count)]
    by_name = ["+".join(names) for names in sets]
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(trials // 3 + 1, 60))
    study = optuna.create_study(
        directions=[optuna.study.StudyDirection.MAXIMIZE] * len(aims), sampler=sampler
    )  # fmt: skip
    seen: dict[str, Candidate] = {}
    for done in range(1, trials + 1):
        trial = study.ask()
        sentence = _sentence(trial, by_name, chosen, most_drugs)
        if sentence not in seen:
            seen[sentence] = search.of(sentence, SEARCHED_MEN)
        found = seen[sentence]
        cost = (sum(found.utility) - found.score) / len(aims)
        study.tell(trial, [value - cost for value in found.utility])
        if callback:
            callback(done, trials)
    best_first = sorted(seen.values(), key=lambda one: -one.score)
    last = {one.protocol: search.of(one.protocol) for one in best_first[:FINALISTS]}
    for sentence in (advised, NO_TREATMENT):
        if sentence not in last:
            last[sentence] = search.of(sentence)
    best = max(last.values(), key=lambda one: one.score)
    front = _front([*seen.values()]) if len(aims) > 1 else [best]
    return Optimum(
        aims, limits, best, last[advised], last[NO_TREATMENT],
        tuple(last.get(one.protocol) or search.of(one.protocol) for one in front), len(seen),
    )  # fmt: skip


def _chosen(drugs: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    there = {one["drug"]: one for one in choices()}
    if drugs is None:
        return there
    unknown = [name for name in drugs if name not in there]
    if unknown or not drugs:
        raise InputError(f"drugs = {list(drugs)}: expected some of {', '.join(there)}")
    return {name: there[name] for name in drugs}


def _guideline(fit: Fit, goals: Sequence[Goal]) -> str:
    """The simplest guideline protocol for what is wanted first and for the diagnosis."""
    diagnosis = fit.unknowns.diagnosis
    if goals[0].name in ("testosterone", "free_testosterone") and not any("sperm" in goal.name for goal in goals):
        return GUIDELINE["testosterone"]
    if "hypogonadotropic_hypogonadism" in diagnosis:
        return GUIDELINE["hypogonadotropic_hypogonadism"]
    return GUIDELINE.get(diagnosis, GUIDELINE["other"])


def _sentence(trial: Any, sets: Sequence[str], chosen: Mapping[str, dict[str, Any]], most_drugs: int) -> str:
    """A protocol of one trial, as a sentence."""
    names = trial.suggest_categorical("drugs", list(sets)).split("+") if len(sets) > 1 else sets[0].split("+")
    parts, rules = [], []
    for place, name in enumerate(names):
        entry = chosen[name]
        part = _filled(trial, entry, name)
        start = STARTS[trial.suggest_int(f"start of {name}", 0, len(STARTS) - 1)] if place else 0
        end = None if place or len(names) == 1 else ENDS[trial.suggest_int(f"end of {name}", 0, len(ENDS) - 1)]
        parts.append(part + (f" from day {start}" if start else "") + (f" until day {end}" if end else ""))
        rule: dict[str, Any] = entry.get("rule", {})
        allowed = rule and _may_add(rule.get("adds"), names, chosen, most_drugs)
        if allowed and trial.suggest_categorical(f"rule of {name}", [False, True]):
            rules.append(_filled(trial, rule, f"the rule of {name}"))
    return "; ".join([" and ".join(parts), *rules])


def _may_add(drug: str | None, names: Sequence[str], chosen: Mapping[str, Any], most_drugs: int) -> bool:
    """Whether a rule's own drug may be used beside these, and would not be there twice."""
    return drug is None or (drug in chosen and drug not in names and len(names) < most_drugs)


def _filled(trial: Any, entry: Mapping[str, Any], name: str) -> str:
    """A sentence of choices.yaml with a value for each of its words in braces."""
    values = dict[str, str]()
    for _, word, _, _ in Formatter().parse(entry["sentence"]):
        if word:
            tried = entry[word]
            ordered = all(isinstance(value, int | float) for value in tried)
            place = (
                trial.suggest_int(f"{word} of {name}", 0, len(tried) - 1) if ordered
                else trial.suggest_categorical(f"{word} of {name}", list(range(len(tried))))
            )  # fmt: skip
            values[word] = f"{tried[place]:g}" if ordered else str(tried[place])
    return str(entry["sentence"].format(**values))


def _front(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that keep the bounds best and that no other beats in all goals."""
    least = min(sum(one.utility) - one.score for one in found)
    kept = [one for one in found if sum(one.utility) - one.score <= least + 0.1]
    return [
        one for one in kept
        if not any(
            all(b >= a for a, b in zip(one.utility, other.utility, strict=True)) and other.utility != one.utility
            for other in kept
        )
    ][:20]  # fmt: skip


class _Search:
    """Simulates protocols in the possible men of a fit and weighs them."""

    def __init__(self, fit: Fit, goals: tuple[Goal, ...], bounds: tuple[Bound, ...], length: float) -> None:
        self.fit, self.goals, self.bounds, self.length = fit, goals, bounds, length
        self.states, self.past = present_states(fit), past_doses(fit)
        self.names = tuple(dict.fromkeys(one.name for one in (*goals, *bounds)))

    def of(self, sentence: str, count: int | None = None) -> Candidate:
        """A protocol in some or all of the possible men."""
        plan = Protocol.of(sentence, self.fit.unknowns.model.drugs)
        men, states = self.fit.men[:count], self.states[:count]
        result = under(
            self.fit, plan, men, states, self.past, self.length, STEP_DAYS, variables=self.names
        )  # fmt: skip
        return self.weighed(sentence, result)

    def weighed(self, sentence: str, result: Ensemble) -> Candidate:
        """What a protocol reaches."""
        own = np.array([goal.utility(result) for goal in self.goals])
        able = np.isfinite(own).all(axis=0)
        if not able.any():
            raise InputError(f"{sentence!r} could not be simulated in any possible man")
        utility = tuple(float(value) for value in own[:, able].mean(axis=1))
        kept = tuple(float(bound.kept(result)[able].mean()) for bound in self.bounds)
        short = sum(max(bound.share - share, 0.0) for bound, share in zip(self.bounds, kept, strict=True))
        return Candidate(sentence, utility, kept, sum(utility) - WEIGHT_OF_BOUNDS * short, own[:, able].sum(axis=0))
