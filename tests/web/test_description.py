"""Requests that are made from the OpenAPI description: no answer is undocumented, and none is an error of the server.

With HPGAXIS_ADDRESSES=all those whose work takes seconds are asked too (three minutes).
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hpgaxis.web.work import Limits
from tests.web.asking import served

EXAMPLES = 5
SECONDS = 1.0
"""For which one request computes here: whether longer work is right is not what these requests ask."""


@pytest.fixture(scope="module")
def description():
    with served(limits=Limits(seconds=SECONDS)) as (address, _):
        yield schemathesis.openapi.from_url(f"{address}/api/openapi.json")


LONGER = (
    "nothing" if os.environ.get("HPGAXIS_ADDRESSES") == "all" else "fit|optimise|treat|popul|figure|report|sbml|csv"
)
schema = schemathesis.pytest.from_fixture("description").exclude(path_regex=LONGER)


@pytest.mark.slow
@pytest.mark.xdist_group("description")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_no_answer_is_undocumented_and_none_an_error_of_the_server(case):
    """What a schema allows may still be no protocol and no man: refusing those with a sentence is right."""
    case.call_and_validate(timeout=60, excluded_checks=[positive_data_acceptance])
