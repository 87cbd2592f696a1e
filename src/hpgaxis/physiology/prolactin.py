"""Prolactin: its secretion, and its brake on the GnRH pulse generator. Relative: 1 is the typical man."""

from .response import restraint


def secretion(thyroxine, dopamine_agonist, dopamine_antagonist, p):
    """Prolactin secretion (relative): a trait (an adenoma multiplies it), held down by dopamine.

    In hypothyroidism TRH raises it (Donnelly 2000). The drugs are C / K; an antagonist lifts the brake of dopamine.
    """
    lifted = 1 + p.prolactin_dopamine_tone * dopamine_antagonist / (1 + dopamine_antagonist)
    return p.prolactin_secretion * restraint(thyroxine, p.prolactin_thyroid_gain) * lifted / (1 + dopamine_agonist)


def pulse_frequency_effect(prolactin, p):
    """GnRH pulses per day: prolactin excess slows them (Colao 2004: low testosterone, normal on cabergoline)."""
    return restraint(prolactin, p.frequency_prolactin_gain)
