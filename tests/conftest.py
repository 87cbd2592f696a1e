"""How hypothesis runs: the same examples everywhere, or (profile `random`, `make fuzz`) new ones at every run."""

import os

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("project", derandomize=True, **COMMON)
settings.register_profile("random", print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))
