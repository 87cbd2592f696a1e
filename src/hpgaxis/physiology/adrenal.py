"""Adrenal: ACTH and cortisol with their daily rhythm, and what cortisol does to the axis. Relative: 1 is typical."""

from .constants import REFERENCE_AGE
from .response import restraint, saturating
from .steroids import free_ligand

CORTICOTROPIN_EXPONENT = 2
"""Exponent (1): cortisol on ACTH. Assumed, with its gain: ACTH below a fifth when cortisol doubles, several times
normal without. Settled by: ACTH by graded hydrocortisone."""
FREQUENCY_CORTISOL_EXPONENT = 4
"""Exponent (1): free cortisol on the GnRH pulse frequency. Assumed: the excess of Cushing's syndrome halves it (Shekhar
2024), replacement doses of hydrocortisone hardly matter. Settled by: LH pulses by graded hydrocortisone."""
MASS_FREQUENCY_EXPONENT = -0.5
"""Exponent (1): cortisol's effect on GnRH per pulse, as a power of its effect on the frequency. Assumed: LH amplitude
6.5 IU/L at 6.9 pulses a day, 4.8 at 12.1 (Shekhar 2024). Settled by: LH pulses by graded hydrocortisone."""
LEYDIG_CORTISOL_EXPONENT = 2
"""Exponent (1): cortisol on Leydig output. Assumed. Settled by: the response to hCG under cortisol excess."""


def free_cortisol(cortisol, p):
    """Free cortisol (nmol/L) by mass action with its binding globulin and albumin (Coolens 1987); cortisol in nmol/L.

    The globulin is full at about twice the usual level: beyond, free cortisol rises faster than the total.
    """
    return free_ligand(cortisol, p.cbg, p.cbg_affinity_cortisol, 1 + p.albumin_binding_cortisol)


def corticotropin(cortisol, rhythm, p):
    """ACTH in the long run (relative): free cortisol restrains it, stress adds to it.

    The clock moves both the drive and the level that cortisol is held to through the day.
    """
    return (restraint(cortisol / (1 + rhythm), p.corticotropin_gain, CORTICOTROPIN_EXPONENT) + p.stress) * (1 + rhythm)


def cortisol_secretion(corticotropin_now, p):
    """Cortisol secretion (relative): capacity times ACTH drive, plus what a tumour secretes on its own."""
    return p.adrenal_capacity * saturating(corticotropin_now, p.corticotropin_half_maximum) + p.adrenal_autonomy


def pulse_frequency_effect(exposure, p):
    """GnRH pulses per day: cortisol excess slows them (Shekhar 2024: 6.9 a day in Cushing's syndrome, 12.1 cured).

    Steeply: replacement doses of hydrocortisone hardly matter. Some pulses remain at any dose: testosterone on
    prednisone is half of normal (MacAdams 1986), not castrate.
    """
    slowed = restraint(exposure, p.frequency_cortisol_gain, FREQUENCY_CORTISOL_EXPONENT)
    return p.frequency_cortisol_floor + (1 - p.frequency_cortisol_floor) * slowed


def pulse_mass_effect(exposure, p):
    """GnRH per pulse: rarer pulses are larger (Shekhar 2024: LH amplitude 6.5 IU/L at 6.9 a day, 4.8 at 12.1)."""
    return pulse_frequency_effect(exposure, p) ** MASS_FREQUENCY_EXPONENT


def leydig_effect(exposure, p):
    """Leydig output falls under cortisol excess (Shekhar 2024: 205 ng/dL at LH little below normal)."""
    return restraint(exposure, p.leydig_cortisol_gain, LEYDIG_CORTISOL_EXPONENT)


def shbg_effect(exposure, p):
    """SHBG is low in cortisol excess and rises after cure (Shekhar 2024)."""
    return restraint(exposure, p.shbg_cortisol_gain)


def androgen_age_factor(age_years, p):
    """Androgen of the adrenal relative to that at 30 years: it falls with age more than any other steroid."""
    return 1 / (1 + p.adrenal_androgen_age_decline * (age_years - REFERENCE_AGE))
