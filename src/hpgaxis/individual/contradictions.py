"""Labs that do not go with a man's others, found before they are learned from."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .smoother import Readings

Array = NDArray[np.float64]
FALSE_ALARMS = 0.02
"""Share of men without a fault in whom some lab is named."""
LEAST_ERROR = 0.25
"""Least standard deviation on the even scale at which a lab is foreseen: a factor of 1.3."""


def contradictory(expected: Array, readings: Readings) -> dict[int, tuple[float, float]]:
    """The readings that contradict the others of the same man.

    Each is foreseen from the man's other readings and from what men are like, by the covariance of what is expected
    over the ensemble (a leave-one-out prediction of normal variables); the one that is furthest from what was foreseen
    is named and left out, and the others are looked at again.

    Parameters
    ----------
    expected : of men before they have learned (readings, members), on the even scale.
    readings : what was read.

    Returns
    -------
    dict
        Place of the reading -> what was foreseen on the even scale, and by how many standard deviations it is away.
    """
    count = len(readings.values)
    if not count or expected.shape[1] < 2:
        return {}
    found = dict[int, tuple[float, float]]()
    limit = NormalDist().inv_cdf(1 - FALSE_ALARMS / 2 / count)
    kept = list(range(count))
    centre = np.median(expected, axis=1)
    spread = np.cov(expected) if count > 1 else np.atleast_2d(np.var(expected))
    while len(kept) > 1 or (kept and not found):
        covariance = spread[np.ix_(kept, kept)] + np.diag(readings.errors[kept] ** 2)
        precision = np.linalg.inv(covariance)
        away = readings.values[kept] - readings[kept].at_limits(centre[kept][:, None])[:, 0]
        error = np.maximum(1 / np.sqrt(np.diag(precision)), LEAST_ERROR)
        distance = (precision @ away) / np.diag(precision)
        consistent = (readings.below[kept] & (distance > 0)) | (readings.above[kept] & (distance < 0))
        score = np.where(consistent, 0.0, distance / error)
        worst = int(np.argmax(np.abs(score)))
        if abs(score[worst]) <= limit:
            break
        place = kept.pop(worst)
        found[place] = (float(readings.values[place] - distance[worst]), float(score[worst]))
    return found
