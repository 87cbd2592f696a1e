"""Texts of `hpg describe`."""

from __future__ import annotations

import difflib

from ..errors import InputError
from ..evidence.trials import Administration, packaged_trials
from ..files import shown
from ..measurements.labs import clock
from ..measurements.registry import LABS, Measurement, axis_unit
from ..model import Model
from ..people.patient import phenotypes
from ..people.sampling import background
from ..pharmacology.drug import Drug, Formulation, Route, Value, constant_key
from ..pharmacology.formulations import doses
from ..pharmacology.mechanisms import MECHANISMS
from ..pharmacology.monitoring import plan
from ..physiology.parameters import catalogue
from ..physiology.states import CONDITIONS, TRAITS, state_remarks


def _value(title: str, value: Value | None) -> list[str]:
    if value is None:
        return []
    lines = [f"    {title}: {value.value:g} {value.unit}   [{value.shown_status}] {value.source}"]
    if value.settled_by:
        lines.append(f"      data needed to confirm it: {value.settled_by}")
    return lines


def _absorption(part: Route | Formulation, *, with_pathways: bool) -> list[str]:
    """Lines of the bioavailability and, if asked for, of the pathways of a route or a formulation."""
    lines = _value("bioavailability", part.bioavailability)
    for pathway in part.pathways if with_pathways else ():
        if len(part.pathways) > 1:
            lines.append(f"    {100 * pathway.share:g} % of the dose:")
        lines += _value("constant rate for", pathway.duration)
        for half_life in pathway.half_lives:
            lines += _value("absorption half-life", half_life)
    return lines


def _drug(drug: Drug, changed: dict[str, float]) -> str:
    lines = [f"{drug.name}: {drug.summary}", f"  class: {drug.group}; {drug.status}", f"  cautions: {drug.cautions}"]
    if drug.aliases:
        lines.append(f"  also called: {', '.join(drug.aliases)}")
    lines.append(f"  dose in {drug.dose_unit}; usual route {drug.default_route}")
    for name, route in drug.routes.items():
        there = [formulation.name for formulation in drug.formulations_of(name)]
        lines.append(f"  route {name}" + (f": {', '.join(there)}" if there else ""))
        own = [drug.absorption(name, formulation).pathways is route.pathways for formulation in there]
        lines += _absorption(route, with_pathways=not there or any(own))
        lines += _value("bioavailability between men (CV)", route.bioavailability_variation)
        lines += _value("absorption between men (CV)", route.absorption_variation)
        if route.duration_is_interval:
            lines.append("    given at a constant rate over each interval")
    for formulation in drug.formulations:
        lines.append(
            f"  {formulation.name}, {' or '.join(formulation.routes)}: {doses(formulation, drug.dose_unit)}   "
            f"[{formulation.shown_status}] {formulation.source}"
        )
        lines += _absorption(formulation, with_pathways=True)
    for name, analyte in drug.analytes.items():
        lines.append(f"  {name} ({analyte.concentration_unit})" if analyte.clearance else f"  {name} (released)")
        for title, value in (
            ("clearance", analyte.clearance),
            ("clearance between men (CV)", analyte.clearance_variation),
            ("half-life", analyte.half_life),
            ("distribution half-life", analyte.distribution_half_life),
            ("distribution share", analyte.distribution_share),
            ("formation half-life", analyte.formation_half_life),
            ("share of dose", analyte.share_of_dose),
            ("molar mass", analyte.molar_mass),
        ):
            lines += _value(title, value)
    for effect in drug.effects:
        lines.append(f"  acts: {effect.analyte} {MECHANISMS[effect.mechanism].summary}")
        lines += _value("constant", effect.constant)
        if (key := constant_key(drug, effect)) in changed and effect.constant is not None:
            lines.append(f"      this model: {changed[key]:g} {effect.constant.unit}")
        if effect.efficacy_source:
            lines.append(f"    efficacy: {effect.efficacy:g} (1 is estradiol's)   {effect.efficacy_source}")
        lines += _value("largest pulse", effect.saturable_maximum)
        lines += _value("half of it at", effect.saturable_half_dose)
    for entry in plan(drug):
        weeks = ", ".join(map(str, entry["weeks"]))
        then = f", then every {entry['every_weeks']} weeks" if entry["every_weeks"] else ""
        mark = "" if entry["verified"] else " [unverified]"
        lines.append(f"  check {entry['measure']} in week {weeks}{then}: {entry['what']}   {entry['source']}{mark}")
    return "\n".join(lines)


def _parameter(name: str, changed: dict[str, float]) -> str:
    entry = catalogue()[name]
    kinds = {**{n: f"trait: {m}" for n, m in TRAITS.items()}, **{n: f"condition: {m}" for n, m in CONDITIONS.items()}}
    head = kinds.get(name, "parameter")
    lines = [
        f"{name} ({head})",
        f"  value {entry.value:g} {entry.unit}; spread {entry.spread:g} (SD of the logarithm, {entry.spread_kind})",
        f"  status: {entry.shown_status}",
        f"  source: {entry.source}",
    ]
    if name in changed:
        lines.insert(2, f"  this model: {changed[name]:g} {entry.unit}")
    if entry.settled_by:
        lines.append(f"  data needed to confirm it: {entry.settled_by}")
    return "\n".join(lines)


def _diagnosis(name: str) -> str:
    lines = [f"{name} (diagnosis; `hpg diagnoses {name}` simulates it), where the search for traits starts:"]
    for field, value in phenotypes()[name].items():
        if field != "pattern":
            lines.append(f"  {field}: {value}")
            continue
        lines.append("  published laboratory pattern:")
        for measure, entry in value.items():
            mark = "" if entry["verified"] else " [unverified]"
            lines.append(f"    {measure}: {entry['low']:g} to {entry['high']:g}   {entry['source']}{mark}")
    return "\n".join(lines)


def _trial(name: str) -> str:
    """Text of a published trial: its men, arms, doses and figures."""
    from ..simulation.table_text import figure_text

    trial = next(trial for trial in packaged_trials() if trial.id == name)
    lines = [
        f"{trial.id} (trial): {trial.title}",
        f"  design: {trial.design}",
        f"  men: {trial.population.description}",
    ]
    for arm in trial.arms:
        lines.append(f"  arm {arm.name}{'' if arm.n is None else f', {arm.n} men'}")
        lines += [f"    given: {_given(line)}" for line in arm.protocol] or ["    given: nothing"]
        for outcome in arm.outcomes:
            day = "" if outcome.day is None else f" on day {outcome.day:g}"
            unit = axis_unit(outcome.measure, outcome.unit)
            mark = "" if outcome.verified else " [unverified]"
            kind = f" ({outcome.stat})" if outcome.stat else ""
            lines.append(f"    {outcome.measure}{day}: {figure_text(outcome.value)} {unit}{kind}{mark}")
    return "\n".join(lines)


def _given(line: Administration) -> str:
    """The drug, dose and schedule of one line of a trial's protocol."""
    fields = {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in line.model_dump(exclude_none=True, exclude_defaults=True).items()
    }
    first = " ".join(fields.pop(name) for name in ("drug", "dose", "unit", "route") if name in fields)
    if "every_days" in fields:
        first += f" every {fields.pop('every_days')} days"
    return "; ".join([first, *(f"{name.replace('_', ' ')} {value}" for name, value in fields.items())])


def _how_sampled(lab: Measurement) -> str:
    """Return lines on a lab's daily rhythm, and on what immunoassays add to it."""
    lines = ""
    if rhythm := lab.rhythm:
        swings = ", ".join(
            f"{100 * a:.0f} % at {age:g} years" for age, a in zip(rhythm.ages, rhythm.amplitudes, strict=True)
        )
        if len(rhythm.ages) == 1:
            swings = f"{100 * rhythm.amplitudes[0]:.0f} %"
        source = f"{'' if rhythm.verified else 'unverified: source not read; '}{rhythm.source}"
        lines += f"\n  over the day: highest at {clock(rhythm.peak)}, by {swings} above the mean ({source})"
    added = background(lab.name, "immunoassay")
    if added:
        source = lab.immunoassay.source if lab.immunoassay else "estradiol_assay_background"
        lines += f"\n  immunoassays read {added:g} {lab.display_unit} where there is nothing ({source})"
    return lines


def describe(name: str, model: Model) -> str:
    """Return what a name means in a model, with its source. Raises InputError with near names."""
    key = name.strip().lower()
    plain = key.replace(" ", "_").replace("-", "_")
    parts = []
    drugs = model.drugs
    if key in drugs.spellings:
        parts.append(_drug(drugs[key], dict(model.constants)))
    elif plain in drugs.spellings:
        parts.append(_drug(drugs[plain], dict(model.constants)))
    if plain in catalogue():
        parts.append(_parameter(plain, dict(model.typical)))
    lab = next((entry for entry in LABS.values() if plain == entry.name or key in entry.aliases), None)
    if lab is not None:
        code = f", LOINC {lab.loinc}" if lab.loinc else ""
        parts.append(
            f"{lab.name} (measurement): shown in {axis_unit(lab.name, lab.display_unit)}{code}; "
            f"reference range {lab.reference.low:g}-{lab.reference.high:g} ({lab.reference.source}); "
            f"possible in a man {lab.possible[0]:g} to {lab.possible[1]:g}"
        )
        if lab.aliases:
            parts[-1] += f"\n  also called: {', '.join(lab.aliases)}"
        if lab.variation:
            parts[-1] += (
                f"\n  varies by {100 * lab.variation.cv:.0f} % from visit to visit in one man, assay included "
                f"({lab.variation.source})"
            )
        parts[-1] += _how_sampled(lab)
    states = state_remarks()
    if plain in states:
        parts.append(f"{plain} (state): {states[plain]}\n  equation: hpgaxis.physiology.axis.rates")
        related = [n for n in catalogue() if plain in n]
        if related:
            parts.append("  parameters: " + ", ".join(related))
    if plain in MECHANISMS:
        users = [d.name for d in drugs.values() if any(e.mechanism == plain for e in d.effects)]
        parts.append(f"{plain} (mechanism): {MECHANISMS[plain].summary}\n  drugs: {', '.join(users)}")
    if plain in phenotypes():
        parts.append(_diagnosis(plain))
    trials = [trial.id for trial in packaged_trials()] if not parts else []
    if key in trials:
        parts.append(_trial(key))
    if not parts:
        everything = [*drugs.spellings, *catalogue(), *LABS, *states, *MECHANISMS, *phenotypes(), *trials]
        names = {name.replace(" ", "_"): None for name in everything}
        near = difflib.get_close_matches(key.replace(" ", "_"), names, n=4, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`hpg drugs` lists drugs"
        raise InputError(f"nothing is called {shown(name)}; {hint}")
    return "\n\n".join(parts)
