"""Germ cells: from stem cell to epididymis, as cells per stage and cells per day (10^6)."""

from .response import permissive, saturating

SPERMIATION_EXPONENT = 4
"""Exponent (1): hormonal support on the release of spermatids. Assumed; its half maximum was fitted with it. Settled
by: sperm output by graded intratesticular testosterone."""


def entry(fsh_signal, itt_relative, p):
    """Type B spermatogonia made, relative to baseline; FSH and intratesticular testosterone act alone and together.

    Full LH drive without FSH keeps a quarter (Matsumoto 1986); testosterone enanthate, which takes both away,
    blocks A-to-B maturation by about 90 % (Zhengwei 1998).
    """
    fsh = saturating(fsh_signal, p.spermatogonia_half_maximum)
    itt = saturating(itt_relative, p.spermatogonia_half_maximum)
    together = 1 - p.spermatogonia_autonomous - p.spermatogonia_fsh - p.spermatogonia_itt
    return p.spermatogonia_autonomous + p.spermatogonia_fsh * fsh + p.spermatogonia_itt * itt + together * fsh * itt


def hormonal_support(fsh_signal, itt_relative, p):
    """Support of late germ cells (relative): testosterone above all, FSH in its place in part."""
    return itt_relative + p.fsh_support_of_spermiation * fsh_signal


def spermiation(support, p):
    """Share of elongated spermatids released; it fails first when support is withdrawn (McLachlan 2002)."""
    normal = permissive(1 + p.fsh_support_of_spermiation, p.spermiation_half_maximum, SPERMIATION_EXPONENT)
    return permissive(support, p.spermiation_half_maximum, SPERMIATION_EXPONENT) / normal


def stage_rate(duration_days, compartments):
    """Rate (per day) of each of `compartments` equal steps that together last `duration_days`."""
    return compartments / duration_days


def varicocele_effect(severity, repaired, harm):
    """What a varicocele leaves of germ cells, motility or Leydig output; repair undoes its share (Agarwal 2023)."""
    return 1 / (1 + harm * severity * (1 - repaired))
