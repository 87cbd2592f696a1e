"""Body: weight, sleep, training and years as they change along a simulation."""

from .constants import DAYS_PER_WEEK, PERCENT
from .response import saturating

TRAINING_EXPONENT = 2
"""Exponent (1): hours of endurance training on GnRH pulse mass. Assumed: a few hours a week hardly count, the highest
volumes lower testosterone (Hackney 2020). Settled by: LH pulses by training volume."""


def body_mass_index(bmi_at_start, weight_loss):
    """Body mass index (kg/m2) now; weight_loss is the body weight at the start over that now, minus 1."""
    return bmi_at_start / (1 + weight_loss)


def age(age_at_start, years_gained):
    """Age now (years)."""
    return age_at_start + years_gained


def sleep_effect(hours_lost_per_night, p):
    """Leydig output under sleep restriction (Leproult 2011: 5 h a night for a week, testosterone 10-15 % lower)."""
    return 1 / (1 + p.leydig_sleep_slope * hours_lost_per_night)


def training_effect(hours_per_day, p):
    """GnRH pulse mass under endurance training: low testosterone without a rise of LH in heavy training (Hackney 2020).

    A few hours a week hardly count; half is lost at `training_half_hours_per_week`.
    """
    load = DAYS_PER_WEEK * hours_per_day / p.training_half_hours_per_week
    return 1 / (1 + load**TRAINING_EXPONENT)


def body_fat(bmi, age_years, estrogen, p):
    """Body fat (% of weight) by body mass index and age (Deurenberg 1991), more without estrogen (Finkelstein 2013).

    estrogen is the action as in the liver, where SERMs are agonists.
    """
    deurenberg = p.body_fat_per_bmi * bmi + p.body_fat_per_year * age_years - p.body_fat_offset
    return deurenberg * (1 + p.body_fat_estrogen_share * (1 - saturating(estrogen, p.body_fat_estrogen_half)))


def lean_mass(androgen, p):
    """Lean mass (% of the man's own at normal androgen): androgen sets it, estrogen does not (Finkelstein 2013)."""
    share = p.lean_mass_androgen_share
    return PERCENT * (1 - share + share * saturating(androgen, p.lean_mass_androgen_half))
