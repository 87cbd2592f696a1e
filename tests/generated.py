"""How many cases a property test of an input form generates: 5 000, or what HPGAXIS_CASES says (`make fuzz`: 50 000)."""

import os

from hypothesis import settings

CASES = int(os.environ.get("HPGAXIS_CASES", "5000"))
many_cases = settings(max_examples=CASES)
"""Decorator of a property test of an input form."""
