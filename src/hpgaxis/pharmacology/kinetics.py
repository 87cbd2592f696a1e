"""Linear kinetics as sums of exponentials, from rate constants by partial fractions.

An impulse response is a list of (amplitude, rate per day): response(t) = sum amplitude * exp(-rate t), per unit dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

Response = list[tuple[float, float]]

LN2 = log(2.0)


def _distinct(rates: Sequence[float]) -> list[float]:
    """The rates, with equal ones moved apart by 0.2 %: partial fractions need distinct poles."""
    result: list[float] = []
    for rate in rates:
        while any(abs(rate - other) < 1e-3 * rate for other in result):
            rate *= 1.002
        result.append(rate)
    return result


def chain(rates: Sequence[float], gain: float, zeros: Sequence[float] = ()) -> Response:
    """Response of first-order steps in series: gain * prod(s + zero) / prod(s + rate), rates per day.

    With one compartment after absorption this is the Bateman function.
    """
    poles = _distinct(rates)
    response = []
    for index, pole in enumerate(poles):
        amplitude = gain
        for zero in zeros:
            amplitude *= zero - pole
        for other, rate in enumerate(poles):
            if other != index:
                amplitude /= rate - pole
        response.append((amplitude, pole))
    return response


def absorption_then_release(half_lives_days: Sequence[float]) -> Response:
    """Rate of appearance in blood (per day, per unit absorbed) after sequential first-order steps."""
    rates = [LN2 / value for value in half_lives_days]
    gain = 1.0
    for rate in _distinct(rates):
        gain *= rate
    return chain(rates, gain)


def concentration(
    half_lives_days: Sequence[float],
    volume: float,
    elimination_half_life_days: float,
    distribution: tuple[float, float] | None = None,
) -> Response:
    """Concentration per unit dose absorbed, after sequential absorption steps and one or two compartments.

    volume is that of the central compartment (dose unit per concentration unit). distribution is (half-life in days
    of the first phase, its share of the intravenous amplitude); without it there is one compartment.
    """
    absorption = [LN2 / value for value in half_lives_days]
    slow = LN2 / elimination_half_life_days
    gain = 1.0 / volume
    for rate in _distinct(absorption):
        gain *= rate
    if distribution is None:
        return chain([*absorption, slow], gain)
    fast, share = LN2 / distribution[0], distribution[1]
    zero = share * slow + (1 - share) * fast
    return chain([*absorption, fast, slow], gain, zeros=[zero])
