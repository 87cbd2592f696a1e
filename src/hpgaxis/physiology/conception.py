"""Chance of conception from semen, from the partner's age and from how long the couple has tried."""

import numpy as np

PARTNER_AGE_EXPONENT = 12
"""Exponent (1): age of the partner on her fecundability. Fitted, with `partner_age_half`, to Steiner 2016: of the
fecundability at 30-31 years 0.86 at 34-35, 0.81 at 36-37, 0.70 at 38-39, 0.47 at 40-41 and 0.39 at 42-44. The formula
gives 0.90, 0.80, 0.67, 0.52 and 0.34."""
QUADRATURE_POINTS = 64
"""Points of the quadrature over couples: with 1000 months without conception it is still exact to a millionth."""


def semen_factor(sperm_concentration, motility, morphology, p):
    """Fecundability relative to the typical man's semen.

    Each sperm has its own small chance, so that the count saturates: 88 % of its effect at 40 x 10^6/mL and 94 % at 55
    (Bonde 1998 finds no more above 40, Slama 2002 above 55). Motility (%) and normal forms (%) matter less.
    """
    count = 1 - 2 ** (-sperm_concentration / p.conception_half_concentration)
    moving = motility / (p.conception_half_motility + motility)
    formed = morphology / (p.conception_half_morphology + morphology)
    best = (
        (1 - 2 ** (-p.sperm_concentration_reference / p.conception_half_concentration))
        * p.motility_reference / (p.conception_half_motility + p.motility_reference)
        * p.morphology_reference / (p.conception_half_morphology + p.morphology_reference)
    )  # fmt: skip
    return count * moving * formed / best


def partner_factor(partner_age_years, p):
    """Fecundability of the partner relative to her twenties: it falls from her thirties on (Steiner 2016)."""
    return 1 / (1 + (partner_age_years / p.partner_age_half) ** PARTNER_AGE_EXPONENT)


def couples(mean, variation):
    """Fecundabilities of couples with plentiful sperm, and the share of each among them.

    Couples have a beta distribution (Weinberg and Gladen 1986; Sozou and Hartshorne 2012) with this mean (0..1) and
    coefficient of variation (1). Points and shares are those of its Gauss-Jacobi quadrature (Golub and Welsch 1969):
    eigenvalues, and squares of the first components, of the matrix of the recurrence of its orthogonal polynomials.
    `scipy.special.roots_jacobi` gives the same but overflows where couples hardly differ.
    """
    both = (1 - mean) / (mean * variation**2) - 1
    success, failure = mean * both - 1, (1 - mean) * both - 1
    n = np.arange(1, QUADRATURE_POINTS)
    twice = 2 * n + success + failure
    diagonal = (success**2 - failure**2) / (twice * (twice + 2))
    first = (success - failure) / (success + failure + 2)
    ratio = np.append(1, (n + success + failure)[1:] / (twice - 1)[1:])
    beside = np.sqrt(4 * n * (n + failure) * (n + success) * ratio / (twice**2 * (twice + 1)))
    points, vectors = np.linalg.eigh(np.diag([first, *diagonal]) + np.diag(beside, 1) + np.diag(beside, -1))
    return (1 + points) / 2, vectors[0] ** 2


def still_trying(shares, monthly, months, *, previous_pregnancy=False):
    """Shares of couples among those that tried for so many months without conception.

    monthly: the chance a month of each (0..1) while they tried. A previous pregnancy counts as one success.
    """
    with np.errstate(divide="ignore"):
        logarithm = np.log(shares) + (months * np.log1p(-monthly) if months else 0.0)
        if previous_pregnancy:
            logarithm = logarithm + np.log(monthly)
    weights = np.exp(logarithm - np.max(logarithm))
    return weights / np.sum(weights)


def chances(shares, monthly):
    """Chance of conception in each month among couples not yet pregnant, and up to its end among all.

    shares: of couples (couples,); monthly: the chance of each couple in each month (couples, months). Arrays (months,).
    """
    cumulative = np.minimum(shares @ (1 - (1 - monthly).cumprod(axis=1)), 1.0)
    waiting = 1 - np.append(0.0, cumulative[:-1])
    newly = np.diff(cumulative, prepend=0.0)
    this_month = np.divide(newly, waiting, out=np.zeros_like(newly), where=waiting > 0)
    return np.clip(this_month, 0.0, 1.0), cumulative
