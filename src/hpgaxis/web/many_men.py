"""Virtual men under one protocol: who responds, and the standard treatments in one man."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..clinical.treatments import compare_treatments
from ..engine.random import subject_seed
from ..files import plain
from ..individual.simulated import RELATIVE_TOLERANCE, evenly
from ..model import Model
from ..people.population import population
from ..pharmacology.protocol import Protocol
from ..simulation.run import simulate_many
from .courses import numbers
from .requests import PopulationAsked, TreatmentsAsked
from .work import Step

BEFORE = ("testosterone", "lh", "fsh", "estradiol", "t_lh_ratio", "sperm_concentration")
AFTER = ("testosterone", "estradiol", "lh", "fsh", "sperm_concentration", "total_motile_count", "hematocrit")
BLOCK = 250
"""Men who are simulated between two looks whether somebody still waits."""


def responders(asked: PopulationAsked, step: Step) -> dict[str, Any]:
    """Virtual men before and at the end of a protocol, one value a man."""
    model = Model.default()
    plan = evenly(Protocol.of(asked.protocol, model.drugs))
    step(0, asked.count)
    men = list(population(asked.count, seed=asked.seed, diagnosis=asked.group))
    names = list(dict.fromkeys((*BEFORE, *AFTER)))
    seeds = [subject_seed(asked.seed, man) for man in range(len(men))]
    values: dict[str, list[Any]] = {name: [] for name in names}
    first = min([0.0, *(one.start_day for one in plan.series)])
    for begin in range(0, len(men), BLOCK):
        block = men[begin : begin + BLOCK]
        result = simulate_many(
            block, plan, days=asked.days, t_eval=sorted({first, 0.0, asked.days}), variables=names,
            rtol=RELATIVE_TOLERANCE, seeds=seeds[begin : begin + BLOCK],
        )  # fmt: skip
        for name in names:
            values[name].append(result[name][:, [0, -1]])
        step(begin + len(block), len(men))
    joined = {name: np.concatenate(parts) for name, parts in values.items()}
    return plain({
        "before": {name: numbers(joined[name][:, 0]) for name in BEFORE}
        | {"bmi": [man.patient.bmi for man in men], "age": [man.patient.age for man in men]},
        "after": {name: numbers(joined[name][:, 1]) for name in AFTER},
        "units": {name: model.measurements[name].display_unit for name in names} | {"bmi": "kg/m²", "age": "years"},
        "diagnoses": [man.patient.diagnosis for man in men], "protocol": plan.label(), "days": asked.days,
    })  # fmt: skip


def treatments(asked: TreatmentsAsked, step: Step) -> dict[str, Any]:
    """A year of every standard treatment in one man."""
    table = compare_treatments(asked.man.patient(), callback=step)
    frame = table.table().reset_index(names="treatment")
    return plain({"columns": list(map(str, frame.columns)), "rows": frame.to_numpy(dtype=object), "why_untreatable":
                  table.why_untreatable})  # fmt: skip
