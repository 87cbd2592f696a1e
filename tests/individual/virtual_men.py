"""Virtual men whose labs are drawn as a fit believes that they come about, to hold fits against the truth."""

import numpy as np

from hpgaxis.datasets.read import read_data_set
from hpgaxis.individual.simulated import expected_readings, readings_of
from hpgaxis.individual.unknowns import Unknowns
from hpgaxis.model import Model

BEFORE = ("testosterone", "lh", "fsh", "estradiol", "shbg", "sperm_concentration")
UNDER = ("testosterone", "lh")
LATER = ("testosterone", "lh", "estradiol")


def template(diagnosis="eugonadal", age=35, bmi=27, drug="clomiphene", dose=25):
    """Rows of a man with eight labs, before and on treatment, and three later ones that are held."""
    about = {"ID": "A", "AGE": age, "BMI": bmi, "DIAGNOSIS": diagnosis}
    rows = [{**about, "TIME": 0, "DVID": name, "DV": 1, "HOLD": 0} for name in BEFORE]
    rows.append({**about, "TIME": 1, "EVID": 1, "DRUG": drug, "AMT": dose, "UNIT": "mg", "II": 1, "ADDL": 199})
    rows += [{**about, "TIME": 60, "DVID": name, "DV": 1, "HOLD": 0} for name in UNDER]
    return rows + [{**about, "TIME": 180, "DVID": name, "DV": 1, "HOLD": 1} for name in LATER]


def with_values(rows, values):
    """The rows with these values of their measurements, in order."""
    given = iter(values)
    return [row if row.get("EVID") else {**row, "DV": float(next(given))} for row in rows]


def drawn(rows, seed):
    """A man of the prior and what laboratories report of him: unknowns (unknowns,), rows with values; None if he fails."""
    data = read_data_set([{**row, "DV": 50} if not row.get("EVID") else row for row in rows])
    course = data["A"]
    unknowns = Unknowns(course, Model.default(), 1, seed)
    rng = np.random.default_rng([seed, 7])
    z = np.clip(rng.standard_normal((len(unknowns.names), 1)), -3, 3)
    readings = readings_of(course, unknowns)
    even = expected_readings(unknowns, course.observations, readings)(z)[:, 0]
    if not np.isfinite(even).all():
        return None
    noisy = even + np.array([one.spread for one in readings]) * rng.standard_normal(len(even))
    values = [float(reading.reported(value)) for reading, value in zip(readings, noisy, strict=True)]
    in_order = {(one.time, one.variable): value for one, value in zip(course.observations, values, strict=True)}
    return z[:, 0], with_values(rows, [in_order[row["TIME"], row["DVID"]] for row in rows if not row.get("EVID")])
