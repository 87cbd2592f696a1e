"""Thyroid: TSH and free thyroxine around their set point, and what thyroid hormone does to the axis.

Signals are relative to the typical man: 1 is his free thyroxine.
"""

from .response import restraint, saturating

THYROTROPIN_EXPONENT = 4
"""Exponent (1): free thyroxine on TSH. Assumed: about the set point a log-linear fall (Spencer 1990, unverified), whose
slope it gives with the gain. Settled by: TSH by free thyroxine in one laboratory."""
SHBG_THYROXINE_EXPONENT = 2
"""Exponent (1): free thyroxine on SHBG. Assumed: several times normal in Graves' disease, a little low in
hypothyroidism (Abalovich 1999, Donnelly 2000). Settled by: SHBG by free thyroxine in men."""
GNRH_THYROXINE_EXPONENT = 2
"""Exponent (1): free thyroxine on GnRH per pulse. Assumed. Settled by: LH pulses in hypothyroid men."""
LEYDIG_THYROXINE_EXPONENT = 2
"""Exponent (1): free thyroxine on the Leydig response. Assumed. Settled by: the response to hCG by free thyroxine."""
SEMEN_THYROXINE_EXPONENT = 2
"""Exponent (1): free thyroxine on motility and germ cells. Assumed. Settled by: semen by free thyroxine."""
LEAST_THYROXINE_SQUARED = 1e-9
"""Added to the square of free thyroxine, so that the window is defined without any. Numerical: nobody has so little."""


def thyrotropin(free_thyroxine, p):
    """TSH in the long run (relative): falls steeply as free thyroxine rises, a log-linear set point (Spencer 1990)."""
    return restraint(free_thyroxine, p.thyrotropin_gain, THYROTROPIN_EXPONENT)


def thyroxine_secretion(tsh, inhibitor, p):
    """Thyroxine secretion (relative): gland capacity times TSH drive, plus what an antibody or nodule drives.

    inhibitor is the C / Ki of an antithyroid drug.
    """
    driven = p.thyroid_capacity * saturating(tsh, p.thyrotropin_half_maximum)
    return (driven + p.thyroid_autonomy) / (1 + inhibitor)


def shbg_effect(thyroxine, p):
    """SHBG synthesis: rises several fold in thyrotoxicosis (Abalovich 1999), falls a little in hypothyroidism."""
    return (p.shbg_thyroid_constant + thyroxine**SHBG_THYROXINE_EXPONENT) / (p.shbg_thyroid_constant + 1)


def aromatase_effect(thyroxine, p):
    """Aromatase in fat: more testosterone becomes estradiol in thyrotoxicosis (Southren 1974; Abalovich 1999)."""
    return saturating(thyroxine, p.aromatase_thyroid_half)


def gnrh_effect(thyroxine, p):
    """GnRH per pulse: low in hypothyroidism, where free testosterone is low and LH not raised (Donnelly 2000)."""
    return saturating(thyroxine, p.gnrh_thyroid_half_maximum, GNRH_THYROXINE_EXPONENT)


def leydig_effect(thyroxine, p):
    """Leydig response to LH: blunted in thyrotoxicosis, where LH is raised at normal free testosterone (Kidd 1979)."""
    return restraint(thyroxine, p.leydig_thyroid_gain, LEYDIG_THYROXINE_EXPONENT)


def semen_window(thyroxine, harm, p):
    """Motility or germ cells (relative): best near normal thyroid function, worse above and below (Krassas 2002)."""
    low = p.thyroid_harm_when_low
    square = thyroxine**SEMEN_THYROXINE_EXPONENT
    return (1 + harm * (1 + low)) / (1 + harm * (square + low / (square + LEAST_THYROXINE_SQUARED)))
