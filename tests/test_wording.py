"""The words that users read: statuses are true, cautions are sentences, and no private vocabulary."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import hpgaxis
from hpgaxis.cli.description import describe
from hpgaxis.model import Model
from hpgaxis.pharmacology.drug import Value
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.physiology.parameters import catalogue

PACKAGE, DOCS = Path(hpgaxis.__file__).parent, Path(__file__).parent.parent / "docs"
DRUGS = DrugLibrary.shipped()
NAMES = (*DRUGS, *catalogue())
REGULATORY = (
    "approved for ", "approved as ", "formerly approved for ", "off-label in men", "no longer marketed", "investigational",
    "used in research only", "not a drug",
)  # fmt: skip
FITTED_TO = {
    "clomiphene-lh-24h-1973",
    "kooshesh-2020-letrozole",
    "patankar-2007-clomiphene",
    "testolactone-1986-nine-men",
}
"""Trials whose citations say "recalled": a change of their text would change the digest of the posterior sample."""


def values(part) -> list[Value]:
    """Every value in a part of a drug."""
    if isinstance(part, Value):
        return [part]
    if isinstance(part, BaseModel):
        return values([getattr(part, name) for name in type(part).model_fields])
    if isinstance(part, dict):
        return values(list(part.values()))
    return [value for entry in part for value in values(entry)] if isinstance(part, list | tuple) else []


def test_no_value_is_shown_as_measured_whose_source_was_not_read():
    shown = [value for drug in DRUGS.values() for value in values(drug)] + list(catalogue().values())
    unread = [value for value in shown if value.status == "measured" and not value.verified]
    assert unread
    assert all(value.shown_status == "unverified: source not read" for value in unread)
    assert all(value.shown_status == value.status for value in shown if value not in unread)


@pytest.mark.parametrize("name", ["clomiphene", "lh_elimination"])
def test_a_description_shows_the_status_of_each_value(name):
    text = describe(name, Model.default())
    entries = values(DRUGS[name]) if name in DRUGS else [catalogue()[name]]
    assert text.count("measured") == sum(value.shown_status == "measured" for value in entries)
    assert text.count("unverified: source not read") == sum(
        value.shown_status == "unverified: source not read" for value in entries
    )


def test_no_description_says_recalled():
    """In a tool about drugs, recalled means withdrawn from the market."""
    assert not [name for name in NAMES if "recalled" in describe(name, Model.default()).lower()]


def test_no_data_or_page_says_recalled():
    files = [*PACKAGE.rglob("*.yaml"), *PACKAGE.rglob("*.toml"), *DOCS.glob("*.md"), *DOCS.glob("how-to/*.md")]
    shown = {path: path.read_text(encoding="utf-8") for path in files}
    for path, text in shown.items():
        if path.parent.name == "trials":
            text = "\n".join(re.findall(r"(?m)^(?:id|title|citation): .*$", text))
        assert path.stem in FITTED_TO or "recalled" not in text.lower(), path


@pytest.mark.parametrize("drug", DRUGS.values(), ids=lambda drug: drug.name)
def test_status_is_regulatory_and_cautions_are_sentences(drug):
    assert drug.status.startswith(REGULATORY)
    sentences = re.split(r"(?<=\.) (?=[A-Z])", drug.cautions)
    assert all(re.fullmatch(r"[A-Z].*[a-z)]\.", sentence) and len(sentence.split()) > 2 for sentence in sentences)
