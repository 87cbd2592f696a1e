"""Gonadotropes: GnRH receptor, secretory capacity, LH and FSH release and clearance."""

from .constants import REFERENCE_AGE
from .response import pace, restraint, saturating

DESENSITISATION_EXPONENT = 4
"""Exponent (1): occupancy by a ligand that stays on the loss of GnRH receptors. Assumed: a depot castrates by week 4,
and loss grows with the dose of continuous GnRH. Settled by: LH by day at graded continuous GnRH."""
CAPACITY_EXPONENT = 4
"""Exponent (1): GnRH drive on what is kept of the gonadotrope's secretory capacity. Assumed: levels of testosterone
that lower LH by 24-40 % in days abolish it in weeks (Winters 1979, Matsumoto 1990). Settled by: LH by week under
graded, clamped GnRH pulses."""
RESERVE_EXPONENT = 4
"""Exponent (1): GnRH drive on the gonadotrope's reserve. Assumed: kept at half of normal drive (Matsumoto 1990),
lost at a quarter (Kohn 2017). Settled by: LH by month after stopping, by dose of testosterone."""
LEAST_DRIVE = 0.01
"""GnRH drive (relative) that is none: a man without GnRH loses no readiness for want of it. Settled by: LH by day on a
pump, by years of deficiency."""
INHIBIN_EXPONENT = 2
"""Exponent (1): inhibin B on FSH. Assumed; the gain was fitted with it. Settled by: FSH by inhibin B at fixed GnRH and
steroids."""


def occupancy(ligand):
    """Share of GnRH receptors that a ligand holds at this C / K."""
    return ligand / (1 + ligand)


def effective_gnrh(pulses, continuous, receptor, antagonist, p):
    """GnRH drive that the gonadotrope sees, relative to baseline.

    Pulses act as they come. A ligand that stays (an agonist depot, continuous gonadorelin) displaces the pulses,
    stimulates at first (flare) and acts only through the receptors that are left (Belchetz 1978). An antagonist
    competes with both.
    """
    held = occupancy(continuous)
    return receptor * (pulses * (1 - held) + p.agonist_flare_drive * held) / (1 + antagonist)


def receptor_availability(continuous, p):
    """Receptors left in the long run under continuous occupancy, relative to baseline (desensitisation)."""
    loss = p.desensitisation_gain * occupancy(continuous) ** DESENSITISATION_EXPONENT
    return (1 + p.receptor_floor * loss) / (1 + loss)


def gonadotrope_capacity(drive, p):
    """Secretory capacity towards which the gonadotrope adapts in weeks, steeply (Snyder 1974: self-priming).

    Days of testosterone or estradiol lower LH by 24-40 % (Winters 1979), the same levels for weeks abolish it
    (Matsumoto 1990, Handelsman 1992); aromatase inhibition doubles LH in 5 days and quadruples it in 28. Capacity is
    kept down to a threshold of drive and lost below it, and grows above normal drive.
    """
    kept = saturating(drive, p.gonadotrope_loss_half_maximum, CAPACITY_EXPONENT)
    grown = saturating(drive, p.gonadotrope_half_maximum)
    return p.gonadotrope_floor + (1 - p.gonadotrope_floor) * kept * grown


def reserve(drive, own_drive, p):
    """Readiness of the gonadotrope to regrow capacity: falls over a year or more where its drive is taken away.

    The longer testosterone was taken, the later gonadotropins and sperm return (Kohn 2017, Shankara Narayana 2020), and
    the second recovery from an agonist begins later than the first (Bruchovsky 2006). Steroids, agonists and
    antagonists take the drive alike; men without GnRH of their own answer pulses within weeks
    (happ-intranasal-gnrh-kallmann). drive: what reaches the gonadotrope; own_drive: the man's own GnRH; both relative
    to the typical man's.
    """
    floor, share = p.gonadotrope_reserve_floor, (drive + LEAST_DRIVE) / (own_drive + LEAST_DRIVE)
    return floor + (1 - floor) * saturating(share, p.gonadotrope_reserve_half_maximum, RESERVE_EXPONENT)


def reserve_rate(target, reserve, p):
    """Change per day of the reserve: lost in a year or more without drive, regained more slowly, at each man's pace.

    A second year of castration costs more than the first (Bruchovsky 2006).
    """
    return p.reserve_rate * (target - reserve) * pace(target, reserve, p.reserve_regrowth * p.gonadotrope_pace)


def age_factor(age_years, p):
    """Regrowth of capacity slows with age (Kohn 2017: age delays recovery)."""
    return 1 / (1 + p.gonadotrope_age_decline * (age_years - REFERENCE_AGE))


def capacity_rate(target, capacity, regrowth, p):
    """Change of capacity per day: lost in proportion to what is there, regrown in proportion to what is left.

    After long suppression LH and FSH take weeks to months to return, however strong the drive (Handelsman 1995,
    Liu 2006), and in some men a year (Liu 2006); 2 (target - c)(c + floor) / (target + c + 2 floor) is linear near the
    target. regrowth: pace of the regrowth, relative.
    """
    aim, now = target + p.gonadotrope_floor, capacity + p.gonadotrope_floor
    return 2 * p.gonadotrope_rate * (target - capacity) * now / (aim + now) * pace(aim, now, regrowth)


def response_per_drive(recent_drive, compensation):
    """Release per unit of GnRH: closely spaced pulses release less each (Finkelstein 1988)."""
    return restraint(recent_drive, compensation)


def lh_secretion(drive, recent_drive, capacity, estrogen, p):
    """LH secretion relative to baseline, with estrogen's share at the pituitary (Sheckter 1989: GnRH clamp)."""
    released = (
        drive
        * capacity
        * response_per_drive(recent_drive, p.lh_pulse_compensation)
        * restraint(estrogen, p.estrogen_gain_pituitary)
    )
    return p.lh_basal_fraction + (1 - p.lh_basal_fraction) * released


def fsh_secretion(drive, recent_drive, capacity, continuous, estrogen, inhibin_b_relative, p):
    """FSH secretion relative to baseline: saturates with drive and capacity over a day, restrained by inhibin B.

    FSH moves less than LH, up and down (Hayes 2001, Schnorr 2001: ketoconazole). A part needs no GnRH, and an agonist
    that stays keeps another: FSH escapes under agonists as LH does not (gnrh-agonist-fsh-escape; 5.95 IU/L after 24
    weeks of leuprolide, Shore 2020).
    """
    pulsed = drive * capacity * restraint(recent_drive * capacity, 1 / p.fsh_half_maximum)
    released = p.fsh_basal_fraction + (1 - p.fsh_basal_fraction) * pulsed + p.fsh_agonist_share * occupancy(continuous)
    restrained = restraint(estrogen, p.estrogen_gain_pituitary_fsh)
    return released * restrained * restraint(inhibin_b_relative, p.inhibin_gain, INHIBIN_EXPONENT)
