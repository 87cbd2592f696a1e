"""Facts: complete, and what diagnoses and parameters name as read is among them or among the trials."""

import re

from hpgaxis.evidence.facts import facts
from hpgaxis.evidence.trials import packaged_trials
from hpgaxis.people.patient import phenotypes


def test_every_fact_has_a_citation_and_where_it_was_read():
    for fact in facts():
        assert fact.citation and fact.source.startswith("http"), fact.quantity
        assert fact.verified


def test_what_a_diagnosis_names_by_author_and_year_as_read_is_in_the_package():
    cited = " ".join(fact.citation for fact in facts())
    cited += " ".join(f"{t.citation.get('authors')} {t.citation.get('year')} {t.id}" for t in packaged_trials())
    for name, entry in phenotypes().items():
        for row in entry.get("pattern", {}).values():
            if row["verified"]:
                for author, year in re.findall(r"\b([A-Z][a-z]+) (\d{4})\b", row["source"]):
                    if author not in ("Society",):
                        assert author in cited and year in cited, f"{name}: {author} {year}"
