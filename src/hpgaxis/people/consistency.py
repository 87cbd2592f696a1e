"""Which laboratory values of one man contradict each other."""

from __future__ import annotations

from collections.abc import Mapping

from ..measurements.labs import LabError
from ..measurements.registry import MEASUREMENTS
from ..physiology.parameters import parameters
from ..physiology.steroids import bioavailable_testosterone, free_testosterone


def check_consistent(values: Mapping[str, float]) -> None:
    """Raise LabError where laboratory values (model units) cannot be true together."""

    def conflict(name: str, given: float, implied: float, because: str, tolerance: float) -> None:
        if not 1 / tolerance <= (given + 1e-9) / (implied + 1e-9) <= tolerance:
            scale, unit = MEASUREMENTS[name].display_factor, MEASUREMENTS[name].display_unit
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
            testosterone, estradiol = (MEASUREMENTS[name].display_factor for name in ("testosterone", "estradiol"))
            implied = total * testosterone / (values["estradiol"] * estradiol)
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
