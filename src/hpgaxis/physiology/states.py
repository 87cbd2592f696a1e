"""What changes with time, where treatments act, and what differs between men.

Units: days; testosterone, DHT, SHBG and intratesticular testosterone nmol/L; estradiol pmol/L; LH, FSH, hCG IU/L;
inhibin B pg/mL; germ cells 10^6. Signals without a unit are relative to the typical untreated man.
"""

import inspect
from functools import cache
from typing import NamedTuple

STEPS = {"spermatogonia": 2, "spermatocytes": 3, "round_spermatids": 2, "elongated_spermatids": 2, "epididymis": 2}
GERM_CELLS = tuple(f"{stage}_{step}" for stage, count in STEPS.items() for step in range(1, count + 1))
"""States of the chain from spermatogonia to the epididymis."""


class State(NamedTuple):
    """What changes with time. Order is the order of the solver's vector."""

    androgen_feedback: float  # relative, as the hypothalamus integrates it
    estrogen_feedback: float  # relative
    steroid_exposure: float  # both of them over weeks, relative
    gnrh: float  # pulsatile GnRH at the pituitary, relative to the normal 24-h mean
    gnrh_recent: float  # the same, as the gonadotrope remembers it over a day or more
    gnrh_receptor: float  # relative
    gonadotrope_capacity: float  # relative
    lh: float  # IU/L
    lh_peripheral: float  # IU/L, second compartment
    fsh: float  # IU/L
    leydig_signal: float  # relative
    leydig_recruitment: float  # relative, the signal as enzymes follow it over days
    leydig_capacity: float  # relative
    lyase_activity: float  # relative
    testicular_aromatase: float  # relative
    intratesticular_testosterone: float  # nmol/L
    testosterone: float  # nmol/L
    dht: float  # nmol/L
    reductase_1: float  # active 5-alpha-reductase type 1, relative
    reductase_2: float  # active 5-alpha-reductase type 2, relative
    estradiol: float  # pmol/L
    shbg: float  # nmol/L
    sertoli_growth: float  # number of Sertoli cells over the man's own before treatment
    sertoli_maturation: float  # 0..1
    spermatogonia_activity: float  # relative; follows hormones
    spermatid_support: float  # relative; androgen and FSH in the tubules as late germ cells follow them
    stem_cell_reserve: float  # relative; lost over years without hormones
    inhibin_b: float  # pg/mL
    spermatogonia_1: float  # 10^6 cells, and so on down the chain
    spermatogonia_2: float
    spermatocytes_1: float
    spermatocytes_2: float
    spermatocytes_3: float
    round_spermatids_1: float
    round_spermatids_2: float
    elongated_spermatids_1: float
    elongated_spermatids_2: float
    epididymis_1: float
    epididymis_2: float
    epididymal_window: float  # effect of estrogen on the sperm that leave the epididymis, relative
    accessory_glands: float  # relative
    leydig_reserve: float  # relative; lost over months to years without LH
    gonadotrope_reserve: float  # relative; likewise where the man's own GnRH is taken away
    tsh: float  # mIU/L
    free_thyroxine: float  # pmol/L
    corticotropin: float  # relative
    cortisol: float  # nmol/L
    cortisol_exposure: float  # relative free cortisol and other glucocorticoids, as tissues integrate them over weeks
    prolactin: float  # ug/L
    hematocrit: float  # %
    ldl: float  # mg/dL
    hdl: float  # mg/dL
    bone_spine: float  # g/cm2
    bone_hip: float  # g/cm2
    libido: float  # score, 100 in the typical man
    mood: float  # score, 100 in the typical man
    psa: float  # ug/L
    breast_stimulus: float  # relative
    body_fat: float  # % of weight
    lean_mass: float  # % of the man's own at normal androgen
    years_gained: float  # y, age since the start


class Inputs(NamedTuple):
    """Where treatments act. Every drug is a sum over these channels; 0 everywhere is an untreated man."""

    aromatase_inhibitor: float = 0.0  # sum of C / Ki
    estrogen_occupancy_central: float = 0.0  # hypothalamus and pituitary: sum of C / K
    estrogen_agonism_central: float = 0.0  # sum of efficacy * C / K
    estrogen_occupancy_liver: float = 0.0
    estrogen_agonism_liver: float = 0.0
    estrogen_occupancy_reproductive: float = 0.0  # efferent ducts
    estrogen_agonism_reproductive: float = 0.0
    hcg: float = 0.0  # IU/L
    fsh: float = 0.0  # IU/L, injected
    lh: float = 0.0  # IU/L, injected
    gnrh_pulses: float = 0.0  # pulsatile GnRH given, relative to the normal 24-h mean
    gnrh_continuous: float = 0.0  # C / K of a ligand that stays on the GnRH receptor
    gnrh_antagonist: float = 0.0  # C / K
    testosterone: float = 0.0  # nmol/day into blood
    dht: float = 0.0  # nmol/day into blood
    estradiol: float = 0.0  # nmol/day into blood
    androgen: float = 0.0  # other androgens, relative to normal free testosterone
    liver_androgen: float = 0.0  # androgen that reaches the liver first, relative
    steroidogenesis_inhibitor: float = 0.0  # C / Ki
    reductase_1_inhibitor: float = 0.0  # inactivation of 5-alpha-reductase type 1 over its turnover: sum of C / K
    reductase_2_inhibitor: float = 0.0  # the same of type 2
    androgen_blockade: float = 0.0  # ligands that block the androgen receptor: sum of C / K
    germ_cell_toxicity: float = 0.0  # drugs that harm spermatids: sum of C / K
    progestogen: float = 0.0  # C / K at the pulse generator
    clock: float = 0.0  # daily rhythm of testicular steroidogenesis, -1..1 times its amplitude
    thyroxine: float = 0.0  # nmol/day into blood
    thyroid_inhibitor: float = 0.0  # antithyroid drug, C / Ki
    cortisol: float = 0.0  # nmol/day into blood
    glucocorticoid: float = 0.0  # action of other glucocorticoids, relative to normal free cortisol
    dopamine_agonist: float = 0.0  # C / K at the lactotrope
    dopamine_antagonist: float = 0.0  # C / K at the lactotrope
    opioid: float = 0.0  # C / K at the GnRH pulse generator
    kisspeptin: float = 0.0  # C / K at GnRH neurons
    weight_loss: float = 0.0  # body weight at the start over body weight now, minus 1
    sleep_lost: float = 0.0  # hours per night below 8
    training: float = 0.0  # hours of endurance training per day
    varicocele_repair: float = 0.0  # share of a varicocele's effect that repair has undone


TRAITS = {
    "gnrh_drive": "GnRH pulse mass; 0 in complete congenital hypogonadotropic hypogonadism",
    "estrogen_sensitivity": "estrogen action of free estradiol at the hypothalamus and pituitary",
    "androgen_sensitivity": "androgen action of free testosterone at the hypothalamus",
    "fsh_secretion": "FSH secretion per GnRH drive",
    "gonadotrope_pace": "pace at which the gonadotropes' secretory capacity regrows",
    "leydig_output": "testosterone synthesis per LH/CG stimulation",
    "leydig_pace": "pace at which Leydig cells regain capacity",
    "testosterone_clearance": "clearance of testosterone other than by conversion",
    "aromatase": "aromatase activity in fat and testis",
    "shbg_synthesis": "hepatic SHBG synthesis",
    "sertoli_number": "number of Sertoli cells",
    "germ_cells": "germ cell production per hormonal support",
    "germ_cell_need": "FSH and testosterone that germ cell production needs; high in men who respond to more of them",
    "residual_germ_cells": "germ cell production without gonadotropins",
    "spermiation_threshold": "intratesticular androgen that survival and release of spermatids need",
    "testicular_reductase": "5-alpha-reductase in the testis",
    "germ_cell_pace": "pace at which spermatogonia resume after suppression",
    "germ_cell_sensitivity": "harm of toxic drugs, such as zuclomiphene, to spermatids",
    "semen_volume": "volume of the ejaculate",
    "motility": "motility of sperm (odds)",
    "estrogen_receptor": "estrogen action of free estradiol in all tissues; near 0 in estrogen resistance",
    "thyroid_capacity": "thyroxine secretion per TSH drive; low in primary hypothyroidism",
    "adrenal_capacity": "cortisol secretion per ACTH drive; low in primary adrenal insufficiency",
    "prolactin_secretion": "prolactin secretion; many times normal with an adenoma",
}

CONDITIONS = {
    "thyroid_autonomy": "thyroxine secretion independent of TSH, relative to normal (Graves' disease, nodules)",
    "adrenal_autonomy": "cortisol secretion independent of ACTH, relative to normal (Cushing's syndrome)",
    "stress": "additional ACTH drive, in units of the normal drive",
    "varicocele": "severity of a varicocele (0 none, 1 as in infertile men who undergo repair)",
    "cryptorchidism": "testes that descended late (1: both, 0.5: one)",
    "duct_obstruction": "share of sperm output blocked by obstructed ducts (1: all)",
}
"""Abnormalities: 0 in the typical man, and not changed when labs are matched."""


@cache
def state_remarks() -> dict[str, str]:
    """Unit and remark of each state, from the lines that define them."""
    lines = [line.partition(": float") for line in inspect.getsource(State).splitlines() if ": float" in line]
    return {name.strip(): remark.strip(" #") or "10^6 cells" for name, _, remark in lines}
