"""Profiles of hypothesis, and a cache of machine code for tests that compile systems of their own."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

from hpgaxis.engine.codegen.cache import cache_folders
from hpgaxis.model import Model

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("project", derandomize=True, **COMMON)
settings.register_profile("random", print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """A cache of machine code for the systems of one test file; the solver's loop is copied from the user's cache."""
    _ = Model.default().kernel  # which compiles the loop where the cache lacks it
    folder = tmp_path_factory.mktemp("cache")
    for place in cache_folders():
        for path in place.glob("integrate_lanes_*.o"):
            shutil.copy(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPGAXIS_CACHE", str(folder))
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Stop where tests of one group would run on several workers, each of which would compute the same for minutes."""
    if getattr(config.option, "loadgroup", False):
        apart = [item.nodeid for item in items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
        if apart:
            raise pytest.UsageError(f"pytest-xdist does not keep {apart[0]} in its group: another version is needed")
