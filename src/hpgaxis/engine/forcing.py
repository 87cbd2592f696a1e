"""Dosing inputs over time as sums of exponentials between events: the exact solution of linear kinetics.

A mode is one exponential exp(-decay t). An event adds an amount to a mode; between events a mode decays. The value of
an input channel is a weighted sum of modes. A constant input is a mode with decay 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CLOSE = 1e-7
"""Days (9 ms): events closer than this are one event."""


@dataclass(frozen=True)
class Forcing:
    """The input channels of one subject over time.

    knots (n,) event times in days, ascending; amounts (n, modes) after each event; decay (modes,) per day;
    weights (modes, channels); clock: amplitude, phase (days) and channel of a daily cosine.
    """

    knots: Array
    amounts: Array
    decay: Array
    weights: Array
    clock: Array

    def at(self, times: Array) -> Array:
        """Return the channels (len(times), channels) at `times` (days)."""
        times = np.asarray(times, dtype=float)
        values = np.zeros((len(times), self.weights.shape[1]))
        segment = np.searchsorted(self.knots, times, side="right") - 1
        begun = segment >= 0
        row = segment[begun]
        elapsed = times[begun] - self.knots[row] if len(self.knots) else np.zeros(0)
        values[begun] = (self.amounts[row] * np.exp(-self.decay * elapsed[:, None])) @ self.weights
        amplitude, phase, channel = self.clock
        if amplitude != 0.0:
            values[:, int(channel)] += amplitude * np.cos(2.0 * np.pi * (times - phase))
        return values

    def with_clock(self, amplitude: float, phase_day: float, channel: int) -> Forcing:
        """Return the same inputs with a daily cosine added to one channel."""
        clock = np.array([amplitude, phase_day, float(channel)])
        return Forcing(self.knots, self.amounts, self.decay, self.weights, clock)


def apart(times: Array) -> Array:
    """Return the distinct times (days), ascending; times closer than CLOSE differ by rounding and count as one."""
    ordered = np.unique(times)
    if (np.diff(ordered) > CLOSE).all():
        return ordered
    keep = np.ones(len(ordered), dtype=bool)
    last = -np.inf
    for index, time in enumerate(ordered):
        keep[index] = time - last > CLOSE
        if keep[index]:
            last = time
    return ordered[keep]


def build(
    events: list[tuple[float, int, float]],
    decay: list[float],
    weights: Array,
) -> Forcing:
    """Return the forcing of events (time in days, mode, amount added).

    weights has shape (modes, channels). Events may be in any order; amounts decay exactly between events.
    """
    rate = np.array(decay, dtype=float)
    given = np.array([time for time, _, _ in events], dtype=float)
    times = apart(given)
    added = np.zeros((len(times), len(rate)))
    index = np.searchsorted(times, given + CLOSE, side="right") - 1
    np.add.at(added, (index, np.array([mode for _, mode, _ in events], dtype=int)), [amount for _, _, amount in events])
    kept = np.exp(-rate * np.diff(times, prepend=times[:1])[:, None])
    nothing = 1e-12 * np.abs(added).max(axis=0, initial=0.0)
    columns = zip(kept.T.tolist(), added.T.tolist(), nothing.tolist(), strict=True)
    amounts = np.array([_carried(*column) for column in columns]).T.reshape(added.shape)
    return Forcing(times, np.ascontiguousarray(amounts), rate, np.ascontiguousarray(weights), np.zeros(3))


def _carried(kept: list[float], added: list[float], nothing: float) -> list[float]:
    """Amounts of one mode after each event: what was kept of the last one, and what is added.

    An amount below `nothing` is rounding error after the end of a constant input, and becomes 0.
    """
    amounts, amount = [], 0.0
    for share, more in zip(kept, added, strict=True):
        amount = amount * share + more
        if abs(amount) < nothing:
            amount = 0.0
        amounts.append(amount)
    return amounts


def none(channels: int) -> Forcing:
    """Return a forcing without inputs."""
    return Forcing(np.zeros(0), np.zeros((0, 0)), np.zeros(0), np.zeros((0, channels)), np.zeros(3))
