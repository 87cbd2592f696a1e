"""Monitoring schedules: complete, sourced, in time."""

import pytest

from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.monitoring import _plans, plan, schedule
from hpgaxis.pharmacology.protocol import Protocol, ProtocolError


def test_every_entry_has_a_reason_and_a_source():
    for entries in (*_plans()["groups"].values(), *_plans()["drugs"].values()):
        for entry in entries:
            assert set(entry) == {"measure", "weeks", "every_weeks", "what", "source", "verified"}
            assert entry["source"] and entry["what"] and entry["weeks"]


def test_every_treatment_of_men_has_a_plan():
    for name in ("anastrozole", "clomiphene", "hcg", "fsh", "gonadorelin", "testosterone_gel", "cabergoline",
                 "levothyroxine", "hydrocortisone", "weight_loss", "varicocele_repair"):  # fmt: skip
        assert plan(DrugLibrary.shipped()[name]), name


def test_hematocrit_on_testosterone_at_the_start_at_3_months_and_yearly():
    """Endocrine Society 2010, table 8."""
    days = [
        c.day
        for c in schedule(Protocol.of("testosterone enanthate 100 mg weekly"), 3 * 366)
        if c.measure == "hematocrit"
    ]
    assert days == [0, 84, 84 + 364, 84 + 728]


def test_checks_count_from_the_drugs_own_start():
    checks = schedule(Protocol.of("clomiphene 25 mg daily and anastrozole 1 mg daily from day 100"), 400)
    assert min(c.day for c in checks if c.drug == "anastrozole") == 100
    assert [c.day for c in checks] == sorted(c.day for c in checks)


def test_nothing_given_is_nothing_to_monitor():
    with pytest.raises(ProtocolError, match="nothing to monitor"):
        schedule(Protocol.of("no treatment"), 100)
