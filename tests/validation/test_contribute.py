"""A new trial: the file to fill in, and what is found wrong with one."""

import pytest

import hpgaxis as hpg
from hpgaxis.evidence.trials import own_study, packaged_trials
from hpgaxis.validation.contribute import check_trial, new_trial

FILLED = {
    'title: "FILL IN"': 'title: "Letrozole in men"', 'authors: "FILL IN"': 'authors: "Smith J"',
    'journal: "FILL IN"': 'journal: "Andrology"', 'pmid: ""': 'pmid: "1"', 'url: "FILL IN"': 'url: "https://a.org"',
    'design: "FILL IN"': "design: RCT", 'description: "FILL IN"': "description: men", "FILL_IN": "obesity",
    'name: "FILL IN"': "name: letrozole", "drug: clomiphene, dose: 25": "drug: letrozole, dose: 2.5",
    'day: 0, value: null, unit: "ng/dL", stat: mean, spread: {sd: null}, n: null': 'day: 0, value: 300, unit: "ng/dL", stat: mean, spread: {sd: 80}, n: 20',
    'day: 90, value: null, unit: "ng/dL", stat: mean, spread: {sd: null}, n: null': 'day: 90, value: 550, unit: "ng/dL", stat: mean, spread: {sd: 90}, n: 20',
}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    text = new_trial("smith-2024-letrozole")
    for before, after in FILLED.items():
        assert before in text, before
        text = text.replace(before, after)
    path = tmp_path / "smith-2024-letrozole.yaml"
    path.write_text(text)
    return path


def test_a_file_that_was_filled_in_can_be_used(file):
    found = check_trial(file)
    assert (found.faults, found.doubts) == ((), ())
    assert found.trial is not None and own_study(found.trial)


def test_a_file_that_was_not_filled_in_says_which_lines(tmp_path):
    path = tmp_path / "smith-2024-letrozole.yaml"
    path.write_text(new_trial("smith-2024-letrozole"))
    assert sum("not filled in" in fault for fault in check_trial(path).faults) >= 7


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("value: 550", "value: 55000", "is the unit right"),
        ('value: 550, unit: "ng/dL"', 'value: 550, unit: "ng/dLL"', "ng/dLL"),
        ("dose: 2.5, unit: mg", "dose: 2.5, unit: IU", "IU"),
        ("dose: 2.5, unit: mg", "dose: 2.5, unit: g", "2500 mg"),
        ("route: oral", "route: nasal", "nasal"),
        ("drug: letrozole", "drug: letrozol5", "letrozol5"),
        ("id: smith-2024-letrozole", "id: raman-2002-anastrozole", "has raman-2002-anastrozole already"),
        ('pmid: "1"', 'pmid: "34933414"', "huijben-2022-clomiphene-meta"),
        ("stat: mean", "statistic: mean", "statistic"),
        ("diagnosis: obesity", "diagnosis: obesty", "obesty"),
        ("diagnosis: obesity", "diagnosis: [", "line"),
    ],
)
def test_what_is_wrong_is_said(file, before, after, fault):
    file.write_text(file.read_text().replace(before, after))
    assert any(fault in one for one in check_trial(file).faults)


@pytest.mark.parametrize(
    ("before", "after", "doubt"),
    [
        ("verified: yes", "verified: no", "verified"),
        ("dose: 2.5", "dose: null", "is not simulated"),
        ("measure: testosterone, day: 90", "measure: testosteron, day: 90", "no counterpart of testosteron"),
        ('value: 550, unit: "ng/dL"', 'value: 20, unit: "% change vs active drug"', "% change vs active drug"),
        ('pmid: "1"', 'pmid: ""', "no DOI"),
        ("day: 0,", "day: 30,", "no baseline of testosterone"),
        ("spread: {sd: 80}", "spread: null", None),
    ],
)
def test_what_makes_it_worth_less_is_said(file, before, after, doubt):
    file.write_text(file.read_text().replace(before, after))
    found = check_trial(file)
    assert found.faults == () and (doubt is None or any(doubt in one for one in found.doubts))


@pytest.mark.parametrize("name", ["smith", "Smith-2024-x", "raman-2002-anastrozole", "a-99-b", "../x-2000-y"])
def test_ids_of_another_form_are_refused(name):
    with pytest.raises(hpg.InputError, match=r"id of a trial|already"):
        new_trial(name)


def test_the_map_counts_trials_and_shows_what_is_missing():
    table = hpg.evidence_map(drugs=["letrozole", "clomiphene"])
    own = {t.id for t in packaged_trials() if own_study(t) and t.population.diagnosis == "obesity"}
    letrozole = [
        t
        for t in packaged_trials()
        if t.id in own and any("letrozole" in line.drug for a in t.arms for line in a.protocol)
    ]
    counted = sum(
        any(
            o.measure == "testosterone"
            for a in t.arms
            for o in a.outcomes
            if any("letrozole" in line.drug for line in a.protocol)
        )
        for t in letrozole
    )
    assert table.loc[("letrozole", "obesity"), "testosterone"] == counted
    assert (table == 0).to_numpy().any()
    with pytest.raises(hpg.InputError, match="aspirin"):
        hpg.evidence_map(drugs=["aspirin"])
