"""Measurements from states."""

from ..units import MOLAR_MASS
from . import adrenal, leydig, safety, semen, sertoli, spermatogenesis, thyroid
from .axis import germ_cell_chain, germ_cells_of_testis, leydig_precursor, pulse_generator, signals
from .constants import DL_PER_L, ML_PER_L, PERCENT, PMOL_PER_NMOL


def fertility(y, p, u, s):
    """Semen analysis and testis volume from states and their signals, as a dict by measurement."""
    _, germ = germ_cell_chain(y, p, u, s)
    window = y.epididymal_window
    total = semen.sperm_total(germ.output, window, p) * (1 - p.duct_obstruction)
    volume = semen.ejaculate_volume(y.accessory_glands, p.semen_volume, s.age, p)
    varicocele = spermatogenesis.varicocele_effect(p.varicocele, u.varicocele_repair, p.varicocele_motility_harm)
    moving = window * thyroid.semen_window(s.thyroxine, p.thyroid_motility_harm, p) * varicocele
    motility = semen.motility(moving, spermatogenesis.spermiation(y.spermatid_support, p), p.motility, s.age, p)
    per_sertoli = germ_cells_of_testis(y, p) / s.sertoli_number
    return {
        "sperm_concentration": total / volume,
        "semen_volume": volume,
        "sperm_total": total,
        "motility": motility,
        "progressive_motility": p.progressive_share * motility,
        "morphology": p.morphology_reference * motility / p.motility_reference,
        "total_motile_count": total * motility / PERCENT,
        "testis_volume": sertoli.testis_volume(
            s.sertoli_number, y.sertoli_maturation, y.leydig_capacity, per_sertoli, p
        ),
    }


def hydroxyprogesterone(y, p, u, s):
    """17-hydroxyprogesterone (nmol/L) from the synthesis of Leydig cells and of the adrenal."""
    cortisol = adrenal.cortisol_secretion(y.corticotropin, p)
    return leydig.hydroxyprogesterone(leydig_precursor(y, p, u, s) / p.leydig_synthesis, cortisol, p)


def observables(y, p, u):
    """Measurements from states: name -> value, in the model's units of measurements/registry.toml; on arrays too."""
    s = signals(y, p, u)
    frequency, _ = pulse_generator(y, p, u)
    testosterone_ng_per_dl = y.testosterone * MOLAR_MASS["testosterone"] / DL_PER_L
    return {
        "testosterone": y.testosterone,
        "free_testosterone": PMOL_PER_NMOL * s.free_testosterone,
        "bioavailable_testosterone": s.bioavailable_testosterone,
        "dht": y.dht,
        "estradiol": y.estradiol,
        "free_estradiol": s.free_estradiol,
        "shbg": y.shbg,
        "lh": y.lh + u.lh,
        "fsh": y.fsh + u.fsh,
        "hcg": u.hcg + 0 * y.lh,
        "inhibin_b": y.inhibin_b,
        "amh": sertoli.anti_mullerian_hormone(
            y.intratesticular_testosterone, s.fsh_stimulation, s.sertoli_number, y.sertoli_maturation, p
        ),
        "hydroxyprogesterone": hydroxyprogesterone(y, p, u, s),
        "insl3": leydig.insulin_like_factor_3(y.leydig_capacity * y.leydig_reserve, y.leydig_recruitment, p),
        "intratesticular_testosterone": y.intratesticular_testosterone,
        "gnrh_pulses_per_day": frequency,
        **fertility(y, p, u, s),
        "t_e2_ratio": testosterone_ng_per_dl / (y.estradiol * MOLAR_MASS["estradiol"] / ML_PER_L),
        "t_lh_ratio": testosterone_ng_per_dl / (y.lh + u.lh),
        "estrogen_action_central": s.estrogen_central,
        "leydig_stimulation": PERCENT * y.leydig_signal,
        "sertoli_stimulation": PERCENT * s.fsh_stimulation,
        "tsh": y.tsh,
        "free_thyroxine": y.free_thyroxine,
        "cortisol": y.cortisol,
        "prolactin": y.prolactin,
        "bmi": s.bmi + 0 * y.lh,
        "body_fat": y.body_fat,
        "lean_mass": y.lean_mass,
        "hematocrit": y.hematocrit,
        "hemoglobin": y.hematocrit * p.hemoglobin_per_hematocrit,
        "ldl": y.ldl,
        "hdl": y.hdl,
        "bone_spine": y.bone_spine,
        "bone_hip": y.bone_hip,
        "libido": y.libido,
        "mood": y.mood,
        "psa": y.psa,
        "gynecomastia_risk": safety.gynecomastia_risk(y.breast_stimulus, p),
    }
