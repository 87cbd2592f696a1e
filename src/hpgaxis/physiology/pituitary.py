"""Gonadotropes: GnRH receptor, secretory capacity, LH and FSH release and clearance."""

from .response import restraint, saturating


def effective_gnrh(pulses, continuous, receptor, antagonist, p):
    """GnRH drive that the gonadotrope sees, relative to baseline.

    Pulses act as they come. A ligand that stays (an agonist depot, continuous gonadorelin) displaces the pulses,
    stimulates at first (flare) and acts only through the receptors that are left (Belchetz 1978). An antagonist
    competes with both.
    """
    occupancy = continuous / (1 + continuous)
    return receptor * (pulses * (1 - occupancy) + p.agonist_flare_drive * occupancy) / (1 + antagonist)


def receptor_availability(continuous, p):
    """Receptors left in the long run under continuous occupancy, relative to baseline (desensitisation)."""
    occupancy = continuous / (1 + continuous)
    return (1 + p.receptor_floor * p.desensitisation_gain * occupancy**4) / (1 + p.desensitisation_gain * occupancy**4)


def gonadotrope_capacity(drive, p):
    """Secretory capacity towards which the gonadotrope adapts in weeks, steeply (Snyder 1974: self-priming).

    Days of testosterone or estradiol lower LH by 24-40 % (Winters 1979), the same levels for weeks abolish it
    (Matsumoto 1990, Handelsman 1992); aromatase inhibition doubles LH in 5 days and quadruples it in 28.
    """
    return p.gonadotrope_floor + (1 - p.gonadotrope_floor) * saturating(drive, p.gonadotrope_half_maximum, 6)


def reserve(permitted, p):
    """Readiness of the gonadotrope to regrow capacity: falls over a year or more under steroids that stop it.

    permitted: the drive that feedback permits, relative. The longer testosterone was taken, the later gonadotropins
    and sperm return (Kohn 2017, Shankara Narayana 2020); men who only lack GnRH answer pulses within days to weeks
    (happ-intranasal-gnrh-kallmann: testosterone normal on day 12).
    """
    floor = p.gonadotrope_reserve_floor
    return floor + (1 - floor) * saturating(permitted, p.gonadotrope_reserve_half_maximum, 4)


def age_factor(age_years, p):
    """Regrowth of capacity slows with age (Kohn 2017: age delays recovery)."""
    return 1 / (1 + p.gonadotrope_age_decline * (age_years - 30))


def capacity_rate(target, capacity, p):
    """Change of capacity per day: lost in proportion to what is there, regrown in proportion to what is left.

    After long suppression LH and FSH take weeks to months to return, however strong the drive (Handelsman 1995,
    Liu 2006); 2 (target - c)(c + floor) / (target + c + 2 floor) is linear near the target.
    """
    floor = p.gonadotrope_floor
    return 2 * p.gonadotrope_rate * (target - capacity) * (capacity + floor) / (target + capacity + 2 * floor)


def response_per_drive(recent_drive, compensation):
    """Release per unit of GnRH: closely spaced pulses release less each (Finkelstein 1988)."""
    return restraint(recent_drive, compensation, 1)


def lh_secretion(drive, recent_drive, capacity, estrogen, p):
    """LH secretion relative to baseline, with estrogen's share at the pituitary (Sheckter 1989: GnRH clamp)."""
    released = (
        drive
        * capacity
        * response_per_drive(recent_drive, p.lh_pulse_compensation)
        * restraint(estrogen, p.estrogen_gain_pituitary, 1)
    )
    return p.lh_basal_fraction + (1 - p.lh_basal_fraction) * released


def fsh_secretion(drive, recent_drive, capacity, estrogen, inhibin_b_relative, p):
    """FSH secretion relative to baseline: as LH, less dependent on pulse frequency, restrained by inhibin B."""
    released = (
        drive
        * capacity
        * response_per_drive(recent_drive, p.fsh_pulse_compensation)
        * restraint(estrogen, p.estrogen_gain_pituitary_fsh, 1)
        * restraint(inhibin_b_relative, p.inhibin_gain, 2)
    )
    return p.fsh_basal_fraction + (1 - p.fsh_basal_fraction) * released
