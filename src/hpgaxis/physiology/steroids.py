"""Steroids in blood: binding to SHBG and albumin, conversion, clearance; SHBG itself."""

from .constants import REFERENCE_AGE, REFERENCE_BMI
from .response import restraint, saturating

SHBG_ANDROGEN_EXPONENT = 2
"""Exponent (1): androgen on the synthesis of SHBG. Assumed: SHBG is unchanged where testosterone stays normal (de Boer
2005, Huijben 2022) and falls under injections and oral androgens. Settled by: SHBG by graded testosterone at fixed
estradiol."""


def free_testosterone(testosterone, shbg, p):
    """Free testosterone (nmol/L) by mass action with SHBG and albumin (Vermeulen, Verdonck, Kaufman 1999).

    testosterone and shbg in nmol/L. T_total = N FT + K SHBG FT / (1 + K FT), solved for FT, N = 1 + Ka albumin.
    """
    return free_ligand(
        testosterone, shbg, p.shbg_affinity_testosterone, 1 + p.albumin_affinity_testosterone * p.albumin
    )


def free_ligand(total, capacity, affinity, other):
    """Free ligand by mass action with one saturable protein; `other` is free and loosely bound ligand over the free.

    total and capacity in nmol/L, affinity in L/nmol: total = other free + capacity affinity free / (1 + affinity free).
    """
    b = other + affinity * (capacity - total)
    return 2 * total / (b + (b * b + 4 * other * affinity * total) ** 0.5)


def bioavailable_testosterone(free, p):
    """Not bound to SHBG: free and albumin-bound testosterone (nmol/L)."""
    return free * (1 + p.albumin_affinity_testosterone * p.albumin)


def free_estradiol(estradiol, shbg, free_testosterone_now, p):
    """Free estradiol in the units of `estradiol`; testosterone takes its part of SHBG first (Sodergard 1982)."""
    shbg_free = shbg / (1 + p.shbg_affinity_testosterone * free_testosterone_now)
    return estradiol / (1 + p.albumin_affinity_estradiol * p.albumin + p.shbg_affinity_estradiol * shbg_free)


def bioavailable_estradiol(free, p):
    """Not bound to SHBG: free and albumin-bound estradiol (same units)."""
    return free * (1 + p.albumin_affinity_estradiol * p.albumin)


def free_dht(dht, shbg, free_testosterone_now, p):
    """Free DHT (same units as dht); DHT binds SHBG more tightly than testosterone does."""
    shbg_free = shbg / (1 + p.shbg_affinity_testosterone * free_testosterone_now)
    return dht / (1 + p.albumin_affinity_testosterone * p.albumin + p.shbg_affinity_dht * shbg_free)


def reductase_rate(active, inhibitor, p):
    """Change per day of active 5-alpha-reductase (relative): it is made anew, and an inhibitor inactivates it.

    Finasteride and dutasteride leave the enzyme in a complex that outlasts the drug by weeks, so that DHT returns with
    new enzyme (Stercia label: half-life of the complex 30 days for type 2, 14 for type 1). inhibitor: rate of
    inactivation over the rate of turnover; in the long run 1 / (1 + inhibitor) of the enzyme is active.
    """
    return p.reductase_turnover_rate * (1 - active * (1 + inhibitor))


def reduction_share(type_1, type_2, p):
    """5-alpha-reduction in the body, relative to baseline: type 2 makes most of the circulating DHT, type 1 the rest.

    Finasteride, which spares type 1, lowers DHT by 72 % at any dose above 1 mg (Drake 1999), dutasteride by 95 %
    (Clark 2004).
    """
    return p.reductase_type_2_share * type_2 + (1 - p.reductase_type_2_share) * type_1


def androgen_action(androgen, blockade):
    """Androgen action where a ligand without action competes for the receptor (Gaddum 1937); blockade: sum of C / K."""
    return androgen / (1 + blockade)


def adiposity_factor(bmi, slope, p, start=REFERENCE_BMI):
    """Effect of body mass index (kg/m2): 1 at `start`, `slope` per kg/m2 far above it, level far below it."""
    excess, bend = bmi - start, p.adiposity_bend
    return 1 + slope * (excess + (excess * excess + bend * bend) ** 0.5 - bend) / 2


def shbg_synthesis(liver_estrogen, androgen, liver_androgen, bmi, age_years, p):
    """SHBG synthesis relative to baseline: estrogen action in the liver raises it; androgens, fat and insulin lower it.

    It falls on aromatase inhibitors and rises on clomiphene and tamoxifen (Clark 1989, Birzniece 2010); oral
    testosterone, which passes the liver first, halves it (Vo 2024).
    """
    estrogen_effect = p.shbg_estrogen_share * saturating(liver_estrogen, p.shbg_estrogen_half_maximum)
    return (
        (1 - p.shbg_estrogen_share + estrogen_effect)
        * restraint(androgen + liver_androgen, p.shbg_androgen_gain, SHBG_ANDROGEN_EXPONENT)
        * (1 + p.shbg_age_slope * (age_years - REFERENCE_AGE))
        / adiposity_factor(bmi, p.shbg_bmi_slope, p)
    )
