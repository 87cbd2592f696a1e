"""Laboratory values: names, units, what is possible, what contradicts what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..files import shown
from ..physiology.parameters import parameters
from ..physiology.steroids import bioavailable_testosterone, free_testosterone
from ..units import MOLAR_MASS, convert, number, split_quantity


class LabError(InputError):
    """A laboratory value that is impossible, in a wrong unit, or that contradicts another."""


@dataclass(frozen=True)
class Lab:
    """One measurement: model unit, unit shown, LOINC code, possible range and reference range (both in unit shown)."""

    unit: str
    shown: str
    loinc: str
    lowest: float
    highest: float
    reference: tuple[float, float]


LABS: dict[str, Lab] = {
    "testosterone": Lab("nmol/L", "ng/dL", "2986-8", 1, 6000, (264, 916)),
    "free_testosterone": Lab("pmol/L", "pg/mL", "2991-8", 0.2, 2000, (50, 210)),
    "bioavailable_testosterone": Lab("nmol/L", "ng/dL", "2990-0", 1, 4000, (100, 430)),
    "dht": Lab("nmol/L", "ng/dL", "1848-1", 0.5, 2000, (14, 77)),
    "estradiol": Lab("pmol/L", "pg/mL", "2243-4", 0.2, 2000, (10, 40)),
    "free_estradiol": Lab("pmol/L", "pg/mL", "2244-2", 0.005, 50, (0.2, 1.0)),
    "shbg": Lab("nmol/L", "nmol/L", "13967-5", 1, 400, (16, 56)),
    "lh": Lab("IU/L", "IU/L", "10501-5", 0.005, 200, (1.7, 8.6)),
    "fsh": Lab("IU/L", "IU/L", "15067-2", 0.005, 250, (1.5, 12.4)),
    "hcg": Lab("IU/L", "IU/L", "19080-1", 0, 1e6, (0, 2)),
    "inhibin_b": Lab("pg/mL", "pg/mL", "56940-4", 0.5, 2000, (80, 350)),
    "intratesticular_testosterone": Lab("nmol/L", "nmol/L", "", 0.5, 20000, (600, 3500)),
    "sperm_concentration": Lab("10*6/mL", "10*6/mL", "9780-8", 0, 1000, (16, 213)),
    "semen_volume": Lab("mL", "mL", "13943-6", 0.05, 20, (1.4, 6.2)),
    "sperm_total": Lab("10*6", "10*6", "10568-4", 0, 5000, (39, 928)),
    "motility": Lab("%", "%", "10569-2", 0, 100, (42, 90)),
    "progressive_motility": Lab("%", "%", "32789-4", 0, 100, (30, 77)),
    "morphology": Lab("%", "%", "10622-7", 0, 100, (4, 48)),
    "total_motile_count": Lab("10*6", "10*6", "", 0, 5000, (20, 700)),
    "testis_volume": Lab("mL", "mL", "", 0.3, 60, (12, 30)),
    "t_e2_ratio": Lab("ng/dL per pg/mL", "ng/dL per pg/mL", "", 0.1, 2000, (10, 40)),
    "tsh": Lab("mIU/L", "mIU/L", "3016-3", 0.001, 1000, (0.4, 4.5)),
    "free_thyroxine": Lab("pmol/L", "pmol/L", "14920-3", 0.3, 200, (10, 22)),
    "cortisol": Lab("nmol/L", "nmol/L", "14675-3", 1, 3000, (120, 300)),
    "prolactin": Lab("ug/L", "ug/L", "20568-2", 0.1, 50000, (3, 18)),
    "hematocrit": Lab("%", "%", "20570-8", 15, 75, (40, 52)),
    "hemoglobin": Lab("g/dL", "g/dL", "718-7", 4, 26, (13.5, 17.5)),
    "ldl": Lab("mg/dL", "mg/dL", "13457-7", 5, 800, (50, 160)),
    "hdl": Lab("mg/dL", "mg/dL", "2085-9", 5, 200, (40, 80)),
    "psa": Lab("ug/L", "ug/L", "2857-1", 0.001, 5000, (0, 4)),
    "bone_spine": Lab("g/cm2", "g/cm2", "", 0.2, 2.5, (1.04, 1.45)),
    "bone_hip": Lab("g/cm2", "g/cm2", "", 0.2, 2.5, (0.85, 1.25)),
    "t_lh_ratio": Lab("ng/dL per IU/L", "ng/dL per IU/L", "", 0.1, 1e5, (60, 250)),
}
"""Reference ranges: testosterone Travison 2017; semen WHO 2021 (Campbell 2021); cortisol is the 24-h mean; bone density
-1 SD and up; others usual ranges of men."""

ALIASES = {
    "t": "testosterone",
    "total testosterone": "testosterone",
    "e2": "estradiol",
    "ft": "free_testosterone",
    "itt": "intratesticular_testosterone",
    "luteinizing hormone": "lh",
    "follicle stimulating hormone": "fsh",
    "inhibin b": "inhibin_b",
    "sperm count": "sperm_concentration",
    "tmc": "total_motile_count",
    "volume": "semen_volume",
    "hct": "hematocrit",
    "haematocrit": "hematocrit",
    "ft4": "free_thyroxine",
    "free t4": "free_thyroxine",
    "t:e2": "t_e2_ratio",
    "t:lh": "t_lh_ratio",
    "ldl cholesterol": "ldl",
    "hdl cholesterol": "hdl",
}


def canonical(name: str) -> str:
    """The measurement's name. Raises LabError listing the names."""
    if not isinstance(name, str):
        raise LabError(f"laboratory value {shown(name)}: the name is no text; there are {', '.join(LABS)}")
    key = name.strip().lower().replace("-", "_")
    key = ALIASES.get(key.replace("_", " "), key.replace(" ", "_"))
    if key not in LABS:
        raise LabError(f"unknown laboratory value {shown(name)}; there are {', '.join(LABS)}")
    return key


def shown_factor(name: str) -> float:
    """Model unit -> unit shown, without unit machinery (it is on the path of every result)."""
    lab = LABS[name]
    if lab.unit == lab.shown:
        return 1.0
    mass = MOLAR_MASS[name]
    return {("nmol/L", "ng/dL"): mass / 10, ("pmol/L", "pg/mL"): mass / 1000}[lab.unit, lab.shown]


def _number_and_unit(value: Any) -> tuple[float, str]:
    """A laboratory value's number and unit ("" where it has none). Raises InputError."""
    return split_quantity(value) if isinstance(value, str) else (number(value), "")


def read(name: str, value: Any) -> tuple[str, float]:
    """(canonical name, value in model units) of one laboratory value such as '265 ng/dL' or a number in the unit shown.

    Raises LabError for an unknown name, a wrong unit or an impossible value.
    """
    key = canonical(name)
    lab = LABS[key]
    try:
        given, unit = _number_and_unit(value)
        level = convert(given, unit, lab.shown, key) if unit and unit != lab.shown else given
        model = level if lab.unit == lab.shown else level / shown_factor(key)
    except InputError as error:
        raise LabError(f"{key} = {shown(value)}: {error}; write it like '{lab.reference[0]:g} {lab.shown}'") from None
    if not lab.lowest <= level <= lab.highest:
        low, high = lab.reference
        raise LabError(
            f"{key} = {shown(value)} is {level:.4g} {lab.shown}: impossible in a man "
            f"({lab.lowest:g} to {lab.highest:g}; usual {low:g}-{high:g} {lab.shown})"
        )
    return key, model


def read_all(labs: Mapping[str, Any]) -> dict[str, float]:
    """All values in model units, checked one by one and against each other. Raises LabError."""
    if not isinstance(labs, Mapping):
        raise LabError(f"labs = {shown(labs)}: expected names with values, like testosterone: 265 ng/dL")
    values: dict[str, float] = {}
    for name, value in labs.items():
        key, level = read(name, value)
        if key in values:
            raise LabError(f"{key} is given twice")
        values[key] = level
    _contradictions(values)
    return values


def _contradictions(values: dict[str, float]) -> None:
    """Raise LabError where values cannot be true together."""

    def conflict(name: str, given: float, implied: float, because: str, tolerance: float) -> None:
        if not 1 / tolerance <= (given + 1e-9) / (implied + 1e-9) <= tolerance:
            scale, unit = shown_factor(name), LABS[name].shown
            raise LabError(
                f"contradictory labs: {name} {given * scale:.4g} {unit}, but {because} make it "
                f"{implied * scale:.4g} {unit}; check both values and their units"
            )

    total, shbg = values.get("testosterone"), values.get("shbg")
    if total is not None:
        for name, scale in (("free_testosterone", 1e-3), ("bioavailable_testosterone", 1.0)):
            if name in values and values[name] * scale >= total:
                raise LabError(f"contradictory labs: {name} is not below total testosterone; check their units")
        if shbg is not None:
            p = parameters()
            free = free_testosterone(total, shbg, p)
            if "free_testosterone" in values:
                conflict("free_testosterone", values["free_testosterone"], 1000 * free, "testosterone and SHBG", 2.5)
            if "bioavailable_testosterone" in values:
                implied = bioavailable_testosterone(free, p)
                conflict(
                    "bioavailable_testosterone",
                    values["bioavailable_testosterone"],
                    implied,
                    "testosterone and SHBG",
                    2.5,
                )
        if "estradiol" in values and "t_e2_ratio" in values:
            implied = total * shown_factor("testosterone") / (values["estradiol"] * shown_factor("estradiol"))
            conflict("t_e2_ratio", values["t_e2_ratio"], implied, "testosterone and estradiol", 1.5)
    concentration, volume = values.get("sperm_concentration"), values.get("semen_volume")
    count = values.get("sperm_total")
    if concentration is not None and volume is not None:
        if count is not None:
            conflict("sperm_total", count, concentration * volume, "concentration and volume", 1.5)
        count = concentration * volume
    if count is not None and "motility" in values and "total_motile_count" in values:
        conflict(
            "total_motile_count",
            values["total_motile_count"],
            count * values["motility"] / 100,
            "count and motility",
            1.5,
        )
    if "motility" in values and values.get("progressive_motility", 0) > values["motility"]:
        raise LabError("contradictory labs: progressive motility is above total motility")
