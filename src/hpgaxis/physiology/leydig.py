"""Leydig cells: receptor stimulation, capacity, desensitisation, testosterone synthesis, testicular aromatase."""

from .constants import REFERENCE_AGE
from .response import pace, restraint, saturating

PRIMING_EXPONENT = 3
"""Exponent (1): trophic capacity on the pace at which synthesis follows stimulation. Assumed: hours in normal men, not
before the second day in men without gonadotropins (hcg-self-priming-forest). Settled by: testosterone by hour after a
first hCG."""
LEAST_STIMULATION = 0.05
"""Stimulation (relative) below which a change is no sudden rise. Assumed. Settled by: 17-hydroxyprogesterone and
testosterone by hour after a first hCG in men without gonadotropins."""
LEAST_DRIVE = 0.01
"""GnRH drive (relative) that is none: a man without GnRH loses no Leydig cells for want of it. Settled by: testosterone
by month on hCG, by years of deficiency."""
RHYTHM_AGE_EXPONENT = 4
"""Exponent (1): age on the daily rhythm. Assumed: level to 40, faded at 70 (Brambilla 2009). Settled by: the rhythm by
decade."""
SURGE_EXPONENT = 2
"""Exponent (1): 17,20-lyase left on the induction of aromatase by the same surge. Assumed; the gain was chosen with
it. Settled by: testicular vein estradiol and 17-hydroxyprogesterone by hour after hCG."""
RESERVE_EXPONENT = 2
"""Exponent (1): stimulation on the Leydig reserve. Assumed: kept at a fifth of normal drive, lost below a tenth
(Matsumoto 1990). Settled by: recovery after graded suppression of a year or more."""


def hcg_binding(hcg, p):
    """hCG (IU/L) as LH of the same affinity, relative to baseline LH."""
    return p.hcg_relative_potency * hcg / p.lh_reference


def hcg_stimulation(bound, p):
    """LH/CG receptor stimulation by hCG, relative to that by baseline LH.

    hCG holds the receptor for days, so that its own action saturates: three daily injections add nothing to one (Smals
    1979). LH comes in pulses and does not: on inhibitors and SERMs testosterone follows it nearly in proportion.
    """
    return bound / (1 + bound / p.hcg_saturation)


def signal_rate(capacity, p):
    """Pace (per day) at which synthesis follows stimulation: an hour in primed cells, days in those never stimulated.

    hCG raises testosterone within hours in normal men, not before the second day in men without gonadotropins
    (hcg-self-priming-forest).
    """
    return p.leydig_signal_rate * capacity**PRIMING_EXPONENT


def synthesis_response(signal, recruited, p):
    """Testosterone synthesis at this stimulation: nearly linear about normal LH once enzymes have followed, which takes
    days; within hours it saturates, and stops at once without stimulation.

    A dose of hCG raises testosterone to 1.6 of baseline within 4 hours, to 2.4 on the third and fourth day (Saez 1979);
    an antagonist takes it to a fifth in 12 hours (nalglu-1989-single-dose). recruited: the signal that enzymes have
    followed; where signal and recruited agree, this is `saturating(signal, p.leydig_half_maximum)`.
    """
    enzymes = (1 + p.leydig_half_maximum) / (p.leydig_half_maximum + recruited)
    acute = p.leydig_acute_half_maximum
    return enzymes * signal * (acute + recruited) / (acute + signal)


def capacity(signal, p):
    """Trophic Leydig capacity in the long run: falls without LH, grows under it over weeks."""
    return p.leydig_capacity_floor + (1 - p.leydig_capacity_floor) * saturating(signal, p.leydig_trophic_half_maximum)


def capacity_rate(target, capacity_now, p):
    """Change of capacity per day; men differ in how fast it regrows."""
    return p.leydig_capacity_rate * (target - capacity_now) * pace(target, capacity_now, p.leydig_pace)


def lyase_activity(signal, recruited, p):
    """17,20-lyase (relative) after a sudden rise of stimulation: blocked for days, until enzymes have followed.

    A second injection of hCG a day after the first gives no acute rise (Saez 1979), 17-hydroxyprogesterone and
    estradiol peak at 36 hours and testosterone at 96 (Martikainen 1980); no dose-response turns down in the long run.
    """
    return restraint((signal + LEAST_STIMULATION) / (recruited + LEAST_STIMULATION), p.lyase_block_gain)


def reserve(signal, own_drive, p):
    """Leydig reserve in the long run: falls over a year or more where LH is taken away (Flanagan 2015).

    Men who never had GnRH answer hCG in months. own_drive: the man's own GnRH, relative to the typical man's.
    """
    kept = saturating((signal + LEAST_DRIVE) / (own_drive + LEAST_DRIVE), p.reserve_half_maximum, RESERVE_EXPONENT)
    return p.leydig_reserve_floor + (1 - p.leydig_reserve_floor) * kept


def reserve_rate(target, reserve_now, p):
    """Change per day of the Leydig reserve: lost in a year or more without LH, regained more slowly.

    Men have less testosterone two years after anabolic steroids (Rasmussen 2016), and half of theirs after a second
    year of castration (Bruchovsky 2006).
    """
    return p.reserve_rate * (target - reserve_now) * pace(target, reserve_now, p.reserve_regrowth * p.leydig_pace)


def age_factor(age_years, p):
    """Leydig output per LH falls with age (Mulligan 1999: about 40 % less testosterone at the same LH, 60-78 y)."""
    return 1 / (1 + p.leydig_age_decline * (age_years - REFERENCE_AGE))


def rhythm_of_age(age_years, p):
    """Amplitude of the daily rhythm at this age over that at 30.

    Testosterone falls by 20-25 % from 8:00 to 16:00 at 30-40 years, by 10 % at 70 (Brambilla 2009).
    """
    return restraint(age_years / REFERENCE_AGE, p.circadian_age_gain, RHYTHM_AGE_EXPONENT)


def hydroxyprogesterone(testicular, adrenal, p):
    """17-hydroxyprogesterone in blood (nmol/L): a precursor of testosterone, and an adrenal part.

    testicular is the steroid made in Leydig cells before 17,20-lyase, which hCG desensitises (relative); adrenal is
    relative to normal secretion. It follows intratesticular testosterone (Amory 2008) down to the adrenal part: 47.5
    to 13.5 ng/dL on testosterone (Lima 2020).
    """
    share = p.adrenal_share_of_hydroxyprogesterone
    return p.hydroxyprogesterone_reference * ((1 - share) * testicular + share * adrenal)


def insulin_like_factor_3(capacity_now, signal, p):
    """INSL3 (ug/L) from the capacity of Leydig cells: LH maintains it, hardly more of it makes more.

    hCG raises it by 17 % where testosterone rises by 53 % (Albrethsen 2020); ten days without LH and hCG take 90 %
    (Roth 2013).
    """
    return p.insl3_reference * capacity_now * saturating(signal, p.insl3_half_maximum)


def testicular_aromatase(signal, lyase, p):
    """Testicular aromatase (relative), induced by LH and hCG, and for days by a sudden rise of them.

    After 5000 IU of hCG estradiol peaks at 36 hours, while the same rise blocks 17,20-lyase, and testosterone at 96
    (Martikainen 1980). lyase: activity of 17,20-lyase, relative, as `lyase_activity` has it.
    """
    by_surge = restraint(lyase, p.testicular_aromatase_surge, SURGE_EXPONENT)
    return saturating(signal, p.testicular_aromatase_half_maximum) * by_surge


def testicular_aromatisation(intratesticular_testosterone, inhibitor, p):
    """Share of the uninhibited rate at baseline substrate; competitive inhibitors are weak where substrate abounds.

    Michaelis-Menten with a competitive inhibitor: S / (Km (1 + I) + S), S intratesticular testosterone (nmol/L).
    """
    km = p.testicular_aromatase_km
    reference = p.intratesticular_testosterone_reference
    rate = intratesticular_testosterone / (km * (1 + inhibitor) + intratesticular_testosterone)
    return rate * (km + reference) / reference
