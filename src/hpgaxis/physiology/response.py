"""The shapes that dose-response takes in this model, each one at the typical man's baseline, and the pace of regrowth.

Every function uses arithmetic operators alone, so that it runs on floats, arrays and symbols.
"""


def saturating(stimulus, half_maximum, exponent=1):
    """Hill curve through 0 and through 1 at stimulus 1; its ceiling is 1 + half_maximum.

    stimulus is relative to the typical man's baseline; half_maximum is the stimulus, to the exponent, at half the
    ceiling (dimensionless).
    """
    raised = stimulus**exponent
    return (1 + half_maximum) * raised / (half_maximum + raised)


def restraint(signal, gain, exponent=1):
    """Negative feedback: 1 at signal 1, 1 + gain without signal, towards 0 at high signal (all relative)."""
    return (1 + gain) / (1 + gain * signal**exponent)


def pace(target, now, regrowth):
    """Pace of a capacity that is lost at pace 1 and regrows at `regrowth`: the target says which of the two goes on."""
    return (regrowth * target + now) / (target + now)


def loss_or_regrowth(target, now, regrowth, smoothing):
    """Target minus now where that is a loss, `regrowth` times it where it is a regrowth: the higher the target, the
    faster. smoothing: the distance, in units of the target, over which one passes into the other.
    """
    away = target - now
    loss = (away + smoothing - (away**2 + smoothing**2) ** 0.5) / 2
    return regrowth * away + (1 - regrowth) * loss


def permissive(drive, half_maximum, exponent):
    """Hill function between 0 and 1: the share of a process that goes on at this drive (relative)."""
    return drive**exponent / (half_maximum**exponent + drive**exponent)
