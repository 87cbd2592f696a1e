"""From a sample to the mean over 24 hours by mass spectrometry, which men are matched to, and back."""

from __future__ import annotations

from collections.abc import Mapping

from ..measurements.labs import Sample, read_samples
from ..measurements.registry import MEASUREMENTS
from ..physiology.parameters import catalogue

LEAST_REAL = 0.3
"""Share of a reported level that is at least the hormone's own, whatever the assay reads where there is nothing."""


def background(name: str, assay: str | None) -> float:
    """Return what an assay reads where there is nothing (unit shown): 0 for all but some immunoassays."""
    if assay != "immunoassay":
        return 0.0
    if name == "estradiol":
        return catalogue()["estradiol_assay_background"].value
    immunoassay = MEASUREMENTS[name].immunoassay if name in MEASUREMENTS else None
    return immunoassay.background if immunoassay else 0.0


def rhythm(name: str, hour: float | None, age: float) -> float:
    """Return the level at an hour over the mean of 24 hours; 1 without an hour or a rhythm."""
    daily = MEASUREMENTS[name].rhythm if name in MEASUREMENTS else None
    return daily.at(hour, age) if daily is not None and hour is not None else 1.0


def freed(level: float, added: float) -> float:
    """Return a reported level (unit shown) without what its assay adds."""
    return max(level - added, LEAST_REAL * level)


def mean_level(sample: Sample, age: float) -> float:
    """Return the mean over 24 hours (model's unit) that a sample of a man of this age (years) implies."""
    added = background(sample.name, sample.assay) / MEASUREMENTS[sample.name].display_factor
    return freed(sample.level, added) / rhythm(sample.name, sample.hour, age)


def level_in_sample(sample: Sample, mean: float, age: float) -> float:
    """Return the level (model's unit) that a sample taken like this one has in a man with this mean over 24 hours."""
    added = background(sample.name, sample.assay) / MEASUREMENTS[sample.name].display_factor
    return mean * rhythm(sample.name, sample.hour, age) + added


def mean_levels(labs: Mapping[str, object], age: float) -> dict[str, float]:
    """Return all labs of a man of this age as means over 24 hours (model's unit). Raises LabError."""
    return {name: mean_level(sample, age) for name, sample in read_samples(labs).items()}


def says_all(sample: Sample) -> bool:
    """Return whether a lab says its hour where the hour matters, and its assay where the assay matters."""
    entry = MEASUREMENTS[sample.name]
    timed = entry.rhythm is None or sample.hour is not None
    return timed and (background(sample.name, "immunoassay") == 0 or bool(sample.assay))
