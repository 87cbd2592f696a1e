"""Definitions that several organs share: the typical man's age and size, and conversions of units.

What was measured, calibrated or assumed stands in `parameters.toml`. The exponents of dose-response curves stand in the
file of their organ, as whole numbers, which the engine turns into products.
"""

REFERENCE_AGE = 30.0
"""Age (y) of the typical man, whose references `parameters.toml` gives. By definition: effects of age are 1 here."""
REFERENCE_BMI = 24.0
"""Body mass index (kg/m2) of the typical man. By definition: effects of body mass index are 1 here."""
SEVERE_OBESITY = 35.0
"""Body mass index (kg/m2) from which obesity is severe (World Health Organization: class II)."""
DAYS_PER_YEAR = 365.25
"""Days of a Julian year."""
DAYS_PER_WEEK = 7
"""Days of a week."""
PERCENT = 100
"""One in per cent."""
TYPICAL_SCORE = 100
"""Libido and mood of the typical man. By definition: their scores are relative to his."""
PMOL_PER_NMOL = 1000
"""Picomoles of a nanomole (SI prefixes)."""
ML_PER_L = 1000
"""Millilitres of a litre (SI prefixes)."""
DL_PER_L = 10
"""Decilitres of a litre (SI prefixes)."""
SPERMATIDS_PER_SPERMATOCYTE = 4
"""A primary spermatocyte divides twice in meiosis, into four round spermatids (anatomy)."""
