"""What each address answers, to good and to bad requests."""

import csv
import io
import json

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.measurements.registry import LABS
from hpgaxis.web.app import STATIC, create_app
from tests.web.asking import ask, events

MAN = {"age": 34, "bmi": 31, "labs": {"testosterone": "265 ng/dL", "lh": 3.1}}
ROWS = (
    "ID,TIME,EVID,DRUG,AMT,UNIT,II,ADDL,DVID,DV,DVUNIT,AGE,BMI\nA,0,0,,,,,,testosterone,240,ng/dL,34,31\n"
    "A,1,1,clomiphene,25,mg,1,99,,,,,\nA,90,0,,,,,,testosterone,18,nmol/L,,\nA,90,0,,,,,,gold,18,nmol/L,,\n"
)


@pytest.fixture(scope="module")
def app():
    return create_app()[0]


def post(app, path, body, status=200):
    answer = ask(app, "POST", f"/api/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer


def result(app, path, body):
    kind, data = events(post(app, path, body).text)[-1]
    assert kind == "result", data
    return data


def test_the_page_and_all_that_it_loads_are_there(app):
    page = ask(app, "GET", "/").text
    assert "not a medical device" in page and "<script>" not in page and "style=" not in page
    for name in [part.split('"')[0] for part in page.split('"/static/')[1:]]:
        assert ask(app, "GET", f"/static/{name}").status_code == 200
    assert "MIT" in (STATIC / "uplot" / "LICENSE").read_text()


def test_no_file_outside_the_page_is_served(app):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/etc/passwd"):
        assert ask(app, "GET", path).status_code == 404


def test_the_model_is_described_with_units_and_ranges(app):
    found = ask(app, "GET", "/api/model").json()
    testosterone = found["measurements"]["testosterone"]
    assert testosterone["units"]["nmol/L"] == pytest.approx(1 / 28.842, rel=1e-4)
    assert testosterone["reference"] == list(LABS["testosterone"].reference.limits)
    assert 400 < testosterone["typical"] < 600
    assert "klinefelter" in found["diagnoses"] and "leydig_output" in found["traits"]


def test_every_organ_of_the_picture_has_equations_and_sources(app):
    found = ask(app, "GET", "/api/axis").json()
    assert "<style" not in found["svg"] and "style=" not in found["svg"]
    for name, organ in found["organs"].items():
        assert f'data-organ="{name}"' in found["svg"]
        assert organ["equations"] and organ["parameters"] and organ["shows"] in hpg.MEASUREMENTS
        assert all(one["source"] for one in organ["parameters"])
    assert len(found["links"]) == found["svg"].count("data-link=")


def test_states_of_the_organs_exist(app):
    from hpgaxis.physiology.states import State
    from hpgaxis.web.lookup import PARTS

    assert {state for part in PARTS.values() for state in part.states} <= set(State._fields)


def test_a_man_is_matched_and_his_traits_are_the_same_man_again(app):
    found = post(app, "man", MAN).json()
    assert found["fits"]["testosterone"]["given"] == 265
    again = post(app, "man", {"age": 34, "bmi": 31, "traits": found["traits"]}).json()
    for name in ("testosterone", "lh", "sperm_concentration"):
        assert again["levels"][name] == pytest.approx(found["levels"][name], rel=1e-3)


def test_courses_are_those_of_simulate(app):
    protocols = ["no treatment", "clomiphene 25 mg daily", "testosterone enanthate 100 mg im weekly"]
    found = post(
        app, "simulate", {"man": MAN, "protocols": protocols, "days": 120, "variables": ["testosterone"]}
    ).json()
    man = hpg.match(hpg.Patient(age=34, bmi=31, labs=MAN["labs"]))
    for shown, sentence in zip(found["protocols"], protocols, strict=True):
        course = hpg.simulate(man, sentence, t_eval=shown["time"], days=120)["testosterone"]
        settled = np.array(shown["time"]) >= 14  # daily tablets are spread over the day, which shifts the first days
        np.testing.assert_allclose(np.array(shown["values"]["testosterone"])[settled], course[settled], rtol=0.01)
    assert found["units"] == {"testosterone": "ng/dL"}


def test_rules_doses_and_warnings_are_told(app):
    sentence = "anastrozole 1 mg daily; if estradiol < 12 pg/mL at week 6 stop anastrozole"
    found = post(app, "simulate", {"man": MAN, "protocols": [sentence], "days": 90}).json()["protocols"][0]
    assert found["timeline"]["rules"][0]["days"] == [42.0]
    assert found["visits"][0]["actions"]
    assert any("estradiol" in line for line in found["warnings"])


def test_an_error_in_a_sentence_points_at_the_word(app):
    sentence = "clomiphene 25 mg daily and hCX 1500 IU"
    found = post(app, "protocol", {"sentence": sentence}, 422).json()
    assert sentence[found["begin"] : found["end"]] == "hCX"
    assert "did you mean" in found["message"]


def test_a_course_is_moved_on_the_timeline(app):
    moved = {"sentence": "clomiphene 25 mg daily", "move": {"series": 0, "begin": 28, "end": 84}}
    found = post(app, "protocol", moved).json()
    assert found["bars"][0]["begin"] == 28 and found["bars"][0]["end"] == 84
    again = hpg.Protocol.of(found["sentence"]).series[0]
    assert (again.start_day, again.doses) == (28, 56)
    assert "no series 4" in post(app, "protocol", {**moved, "move": {"series": 4, "begin": 0}}, 422).json()["message"]


def test_a_day_has_pulses(app):
    found = post(app, "pulses", {}).json()
    lh = np.array(found["values"]["lh"])
    peaks = ((lh[1:-1] > lh[:-2]) & (lh[1:-1] > lh[2:])).sum()
    assert 8 <= peaks <= 20 and found["hours"][-1] == pytest.approx(24)


def test_a_data_set_is_read_and_what_is_ignored_is_named(app):
    found = post(app, "data", {"name": "a.csv", "text": ROWS}).json()
    assert found["ignored"] == 1 and "gold" in json.dumps(found["rows"])
    assert found["subjects"]["A"]["measurements"][1]["value"] == pytest.approx(519, abs=1)


def test_a_man_is_learned_with_bands_in_the_units_shown(app):
    data = {"name": "a.csv", "text": ROWS}
    found = result(app, "fit", {
        "data": data, "protocols": ["no treatment", "clomiphene 50 mg daily"], "days": 60, "members": 16,
        "variables": ["testosterone"], "diagnoses": True,
    })  # fmt: skip
    assert [row["unit"] for row in found["predictions"]] == ["ng/dL", "ng/dL"]
    assert found["predictions"][1]["observed"] == pytest.approx(519, abs=1)
    low, lower, middle, upper, high = found["forecast"][1]["bands"]["testosterone"]
    assert low[-1] < lower[-1] < middle[-1] < upper[-1] < high[-1]
    assert sum(found["diagnoses"]["after"].values()) == pytest.approx(1)


def test_a_man_without_labs_is_any_man_of_his_diagnosis(app):
    found = result(
        app, "fit", {"man": {"diagnosis": "klinefelter"}, "members": 16, "protocols": ["no treatment"], "days": 30}
    )
    low, _, middle, _, high = found["forecast"][0]["bands"]["fsh"]
    assert middle[0] > 15 and high[0] > 1.3 * low[0]


def test_labs_are_learned_like_data(app):
    found = result(app, "fit", {"man": MAN, "members": 16})
    assert {row["variable"] for row in found["predictions"]} == {"testosterone", "lh"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"man": {"diagnosis": "gold"}}, "gold"), ({"man": {"labs": {"lh": "3 furlongs"}}}, "furlong"),
        ({"man": {"traits": {"leydig_output": 0.5}}}, "traits"), ({"data": {"name": "a.exe", "text": ""}}, "ending"),
        ({"data": {"name": "a.csv", "text": ROWS}, "subject": "Z"}, "Z"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_said(app, body, fault):
    kind, data = events(post(app, "fit", {"members": 16, **body}).text)[-1]
    assert kind == "error" and fault in data["message"]


def test_a_protocol_is_found(app):
    found = result(app, "optimise", {"man": MAN, "goals": ["estradiol as low as possible"], "tries": 2, "months": 1})
    assert found["best"]["score"] >= found["guideline"]["score"]


def test_virtual_men_respond(app):
    found = result(app, "population", {"group": "obese_men", "count": 40, "days": 90})
    before, after = np.array(found["before"]["testosterone"]), np.array(found["after"]["testosterone"])
    assert len(before) == 40 and np.median(after / before) > 1.2
    assert set(found["before"]) >= {"t_lh_ratio", "fsh", "estradiol", "bmi"}


def test_a_man_misses_his_own_doses_however_many_are_simulated_together(app, monkeypatch):
    asked = {"count": 10, "days": 30, "protocol": "anastrozole 1 mg daily; 50 % adherence"}
    together = result(app, "population", asked)["after"]
    monkeypatch.setattr("hpgaxis.web.many_men.BLOCK", 3)
    assert result(app, "population", asked)["after"] == together


def test_the_treatments_are_compared(app):
    found = result(app, "treatments", {"man": MAN})
    assert len(found["rows"]) > 8 and "risks" in found["columns"]


def test_every_trial_has_its_prediction_and_most_their_source(app):
    rows = ask(app, "GET", "/api/evidence").json()
    assert len(rows) > 400
    assert all(row["url"].startswith("https://") or row["url"] == "" for row in rows)
    assert np.mean([bool(row["url"]) for row in rows]) > 0.9


def test_single_men_can_be_read_back(app):
    men = ask(app, "GET", "/api/men").json()
    assert len(men) == 47
    name, one = next(iter(men.items()))
    read = post(app, "data", {"name": f"{name}.csv", "text": one["text"]}).json()
    assert list(read["subjects"]) == [name] and read["ignored"] == 0


def test_files_are_taken_away(app):
    asked = {"man": MAN, "protocols": ["clomiphene 25 mg daily"], "days": 30, "variables": ["testosterone"]}
    assert post(app, "figure", asked).content.startswith(b"\x89PNG")
    assert "<svg" in post(app, "figure", {**asked, "format": "svg"}).text
    rows = list(csv.DictReader(io.StringIO(post(app, "csv", asked).text)))
    assert rows[0]["protocol"] == "clomiphene 25 mg daily"
    assert "<sbml" in post(app, "sbml", asked).text
    assert "Treatments compared" in post(app, "report", asked).text


def test_the_python_of_a_page_does_what_the_page_shows(app, tmp_path, monkeypatch):
    code = post(app, "python", {"man": MAN, "protocols": ["clomiphene 25 mg daily"], "days": 30}).text
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code, names)
    assert list(names["comparison"].results) == ["clomiphene 25 mg daily"]
    assert (tmp_path / "comparison.png").exists()


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("man", {"age": 3}, "age"), ("man", {"gold": 3}, "gold"), ("man", {"diagnosis": "gold"}, "gold"),
        ("man", {"labs": {"testosterone": "x"}}, "testosterone"), ("man", [], "dictionary"),
        ("simulate", {"days": 1e9}, "days"), ("simulate", {"protocols": []}, "protocols"),
        ("simulate", {"protocols": ["gold 3 mg daily"]}, "gold"), ("simulate", {"variables": ["gold"]}, "gold"),
        ("simulate", {"protocols": ["no treatment"] * 7}, "protocols"), ("pulses", {"day": -1}, "day"),
        ("population", {"count": 5000, "days": 365}, "fewer men"), ("population", {"group": "gold"}, "gold"),
        ("data", {"name": "a.json", "text": "{"}, "JSON"), ("data", {"name": "a.yaml", "text": "a: !!python/x y"}, ""),
        ("protocol", {"sentence": "x" * 3000}, "2000"),
    ],
)  # fmt: skip
def test_bad_requests_are_answered_in_a_sentence(app, path, body, fault):
    answer = ask(app, "POST", f"/api/{path}", json=body)
    if answer.status_code == 200:  # a stream has begun: its last event says what was wrong
        kind, data = events(answer.text)[-1]
        assert kind == "error" and fault in data["message"]
    else:
        assert answer.status_code == 422 and fault in answer.json()["message"], answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"age": NaN}', b'{"age": 1e999}', b"null"])
def test_malformed_bodies_are_refused(app, content):
    answer = ask(app, "POST", "/api/man", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422 and answer.json()["message"]


def test_nesting_without_end_is_refused(app):
    answer = ask(app, "POST", "/api/man", content=b"[" * 50_000, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["message"]


def test_the_description_has_every_address_and_an_example():
    description = create_app()[1].openapi()
    assert {"/api/man", "/api/simulate", "/api/fit", "/api/population"} <= set(description["paths"])
    for path in description["paths"].values():
        for operation in path.values():
            assert operation["description"]


@pytest.mark.parametrize(
    "diagnosis", ["secondary_hypogonadism", "elderly_low_t", "idiopathic_oligozoospermia", "klinefelter"]
)
def test_traits_of_a_diagnosis_that_has_labs_of_its_own_are_the_same_man(app, diagnosis):
    man = {"diagnosis": diagnosis, "age": 66}
    found = post(app, "man", man).json()
    again = post(app, "man", {**man, "traits": found["traits"]}).json()
    assert again["levels"]["testosterone"] == pytest.approx(found["levels"]["testosterone"], rel=0.02)


def test_a_course_with_an_end_keeps_its_doses_when_it_is_moved(app):
    sentence = "testosterone enanthate 100 mg im weekly for 180 days"
    bar = post(app, "protocol", {"sentence": sentence, "days": 91}).json()["bars"][0]
    assert bar["end"] > 91, "also where it ends after the time that is shown"
    move = {"series": 0, "begin": 14, "end": bar["end"] + 14}
    moved = post(app, "protocol", {"sentence": sentence, "days": 91, "move": move}).json()["bars"][0]
    assert (moved["begin"], moved["doses"]) == (14, bar["doses"])


def test_a_single_dose_stays_one_when_it_is_moved(app):
    move = {"series": 0, "begin": 21, "end": None}
    found = post(app, "protocol", {"sentence": "degarelix 240 mg sc once", "move": move}).json()["bars"][0]
    assert (found["begin"], found["doses"]) == (21, 1)


def test_a_table_of_very_many_columns_or_lines_is_answered_soon(app):
    assert "twice" in post(app, "data", {"name": "a.csv", "text": "x," * 100_000}, 422).json()["message"]
    assert "hpg fit" in post(app, "data", {"name": "a.csv", "text": "ID,TIME,DV\n" * 30_000}, 422).json()["message"]


def test_an_unknown_variable_of_a_fit_is_said(app):
    kind, data = events(post(app, "fit", {"man": MAN, "members": 16, "variables": ["gold"]}).text)[-1]
    assert kind == "error" and "gold" in data["message"]
