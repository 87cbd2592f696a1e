"""Patient files: what is accepted is what an independent reading gives, and everything else is refused by field."""

import time
from math import exp, isfinite, log
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hpgaxis.measurements.labs import LabError
from hpgaxis.measurements.registry import LABS
from hpgaxis.people.match import match
from hpgaxis.people.patient import DEFAULTS, Patient, PatientError, phenotypes
from hpgaxis.people.trait_distributions import distribution
from hpgaxis.people.trait_search import semen_steps
from hpgaxis.physiology.observables import observables
from hpgaxis.physiology.states import CONDITIONS, TRAITS, Inputs, State
from tests.generated import CASES, many_cases

BAD = object()
"""In place of a value: the text is to be refused."""
PARTS: dict[str, list[tuple[str, Any]]] = {
    "age": [("34", 34), ("16", 16), ("95", 95), ("40.5", 40.5), ("4.0e1", 40.0), ("4e1", 40.0), ("", None), ("~", None),
            ("15.9", BAD), ("96", BAD), ("true", BAD), ("young", BAD), ("[30]", BAD), ("{a: 1}", BAD), ("030", BAD),
            ("1:30", BAD), ("-5", BAD), (".nan", BAD), ("'34'", BAD), ("1e400", BAD), ("34 years", BAD), ("9" * 400, BAD)],
    "bmi": [("24", 24), ("31.5", 31.5), ("13", 13), ("80", 80), ("", None), ("12.9", BAD), ("81", BAD), ("false", BAD),
            ("heavy", BAD), (".inf", BAD), ("[]", BAD), ("1_0", BAD)],
    "labs": [("", {}), ("{}", {}), ("{testosterone: 265 ng/dL, lh: 3.1}", {"testosterone": "265 ng/dL", "lh": 3.1}),
             ("{T: 300}", {"T": 300}), ("{sperm_concentration: 0}", {"sperm_concentration": 0}),
             ("\n  fsh: 4 IU/L\n  'semen volume': 2.5 mL", {"fsh": "4 IU/L", "semen volume": "2.5 mL"}),
             ("[]", BAD), ("[1, 2]", BAD), ("text", BAD), ("5", BAD), ("{5: 265}", BAD), ("{null: 5}", BAD), ("{zz: 3}", BAD),
             ("{testosterone: true}", BAD), ("{testosterone: }", BAD), ("{lh: -3}", BAD), ("{lh: 1, lh: 2}", BAD),
             ("{t: 300, testosterone: 300}", BAD), ("{lh: [1]}", BAD), ("{lh: 1e400}", BAD), ("{lh: {a: b}}", BAD),
             ("{testosterone: 1,265 ng/dL}", BAD), ("{testosterone: 265 zz}", BAD), ("{lh: " + "9" * 400 + "}", BAD)],
    "diagnosis": [*((name, name) for name in phenotypes()), ("", None), ("bad luck", BAD), ("[x]", BAD), ("5", BAD),
                  ("{a: b}", BAD), ("true", BAD)],
    "traits": [("", {}), ("{}", {}), ("{leydig_output: 1.2}", {"leydig_output": 1.2}), ("{varicocele: 1}", {"varicocele": 1}),
               ("{aromatase: 1.0e-3, stress: 2}", {"aromatase": 1e-3, "stress": 2}), ("[1]", BAD), ("text", BAD), ("7", BAD),
               ("{luck: 2}", BAD), ("{aromatase: -1}", BAD), ("{aromatase: 0}", BAD), ("{leydig_output: 1.0e+6}", BAD),
               ("{duct_obstruction: 1.5}", BAD), ("{stress: -1}", BAD), ("{aromatase: x}", BAD), ("{aromatase: true}", BAD),
               ("{aromatase: }", BAD), ("{aromatase: [1]}", BAD), ("{aromatase: .inf}", BAD)],
    "name": [("demo", "demo"), ("'12'", "12"), ("", ""), ("12", BAD), ("[a, b]", BAD), ("{a: b}", BAD), ("true", BAD)],
    "onset_age": [("20", 20), ("0", 0), ("15.5", 15.5), ("", None), ("young", BAD), ("-1", BAD), ("96", BAD), ("true", BAD),
                  ("[1]", BAD)],
    "history": [("hCG 1500 IU weekly", "hCG 1500 IU weekly"), ("", None), ("some words", BAD), ("[x]", BAD), ("5", BAD),
                ("testosterone enanthate 200 mg weekly", "testosterone enanthate 200 mg weekly")],
    "history_years": [("2", 2), ("0.5", 0.5), ("30", 30), ("", None), ("many", BAD), ("-1", BAD), ("41", BAD), ("true", BAD),
                      ("[1]", BAD), (".nan", BAD)],
}  # fmt: skip


def expected(values: dict[str, Any]) -> dict[str, Any] | None:
    """What the fields of an accepted patient are, by this test's own reading of the rules; None: refused."""
    if any(value is BAD for value in values.values()):
        return None
    diagnosis = values.get("diagnosis") or "eugonadal"
    entry = phenotypes()[diagnosis]

    def told(name: str) -> Any:
        value = values.get(name)
        return value if value is not None else entry.get(name, DEFAULTS[name])

    age, onset, history, years = told("age"), told("onset_age"), told("history"), values.get("history_years")
    if onset is not None and onset > age:
        return None
    if not history:
        if years is not None:
            return None
        years = 0
    elif (years := told("history_years")) > age:
        return None
    return {
        "age": age, "bmi": told("bmi"), "labs": values.get("labs") or {}, "diagnosis": diagnosis, "name": values.get("name") or "",
        "traits": values.get("traits") or {}, "onset_age": onset, "history": history, "history_years": years,
    }  # fmt: skip


@st.composite
def fields(draw: st.DrawFn) -> dict[str, tuple[str, Any]]:
    """Some fields, mostly with values that are right."""
    chosen = draw(st.lists(st.sampled_from(list(PARTS)), min_size=1, unique=True))
    found = {}
    for name in chosen:
        right = [part for part in PARTS[name] if part[1] is not BAD]
        found[name] = draw(st.sampled_from(right if draw(st.integers(0, 7)) else PARTS[name]))
    return found


def read(text: str) -> Patient | None:
    """The patient, None for a text that is refused; it must be quick, and name the file."""
    begin = time.process_time()
    try:
        return Patient.from_yaml(text, "man.yaml")
    except PatientError as error:
        assert str(error).startswith("man.yaml"), error
        assert len(str(error)) < 2500, "a message that nobody reads"
        return None
    finally:
        assert time.process_time() - begin < 2


@pytest.mark.generated
@many_cases
@given(fields())
def test_what_is_accepted_is_what_was_written(parts):
    text = "\n".join(f"{name}: {written}" for name, (written, _) in parts.items())
    wanted, patient = expected({name: value for name, (_, value) in parts.items()}), read(text)
    assert (patient is None) == (wanted is None), text
    if patient is not None and wanted is not None:
        assert {name: getattr(patient, name) for name in wanted} == wanted


@pytest.mark.generated
@many_cases
@given(
    fields(),
    st.lists(
        st.tuples(
            st.integers(0, 300),
            st.sampled_from(["cut", "put", "twice"]),
            st.sampled_from("0123456789.,:-{}[]'\"\n #&*e_"),
        )
    ),
    st.data(),
)
def test_a_text_that_was_damaged_is_refused_or_read_as_it_stands(parts, changes, data):
    """The oracle is PyYAML's loader that makes text of everything."""
    text = "\n".join(f"{name}: {written}" for name, (written, _) in parts.items())
    for place, what, letter in changes[:3]:
        at = place % (len(text) + 1)
        if what == "cut":
            text = text[:at] + text[at + 1 :]
        elif what == "put":
            text = text[:at] + letter + text[at:]
        else:
            lines = text.split("\n")
            text = "\n".join([*lines, lines[at % len(lines)]])
    patient = read(text)
    if patient is None:
        return
    written = yaml.load(text, Loader=yaml.BaseLoader)
    for name, value in written.items():
        if name in ("labs", "traits"):
            own = getattr(patient, name)
            assert {k: same(v, value[k]) for k, v in own.items()} == dict.fromkeys(value or {}, True), text
        elif value not in ("", "~", "null", "Null", "NULL"):
            assert same(getattr(patient, name), value), text
    assert 16 <= patient.age <= 95 and 13 <= patient.bmi <= 80
    assert patient.history_years <= min(40, patient.age)


def same(value: Any, written: str) -> bool:
    """Whether a value is the one written."""
    return value == written if isinstance(value, str) else value == float(written)


KINDS = [name for name in phenotypes() if name != "post_trt"]


@st.composite
def patients(draw: st.DrawFn) -> Patient:
    """Men of any diagnosis with up to five labs, from a third of the lowest to three times the highest usual value."""
    labs = {}
    for name in draw(st.lists(st.sampled_from(list(LABS)), max_size=5, unique=True)):
        low, high = LABS[name].reference.limits
        least, most = max(low / 3, LABS[name].possible[0], high / 100), min(high * 3, LABS[name].possible[1])
        labs[name] = exp(draw(st.floats(log(max(least, 1e-3)), log(most))))
        if name in ("sperm_concentration", "sperm_total") and draw(st.integers(0, 3)) == 0:
            labs[name] = 0
    return Patient(
        age=draw(st.integers(31, 90)), bmi=draw(st.floats(16, 60)), diagnosis=draw(st.sampled_from(KINDS)), labs=labs
    )


@pytest.mark.generated
@settings(max_examples=max(10, CASES * 300 // 5000))
@given(st.data())
def test_any_man_is_matched_or_refused_by_name(data):
    try:
        patient = data.draw(patients())
    except LabError:  # labs that contradict each other
        return
    begin = time.process_time()
    man = match(patient)
    assert time.process_time() - begin < 10
    values = observables(State(*man.state), man.parameters, Inputs())
    assert all(isfinite(float(value)) and value >= 0 for value in values.values())
    assert set(man.fits) == set(patient.labs)
    assert set(man.traits) == {*TRAITS, *CONDITIONS}
    of_semen = {trait for traits, _ in semen_steps(patient.labs) for trait in traits}
    for trait, error in man.standard_errors.items():
        # semen's traits hold the uncertainty of his hormones too, which can be wider than the spread between men
        assert error >= 0 and (
            isfinite(error) if trait in of_semen else error <= distribution(patient.diagnosis)[trait][1] * (1 + 1e-9)
        )
    for name, fit in man.fits.items():
        assert fit.contradicts == (abs(fit.away) > 2)
        assert (name in man.unmatched) == fit.contradicts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age: 17\nhistory: hCG 1500 IU weekly\nhistory_years: 40", "history_years = 40: begins before his birth; he is 17"),
        ("history_years: 3", "history_years = 3: there is no history"),
        ("age: true", "age = True: expected a number from 16 to 95"),
        ("bmi: [24]", r"bmi = \[24\]: expected a number"),
        ("labs: []", r"labs = \[\]: expected names with values"),
        ("labs: [1, 2]", r"labs = \[1, 2\]: expected names with values"),
        ("labs: text", "labs = 'text': expected names with values"),
        ("traits: [1]", r"traits = \[1\]: expected names with values"),
        ("traits: {leydig_output: 1.0e+6}", "leydig_output = 1000000.0: a multiplier .* above 0 and at most 10"),
        ("traits: {leydig_outptu: 1}", "unknown trait 'leydig_outptu'; did you mean leydig_output"),
        ("traits: {aromatase: }", "aromatase = None: expected a number"),
        ("name: [a, b]", r"name = \['a', 'b'\]: expected text"),
        ("diagnosis: [x]", r"diagnosis = \['x'\]: expected text"),
        ("onset_age: young", "onset_age = 'young': expected a number from 0 to his age of 30"),
        ("history_years: many\nhistory: hCG 1500 IU weekly", "history_years = 'many': expected above 0 and at most 40"),
        ("history: some words", "history: "),
        ("age: 25\ndiagnosis: acquired_hypogonadotropic_hypogonadism", "begins at 30 years where onset_age is not given, and he is 25"),
        ("age: 30\nage: 40", r"line 2: 'age' stands twice"),
        ("age: 030", "leading zero"),
        ("agee: 3", "unknown field agee"),
    ],
)  # fmt: skip
def test_messages_name_file_field_and_remedy(text, message):
    with pytest.raises(PatientError, match=message) as caught:
        Patient.from_yaml(text, "man.yaml")
    assert str(caught.value).startswith("man.yaml")


def test_nothing_written_is_nothing_given():
    assert Patient.from_yaml("labs:\ntraits:\nname:\ndiagnosis:\nage:") == Patient()


def test_values_that_repeat_themselves_through_aliases_are_not_printed():
    """Ten levels of ten aliases stand for 10^10 values."""
    bomb = (
        "a0: &a0 x\n"
        + "\n".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 11))
        + "\nage: *a10"
    )
    assert read(bomb) is None
    deep: Any = "x"
    for _ in range(30):
        deep = [deep] * 10
    for name in ("age", "bmi", "diagnosis", "name", "onset_age", "history", "history_years", "labs", "traits"):
        with pytest.raises((PatientError, LabError)) as caught:
            Patient(**{name: deep})
        assert len(str(caught.value)) < 2500


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "30", None, 10**400, [1]])
@pytest.mark.parametrize("name", ["leydig_output", "varicocele"])
def test_traits_are_finite_numbers(name, value):
    with pytest.raises(PatientError, match=name):
        Patient(traits={name: value})
