"""Adrenal: ACTH and cortisol with their daily rhythm, and what cortisol does to the axis. Relative: 1 is typical."""

from .response import restraint, saturating


def corticotropin(cortisol, rhythm, p):
    """ACTH in the long run (relative): cortisol restrains it, stress adds to it.

    The clock moves both the drive and the level that cortisol is held to through the day.
    """
    return (restraint(cortisol / (1 + rhythm), p.corticotropin_gain, 2) + p.stress) * (1 + rhythm)


def cortisol_secretion(corticotropin_now, p):
    """Cortisol secretion (relative): capacity times ACTH drive, plus what a tumour secretes on its own."""
    return p.adrenal_capacity * saturating(corticotropin_now, p.corticotropin_half_maximum) + p.adrenal_autonomy


def pulse_frequency_effect(exposure, p):
    """GnRH pulses per day: cortisol excess slows them (Shekhar 2024: 6.9 a day in Cushing's syndrome, 12.1 cured).

    Steeply: replacement doses of hydrocortisone hardly matter.
    """
    return restraint(exposure, p.frequency_cortisol_gain, 4)


def pulse_mass_effect(exposure, p):
    """GnRH per pulse: rarer pulses are larger (Shekhar 2024: LH amplitude 6.5 IU/L at 6.9 a day, 4.8 at 12.1)."""
    return pulse_frequency_effect(exposure, p) ** -0.5


def leydig_effect(exposure, p):
    """Leydig output falls under cortisol excess (Shekhar 2024: 205 ng/dL at LH little below normal)."""
    return restraint(exposure, p.leydig_cortisol_gain, 2)


def shbg_effect(exposure, p):
    """SHBG is low in cortisol excess and rises after cure (Shekhar 2024)."""
    return restraint(exposure, p.shbg_cortisol_gain, 1)
