"""What treatment costs or spares: the level that each measure of safety tends to, from androgen and estrogen action.

androgen and estrogen are relative to the typical man; levels are relative to his unless a unit is named.
"""

from .constants import PERCENT, REFERENCE_AGE
from .response import permissive, restraint, saturating

DESIRE_EXPONENT = 2
"""Exponent (1): androgen or estrogen on libido and mood. Assumed: no change at testosterone of 253-2370 ng/dL (Bhasin
2001). Settled by: desire scores by testosterone and estradiol."""
GYNECOMASTIA_EXPONENT = 4
"""Exponent (1): stimulus on the chance of breast tissue. Assumed: rare in healthy men, 6 of 25 in thyrotoxicosis
(Abalovich 1999). Settled by: breast tissue by free estradiol over free testosterone."""


def hematocrit(androgen, age_years, p):
    """Hematocrit (relative) rises with androgen, more in older men (Coviello 2008; Bachman 2014)."""
    share = p.hematocrit_androgen_share * (1 + p.hematocrit_age_slope * (age_years - REFERENCE_AGE))
    return 1 - share + share * saturating(androgen, p.hematocrit_androgen_half)


def hdl(androgen, liver_androgen, liver_estrogen, p):
    """HDL cholesterol (relative) falls with androgen, above all by mouth, and rises with estrogen (Bhasin 2001)."""
    estrogen = 1 - p.hdl_estrogen_share + p.hdl_estrogen_share * saturating(liver_estrogen, p.hdl_estrogen_half)
    return restraint(androgen + liver_androgen, p.hdl_androgen_gain) * estrogen


def ldl(liver_estrogen, p):
    """LDL cholesterol (relative) falls with estrogen action in the liver (Smith 2002: +7 % in androgen deprivation)."""
    return restraint(liver_estrogen, p.ldl_estrogen_gain)


def bone_density(estrogen, androgen, estrogen_share, androgen_share, p):
    """Bone mineral density (relative) in the long run: estrogen above all, androgen in part (Finkelstein 2016).

    estrogen is the action at the receptor as in the liver: SERMs are agonists in bone as well.
    """
    held = 1 - estrogen_share - androgen_share
    return (
        held
        + estrogen_share * saturating(estrogen, p.bone_estrogen_half)
        + androgen_share * saturating(androgen, p.bone_androgen_half)
    )


def desire(androgen, estrogen, androgen_share, estrogen_share, p):
    """Libido or mood (score, 100 in the typical man): both steroids hold it, neither adds much (Finkelstein 2013)."""
    held = 1 - androgen_share - estrogen_share
    return PERCENT * (
        held
        + androgen_share * saturating(androgen, p.libido_half, DESIRE_EXPONENT)
        + estrogen_share * saturating(estrogen, p.libido_half, DESIRE_EXPONENT)
    )


def psa(dht, age_years, p):
    """PSA (relative): saturates in androgen (Bhasin 2001), halves on finasteride, rises with age (Oesterling 1993)."""
    return saturating(dht, p.psa_half) * (1 + p.psa_age_slope * (age_years - REFERENCE_AGE))


def breast_stimulus(estrogen, androgen, p):
    """Estrogen over androgen action at the breast (relative)."""
    return estrogen / (androgen + p.breast_androgen_floor) * (1 + p.breast_androgen_floor)


def gynecomastia_risk(stimulus, p):
    """Chance (%) of palpable breast tissue at this lasting stimulus."""
    return PERCENT * permissive(stimulus, p.gynecomastia_half, GYNECOMASTIA_EXPONENT)
