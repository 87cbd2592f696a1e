"""The diagram shows the links that endocrinology describes, with signs that come from the model."""

import xml.etree.ElementTree as ET

import pytest

import hpgaxis as hpg
from hpgaxis.pharmacology.mechanisms import MECHANISMS
from hpgaxis.physiology.states import Inputs
from hpgaxis.plot.axis_diagram import SITES, TAGS, axis_diagram

DIAGRAM = axis_diagram()
NOT_DRAWN = {"clock", *(name for name in Inputs._fields if name.startswith("estrogen_agonism"))}


def sign(source: str, target: str) -> set[int]:
    return {sign for link, sign in DIAGRAM.links().items() if (link.source, link.target) == (source, target)}


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("hypothalamus", "pituitary", 1),  # GnRH releases LH and FSH
        ("pituitary", "leydig", 1),  # LH drives the Leydig cells
        ("pituitary", "sertoli", 1),  # FSH drives the Sertoli cells
        ("sertoli", "pituitary", -1),  # inhibin B restrains FSH
        ("testosterone", "hypothalamus", -1),  # negative feedback
        ("estradiol", "hypothalamus", -1),
        ("estradiol", "pituitary", -1),
        ("fat", "estradiol", 1),  # aromatase makes estradiol
        ("estradiol", "liver", 1),  # estrogens raise SHBG
        ("testosterone", "liver", -1),  # androgens lower SHBG
        ("leydig", "tubules", 1),  # intratesticular testosterone supports germ cells
    ],
)
def test_signals_have_the_signs_of_endocrinology(source, target, expected):
    assert sign(source, target) == {expected}


def test_every_input_channel_has_a_site():
    assert set(SITES) | NOT_DRAWN == set(Inputs._fields)
    assert {site.organ for site in SITES.values()} == set(TAGS)


def test_every_drug_of_the_library_that_acts_is_drawn():
    drawn = {(tag.site, tag.group) for tag in DIAGRAM.drug_tags()}
    acting = [drug for drug in hpg.DrugLibrary.shipped().values() if drug.effects]
    for drug in acting:
        channels = {channel for effect in drug.effects for channel in MECHANISMS[effect.mechanism].channels}
        assert any((SITES[channel].organ, drug.group) in drawn for channel in channels if channel in SITES), drug.name


def test_drugs_act_with_the_sign_of_their_class():
    signs = {(tag.site, tag.group): tag.sign for tag in DIAGRAM.drug_tags()}
    assert signs["fat", "aromatase inhibitor"] == -1
    assert signs["estrogen_feedback", "selective estrogen receptor modulator"] == -1
    assert signs["leydig", "gonadotropin"] == 1
    assert signs["pituitary", "GnRH antagonist"] == -1
    assert signs["pituitary", "GnRH agonist"] == 0  # pulses of gonadorelin stimulate, depots desensitise


def test_a_model_without_an_effect_is_not_drawn_with_it():
    model = hpg.Model.default().with_parameters(inhibin_gain=0.0)
    with pytest.raises(hpg.InputError, match="no effect of inhibin_b on fsh"):
        hpg.axis_diagram(model).links()


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_svg_is_well_formed_and_says_in_words_what_it_shows(theme):
    drawing = ET.fromstring(DIAGRAM.svg(theme))
    name = "{http://www.w3.org/2000/svg}"
    description = drawing.findtext(f"{name}desc")
    assert drawing.get("role") == "img" and drawing.findtext(f"{name}title")
    assert description is not None and "Hypothalamus to Pituitary: stimulates (GnRH)" in description


def test_save_writes_the_file_and_an_unknown_theme_is_refused(tmp_path):
    path = DIAGRAM.save(tmp_path / "axis.svg")
    assert path.read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(hpg.InputError, match="no theme 'blue'; there are auto, light, dark"):
        DIAGRAM.svg("blue")
