"""The axis: the organs wired into rates of change. Units are those of `states`."""

from typing import NamedTuple

from . import (
    adrenal,
    body,
    hypothalamus,
    leydig,
    pituitary,
    prolactin,
    safety,
    semen,
    sertoli,
    spermatogenesis,
    steroids,
    thyroid,
)
from .constants import DAYS_PER_YEAR, PMOL_PER_NMOL, SPERMATIDS_PER_SPERMATOCYTE
from .states import GERM_CELLS, STEPS, State


class Signals(NamedTuple):
    """Quantities that follow from the states."""

    free_testosterone: float
    bioavailable_testosterone: float
    free_estradiol: float
    bioavailable_estradiol: float
    free_dht: float
    relative_free_testosterone: float
    androgen_central: float
    androgen: float
    estrogen_central: float
    estrogen_liver: float
    estrogen_reproductive: float
    fsh_stimulation: float
    itt_relative: float
    germ_cell_drive: float
    normal_drive: float
    tubular_drive: float
    germ_cell_support: float
    bmi: float
    age: float
    adiposity: float
    thyroxine: float
    sertoli_number: float


def signals(y, p, u):
    """Free and bioavailable steroids, receptor signals and body measures of these states."""
    ft = steroids.free_testosterone(y.testosterone, y.shbg, p)
    fe = steroids.free_estradiol(y.estradiol, y.shbg, ft, p)
    fd = steroids.free_dht(y.dht, y.shbg, ft, p)
    central_androgen = hypothalamus.androgen_signal(
        ft, p.free_testosterone_reference, fd, p.free_dht_reference, u.androgen, p
    )
    relative_testosterone = ft / p.free_testosterone_reference
    relative_estradiol = fe / p.free_estradiol_reference
    central, liver, reproductive = (
        p.estrogen_receptor * hypothalamus.estrogen_action(estradiol, occupancy, agonism)
        for estradiol, occupancy, agonism in (
            (relative_estradiol * p.estrogen_sensitivity, u.estrogen_occupancy_central, u.estrogen_agonism_central),
            (relative_estradiol, u.estrogen_occupancy_liver, u.estrogen_agonism_liver),
            (relative_estradiol, u.estrogen_occupancy_reproductive, u.estrogen_agonism_reproductive),
        )
    )
    itt_relative = y.intratesticular_testosterone / p.intratesticular_testosterone_reference
    fsh_stimulation = sertoli.fsh_stimulation(y.fsh, u.fsh, p)
    in_tubules = spermatogenesis.testicular_androgen(itt_relative, y.reductase_1, y.reductase_2, p)
    bmi, age = body.body_mass_index(p.bmi, u.weight_loss), body.age(p.age, y.years_gained)
    return Signals(
        free_testosterone=ft,
        bioavailable_testosterone=steroids.bioavailable_testosterone(ft, p),
        free_estradiol=fe,
        bioavailable_estradiol=steroids.bioavailable_estradiol(fe, p),
        free_dht=fd,
        relative_free_testosterone=relative_testosterone,
        androgen_central=steroids.androgen_action(central_androgen, u.androgen_blockade),
        androgen=steroids.androgen_action(relative_testosterone + u.androgen, u.androgen_blockade),
        estrogen_central=central,
        estrogen_liver=liver,
        estrogen_reproductive=reproductive,
        fsh_stimulation=fsh_stimulation,
        itt_relative=itt_relative,
        germ_cell_drive=spermatogenesis.hormonal_drive(fsh_stimulation, itt_relative, p.germ_cell_need, p),
        normal_drive=spermatogenesis.hormonal_drive(1, 1, p.germ_cell_need, p),
        tubular_drive=spermatogenesis.hormonal_drive(fsh_stimulation, itt_relative, 1, p),
        germ_cell_support=spermatogenesis.hormonal_support(fsh_stimulation, in_tubules, p),
        bmi=bmi,
        age=age,
        adiposity=steroids.adiposity_factor(bmi, p.aromatase_bmi_slope, p),
        thyroxine=y.free_thyroxine / p.free_thyroxine_reference,
        sertoli_number=y.sertoli_growth
        * sertoli.number(age, p)
        * spermatogenesis.cryptorchidism_effect(p.cryptorchidism, p.cryptorchidism_sertoli_harm),
    )


class SteroidFluxes(NamedTuple):
    """Fluxes (nmol per day); the sum of the inflows minus the outflows is the change of the steroid pool."""

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


def leydig_precursor(y, p, u, s):
    """Steroid that Leydig cells make up to 17,20-lyase (nmol per day), of which testosterone becomes."""
    return (
        p.leydig_synthesis
        * p.leydig_output
        * leydig.age_factor(s.age, p)
        / steroids.adiposity_factor(s.bmi, p.leydig_bmi_slope, p)
        * thyroid.leydig_effect(s.thyroxine, p)
        * adrenal.leydig_effect(y.cortisol_exposure, p)
        * body.sleep_effect(u.sleep_lost, p)
        * spermatogenesis.varicocele_effect(p.varicocele, u.varicocele_repair, p.varicocele_leydig_harm)
        * y.leydig_reserve
        * y.leydig_capacity
        * leydig.synthesis_response(y.leydig_signal, y.leydig_recruitment, p)
        * (1 + u.clock * leydig.rhythm_of_age(s.age, p))
    )


def steroid_fluxes(y, p, u, s):
    """Production, transfer, conversion and clearance of testosterone, DHT and estradiol."""
    block = 1 + u.steroidogenesis_inhibitor
    aromatisation = leydig.testicular_aromatisation(y.intratesticular_testosterone, u.aromatase_inhibitor, p)
    inhibition = 1 + u.aromatase_inhibitor
    return SteroidFluxes(
        leydig_synthesis=leydig_precursor(y, p, u, s) * y.lyase_activity / block,
        adrenal_testosterone=p.adrenal_testosterone * adrenal.androgen_age_factor(s.age, p) / block,
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
        * thyroid.aromatase_effect(s.thyroxine, p)
        * s.bioavailable_testosterone
        / inhibition,
        reduction=p.reduction * s.bioavailable_testosterone * steroids.reduction_share(y.reductase_1, y.reductase_2, p),
        testosterone_clearance=p.testosterone_clearance * p.testosterone_other_clearance * s.bioavailable_testosterone,
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
        * s.sertoli_number
        * sertoli.support(y.sertoli_maturation)
        * spermatogenesis.entry(y.spermatogonia_activity, y.stem_cell_reserve, p)
        * spermatogenesis.cryptorchidism_effect(p.cryptorchidism, p.cryptorchidism_germ_harm)
        * thyroid.semen_window(s.thyroxine, p.thyroid_germ_harm, p)
        * spermatogenesis.varicocele_effect(p.varicocele, u.varicocele_repair, p.varicocele_germ_harm)
    )
    released_share = p.spermiation_share * spermatogenesis.spermiation(y.spermatid_support, p)
    survival = spermatogenesis.spermatid_survival(y.spermatid_support, u.germ_cell_toxicity, p)
    gonial = spermatogenesis.stage_rate(p.spermatogonia_duration, STEPS["spermatogonia"])
    cyte = spermatogenesis.stage_rate(p.spermatocyte_duration, STEPS["spermatocytes"])
    round_ = spermatogenesis.stage_rate(p.round_spermatid_duration, STEPS["round_spermatids"])
    long_ = spermatogenesis.stage_rate(p.elongated_spermatid_duration, STEPS["elongated_spermatids"])
    duct = spermatogenesis.stage_rate(p.epididymal_transit, STEPS["epididymis"])
    meiosis = cyte * y.spermatocytes_3
    rounding = round_ * y.round_spermatids_2
    release = long_ * y.elongated_spermatids_2
    born = SPERMATIDS_PER_SPERMATOCYTE * p.meiosis_survival * meiosis
    rates = (
        entering - gonial * y.spermatogonia_1,
        gonial * (y.spermatogonia_1 - y.spermatogonia_2),
        gonial * y.spermatogonia_2 - cyte * y.spermatocytes_1,
        cyte * (y.spermatocytes_1 - y.spermatocytes_2),
        cyte * (y.spermatocytes_2 - y.spermatocytes_3),
        born - round_ * y.round_spermatids_1,
        round_ * (y.round_spermatids_1 - y.round_spermatids_2),
        survival * rounding - long_ * y.elongated_spermatids_1,
        long_ * (y.elongated_spermatids_1 - y.elongated_spermatids_2),
        released_share * release - duct * y.epididymis_1,
        duct * (y.epididymis_1 - y.epididymis_2),
    )
    fluxes = GermCellFluxes(
        entry=entering,
        division=(SPERMATIDS_PER_SPERMATOCYTE - 1) * meiosis,
        meiotic_loss=SPERMATIDS_PER_SPERMATOCYTE * (1 - p.meiosis_survival) * meiosis,
        spermiogenesis_loss=(1 - survival) * rounding,
        spermiation_loss=(1 - released_share) * release,
        output=duct * y.epididymis_2,
    )
    return rates, fluxes


def germ_cells_of_testis(y, p):
    """Germ cells of the testes relative to the typical man's."""
    return sum(getattr(y, name) for name in GERM_CELLS if not name.startswith("epididymis")) / p.germ_cells_reference


def tubules_filled(y, p, s):
    """Germ cells over those that his own Sertoli and germ cells make under normal hormones, if these need no more."""
    own = p.germ_cells * spermatogenesis.cryptorchidism_effect(p.cryptorchidism, p.cryptorchidism_germ_harm)
    needed = spermatogenesis.entry(s.germ_cell_drive, 1, p) / spermatogenesis.entry(s.tubular_drive, 1, p)
    return germ_cells_of_testis(y, p) / (s.sertoli_number * own * needed)


def pulse_generator(y, p, u):
    """GnRH pulse frequency (per day) and mass per pulse (the normal 24-h mean over the normal pulse number is 1).

    Their product over the baseline frequency is the daily-mean drive: both fidelities share this function.
    """
    frequency = (
        p.pulse_frequency_reference
        * hypothalamus.pulse_frequency(
            y.androgen_feedback * p.androgen_sensitivity,
            y.estrogen_feedback,
            y.steroid_exposure,
            p,
        )
        * adrenal.pulse_frequency_effect(y.cortisol_exposure, p)
        * prolactin.pulse_frequency_effect(y.prolactin / p.prolactin_reference, p)
        * hypothalamus.opioid_effect(u.opioid)
        * hypothalamus.kisspeptin_effect(u.kisspeptin, p.kisspeptin_frequency_gain)
    )
    mass = (
        p.gnrh_drive
        * hypothalamus.pulse_mass(y.estrogen_feedback, p)
        * hypothalamus.kisspeptin_effect(u.kisspeptin, p.kisspeptin_mass_gain)
        * adrenal.pulse_mass_effect(y.cortisol_exposure, p)
        * thyroid.gnrh_effect(y.free_thyroxine / p.free_thyroxine_reference, p)
        * body.training_effect(u.training, p)
        * hypothalamus.age_factor(body.age(p.age, y.years_gained), p)
    )
    bmi = body.body_mass_index(p.bmi, u.weight_loss)
    return frequency, mass * hypothalamus.obesity_effect(bmi, p)


def other_axes_rates(y, p, u, s):
    """Rates of thyroid, adrenal and prolactin, as a dict by state."""
    rhythm = u.clock * p.cortisol_rhythm / p.circadian_amplitude
    tsh = y.tsh / p.tsh_reference
    free_cortisol = adrenal.free_cortisol(y.cortisol, p) / p.free_cortisol_reference
    glucocorticoid = free_cortisol + u.glucocorticoid
    thyroxine_input = thyroid.thyroxine_secretion(tsh, u.thyroid_inhibitor, p) + u.thyroxine / p.thyroxine_production
    cortisol_input = adrenal.cortisol_secretion(y.corticotropin, p) + u.cortisol / p.cortisol_production
    lactotrope = prolactin.secretion(s.thyroxine, u.dopamine_agonist, u.dopamine_antagonist, p)
    return {
        "tsh": p.tsh_rate * (p.tsh_reference * thyroid.thyrotropin(s.thyroxine, p) - y.tsh),
        "free_thyroxine": p.thyroxine_elimination * (p.free_thyroxine_reference * thyroxine_input - y.free_thyroxine),
        "corticotropin": p.corticotropin_rate * (adrenal.corticotropin(glucocorticoid, rhythm, p) - y.corticotropin),
        "cortisol": p.cortisol_elimination * p.cortisol_reference * (cortisol_input - free_cortisol),
        "cortisol_exposure": p.cortisol_exposure_rate * (glucocorticoid - y.cortisol_exposure),
        "prolactin": p.prolactin_rate * (p.prolactin_reference * lactotrope - y.prolactin),
    }


def safety_rates(y, p, u, s):
    """Rates of the safety measurements, as a dict by state: each approaches its steady level at its rate."""
    androgens = s.androgen
    dht = steroids.androgen_action(s.free_dht / p.free_dht_reference + u.androgen, u.androgen_blockade)
    spine, hip = (
        safety.bone_density(s.estrogen_liver, androgens, estrogen_share, androgen_share, p)
        for estrogen_share, androgen_share in (
            (p.spine_estrogen_share, p.spine_androgen_share),
            (p.hip_estrogen_share, p.hip_androgen_share),
        )
    )
    libido = safety.desire(androgens, s.estrogen_central, p.libido_androgen_share, p.libido_estrogen_share, p)
    mood = safety.desire(androgens, s.estrogen_central, p.mood_androgen_share, p.mood_estrogen_share, p)
    hdl = p.hdl_reference * safety.hdl(androgens, u.liver_androgen, s.estrogen_liver, p)
    return {
        "hematocrit": p.hematocrit_rate
        * (p.hematocrit_reference * safety.hematocrit(androgens, s.age, p) - y.hematocrit),
        "ldl": p.lipid_rate * (p.ldl_reference * safety.ldl(s.estrogen_liver, p) - y.ldl),
        "hdl": p.lipid_rate * (hdl - y.hdl),
        "bone_spine": p.bone_rate * (p.bone_spine_reference * spine - y.bone_spine),
        "bone_hip": p.bone_rate * (p.bone_hip_reference * hip - y.bone_hip),
        "libido": p.libido_rate * (libido - y.libido),
        "mood": p.libido_rate * (mood - y.mood),
        "psa": p.psa_rate * (p.psa_reference * safety.psa(dht, s.age, p) - y.psa),
        "breast_stimulus": p.breast_rate
        * (safety.breast_stimulus(s.estrogen_central, androgens, p) - y.breast_stimulus),
        "body_fat": p.body_composition_rate * (body.body_fat(s.bmi, s.age, s.estrogen_liver, p) - y.body_fat),
        "lean_mass": p.body_composition_rate * (body.lean_mass(androgens, p) - y.lean_mass),
        "years_gained": p.ageing / DAYS_PER_YEAR,
    }


def pulse(y, p, u):
    """GnRH pulse frequency (per day), and the rise of the GnRH signal by one pulse."""
    frequency, mass = pulse_generator(y, p, u)
    return frequency, p.gnrh_elimination * mass / p.pulse_frequency_reference


def gonadotropin_rates(y, p, u, s):
    """Rates of steroid feedback, GnRH, the gonadotrope, LH and FSH, as a dict by state."""
    frequency, mass = pulse_generator(y, p, u)
    endogenous = frequency * mass / p.pulse_frequency_reference / (1 + u.progestogen)
    exogenous = hypothalamus.added_pulses(u.gnrh_pulses, endogenous, p)
    ligands = (u.gnrh_continuous, y.gnrh_receptor, u.gnrh_antagonist, p)
    drive = pituitary.effective_gnrh(y.gnrh, *ligands)
    recent = pituitary.effective_gnrh(y.gnrh_recent, *ligands)
    capacity = y.gonadotrope_capacity
    lh_secretion = pituitary.lh_secretion(drive, recent, capacity, y.estrogen_feedback, p)
    fsh_secretion = p.fsh_secretion * pituitary.fsh_secretion(
        drive, recent, capacity, u.gnrh_continuous, y.estrogen_feedback, y.inhibin_b / p.inhibin_b_reference, p
    )
    regrowth = p.gonadotrope_pace * y.gonadotrope_reserve * pituitary.age_factor(s.age, p)
    return {
        "androgen_feedback": p.feedback_rate
        * (hypothalamus.feedback_signal(s.androgen_central, p) - y.androgen_feedback),
        "estrogen_feedback": p.feedback_rate
        * (hypothalamus.feedback_signal(s.estrogen_central, p) - y.estrogen_feedback),
        "steroid_exposure": p.steroid_exposure_rate
        * (
            hypothalamus.steroid_exposure(s.androgen_central * p.androgen_sensitivity, s.estrogen_central, p)
            - y.steroid_exposure
        ),
        "gnrh": p.gnrh_elimination * (p.tonic * endogenous + exogenous - y.gnrh),
        "gnrh_recent": p.gnrh_memory_rate * (y.gnrh - y.gnrh_recent),
        "gnrh_receptor": p.gnrh_receptor_rate
        * (pituitary.receptor_availability(u.gnrh_continuous, p) - y.gnrh_receptor),
        "gonadotrope_capacity": pituitary.capacity_rate(
            pituitary.gonadotrope_capacity(recent, p), capacity, regrowth, p
        ),
        "gonadotrope_reserve": pituitary.reserve_rate(
            pituitary.reserve(recent, p.gnrh_drive, p), y.gonadotrope_reserve, p
        ),
        "lh": p.lh_elimination * (p.lh_reference * lh_secretion - y.lh)
        - p.lh_to_peripheral * y.lh
        + p.lh_from_peripheral * y.lh_peripheral,
        "lh_peripheral": p.lh_to_peripheral * y.lh - p.lh_from_peripheral * y.lh_peripheral,
        "fsh": p.fsh_elimination * (p.fsh_reference * fsh_secretion - y.fsh),
    }


def leydig_rates(y, p, u):
    """Rates of the Leydig cells' stimulation, capacity and enzymes, as a dict by state."""
    hcg_bound = leydig.hcg_binding(u.hcg, p)
    stimulation = (y.lh + u.lh) / p.lh_reference + leydig.hcg_stimulation(hcg_bound, p)
    return {
        "leydig_signal": leydig.signal_rate(y.leydig_capacity, p) * (stimulation - y.leydig_signal),
        "leydig_recruitment": p.leydig_recruitment_rate * (y.leydig_signal - y.leydig_recruitment),
        "leydig_capacity": leydig.capacity_rate(leydig.capacity(y.leydig_signal, p), y.leydig_capacity, p),
        "lyase_activity": p.lyase_rate
        * (leydig.lyase_activity(y.leydig_signal, y.leydig_recruitment, p) - y.lyase_activity),
        "leydig_reserve": leydig.reserve_rate(leydig.reserve(y.leydig_signal, p.gnrh_drive, p), y.leydig_reserve, p),
        "testicular_aromatase": p.testicular_aromatase_rate
        * (leydig.testicular_aromatase(y.leydig_signal, y.lyase_activity, p) - y.testicular_aromatase),
    }


def steroid_rates(y, p, u, s):
    """Rates of the steroids in testis and blood and of SHBG, as a dict by state."""
    f = steroid_fluxes(y, p, u, s)
    return {
        "intratesticular_testosterone": (
            f.leydig_synthesis + f.blood_to_testis - f.testis_to_blood - f.testicular_aromatisation
        )
        / p.testis_fluid_volume,
        "testosterone": (
            f.testis_to_blood
            + f.adrenal_testosterone
            + f.testosterone_dose
            - f.blood_to_testis
            - f.peripheral_aromatisation
            - f.reduction
            - f.testosterone_clearance
        )
        / p.testosterone_volume,
        "dht": (f.reduction + f.dht_dose - f.dht_clearance) / p.dht_volume,
        "reductase_1": steroids.reductase_rate(y.reductase_1, u.reductase_1_inhibitor, p),
        "reductase_2": steroids.reductase_rate(y.reductase_2, u.reductase_2_inhibitor, p),
        "estradiol": PMOL_PER_NMOL
        * (
            f.testicular_aromatisation
            + f.peripheral_aromatisation
            + f.adrenal_estradiol
            + f.estradiol_dose
            - f.estradiol_clearance
        )
        / p.estradiol_volume,
        "shbg": p.shbg_production
        * p.shbg_synthesis
        * steroids.shbg_synthesis(s.estrogen_liver, s.androgen, u.liver_androgen, s.bmi, s.age, p)
        * thyroid.shbg_effect(s.thyroxine, p)
        * adrenal.shbg_effect(y.cortisol_exposure, p)
        - p.shbg_elimination * y.shbg,
    }


def fertility_rates(y, p, u, s):
    """Rates of Sertoli cells, germ cells and accessory glands, as a dict by state."""
    germ_rates, _ = germ_cell_chain(y, p, u, s)
    filled = tubules_filled(y, p, s)
    inhibin_b = sertoli.inhibin_b(s.fsh_stimulation, s.sertoli_number, y.sertoli_maturation, filled, p)
    prostatic = semen.prostatic_androgen(s.relative_free_testosterone, y.reductase_2, u.androgen, p)
    glandular = steroids.androgen_action(prostatic, u.androgen_blockade)
    return {
        "sertoli_growth": sertoli.growth_rate(s.fsh_stimulation, y.sertoli_growth, y.sertoli_maturation, p),
        "sertoli_maturation": sertoli.maturation_rate(s.fsh_stimulation, s.itt_relative, y.sertoli_maturation, p),
        "spermatid_support": p.spermatid_support_rate * (s.germ_cell_support - y.spermatid_support),
        "spermatogonia_activity": spermatogenesis.activity_rate(
            s.germ_cell_drive, s.normal_drive, y.spermatogonia_activity, p
        ),
        "stem_cell_reserve": spermatogenesis.stem_cell_reserve_rate(s.tubular_drive, y.stem_cell_reserve, p),
        "inhibin_b": p.inhibin_rate
        * (inhibin_b / steroids.adiposity_factor(s.bmi, p.inhibin_bmi_slope, p) - y.inhibin_b),
        **dict(zip(GERM_CELLS, germ_rates, strict=True)),
        "epididymal_window": semen.epididymal_window_rate(
            semen.estrogen_window(s.estrogen_reproductive, p), y.epididymal_window, p
        ),
        "accessory_glands": p.accessory_gland_rate * (semen.glandular_output(glandular, p) - y.accessory_glands),
    }


def rates(y, p, u):
    """Time derivative (per day) of every state: State -> State. p: parameters, traits, age (y), bmi (kg/m2)."""
    s = signals(y, p, u)
    return State(
        **gonadotropin_rates(y, p, u, s),
        **leydig_rates(y, p, u),
        **steroid_rates(y, p, u, s),
        **fertility_rates(y, p, u, s),
        **other_axes_rates(y, p, u, s),
        **safety_rates(y, p, u, s),
    )
