"""Sertoli cells: FSH response, maturation, inhibin B and anti-Mullerian hormone."""

from .constants import REFERENCE_AGE
from .response import permissive, saturating

SUPPORT_EXPONENT = 6
"""Exponent (1): maturity of Sertoli cells on the germ cells that they carry. Assumed: first sperm half a year into FSH
and testosterone (zhang-2019-gnrh-pump-vs-cyclic-gonadotropin). Settled by: sperm by inhibin B in naive men on FSH."""

AMH_SUPPRESSION_EXPONENT = 4
"""Exponent (1): intratesticular testosterone on anti-Mullerian hormone. Assumed: suppression is complete at some 25
nmol/L (Hadlow, men on testosterone; Roth 2013, ten days of acyline), absent at 5 (Young 1999). Settled by:
anti-Mullerian hormone and aspirates of the testis together, in graded hCG."""


def fsh_stimulation(fsh, exogenous_fsh, p):
    """FSH receptor stimulation relative to baseline, from pituitary and injected FSH (IU/L)."""
    return (fsh + exogenous_fsh) / p.fsh_reference


def maturation_rate(fsh_signal, itt_relative, maturation, p):
    """Per day: immature Sertoli cells mature, once in life, under intratesticular testosterone, and faster with FSH.

    hCG alone lowers anti-Mullerian hormone to that of adults and doubles the testes (Young 1999, Burris 1988); FSH
    alone leaves most cells immature (Dwyer 2013).
    """
    itt = saturating(itt_relative, p.sertoli_maturation_half)
    fsh = saturating(fsh_signal, p.sertoli_maturation_half)
    share = p.sertoli_maturation_fsh_share
    return p.sertoli_maturation_rate * itt * (1 - share + share * fsh) * (1 - maturation)


def growth_rate(fsh_signal, growth, maturation, p):
    """Change per day of the number of Sertoli cells (relative to his own): FSH multiplies cells that are immature.

    Four months of FSH before other treatment double testis volume and raise inhibin B 3.7-fold (Dwyer 2013).
    """
    most = 1 + p.sertoli_growth_share
    return (
        p.sertoli_growth_rate * saturating(fsh_signal, p.sertoli_maturation_half) * (1 - maturation) * (most - growth)
    )


def support(maturation):
    """Germ cells that Sertoli cells of this maturity carry, relative to mature ones.

    Hardly any before they are nearly mature: boys' sperm appears a year into puberty, and naive men's after half a
    year of FSH and testosterone (zhang-2019-gnrh-pump-vs-cyclic-gonadotropin: 6 months).
    """
    return maturation**SUPPORT_EXPONENT


def number(age_years, p):
    """Sertoli cells relative to the typical man's: some are lost with age (Johnson 1984)."""
    return p.sertoli_number / (1 + p.sertoli_age_decline * (age_years - REFERENCE_AGE))


def inhibin_b(fsh_signal, sertoli_number, maturation, filled, p):
    """Inhibin B (pg/mL) in the long run: by number and maturity of Sertoli cells, the germ cells they carry and FSH.

    Six weeks of testosterone take a quarter of it (Matthiesson 2005), and more is lost with the germ cells over
    months. filled: germ cells relative to those under normal hormones.
    """
    by_fsh = p.inhibin_fsh_share * (saturating(fsh_signal, p.inhibin_fsh_half_maximum) - 1)
    by_germ_cells = p.inhibin_germ_share * (filled - 1)
    return p.inhibin_b_reference * sertoli_number * maturation * (1 + by_fsh + by_germ_cells)


def anti_mullerian_hormone(itt, fsh_signal, sertoli_number, maturation, p):
    """Anti-Mullerian hormone (pmol/L): intratesticular testosterone (nmol/L) suppresses it to the level of adult men.

    Without that testosterone mature Sertoli cells make 5 times as much, immature ones 15 times, and FSH more (Young
    1999; Grinspon 2010). hCG alone therefore takes it to normal in men without FSH, testosterone in blood hardly does.
    """
    released = 1 - permissive(itt, p.amh_itt_half_maximum, AMH_SUPPRESSION_EXPONENT)
    immaturity = 1 + p.amh_immaturity_gain * (1 - maturation)
    fsh_effect = 1 + p.amh_fsh_gain * saturating(fsh_signal, p.inhibin_fsh_half_maximum)
    return p.amh_reference * sertoli_number * (1 + p.amh_release_gain * released * immaturity * fsh_effect)


def testis_volume(sertoli_number, maturation, leydig_capacity, germ_cells_relative, p):
    """Volume of one testis (mL): tubules by Sertoli number and maturity, germ cells, Leydig cells."""
    tubules = p.testis_immature_share + (1 - p.testis_immature_share) * maturation
    germ, leydig = p.testis_germ_share, p.testis_leydig_share
    filling = (1 - germ - leydig) + leydig * leydig_capacity + germ * germ_cells_relative
    return p.testis_volume_reference * sertoli_number * tubules * filling
