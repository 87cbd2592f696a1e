"""The axis: the organs wired into rates of change. Units are those of `states`."""

from typing import NamedTuple

from . import hypothalamus, leydig, pituitary, sertoli, spermatogenesis, steroids
from .response import saturating
from .states import STEPS, State


class Signals(NamedTuple):
    """Quantities that follow from the states at one moment."""

    free_testosterone: float
    bioavailable_testosterone: float
    free_estradiol: float
    bioavailable_estradiol: float
    free_dht: float
    androgen: float
    estrogen_central: float
    estrogen_liver: float
    estrogen_reproductive: float
    fsh_stimulation: float
    itt_relative: float
    adiposity: float


def signals(y, p, u):
    ft = steroids.free_testosterone(y.testosterone, y.shbg, p)
    fe = steroids.free_estradiol(y.estradiol, y.shbg, ft, p)
    fd = steroids.free_dht(y.dht, y.shbg, ft, p)
    androgen = hypothalamus.androgen_signal(ft, p.free_testosterone_reference, fd, p.free_dht_reference, u.androgen, p)
    sensitivity = p.estrogen_sensitivity
    central = hypothalamus.estrogen_action(
        fe * sensitivity, p.free_estradiol_reference, u.estrogen_occupancy_central, u.estrogen_agonism_central
    )
    liver = hypothalamus.estrogen_action(
        fe, p.free_estradiol_reference, u.estrogen_occupancy_liver, u.estrogen_agonism_liver
    )
    reproductive = hypothalamus.estrogen_action(
        fe, p.free_estradiol_reference, u.estrogen_occupancy_reproductive, u.estrogen_agonism_reproductive
    )
    return Signals(
        free_testosterone=ft,
        bioavailable_testosterone=steroids.bioavailable_testosterone(ft, p),
        free_estradiol=fe,
        bioavailable_estradiol=steroids.bioavailable_estradiol(fe, p),
        free_dht=fd,
        androgen=androgen,
        estrogen_central=central,
        estrogen_liver=liver,
        estrogen_reproductive=reproductive,
        fsh_stimulation=sertoli.fsh_stimulation(y.fsh, u.fsh, p),
        itt_relative=y.intratesticular_testosterone / p.intratesticular_testosterone_reference,
        adiposity=steroids.adiposity_factor(p.bmi, p.aromatase_bmi_slope),
    )


class SteroidFluxes(NamedTuple):
    """nmol per day. What enters minus what leaves is the change of the steroid pool: the balance that tests close."""

    leydig_synthesis: float
    adrenal_testosterone: float
    adrenal_estradiol: float
    testosterone_dose: float
    dht_dose: float
    estradiol_dose: float
    testis_to_blood: float
    blood_to_testis: float
    testicular_aromatisation: float
    peripheral_aromatisation: float
    reduction: float
    testosterone_clearance: float
    dht_clearance: float
    estradiol_clearance: float


def steroid_fluxes(y, p, u, s):
    block = 1 + u.steroidogenesis_inhibitor
    synthesis = (
        p.leydig_synthesis
        * p.leydig_output
        * leydig.age_factor(p.age, p)
        * y.leydig_capacity
        * y.leydig_sensitivity
        * leydig.synthesis_response(y.leydig_signal, p)
        * (1 + u.clock)
        / block
    )
    aromatisation = leydig.testicular_aromatisation(y.intratesticular_testosterone, u.aromatase_inhibitor, p)
    inhibition = 1 + u.aromatase_inhibitor
    return SteroidFluxes(
        leydig_synthesis=synthesis,
        adrenal_testosterone=p.adrenal_testosterone / block,
        adrenal_estradiol=p.adrenal_estradiol * p.aromatase / (inhibition * block),
        testosterone_dose=u.testosterone,
        dht_dose=u.dht,
        estradiol_dose=u.estradiol,
        testis_to_blood=p.testis_outflow * y.intratesticular_testosterone,
        blood_to_testis=p.testis_outflow * p.testis_uptake_ratio * s.bioavailable_testosterone,
        testicular_aromatisation=p.testicular_estradiol * p.aromatase * y.testicular_aromatase * aromatisation,
        peripheral_aromatisation=p.peripheral_aromatisation
        * p.aromatase
        * s.adiposity
        * s.bioavailable_testosterone
        / inhibition,
        reduction=p.reduction * s.bioavailable_testosterone / (1 + u.reductase_inhibitor),
        testosterone_clearance=p.testosterone_other_clearance * s.bioavailable_testosterone,
        dht_clearance=p.dht_free_clearance * s.free_dht,
        estradiol_clearance=p.estradiol_bioavailable_clearance * s.bioavailable_estradiol,
    )


class GermCellFluxes(NamedTuple):
    """10^6 cells per day: entry, division, losses and what leaves in semen."""

    entry: float
    division: float
    meiotic_loss: float
    spermiogenesis_loss: float
    spermiation_loss: float
    output: float


def germ_cell_chain(y, p, u, s):
    """Rates of the eleven germ-cell compartments (10^6 per day) and the fluxes of their balance."""
    entering = (
        p.spermatogonia_entry
        * p.germ_cells
        * p.sertoli_number
        * y.sertoli_maturation**4  # hardly any spermatogenesis before Sertoli cells are nearly mature
        * spermatogenesis.entry(s.fsh_stimulation, s.itt_relative, p)
    )
    released_share = p.spermiation_share * spermatogenesis.spermiation(
        spermatogenesis.hormonal_support(s.fsh_stimulation, s.itt_relative, p), p
    )
    gonial = spermatogenesis.stage_rate(p.spermatogonia_duration, STEPS["spermatogonia"])
    cyte = spermatogenesis.stage_rate(p.spermatocyte_duration, STEPS["spermatocytes"])
    round_ = spermatogenesis.stage_rate(p.round_spermatid_duration, STEPS["round_spermatids"])
    long_ = spermatogenesis.stage_rate(p.elongated_spermatid_duration, STEPS["elongated_spermatids"])
    duct = spermatogenesis.stage_rate(p.epididymal_transit, STEPS["epididymis"])
    meiosis = cyte * y.spermatocytes_3
    rounding = round_ * y.round_spermatids_2
    release = long_ * y.elongated_spermatids_2
    born = 4 * p.meiosis_survival * meiosis
    rates = (
        entering - gonial * y.spermatogonia_1,
        gonial * (y.spermatogonia_1 - y.spermatogonia_2),
        gonial * y.spermatogonia_2 - cyte * y.spermatocytes_1,
        cyte * (y.spermatocytes_1 - y.spermatocytes_2),
        cyte * (y.spermatocytes_2 - y.spermatocytes_3),
        born - round_ * y.round_spermatids_1,
        round_ * (y.round_spermatids_1 - y.round_spermatids_2),
        p.spermiogenesis_survival * rounding - long_ * y.elongated_spermatids_1,
        long_ * (y.elongated_spermatids_1 - y.elongated_spermatids_2),
        released_share * release - duct * y.epididymis_1,
        duct * (y.epididymis_1 - y.epididymis_2),
    )
    fluxes = GermCellFluxes(
        entry=entering,
        division=3 * meiosis,
        meiotic_loss=4 * (1 - p.meiosis_survival) * meiosis,
        spermiogenesis_loss=(1 - p.spermiogenesis_survival) * rounding,
        spermiation_loss=(1 - released_share) * release,
        output=duct * y.epididymis_2,
    )
    return rates, fluxes


def pulse_generator(y, p):
    """GnRH pulse frequency (per day) and mass per pulse (the normal 24-h mean over the normal pulse number is 1).

    Their product over the baseline frequency is the daily-mean drive: both fidelities share this function.
    """
    frequency = p.pulse_frequency_reference * hypothalamus.pulse_frequency(
        y.androgen_feedback * p.androgen_sensitivity, y.estrogen_feedback, p
    )
    mass = p.gnrh_drive * hypothalamus.pulse_mass(y.estrogen_feedback, p)
    return frequency, mass / steroids.adiposity_factor(p.bmi, p.gnrh_bmi_slope)


def rates(y, p, u):
    """Time derivative (per day) of every state: State -> State. p: parameters, traits, age (y), bmi (kg/m2)."""
    s = signals(y, p, u)
    f = steroid_fluxes(y, p, u, s)
    germ_rates, _ = germ_cell_chain(y, p, u, s)

    frequency, mass = pulse_generator(y, p)
    endogenous = p.tonic * frequency * mass / p.pulse_frequency_reference / (1 + u.progestogen)
    args = (u.gnrh_continuous, y.gnrh_receptor, u.gnrh_antagonist, p)
    drive = pituitary.effective_gnrh(y.gnrh, *args)
    recent = pituitary.effective_gnrh(y.gnrh_recent, *args)
    capacity = y.gonadotrope_capacity
    lh_made = pituitary.lh_secretion(drive, recent, capacity, y.estrogen_feedback, p)
    fsh_made = p.fsh_secretion * pituitary.fsh_secretion(
        drive, recent, capacity, y.estrogen_feedback, y.inhibin_b / p.inhibin_b_reference, p
    )
    stimulation = leydig.receptor_stimulation(y.lh + u.lh, u.hcg, p)
    relative_free = s.free_testosterone / p.free_testosterone_reference
    return State(
        androgen_feedback=p.feedback_rate * (s.androgen - y.androgen_feedback),
        estrogen_feedback=p.feedback_rate * (s.estrogen_central - y.estrogen_feedback),
        gnrh=p.gnrh_elimination * (endogenous + u.gnrh_pulses - y.gnrh),
        gnrh_recent=p.gnrh_memory_rate * (y.gnrh - y.gnrh_recent),
        gnrh_receptor=p.gnrh_receptor_rate * (pituitary.receptor_availability(u.gnrh_continuous, p) - y.gnrh_receptor),
        gonadotrope_capacity=pituitary.capacity_rate(pituitary.gonadotrope_capacity(recent, p), capacity, p),
        lh=p.lh_elimination * (p.lh_reference * lh_made - y.lh)
        - p.lh_to_peripheral * y.lh
        + p.lh_from_peripheral * y.lh_peripheral,
        lh_peripheral=p.lh_to_peripheral * y.lh - p.lh_from_peripheral * y.lh_peripheral,
        fsh=p.fsh_elimination * (p.fsh_reference * fsh_made - y.fsh),
        leydig_signal=p.leydig_signal_rate * (stimulation - y.leydig_signal),
        leydig_capacity=p.leydig_capacity_rate * (leydig.capacity(y.leydig_signal, p) - y.leydig_capacity),
        leydig_sensitivity=p.leydig_sensitivity_rate * (leydig.sensitivity(y.leydig_signal, p) - y.leydig_sensitivity),
        testicular_aromatase=p.testicular_aromatase_rate
        * (leydig.testicular_aromatase(y.leydig_signal, p) - y.testicular_aromatase),
        intratesticular_testosterone=(
            f.leydig_synthesis + f.blood_to_testis - f.testis_to_blood - f.testicular_aromatisation
        )
        / p.testis_fluid_volume,
        testosterone=(
            f.testis_to_blood
            + f.adrenal_testosterone
            + f.testosterone_dose
            - f.blood_to_testis
            - f.peripheral_aromatisation
            - f.reduction
            - f.testosterone_clearance
        )
        / p.testosterone_volume,
        dht=(f.reduction + f.dht_dose - f.dht_clearance) / p.dht_volume,
        estradiol=1000
        * (
            f.testicular_aromatisation
            + f.peripheral_aromatisation
            + f.adrenal_estradiol
            + f.estradiol_dose
            - f.estradiol_clearance
        )
        / p.estradiol_volume,
        shbg=p.shbg_production
        * p.shbg_synthesis
        * steroids.shbg_synthesis(s.estrogen_liver, relative_free + u.androgen, u.liver_androgen, p.bmi, p.age, p)
        - p.shbg_elimination * y.shbg,
        sertoli_maturation=sertoli.maturation_rate(s.fsh_stimulation, y.sertoli_maturation, p),
        inhibin_b=p.inhibin_rate
        * (sertoli.inhibin_b(s.fsh_stimulation, p.sertoli_number, y.sertoli_maturation, p) - y.inhibin_b),
        **dict(zip(State._fields[20:31], germ_rates, strict=True)),
        accessory_glands=p.accessory_gland_rate
        * (saturating(relative_free + u.androgen, p.accessory_gland_half_maximum) - y.accessory_glands),
    )
