"""Semen: what an ejaculate holds."""

from .constants import PERCENT, REFERENCE_AGE
from .response import saturating

GLANDULAR_EXPONENT = 2
"""Exponent (1): androgen on the output of prostate and seminal vesicles. Assumed: normal androgen gives nearly all of
it, so that more testosterone hardly dilutes sperm. Settled by: volume by graded testosterone."""
LEAST_ESTROGEN = 1e-3
"""Estrogen action added to that of the man, so that the window is defined without any. Assumed. Settled by: semen of
men without estrogen action."""


def estrogen_window(estrogen, p):
    """Effect of estrogen in the efferent ducts on concentration and motility: 1 at baseline, less below and above.

    Fluid reabsorption before the epididymis needs estrogen receptor alpha (Hess 1997); high estrogen harms as well.
    estrogen is the action at the receptor relative to baseline.
    """
    low, high = p.window_low_estrogen, p.window_high_estrogen
    estrogen = estrogen + LEAST_ESTROGEN
    reference = 1 + LEAST_ESTROGEN
    return (1 + low / reference + high * reference) / (1 + low / estrogen + high * estrogen)


def epididymal_window_rate(window_now, window, p):
    """Change per day of the estrogen effect that the sperm at the end of the epididymis carry.

    It was set where they entered, a transit time before.
    """
    return (window_now - window) / p.epididymal_transit


def prostatic_androgen(testosterone, type_2_reductase, other_androgen, p):
    """Androgen action in prostate and seminal vesicles, which make DHT of testosterone (relative).

    Testosterone itself keeps part of it up where DHT is lacking: finasteride takes a fifth of the volume of semen
    (Amory 2007).
    """
    share = p.accessory_gland_testosterone_share
    return testosterone * (share + (1 - share) * type_2_reductase) + other_androgen


def glandular_output(androgen, p):
    """Fluid of prostate and seminal vesicles (relative): it falls where androgen is lacking, and hardly rises."""
    return saturating(androgen, p.accessory_gland_half_maximum, GLANDULAR_EXPONENT)


def ejaculate_volume(accessory_glands, volume_trait, age_years, p):
    """Volume (mL): accessory glands need androgen; it falls slowly with age (Eskenazi 2003) and grows by abstinence."""
    ageing = 1 + p.semen_age_decline * (age_years - REFERENCE_AGE)
    waited = 1 + p.semen_volume_abstinence_slope * (p.abstinence - p.abstinence_reference)
    return p.semen_volume_reference * volume_trait * accessory_glands * waited / ageing


def sperm_total(output_per_day, window, p):
    """Total sperm (10^6) in an ejaculate: those made since the last one; they gather for up to a week."""
    return output_per_day * p.abstinence * p.ejaculated_share * window


def motility(window, spermiation_share, motility_trait, age_years, p):
    """Total motility (%): reference times the estrogen window, poorer where spermiation fails, falling with age."""
    quality = 1 - p.motility_loss_without_support * (1 - spermiation_share)
    ageing = 1 + p.motility_age_decline * (age_years - REFERENCE_AGE)
    value = p.motility_reference * motility_trait * window * quality / ageing
    return PERCENT * value / (value + (PERCENT - p.motility_reference))  # saturates below 100 %, fixed at the reference
