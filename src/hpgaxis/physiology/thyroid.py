"""Thyroid: TSH and free thyroxine around their set point, and what thyroid hormone does to the axis.

Signals are relative to the typical man: 1 is his free thyroxine.
"""

from .response import restraint, saturating


def thyrotropin(free_thyroxine, p):
    """TSH in the long run (relative): falls steeply as free thyroxine rises, a log-linear set point (Spencer 1990)."""
    return restraint(free_thyroxine, p.thyrotropin_gain, 4)


def thyroxine_secretion(tsh, inhibitor, p):
    """Thyroxine secretion (relative): gland capacity times TSH drive, plus what an antibody or nodule drives.

    inhibitor is the C / Ki of an antithyroid drug.
    """
    driven = p.thyroid_capacity * saturating(tsh, p.thyrotropin_half_maximum)
    return (driven + p.thyroid_autonomy) / (1 + inhibitor)


def shbg_effect(thyroxine, p):
    """SHBG synthesis: rises several fold in thyrotoxicosis (Abalovich 1999), falls a little in hypothyroidism."""
    return (p.shbg_thyroid_constant + thyroxine**2) / (p.shbg_thyroid_constant + 1)


def aromatase_effect(thyroxine, p):
    """Aromatase in fat: more testosterone becomes estradiol in thyrotoxicosis (Southren 1974; Abalovich 1999)."""
    return saturating(thyroxine, p.aromatase_thyroid_half)


def gnrh_effect(thyroxine, p):
    """GnRH per pulse: low in hypothyroidism, where free testosterone is low and LH not raised (Donnelly 2000)."""
    return saturating(thyroxine, p.gnrh_thyroid_half_maximum, 2)


def leydig_effect(thyroxine, p):
    """Leydig response to LH: blunted in thyrotoxicosis, where LH is raised at normal free testosterone (Kidd 1979)."""
    return restraint(thyroxine, p.leydig_thyroid_gain, 2)


def semen_window(thyroxine, harm, p):
    """Motility or germ cells (relative): best near normal thyroid function, worse above and below (Krassas 2002)."""
    low = p.thyroid_harm_when_low
    square = thyroxine**2
    return (1 + harm * (1 + low)) / (1 + harm * (square + low / (square + 1e-9)))
