"""The typical man at rest: his states, and the rates that follow from his measured concentrations."""

from typing import NamedTuple

from . import adrenal, body, steroids
from .constants import (
    PERCENT,
    PMOL_PER_NMOL,
    REFERENCE_AGE,
    REFERENCE_BMI,
    SPERMATIDS_PER_SPERMATOCYTE,
    TYPICAL_SCORE,
)
from .states import STEPS, State


class Derived(NamedTuple):
    """Rates that follow from the measured references of the typical man, so that he is in steady state."""

    free_testosterone_reference: float
    free_estradiol_reference: float
    free_dht_reference: float
    free_cortisol_reference: float
    bioavailable_testosterone_reference: float
    testis_outflow: float
    testicular_estradiol: float
    leydig_synthesis: float
    adrenal_testosterone: float
    peripheral_aromatisation: float
    adrenal_estradiol: float
    reduction: float
    testosterone_other_clearance: float
    estradiol_bioavailable_clearance: float
    dht_free_clearance: float
    spermatogonia_entry: float
    germ_cells_reference: float
    shbg_production: float


def derive(p):
    """Close the balances of the typical man at his reference concentrations; nmol and days."""
    ft = steroids.free_testosterone(p.testosterone_reference, p.shbg_reference, p)
    fe = steroids.free_estradiol(p.estradiol_reference, p.shbg_reference, ft, p)
    fd = steroids.free_dht(p.dht_reference, p.shbg_reference, ft, p)
    bio = steroids.bioavailable_testosterone(ft, p)
    estradiol_rate = p.estradiol_metabolic_clearance * p.estradiol_reference / PMOL_PER_NMOL
    testosterone_rate = p.testosterone_metabolic_clearance * p.testosterone_reference
    dht_rate = p.dht_metabolic_clearance * p.dht_reference
    adrenal_estradiol = p.adrenal_share_of_estradiol * estradiol_rate
    testicular_estradiol = p.testicular_share_of_estradiol * estradiol_rate
    peripheral = estradiol_rate - adrenal_estradiol - testicular_estradiol
    adrenal_testosterone = p.adrenal_share_of_testosterone * testosterone_rate
    secreted = testosterone_rate - adrenal_testosterone
    outflow = secreted / (p.intratesticular_testosterone_reference - p.testis_uptake_ratio * bio)
    output = p.sperm_concentration_reference * p.semen_volume_reference / (p.abstinence_reference * p.ejaculated_share)
    spermatids = SPERMATIDS_PER_SPERMATOCYTE
    entry = output / (spermatids * p.meiosis_survival * p.spermiogenesis_survival * p.spermiation_share)
    after_meiosis = entry * spermatids * p.meiosis_survival
    germ = (
        entry * (p.spermatogonia_duration + p.spermatocyte_duration)
        + after_meiosis * p.round_spermatid_duration
        + after_meiosis * p.spermiogenesis_survival * p.elongated_spermatid_duration
    )
    return Derived(
        free_testosterone_reference=ft,
        free_estradiol_reference=fe,
        free_dht_reference=fd,
        free_cortisol_reference=adrenal.free_cortisol(p.cortisol_reference, p),
        bioavailable_testosterone_reference=bio,
        testis_outflow=outflow,
        testicular_estradiol=testicular_estradiol,
        leydig_synthesis=secreted + testicular_estradiol,
        adrenal_testosterone=adrenal_testosterone,
        peripheral_aromatisation=peripheral / bio,
        adrenal_estradiol=adrenal_estradiol,
        reduction=dht_rate / bio,
        testosterone_other_clearance=(testosterone_rate - peripheral - dht_rate) / bio,
        estradiol_bioavailable_clearance=estradiol_rate / steroids.bioavailable_estradiol(fe, p),
        dht_free_clearance=dht_rate / fd,
        spermatogonia_entry=entry,
        germ_cells_reference=germ,
        shbg_production=p.shbg_elimination * p.shbg_reference,
    )


def reference_state(p):
    """The typical man's states from his references; of one man, or arrays of those of many."""
    after_meiosis = SPERMATIDS_PER_SPERMATOCYTE * p.meiosis_survival * p.spermatogonia_entry
    release = after_meiosis * p.spermiogenesis_survival
    in_stage = {
        "spermatogonia": p.spermatogonia_entry * p.spermatogonia_duration,
        "spermatocytes": p.spermatogonia_entry * p.spermatocyte_duration,
        "round_spermatids": after_meiosis * p.round_spermatid_duration,
        "elongated_spermatids": release * p.elongated_spermatid_duration,
        "epididymis": release * p.spermiation_share * p.epididymal_transit,
    }
    return State(
        androgen_feedback=1,
        estrogen_feedback=1,
        steroid_exposure=1,
        gnrh=1,
        gnrh_recent=1,
        gnrh_receptor=1,
        gonadotrope_capacity=1,
        lh=p.lh_reference,
        lh_peripheral=p.lh_reference * p.lh_to_peripheral / p.lh_from_peripheral,
        fsh=p.fsh_reference,
        leydig_signal=1,
        leydig_recruitment=1,
        leydig_capacity=1,
        lyase_activity=1,
        testicular_aromatase=1,
        intratesticular_testosterone=p.intratesticular_testosterone_reference,
        testosterone=p.testosterone_reference,
        dht=p.dht_reference,
        reductase_1=1,
        reductase_2=1,
        estradiol=p.estradiol_reference,
        shbg=p.shbg_reference,
        sertoli_growth=1,
        sertoli_maturation=1,
        spermatogonia_activity=1,
        spermatid_support=1 + p.fsh_support_of_spermiation,
        stem_cell_reserve=1,
        inhibin_b=p.inhibin_b_reference,
        **{f"{stage}_{i}": in_stage[stage] / count for stage, count in STEPS.items() for i in range(1, count + 1)},
        epididymal_window=1,
        accessory_glands=1,
        leydig_reserve=1,
        gonadotrope_reserve=1,
        tsh=p.tsh_reference,
        free_thyroxine=p.free_thyroxine_reference,
        corticotropin=1,
        cortisol=p.cortisol_reference,
        cortisol_exposure=1,
        prolactin=p.prolactin_reference,
        hematocrit=p.hematocrit_reference,
        ldl=p.ldl_reference,
        hdl=p.hdl_reference,
        bone_spine=p.bone_spine_reference,
        bone_hip=p.bone_hip_reference,
        libido=TYPICAL_SCORE,
        mood=TYPICAL_SCORE,
        psa=p.psa_reference,
        breast_stimulus=1,
        body_fat=body.body_fat(REFERENCE_BMI, REFERENCE_AGE, 1.0, p),
        lean_mass=PERCENT,
        years_gained=1,
    )
