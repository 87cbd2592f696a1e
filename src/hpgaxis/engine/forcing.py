"""Inputs over time as sums of exponentials between events: linear kinetics solved exactly.

A mode is one exponential exp(-decay t). An event adds an amount to a mode; between events a mode decays. The value of
an input channel is a weighted sum of modes. A constant input is a mode with decay 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, pi

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
CLOSE = 1e-7
"""Days (9 ms): events closer than this are one event."""


@njit(cache=True, error_model="numpy")
def inputs_at(t, knots, amounts, decay, weights, clock, out):  # pragma: no cover - compiled
    """Fill `out` with the input channels at time t (days)."""
    out[:] = 0.0
    low, high = 0, knots.shape[0]
    while low < high:
        middle = (low + high) // 2
        if knots[middle] <= t:
            low = middle + 1
        else:
            high = middle
    segment = low - 1
    if segment >= 0:
        elapsed = t - knots[segment]
        for mode in range(decay.shape[0]):
            amount = amounts[segment, mode]
            if amount != 0.0:
                value = amount * exp(-decay[mode] * elapsed)
                for channel in range(out.shape[0]):
                    out[channel] += weights[mode, channel] * value
    if clock[0] != 0.0:
        out[int(clock[2])] += clock[0] * cos(2.0 * pi * (t - clock[1]))


@njit(cache=True, error_model="numpy")
def inputs_over(times, knots, amounts, decay, weights, clock, out):  # pragma: no cover - compiled
    """Fill out[i, :] with the channels at times[i]."""
    for index in range(times.shape[0]):
        inputs_at(times[index], knots, amounts, decay, weights, clock, out[index])


@dataclass(frozen=True)
class Forcing:
    """Channels over time.

    knots (n,) event times in days, ascending; amounts (n, modes) after each event; decay (modes,) per day;
    weights (modes, channels); restarts: times at which a channel jumps or a course begins, where a solver starts anew;
    clock: amplitude, phase (days) and channel of a daily cosine.
    """

    knots: Array
    amounts: Array
    decay: Array
    weights: Array
    restarts: Array
    clock: Array

    def at(self, times: Array) -> Array:
        """Channels (len(times), channels) at `times` (days)."""
        times = np.ascontiguousarray(times, dtype=float)
        out = np.zeros((len(times), self.weights.shape[1]))
        inputs_over(times, self.knots, self.amounts, self.decay, self.weights, self.clock, out)
        return out

    def with_clock(self, amplitude: float, phase_day: float, channel: int) -> Forcing:
        """The same inputs with a daily cosine added to one channel."""
        clock = np.array([amplitude, phase_day, float(channel)])
        return Forcing(self.knots, self.amounts, self.decay, self.weights, self.restarts, clock)


def apart(times: Array) -> Array:
    """The distinct times (days), ascending; those within CLOSE of the one before are the same but for rounding."""
    ordered = np.sort(times)
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
    course_starts: list[float],
) -> Forcing:
    """Forcing from events (time in days, mode, amount added).

    weights has shape (modes, channels). Events may come in any order; a value carried from before its segment decays
    exactly.
    """
    rate = np.array(decay, dtype=float)
    given = np.array([time for time, _, _ in events], dtype=float)
    times = apart(given)
    added = np.zeros((len(times), len(rate)))
    index = np.searchsorted(times, given + CLOSE, side="right") - 1
    for row, (_, mode, amount) in zip(index, events, strict=True):
        added[row, mode] += amount
    amounts = np.empty_like(added)
    carried = np.zeros(len(rate))
    for row in range(len(times)):
        if row:
            carried = amounts[row - 1] * np.exp(-rate * (times[row] - times[row - 1]))
        amounts[row] = carried + added[row]
        small = np.abs(amounts[row]) < 1e-12 * np.abs(added).max(axis=0, initial=0.0)
        amounts[row][small] = 0.0  # what a finished constant input leaves behind by rounding
    jumps = np.abs(added @ weights)
    sizes = np.abs(added) @ np.abs(weights)
    sharp = (jumps > 1e-9 * np.maximum(sizes, 1e-300)).any(axis=1)
    restarts = apart(np.concatenate([times[sharp], np.array(course_starts, dtype=float)]))
    return Forcing(times, amounts, rate, np.ascontiguousarray(weights), restarts, np.zeros(3))


def none(channels: int) -> Forcing:
    """No input at all."""
    return Forcing(np.zeros(0), np.zeros((0, 0)), np.zeros(0), np.zeros((0, channels)), np.zeros(0), np.zeros(3))
