"""Numbers that compiled code and the rest of the engine agree on; tests hold the names beside them to these."""

HOIST, RATES, LINEARISE, SOLVE, DECAY, CLOCK, SPREAD, SHARES, BETWEEN, ADVANCE, ERROR = range(11)
COMBINE, PULSE, MEASURE = ERROR, ERROR + 10, ERROR + 11
"""Places of the functions' addresses; the sum of m terms is at COMBINE + m."""
DONE, UNDERFLOW, NOT_FINITE, TOO_MANY_STEPS, OUT_OF_DRAWS = 0, 1, 2, 3, 4
"""How a man's way ended."""
MEAN, LEAST, MOST, FIRST_ABOVE, FIRST_BELOW, LAST = 0, 1, 2, 3, 4, 5
"""Kinds of statistics."""
NEVER, IDLE = -2, -1
"""Lanes without a man: before the first one, and after the last."""
DOSE, IMPULSE = 1, 2
"""What has just happened in a lane."""
CLOSE = 1e-7
"""Days (9 ms): events closer than this are one event."""
