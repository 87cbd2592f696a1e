"""Numbers that the compiled code and the rest of the engine share; tests compare them with the names elsewhere."""

HOIST, RATES, LINEARISE, SOLVE, DECAY, CLOCK, ADD_MODES, STAGE_WEIGHTS, DENSE_WEIGHTS, ADVANCE, ERROR = range(11)
COMBINE, PULSE, MEASURE = ERROR, ERROR + 10, ERROR + 11
"""Positions of the functions' addresses; the weighted sum of m terms is at COMBINE + m."""
DONE, UNDERFLOW, NOT_FINITE, TOO_MANY_STEPS, OUT_OF_DRAWS = 0, 1, 2, 3, 4
"""Status of a subject after the integration."""
MEAN, MINIMUM, MAXIMUM, FIRST_ABOVE, FIRST_BELOW, LAST = 0, 1, 2, 3, 4, 5
"""Kinds of statistics."""
NEVER, IDLE = -2, -1
"""Lanes without a subject: before the first one, and after the last."""
DOSE, IMPULSE = 1, 2
"""Events that a lane can have just reached."""
CLOSE = 1e-7
"""Days (9 ms): events closer than this count as one event."""
