"""Sertoli cells: FSH response, maturation, inhibin B."""

from .response import saturating

SUPPORT_EXPONENT = 6
"""Exponent (1): maturity of Sertoli cells on the germ cells that they carry. Assumed: first sperm half a year into FSH
and testosterone (zhang-2019-gnrh-pump-vs-cyclic-gonadotropin). Settled by: sperm by inhibin B in naive men on FSH."""


def fsh_stimulation(fsh, exogenous_fsh, p):
    """FSH receptor stimulation relative to baseline, from pituitary and injected FSH (IU/L)."""
    return (fsh + exogenous_fsh) / p.fsh_reference


def maturation_rate(fsh_signal, maturation, p):
    """Per day: immature Sertoli cells mature under FSH, once in life (Dwyer 2013: months in men never exposed)."""
    return p.sertoli_maturation_rate * saturating(fsh_signal, p.sertoli_maturation_half) * (1 - maturation)


def support(maturation):
    """Germ cells that Sertoli cells of this maturity carry, relative to mature ones.

    Hardly any before they are nearly mature: boys' sperm appears a year into puberty, and naive men's after half a
    year of FSH and testosterone (zhang-2019-gnrh-pump-vs-cyclic-gonadotropin: 6 months).
    """
    return maturation**SUPPORT_EXPONENT


def inhibin_b(fsh_signal, sertoli_number, maturation, p):
    """Inhibin B (pg/mL) in the long run: Sertoli number and maturity set most of it, FSH the rest (Matthiesson)."""
    fsh_effect = (1 - p.inhibin_basal_share) * saturating(fsh_signal, p.inhibin_fsh_half_maximum)
    return p.inhibin_b_reference * sertoli_number * maturation * (p.inhibin_basal_share + fsh_effect)


def testis_volume(sertoli_number, maturation, leydig_capacity, germ_cells_relative, p):
    """Volume of one testis (mL): tubules by Sertoli number and maturity, germ cells, Leydig cells."""
    tubules = p.testis_immature_share + (1 - p.testis_immature_share) * maturation
    germ, leydig = p.testis_germ_share, p.testis_leydig_share
    filling = (1 - germ - leydig) + leydig * leydig_capacity + germ * germ_cells_relative
    return p.testis_volume_reference * sertoli_number * tubules * filling
