"""GnRH pulse generator: pulse frequency and mass.

Signals are relative to the typical man's baseline: 1 is his untreated level.
"""

from .constants import REFERENCE_AGE, REFERENCE_BMI, SEVERE_OBESITY
from .response import restraint, saturating
from .steroids import adiposity_factor

EXPOSURE_EXPONENT = 10
"""Exponent (1): steroids over weeks on the GnRH pulse frequency. Assumed: 3 mg of testosterone a day hardly lower
sperm, 9 mg abolish LH (Handelsman 1996, 1992). Settled by: LH by week under graded pellets."""


def androgen_signal(free_testosterone, free_testosterone_reference, dht, dht_reference, other_androgen, p):
    """Androgen receptor signal at the hypothalamus, from free testosterone, DHT and exogenous androgens.

    DHT infusion lowers LH in men, so that aromatisation is not all of it (Winters 1979).
    """
    share = p.dht_share_of_androgen_feedback
    return (1 - share) * free_testosterone / free_testosterone_reference + share * dht / dht_reference + other_androgen


def feedback_signal(action, p):
    """Androgen or estrogen action as feedback integrates it: concave, so that peaks count less than a steady level.

    Pulses of testosterone inhibit LH no more than a continuous infusion of a lower mean does (Veldhuis 2019).
    """
    return saturating(action, p.feedback_half_maximum)


def estrogen_action(free_estradiol, ligand_occupancy, ligand_agonism):
    """Estrogen receptor action when estradiol and ligands (SERMs) compete for the receptor (Gaddum 1937).

    free_estradiol is relative to the typical man's; ligand_occupancy is the sum of C/K over ligands; ligand_agonism the
    sum of efficacy * C/K, where efficacy 1 is the action of the typical man's estradiol. Without estradiol, high doses
    tend to the ligand's own efficacy.
    """
    return (free_estradiol + ligand_agonism) / (1 + ligand_occupancy)


def steroid_exposure(androgen, estrogen, p):
    """Androgen and estrogen action together, as it slows pulses over weeks; estrogen has the larger share.

    Letrozole, which takes estradiol, lets LH rise fourfold at 2.5-fold testosterone (T'Sjoen 2005); testosterone alone
    at such levels abolishes it (Handelsman 1992).
    """
    share = p.androgen_share_of_exposure
    return share * androgen + (1 - share) * estrogen


def pulse_frequency(androgen, estrogen, exposure, p):
    """Pulse frequency relative to baseline: androgens and estrogens both slow it (Pitteloud 2008, Genazzani 1990).

    They do so within days in part, and past a threshold over weeks altogether: 7.5 mg of testosterone a day lower LH by
    40 % in four days (Winters 1979), 9 mg a day from pellets abolish it in two months (Handelsman 1992).
    """
    in_days = restraint(androgen, p.androgen_gain_frequency)
    over_weeks = restraint(exposure, p.exposure_gain, EXPOSURE_EXPONENT)
    return in_days * over_weeks * restraint(estrogen, p.estrogen_gain_frequency)


def pulse_mass(estrogen, p):
    """GnRH released per pulse relative to baseline: estrogens shrink it (Hayes 2000, Pitteloud 2008)."""
    return restraint(estrogen, p.estrogen_gain_mass)


def opioid_effect(opioid):
    """GnRH pulses per day under opioids, which slow the pulse generator; opioid is the drug's C / K."""
    return 1 / (1 + opioid)


def kisspeptin_effect(kisspeptin, gain):
    """GnRH pulse frequency or pulse mass under kisspeptin: 1 without it, 1 + gain at its highest (George 2011).

    kisspeptin is C / K. It stimulates the GnRH neurons that a man has: without them nothing is released (Chan 2014).
    """
    return 1 + gain * kisspeptin / (1 + kisspeptin)


def added_pulses(exogenous, endogenous, p):
    """Drive that exogenous GnRH pulses add: little if endogenous pulses leave the gonadotrope refractory.

    5 ug every 90 minutes for 3 months changed nothing in men with an intact axis (lhrh-pump-oligozoospermia-4men), and
    restores it in men without GnRH.
    """
    return exogenous / (1 + p.gnrh_interference * endogenous)


def obesity_effect(bmi, p):
    """GnRH mass falls with body mass index in severe obesity (Giagulli 1994), not below (roelfsema-2020)."""
    here, typical = (adiposity_factor(one, p.gnrh_bmi_slope, p, SEVERE_OBESITY) for one in (bmi, REFERENCE_BMI))
    return typical / here


def age_factor(age_years, p):
    """GnRH mass falls with age: LH rises less than the fall of testosterone asks for (Tenover 1987)."""
    return 1 / (1 + p.gnrh_age_decline * (age_years - REFERENCE_AGE))
