"""Chance of conception from semen, and the counts at which assisted reproduction is used."""

import numpy as np

PARTNER_AGE_EXPONENT = 12
"""Exponent (1): age of the partner on her fecundability. Assumed: read against 0.86 of that at 30-31 years at 34-35,
0.81 at 36-37, 0.70 at 38-39, 0.47 at 40-41 (Steiner 2016), it gives 0.87, 0.75, 0.60 and 0.44. Settled by: a fit to
such cohorts."""


def semen_factor(sperm_concentration, motility, morphology, p):
    """Fecundability relative to plentiful sperm (0..1).

    It rises with concentration up to 40-55 x 10^6/mL (Bonde 1998, Slama 2002), with motility (%) and normal forms (%).
    """
    count = sperm_concentration / (p.conception_half_concentration + sperm_concentration)
    moving = motility / (p.conception_half_motility + motility)
    formed = morphology / (p.conception_half_morphology + morphology)
    best = (
        p.sperm_concentration_reference / (p.conception_half_concentration + p.sperm_concentration_reference)
        * p.motility_reference / (p.conception_half_motility + p.motility_reference)
        * p.morphology_reference / (p.conception_half_morphology + p.morphology_reference)
    )  # fmt: skip
    return count * moving * formed / best


def partner_factor(partner_age_years, p):
    """Fecundability of the partner relative to her twenties: it falls from her thirties on (Dunson 2002)."""
    return 1 / (1 + (partner_age_years / p.partner_age_half) ** PARTNER_AGE_EXPONENT)


def cumulative(monthly):
    """Chance of at least one conception from the chances of each month (arrays along the last axis)."""
    return 1 - np.cumprod(1 - np.asarray(monthly), axis=-1)


def assisted_reproduction(total_motile_count, p):
    """What is usual at this total motile count (10^6): natural, insemination, IVF or ICSI (van Weert 2004)."""
    if total_motile_count >= p.insemination_threshold:
        return "natural conception or insemination"
    if total_motile_count >= p.ivf_threshold:
        return "insemination with lower chances, or IVF"
    return "ICSI" if total_motile_count > p.retrieval_threshold else "none without sperm retrieval"
