"""How many cases a property test of an input form generates: 300, where CI is set 1 000, or what HPGAXIS_CASES says.

`make fuzz` says 50 000.
"""

import os

from hypothesis import settings

CASES = int(os.environ.get("HPGAXIS_CASES", "1000" if os.environ.get("CI") else "300"))
many_cases = settings(max_examples=CASES)
"""Decorator of a property test of an input form."""


def strength_and_interval(drug, route, choice):
    """A dose (drug's unit) and an interval (days) of a formulation of the route; None for a route without formulations.

    `choice` picks one of a sequence.
    """
    there = [item for item in drug.formulations_of(route) if item.strengths]
    if not there:
        return None
    chosen = choice(there)
    return choice(chosen.strengths), choice(chosen.interval_days)
