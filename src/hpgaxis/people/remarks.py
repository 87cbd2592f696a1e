"""Remarks on a matched man: how well his labs are matched, and which labs and traits are unusual."""

from __future__ import annotations

from math import exp
from typing import Any

from ..measurements.labs import DEFAULT_READING, read_samples
from ..measurements.registry import LABS, MEASUREMENTS, axis_unit
from .match import FAR, LabFit, MatchedMan
from .patient import phenotypes
from .sampling import says_all
from .trait_search import COUNTS, floor

TELLING = ("fsh", "lh", "testosterone", "inhibin_b", "testis_volume")
"""Labs that distinguish the causes of low sperm counts."""


def remarks(man: MatchedMan) -> list[str]:
    """Return sentences on labs that contradict the others, unusual traits, and sperm counts without an explanation.

    Parameters
    ----------
    man : the matched man.

    Returns
    -------
    list of str
        One sentence each; empty if everything agrees.

    Examples
    --------
    >>> remarks(hpg.match(hpg.Patient(labs={"testosterone": "500 ng/dL"})))
    []
    """
    remarks_on_labs = [_contradiction(name, fit, man) for name, fit in man.fits.items() if fit.contradicts]
    counted = any(name in man.fits for name in COUNTS)
    for name, away in man.deviations.items():
        if abs(away) > FAR and not (counted and name == "germ_cells" and away < 0):
            remarks_on_labs.append(
                f"unusual trait: {name} is {man.traits[name]:.3g} times the typical man's, {abs(away):.1f} standard "
                f"deviations between men {'above' if away > 0 else 'below'} the centre of {man.patient.diagnosis}"
            )
    explained = _few_sperm(man)
    return [*remarks_on_labs, explained] if explained else remarks_on_labs


def lab_lines(man: MatchedMan) -> list[str]:
    """One line a lab: what was given, what the man has, and how far that is in standard deviations of the lab."""
    return [_line(name, fit) for name, fit in man.fits.items()]


def reading(man: MatchedMan) -> list[str]:
    """Return the sentence that says how labs without an hour or an assay are read; none where nothing is left out."""
    samples = read_samples(man.patient.labs).values() if man.fits else ()
    return [DEFAULT_READING] if not all(map(says_all, samples)) else []


def _as_given(name: str, fit: LabFit) -> str:
    """Return what was given, and what it was read as: '300 ng/dL at 8:00, read as 268 ng/dL over the day'."""
    if not fit.circumstances:
        return f"{fit.given:.4g}"
    unit = axis_unit(name, LABS[name].display_unit)
    given = f"{fit.given:.4g} {unit}{fit.circumstances}"
    if fit.read_as == fit.given:
        return given
    timed = " over the day" if " at " in fit.circumstances and LABS[name].rhythm else ""
    freed = " by mass spectrometry" if fit.circumstances.endswith("immunoassay") else ""
    return f"{given}, read as {fit.read_as:.4g} {unit}{timed}{freed}"


def _line(name: str, fit: LabFit) -> str:
    unit, limit = axis_unit(name, LABS[name].display_unit), floor(name) * MEASUREMENTS[name].display_factor
    given = f"{LABS[name].label}: given {_as_given(name, fit)}"
    if fit.read_as <= limit and fit.reached <= limit:
        return f"{given}, matched below {limit:g} {unit}, the limit of detection"
    return (
        f"{given}, matched {fit.reached:.4g} {unit} (the lab lies {abs(fit.away):.1f} SD "
        f"{'above' if fit.away >= 0 else 'below'}; it varies by {_percent(fit.error)} %)"
    )


def _percent(error: float) -> str:
    """A standard deviation of a logarithm as a coefficient of variation in per cent."""
    return f"{100 * (exp(error**2) - 1) ** 0.5:.2g}"


def _contradiction(name: str, fit: LabFit, man: MatchedMan) -> str:
    unit = axis_unit(name, LABS[name].display_unit)
    given = _as_given(name, fit) if fit.circumstances else f"{fit.given:.4g} {unit}"
    what = f"{name} {given} was not matched: "
    if not fit.fitted:
        return what + f"no trait affects it, and the man's other values imply {fit.reached:.4g}"
    others = "his other labs" if len(man.fits) > 1 else f"the diagnosis {man.patient.diagnosis}"
    implied = f"; without it, {others} imply {fit.implied:.4g}" if fit.implied is not None else ""
    return what + (
        f"it lies {abs(fit.away):.1f} standard deviations (of {_percent(fit.error)} %) "
        f"{'above' if fit.away > 0 else 'below'} the matched {fit.reached:.4g}{implied}. "
        "Check the value, its unit and the diagnosis"
    )


def explanations(man: MatchedMan) -> list[str]:
    """Return the diagnoses whose published pattern is consistent with his sperm concentration and other given labs."""
    given = {name: value * MEASUREMENTS[name].display_factor for name, value in man.patient.levels.items()}
    given["sperm_concentration"] = _concentration(man, given)
    for name in ("sperm_total", "total_motile_count"):
        given.pop(name, None)
    return [
        name
        for name, entry in phenotypes().items()
        if "sperm_concentration" in (pattern := entry.get("pattern", {}))
        and all(pattern[lab]["low"] <= given[lab] <= pattern[lab]["high"] for lab in given if lab in pattern)
    ]


def _concentration(man: MatchedMan, given: dict[str, float]) -> float:
    """Return the sperm concentration that is given, or that his other counts imply."""
    if "sperm_concentration" in given:
        return given["sperm_concentration"]
    if all(given[name] <= floor(name) for name in COUNTS if name in given):
        return 0.0
    return float(man.model.measure(man.state, man.parameters)["sperm_concentration"])


def _few_sperm(man: MatchedMan) -> str:
    """Return a remark on diagnoses that explain a low sperm count if his own does not; otherwise ""."""
    counts = [name for name in COUNTS if name in man.fits]
    if not counts or man.deviations.get("germ_cells", 0.0) > -FAR:
        return ""
    fitting = explanations(man)
    if man.patient.diagnosis in fitting:
        return ""
    none = all(man.fits[name].read_as <= floor(name) for name in counts)
    what = "no sperm (azoospermia)" if none else "low sperm count"
    missing = [name for name in TELLING if name not in man.fits]
    kinds = "".join(f"\n  {name}: {_pattern(name, missing)}" for name in fitting)
    return (
        f"{what}, which the diagnosis {man.patient.diagnosis} does not explain; the cause cannot be inferred from "
        "semen alone. No cause is assumed: the simulated man has the hormones of his other labs and too few germ cells"
        + (", so that no treatment restores sperm. " if none else ". ")
        + (
            f"Diagnoses whose published pattern fits these labs, and the expected range of other labs:{kinds}\n"
            "Choose one with --diagnosis."
            if fitting
            else "No diagnosis of this program has a published pattern that fits all of these labs."
        )
    )


def _pattern(diagnosis: str, missing: list[str]) -> str:
    """Return the published ranges of the labs that are not given."""
    pattern: dict[str, Any] = phenotypes()[diagnosis].get("pattern", {})
    ranges = [
        f"{n.replace('_', ' ')} {pattern[n]['low']:g} to {pattern[n]['high']:g} {axis_unit(n, LABS[n].display_unit)}"
        for n in missing
        if n in pattern
    ]
    return ", ".join(ranges) or phenotypes()[diagnosis]["title"]
