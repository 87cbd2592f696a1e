"""What the page shows without a simulation: measurements, diagnoses, traits, drugs, the axis, the evidence."""

from __future__ import annotations

import inspect
import re
import xml.etree.ElementTree as ET
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any, NamedTuple

from ..clinical.treatments import standard
from ..errors import InputError
from ..evidence.trials import packaged_trials
from ..files import plain
from ..measurements.registry import LABS, MEASUREMENTS, axis_unit
from ..model import Model
from ..people.match import match
from ..people.patient import Patient, phenotypes
from ..people.population import mixtures
from ..physiology import (
    adrenal,
    body,
    hypothalamus,
    leydig,
    pituitary,
    prolactin,
    semen,
    sertoli,
    spermatogenesis,
    steroids,
    thyroid,
)
from ..physiology.parameters import catalogue
from ..physiology.states import CONDITIONS, TRAITS, state_remarks
from ..plot.axis_diagram import axis_diagram
from ..plot.axis_links import LINKS, ORGANS
from ..units import convert
from ..validation.shipped import shipped_validation
from .courses import untreated

OTHER_UNITS = (
    "nmol/L", "pmol/L", "ng/dL", "ng/mL", "pg/mL", "ug/L", "ug/dL", "mIU/L", "mmol/L", "mg/dL", "g/L", "ng/L",
)  # fmt: skip
"""Units that laboratories print, offered where a measurement can be turned into them."""
MOST_UNITS = 4


class OrganPart(NamedTuple):
    """What belongs to an organ of the picture: modules with its equations, states, and the measurement it shows.

    before: what stands before the level.
    """

    modules: tuple[ModuleType, ...]
    states: tuple[str, ...]
    shows: str
    before: str = ""


PARTS = {
    "hypothalamus": OrganPart((hypothalamus,), ("androgen_feedback", "estrogen_feedback", "steroid_exposure", "gnrh"),
                              "gnrh_pulses_per_day", "pulses"),
    "pituitary": OrganPart((pituitary,), ("gnrh_recent", "gnrh_receptor", "gonadotrope_capacity", "gonadotrope_reserve",
                                          "lh", "lh_peripheral", "fsh"), "lh", "LH"),
    "leydig": OrganPart((leydig,), ("leydig_signal", "leydig_recruitment", "leydig_capacity", "leydig_reserve",
                                    "lyase_activity", "testicular_aromatase", "intratesticular_testosterone"),
                        "intratesticular_testosterone", "inside"),
    "sertoli": OrganPart((sertoli,), ("sertoli_growth", "sertoli_maturation", "inhibin_b"), "inhibin_b", "inhibin B"),
    "tubules": OrganPart((spermatogenesis,), ("spermatogonia_activity", "spermatid_support", "stem_cell_reserve",
                                              "spermatogonia_1", "spermatocytes_1", "round_spermatids_1",
                                              "elongated_spermatids_1"), "testis_volume", "testes"),
    "semen": OrganPart((semen,), ("epididymis_1", "epididymis_2", "epididymal_window", "accessory_glands"),
                       "sperm_concentration", "sperm"),
    "testosterone": OrganPart((steroids,), ("testosterone",), "testosterone"),
    "dht": OrganPart((steroids,), ("dht", "reductase_1", "reductase_2"), "dht"),
    "estradiol": OrganPart((steroids,), ("estradiol",), "estradiol"),
    "fat": OrganPart((body, steroids), (), "body_fat", "of the body"),
    "liver": OrganPart((steroids,), ("shbg",), "shbg", "SHBG"),
    "other_axes": OrganPart((prolactin, adrenal, thyroid), ("prolactin", "cortisol", "tsh", "free_thyroxine"),
                            "prolactin", "prolactin"),
}  # fmt: skip
CARRIED = {
    "GnRH": "gnrh_pulses_per_day", "LH": "lh", "FSH": "fsh", "inhibin B": "inhibin_b", "FSH effect": "fsh",
    "sperm": "sperm_concentration", "testosterone": "testosterone", "estradiol": "estradiol", "SHBG binds it": "shbg",
}  # fmt: skip
"""What an arrow carries -> the measurement that its width shows; other arrows show what their organ does."""


@cache
def catalogue_of_page() -> dict[str, Any]:
    """Measurements with their units, diagnoses, traits, groups, drugs and the typical man's levels."""
    model = Model.default()
    typical = untreated(match(Patient()))
    return plain({
        "version": version("hpgaxis"),
        "measurements": {
            name: {
                "label": one.label, "unit": one.display_unit, "shown_unit": axis_unit(name, one.display_unit),
                "reference": list(one.reference.limits) if name in LABS else None, "lab": name in LABS,
                "possible": list(one.possible), "units": _units(name), "typical": typical.get(name),
            }
            for name, one in MEASUREMENTS.items() if name in model.measurements
        },
        "diagnoses": {
            name: {"title": entry["title"], "age": entry.get("age"), "bmi": entry.get("bmi"),
                   "no_treatment": entry.get("no_treatment", "")}
            for name, entry in phenotypes().items()
        },
        "groups": {name: entry.get("title", name.replace("_", " ")) for name, entry in mixtures().items()},
        "traits": {
            name: {"meaning": meaning, "spread": catalogue()[name].spread, "source": catalogue()[name].source}
            for name, meaning in TRAITS.items()
        },
        "conditions": dict(CONDITIONS),
        "drugs": {
            name: {"class": drug.group, "routes": list(drug.routes), "unit": drug.dose_unit, "summary": drug.summary}
            for name, drug in model.drugs.items()
        },
        "treatments": [entry["protocol"] for entry in standard()],
    })  # fmt: skip


def _units(name: str) -> dict[str, float]:
    """Unit -> factor from the unit shown, of the units that laboratories print."""
    unit = MEASUREMENTS[name].display_unit
    factors = {unit: 1.0}
    for other in (MEASUREMENTS[name].unit, *OTHER_UNITS):
        try:
            if other not in factors and len(factors) < MOST_UNITS:
                factors[other] = float(convert(1.0, unit, other, name))
        except InputError:
            continue
    return factors


@cache
def axis() -> dict[str, Any]:
    """The diagram of the axis, and what belongs to each organ."""
    return plain({
        "svg": _drawing(),
        "organs": {name: _organ(name) for name in PARTS},
        "links": [
            {"source": link.source, "target": link.target,
             "shows": CARRIED.get(link.messenger) or PARTS[link.source].shows}
            for link in LINKS
        ],
    })  # fmt: skip


def _drawing() -> str:
    """The diagram without its style sheet, which is a file of the page."""
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    root = ET.fromstring(axis_diagram().svg())
    for style in root.findall("{http://www.w3.org/2000/svg}style"):
        root.remove(style)
    root.set("role", "group")  # its organs are buttons on the page
    return ET.tostring(root, encoding="unicode")


def _organ(name: str) -> dict[str, Any]:
    part, organ = PARTS[name], ORGANS[name]
    remarks = state_remarks()
    sources = [inspect.getsource(module) for module in part.modules]
    used = sorted({found for text in sources for found in re.findall(r"\bp\.(\w+)", text)} & set(catalogue()))
    return {
        "name": organ.name, "role": organ.role, "shows": part.shows, "before": part.before,
        "states": [{"name": state, "remark": remarks.get(state, "")} for state in part.states],
        "equations": [
            {"module": module.__name__, "text": text} for module, text in zip(part.modules, sources, strict=True)
        ],
        "parameters": [
            {"name": one, "value": catalogue()[one].value, "unit": catalogue()[one].unit,
             "status": catalogue()[one].shown_status, "source": catalogue()[one].source}
            for one in used
        ],
    }  # fmt: skip


@cache
def evidence() -> list[dict[str, Any]]:
    """Every figure of a published trial beside its prediction, as the package ships them."""
    trials = {trial.id: trial for trial in packaged_trials()}
    rows = []
    for row in shipped_validation().outcomes:
        trial = trials[row["trial"]]
        drugs = sorted({line.drug for arm in trial.arms if arm.name == row["arm"] for line in arm.protocol})
        rows.append({
            **{key: row.get(key) for key in (
                "trial", "arm", "measure", "day", "unit", "observed", "predicted", "predicted_low", "predicted_high",
                "fold_error", "compared", "observed_fold", "predicted_fold", "group", "part", "inside",
            )},
            "drugs": drugs, "diagnosis": trial.population.diagnosis, "title": trial.title,
            "year": trial.citation.get("year"), "journal": trial.citation.get("journal"),
            "url": _link(trial.citation, trial.source),
        })  # fmt: skip
    return plain(rows)


def _link(citation: dict[str, Any], source: dict[str, str]) -> str:
    """The web address of a trial, by its DOI, its PubMed number or its source."""
    if citation.get("doi"):
        return f"https://doi.org/{citation['doi']}"
    if citation.get("pmid"):
        return f"https://pubmed.ncbi.nlm.nih.gov/{citation['pmid']}/"
    address = source.get("url", "")
    return address if address.startswith("https://") else ""
