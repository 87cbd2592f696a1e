"""What treatment costs or spares: the level that each measure of safety tends to, from androgen and estrogen action.

androgen and estrogen are relative to the typical man; levels are relative to his unless a unit is named.
"""

from .response import permissive, restraint, saturating


def hematocrit(androgen, age_years, p):
    """Hematocrit (relative) rises with androgen, more in older men (Coviello 2008; Bachman 2014)."""
    share = p.hematocrit_androgen_share * (1 + p.hematocrit_age_slope * (age_years - 30))
    return 1 - share + share * saturating(androgen, p.hematocrit_androgen_half)


def hdl(androgen, liver_androgen, liver_estrogen, p):
    """HDL cholesterol (relative) falls with androgen, above all by mouth, and rises with estrogen (Bhasin 2001)."""
    estrogen = 1 - p.hdl_estrogen_share + p.hdl_estrogen_share * saturating(liver_estrogen, 1)
    return restraint(androgen + liver_androgen, p.hdl_androgen_gain, 1) * estrogen


def ldl(liver_estrogen, p):
    """LDL cholesterol (relative) falls with estrogen action in the liver (Smith 2002: +7 % in androgen deprivation)."""
    return restraint(liver_estrogen, p.ldl_estrogen_gain, 1)


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
    return 100 * (
        held
        + androgen_share * saturating(androgen, p.libido_half, 2)
        + estrogen_share * saturating(estrogen, p.libido_half, 2)
    )


def psa(dht, age_years, p):
    """PSA (relative): saturates in androgen (Bhasin 2001), halves on finasteride, rises with age (Oesterling 1993)."""
    return saturating(dht, p.psa_half) * (1 + p.psa_age_slope * (age_years - 30))


def breast_stimulus(estrogen, androgen, p):
    """Estrogen over androgen action at the breast (relative)."""
    return estrogen / (androgen + p.breast_androgen_floor) * (1 + p.breast_androgen_floor)


def gynecomastia_risk(stimulus, p):
    """Chance (%) of palpable breast tissue at this lasting stimulus."""
    return 100 * permissive(stimulus, p.gynecomastia_half, 4)
