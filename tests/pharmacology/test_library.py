"""A user's own drugs: files, libraries, and protocols in every form."""

import copy
import io
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pint
import pytest
import yaml

import hpgaxis as hpg
from hpgaxis.pharmacology import rule_grammar, words
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.pharmacology.event_writing import write_csv
from hpgaxis.pharmacology.monitoring import schedule
from hpgaxis.pharmacology.overrides import OverrideError, drug_constants, split

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-drug.md"
SHIPPED = hpg.DrugLibrary.shipped()


GRAMMAR_WORDS = {
    " ".join(entry) if isinstance(entry, tuple) else entry
    for table in (
        *vars(words).values(),
        rule_grammar.VERBS,
        rule_grammar.ENDS,
        rule_grammar.VISITS,
        rule_grammar.WORDS_FOR,
    )
    if isinstance(table, tuple | dict)
    for entry in table
    if isinstance(entry, str) or (isinstance(entry, tuple) and all(isinstance(part, str) for part in entry))
}
"""Every word and fixed phrase of the grammar's tables."""
ODD_SPELLINGS = (
    "17 alpha", "17alpha", "4f", "4-f", "5", "2.5%", "1.62% gel", "10^6abc", "t4", "t 4", "gel 1%", "gel 1 %", "b12x",
    "x5", "x 5", "x/day", "b12/day", "3x/week", "a<b", "a-b", "a/b", "a\u2014b", "one-a", "vit. d", "if.", "foo.",
    "foo if", "foo and bar", "foo  bar", "foo - bar", "foo_bar", "nothing much", "no good", "no treatment yet",
    "the pill", "of note", "per day", "each dose", "per mille", "mon/wed", "mon-fri", "mon-x", "adherence", "everything",
    "treatment", "it", "the", "dose", "of", "with pump", "q3d", "mg", "percent", "gel 1.62% a b c", "a b c d e", "b c d e f g",
)  # fmt: skip
CLAUSES = (
    "{} 1 mg daily; stop when lh > 30", "1 mg {} daily", "take {} 1 mg daily",
    *(f"anastrozole 1 mg {joint} {{}} 1 mg daily" for joint in ("daily and", "daily,", "on Mondays and", "once then")),
    *(f"anastrozole 1 mg once; {rule}" for rule in ("add {} 1 mg daily when lh > 30", "switch to {} 1 mg daily if lh > 30")),
)  # fmt: skip
ACTIONS = ("stop {}", "raise {} to 2 mg", "halve {}", "switch {} to anastrozole 1 mg daily")


def accepted(spelling):
    try:
        SHIPPED.with_drug(hpg.Drug.model_validate({**example(), "aliases": [spelling]}))
    except hpg.DrugError:
        return False
    return True


def is_readable(spelling):
    """Whether every form of a sentence reads the spelling as the drug's alias."""
    drug = hpg.Drug.model_validate({**example(), "aliases": ["alias to replace"]})
    library = SHIPPED.with_drug(drug)
    forms = (spelling.lower(), re.sub(r"[\s_-]+", " ", spelling.lower()))
    library.spellings.update(dict.fromkeys(forms, "examplezole"))  # pyright: ignore[reportAttributeAccessIssue]
    sentences = [
        *CLAUSES,
        *(f"anastrozole 1 mg daily; {action} when lh > 30" for action in ACTIONS),
        *(f"anastrozole 1 mg daily; if lh > 30 at week 6 {action}" for action in ACTIONS),
    ]
    for sentence in sentences:
        try:
            protocol = hpg.Protocol.of(sentence.format(spelling), library)
        except hpg.ProtocolError:
            return False
        drugs = [series.drug for series in (*protocol.series, *(s for rule in protocol.rules for s in rule.series))]
        if "examplezole" not in (*drugs, *(rule.drug for rule in protocol.rules)):
            return False
    return True


def example():
    """The drug of the documentation's page, as data."""
    text = re.search(r"```yaml my-drugs/examplezole.yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert text
    return yaml.safe_load(text[1])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "examplezole.yaml").write_text(yaml.safe_dump(example()))
    return tmp_path


@pytest.fixture
def drugs(folder):
    return SHIPPED.with_folder(folder)


def inputs(protocol, constants=None):
    treatment = prepare(
        protocol, 60.0, weight_kg=75.0, pulses_per_day=13.0, pulsatile=False, constants=constants, seed=1
    )
    return treatment.forcing.at(np.linspace(0, 60, 500))


def frame(protocol):
    return pd.read_csv(io.StringIO(write_csv(protocol)))


class TestLibrary:
    def test_a_library_finds_names_and_aliases_and_leaves_the_shipped_one_alone(self, drugs):
        assert drugs["example-ai"].name == drugs["Examplezole"].name == "examplezole"
        assert "examplezole" not in SHIPPED
        assert len(drugs) == len(SHIPPED) + 1
        with pytest.raises(hpg.DrugError, match="unknown drug 'examplezol'; did you mean examplezole"):
            drugs.find("examplezol")
        with pytest.raises(hpg.ProtocolError, match="a drug"):
            hpg.Protocol.of("examplezole 1 mg daily")

    def test_a_drug_of_the_same_name_takes_the_place_of_the_shipped_one(self):
        other = SHIPPED["anastrozole"].model_copy(update={"largest_dose": 2.0})
        drugs = SHIPPED.with_drug(other)
        assert drugs["arimidex"].largest_dose == 2.0
        assert SHIPPED["arimidex"].largest_dose == 40.0
        with pytest.raises(hpg.ProtocolError, match="above the largest dose"):
            hpg.Protocol.of("anastrozole 3 mg weekly", drugs=drugs)

    @pytest.mark.parametrize(
        ("change", "message"),
        [({"aliases": ["arimidex"]}, "'arimidex' names both"), ({"aliases": ["a:b"]}, "cannot be read in a sentence")],
    )
    def test_aliases_are_unique_and_readable(self, change, message):
        with pytest.raises(hpg.DrugError, match=message):
            SHIPPED.with_drug(hpg.Drug.model_validate({**example(), **change}))

    def test_a_spelling_is_refused_exactly_if_a_sentence_cannot_read_it(self):
        spellings = {*GRAMMAR_WORDS, *ODD_SPELLINGS}
        assert {"nothing", "no treatment", "if", "monday", "every", "17 alpha", "4f"} <= spellings
        wrong = [spelling for spelling in sorted(spellings) if accepted(spelling) != is_readable(spelling)]
        assert wrong == []

    @pytest.mark.parametrize(
        ("spelling", "expected"),
        [("nothing", "another first word than 'nothing'"), ("17 alpha", "no number at the beginning"),
         ("gel 1 %", "'gel 1%'"), ("x5", "'x 5'")],
    )  # fmt: skip
    def test_an_unreadable_spelling_is_shown_with_its_file_and_what_is_right(self, tmp_path, spelling, expected):
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump({**example(), "aliases": [spelling]}))
        message = f"{file}: the alias {spelling!r} cannot be read in a sentence; expected {expected}"
        with pytest.raises(hpg.DrugError, match=re.escape(message)):
            SHIPPED.with_folder(tmp_path)
        with pytest.raises(hpg.DrugError, match="placebo: the name 'placebo' cannot be read"):
            SHIPPED.with_drug(hpg.Drug.model_validate({**example(), "name": "placebo"}))

    def test_a_folder_holds_files_and_each_name_once(self, folder, tmp_path):
        (folder / "again.yml").write_text((folder / "examplezole.yaml").read_text())
        with pytest.raises(hpg.DrugError, match=r"examplezole is defined in .*again\.yml already"):
            SHIPPED.with_folder(folder)
        with pytest.raises(hpg.DrugError, match=r"holds no \.yaml file"):
            SHIPPED.with_folder(tmp_path / "nowhere")


class TestFiles:
    @pytest.mark.parametrize(
        ("path", "value", "message"),
        [
            (("analytes", "examplezole", "half_life", "unit"), "hL", r"analytes\.examplezole\.half_life: unit 'hL'"),
            (("analytes", "examplezole", "half_life", "unit"), "mg", r"expected a unit like day"),
            (("analytes", "examplezole", "half_life", "value"), -1, r"half_life\.value: -1; input should be greater"),
            (("analytes", "examplezole", "half_lif"), 1, r"half_lif: unknown field; did you mean 'half_life'"),
            (("analytes", "examplezole", "half_life", "sorce"), "x", r"sorce: unknown field; did you mean 'source'"),
            (("routes", "oral", "pathways"), [{"half_lifes": []}], r"0\.half_lifes: unknown field; did you mean 'half_l"),
            (("routes", "oral", "pathways"), [{"share": 0.5}], r"route oral: the shares .* 0\.5; expected 1"),
            (("routes", "oral", "only"), ["x"], r"no analyte 'x'; there are examplezole"),
            (("routes", "Oral"), {}, r"routes\.Oral"),
            (("effects", 0, "mechanism"), "aromatase_inhibitor", r"did you mean aromatase_inhibition"),
            (("effects", 0, "constant"), None, r"aromatase_inhibition needs a `constant`"),
            (("effects", 0, "constant", "unit"), "IU/L", r"effect aromatase_inhibition of examplezole, constant: unit"),
            (("effects", 0, "analyte"), "x", r"no analyte 'x'; there are examplezole"),
            (("analytes", "examplezole", "concentration_unit"), "IU/L", r"analyte examplezole, concentration_unit: unit"),
            (("analytes", "examplezole", "clearance"), None, r"`clearance` and `half_life` belong together"),
            (("dose_unit",), "furlong", r"dose_unit: unit 'furlong'"),
            (("dose_unit",), "mcg", r"'mcg' is not one of g, mg, ug"),
            (("default_route",), "nasal", r"'nasal' is not among the routes oral, im"),
            (("name",), "Example zole", r"name: 'Example zole'; string should match"),
        ],
    )  # fmt: skip
    def test_a_fault_names_file_line_and_field_and_what_is_right(self, tmp_path, path, value, message):
        data = copy.deepcopy(example())
        *parents, last = path
        part = data
        for key in parents:
            part = part[key]
        part[last] = value
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump(data, sort_keys=False))
        with pytest.raises(hpg.DrugError, match=message) as caught:
            hpg.Drug.from_file(file)
        assert re.match(rf"{re.escape(str(file))}, line \d+: ", str(caught.value))

    @pytest.mark.parametrize(
        ("text", "message"),
        [("- 1", "expected the fields of a drug"), ("a: [", "mine.yaml"), ("name: x\nname: y\n", "line 2")],
    )
    def test_what_is_no_drug_is_refused(self, tmp_path, text, message):
        (tmp_path / "mine.yaml").write_text(text)
        with pytest.raises(hpg.DrugError, match=message):
            hpg.Drug.from_file(tmp_path / "mine.yaml")

    def test_a_missing_file_and_missing_fields(self, tmp_path):
        with pytest.raises(hpg.DrugError, match="no file"):
            hpg.Drug.from_file(tmp_path / "none.yaml")
        (tmp_path / "mine.yaml").write_text("name: x\n")
        with pytest.raises(hpg.DrugError, match=r"group: this field is missing\n(.*\n)*and \d+ more"):
            hpg.Drug.from_file(tmp_path / "mine.yaml")


class TestProtocols:
    TEXT = (
        "examplezole 1 mg oral daily and examplezole 30 mg im every 28 days for 3 doses; "
        "if estradiol < 10 pg/mL at week 6 halve examplezole; if lh > 30 at week 8 switch examplezole to anastrozole 1 mg "
        "daily; 80 % adherence"
    )

    def test_every_form_keeps_a_users_drug(self, drugs):
        protocol = hpg.Protocol.from_sentence(self.TEXT, drugs)
        for again in (
            hpg.Protocol.of(protocol.to_sentence(), drugs=drugs),
            hpg.Protocol.from_yaml(protocol.to_yaml(), drugs=drugs),
            hpg.read_events(frame(protocol), drugs=drugs).protocol(),
            pickle.loads(pickle.dumps(protocol)),
            copy.deepcopy(protocol),
        ):
            assert again.series == protocol.series
            assert again.rules == protocol.rules
            assert again.series[0].definition == drugs["examplezole"]
            assert np.array_equal(inputs(again), inputs(protocol))
        assert replace(protocol.series[0], amount=2.0).definition is drugs["examplezole"]
        assert hash(protocol.series[0])

    def test_two_formulations_differ_in_their_release(self, drugs):
        tablet, depot = (hpg.Protocol.of(f"examplezole 30 mg {route} once", drugs=drugs) for route in ("oral", "im"))
        levels = [
            prepare(p, 60.0, weight_kg=75, pulses_per_day=13, pulsatile=False).concentrations(np.array([1.0, 28.0]))
            for p in (tablet, depot)
        ]
        (_, (tablet_1, tablet_28)), (_, (depot_1, depot_28)) = (level["examplezole"] for level in levels)
        assert tablet_1 > depot_1
        assert depot_28 > 100 * tablet_28

    def test_two_libraries_do_not_mix(self):
        strong, weak = (
            SHIPPED.with_drug(hpg.Drug.model_validate(changed)) for changed in (example(), {**example(), "effects": []})
        )
        sentence = "examplezole 1 mg daily"
        one, other = hpg.Protocol.of(sentence, strong), hpg.Protocol.of(sentence, weak)
        assert one.series != other.series
        assert inputs(one).any() and not inputs(other).any()
        with pytest.raises(hpg.ProtocolError, match="two drugs have this name in one protocol"):
            _ = one + other

    def test_a_protocol_with_shipped_drugs_is_the_same_from_any_library(self, drugs):
        assert hpg.Protocol.of("hCG 1500 IU weekly", drugs) == hpg.Protocol.of("hCG 1500 IU weekly")

    def test_constants_of_a_users_drug_are_known_with_its_library(self, drugs):
        name = "examplezole.aromatase_inhibition.examplezole"
        assert name in drug_constants(drugs) and name not in drug_constants()
        with pytest.raises(OverrideError, match="no parameter or drug constant"):
            split({name: 2.0}, "parameters=")
        constants = split({name: 2.0}, "parameters=", drugs)[1]
        protocol = hpg.Protocol.of("examplezole 1 mg daily", drugs)
        assert inputs(protocol, constants).max() == pytest.approx(inputs(protocol).max() / 2)

    def test_a_users_drug_is_monitored_as_its_group(self, drugs):
        checks = schedule(hpg.Protocol.of("examplezole 1 mg daily", drugs), 100)
        assert "estradiol" in {check.measure for check in checks}

    def test_a_rule_takes_a_users_drug(self, drugs):
        drug = drugs["examplezole"]
        rule = hpg.Rule(
            "e2", "<", 10, "pg/mL", "lower to", drug=drug.name, amount=0.5, amount_unit="mg", user_drug=drug
        )
        protocol = hpg.Protocol.of("examplezole 1 mg daily", drugs)
        assert rule.apply(protocol.series, 10.0)[1] == "examplezole 1 -> 0.5 mg"
        with pytest.raises(hpg.ProtocolError, match="unknown drug 'examplezole'"):
            replace(rule, user_drug=None)


class TestEvents:
    def test_an_event_is_the_row_of_a_table(self):
        events = hpg.event("hCG", 1500, unit="IU", route="sc", ii=3.5, addl=23) + hpg.event("anastrozole", "1 mg")
        assert events == replace(
            hpg.Protocol.of("hCG 1500 IU sc every 3.5 days for 24 doses and anastrozole 1 mg once"), name=""
        )

    def test_the_drugs_usual_unit_and_a_drug_of_ones_own(self):
        drug = hpg.Drug.model_validate(example())
        (series,) = hpg.event(drug=drug, amt=30, route="im", ii=28, open=1).series
        assert (series.unit, series.doses, series.route, series.definition) == ("mg", None, "im", drug)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"ii": 7}, "event: row 1, II: 7 for a dose given once"),
            ({"adll": 7}, "unknown column 'ADLL'; did you mean ADDL"),
            ({"amt": 0}, "AMT: the dose is 0"),
            ({"drug": "hgc"}, "unknown drug 'hgc'"),
            ({"amt": 5 * pint.UnitRegistry().mg}, "same kind of thing as 'IU'"),
            ({"amt": 5 * pint.UnitRegistry().mg, "unit": "mg"}, "event, amt: '5 milligram' has a unit"),
            ({"time": 5 * pint.UnitRegistry().mg}, "same kind of thing"),
        ],
    )
    def test_a_wrong_event_names_its_column(self, columns, message):
        fields: dict[str, Any] = {"drug": "hcg", "amt": 1500, **columns}
        with pytest.raises(hpg.ProtocolError, match=re.escape(message)):
            hpg.event(**fields)

    def test_a_file_is_read_by_its_path(self, tmp_path):
        protocol = hpg.Protocol.of("hCG 1500 IU weekly")
        (tmp_path / "doses.csv").write_text(write_csv(protocol))
        for path in (tmp_path / "doses.csv", str(tmp_path / "doses.csv")):
            assert hpg.read_events(path).protocol().series == protocol.series
        with pytest.raises(hpg.ProtocolError, match=r"no file .*none\.csv"):
            hpg.read_events(tmp_path / "none.csv")

    def test_protocols_are_joined_with_their_rules_and_one_adherence(self):
        one = hpg.Protocol.of("clomiphene 25 mg daily; stop when hematocrit > 54 %; 80 % adherence")
        both = one + hpg.Protocol.of("hCG 1500 IU weekly; 80 % adherence")
        assert (len(both.series), both.rules, both.adherence) == (2, one.rules, 0.8)
        assert (one + hpg.Protocol()).adherence == 0.8
        with pytest.raises(hpg.ProtocolError, match=r"0\.8 in one protocol and 1 in the other"):
            _ = one + hpg.Protocol.of("hCG 1500 IU weekly")
        with pytest.raises(TypeError):
            _ = one + "hCG 1500 IU weekly"


class TestQuantities:
    """Quantities of pint, of any registry."""

    def test_doses_and_times(self):
        unit = pint.UnitRegistry()
        assert hpg.DoseSeries("gonadorelin", 10.0, "ug", None, 7.0, 90 / 1440, over_days=1 / 1440) == hpg.DoseSeries(
            "gonadorelin", 10 * unit.microgram, start_day=1 * unit.week, interval_days=90 * unit.minute,
            over_days=1 * unit.minute,
        )  # fmt: skip
        (series,) = hpg.Protocol.of([{"drug": "acyline", "dose": 300 * unit.ug / unit.kg, "doses": 1}]).series
        assert (series.amount, series.unit) == (300.0, "ug/kg")
        event = hpg.event("anastrozole", 1 * unit.mg, ii=12 * unit.hour, addl=9, time=2 * unit.week)
        assert event.series == (hpg.DoseSeries("anastrozole", 1, "mg", None, 14.0, 0.5, 10),)
        rule = hpg.Rule("t", "<", 300, "", "raise to", "clomiphene", 50 * unit.mg, visits=(4 * unit.week,))
        assert (rule.amount, rule.amount_unit, rule.visits) == (50.0, "mg", (28.0,))

    @pytest.mark.parametrize(
        "fields",
        [{"interval_days": 5 * pint.UnitRegistry().mg}, {"amount": 5 * pint.UnitRegistry().parsec},
         {"amount": 5 * pint.UnitRegistry().mg, "unit": "mg"}, {"amount": float("nan") * pint.UnitRegistry().mg}],
    )  # fmt: skip
    def test_a_wrong_quantity_is_refused(self, fields):
        with pytest.raises((hpg.ProtocolError, hpg.DrugError)):
            hpg.DoseSeries(
                **{"drug": "anastrozole", "amount": 1, "unit": "mg" if "amount" not in fields else "", **fields}
            )

    def test_a_month_is_a_whole_number_of_days_in_every_form(self):
        unit = pint.UnitRegistry()
        for length, days in ((1 * unit.month, 30.0), (6 * unit.month, 183.0), (1 * unit.year, 365.0)):
            assert hpg.event("anastrozole", 1, time=length).series[0].start_day == days

    @pytest.mark.parametrize("column", ["rate", "addl", "ss", "open"])
    def test_only_times_are_quantities(self, column):
        with pytest.raises(hpg.ProtocolError, match=f"event, {column}: .* is a quantity; expected a number"):
            hpg.event("anastrozole", 1, **{column: 2 * pint.UnitRegistry().day})  # pyright: ignore[reportArgumentType]


class TestEventColumns:
    @pytest.mark.parametrize(
        ("column", "message"),
        [(name, "write it in small letters") for name in ("UNIT", "AMT", "DRUG", "TIME")]
        + [(name, f"unknown column '{name.upper()}'; ") for name in ("id", "dv", "order")],
    )
    def test_a_column_that_event_does_not_have_is_refused(self, column, message):
        with pytest.raises(hpg.ProtocolError, match=message):
            hpg.event("anastrozole", 1, **{column: "ug"})  # pyright: ignore[reportArgumentType]

    def test_a_unit_beside_one_in_the_dose_is_refused_and_none_is_no_unit(self):
        unit = pint.UnitRegistry()
        for amount in ("5 mg", 5 * unit.mg):
            with pytest.raises(hpg.ProtocolError, match="has a unit; leave `unit` out"):
                hpg.event("anastrozole", amount, unit="ug")
            assert hpg.event("anastrozole", amount, unit=None).series[0].amount == 5


class TestLookUp:
    @pytest.mark.parametrize("name", ["testosterone-enanthate", "Testosterone  Enanthate", "testosterone_enanthate"])
    def test_signs_and_spaces_between_words_are_alike(self, name):
        assert SHIPPED.find(name).name == SHIPPED[name].name == "testosterone_enanthate"

    def test_it_is_a_mapping(self):
        assert 5 not in SHIPPED and SHIPPED.get(None) is None  # pyright: ignore[reportArgumentType]

    @pytest.mark.parametrize("drug", ["anastrozole", None])
    def test_what_is_no_drug_is_refused(self, drug):
        with pytest.raises(hpg.DrugError, match="expected a Drug"):
            SHIPPED.with_drug(drug)


def test_a_drug_is_made_in_python_and_given_to_a_model():
    drug = hpg.Drug(**example())
    model = hpg.Model.default().with_drugs(drug)
    assert model.drugs["Example-AI"] is drug and "anastrozole" in model.drugs
    assert "examplezole" not in hpg.Model.default().drugs
    other = drug.model_copy(update={"name": "otherzole", "aliases": ()})
    assert {"examplezole", "otherzole"} <= set(hpg.Model.default().with_drugs([drug, other]).drugs)
    assert pickle.loads(pickle.dumps(model)) == model


def test_a_fault_of_a_drug_made_in_python_names_the_field():
    data = example()
    with pytest.raises(hpg.DrugError, match="drug 'examplezole': dose_unit: this field is missing"):
        hpg.Drug(**{name: value for name, value in data.items() if name != "dose_unit"})
    with pytest.raises(hpg.DrugError, match=r"dose_units: unknown field; did you mean 'dose_unit'\?"):
        hpg.Drug(**data, dose_units="mg")
    data["analytes"]["examplezole"]["clearance"]["unit"] = "h"
    with pytest.raises(hpg.DrugError, match=r"analytes.examplezole.clearance: .*expected a unit like L/day"):
        hpg.Drug(**data)


@pytest.mark.parametrize("wrong", [3, None, ["anastrozole"], [{"name": "x"}]])
def test_what_is_no_drug_is_refused_by_a_model(wrong):
    with pytest.raises(hpg.DrugError, match="expected a Drug"):
        hpg.Model.default().with_drugs(wrong)
